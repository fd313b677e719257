//! Between a FETCH and the disk: each body streams to its own temporary file, groups are delivered as they fill.
//!
//! With `--to -` one temporary file without a name takes one message after the other, and what is whole there goes to
//! the stream as an mbox entry: one that breaks off, or turns out to be Exchange's placeholder, never appears in it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};

use super::attachments::headers;
use super::format::{Format, hold_place, maildir_files, place, stem};
use super::group::sync_all;
use super::mbox::UnixLineEnds;
use super::pass::Pass;
use super::ready::Entry;
use super::{Delivered, Destination, Failed, Headers};
use crate::calendar::internal_date;
use crate::error::{Error, Result};
use crate::imap::types::{Fetch, SeqNum, Uid, UidValidity};
use crate::imap::{BodySink, UidSet};
use crate::mime::{Ending, Missing, has_empty_line};
use crate::text::escape;

/// A group is delivered at this size, in bytes: what a power cut may make us fetch again.
const GROUP_BYTES: u64 = 32 << 20;

/// The bytes of a header that are looked at; Exchange writes 40 KB into it, a thousand recipients 100 KB.
const LONGEST_HEADER: usize = 1 << 20;

/// The runs in which a message that is not whole is asked for; the last of them delivers it as it comes.
const MOST_HELD: u32 = 10;

/// The temporary name of a message whose UID is not known yet.
const UNNAMED: &str = "unnamed";

/// Takes the bodies of one FETCH after the other.
pub(super) struct Incoming<'a, 'p> {
    pass: &'a mut Pass<'p>,
    validity: UidValidity,
    body: Option<Body>,
    group: Vec<Ready>,
    group_bytes: u64,
    came: Came,
    /// The sequence numbers under which the messages of this FETCH came.
    numbers: BTreeMap<Uid, SeqNum>,
    /// Files of a Maildir that the state does not know.
    strays: Option<BTreeMap<Uid, String>>,
}

/// What came of a FETCH.
#[derive(Debug, Default)]
pub(super) struct Came {
    /// The messages that came, whatever became of them.
    pub(super) seen: UidSet,
    /// Of these, what is not a message, or has no name that is free.
    pub(super) failed: Vec<Failed>,
    /// Of these, what may not be whole by what it says itself, and waits for its size.
    pub(super) doubtful: Vec<Doubtful>,
    /// The message that was coming in when the FETCH ended.
    pub(super) cut_off: Option<Uid>,
    /// The error that ended it from our side, which says more than its `io::Error`.
    pub(super) stopped: Option<Error>,
}

/// A message that lacks its end or its body. Where it came in fewer bytes than three quarters of its RFC822.SIZE, which
/// is never exact, the server cut it; else it was sent so.
#[derive(Debug)]
pub(super) struct Doubtful {
    pub(super) uid: Uid,
    pub(super) size: u64,
    pub(super) missing: Missing,
    /// Its temporary file and what is known of it; none in a stream, which has the message by then.
    pub(super) held: Option<(Entry, Option<Headers>)>,
}

impl Doubtful {
    /// What the server kept back, in words.
    fn cut(&self, whole: Option<u64>) -> Option<String> {
        let whole = whole.filter(|whole| self.size.saturating_mul(4) < whole.saturating_mul(3))?;
        Some(format!("the server sent {} of {whole} bytes", self.size))
    }
}

/// A body that is coming in.
struct Body {
    name: String,
    uid: Option<Uid>,
    file: File,
    start: Vec<u8>,
    ending: Ending,
    /// The empty line after the header is in `start`.
    has_header: bool,
    /// Where CRLF becomes LF.
    line_ends: Option<UnixLineEnds>,
}

/// A message in its temporary file, complete and perhaps not durable.
struct Ready {
    entry: Entry,
    file: File,
    size: u64,
    headers: Option<Headers>,
    /// Why it is not whole, and delivered all the same.
    cut: Option<String>,
}

