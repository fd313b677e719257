//! What is new in a folder: what is listed and not known, wherever it lies; and whether what is listed explains what
//! the server counts. Nothing here changes anything.
//!
//! One wrong answer of the server must not lose mail for good: a search that leaves a message out, an EXISTS of 0, a
//! message that appears below others (imapclient#441, emailengine#53). So no UID is taken as seen because of what was
//! listed above it, and where EXISTS is more than the search explains, or a day is over, all messages are listed.

use std::io::{Read, Write};
use std::path::Path;

use super::destination::Destination;
use super::format::Format;
use super::state::{State, now};
use super::status::locate;
use super::{Job, Source};
use crate::error::{Cause, Error, Kind, Phase, Result};
use crate::exchange::{Found, Isolation, Selection};
use crate::imap::types::Uid;
use crate::imap::{Selected, UidSet};

/// What one look at a folder found.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// What the server listed.
    pub(super) found: Found,
    /// EXISTS as it was; no more than the server said before and after.
    pub(super) exists: u32,
    /// How many messages of it are explained: what was there before, and what is listed as new.
    pub(super) explained: u32,
    /// True where all messages were listed.
    pub(super) is_full: bool,
}

impl Look {
    /// Looks for what is new, from the mark or, for `everything`, from the first UID. One search, or none where what the
    /// server said when the folder was opened is enough.
    pub(super) fn from_mark<S: Read + Write>(
        state: &State,
        selection: &Selection,
        everything: bool,
        selected: &mut Selected<'_, S>,
        headers: &mut Isolation,
    ) -> Result<Look> {
        let exists = selected.mailbox().exists;
        if exists == 0 || (!everything && has_nothing_new(state, selected)) {
            return Ok(Look { exists, explained: state.exists, ..Look::default() });
        }
        // What failed before is looked for too.
        let first = state.failed.keys().next().map_or(state.mark, |uid| uid.get().min(state.mark));
        let from = if everything { 1 } else { first };
        let found = selection.find_with(selected, from, headers)?;
        let exists = exists.min(selected.mailbox().exists);
        let is_full = from == 1 && !selection.is_narrowed();
        let explained = match is_full {
            true => count(&found.uids),
            false => {
                let missing = state.failed.keys().filter(|uid| uid.get() < state.mark && !found.uids.contains(**uid));
                let known = state.exists.saturating_sub(u32::try_from(missing.count()).unwrap_or(u32::MAX));
                known.saturating_add(count(&from_uid(&found.uids, state.mark)))
            }
        };
        Ok(Look { found, exists, explained, is_full })
    }

    /// Lists all messages, with an EXISTS that is fresh.
    pub(super) fn at_all<S: Read + Write>(selected: &mut Selected<'_, S>) -> Result<Look> {
        selected.noop()?;
        let exists = selected.mailbox().exists;
        let found = Selection::default().find(selected, 1)?;
        let exists = exists.min(selected.mailbox().exists);
        let explained = count(&found.uids);
        Ok(Look { found, exists, explained, is_full: true })
    }

    /// Messages that the server counts and that nothing explains.
    pub(super) fn unexplained(&self) -> u32 {
        self.exists.saturating_sub(self.explained)
    }

    /// True where all messages must be listed, too.
    pub(super) fn needs_all(&self, state: &State, give_up_after: u32, now: u64) -> bool {
        // A folder without a message says so itself, and moves nothing.
        self.exists > 0 && (self.unexplained() > 0 || (!self.is_full && state.is_listing_due(give_up_after, now)))
    }
}

/// What the server counts and lists in a session, as far as that is explained.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// UIDNEXT as it was before the search: what a server says of it later may be of mail that the search missed.
    pub(super) uid_next: Option<u32>,
    /// How many messages were there before, with what is new.
    explained: u32,
    /// EXISTS as far as it is explained, less what has gone since.
    expected: u32,
    /// Messages of this run that are counted, and are neither known nor remembered as failed.
    unsettled: u32,
    /// What the server listed.
    pub(super) listed: UidSet,
    /// True once all messages were listed.
    listed_all: bool,
}

impl Counts {
    /// After the first look of a session; `exists` is EXISTS by now.
    pub(super) fn start(&mut self, look: &Look, is_narrowed: bool, exists: u32) {
        (self.listed, self.listed_all) = (look.found.uids.clone(), look.is_full && look.unexplained() == 0);
        self.explained = look.explained;
        self.expected = if is_narrowed { look.exists } else { look.explained }.min(exists);
    }

    /// After a look at all messages.
    pub(super) fn complete(&mut self, all: &Look, exists: u32) {
        self.expected = all.explained.saturating_add(all.unexplained()).min(exists);
        self.listed.extend(&all.found.uids);
        self.listed_all = true;
    }

    /// At UIDNEXT and above it may be no message yet; the one that will have this UID must not be given up.
    pub(super) fn has(&self, uid: Uid) -> bool {
        self.uid_next.is_none_or(|next| uid.get() < next)
    }

    /// These messages are moved or deleted.
    pub(super) fn remove(&mut self, uids: &UidSet) {
        self.expected = self.expected.saturating_sub(count(uids));
    }

    /// True where EXISTS says that the number of these messages, which were there before, is gone.
    pub(super) fn says_gone(&self, known: &UidSet, exists: u32) -> bool {
        self.explained.saturating_sub(exists) >= count(known)
    }

