//! mboxrd: a separator line, the message with `>` before every line that is `From ` behind any number of `>`, an empty
//! line. LF line ends.
//!
//! The one file of an mbox is appended to: a group is appended whole or not at all, also where somebody takes the file away
//! meanwhile.
//!
//! While a group is being appended a second name of the file, a hard link among our own files, tells what
//! became of an attempt that was killed: whether the group is all there, and if not, what to cut off, in
//! whatever place and under whatever name the file is by then. Where a file system has no hard links the
//! file itself is all there is to look at.
//!
//! While it is looked at and appended to, two locks keep other programs out: `mbox.lock` beside it, created exclusively,
//! and on Unix the file's own (`flock`). A run that has one does not wait for the other: if one is held, both are released.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::FileOptions;
use super::format::mbox_separator;
use crate::error::{Error, Kind, Phase, Result};
use crate::files::{self, Mode};

/// Writes the group's entries.
pub(super) type Entries<'a> = dyn FnMut(&mut dyn Write) -> io::Result<()> + 'a;

/// How often a lock that another program has is tried.
const AGAIN: Duration = Duration::from_millis(50);

/// How a lock file of ours begins.
const OURS: &str = "exoimap ";

/// Bytes of a lock file that are looked at.
const MOST_OF_A_LOCK: u64 = 4096;

/// So often the file is opened again if a program takes it away at that very moment.
const MOST_OPENS: u32 = 100;

const TAKEN_AWAY: &str = "another program takes it away again and again";

pub(super) struct MboxFile {
    path: PathBuf,
    link: PathBuf,
    options: FileOptions,
}

/// The file, open and locked until this is dropped.
pub(super) struct Locked {
    file: File,
    lock_file: PathBuf,
}

impl Drop for Locked {
    fn drop(&mut self) {
        let _ = self.file.unlock();
        let _ = fs::remove_file(&self.lock_file);
    }
}

impl MboxFile {
    pub(super) fn new(path: PathBuf, link: PathBuf, options: FileOptions) -> MboxFile {
        MboxFile { path, link, options }
    }

    /// Bytes in it; 0 if it does not exist.
    pub(super) fn length(&self) -> Result<u64> {
        match files::if_there(self.path.symlink_metadata()).map_err(|e| self.refused(e))? {
            Some(data) if data.is_file() => Ok(data.len()),
            Some(_) => Err(self.refused(io::Error::other("it is not a regular file"))),
            None => Ok(0),
        }
    }

    /// The group is done with, or a new one begins: nothing is looked at any more. What a run that was killed has left
    /// locked is not.
    pub(super) fn release(&self) -> Result<()> {
        let lock_file = self.path.with_extension("lock");
        if lock_file.symlink_metadata().is_ok_and(|data| data.is_file()) {
            self.remove_leftover(&lock_file).map_err(|e| self.refused(e))?;
        }
        files::if_there(fs::remove_file(&self.link)).map(drop).map_err(|e| self.refused(e))
    }

    /// Opens the file, created if it does not exist, and locks it.
    pub(super) fn lock(&self) -> Result<Locked> {
        let end = Instant::now() + self.options.lock_wait;
        let end = self.options.deadline.map_or(end, |deadline| deadline.min(end));
        loop {
            match self.try_lock().map_err(|e| self.refused(e))? {
                Ok(locked) => return Ok(locked),
                Err(held) if Instant::now() >= end => return Err(self.refused(io::Error::other(held))),
                Err(_) => std::thread::sleep(AGAIN),
            }
        }
    }