impl<'a, 'p> Incoming<'a, 'p> {
    pub(super) fn new(pass: &'a mut Pass<'p>) -> Result<Incoming<'a, 'p>> {
        let (validity, came, numbers) = (pass.destination.validity()?, Came::default(), BTreeMap::new());
        Ok(Incoming { pass, validity, body: None, group: Vec::new(), group_bytes: 0, came, numbers, strays: None })
    }

    /// The FETCH is over: delivers what is complete; what came in half leaves no file.
    pub(super) fn finish(mut self) -> Came {
        if let Some(body) = self.body.take() {
            self.came.cut_off = body.uid;
            // The next run would clear it too; until then it would take up a disk that may be full.
            let _ = self.discard(&body.name);
        }
        if let Err(error) = self.deliver() {
            self.came.stopped.get_or_insert(error);
        }
        self.came
    }

    /// Delivers what is whole after all, with what was held back in enough runs; the rest failed. What the server has
    /// of a message that is not whole here is never changed.
    pub(super) fn settle(&mut self, doubtful: Vec<Doubtful>, sizes: &BTreeMap<Uid, u64>) -> Result<()> {
        for doubtful in doubtful {
            let (uid, size, cut) = (doubtful.uid, doubtful.size, doubtful.cut(sizes.get(&doubtful.uid).copied()));
            if cut.is_none() && doubtful.missing == Missing::LastBoundary {
                self.pass.watch.note(&format!("message {uid}: its last boundary is missing"));
            }
            let Some((entry, headers)) = doubtful.held else {
                cut.iter().for_each(|cut| self.pass.warn_broken(uid, cut));
                continue;
            };
            let Pass { job, destination, .. } = &mut *self.pass;
            let tries = destination.state.failed.get(&uid).map_or(0, |tries| tries.count).saturating_add(1);
            match &cut {
                Some(cut) if tries < job.give_up_after.min(MOST_HELD) => {
                    self.came.failed.push(Failed { uid, reason: cut.clone() });
                    self.discard(&entry.temporary)?;
                    continue;
                }
                Some(_) => destination.state.cut.insert(uid),
                None => {}
            }
            let path = destination.temporary_path(&entry.temporary);
            let file = File::options().append(true).open(&path);
            let file = file.map_err(|e| Error::disk(format!("opening {}", path.display()), e))?;
            self.add(Ready { entry, file, size, headers, cut })?;
        }
        Ok(())
    }

    /// Removes a temporary file; a stream has one for all.
    fn discard(&self, name: &str) -> Result<()> {
        let is_stream = self.pass.out.is_some();
        let removed = if is_stream { Ok(()) } else { self.pass.destination.discard(name) };
        removed.map_err(|e| Error::disk("removing a temporary file", e))
    }

    fn add(&mut self, ready: Ready) -> Result<()> {
        self.group_bytes += ready.size;
        self.group.push(ready);
        if self.group.len() >= self.pass.job.group || self.group_bytes >= GROUP_BYTES { self.deliver() } else { Ok(()) }
    }

