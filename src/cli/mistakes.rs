//! What is wrong with a call, in a line and a hint: which option, what it takes, what was probably meant. And what is
//! odd about its settings, before anything is tried: lines of `--env-file`, secrets that others can read.

use std::error::Error as _;

use clap::error::{ContextKind, ErrorKind};

use crate::Secret;
use crate::text::{may_be_secret, shown};

use super::commands::COMMANDS;
use super::environment::Parsed;
use super::options::{self, Entry, Kind};
use super::{Arguments, environment};

/// What users of curl, getmail, mbsync, az and gh type, and what it is here.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (&["exec", "command", "pipe", "hook", "run", "mda"], "a program stands at the end: fetch --to DIR -- PROGRAM ARG"),
    (&["user", "username", "account", "login", "u", "email"], "did you mean --mailbox?"),
    (
        &["password", "pass", "secret", "client-secret", "token", "access-token"],
        "no secret is taken from the command line: AZURE_CLIENT_SECRET, --client-secret-file, --access-token-file",
    ),
    (&["cacert", "capath", "ca", "ca-bundle"], "did you mean --ca-file?"),
    (&["insecure", "k", "no-verify"], "certificates are always checked; for a CA of your own: --ca-file"),
    (&["output", "o", "dir", "directory", "out", "dest", "destination", "maildir"], "did you mean --to?"),
    (&["parallel", "threads", "workers", "j", "concurrency"], "did you mean --jobs?"),
    (&["unread", "new"], "did you mean --unseen?"),
    (&["config", "c", "rcfile", "settings"], "did you mean --env-file?"),
    (&["server", "hostname", "imap-server"], "did you mean --host?"),
    (&["sender"], "did you mean --from?"),
    (&["recipient"], "did you mean --to-address?"),
    (&["count", "max", "n", "number", "first"], "did you mean --limit?"),
    (&["tenant-id"], "did you mean --tenant?"),
    (&["cert"], "did you mean --certificate?"),
    (&["mark-read", "mark-as-read"], "did you mean --mark-seen?"),
    (&["debug"], "did you mean --trace or --verbose?"),
    (&["silent", "s"], "did you mean --quiet?"),
];

/// What other programs call our commands.
const COMMANDS_ELSEWHERE: &[(&[&str], &str)] = &[
    (&["get", "download", "pull", "sync", "getmail"], "fetch"),
    (&["list", "ls", "mailboxes", "labels"], "folders"),
    (&["login", "auth", "test", "verify", "doctor"], "check"),
    (&["find", "query", "messages"], "search"),
    (&["idle", "watch", "monitor"], "wait"),
    (&["rm", "remove", "expunge"], "delete"),
    (&["upload", "put", "import", "add"], "append"),
    (&["mv"], "move"),
    (&["cp"], "copy"),
    (&["flag", "tag"], "mark"),
    (&["init", "configure"], "setup"),
];

/// The line and the hints for an error of the parser.
pub(crate) fn explain(e: &clap::Error, typed: &[String]) -> (String, Vec<String>) {
    let command = command_of(typed);
    let see = format!("see: exoimap {command}{}--help", if command.is_empty() { "" } else { " " });
    let text = |kind: ContextKind| e.get(kind).map(ToString::to_string).unwrap_or_default();
    let (option, value) = (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue));
    let (line, hint) = match e.kind() {
        ErrorKind::UnknownArgument if option.starts_with('-') => {
            (format!("unknown option: {option}"), meant(&option, &command))
        }
        ErrorKind::UnknownArgument => unexpected(&option, &command, typed),
        ErrorKind::InvalidSubcommand => {
            let word = text(ContextKind::InvalidSubcommand);
            (format!("unknown command: {}", shown(&word)), meant_command(&word))
        }
        ErrorKind::MissingRequiredArgument => (format!("missing: {option}"), None),
        ErrorKind::ArgumentConflict => (format!("{option} cannot be used with {}", text(ContextKind::PriorArg)), None),
        ErrorKind::InvalidValue if value.is_empty() => (format!("{} needs a value", named(&option, typed)), None),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let valid = text(ContextKind::ValidValue);
            let why = match e.source() {
                _ if !valid.is_empty() => format!("it must be one of {valid}"),
                Some(why) => reason(&why.to_string()),
                None => "not a valid value".to_owned(),
            };
            let near = nearest(&value, valid.split(", "));
            (
                format!("{} {}: {why}", named(&option, typed), shown(&value)),
                near.map(|near| format!("did you mean {near}?")),
            )
        }
        _ => (plain(e), None),
    };
    (line, hint.into_iter().chain([see]).collect())
}

/// `--timeout`, or the variable that its value came from.
fn named(option: &str, typed: &[String]) -> String {
    let long = option.split([' ', '=']).next().unwrap_or_default();
    let is_typed = typed.iter().any(|word| word.split('=').next() == Some(long));
    let env = options::all().find(|entry| long.strip_prefix("--") == Some(entry.name)).map_or("", |entry| entry.env);
    if is_typed || env.is_empty() { long.to_owned() } else { format!("{env} ({long})") }
}

