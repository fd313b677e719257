//! Which messages of a folder are meant, the same for every command.
//!
//! Compiled to keys as Exchange takes them: flat, short, US-ASCII; never CHARSET,
//! RETURN, KEYWORD, a parenthesis or an escaped quote. What cannot be said so is matched here, on the
//! header fields of what the rest of the selection found.

use std::io::{Read, Write};

use super::isolation::Isolation;
use crate::calendar::Day;
use crate::error::{Error, Kind, Phase, Result};
use crate::imap::types::Fetch;
use crate::imap::types::Uid;
use crate::imap::{Selected, UidSet};

/// Bytes of keys in one command: Exchange refuses a command of more than 4,096.
const MOST_KEYS: usize = 3960;

/// Messages that may come in between two commands.
const MOST_NEWS: u64 = 10_000;

/// Messages of a folder that are worked on at once, whatever EXISTS says; Exchange keeps a million in one.
const MOST_FOUND: u64 = 2_000_000;

/// Bytes of a text to look for, so that three of them and a query leave room for UIDs.
const MOST_TEXT: usize = 500;

/// Bytes of a query.
const MOST_QUERY: usize = 1000;

/// Words of RFC 3501 and RFC 4731 that Exchange refuses: it has one charset, no keywords, no ESEARCH.
const REFUSED_WORDS: [&str; 4] = ["CHARSET", "RETURN", "KEYWORD", "UNKEYWORD"];

/// Which messages of a folder are meant; by default all of them.
///
/// ```no_run
/// use exoimap::Selection;
/// # fn f(mut session: exoimap::imap::Session<exoimap::Stream>) -> exoimap::Result<()> {
/// let orders = Selection::default().with_unseen().with_subject("注文")?;
/// let mut inbox = session.examine(&exoimap::MailboxName::inbox())?;
/// let found = orders.find(&mut inbox, 1)?;
/// println!("unseen orders: {}", found.uids);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    uids: Option<UidSet>,
    /// The greatest UID there is, besides `uids`.
    newest: bool,
    unseen: bool,
    since: Option<Day>,
    before: Option<Day>,
    from: Option<Text>,
    to: Option<Text>,
    subject: Option<Text>,
    larger: Option<u32>,
    query: Option<String>,
    limit: Option<u64>,
}

/// What a selection found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// The messages that it means.
    pub uids: UidSet,
    /// Messages that may be meant: a text had to be matched here and the server, though it lists them,
    /// did not hand out their header (MailKit#1615). Always empty where the server matched everything.
    pub unreadable: UidSet,
}

impl Selection {
    /// These UIDs: a set in RFC 3501's form, `1:5,7,100:*`; `*` alone is the newest message. Other than in the
    /// RFC, `100:*` names no message below 100.
    pub fn with_uids(mut self, set: &str) -> Result<Selection> {
        let mut uids = UidSet::new();
        self.newest = false;
        for part in set.split(',') {
            match part.split_once(':').unwrap_or((part, part)) {
                ("*", "*") => self.newest = true,
                (first, "*") | ("*", first) => uids.extend(&numbers(set, &format!("{first}:{}", u32::MAX))?),
                _ => uids.extend(&numbers(set, part)?),
            }
        }
        self.uids = Some(uids);
        Ok(self)
    }

    /// Without `\Seen`.
    #[must_use]
    pub fn with_unseen(mut self) -> Selection {
        self.unseen = true;
        self
    }

    /// Since this day: received on this day or later, in the server's time zone.
    pub fn with_since(mut self, day: Day) -> Result<Selection> {
        self.since = Some(day);
        self.with_days_in_order()
    }

    /// Before this day: received on an earlier day, in the server's time zone.
    pub fn with_before(mut self, day: Day) -> Result<Selection> {
        self.before = Some(day);
        self.with_days_in_order()
    }

    fn with_days_in_order(self) -> Result<Selection> {
        match (self.since, self.before) {
            (Some(since), Some(before)) if since >= before => {
                Err(Error::of_setting("since", format!("no day is left from {since} and before {before}")))
            }
            _ => Ok(self),
        }
    }

