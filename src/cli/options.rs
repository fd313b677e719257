//! The command line: each option defined once, for the parser, the help and whatever is made from them.
//!
//! Secrets are no options and are read past clap: its help and its errors repeat what it is given.

use std::io::Write;
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, Resettable, ValueParser};
use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};
use exoimap::delivery::Format;
use exoimap::entra::Cloud;

use super::environment;
use super::exit::Exit;
use super::input::{parse_time, parse_wait};
use super::log::Log;
use super::output::Output;
use super::session::usage;
use super::{append, delete, folders, mark, moving, search, selection, wait};

/// What was called for.
pub(crate) struct Options {
    pub(crate) matches: ArgMatches,
    /// What `--env-file` holds that is no assignment.
    pub(crate) odd: Vec<String>,
}

/// Why nothing was.
pub(crate) enum Refused {
    Parser(clap::Error),
    File(exoimap::Error),
}

/// Reads the command line, and below it the environment and the file that `--env-file` names.
pub(crate) fn read() -> Result<Options, Refused> {
    let matches = parser().try_get_matches().map_err(Refused::Parser)?;
    let file = innermost(&matches).and_then(|(_, arguments)| arguments.get_one::<String>("env-file"));
    let Some(file) = file.filter(|file| !file.is_empty()) else { return Ok(Options { matches, odd: Vec::new() }) };
    let odd = environment::load(file).map_err(Refused::File)?;
    check_file().map_err(Refused::Parser)?;
    let matches = parser().try_get_matches().map_err(Refused::Parser)?;
    Ok(Options { matches, odd })
}

/// `help` is no command of ours with a page in the manual: clap makes it.
fn parser() -> Command {
    with_environment(command().disable_help_subcommand(false))
}

/// clap takes a default for good, so what the file says is tried first.
fn check_file() -> Result<(), clap::Error> {
    for option in common() {
        if let (Some(value), Some(long)) = (said_by_file(&option), option.get_long().map(str::to_owned)) {
            Command::new("exoimap")
                .no_binary_name(true)
                .arg(option)
                .try_get_matches_from([format!("--{long}={value}")])?;
        }
    }
    Ok(())
}

/// What the file says comes before our defaults; a variable that is set to nothing is not set.
fn with_environment(command: Command) -> Command {
    let command = command.mut_args(|option| {
        let said = said_by_file(&option);
        let is_empty = option.get_env().is_some_and(environment::is_empty);
        let option = if is_empty { option.env(Resettable::Reset) } else { option };
        match said {
            Some(value) => option.default_value(value),
            None => option,
        }
    });
    command.mut_subcommands(with_environment)
}

/// The verb that is called for, `create` of `folders create`, and its arguments.
pub(crate) fn innermost(matches: &ArgMatches) -> Option<(&str, &ArgMatches)> {
    let (verb, arguments) = matches.subcommand()?;
    innermost(arguments).or(Some((verb, arguments)))
}

fn said_by_file(option: &Arg) -> Option<&'static str> {
    environment::of_file(option.get_env()?.to_str()?)
}

