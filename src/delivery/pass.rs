//! What one session does: it finishes what is left of before, fetches what is new, hands it over, and
//! changes the server. Whatever cuts it off, the next session goes on from the state.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::time::Instant;

use super::action::Action;
use super::incoming::Incoming;
use super::program::Given;
use super::{Delivered, Destination, Failed, Job, Outcome, Watch};
use crate::error::{Error, Kind, Phase, Result};
use crate::exchange::{Work, explain, is_not_connected, open, require_folder};
use crate::imap::UidSet;
use crate::imap::mailbox_name::MailboxName;
use crate::imap::session::{Selected, Session};
use crate::imap::types::{Uid, UidValidity};
use crate::net::Stream;

/// Messages of one FETCH where a program or a change on the server waits for them.
const BATCH: u64 = 200;

/// A message that breaks so many sessions is left out.
const MOST_CUTS: u32 = 3;

/// Commands that may be refused for single messages before the rest is left to the next run: Exchange hangs
/// up on whoever is refused too often (field guide 2.6).
const MOST_REFUSALS: u32 = 20;

/// Octets of UIDs in one command; Exchange refuses a command of more than 4,096.
const UID_OCTETS: usize = 3900;

/// What the sessions of a run share.
pub(super) struct Pass<'a> {
    pub(super) job: &'a Job,
    pub(super) destination: &'a mut Destination,
    pub(super) watch: &'a mut dyn Watch,
    pub(super) outcome: Outcome,
    /// What is settled in this run: delivered, failed, or found to be gone.
    pub(super) settled: UidSet,
    /// The message during which the last session broke.
    pub(super) cut_off: Option<Uid>,
    /// How often a session broke in a message.
    cuts: HashMap<Uid, u32>,
    /// The program is not asked twice in a run for a message that it did not take.
    not_taken: UidSet,
    /// Commands that the server refused for single messages, or to find out which these are.
    refusals: u32,
    /// Messages that the server refuses to change, and what it said last.
    stuck: UidSet,
    stuck_by: Option<Error>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(job: &'a Job, destination: &'a mut Destination, watch: &'a mut dyn Watch) -> Pass<'a> {
        Pass {
            job,
            destination,
            watch,
            outcome: Outcome::default(),
            settled: UidSet::new(),
            cut_off: None,
            cuts: HashMap::new(),
            not_taken: UidSet::new(),
            refusals: 0,
            stuck: UidSet::new(),
            stuck_by: None,
        }
    }

    /// What a run before this one was about to deliver when it was killed, and opening the directory put in
    /// place: told now, since nobody was.
    pub(super) fn tell_recovered(&mut self) -> Result<()> {
        let entries = std::mem::take(&mut self.destination.recovered);
        let told: Vec<_> = entries
            .into_iter()
            .map(|entry| {
                let path = self.destination.path(&entry.place);
                let size = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
                Delivered { path, size, ..Delivered::default_for(entry.uid) }
            })
            .collect();
        if told.is_empty() {
            return Ok(());
        }
        self.outcome.delivered += told.len() as u64;
        self.watch.delivered(&told)
    }

    /// One session's work.
    fn deliver<S: Read + Write>(&mut self, session: &mut Session<S>) -> Result<()> {
        let writes = self.job.action.is_some() || !self.destination.state.act.is_empty();
        // MOVE and UIDPLUS may be offered only now, after the sign-in (field guide 2.2).
        if writes {
            session.capability().map_err(explain)?;
        }
        // A folder to move to must exist before anything is fetched.
        if let Some(Action::MoveTo(folder)) = &self.job.action {
            require_folder(session, folder, "move to")?;
        }
        let mut selected = open(session, &self.job.folder, writes)?;
        if let Some(action) = &self.job.action {
            action.change().check(&selected)?;
        }
        let validity = self.bind(&selected)?;
        // As it is before the search: what a server says of it later may be of mail that the search missed.
        let next = selected.mailbox().uid_next.filter(|next| *next > 0);
        self.act(&mut selected)?;
        let mut wanted = self.hand_over_again()?;
        self.act(&mut selected)?;
        wanted.extend(&self.what_is_new(&mut selected, next)?);
        self.watch.announced(wanted.len());
        for batch in wanted.chunks(UID_OCTETS, self.batch()) {
            self.fetch(&mut selected, &batch, validity)?;
            self.hand_over(&self.destination.state.run.within(&batch).without(&self.not_taken))?;
            self.act(&mut selected)?;
        }
        if !self.job.selection.is_narrowed() {
            self.look_behind(next, &wanted)?;
        }
        // LOGOUT comes next, which expunges nothing: an UNSELECT before it would be a turn for nothing.
        self.stuck_by.take().map_or(Ok(()), Err)
    }

    fn batch(&self) -> u64 {
        if self.job.program.is_some() || self.job.action.is_some() { BATCH } else { u64::MAX }
    }

    fn bind<S: Read + Write>(&mut self, selected: &Selected<'_, S>) -> Result<UidValidity> {
        let Some(validity) = selected.mailbox().uid_validity else {
            let message = "the server gave no UIDVALIDITY, so its messages cannot be told apart";
            return Err(Error::new(Kind::Protocol, Phase::Select, message));
        };
        let first = self.destination.is_new();
        if let Some(said) = self.destination.bind_uid_validity(validity, self.job.accept_uidvalidity)? {
            self.watch.warn(&said);
            self.settled = UidSet::new();
        }
        if first && self.job.from_now {
            let Some(next) = selected.mailbox().uid_next else {
                let message = "the server gave no UIDNEXT, without which --from-now cannot tell old from new";
                return Err(Error::new(Kind::Protocol, Phase::Select, message));
            };
            self.destination.nothing_left_below(next)?;
        }
        Ok(validity)
    }

    /// The UIDs that are to be fetched. UIDNEXT answers "nothing new" without another command, but not on
    /// a first look, where EXISTS says that there is something.
    fn what_is_new<S: Read + Write>(&mut self, selected: &mut Selected<'_, S>, next: Option<u32>) -> Result<UidSet> {
        let Job { selection, refetch, .. } = self.job;
        let below = self.destination.state.below;
        if let Some(next) = next.filter(|next| *next < below) {
            let message = format!(
                "the folder's UIDNEXT is {next}, and its messages below {below} were seen before: it was put back, or the server errs; nothing was fetched"
            );
            return Err(Error::new(Kind::Protocol, Phase::Select, message));
        }
        let first = if *refetch { 1 } else { below };
        if selected.mailbox().exists == 0 || (first > 1 && next == Some(first)) {
            return Ok(UidSet::new());
        }
        let found = selection.find(selected, first).map_err(explain)?;
        let exists = u64::from(selected.mailbox().exists);
        let unlisted = exists.saturating_sub(found.uids.len());
        if first == 1 && !selection.is_narrowed() && unlisted > 0 && self.outcome.unlisted == 0 {
            self.watch
                .warn(&format!("the server lists {} of {exists} messages; the next run looks again", found.uids.len()));
            self.outcome.unlisted = unlisted;
        }
        let mut known = self.settled.clone();
        if *refetch {
            known.extend(&self.destination.still_here(&found.uids)?);
        } else {
            known.extend(&self.destination.state.done);
            known.extend(&self.destination.state.gave_up);
        }
        let reason = "the server does not hand out its header, so it cannot be matched";
        self.count_failures(failures(&found.unreadable.without(&known), reason))?;
        // What the sessions before this one settled counts against the limit.
        let mut all = found.uids.without(&known);
        all.extend(&self.settled);
        Ok(selection.limited(all).without(&self.settled))
    }

    /// Fetches a batch and settles every UID of it. Where the server refuses, the first message that did not
    /// come is asked for alone: one that Exchange cannot render must not keep the others from coming.
    fn fetch<S: Read + Write>(
        &mut self,
        selected: &mut Selected<'_, S>,
        batch: &UidSet,
        validity: UidValidity,
    ) -> Result<()> {
        let mut left = batch.clone();
        while !left.is_empty() {
            let Some(refused) = self.fetch_once(selected, &left, validity)? else { return Ok(()) };
            left = left.without(&self.settled);
            let Some(first) = left.iter().next() else { return Ok(()) };
            self.refuse(refused)?;
            let one = [first].into_iter().collect();
            if let Some(refused) = self.fetch_once(selected, &one, validity)? {
                self.count_failures(failures(&one, &format!("{refused}")))?;
                self.refuse(refused)?;
            }
            left = left.without(&self.settled);
        }
        Ok(())
    }

    /// Counts a refusal; too many end the run.
    fn refuse(&mut self, refused: Error) -> Result<()> {
        self.refusals += 1;
        if self.refusals > MOST_REFUSALS { Err(refused) } else { Ok(()) }
    }

    /// One FETCH. Returns the server's refusal, after which what did not come is not settled.
    fn fetch_once<S: Read + Write>(
        &mut self,
        selected: &mut Selected<'_, S>,
        batch: &UidSet,
        validity: UidValidity,
    ) -> Result<Option<Error>> {
        self.in_time()?;
        let items = self.destination.state.format.items();
        let mut incoming = Incoming::new(self.job, self.destination, self.watch, &mut self.outcome, validity);
        let fetched = selected.fetch_bodies(batch, items, &mut incoming).map_err(explain);
        // Complete messages are kept whatever cut the rest off.
        let kept = incoming.finish();
        let (ours, seen, failed) = (incoming.take_error(), incoming.seen.clone(), incoming.take_failed());
        self.cut_off = incoming.cut_off;
        kept?;
        self.settled.extend(&seen);
        self.count_failures(failed)?;
        ours.map_or(Ok(()), Err)?;
        match fetched {
            Err(refused) if is_refusal(&refused) => return Ok(Some(refused)),
            fetched => fetched?,
        }
        let missing = batch.without(&seen);
        let there = still_there(selected, &missing)?;
        self.count_failures(failures(&there, "the server answered OK and sent no message"))?;
        let gone = missing.without(&there);
        self.lose(&self.destination.state.run.within(&gone))?;
        self.settled.extend(&missing);
        Ok(None)
    }

    /// Messages that no program took, whose files are gone, and that are not on the server any more.
    fn lose(&mut self, lost: &UidSet) -> Result<()> {
        if lost.is_empty() {
            return Ok(());
        }
        for uid in lost.iter() {
            self.not_given(
                uid,
                "no program took it, and it is gone from here and from the server: nothing is left to offer",
            );
        }
        self.destination.lost(lost)
    }

    /// Tells of messages that did not come, once a run, and counts each; the last time it is given up.
    fn count_failures(&mut self, failed: Vec<Failed>) -> Result<()> {
        if failed.is_empty() {
            return Ok(());
        }
        for failed in failed {
            let Failed { uid, reason } = &failed;
            self.settled.insert(*uid);
            if self.destination.count_failure(*uid, self.job.give_up_after) {
                self.watch.warn(&format!("message {uid}: {reason}; given up after {} tries", self.job.give_up_after));
                self.outcome.gave_up.push(*uid);
            } else {
                self.watch.warn(&format!("message {uid}: {reason}; the next run tries again"));
                self.outcome.failed.push(failed);
            }
        }
        self.destination.save()
    }

    /// The UID below which nothing is left to look at.
    fn look_behind(&mut self, next: Option<u32>, wanted: &UidSet) -> Result<()> {
        if self.outcome.unlisted > 0 {
            return Ok(());
        }
        // A failure that was not met again is a message that is gone.
        let met: UidSet = self.outcome.failed.iter().map(|failed| failed.uid).collect();
        self.destination.state.failed.retain(|uid, _| met.contains(*uid));
        let first_failed = self.destination.state.failed.keys().next().map(|uid| uid.get());
        // Not UIDNEXT alone: it was said before the search, which may have seen later messages.
        let behind_last = wanted.last().map(|uid| uid.get().saturating_add(1));
        let next = first_failed.or(behind_last.max(next));
        next.map_or(Ok(()), |next| self.destination.nothing_left_below(next))
    }

    /// Messages that a run before this one delivered and no program took: those whose file is still
    /// there are offered now, the others come back to be fetched again.
    fn hand_over_again(&mut self) -> Result<UidSet> {
        let left = self.destination.state.run.without(&self.not_taken);
        if self.job.program.is_none() {
            if !left.is_empty() && self.settled.is_empty() {
                self.watch.warn(&format!("{} messages wait for a program, which this run has not", left.len()));
            }
            return Ok(UidSet::new());
        }
        let mut gone = UidSet::new();
        for uid in left.iter() {
            if self.destination.file_of(uid)?.is_none() {
                gone.insert(uid);
            }
        }
        self.hand_over(&left.without(&gone))?;
        Ok(gone)
    }

    /// Runs the program for each of `uids`, between commands, never inside one.
    fn hand_over(&mut self, uids: &UidSet) -> Result<()> {
        let Some(program) = &self.job.program else { return Ok(()) };
        for uid in uids.iter() {
            self.in_time()?;
            let Some(file) = self.destination.file_of(uid)? else {
                // A consumer took it before the program ran: the next run fetches it again.
                self.not_given(uid, "its file is gone; the next run fetches it again");
                continue;
            };
            let attachments = self.destination.attachments_of(uid);
            let given = Given {
                uid,
                mailbox: &self.job.mailbox,
                folder: self.job.folder.as_str(),
                file: &file,
                attachments: attachments.as_deref(),
            };
            match program.run(&given, self.job.deadline) {
                Ok(()) => self.destination.program_took(uid, self.job.action.as_ref())?,
                Err(why) => self.not_given(uid, &format!("the program {why}; the next run offers it again")),
            }
        }
        Ok(())
    }

    fn not_given(&mut self, uid: Uid, why: &str) {
        self.watch.warn(&format!("message {uid}: {why}"));
        self.outcome.not_taken += 1;
        self.not_taken.insert(uid);
    }

    /// Makes the changes on the server that the state says are left. One that the server refuses keeps no
    /// mail from coming: it is told, and left to the next run.
    fn act<S: Read + Write>(&mut self, selected: &mut Selected<'_, S>) -> Result<()> {
        for (uids, action) in self.destination.state.act.clone() {
            let mut parts = vec![(uids.without(&self.stuck), action)];
            while let Some((uids, action)) = parts.pop().filter(|(uids, _)| !uids.is_empty()) {
                let Some((refused, left)) = self.act_once(selected, &uids, &action)? else { continue };
                self.refusals += 1;
                if uids.len() > 1 && self.refusals <= MOST_REFUSALS {
                    // Which of them is it?
                    let half = uids.len() / 2;
                    let first: UidSet = uids.iter().take(usize::try_from(half).unwrap_or(usize::MAX)).collect();
                    parts.extend([(uids.without(&first), left.clone()), (first, left)]);
                } else {
                    self.watch
                        .warn(&format!("messages {uids}: {}: {refused}; the next run tries again", left.to_text()));
                    self.stuck.extend(&uids);
                    self.stuck_by = Some(refused);
                }
            }
        }
        Ok(())
    }

    /// Makes a change; where the server refuses, returns what it said and what is left to do.
    fn act_once<S: Read + Write>(
        &mut self,
        selected: &mut Selected<'_, S>,
        uids: &UidSet,
        action: &Action,
    ) -> Result<Option<(Error, Action)>> {
        self.in_time()?;
        let destination = &mut *self.destination;
        let mut now = action.clone();
        // A copy is not made twice: from then on there is only the original to delete.
        let performed = action.change().perform(selected, uids, &mut |_| {
            destination.acted(uids, &now, Some(&Action::Delete))?;
            now = Action::Delete;
            Ok(())
        });
        match performed {
            Err(refused) if is_refusal(&refused) => return Ok(Some((refused, now))),
            performed => drop(performed?),
        }
        destination.acted(uids, &now, None)?;
        self.outcome.acted += uids.len();
        Ok(None)
    }

    fn in_time(&self) -> Result<()> {
        match self.job.deadline {
            Some(deadline) if Instant::now() >= deadline => {
                let message = "the time of the run is over (--max-time); what is done is kept";
                Err(Error::new(Kind::Temporary, Phase::Fetch, message))
            }
            _ => Ok(()),
        }
    }
}

