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
//! literal that streams into a [`Literals`] needs nothing but the buffer, and is bounded by
//! [`Limits::literal`] all the same, because a disk has an end too. What is longer and has an end in sight is
//! skipped and marked, so that the next response can be read.
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
    /// A fault before this one ended the reading: nobody knows whether what follows is inside a literal.
    Over,
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
        Reader::new(&[bytes, b"\r\n"].concat()[..], Limits::default(), None).response(None).unwrap()
    }
}

/// Where literals go as they come in, if anywhere; else they are held in the frame.
pub(crate) trait Literals {
    /// A literal of `size` bytes follows `head`, the response as far as it has come. `true` has it
    /// streamed to [`write`](Literals::write), `false` has it held in the frame.
    fn wants(&mut self, head: &Frame, size: u64) -> io::Result<bool>;
    /// The next bytes of the literal that was wanted.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
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
    is_over: bool,
}

impl<R: Read> Reader<R> {
    /// A reader of `inner` within `limits`, which writes down what it reads if there is a transcript.
    pub(crate) fn new(inner: R, limits: Limits, transcript: Option<Transcript>) -> Reader<R> {
        let buffer = vec![0; BUFFER].into_boxed_slice();
        Reader { inner, buffer, unread: 0..0, limits, pace: Pace::new(), transcript, is_over: false }
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

    /// The next response, within the reader's own limit.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn response(&mut self, literals: Option<&mut dyn Literals>) -> Result<Frame, Fault> {
        self.response_within(self.limits.response, literals)
    }

    /// The next response, of which at most `most` bytes are held; its literals are sent where `literals` wants them.
    /// After a fault there is none.
    pub(crate) fn response_within(&mut self, most: usize, literals: Option<&mut dyn Literals>) -> Result<Frame, Fault> {
        if self.is_over {
            return Err(Fault::Over);
        }
        self.next_response(most.min(self.limits.response), literals).inspect_err(|_| self.is_over = true)
    }

    fn next_response(&mut self, most: usize, mut literals: Option<&mut dyn Literals>) -> Result<Frame, Fault> {
        let mut frame = Frame::default();
        self.pace.response(self.has_unread());
        loop {
            let line_start = frame.bytes.len();
            self.line(most, &mut frame)?;
            if frame.is_cut {
                return Ok(frame);
            }
            let Some(size) = announced(&frame, line_start)? else {
                frame.bytes.truncate(frame.bytes.len() - 2);
                return Ok(frame);
            };
            if size > self.limits.literal {
                let what = format!("a literal of {size} bytes (the limit is {})", self.limits.literal);
                return Err(limit(what, frame));
            }
            let start = frame.bytes.len();
            let (mut streamed, mut skipped) = (false, false);
            let wanted = match &mut literals {
                Some(sink) => sink.wants(&frame, size).map_err(Fault::Sink)?.then_some(sink),
                None => None,
            };
            if let Some(sink) = wanted {
                self.stream(size, |bytes| sink.write(bytes))?;
                streamed = true;
            } else if size <= most.saturating_sub(start) as u64 {
                self.hold(size, &mut frame)?;
            } else if size <= self.most_skipped() {
                self.stream(size, |_| Ok(()))?;
                skipped = true;
            } else {
                let left = most.saturating_sub(start);
                return Err(limit(format!("a literal of {size} bytes where {left} at most are held"), frame));
            }
            frame.literals.push(Literal { held: start..frame.bytes.len(), streamed, skipped });
        }
    }

    fn most_skipped(&self) -> u64 {
        self.limits.literal.min(MOST_SKIPPED.saturating_mul(self.limits.response as u64))
    }

    fn unread(&self) -> &[u8] {
        self.buffer.get(self.unread.clone()).unwrap_or_default()
    }

    /// Moves unread bytes to the frame.
    fn take(&mut self, bytes: usize, frame: &mut Frame) {
        frame.bytes.extend_from_slice(self.unread().get(..bytes).unwrap_or_default());
        self.unread.start += bytes;
    }

