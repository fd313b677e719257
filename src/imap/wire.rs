//! Octets → framed responses. The file to audit first.
//!
//! A response is found before it is understood: lines end in CRLF, a line that ends in `{n}` is followed
//! by n octets of literal and goes on behind them (RFC 3501 section 2.2 and 4.3). Whatever the octets
//! mean, what is inside a literal is never taken for protocol, and the end of a response is where the
//! grammar puts it, never where the socket happened to pause.
//!
//! Free text announces no literal: tagged responses, continuations and untagged OK, NO, BAD, BYE and
//! PREAUTH end at their CRLF even if their text ends in `{5}`.
//!
//! Memory is bounded before it is taken: a response with its held literals by [`Limits::response`]; a
//! literal that streams into a [`Literals`] needs nothing but the buffer, and is bounded by
//! [`Limits::literal`] all the same, because a disk has an end too.
//!
//! No socket, no clock, no command: generic over [`Read`].

use std::io::{self, Read};
use std::ops::Range;

use crate::transcript::Transcript;

/// What streams a literal, and the most that one read asks for.
const BUFFER: usize = 64 * 1024;

/// The most that a server is let send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of one response, its held literals included (default 8 MiB: a SEARCH of a million UIDs).
    pub response: usize,
    /// Octets of one literal that streams (default 1 GiB; Exchange Online sends 150 MB at most).
    pub literal: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { response: 8 << 20, literal: 1 << 30 }
    }
}

/// Why no response came.
#[derive(Debug)]
pub enum Fault {
    /// The stream failed, timed out, or ended within a response (`UnexpectedEof`).
    Stream(io::Error),
    /// The stream ended between two responses.
    Closed,
    /// The server sent more than a limit allows; the text says of what.
    Limit(String),
    /// Where the literal was to go failed.
    Sink(io::Error),
}

/// Where literals go as they come in.
pub trait Literals {
    /// A literal of `size` octets follows `head`, the response as far as it has come. `true` has it
    /// streamed to [`write`](Literals::write), `false` has it held in the frame.
    fn wants(&mut self, head: &Frame, size: u64) -> io::Result<bool>;
    /// The next octets of the literal that was wanted.
    fn write(&mut self, octets: &[u8]) -> io::Result<()>;
}

/// Holds every literal.
pub struct Hold;

impl Literals for Hold {
    fn wants(&mut self, _: &Frame, _: u64) -> io::Result<bool> {
        Ok(false)
    }
    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

/// One response: its lines with their literals in place, without the last CRLF.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    octets: Vec<u8>,
    literals: Vec<Literal>,
}

/// A literal of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    /// Where its octets are in the frame: behind the CRLF of its `{n}`; empty where it was streamed.
    pub(crate) held: Range<usize>,
    /// How many octets were streamed.
    pub(crate) streamed: Option<u64>,
}

impl Frame {
    /// The response's octets; a streamed literal leaves its `{n}` CRLF behind.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Octets without a literal as a frame, to walk a part of a response by the same rules.
    pub(crate) fn from_line(octets: &[u8]) -> Frame {
        Frame { octets: octets.to_vec(), literals: Vec::new() }
    }

    /// The literal whose octets start at `at`, where one does.
    pub(crate) fn literal_at(&self, at: usize) -> Option<&Literal> {
        let found = self.literals.binary_search_by_key(&at, |literal| literal.held.start).ok()?;
        self.literals.get(found)
    }

    /// A frame of one line, for tests of the grammar.
    #[cfg(test)]
    pub(crate) fn of(octets: &[u8]) -> Frame {
        Reader::new(&[octets, b"\r\n"].concat()[..], Limits::default()).response(&mut Hold).unwrap()
    }
}

/// Reads responses from a stream.
pub struct Reader<R> {
    inner: R,
    buffer: Box<[u8]>,
    /// What is in the buffer and not used yet.
    unread: Range<usize>,
    limits: Limits,
    transcript: Option<Transcript>,
}

impl<R: Read> Reader<R> {
    /// A reader of `inner` within `limits`.
    pub fn new(inner: R, limits: Limits) -> Reader<R> {
        Reader { inner, buffer: vec![0; BUFFER].into_boxed_slice(), unread: 0..0, limits, transcript: None }
    }

    /// Writes down what is read.
    pub fn set_transcript(&mut self, transcript: Transcript) {
        self.transcript = Some(transcript);
    }

    pub(crate) fn transcript(&mut self) -> Option<&mut Transcript> {
        self.transcript.as_mut()
    }

    /// True where octets were read that no response has taken yet.
    pub fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// The stream, to write to.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// The stream, and what was read from it that no response has taken yet.
    pub(crate) fn into_parts(self) -> (R, Vec<u8>) {
        let unread = self.buffer.get(self.unread).unwrap_or_default().to_vec();
        (self.inner, unread)
    }

    /// The next response, its literals sent where `literals` wants them.
    pub fn response(&mut self, literals: &mut dyn Literals) -> Result<Frame, Fault> {
        let mut frame = Frame::default();
        loop {
            let line_start = frame.octets.len();
            self.line(&mut frame)?;
            let Some(size) = announced(&frame, line_start)? else {
                frame.octets.truncate(frame.octets.len() - 2);
                return Ok(frame);
            };
            let start = frame.octets.len();
            let streamed = literals.wants(&frame, size).map_err(Fault::Sink)?;
            if streamed {
                self.stream(size, literals)?;
            } else {
                self.hold(size, &mut frame)?;
            }
            frame.literals.push(Literal { held: start..frame.octets.len(), streamed: streamed.then_some(size) });
        }
    }

