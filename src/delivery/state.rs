//! What a directory remembers: whose mail it holds, which UIDs are done, and what is left to do.
//!
//! ```text
//! exoimap 1
//! host outlook.office365.com
//! mailbox orders@contoso.com
//! folder INBOX
//! format eml
//! uidvalidity 14
//! below 16111
//! done 16115:16120,16130
//! gave-up 16112
//! failed 16113 3
//! run 16130,16131
//! then 16131 delete
//! act 16120 move Done
//! ```
//! `below`: every UID below it needs no look any more; it is never beyond a UIDNEXT that came. `done`: those
//! above it that are delivered. `gave-up`, `failed`: what the server does not hand out, the latter with its tries.
//! `run`: delivered, but no program ended with 0 for it. `then`: of those, what the run that delivered them asked to
//! be done on the server: it comes once a program took them, whatever the run that offers them again asks for; where
//! nothing was asked, that run decides. `act`: handed over, but the server-side change is still to be made.

use std::collections::BTreeMap;

use super::action::Action;
use super::format::Format;
use crate::error::{self, Error, Kind, Phase};
use crate::imap::UidSet;
use crate::imap::types::{Uid, UidValidity};

/// What a fresh start does with what was left to do.
pub(super) const GIVEN_UP: &str = "pending programs or changes of before are given up";

const HEAD: &str = "exoimap 1";

/// Messages by the change on the server that is to be made.
pub(super) type Changes = Vec<(UidSet, Action)>;

/// The state of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) host: String,
    pub(super) mailbox: String,
    pub(super) folder: String,
    pub(super) format: Format,
    pub(super) uid_validity: Option<UidValidity>,
    pub(super) below: u32,
    pub(super) done: UidSet,
    pub(super) gave_up: UidSet,
    pub(super) failed: BTreeMap<Uid, u32>,
    pub(super) run: UidSet,
    pub(super) then: Changes,
    pub(super) act: Changes,
}

impl State {
    /// A directory that has nothing yet.
    pub(super) fn new(host: &str, mailbox: &str, folder: &str, format: Format) -> State {
        State {
            host: host.to_lowercase(),
            mailbox: mailbox.to_lowercase(),
            folder: folder.to_owned(),
            format,
            uid_validity: None,
            below: 1,
            done: UidSet::new(),
            gave_up: UidSet::new(),
            failed: BTreeMap::new(),
            run: UidSet::new(),
            then: Changes::new(),
            act: Changes::new(),
        }
    }

    pub(super) fn to_text(&self) -> String {
        let mut text = format!(
            "{HEAD}\nhost {}\nmailbox {}\nfolder {}\nformat {}\n",
            self.host,
            self.mailbox,
            self.folder,
            self.format.name()
        );
        if let Some(validity) = self.uid_validity {
            text.push_str(&format!("uidvalidity {validity}\n"));
        }
        text.push_str(&format!("below {}\n", self.below));
        for (name, set) in [("done", &self.done), ("gave-up", &self.gave_up), ("run", &self.run)] {
            if !set.is_empty() {
                text.push_str(&format!("{name} {set}\n"));
            }
        }
        self.failed.iter().for_each(|(uid, tries)| text.push_str(&format!("failed {uid} {tries}\n")));
        for (name, changes) in [("then", &self.then), ("act", &self.act)] {
            changes.iter().for_each(|(set, action)| text.push_str(&format!("{name} {set} {}\n", action.to_text())));
        }
        text
    }

    /// Reads a state; `Err` names what is wrong with it. A file that was edited or cut off is never
    /// guessed at: a wrong guess loses or doubles mail.
    pub(super) fn parse(text: &str) -> Result<State, String> {
        let mut lines = text.strip_suffix('\n').ok_or("it does not end in a line end")?.split('\n');
        if lines.next() != Some(HEAD) {
            return Err(format!("its first line is not {HEAD:?}"));
        }
        let mut state = State::new("", "", "", Format::Eml);
        state.below = 0;
        for line in lines {
            let (name, value) = line.split_once(' ').ok_or_else(|| format!("the line {line:?} has no value"))?;
            let wrong = || format!("{name} cannot be {value:?}");
            let set = |text: &str| UidSet::parse(text).ok_or_else(wrong);
            match name {
                "host" => state.host = value.to_owned(),
                "mailbox" => state.mailbox = value.to_owned(),
                "folder" => state.folder = value.to_owned(),
                "format" => state.format = Format::named(value).ok_or_else(wrong)?,
                "uidvalidity" => {
                    state.uid_validity = Some(value.parse().ok().and_then(UidValidity::new).ok_or_else(wrong)?);
                }
                "below" => state.below = value.parse().map_err(|_| wrong())?,
                "done" => state.done = set(value)?,
                "gave-up" => state.gave_up = set(value)?,
                "run" => state.run = set(value)?,
                "failed" => {
                    let (uid, tries) = value.split_once(' ').ok_or_else(wrong)?;
                    let uid = uid.parse().ok().and_then(Uid::new).ok_or_else(wrong)?;
                    state.failed.insert(uid, tries.parse().map_err(|_| wrong())?);
                }
                "then" | "act" => {
                    let (uids, action) = value.split_once(' ').ok_or_else(wrong)?;
                    let changes = if name == "then" { &mut state.then } else { &mut state.act };
                    changes.push((set(uids)?, Action::parse(action).ok_or_else(wrong)?));
                }
                _ => return Err(format!("the line {line:?} is of a later version")),
            }
        }
        if [&state.host, &state.mailbox, &state.folder].iter().any(|text| text.is_empty()) || state.below == 0 {
            return Err("a line is missing".to_owned());
        }
        Ok(state)
    }

