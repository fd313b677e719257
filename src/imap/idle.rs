//! IDLE (RFC 2177): the server tells what happens in the mailbox until we say DONE.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use super::command::{Command, Piece};
use super::connection::Handler;
use super::selected::Selected;
use super::types::{Mailbox, Untagged};
use crate::error::{Phase, Result};
use crate::net::Readiness;

impl<S: Read + Write + Readiness> Selected<'_, S> {
    /// IDLE until the server tells of a new message, or `time` has passed: true in the former case, false
    /// in the latter. The mailbox's counts are up to date behind it as far as the server has told.
    ///
    /// Messages that are announced before the `+` count (php-imap#258). Servers stop telling after a while
    /// (angus-mail#176): ten minutes are enough, and after them the mailbox is better opened again.
    ///
    /// ```no_run
    /// # fn f(mut session: exoimap::imap::Session<exoimap::Stream>) -> exoimap::Result<()> {
    /// let mut inbox = session.examine(&exoimap::MailboxName::inbox())?;
    /// if inbox.idle(std::time::Duration::from_secs(600))? {
    ///     println!("{} messages now", inbox.mailbox().exists);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn idle(&mut self, time: Duration) -> Result<bool> {
        let before = self.mailbox.exists;
        let mut watch = Watch { mailbox: &mut self.mailbox, known: before, came: false };
        let command = Command::new("IDLE", Phase::Command);
        self.session.connection.idle(&command, time, &mut watch)?;
        Ok(watch.came)
    }

    /// The time by the clock of the stream.
    pub(crate) fn now(&mut self) -> Instant {
        self.session.stream_mut().now()
    }

    /// Waits without a command, for servers without IDLE, until `time` has passed; true where the server
    /// says something before, if only that it hangs up.
    pub(crate) fn pause(&mut self, time: Duration) -> Result<bool> {
        self.session.connection.pause(time)
    }
}

/// Notices messages that come.
struct Watch<'a> {
    mailbox: &'a mut Mailbox,
    /// As many are there that we know of.
    known: u32,
    came: bool,
}

impl Handler for Watch<'_> {
    fn untagged(&mut self, data: Untagged) -> Result<()> {
        self.mailbox.learn(&data);
        // An EXPUNGE and the EXISTS behind it bring nothing new.
        self.came |= self.mailbox.exists > self.known;
        self.known = self.mailbox.exists;
        Ok(())
    }

    /// What else a server may ask for while it waits for DONE.
    fn challenge(&mut self, _: &[u8]) -> Result<Option<Piece>> {
        Ok(None)
    }

    fn is_enough(&self) -> bool {
        self.came
    }
}
