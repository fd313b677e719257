//! The octets of a header as text: charsets, encoded words (RFC 2047), and raw octets that should be ASCII.
//!
//! The charsets' tables are mail-parser's. Its encoded words are decoded one by one, which spoils a character
//! that a sender split over two of them; ours are joined first.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose::STANDARD};
use mail_parser::decoders::charsets::map::charset_decoder;

use super::transfer::hex;

/// Padding or none, left-over bits or none: a name is worth having.
const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A text, and whether it is what the sender wrote.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: String,
    /// False where the charset is unknown, or its octets are not in it.
    pub(super) sure: bool,
}

/// A header's octets as text; `hint` is the charset that the message uses elsewhere.
pub(super) fn text(octets: &[u8], hint: Option<&[u8]>) -> Text {
    let mut all = Text { text: String::new(), sure: true };
    for piece in pieces(octets) {
        let next = match piece {
            Piece::Raw(raw) => Text { text: guess(raw, hint), sure: true },
            Piece::Words { charset, octets } => decode(&octets, charset, hint),
        };
        all.text.push_str(&next.text);
        all.sure &= next.sure;
    }
    all
}

/// The same field in UTF-8, its encoded words whole and in UTF-8 too, for a parser that takes each alone.
pub(super) fn normal(octets: &[u8], hint: Option<&[u8]>) -> String {
    let mut all = String::new();
    for piece in pieces(octets) {
        match piece {
            Piece::Raw(raw) => all.push_str(&guess(raw, hint)),
            Piece::Words { charset, octets } => {
                let word = STANDARD.encode(decode(&octets, charset, hint).text);
                let blank = if all.ends_with("?=") { " " } else { "" };
                all.push_str(&format!("{blank}=?utf-8?B?{word}?="));
            }
        }
    }
    all
}

/// Octets in the charset of that name.
pub(super) fn decode(octets: &[u8], charset: &[u8], hint: Option<&[u8]>) -> Text {
    match by_name(octets, charset) {
        Some(text) if !text.contains(char::REPLACEMENT_CHARACTER) => Text { text, sure: true },
        // It lied. A wrong charset altogether is likelier Japanese than anything; one bad octet is just that.
        Some(text) => Text { text: japanese(octets).unwrap_or(text), sure: false },
        None => Text { text: guess(octets, hint), sure: false },
    }
}

/// Octets that nobody said the charset of, as the mail programs of their time would show them.
fn guess(octets: &[u8], hint: Option<&[u8]>) -> String {
    let escapes = octets.contains(&0x1b);
    match std::str::from_utf8(octets) {
        Ok(text) if !escapes => return text.to_owned(),
        Ok(text) => return japanese(octets).unwrap_or_else(|| text.to_owned()),
        Err(_) => {}
    }
    hint.and_then(|charset| by_name(octets, charset))
        .filter(|text| !text.contains(char::REPLACEMENT_CHARACTER))
        .or_else(|| japanese(octets))
        .or_else(|| by_name(octets, b"windows-1252"))
        .unwrap_or_default()
}

/// Octets as one of the three Japanese charsets, where they are in it from end to end.
fn japanese(octets: &[u8]) -> Option<String> {
    let whole = |charset| by_name(octets, charset).filter(|text| !text.contains(char::REPLACEMENT_CHARACTER));
    if octets.contains(&0x1b) {
        return whole(b"iso-2022-jp");
    }
    // Lead octets of Shift_JIS for everything common; in EUC-JP they stand nowhere, in Latin text hardly ever.
    if octets.iter().any(|octet| matches!(octet, 0x81..=0x9f)) {
        return whole(b"shift_jis");
    }
    // One pair may be two umlauts.
    whole(b"euc-jp").filter(|text| text.chars().filter(|c| !c.is_ascii()).count() > 1)
}

/// `None` where no charset has the name.
fn by_name(octets: &[u8], charset: &[u8]) -> Option<String> {
    let name = String::from_utf8_lossy(charset.trim_ascii()).to_ascii_lowercase().replace('_', "-");
    // Names that mail-parser 0.11.9 does not know and that mail is sent with.
    let known = match name.as_str() {
        "utf-8" | "utf8" | "unicode-1-1-utf-8" => return Some(String::from_utf8_lossy(octets).into_owned()),
        // It decodes them as windows-1252, which may not be what somebody put there.
        "us-ascii" | "ascii" | "ansi-x3.4-1968" => {
            return octets.is_ascii().then(|| String::from_utf8_lossy(octets).into_owned());
        }
        "cp932" | "x-ms-cp932" | "ms-cp932" | "cswindows31j" | "mskanji" | "x-shift-jis" | "shift-jis-2004" => {
            "shift_jis"
        }
        "eucjp" | "ujis" | "eucjp-ms" | "euc-jp-ms" | "cp51932" | "x-eucjp" => "euc-jp",
        "cp50220" | "cp50221" | "cp50222" | "iso-2022-jp-1" | "iso-2022-jp-2" | "iso-2022-jp-3" | "iso-2022-jp-ms"
        | "jis" => "iso-2022-jp",
        "cp949" | "ms949" | "uhc" | "x-windows-949" => "euc-kr",
        "cp950" | "x-big5" => "big5",
        "unicode-1-1-utf-7" | "utf7" => "utf-7",
        other => other,
    };
    let decoder = charset_decoder(known.as_bytes())?;
    let octets = if known == "iso-2022-jp" { without_idle_escapes(octets) } else { Cow::Borrowed(octets) };
    Some(decoder(&octets))
}