    /// Delivers a group: durable, then listed, then in place.
    fn deliver(&mut self) -> Result<()> {
        let group = std::mem::take(&mut self.group);
        self.group_bytes = 0;
        if group.is_empty() {
            return Ok(());
        }
        sync_all(&group.iter().map(|ready| &ready.file).collect::<Vec<_>>())?;
        let mut entries = Vec::with_capacity(group.len());
        let mut delivered = Vec::with_capacity(group.len());
        let mut held = UidSet::new();
        let mut cuts = BTreeMap::new();
        let pass = &mut *self.pass;
        for Ready { entry, file, size, headers, cut } in group {
            drop(file);
            let mut message = Delivered {
                path: pass.destination.path(&entry.place),
                size,
                headers,
                ..Delivered::default_for(entry.uid)
            };
            if pass.job.attachments {
                let file = pass.destination.temporary_path(&entry.temporary);
                let folder = pass.destination.unpack(&mut message, &file, pass.job.skip_inline)?;
                // It gets its place before the message that they belong to.
                entries.extend(folder);
            }
            cuts.extend(cut.map(|cut| (entry.uid, cut)));
            if !entry.is_delivery() {
                held.insert(entry.uid);
            }
            entries.push(entry);
            delivered.push(message);
        }
        let failed = pass.destination.deliver(entries, pass.job.next())?;
        delivered.retain(|message| failed.iter().all(|failed| failed.uid != message.uid));
        self.came.failed.extend(failed);
        for message in &mut delivered {
            pass.tell_of_attachments(message);
            if let Some(cut) = cuts.remove(&message.uid) {
                pass.warn_broken(message.uid, &format!("{cut}; what came is kept, and on the server it stays"));
                message.broken.push(cut);
            }
        }
        delivered.retain(|message| !held.contains(message.uid));
        pass.outcome.delivered += delivered.len() as u64;
        pass.outcome.bytes += delivered.iter().map(|message| message.size).sum::<u64>();
        pass.watch.delivered(&delivered)
    }

    /// Keeps an error of ours and makes the FETCH end.
    fn stop(&mut self, error: Error) -> io::Error {
        self.came.stopped.get_or_insert(error);
        io::Error::other("the delivery failed")
    }

    /// A second message under a UID. The same one again is as good as the first; another one, which has
    /// another sequence number, leaves neither to be trusted: both are tried again by the next run. A first one that is
    /// delivered stays, here and on the server.
    fn repeated(&mut self, uid: Uid, seq: SeqNum, body: &Body) -> Result<()> {
        self.discard(&body.name)?;
        if self.numbers.get(&uid).is_none_or(|first| *first == seq) {
            return Ok(());
        }
        self.numbers.remove(&uid);
        let before = self.group.len() + self.came.doubtful.len();
        self.group.retain(|ready| ready.entry.uid != uid);
        self.came.doubtful.retain(|doubtful| doubtful.uid != uid || doubtful.held.is_none());
        if self.group.len() + self.came.doubtful.len() < before {
            self.came.failed.push(Failed { uid, reason: "the server sent two messages under this UID".to_owned() });
            return self.discard(&stem(self.validity, uid));
        }
        self.pass.warn_broken(
            uid,
            "the server sent another one under this UID; the first is kept, and on the server it stays",
        );
        self.pass.destination.state.keep_on_server(uid);
        self.pass.destination.save()
    }

    /// A complete body: delivered with its group, or set aside.
    fn accept(&mut self, uid: Uid, mut body: Body, size: u64, fetched: &Fetch) -> Result<()> {
        let refuse = |e| Error::disk(format!("writing the message {uid}"), e);
        if let Some(line_ends) = &mut body.line_ends {
            body.file.write_all(line_ends.finish()).map_err(refuse)?;
        }
        self.numbers.insert(uid, fetched.seq);
        let seconds = fetched.internal_date.as_deref().and_then(internal_date).unwrap_or_default();
        if let Some(out) = &mut self.pass.out {
            out.write(seconds)?;
            self.passed_on(uid, size, body.ending.missing());
            return Ok(());
        }
        let temporary = stem(self.validity, uid);
        let stray = self.stray(uid)?;
        let Pass { job, destination, .. } = &mut *self.pass;
        if body.name != temporary {
            destination.name_temporary(&body.name, &temporary).map_err(refuse)?;
        }
        let flags = fetched.flags.as_deref().unwrap_or_default();
        let state = &destination.state;
        let place = match state.format {
            // The mbox has it already, and is appended to again only for a refetch.
            Format::Mbox if state.run.contains(uid) && !job.refetch => hold_place(self.validity, uid),
            format => stray.unwrap_or_else(|| place(format, self.validity, uid, seconds, flags)),
        };
        let headers = if job.headers { headers(&body.start) } else { None };
        let entry = Entry { uid, temporary, place, seconds };
        match body.ending.missing() {
            Some(missing) => {
                self.came.doubtful.push(Doubtful { uid, size, missing, held: Some((entry, headers)) });
                Ok(())
            }
            None => self.add(Ready { entry, file: body.file, size, headers, cut: None }),
        }
    }