/// The whole command line.
pub(crate) fn command() -> Command {
    Command::new("exoimap")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Gets mail out of Exchange Online for programs that nobody is sitting in front of")
        .after_help(AFTER_HELP)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(
            verb("check", "Proves step by step that the mailbox can be read, or says what is missing")
                .mut_arg("mailbox", |mailbox| mailbox.action(ArgAction::Append))
                .args(check())
                .after_help("Output: a line a step with its time; with several mailboxes a line each, whatever becomes of the others."),
        )
        .subcommand(
            verb("setup", "Prints what an administrator does once, filled in as far as known")
                .mut_arg("mailbox", |mailbox| mailbox.action(ArgAction::Append))
                .arg(value("mailboxes", "FILE", "More mailboxes, one a line (- is stdin)"))
                .arg(flag("script", "Print it as one block of PowerShell that can be pasted, and pasted again"))
                .arg(flag("managed-identity", "For a managed identity in place of an application with a credential"))
                .after_help("It works without a credential; with one it says which steps are done already."),
        )
        .subcommand(folders::command())
        .subcommand(search::command())
        .subcommand(
            verb("token", "Prints an access token for another program")
                .arg(flag("xoauth2", "Print the SASL XOAUTH2 string for --mailbox instead").conflicts_with("claims"))
                .arg(flag("claims", "Print what the token says instead, without the token")),
        )
        .subcommand(
            verb("fetch", "Downloads messages, each once")
                .mut_arg("mailbox", |mailbox| mailbox.action(ArgAction::Append))
                .args(fetch())
                .args(selection::options())
                .after_help(
                    "Output: a line a message, UID and path with a tab between. Run again, it fetches what is new.",
                ),
        )
        .subcommand(mark::command())
        .subcommand(moving::move_command())
        .subcommand(moving::copy_command())
        .subcommand(delete::command())
        .subcommand(append::command())
        .subcommand(wait::command())
}

fn check() -> Vec<Arg> {
    vec![
        value("mailboxes", "FILE", "More mailboxes, one a line (- is stdin)"),
        value("expect-days", "N", "Fail where the certificate ends sooner than in so many days")
            .value_parser(clap::value_parser!(u32).range(1..=36_500)),
        value("report", "FILE", "Also write all there is to say, without a credential, to a file that can be mailed"),
    ]
}

/// What is delivered where, and what comes after.
fn fetch() -> Vec<Arg> {
    let formats = PossibleValuesParser::new(Format::ALL.map(Format::name));
    let tries = clap::value_parser!(u32).range(1..);
    vec![
        value("to", "DIR", "Deliver to this directory; - is mbox on stdout").required(true),
        value("format", "FORMAT", "eml: <uidvalidity>.<uid>.eml, the octets as sent; maildir; mbox: one file DIR/mbox").value_parser(formats).default_value("eml"),
        flag("attachments", "Also write each attachment to DIR/<uidvalidity>.<uid>/<name>, decoded"),
        value("mailboxes", "FILE", "More mailboxes, one a line (- is stdin); each in DIR/<mailbox>/"),
        value("jobs", "N", "So many mailboxes at a time").value_parser(clap::value_parser!(u16).range(1..=64)).default_value("1"),
        flag("refetch", "Forget what was delivered before: fetch again what has no file here"),
        flag("from-now", "On a first run or a fresh start, take what is there as done").conflicts_with("refetch"),
        flag("accept-uidvalidity", "Start afresh where the folder's UIDVALIDITY changed"),
        value("give-up-after", "N", "Leave a message that does not come out after so many runs").value_parser(tries).default_value("10"),
        flag("dry-run", "Say what would be fetched, and change nothing"),
        flag("mark-seen", "Mark as seen what was handed over").group("action"),
        value("move-to", "F", "Move to this folder what was handed over").group("action"),
        flag("delete", "Delete what was handed over (Exchange keeps it in Recoverable Items)").group("action"),
        value("program-timeout", "T", "Longest that the program may take for a message, then it is ended, but not what it has started").value_parser(time()),
        Arg::new("program")
            .value_name("PROGRAM ARG")
            .num_args(1..)
            .last(true)
            .help("Run this for each message once it is durable: {} is its file, EXOIMAP_UID, EXOIMAP_FILE, … are in its environment; only a message it ends with 0 for is marked, moved or deleted"),
    ]
}

const AFTER_HELP: &str = "\
The credential is a certificate (AZURE_CLIENT_CERTIFICATE_PATH, --certificate), a client secret (AZURE_CLIENT_SECRET,
--client-secret-file, --client-secret-command), a federated token (AZURE_FEDERATED_TOKEN_FILE), a managed identity or a
person's sign-in (--auth managed-identity, --auth device-code), or a ready token (EXOIMAP_ACCESS_TOKEN,
--access-token-file). No secret comes from the command line.

