//! The fields of a MIME header, and the parameters of Content-Type and Content-Disposition (RFC 2045
//! section 5.1, RFC 2231), as octets.
//!
//! Ours and not mail-parser's, because a name's octets must be seen before they are taken for UTF-8: its
//! parser (0.11.9) replaces raw Shift_JIS and EUC-JP, takes the second octet of a kanji for an escape, decodes
//! the sections of a continued name each alone, and forgets the charset after the first. The fixtures
//! `fixtures/mime/3*.eml` and `4*.eml` hold each of these.

use super::words::{self, Text, unescape};

/// Longer fields are cut: a name of 5,000 characters in base64 fits.
const LONGEST_FIELD: usize = 64 << 10;

/// The first field of that name, folded as it came. Lines that are no field are passed over.
pub(super) fn field<'a>(header: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut rest = header;
    while !rest.is_empty() {
        let (line, behind) = folded_line(rest);
        rest = behind;
        let colon = line.iter().take(80).position(|octet| *octet == b':');
        if let Some((found, value)) = colon.and_then(|at| line.split_at_checked(at))
            && found.trim_ascii_end().eq_ignore_ascii_case(name.as_bytes())
        {
            return value.get(1..value.len().min(LONGEST_FIELD));
        }
    }
    None
}

/// A line with those that continue it, and the rest.
fn folded_line(header: &[u8]) -> (&[u8], &[u8]) {
    let end = header
        .iter()
        .zip(header.iter().skip(1).chain(b"x"))
        .position(|(octet, next)| *octet == b'\n' && !matches!(next, b' ' | b'\t'))
        .map_or(header.len(), |at| at + 1);
    header.split_at_checked(end).unwrap_or((header, b""))
}

/// The first word of a field, in lower case: a transfer encoding, a media type, a disposition.
pub(super) fn token(value: &[u8]) -> String {
    let word = value.trim_ascii().split(|octet| octet.is_ascii_whitespace() || b";(".contains(octet)).next();
    let word = word.unwrap_or_default().get(..100).or(word).unwrap_or_default();
    String::from_utf8_lossy(word).trim_matches('"').to_ascii_lowercase()
}

/// What a field says behind its first `;`.
pub(super) struct Parameters(Vec<(Vec<u8>, Vec<u8>)>);

/// A parameter's value.
pub(super) struct Value {
    pub(super) octets: Vec<u8>,
    /// What RFC 2231 says of it, where the sender used that.
    charset: Option<Vec<u8>>,
}

impl Parameters {
    pub(super) fn of(field: &[u8]) -> Parameters {
        let unfolded: Vec<u8> = field.iter().filter(|octet| !matches!(octet, b'\r' | b'\n')).copied().collect();
        // What is before the first semicolon is a name too where senders forget the type.
        Parameters(named_values(&unfolded))
    }

    /// A parameter whose value is no text for people: a boundary, a charset.
    pub(super) fn plain(&self, name: &str) -> Option<Vec<u8>> {
        self.get(name).map(|value| value.octets).filter(|octets| !octets.is_empty())
    }

    /// A parameter that people read, encoded as the standard says (RFC 2231) or as it forbids (RFC 2047).
    pub(super) fn text(&self, name: &str, hint: Option<&[u8]>) -> Option<Text> {
        let value = self.get(name).filter(|value| !value.octets.is_empty())?;
        Some(match value.charset {
            Some(charset) => words::decode(&value.octets, &charset, hint),
            None => words::text(&value.octets, hint),
        })
    }

    /// `name*` and its sections before `name`, which is there for old programs (RFC 6266 section 4.3).
    fn get(&self, wanted: &str) -> Option<Value> {
        let mut plain = None;
        let mut sections = Vec::new();
        for (name, value) in &self.0 {
            match name.strip_prefix(wanted.as_bytes()) {
                Some(b"") => plain = plain.or(Some(value)),
                Some([b'*', section @ ..]) => {
                    let (number, coded) = section.strip_suffix(b"*").map_or((section, false), |number| (number, true));
                    match std::str::from_utf8(number).ok().and_then(|number| number.parse::<u32>().ok()) {
                        Some(number) => sections.push((number, coded, value)),
                        None if section.is_empty() => sections.push((0, true, value)),
                        None => {}
                    }
                }
                _ => {}
            }
        }
        sections.sort_by_key(|(number, ..)| *number);
        sections.dedup_by_key(|(number, ..)| *number);
        match sections.first() {
            Some((_, true, first)) => Some(joined(&sections, charset(first))),
            Some(_) => Some(joined(&sections, None)),
            None => plain.map(|value| Value { octets: value.clone(), charset: None }),
        }
    }
}