impl Work for Pass<'_> {
    fn run(&mut self, session: &mut Session<Stream>) -> Result<()> {
        self.deliver(session)
    }

    fn progress(&self) -> (u64, u64, u64) {
        (self.settled.len(), self.outcome.acted, self.destination.state.run.len())
    }

    /// A message in which every session breaks must not keep the others from coming.
    fn broke(&mut self, _: &Error) -> Result<()> {
        let Some(uid) = self.cut_off.take() else { return Ok(()) };
        let cuts = self.cuts.entry(uid).or_default();
        *cuts += 1;
        if *cuts < MOST_CUTS {
            return Ok(());
        }
        let one = [uid].into_iter().collect();
        self.count_failures(failures(&one, "the connection broke in it three times"))
    }
}

/// True where the server refused a command and goes on with the session: a tagged NO or BAD that is neither
/// throttling nor about the mailbox as a whole.
fn is_refusal(error: &Error) -> bool {
    let tagged = error.reply().is_some_and(|reply| matches!(reply.status, "NO" | "BAD"));
    tagged && error.kind() == Kind::Refused && !is_not_connected(error)
}

fn failures(uids: &UidSet, reason: &str) -> Vec<Failed> {
    uids.iter().map(|uid| Failed { uid, reason: reason.to_owned() }).collect()
}