    /// With this text in From.
    pub fn with_from(mut self, text: &str) -> Result<Selection> {
        self.from = Some(Text::new("from", text)?);
        Ok(self)
    }

    /// With this text in To.
    pub fn with_to(mut self, text: &str) -> Result<Selection> {
        self.to = Some(Text::new("to-address", text)?);
        Ok(self)
    }

    /// With this text in Subject.
    pub fn with_subject(mut self, text: &str) -> Result<Selection> {
        self.subject = Some(Text::new("subject", text)?);
        Ok(self)
    }

    /// Of more bytes than this, by the server's estimate.
    #[must_use]
    pub fn with_larger(mut self, bytes: u32) -> Selection {
        self.larger = Some(bytes);
        self
    }

    /// RFC 3501's search keys as they are, as far as Exchange takes them.
    pub fn with_query(mut self, keys: &str) -> Result<Selection> {
        self.query = Some(checked_query(keys)?);
        Ok(self)
    }

    /// The first messages, as many as this.
    pub fn with_limit(mut self, messages: u64) -> Result<Selection> {
        if messages == 0 {
            return Err(Error::of_setting("limit", "a limit of 0 selects nothing"));
        }
        self.limit = Some(messages);
        Ok(self)
    }

    /// True where anything narrows the selection: there may be messages that it leaves out.
    pub(crate) fn is_narrowed(&self) -> bool {
        *self != Selection::default()
    }

    /// Those of these UIDs that the selection names; all if it names none.
    pub(crate) fn named(&self, uids: &UidSet) -> UidSet {
        self.uids.as_ref().map_or_else(|| uids.clone(), |named| uids.within(named))
    }

    /// The first of these UIDs, as many as the limit lets through.
    #[must_use]
    pub(crate) fn limited(&self, uids: UidSet) -> UidSet {
        self.limit.map_or(uids.clone(), |limit| uids.first(limit))
    }

    /// The limit, for a caller who counts what comes.
    pub(crate) fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// The messages that are meant, of those with the UID `from` and above. One SEARCH, where a set of UIDs
    /// does not make it too long for one.
    ///
    /// No answer where RFC 3501 wants one, to `ALL` or to `UID n:*` in a mailbox that is not empty, is asked
    /// for again and then an error, never "no mail".
    pub fn find<S: Read + Write>(&self, selected: &mut Selected<'_, S>, from: u32) -> Result<Found> {
        let found = self.find_with(selected, from, &mut Isolation::default())?;
        Ok(Found { uids: self.limited(found.uids), ..found })
    }

    /// As [`find`](Selection::find) without the limit, in as many sessions as it takes: `isolation` remembers which messages were read,
    /// and which the server cannot give.
    pub(crate) fn find_with<S: Read + Write>(
        &self,
        selected: &mut Selected<'_, S>,
        from: u32,
        isolation: &mut Isolation,
    ) -> Result<Found> {
        isolation.is_about(selected);
        let uids = self.search(selected, from)?;
        let texts = self.our_texts();
        if texts.is_empty() || uids.is_empty() {
            return Ok(Found { uids, unreadable: UidSet::new() });
        }
        let names: Vec<_> = texts.iter().map(|(name, _)| *name).collect();
        // Content-Type may name the charset of a header that declares none.
        let items = format!("UID BODY.PEEK[HEADER.FIELDS ({} CONTENT-TYPE)]", names.join(" "));
        let asked = uids.without(&isolation.read);
        let (mut read, mut matching) = (std::mem::take(&mut isolation.read), std::mem::take(&mut isolation.matching));
        let mut each = |fetched: &Fetch| {
            if let (Some(uid), Some(header)) = (fetched.uid, fetched.header()) {
                read.insert(uid);
                if texts.iter().all(|(name, text)| is_in(header, name, text)) {
                    matching.insert(uid);
                }
            }
            Ok(())
        };
        let fetched = isolation.fetch_each(selected, &asked, &items, &mut each);
        (isolation.read, isolation.matching) = (read, matching);
        fetched?;
        // Those that did not come may have been deleted meanwhile, which does not matter.
        let missing = Selection { uids: Some(uids.without(&isolation.read)), ..Selection::default() };
        Ok(Found { uids: uids.within(&isolation.matching), unreadable: missing.search(selected, 1)? })
    }

