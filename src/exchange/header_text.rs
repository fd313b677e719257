//! The fields of a header as people read them: unfolded, RFC 2047 words decoded, undeclared 8-bit guessed.

use mail_parser::HeaderValue;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::parsers::MessageStream;

/// The octets of a header that are looked at; To of a thousand recipients has fewer.
const MOST: usize = 256 * 1024;

/// The decoder walks to the end of the field for each `=?` that is no encoded word; above so many steps
/// in all a header was made to keep us busy, and is matched undecoded.
const MOST_STEPS: usize = 1 << 26;

/// True where a field called `name` has `text`, which is in lower case already, somewhere in it.
pub(crate) fn has(header: &[u8], name: &str, text: &str) -> bool {
    let header = header.get(..MOST).unwrap_or(header);
    let starts = header.windows(2).filter(|pair| pair == b"=?").count();
    let decode = starts.saturating_mul(header.len()) <= MOST_STEPS;
    fields(header).any(|(field, value)| {
        let value = unfolded(value);
        field.eq_ignore_ascii_case(name.as_bytes()) && holds(&if decode { decoded(&value) } else { value }, text)
    })
}

/// Name and value of each field, as they are, continuation lines with the first.
fn fields(header: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = header;
    std::iter::from_fn(move || {
        let ends = |(at, octet): (usize, &u8)| {
            let next = rest.get(at + 1);
            (*octet == b'\n' && !matches!(next, Some(b' ' | b'\t'))).then_some(at + 1)
        };
        let end = rest.iter().enumerate().find_map(ends).unwrap_or(rest.len());
        let (field, behind) = rest.split_at_checked(end).filter(|(field, _)| !field.is_empty())?;
        rest = behind;
        let colon = field.iter().position(|octet| *octet == b':').unwrap_or(field.len());
        Some((field.get(..colon)?.trim_ascii(), field.get(colon + 1..).unwrap_or_default()))
    })
}

/// One line of text. Octets that no encoded word declares are, in this order, JIS where an escape
/// sequence says so (old Japanese senders), UTF-8, or Latin-1.
fn unfolded(value: &[u8]) -> String {
    let line: Vec<u8> = value.iter().copied().filter(|octet| !matches!(octet, b'\r' | b'\n')).collect();
    if line.contains(&0x1b)
        && let Some(jis) = charset_decoder(b"iso-2022-jp")
    {
        return jis(&line);
    }
    String::from_utf8(line).unwrap_or_else(|other| other.as_bytes().iter().copied().map(char::from).collect())
}

/// Encoded words decoded, those side by side joined (RFC 2047 section 6.2).
fn decoded(line: &str) -> String {
    let line = format!("{line}\n");
    match MessageStream::new(line.as_bytes()).parse_unstructured() {
        HeaderValue::Text(text) => text.into_owned(),
        _ => String::new(),
    }
}

/// Without regard to case; `\"` of a quoted display name is looked at as written and as meant.
fn holds(value: &str, text: &str) -> bool {
    let value = value.to_lowercase();
    value.contains(text) || value.replace("\\\"", "\"").replace("\\\\", "\\").contains(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(value: &[u8], text: &str) -> bool {
        has(&[b"From: a@example.com\r\nSubject: ", value, b"\r\n\r\n"].concat(), "SUBJECT", &text.to_lowercase())
    }

    #[test]
    fn words_of_every_encoding_are_found() {
        let jis = b"=?ISO-2022-JP?B?GyRCQ21KOD1xGyhCIBskQkJoGyhCMjAyNi0xMTgbJEI5ZhsoQg==?=";
        assert!(subject(jis, "注文書 第2026-118号"));
        assert!(subject(b"=?utf-8?q?Bestellung_f=C3=BCr_M=C3=A4rz?=", "FÜR MÄRZ"));
        assert!(subject(b"=?UTF-8?B?5rOo?=\r\n =?UTF-8?B?5paH?=", "注文"));
        assert!(subject("Bestellung für März".as_bytes(), "für märz"));
        assert!(subject(b"Bestellung f\xfcr M\xe4rz", "für März"));
        assert!(subject(b"\x1b$BCmJ8=q\x1b(B 4711", "注文書 4711"));
        assert!(subject(b"=?Shift_JIS?B?ko2Vto+R?=", "注文書"));
        assert!(subject("in two\r\n lines für".as_bytes(), "two lines für"));
        assert!(subject(b"Re: =?utf-8?q?=C3=A9t=C3=A9?= 2026", "Re: été 2026"));
        assert!(!subject(jis, "請求書"));
    }

    #[test]
    fn names_are_found_as_written_and_as_meant() {
        let header =
            b"from: \"Doe \\\"J\\\" \\\\ Co\" <doe@example.com>,\r\n\t=?UTF-8?Q?J=C3=BCrgen?= <j@example.com>\r\n";
        for text in ["doe \"j\" \\ co", "doe \\\"j\\\"", "\"doe", "jürgen <j@example.com>"] {
            assert!(has(header, "FROM", text), "{text}");
        }
        assert!(!has(header, "TO", "jürgen") && !has(header, "FROM", "jorgen"));
    }

    #[test]
    fn a_field_is_a_field_only_where_one_begins() {
        assert!(!subject(b"x\r\nX-Subject: \xe6\xb3\xa8", "注"));
        assert!(subject(b"x\r\nsubject : \xe6\xb3\xa8", "注"));
        assert!(has(b"Subject: \xe6\xb3\xa8", "SUBJECT", "注"));
        assert!(
            !has(b"", "SUBJECT", "注") && !has(b"Subject", "SUBJECT", "注") && !has(b"\r\n:\n \n", "SUBJECT", "注")
        );
    }

    #[test]
    fn a_hostile_header_costs_little() {
        for word in ["=?u8?q?", "=?", "=?utf-8?b?", "=?utf-8?q?x?= ", "\n ", "\u{1b}$B", ":"] {
            let header = format!("Subject: {}", word.repeat(4 << 20));
            assert!(!subject(header.as_bytes(), "注文"), "{word:?}");
        }
    }

    #[test]
    fn no_header_does_harm() {
        let pieces = [
            &b"=?"[..],
            b"?=",
            b"?q?",
            b"?B?",
            b"utf-8",
            b"iso-2022-jp",
            b"=E6",
            b"5rOo",
            b"\x1b$B",
            b"\xe6",
            b"\xff",
            b"\0",
            b"\r\n",
            b"\n ",
            b"Subject:",
            b"\"",
            b"\\",
            b" ",
            b"=",
            b"?",
            b"*",
        ];
        let mut seed: u64 = 11;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize
        };
        for _ in 0..20_000 {
            let header = (0..random() % 24).map(|_| pieces[random() % pieces.len()]).collect::<Vec<_>>().concat();
            assert!(!has(&[b"Subject: ", &header[..]].concat(), "SUBJECT", "not there"));
        }
    }
}
