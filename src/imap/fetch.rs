//! `* n FETCH`: what a server says of a message (RFC 3501 section 7.4.2).
//!
//! The items come in any order. Only their borders must keep to the grammar: an item whose value is
//! odd (Exchange's BODYSTRUCTURE has many oddities, RFC822.SIZE may be -1) is left out or kept raw and
//! costs nothing but itself.

use std::collections::BTreeSet;

use super::cursor::{Cursor, Parse, Str, parse_digits};
use super::frame::Frame;
use super::types::{Flag, SeqNum, Uid};

/// What one FETCH response says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// The message's place, which may be another one by now.
    pub seq: SeqNum,
    /// UID
    pub uid: Option<Uid>,
    /// FLAGS
    pub flags: Option<Vec<Flag>>,
    /// INTERNALDATE, as sent.
    pub internal_date: Option<Vec<u8>>,
    /// RFC822.SIZE in octets; Exchange estimates it, so it is no length to rely on.
    pub size: Option<u64>,
    /// ENVELOPE, where it keeps to the grammar.
    pub envelope: Option<Envelope>,
    /// BODYSTRUCTURE or BODY, as sent.
    pub body_structure: Option<Vec<u8>>,
    /// `BODY[…]`, `RFC822`, `RFC822.HEADER`, `RFC822.TEXT`.
    pub sections: Vec<Section>,
}

impl Fetch {
    /// The octets of a `BODY[HEADER…]`, a quoted string or a literal; none where it is NIL.
    pub fn header(&self) -> Option<&[u8]> {
        self.sections.iter().find_map(|section| match &section.data {
            SectionData::Held(octets) if section.name.starts_with(b"HEADER") => Some(octets.as_slice()),
            _ => None,
        })
    }
}

/// A part of a message's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What is between the brackets, upper case: empty for the whole message, `<0>` for a part of
    /// it by its origin octet, `HEADER`, `TEXT`, `1.2`.
    pub name: Vec<u8>,
    /// Its octets.
    pub data: SectionData,
}

/// Where the octets of a section are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SectionData {
    /// NIL: there is no such part, or Exchange could not make it.
    Nil,
    /// Here.
    Held(Vec<u8>),
    /// They went to the caller's sink, so many of them.
    Streamed(u64),
}

/// ENVELOPE: the header fields as the server parsed them, each as sent (RFC 2047 words undecoded).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Date
    pub date: Option<Vec<u8>>,
    /// Subject
    pub subject: Option<Vec<u8>>,
    /// From
    pub from: Vec<Address>,
    /// Sender
    pub sender: Vec<Address>,
    /// Reply-To
    pub reply_to: Vec<Address>,
    /// To
    pub to: Vec<Address>,
    /// Cc
    pub cc: Vec<Address>,
    /// Bcc
    pub bcc: Vec<Address>,
    /// In-Reply-To
    pub in_reply_to: Option<Vec<u8>>,
    /// Message-ID
    pub message_id: Option<Vec<u8>>,
}

/// An address of an envelope; Exchange writes `.MISSING-HOST-NAME.` where there is no host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The display name, undecoded.
    pub name: Option<Vec<u8>>,
    /// What stands before the `@`.
    pub mailbox: Option<Vec<u8>>,
    /// What stands behind it.
    pub host: Option<Vec<u8>>,
}

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
    cursor.skip(head.octets().strip_prefix(b"* ").map(|_| 2)?);
    cursor.number().ok()?;
    cursor.space().ok()?;
    cursor.take_while(|octet| octet.is_ascii_alphabetic()).eq_ignore_ascii_case(b"FETCH").then_some(())?;
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
        if cursor.peek() == Some(b'{') && cursor.rest().iter().filter(|octet| **octet == b'\n').count() == 1 {
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
        envelope: None,
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
        let data = section_data(cursor)?;
        let item = [b"[", section.as_slice()].concat();
        fetch.sections.push(Section { name: section, data });
        return Ok(item);
    }
    match name.as_slice() {
        b"UID" => fetch.uid = Uid::new(cursor.number()?),
        b"FLAGS" => fetch.flags = tolerant(cursor, |c| c.list(|c| c.atom().map(Flag::new)))?,
        b"INTERNALDATE" => fetch.internal_date = tolerant(cursor, Cursor::held_nstring)?.flatten(),
        b"RFC822.SIZE" => fetch.size = parse_digits(cursor.value()?),
        b"ENVELOPE" => fetch.envelope = tolerant(cursor, envelope)?,
        b"BODY" | b"BODYSTRUCTURE" => fetch.body_structure = Some(cursor.value()?.to_vec()),
        _ => {
            cursor.value()?;
        }
    }
    Ok(name)
}

