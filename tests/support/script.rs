//! A transcript (`fixtures/README.md`) as data: parsed, printed again, and played by a [`Player`] in memory.
//!
//! A turn holds bytes, not lines, so that printing depends on nothing but the bytes
//! and their direction: what `--trace` writes of a replay is then the fixture, byte by byte.

// Each test program that includes this module uses a part of it.
#![allow(dead_code, unused_imports, unreachable_pub)]

use std::fmt;
use std::fs;
use std::path::Path;

mod player;

pub use player::Player;

/// A whole transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    pub turns: Vec<Turn>,
}

/// What one side says until the other speaks, or a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    Client(Vec<Piece>),
    Server(Vec<Piece>),
    /// The text behind the `#`; on the wire it is nothing.
    Comment(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Bytes as they are on the wire, line ends included.
    Bytes(Vec<u8>),
    /// This many bytes of a credential, only in what the client says.
    Secret(usize),
    /// This many bytes of a message, only in what the server says.
    Elided(usize),
}

/// What a comment beginning with `!` asks of the player.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directive {
    /// `#! silence`: say nothing more until the client closes.
    Silence,
    /// `#! slice N`: from here on, send at most N bytes at a time.
    Slice(usize),
}

/// The byte that stands for those a transcript does not show.
pub const FILLER: u8 = b'x';

impl Script {
    /// Reads the grammar of `fixtures/README.md`; an error names its line.
    pub fn parse(text: &str) -> Result<Script, String> {
        let mut script = Script { turns: Vec::new() };
        for (number, line) in text.lines().enumerate() {
            script.parse_line(line).map_err(|why| format!("line {}: {why}", number + 1))?;
        }
        Ok(script)
    }

    /// What the fixture shows: its first comment.
    pub fn shows(&self) -> Option<&str> {
        self.heading(0, "shows")
    }

    /// Where it comes from: its second comment.
    pub fn from(&self) -> Option<&str> {
        self.heading(1, "from")
    }

    /// All that the server sends, elided bytes included.
    pub fn server_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for turn in &self.turns {
            if let Turn::Server(pieces) = turn {
                pieces.iter().for_each(|piece| piece.append_to(&mut bytes));
            }
        }
        bytes
    }

    /// The same as `Display`: the text that `parse` reads.
    pub fn to_text(&self) -> String {
        self.to_string()
    }

    fn heading(&self, index: usize, name: &str) -> Option<&str> {
        match self.turns.get(index) {
            Some(Turn::Comment(text)) => text.trim_start().strip_prefix(name)?.strip_prefix(": "),
            _ => None,
        }
    }

    fn parse_line(&mut self, line: &str) -> Result<(), String> {
        let turn = if let Some(comment) = line.strip_prefix('#') {
            Turn::Comment(comment.to_owned())
        } else if let Some(text) = spoken(line, "C:") {
            Turn::Client(client_line(text)?)
        } else if let Some(text) = spoken(line, "S:") {
            Turn::Server(server_line(text)?)
        } else {
            return Err("neither a comment nor `C: ` nor `S: `".into());
        };
        turn.directive()?;
        self.append(turn);
        Ok(())
    }

    /// A line of the side that spoke last continues its turn.
    fn append(&mut self, turn: Turn) {
        match (self.turns.last_mut(), turn) {
            (Some(Turn::Client(said)), Turn::Client(more)) | (Some(Turn::Server(said)), Turn::Server(more)) => {
                more.into_iter().for_each(|piece| push(said, piece));
            }
            (_, turn) => self.turns.push(turn),
        }
    }
}

impl Turn {
    /// What the comment asks for, if it is of the kind that asks.
    pub fn directive(&self) -> Result<Option<Directive>, String> {
        let Turn::Comment(text) = self else {
            return Ok(None);
        };
        let Some(order) = text.strip_prefix('!') else {
            return Ok(None);
        };
        match order.split_whitespace().collect::<Vec<_>>()[..] {
            ["silence"] => Ok(Some(Directive::Silence)),
            ["slice", n] => match n.parse() {
                Ok(n) if n > 0 => Ok(Some(Directive::Slice(n))),
                _ => Err(format!("`#! slice {n}`: not a number of bytes")),
            },
            _ => Err(format!("`#!{order}` asks for something unknown")),
        }
    }
}

impl Piece {
    fn append_to(&self, bytes: &mut Vec<u8>) {
        match self {
            Piece::Bytes(shown) => bytes.extend_from_slice(shown),
            Piece::Secret(n) | Piece::Elided(n) => bytes.resize(bytes.len() + n, FILLER),
        }
    }
}

