//! The table of exit codes; README and the manual repeat it, a test compares them.

use std::process::ExitCode;

use crate::{Error, Kind};

/// How the program ends.
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
