//! From the answer to a FETCH to the sink that wants the bodies: which literals are theirs, and when one is whole.
//!
//! The command itself is in `session`, what a FETCH says in `fetch`.

use std::io;

use super::connection::{Handler, NotMail};
use super::parse::announced_section;
use super::types::{Fetch, Mailbox, Unreadable, Untagged};
use super::uid_set::{Uid, UidSet};
use super::wire::Frame;
use crate::error::{Error, Result};

/// Where the bodies of messages go as they come in.
///
/// A failure of the sink ends the FETCH and closes the connection: the rest of the literal is still on
/// its way.
pub trait BodySink {
    /// A body of `size` bytes begins; its UID where the server has named it already.
    fn begin(&mut self, uid: Option<Uid>, size: u64) -> io::Result<()>;
    /// The next bytes of the body.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// The body is whole: it is the message `uid`, which was asked for; `fetched` says what else the server
    /// said of it.
    fn end(&mut self, uid: Uid, fetched: &Fetch, size: u64) -> io::Result<()>;
    /// The body is not to be kept: nobody asked for it, nobody knows whose it is, or its response cannot be read.
    fn forget(&mut self) -> io::Result<()>;
    /// A response could not be read, or what came is not the message; what had begun of it is forgotten by now. `uid` is
    /// the message that was asked for, if the response names it. Other messages follow.
    fn unreadable(&mut self, uid: Option<Uid>, why: &str) -> io::Result<()> {
        let _ = (uid, why);
        Ok(())
    }
}

/// Collects one message at a time: what a [`Vec`] holds after the FETCH is the last message that came whole, or nothing.
impl BodySink for Vec<u8> {
    fn begin(&mut self, _: Option<Uid>, _: u64) -> io::Result<()> {
        self.forget()
    }
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.extend_from_slice(bytes);
        Ok(())
    }
    fn end(&mut self, _: Uid, _: &Fetch, _: u64) -> io::Result<()> {
        Ok(())
    }
    fn forget(&mut self) -> io::Result<()> {
        self.clear();
        Ok(())
    }
}

/// The bytes by which it is known that a body is not the message.
const START: usize = 4096;

/// Passes the bodies that were asked for on to a sink.
pub(super) struct Bodies<'a> {
    pub(super) wanted: &'a UidSet,
    pub(super) sink: &'a mut dyn BodySink,
    pub(super) mailbox: &'a mut Mailbox,
    pub(super) not_mail: Option<NotMail>,
    pub(super) streaming: Option<Streaming>,
}

/// The body that this response streams: its UID, if that came first, its size, and the first of its bytes.
pub(super) struct Streaming {
    uid: Option<Uid>,
    size: u64,
    start: Vec<u8>,
}

impl Bodies<'_> {
    /// The response is complete, and only now is it known whose body it had: a UID may come after the body,
    /// and one behind it may contradict one before it.
    fn complete(&mut self, fetched: &Fetch) -> io::Result<()> {
        let streamed = self.streaming.take();
        match (self.asked(fetched.uid, streamed.as_ref()), streamed) {
            (Some(uid), Some(streamed)) => self.end(uid, fetched, streamed.size, &streamed.start),
            (None, Some(_)) => self.sink.forget(),
            (Some(uid), None) => self.held(uid, fetched),
            // Flags that changed elsewhere come as a FETCH too; they bring no body and often no UID.
            (None, None) => Ok(()),
        }
    }

    /// The response is to be forgotten. It is blamed on a message only where nothing in it names another.
    fn refuse(&mut self, unreadable: &Unreadable) -> io::Result<()> {
        let streamed = self.streaming.take();
        if streamed.is_some() {
            self.sink.forget()?;
        }
        self.sink.unreadable(self.asked(unreadable.uid, streamed.as_ref()), &unreadable.reason())
    }

    /// A UID that was asked for and that the start of the response does not contradict.
    fn asked(&self, uid: Option<Uid>, streamed: Option<&Streaming>) -> Option<Uid> {
        let before = streamed.and_then(|streamed| streamed.uid);
        uid.filter(|uid| self.wanted.contains(*uid) && before.is_none_or(|before| before == *uid))
    }

    /// A body that is short enough came as a quoted string.
    fn held(&mut self, uid: Uid, fetched: &Fetch) -> io::Result<()> {
        let whole = fetched.sections.iter().find(|section| section.name.is_empty());
        let Some(bytes) = whole.and_then(|section| section.data.as_deref()) else { return Ok(()) };
        let size = bytes.len() as u64;
        self.sink.begin(Some(uid), size)?;
        self.sink.write(bytes)?;
        self.end(uid, fetched, size, bytes)
    }

    /// A body is whole; the sink keeps it only if it is the message.
    fn end(&mut self, uid: Uid, fetched: &Fetch, size: u64, start: &[u8]) -> io::Result<()> {
        let empty = (size == 0).then_some("the server sent an empty message");
        match empty.or_else(|| self.not_mail.and_then(|not_mail| not_mail(start))) {
            Some(why) => self.sink.forget().and_then(|()| self.sink.unreadable(Some(uid), why)),
            None => self.sink.end(uid, fetched, size),
        }
    }
}

impl Handler for Bodies<'_> {
    /// The whole message of a UID that was asked for or is not named yet, once a response.
    fn wants(&mut self, head: &Frame, size: u64) -> io::Result<bool> {
        let Some((uid, name)) = announced_section(head) else { return Ok(false) };
        let is_wanted = uid.is_none_or(|uid| self.wanted.contains(uid));
        if !name.is_empty() || self.streaming.is_some() || !is_wanted {
            return Ok(false);
        }
        self.streaming = Some(Streaming { uid, size, start: Vec::new() });
        self.sink.begin(uid, size).map(|()| true)
    }

    fn literal(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(Streaming { start, .. }) = &mut self.streaming {
            start.extend(bytes.iter().take(START.saturating_sub(start.len())));
        }
        self.sink.write(bytes)
    }

    fn untagged(&mut self, data: Untagged) -> Result<()> {
        match &data {
            Untagged::Fetch(fetched) => self.complete(fetched),
            Untagged::Unreadable(unreadable) if unreadable.name == "FETCH" => self.refuse(unreadable),
            _ => {
                self.mailbox.learn(&data);
                Ok(())
            }
        }
        .map_err(|e| Error::disk("writing the message", e))
    }
}
