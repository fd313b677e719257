//! A framed response → what it says. Functions bear the names of RFC 3501's grammar rules (section 9).
//!
//! Unknown is kept apart and skipped; malformed is refused with where and what. Each tolerance is an
//! arm with the name of who needs it.

use std::collections::BTreeSet;

use super::cursor::{Cursor, Parse, parse_digits};
use super::types::{
    Code, CodeMeaning, Condition, Fetch, Flag, ListItem, MailboxStatus, Response, Section, Status, Untagged,
};
use super::uid_set::{SeqNum, Uid, UidSet, UidValidity};
use super::wire::Frame;

/// `greeting / continue-req / response-data / response-tagged`
pub(crate) fn response(frame: &Frame) -> Parse<Response> {
    let bytes = frame.bytes();
    if let Some(text) = bytes.strip_prefix(b"+") {
        // Exchange sends "+" alone as well as "+ ".
        return Ok(Response::Continuation(text.strip_prefix(b" ").unwrap_or(text).to_vec()));
    }
    if bytes.starts_with(b"* ") {
        let mut cursor = Cursor::new(frame);
        cursor.skip(2);
        if frame.is_cut() {
            return cursor.fail("a response that is shorter");
        }
        return response_data(&mut cursor).map(Response::Untagged);
    }
    // `[COPYUID 55 31 6]` alone on its line (MailKit#115): an untagged OK that lost its first words.
    if bytes.starts_with(b"[") {
        return Ok(Response::Untagged(Untagged::Status(code_alone(bytes))));
    }
    Ok(response_tagged(bytes).unwrap_or_else(|| Response::Bare(bytes.to_vec())))
}

fn code_alone(bytes: &[u8]) -> Status {
    let (code, text) = resp_text(bytes);
    Status { condition: Condition::Ok, code, text }
}

/// `tag SP resp-cond-state`; any other line is bare.
fn response_tagged(bytes: &[u8]) -> Option<Response> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let (tag, rest) = bytes.split_at_checked(space)?;
    let is_tag = !tag.is_empty() && tag.iter().all(u8::is_ascii_alphanumeric);
    let tag = String::from_utf8(tag.to_vec()).ok().filter(|_| is_tag)?;
    let status = resp_cond_state(rest.get(1..)?)?;
    matches!(status.condition, Condition::Ok | Condition::No | Condition::Bad).then_some(Response::Tagged(tag, status))
}

/// `resp-cond-state / resp-cond-bye / resp-cond-auth`, from the condition on.
fn resp_cond_state(bytes: &[u8]) -> Option<Status> {
    let length = bytes.iter().position(|byte| *byte == b' ').unwrap_or(bytes.len());
    let (word, rest) = bytes.split_at_checked(length)?;
    let condition = [Condition::Ok, Condition::No, Condition::Bad, Condition::Bye, Condition::PreAuth]
        .into_iter()
        .find(|condition| word.eq_ignore_ascii_case(condition.name().as_bytes()))?;
    let (code, text) = resp_text(rest.strip_prefix(b" ").unwrap_or(rest));
    Some(Status { condition, code, text })
}

/// `["[" resp-text-code "]" SP] text`
fn resp_text(bytes: &[u8]) -> (Option<Code>, Vec<u8>) {
    let Some((raw, text)) = bracketed(bytes) else { return (None, bytes.to_vec()) };
    let text = text.strip_prefix(b" ").unwrap_or(text);
    (Some(Code { raw: raw.to_vec(), meaning: resp_text_code(raw) }), text.to_vec())
}

/// What is between `[` and the `]` that closes it, and what is behind. A bracket in a quoted string
/// closes nothing: Exchange sends `[Error="…[x]…" AuthResult=27]`.
fn bracketed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = bytes.strip_prefix(b"[")?;
    let (mut quoted, mut escaped) = (false, false);
    let close = inner.iter().position(|byte| {
        let closes = *byte == b']' && !quoted;
        if escaped {
            escaped = false;
        } else if *byte == b'"' {
            quoted = !quoted;
        } else if *byte == b'\\' && quoted {
            escaped = true;
        }
        closes
    });
    // A quote that never closes: take the first bracket, as for any other unknown code.
    let close = close.or_else(|| inner.iter().position(|byte| *byte == b']'))?;
    Some((inner.get(..close)?, inner.get(close + 1..)?))
}

