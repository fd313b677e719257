//! The program: arguments, one file per command, output. The only code that prints or exits.

mod append;
mod change;
mod check;
mod client_secret;
mod commands;
mod credential;
pub(crate) mod environment;
mod exit;
mod fetch;
mod folders;
mod help;
pub(crate) mod input;
mod log;
mod mistakes;
mod options;
mod output;
mod parallel;
mod parser;
mod progress;
mod relay;
mod report;
mod search;
mod selection;
mod session;
mod setup;
mod sign_in;
mod similar;
mod status;
mod token;
mod tunnel;
mod values;
mod version;
mod wait;
mod warnings;
mod width;

#[cfg(test)]
mod documents_tests;
#[cfg(test)]
mod manual_tests;

use std::process::ExitCode;

use crate::advice::{Facts, hints};
use clap::ArgMatches;

use commands::{Run, Verb};
use output::Output;
use parser::Called;
use session::Setting;

/// Runs the command line and returns the program's exit code.
pub fn run() -> ExitCode {
    let Called { verb, arguments, odd } = match parser::read() {
        Ok(called) => called,
        Err(refused) => return refused.say(),
    };
    let output = match Output::new(&arguments) {
        Ok(output) => output,
        Err(error) => return Output::bare(None).failed(&error, &[]).into(),
    };
    let warned = warnings::exposed_files(&arguments);
    odd.iter().chain(&warned).chain(&warnings::quoted_secrets()).for_each(|odd| output.warn(odd));
    let setting = || setting(verb, &arguments, &output);
    let (ended, facts) = match verb.run {
        Run::Alone(run) => (run(&arguments, &output), Facts::default()),
        Run::Anyway(run) => (run(&arguments, setting(), &output), Facts::default()),
        Run::With(run) => match setting() {
            Ok(setting) => (run(&arguments, &setting, &output), setting.facts(setting.mailbox().ok())),
            Err(error) => (Err(error), Facts::default()),
        },
    };
    let exit = ended.unwrap_or_else(|error| output.failed(&error, &hints(&error, &facts)));
    if verb.name == "fetch" {
        fetch::record(&arguments, exit);
    }
    exit.into()
}

/// What the options say, and a warning if they contradict each other.
fn setting(verb: &Verb, arguments: &ArgMatches, output: &Output) -> crate::Result<Setting> {
    let needs_mailbox = !["token", "setup", "relay"].contains(&verb.name);
    let setting = Setting::new(arguments, needs_mailbox, output);
    let asks = setting.as_ref().is_ok_and(|setting| setting.token_source() == "from Entra ID");
    warnings::clouds(arguments, asks).iter().for_each(|said| output.warn(said));
    setting
}
