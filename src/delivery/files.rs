//! Small files that must be whole, names that must last, and one run at a time.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::time::SystemTime;

use crate::error::{Error, Kind, Phase, Result};

/// Threads that make files durable side by side: a disk's journal takes many at the price of few.
const SYNC_THREADS: usize = 8;

/// Takes a lock that ends when it is released, or with the process, and with what that has given it to, however these
/// end.
pub(super) fn lock(path: &Path, dir: &Path) -> Result<File> {
    let refused = |e| Error::disk(format!("locking {}", path.display()), e);
    // To be read too: it is what a program has for its empty stdin.
    let file = File::options().create(true).read(true).append(true).open(path).map_err(refused)?;
    match file.try_lock() {
        Ok(()) => {
            // When the last run was: who fetches many mailboxes begins with the one whose turn is longest ago.
            let _ = file.set_modified(SystemTime::now());
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let message = format!("another run is at work on {}; nothing was done", dir.display());
            Err(Error::new(Kind::Temporary, Phase::Disk, message))
        }
        Err(TryLockError::Error(e)) => Err(refused(e)),
    }
}

/// A file's text, or none where there is no such file.
pub(super) fn read_if_there(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::disk(format!("reading {}", path.display()), e)),
    }
}

/// Replaces a small file: whole and durable, or as it was.
pub(super) fn replace(path: &Path, text: &str) -> Result<()> {
    let new = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut file = File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().map_err(|e| Error::disk(format!("writing {}", path.display()), e))?;
    path.parent().map_or(Ok(()), sync_dir)
}

/// Makes files durable, a few at a time.
pub(super) fn sync_all(files: &[&File]) -> Result<()> {
    let share = files.len().div_ceil(SYNC_THREADS).max(1);
    let synced = std::thread::scope(|scope| {
        let threads: Vec<_> = files
            .chunks(share)
            .map(|share| scope.spawn(|| share.iter().try_for_each(|file| file.sync_all())))
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread failed"))))
    });
    synced.map_err(|e| Error::disk("making messages durable", e))
}

/// Makes a folder and those above it that are missing, their names durable: a message is not safe in a
/// folder that a power cut takes away.
pub(super) fn make_dir(dir: &Path) -> Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let above = dir.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_dir(above)?;
    match fs::create_dir(dir) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists || !dir.is_dir() => {
            Err(Error::disk(format!("making {}", dir.display()), e))
        }
        // Whoever may write in a folder may not always read it, and only what can be read can be synced.
        _ if File::open(above).is_err_and(|e| e.kind() == io::ErrorKind::PermissionDenied) => Ok(()),
        _ => sync_dir(above),
    }
}

/// Makes a directory's names durable; Windows has no such call, its file system keeps names by itself.
pub(super) fn sync_dir(dir: &Path) -> Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(|e| Error::disk(format!("making {} durable", dir.display()), e))
}