    /// Takes both locks, or says which is held.
    fn try_lock(&self) -> io::Result<std::result::Result<Locked, String>> {
        let lock_file = self.path.with_extension("lock");
        match self.create_lock(&lock_file) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                let held = lock_file.symlink_metadata().and_then(|data| data.modified());
                let age = held.ok().and_then(|time| SystemTime::now().duration_since(time).ok()).unwrap_or_default();
                self.remove_leftover(&lock_file)?;
                return Ok(Err(format!("{} has existed for {} seconds", lock_file.display(), age.as_secs())));
            }
            Err(e) => return Err(e),
        }
        // From here on the lock file goes whatever happens.
        let file = self.open_or_create().inspect_err(|_| drop(fs::remove_file(&lock_file)))?;
        let held = cfg!(unix) && file.try_lock().is_err();
        let locked = Locked { file, lock_file };
        let is_there = self.is_at_its_place(&locked.file);
        Ok(match (held, is_there) {
            (true, _) => Err("another program has locked it".to_owned()),
            (false, false) => Err(TAKEN_AWAY.to_owned()),
            (false, true) => Ok(locked),
        })
    }

    /// The lock file has its text from the moment it exists, so that one which a killed run left is known as ours.
    fn create_lock(&self, lock_file: &Path) -> io::Result<()> {
        let new = self.link.with_extension("lock");
        let _ = fs::remove_file(&new);
        // Synced: after a power cut nobody would know whose an empty one is.
        let create = |path: &Path| {
            let mut file = files::create(path, Mode::PRIVATE)?;
            writeln!(file, "{OURS}{}", std::process::id()).and_then(|()| file.sync_data())
        };
        create(&new)?;
        let linked = fs::hard_link(&new, lock_file);
        let _ = fs::remove_file(&new);
        match linked {
            // A file system without hard links.
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => create(lock_file),
            linked => linked,
        }
    }

    /// Removes a lock file of ours. One run at a time is at work here, so it was left by one that was killed.
    fn remove_leftover(&self, lock_file: &Path) -> io::Result<()> {
        let owner = files::read_own(lock_file, MOST_OF_A_LOCK)?;
        let is_ours = owner.is_some_and(|owner| owner.expose().starts_with(OURS.as_bytes()));
        if is_ours { fs::remove_file(lock_file) } else { Ok(()) }
    }

    fn open_or_create(&self) -> io::Result<File> {
        // A program that heeds no lock may take it away between the two steps.
        for _ in 0..MOST_OPENS {
            match files::open_own(&self.path, File::options().read(true).append(true)) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) if e.kind() == io::ErrorKind::ResourceBusy => continue,
                opened => return opened,
            }
            match files::create(&self.path, self.options.mode) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                created => drop(created?),
            }
        }
        Err(io::Error::other(TAKEN_AWAY))
    }

    /// True where an attempt before this one appended all of the group behind `length`.
    pub(super) fn holds(&self, length: u64, entries: &mut Entries) -> Result<bool> {
        let Some(file) = self.tried()? else { return Ok(false) };
        let mut look = || -> io::Result<bool> {
            if file.metadata()?.len() <= length {
                return Ok(false);
            }
            let separation = separation(&file, length)?;
            (&file).seek(SeekFrom::Start(length))?;
            let mut same = Same { file: &file, is: true };
            same.write_all(separation)?;
            entries(&mut same)?;
            let whole = same.is && (&file).stream_position()? == file.metadata()?.len();
            if whole {
                file.sync_all()?;
            }
            Ok(whole)
        };
        look().map_err(|e| self.refused(e))
    }

    /// Takes back what an attempt before this one appended in part, wherever the file is by now.
    pub(super) fn cut_back(&self, length: u64) -> Result<()> {
        let file = match self.tried()? {
            None if self.length()? > length => self.open(&self.path)?,
            tried => tried,
        };
        let cut = |file: File| match file.metadata()?.len() > length {
            true => file.set_len(length).and_then(|()| file.sync_all()),
            false => Ok(()),
        };
        file.map_or(Ok(()), cut).map_err(|e| self.refused(e))
    }

    /// A group is about to be appended: gives the file its second name, and says how long it is.
    pub(super) fn begin(&self, locked: &mut Locked) -> Result<u64> {
        let mut begin = || -> io::Result<u64> {
            for _ in 0..MOST_OPENS {
                let _ = fs::remove_file(&self.link);
                // Not every file system has links.
                let linked = fs::hard_link(&self.path, &self.link);
                let is_gone = linked.is_err_and(|e| e.kind() == io::ErrorKind::NotFound);
                if !is_gone && self.is_at_its_place(&locked.file) {
                    return Ok(locked.file.metadata()?.len());
                }
                // A program that heeds no lock took it away.
                locked.file = self.open_or_create()?;
            }
            Err(io::Error::other(TAKEN_AWAY))
        };
        begin().map_err(|e| self.refused(e))
    }

    fn is_at_its_place(&self, file: &File) -> bool {
        let seen = self.path.symlink_metadata();
        seen.is_ok_and(|seen| file.metadata().is_ok_and(|opened| files::is_same(&seen, &opened)))
    }

    /// Appends a group behind `length`, the file's length, durably; where that fails the file is as it was.
    pub(super) fn append(&self, locked: &Locked, length: u64, entries: &mut Entries) -> Result<()> {
        let file = &locked.file;
        let mut append = || -> io::Result<()> {
            let mut out = io::BufWriter::with_capacity(64 * 1024, file);
            out.write_all(separation(file, length)?)?;
            entries(&mut out)?;
            out.into_inner()?.sync_all()
        };
        append().map_err(|e| {
            // The list stays: the next run cuts back, if this cannot.
            let _ = file.set_len(length);
            self.refused(e)
        })
    }

    /// The file that an attempt before this one appended to.
    fn tried(&self) -> Result<Option<File>> {
        self.open(&self.link)
    }

    fn open(&self, path: &Path) -> Result<Option<File>> {
        let opened = files::open_own(path, File::options().read(true).append(true));
        files::if_there(opened).map_err(|e| self.refused(e))
    }

    fn refused(&self, e: io::Error) -> Error {
        Error::disk(format!("appending to {}", self.path.display()), e)
    }
}