/// The text of a line spoken by one side. An editor may have cut the blank behind the colon.
fn spoken<'a>(line: &'a str, side: &str) -> Option<&'a str> {
    let text = line.strip_prefix(side)?;
    if text.is_empty() { Some("") } else { text.strip_prefix(' ') }
}

fn client_line(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        push(&mut pieces, Piece::Bytes(unescape(before)?));
        let (mask, after) = after.split_once('>').ok_or("`<` opens a mask that is not closed")?;
        let n = mask.strip_prefix("secret ").and_then(byte_count);
        let n = n.ok_or(r"`<` in a C: line is a mask, or written \x3c")?;
        pieces.push(Piece::Secret(n));
        rest = after;
    }
    push(&mut pieces, Piece::Bytes(unescape_to_line_end(rest)?));
    Ok(pieces)
}

fn server_line(text: &str) -> Result<Vec<Piece>, String> {
    let Some(rest) = text.strip_prefix('<') else {
        return Ok(vec![Piece::Bytes(unescape_to_line_end(text)?)]);
    };
    let n = rest.strip_suffix('>').and_then(byte_count);
    let n = n.ok_or(r"`<` at the start of an S: line elides bytes, or is written \x3c")?;
    Ok(vec![Piece::Elided(n)])
}

/// `123 bytes`; none at all is not worth a line.
fn byte_count(text: &str) -> Option<usize> {
    text.strip_suffix(" bytes")?.parse().ok().filter(|&n| n > 0)
}

/// Adjacent bytes are one piece, however many lines they were written in.
fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (Some(Piece::Bytes(last)), Piece::Bytes(more)) => last.extend(more),
        (_, Piece::Bytes(none)) if none.is_empty() => {}
        (_, piece) => pieces.push(piece),
    }
}

/// The bytes of a line; CRLF, unless a backslash ends it.
fn unescape_to_line_end(text: &str) -> Result<Vec<u8>, String> {
    let backslashes = text.len() - text.trim_end_matches('\\').len();
    if backslashes % 2 == 1 {
        return unescape(&text[..text.len() - 1]);
    }
    let mut bytes = unescape(text)?;
    bytes.extend(b"\r\n");
    Ok(bytes)
}

fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = match (byte, after) {
            (b'\\', [b'\\', after @ ..]) => {
                bytes.push(b'\\');
                after
            }
            (b'\\', [b'x', high, low, after @ ..]) => {
                bytes.push(hex(*high)? << 4 | hex(*low)?);
                after
            }
            (b'\\', _) => return Err(r"a backslash is written \\".into()),
            (b' '..=b'~', _) => {
                bytes.push(byte);
                after
            }
            _ => return Err(format!(r"byte {byte:#04x} is written \x{byte:02x}")),
        };
    }
    Ok(bytes)
}

fn hex(digit: u8) -> Result<u8, String> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(r"\x is followed by two lower-case hexadecimal digits".into()),
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.turns.iter().try_for_each(|turn| match turn {
            Turn::Comment(text) => writeln!(f, "#{text}"),
            Turn::Client(pieces) => write_turn(f, "C", pieces),
            Turn::Server(pieces) => write_turn(f, "S", pieces),
        })
    }
}

fn write_turn(f: &mut fmt::Formatter<'_>, side: &str, pieces: &[Piece]) -> fmt::Result {
    let mut open = false;
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) => {
                for line in crlf_lines(bytes) {
                    open = write_line(f, side, line, open)?;
                }
            }
            Piece::Secret(n) => {
                let start = if open { "" } else { "C: " };
                write!(f, "{start}<secret {n} bytes>")?;
                open = true;
            }
            Piece::Elided(n) => {
                let break_off = if open { "\\\n" } else { "" };
                writeln!(f, "{break_off}S: <{n} bytes>")?;
                open = false;
            }
        }
    }
    if open { writeln!(f, "\\") } else { Ok(()) }
}

/// Writes one line, or goes on with one that is open; returns whether it is open now.
fn write_line(f: &mut fmt::Formatter<'_>, side: &str, line: &[u8], open: bool) -> Result<bool, fmt::Error> {
    if !open {
        write!(f, "{side}: ")?;
    }
    let text = line.strip_suffix(b"\r\n");
    write_bytes(f, text.unwrap_or(line), side == "C", !open)?;
    if text.is_some() {
        writeln!(f)?;
    }
    Ok(text.is_none())
}

