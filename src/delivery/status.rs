//! What the states below a directory say, without a connection and while a run holds the lock.
//!
//! ```text
//! exoimap last 1
//! run 1795477275123 6
//! complete 1795477275123
//! ```
//! `.exoimap/last`: when the last run ended and with which exit code, and when the last one that went through the whole
//! folder did (0 or 6), in milliseconds since 1970. It is not made durable: a power cut may bring back the one before.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Source;
use super::files::{read_if_there, replace_soon};
use super::format::{Format, folder_path, is_reserved};
use super::state::State;
use crate::error::{Error, Result};
use crate::files::{self, Mode};
use crate::imap::UidSet;
use crate::imap::mailbox_name::MailboxName;
use crate::imap::types::Uid;

const HEAD: &str = "exoimap last 1";

/// Directories in one another that are looked at.
const DEEPEST: u32 = 40;

/// The last run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LastRun {
    /// When it ended.
    pub ended: SystemTime,
    /// Its exit code.
    pub exit_code: u8,
    /// When the last run ended that went through the whole folder.
    pub complete: Option<SystemTime>,
}

/// A message that does not come, or that a program refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failing {
    /// The message.
    pub uid: Uid,
    /// Runs that tried.
    pub tries: u32,
    /// Why the last one failed.
    pub reason: String,
}

/// What one state says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// The directory.
    pub dir: PathBuf,
    /// The server.
    pub host: String,
    /// The mailbox, in lower case.
    pub mailbox: String,
    /// The folder.
    pub folder: String,
    /// How messages are kept.
    pub format: Format,
    /// The last run, if it is known.
    pub last: Option<LastRun>,
    /// Messages that were delivered in all.
    pub delivered: u64,
    /// Messages that a program has still to take.
    pub pending_program: UidSet,
    /// Messages that are still to be marked, moved or deleted.
    pub pending_changes: UidSet,
    /// Messages that fail.
    pub failing: Vec<Failing>,
    /// Messages that failed too often.
    pub given_up: UidSet,
}

impl Status {
    /// True if everything is done.
    pub(crate) fn is_clean(&self) -> bool {
        self.pending_program.is_empty()
            && self.pending_changes.is_empty()
            && self.failing.is_empty()
            && self.given_up.is_empty()
    }
}

/// The states in `root` and below it, in the order of their paths.
pub(crate) fn status(root: &Path) -> Result<Vec<Status>> {
    let mut found = Vec::new();
    look(root, None, DEEPEST, &mut found)?;
    found.sort_by(|one, other| one.dir.cmp(&other.dir));
    Ok(found)
}

/// `above`: a run that ended before it came to the folders below.
fn look(dir: &Path, above: Option<LastRun>, depth: u32, found: &mut Vec<Status>) -> Result<()> {
    let own = last_run(dir);
    let newer = |own: LastRun| {
        above.filter(|above| above.ended > own.ended).map(|above| LastRun { complete: own.complete, ..above })
    };
    let last = own.map_or(above.map(|above| LastRun { complete: None, ..above }), |own| newer(own).or(Some(own)));
    let path = dir.join(".exoimap").join("state");
    if let Some(text) = read_if_there(&path)? {
        let state = State::parse(&text)
            .map_err(|why| Error::disk(format!("reading {}", path.display()), std::io::Error::other(why)))?;
        found.push(of(dir, state, last));
    }
    if depth == 0 {
        return Ok(());
    }
    let entries = fs::read_dir(dir).map_err(|e| Error::disk(format!("reading {}", dir.display()), e))?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().to_lowercase();
        // Attachments, a Maildir's folders and our own hold no states; links are not followed.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && !is_reserved(&name) {
            look(&entry.path(), last, depth - 1, found)?;
        }
    }
    Ok(())
}

fn of(dir: &Path, state: State, last: Option<LastRun>) -> Status {
    let failing = state.failed.iter().chain(&state.refused).filter(|(_, tries)| tries.count > 0);
    let failing = failing.map(|(uid, tries)| Failing { uid: *uid, tries: tries.count, reason: tries.reason.clone() });
    let mut pending_changes = UidSet::new();
    state.act.iter().for_each(|(uids, _)| pending_changes.extend(uids));
    Status {
        dir: dir.to_owned(),
        failing: failing.collect(),
        host: state.host,
        mailbox: state.mailbox,
        folder: state.folder,
        format: state.format,
        last,
        delivered: state.delivered.len(),
        pending_program: state.run,
        pending_changes,
        given_up: state.given_up,
    }
}

/// Remembers how a run of `dir` ended; nothing if there is no such directory.
pub(crate) fn record(dir: &Path, exit_code: u8) -> Result<()> {
    if !dir.is_dir() {
        return Ok(());
    }
    let own = dir.join(".exoimap");
    files::make_own_dir(&own, Mode::PRIVATE).map_err(|e| Error::disk(format!("opening {}", dir.display()), e))?;
    let millis = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let now = SystemTime::now();
    let complete = match exit_code {
        0 | 6 => Some(now),
        _ => last_run(dir).and_then(|last| last.complete),
    };
    let complete = complete.map(|time| format!("complete {}\n", millis(time))).unwrap_or_default();
    replace_soon(&own.join("last"), &format!("{HEAD}\nrun {} {exit_code}\n{complete}", millis(now)))
}