    /// Where a message is already in a Maildir that is newer than the state, under the name that a mail program gave it.
    fn stray(&mut self, uid: Uid) -> Result<Option<String>> {
        let Destination { dir, state, .. } = &*self.pass.destination;
        if state.format == Format::Maildir && self.strays.is_none() {
            // A place becomes a line of the list.
            let is_stray = |(uid, place): &(Uid, String)| !state.delivered.contains(*uid) && escape(place) == *place;
            self.strays = Some(maildir_files(dir, self.validity)?.filter(is_stray).collect());
        }
        Ok(self.strays.as_ref().and_then(|strays| strays.get(&uid)).cloned())
    }

    /// The stream has the message.
    fn passed_on(&mut self, uid: Uid, size: u64, missing: Option<Missing>) {
        self.came.doubtful.extend(missing.map(|missing| Doubtful { uid, size, missing, held: None }));
        self.pass.outcome.delivered += 1;
        self.pass.outcome.bytes += size;
    }
}

impl BodySink for Incoming<'_, '_> {
    fn begin(&mut self, uid: Option<Uid>, _: u64) -> io::Result<()> {
        // A second body of a UID must not write into the file of the first, which may be in the group.
        let name = match uid.filter(|uid| !self.came.seen.contains(*uid)) {
            Some(uid) => stem(self.validity, uid),
            None => UNNAMED.to_owned(),
        };
        let destination = &self.pass.destination;
        let line_ends = destination.state.format.has_unix_line_ends().then(UnixLineEnds::default);
        let file = match &mut self.pass.out {
            Some(out) => out.file(),
            None => destination.temporary(&name),
        };
        let file = file.map_err(|e| self.stop(Error::disk("making a temporary file", e)))?;
        let ending = Ending::default();
        self.body = Some(Body { name, uid, file, start: Vec::new(), ending, has_header: false, line_ends });
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(body) = &mut self.body else { return Ok(()) };
        if self.pass.job.headers && !body.has_header {
            let before = body.start.len();
            body.start.extend(bytes.iter().take(LONGEST_HEADER.saturating_sub(before)));
            body.has_header = has_empty_line(body.start.get(before.saturating_sub(2)..).unwrap_or_default());
        }
        body.ending.write(bytes);
        let turned = match &mut body.line_ends {
            Some(line_ends) => line_ends.turn(bytes),
            None => bytes,
        };
        let written = body.file.write_all(turned);
        self.pass.watch.received(bytes.len() as u64);
        written.map_err(|e| self.stop(Error::disk("writing a message", e)))
    }

    fn end(&mut self, uid: Uid, fetched: &Fetch, size: u64) -> io::Result<()> {
        let Some(body) = self.body.take() else { return Ok(()) };
        let done = if self.came.seen.contains(uid) {
            self.repeated(uid, fetched.seq, &body)
        } else {
            self.came.seen.insert(uid);
            self.pass.watch.came();
            self.accept(uid, body, size, fetched)
        };
        done.map_err(|e| self.stop(e))
    }

    fn forget(&mut self) -> io::Result<()> {
        let Some(body) = self.body.take() else { return Ok(()) };
        self.discard(&body.name).map_err(|e| self.stop(e))
    }

    /// Where the response names no message, the one that did not come is found after the FETCH.
    fn unreadable(&mut self, uid: Option<Uid>, why: &str) -> io::Result<()> {
        let Some(uid) = uid.filter(|uid| !self.came.seen.contains(*uid)) else { return Ok(()) };
        self.came.seen.insert(uid);
        self.came.failed.push(Failed { uid, reason: why.to_owned() });
        Ok(())
    }
}
