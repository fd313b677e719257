//! Our own files in a directory, with errors that name them, and messages made durable side by side.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::error::{Cause, Error, Kind, Phase, Result};
use crate::files::{self, Lock, Mode};
use crate::threads;

/// Threads that make files durable side by side: a disk's journal takes many at the price of few.
const SYNC_THREADS: usize = 8;

/// Bytes of a state or a list at most; a state of 20,000 ranges has less than one million.
const MOST: u64 = 64 << 20;

/// How the files of a directory are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileOptions {
    /// Who may read what is delivered; what is ours stays the owner's.
    pub mode: Mode,
    /// How long an mbox that another program has locked is waited for.
    pub lock_wait: Duration,
    /// When the run must have ended.
    pub deadline: Option<Instant>,
}

impl Default for FileOptions {
    /// The owner alone, and a minute.
    fn default() -> FileOptions {
        FileOptions { mode: Mode::PRIVATE, lock_wait: Duration::from_secs(60), deadline: None }
    }
}

/// Takes the lock that one run at a time has.
pub(super) fn lock(path: &Path, dir: &Path) -> Result<Lock> {
    match Lock::take(path).map_err(|e| Error::disk(format!("locking {}", path.display()), e))? {
        Some(lock) => {
            // When the last run was: of many mailboxes the one whose turn is longest ago is fetched first.
            let _ = lock.file().set_modified(SystemTime::now());
            Ok(lock)
        }
        None => {
            let message = format!("another exoimap run is using {}", dir.display());
            Err(Error::new(Kind::Temporary, Phase::Disk, message).because(Cause::AnotherRun))
        }
    }
}

/// A file's text; none if it does not exist.
pub(super) fn read_if_there(path: &Path) -> Result<Option<String>> {
    let refused = |e| Error::disk(format!("reading {}", path.display()), e);
    let Some(bytes) = files::read_own(path, MOST).map_err(refused)? else { return Ok(None) };
    let text = bytes.expose_str().ok_or_else(|| refused(io::ErrorKind::InvalidData.into()))?;
    Ok(Some(text.to_owned()))
}

/// Replaces a small file: whole and durable, or as it was.
pub(super) fn replace(path: &Path, text: &str) -> Result<()> {
    files::replace(path, text.as_bytes()).map_err(|e| Error::disk(format!("writing {}", path.display()), e))
}

/// The same, without waiting for the disk.
pub(super) fn replace_soon(path: &Path, text: &str) -> Result<()> {
    files::replace_soon(path, text.as_bytes()).map_err(|e| Error::disk(format!("writing {}", path.display()), e))
}

/// Makes files durable, a few at a time.
pub(super) fn sync_all(files: &[&File]) -> Result<()> {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(None));
    threads::side_by_side(SYNC_THREADS.min(files.len()), || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(e) = file.sync_all() {
                failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(e);
            }
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.map_or(Ok(()), |e| Err(Error::disk("making messages durable", e)))
}

/// Creates the directories below `root` that lead to `dir`; none of them may be a link.
pub(super) fn make_below(root: &Path, dir: &Path, mode: Mode) -> Result<()> {
    let Ok(below) = dir.strip_prefix(root) else { return Ok(()) };
    let mut path = root.to_owned();
    for part in below {
        path.push(part);
        files::make_own_dir(&path, mode).map_err(|e| Error::disk(format!("opening {}", dir.display()), e))?;
    }
    Ok(())
}

/// Makes a directory's names durable.
pub(super) fn sync_dir(dir: &Path) -> Result<()> {
    files::sync_dir(dir).map_err(|e| Error::disk(format!("making {} durable", dir.display()), e))
}