/// Remembers which folders a run with a pattern found; returns those of the run before it.
pub(crate) fn record_folders(dir: &Path, folders: &[MailboxName]) -> Result<Vec<String>> {
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    let path = dir.join(".exoimap").join("folders");
    let before = read_if_there(&path)?.unwrap_or_default();
    let now: String = folders.iter().map(|folder| format!("{folder}\n")).collect();
    files::make_own_dir(&dir.join(".exoimap"), Mode::PRIVATE)
        .map_err(|e| Error::disk(format!("opening {}", dir.display()), e))?;
    if now != before {
        replace_soon(&path, &now)?;
    }
    Ok(before.lines().map(str::to_owned).collect())
}

/// What is not readable is not known.
fn last_run(dir: &Path) -> Option<LastRun> {
    let text = read_if_there(&dir.join(".exoimap").join("last")).ok()??;
    let mut lines = text.lines().filter(|_| text.starts_with(HEAD)).skip(1);
    let (ended, exit_code) = lines.next()?.strip_prefix("run ")?.split_once(' ')?;
    let time = |millis: &str| UNIX_EPOCH.checked_add(Duration::from_millis(millis.parse().ok()?));
    let complete = lines.next().and_then(|line| time(line.strip_prefix("complete ")?));
    Some(LastRun { ended: time(ended)?, exit_code: exit_code.parse().ok()?, complete })
}

/// The directory of a source below `root`: `expected`, unless a job of another form, for one mailbox or folder instead
/// of several or the other way round, delivered the source elsewhere: its mail would come twice. Two such directories
/// are an error.
pub(crate) fn locate(root: &Path, source: &Source, expected: PathBuf) -> Result<PathBuf> {
    let mailbox = root.join(source.mailbox.to_lowercase());
    let folder = folder_path(source.folder)?;
    let mut places = vec![root.to_owned(), root.join(&folder), mailbox.join(&folder), mailbox, expected.clone()];
    places.sort();
    places.dedup();
    let mut found = Vec::new();
    for place in places {
        let text = read_if_there(&place.join(".exoimap").join("state"))?;
        if text.and_then(|text| State::parse(&text).ok()).is_some_and(|state| is_of(&state, source)) {
            found.push(place);
        }
    }
    if let [one, other, ..] = found.as_slice() {
        let (folder, mailbox) = (source.folder, source.mailbox);
        let message = format!(
            "{} and {} both hold a state of {folder} of {mailbox}: move one of them away",
            one.display(),
            other.display()
        );
        return Err(Error::usage(message));
    }
    Ok(found.pop().unwrap_or(expected))
}

fn is_of(state: &State, source: &Source) -> bool {
    let own = State::new(source.host, source.mailbox, source.folder.as_str(), source.format);
    // Exchange does not tell folders apart by the case of their names.
    let is_folder = state.folder.to_lowercase() == own.folder.to_lowercase();
    is_folder && (&state.host, &state.mailbox) == (&own.host, &own.mailbox)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{Destination, FileOptions};

    #[test]
    fn a_job_of_another_form_goes_on_where_it_was_and_two_states_are_refused() {
        let root = std::env::temp_dir().join(format!("exoimap-place-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let orders = MailboxName::new("Orders").unwrap();
        let inbox = MailboxName::inbox();
        let source = |folder| Source {
            host: "h",
            mailbox: "A@contoso.com",
            folder,
            format: Format::Eml,
            files: FileOptions::default(),
        };
        let expected = || root.join("a@contoso.com").join("Orders");
        assert_eq!(locate(&root, &source(&orders), expected()).unwrap(), expected());
        // In the directory itself there is another folder's.
        Destination::open(&root, &source(&inbox)).unwrap().save().unwrap();
        assert_eq!(locate(&root, &source(&orders), expected()).unwrap(), expected());
        assert_eq!(locate(&root, &source(&inbox), root.join("INBOX")).unwrap(), root);
        for place in ["Orders", "a@contoso.com"] {
            let place = root.join(place);
            Destination::open(&place, &source(&orders)).unwrap().save().unwrap();
            assert_eq!(locate(&root, &source(&orders), expected()).unwrap(), place);
            fs::rename(place.join(".exoimap/state"), root.join("moved")).unwrap();
        }
        for place in [root.join("Orders"), expected()] {
            Destination::open(&place, &source(&orders)).unwrap().save().unwrap();
        }
        let refused = locate(&root, &source(&orders), expected()).unwrap_err();
        assert!(refused.to_string().contains("both hold a state of Orders of A@contoso.com"), "{refused}");
        fs::remove_dir_all(&root).unwrap();
    }
}
