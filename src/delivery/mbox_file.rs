//! The one file of an mbox: a group is appended whole or not at all, also where somebody takes the file away
//! meanwhile.
//!
//! While a group is being appended a second name of the file, a hard link among our own files, tells what
//! became of an attempt that was killed: whether the group is all there, and if not, what to cut off, in
//! whatever place and under whatever name the file is by then. Where a file system has no hard links the
//! file itself is all there is to look at.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use crate::error::{Error, Result};

/// Writes the group's entries.
pub(super) type Entries<'a> = dyn FnMut(&mut dyn Write) -> io::Result<()> + 'a;

/// So often the file is opened anew where somebody takes it away at that very moment.
const MOST_OPENS: u32 = 100;

pub(super) struct MboxFile {
    path: PathBuf,
    link: PathBuf,
}

impl MboxFile {
    pub(super) fn new(path: PathBuf, link: PathBuf) -> MboxFile {
        MboxFile { path, link }
    }

    /// Octets in it; none where there is no file.
    pub(super) fn length(&self) -> Result<u64> {
        match fs::metadata(&self.path) {
            Ok(metadata) if metadata.is_file() => Ok(metadata.len()),
            Ok(_) => Err(self.refused(io::Error::other("it is no file"))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(e) => Err(self.refused(e)),
        }
    }

    /// The group is done with, or a new one begins: nothing is looked at any more.
    pub(super) fn release(&self) -> Result<()> {
        match fs::remove_file(&self.link) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(self.refused(e)),
            _ => Ok(()),
        }
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
        let cut = |file: File| match file.metadata()?.len() > length {
            true => file.set_len(length).and_then(|()| file.sync_all()),
            false => Ok(()),
        };
        match self.tried()? {
            Some(file) => cut(file).map_err(|e| self.refused(e)),
            None if self.length()? > length => {
                File::options().append(true).open(&self.path).and_then(cut).map_err(|e| self.refused(e))
            }
            None => Ok(()),
        }
    }

    /// Opens the file to append to, with its second name, and says how long it is.
    pub(super) fn open(&self) -> Result<(File, u64)> {
        let open = || -> io::Result<(File, u64)> {
            for _ in 0..MOST_OPENS {
                let file = File::options().create(true).read(true).append(true).open(&self.path)?;
                match fs::hard_link(&self.path, &self.link) {
                    // Taken away between the two: what is open now is not ours any more.
                    Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                    // Not every file system has links.
                    _ => {}
                }
                let length = file.metadata()?.len();
                return Ok((file, length));
            }
            Err(io::Error::other("it is taken away again and again"))
        };
        self.release()?;
        open().map_err(|e| self.refused(e))
    }

    /// Appends a group behind `length`, the file's length, durably; where that fails the file is as it was.
    pub(super) fn append(&self, file: &File, length: u64, entries: &mut Entries) -> Result<()> {
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

    fn tried(&self) -> Result<Option<File>> {
        match File::options().read(true).append(true).open(&self.link) {
            Ok(file) => Ok(Some(file)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(self.refused(e)),
        }
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
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let mut there = vec![0; octets.len()];
        let read = match self.is {
            true => self.file.read_exact(&mut there),
            false => Ok(()),
        };
        match read {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => self.is = false,
            read => read?,
        }
        self.is &= there == octets;
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Site(PathBuf);

    impl Site {
        fn new(name: &str) -> Site {
            let dir = std::env::temp_dir().join(format!("exoimap-mbox-file-{}-{name}", std::process::id()));
            fs::create_dir_all(&dir).unwrap();
            Site(dir)
        }

        fn append(&self, entries: &mut Entries) -> Result<()> {
            let (file, length) = self.mbox().open()?;
            self.mbox().append(&file, length, entries)
        }

        fn mbox(&self) -> MboxFile {
            MboxFile::new(self.0.join("mbox"), self.0.join("link"))
        }

        fn text(&self) -> String {
            fs::read_to_string(self.0.join("mbox")).unwrap_or_default()
        }
    }

    impl Drop for Site {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn group(out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"From one\n\n")?;
        out.write_all(b"From two\n\n")
    }

    fn torn(out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"From one\n\nFrom t")?;
        out.flush()?;
        Err(io::Error::other("full"))
    }

    #[test]
    fn a_group_stands_apart_from_what_was_there() {
        for (before, after) in [("", ""), ("x", "x\n\n"), ("x\n", "x\n\n"), ("x\n\n", "x\n\n"), ("\n", "\n")] {
            let site = Site::new("apart");
            fs::write(site.0.join("mbox"), before).unwrap();
            site.append(&mut group).unwrap();
            assert_eq!(site.text(), format!("{after}From one\n\nFrom two\n\n"), "{before:?}");
            assert!(site.mbox().holds(before.len() as u64, &mut group).unwrap(), "{before:?}");
        }
    }

    #[test]
    fn an_attempt_that_fails_leaves_the_file_as_it_was_and_never_longer() {
        let site = Site::new("fails");
        fs::write(site.0.join("mbox"), "old\n\n").unwrap();
        site.append(&mut torn).unwrap_err();
        assert_eq!(site.text(), "old\n\n");
        // A consumer takes the file: the new one begins at nothing, whatever the old one's length was.
        fs::rename(site.0.join("mbox"), site.0.join("taken")).unwrap();
        site.mbox().cut_back(5).unwrap();
        site.append(&mut torn).unwrap_err();
        assert_eq!(site.text(), "");
        assert_eq!(fs::read(site.0.join("taken")).unwrap(), b"old\n\n");
    }

    /// Killed, the file taken away by then: the second name tells how far it was.
    #[test]
    fn what_was_appended_before_the_file_was_taken_is_known() {
        let site = Site::new("taken");
        fs::write(site.0.join("mbox"), "old\n\n").unwrap();
        site.append(&mut group).unwrap();
        fs::rename(site.0.join("mbox"), site.0.join("taken")).unwrap();
        assert!(site.mbox().holds(5, &mut group).unwrap());
        // A part of it: that part is taken back, where the file is now.
        File::options().write(true).open(site.0.join("taken")).unwrap().set_len(12).unwrap();
        assert!(!site.mbox().holds(5, &mut group).unwrap());
        site.mbox().cut_back(5).unwrap();
        assert_eq!(fs::read(site.0.join("taken")).unwrap(), b"old\n\n");
        // Other octets of the same length are not the group.
        fs::write(site.0.join("taken"), "old\n\nFrom one\n\nFrom tw0\n\n").unwrap();
        assert!(!site.mbox().holds(5, &mut group).unwrap());
        site.mbox().release().unwrap();
        assert!(!site.mbox().holds(5, &mut group).unwrap());
    }
}
