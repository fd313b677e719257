//! The directory that messages are delivered to: its lock, its state, its temporary files. `group` has the steps
//! that make a group of deliveries one.
//!
//! Under `DIR/.exoimap/`: `lock`, `state`, `tmp/` (what is not delivered yet), `hold/` (messages of an mbox that a
//! program has still to take).

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::format::{Format, MBOX, hold_place, maildir_files, place, stem};
use super::mbox::MboxFile;
use super::ready::{Action, Entry};
use super::state::{GIVEN_UP, State, read_if_there, state_file};
use super::{FileOptions, Source};
use crate::error::{Cause, Error, Kind, Phase, Result};
use crate::files::{self, Lock, Mode};
use crate::imap::UidSet;
use crate::imap::types::{Uid, UidValidity};

/// A directory that is ours until it is dropped.
#[derive(Debug)]
pub struct Destination {
    pub(super) dir: PathBuf,
    pub(super) state: State,
    /// What a run before this one was about to deliver and this one put in place: nobody has been told yet.
    pub(super) recovered: Vec<Entry>,
    /// Held for as long as the value lives; a look (`--dry-run`) takes none.
    pub(super) lock: Option<Lock>,
    pub(super) files: FileOptions,
}

impl Destination {
    /// Makes `dir` if need be, locks it, binds it to its source, and finishes what a run before this
    /// one was about to deliver.
    pub fn open(dir: &Path, source: &Source) -> Result<Destination> {
        let own = dir.join(".exoimap");
        // A file in the directory's place is said so, not "not a directory" of something below it.
        if dir.is_file() {
            return Err(Error::disk(format!("opening {}", dir.display()), io::ErrorKind::NotADirectory.into()));
        }
        make_dirs(dir, &own, source)?;
        let lock = lock(&own.join("lock"), dir)?;
        let state = read_state(source, dir)?;
        let mut destination =
            Destination { dir: dir.to_owned(), state, recovered: Vec::new(), lock: Some(lock), files: source.files };
        destination.recover()?;
        Ok(destination)
    }

    /// [`open`](Self::open) for a directory below `root`, to which no link leads.
    pub(crate) fn open_below(root: &Path, dir: &Path, source: &Source) -> Result<Destination> {
        let mut path = root.to_owned();
        for part in dir.strip_prefix(root).unwrap_or(Path::new("")) {
            path.push(part);
            files::make_own_dir(&path, source.files.mode)
                .map_err(|e| Error::disk(format!("opening {}", dir.display()), e))?;
        }
        Destination::open(dir, source)
    }

    /// Looks at what `dir` has, and changes nothing, neither there nor in what is made of it.
    pub(crate) fn look(dir: &Path, source: &Source) -> Result<Destination> {
        let state = read_state(source, dir)?;
        Ok(Destination { dir: dir.to_owned(), state, recovered: Vec::new(), lock: None, files: source.files })
    }

    /// No directory: what is remembered is gone with the value.
    pub(super) fn none(source: &Source) -> Destination {
        let state = State::new(source.host, source.mailbox, source.folder.as_str(), source.format);
        Destination { dir: PathBuf::new(), state, recovered: Vec::new(), lock: None, files: source.files }
    }

    /// When the last run was at work on `dir`, if one was.
    pub(crate) fn last_run(dir: &Path) -> Option<SystemTime> {
        fs::metadata(dir.join(".exoimap").join("lock")).and_then(|lock| lock.modified()).ok()
    }

    /// Refuses a folder whose UIDs mean other messages than those that are here, unless a new start is
    /// `accepted`. Returns what the new start gives up, in words. The caller saves.
    pub(super) fn bind_uid_validity(&mut self, validity: UidValidity, accepted: bool) -> Result<Option<String>> {
        let known = self.state.uid_validity;
        match known {
            Some(known) if known == validity => return Ok(None),
            Some(known) if !accepted => {
                let message = format!(
                    "the folder's UIDVALIDITY changed from {known} to {validity}: its messages have new numbers, and {} cannot tell which of them it has; nothing was fetched",
                    self.dir.display()
                );
                return Err(Error::new(Kind::Refused, Phase::Select, message).because(Cause::UidValidity));
            }
            _ => {}
        }
        let pending = self.state.start_again(validity);
        Ok(known.map(|known| format!("UIDVALIDITY {known} became {validity}: starting again; {pending} {GIVEN_UP}")))
    }

    /// The UIDVALIDITY that the messages here have.
    pub(super) fn validity(&self) -> Result<UidValidity> {
        self.state.uid_validity.ok_or_else(no_validity)
    }