    /// True where EXISTS says that these messages, which were listed and did not come, are gone; else the next run looks
    /// again.
    pub(super) fn settle_absent(&mut self, listed: &UidSet, exists: u32) -> bool {
        let is_gone = self.expected.saturating_sub(exists) >= count(listed);
        match is_gone {
            true => self.remove(listed),
            false => self.leave(count(listed)),
        }
        is_gone
    }

    /// This number of messages stays unsettled.
    pub(super) fn leave(&mut self, messages: u32) {
        self.unsettled = self.unsettled.saturating_add(messages);
    }

    /// What a run that looked at the whole folder knows of it now.
    pub(super) fn remember(&self, state: &mut State, exists: u32) {
        // At UIDNEXT and above it may be no message yet.
        let last = match self.uid_next {
            Some(next) => self.listed.last().map(|uid| uid.get().saturating_add(1).min(next)),
            None => self.listed.within(&state.known()).last().map(|uid| uid.get().saturating_add(1)),
        };
        state.mark = last.map_or(state.mark, |last| last.max(state.mark));
        // So the next run finds more than is explained, and lists all messages.
        state.exists = self.expected.min(exists).saturating_sub(self.unsettled);
        state.surplus.messages = state.surplus.messages.min(state.exists);
        if self.listed_all {
            state.listed = now();
        }
    }
}

/// True where nothing can have come in: no UID was given since, EXISTS did not grow, and nothing failed before.
fn has_nothing_new<S: Read + Write>(state: &State, selected: &Selected<'_, S>) -> bool {
    let next = selected.mailbox().uid_next;
    let after_known = state.known().last().and_then(|uid| uid.get().checked_add(1));
    state.mark > 1
        && next == Some(state.mark)
        && next == after_known
        && selected.mailbox().exists <= state.exists
        && state.failed.is_empty()
}

/// The UIDs from `first` on.
fn from_uid(uids: &UidSet, first: u32) -> UidSet {
    let last = Uid::new(u32::MAX);
    let range = Uid::new(first).zip(last).map(|(first, last)| UidSet::range(first, last));
    uids.within(&range.unwrap_or_default())
}

fn count(uids: &UidSet) -> u32 {
    u32::try_from(uids.len()).unwrap_or(u32::MAX)
}

/// Looks again and again for messages that a run of `job` to `dir` would fetch for the first time.
#[derive(Debug)]
pub(crate) struct Pending<'a> {
    job: &'a Job,
    host: &'a str,
    dir: &'a Path,
    /// When all messages were listed last, and EXISTS as it was then.
    listed: Option<(u64, u32)>,
}

impl<'a> Pending<'a> {
    /// A look at what `host` has for `dir`.
    pub(crate) fn new(job: &'a Job, host: &'a str, dir: &'a Path) -> Pending<'a> {
        Pending { job, host, dir, listed: None }
    }

    /// The messages that a run would fetch for the first time; nothing is changed.
    ///
    /// Not those that it tried before, or that a program did not take: the next run tries them all the same, and
    /// to wait for what fails every time would be no wait. What the server counts and never lists ends no wait either.
    pub(crate) fn find<S: Read + Write>(
        &mut self,
        selected: &mut Selected<'_, S>,
        headers: &mut Isolation,
    ) -> Result<Found> {
        let mut state = self.state()?;
        let (known, now_valid) = (state.uid_validity, selected.mailbox().uid_validity);
        if known.is_some() && known != now_valid {
            let message = "the folder's UIDVALIDITY changed: a fetch would stop, unless it may start again";
            return Err(Error::new(Kind::Refused, Phase::Select, message)
                .because(Cause::UidValidity)
                .about("accept-uidvalidity"));
        }
        state.check_uid_next(selected.mailbox().uid_next.filter(|next| *next > 0))?;
        // What was listed during this wait need not be listed again, unless more came.
        if let Some((time, exists)) = self.listed {
            state.listed = state.listed.max(time);
            state.surplus.tries = u32::MAX;
            state.exists = state.exists.max(exists);
        }
        let selection = &self.job.selection;
        let look = Look::from_mark(&state, selection, false, selected, headers)?;
        let mut found = look.found.clone();
        if !selection.is_narrowed() && look.needs_all(&state, self.job.give_up_after, now()) {
            let all = Look::at_all(selected)?;
            self.listed = Some((now(), all.exists));
            found.uids.extend(&all.found.uids);
        }
        // What has no try yet is a message at which a session ended, perhaps by chance.
        let tried: UidSet = state.failed.iter().filter(|(_, tries)| tries.count > 0).map(|(uid, _)| *uid).collect();
        for uids in [&mut found.uids, &mut found.unreadable] {
            *uids = uids.without(&state.known()).without(&tried);
        }
        Ok(found)
    }

    fn state(&self) -> Result<State> {
        let Job { mailbox, folder, .. } = self.job;
        let any = Source::new(self.host, mailbox, folder);
        let dir = locate(self.dir, &any, self.dir.to_owned())?;
        // Whatever format it keeps messages in.
        let format = State::of(&dir)?.and_then(|state| state.ok()).map_or(Format::default(), |state| state.format);
        Ok(Destination::look(&dir, &Source { format, ..any })?.state.clone())
    }
}
