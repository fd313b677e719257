//! From the server to the disk, each message once.
//!
//! The order, and nothing else, is what makes it safe: a message streams to a temporary file; a group of
//! files is made durable; the state lists which of them are ready; they get their places; the state
//! says that they are delivered; then a program takes each, and then the server is changed. Power may fail
//! between any two steps: [`Destination::open`] finishes what the list names, what it does not name was
//! never delivered and comes again, and what the state says is left to do is done by the next run.
//!
//! - `destination`: the directory, its lock, its temporary files; `group`: the steps that make a group of
//!   deliveries one; `state`: the small file that remembers years of mail, with the list `ready`
//! - `format`, `mbox`, `attachments`: what a message looks like on the disk
//! - `incoming`: the sink between a FETCH and the temporary files, or a stream (`--to -`)
//! - `pass`: a job ([`run`]), and what each of its sessions does; `look`: what is new; `fetching`: how it comes;
//!   `hand_over`, `program`, `changing`: what comes after a delivery

#[cfg(feature = "attachments")]
mod attachments;
mod changing;
mod destination;
mod fetching;
mod format;
mod group;
mod hand_over;
mod incoming;
mod look;
mod mbox;
mod pass;
mod program;
mod ready;
pub(crate) mod state;
mod status;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use crate::files::Mode;
#[cfg(feature = "attachments")]
pub(crate) use crate::mime::is_attachment;
#[cfg(feature = "attachments")]
pub use crate::mime::{Attachment, Headers, headers};
pub use destination::Destination;
pub use format::Format;
pub(crate) use format::{flag_letters, folder_path};
pub(crate) use look::Pending;
pub use pass::run;
pub(crate) use pass::{Preview, dry_run, run_in, write_all};
pub use program::Program;
pub(crate) use program::wait_until;
pub use ready::Action;
pub(crate) use status::{Status, locate, record, record_folders, status};

use crate::error::Result;
use crate::exchange::Selection;
use crate::imap::mailbox_name::MailboxName;
use crate::imap::types::Uid;
use ready::Next;

/// A message's headers and attachments exist only with the feature `attachments`.
#[cfg(not(feature = "attachments"))]
mod attachments {
    use super::ready::Entry;
    use super::{Delivered, Destination, Path, Result};

    /// Never made without the feature `attachments`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Attachment {}
    /// Never made without the feature `attachments`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Headers {}

    impl Destination {
        pub(super) fn unpack(&self, _: &mut Delivered, _: &Path, _: bool) -> Result<Option<Entry>> {
            Ok(None)
        }
    }

    pub(super) fn headers(_: &[u8]) -> Option<Headers> {
        None
    }
}
#[cfg(not(feature = "attachments"))]
pub use attachments::{Attachment, Headers};

/// What to deliver, and what comes after.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Job {
    /// The mailbox, for the program.
    pub mailbox: String,
    /// The folder.
    pub folder: MailboxName,
    /// Which of its messages.
    pub selection: Selection,
    /// Write attachments too.
    pub attachments: bool,
    /// But not those that the message shows in its text.
    pub skip_inline: bool,
    /// Report the headers of what is delivered.
    pub headers: bool,
    /// Forget what was delivered before, as far as its files are gone.
    pub refetch: bool,
    /// On a first run or a new start, skip what is there.
    pub from_now: bool,
    /// Start again where UIDVALIDITY changed.
    pub accept_uidvalidity: bool,
    /// What to do on the server with what was handed over.
    pub action: Option<Action>,
    /// Makes that change only to messages that were received at least this long ago, also by earlier runs.
    pub older_than: Option<Duration>,
    /// The program that must take a message before that.
    pub program: Option<Program>,
    /// Where a message is moved that the program refused in `give_up_after` runs; else it is offered for ever.
    pub failed_to: Option<MailboxName>,
    /// Tries after which a message that does not come is given up.
    pub give_up_after: u32,
    /// Messages that are made durable together: their files stay open meanwhile.
    pub group: usize,
    /// When the run must have ended.
    pub deadline: Option<Instant>,
}

impl Job {
    /// Everything in `folder`, nothing changed on the server.
    pub fn new(mailbox: &str, folder: MailboxName) -> Job {
        Job {
            mailbox: mailbox.to_owned(),
            folder,
            selection: Selection::default(),
            attachments: false,
            skip_inline: false,
            headers: false,
            refetch: false,
            from_now: false,
            accept_uidvalidity: false,
            action: None,
            older_than: None,
            program: None,
            failed_to: None,
            give_up_after: 10,
            group: 250,
            deadline: None,
        }
    }

    /// The change that is to be made as soon as a message is handed over.
    fn action_now(&self) -> Option<&Action> {
        self.action.as_ref().filter(|_| self.older_than.is_none())
    }

