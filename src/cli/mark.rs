//! `exoimap mark`: flags of the selected messages.

use clap::{ArgAction, ArgMatches, Command};
use exoimap::Result;
use exoimap::exchange::Change;
use exoimap::imap::types::Flag;

use super::exit::Exit;
use super::options::{flag, verb};
use super::output::Output;
use super::session::{Setting, usage};
use super::{change, selection};

/// The options that set a flag, and those that take it away.
const FLAGS: [(&str, &str, &str); 3] =
    [("seen", "unseen", "\\Seen"), ("flagged", "unflagged", "\\Flagged"), ("answered", "unanswered", "\\Answered")];

pub(crate) fn command() -> Command {
    let set = |long: &'static str, help: &'static str| flag(long, help).group("mark");
    // What selects unseen messages elsewhere makes them unseen here.
    let clear = |id: &'static str, long: &'static str, help: &'static str| {
        clap::Arg::new(id).long(long).action(ArgAction::SetTrue).help(help).group("mark")
    };
    verb("mark", "Sets or clears flags of the selected messages")
        .args([
            set("seen", "Mark as seen"),
            clear("clear-seen", "unseen", "Mark as not seen (to select unseen messages: --query UNSEEN)")
                .conflicts_with("seen"),
            set("flagged", "Mark as flagged"),
            clear("clear-flagged", "unflagged", "Take the flag away").conflicts_with("flagged"),
            set("answered", "Mark as answered"),
            clear("clear-answered", "unanswered", "Mark as not answered").conflicts_with("answered"),
        ])
        .group(clap::ArgGroup::new("mark").multiple(true))
        .args(change::options())
        .args(selection::options().into_iter().filter(|option| option.get_id() != "unseen"))
        .after_help("Output: a line a message, UID and what was done with a tab between.")
}

pub(crate) fn run(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    let (mut set, mut clear) = (Vec::new(), Vec::new());
    for (option, _, name) in FLAGS {
        set.extend(Flag::named(name).filter(|_| arguments.get_flag(option)));
        clear.extend(Flag::named(name).filter(|_| arguments.get_flag(&format!("clear-{option}"))));
    }
    if set.is_empty() && clear.is_empty() {
        let options: Vec<_> = FLAGS.iter().map(|(set, clear, _)| format!("--{set}, --{clear}")).collect();
        return Err(usage(format!("nothing says how to mark ({})", options.join(", "))));
    }
    change::run(arguments, setting, output, Change::Flags { set, clear })
}
