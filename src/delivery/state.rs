//! What a directory remembers, version 2: whose mail it holds, which UIDs are known, and what is left to do.
//!
//! ```text
//! exoimap 2
//! host outlook.office365.com
//! mailbox orders@contoso.com
//! folder INBOX
//! format eml
//! uidvalidity 14
//! mark 16132
//! exists 312
//! surplus 1 10
//! listed 1795477275
//! delivered 16101:16120,16130:16131
//! skipped 1:16100
//! given-up 16112
//! cut 16118
//! failed 16113 3 the server answered OK and sent no message under this UID
//! run 16130:16131
//! refused 16130 2 ended with 1
//! then 16131 delete
//! act 16120 move Done
//! change-size 25
//! ready …
//! ```
//! *Known* is what is in `delivered` (its file was put in its place, the mbox has it), `skipped` (not wanted:
//! `--from-now`, or the oldest of too many ranges) or `given-up` (it failed too often). What the server lists and is
//! not known is fetched, wherever it lies; what is known is never fetched again, unless it is asked for. Anything
//! that acts on messages because they are here acts on `delivered` alone.
//!
//! `mark`: the greatest UID listed plus one, never beyond a UIDNEXT that came. It only says where a search begins.
//! `exists`: how many messages the folder had at the end of the last complete run that looked at all of them, as far
//! as that run could explain them. `surplus`: how many of these the server counts and never lists, and in how many
//! runs that was said. `listed`: when all messages were listed last, in seconds since 1970. A run that looks at a
//! part of the folder changes none of these four.
//!
//! `failed`: messages that the server does not hand out, with their tries and the last reason; with 0 tries, one at
//! which a session ended, which may have been chance. They are asked for last. `cut`: delivered, although they say
//! themselves that they are not whole, or another message came under their UID too: what the server has of them is never
//! changed.
//!
//! `run`: delivered, but no program ended with 0 for it. `refused`: of those, how many runs offered it to a program
//! that refused it, and how that ended. `then`: of those, what the run that delivered them asked to be done on the
//! server: it comes once a program took them, whatever the run that offers them again asks for; where nothing was
//! asked, that run decides. `act`: the change on the server is still to be made. `change-size`: the most messages of
//! one change that the server made in time, where that was too long for more.
//!
//! `ready`: what was about to get its place ([`super::ready`]). The state is replaced as a whole, so the list and what
//! follows from it are one step.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::Source;
use super::format::Format;
use super::ready::{Action, List, Next};
use crate::calendar;
use crate::error::{self, Cause, Error, Kind, Phase};
use crate::files;
use crate::imap::UidSet;
use crate::imap::mailbox_name::MailboxName;
use crate::imap::types::{Uid, UidValidity};
use crate::text::{escape, shorten};

/// What a new start does with what was left to do.
pub(super) const GIVEN_UP: &str = "pending programs or changes of before are given up";

const HEAD: &str = "exoimap 2";

/// Ranges of known UIDs: what a folder has from which others delete, in ten years and more.
const MOST_RANGES: usize = 20_000;

/// Messages that fail: more would make a file that is not read again. The others come again, and none is given up.
const MOST_FAILED: usize = 100_000;

/// Bytes of a state at most; one of 20,000 ranges has less than one million.
const MOST: u64 = 64 << 20;

/// Characters of a reason.
const MOST_OF_A_REASON: usize = 200;

/// Between two listings of all messages, in seconds.
const A_DAY: u64 = 24 * 60 * 60;

/// Messages by the change on the server that is to be made.
pub(crate) type Changes = Vec<(UidSet, Action)>;

/// How often something was tried for a message, and why it failed last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tries {
    pub(crate) count: u32,
    pub(crate) reason: String,
}

/// Messages that the server counts and never lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Surplus {
    pub(super) messages: u32,
    /// Runs that found and said it.
    pub(super) tries: u32,
}

/// The state of a directory; the fields are the lines of the file, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) host: String,
    pub(crate) mailbox: String,
    pub(crate) folder: String,
    pub(crate) format: Format,
    pub(super) uid_validity: Option<UidValidity>,
    pub(super) mark: u32,
    pub(super) exists: u32,
    pub(super) surplus: Surplus,
    pub(super) listed: u64,
    pub(crate) delivered: UidSet,
    pub(super) skipped: UidSet,
    pub(crate) given_up: UidSet,
    pub(super) cut: UidSet,
    pub(crate) failed: BTreeMap<Uid, Tries>,
    pub(crate) run: UidSet,
    pub(crate) refused: BTreeMap<Uid, Tries>,
    pub(super) then: Changes,
    pub(crate) act: Changes,
    pub(super) change_size: Option<u64>,
    pub(super) ready: Option<List>,
}

