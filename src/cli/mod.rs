//! The program: arguments, one file per command, output. The only code that prints or exits.

mod append;
mod bridge;
mod change;
mod check;
mod commands;
mod credential;
pub(crate) mod environment;
mod fetch;
mod folders;
pub(crate) mod input;
mod mistakes;
mod options;
mod output;
mod parallel;
mod parser;
mod progress;
mod search;
mod selection;
mod session;
mod setup;
mod status;
mod token;
mod wait;

#[cfg(test)]
mod documents_tests;
#[cfg(test)]
mod manual_tests;

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use crate::advice::{Facts, hints};
use crate::entra::disagreement;
use crate::{Error, Kind, Result};

use commands::Verb;
use credential::Endpoints;
use input::Arguments;
use output::Output;
use parser::Called;
use session::{Setting, SignIn};

/// One call of the program: what its options say, and where it says what comes of it.
pub(crate) struct Call {
    verb: &'static Verb,
    pub(crate) arguments: Arguments,
    pub(crate) output: Arc<Output>,
    setting: OnceLock<Arc<Setting>>,
}

impl Call {
    /// Mailbox, server and credential, for a command that needs them; they are read and checked when it asks.
    pub(crate) fn setting(&self) -> Result<Arc<Setting>> {
        let needs_mailbox = !["token", "setup", "relay"].contains(&self.verb.name);
        let setting = Setting::new(&self.arguments, &self.output, needs_mailbox);
        let Endpoints { authority, scope, host, .. } = Endpoints::new(&self.arguments);
        // No authority is asked for a token that is at hand, or that the machine's own cloud gives.
        let asks = setting.as_ref().is_ok_and(|setting| setting.token_source() == "from Entra ID");
        let (authority, scope) = if asks { (authority, scope.as_str()) } else { ("", "") };
        if let Some(said) = disagreement(authority, scope, host) {
            self.output.warn(&format!("{said}; name one (--cloud)"));
        }
        let setting = Arc::new(setting?);
        Ok(Arc::clone(self.setting.get_or_init(|| setting)))
    }
}

/// Runs the command line and returns the program's exit code.
pub fn run() -> ExitCode {
    let Called { verb, arguments, odd } = match parser::read() {
        Ok(called) => called,
        Err(refused) => return refused.say(),
    };
    let output = match Output::new(&arguments) {
        Ok(output) => Arc::new(output),
        Err(error) => return Output::default().failed("", &error, &[]).into(),
    };
    odd.iter().chain(&mistakes::in_secrets(&arguments)).for_each(|odd| output.warn(odd));
    let call = Call { verb, arguments, output, setting: OnceLock::new() };
    let exit = (verb.run)(&call).unwrap_or_else(|error| {
        let facts = call.setting.get().map_or_else(Facts::default, |setting| setting.facts(setting.mailbox().ok()));
        call.output.failed("", &error, &hints(&error, &facts))
    });
    exit.into()
}

/// How the program ends. README and the manual repeat this table; a test compares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All that was asked is done.
    Done = 0,
    /// A local failure: disk, file, permission.
    Local = 1,
    /// Usage or configuration; nothing was tried.
    Usage = 2,
    /// Nothing came (`wait` only).
    Nothing = 3,
    /// An administrator must act.
    Refused = 4,
    /// Temporary failure, retry later.
    Temporary = 5,
    /// Partly done: the rest is named on stderr.
    Partly = 6,
    /// Protocol error by the server, or one of our limits exceeded.
    Protocol = 7,
}

/// The exit code of several runs: the worst, in the order in which somebody must act.
pub(crate) fn worst(ended: &[Exit]) -> Exit {
    let order = [Exit::Usage, Exit::Local, Exit::Protocol, Exit::Refused, Exit::Partly, Exit::Temporary];
    order.into_iter().find(|exit| ended.contains(exit)).unwrap_or(Exit::Done)
}

impl From<&Error> for Exit {
    fn from(error: &Error) -> Exit {
        match error.kind() {
            Kind::Local => Exit::Local,
            Kind::Usage => Exit::Usage,
            Kind::Refused => Exit::Refused,
            Kind::Temporary => Exit::Temporary,
            _ => Exit::Protocol,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
