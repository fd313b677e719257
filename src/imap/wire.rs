//! Bytes → framed responses. The file to audit first.
//!
//! A response is found before it is understood: lines end in CRLF, a line that ends in `{n}` is followed
//! by n bytes of literal and goes on behind them (RFC 3501 section 2.2 and 4.3). Whatever the bytes
//! mean, what is inside a literal is never taken for protocol, and the end of a response is where the
//! grammar puts it, never where the socket happened to pause.
//!
//! Free text announces no literal: tagged responses, continuations and untagged OK, NO, BAD, BYE and
//! PREAUTH end at their CRLF even if their text ends in `{5}`.
//!
//! Memory is bounded before it is taken: a response with its held literals by [`Limits::response`]; a
//! literal that [streams](Reader::stream) needs nothing but the buffer, and is bounded by
//! [`Limits::literal`] all the same, because a disk has an end too. What is longer and has an end in sight is
//! skipped and marked, so that the next response can be read.
//!
//! After a fault nobody knows whether what follows is inside a literal: the connection closes, and reads no more.
//!
//! No socket, no command: generic over [`Read`]. What comes too slowly is a matter of `Pace`.

use std::io::{self, Read};
use std::ops::Range;

use crate::net::Pace;
use crate::transcript::Transcript;

/// What streams a literal, and the most that one read asks for.
const BUFFER: usize = 64 * 1024;

/// As many times [`Limits::response`] are skipped of a response that is longer; then its end is given up.
const MOST_SKIPPED: u64 = 2;

/// Bytes that are kept of a response that is skipped: enough to say what it was.
const HEAD: usize = 4096;

/// The most that a server is let send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Bytes of one response, its held literals included (default 8 MiB: a SEARCH of a million UIDs).
    pub response: usize,
    /// Bytes of one literal that streams (default 1 GiB; Exchange Online sends 150 MB at most).
    pub literal: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { response: 8 << 20, literal: 1 << 30 }
    }
}

/// Why no response came.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The stream failed, timed out, or ended within a response (`UnexpectedEof`).
    Stream(io::Error),
    /// The stream ended between two responses.
    Closed,
    /// The server sent more than a limit allows, and where the response ends is not known.
    Limit {
        /// Of what there was too much.
        what: String,
        /// The response as far as it was read.
        head: Frame,
    },
    /// Where the literal was to go failed.
    Sink(io::Error),
}

/// One response: its lines with their literals in place, without the last CRLF.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    bytes: Vec<u8>,
    literals: Vec<Literal>,
    is_cut: bool,
}

/// A literal of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    /// Where its bytes are in the frame: behind the CRLF of its `{n}`; empty where it was streamed.
    pub(crate) held: Range<usize>,
    /// True for one that went elsewhere as it came in.
    pub(crate) streamed: bool,
    /// True for one that was skipped: it is longer than what may be held.
    pub(crate) skipped: bool,
}

impl Frame {
    /// The response's bytes; a streamed literal leaves its `{n}` CRLF behind.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// True for a response that was longer than the limit: this is its beginning.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The response without what is in its literals, piece by piece: what its grammar is.
    pub(crate) fn outside_literals(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.literals.iter().map(|literal| literal.held.start).chain([self.bytes.len()]);
        let starts = [0].into_iter().chain(self.literals.iter().map(|literal| literal.held.end));
        starts.zip(ends).map(|(start, end)| self.bytes.get(start..end).unwrap_or_default())
    }

    /// Bytes without a literal as a frame, to walk a part of a response by the same rules.
    pub(crate) fn from_line(bytes: &[u8]) -> Frame {
        Frame { bytes: bytes.to_vec(), ..Frame::default() }
    }

    /// The literal whose bytes start at `at`, where one does.
    pub(crate) fn literal_at(&self, at: usize) -> Option<&Literal> {
        let found = self.literals.binary_search_by_key(&at, |literal| literal.held.start).ok()?;
        self.literals.get(found)
    }

