//! How messages are fetched, to a directory and to a stream alike: in batches; where the server refuses, in halves; and
//! what failed before after all others, alone. Every message that was asked for is settled in the end: it came, it
//! failed, or it is gone.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use super::Failed;
use super::incoming::{Came, Doubtful, Incoming};
use super::pass::{Pass, failures};
use crate::error::{Cause, Error, Kind, Result};
use crate::exchange::{Halves, is_refusal, is_throttled};
use crate::imap::types::{Fetch, Uid, Unreadable};
use crate::imap::{Selected, UidSet};

/// Messages of one FETCH where a program waits for them.
const BATCH: u64 = 200;

/// Messages of any other FETCH: those that lack their end or their body, 150 bytes each, wait for its own.
const LARGEST_BATCH: u64 = 10_000;

/// Bytes of UIDs in one command; Exchange refuses a command of more than 4,096.
pub(super) const UID_BYTES: usize = 3900;

impl Pass<'_> {
    /// Fetches messages and hands them over, as many as the limit lets through: those that fail do not count.
    pub(super) fn fetch_all<S: Read + Write>(&mut self, selected: &mut Selected<'_, S>, wanted: &UidSet) -> Result<()> {
        let most = if self.job.program.is_some() { BATCH } else { LARGEST_BATCH };
        for mut batch in wanted.chunks(UID_BYTES, most) {
            while !batch.is_empty() && self.room() > 0 && !self.is_refused_too_often() {
                let part = batch.first(self.room());
                self.fetch(selected, &part)?;
                self.hand_over(&self.destination.state.run.within(&part).without(&self.not_taken))?;
                batch = batch.without(&part);
            }
        }
        let left = wanted.without(&self.settled).len();
        if self.is_refused_too_often() && self.is_renewed && left > 0 {
            self.watch
                .warn(&format!("{left} messages were not asked for: the server refused too often; the next run asks"));
            self.outcome.not_asked += left;
        }
        Ok(())
    }

    /// Fetches what failed before, each alone. A session that ends at one of them says something of that message alone,
    /// and of nothing else that was to be done: where it was the last, that end is returned.
    pub(super) fn fetch_last<S: Read + Write>(
        &mut self,
        selected: &mut Selected<'_, S>,
        wanted: &UidSet,
    ) -> Result<Option<Error>> {
        let tries = |pass: &Self, uid: &Uid| pass.destination.state.failed.get(uid).map_or(0, |tries| tries.count);
        let mut uids: Vec<Uid> = wanted.iter().collect();
        uids.sort_by_key(|uid| tries(self, uid));
        for (at, uid) in uids.iter().enumerate() {
            let Err(error) = self.fetch_all(selected, &[*uid].into_iter().collect()) else { continue };
            // Where nothing came at all it may as well be the server, for which no message is to be given up.
            if self.cut_off != Some(*uid) || !(self.sends || tries(self, uid) > 0) {
                return Err(error);
            }
            self.cut_off = None;
            let reason = format!("the connection broke at it: {}", error.in_passing());
            self.count_failures(vec![Failed { uid: *uid, reason }])?;
            return if at + 1 == uids.len() { Ok(Some(error)) } else { Err(error.with_kind(Kind::Temporary)) };
        }
        Ok(None)
    }

    /// How many messages may still come.
    fn room(&self) -> u64 {
        self.job.selection.limit().map_or(u64::MAX, |limit| limit.saturating_sub(self.came))
    }

    /// Fetches a batch and settles every UID of it, unless the server refuses too often.
    fn fetch<S: Read + Write>(&mut self, selected: &mut Selected<'_, S>, batch: &UidSet) -> Result<()> {
        let mut halves = Halves::of(batch.clone(), ());
        while let Some((asked, ())) = halves.next() {
            if self.is_refused_too_often() {
                return Ok(());
            }
            let Some(refused) = self.fetch_once(selected, &asked)? else { continue };
            self.refusals += 1;
            let left = asked.without(&self.settled);
            if halves.refused(&asked, &left, ()) {
                self.count_failures(failures(&left, &refused.in_passing()))?;
            }
        }
        Ok(())
    }

    /// One FETCH. Returns the server's refusal, after which what did not come is not settled.
    fn fetch_once<S: Read + Write>(&mut self, selected: &mut Selected<'_, S>, asked: &UidSet) -> Result<Option<Error>> {
        self.in_time()?;
        let items = self.destination.state.format.items();
        let mut incoming = Incoming::new(self)?;
        let fetched = selected.fetch_bodies(asked, items, &mut incoming);
        // Complete messages are kept whatever cut the rest off.
        let Came { mut seen, failed, doubtful, cut_off, stopped } = incoming.finish();
        // Without a session nothing more is known of these: they come again.
        let is_over = stopped.is_some() || fetched.as_ref().is_err_and(|e| !is_refusal(e));
        if is_over {
            seen = seen.without(
                &doubtful.iter().filter(|doubtful| doubtful.held.is_some()).map(|doubtful| doubtful.uid).collect(),
            );
            self.discard(&doubtful);
        }
        self.settled.extend(&seen);
        self.came += seen.len() - (failed.len() as u64).min(seen.len());
        self.sends |= cut_off.is_some() || !seen.is_empty();
        self.count_failures(failed)?;
        stopped.map_or(Ok(()), Err)?;
        if !is_over && !doubtful.is_empty() {
            self.settle_doubtful(selected, doubtful)?;
        }
        match fetched {
            Err(refused) if is_refusal(&refused) => return Ok(Some(refused)),
            Err(e) => {
                // An answer that cannot be read, after which the session is over, names its message: it goes on without.
                let left = asked.without(&self.settled);
                if let Some(bad) = Unreadable::of(&e)
                    && let Some(uid) = bad.uid.filter(|uid| left.contains(*uid))
                {
                    self.count_failures(vec![Failed { uid, reason: bad.reason() }])?;
                    return Err(e.with_kind(Kind::Temporary));
                }
                if is_about_a_message(&e) {
                    self.cut_off = cut_off.or(left.first(1).last());
                }
                return Err(e);
            }
            Ok(()) => {}
        }
        self.settle_missing(selected, &asked.without(&seen))?;
        Ok(None)
    }

    /// Removes what was held back; the next run would, too.
    fn discard(&self, doubtful: &[Doubtful]) {
        let held = doubtful.iter().filter_map(|doubtful| doubtful.held.as_ref());
        held.for_each(|(entry, _)| drop(self.destination.discard(&entry.temporary)));
    }

    /// Asks for the sizes of messages that may not be whole, and delivers or fails each.
    fn settle_doubtful<S: Read + Write>(
        &mut self,
        selected: &mut Selected<'_, S>,
        doubtful: Vec<Doubtful>,
    ) -> Result<()> {
        let uids: UidSet = doubtful.iter().map(|doubtful| doubtful.uid).collect();
        let mut sizes = BTreeMap::new();
        let mut each = |fetched: &Fetch| {
            sizes.extend(fetched.uid.zip(fetched.size));
            Ok(())
        };
        match selected.fetch_each(&uids, "UID RFC822.SIZE", &mut each) {
            // A size that is refused says nothing against the message.
            Err(e) if !is_refusal(&e) => {
                self.settled = self.settled.without(&uids);
                self.discard(&doubtful);
                return Err(e);
            }
            _ => {}
        }
        let mut incoming = Incoming::new(self)?;
        let settled = incoming.settle(doubtful, &sizes);
        let Came { failed, stopped, .. } = incoming.finish();
        self.came -= (failed.len() as u64).min(self.came);
        self.count_failures(failed)?;
        settled?;
        stopped.map_or(Ok(()), Err)
    }

    /// Settles messages that did not come after an OK: those that the server still lists failed. Of the others it must
    /// have said that they are gone; where it did not, the next run finds what EXISTS counts more than it explains.
    fn settle_missing<S: Read + Write>(&mut self, selected: &mut Selected<'_, S>, missing: &UidSet) -> Result<()> {
        if missing.is_empty() {
            return Ok(());
        }
        // The others were deleted meanwhile.
        let there = selected.still_there(missing)?;
        self.count_failures(failures(&there, "the server answered OK and sent no message under this UID"))?;
        let absent = missing.without(&there);
        if absent.is_empty() {
            return Ok(());
        }
        selected.noop()?;
        let exists = selected.mailbox().exists;
        self.settled.extend(&absent);
        // What was not listed in this session was delivered before, and a program has still to take it.
        let (listed, known) = (absent.within(&self.counts.listed), absent.without(&self.counts.listed));
        // A run that looks at a part of the folder knows of no EXISTS before.
        if self.job.selection.is_narrowed() || self.counts.says_gone(&known, exists) {
            self.lose(&self.destination.state.run.within(&known))?;
        }
        if !self.counts.settle_absent(&listed, exists) {
            let who = if listed.len() == 1 { "message" } else { "messages" };
            self.watch.warn(&format!("{who} {listed}: listed before and not sent; the next run looks again"));
        }
        Ok(())
    }

    /// Says of messages that they failed, once a run, and counts each; the last time it is given up.
    pub(super) fn count_failures(&mut self, failed: Vec<Failed>) -> Result<()> {
        if failed.is_empty() {
            return Ok(());
        }
        for failed in failed {
            let Failed { uid, reason } = &failed;
            self.settled.insert(*uid);
            let most = self.job.give_up_after;
            // What has no memory gives nothing up.
            let counts = self.counts.has(*uid) && self.out.is_none();
            self.counts.leave(u32::from(!counts));
            if counts && self.destination.state.count_failure(*uid, reason, most) {
                self.watch.warn(&format!("message {uid}: {reason}; given up after {most} tries"));
                self.outcome.gave_up.push(*uid);
            } else {
                self.watch.warn(&format!("message {uid}: {reason}; the next run tries again"));
                self.outcome.failed.push(failed);
            }
        }
        self.destination.save()
    }

    /// Remembers the message at which a session ended: the next run asks for it last, this one from the second time on.
    /// An answer that breaks the protocol is then followed by a session without that message, where any came before.
    pub(super) fn blame(&mut self, error: Error) -> Error {
        let Some(uid) = self.cut_off.take() else { return error };
        if self.cuts.contains(uid) {
            self.last.insert(uid);
        }
        self.cuts.insert(uid);
        if self.counts.has(uid) {
            self.destination.state.suspect(uid, &format!("the connection broke at it: {}", error.in_passing()));
            if let Err(disk) = self.destination.save() {
                return disk;
            }
        }
        if error.kind() != Kind::Protocol {
            return error;
        }
        self.last.insert(uid);
        let came = std::mem::replace(&mut self.came_before, self.came);
        if self.came > came { error.with_kind(Kind::Temporary) } else { error }
    }
}

/// True for an end of a session for which the message that was asked for may be the cause: not where the server says
/// another one, or the time of the run was over.
fn is_about_a_message(error: &Error) -> bool {
    let words = error.reply().map(|reply| reply.text.to_ascii_lowercase()).unwrap_or_default();
    let is_said = is_throttled(error) || words.contains("expired");
    matches!(error.kind(), Kind::Temporary | Kind::Protocol) && !is_said && error.cause() != Some(Cause::TimeLimit)
}