fn item_name(cursor: &mut Cursor) -> Vec<u8> {
    cursor.take_while(|octet| octet.is_ascii_alphanumeric() || b".-_".contains(&octet)).to_ascii_uppercase()
}

/// Reads a value by its grammar; one that does not keep to it is passed over.
fn tolerant<'a, T>(cursor: &mut Cursor<'a>, read: impl FnOnce(&mut Cursor<'a>) -> Parse<T>) -> Parse<Option<T>> {
    let mut attempt = cursor.clone();
    cursor.value()?;
    Ok(read(&mut attempt).ok().filter(|_| attempt.at() == cursor.at()))
}

/// `section ["<" number ">"]`: up to the bracket that closes it. Of the whole message, whose name is empty,
/// the origin octet is kept for one, so that a part that nobody asked for is never taken for the whole.
fn section_name(cursor: &mut Cursor) -> Parse<Vec<u8>> {
    cursor.skip(1);
    let mut name = cursor.take_while(|octet| octet != b']').to_ascii_uppercase();
    cursor.expect(b']', "the end of the section")?;
    if cursor.eat(b'<') {
        let origin = cursor.take_while(|octet| octet.is_ascii_digit());
        if name.is_empty() {
            name = [b"<", origin, b">"].concat();
        }
        cursor.expect(b'>', "the end of the origin octet")?;
    }
    Ok(name)
}

fn section_data(cursor: &mut Cursor) -> Parse<SectionData> {
    Ok(match cursor.nstring()? {
        Str::Nil => SectionData::Nil,
        Str::Octets(octets) => SectionData::Held(octets),
        Str::Streamed(size) => SectionData::Streamed(size),
    })
}

/// `"(" env-date SP env-subject SP … env-message-id ")"`
fn envelope(cursor: &mut Cursor) -> Parse<Envelope> {
    cursor.expect(b'(', "an envelope")?;
    let text = |cursor: &mut Cursor| {
        cursor.spaces();
        cursor.held_nstring()
    };
    let (date, subject) = (text(cursor)?, text(cursor)?);
    let mut lists = Vec::new();
    for _ in 0..6 {
        cursor.spaces();
        lists.push(if cursor.nil() { Vec::new() } else { cursor.list(address)? });
    }
    let (in_reply_to, message_id) = (text(cursor)?, text(cursor)?);
    cursor.spaces();
    cursor.expect(b')', "the end of the envelope")?;
    let mut lists = lists.into_iter();
    let mut next = || lists.next().unwrap_or_default();
    Ok(Envelope {
        date,
        subject,
        from: next(),
        sender: next(),
        reply_to: next(),
        to: next(),
        cc: next(),
        bcc: next(),
        in_reply_to,
        message_id,
    })
}

/// `"(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"`
fn address(cursor: &mut Cursor) -> Parse<Address> {
    let mut parts = cursor.list(Cursor::held_nstring)?.into_iter();
    let (name, _route) = (parts.next().flatten(), parts.next());
    Ok(Address { name, mailbox: parts.next().flatten(), host: parts.next().flatten() })
}