    /// Appends octets up to and with the next CRLF.
    fn line(&mut self, frame: &mut Frame) -> Result<(), Fault> {
        let start = frame.octets.len();
        loop {
            let unread = self.buffer.get(self.unread.clone()).unwrap_or_default();
            // The CR may be the last octet of the slice before this one.
            let ends_cr = frame.octets.len() > start && frame.octets.ends_with(b"\r");
            let (taken, complete) = match line_end(unread, ends_cr) {
                Some(end) => (end, true),
                None => (unread.len(), false),
            };
            if frame.octets.len() + taken > self.limits.response {
                self.note(frame.octets.get(start..).unwrap_or_default());
                return Err(Fault::Limit(format!("a response of more than {} octets", self.limits.response)));
            }
            frame.octets.extend_from_slice(unread.get(..taken).unwrap_or_default());
            self.unread.start += taken;
            if complete {
                self.note(frame.octets.get(start..).unwrap_or_default());
                return Ok(());
            }
            if let Err(fault) = self.fill() {
                self.note(frame.octets.get(start..).unwrap_or_default());
                return Err(match fault {
                    Fault::Closed if !frame.octets.is_empty() => Fault::Stream(io::ErrorKind::UnexpectedEof.into()),
                    fault => fault,
                });
            }
        }
    }

    /// Appends a literal to the frame, if the budget allows.
    fn hold(&mut self, size: u64, frame: &mut Frame) -> Result<(), Fault> {
        let start = frame.octets.len();
        let left = self.limits.response.saturating_sub(start);
        let size = usize::try_from(size)
            .ok()
            .filter(|size| *size <= left)
            .ok_or_else(|| Fault::Limit(format!("a literal of {size} octets where {left} at most are held")))?;
        while frame.octets.len() - start < size {
            let missing = size - (frame.octets.len() - start);
            let unread = self.buffer.get(self.unread.clone()).unwrap_or_default();
            let taken = unread.len().min(missing);
            frame.octets.extend_from_slice(unread.get(..taken).unwrap_or_default());
            self.unread.start += taken;
            if taken < missing
                && let Err(fault) = self.fill()
            {
                self.note(frame.octets.get(start..).unwrap_or_default());
                return Err(within_response(fault));
            }
        }
        self.note(frame.octets.get(start..).unwrap_or_default());
        Ok(())
    }

    /// Passes a literal on through the buffer: a small one in one piece, a large one 64 KB at a time.
    fn stream(&mut self, size: u64, literals: &mut dyn Literals) -> Result<(), Fault> {
        if size > self.limits.literal {
            return Err(Fault::Limit(format!("a literal of {size} octets (the limit is {})", self.limits.literal)));
        }
        let mut left = size;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(BUFFER).min(BUFFER);
            while self.unread.len() < wanted {
                if let Err(fault) = self.fill() {
                    if let Some(transcript) = &mut self.transcript {
                        transcript.server_body(size - left + self.unread.len() as u64);
                    }
                    self.unread = 0..0;
                    return Err(within_response(fault));
                }
            }
            let piece = self.buffer.get(self.unread.start..self.unread.start + wanted).unwrap_or_default();
            literals.write(piece).map_err(Fault::Sink)?;
            self.unread.start += wanted;
            left -= wanted as u64;
        }
        if let Some(transcript) = &mut self.transcript {
            transcript.server_body(size);
        }
        Ok(())
    }

    /// Reads once, behind what is unread; there is always room, because nobody waits for more than the buffer.
    fn fill(&mut self) -> Result<(), Fault> {
        if self.unread.is_empty() {
            self.unread = 0..0;
        } else if self.unread.end == self.buffer.len() {
            self.buffer.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
        }
        let room = self.buffer.get_mut(self.unread.end..).unwrap_or_default();
        loop {
            match self.inner.read(room) {
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

    fn note(&mut self, octets: &[u8]) {
        if let Some(transcript) = &mut self.transcript {
            transcript.server(octets);
        }
    }
}

fn within_response(fault: Fault) -> Fault {
    match fault {
        Fault::Closed => Fault::Stream(io::ErrorKind::UnexpectedEof.into()),
        fault => fault,
    }
}

/// One past the first CRLF; `after_cr` says that the octet before `octets` was a CR.
fn line_end(octets: &[u8], after_cr: bool) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = octets.get(from..)?.iter().position(|octet| *octet == b'\n') {
        let lf = from + at;
        let before = if lf == 0 { after_cr } else { octets.get(lf - 1) == Some(&b'\r') };
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
/// `literal = "{" number "}" CRLF *CHAR8`. What ends in braces without a number is no literal; the
/// grammar above will refuse it. A number that no 64 bits hold is refused here.
fn announced(frame: &Frame, line_start: usize) -> Result<Option<u64>, Fault> {
    if is_free_text(&frame.octets) {
        return Ok(None);
    }
    let line = frame.octets.get(line_start..).unwrap_or_default();
    let Some(line) = line.strip_suffix(b"}\r\n") else { return Ok(None) };
    let digits = line.iter().rev().take_while(|octet| octet.is_ascii_digit()).count();
    let Some((before, number)) = line.split_at_checked(line.len() - digits) else { return Ok(None) };
    if digits == 0 || !before.ends_with(b"{") {
        return Ok(None);
    }
    let number = std::str::from_utf8(number).unwrap_or_default();
    match number.parse() {
        Ok(size) => Ok(Some(size)),
        Err(_) => Err(Fault::Limit("a literal longer than any number".to_owned())),
    }
}

/// True for what ends in human-readable text: everything but untagged data.
fn is_free_text(octets: &[u8]) -> bool {
    let Some(data) = octets.strip_prefix(b"* ") else { return true };
    let word = data.split(|octet| !octet.is_ascii_alphabetic()).next().unwrap_or_default();
    [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"].iter().any(|status| word.eq_ignore_ascii_case(status))
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
