//! `exoimap delete`: the selected messages to a trash folder, or away.

use clap::{ArgGroup, ArgMatches, Command};
use exoimap::exchange::Change;
use exoimap::{MailboxName, Result};

use super::exit::Exit;
use super::options::{flag, value, verb};
use super::output::Output;
use super::session::Setting;
use super::{change, selection};

pub(crate) fn command() -> Command {
    verb("delete", "Deletes the selected messages")
        .arg(value("trash", "FOLDER", "Move them to this folder: Deleted Items has another name in every language"))
        .arg(flag("permanently", "Delete them for good (Exchange keeps them in Recoverable Items for a while)"))
        .group(ArgGroup::new("how").args(["trash", "permanently"]).required(true))
        .args(change::options())
        .args(selection::options())
        .after_help("Output: a line a message, UID and what was done with a tab between. Only the selected messages are expunged.")
}

pub(crate) fn run(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    let change = match arguments.get_one::<String>("trash") {
        Some(trash) => Change::MoveTo(MailboxName::new(trash)?),
        None => Change::Delete,
    };
    change::run(arguments, setting, output, change)
}
