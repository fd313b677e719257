//! What the states below a directory say, without a connection and while a run holds the lock.
//!
//! ```text
//! exoimap last 1
//! run 1795477275123 6
//! complete 1795477275123
//! ```
//! `.exoimap/last`: when the last run ended and with which exit code, and when the last one that went through the whole
//! folder did (0 or 6), in milliseconds since 1970. A power cut may bring back the one before.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Source;
use super::format::{folder_path, is_of_messages};
use super::state::{State, Tries, read_if_there};
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

/// A state, and how the last run of its directory ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// The directory.
    pub dir: PathBuf,
    /// What it remembers.
    pub state: State,
    /// The last run, if it is known.
    pub last: Option<LastRun>,
}

impl Status {
    /// True if everything is done.
    pub(crate) fn is_clean(&self) -> bool {
        let State { run, act, given_up, .. } = &self.state;
        run.is_empty() && act.is_empty() && given_up.is_empty() && self.failing().next().is_none()
    }

    /// Messages that do not come, or that a program refuses.
    pub(crate) fn failing(&self) -> impl Iterator<Item = (&Uid, &Tries)> {
        self.state.failed.iter().chain(&self.state.refused).filter(|(_, tries)| tries.count > 0)
    }

    /// Messages that are still to be marked, moved or deleted.
    pub(crate) fn pending_changes(&self) -> UidSet {
        self.state.act.iter().flat_map(|(uids, _)| uids.iter()).collect()
    }
}

/// The states in `root` and below it, in the order of their paths, or what is wrong with each.
pub(crate) fn status(root: &Path) -> Vec<Result<Status>> {
    let mut found = Vec::new();
    look(root, None, DEEPEST, &mut found);
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found.into_iter().map(|(_, status)| status).collect()
}

/// `above`: a run that ended before it came to the folders below.
fn look(dir: &Path, above: Option<LastRun>, depth: u32, found: &mut Vec<(PathBuf, Result<Status>)>) {
    let own = last_run(dir);
    let newer = |own: LastRun| {
        above.filter(|above| above.ended > own.ended).map(|above| LastRun { complete: own.complete, ..above })
    };
    let last = own.map_or(above.map(|above| LastRun { complete: None, ..above }), |own| newer(own).or(Some(own)));
    if let Some(state) = State::of(dir).and_then(Option::transpose).transpose() {
        found.push((dir.to_owned(), state.map(|state| Status { dir: dir.to_owned(), state, last })));
    }
    if depth == 0 {
        return;
    }
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) => return found.push((dir.to_owned(), Err(Error::disk(format!("reading {}", dir.display()), e)))),
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().to_lowercase();
        // Attachments, a Maildir's folders and our own hold no states; links are not followed.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && !is_of_messages(&name) {
            look(&entry.path(), last, depth - 1, found);
        }
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

/// A power cut may bring back what was there before.
fn replace_soon(path: &Path, text: &str) -> Result<()> {
    files::replace_soon(path, text.as_bytes()).map_err(|e| Error::disk(format!("writing {}", path.display()), e))
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
    let below = folder_path(source.folder)?.into_iter().flat_map(|folder| [root.join(&folder), mailbox.join(folder)]);
    let mut places: Vec<_> = below.chain([root.to_owned(), mailbox.clone(), expected.clone()]).collect();
    places.sort();
    places.dedup();
    let mut found = Vec::new();
    for place in places {
        if matches!(State::of(&place)?, Some(Ok(state)) if state.is_of(source)) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{Destination, FileOptions, Format};

    #[test]
    fn a_job_of_another_form_goes_on_where_it_was_and_two_states_are_refused() {
        let folder = crate::folder::Folder::new();
        let root = folder.to_path_buf();
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
    }
}
