//! The parameters of Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2231), as bytes.
//!
//! A name's bytes are looked at before they are taken for UTF-8: in Shift_JIS and ISO-2022-JP the second byte
//! of a kanji may be a quote, a backslash or a semicolon. The fixtures `fixtures/mime/3*.eml` and `4*.eml`
//! hold what senders do.

use std::collections::BTreeMap;

use super::header::{after_comment, is_nearly_utf8, parameter, unescape, unfolded};
#[cfg(feature = "attachments")]
use super::words::{self, Text};

/// Longer fields are cut: a name of 5,000 characters in base64 fits.
const LONGEST_FIELD: usize = 64 << 10;

/// Parameters that come without the semicolon before them.
const KNOWN: [&str; 6] = ["name", "filename", "size", "charset", "boundary", "type"];

/// What a field says after its first `;`.
pub(super) struct Parameters(Vec<(Vec<u8>, Vec<u8>)>);

impl Parameters {
    pub(super) fn of(field: &[u8]) -> Parameters {
        // What is before the first semicolon is a name too: senders forget the type.
        Parameters(named_values(&unfolded(field, LONGEST_FIELD)))
    }

    /// A parameter whose value is not for people to read: a boundary, a charset.
    pub(super) fn plain(&self, name: &str) -> Option<Vec<u8>> {
        self.get(name).map(|(bytes, _)| bytes)
    }

    /// A parameter that people read, encoded as the standard says (RFC 2231) or as it forbids (RFC 2047).
    #[cfg(feature = "attachments")]
    pub(super) fn text(&self, name: &str, hint: Option<&[u8]>) -> Option<Text> {
        let (bytes, charset) = self.get(name)?;
        Some(if charset.is_empty() { words::text(&bytes, hint) } else { words::declared(&bytes, &charset, hint) })
    }

    /// The value and its charset, if RFC 2231 was used; `name*` and its sections before `name`, which is there for
    /// old programs (RFC 6266 section 4.3).
    fn get(&self, wanted: &str) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut sections = BTreeMap::<u32, _>::new();
        for (name, value) in &self.0 {
            let Some([b'*', section @ ..]) = name.strip_prefix(wanted.as_bytes()) else { continue };
            let digits = section.strip_suffix(b"*").unwrap_or(section);
            let number =
                if section.is_empty() { Some(0) } else { str::from_utf8(digits).ok().and_then(|n| n.parse().ok()) };
            if let Some(number) = number {
                let is_coded = section.is_empty() || digits.len() < section.len();
                sections.entry(number).or_insert((is_coded, value.as_slice()));
            }
        }
        let plain =
            || self.0.iter().find(|(name, _)| name == wanted.as_bytes()).map(|(_, value)| (false, value.as_slice()));
        let (is_coded, first) = sections.pop_first().map(|(_, first)| first).or_else(plain)?;
        // `charset'language'value`
        let parts: Vec<_> = first.splitn(3, |byte| *byte == b'\'').collect();
        let (charset, start) = match parts[..] {
            [charset, _, start] if is_coded => (charset, start),
            _ => (&b""[..], first),
        };
        // A character may begin in one section and end in the next.
        let all = std::iter::once((is_coded, start)).chain(sections.into_values());
        let bytes = all.flat_map(|(is_coded, value)| if is_coded { unescape(value, b'%') } else { value.to_vec() });
        Some((bytes.collect(), charset.to_vec())).filter(|(bytes, _): &(Vec<u8>, _)| !bytes.is_empty())
    }
}

/// A parameter that is being read.
#[derive(Default)]
struct Reading {
    name: Vec<u8>,
    value: Option<Vec<u8>>,
    /// Blanks outside of quotes, which count only between other bytes.
    blanks: Vec<u8>,
    quoted: bool,
    /// The value was quoted, and its last quote came.
    closed: bool,
    /// Between `ESC $` and `ESC (` every byte is half a character, a quote and a semicolon too.
    jis: bool,
    /// The byte before was the first of two in Shift_JIS: this one is no backslash.
    shift_jis: bool,
}

impl Reading {
    fn push(&mut self, byte: u8) {
        match &mut self.value {
            None if byte == b'=' => self.value = Some(Vec::new()),
            None => self.name.push(byte.to_ascii_lowercase()),
            Some(_) if !self.quoted && byte.is_ascii_whitespace() => self.blanks.push(byte),
            Some(value) => {
                if !value.is_empty() {
                    value.append(&mut self.blanks);
                }
                self.blanks.clear();
                value.push(byte);
            }
        }
    }