/// What must stand between what is there and a new entry: an mbox that somebody else wrote may end without
/// its empty line, and our separator would be read as a part of its last message.
fn separation(mut file: &File, length: u64) -> io::Result<&'static [u8]> {
    let mut end = [b'\n'; 2];
    let known = usize::try_from(length.min(2)).unwrap_or(2);
    if let Some(end) = end.get_mut(2 - known..) {
        file.seek(SeekFrom::Start(length - known as u64))?;
        file.read_exact(end)?;
    }
    Ok(match end {
        [b'\n', b'\n'] => b"",
        [_, b'\n'] => b"\n",
        _ => b"\n\n",
    })
}

/// Compares what would be written with what is in a file.
struct Same<'a> {
    file: &'a File,
    is: bool,
}

impl Write for Same<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut there = vec![0; bytes.len()];
        let read = match self.is {
            true => self.file.read_exact(&mut there),
            false => Ok(()),
        };
        match read {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => self.is = false,
            read => read?,
        }
        self.is &= there == bytes;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream, and the temporary file that one message after the other goes through before.
pub(crate) struct Out<'a> {
    spool: File,
    out: &'a mut dyn Write,
}

impl Out<'_> {
    /// A new file without a name: a run that is killed leaves no mail behind.
    pub(crate) fn new(out: &mut dyn Write) -> Result<Out<'_>> {
        let spool = files::temporary(&std::env::temp_dir()).map_err(|e| Error::disk("spooling a message", e))?;
        Ok(Out { spool, out })
    }

    /// The file, empty.
    pub(super) fn file(&mut self) -> io::Result<File> {
        self.spool.rewind()?;
        self.spool.set_len(0)?;
        self.spool.try_clone()
    }

    /// Writes the message that is in the file.
    pub(super) fn write(&mut self, seconds: u64) -> Result<()> {
        self.spool.rewind().map_err(|e| Error::disk("spooling a message", e))?;
        let mut out = io::BufWriter::with_capacity(64 * 1024, &mut *self.out);
        write_entry(&mut self.spool, seconds, &mut out)
            .and_then(|()| out.flush())
            .map_err(|e| Error::new(Kind::Local, Phase::Disk, format!("writing to stdout: {e}")).caused_by(e))
    }
}