Exit codes: 0 done; 1 local failure; 2 usage; 3 nothing came; 4 refused until an administrator acts; 5 worth repeating later;
6 partly done; 7 the server broke the protocol, or a limit of ours.";

pub(super) fn verb(name: &'static str, about: &'static str) -> Command {
    Command::new(name).about(about).args(common()).next_line_help(false)
}

/// Who and where: options of every command.
fn common() -> Vec<Arg> {
    let who = "Who and where";
    let how = "How";
    let clouds = PossibleValuesParser::new(Cloud::ALL.map(Cloud::name));
    vec![
        value("mailbox", "ADDR", "Primary SMTP address of the mailbox").env("EXOIMAP_MAILBOX").help_heading(who),
        value("tenant", "ID", "Tenant GUID or verified domain").env("AZURE_TENANT_ID").help_heading(who),
        value("client-id", "ID", "Application (client) id").env("AZURE_CLIENT_ID").help_heading(who),
        value("auth", "METHOD", "How to prove it: auto takes what an option names, else the first of token, certificate, secret, federated that the environment names; the other two only when asked for")
            .env("EXOIMAP_AUTH")
            .value_parser(["auto", "token", "certificate", "secret", "federated", "managed-identity", "device-code"])
            .default_value("auto")
            .help_heading(who),
        value("client-secret-file", "F", "The client secret (- is stdin)").env("EXOIMAP_CLIENT_SECRET_FILE").help_heading(who),
        value("client-secret-command", "CMD", "A command that prints the client secret").env("EXOIMAP_CLIENT_SECRET_COMMAND").help_heading(who),
        value("certificate", "F", "The application's certificate and its private key, PEM").env("AZURE_CLIENT_CERTIFICATE_PATH").help_heading(who),
        value("certificate-key", "F", "The private key, where it has a PEM file of its own").env("EXOIMAP_CERTIFICATE_KEY").help_heading(who),
        value("certificate-signature", "ALG", "What the certificate signs with; rs256 for a tenant that wants it")
            .env("EXOIMAP_CERTIFICATE_SIGNATURE")
            .value_parser(["ps256", "rs256"])
            .default_value("ps256")
            .help_heading(who),
        value("federated-token-file", "F", "The token of a workload identity, read for each request").env("AZURE_FEDERATED_TOKEN_FILE").help_heading(who),
        value("identity", "ID", "A user-assigned managed identity: client id, /subscriptions/… or object:ID [default: the client id, else the system's]").env("EXOIMAP_IDENTITY").help_heading(who),
        value("access-token-file", "F", "A token from elsewhere (- is stdin)").help_heading(who),
        value("cloud", "NAME", "Preset of authority, host and scope").env("EXOIMAP_CLOUD").value_parser(clouds).default_value("global").help_heading(who),
        value("authority-host", "URL", "Where tokens come from, https://HOST").env("AZURE_AUTHORITY_HOST").help_heading(who),
        value("scope", "S", "What the token is for [default: https://<the cloud's host>/.default]").env("EXOIMAP_SCOPE").help_heading(who),
        value("host", "H", "The IMAP server [default: outlook.office365.com]").env("EXOIMAP_HOST").help_heading(who),
        value("port", "P", "Its port, implicit TLS").env("EXOIMAP_PORT").value_parser(clap::value_parser!(u16).range(1..)).default_value("993").help_heading(who),
        value("ca-file", "F", "PEM roots instead of the system's, for both connections").env("EXOIMAP_CA_FILE").help_heading(who),
        value("proxy", "URL", "http:// (CONNECT) or socks5:// for both connections, none for no proxy [env: EXOIMAP_PROXY, else HTTPS_PROXY, ALL_PROXY; NO_PROXY]").help_heading(who),
        value("env-file", "F", "NAME=value lines, as systemd's EnvironmentFile; the environment wins over them").help_heading(who),
        value("timeout", "T", "Longest silence on a connection; bounds connecting too").env("EXOIMAP_TIMEOUT").value_parser(time()).default_value("60s").help_heading(how),
        value("max-wait", "T", "Longest wait in all for throttling, outages and, but for check, a token endpoint that cannot be reached; a first connection to the server that fails is told at once (0: none, a broken session ends the run)").env("EXOIMAP_MAX_WAIT").value_parser(ValueParser::new(parse_wait)).default_value("10m").help_heading(how),
        value("token-cache", "DIR", "Keep tokens between runs in this directory").env("EXOIMAP_TOKEN_CACHE").help_heading(how),
        value("max-time", "T", "Longest that the whole run may take").env("EXOIMAP_MAX_TIME").value_parser(time()).help_heading(how),
        value("trace", "FILE", "Write the C:/S: transcript, credentials masked, to stderr or a file")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("-")
            .help_heading(how),
        value("log", "FILE", "Append to this file, with times, what is said on stderr").env("EXOIMAP_LOG").help_heading(how),
        flag("quiet", "Say nothing but results and errors").short('q').help_heading(how),
        flag("verbose", "Say each step on stderr").short('v').conflicts_with("quiet").help_heading(how),
        flag("json", "Results as NDJSON, one object a line").help_heading(how),
    ]
}

