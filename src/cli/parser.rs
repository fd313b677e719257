//! From the two tables to what was called: the parser, its help and its errors, the environment and `--env-file`.

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Command};

use crate::Error;

use super::commands::{COMMANDS, Verb};
use super::options::{self, SECTIONS};
use super::{Arguments, Exit, Output, environment, mistakes};

/// How long a FIFO that is named as the log is waited for before what is wrong is said without it.
const LOG_WAIT: Duration = Duration::from_secs(5);

pub(crate) struct Called {
    pub(crate) verb: &'static Verb,
    pub(crate) arguments: Arguments,
    /// What is odd about the file of `--env-file`.
    pub(crate) odd: Vec<String>,
}

/// Why nothing was called.
pub(crate) enum Refused {
    Parser(clap::Error),
    File(Error),
}

/// Reads the command line, and below it the environment and the file that `--env-file` names.
pub(crate) fn read() -> Result<Called, Refused> {
    let called = called(parser().try_get_matches())?;
    let Some(file) = called.arguments.text("env-file") else { return Ok(called) };
    let parsed = environment::load(file, called.arguments.deadline()).map_err(Refused::File)?;
    check_file().map_err(Refused::Parser)?;
    Ok(Called { odd: mistakes::in_file(file, parsed), ..self::called(parser().try_get_matches())? })
}

fn called(matches: Result<ArgMatches, clap::Error>) -> Result<Called, Refused> {
    let mut arguments = matches.map_err(Refused::Parser)?;
    let mut name = String::new();
    while let Some((word, below)) = arguments.remove_subcommand() {
        name = format!("{name} {word}");
        arguments = below;
    }
    let arguments = Arguments(arguments);
    mistakes::guard_secrets(&arguments);
    let verb = COMMANDS.iter().find(|verb| verb.name == name.trim_start());
    let missing = || Refused::File(Error::usage("no command is named"));
    Ok(Called { verb: verb.ok_or_else(missing)?, arguments, odd: Vec::new() })
}

/// The whole command line, without the environment.
pub(crate) fn command() -> Command {
    let common = SECTIONS.iter().flat_map(|(heading, entries)| {
        let entries = entries.iter().filter(|entry| entry.is_common());
        entries.map(|entry| entry.arg().help_heading(*heading))
    });
    let program = Command::new("exoimap")
        .version(VERSION)
        .about(ABOUT)
        .after_help(closing(""))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .args(common);
    COMMANDS.iter().fold(program, |program, verb| match verb.name.split_once(' ') {
        None => program.subcommand(subcommand(verb, verb.name)),
        Some((above, name)) => program.mut_subcommand(above, |above| above.subcommand(subcommand(verb, name))),
    })
}

fn subcommand(verb: &Verb, name: &'static str) -> Command {
    let own = SECTIONS.iter().flat_map(|(heading, entries)| {
        let entries = entries.iter().filter(|entry| entry.is_of(verb.name));
        let heading = (!heading.is_empty()).then_some(*heading);
        entries.map(move |entry| entry.arg().help_heading(heading))
    });
    Command::new(name).about(verb.about).args(own).after_help(closing(verb.output)).disable_help_subcommand(true)
}

/// clap makes the command `help`; it has no page in the manual.
fn parser() -> Command {
    with_environment(command().disable_help_subcommand(false))
}

/// clap does not check a default, so the values of the file are tried first.
fn check_file() -> Result<(), clap::Error> {
    for entry in options::all().filter(|entry| entry.is_common()) {
        let option = entry.arg();
        if let Some(value) = said_by_file(&option) {
            Command::new("exoimap")
                .no_binary_name(true)
                .arg(option)
                .try_get_matches_from([format!("--{}={value}", entry.name)])?;
        }
    }
    Ok(())
}

/// What the file says comes before our defaults; a variable that is set to nothing is not set.
fn with_environment(command: Command) -> Command {
    command.mut_args(|option| {
        let said = said_by_file(&option);
        let is_empty = option.get_env().is_some_and(environment::is_empty);
        let option = if is_empty { option.env(Resettable::Reset) } else { option };
        match said {
            Some(value) => option.default_value(value),
            None => option,
        }
    })
}

fn said_by_file(option: &Arg) -> Option<&'static str> {
    environment::of_file(option.get_env()?.to_str()?)
}

impl Refused {
    /// Help and version go to stdout; anything else is one line, hints, and exit code 2.
    pub(crate) fn say(&self) -> ExitCode {
        let e = match self {
            Refused::File(error) => return said().failed("", error, &[]).into(),
            Refused::Parser(e) => e,
        };
        let mut text = e.render().to_string();
        if text.starts_with(ABOUT) {
            // The help of the program lists the commands, that of a command the options.
            text = command().mut_args(|option| option.hide(true)).render_help().to_string();
        }
        if e.kind() == ErrorKind::DisplayVersion && typed().iter().any(|word| word == "--version") {
            text = format!("exoimap {}\n", long_version());
        }
        if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            let _ = std::io::stdout().write_all(shown(&text).as_bytes());
            return Exit::Done.into();
        }
        if e.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            let _ = std::io::stderr().write_all(shown(&text).as_bytes());
            return Exit::Usage.into();
        }
        let (line, hints) = mistakes::explain(e, &typed());
        said().failed("", &Error::usage(line), &hints).into()
    }
}