    /// A frame of one line, for tests of the grammar.
    #[cfg(test)]
    pub(crate) fn of(bytes: &[u8]) -> Frame {
        crate::fuzz::response(&mut Reader::new(&[bytes, b"\r\n"].concat()[..], Limits::default(), None)).unwrap()
    }
}

/// What the reader came to.
pub(crate) enum Step {
    /// A literal of this size follows [`Reader::head`]. It is [streamed](Reader::stream) now, or held in the frame.
    Literal(u64),
    /// The response is complete.
    Response(Frame),
}

/// Reads responses from a stream.
pub(crate) struct Reader<R> {
    inner: R,
    buffer: Box<[u8]>,
    /// What is in the buffer and not used yet.
    unread: Range<usize>,
    limits: Limits,
    pace: Pace,
    transcript: Option<Transcript>,
    /// The response as far as it has come.
    frame: Frame,
    /// The size of the literal that it announced and that was not read yet.
    announced: Option<u64>,
}

impl<R: Read> Reader<R> {
    /// A reader of `inner` within `limits`, which writes down what it reads if there is a transcript.
    pub(crate) fn new(inner: R, limits: Limits, transcript: Option<Transcript>) -> Reader<R> {
        let buffer = vec![0; BUFFER].into_boxed_slice();
        let (pace, frame) = (Pace::new(), Frame::default());
        Reader { inner, buffer, unread: 0..0, limits, pace, transcript, frame, announced: None }
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn transcript(&mut self) -> Option<&mut Transcript> {
        self.transcript.as_mut()
    }

    /// Says that a command begins, or that it brought something it asked for.
    pub(crate) fn asked(&mut self) {
        self.pace.asked();
    }

    /// True where bytes were read that no response has taken yet.
    pub(crate) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// The stream, to write to.
    pub(crate) fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// The stream, and what was read from it that no response has taken yet.
    pub(crate) fn into_parts(self) -> (R, Vec<u8>) {
        let unread = self.unread().to_vec();
        (self.inner, unread)
    }

    /// Reads on to the next literal or to the end of the response, of which at most `most` bytes are held.
    pub(crate) fn next(&mut self, most: usize) -> Result<Step, Fault> {
        let most = most.min(self.limits.response);
        match self.announced.take() {
            Some(size) => self.hold(size, most)?,
            None if self.frame.bytes.is_empty() => self.pace.response(self.has_unread()),
            None => {}
        }
        let line_start = self.frame.bytes.len();
        self.line(most)?;
        if !self.frame.is_cut {
            self.announced = self.literal_announced(line_start)?;
            if let Some(size) = self.announced {
                return Ok(Step::Literal(size));
            }
            self.frame.bytes.truncate(self.frame.bytes.len() - 2);
        }
        Ok(Step::Response(std::mem::take(&mut self.frame)))
    }

    /// The response as far as it has come.
    pub(crate) fn head(&self) -> &Frame {
        &self.frame
    }

    /// Passes the literal that the response came to on through the buffer instead of holding it.
    pub(crate) fn stream(&mut self, to: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> Result<(), Fault> {
        let size = self.announced.take().unwrap_or_default();
        self.pass(size, true, to)
    }

    /// The size of the literal that the frame's last line, which starts at `line_start`, announces. A held
    /// literal may end in `{5}` itself; only what is behind it counts.
    ///
    /// `literal = "{" number "}" CRLF *CHAR8`. What ends in braces without a number is not a literal; the
    /// grammar above will refuse it. A number that no 64 bits hold is refused here.
    fn literal_announced(&mut self, line_start: usize) -> Result<Option<u64>, Fault> {
        let line = self.frame.bytes.get(line_start..).unwrap_or_default();
        let Some(line) = line.strip_suffix(b"}\r\n").filter(|_| !is_free_text(&self.frame.bytes)) else {
            return Ok(None);
        };
        let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let Some((before, number)) = line.split_at_checked(line.len() - digits) else { return Ok(None) };
        if digits == 0 || !before.ends_with(b"{") {
            return Ok(None);
        }
        match std::str::from_utf8(number).unwrap_or_default().parse() {
            Ok(size) if size <= self.limits.literal => Ok(Some(size)),
            Ok(size) => {
                let what = format!("a literal of {size} bytes (the limit is {})", self.limits.literal);
                Err(self.limit(what))
            }
            Err(_) => Err(self.limit("a literal longer than any number".to_owned())),
        }
    }

    fn most_skipped(&self) -> u64 {
        self.limits.literal.min(MOST_SKIPPED.saturating_mul(self.limits.response as u64))
    }

    fn unread(&self) -> &[u8] {
        self.buffer.get(self.unread.clone()).unwrap_or_default()
    }

    /// Moves unread bytes to the frame.
    fn take(&mut self, bytes: usize) {
        let taken = self.buffer.get(self.unread.clone()).and_then(|unread| unread.get(..bytes));
        self.frame.bytes.extend_from_slice(taken.unwrap_or_default());
        self.unread.start += bytes;
    }

    /// Appends bytes up to and with the next CRLF.
    fn line(&mut self, most: usize) -> Result<(), Fault> {
        let start = self.frame.bytes.len();
        loop {
            let unread = self.unread();
            // The CR may be the last byte of the slice before this one.
            let ends_cr = self.frame.bytes.len() > start && self.frame.bytes.ends_with(b"\r");
            let (taken, complete) = match line_end(unread, ends_cr) {
                Some(end) => (end, true),
                None => (unread.len(), false),
            };
            if self.frame.bytes.len() + taken > most {
                self.take(most.saturating_sub(self.frame.bytes.len()));
                self.note(start);
                // What is text for people goes on for no reason.
                if is_free_text(&self.frame.bytes) || !self.skip_line()? {
                    return Err(self.limit(format!("a response of more than {most} bytes")));
                }
                return Ok(());
            }
            self.take(taken);
            if complete {
                self.note(start);
                return Ok(());
            }
            if let Err(fault) = self.fill(!self.frame.bytes.is_empty()) {
                self.note(start);
                return Err(fault);
            }
        }
    }

    /// Reads on to the end of a line that is too long, without keeping it. False where the response may go on: at a line
    /// that is much too long, or may announce a literal.
    fn skip_line(&mut self) -> Result<bool, Fault> {
        let bytes = &self.frame.bytes;
        let mut end = bytes.get(bytes.len().saturating_sub(3)..).unwrap_or_default().to_vec();
        let (mut skipped, mut complete) = (0, false);
        while !complete && skipped <= self.most_skipped() {
            if self.unread.is_empty()
                && let Err(fault) = self.fill(true)
            {
                self.note_skipped(skipped);
                return Err(fault);
            }
            let unread = self.unread();
            let line_end = line_end(unread, end.ends_with(b"\r"));
            let taken = unread.get(..line_end.unwrap_or(unread.len())).unwrap_or_default();
            end.extend_from_slice(taken.get(taken.len().saturating_sub(3)..).unwrap_or_default());
            end.drain(..end.len().saturating_sub(3));
            let taken = taken.len();
            self.unread.start += taken;
            skipped += taken as u64;
            complete = line_end.is_some();
        }
        self.note_skipped(skipped);
        self.frame.bytes.truncate(HEAD);
        self.frame.literals.retain(|literal| literal.held.end <= HEAD);
        self.frame.is_cut = true;
        Ok(complete && end != b"}\r\n")
    }

    /// Appends a literal to the frame; one that is too long for it is skipped, if its end is in sight.
    fn hold(&mut self, size: u64, most: usize) -> Result<(), Fault> {
        let start = self.frame.bytes.len();
        let room = most.saturating_sub(start);
        if size > room as u64 {
            if size > self.most_skipped() {
                return Err(self.limit(format!("a literal of {size} bytes where {room} at most are held")));
            }
            return self.pass(size, false, &mut |_| Ok(()));
        }
        let read = self.append(usize::try_from(size).unwrap_or(usize::MAX));
        self.note_literal(start);
        let held = start..self.frame.bytes.len();
        self.frame.literals.push(Literal { held, streamed: false, skipped: false });
        read
    }

    /// Appends the next `size` bytes to the frame.
    fn append(&mut self, size: usize) -> Result<(), Fault> {
        let mut missing = size;
        loop {
            let taken = self.unread.len().min(missing);
            self.take(taken);
            missing -= taken;
            if missing == 0 {
                return Ok(());
            }
            self.fill(true)?;
        }
    }

    /// Passes a literal on through the buffer, to be kept elsewhere or skipped: a small one in one piece, a large one
    /// 64 KB at a time.
    fn pass(&mut self, size: u64, kept: bool, to: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> Result<(), Fault> {
        let mut left = size;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(BUFFER).min(BUFFER);
            while self.unread.len() < wanted {
                if let Err(fault) = self.fill(true) {
                    self.note_skipped(size - left + self.unread.len() as u64);
                    self.unread = 0..0;
                    return Err(fault);
                }
            }
            let piece = self.buffer.get(self.unread.start..self.unread.start + wanted).unwrap_or_default();
            to(piece).map_err(Fault::Sink)?;
            self.pace.asked();
            self.unread.start += wanted;
            left -= wanted as u64;
        }
        self.note_skipped(size);
        let end = self.frame.bytes.len();
        self.frame.literals.push(Literal { held: end..end, streamed: kept, skipped: !kept });
        Ok(())
    }

    /// Reads once, behind what is unread; there is always room, because nobody waits for more than the buffer.
    /// `within` says that a response has begun, which the end of the stream would cut.
    fn fill(&mut self, within: bool) -> Result<(), Fault> {
        if self.unread.is_empty() {
            self.unread = 0..0;
        } else if self.unread.end == self.buffer.len() {
            self.buffer.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
        }
        let room = self.buffer.get_mut(self.unread.end..).unwrap_or_default();
        loop {
            match self.pace.read(&mut self.inner, room) {
                Ok(0) if within => return Err(Fault::Stream(io::ErrorKind::UnexpectedEof.into())),
                Ok(0) => return Err(Fault::Closed),
                Ok(read) => {
                    self.unread.end += read.min(room.len());
                    return Ok(());
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(Fault::Stream(e)),
            }
        }
    }

    /// Writes a literal down, from `start` to here; one of a FETCH is mail, asked for or not.
    fn note_literal(&mut self, start: usize) {
        match is_fetch(&self.frame.bytes) {
            true => self.note_skipped((self.frame.bytes.len() - start) as u64),
            false => self.note(start),
        }
    }

    /// What was read and not held is written down by its length.
    fn note_skipped(&mut self, bytes: u64) {
        if let Some(transcript) = &mut self.transcript {
            transcript.server_body(bytes);
        }
    }

    /// Writes the frame down from `start` on.
    fn note(&mut self, start: usize) {
        if let Some(transcript) = &mut self.transcript {
            transcript.server(self.frame.bytes.get(start..).unwrap_or_default());
        }
    }

    /// Of the head no more is kept than what names the response.
    fn limit(&mut self, what: String) -> Fault {
        let mut head = std::mem::take(&mut self.frame);
        head.bytes.truncate(HEAD);
        Fault::Limit { what, head }
    }
}

/// One past the first CRLF; `after_cr` says that the byte before `bytes` was a CR.
fn line_end(bytes: &[u8], after_cr: bool) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|byte| *byte == b'\n') {
        let lf = from + at;
        let before = if lf == 0 { after_cr } else { bytes.get(lf - 1) == Some(&b'\r') };
        if before {
            return Some(lf + 1);
        }
        from = lf + 1;
    }
    None
}

/// True for `* n FETCH`.
fn is_fetch(bytes: &[u8]) -> bool {
    let data = bytes.strip_prefix(b"* ").unwrap_or_default();
    data.split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty())
        .nth(1)
        .is_some_and(|word| word.eq_ignore_ascii_case(b"FETCH"))
}

/// True for what ends in human-readable text: everything but untagged data.
fn is_free_text(bytes: &[u8]) -> bool {
    let Some(data) = bytes.strip_prefix(b"* ") else { return true };
    let word = data.split(|byte| !byte.is_ascii_alphabetic()).next().unwrap_or_default();
    [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"].iter().any(|status| word.eq_ignore_ascii_case(status))
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