/// ISO-2022-JP without escape sequences that another follows at once: joined words have them, old mailers
/// wrote them, and the WHATWG's decoder, which is mail-parser's, calls them an error.
fn without_idle_escapes(octets: &[u8]) -> Cow<'_, [u8]> {
    let mut kept = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let [first, behind @ ..] = rest {
        rest = match rest {
            [0x1b, _, _, after @ ..] if after.first() == Some(&0x1b) => after,
            _ => {
                kept.push(*first);
                behind
            }
        };
    }
    if kept.len() == octets.len() { Cow::Borrowed(octets) } else { Cow::Owned(kept) }
}

/// A stretch of a header.
enum Piece<'a> {
    Raw(&'a [u8]),
    /// Neighbouring encoded words of one charset.
    Words {
        charset: &'a [u8],
        octets: Vec<u8>,
    },
}

fn pieces(octets: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    // Behind the last `?=` nothing is a word; before it, no search runs to the end in vain.
    let last = octets.windows(2).rposition(|pair| pair == b"?=").map_or(0, |at| at + 2);
    let (mut coded, tail) = octets.split_at_checked(last).unwrap_or((b"", octets));
    let mut raw = coded;
    while let Some((_, candidate)) = cut(coded, b"=?") {
        coded = candidate;
        let Some((charset, decoded, behind)) = word(candidate) else { continue };
        let before = raw.get(..raw.len().saturating_sub(candidate.len() + 2)).unwrap_or_default();
        match pieces.last_mut() {
            // RFC 2047 section 6.2: blanks between two words are not there.
            Some(Piece::Words { charset: known, octets }) if before.trim_ascii().is_empty() => {
                if charset.eq_ignore_ascii_case(known) {
                    octets.extend_from_slice(&decoded);
                } else {
                    pieces.push(Piece::Words { charset, octets: decoded });
                }
            }
            _ => {
                pieces.push(Piece::Raw(before));
                pieces.push(Piece::Words { charset, octets: decoded });
            }
        }
        coded = behind;
        raw = behind;
    }
    pieces.push(Piece::Raw(raw));
    pieces.push(Piece::Raw(tail));
    pieces
}

/// `encoded-word = "=?" charset "?" encoding "?" encoded-text "?="`, its `=?` already read: the charset,
/// the octets, what follows. A language behind the charset (RFC 2231 section 5) means nothing here.
fn word(candidate: &[u8]) -> Option<(&[u8], Vec<u8>, &[u8])> {
    let (charset, rest) = cut(candidate, b"?")?;
    let (encoding, rest) = cut(rest, b"?")?;
    let charset = charset.split(|octet| *octet == b'*').next().unwrap_or(charset);
    if charset.is_empty() || charset.len() > 60 {
        return None;
    }
    match encoding {
        [b'b' | b'B'] => {
            let (coded, behind) = cut(rest, b"?")?;
            let behind = behind.strip_prefix(b"=")?;
            let coded: Vec<u8> = coded.iter().filter(|octet| !octet.is_ascii_whitespace()).copied().collect();
            Some((charset, TOLERANT.decode(coded).ok()?, behind))
        }
        [b'q' | b'Q'] => {
            let (coded, behind) = cut(rest, b"?=")?;
            let blanks: Vec<u8> = coded.iter().map(|octet| if *octet == b'_' { b' ' } else { *octet }).collect();
            Some((charset, unescape(&blanks, b'='), behind))
        }
        _ => None,
    }
}

/// `=3D` or `%3D` as the octet; what is no such thing stays.
pub(super) fn unescape(octets: &[u8], sign: u8) -> Vec<u8> {
    let mut plain = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let [first, behind @ ..] = rest {
        let escaped = match behind {
            [high, low, behind @ ..] if *first == sign => {
                hex(*high).zip(hex(*low)).map(|(high, low)| (high << 4 | low, behind))
            }
            _ => None,
        };
        let (octet, behind) = escaped.unwrap_or((*first, behind));
        plain.push(octet);
        rest = behind;
    }
    plain
}

/// What is before and behind the first `mark`.
fn cut<'a>(octets: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = octets.windows(mark.len()).position(|window| window == mark)?;
    let (before, rest) = octets.split_at_checked(at)?;
    Some((before, rest.get(mark.len()..)?))
}