    /// True if `rest` begins the next parameter, though no semicolon came.
    fn ends_before(&self, rest: &[u8]) -> bool {
        if self.quoted || self.value.is_none() || self.blanks.is_empty() {
            return false;
        }
        parameter(rest)
            .and_then(|(name, _)| name.split(|byte| *byte == b'*').next())
            .is_some_and(|name| self.closed || KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes())))
    }

    fn done(&mut self) -> Option<(Vec<u8>, Vec<u8>)> {
        let Reading { name, value, closed, .. } = std::mem::take(self);
        // Without the semicolon after the type, the type stands before the name.
        let name = name.trim_ascii().rsplit(u8::is_ascii_whitespace).next().unwrap_or_default().to_vec();
        let mut value = value?;
        // `a.pdf (scan)` has a comment, `my file (2).pdf` and `report (2)` have none.
        let start = value.windows(2).position(|pair| pair == b" (").and_then(|at| value.get(..at));
        if let Some(start) = start.map(<[u8]>::trim_ascii_end)
            && !(closed || !value.ends_with(b")") || start.contains(&b' '))
            && (start.contains(&b'.') || ![&b"name"[..], b"filename"].iter().any(|known| name.starts_with(known)))
        {
            value.truncate(start.len());
        }
        Some((name, value))
    }
}

/// A field cut at its semicolons, without comments, quotes and their escapes.
fn named_values(field: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let is_utf8 = is_nearly_utf8(field);
    let mut reading = Reading::default();
    let mut all = Vec::new();
    let mut rest = field;
    while let [byte, after @ ..] = rest {
        if reading.ends_before(rest) {
            all.extend(reading.done());
        }
        rest = after;
        let next = after.first();
        let half = std::mem::take(&mut reading.shift_jis);
        match byte {
            0x1b => {
                reading.jis = next == Some(&b'$') || reading.jis && next != Some(&b'(');
                reading.push(*byte);
            }
            _ if reading.jis || half => reading.push(*byte),
            0x81..=0x9f | 0xe0..=0xfc if !is_utf8 => {
                reading.shift_jis = true;
                reading.push(*byte);
            }
            // A path of Windows is written without escaping, so a backslash escapes only what needs it.
            b'\\' if reading.quoted && matches!(next, Some(b'"' | b'\\')) => {
                reading.push(*next.unwrap_or(byte));
                rest = after.get(1..).unwrap_or_default();
            }
            b'"' if reading.quoted => (reading.quoted, reading.closed) = (false, true),
            b'"' if !reading.closed && reading.value.as_ref().is_some_and(Vec::is_empty) => reading.quoted = true,
            b'(' if reading.closed => rest = after_comment(after),
            b';' if !reading.quoted => all.extend(reading.done()),
            _ => reading.push(*byte),
        }
    }
    all.extend(reading.done());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(field: &str) -> Vec<(String, String)> {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        named_values(field.as_bytes()).into_iter().map(|(name, value)| (text(name), text(value))).collect()
    }

    #[test]
    fn comments_and_missing_semicolons_cost_neither_a_name_nor_a_boundary() {
        for (field, expected) in [
            ("x; boundary=\"b1\" (y)", &[("boundary", "b1")][..]),
            ("x (y); boundary=b1 (y); name=a", &[("boundary", "b1"), ("name", "a")]),
            ("x (y) boundary=\"b1\"", &[("boundary", "b1")]),
            ("x; name=\"a.pdf\" (scan (2); x=\"y\"); size=1", &[("name", "a.pdf"), ("size", "1")]),
            ("x; name=\"a.pdf\" (open; size=1", &[("name", "a.pdf")]),
            ("x; name=\"a.pdf\" size=10 x-y=z", &[("name", "a.pdf"), ("size", "10 x-y=z")]),
            ("x; name=\"a.pdf\" x-y=\"z\" size=1", &[("name", "a.pdf"), ("x-y", "z"), ("size", "1")]),
            ("x; filename=a b.pdf size=10", &[("filename", "a b.pdf"), ("size", "10")]),
            ("x; filename=a.pdf (scan)", &[("filename", "a.pdf")]),
            ("x; filename=my file (2).pdf", &[("filename", "my file (2).pdf")]),
            ("x; filename=report (2)", &[("filename", "report (2)")]),
            ("x; filename=\"a\"b\".pdf; y", &[("filename", "ab\".pdf")]),
            ("x; name=\"a=b c=d\"", &[("name", "a=b c=d")]),
            ("x; name=a=b", &[("name", "a=b")]),
        ] {
            let expected: Vec<_> = expected.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            assert_eq!(of(field), expected, "{field}");
        }
    }
}
