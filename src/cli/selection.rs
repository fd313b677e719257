//! Which messages: what the options that select messages mean.

use crate::{MailboxName, Result, Selection, calendar::Day};
use clap::ArgMatches;

/// The folder and the selection that the options name.
pub(crate) fn read(arguments: &ArgMatches) -> Result<(MailboxName, Selection)> {
    let text = |name: &str| arguments.get_one::<String>(name).map(String::as_str);
    let folder = MailboxName::new(text("folder").unwrap_or("INBOX"))?;
    let mut selection = Selection::default();
    if let Some(set) = text("uid") {
        selection = selection.with_uids(set)?;
    }
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
    if let Some(text) = text("from") {
        selection = selection.with_from(text)?;
    }
    if let Some(text) = text("to-address") {
        selection = selection.with_to(text)?;
    }
    if let Some(text) = text("subject") {
        selection = selection.with_subject(text)?;
    }
    if let Some(bytes) = arguments.get_one::<u32>("larger") {
        selection = selection.with_larger(*bytes);
    }
    if let Some(keys) = text("query") {
        selection = selection.with_query(keys)?;
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