    /// The folders that messages are moved to.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &MailboxName> {
        let to = match &self.action {
            Some(Action::MoveTo(to)) => Some(to),
            _ => None,
        };
        to.into_iter().chain(&self.failed_to)
    }

    /// What a message waits for once it is delivered.
    fn next(&self) -> Next {
        match (&self.program, self.action_now()) {
            (Some(_), action) => Next::Run(action.cloned()),
            (None, Some(action)) => Next::Act(action.clone()),
            (None, None) => Next::Nothing,
        }
    }
}

/// Where the messages of a directory come from; the first run binds it, another source is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source<'a> {
    /// The IMAP server's name.
    pub host: &'a str,
    /// The mailbox's address, whatever its case.
    pub mailbox: &'a str,
    /// The folder.
    pub folder: &'a MailboxName,
    /// How messages are kept.
    pub format: Format,
    /// How files are written.
    pub files: FileOptions,
}

impl Source<'_> {
    /// A source whose messages are kept as `eml` files, which only their owner can read.
    pub fn new<'a>(host: &'a str, mailbox: &'a str, folder: &'a MailboxName) -> Source<'a> {
        Source { host, mailbox, folder, format: Format::default(), files: FileOptions::default() }
    }
}

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

/// A message that is on the disk in its place, and will be after a power cut.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivered {
    /// Its UID.
    pub uid: Uid,
    /// Its file; an mbox is the same for all.
    pub path: PathBuf,
    /// Its length in bytes, as the server sent it.
    pub size: u64,
    /// Its headers, decoded, where the job asked for them.
    pub headers: Option<Headers>,
    /// The folder of its attachments, where there are some.
    pub attachments_in: Option<PathBuf>,
    /// The attachments in it.
    pub attachments: Vec<Attachment>,
    /// What of it could not be decoded, in words.
    pub broken: Vec<String>,
    /// What is odd about it and cost nothing, in words.
    pub notes: Vec<String>,
    /// An earlier run delivered it; in this one the program took it.
    pub handed_over: bool,
}

impl Delivered {
    /// A message of an earlier run, whose bytes are in `file`.
    fn before(uid: Uid, path: PathBuf, file: &Path) -> Delivered {
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        Delivered { path, size, ..Delivered::default_for(uid) }
    }

    fn default_for(uid: Uid) -> Delivered {
        Delivered {
            uid,
            path: PathBuf::new(),
            size: 0,
            headers: None,
            attachments_in: None,
            attachments: Vec::new(),
            broken: Vec::new(),
            notes: Vec::new(),
            handed_over: false,
        }
    }
}

/// A message that the server lists and does not hand out, or whose name in the directory is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failed {
    /// Its UID.
    pub uid: Uid,
    /// What came instead, or whose place it is.
    pub reason: String,
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// Messages delivered.
    pub delivered: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Messages that were there at a first run from now on.
    pub taken_as_done: u64,
    /// Messages that could not be; the next run tries them again.
    pub failed: Vec<Failed>,
    /// Messages that were tried for the last time.
    pub gave_up: Vec<Uid>,
    /// Messages that were not asked for, because the server refused too often.
    pub not_asked: u64,
    /// Messages of earlier runs that the program took.
    pub handed_over: u64,
    /// Messages that the program did not take.
    pub not_taken: u64,
    /// Messages that the program refused too often, and that are no longer offered to it.
    pub set_aside: u64,
    /// Parts of messages that could not be decoded.
    pub broken: u64,
    /// Messages marked, moved or deleted.
    pub acted: u64,
    /// Messages of which the server said so and shows no change.
    pub unchanged: u64,
    /// Messages that the folder has by its EXISTS and the server's search does not list.
    pub unlisted: u64,
}

impl Outcome {
    /// True where something of what was asked could not be done.
    pub fn is_partial(&self) -> bool {
        !self.failed.is_empty()
            || !self.gave_up.is_empty()
            || [self.not_asked, self.not_taken, self.unchanged, self.broken, self.unlisted]
                .iter()
                .any(|count| *count > 0)
    }
}

/// Learns what happens.
pub trait Watch {
    /// A group of messages is durable and in its place, or a program took one of an earlier run. An error, a closed pipe for instance, ends the run.
    fn delivered(&mut self, messages: &[Delivered]) -> Result<()>;
    /// The program refused a message for the last time, and it goes to another folder on the server.
    fn set_aside(&mut self, uid: Uid, to: &MailboxName, reason: &str) -> Result<()> {
        let _ = (uid, to, reason);
        Ok(())
    }
    /// Something went wrong and the run goes on.
    fn warn(&mut self, text: &str);
    /// Something is odd and cost nothing.
    fn note(&mut self, text: &str) {
        let _ = text;
    }
    /// This many messages are to be fetched.
    fn announced(&mut self, messages: u64) {
        let _ = messages;
    }
    /// A message came in whole; it is not durable yet.
    fn came(&mut self) {}
    /// This many bytes of a message came in.
    fn received(&mut self, bytes: u64) {
        let _ = bytes;
    }
}
