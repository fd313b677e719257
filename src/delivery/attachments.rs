//! The attachments of a message that is already on the disk, decoded to files of their own.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::destination::Destination;
use super::format::stem;
use super::ready::Entry;
use super::{Delivered, Headers};
use crate::error::{Error, Result};
use crate::files::{self, Mode};
use crate::mime::{Extracted, Shelf, unpack};

impl Destination {
    /// Writes the attachments of `message`, which is in `file`, to a temporary folder, and returns the entry that gives
    /// it its place; none without attachments. The folder of a message that comes again is that of its first delivery:
    /// somebody may have worked in it since.
    pub(super) fn unpack(&self, message: &mut Delivered, file: &Path, skip_inline: bool) -> Result<Option<Entry>> {
        let uid = message.uid;
        let place = stem(self.validity()?, uid);
        let temporary = format!("{place}.d");
        let extracted = extract(file, &self.temporary_path(&temporary), skip_inline, self.files.mode)?;
        (message.broken, message.notes) = (extracted.broken, extracted.notes);
        if extracted.attachments.is_empty() {
            return Ok(None);
        }
        (message.attachments, message.attachments_in) = (extracted.attachments, Some(self.path(&place)));
        if self.state.delivered.contains(uid) && self.attachments_of(uid).is_some() {
            return self.discard(&temporary).map(|()| None).map_err(|e| Error::disk("removing a temporary folder", e));
        }
        Ok(Some(Entry { uid, temporary, place, seconds: 0 }))
    }
}

/// The decoded headers of a message that starts so.
pub(super) fn headers(start: &[u8]) -> Option<Headers> {
    Some(super::headers(start))
}

/// Writes the attachments of `message` to the new directory `into`, durable; without any there is none.
///
/// `into` must not exist: a directory that is ours from its first moment holds no links and no files of
/// others. After an error of the disk it may hold some of the files.
fn extract(message: &Path, into: &Path, skip_inline: bool, mode: Mode) -> Result<Extracted> {
    let bytes = fs::read(message).map_err(|e| Error::disk(format!("reading {}", message.display()), e))?;
    let mut directory = Directory { path: into, mode, is_made: false };
    unpack(&bytes, skip_inline, &mut directory)
        .and_then(|extracted| directory.sync().map(|()| extracted))
        .map_err(|e| Error::disk(format!("writing attachments to {}", into.display()), e))
}

struct Directory<'a> {
    path: &'a Path,
    mode: Mode,
    is_made: bool,
}

impl Directory<'_> {
    /// Windows has no such thing.
    fn sync(&self) -> io::Result<()> {
        if self.is_made && !cfg!(windows) { File::open(self.path)?.sync_all() } else { Ok(()) }
    }
}

impl Shelf for Directory<'_> {
    type File = File;

    fn create(&mut self, name: &str) -> io::Result<File> {
        if !self.is_made {
            // Another kind than AlreadyExists, which would be taken for the file's.
            files::create_dir(self.path, self.mode)
                .map_err(|e| io::Error::other(format!("creating the directory: {e}")))?;
            self.is_made = true;
        }
        files::create(&self.path.join(name), self.mode)
    }

    fn keep(&mut self, file: File) -> io::Result<()> {
        file.sync_all()
    }
}

#[cfg(test)]
#[path = "attachments_tests.rs"]
mod tests;