/// Seconds since 1970, as `listed` has them.
pub(super) fn now() -> u64 {
    u64::try_from(calendar::now()).unwrap_or_default()
}

impl State {
    /// A directory that has nothing yet.
    pub(super) fn new(host: &str, mailbox: &str, folder: &str, format: Format) -> State {
        State {
            host: host.to_lowercase(),
            mailbox: mailbox.to_lowercase(),
            // One line, whatever the server calls a folder.
            folder: escape(folder),
            format,
            mark: 1,
            ..State::default()
        }
    }

    /// The state of a directory, or what is wrong with it; none where no run has been.
    pub(super) fn of(dir: &Path) -> error::Result<Option<error::Result<State>>> {
        let path = state_file(dir);
        let Some(text) = read_if_there(&path)? else { return Ok(None) };
        Ok(Some(State::parse(&text).map_err(|why| {
            if text.starts_with("exoimap 1\n") {
                let way_out = "use another directory, from now on if what is here was processed";
                let message = format!("{} is of version 1, which is not read any more: {way_out}", path.display());
                return Error::of_setting("from-now", message);
            }
            let message = format!("{} is damaged: {why}; without it messages would come twice", path.display());
            Error::new(Kind::Local, Phase::Disk, message)
        })))
    }

    pub(crate) fn to_text(&self) -> String {
        let (host, mailbox, folder, format) = (&self.host, &self.mailbox, &self.folder, self.format.name());
        let mut text = format!("{HEAD}\nhost {host}\nmailbox {mailbox}\nfolder {folder}\nformat {format}\n");
        let mut line = |name: &str, value: &dyn std::fmt::Display| text.push_str(&format!("{name} {value}\n"));
        if let Some(validity) = self.uid_validity {
            line("uidvalidity", &validity);
        }
        line("mark", &self.mark);
        line("exists", &self.exists);
        line("surplus", &format!("{} {}", self.surplus.messages, self.surplus.tries));
        line("listed", &self.listed);
        let sets = [
            ("delivered", &self.delivered),
            ("skipped", &self.skipped),
            ("given-up", &self.given_up),
            ("cut", &self.cut),
            ("run", &self.run),
        ];
        sets.iter().filter(|(_, set)| !set.is_empty()).for_each(|(name, set)| line(name, set));
        for (name, messages) in [("failed", &self.failed), ("refused", &self.refused)] {
            messages.iter().for_each(|(uid, Tries { count, reason })| line(name, &format!("{uid} {count} {reason}")));
        }
        for (name, changes) in [("then", &self.then), ("act", &self.act)] {
            changes.iter().for_each(|(set, action)| line(name, &format!("{set} {}", action.to_text())));
        }
        self.change_size.iter().for_each(|size| line("change-size", size));
        self.ready.iter().flat_map(List::lines).for_each(|ready| line("ready", &ready));
        text
    }

    /// Reads a state; `Err` names what is wrong with it. A file that was edited or cut off is never
    /// guessed at: a wrong guess loses or doubles mail.
    pub(crate) fn parse(text: &str) -> Result<State, String> {
        let mut lines = text.strip_suffix('\n').ok_or("it does not end in a line end")?.split('\n');
        match lines.next() {
            Some(HEAD) => {}
            Some(head) if head.starts_with("exoimap ") => return Err(format!("it is of another version, {head:?}")),
            _ => return Err(format!("its first line is not {HEAD:?}")),
        }
        let mut state = State::default();
        for line in lines {
            let (name, value) = line.split_once(' ').ok_or_else(|| format!("the line {line:?} has no value"))?;
            state.read(name, value).ok_or_else(|| format!("{name} cannot be {value:?}"))?;
        }
        let is_whole = state.ready.as_ref().is_none_or(|list| list.is_whole);
        if [&state.host, &state.mailbox, &state.folder].iter().any(|text| text.is_empty())
            || state.mark == 0
            || !is_whole
        {
            return Err("a line is missing".to_owned());
        }
        Ok(state)
    }

