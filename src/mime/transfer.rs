//! Content-Transfer-Encodings (RFC 2045 section 6, and uuencode), undone as far as they can be, through one
//! buffer.

use std::io::{self, BufWriter, Write};
use std::iter::repeat_n;

use super::header::{first_line, lines, unescaped, without_line_end};

const BUFFER: usize = 32 << 10;
/// A line of base64 of this length is not a word of a text.
const LONG_LINE: usize = 40;
/// Characters at the end of a line of uuencode that are missing because they were blanks.
const MOST_BLANKS: usize = 8;
type Put<'a> = &'a mut dyn FnMut(&[u8]) -> io::Result<()>;

const UUENCODE: [&str; 4] = ["uuencode", "x-uuencode", "uue", "x-uue"];

/// Writes the body decoded; gives the size of what was written, and what was wrong.
pub(super) fn decode(body: &[u8], encoding: &str, out: &mut impl Write) -> io::Result<(u64, Option<String>)> {
    let (mut out, mut size) = (BufWriter::with_capacity(BUFFER, out), 0);
    let mut put = |bytes: &[u8]| {
        size += bytes.len() as u64;
        out.write_all(bytes)
    };
    let first = lines(body).find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let as_it_is = |wrong: String| Some(format!("{wrong}, it was written as it is"));
    let wrong = match encoding {
        "base64" if !is_text(first, false) => base64(body, &mut put)?,
        "quoted-printable" => quoted_printable(body, &mut put)?,
        uu if UUENCODE.contains(&uu) && uu_blocks(body).next().is_some() => uuencode(body, &mut put)?,
        _ => {
            put(body)?;
            match encoding {
                "" | "7bit" | "8bit" | "binary" | "7-bit" | "8-bit" => None,
                "base64" => as_it_is("it is not the base64 that it claims to be".to_owned()),
                uu if UUENCODE.contains(&uu) => as_it_is("it is not the uuencode that it claims to be".to_owned()),
                _ => as_it_is(format!("the transfer encoding {encoding:?} is unknown")),
            }
        }
    };
    out.flush()?;
    Ok((size, wrong))
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
}

/// Characters of six bits that are being decoded. In base64, bytes outside the alphabet are skipped (RFC 2045
/// section 6.8). Some senders pad every piece that they encode: after the padding it goes on. Missing padding loses
/// nothing.
#[derive(Default)]
struct Sextets {
    bits: u32,
    have: u32,
    bytes: Vec<u8>,
    strange: u64,
    padded: bool,
}

impl Sextets {
    fn push(&mut self, sextet: u8) {
        self.bits = self.bits << 6 | u32::from(sextet);
        self.have += 1;
        if self.have == 4 {
            self.finish();
        }
    }

    /// What less than four characters still say.
    fn finish(&mut self) {
        let [_, bytes @ ..] = (self.bits << (6 * (4 - self.have))).to_be_bytes();
        let whole = std::mem::take(&mut self.have).saturating_sub(1) as usize;
        self.bytes.extend(bytes.iter().take(whole));
    }

    fn base64(&mut self, coded: &[u8]) {
        for byte in coded {
            match byte {
                b'A'..=b'Z' => self.push(byte - b'A'),
                b'a'..=b'z' => self.push(byte - b'a' + 26),
                b'0'..=b'9' => self.push(byte - b'0' + 52),
                b'+' => self.push(62),
                b'/' => self.push(63),
                b'=' => {
                    self.strange += u64::from(self.have == 1);
                    self.padded = true;
                    self.finish();
                }
                _ => self.strange += u64::from(!byte.is_ascii_whitespace()),
            }
        }
    }
}

/// True for a line of a text: one that was never encoded, or one that a mailing list wrote after the base64.
fn is_text(line: &[u8], padded: bool) -> bool {
    let line = line.trim_ascii();
    let line = line.strip_prefix(b"> ").unwrap_or(line);
    let has_blanks = line.iter().any(u8::is_ascii_whitespace);
    let strange = line.iter().filter(|byte| !is_base64(**byte) && !byte.is_ascii_whitespace()).count();
    strange * 8 > line.len() || has_blanks && (strange > 0 || padded)
}

