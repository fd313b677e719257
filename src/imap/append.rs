//! APPEND: a message goes to a mailbox, from whatever it is read from, in constant memory.
//!
//! The literal is synchronising whatever the server offers (RFC 7888): a refusal then comes before the
//! message and not behind it. What a message must look like is its caller's business.

use std::io::{Read, Write};

use super::client::Session;
use super::command::Command;
use super::connection::Handler;
use super::mailbox_name::MailboxName;
use super::types::{CodeMeaning, Flag};
use super::uid_set::{Uid, UidValidity};
use crate::calendar::DateTime;
use crate::error::{Error, Phase, Result};

impl<S: Read + Write> Session<S> {
    /// APPEND of a message of `size` bytes to the mailbox `to`, with these flags and, where it is not now,
    /// the time at which it was received. Returns its UID where the server says it (RFC 4315).
    ///
    /// `message` must give `size` bytes; where it gives fewer, or fails, the connection is closed, since
    /// the server waits for the rest. What follows them is not read.
    ///
    /// ```no_run
    /// use exoimap::Outgoing;
    /// # fn f(mut session: exoimap::imap::Session<exoimap::Stream>) -> exoimap::Result<()> {
    /// // Refuses what Exchange would choke on, before anything is sent.
    /// let mut message = Outgoing::new("order.eml", std::fs::File::open("order.eml").expect("it is there"))?;
    /// let size = message.size();
    /// let uid = session.append(&exoimap::MailboxName::inbox(), &[], None, size, &mut message)?;
    /// println!("{uid:?}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn append(
        &mut self,
        to: &MailboxName,
        flags: &[Flag],
        received: Option<DateTime>,
        size: u64,
        message: &mut dyn Read,
    ) -> Result<Option<(UidValidity, Uid)>> {
        let mut command = Command::new("APPEND", Phase::Command).mailbox(to)?;
        if !flags.is_empty() {
            let flags: Vec<_> = flags.iter().map(Flag::as_str).collect();
            command = command.raw(&format!("({})", flags.join(" ")))?;
        }
        if let Some(received) = received {
            command = command.raw(&format!("\"{received}\""))?;
        }
        let status = self.connection.run_ok(&command.upload(size), &mut Upload(message))?;
        Ok(match status.code.map(|code| code.meaning) {
            Some(CodeMeaning::AppendUid(validity, uid)) => Some((validity, uid)),
            _ => None,
        })
    }
}

/// Where the bytes of the literal come from.
struct Upload<'a>(&'a mut dyn Read);

impl Handler for Upload<'_> {
    fn upload(&mut self, buffer: &mut [u8]) -> Result<usize> {
        // A reader of ours says what is wrong with the message.
        self.0.read(buffer).map_err(|e| e.downcast().unwrap_or_else(|e| Error::disk("reading the message", e)))
    }
}
