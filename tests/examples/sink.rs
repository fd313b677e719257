//! A sink of your own: messages stream through a fixed buffer, here into a count of their lines.
#![allow(clippy::print_stdout)]

mod site;

use std::io;

use exoimap::imap::BodySink;
use exoimap::imap::Fetch;
use exoimap::imap::Uid;
use exoimap::{MailboxName, Result, Selection};

#[derive(Default)]
struct Lines(usize);

impl BodySink for Lines {
    fn begin(&mut self, _: Option<Uid>, _: u64) -> io::Result<()> {
        self.0 = 0;
        Ok(())
    }
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0 += bytes.iter().filter(|byte| **byte == b'\n').count();
        Ok(())
    }
    /// Only now it is certain whose body it was, and that it is whole.
    fn end(&mut self, uid: Uid, _: &Fetch, size: u64) -> io::Result<()> {
        println!("{}\t{} lines, {size} bytes", uid.get(), self.0);
        Ok(())
    }
    fn forget(&mut self) -> io::Result<()> {
        self.0 = 0;
        Ok(())
    }
}

fn main() -> Result<()> {
    let mut session = site::Site::from_environment()?.sign_in()?;
    let mut inbox = session.examine(&MailboxName::inbox())?;
    let uids = Selection::default().with_limit(100)?.find(&mut inbox, 1)?.uids;
    inbox.fetch_bodies(&uids, "UID", &mut Lines::default())?;
    inbox.unselect()?;
    session.logout()
}
