//! What ends a connection, as errors.

use std::io;

use super::types::{Response, Unreadable, Untagged};
use super::wire::Fault;
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
        Response::Tagged(tag, status) => format!("a tagged {} for {:?}", status.condition.name(), tag.as_str()),
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
        Fault::Over => net::lost(phase, io::ErrorKind::NotConnected.into()),
        Fault::Sink(e) => Error::disk("writing the message", e),
    }
}
