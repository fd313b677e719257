//! `--to -`: mboxrd on a stream, without a directory and without a memory.
//!
//! A message goes to a temporary file first, so that one which breaks off, or turns out to be Exchange's
//! placeholder, never appears in the stream.

use std::fs::File;
use std::io::{self, Seek, Write};

use super::format::Format;
use super::mbox::{UnixLineEnds, write_entry};
use super::{Failed, Job, Outcome, Watch};
use crate::calendar::internal_date;
use crate::error::{Error, Kind, Phase, Result};
use crate::exchange::{Connect, PLACEHOLDER_HEADER, Work, explain, is_placeholder, open, persist};
use crate::files;
use crate::imap::UidSet;
use crate::imap::fetch::Fetch;
use crate::imap::session::{BodySink, Selected, Session};
use crate::imap::types::{SeqNum, Uid};
use crate::net::Stream;
use crate::patience::Patience;

/// A temporary file that one message after the other goes through.
pub struct Spool(File);

impl Spool {
    /// A new file without a name: a run that is killed leaves no mail behind.
    pub fn new() -> Result<Spool> {
        files::temporary().map(Spool).map_err(|e| Error::disk("spooling a message", e))
    }
}

/// Writes the selected messages to `out`.
pub fn write_all(
    job: &Job,
    spool: &mut Spool,
    out: &mut dyn Write,
    connect: &mut Connect,
    patience: &mut Patience,
    watch: &mut dyn Watch,
) -> Result<Outcome> {
    let mut writer = Writer {
        job,
        spool,
        out,
        watch,
        outcome: Outcome::default(),
        settled: UidSet::new(),
        last: None,
        body: None,
        error: None,
    };
    persist(&mut writer, connect, patience)?;
    Ok(writer.outcome)
}

struct Writer<'a> {
    job: &'a Job,
    spool: &'a mut Spool,
    out: &'a mut dyn Write,
    watch: &'a mut dyn Watch,
    outcome: Outcome,
    settled: UidSet,
    /// The message that came last, and the sequence number under which it did.
    last: Option<(Uid, SeqNum)>,
    body: Option<Body>,
    error: Option<Error>,
}

#[derive(Default)]
struct Body {
    start: Vec<u8>,
    line_ends: UnixLineEnds,
}

impl Work for Writer<'_> {
    fn run(&mut self, session: &mut Session<Stream>) -> Result<()> {
        let mut selected = open(session, &self.job.folder, false)?;
        let wanted = self.wanted(&mut selected)?;
        self.watch.announced(wanted.len());
        let fetched = selected.fetch_bodies(&wanted, Format::Mbox.items(), self).map_err(explain);
        self.error.take().map_or(Ok(()), Err)?;
        fetched?;
        for uid in wanted.without(&self.settled).iter() {
            self.fail(uid, "the server answered OK and sent no message under this UID");
        }
        Ok(())
    }

    fn progress(&self) -> (u64, u64, u64) {
        (self.settled.len(), 0, 0)
    }

    fn broke(&mut self, _: &Error) -> Result<()> {
        self.body = None;
        Ok(())
    }
}

impl Writer<'_> {
    fn wanted(&mut self, selected: &mut Selected<'_, Stream>) -> Result<UidSet> {
        if selected.mailbox().exists == 0 {
            return Ok(UidSet::new());
        }
        let found = self.job.selection.find(selected, 1).map_err(explain)?;
        for uid in found.unreadable.without(&self.settled).iter() {
            self.fail(uid, "the server does not hand out its header, so it cannot be matched");
        }
        Ok(self.job.selection.limited(found.uids).without(&self.settled))
    }

    fn fail(&mut self, uid: Uid, reason: impl Into<String>) {
        let reason = reason.into();
        self.settled.insert(uid);
        self.watch.warn(&format!("message {uid}: {reason}"));
        self.outcome.failed.push(Failed { uid, reason });
    }

    fn stop(&mut self, error: Error) -> io::Error {
        self.error.get_or_insert(error);
        io::Error::other("the delivery failed")
    }

    fn spooled(&mut self, doing: io::Result<()>) -> io::Result<()> {
        doing.map_err(|e| {
            let error = Error::disk("spooling a message", e);
            self.stop(error)
        })
    }

    fn entry(&mut self, seconds: u64) -> io::Result<()> {
        let spooled = self.spool.0.rewind();
        self.spooled(spooled)?;
        let mut out = io::BufWriter::with_capacity(64 * 1024, &mut *self.out);
        let written = write_entry(&mut self.spool.0, seconds, &mut out).and_then(|()| out.flush());
        drop(out);
        written.map_err(|e| {
            self.stop(Error::new(Kind::Local, Phase::Disk, format!("writing to stdout: {e}")).caused_by(e))
        })
    }
}

impl BodySink for Writer<'_> {
    fn begin(&mut self, _: Option<Uid>, _: u64) -> io::Result<()> {
        self.body = Some(Body::default());
        let emptied = self.spool.0.rewind().and_then(|()| self.spool.0.set_len(0));
        self.spooled(emptied)
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        let Some(body) = &mut self.body else { return Ok(()) };
        let missing = PLACEHOLDER_HEADER.saturating_sub(body.start.len()).min(octets.len());
        body.start.extend_from_slice(octets.get(..missing).unwrap_or_default());
        let written = self.spool.0.write_all(body.line_ends.turn(octets));
        self.watch.received(octets.len() as u64);
        self.spooled(written)
    }

    fn end(&mut self, uid: Uid, fetched: &Fetch, size: u64) -> io::Result<()> {
        let Some(mut body) = self.body.take() else { return Ok(()) };
        if self.settled.contains(uid) {
            // The same one again is as good as the first.
            if self.last != Some((uid, fetched.seq)) {
                self.fail(uid, "the server sent two messages under this UID");
            }
            return Ok(());
        }
        self.last = Some((uid, fetched.seq));
        if is_placeholder(&body.start) || size == 0 {
            self.fail(uid, "Exchange sent its placeholder, or nothing, in the message's place");
            return Ok(());
        }
        let written = self.spool.0.write_all(body.line_ends.finish());
        self.spooled(written)?;
        self.entry(fetched.internal_date.as_deref().and_then(internal_date).unwrap_or_default())?;
        self.settled.insert(uid);
        self.watch.came();
        self.outcome.delivered += 1;
        self.outcome.octets += size;
        Ok(())
    }

    fn forget(&mut self) -> io::Result<()> {
        self.body = None;
        Ok(())
    }

    fn unreadable(&mut self, uid: Option<Uid>, why: &str) -> io::Result<()> {
        if let Some(uid) = uid.filter(|uid| !self.settled.contains(*uid)) {
            self.fail(uid, format!("the server's answer cannot be read: {why}"));
        }
        Ok(())
    }
}
