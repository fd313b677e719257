//! Content-Transfer-Encodings (RFC 2045 section 6, and uuencode), undone as far as they can be, through one
//! buffer.

use std::io::{self, BufWriter, Write};

use super::header::{escaped, first_line, lines, without_line_end};

/// Bytes gathered before they are written.
const BUFFER: usize = 32 << 10;

/// A line of base64 of this length is not a word of a text.
const LONG_LINE: usize = 40;

/// Characters at the end of a line of uuencode that are missing because they were blanks.
const MOST_BLANKS: usize = 8;

/// Writes the body decoded; gives the size of what was written, and what was wrong.
pub(super) fn decode(body: &[u8], encoding: &str, out: &mut impl Write) -> io::Result<(u64, Option<String>)> {
    let mut counted = Counted(BufWriter::with_capacity(BUFFER, out), 0);
    let wrong = match encoding {
        "base64" if !begins_as_base64(body) => {
            counted.write_all(body)?;
            Some("it is not the base64 that it claims to be, it was written as it is".to_owned())
        }
        "base64" => base64(body, &mut counted)?,
        "quoted-printable" => quoted_printable(body, &mut counted)?,
        "uuencode" | "x-uuencode" | "uue" | "x-uue" => match UuBlocks(body).next() {
            Some(block) => block.decode_into(&mut counted)?,
            None => {
                counted.write_all(body)?;
                Some("it is not the uuencode that it claims to be, it was written as it is".to_owned())
            }
        },
        _ => {
            counted.write_all(body)?;
            let known = ["", "7bit", "8bit", "binary", "7-bit", "8-bit"].contains(&encoding);
            (!known).then(|| format!("the transfer encoding {encoding:?} is unknown, it was written as it is"))
        }
    };
    counted.flush()?;
    Ok((counted.1, wrong))
}

/// Whether the first line is nothing else, or the alphabet is kept but for an exception here and there: a text
/// that was never encoded does not.
fn begins_as_base64(body: &[u8]) -> bool {
    let first = lines(body).map(<[u8]>::trim_ascii).find(|line| !line.is_empty()).unwrap_or_default();
    if first.len() >= 8 && first.len().is_multiple_of(4) && first.iter().all(|byte| is_base64(*byte)) {
        return true;
    }
    let start = body.get(..1000).unwrap_or(body);
    let strange = start.iter().filter(|byte| !is_base64(**byte) && !byte.is_ascii_whitespace()).count();
    strange * 4 <= start.len()
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
}

/// Base64 that is being decoded. Bytes outside the alphabet are skipped (RFC 2045 section 6.8). Some senders pad
/// every piece that they encode: after the padding it goes on. Missing padding loses nothing.
#[derive(Default)]
struct Base64 {
    bits: u32,
    have: u32,
    strange: u64,
    padded: bool,
}

impl Base64 {
    fn push<W: Write>(&mut self, coded: &[u8], out: &mut W) -> io::Result<()> {
        for byte in coded {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' => {
                    self.strange += u64::from(self.have == 1);
                    self.padded = true;
                    self.finish(out)?;
                    self.have = 0;
                    continue;
                }
                _ => {
                    self.strange += u64::from(!byte.is_ascii_whitespace());
                    continue;
                }
            };
            self.bits = self.bits << 6 | u32::from(value);
            self.have += 1;
            if self.have == 4 {
                let [_, decoded @ ..] = self.bits.to_be_bytes();
                out.write_all(&decoded)?;
                self.have = 0;
            }
        }
        Ok(())
    }

    /// What less than four characters still say.
    fn finish<W: Write>(&self, out: &mut W) -> io::Result<()> {
        let [_, first, second, _] = (self.bits << (6 * (4 - self.have.min(4)))).to_be_bytes();
        match self.have {
            2 => out.write_all(&[first]),
            3 => out.write_all(&[first, second]),
            _ => Ok(()),
        }
    }

    /// True for a line of a text, which a mailing list wrote after the base64.
    fn is_text(&self, line: &[u8]) -> bool {
        let line = line.trim_ascii();
        let start = line.iter().position(|byte| !b"> ".contains(byte)).unwrap_or_default();
        let line = line.get(start..).unwrap_or_default();
        let strange = line.iter().filter(|byte| !is_base64(**byte) && !byte.is_ascii_whitespace()).count();
        let has_blanks = line.iter().any(u8::is_ascii_whitespace);
        strange * 8 > line.len() || has_blanks && (strange > 0 || self.padded)
    }
}

fn base64<W: Write>(body: &[u8], out: &mut W) -> io::Result<Option<String>> {
    let mut state = Base64::default();
    let mut rest = body;
    // What is left after the last line that is base64 without a doubt; sought when it is needed.
    let mut certain: Option<usize> = None;
    let mut text = 0;
    while !rest.is_empty() {
        let (line, after) = first_line(rest);
        if rest.len() < body.len()
            && state.is_text(line)
            && *certain.get_or_insert_with(|| after_base64(rest)) >= rest.len()
        {
            text = rest.len();
            break;
        }
        state.push(line, out)?;
        rest = after;
    }
    state.finish(out)?;
    Ok(match (state.strange, state.have) {
        _ if text > 0 => Some(format!("a text of {text} bytes follows its base64, it was left out")),
        (0, 1) => Some("its base64 ends in the middle of a byte".to_owned()),
        (0, _) => None,
        (strange, _) => Some(format!("{strange} bytes in its base64 do not belong there, they were left out")),
    })
}

/// The bytes after the last long line of nothing but base64; all of them if there is none.
fn after_base64(text: &[u8]) -> usize {
    let is_certain = |line: &[u8]| {
        let line = line.trim_ascii();
        line.len() >= LONG_LINE && line.iter().all(|byte| is_base64(*byte))
    };
    let mut after = text.len();
    let mut rest = text.len();
    for line in lines(text) {
        rest -= line.len();
        if is_certain(line) {
            after = rest;
        }
    }
    after
}