fn typed() -> Vec<String> {
    std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect()
}

/// Where it is said: the log too, if it can be made out which.
fn said() -> Output {
    let matches = with_environment(command()).ignore_errors(true).try_get_matches().ok();
    let named = matches.as_ref().and_then(|matches| matches.subcommand()?.1.get_one::<String>("log").cloned());
    let named = named.or_else(|| environment::value("EXOIMAP_LOG"));
    let named = named.filter(|file| !file.is_empty());
    Output::with_log(named.as_deref(), Some(Instant::now() + LOG_WAIT)).unwrap_or_default()
}

/// What the program is for.
const ABOUT: &str = "Get mail out of Exchange Online, for unattended jobs";

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 local failure; 2 usage; 3 nothing came; 4 an administrator must act; 5 temporary failure, \
retry later; 6 partly done; 7 protocol error by the server, or one of our limits exceeded.";

/// The columns of a line where the terminal does not say how many it has.
const COLUMNS: usize = 100;

/// What stands at the end of a help.
fn closing(output: &str) -> String {
    let credential = format!(
        "Credential: {}, a managed identity (--auth managed-identity) or a person's sign-in (--auth device-code). No secret is taken from the command line.",
        options::credentials()
    );
    let paragraphs = [output, &credential, EXIT_CODES];
    paragraphs.iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join("\n\n")
}

/// A help as it is shown: wrapped to the terminal.
fn shown(text: &str) -> String {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    wrapped(text, columns.unwrap_or(COLUMNS).clamp(60, 160))
}

/// Lines of at most `columns`; what follows the name of an option stays below itself.
fn wrapped(text: &str, columns: usize) -> String {
    let mut out = String::with_capacity(text.len());
    // A note in brackets stays in one piece.
    for line in text.replace("[env: ", "[env:\u{a0}").replace("[default: ", "[default:\u{a0}").lines() {
        let indent = line.len() - line.trim_start().len();
        // The help of an option begins after two blanks; an option without help is as long as it is.
        let column = match line.trim_start().find("  ") {
            Some(at) if indent > 0 => {
                let rest = &line[indent + at..];
                line[..indent + at].chars().count() + rest.len() - rest.trim_start().len()
            }
            _ => indent,
        };
        let mut used = 0;
        for (at, word) in line.split(' ').enumerate() {
            let length = word.chars().count();
            if used > column && used + 1 + length > columns {
                out.push('\n');
                out.push_str(&" ".repeat(column));
                used = column;
            } else if at > 0 {
                out.push(' ');
                used += 1;
            }
            out.push_str(word);
            used += length;
        }
        out.push('\n');
    }
    out.replace('\u{a0}', " ")
}

/// `-V`.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// `--version`: commit, target, TLS library, features. `tests/build` names the commit.
fn long_version() -> String {
    let tls = match () {
        () if cfg!(windows) => "SChannel",
        () if cfg!(target_vendor = "apple") => "Secure Transport",
        () if cfg!(feature = "vendored") => "OpenSSL, built in",
        () => "OpenSSL of this system",
    };
    let libc = match () {
        () if cfg!(target_env = "musl") => "-musl",
        () if cfg!(target_env = "msvc") => "-msvc",
        () if cfg!(target_env = "gnu") => "-gnu",
        () => "",
    };
    let features = [("attachments", cfg!(feature = "attachments")), ("certificate", cfg!(feature = "certificate"))];
    let features: Vec<_> = features.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| *name).collect();
    format!(
        "{VERSION}\ncommit    {}\ntarget    {}-{}{libc}\nTLS       {tls}\nfeatures  {}",
        option_env!("EXOIMAP_COMMIT").unwrap_or("unknown (not built by tests/build)"),
        std::env::consts::ARCH,
        std::env::consts::OS,
        features.join(", "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_hold_together() {
        command().debug_assert();
        let commands: Vec<_> = COMMANDS.iter().map(|verb| verb.name).collect();
        for entry in options::all() {
            let unknown: Vec<_> = entry.commands.iter().filter(|command| !commands.contains(command)).collect();
            assert!(unknown.is_empty(), "--{} is of {unknown:?}", entry.name);
        }
    }

    #[test]
    fn what_follows_an_option_stays_below_itself() {
        let text = "Usage: x\n\n  -q, --quiet   One two three four five six\n      --long-name <VALUE>  注文 b c d e f\n\na b c d e f g h i j k l m n o p q\n";
        let wanted = "Usage: x\n\n  -q, --quiet   One two three\n                four five six\n      --long-name <VALUE>  注文 b\n                           c d e\n                           f\n\na b c d e f g h i j k l m n o p\nq\n";
        assert_eq!(wrapped(text, 32), wanted);
        assert_eq!(wrapped(text, 200), text);
    }
}