pub(super) fn value(name: &'static str, shown: &'static str, help: &'static str) -> Arg {
    // What the environment holds is nobody's business in a help text.
    Arg::new(name).long(name).value_name(shown).help(help).hide_env_values(true)
}

pub(super) fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

pub(super) fn time() -> ValueParser {
    ValueParser::new(parse_time)
}

impl Refused {
    /// Help and version go to stdout; anything else is one line, hints, and exit code 2.
    pub(crate) fn say(&self) -> ExitCode {
        let e = match self {
            Refused::File(error) => return said().failed(error, &[]).into(),
            Refused::Parser(e) => e,
        };
        let text = e.render().to_string();
        if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            let _ = std::io::stdout().write_all(text.as_bytes());
            return Exit::Done.into();
        }
        if e.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            let _ = std::io::stderr().write_all(text.as_bytes());
            return Exit::Usage.into();
        }
        // clap's first paragraph is its message; the usage and the pointer to --help follow it.
        let paragraph = text.split("\n\n").next().unwrap_or_default();
        let mut line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        line = line.strip_prefix("error: ").unwrap_or(&line).to_owned();
        if let Some(environment) = environment_of(e) {
            line.push_str(&format!(" (or {environment} in the environment)"));
        }
        let suggestion = e.get(ContextKind::SuggestedArg).or_else(|| e.get(ContextKind::SuggestedSubcommand));
        let hints: Vec<_> = suggestion.iter().map(|suggestion| format!("perhaps {suggestion}")).collect();
        said().failed(&usage(line), &hints).into()
    }
}

/// Where it is said: the log too, if it can be made out which.
fn said() -> Output {
    let matches = with_environment(command()).ignore_errors(true).try_get_matches().ok();
    let named = matches.as_ref().and_then(|matches| matches.subcommand()?.1.get_one::<String>("log").cloned());
    let named = named.or_else(|| environment::value("EXOIMAP_LOG"));
    Output::bare(named.filter(|file| !file.is_empty()).and_then(|file| Log::open(&file).ok()))
}

/// The variable that could have held the value that clap refused or missed.
fn environment_of(e: &clap::Error) -> Option<String> {
    let named = e.get(ContextKind::InvalidArg)?.to_string();
    let long = named.strip_prefix("--")?.split([' ', '=']).next()?.to_owned();
    let option = common().into_iter().find(|option| option.get_long() == Some(long.as_str()))?;
    option.get_env().map(|name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        command().debug_assert();
    }
}
