//! What a delivered message waits for; and the list that makes a group of deliveries one step: what is about to get its
//! name, and what comes then. It is a part of the state, each line after `ready `.
//!
//! ```text
//! next act move Done
//! mbox 18223
//! file 16101<TAB>14.16101<TAB>14.16101.eml<TAB>1795477275
//! end
//! ```
//! `mbox`: its length before the group; it may be cut back to it as long as `appended` is not said.

use std::path::{Component, Path};

use super::format::{HOLD, MBOX};
use crate::exchange::Change;
use crate::imap::mailbox_name::MailboxName;
use crate::imap::types::{Flag, Uid};

/// A change on the server. It is made only for messages that are durable, and handed over where a
/// program takes them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// `\Seen`
    MarkSeen,
    /// Moves to this folder.
    MoveTo(MailboxName),
    /// `\Deleted` and UID EXPUNGE.
    Delete,
}

impl Action {
    /// One line of the state: a verb, then the folder as IMAP has it, which is a line whatever a server calls it.
    pub(super) fn to_text(&self) -> String {
        match self {
            Action::MarkSeen => "mark-seen".to_owned(),
            Action::MoveTo(folder) => format!("move {}", String::from_utf8_lossy(folder.wire())),
            Action::Delete => "delete".to_owned(),
        }
    }

    pub(super) fn parse(text: &str) -> Option<Action> {
        match text.split_once(' ') {
            None if text == "mark-seen" => Some(Action::MarkSeen),
            None if text == "delete" => Some(Action::Delete),
            Some(("move", folder)) if !folder.is_empty() => {
                Some(Action::MoveTo(MailboxName::from_wire(folder.as_bytes())))
            }
            _ => None,
        }
    }

    /// What it means to the server.
    pub(super) fn change(&self) -> Change {
        match self {
            Action::MarkSeen => Change::Flags { set: Flag::named("\\Seen").into_iter().collect(), clear: Vec::new() },
            Action::MoveTo(folder) => Change::MoveTo(folder.clone()),
            Action::Delete => Change::Delete,
        }
    }
}

/// What a message is then, in words.
impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Action::MarkSeen => f.write_str("marked as seen"),
            Action::MoveTo(folder) => write!(f, "moved to {folder}"),
            Action::Delete => f.write_str("deleted"),
        }
    }
}

/// What a delivered message waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Next {
    #[default]
    Nothing,
    /// A program must take it; then comes a change on the server, where one was asked for.
    Run(Option<Action>),
    /// A change on the server.
    Act(Action),
}

/// A temporary file or folder that gets its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) uid: Uid,
    /// Its name among the temporary files.
    pub(super) temporary: String,
    /// Where it goes, below the directory.
    pub(super) place: String,
    /// The message's date, which an mbox needs.
    pub(super) seconds: u64,
}

impl Entry {
    /// True for a message that gets into somebody's hands: the folder of its attachments is none, and one that is
    /// only held for a program was delivered before.
    pub(super) fn is_delivery(&self) -> bool {
        let Entry { place, .. } = self;
        !place.starts_with(HOLD) && (place == MBOX || place.contains('/') || place.ends_with(".eml"))
    }
}

/// The list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct List {
    pub(super) next: Next,
    /// The length of the mbox before the group.
    pub(super) mbox: Option<u64>,
    /// True once the mbox holds the group, durably.
    pub(super) appended: bool,
    pub(super) entries: Vec<Entry>,
    /// False while its last line was not read.
    pub(super) is_whole: bool,
}

impl List {
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::with_capacity(self.entries.len() + 4);
        match &self.next {
            Next::Nothing => {}
            Next::Run(None) => lines.push("next run".to_owned()),
            Next::Run(Some(action)) => lines.push(format!("next run {}", action.to_text())),
            Next::Act(action) => lines.push(format!("next act {}", action.to_text())),
        }
        lines.extend(self.mbox.map(|length| format!("mbox {length}")));
        if self.appended {
            lines.push("appended".to_owned());
        }
        let file =
            |Entry { uid, temporary, place, seconds }: &Entry| format!("file {uid}\t{temporary}\t{place}\t{seconds}");
        lines.extend(self.entries.iter().map(file));
        lines.push("end".to_owned());
        lines
    }

    /// Reads one of its lines; none where that cannot be one.
    pub(super) fn read(&mut self, line: &str) -> Option<()> {
        if self.is_whole {
            return None;
        }
        match line {
            "end" => self.is_whole = true,
            "appended" => self.appended = true,
            "next run" => self.next = Next::Run(None),
            _ => match line.split_once(' ')? {
                ("mbox", length) => self.mbox = Some(length.parse().ok()?),
                ("file", fields) => self.entries.push(entry(fields)?),
                ("next", next) => {
                    self.next = match next.split_once(' ')? {
                        ("run", action) => Next::Run(Some(Action::parse(action)?)),
                        ("act", action) => Next::Act(Action::parse(action)?),
                        _ => return None,
                    }
                }
                _ => return None,
            },
        }
        Some(())
    }
}

fn entry(line: &str) -> Option<Entry> {
    let mut fields = line.split('\t');
    let uid = fields.next()?.parse().ok().and_then(Uid::new)?;
    let (temporary, place) = (fields.next()?, fields.next()?);
    let seconds = fields.next()?.parse().ok()?;
    // The list is ours, but it names files: none of them may be elsewhere.
    let below = |path: &str| Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let whole =
        fields.next().is_none() && below(temporary) && below(place) && !place.is_empty() && !temporary.is_empty();
    whole.then(|| Entry { uid, temporary: temporary.to_owned(), place: place.to_owned(), seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[String]) -> Option<List> {
        let mut list = List::default();
        lines.iter().try_for_each(|line| list.read(line))?;
        list.is_whole.then_some(list)
    }

    #[test]
    fn a_list_survives_its_lines_and_a_damaged_one_is_none() {
        let uid = Uid::new(7).unwrap();
        let entry = Entry { uid, temporary: "14.7".into(), place: "cur/5.V14U7.exoimap:2,S".into(), seconds: 5 };
        let mut list = List {
            next: Next::Act(Action::Delete),
            mbox: Some(9),
            appended: true,
            entries: vec![entry],
            is_whole: true,
        };
        for next in [Next::Nothing, Next::Run(None), Next::Run(Some(Action::Delete)), Next::Act(Action::Delete)] {
            list.next = next;
            assert_eq!(parse(&list.lines()).as_ref(), Some(&list));
        }
        let lines = list.lines();
        assert!((0..lines.len()).all(|cut| parse(&lines[..cut]).is_none()));
        for place in ["../x", "/x", "a/../../x", ""] {
            let bad: Vec<_> = lines.iter().map(|line| line.replace("cur/5.V14U7.exoimap:2,S", place)).collect();
            assert_eq!(parse(&bad), None, "{place}");
        }
        let more = [lines, vec!["appended".to_owned()]].concat();
        assert_eq!(parse(&more), None);
    }

    #[test]
    fn an_action_survives_its_line() {
        let folder = MailboxName::new("Fertig / 済み x").unwrap();
        let odd = MailboxName::from_wire(b"x&AAo-skipped 1:9\t&-");
        for action in [Action::MarkSeen, Action::Delete, Action::MoveTo(folder), Action::MoveTo(odd)] {
            assert!(!action.to_text().contains(char::is_control), "{action:?}");
            assert_eq!(Action::parse(&action.to_text()), Some(action));
        }
        assert_eq!(Action::parse("move"), None);
        assert_eq!(Action::parse("delete all"), None);
    }
}
