//! From the answer to a FETCH to whoever wants the bodies: which literals are theirs, and when one is whole.
//!
//! The command itself is in `session`, what a FETCH says in `fetch`.

use std::io;

use super::connection::Handler;
use super::fetch::{Fetch, SectionData, announced_section};
use super::session::Mailbox;
use super::types::{Uid, Untagged};
use super::uid_set::UidSet;
use super::wire::Frame;
use crate::error::{Error, Result};

/// Where the bodies of messages go as they come in.
///
/// A failure of the sink ends the FETCH and closes the connection: the rest of the literal is still on
/// its way.
pub trait BodySink {
    /// A body of `size` octets begins; its UID where the server has named it already.
    fn begin(&mut self, uid: Option<Uid>, size: u64) -> io::Result<()>;
    /// The next octets of the body.
    fn write(&mut self, octets: &[u8]) -> io::Result<()>;
    /// The response is complete. `fetched` says what the server said of the message, `body` whether a
    /// body came before: `None` where it sent NIL or nothing.
    fn end(&mut self, fetched: &Fetch, body: Option<u64>) -> io::Result<()>;
}

/// Passes the bodies that were asked for on to a sink.
pub(super) struct Bodies<'a> {
    wanted: &'a UidSet,
    sink: &'a mut dyn BodySink,
    mailbox: &'a mut Mailbox,
    /// Octets of the body that this response streams.
    streaming: Option<u64>,
}

impl<'a> Bodies<'a> {
    pub(super) fn new(wanted: &'a UidSet, sink: &'a mut dyn BodySink, mailbox: &'a mut Mailbox) -> Bodies<'a> {
        Bodies { wanted, sink, mailbox, streaming: None }
    }

    fn is_wanted(&self, uid: Option<Uid>) -> bool {
        uid.is_none_or(|uid| self.wanted.contains(uid))
    }

    /// The response is complete: tell the sink, who may have had the body already.
    fn complete(&mut self, fetched: &Fetch) -> io::Result<()> {
        let streamed = self.streaming.take();
        let held = fetched.sections.iter().find(|section| section.name.is_empty()).map(|section| &section.data);
        let body = match held {
            Some(SectionData::Held(octets)) if streamed.is_none() => {
                self.sink.begin(fetched.uid, octets.len() as u64)?;
                self.sink.write(octets)?;
                Some(octets.len() as u64)
            }
            _ => streamed,
        };
        self.sink.end(fetched, body)
    }
}

impl Handler for Bodies<'_> {
    /// The whole message of a UID that was asked for or is not named yet, once a response.
    fn wants(&mut self, head: &Frame, size: u64) -> io::Result<bool> {
        let Some(section) = announced_section(head) else { return Ok(false) };
        if !section.name.is_empty() || self.streaming.is_some() || !self.is_wanted(section.uid) {
            return Ok(false);
        }
        self.streaming = Some(size);
        self.sink.begin(section.uid, size).map(|()| true)
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.sink.write(octets)
    }

    fn untagged(&mut self, data: Untagged) -> Result<()> {
        let Untagged::Fetch(fetched) = &data else {
            self.mailbox.learn(&data);
            return Ok(());
        };
        // Flags that changed elsewhere come as a FETCH too; they bring no body and often no UID.
        if self.streaming.is_none() && (fetched.sections.is_empty() || !self.is_wanted(fetched.uid)) {
            return Ok(());
        }
        self.complete(fetched).map_err(|e| Error::disk("writing the message", e))
    }
}