    fn read(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "host" => self.host = value.to_owned(),
            "mailbox" => self.mailbox = value.to_owned(),
            "folder" => self.folder = value.to_owned(),
            "format" => self.format = Format::named(value)?,
            "uidvalidity" => self.uid_validity = Some(value.parse().ok().and_then(UidValidity::new)?),
            "mark" => self.mark = value.parse().ok()?,
            "exists" => self.exists = value.parse().ok()?,
            "surplus" => {
                let (messages, tries) = value.split_once(' ')?;
                self.surplus = Surplus { messages: messages.parse().ok()?, tries: tries.parse().ok()? };
            }
            "listed" => self.listed = value.parse().ok()?,
            "delivered" => self.delivered = UidSet::parse(value)?,
            "skipped" => self.skipped = UidSet::parse(value)?,
            "given-up" => self.given_up = UidSet::parse(value)?,
            "cut" => self.cut = UidSet::parse(value)?,
            "run" => self.run = UidSet::parse(value)?,
            "failed" | "refused" => {
                let (uid, rest) = value.split_once(' ')?;
                let (count, reason) = rest.split_once(' ')?;
                let messages = if name == "failed" { &mut self.failed } else { &mut self.refused };
                let tries = Tries { count: count.parse().ok()?, reason: reason.to_owned() };
                messages.insert(uid.parse().ok().and_then(Uid::new)?, tries);
            }
            "then" | "act" => {
                let (uids, action) = value.split_once(' ')?;
                let changes = if name == "then" { &mut self.then } else { &mut self.act };
                changes.push((UidSet::parse(uids)?, Action::parse(action)?));
            }
            "change-size" => self.change_size = Some(value.parse().ok().filter(|size| *size > 0)?),
            "ready" => self.ready.get_or_insert_default().read(value)?,
            _ => return None,
        }
        Some(())
    }

    /// True for a state of the same mail, in whatever format.
    pub(super) fn is_of(&self, source: &Source) -> bool {
        let own = State::new(source.host, source.mailbox, source.folder.as_str(), source.format);
        let is_folder = MailboxName::new(&self.folder).is_ok_and(|folder| folder.is_called(&own.folder));
        is_folder && (&self.host, &self.mailbox) == (&own.host, &own.mailbox)
    }

    /// What is never fetched again.
    pub(super) fn known(&self) -> UidSet {
        let mut known = self.delivered.clone();
        known.extend(&self.skipped);
        known.extend(&self.given_up);
        // It gets its place before anything is fetched.
        self.ready.iter().flat_map(|list| &list.entries).for_each(|entry| known.insert(entry.uid));
        known
    }

    /// The messages that failed before.
    pub(super) fn failing(&self) -> UidSet {
        self.failed.keys().copied().collect()
    }

    /// True where all messages are to be listed, whatever a search from the mark explains.
    pub(super) fn is_listing_due(&self, give_up_after: u32, now: u64) -> bool {
        let is_old = now.checked_sub(self.listed).is_none_or(|age| age >= A_DAY);
        is_old || (self.surplus.messages > 0 && self.surplus.tries < give_up_after)
    }

    /// Remembers how many messages the server counts and did not list; true where that is to be said.
    pub(super) fn found_surplus(&mut self, messages: u32, give_up_after: u32) -> bool {
        let before = self.surplus;
        let is_settled = before.tries >= give_up_after && messages <= before.messages;
        let tries = match messages {
            0 => 0,
            _ if is_settled => before.tries,
            _ if messages > before.messages => 1,
            _ => before.tries.saturating_add(1),
        };
        self.surplus = Surplus { messages, tries };
        messages > 0 && !is_settled
    }

    /// Refuses a folder that has fewer UIDs than were seen: the others may mean other messages by now.
    pub(super) fn check_uid_next(&self, next: Option<u32>) -> error::Result<()> {
        let Some(next) = next.filter(|next| *next < self.mark) else { return Ok(()) };
        let message = format!(
            "the folder's UIDNEXT is {next}, and its messages below {} were seen before: it was put back, or the server errs; nothing was fetched",
            self.mark
        );
        Err(Error::new(Kind::Protocol, Phase::Select, message).because(Cause::FolderRestored))
    }

    /// Forgets all but whose mail it is; returns how many programs and changes were pending.
    pub(super) fn start_again(&mut self, validity: UidValidity) -> u64 {
        let State { host, mailbox, folder, format, .. } = &*self;
        let new = State { uid_validity: Some(validity), ..State::new(host, mailbox, folder, *format) };
        let old = std::mem::replace(self, new);
        old.run.len() + old.act.iter().map(|(uids, _)| uids.len()).sum::<u64>()
    }

    /// Skips every message below `next` that there is or may be.
    pub(super) fn skip_below(&mut self, next: u32) {
        if let (Some(first), Some(last)) = (Uid::new(1), next.checked_sub(1).and_then(Uid::new)) {
            let below = UidSet::range(first, last).without(&self.failing());
            self.delivered = self.delivered.without(&below);
            self.given_up = self.given_up.without(&below);
            self.skipped.extend(&below);
        }
    }

    /// Where there are too many ranges to remember, the oldest messages are skipped, with the gaps between them: what
    /// appears there is not fetched any more, and none of them counts as delivered.
    pub(super) fn keep_small(&mut self) {
        let sets = [&self.delivered, &self.skipped, &self.given_up];
        let mut starts: Vec<u32> = sets.iter().flat_map(|set| set.ranges()).map(|(first, _)| first).collect();
        if starts.len() > MOST_RANGES {
            starts.sort_unstable_by(|a, b| b.cmp(a));
            starts.get(MOST_RANGES - 1).copied().iter().for_each(|start| self.skip_below(*start));
        }
    }

    /// Counts a try for a message that the server did not hand out; true where it was the last one.
    pub(super) fn count_failure(&mut self, uid: Uid, reason: &str, most: u32) -> bool {
        if self.failed.len() >= MOST_FAILED && !self.failed.contains_key(&uid) {
            return false;
        }
        let is_last = count(&mut self.failed, uid, reason) >= most;
        if is_last {
            self.failed.remove(&uid);
            self.given_up.insert(uid);
        }
        is_last
    }

    /// Remembers a message at which a session ended.
    pub(super) fn suspect(&mut self, uid: Uid, reason: &str) {
        self.failed.entry(uid).or_insert_with(|| Tries { count: 0, reason: one_line(reason) });
    }

    /// The messages of the list are in their places.
    pub(super) fn delivered_all(&mut self, uids: &UidSet, next: &Next) {
        self.delivered.extend(uids);
        self.given_up = self.given_up.without(uids);
        self.skipped = self.skipped.without(uids);
        self.failed.retain(|uid, _| !uids.contains(*uid));
        match next {
            Next::Nothing => {}
            Next::Run(action) => self.add_run(uids, action.as_ref()),
            Next::Act(action) => self.add_act(uids, action),
        }
    }

    /// Adds UIDs that a program must take; `action` comes then, but for those of which something was asked before.
    pub(super) fn add_run(&mut self, uids: &UidSet, action: Option<&Action>) {
        self.run.extend(uids);
        let left = self.then.iter().fold(uids.clone(), |left, (asked, _)| left.without(asked));
        action.iter().for_each(|action| add(&mut self.then, &left, action));
    }

    /// Takes a UID out that no program must take any more. Returns what was asked to come then.
    pub(super) fn remove_run(&mut self, uid: Uid) -> Option<Action> {
        let one = [uid].into_iter().collect();
        self.run = self.run.without(&one);
        self.refused.remove(&uid);
        let (_, asked) = self.then.iter().find(|(set, _)| set.contains(uid))?.clone();
        remove(&mut self.then, &one, &asked);
        Some(asked)
    }

    /// Counts a run in which a program refused a message; returns how many there were.
    pub(super) fn count_refusal(&mut self, uid: Uid, reason: &str) -> u32 {
        count(&mut self.refused, uid, reason)
    }

    /// Adds UIDs whose change on the server is still to be made, but for those that must stay as they are there.
    pub(super) fn add_act(&mut self, uids: &UidSet, action: &Action) {
        add(&mut self.act, &uids.without(&self.cut), action);
    }

    /// Makes a message one of those that must stay as they are on the server.
    pub(super) fn keep_on_server(&mut self, uid: Uid) {
        self.cut.insert(uid);
        self.act.iter_mut().for_each(|(uids, _)| *uids = uids.without(&self.cut));
        self.act.retain(|(uids, _)| !uids.is_empty());
    }

    /// Takes UIDs out whose change on the server is made.
    pub(super) fn remove_act(&mut self, uids: &UidSet, action: &Action) {
        remove(&mut self.act, uids, action);
    }
}