/// Which of the UIDs that did not come still exist: the others were deleted meanwhile.
fn still_there<S: Read + Write>(selected: &mut Selected<'_, S>, missing: &UidSet) -> Result<UidSet> {
    let mut there = UidSet::new();
    for chunk in missing.chunks(UID_OCTETS, u64::MAX) {
        there.extend(&selected.search(&format!("UID {chunk}")).map_err(explain)?);
    }
    Ok(there.iter().filter(|uid| missing.contains(*uid)).collect())
}

/// Lists what a run would fetch, and changes nothing.
pub(super) fn would_fetch<S: Read + Write>(
    session: &mut Session<S>,
    folder: &MailboxName,
    pass: &mut Pass,
) -> Result<(UidValidity, UidSet)> {
    let mut selected = open(session, folder, false)?;
    let Some(validity) = selected.mailbox().uid_validity else {
        let message = "the server gave no UIDVALIDITY, so its messages cannot be told apart";
        return Err(Error::new(Kind::Protocol, Phase::Select, message));
    };
    let known = pass.destination.state.uid_validity;
    if known.is_none() && pass.job.from_now {
        return Ok((validity, UidSet::new()));
    }
    if known.is_some_and(|known| known != validity) {
        let message = format!(
            "the folder's UIDVALIDITY changed to {validity}: a run would stop here, or start afresh with --accept-uidvalidity"
        );
        return Err(Error::new(Kind::Refused, Phase::Select, message));
    }
    let next = selected.mailbox().uid_next.filter(|next| *next > 0);
    let new = pass.what_is_new(&mut selected, next)?;
    Ok((validity, new))
}