    /// What the server finds.
    fn search<S: Read + Write>(&self, selected: &mut Selected<'_, S>, from: u32) -> Result<UidSet> {
        let mut found = UidSet::new();
        // Servers disagree on what `*` is where there is no message.
        if selected.mailbox().exists == 0 {
            return Ok(found);
        }
        for search in self.searches(from) {
            found.extend(&search.run(selected)?);
        }
        // A folder may grow meanwhile, but not so: what is found is work to do, and must have an end.
        let exists = selected.mailbox().exists;
        if found.len() > (u64::from(exists) * 2 + MOST_NEWS).min(MOST_FOUND) {
            let message = format!("the search found {} messages in a folder of {exists}", found.len());
            return Err(Error::new(Kind::Protocol, Phase::Command, message).in_command("UID SEARCH"));
        }
        Ok(found)
    }

    fn searches(&self, from: u32) -> Vec<Search> {
        let keys = self.keys();
        let all = since_uid(from);
        let Some(uids) = &self.uids else {
            // `n:*` names the last message even where it is below n (RFC 3501 section 6.4.8).
            return vec![match (from, keys.is_empty()) {
                // `Selected::search` makes sure of it.
                (0 | 1, true) => Search { keys: "ALL".to_owned(), among: all, newest: false, certain: false },
                (0 | 1, false) => Search { keys, among: all, newest: false, certain: false },
                _ => Search::uid(&format!("{from}:*"), &keys, all, false),
            }];
        };
        let uids = uids.within(&all);
        let mut searches: Vec<_> = uids
            .chunks(MOST_KEYS.saturating_sub(keys.len()), u64::MAX)
            .map(|chunk| {
                let set = chunk.to_string();
                // An end that no message has is written so that no server can take offence.
                let open = set.strip_suffix(&format!(":{}", u32::MAX)).map(|set| format!("{set}:*"));
                Search::uid(&open.unwrap_or(set), &keys, chunk, false)
            })
            .collect();
        if self.newest {
            searches.push(Search::uid("*", &keys, all, true));
        }
        searches
    }

    /// The keys without the UIDs; the query last, where it can spoil no other.
    fn keys(&self) -> String {
        let sent = |key: &str, text: &Option<Text>| match text {
            Some(Text::Server(text)) => Some(format!("{key} \"{text}\"")),
            _ => None,
        };
        let keys = [
            self.unseen.then(|| "UNSEEN".to_owned()),
            self.since.map(|day| format!("SINCE {day}")),
            self.before.map(|day| format!("BEFORE {day}")),
            sent("FROM", &self.from),
            sent("TO", &self.to),
            sent("SUBJECT", &self.subject),
            self.larger.map(|bytes| format!("LARGER {bytes}")),
            self.query.clone(),
        ];
        keys.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// The fields and texts that are matched here.
    fn our_texts(&self) -> Vec<(&'static str, &str)> {
        let fields = [("FROM", &self.from), ("TO", &self.to), ("SUBJECT", &self.subject)];
        fields
            .into_iter()
            .filter_map(|(name, text)| match text {
                Some(Text::Ours(text)) => Some((name, text.as_str())),
                _ => None,
            })
            .collect()
    }
}

/// One SEARCH, and what its answer may name.
#[derive(Debug)]
struct Search {
    keys: String,
    among: UidSet,
    /// Only the greatest UID of the answer is meant.
    newest: bool,
    /// A mailbox that is not empty has an answer.
    certain: bool,
}

impl Search {
    fn uid(set: &str, keys: &str, among: UidSet, newest: bool) -> Search {
        let certain = keys.is_empty() && set.ends_with('*');
        Search { keys: format!("UID {set} {keys}").trim_end().to_owned(), among, newest, certain }
    }