/// `resp-text-code`; one that does not keep to its grammar means nothing.
fn resp_text_code(raw: &[u8]) -> CodeMeaning {
    // A frame of its own, so that one cursor serves.
    let frame = Frame::from_line(raw);
    let mut cursor = Cursor::new(&frame);
    let name = cursor.take_while(|byte| byte != b' ').to_ascii_uppercase();
    cursor.spaces();
    let uid_validity = |cursor: &mut Cursor| {
        let number = cursor.number().ok()?;
        cursor.spaces();
        UidValidity::new(number)
    };
    let meaning = match name.as_slice() {
        b"ALERT" => Some(CodeMeaning::Alert),
        b"CAPABILITY" => Some(CodeMeaning::Capability(capability_data(&mut cursor))),
        b"PERMANENTFLAGS" => cursor.list(|c| c.atom().map(Flag::new)).ok().map(CodeMeaning::PermanentFlags),
        b"READ-ONLY" => Some(CodeMeaning::ReadOnly),
        b"READ-WRITE" => Some(CodeMeaning::ReadWrite),
        b"UIDNEXT" => cursor.number().ok().map(CodeMeaning::UidNext),
        b"UIDVALIDITY" => uid_validity(&mut cursor).map(CodeMeaning::UidValidity),
        b"APPENDUID" => uid_validity(&mut cursor)
            .zip(cursor.number().ok().and_then(Uid::new))
            .map(|(validity, uid)| CodeMeaning::AppendUid(validity, uid)),
        // `[COPYUID 55  ]`, both sets empty, is Exchange's (MailKit#555).
        b"COPYUID" => uid_validity(&mut cursor).map(|validity| {
            let from = cursor.take_while(|byte| byte != b' ').to_vec();
            cursor.spaces();
            CodeMeaning::CopyUid(validity, from, cursor.take_while(|byte| byte != b' ').to_vec())
        }),
        _ => None,
    };
    meaning.unwrap_or(CodeMeaning::Other)
}

/// `response-data`, behind the star.
fn response_data(cursor: &mut Cursor) -> Parse<Untagged> {
    if cursor.peek().is_some_and(|byte| byte.is_ascii_digit()) {
        return message_data(cursor);
    }
    if let Some(status) = resp_cond_state(cursor.rest()) {
        return Ok(Untagged::Status(status));
    }
    // `* [COPYUID 77 103 9]`: the OK alone is missing.
    if cursor.peek() == Some(b'[') {
        return Ok(Untagged::Status(code_alone(cursor.rest())));
    }
    let whole = cursor.rest();
    let word = cursor.take_while(|byte| byte.is_ascii_alphanumeric()).to_ascii_uppercase();
    cursor.spaces();
    match word.as_slice() {
        b"CAPABILITY" => Ok(Untagged::Capability(capability_data(cursor))),
        b"LIST" => mailbox_list(cursor).map(Untagged::List),
        b"STATUS" => mailbox_status(cursor).map(Untagged::MailboxStatus),
        b"SEARCH" => search(cursor).map(|uids| Untagged::Search(Some(uids))),
        b"ESEARCH" => esearch(cursor).map(Untagged::Search),
        b"VANISHED" => Ok(Untagged::Vanished(uid_set(cursor.rest()).unwrap_or_default())),
        _ => Ok(Untagged::Unknown(whole.to_vec())),
    }
}

/// `nz-number SP ("EXISTS" / "EXPUNGE" / ("FETCH" SP msg-att))`
fn message_data(cursor: &mut Cursor) -> Parse<Untagged> {
    let whole = cursor.clone();
    let number = cursor.number()?;
    cursor.space()?;
    let word = cursor.take_while(|byte| byte.is_ascii_alphanumeric()).to_ascii_uppercase();
    let seq = || SeqNum::new(number).map_or_else(|| whole.fail("a sequence number"), Ok);
    match word.as_slice() {
        b"EXISTS" => Ok(Untagged::Exists(number)),
        b"EXPUNGE" => seq().map(|_| Untagged::Expunge),
        b"FETCH" => {
            cursor.space()?;
            fetch(cursor, seq()?).map(|fetch| Untagged::Fetch(Box::new(fetch)))
        }
        _ => Ok(Untagged::Unknown(whole.rest().to_vec())),
    }
}

