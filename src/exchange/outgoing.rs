//! A message that is to be uploaded, checked before a byte of it is sent.
//!
//! Exchange breaks off the literal at a line of more than 10,824 bytes and reads the rest of the message
//! as commands (node-imap#868): the message's writer would then speak for us. So a
//! message is read twice, once to check and count it, once to send it, and checked again while it is
//! sent, for the file may be another one by then.

use std::io::{self, Cursor, Read, Seek};

use crate::error::{Error, Kind, Phase, Result};

/// The most bytes of a line without its end: less than the 10,239 that imapsync cuts at, and far more than
/// the 998 that RFC 5322 allows.
pub(crate) const LONGEST_LINE: usize = 9_000;

/// The most bytes of a message: Exchange Online cannot be set to take more than 150 MB.
pub(crate) const LARGEST_MESSAGE: u64 = 150 << 20;

const BUFFER: usize = 64 * 1024;

/// A message that Exchange can take; reading it gives it as it goes to the wire, with CRLF.
///
/// A file whose lines all end in LF, as Unix keeps mail, gets CRLF on the way. One that has both, or a CR or
/// a NUL alone, is refused: it is not what its sender wrote any more, and would be read in two ways.
///
/// ```
/// use exoimap::Outgoing;
/// use std::io::{Cursor, Read};
///
/// let mut message = Outgoing::new("note", Cursor::new("Subject: x\n\ny\n"))?;
/// let mut sent = String::new();
/// message.read_to_string(&mut sent).expect("memory can be read");
/// assert_eq!((sent.as_str(), message.size()), ("Subject: x\r\n\r\ny\r\n", 17));
///
/// let error = Outgoing::new("note", Cursor::new("Subject: x\r\n\r\ny\rz\r\n")).err().expect("refused");
/// assert!(error.to_string().contains("note: line 3: "));
/// # exoimap::Result::Ok(())
/// ```
pub struct Outgoing<R> {
    name: String,
    source: R,
    is_checked: bool,
    bytes: u64,
    ends: Option<LineEnd>,
    lines: Lines,
    /// What of the source is checked and not read by the one who sends.
    ready: Cursor<Vec<u8>>,
    given: u64,
}

impl<R: Read + Seek> Outgoing<R> {
    /// Reads `source` from its beginning to its end and checks it; errors call it `name`.
    pub fn new(name: &str, source: R) -> Result<Outgoing<R>> {
        let mut first = Outgoing {
            name: name.to_owned(),
            source,
            is_checked: false,
            bytes: 0,
            ends: None,
            lines: Lines::default(),
            ready: Cursor::default(),
            given: 0,
        };
        let mut read_all = || {
            first.source.rewind()?;
            io::copy(&mut first, &mut io::sink())?;
            first.source.rewind()
        };
        read_all().map_err(|e| e.downcast().unwrap_or_else(|e| Error::disk(format!("reading {name}"), e)))?;
        let (bytes, ends) = (first.lines.bytes(), first.lines.ends);
        Ok(Outgoing { is_checked: true, bytes, ends, lines: Lines::default(), given: 0, ..first })
    }
}

impl<R> Outgoing<R> {
    /// Its length on the wire.
    pub fn size(&self) -> u64 {
        self.bytes
    }

    /// True once all of it was read: the server may have the message, whatever became of its answer.
    pub(crate) fn is_given(&self) -> bool {
        self.given >= self.bytes
    }
}

impl<R: Read> Outgoing<R> {
    /// The next piece of the source, checked, with CRLF.
    fn fill(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER];
        let read = self.source.read(&mut buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        let checked = match bytes {
            [] => self.lines.finish(),
            bytes => self.lines.take(bytes),
        };
        let is_changed = self.is_checked && self.lines.ends.is_some() && self.lines.ends != self.ends;
        let checked = checked.and_then(|()| match is_changed {
            true => Err("it was changed while it was read".to_owned()),
            false => Ok(()),
        });
        checked.map_err(|why| io::Error::other(refused(&self.name, &why)))?;
        let mut ready = Vec::with_capacity(bytes.len());
        match self.ends {
            Some(LineEnd::Lf) => bytes.iter().for_each(|byte| match byte {
                b'\n' => ready.extend_from_slice(b"\r\n"),
                byte => ready.push(*byte),
            }),
            _ => ready.extend_from_slice(bytes),
        }
        self.ready = Cursor::new(ready);
        Ok(())
    }
}

impl<R: Read> Read for Outgoing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ready.position() == self.ready.get_ref().len() as u64 {
            self.fill()?;
        }
        let taken = self.ready.read(buffer)?;
        self.given += taken as u64;
        Ok(taken)
    }
}

fn refused(name: &str, why: &str) -> Error {
    Error::new(Kind::Usage, Phase::Command, format!("{name}: {why}")).in_command("APPEND")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineEnd {
    Lf,
    Crlf,
}

/// Walks through a message, a piece at a time.
#[derive(Debug, Default)]
struct Lines {
    /// Lines that are complete.
    complete: u64,
    /// Bytes of the line that is not.
    length: usize,
    after_cr: bool,
    ends: Option<LineEnd>,
    bytes: u64,
    /// The first bytes, to know an mbox by.
    start: Vec<u8>,
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) -> std::result::Result<(), String> {
        if self.start.len() < MBOX.len() {
            let missing = MBOX.len() - self.start.len();
            self.start.extend_from_slice(bytes.get(..missing.min(bytes.len())).unwrap_or_default());
        }
        for &byte in bytes {
            self.byte(byte).map_err(|why| format!("line {}: {why}", self.complete + 1))?;
        }
        self.bytes += bytes.len() as u64;
        match self.bytes() > LARGEST_MESSAGE {
            true => Err(format!(
                "line {}: here the message passes {LARGEST_MESSAGE} bytes (150 MB), the most that Exchange Online takes",
                self.complete + 1
            )),
            false => Ok(()),
        }
    }

    fn byte(&mut self, byte: u8) -> std::result::Result<(), String> {
        if byte == b'\n' {
            let end = if std::mem::take(&mut self.after_cr) { LineEnd::Crlf } else { LineEnd::Lf };
            if *self.ends.get_or_insert(end) != end {
                let (this, others) = if end == LineEnd::Lf { ("LF alone", "CRLF") } else { ("CRLF", "LF alone") };
                return Err(format!("it ends in {this}, the lines before it in {others}"));
            }
            self.complete += 1;
            self.length = 0;
            return Ok(());
        }
        if self.after_cr {
            return Err("it has a CR without an LF".to_owned());
        }
        match byte {
            b'\r' => self.after_cr = true,
            0 => return Err("it has a NUL, which no message may".to_owned()),
            _ => self.length += 1,
        }
        if self.length > LONGEST_LINE {
            return Err(format!(
                "it has more than {LONGEST_LINE} bytes; behind such a line Exchange takes the message for commands (encode the part as quoted-printable or base64)"
            ));
        }
        Ok(())
    }

    fn finish(&mut self) -> std::result::Result<(), String> {
        if self.after_cr {
            return Err(format!("line {}: it has a CR without an LF", self.complete + 1));
        }
        if self.bytes == 0 {
            return Err("it is empty".to_owned());
        }
        if self.start == MBOX {
            return Err("line 1: it begins with \"From \", so this is an mbox and no message".to_owned());
        }
        Ok(())
    }

    /// On the wire.
    fn bytes(&self) -> u64 {
        self.bytes + if self.ends == Some(LineEnd::Lf) { self.complete } else { 0 }
    }
}

const MBOX: &[u8] = b"From ";

#[cfg(test)]
#[path = "outgoing_tests.rs"]
mod tests;
