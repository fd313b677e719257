//! Which messages: what the options that select messages mean, and which of them are left to be done.

use crate::exchange::{Isolation, open};
use crate::imap::types::UidValidity;
use crate::imap::{Selected, Session, UidSet};
use crate::{Error, Kind, MailboxName, Phase, Result, Selection, Stream};

use super::{Arguments, Output};

/// The selected messages of a folder: found once, and done in however many sessions it takes.
pub(crate) struct Chosen {
    pub(crate) folder: MailboxName,
    pub(crate) selection: Selection,
    validity: Option<UidValidity>,
    /// What was found and is not done; none before the first look.
    pub(crate) left: Option<UidSet>,
    /// How headers are read, although the server cannot give one.
    pub(crate) headers: Isolation,
    /// Something is left out.
    pub(crate) is_partial: bool,
}

impl Chosen {
    pub(crate) fn new(arguments: &Arguments) -> Result<Chosen> {
        let (folder, selection) = read(arguments)?;
        let headers = Isolation::default();
        Ok(Chosen { folder, selection, validity: None, left: None, headers, is_partial: false })
    }

    /// Opens the folder. One that was recreated since its messages were found is refused: their UIDs mean others in it.
    pub(crate) fn open<'s>(
        &mut self,
        session: &'s mut Session<Stream>,
        is_writable: bool,
    ) -> Result<Selected<'s, Stream>> {
        let selected = open(session, &self.folder, is_writable)?;
        let before = std::mem::replace(&mut self.validity, selected.mailbox().uid_validity);
        if self.left.is_none() || before == self.validity {
            return Ok(selected);
        }
        let message = format!("{} was recreated meanwhile: its UIDs mean other messages", self.folder);
        Err(Error::new(Kind::Refused, Phase::Select, message))
    }

    /// Finds the messages.
    pub(crate) fn find(&mut self, selected: &mut Selected<'_, Stream>, output: &Output) -> Result<UidSet> {
        let found = self.selection.find_with(selected, 1, &mut self.headers)?;
        self.is_partial |= unmatched(output, &found.unreadable, &self.headers);
        let uids = self.selection.limited(found.uids);
        self.left = Some(uids.clone());
        Ok(uids)
    }

    /// What is left; nothing before the first look.
    pub(crate) fn left(&self) -> UidSet {
        self.left.clone().unwrap_or_default()
    }

    /// These are done.
    pub(crate) fn done(&mut self, uids: &UidSet) {
        self.left = self.left.take().map(|left| left.without(uids));
    }
}

/// Names the messages that cannot be matched, since the server does not give their headers; true if there are any.
pub(crate) fn unmatched(output: &Output, unreadable: &UidSet, headers: &Isolation) -> bool {
    for uid in unreadable.iter() {
        let why = headers.given_up().get(&uid).map_or_else(String::new, |why| format!(": {why}"));
        output.warn(&format!("message {uid}: left out, since the server does not hand out its header{why}"));
    }
    !unreadable.is_empty()
}

/// What an option with a text does to a selection.
type Narrows = fn(Selection, &str) -> Result<Selection>;

const TEXTS: [(&str, Narrows); 5] = [
    ("uid", Selection::with_uids),
    ("from", Selection::with_from),
    ("to-address", Selection::with_to),
    ("subject", Selection::with_subject),
    ("query", Selection::with_query),
];

/// The folder and the selection that the options name.
pub(crate) fn read(arguments: &Arguments) -> Result<(MailboxName, Selection)> {
    let folder = MailboxName::new(&arguments.value::<String>("folder"))?;
    let mut selection = Selection::default();
    if arguments.has("unseen") {
        selection = selection.with_unseen();
    }
    if let Some(day) = arguments.get("since") {
        selection = selection.with_since(day)?;
    }
    if let Some(day) = arguments.get("before") {
        selection = selection.with_before(day)?;
    }
    for (name, with) in TEXTS {
        if let Some(text) = arguments.raw(name) {
            selection = with(selection, text)?;
        }
    }
    if let Some(bytes) = arguments.get("larger") {
        selection = selection.with_larger(bytes);
    }
    if let Some(limit) = arguments.get("limit") {
        selection = selection.with_limit(limit)?;
    }
    Ok((folder, selection))
}

#[cfg(test)]
mod tests {
    use super::super::options::{Entry, all};
    use super::*;
    use crate::calendar::Day;
    use clap::ArgMatches;

    fn matches(arguments: &[&str]) -> clap::error::Result<ArgMatches> {
        let entries = all().filter(|entry| entry.is_of("wait"));
        let command = clap::Command::new("x").no_binary_name(true).args(entries.map(Entry::arg));
        command.try_get_matches_from(arguments)
    }

    fn parsed(arguments: &[&str]) -> Result<(MailboxName, Selection)> {
        read(&Arguments(matches(arguments).unwrap()))
    }

    fn refused(arguments: &[&str]) -> String {
        matches(arguments).unwrap_err().to_string()
    }

    #[test]
    fn every_option_reaches_the_selection() {
        let (folder, nothing) = parsed(&[]).unwrap();
        assert_eq!((folder.as_str(), nothing.is_narrowed()), ("INBOX", false));
        let all = ["--folder=INBOX/注文", "--uid=1:*", "--unseen", "--since=2026-11-02", "--before=2026-11-03"];
        let more = ["--from=a", "--to-address=b", "--subject=c", "--larger=1K", "--query=FLAGGED", "--limit=5"];
        let (folder, selection) = parsed(&[&all[..], &more[..]].concat()).unwrap();
        let expected = Selection::default()
            .with_uids("1:*")
            .and_then(|s| s.with_unseen().with_since(Day::parse("2026-11-02").unwrap()))
            .and_then(|s| s.with_before(Day::parse("2026-11-03").unwrap()))
            .and_then(|s| s.with_from("a")?.with_to("b")?.with_subject("c"))
            .and_then(|s| s.with_larger(1024).with_query("FLAGGED")?.with_limit(5));
        assert_eq!((folder.as_str(), selection), ("INBOX/注文", expected.unwrap()));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(refused(&["--since=2026-02-30"]).contains("--since") && refused(&["--limit=0"]).contains("--limit"));
        for bad in
            [&["--uid=1,"][..], &["--query=(SEEN)"], &["--from="], &["--since=2026-11-02", "--before=2026-11-01"]]
        {
            assert_eq!(parsed(bad).unwrap_err().kind(), Kind::Usage, "{bad:?}");
        }
    }
}
