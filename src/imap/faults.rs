//! What ends a connection, as errors; and of a response that the grammar refuses: what it was, whose, and whether the
//! next one can be told from it.

use std::io;

use super::types::{Response, Unreadable, Untagged};
use super::uid_set::Uid;
use super::wire::{Fault, Frame};
use crate::error::{Error, Kind, Phase, Result, ServerReply};
use crate::net;
use crate::text::{escape_bytes, shorten};

/// A line without tag or star. One is known, Exchange's; any other breaks the protocol.
pub(super) fn bare(phase: Phase, line: Vec<u8>) -> Result<Response> {
    // `Server Unavailable. 15` (node-imap#561): the service is about to hang up.
    if line.starts_with(b"Server Unavailable") {
        let text = String::from_utf8_lossy(&line).into_owned();
        return Err(ended(phase, ServerReply { status: "BYE", code: None, text }));
    }
    let response = Response::Bare(line);
    // Between messages it may be a part of one.
    match phase {
        Phase::Fetch => Err(unexpected(phase, "a response", &response).caused_by(Unreadable {
            name: String::new(),
            uid: None,
            is_too_long: false,
            why: "a line that is not a response".to_owned(),
        })),
        _ => Err(unexpected(phase, "a response", &response)),
    }
}

pub(super) fn ended(phase: Phase, reply: ServerReply) -> Error {
    Error::new(Kind::Temporary, phase, "the server ended the session").with_reply(reply)
}

pub(super) fn unexpected(phase: Phase, expected: &str, got: &Response) -> Error {
    let got = match got {
        Response::Tagged(tag, status) => format!("a tagged {} for {:?}", status.condition.name(), tag),
        Response::Continuation(_) => "a continuation request".to_owned(),
        Response::Untagged(Untagged::Status(status)) => format!("an untagged {}", status.condition.name()),
        Response::Untagged(_) => "untagged data".to_owned(),
        // It may be a part of a message.
        Response::Bare(line) if phase == Phase::Fetch => format!("a line of {} bytes", line.len()),
        Response::Bare(line) => format!("the line \"{}\"", shorten(&escape_bytes(line), 200)),
    };
    Error::new(Kind::Protocol, phase, format!("the server broke the protocol: expected {expected}, got {got}"))
}

/// What cannot be read ends the connection: where the next response begins is not known.
pub(super) fn unreadable(phase: Phase, unreadable: Unreadable) -> Error {
    Error::new(Kind::Protocol, phase, format!("the server broke the protocol: {unreadable}")).caused_by(unreadable)
}

pub(super) fn wire_error(phase: Phase, fault: Fault) -> Error {
    match fault {
        Fault::Stream(e) => net::lost(phase, e),
        Fault::Closed => net::lost(phase, io::ErrorKind::UnexpectedEof.into()),
        Fault::Limit { what, head } => {
            let unreadable = Unreadable::new(&head, what);
            Error::new(Kind::Protocol, phase, format!("the server sent {unreadable}")).caused_by(unreadable)
        }
        Fault::Sink(e) => Error::disk("writing the message", e),
    }
}

impl Unreadable {
    /// What can be said of a response that is refused because of `why`.
    pub(super) fn new(frame: &Frame, why: String) -> Unreadable {
        let bytes = frame.bytes().strip_prefix(b"* ").unwrap_or_default();
        let words = bytes.split(|byte| !byte.is_ascii_alphanumeric());
        let name = words.take(2).find(|word| word.first().is_some_and(u8::is_ascii_alphabetic));
        let name = String::from_utf8_lossy(name.unwrap_or_default()).to_ascii_uppercase();
        Unreadable { name, uid: only_uid(frame), is_too_long: frame.is_cut(), why }
    }

    /// Why a message did not come.
    pub(crate) fn reason(&self) -> String {
        format!("the server's answer cannot be read: {}", self.why)
    }

    /// The response that `error` says could not be read, after which the connection is closed: nobody knows where
    /// the next response begins.
    pub(crate) fn of(error: &Error) -> Option<&Unreadable> {
        std::error::Error::source(error).and_then(|source| source.downcast_ref())
    }
}

/// True for untagged data whose end is where the server meant it to be, as far as anybody can tell: its strings are
/// closed, what follows a literal is what may follow one, and nothing else was to follow. A literal that is longer
/// than it says goes on as lines, which are mail and must not be read as responses; a string that is not closed may be
/// mail only in a FETCH.
pub(super) fn is_framed(frame: &Frame, is_fetch: bool) -> bool {
    if !frame.bytes().starts_with(b"* ") {
        return false;
    }
    let mut pieces = frame.outside_literals();
    let first = pieces.next().unwrap_or_default();
    let mut last = first;
    for piece in pieces {
        if !may_follow_literal(piece) {
            return false;
        }
        last = piece;
    }
    let last = last.trim_ascii_end();
    let closed = !is_fetch || outside_quotes(last).is_some();
    // `{-1}`, `{}`, `{5+}`, and a section without a value.
    frame.is_cut() || closed && !last.ends_with(b"}") && (last.ends_with(b")") || !last.contains(&b'['))
}

/// `)`, another item, or the end of a line whose parenthesis is missing.
fn may_follow_literal(piece: &[u8]) -> bool {
    const ITEMS: [&[u8]; 7] = [b"UID ", b"FLAGS", b"INTERNALDATE", b"RFC822", b"BODY", b"MODSEQ", b"X-"];
    match piece.split_first() {
        None | Some((b')', _)) => true,
        Some((b' ', rest)) => {
            let rest = rest.trim_ascii_start();
            let upper = rest.get(..16.min(rest.len())).unwrap_or_default().to_ascii_uppercase();
            matches!(rest.first(), None | Some(b')' | b'(' | b'"' | b'{'))
                || ITEMS.iter().any(|item| upper.starts_with(item))
                || upper.starts_with(b"NIL")
        }
        Some(_) => false,
    }
}

/// The UID that a FETCH names, outside its literals and strings.
fn only_uid(frame: &Frame) -> Option<Uid> {
    let mut found = None;
    for piece in frame.outside_literals() {
        for text in outside_quotes(piece).unwrap_or_default() {
            let words: Vec<_> = text.split(|byte| b" ()".contains(byte)).filter(|word| !word.is_empty()).collect();
            for pair in words.windows(2) {
                let [name, number] = pair else { continue };
                if !name.eq_ignore_ascii_case(b"UID") {
                    continue;
                }
                let uid = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok()).and_then(Uid::new)?;
                if found.is_some_and(|other| other != uid) {
                    return None;
                }
                found = Some(uid);
            }
        }
    }
    found
}

/// A line's parts that are in no quoted string; none where one is not closed.
fn outside_quotes(line: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in line.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => {
                if !quoted {
                    parts.push(line.get(start..at).unwrap_or_default());
                }
                quoted = !quoted;
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(line.get(start..).unwrap_or_default());
    (!quoted).then_some(parts)
}
