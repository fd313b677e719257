//! The program: arguments, one file a command, output. The only code that prints or exits, and it sees
//! of the library what everybody sees.

mod check;
mod credential;
mod exit;
mod fetch;
mod folders;
mod input;
mod options;
mod output;
mod progress;
mod report;
mod selection;
mod session;
mod token;

use std::process::ExitCode;

use clap::ArgMatches;
use exoimap::exchange::{Facts, hints};

use exit::Exit;
use output::Output;
use session::Setting;

/// Runs the command line and returns the program's exit code.
pub(crate) fn run() -> ExitCode {
    let matches = match options::command().try_get_matches() {
        Ok(matches) => matches,
        Err(e) => return options::refused(&e),
    };
    let Some((verb, arguments)) = matches.subcommand() else { return Exit::Usage.into() };
    let output = Output::new(arguments);
    let code = match Setting::new(arguments) {
        setting if verb == "check" => check::run(arguments, setting, &output),
        Ok(setting) => dispatch(verb, arguments, &setting, &output)
            .unwrap_or_else(|error| output.failed(&error, &hints(&error, &setting.facts(setting.mailbox().ok())))),
        Err(error) => output.failed(&error, &hints(&error, &Facts::default())),
    };
    code.into()
}

fn dispatch(verb: &str, arguments: &ArgMatches, setting: &Setting, output: &Output) -> exoimap::Result<Exit> {
    match verb {
        "folders" => folders::run(setting, output),
        "token" => token::run(arguments, setting, output),
        _ => fetch::run(arguments, setting, output),
    }
}
