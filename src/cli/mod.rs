//! The program: arguments, one file a command, output. The only code that prints or exits, and it sees
//! of the library what everybody sees.

mod append;
mod caution;
mod change;
mod check;
mod client_secret;
mod credential;
mod delete;
mod environment;
mod exit;
mod fetch;
mod folders;
mod input;
mod log;
mod many;
mod mark;
mod moving;
mod options;
mod output;
mod progress;
mod proxy;
mod report;
mod search;
mod selection;
mod session;
mod setup;
mod sign_in;
mod token;
mod wait;
mod width;

#[cfg(test)]
mod documents_tests;
#[cfg(test)]
mod manual_tests;

use std::process::ExitCode;

use clap::ArgMatches;
use exoimap::exchange::{Facts, hints};

use exit::Exit;
use output::Output;
use session::Setting;

/// Runs the command line and returns the program's exit code.
pub(crate) fn run() -> ExitCode {
    let options = match options::read() {
        Ok(options) => options,
        Err(refused) => return refused.say(),
    };
    let Some((verb, arguments)) = options::innermost(&options.matches) else { return Exit::Usage.into() };
    let output = match Output::new(arguments) {
        Ok(output) => output,
        Err(error) => return Output::bare(None).failed(&error, &[]).into(),
    };
    options.odd.iter().chain(&caution::exposed_files(arguments)).for_each(|odd| output.warn(odd));
    let setting = Setting::new(arguments, &output);
    let asks = setting.as_ref().is_ok_and(Setting::asks_authority);
    caution::clouds(arguments, asks).iter().for_each(|said| output.warn(said));
    let code = match setting {
        setting if verb == "check" => check::run(arguments, setting, &output),
        setting if verb == "setup" => setup::run(arguments, setting, &output)
            .unwrap_or_else(|error| output.failed(&error, &hints(&error, &Facts::default()))),
        Ok(setting) => dispatch(verb, arguments, &setting, &output)
            .unwrap_or_else(|error| output.failed(&error, &hints(&error, &setting.facts(setting.mailbox().ok())))),
        Err(error) => output.failed(&error, &hints(&error, &Facts::default())),
    };
    code.into()
}

fn dispatch(verb: &str, arguments: &ArgMatches, setting: &Setting, output: &Output) -> exoimap::Result<Exit> {
    match verb {
        "folders" => folders::run(setting, output),
        "create" => folders::create(arguments, setting, output),
        "search" => search::run(arguments, setting, output),
        "mark" => mark::run(arguments, setting, output),
        "move" => moving::run_move(arguments, setting, output),
        "copy" => moving::run_copy(arguments, setting, output),
        "delete" => delete::run(arguments, setting, output),
        "append" => append::run(arguments, setting, output),
        "wait" => wait::run(arguments, setting, output),
        "token" => token::run(arguments, setting, output),
        _ => fetch::run(arguments, setting, output),
    }
}
