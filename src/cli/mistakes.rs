//! What is wrong with a command line, in a line and a hint: which option, what it takes, what was probably meant.

use std::error::Error as _;

use clap::error::{ContextKind, ErrorKind};

use crate::text::shown;

use super::commands::COMMANDS;
use super::options::{self, Entry};
use super::similar::nearest;

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
            (format!("unknown command: {word}"), meant_command(&word))
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
    if takes("to") && !has("--to") && !word.contains('@') {
        return (format!("missing: --to; {word:?} stands alone"), Some(format!("did you mean --to {word}?")));
    }
    let hint = match word {
        _ if word.contains('@') => Some(format!("did you mean --mailbox {word}?")),
        _ if takes("folder") => Some(format!("did you mean --folder {word}?")),
        _ => None,
    };
    (format!("unexpected argument: {word:?}"), hint)
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

/// The words of the command that was typed.
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
}