    /// Refuses a folder that has fewer UIDs than were seen: which messages it has given the others to, nobody knows.
    pub(super) fn check_uid_next(&self, next: Option<u32>) -> error::Result<()> {
        let Some(next) = next.filter(|next| *next < self.below) else { return Ok(()) };
        let message = format!(
            "the folder's UIDNEXT is {next}, and its messages below {} were seen before: it was put back, or the server errs; nothing was fetched",
            self.below
        );
        Err(Error::new(Kind::Protocol, Phase::Select, message))
    }

    /// Forgets all but whose mail it is; returns how many programs and changes were pending.
    pub(super) fn start_afresh(&mut self, validity: UidValidity) -> u64 {
        let State { host, mailbox, folder, format, .. } = &*self;
        let new = State { uid_validity: Some(validity), ..State::new(host, mailbox, folder, *format) };
        let old = std::mem::replace(self, new);
        old.run.len() + old.act.iter().map(|(uids, _)| uids.len()).sum::<u64>()
    }

    /// True for a message that a run before this one was done with: where it comes again, what is there under its name
    /// is ours, as far as anybody can tell.
    #[cfg(feature = "attachments")]
    pub(super) fn was_seen(&self, uid: Uid) -> bool {
        uid.get() < self.below || self.done.contains(uid)
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
        let (_, asked) = self.then.iter().find(|(set, _)| set.contains(uid))?.clone();
        remove(&mut self.then, &one, &asked);
        Some(asked)
    }

    /// Adds UIDs whose server-side change is still to be made.
    pub(super) fn add_act(&mut self, uids: &UidSet, action: &Action) {
        add(&mut self.act, uids, action);
    }

    /// Takes UIDs out whose server-side change is made.
    pub(super) fn remove_act(&mut self, uids: &UidSet, action: &Action) {
        remove(&mut self.act, uids, action);
    }
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
mod tests {
    use super::*;
    use crate::imap::mailbox_name::MailboxName;

    fn state() -> State {
        let mut state = State::new("outlook.office365.com", "Orders@contoso.com", "INBOX/注文 a", Format::Maildir);
        state.uid_validity = UidValidity::new(14);
        state.below = 16111;
        state.done = UidSet::parse("16115:16120,16130").unwrap();
        state.gave_up = UidSet::parse("16112").unwrap();
        state.failed.insert(Uid::new(16113).unwrap(), 3);
        state.add_run(&UidSet::parse("16130").unwrap(), None);
        state.add_run(&UidSet::parse("16131").unwrap(), Some(&Action::Delete));
        state.add_act(&UidSet::parse("16120").unwrap(), &Action::MoveTo(MailboxName::new("Done / x").unwrap()));
        state.add_act(&UidSet::parse("16119").unwrap(), &Action::MarkSeen);
        state
    }

    #[test]
    fn a_state_survives_its_file_and_nothing_else_does() {
        let text = state().to_text();
        assert_eq!(State::parse(&text), Ok(state()));
        for bad in
            ["below x", "done 0", "uidvalidity 0", "colour red", "failed 3", "act 3 burn", "then 3", "format x", ""]
        {
            assert!(State::parse(&format!("{text}{bad}\n")).is_err(), "{bad:?}");
        }
        assert!(State::parse("exoimap 1\n").is_err() && State::parse(text.trim_end()).is_err());
    }

    /// What was asked first stays; of those of which nothing was asked, the next run may.
    #[test]
    fn what_comes_after_a_program_is_what_was_asked_first() {
        let mut state = state();
        state.add_run(&UidSet::parse("16130:16132").unwrap(), Some(&Action::MarkSeen));
        let mut removed = |uid| state.remove_run(Uid::new(uid).unwrap());
        assert_eq!(
            [16130, 16131, 16132, 16131].map(&mut removed),
            [Some(Action::MarkSeen), Some(Action::Delete), Some(Action::MarkSeen), None]
        );
        assert!(state.run.is_empty() && state.then.is_empty());
    }

    /// As the version before wrote it: it did not know `then`.
    #[test]
    fn a_state_of_the_version_before_is_read() {
        let text = state().to_text().replace("then 16131 delete\n", "");
        assert_eq!(State::parse(&text), Ok(State { then: Changes::new(), ..state() }));
    }

    #[test]
    fn changes_are_gathered_by_action() {
        let mut state = state();
        let some = UidSet::parse("1:3").unwrap();
        state.add_act(&some, &Action::MarkSeen);
        assert_eq!(state.act.len(), 2);
        state.remove_act(&UidSet::parse("1:3,16119").unwrap(), &Action::MarkSeen);
        state.add_act(&UidSet::new(), &Action::MarkSeen);
        assert_eq!(state.act.len(), 1);
    }
}
