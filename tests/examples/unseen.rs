//! The subjects of unseen messages: nothing is marked as seen.
#![allow(clippy::print_stdout)]

mod site;

use exoimap::delivery::headers;
use exoimap::{MailboxName, Result, Selection};

fn main() -> Result<()> {
    let mut session = site::Site::from_environment()?.sign_in()?;
    let mut inbox = session.examine(&MailboxName::inbox())?;
    let unseen = Selection::default().with_unseen().find(&mut inbox, 1)?.uids;
    inbox.fetch_each(&unseen, "UID BODY.PEEK[HEADER.FIELDS (SUBJECT CONTENT-TYPE)]", &mut |fetch| {
        let subject = fetch.header().and_then(|header| headers(header).subject);
        println!("{}\t{}", fetch.uid.map_or(0, |uid| uid.get()), subject.unwrap_or_default().escape_debug());
        Ok(())
    })?;
    inbox.unselect()?;
    session.logout()
}
