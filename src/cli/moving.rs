//! `exoimap move` and `exoimap copy`: the selected messages to another folder.

use clap::{ArgMatches, Command};
use exoimap::exchange::Change;
use exoimap::{MailboxName, Result};

use super::exit::Exit;
use super::options::{value, verb};
use super::output::Output;
use super::session::Setting;
use super::{change, selection};

const OUTPUT: &str =
    "Output: a line a message, with tabs between: UID, what was done, the UID there (- where the server does not say).";

pub(crate) fn move_command() -> Command {
    with_options(verb("move", "Moves the selected messages to another folder")).after_help(format!(
        "{OUTPUT}\n\nWhere the server has no MOVE (Exchange has), the messages are copied and the originals deleted: a crash between the\ntwo leaves them in both folders. A run that meets a broken connection at that point stops with exit code 5 and says so."
    ))
}

pub(crate) fn copy_command() -> Command {
    with_options(verb("copy", "Copies the selected messages to another folder")).after_help(format!(
        "{OUTPUT}\n\nA copy that is made again is made twice: where the connection breaks during one, the run stops with exit code 5 and\nsays which messages may be there already."
    ))
}

fn with_options(command: Command) -> Command {
    command
        .arg(value("to", "FOLDER", "The folder to put them into").required(true))
        .args(change::options())
        .args(selection::options())
}

pub(crate) fn run_move(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    change::run(arguments, setting, output, Change::MoveTo(to(arguments)?))
}

pub(crate) fn run_copy(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    change::run(arguments, setting, output, Change::CopyTo(to(arguments)?))
}

fn to(arguments: &ArgMatches) -> Result<MailboxName> {
    MailboxName::new(arguments.get_one::<String>("to").map(String::as_str).unwrap_or_default())
}
