//! mboxrd: a separator line, the message with `>` before every line that is `From ` behind any number of
//! `>`, an empty line. LF line ends.

use std::io::{self, Read, Write};

use super::format::mbox_separator;

/// What one read takes of a message.
const BUFFER: usize = 64 * 1024;

/// Writes one message as an mbox entry.
pub(super) fn write_entry(message: &mut dyn Read, seconds: u64, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(mbox_separator(seconds).as_bytes())?;
    let mut quote = Quote { out, line: Line::Start(0), last: b'\n' };
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = match message.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        quote.write(buffer.get(..read).unwrap_or_default())?;
    }
    quote.finish()
}

/// Where in a line the writer is.
enum Line {
    /// The bytes of `>…>From ` that have matched, and are held back.
    Start(usize),
    /// Nothing more to decide before the line's end.
    Rest,
}

/// Quotes lines as they pass, whatever their pieces.
struct Quote<'a> {
    out: &'a mut dyn Write,
    line: Line,
    last: u8,
}

const FROM: &[u8] = b"From ";

impl Quote<'_> {
    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if let Some(last) = bytes.last() {
            self.last = *last;
        }
        while let Some((&byte, rest)) = bytes.split_first() {
            match self.line {
                Line::Start(matched) => {
                    bytes = rest;
                    self.start(byte, matched)?;
                }
                Line::Rest => {
                    let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
                    let (line, rest) = bytes.split_at_checked(end).unwrap_or((bytes, b""));
                    self.out.write_all(line)?;
                    if line.ends_with(b"\n") {
                        self.line = Line::Start(0);
                    }
                    bytes = rest;
                }
            }
        }
        Ok(())
    }

    /// At the start of a line `>` passes; `From ` is held back until it is whole.
    fn start(&mut self, byte: u8, matched: usize) -> io::Result<()> {
        if matched == 0 && byte == b'>' {
            return self.out.write_all(b">");
        }
        if FROM.get(matched) == Some(&byte) {
            if matched + 1 == FROM.len() {
                self.line = Line::Rest;
                // One more `>` makes it no separator; it may stand anywhere among the others.
                self.out.write_all(b">")?;
                return self.out.write_all(FROM);
            }
            self.line = Line::Start(matched + 1);
            return Ok(());
        }
        self.out.write_all(FROM.get(..matched).unwrap_or_default())?;
        self.out.write_all(&[byte])?;
        self.line = if byte == b'\n' { Line::Start(0) } else { Line::Rest };
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        if let Line::Start(matched) = self.line {
            self.out.write_all(FROM.get(..matched).unwrap_or_default())?;
        }
        // An entry ends in an empty line, so the message must end in a line end.
        self.out.write_all(if self.last == b'\n' { b"\n" } else { b"\n\n" })
    }
}

/// CRLF → LF as bytes pass, whatever their pieces; a bare CR stays.
#[derive(Debug, Default)]
pub(super) struct UnixLineEnds {
    held_cr: bool,
    line: Vec<u8>,
}

impl UnixLineEnds {
    /// The bytes with their line ends turned, as far as they are decided.
    pub(super) fn turn(&mut self, bytes: &[u8]) -> &[u8] {
        self.line.clear();
        if self.held_cr && !bytes.is_empty() {
            if bytes.first() != Some(&b'\n') {
                self.line.push(b'\r');
            }
            self.held_cr = false;
        }
        let mut rest = bytes;
        while let Some(cr) = rest.iter().position(|byte| *byte == b'\r') {
            let Some((before, from_cr)) = rest.split_at_checked(cr) else { break };
            self.line.extend_from_slice(before);
            match from_cr.get(1) {
                Some(b'\n') => {}
                Some(_) => self.line.push(b'\r'),
                None => self.held_cr = true,
            }
            rest = from_cr.get(1..).unwrap_or_default();
        }
        self.line.extend_from_slice(rest);
        &self.line
    }

    /// A CR at the very end.
    pub(super) fn finish(&mut self) -> &'static [u8] {
        if std::mem::take(&mut self.held_cr) { b"\r" } else { b"" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(message: &[u8]) -> String {
        let whole = {
            let mut out = Vec::new();
            write_entry(&mut &message[..], 0, &mut out).unwrap();
            out
        };
        // The same byte by byte.
        let mut sliced = mbox_separator(0).into_bytes();
        let mut quote = Quote { out: &mut sliced, line: Line::Start(0), last: b'\n' };
        message.iter().for_each(|byte| quote.write(&[*byte]).unwrap());
        quote.finish().unwrap();
        assert_eq!(whole, sliced);
        String::from_utf8(whole).unwrap().split_off(mbox_separator(0).len())
    }

    #[test]
    fn lines_that_could_be_separators_are_quoted_and_no_others() {
        assert_eq!(entry(b"a\nFrom x\n>From y\n>>From z\n"), "a\n>From x\n>>From y\n>>>From z\n\n");
        assert_eq!(entry(b"From\nFro\n From x\nFromage\n>Fro"), "From\nFro\n From x\nFromage\n>Fro\n\n");
        assert_eq!(entry(b""), "\n");
        assert_eq!(entry(b"x"), "x\n\n");
        assert_eq!(entry(b"From "), ">From \n\n");
    }

    #[test]
    fn crlf_becomes_lf_in_every_slicing_and_a_bare_cr_stays() {
        let message = b"a\r\nb\rc\r\r\n\n\r\n\r";
        for slice in 1..message.len() {
            let mut turner = UnixLineEnds::default();
            let mut out: Vec<u8> = message.chunks(slice).flat_map(|piece| turner.turn(piece).to_vec()).collect();
            out.extend_from_slice(turner.finish());
            assert_eq!(out, b"a\nb\rc\r\n\n\n\r", "{slice}");
        }
    }
}