/// What a number's parser says, in fewer words.
fn reason(why: &str) -> String {
    match why.split_once(" is not in ") {
        Some((_, range)) => match range.split_once("..") {
            Some((least, "")) => format!("it must be at least {least}"),
            Some((least, most)) => format!("it must be from {least} to {}", most.trim_start_matches('=')),
            None => why.to_owned(),
        },
        None if why.contains("digit") || why.contains("integer") || why.contains("number too") => {
            "not a number".to_owned()
        }
        None => why.to_owned(),
    }
}

/// A word where no argument belongs.
fn unexpected(word: &str, command: &str, typed: &[String]) -> (String, Option<String>) {
    let takes = |name: &str| options::all().any(|entry| entry.name == name && entry.is_of(command));
    let has = |long: &str| typed.iter().any(|word| word.split('=').next() == Some(long));
    if takes("to") && !has("--to") && !word.contains('@') && !may_be_secret(word) {
        return (format!("missing: --to; {word:?} stands alone"), Some(format!("did you mean --to {word}?")));
    }
    let hint = match word {
        _ if word.contains('@') => Some(format!("did you mean --mailbox {word}?")),
        _ if takes("folder") => Some(format!("did you mean --folder {word}?")),
        _ => None,
    };
    (format!("unexpected argument: {}", shown(word)), hint.filter(|_| !may_be_secret(word)))
}

/// The option that was probably meant.
fn meant(option: &str, command: &str) -> Option<String> {
    let name = option.trim_start_matches('-');
    let name = name.split('=').next().unwrap_or_default().to_lowercase();
    let is_here = |entry: &&Entry| entry.is_common() || entry.is_of(command);
    let elsewhere = ELSEWHERE.iter().find(|(names, _)| names.contains(&name.as_str()));
    if let Some((_, hint)) = elsewhere {
        return Some((*hint).to_owned());
    }
    let others = options::all().filter(|entry| entry.name == name);
    let others: Vec<_> = others.flat_map(|entry| entry.commands.iter().copied()).collect();
    if !others.is_empty() {
        return Some(format!("--{name} is an option of {}", others.join(", ")));
    }
    let names = options::all().filter(is_here).map(|entry| entry.name);
    nearest(&name, names).map(|near| format!("did you mean --{near}?"))
}

fn meant_command(word: &str) -> Option<String> {
    let word = word.to_lowercase();
    let known: Vec<_> = COMMANDS.iter().map(|verb| verb.name).filter(|name| !name.contains(' ')).collect();
    let elsewhere = COMMANDS_ELSEWHERE.iter().find(|(names, _)| names.contains(&word.as_str())).map(|(_, name)| *name);
    match elsewhere.or_else(|| nearest(&word, known.iter().copied())) {
        Some(near) => Some(format!("did you mean {near}?")),
        None => Some(format!("the commands are {}", known.join(", "))),
    }
}

fn command_of(typed: &[String]) -> String {
    let words = || typed.iter().take_while(|word| *word != "--");
    let is_command = |name: &str| COMMANDS.iter().any(|verb| verb.name == name);
    let Some(command) = words().find(|word| is_command(word)) else { return String::new() };
    let below = words().map(|word| format!("{command} {word}")).find(|name| is_command(name));
    below.unwrap_or_else(|| command.clone())
}

/// clap's own message: its first paragraph; the usage and a pointer to --help follow it.
fn plain(e: &clap::Error) -> String {
    let text = e.render().to_string();
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}

/// What is odd about the file of `--env-file`: lines that set nothing that counts, and what to write instead.
pub(crate) fn in_file(file: &str, parsed: &Parsed) -> Vec<String> {
    let is_unknown = |name: &str| options::is_setting(name) && options::variable_named(name).is_none();
    let unknown = parsed.assigned.iter().filter(|(name, _)| is_unknown(name)).map(|(name, _)| {
        let near = nearest(name, options::all().map(|entry| entry.env));
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        format!("{file}: {name} is not a setting of exoimap{near}")
    });
    let odd = parsed.odd.iter().map(|(line, name)| {
        let cure = match name.split_once(' ') {
            Some((word @ ("export" | "set" | "setx"), name)) => format!(" (leave out `{word}`: {}=…)", name.trim()),
            None if name.starts_with("$env:") => format!(" ({}=…)", name.trim_start_matches("$env:")),
            _ => String::new(),
        };
        format!("{file}, line {line}, is not NAME=value and was ignored{cure}")
    });
    odd.chain(unknown).collect()
}