    /// Appends bytes up to and with the next CRLF.
    fn line(&mut self, most: usize, frame: &mut Frame) -> Result<(), Fault> {
        let start = frame.bytes.len();
        loop {
            let unread = self.unread();
            // The CR may be the last byte of the slice before this one.
            let ends_cr = frame.bytes.len() > start && frame.bytes.ends_with(b"\r");
            let (taken, complete) = match line_end(unread, ends_cr) {
                Some(end) => (end, true),
                None => (unread.len(), false),
            };
            if frame.bytes.len() + taken > most {
                let room = most.saturating_sub(frame.bytes.len());
                self.take(room, frame);
                self.note(frame.bytes.get(start..).unwrap_or_default());
                // What is text for people goes on for no reason.
                return match is_free_text(&frame.bytes) {
                    true => Err(too_long(most, frame)),
                    false => self.skip_line(most, frame),
                };
            }
            self.take(taken, frame);
            if complete {
                self.note(frame.bytes.get(start..).unwrap_or_default());
                return Ok(());
            }
            if let Err(fault) = self.fill(!frame.bytes.is_empty()) {
                self.note(frame.bytes.get(start..).unwrap_or_default());
                return Err(fault);
            }
        }
    }

    /// Reads on to the end of a line that is too long, without keeping it. One that may announce a literal does not
    /// end the response.
    fn skip_line(&mut self, most: usize, frame: &mut Frame) -> Result<(), Fault> {
        let mut end = frame.bytes.get(frame.bytes.len().saturating_sub(3)..).unwrap_or_default().to_vec();
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
        if !complete || end == b"}\r\n" {
            return Err(too_long(most, frame));
        }
        frame.bytes.truncate(HEAD);
        frame.literals.retain(|literal| literal.held.end <= HEAD);
        frame.is_cut = true;
        Ok(())
    }

    /// Appends a literal to the frame.
    fn hold(&mut self, size: u64, frame: &mut Frame) -> Result<(), Fault> {
        let start = frame.bytes.len();
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        while frame.bytes.len() - start < size {
            let missing = size - (frame.bytes.len() - start);
            let taken = self.unread.len().min(missing);
            self.take(taken, frame);
            if taken < missing
                && let Err(fault) = self.fill(true)
            {
                self.note_literal(frame, start);
                return Err(fault);
            }
        }
        self.note_literal(frame, start);
        Ok(())
    }

    /// Passes a literal on through the buffer: a small one in one piece, a large one 64 KB at a time.
    fn stream(&mut self, size: u64, mut pass: impl FnMut(&[u8]) -> io::Result<()>) -> Result<(), Fault> {
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
            pass(piece).map_err(Fault::Sink)?;
            self.pace.asked();
            self.unread.start += wanted;
            left -= wanted as u64;
        }
        self.note_skipped(size);
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

    /// A literal of a FETCH is mail, asked for or not.
    fn note_literal(&mut self, frame: &Frame, start: usize) {
        let literal = frame.bytes.get(start..).unwrap_or_default();
        if is_fetch(&frame.bytes) { self.note_skipped(literal.len() as u64) } else { self.note(literal) }
    }

    /// What was read and not held is written down by its length.
    fn note_skipped(&mut self, bytes: u64) {
        if let Some(transcript) = &mut self.transcript {
            transcript.server_body(bytes);
        }
    }

    fn note(&mut self, bytes: &[u8]) {
        if let Some(transcript) = &mut self.transcript {
            transcript.server(bytes);
        }
    }
}

fn too_long(most: usize, frame: &mut Frame) -> Fault {
    limit(format!("a response of more than {most} bytes"), std::mem::take(frame))
}

/// Of the head no more is kept than what names the response.
fn limit(what: String, mut head: Frame) -> Fault {
    head.bytes.truncate(HEAD);
    Fault::Limit { what, head }
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

/// The size of the literal that the frame's last line, which starts at `line_start`, announces. A held
/// literal may end in `{5}` itself; only what is behind it counts.
///
/// `literal = "{" number "}" CRLF *CHAR8`. What ends in braces without a number is not a literal; the
/// grammar above will refuse it. A number that no 64 bits hold is refused here.
fn announced(frame: &Frame, line_start: usize) -> Result<Option<u64>, Fault> {
    if is_free_text(&frame.bytes) {
        return Ok(None);
    }
    let line = frame.bytes.get(line_start..).unwrap_or_default();
    let Some(line) = line.strip_suffix(b"}\r\n") else { return Ok(None) };
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let Some((before, number)) = line.split_at_checked(line.len() - digits) else { return Ok(None) };
    if digits == 0 || !before.ends_with(b"{") {
        return Ok(None);
    }
    let number = std::str::from_utf8(number).unwrap_or_default();
    match number.parse() {
        Ok(size) => Ok(Some(size)),
        Err(_) => Err(limit("a literal longer than any number".to_owned(), frame.clone())),
    }
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
