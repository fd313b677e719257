//! Walks a framed response by the terminals of RFC 3501 section 9: atoms, numbers, strings, lists.
//!
//! Bytes are never indexed, lists are never recursed into, and a literal is one only where the frame
//! says that it read one.

use std::fmt;

use super::wire::Frame;
use crate::text::{escape_bytes, shorten};

/// The most items of one list: a message to ten thousand recipients has that many, and a hostile list of
/// one-letter flags would otherwise cost twenty times its bytes.
const LONGEST_LIST: usize = 10_000;

pub(crate) type Parse<T> = Result<T, ParseError>;

/// A response that breaks the grammar: what was expected, where, and the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParseError {
    pub(crate) expected: &'static str,
    pub(crate) at: usize,
    pub(crate) line: Vec<u8>,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What follows a literal's announcement or a section's name may be a message's text.
        let line = self.line.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let section = line.windows(5).position(|word| word.eq_ignore_ascii_case(b"BODY["));
        let end = section.and_then(|at| line.iter().skip(at).position(|byte| *byte == b']').map(|end| at + end + 1));
        let line = line.get(..end.unwrap_or(line.len())).unwrap_or_default();
        let shown = shorten(&escape_bytes(line.trim_ascii_end()), 200);
        write!(f, "expected {} at byte {} of the response: {shown}", self.expected, self.at)
    }
}

impl std::error::Error for ParseError {}

#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    frame: &'a Frame,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(frame: &'a Frame) -> Cursor<'a> {
        Cursor { frame, at: 0 }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.frame.bytes().get(self.at..).unwrap_or_default()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The bytes from `start`, a place that [`at`](Self::at) gave before, to here.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        self.frame.bytes().get(start..self.at).unwrap_or_default()
    }

    pub(crate) fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.frame.bytes().len());
    }

    pub(crate) fn fail<T>(&self, expected: &'static str) -> Parse<T> {
        Err(ParseError { expected, at: self.at, line: self.frame.bytes().to_vec() })
    }

    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.skip(1);
        }
        found
    }

    pub(crate) fn expect(&mut self, byte: u8, expected: &'static str) -> Parse<()> {
        if self.eat(byte) { Ok(()) } else { self.fail(expected) }
    }

    /// `SP`, and more of them where a server writes more.
    pub(crate) fn space(&mut self) -> Parse<()> {
        self.expect(b' ', "a space")?;
        self.spaces();
        Ok(())
    }

    /// Servers put spaces where the grammar has none: behind the last UID of a SEARCH, before a `)`.
    pub(crate) fn spaces(&mut self) {
        while self.eat(b' ') {}
    }

    pub(crate) fn end(&mut self) -> Parse<()> {
        self.spaces();
        if self.rest().is_empty() { Ok(()) } else { self.fail("the end of the line") }
    }

    pub(crate) fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len());
        self.skip(length);
        rest.get(..length).unwrap_or_default()
    }

    /// `atom`, widely: a flag's backslash, a `]` and 8-bit bytes pass, since servers send them.
    pub(crate) fn atom(&mut self) -> Parse<&'a [u8]> {
        let atom = self.take_while(is_atom_byte);
        if atom.is_empty() { self.fail("an atom") } else { Ok(atom) }
    }

    /// `number`: an unsigned 32-bit integer.
    pub(crate) fn number(&mut self) -> Parse<u32> {
        let start = self.clone();
        match parse_digits(self.take_while(|byte| byte.is_ascii_digit())).and_then(|n| u32::try_from(n).ok()) {
            Some(number) => Ok(number),
            None => start.fail("a number of 32 bits"),
        }
    }

    /// `NIL`, where it is a whole word.
    pub(crate) fn nil(&mut self) -> bool {
        let Some((word, behind)) = self.rest().split_at_checked(3) else { return false };
        let whole = word.eq_ignore_ascii_case(b"NIL") && !behind.first().is_some_and(|byte| is_atom_byte(*byte));
        if whole {
            self.skip(3);
        }
        whole
    }

    /// `string / nil`, and an atom where a server forgot the quotes. A literal that went elsewhere as it came in is none
    /// either.
    pub(crate) fn nstring(&mut self) -> Parse<Option<Vec<u8>>> {
        match self.peek() {
            Some(b'"') => self.quoted().map(Some),
            Some(b'{') => self.literal(),
            _ if self.nil() => Ok(None),
            _ => self.atom().map(|atom| Some(atom.to_vec())),
        }
    }

    /// `astring`: NIL is three letters here.
    pub(crate) fn astring(&mut self) -> Parse<Vec<u8>> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{') => Ok(self.literal()?.unwrap_or_default()),
            _ => self.atom().map(<[u8]>::to_vec),
        }
    }

    fn quoted(&mut self) -> Parse<Vec<u8>> {
        let start = self.clone();
        self.skip(1);
        let mut text = Vec::new();
        loop {
            text.extend_from_slice(self.take_while(|byte| byte != b'"' && byte != b'\\'));
            match self.peek() {
                Some(b'"') => {
                    self.skip(1);
                    return Ok(text);
                }
                Some(_) => {
                    self.skip(1);
                    let Some(escaped) = self.peek() else { break };
                    text.push(escaped);
                    self.skip(1);
                }
                None => break,
            }
        }
        start.fail("a quoted string with its end")
    }

    fn literal(&mut self) -> Parse<Option<Vec<u8>>> {
        let start = self.clone();
        self.skip(1);
        self.take_while(|byte| byte.is_ascii_digit());
        if !self.rest().starts_with(b"}\r\n") {
            return start.fail("a literal");
        }
        self.skip(3);
        let Some(literal) = self.frame.literal_at(self.at) else { return start.fail("a literal") };
        if literal.skipped {
            return start.fail("a literal that is shorter");
        }
        let held = self.frame.bytes().get(literal.held.clone()).unwrap_or_default();
        self.skip(held.len());
        Ok((!literal.streamed).then(|| held.to_vec()))
    }

    /// Passes over one value whatever it is, a list with all that is in it, and returns its bytes.
    pub(crate) fn value(&mut self) -> Parse<&'a [u8]> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Some(b'(') => {
                    self.skip(1);
                    depth += 1;
                }
                Some(b')') if depth > 0 => {
                    self.skip(1);
                    depth -= 1;
                }
                Some(b' ') if depth > 0 => self.skip(1),
                Some(b'"' | b'{') => {
                    self.nstring()?;
                }
                _ => {
                    self.atom()?;
                }
            }
            if depth == 0 {
                return Ok(self.since(start));
            }
        }
    }

    /// `"(" [item *(SP item)] ")"`
    pub(crate) fn list<T>(&mut self, mut item: impl FnMut(&mut Cursor<'a>) -> Parse<T>) -> Parse<Vec<T>> {
        self.expect(b'(', "a list")?;
        let mut items = Vec::new();
        loop {
            self.spaces();
            if self.eat(b')') {
                return Ok(items);
            }
            if items.len() == LONGEST_LIST {
                return self.fail("a list of at most 10,000 items");
            }
            items.push(item(self)?);
            if !matches!(self.peek(), Some(b' ' | b')' | b'(')) {
                return self.fail("a space or the end of the list");
            }
        }
    }
}

fn is_atom_byte(byte: u8) -> bool {
    !matches!(byte, b'(' | b')' | b'{' | b'"' | b' ' | 0..=0x1f | 0x7f)
}

pub(crate) fn parse_digits(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
