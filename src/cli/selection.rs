//! Which messages: the options of every command that works on messages, and what they mean.

use clap::{Arg, ArgMatches};
use exoimap::exchange::Selection;
use exoimap::imap::Day;
use exoimap::{MailboxName, Result};

use super::options::{flag, value};

/// `--folder` and what selects messages in it.
pub(crate) fn options() -> Vec<Arg> {
    let options = vec![
        value("folder", "F", "The folder, as people see its name").default_value("INBOX"),
        value("uid", "SET", "These UIDs: 1:5,7,100:* (* alone is the newest message)"),
        flag("unseen", "Not seen yet"),
        value("since", "DATE", "Received on this day or later, YYYY-MM-DD").value_parser(day),
        value("before", "DATE", "Received before this day, YYYY-MM-DD").value_parser(day),
        value("from", "T", "With this text in From"),
        value("to-address", "T", "With this text in To"),
        value(
            "subject",
            "T",
            "With this text in Subject; beyond ASCII we match, on decoded headers, as in From and To",
        ),
        value("larger", "N", "Of more octets than N (10K, 10M), by the server's estimate").value_parser(octets),
        value("query", "KEYS", "RFC 3501 search keys as they are, e.g. 'FLAGGED NOT DELETED'"),
        value("limit", "N", "The first N of them").value_parser(clap::value_parser!(u64).range(1..)),
    ];
    options.into_iter().map(|option| option.help_heading("Which messages")).collect()
}

/// What they say.
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
    if let Some(octets) = arguments.get_one::<u32>("larger") {
        selection = selection.with_larger(*octets);
    }
    if let Some(keys) = text("query") {
        selection = selection.with_query(keys)?;
    }
    if let Some(limit) = arguments.get_one::<u64>("limit") {
        selection = selection.with_limit(*limit)?;
    }
    Ok((folder, selection))
}

fn day(text: &str) -> std::result::Result<Day, String> {
    Day::parse(text).ok_or_else(|| "a date is YYYY-MM-DD, a day that exists".to_owned())
}

/// `10000`, `10K`, `10M`, `1G`: by 1024, as curl counts.
fn octets(text: &str) -> std::result::Result<u32, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text.get(digits.len()..).unwrap_or_default() {
        "" => 1,
        "k" | "K" => 1 << 10,
        "m" | "M" => 1 << 20,
        "g" | "G" => 1 << 30,
        _ => return Err("a size is a number of octets, or one with K, M or G behind it".to_owned()),
    };
    let number = digits.bytes().all(|octet| octet.is_ascii_digit()).then(|| digits.parse::<u32>().ok()).flatten();
    number
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(|| "a size is less than 4G octets, as 10K or 10M".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use exoimap::Kind;

    fn parsed(arguments: &[&str]) -> Result<(MailboxName, Selection)> {
        let command = clap::Command::new("x").no_binary_name(true).args(options());
        read(&command.try_get_matches_from(arguments).unwrap())
    }

    fn refused(arguments: &[&str]) -> String {
        let command = clap::Command::new("x").no_binary_name(true).args(options());
        command.try_get_matches_from(arguments).unwrap_err().to_string()
    }

    #[test]
    fn sizes_as_curl_has_them() {
        assert_eq!(
            [octets("0"), octets("10K"), octets("10m"), octets("3G")],
            [Ok(0), Ok(10240), Ok(10 << 20), Ok(3 << 30)]
        );
        for bad in ["", "K", "4G", "-1", "1.5M", "10KB", "10 K", "+1", "4294967296", "1K1"] {
            assert!(octets(bad).is_err(), "{bad:?}");
        }
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
