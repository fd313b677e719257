//! `--to -`: mboxrd on a stream, without a directory and without a memory.
//!
//! A message goes to a temporary file first, so that one which breaks off, or turns out to be Exchange's
//! placeholder, never appears in the stream.

use std::fs::File;
use std::io::{self, Seek, Write};

use super::incoming::{Came, Doubtful};
use super::mbox::{UnixLineEnds, write_entry};
use super::{Failed, Outcome, Watch};
use crate::calendar::internal_date;
use crate::error::{Error, Kind, Phase, Result};
use crate::files;
use crate::imap::BodySink;
use crate::imap::types::Fetch;
use crate::imap::types::{SeqNum, Uid};
use crate::mime::Ending;

/// A temporary file that one message after the other goes through.
pub(crate) struct Spool(File);

impl Spool {
    /// A new file without a name: a run that is killed leaves no mail behind.
    pub(crate) fn new() -> Result<Spool> {
        files::temporary(&std::env::temp_dir()).map(Spool).map_err(|e| Error::disk("spooling a message", e))
    }
}

/// The stream, and the file that each message goes through before.
pub(super) struct Out<'a> {
    pub(super) spool: &'a mut Spool,
    pub(super) out: &'a mut dyn Write,
}

impl Out<'_> {
    /// Takes the messages of one FETCH.
    pub(super) fn writer<'b>(&'b mut self, watch: &'b mut dyn Watch, outcome: &'b mut Outcome) -> Writer<'b> {
        Writer { spool: self.spool, out: self.out, watch, outcome, came: Came::default(), last: None, body: None }
    }
}

/// Takes the messages of one FETCH.
pub(super) struct Writer<'a> {
    spool: &'a mut Spool,
    out: &'a mut dyn Write,
    watch: &'a mut dyn Watch,
    outcome: &'a mut Outcome,
    came: Came,
    /// The message that came last, and the sequence number under which it did.
    last: Option<(Uid, SeqNum)>,
    body: Option<Body>,
}

#[derive(Default)]
struct Body {
    uid: Option<Uid>,
    ending: Ending,
    line_ends: UnixLineEnds,
}

impl Writer<'_> {
    /// The FETCH is over.
    pub(super) fn finish(mut self) -> Came {
        self.came.cut_off = self.body.and_then(|body| body.uid);
        self.came
    }

    fn fail(&mut self, uid: Uid, reason: &str) {
        self.came.failed.push(Failed { uid, reason: reason.to_owned() });
    }

    fn stop(&mut self, error: Error) -> io::Error {
        self.came.stopped.get_or_insert(error);
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
    fn begin(&mut self, uid: Option<Uid>, _: u64) -> io::Result<()> {
        self.body = Some(Body { uid, ..Body::default() });
        let emptied = self.spool.0.rewind().and_then(|()| self.spool.0.set_len(0));
        self.spooled(emptied)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(body) = &mut self.body else { return Ok(()) };
        body.ending.write(bytes);
        let written = self.spool.0.write_all(body.line_ends.turn(bytes));
        self.watch.received(bytes.len() as u64);
        self.spooled(written)
    }

    fn end(&mut self, uid: Uid, fetched: &Fetch, size: u64) -> io::Result<()> {
        let Some(mut body) = self.body.take() else { return Ok(()) };
        if self.came.seen.contains(uid) {
            // The same one again is as good as the first.
            if self.last != Some((uid, fetched.seq)) {
                self.fail(uid, "the server sent two messages under this UID");
            }
            return Ok(());
        }
        self.came.seen.insert(uid);
        self.last = Some((uid, fetched.seq));
        let written = self.spool.0.write_all(body.line_ends.finish());
        self.spooled(written)?;
        self.entry(fetched.internal_date.as_deref().and_then(internal_date).unwrap_or_default())?;
        if let Some(missing) = body.ending.missing() {
            self.came.doubtful.push(Doubtful { uid, size, missing, held: None });
        }
        self.watch.came();
        self.outcome.delivered += 1;
        self.outcome.bytes += size;
        Ok(())
    }

    fn forget(&mut self) -> io::Result<()> {
        self.body = None;
        Ok(())
    }

    fn unreadable(&mut self, uid: Option<Uid>, why: &str) -> io::Result<()> {
        if let Some(uid) = uid.filter(|uid| !self.came.seen.contains(*uid)) {
            self.came.seen.insert(uid);
            self.fail(uid, why);
        }
        Ok(())
    }
}