/// Writes one message as an mbox entry.
pub(super) fn write_entry(message: &mut dyn Read, seconds: u64, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(mbox_separator(seconds).as_bytes())?;
    let mut quote = Quote { out, line: Line::Start(0), last: b'\n' };
    io::copy(message, &mut quote)?;
    quote.finish()
}

/// Where in a line the writer is.
enum Line {
    /// The bytes of `>…>From ` that have matched, and are held back.
    Start(usize),
    /// Nothing more to decide before the line's end.
    Rest,
}

/// Quotes lines as they pass, whatever their pieces.
struct Quote<'a> {
    out: &'a mut dyn Write,
    line: Line,
    last: u8,
}

const FROM: &[u8] = b"From ";

impl Write for Quote<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.last = *piece.last().unwrap_or(&self.last);
        let mut bytes = piece;
        while let Some((&byte, rest)) = bytes.split_first() {
            match self.line {
                Line::Start(matched) => {
                    bytes = rest;
                    self.start(byte, matched)?;
                }
                Line::Rest => {
                    let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
                    let (line, rest) = bytes.split_at_checked(end).unwrap_or((bytes, b""));
                    self.out.write_all(line)?;
                    if line.ends_with(b"\n") {
                        self.line = Line::Start(0);
                    }
                    bytes = rest;
                }
            }
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Quote<'_> {
    /// At the start of a line `>` passes; `From ` is held back until it is whole.
    fn start(&mut self, byte: u8, matched: usize) -> io::Result<()> {
        if matched == 0 && byte == b'>' {
            return self.out.write_all(b">");
        }
        if FROM.get(matched) == Some(&byte) {
            if matched + 1 == FROM.len() {
                self.line = Line::Rest;
                // One more `>` makes it no separator; it may stand anywhere among the others.
                self.out.write_all(b">")?;
                return self.out.write_all(FROM);
            }
            self.line = Line::Start(matched + 1);
            return Ok(());
        }
        self.out.write_all(FROM.get(..matched).unwrap_or_default())?;
        self.out.write_all(&[byte])?;
        self.line = if byte == b'\n' { Line::Start(0) } else { Line::Rest };
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        if let Line::Start(matched) = self.line {
            self.out.write_all(FROM.get(..matched).unwrap_or_default())?;
        }
        // An entry ends in an empty line, so the message must end in a line end.
        self.out.write_all(if self.last == b'\n' { b"\n" } else { b"\n\n" })
    }
}

/// CRLF → LF as bytes pass, whatever their pieces; a bare CR stays.
#[derive(Debug, Default)]
pub(super) struct UnixLineEnds {
    held_cr: bool,
    line: Vec<u8>,
}

impl UnixLineEnds {
    /// The bytes with their line ends turned, as far as they are decided.
    pub(super) fn turn(&mut self, bytes: &[u8]) -> &[u8] {
        self.line.clear();
        if self.held_cr && !bytes.is_empty() {
            if bytes.first() != Some(&b'\n') {
                self.line.push(b'\r');
            }
            self.held_cr = false;
        }
        let mut rest = bytes;
        while let Some(cr) = rest.iter().position(|byte| *byte == b'\r') {
            let Some((before, from_cr)) = rest.split_at_checked(cr) else { break };
            self.line.extend_from_slice(before);
            match from_cr.get(1) {
                Some(b'\n') => {}
                Some(_) => self.line.push(b'\r'),
                None => self.held_cr = true,
            }
            rest = from_cr.get(1..).unwrap_or_default();
        }
        self.line.extend_from_slice(rest);
        &self.line
    }

    /// A CR at the very end.
    pub(super) fn finish(&mut self) -> &'static [u8] {
        if std::mem::take(&mut self.held_cr) { b"\r" } else { b"" }
    }
}

#[cfg(test)]
#[path = "mbox_tests.rs"]
mod tests;