fn write_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8], client: bool, at_start: bool) -> fmt::Result {
    for (i, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\\' => f.write_str(r"\\")?,
            b'<' if client || (at_start && i == 0) => f.write_str(r"\x3c")?,
            b' '..=b'~' => write!(f, "{}", char::from(byte))?,
            _ => write!(f, r"\x{byte:02x}")?,
        }
    }
    Ok(())
}

/// The lines with their CRLF; the last may have none. A bare CR or LF ends no line.
pub fn crlf_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let end = rest.windows(2).position(|pair| pair == b"\r\n").map_or(rest.len(), |at| at + 2);
        let (line, after) = rest.split_at(end);
        rest = after;
        (!line.is_empty()).then_some(line)
    })
}

/// Name, parsed form and text of each transcript in `fixtures/`, in order.
pub fn fixtures() -> Vec<(String, Script, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut fixtures = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            // A checkout on Windows may have turned the line ends.
            let text = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
            let script = Script::parse(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
            fixtures.push((name, script, text));
        }
    }
    fixtures.sort_by(|a, b| a.0.cmp(&b.0));
    fixtures
}

/// The bytes of the literal that a line announces at its end: `{n}`, or `{n+}` from a
/// client. The free text of a status response or of a continuation announces nothing.
pub fn literal_announced(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"\r\n")?;
    if is_free_text(line) {
        return None;
    }
    let before = line.strip_suffix(b"}")?;
    let open = before.iter().rposition(|&byte| byte == b'{')?;
    let digits = before[open + 1..].strip_suffix(b"+").unwrap_or(&before[open + 1..]);
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn is_free_text(line: &[u8]) -> bool {
    let mut words = line.split(|&byte| byte == b' ');
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default().to_ascii_uppercase();
    first == b"+" || matches!(&second[..], b"OK" | b"NO" | b"BAD" | b"BYE" | b"PREAUTH")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> String {
        Script::parse(text).unwrap().to_text()
    }

    #[test]
    fn every_form_of_the_grammar_is_printed_as_it_was_written() {
        let text = concat!(
            "# shows: x\n# from: made up\n",
            "S: * OK ready \\\\ <not elided> \\xe9\n",
            "C: a1 AUTHENTICATE XOAUTH2 <secret 12 bytes>\n",
            "C: \n#! slice 3\n",
            "S: * 1 FETCH (BODY[] {12}\nS: ab\\\nS: <10 bytes>\nS: \\x3c)\nS: a1 \\\n",
            "C: \\x3cno line end\\\nS: bare \\x0d and \\x0a\n",
        );
        assert_eq!(printed(text), text);
    }

    #[test]
    fn a_line_written_in_two_halves_is_one_line() {
        assert_eq!(printed("S: a\\\nS: b\n"), "S: ab\n");
        assert_eq!(printed("S:\n"), "S: \n");
        assert_eq!(printed("S: a\\x0d\\x0ab\n"), "S: a\nS: b\n");
    }

    #[test]
    fn what_is_not_the_grammar_is_refused_with_its_line() {
        for (line, why) in [
            ("X: a", "neither a comment"),
            ("S: <5 bytes> more", "elides bytes"),
            ("C: <a@example.com>", "is a mask"),
            ("C: <secret 5 bytes", "not closed"),
            ("S: \\q", "a backslash is written"),
            ("S: \\xE9", "lower-case"),
            ("S: \t", "is written \\x09"),
            ("#! dance", "something unknown"),
            ("#! slice 0", "not a number"),
        ] {
            let error = Script::parse(&format!("# shows\n{line}\n")).unwrap_err();
            assert!(error.starts_with("line 2: ") && error.contains(why), "{line}: {error}");
        }
    }

    #[test]
    fn bytes_are_what_goes_over_the_wire() {
        let script = Script::parse("S: * {3}\nS: <3 bytes>\nC: a1 NOOP\nS: \\\\)\\\n").unwrap();
        assert_eq!(script.server_bytes(), b"* {3}\r\nxxx\\)");
    }

    #[test]
    fn free_text_announces_no_literal() {
        for (line, announced) in [
            ("* 1 FETCH (BODY[] {5}\r\n", Some(5)),
            ("a1 APPEND x {5+}\r\n", Some(5)),
            ("* OK text {5}\r\n", None),
            ("a1 NO text {5}\r\n", None),
            ("+ text {5}\r\n", None),
            ("* X {-1}\r\n", None),
            ("* X {}\r\n", None),
            ("* X {5} \r\n", None),
        ] {
            assert_eq!(literal_announced(line.as_bytes()), announced, "{line}");
        }
    }
}