/// The base64 of an encoded word.
pub(super) fn base64_word(coded: &[u8]) -> Vec<u8> {
    let (mut bytes, mut state) = (Vec::new(), Base64::default());
    // Memory takes everything.
    let _ = state.push(coded, &mut bytes).and_then(|()| state.finish(&mut bytes));
    bytes
}

/// A `=` that escapes nothing stays as it is (RFC 2045 section 6.7, note 2). Line ends stay as they came.
fn quoted_printable<W: Write>(body: &[u8], out: &mut W) -> io::Result<Option<String>> {
    let mut strange = 0_u64;
    for line in lines(body) {
        let text = line.trim_ascii_end();
        let end: &[u8] = match line {
            [.., b'\r', b'\n'] => b"\r\n",
            [.., b'\n'] => b"\n",
            _ => b"",
        };
        let (text, end) = text.strip_suffix(b"=").map_or((text, end), |soft| (soft, b""));
        let mut rest = text;
        while let [first, after @ ..] = rest {
            let found = escaped(rest, b'=');
            strange += u64::from(*first == b'=' && found.is_none());
            let (byte, after) = found.unwrap_or((*first, after));
            out.write_all(&[byte])?;
            rest = after;
        }
        out.write_all(end)?;
    }
    Ok((strange > 0).then(|| format!("{strange} escapes in its quoted-printable are none, they were left as they are")))
}

/// `begin 644 name`, lines of data, `end`: the blocks of it in a text.
pub(super) struct UuBlocks<'a>(pub(super) &'a [u8]);

/// One of them.
pub(super) struct UuBlock<'a> {
    pub(super) name: &'a [u8],
    data: &'a [u8],
}

impl<'a> Iterator for UuBlocks<'a> {
    type Item = UuBlock<'a>;

    fn next(&mut self) -> Option<UuBlock<'a>> {
        while !self.0.is_empty() {
            let (line, after) = first_line(self.0);
            self.0 = after;
            let Some(name) = begun(line) else { continue };
            let is_data = |line: &[u8]| uu_line(line).is_some_and(|(length, _)| length > 0);
            let mut length = lines(after).take_while(|line| is_data(line)).map(<[u8]>::len).sum::<usize>();
            // The line of no bytes and the last line belong to it, and prove an empty one.
            for line in lines(after.get(length..).unwrap_or_default()).take(2) {
                if uu_line(line).is_some_and(|(length, _)| length == 0) || line.trim_ascii() == b"end" {
                    length += line.len();
                }
            }
            if let (Some((data, after)), true) = (after.split_at_checked(length), length > 0) {
                self.0 = after;
                return Some(UuBlock { name, data });
            }
        }
        None
    }
}

impl UuBlock<'_> {
    pub(super) fn decode(&self, out: &mut impl Write) -> io::Result<(u64, Option<String>)> {
        let mut counted = Counted(BufWriter::with_capacity(BUFFER, out), 0);
        let wrong = self.decode_into(&mut counted)?;
        counted.flush()?;
        Ok((counted.1, wrong))
    }

    fn decode_into<W: Write>(&self, out: &mut W) -> io::Result<Option<String>> {
        let mut short = 0_u64;
        for (length, data) in lines(self.data).filter_map(uu_line) {
            let needed = length.div_ceil(3) * 4;
            let blanks = needed.saturating_sub(data.len());
            short += u64::from(blanks > MOST_BLANKS);
            let mut left = length;
            let data = data.iter().copied().chain(std::iter::repeat_n(b' ', blanks.min(MOST_BLANKS)));
            let mut bits = (0_u32, 0);
            for byte in data.take(needed) {
                bits = (bits.0 << 6 | u32::from(byte.wrapping_sub(b' ') & 63), bits.1 + 1);
                if bits.1 == 4 {
                    let [_, decoded @ ..] = bits.0.to_be_bytes();
                    out.write_all(decoded.get(..left.min(3)).unwrap_or_default())?;
                    left = left.saturating_sub(3);
                    bits = (0, 0);
                }
            }
        }
        let has_end = lines(self.data).last().is_some_and(|line| line.trim_ascii() == b"end");
        Ok(match short {
            0 if has_end => None,
            0 => Some("the end of its uuencode is missing".to_owned()),
            lines => Some(format!("{lines} lines of its uuencode are too short")),
        })
    }
}

/// The name in `begin 644 name`.
fn begun(line: &[u8]) -> Option<&[u8]> {
    let mut words = line.strip_prefix(b"begin ")?.trim_ascii().splitn(2, |byte| *byte == b' ');
    let (mode, name) = (words.next()?, words.next()?.trim_ascii());
    (matches!(mode.len(), 3 | 4) && mode.iter().all(|digit| (b'0'..=b'7').contains(digit)) && !name.is_empty())
        .then_some(name)
}

/// The length that a line of data claims, and its characters.
fn uu_line(line: &[u8]) -> Option<(usize, &[u8])> {
    let (first, data) = without_line_end(line).split_first()?;
    let length = usize::from(first.checked_sub(b' ')? & 63);
    // Some add a character of their own at the end.
    let fits =
        *first <= b'`' && data.len() <= length.div_ceil(3) * 4 + 2 && data.iter().all(|c| (b' '..=b'`').contains(c));
    fits.then_some((length, data))
}

/// Decoded bytes on their way out.
struct Counted<W: Write>(BufWriter<W>, u64);

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.0.write(bytes)?;
        self.1 += written as u64;
        Ok(written)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.1 += bytes.len() as u64;
        self.0.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
