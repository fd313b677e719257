//! A server that answers politely until it attacks: one command, or the greeting, gets bytes that a test made up.

use std::io::ErrorKind;

use crate::program::{Ended, World};
pub(crate) use crate::support::exchange::Attack;
use crate::support::exchange::{Ambush, Exchange};
use crate::support::mailboxes::{Mailbox, MailboxState, Mailboxes};
use crate::support::sample::ORDERS;

/// What any run may take at its peak, in KB (VmHWM, polled).
const MOST_MEMORY: u64 = 64 * 1024;

/// Bytes in which `{tag}` stands for the client's tag. Where they hold none, nothing else could
/// follow, and the connection ends.
pub(crate) fn bytes(text: impl Into<Vec<u8>>) -> Attack {
    let text = text.into();
    Box::new(move |tag, out| {
        let pieces: Vec<&[u8]> = split(&text, b"{tag}");
        out.write_all(&pieces.join(tag.as_bytes()))?;
        out.flush()?;
        if pieces.len() > 1 { Ok(()) } else { Err(ErrorKind::ConnectionAborted.into()) }
    })
}

/// The same bytes until the client has had enough.
pub(crate) fn endless(first: &'static str, again: impl Into<Vec<u8>>) -> Attack {
    let again = again.into();
    // A TLS record at a time.
    let block = again.repeat(1 + 16_384 / again.len());
    Box::new(move |_, out| {
        out.write_all(first.as_bytes())?;
        loop {
            out.write_all(&block)?;
        }
    })
}

fn split<'a>(text: &'a [u8], by: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.windows(by.len()).position(|window| window == by) {
        pieces.push(&rest[..at]);
        rest = &rest[at + by.len()..];
    }
    pieces.push(rest);
    pieces
}

/// Runs the program against a server that attacks at `command` (its beginning, or `greeting`), once
/// without and once with a transcript; both runs must end the same way, in time and in bounds.
#[track_caller]
pub(crate) fn attack(world: &World, arguments: &[&str], command: &'static str, with: Attack) -> Ended {
    let port = start(world, usize::MAX, command, with);
    let traced = attacked(world, port, &[arguments, &["--trace=trace.txt"]].concat());
    let ended = attacked(world, port, arguments);
    assert_eq!(traced.code, ended.code, "{traced}{ended}");
    ended
}

/// A run against that server, which must end in time and in bounds.
#[track_caller]
pub(crate) fn attacked(world: &World, port: u16, arguments: &[&str]) -> Ended {
    let _ = std::fs::remove_dir_all(world.folder.path().join("mail"));
    let arguments = [arguments, &["--timeout", "10s"]].concat();
    let ended = world.call_with_token(&arguments).env("EXOIMAP_PORT", port).run();
    check_bounds(world, &ended);
    ended
}

/// Little memory, and nothing half written. That it is over in time is seen to for every run.
#[track_caller]
pub(crate) fn check_bounds(world: &World, ended: &Ended) {
    assert!(ended.peak < MOST_MEMORY, "too much memory: {ended}");
    let temporary = world.folder.path().join("mail/.exoimap/tmp");
    let left = std::fs::read_dir(temporary).map_or(0, Iterator::count);
    assert_eq!(left, 0, "a file is left: {ended}");
}

/// Starts the server, which sends `slice` bytes at a time at most; returns its port.
pub(crate) fn start(world: &World, slice: usize, command: impl Into<String>, attack: Attack) -> u16 {
    let mut mailbox = Mailbox::new(MailboxState::Open, &["INBOX", "Done"]);
    mailbox.folders[0].uidnext = 16101;
    for body in ["1\r\n", "2\r\n", "3\r\n", "4\r\n", "5\r\n"] {
        mailbox.folders[0].deliver(body);
    }
    let mailboxes = Mailboxes { by_address: [(ORDERS.to_owned(), mailbox)].into() };
    let ambush = Ambush { command: command.into(), attack, slice };
    let identity = world.authority.identity(&["localhost"]);
    Exchange::start_with(identity, &world.entra.key(), mailboxes, Some(ambush)).port()
}
