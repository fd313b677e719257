//! Content-Transfer-Encodings (RFC 2045 section 6), undone as far as they can be.
//!
//! Ours and not mail-parser's: its decoders give up at the first octet that does not belong, and hold the
//! whole result; these go on behind it, and hold a buffer.

use std::io::{self, Write};

use super::parameters::token;

/// Octets gathered before they are written.
const BUFFER: usize = 32 << 10;

/// Writes the body decoded; gives the size of what was written, and what was wrong.
pub(super) fn decode(body: &[u8], encoding: &[u8], out: &mut impl Write) -> io::Result<(u64, Option<String>)> {
    let encoding = token(encoding);
    let mut gathered = Gathered { out, octets: Vec::new(), size: 0 };
    let wrong = match encoding.as_str() {
        "base64" if !begins_as_base64(body) => {
            gathered.write_all(body)?;
            Some("it is not the base64 that it claims to be, it was written as it is".to_owned())
        }
        "base64" => base64(body, &mut gathered)?,
        "quoted-printable" => quoted_printable(body, &mut gathered)?,
        _ => {
            gathered.write_all(body)?;
            let known = ["", "7bit", "8bit", "binary", "7-bit", "8-bit"].contains(&encoding.as_str());
            (!known).then(|| format!("the transfer encoding {encoding:?} is unknown, it was written as it is"))
        }
    };
    gathered.flush()?;
    Ok((gathered.size, wrong))
}

/// Whether the alphabet is kept but for an exception here and there: a text that was never encoded does not.
fn begins_as_base64(body: &[u8]) -> bool {
    let start = body.get(..1000).unwrap_or(body);
    let strange = start.iter().filter(|octet| !octet.is_ascii_alphanumeric() && !b"+/= \t\r\n".contains(octet)).count();
    strange * 4 <= start.len()
}

/// Octets outside the alphabet are skipped (RFC 2045 section 6.8). Some senders pad every piece that they
/// encode: behind the padding it goes on. Missing padding loses nothing.
fn base64<W: Write>(body: &[u8], out: &mut Gathered<'_, W>) -> io::Result<Option<String>> {
    let (mut bits, mut have, mut strange) = (0_u32, 0, 0_u64);
    for octet in body {
        let value = match octet {
            b'A'..=b'Z' => octet - b'A',
            b'a'..=b'z' => octet - b'a' + 26,
            b'0'..=b'9' => octet - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                strange += u64::from(have == 1);
                out.rest_of_four(bits, have)?;
                have = 0;
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => {
                strange += 1;
                continue;
            }
        };
        bits = bits << 6 | u32::from(value);
        have += 1;
        if have == 4 {
            let [_, decoded @ ..] = bits.to_be_bytes();
            out.push(&decoded)?;
            have = 0;
        }
    }
    out.rest_of_four(bits, have)?;
    Ok(match (strange, have) {
        (0, 1) => Some("its base64 ends in the middle of an octet".to_owned()),
        (0, _) => None,
        _ => Some(format!("{strange} octets in its base64 do not belong there, they were left out")),
    })
}

/// A `=` that escapes nothing stays as it is (RFC 2045 section 6.7, note 2). Line ends stay as they came.
fn quoted_printable<W: Write>(body: &[u8], out: &mut Gathered<'_, W>) -> io::Result<Option<String>> {
    let mut strange = 0_u64;
    for line in body.split_inclusive(|octet| *octet == b'\n') {
        let text = line.trim_ascii_end();
        let end: &[u8] = match line {
            [.., b'\r', b'\n'] => b"\r\n",
            [.., b'\n'] => b"\n",
            _ => b"",
        };
        let (text, end) = text.strip_suffix(b"=").map_or((text, end), |soft| (soft, b""));
        let mut rest = text;
        while let [first, behind @ ..] = rest {
            rest = behind;
            match behind {
                [high, low, behind @ ..] if *first == b'=' => match (hex(*high), hex(*low)) {
                    (Some(high), Some(low)) => {
                        out.push(&[high << 4 | low])?;
                        rest = behind;
                    }
                    _ => {
                        strange += 1;
                        out.push(b"=")?;
                    }
                },
                _ => {
                    strange += u64::from(*first == b'=');
                    out.push(&[*first])?;
                }
            }
        }
        out.push(end)?;
    }
    Ok((strange > 0).then(|| format!("{strange} escapes in its quoted-printable are none, they were left as they are")))
}

/// The value of a hexadecimal digit.
pub(super) fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Decoded octets on their way out.
struct Gathered<'a, W> {
    out: &'a mut W,
    octets: Vec<u8>,
    size: u64,
}

impl<W: Write> Gathered<'_, W> {
    fn push(&mut self, octets: &[u8]) -> io::Result<()> {
        self.octets.extend_from_slice(octets);
        if self.octets.len() >= BUFFER { self.flush() } else { Ok(()) }
    }

    /// What less than four characters of base64 still say.
    fn rest_of_four(&mut self, bits: u32, have: u32) -> io::Result<()> {
        let [_, first, second, _] = (bits << (6 * (4 - have.min(4)))).to_be_bytes();
        match have {
            2 => self.push(&[first]),
            3 => self.push(&[first, second]),
            _ => Ok(()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let octets = std::mem::take(&mut self.octets);
        self.write_all(&octets)?;
        self.octets = octets;
        self.octets.clear();
        Ok(())
    }

    fn write_all(&mut self, octets: &[u8]) -> io::Result<()> {
        self.size += octets.len() as u64;
        self.out.write_all(octets)
    }
}