/// The most words of a capability list that are kept.
const MOST_CAPABILITIES: usize = 1000;

/// `capability-data`: words, whatever they are.
fn capability_data(cursor: &mut Cursor) -> Vec<String> {
    let words = cursor.rest().split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    words.take(MOST_CAPABILITIES).map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// `"(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox`
fn mailbox_list(cursor: &mut Cursor) -> Parse<ListItem> {
    let attributes = cursor.list(|c| c.atom().map(Flag::new))?;
    cursor.space()?;
    cursor.nstring()?;
    cursor.space()?;
    let name = match cursor.peek() {
        Some(b'"' | b'{') => cursor.astring()?,
        // Exchange forgets the quotes around a name with a TAB in it (MailKit#945): the rest is the name.
        _ => without_extended(cursor.take_while(|_| true)).to_vec(),
    };
    Ok(ListItem { attributes, name })
}

/// An unquoted name without the `[SP mbox-list-extended]` of RFC 5258 that Dovecot and Cyrus send after it.
fn without_extended(rest: &[u8]) -> &[u8] {
    const TAGS: [&[u8]; 6] =
        [b" (CHILDINFO ", b" (\"CHILDINFO\" ", b" (OLDNAME ", b" (\"OLDNAME\" ", b" (MYRIGHTS ", b" (\"MYRIGHTS\" "];
    let upper = rest.to_ascii_uppercase();
    let starts = TAGS.iter().filter_map(|tag| upper.windows(tag.len()).position(|at| at == *tag));
    starts.min().and_then(|at| rest.get(..at)).unwrap_or(rest)
}

/// The most places at which the counts of an unquoted name are looked for.
const MOST_PLACES: usize = 20;

/// `mailbox SP "(" [status-att-list] ")"`
fn mailbox_status(cursor: &mut Cursor) -> Parse<MailboxStatus> {
    if matches!(cursor.peek(), Some(b'"' | b'{')) {
        cursor.astring()?;
        cursor.space()?;
        return status_att_list(cursor);
    }
    // As in LIST; the list of counts is what comes last, and may have lists in it: `MAILBOXID (x)` (RFC 8474).
    let rest = cursor.rest();
    let places = rest.windows(2).enumerate().filter(|(_, pair)| *pair == b" (").map(|(at, _)| at);
    let mut refused = cursor.fail("the counts of a mailbox");
    for at in places.take(MOST_PLACES) {
        let mut counts = cursor.clone();
        counts.skip(at + 1);
        refused = status_att_list(&mut counts);
        if refused.is_ok() {
            break;
        }
    }
    refused
}

/// `"(" [status-att SP number *(SP status-att SP number)] ")"`; a value that is not a number is passed over.
fn status_att_list(cursor: &mut Cursor) -> Parse<MailboxStatus> {
    let mut status = MailboxStatus::default();
    cursor.list(|cursor| {
        let name = cursor.atom()?.to_ascii_uppercase();
        cursor.space()?;
        let number = parse_digits(cursor.value()?).and_then(|number| u32::try_from(number).ok());
        match name.as_slice() {
            b"MESSAGES" => status.messages = number,
            b"UIDNEXT" => status.uid_next = number,
            b"UIDVALIDITY" => status.uid_validity = number.and_then(UidValidity::new),
            b"UNSEEN" => status.unseen = number,
            _ => {}
        }
        Ok(())
    })?;
    cursor.end()?;
    Ok(status)
}

/// `*(SP nz-number)`, and RFC 7162's `(MODSEQ n)` behind it, which nobody asked for.
fn search(cursor: &mut Cursor) -> Parse<UidSet> {
    let mut uids = UidSet::new();
    loop {
        cursor.spaces();
        match cursor.peek() {
            None => return Ok(uids),
            Some(b'(') => {
                cursor.value()?;
            }
            Some(_) => Uid::new(cursor.number()?).into_iter().for_each(|uid| uids.insert(uid)),
        }
        if !matches!(cursor.peek(), None | Some(b' ')) {
            return cursor.fail("a space or the end of the line");
        }
    }
}

/// `[search-correlator] [SP "UID"] *(SP search-return-data)` (RFC 4466): the UIDs of ALL. One that says nothing at all
/// found none (RFC 4731 section 3.1); one that speaks of messages and not of all their UIDs does not answer us.
fn esearch(cursor: &mut Cursor) -> Parse<Option<UidSet>> {
    let (mut is_uid, mut all, mut has_matches) = (false, None, false);
    if cursor.peek() == Some(b'(') {
        cursor.list(Cursor::astring)?;
    }
    loop {
        cursor.spaces();
        if cursor.peek().is_none() {
            let found = all.map_or_else(|| (!has_matches).then(UidSet::new), uid_set);
            return Ok(found.filter(|_| is_uid));
        }
        let name = cursor.atom()?.to_ascii_uppercase();
        if name == b"UID" {
            is_uid = true;
            continue;
        }
        cursor.space()?;
        let value = cursor.value()?;
        match name.as_slice() {
            b"ALL" => all = Some(value),
            b"COUNT" => has_matches |= parse_digits(value) != Some(0),
            b"MIN" | b"MAX" | b"PARTIAL" => has_matches = true,
            _ => {}
        }
    }
}

fn uid_set(text: &[u8]) -> Option<UidSet> {
    UidSet::parse(std::str::from_utf8(text).ok()?)
}

/// Reads `* n FETCH (… BODY[…] {size}` CRLF as far as it has come; none for any other response. Returns the UID, if it
/// came before the section, and the section's name; the whole message has none.
pub(crate) fn announced_section(head: &Frame) -> Option<(Option<Uid>, Vec<u8>)> {
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
        let (item, section) = item_name(&mut cursor).ok()?;
        // The frame ends where the literal will begin.
        if cursor.peek() == Some(b'{') && cursor.rest().iter().filter(|byte| **byte == b'\n').count() == 1 {
            return Some((uid, section?));
        }
        if item == b"UID" {
            uid = Uid::new(cursor.number().ok()?);
        } else {
            cursor.value().ok()?;
        }
    }
}