/// `charset'language'value`: the charset and how long it is with the language and both apostrophes.
fn charset(first: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut parts = first.splitn(3, |octet| *octet == b'\'');
    let (charset, language, _) = (parts.next()?, parts.next()?, parts.next()?);
    Some((charset.to_vec(), charset.len() + language.len() + 2))
}

/// The sections in one: a character may begin in one and end in the next.
fn joined(sections: &[(u32, bool, &Vec<u8>)], charset: Option<(Vec<u8>, usize)>) -> Value {
    let (charset, mut skipped) = charset.map_or((None, 0), |(charset, length)| (Some(charset), length));
    let mut octets = Vec::new();
    for (_, coded, value) in sections {
        let value = value.get(skipped..).unwrap_or_default();
        octets.extend(if *coded { unescape(value, b'%') } else { value.to_vec() });
        skipped = 0;
    }
    Value { octets, charset: charset.filter(|charset| !charset.is_empty()) }
}

/// A parameter that is being read.
#[derive(Default)]
struct Reading {
    name: Vec<u8>,
    value: Option<Vec<u8>>,
    /// Blanks outside of quotes, which count only between other octets.
    blanks: Vec<u8>,
    quoted: bool,
    /// Between `ESC $` and `ESC (` every octet is half a character, a quote and a semicolon too.
    jis: bool,
    /// The octet before was the first of two in Shift_JIS: this one is no backslash.
    shift_jis: bool,
}

impl Reading {
    fn push(&mut self, octet: u8) {
        match &mut self.value {
            None if octet == b'=' => self.value = Some(Vec::new()),
            None => self.name.push(octet.to_ascii_lowercase()),
            Some(_) if !self.quoted && octet.is_ascii_whitespace() => self.blanks.push(octet),
            Some(value) => {
                if !value.is_empty() {
                    value.append(&mut self.blanks);
                }
                self.blanks.clear();
                value.push(octet);
            }
        }
    }

    fn done(&mut self) -> Option<(Vec<u8>, Vec<u8>)> {
        let Reading { name, value, .. } = std::mem::take(self);
        Some((name.trim_ascii().to_vec(), value?))
    }
}

/// A field cut at its semicolons, without its quotes and their escapes.
fn named_values(field: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let is_utf8 = std::str::from_utf8(field).is_ok();
    let mut reading = Reading::default();
    let mut all = Vec::new();
    let mut rest = field;
    while let [octet, behind @ ..] = rest {
        rest = behind;
        let next = behind.first();
        let half = std::mem::take(&mut reading.shift_jis);
        match octet {
            0x1b => {
                reading.jis = next == Some(&b'$') || reading.jis && next != Some(&b'(');
                reading.push(*octet);
            }
            _ if reading.jis || half => reading.push(*octet),
            0x81..=0x9f | 0xe0..=0xfc if !is_utf8 => {
                reading.shift_jis = true;
                reading.push(*octet);
            }
            // A path of Windows is written without escaping, so a backslash escapes only what needs it.
            b'\\' if reading.quoted && matches!(next, Some(b'"' | b'\\')) => {
                reading.push(*next.unwrap_or(octet));
                rest = behind.get(1..).unwrap_or_default();
            }
            b'"' if reading.quoted => reading.quoted = false,
            b'"' if reading.value.as_ref().is_some_and(Vec::is_empty) => reading.quoted = true,
            b';' if !reading.quoted => all.extend(reading.done()),
            _ => reading.push(*octet),
        }
    }
    all.extend(reading.done());
    all
}
