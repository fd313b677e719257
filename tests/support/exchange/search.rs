//! SEARCH, flat as Exchange takes it.

use super::super::clock;
use super::super::mailboxes::Message;
use super::arguments::{Argument, NumberSet};
use super::fault::Fault;
use super::session::{ARGUMENT_ERROR, Answer, Command, Session, Stop, refuse, wanted};

/// Whether a message fits, given its sequence number and the largest number and UID.
type Key = Box<dyn Fn(&Candidate) -> bool>;

type Words<'a> = std::slice::Iter<'a, Argument>;

struct Candidate<'a> {
    number: u32,
    count: u32,
    last_uid: u32,
    message: &'a Message,
}

impl Session {
    pub(super) fn search(&mut self, command: &Command) -> Answer {
        let selected = self.selected()?;
        let (name, view) = (selected.folder.clone(), selected.view.clone());
        let keys = keys(&command.arguments)?;
        let folder = self.with_folder(&name, |folder| folder.clone());
        let mut folder = wanted(folder)?;
        let count = u32::try_from(view.len()).unwrap();
        let last_uid = view.last().map_or(0, |(uid, _)| *uid);
        let mut line = String::from("* SEARCH");
        for (number, (uid, _)) in (1..=count).zip(&view) {
            let Some(message) = folder.message(*uid) else {
                continue;
            };
            let candidate = Candidate { number, count, last_uid, message };
            if keys.iter().all(|key| key(&candidate)) && !self.world.faults.happens(&Fault::Unlisted { uid: *uid }) {
                let found = if command.by_uid { *uid } else { number };
                line += &format!(" {found}");
            }
        }
        self.wire.line(&line)?;
        self.maybe_say("SEARCH")?;
        Ok("OK SEARCH completed.".into())
    }
}

fn keys(arguments: &[Argument]) -> Result<Vec<Key>, Stop> {
    let mut words = arguments.iter();
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        let keyword = wanted(word.keyword())?;
        if keyword == "CHARSET" {
            let charset = wanted(words.next().and_then(Argument::text))?;
            if !charset.eq_ignore_ascii_case("US-ASCII") {
                return bad_charset();
            }
            continue;
        }
        found.push(key(&keyword, &mut words)?);
    }
    if found.is_empty() {
        return refuse(ARGUMENT_ERROR);
    }
    Ok(found)
}

fn key(keyword: &str, words: &mut Words) -> Result<Key, Stop> {
    if let Some(set) = NumberSet::parse(keyword) {
        return Ok(Box::new(move |c| set.contains(c.number, c.count)));
    }
    Ok(match keyword {
        "ALL" | "OLD" => Box::new(|_| true),
        "NEW" | "RECENT" => Box::new(|_| false),
        "SEEN" | "ANSWERED" | "FLAGGED" | "DELETED" | "DRAFT" => has(keyword),
        "UNSEEN" | "UNANSWERED" | "UNFLAGGED" | "UNDELETED" | "UNDRAFT" => not(has(&keyword[2..])),
        "NOT" => not(next_key(words)?),
        "OR" => {
            let (one, other) = (next_key(words)?, next_key(words)?);
            Box::new(move |c| one(c) || other(c))
        }
        "UID" => {
            let set = wanted(NumberSet::parse(&text(words)?))?;
            Box::new(move |c| set.contains(c.message.uid, c.last_uid))
        }
        "LARGER" => {
            let limit: usize = wanted(text(words)?.parse().ok())?;
            Box::new(move |c| c.message.estimated_size() > limit)
        }
        "SMALLER" => {
            let limit: usize = wanted(text(words)?.parse().ok())?;
            Box::new(move |c| c.message.estimated_size() < limit)
        }
        "SINCE" => by_day(words, |day, wanted| day >= wanted)?,
        "BEFORE" => by_day(words, |day, wanted| day < wanted)?,
        "ON" => by_day(words, |day, wanted| day == wanted)?,
        "FROM" | "TO" | "CC" | "SUBJECT" => in_field(keyword.into(), text(words)?),
        "HEADER" => in_field(text(words)?, text(words)?),
        "TEXT" | "BODY" => {
            let needle = text(words)?.to_ascii_lowercase();
            Box::new(move |c| {
                let bytes = String::from_utf8_lossy(&c.message.bytes);
                bytes.to_ascii_lowercase().contains(&needle)
            })
        }
        // No custom keywords here, so there is nothing to look for (imap_tools#181).
        "KEYWORD" | "UNKEYWORD" => return refuse("BAD Command Argument Error. 11"),
        // RETURN of ESEARCH and its like (MailKit#1437).
        _ => return refuse(ARGUMENT_ERROR),
    })
}

fn next_key(words: &mut Words) -> Result<Key, Stop> {
    let keyword = wanted(words.next().and_then(Argument::keyword))?;
    key(&keyword, words)
}

/// The text behind a key; only ASCII, since there is no other charset.
fn text(words: &mut Words) -> Result<String, Stop> {
    let text = wanted(words.next().and_then(Argument::text))?;
    if text.is_ascii() { Ok(text) } else { bad_charset() }
}

fn bad_charset<T>() -> Result<T, Stop> {
    refuse("NO [BADCHARSET (US-ASCII)] The specified charset is not supported.")
}

fn has(name: &str) -> Key {
    let name = name.to_string();
    Box::new(move |c| {
        let mut flags = c.message.flags.iter();
        flags.any(|flag| flag[1..].eq_ignore_ascii_case(&name))
    })
}

fn not(key: Key) -> Key {
    Box::new(move |c| !key(c))
}

fn in_field(name: String, needle: String) -> Key {
    let needle = needle.to_ascii_lowercase();
    Box::new(move |c| {
        let field = c.message.field(&name).unwrap_or_default();
        field.to_ascii_lowercase().contains(&needle)
    })
}

/// Compares whole days of INTERNALDATE.
fn by_day(words: &mut Words, fits: impl Fn(i64, i64) -> bool + 'static) -> Result<Key, Stop> {
    let wanted = wanted(clock::parse_imap_date(&text(words)?))?;
    Ok(Box::new(move |c| fits(c.message.internal_date.div_euclid(86_400), wanted / 86_400)))
}