/// `"FETCH" SP msg-att`, from the list on.
fn fetch(cursor: &mut Cursor, seq: SeqNum) -> Parse<Fetch> {
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

/// `msg-att-dynamic / msg-att-static`. Returns what tells the item from others.
fn item(cursor: &mut Cursor, fetch: &mut Fetch) -> Parse<Vec<u8>> {
    let (name, section) = item_name(cursor)?;
    if let Some(section) = section {
        let data = cursor.nstring()?;
        let item = [b"[", section.as_slice()].concat();
        fetch.sections.push(Section { name: section, data });
        return Ok(item);
    }
    match name.as_slice() {
        b"UID" => fetch.uid = Uid::new(cursor.number()?),
        b"FLAGS" => fetch.flags = tolerant(cursor, |c| c.list(|c| c.atom().map(Flag::new)))?,
        b"INTERNALDATE" => fetch.internal_date = tolerant(cursor, Cursor::nstring)?.flatten(),
        b"RFC822.SIZE" => fetch.size = parse_digits(cursor.value()?),
        b"BODY" | b"BODYSTRUCTURE" => fetch.body_structure = Some(cursor.value()?.to_vec()),
        _ => {
            cursor.value()?;
        }
    }
    Ok(name)
}

/// An item's name, and its section if it has one, up to the value; `RFC822` and `BODY[]` are one.
fn item_name(cursor: &mut Cursor) -> Parse<(Vec<u8>, Option<Vec<u8>>)> {
    let name = cursor.take_while(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)).to_ascii_uppercase();
    let section = match name.as_slice() {
        b"" => return cursor.fail("the name of a FETCH item"),
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
    Ok((name, section))
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

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
