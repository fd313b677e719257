//! A header field as text: encoded words (RFC 2047), and raw bytes that should be ASCII.
//!
//! Senders split a character over two words: the bytes of neighbours are joined before they are decoded.

use super::charset;
use super::header::unescape;
use super::transfer::base64_word;

/// A text, and whether its charset is known; if it is not, the text is as it came.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) known: bool,
}

/// A stretch of a field.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Raw(String),
    /// From encoded words: nothing in it is syntax.
    Decoded(String),
    /// Encoded words in a charset that is not known, as they came.
    Unknown(String),
}

/// A field's bytes as text; `hint` is the charset that the message uses elsewhere.
pub(super) fn text(bytes: &[u8], hint: Option<&[u8]>) -> Text {
    let mut all = Text { text: String::new(), known: true };
    for piece in pieces(bytes, hint) {
        all.known &= !matches!(piece, Piece::Unknown(_));
        let (Piece::Raw(text) | Piece::Decoded(text) | Piece::Unknown(text)) = piece;
        all.text.push_str(&text);
    }
    all
}

/// Bytes in a charset that is declared, or, if it is not known, `charset''bytes` as RFC 2231 has it.
pub(super) fn declared(bytes: &[u8], charset: &[u8], hint: Option<&[u8]>) -> Text {
    let coded = |byte: &u8| match byte {
        b'!'..=b'~' => char::from(*byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    match charset::declared(bytes, charset, hint) {
        Some(text) => Text { text, known: true },
        None => {
            let coded: String = bytes.iter().map(coded).collect();
            Text { text: format!("{}''{coded}", String::from_utf8_lossy(charset)), known: false }
        }
    }
}

/// Neighbouring encoded words of one charset.
struct Words<'a> {
    charset: &'a [u8],
    bytes: Vec<u8>,
    /// From the first to the last of them, as they came.
    source: &'a [u8],
}

/// The stretches of a field, in their order.
pub(super) fn pieces(field: &[u8], hint: Option<&[u8]>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut open: Option<Words> = None;
    // After the last `?=` nothing is a word; before it, no search runs to the end in vain.
    let last = field.windows(2).rposition(|pair| pair == b"?=").map_or(0, |at| at + 2);
    let mut coded = field.get(..last).unwrap_or_default();
    // What is not in `pieces` or `open` yet.
    let mut raw = field;
    while let Some((_, candidate)) = cut(coded, b"=?") {
        coded = candidate;
        let Some((charset, bytes, after)) = word(candidate) else { continue };
        let tail = field.len() - last;
        let begin = raw.len().saturating_sub(candidate.len() + 2 + tail);
        let (before, source) = raw.split_at_checked(begin).unwrap_or_default();
        let length = source.len().saturating_sub(after.len() + tail);
        match &mut open {
            // RFC 2047 section 6.2: blanks between two words are not there.
            Some(words) if before.trim_ascii().is_empty() && charset.eq_ignore_ascii_case(words.charset) => {
                words.bytes.extend(bytes);
                let start = field.len() - raw.len() - words.source.len();
                words.source = field.get(start..start + words.source.len() + begin + length).unwrap_or_default();
            }
            _ => {
                let is_between = open.is_some() && before.trim_ascii().is_empty();
                pieces.extend(open.take().map(|words| decoded(words, hint)));
                if !is_between {
                    pieces.push(Piece::Raw(charset::guessed(before, hint)));
                }
                open = Some(Words { charset, bytes, source: source.get(..length).unwrap_or_default() });
            }
        }
        coded = after;
        raw = source.get(length..).unwrap_or_default();
    }
    pieces.extend(open.map(|words| decoded(words, hint)));
    pieces.push(Piece::Raw(charset::guessed(raw, hint)));
    pieces
}

fn decoded(words: Words, hint: Option<&[u8]>) -> Piece {
    match charset::declared(&words.bytes, words.charset, hint) {
        Some(text) => Piece::Decoded(text),
        None => Piece::Unknown(charset::guessed(words.source, hint)),
    }
}

/// `encoded-word = "=?" charset "?" encoding "?" encoded-text "?="`, its `=?` already read: the charset, the
/// bytes, what follows. A language after the charset (RFC 2231 section 5) means nothing here.
fn word(candidate: &[u8]) -> Option<(&[u8], Vec<u8>, &[u8])> {
    let (charset, rest) = cut(candidate, b"?")?;
    let (encoding, rest) = cut(rest, b"?")?;
    let charset = charset.split(|byte| *byte == b'*').next().unwrap_or(charset);
    if charset.is_empty() || charset.len() > 60 {
        return None;
    }
    match encoding {
        [b'b' | b'B'] => {
            let (coded, after) = cut(rest, b"?")?;
            let after = after.strip_prefix(b"=")?;
            // Some mailers say base64 and write the bytes themselves.
            let bytes = if coded.is_ascii() { base64_word(coded) } else { coded.to_vec() };
            (coded.is_empty() || !bytes.is_empty()).then_some((charset, bytes, after))
        }
        [b'q' | b'Q'] => {
            let end = rest.windows(2).position(|pair| pair == b"?=" || pair == b"=?")?;
            let end = if rest.get(end..end + 3) == Some(b"=?=") { end + 1 } else { end };
            let (coded, after) = rest.split_at_checked(end)?;
            let after = after.strip_prefix(b"?=")?;
            let blanks: Vec<u8> = coded.iter().map(|byte| if *byte == b'_' { b' ' } else { *byte }).collect();
            Some((charset, unescape(&blanks, b'='), after))
        }
        _ => None,
    }
}

/// What is before and after the first `mark`.
fn cut<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    let (before, rest) = bytes.split_at_checked(at)?;
    Some((before, rest.get(mark.len()..)?))
}
