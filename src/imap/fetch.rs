//! `* n FETCH`: what a server says of a message (RFC 3501 section 7.4.2).
//!
//! The items come in any order. Only their borders must keep to the grammar: an item whose value is
//! odd (Exchange's BODYSTRUCTURE has many oddities, RFC822.SIZE may be -1) is left out or kept raw and
//! costs nothing but itself.

use std::collections::BTreeSet;

use super::cursor::{Cursor, Parse, Str, parse_digits};
use super::frame::Frame;
pub(crate) use super::types::{Fetch, Section};
use super::types::{Flag, SeqNum, Uid};

/// A section whose literal a FETCH response has just announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AnnouncedSection {
    /// The UID, where it came before the section.
    pub(crate) uid: Option<Uid>,
    /// The section's name; the whole message has none.
    pub(crate) name: Vec<u8>,
}

/// Reads `* n FETCH (… BODY[…] {size}` CRLF as far as it has come; none for any other response.
pub(crate) fn announced_section(head: &Frame) -> Option<AnnouncedSection> {
    let mut cursor = Cursor::new(head);
    cursor.skip(head.bytes().strip_prefix(b"* ").map(|_| 2)?);
    cursor.number().ok()?;
    cursor.space().ok()?;
    cursor.take_while(|byte| byte.is_ascii_alphabetic()).eq_ignore_ascii_case(b"FETCH").then_some(())?;
    cursor.space().ok()?;
    cursor.expect(b'(', "a list").ok()?;
    let mut uid = None;
    loop {
        cursor.spaces();
        let item = item_name(&mut cursor);
        let section = (cursor.peek() == Some(b'[')).then(|| section_name(&mut cursor)).transpose().ok()?;
        if cursor.peek() != Some(b'(') {
            cursor.space().ok()?;
        }
        // The frame ends where the literal will begin.
        if cursor.peek() == Some(b'{') && cursor.rest().iter().filter(|byte| **byte == b'\n').count() == 1 {
            return Some(AnnouncedSection { uid, name: section? });
        }
        if item == b"UID" {
            uid = Uid::new(cursor.number().ok()?);
        } else {
            cursor.value().ok()?;
        }
    }
}

/// `"FETCH" SP msg-att`, from the list on.
pub(crate) fn fetch(cursor: &mut Cursor, seq: SeqNum) -> Parse<Fetch> {
    let mut fetch = Fetch {
        seq,
        uid: None,
        flags: None,
        internal_date: None,
        size: None,
        body_structure: None,
        sections: Vec::new(),
    };
    let mut names = BTreeSet::new();
    cursor.list(|cursor| {
        let start = cursor.clone();
        // Of two bodies nobody knows which is the message.
        if names.insert(item(cursor, &mut fetch)?) { Ok(()) } else { start.fail("each item once") }
    })?;
    cursor.end()?;
    Ok(fetch)
}

/// `msg-att-dynamic / msg-att-static`. Returns what tells the item from others; `RFC822` and `BODY[]` are one.
fn item(cursor: &mut Cursor, fetch: &mut Fetch) -> Parse<Vec<u8>> {
    let name = item_name(cursor);
    if name.is_empty() {
        return cursor.fail("the name of a FETCH item");
    }
    let section = match name.as_slice() {
        _ if cursor.peek() == Some(b'[') => Some(section_name(cursor)?),
        b"RFC822" => Some(Vec::new()),
        b"RFC822.HEADER" => Some(b"HEADER".to_vec()),
        b"RFC822.TEXT" => Some(b"TEXT".to_vec()),
        _ => None,
    };
    // `BODYSTRUCTURE(` of old Cyrus and of Domino.
    if cursor.peek() != Some(b'(') {
        cursor.space()?;
    }
    if let Some(section) = section {
        let data = match cursor.nstring()? {
            Str::Bytes(bytes) => Some(bytes),
            Str::Nil | Str::Streamed(_) => None,
        };
        let item = [b"[", section.as_slice()].concat();
        fetch.sections.push(Section { name: section, data });
        return Ok(item);
    }
    match name.as_slice() {
        b"UID" => fetch.uid = Uid::new(cursor.number()?),
        b"FLAGS" => fetch.flags = tolerant(cursor, |c| c.list(|c| c.atom().map(Flag::new)))?,
        b"INTERNALDATE" => fetch.internal_date = tolerant(cursor, Cursor::held_nstring)?.flatten(),
        b"RFC822.SIZE" => fetch.size = parse_digits(cursor.value()?),
        b"BODY" | b"BODYSTRUCTURE" => fetch.body_structure = Some(cursor.value()?.to_vec()),
        _ => {
            cursor.value()?;
        }
    }
    Ok(name)
}

fn item_name(cursor: &mut Cursor) -> Vec<u8> {
    cursor.take_while(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)).to_ascii_uppercase()
}

/// Reads a value by its grammar; one that does not keep to it is passed over.
fn tolerant<'a, T>(cursor: &mut Cursor<'a>, read: impl FnOnce(&mut Cursor<'a>) -> Parse<T>) -> Parse<Option<T>> {
    let mut attempt = cursor.clone();
    cursor.value()?;
    Ok(read(&mut attempt).ok().filter(|_| attempt.at() == cursor.at()))
}

/// `section ["<" number ">"]`: up to the bracket that closes it. Of the whole message, whose name is empty,
/// the origin byte is kept for one, so that a part that nobody asked for is never taken for the whole.
fn section_name(cursor: &mut Cursor) -> Parse<Vec<u8>> {
    cursor.skip(1);
    let mut name = cursor.take_while(|byte| byte != b']').to_ascii_uppercase();
    cursor.expect(b']', "the end of the section")?;
    if cursor.eat(b'<') {
        let origin = cursor.take_while(|byte| byte.is_ascii_digit());
        if name.is_empty() {
            name = [b"<", origin, b">"].concat();
        }
        cursor.expect(b'>', "the end of the origin byte")?;
    }
    Ok(name)
}