    fn run<S: Read + Write>(&self, selected: &mut Selected<'_, S>) -> Result<UidSet> {
        let mut found = selected.search(&self.keys)?;
        if found.is_empty() && self.certain {
            found = selected.search("ALL")?;
        }
        if self.newest {
            found = found.last().into_iter().collect();
        }
        Ok(found.within(&self.among))
    }
}

fn since_uid(from: u32) -> UidSet {
    match (Uid::new(from.max(1)), Uid::new(u32::MAX)) {
        (Some(first), Some(last)) => UidSet::range(first, last),
        _ => UidSet::new(),
    }
}

fn numbers(set: &str, part: &str) -> Result<UidSet> {
    UidSet::parse(part)
        .ok_or_else(|| Error::of_setting("uid", format!("{set:?} is not a set of UIDs like 1:5,7,100:*")))
}

#[cfg(feature = "attachments")]
fn is_in(header: &[u8], field: &str, text: &str) -> bool {
    crate::mime::has(header, field, text)
}

/// Never asked: without the decoder no text is ours.
#[cfg(not(feature = "attachments"))]
fn is_in(_: &[u8], _: &str, _: &str) -> bool {
    false
}

/// A text to look for, and who does.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Text {
    /// The server: it fits into a quoted string.
    Server(String),
    /// We, in lower case: the server has no charset for it, refuses `\"`, and a literal
    /// within a SEARCH has not been seen to work.
    Ours(String),
}

impl Text {
    fn new(setting: &'static str, text: &str) -> Result<Text> {
        let refused = |why: &str| Err(Error::of_setting(setting, format!("the text {text:?}: {why}")));
        match text {
            _ if text.trim().is_empty() => refused("there is nothing to look for"),
            _ if text.len() > MOST_TEXT => {
                Err(Error::of_setting(setting, format!("the text has more than {MOST_TEXT} bytes")))
            }
            _ if text.chars().any(char::is_control) => refused("it holds a control character"),
            _ if text.is_ascii() && !text.contains(['"', '\\']) => Ok(Text::Server(text.to_owned())),
            _ if cfg!(feature = "attachments") => Ok(Text::Ours(text.to_lowercase())),
            _ => refused(
                "only ASCII without quotes and backslashes: this build lacks the feature attachments, which matches the rest",
            ),
        }
    }
}

/// Keys that Exchange can take and that stay keys: quoted strings closed, nothing that announces a literal.
fn checked_query(query: &str) -> Result<String> {
    let query = query.trim_matches(' ');
    let refused = |why: &str| Err(Error::of_setting("query", format!("the query {query:?}: {why}")));
    // Every second piece is within quotes.
    let pieces: Vec<_> = query.split('"').collect();
    let unquoted = || pieces.iter().step_by(2);
    if query.is_empty() {
        return refused("there is nothing to look for");
    }
    if query.len() > MOST_QUERY {
        return Err(Error::of_setting("query", format!("the query has more than {MOST_QUERY} bytes")));
    }
    if !query.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return refused("only printable ASCII; a text to find in From, To or Subject may be any");
    }
    if query.contains('\\') {
        return refused("no backslash: Exchange refuses an escaped character");
    }
    if pieces.len() % 2 == 0 {
        return refused("a quoted string is not closed");
    }
    if unquoted().any(|piece| piece.contains(['{', '}'])) {
        return refused("no literal; a text goes in double quotes");
    }
    if unquoted().any(|piece| piece.contains(['(', ')'])) {
        return refused("no parentheses: Exchange refuses them (keys side by side must all match)");
    }
    let words = || unquoted().flat_map(|piece| piece.split(' '));
    if let Some(word) = words().find(|word| REFUSED_WORDS.iter().any(|refused| word.eq_ignore_ascii_case(refused))) {
        return refused(&format!("Exchange refuses {word}; where it is a text, put it in double quotes"));
    }
    Ok(query.to_owned())
}

#[cfg(test)]
#[path = "selection_tests.rs"]
mod tests;
