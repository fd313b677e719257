//! Moves what was processed: each message of the inbox is handled in memory, then moved to the folder `Done`.
#![allow(clippy::print_stdout)]

mod site;

use std::io;

use exoimap::imap::BodySink;
use exoimap::imap::Fetch;
use exoimap::imap::Uid;
use exoimap::imap::UidSet;
use exoimap::{MailboxName, Result, Selection};

/// Holds one message at a time; a large one belongs in a file (`exoimap::delivery`).
#[derive(Default)]
struct Process {
    message: Vec<u8>,
    done: UidSet,
}

impl BodySink for Process {
    fn begin(&mut self, _: Option<Uid>, _: u64) -> io::Result<()> {
        self.forget()
    }
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.message.extend_from_slice(bytes);
        Ok(())
    }
    fn end(&mut self, uid: Uid, _: &Fetch, _: u64) -> io::Result<()> {
        println!("{uid:?}: {} bytes", self.message.len());
        self.done.insert(uid);
        Ok(())
    }
    fn forget(&mut self) -> io::Result<()> {
        self.message.clear();
        Ok(())
    }
}

fn main() -> Result<()> {
    let mut session = site::Site::from_environment()?.sign_in()?;
    let done = MailboxName::new("Done")?;
    if !session.has_mailbox(&done)? {
        session.create(&done)?;
    }
    let mut inbox = session.select(&MailboxName::inbox())?;
    let uids = Selection::default().with_limit(10)?.find(&mut inbox, 1)?.uids;
    let mut process = Process::default();
    inbox.fetch_bodies(&uids, "UID", &mut process)?;
    // Only what came in whole: a message that did not stays where it is.
    let moved = inbox.move_to(&process.done, &done)?;
    println!("{moved:?}");
    inbox.unselect()?;
    session.logout()
}