/// Guards secrets, and what does not look like a path where one is named: it may be the secret itself.
pub(crate) fn guard_secrets(arguments: &Arguments) {
    for entry in options::all() {
        let given = arguments.raw(entry.name).map(str::to_owned);
        let Some(value) = given.or_else(|| environment::value(entry.env)) else { continue };
        let is_secret = match (entry.kind, entry.value) {
            (Kind::Secret, _) => true,
            (Kind::SecretFile | Kind::Private, "FILE" | "DIR") => !is_plainly_a_path(&value),
            (_, "FILE" | "URL") => may_be_secret(&value) && !is_plainly_a_path(&value),
            _ => false,
        };
        if is_secret {
            Secret::new(value).guard();
        }
    }
}

fn is_plainly_a_path(value: &str) -> bool {
    let path = std::path::Path::new(value);
    let ending = path.extension().unwrap_or_default().as_encoded_bytes();
    let has_ending = (1..=10).contains(&ending.len()) && ending.iter().all(u8::is_ascii_alphabetic);
    path.exists() || path.is_absolute() || value.starts_with(['.', '~']) || (has_ending && !may_be_secret(value))
}

/// What is odd about the secrets that are given: others than their owner can read the file, quotes are around it.
pub(crate) fn in_secrets(arguments: &Arguments) -> Vec<String> {
    let odd = options::all().filter_map(|entry| match entry.kind {
        // A certificate is public if its key has a file of its own.
        Kind::SecretFile if entry.name == "certificate" && arguments.text("certificate-key").is_some() => None,
        Kind::SecretFile => exposed(arguments.raw(entry.name)?),
        Kind::Secret => quoted(entry.env),
        _ => None,
    });
    let is_in_file = |entry: &Entry| environment::of_file(entry.env).is_some();
    let mut secrets = options::all().filter(|entry| matches!(entry.kind, Kind::Secret | Kind::Proxy));
    let settings = arguments.raw("env-file").filter(|_| secrets.any(is_in_file));
    odd.chain(settings.and_then(exposed)).collect()
}

/// A pipe, a terminal, standard input are nobody else's; what root owns and hands to a group, as systemd
/// does with a credential, is meant so.
#[cfg(unix)]
fn exposed(file: &str) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let data = std::fs::metadata(file).ok().filter(std::fs::Metadata::is_file)?;
    if file.starts_with("/dev/") || file.starts_with("/proc/") {
        return None;
    }
    let mode = data.mode() & 0o7777;
    let readers = match mode {
        _ if mode & 0o004 != 0 => "everybody",
        _ if mode & 0o040 != 0 && data.uid() != 0 => "its group",
        _ => return None,
    };
    Some(format!("the secret in {file} can be read by {readers} (mode {mode:04o}): chmod 600 {file}"))
}

#[cfg(not(unix))]
fn exposed(_: &str) -> Option<String> {
    None
}

/// A secret with quotes around it: Docker's and other env-files keep them.
fn quoted(variable: &str) -> Option<String> {
    let value = environment::value(variable)?;
    let quote = value.chars().next().filter(|c| "\"'".contains(*c))?;
    let is_quoted = value.len() > 2 && value.ends_with(quote);
    is_quoted.then(|| format!("the value of {variable} begins and ends with a quote: remove them"))
}

/// The name that differs in a letter or two, a third of the word at most.
pub(crate) fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = names.filter(|name| !name.is_empty()).map(|name| (distance(word, name), name));
    let near = near.filter(|(distance, name)| *distance <= 2 && distance * 3 <= name.chars().count().max(3));
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// Letters to insert, remove, replace or swap with the next.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let (above, left) = (&rows[i - 1], row[j - 1]);
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (above[j] + 1).min(left + 1).min(above[j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_call_it_is_no_option_of_ours() {
        for name in ELSEWHERE.iter().flat_map(|(names, _)| names.iter()) {
            assert!(!options::all().any(|entry| entry.name == *name && entry.is_common()), "--{name}");
        }
        let typed = "exec command pipe user account password secret cacert insecure output dir parallel threads unread config server sender count max";
        for name in typed.split(' ') {
            assert!(meant(name, "fetch").is_some_and(|said| !said.contains("is an option of")), "--{name}");
        }
        for (name, hint) in
            [("--client-secret=x", "--client-secret-file"), ("--seen", "mark, append"), ("--parallel", "--jobs")]
        {
            assert!(meant(name, "fetch").is_some_and(|said| said.contains(hint)), "{name}");
        }
    }

    #[test]
    fn names_are_near_if_they_really_are() {
        let names = ["mailbox", "mailboxes", "limit", "to", "log", "jobs"];
        for (word, near) in [
            ("mailbx", Some("mailbox")),
            ("maibloxes", Some("mailboxes")),
            ("limt", Some("limit")),
            ("ot", Some("to")),
            ("verbatim", None),
            ("x", None),
            ("lag", Some("log")),
            ("job", Some("jobs")),
            ("format", None),
        ] {
            assert_eq!(nearest(word, names.into_iter()), near, "{word}");
        }
        assert_eq!(
            [distance("abc", "abc"), distance("abc", "acb"), distance("", "ab"), distance("kitten", "sitting")],
            [0, 1, 2, 3]
        );
    }
}