    /// A program took the message. Now comes what was asked when it was delivered, or else what this run asks.
    pub(super) fn program_took(&mut self, uid: Uid, action: Option<&Action>) -> Result<()> {
        if let Some(action) = self.state.remove_run(uid).as_ref().or(action) {
            self.state.add_act(&[uid].into_iter().collect(), action);
        }
        self.save()?;
        remove(&self.hold_path(uid)).map_err(|e| Error::disk("removing a held message", e))
    }

    /// Messages that wait for a program and are gone everywhere.
    pub(super) fn lost(&mut self, uids: &UidSet) -> Result<()> {
        uids.iter().for_each(|uid| drop(self.state.remove_run(uid)));
        self.save()
    }

    /// A change on the server was made, wholly or up to what is left of it.
    pub(super) fn acted(&mut self, uids: &UidSet, action: &Action, left: Option<&Action>) -> Result<()> {
        self.state.remove_act(uids, action);
        if let Some(left) = left {
            self.state.add_act(uids, left);
        }
        self.save()
    }

    /// The file of a delivered message, where it still is.
    pub(super) fn file_of(&self, uid: Uid) -> Result<Option<PathBuf>> {
        let Some(validity) = self.state.uid_validity else { return Ok(None) };
        let is_file = |path: PathBuf| path.symlink_metadata().is_ok_and(|data| data.is_file()).then_some(path);
        Ok(match self.state.format {
            Format::Eml => is_file(self.dir.join(place(Format::Eml, validity, uid, 0, &[]))),
            Format::Mbox => is_file(self.hold_path(uid)),
            Format::Maildir => {
                let mut found = maildir_files(&self.dir, validity)?;
                found.find(|(known, _)| *known == uid).map(|(_, place)| self.dir.join(place))
            }
        })
    }

    /// Which of `uids` still have their file: a refetch brings only the others.
    pub(super) fn still_here(&self, uids: &UidSet) -> Result<UidSet> {
        let Some(validity) = self.state.uid_validity else { return Ok(UidSet::new()) };
        let is_eml = |uid: &Uid| self.dir.join(place(Format::Eml, validity, *uid, 0, &[])).symlink_metadata().is_ok();
        Ok(match self.state.format {
            // An mbox is appended to: a second request gets them again.
            Format::Mbox => UidSet::new(),
            Format::Eml => uids.iter().filter(is_eml).collect(),
            Format::Maildir => maildir_files(&self.dir, validity)?.map(|(uid, _)| uid).collect::<UidSet>().within(uids),
        })
    }

    /// The folder of a message's attachments, where it has some.
    pub(super) fn attachments_of(&self, uid: Uid) -> Option<PathBuf> {
        let folder = self.dir.join(stem(self.state.uid_validity?, uid));
        folder.symlink_metadata().is_ok_and(|data| data.is_dir()).then_some(folder)
    }

    /// A message's path as it is reported: an mbox has one for all.
    pub(super) fn path(&self, place: &str) -> PathBuf {
        // With this system's separators: a place of the list has `/`.
        self.dir.join(place.split('/').collect::<PathBuf>())
    }

    /// Where a message would go, as far as that is known before it comes.
    pub(super) fn would_be(&self, validity: UidValidity, uid: Uid) -> PathBuf {
        match self.state.format {
            Format::Maildir => self.dir.join("new"),
            format => self.dir.join(place(format, validity, uid, 0, &[])),
        }
    }

    /// A new temporary file.
    pub(super) fn temporary(&self, name: &str) -> io::Result<File> {
        files::create_over(&self.temporary_path(name), self.files.mode)
    }

