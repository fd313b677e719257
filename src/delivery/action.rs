//! What is done on the server with a message that was handed over.

use crate::exchange::Change;
use crate::imap::mailbox_name::MailboxName;
use crate::imap::types::Flag;

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