fn base64(body: &[u8], put: Put) -> io::Result<Option<String>> {
    let (mut state, mut at) = (Sextets::default(), 0);
    // Up to the last long line of nothing but base64 there is no text.
    let is_certain = |line: &[u8]| line.len() >= LONG_LINE && line.iter().all(|byte| is_base64(*byte));
    let last = lines(body).enumerate().filter(|(_, line)| is_certain(line.trim_ascii())).last();
    let certain = last.map_or(1, |(n, _)| n + 1);
    for (n, line) in lines(body).enumerate() {
        if n >= certain && is_text(line, state.padded) {
            break;
        }
        for piece in line.chunks(BUFFER) {
            state.base64(piece);
            put(&state.bytes)?;
            state.bytes.clear();
        }
        at += line.len();
    }
    let is_cut = state.have == 1;
    state.finish();
    put(&state.bytes)?;
    Ok(match state.strange {
        _ if at < body.len() => {
            Some(format!("a text of {} bytes follows its base64, it was left out", body.len() - at))
        }
        0 => is_cut.then(|| "its base64 ends in the middle of a byte".to_owned()),
        strange => Some(format!("{strange} bytes in its base64 do not belong there, they were left out")),
    })
}

pub(super) fn base64_word(coded: &[u8]) -> Vec<u8> {
    let mut state = Sextets::default();
    state.base64(coded);
    state.finish();
    state.bytes
}

/// A `=` that escapes nothing stays as it is (RFC 2045 section 6.7, note 2). Line ends stay as they came.
fn quoted_printable(body: &[u8], put: Put) -> io::Result<Option<String>> {
    let mut strange = 0_u64;
    for line in lines(body) {
        let text = line.trim_ascii_end();
        let end = line.get(without_line_end(line).len()..).unwrap_or_default();
        let (text, end) = text.strip_suffix(b"=").map_or((text, end), |soft| (soft, b""));
        for (byte, is_strange) in unescaped(text, b'=') {
            strange += u64::from(is_strange);
            put(&[byte])?;
        }
        put(end)?;
    }
    Ok((strange > 0).then(|| format!("{strange} escapes in its quoted-printable are none, they were left as they are")))
}

/// `begin 644 name`, lines of data, `end`: the blocks of it in a text, each after its name.
pub(super) fn uu_blocks(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let size = |line: &[u8]| uu_line(line).map(|(size, _)| size);
    let mut rest = text;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (here, (line, after)) = (rest, first_line(rest));
            rest = after;
            let Some(name) = begun(line) else { continue };
            let data = lines(after).take_while(|line| size(line) > Some(0)).map(<[u8]>::len).sum::<usize>();
            // The line of no bytes and the last line belong to it, and prove an empty one.
            let ends = lines(after.get(data..).unwrap_or_default()).take(2);
            let ends = ends.take_while(|line| size(line) == Some(0) || line.trim_ascii() == b"end");
            let length = data + ends.map(<[u8]>::len).sum::<usize>();
            if length > 0 {
                rest = after.get(length..).unwrap_or_default();
                return Some((name, here.get(..line.len() + length).unwrap_or_default()));
            }
        }
        None
    })
}

/// Decodes the first block of uuencode in the body.
fn uuencode(body: &[u8], put: Put) -> io::Result<Option<String>> {
    let block = uu_blocks(body).next().map(|(_, block)| block).unwrap_or_default();
    for (length, data) in lines(block).skip(1).filter_map(uu_line) {
        let mut sextets = Sextets::default();
        for byte in data.iter().copied().chain(repeat_n(b' ', MOST_BLANKS)) {
            sextets.push(byte.wrapping_sub(b' ') & 63);
        }
        put(sextets.bytes.get(..length).unwrap_or_default())?;
    }
    let has_end = lines(block).last().is_some_and(|line| line.trim_ascii() == b"end");
    Ok((!has_end).then(|| "the end of its uuencode is missing".to_owned()))
}

fn begun(line: &[u8]) -> Option<&[u8]> {
    let mut words = line.strip_prefix(b"begin ")?.trim_ascii().splitn(2, |byte| *byte == b' ');
    let (mode, name) = (words.next()?, words.next()?.trim_ascii());
    let is_mode = matches!(mode.len(), 3 | 4) && mode.iter().all(|digit| (b'0'..=b'7').contains(digit));
    (is_mode && !name.is_empty()).then_some(name)
}

/// The length that a line of data claims, and its characters.
fn uu_line(line: &[u8]) -> Option<(usize, &[u8])> {
    let (first, data) = without_line_end(line).split_first()?;
    let is_data = *first <= b'`' && data.iter().all(|c| (b' '..=b'`').contains(c));
    let length = usize::from(first.checked_sub(b' ')? & 63);
    let needed = length.div_ceil(3) * 4;
    // Some add a character of their own at the end.
    (is_data && (needed.saturating_sub(MOST_BLANKS)..=needed + 2).contains(&data.len())).then_some((length, data))
}
