//! The steps that make a group of deliveries one: listed, in place, remembered; and what of a group has no place.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::destination::{Destination, remove};
use super::format::{Format, MBOX};
use super::ready::{Entry, List, Next};
use super::{Failed, mbox};
use crate::error::{Error, Result};
use crate::files;
use crate::imap::UidSet;
use crate::threads::{self, lock};

/// Threads that make files durable side by side: a disk's journal takes many at the price of few.
const SYNC_THREADS: usize = 8;

impl Destination {
    /// Delivers a group whose files are durable: listed, in place, remembered, in that order. Returns the messages
    /// whose names are not free.
    pub(super) fn deliver(&mut self, entries: Vec<Entry>, next: Next) -> Result<Vec<Failed>> {
        let mut mbox = None;
        if entries.iter().any(|entry| entry.place == MBOX) {
            self.mbox().release()?;
            mbox = Some(self.mbox().length()?);
        }
        // The temporary names must be durable before the list that trusts in them.
        sync_dir(&self.own("tmp"))?;
        self.write_list(&List { next, mbox, appended: false, entries, is_whole: true })?;
        self.finish()
    }

    /// Puts what is listed into its place, and remembers it in the list's place.
    pub(super) fn finish(&mut self) -> Result<Vec<Failed>> {
        let Some(mut list) = self.state.ready.clone() else { return Ok(Vec::new()) };
        // An mbox that has the group has all of it.
        let failed = if list.appended { Vec::new() } else { self.leave_out(&mut list)? };
        if let Some(length) = list.mbox.filter(|_| !list.appended) {
            self.append(&mut list, length)?;
        }
        self.give_names(&list)?;
        let uids: UidSet = list.entries.iter().map(|entry| entry.uid).collect();
        self.state.delivered_all(&uids, &list.next);
        self.state.ready = None;
        self.save()?;
        if list.mbox.is_some() {
            self.mbox().release()?;
            self.clear_temporary()?;
        }
        Ok(failed)
    }

    /// Takes out of the list the messages whose names are taken by other files, with their attachments: nothing is
    /// replaced, and what is not remembered comes again with the next run. A file with the same bytes is ours: it was
    /// delivered, and then a state was restored that is older.
    pub(super) fn leave_out(&mut self, list: &mut List) -> Result<Vec<Failed>> {
        let (mut ours, mut failed) = (UidSet::new(), Vec::<Failed>::new());
        let mut temporary = Vec::new();
        // A message stands behind its attachments' directory, and decides.
        for entry in list.entries.iter().rev().filter(|entry| entry.place != MBOX) {
            let (from, to) = (self.temporary_path(&entry.temporary), self.dir.join(&entry.place));
            let refused = |e| Error::disk(format!("delivering {}", to.display()), e);
            // A temporary file that is gone got the name before.
            if to.symlink_metadata().is_err() || !from.try_exists().map_err(refused)? {
                continue;
            }
            if ours.contains(entry.uid) || files::has_all_of(&from, &to).map_err(refused)? {
                ours.insert(entry.uid);
                temporary.push(from);
            } else {
                let reason = format!("{} exists with other contents and is not replaced", to.display());
                failed.push(Failed { uid: entry.uid, reason });
            }
        }
        failed.reverse();
        failed.dedup_by_key(|failed| failed.uid);
        if !failed.is_empty() {
            let left_out = list.entries.extract_if(.., |entry| failed.iter().any(|failed| failed.uid == entry.uid));
            temporary.extend(left_out.map(|entry| self.temporary_path(&entry.temporary)));
            // Before the temporary files go: what is listed and gone was delivered.
            self.write_list(list)?;
        }
        temporary.iter().try_for_each(|path| remove(path)).map_err(|e| Error::disk("removing a temporary file", e))?;
        Ok(failed)
    }

    /// Renames. A temporary file that is gone was named before, even if somebody has taken it away since.
    fn give_names(&self, list: &List) -> Result<()> {
        for entry in &list.entries {
            let from = self.temporary_path(&entry.temporary);
            let to = match entry.place.as_str() {
                // The mbox has the message; one that waits for a program stays at hand.
                MBOX if matches!(list.next, Next::Run(_)) => self.hold_path(entry.uid),
                MBOX => continue,
                place => self.dir.join(place),
            };
            let refused = |e| Error::disk(format!("delivering {}", to.display()), e);
            match fs::rename(&from, &to) {
                Err(e) if e.kind() == io::ErrorKind::NotFound && !from.try_exists().map_err(refused)? => {}
                renamed => renamed.map_err(refused)?,
            }
        }
        match self.state.format {
            Format::Eml => {}
            Format::Maildir => ["new", "cur"].iter().try_for_each(|name| sync_dir(&self.dir.join(name)))?,
            Format::Mbox => sync_dir(&self.own("hold"))?,
        }
        sync_dir(&self.dir)
    }

    /// Appends the group to the mbox, unless an attempt before this one wrote all of it.
    fn append(&mut self, list: &mut List, length: u64) -> Result<()> {
        let mbox = self.mbox();
        let mut locked = mbox.lock()?;
        let mut entries = |out: &mut dyn io::Write| self.write_entries(&list.entries, out);
        if !mbox.holds(length, &mut entries)? {
            mbox.cut_back(length)?;
            let now = mbox.begin(&mut locked)?;
            // Somebody took the file away meanwhile, and a new one begins.
            if now != length {
                list.mbox = Some(now);
                self.write_list(list)?;
            }
            mbox.append(&locked, now, &mut |out| self.write_entries(&list.entries, out))?;
        }
        sync_dir(&self.dir)?;
        list.appended = true;
        self.write_list(list)
    }

    pub(super) fn write_list(&mut self, list: &List) -> Result<()> {
        self.state.ready = Some(list.clone());
        self.save()
    }

    fn write_entries(&self, entries: &[Entry], out: &mut dyn io::Write) -> io::Result<()> {
        for entry in entries.iter().filter(|entry| entry.place == MBOX) {
            let mut message = File::open(self.temporary_path(&entry.temporary))?;
            mbox::write_entry(&mut message, entry.seconds, out)?;
        }
        Ok(())
    }
}

/// Makes files durable, a few at a time.
pub(super) fn sync_all(files: &[&File]) -> Result<()> {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(None));
    threads::side_by_side(SYNC_THREADS.min(files.len()), || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(e) = file.sync_all() {
                lock(&failed).get_or_insert(e);
            }
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.map_or(Ok(()), |e| Err(Error::disk("making messages durable", e)))
}

/// Makes a directory's names durable.
fn sync_dir(dir: &Path) -> Result<()> {
    files::sync_dir(dir).map_err(|e| Error::disk(format!("making {} durable", dir.display()), e))
}