    /// Gives a temporary file, whose message had no UID when it began, the UID's name.
    pub(super) fn name_temporary(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.temporary_path(from), self.temporary_path(to))
    }

    /// Removes the temporary file or folder of a message that is not to be delivered.
    pub(super) fn discard(&self, name: &str) -> io::Result<()> {
        remove(&self.temporary_path(name))
    }

    pub(super) fn mbox(&self) -> MboxFile {
        MboxFile::new(self.dir.join(MBOX), self.own(MBOX), self.files)
    }

    /// Finishes the deliveries that a run before this one listed, and forgets what it did not.
    fn recover(&mut self) -> Result<()> {
        if let Some(list) = &self.state.ready {
            let entries = list.entries.clone();
            // What is left out comes again from the server, and is reported then.
            let failed = self.finish()?;
            let is_in_place = |entry: &Entry| failed.iter().all(|failed| failed.uid != entry.uid);
            self.recovered = entries.into_iter().filter(|entry| entry.is_delivery() && is_in_place(entry)).collect();
        }
        self.mbox().release()?;
        self.clear_hold()?;
        self.clear_temporary()
    }

    /// A message that a program took, and whose file was still to be removed when the run ended.
    fn clear_hold(&self) -> Result<()> {
        let Some(validity) = self.state.uid_validity else { return Ok(()) };
        let hold = self.own("hold");
        let waiting: HashSet<PathBuf> =
            self.state.run.iter().map(|uid| self.path(&hold_place(validity, uid))).collect();
        let clear = || {
            fs::read_dir(&hold)?.try_for_each(|entry| {
                let path = entry?.path();
                if waiting.contains(&path) { Ok(()) } else { fs::remove_file(path) }
            })
        };
        clear().map_err(|e| Error::disk(format!("clearing {}", hold.display()), e))
    }

    pub(super) fn clear_temporary(&self) -> Result<()> {
        let tmp = self.own("tmp");
        let clear = || fs::read_dir(&tmp)?.try_for_each(|entry| remove(&entry?.path()));
        clear().map_err(|e| Error::disk(format!("clearing {}", tmp.display()), e))
    }

    /// A run that only looks remembers nothing; what is there already is not written again.
    pub(super) fn save(&self) -> Result<()> {
        let (path, text) = (state_file(&self.dir), self.state.to_text());
        if self.lock.is_none() || read_if_there(&path).is_ok_and(|there| there.as_ref() == Some(&text)) {
            return Ok(());
        }
        files::replace(&path, text.as_bytes()).map_err(|e| Error::disk(format!("writing {}", path.display()), e))
    }

    pub(super) fn own(&self, name: &str) -> PathBuf {
        self.dir.join(".exoimap").join(name)
    }

    pub(super) fn temporary_path(&self, name: &str) -> PathBuf {
        self.own("tmp").join(name)
    }

    pub(super) fn hold_path(&self, uid: Uid) -> PathBuf {
        self.path(&self.state.uid_validity.map(|validity| hold_place(validity, uid)).unwrap_or_default())
    }
}

pub(super) fn no_validity() -> Error {
    let message = "the server gave no UIDVALIDITY, so its messages cannot be told apart";
    Error::new(Kind::Protocol, Phase::Select, message)
}

/// The directory and those of ours below it; not those that others put there, for links in them could lead anywhere.
fn make_dirs(dir: &Path, own: &Path, source: &Source) -> Result<()> {
    let failed = |e| Error::disk(format!("opening {}", dir.display()), e);
    let make = |dir: &Path, mode| files::make_own_dir(dir, mode).map_err(failed);
    files::make_dir(dir, source.files.mode).map_err(failed)?;
    make(own, Mode::PRIVATE)?;
    if !files::is_ours(own).map_err(failed)? {
        let message = format!("{} belongs to another account: run exoimap as that account", own.display());
        return Err(Error::new(Kind::Local, Phase::Disk, message));
    }
    files::set_dir_mode(own, Mode::PRIVATE).map_err(failed)?;
    ["tmp", "hold"].iter().try_for_each(|name| make(&own.join(name), Mode::PRIVATE))?;
    match source.format {
        Format::Maildir => ["tmp", "new", "cur"].iter().try_for_each(|name| make(&dir.join(name), source.files.mode)),
        _ => Ok(()),
    }
}

/// Takes the lock that one run at a time has.
fn lock(path: &Path, dir: &Path) -> Result<Lock> {
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

/// A file, or a folder with all that is in it; where it is gone already, that is as good.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let is_dir = path.symlink_metadata().is_ok_and(|data| data.is_dir());
    let removed = if is_dir { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    files::if_there(removed).map(drop)
}

/// The state of a directory, which must be its source's; a directory that has none is new.
fn read_state(source: &Source, dir: &Path) -> Result<State> {
    let new = State::new(source.host, source.mailbox, source.folder.as_str(), source.format);
    let Some(state) = State::of(dir)?.transpose()? else { return Ok(new) };
    let pairs = [
        ("of host", &state.host, &new.host),
        ("of mailbox", &state.mailbox, &new.mailbox),
        ("of folder", &state.folder, &new.folder),
        ("as", &state.format.name().to_owned(), &new.format.name().to_owned()),
    ];
    if let Some((what, bound, asked)) = pairs.iter().find(|(_, bound, asked)| bound != asked) {
        let message = format!("{} holds mail {what} {bound}, not {asked}: use another directory", dir.display());
        return Err(Error::of_setting("to", message));
    }
    Ok(state)
}

#[cfg(test)]
#[path = "destination_tests.rs"]
mod tests;
