//! What is done on the server with a message that was handed over.

use std::io::{Read, Write};

use crate::error::{Error, Kind, Phase, Result};
use crate::exchange::explain;
use crate::imap::UidSet;
use crate::imap::mailbox_name::MailboxName;
use crate::imap::session::Selected;

/// A change on the server. It is made only for messages that are durable, and handed over where a
/// program takes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `\Seen`
    MarkSeen,
    /// Moves to this folder.
    MoveTo(MailboxName),
    /// `\Deleted` and UID EXPUNGE.
    Delete,
}

impl Action {
    /// One line of the state: a verb, then whatever the folder is called.
    pub(super) fn to_text(&self) -> String {
        match self {
            Action::MarkSeen => "mark-seen".to_owned(),
            Action::MoveTo(folder) => format!("move {}", folder.as_str()),
            Action::Delete => "delete".to_owned(),
        }
    }

    pub(super) fn parse(text: &str) -> Option<Action> {
        match text.split_once(' ') {
            None if text == "mark-seen" => Some(Action::MarkSeen),
            None if text == "delete" => Some(Action::Delete),
            Some(("move", folder)) => MailboxName::new(folder).ok().map(Action::MoveTo),
            _ => None,
        }
    }

    /// Refuses what the server cannot do, before anything is fetched: a bare EXPUNGE, which would remove
    /// what others marked, is never sent.
    pub(super) fn check<S: Read + Write>(&self, selected: &Selected<'_, S>) -> Result<()> {
        let refused = |why: &str| Err(Error::new(Kind::Refused, Phase::Select, why));
        let has = |name: &str| selected.capabilities().has(name);
        if selected.mailbox().read_only {
            return refused(
                "the folder is read-only for this application, so nothing in it can be marked, moved or deleted",
            );
        }
        match self {
            Action::MarkSeen => Ok(()),
            Action::MoveTo(_) if has("MOVE") || has("UIDPLUS") => Ok(()),
            Action::Delete if has("UIDPLUS") => Ok(()),
            _ => refused(
                "the server offers neither MOVE nor UIDPLUS, without which only an EXPUNGE of everybody's marked messages is left",
            ),
        }
    }

    /// Makes the change. `then` is told what is left to do as soon as a part is done that must not be
    /// repeated: a copy.
    pub(super) fn perform<S: Read + Write>(
        &self,
        selected: &mut Selected<'_, S>,
        uids: &UidSet,
        then: &mut dyn FnMut(Action) -> Result<()>,
    ) -> Result<()> {
        match self {
            Action::MarkSeen => selected.store(uids, "+FLAGS.SILENT (\\Seen)").map_err(explain),
            Action::MoveTo(folder) if selected.capabilities().has("MOVE") => {
                selected.move_to(uids, folder).map_err(explain)
            }
            Action::MoveTo(folder) => {
                selected.copy(uids, folder).map_err(explain)?;
                then(Action::Delete)?;
                Action::Delete.perform(selected, uids, then)
            }
            Action::Delete => {
                selected.store(uids, "+FLAGS.SILENT (\\Deleted)").map_err(explain)?;
                selected.expunge(uids).map_err(explain)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_survives_its_line() {
        let folder = MailboxName::new("Fertig / 済み x").unwrap();
        for action in [Action::MarkSeen, Action::Delete, Action::MoveTo(folder)] {
            assert_eq!(Action::parse(&action.to_text()), Some(action));
        }
        assert_eq!(Action::parse("move"), None);
        assert_eq!(Action::parse("delete all"), None);
    }
}
