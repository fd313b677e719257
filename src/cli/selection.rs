//! Which messages: what the options that select messages mean.

use crate::exchange::Isolation;
use crate::imap::types::UidValidity;
use crate::imap::{Selected, UidSet};
use crate::{Error, Kind, MailboxName, Phase, Result, Selection, Stream, calendar::Day};
use clap::ArgMatches;

use super::output::Output;

/// Refuses a folder that was recreated since its messages were found: their UIDs mean others in it.
pub(crate) fn same_folder(
    folder: &MailboxName,
    is_found: bool,
    known: &mut Option<UidValidity>,
    selected: &Selected<'_, Stream>,
) -> Result<()> {
    let before = std::mem::replace(known, selected.mailbox().uid_validity);
    if !is_found || before == *known {
        return Ok(());
    }
    let message = format!("{folder} was recreated meanwhile: its UIDs mean other messages");
    Err(Error::new(Kind::Refused, Phase::Select, message))
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
pub(crate) fn read(arguments: &ArgMatches) -> Result<(MailboxName, Selection)> {
    let text = |name: &str| arguments.get_one::<String>(name).map(String::as_str);
    let folder = MailboxName::new(text("folder").unwrap_or("INBOX"))?;
    let mut selection = Selection::default();
    // `mark` has another use for the word.
    if let Ok(Some(true)) = arguments.try_get_one::<bool>("unseen") {
        selection = selection.with_unseen();
    }
    if let Some(day) = arguments.get_one::<Day>("since") {
        selection = selection.with_since(*day)?;
    }
    if let Some(day) = arguments.get_one::<Day>("before") {
        selection = selection.with_before(*day)?;
    }
    for (name, with) in TEXTS {
        if let Some(text) = text(name) {
            selection = with(selection, text)?;
        }
    }
    if let Some(bytes) = arguments.get_one::<u32>("larger") {
        selection = selection.with_larger(*bytes);
    }
    if let Some(limit) = arguments.get_one::<u64>("limit") {
        selection = selection.with_limit(*limit)?;
    }
    Ok((folder, selection))
}

#[cfg(test)]
mod tests {
    use super::super::options::{Entry, all};
    use super::*;
    use crate::Kind;

    fn matches(arguments: &[&str]) -> clap::error::Result<ArgMatches> {
        let entries = all().filter(|entry| entry.is_of("wait"));
        let command = clap::Command::new("x").no_binary_name(true).args(entries.map(Entry::arg));
        command.try_get_matches_from(arguments)
    }

    fn parsed(arguments: &[&str]) -> Result<(MailboxName, Selection)> {
        read(&matches(arguments).unwrap())
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
