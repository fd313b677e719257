//! What is done to messages on the server, by whomever: `fetch` when it handed them over, and the commands
//! that do nothing else.
//!
//! A bare EXPUNGE, which would remove what others marked, is never sent.

use std::io::{Read, Write};

use super::folders::resolve;
use crate::error::{Error, Kind, Phase, Result};
use crate::imap::UidSet;
use crate::imap::mailbox_name::MailboxName;
use crate::imap::types::Flag;
use crate::imap::{Copied, Selected, Session};
use crate::text::shell_word;

/// A change of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Sets and takes away flags.
    Flags {
        /// Flags to set.
        set: Vec<Flag>,
        /// Flags to take away.
        clear: Vec<Flag>,
    },
    /// Copies to this folder.
    CopyTo(MailboxName),
    /// Moves to this folder: by MOVE, or where that is not offered by COPY, `\Deleted` and UID EXPUNGE.
    MoveTo(MailboxName),
    /// Removes for good: `\Deleted` and UID EXPUNGE. Exchange keeps it in Recoverable Items.
    Delete,
}

impl Change {
    /// Refuses what the server cannot do in this folder, before anything is done.
    pub(crate) fn check<S: Read + Write>(&self, selected: &Selected<'_, S>) -> Result<()> {
        let refused = |why: String| Err(Error::new(Kind::Refused, Phase::Select, why));
        let has = |name: &str| selected.capabilities().has(name);
        let mailbox = selected.mailbox();
        if mailbox.read_only && !matches!(self, Change::CopyTo(_)) {
            return refused(
                "the folder is read-only for this application, so nothing in it can be marked, moved or deleted".into(),
            );
        }
        match self {
            Change::Flags { set, clear } => {
                let kept = mailbox.permanent_flags.as_deref();
                let lost = |flag: &&Flag| kept.is_some_and(|kept| !is_kept(kept, flag));
                match set.iter().chain(clear).find(lost) {
                    Some(flag) => refused(format!("the folder keeps no flag {}", flag.as_str())),
                    None => Ok(()),
                }
            }
            Change::CopyTo(_) => Ok(()),
            Change::MoveTo(_) if has("MOVE") || has("UIDPLUS") => Ok(()),
            Change::Delete if has("UIDPLUS") => Ok(()),
            _ => refused(
                "the server offers neither MOVE nor UIDPLUS, without which only an EXPUNGE of everybody's marked messages is left"
                    .into(),
            ),
        }
    }

    /// Makes the change, and believes it where the server shows it: `undone` of the result are messages that the
    /// server said OK to and that are as they were. A move without MOVE tells `copied` when the copies are made, of all
    /// but its `undone`: from then on it must not be repeated, and what is left of it is [`Change::Delete`].
    pub(crate) fn perform<S: Read + Write>(
        &self,
        selected: &mut Selected<'_, S>,
        uids: &UidSet,
        copied: &mut dyn FnMut(&Copied) -> Result<()>,
    ) -> Result<Copied> {
        match self {
            Change::Flags { set, clear } => {
                let mut made = Copied::default();
                for (flags, on) in [(set, true), (clear, false)] {
                    if !flags.is_empty() {
                        made.undone.extend(&store(selected, uids, flags, on)?);
                    }
                }
                Ok(made)
            }
            Change::CopyTo(folder) => selected.copy(uids, folder),
            Change::MoveTo(folder) if self.is_one_command(selected) => selected.move_to(uids, folder),
            Change::MoveTo(folder) => {
                let mut made = selected.copy(uids, folder)?;
                copied(&made)?;
                // What was not copied is not removed.
                let copies = uids.without(&made.undone);
                let removed = Change::Delete.perform(selected, &copies, copied);
                let removed = removed.map_err(|e| e.adding(&format!(" (the copies in {folder} are made)")))?;
                made.undone.extend(&removed.undone);
                Ok(made)
            }
            Change::Delete => {
                selected.store(uids, "+FLAGS.SILENT (\\Deleted)")?;
                let mut made = Copied::default();
                made.undone = selected.expunge(uids)?;
                Ok(made)
            }
        }
    }

    /// True where a move is a MOVE.
    fn is_one_command<S: Read + Write>(&self, selected: &Selected<'_, S>) -> bool {
        selected.capabilities().has("MOVE")
    }

    /// True where the change, interrupted and made again, may leave a message twice.
    pub(crate) fn may_double<S: Read + Write>(&self, selected: &Selected<'_, S>) -> bool {
        match self {
            Change::CopyTo(_) => true,
            Change::MoveTo(_) => !self.is_one_command(selected),
            _ => false,
        }
    }
}

/// Sets or clears flags; returns the messages that are there without the change.
fn store<S: Read + Write>(selected: &mut Selected<'_, S>, uids: &UidSet, flags: &[Flag], on: bool) -> Result<UidSet> {
    let names: Vec<_> = flags.iter().map(Flag::as_str).collect();
    let is_done = |now: &[Flag]| names.iter().all(|name| now.iter().any(|flag| flag.is(name)) == on);
    let sign = if on { '+' } else { '-' };
    let shown = selected.store(uids, &format!("{sign}FLAGS ({})", names.join(" ")))?;
    let done: UidSet = shown.iter().filter(|(_, now)| is_done(now)).map(|(uid, _)| *uid).collect();
    let mut undone = UidSet::new();
    selected.fetch_each(&uids.without(&done), "UID FLAGS", &mut |fetched| {
        if let (Some(uid), Some(now)) = (fetched.uid, &fetched.flags)
            && !is_done(now)
        {
            undone.insert(uid);
        }
        Ok(())
    })?;
    Ok(undone)
}

/// True for a flag that the folder keeps. `\*` means any keyword; alone it means any flag (Courier, and what hMailServer
/// sends), since no folder keeps only keywords.
fn is_kept(kept: &[Flag], flag: &Flag) -> bool {
    let is_listed = |name: &str| kept.iter().any(|known| known.is(name));
    let any = is_listed("\\*") && (kept.len() == 1 || !flag.as_str().starts_with('\\'));
    any || is_listed(flag.as_str())
}

/// Refuses a folder that is not there, with the command that makes it; `purpose` is what it is wanted for.
///
/// Returns its name, which is another one for a special use such as `\Trash`.
pub(crate) fn require_folder<S: Read + Write>(
    session: &mut Session<S>,
    folder: &MailboxName,
    purpose: &str,
) -> Result<MailboxName> {
    let folder = resolve(session, folder)?;
    if session.has_mailbox(&folder)? {
        return Ok(folder);
    }
    let message = format!(
        "there is no folder {folder} to {purpose}; create it: exoimap folders create {}",
        shell_word(folder.as_str())
    );
    Err(Error::new(Kind::Refused, Phase::Select, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_that_a_folder_keeps() {
        let kept = |list: &[&str], flag: &str| {
            let list: Vec<_> = list.iter().map(|name| Flag::new(name.as_bytes())).collect();
            is_kept(&list, &Flag::named(flag).unwrap())
        };
        assert!(kept(&["\\Seen"], "\\SEEN") && !kept(&["\\Seen"], "\\Flagged") && !kept(&["\\Seen"], "$Done"));
        assert!(kept(&["\\Seen", "\\*"], "$Done") && !kept(&["\\Seen", "\\*"], "\\Flagged"));
        assert!(kept(&["\\*"], "\\Flagged") && !kept(&[], "\\Seen"));
    }
}