/// Where the state of a directory is.
pub(super) fn state_file(dir: &Path) -> PathBuf {
    dir.join(".exoimap").join("state")
}

/// The text of a file of ours; none if it does not exist.
pub(super) fn read_if_there(path: &Path) -> error::Result<Option<String>> {
    let refused = |e| Error::disk(format!("reading {}", path.display()), e);
    let Some(bytes) = files::read_own(path, MOST).map_err(refused)? else { return Ok(None) };
    let text = bytes.expose_str().ok_or_else(|| refused(io::ErrorKind::InvalidData.into()))?;
    Ok(Some(text.to_owned()))
}

fn count(messages: &mut BTreeMap<Uid, Tries>, uid: Uid, reason: &str) -> u32 {
    let tries = messages.entry(uid).or_default();
    tries.count = tries.count.saturating_add(1);
    tries.reason = one_line(reason);
    tries.count
}

/// A reason as a line of the state can hold it.
fn one_line(reason: &str) -> String {
    shorten(reason, MOST_OF_A_REASON).replace(char::is_control, " ")
}

fn add(changes: &mut Changes, uids: &UidSet, action: &Action) {
    match changes.iter_mut().find(|(_, known)| known == action) {
        Some((set, _)) => set.extend(uids),
        // A set of none could not be read again.
        None if uids.is_empty() => {}
        None => changes.push((uids.clone(), action.clone())),
    }
}

fn remove(changes: &mut Changes, uids: &UidSet, action: &Action) {
    for (set, known) in changes.iter_mut() {
        if known == action {
            *set = set.without(uids);
        }
    }
    changes.retain(|(set, _)| !set.is_empty());
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
