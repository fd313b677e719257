//! What one session does: it finishes what is left of before, fetches what is new, hands it over, and
//! changes the server. Whatever cuts it off, the next session goes on from the state.

#[path = "hand_over.rs"]
mod hand_over;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::time::Instant;

use super::action::Action;
use super::incoming::Incoming;
use super::state::GIVEN_UP;
use super::{Delivered, Destination, Failed, Job, Outcome, Watch};
use crate::error::{Error, Kind, Phase, RUN_IS_OVER, Result};
use crate::exchange::{Work, explain, hung_up, is_refusal, open, require_folder};
use crate::imap::UidSet;
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
    /// UIDNEXT as it was before the search: what a server says of it later may be of mail that the search missed.
    uid_next: Option<u32>,
    /// What is settled in this run: delivered, failed, or found to be gone.
    pub(super) settled: UidSet,
    /// The message during which the last session broke.
    pub(super) cut_off: Option<Uid>,
    /// How often a session broke in a message.
    cuts: HashMap<Uid, u32>,
    /// Something of a message came since one was blamed: the server does send, and where it hangs up it is about that
    /// message.
    sends: bool,
    /// Messages that sessions broke at before any came: they are asked for last, which shows whether others come.
    suspects: UidSet,
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
            uid_next: None,
            settled: UidSet::new(),
            cut_off: None,
            cuts: HashMap::new(),
            sends: false,
            suspects: UidSet::new(),
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
        let state = &self.destination.state;
        let promised = !state.act.is_empty() || (self.job.program.is_some() && !state.then.is_empty());
        let writes = self.job.action.is_some() || promised;
        // MOVE and UIDPLUS may be offered only now, after the sign-in (field guide 2.2).
        if writes {
            session.capability().map_err(explain)?;
        }
        self.require_target(session)?;
        let mut selected = open(session, &self.job.folder, writes)?;
        if let Some(action) = &self.job.action {
            action.change().check(&selected)?;
        }
        let validity = self.bind(&selected)?;
        self.act(&mut selected)?;
        let mut wanted = self.hand_over_again()?;
        self.act(&mut selected)?;
        wanted.extend(&self.what_is_new(&mut selected)?);
        self.watch.announced(wanted.len());
        let (first, last) = (wanted.without(&self.suspects), wanted.within(&self.suspects));
        let most = self.batch();
        for batch in [first, last].iter().flat_map(|part| part.chunks(UID_OCTETS, most)) {
            self.fetch(&mut selected, &batch, validity)?;
            self.hand_over(&self.destination.state.run.within(&batch).without(&self.not_taken))?;
            self.act(&mut selected)?;
        }
        if !self.job.selection.is_narrowed() {
            self.look_behind()?;
        }
        // LOGOUT comes next, which expunges nothing: an UNSELECT before it would be a turn for nothing.
        self.stuck_by.take().map_or(Ok(()), Err)
    }

    /// What a run would fetch; nothing is changed, and what would be refused is.
    pub(super) fn would_fetch<S: Read + Write>(&mut self, session: &mut Session<S>) -> Result<(UidValidity, UidSet)> {
        self.require_target(session)?;
        let mut selected = open(session, &self.job.folder, false)?;
        Ok((self.bind(&selected)?, self.what_is_new(&mut selected)?))
    }

    /// A folder to move to must exist before anything is fetched.
    fn require_target<S: Read + Write>(&self, session: &mut Session<S>) -> Result<()> {
        match &self.job.action {
            Some(Action::MoveTo(folder)) => require_folder(session, folder, "move to"),
            _ => Ok(()),
        }
    }

    fn batch(&self) -> u64 {
        if self.job.program.is_some() || self.job.action.is_some() { BATCH } else { u64::MAX }
    }

    fn bind<S: Read + Write>(&mut self, selected: &Selected<'_, S>) -> Result<UidValidity> {
        let Some(validity) = selected.mailbox().uid_validity else {
            let message = "the server gave no UIDVALIDITY, so its messages cannot be told apart";
            return Err(Error::new(Kind::Protocol, Phase::Select, message));
        };
        self.uid_next = selected.mailbox().uid_next.filter(|next| *next > 0);
        let mut first = self.destination.is_new();
        if let Some(said) = self.destination.bind_uid_validity(validity, self.job.accept_uidvalidity)? {
            self.watch.warn(&said);
            self.settled = UidSet::new();
            first = true;
        }
        if let Err(put_back) = self.destination.state.check_uid_next(self.uid_next) {
            // A selection would leave out for good what it does not look at now.
            if !self.job.refetch || self.job.selection.is_narrowed() {
                return Err(put_back);
            }
            let pending = self.destination.state.start_afresh(validity);
            self.watch
                .warn(&format!("UIDNEXT went back: starting afresh with what has no file here; {pending} {GIVEN_UP}"));
            self.settled = UidSet::new();
        }
        if first && self.job.from_now {
            let Some(next) = selected.mailbox().uid_next else {
                let message = "the server gave no UIDNEXT, without which --from-now cannot tell old from new";
                return Err(Error::new(Kind::Protocol, Phase::Select, message));
            };
            self.destination.nothing_left_below(next)?;
            self.outcome.taken_as_done = u64::from(selected.mailbox().exists);
        }
        Ok(validity)
    }

    /// The UIDs that are to be fetched. UIDNEXT answers "nothing new" without another command, but not on
    /// a first look, where EXISTS says that there is something.
    fn what_is_new<S: Read + Write>(&mut self, selected: &mut Selected<'_, S>) -> Result<UidSet> {
        let Job { selection, refetch, .. } = self.job;
        let first = if *refetch { 1 } else { self.destination.state.below };
        if selected.mailbox().exists == 0 || (first > 1 && self.uid_next == Some(first)) {
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
            let here = self.destination.still_here(&found.uids)?;
            // A fresh start has forgotten that it is.
            if self.destination.state.below == 1 {
                self.destination.state.done.extend(&here);
            }
            known.extend(&here);
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
                self.count_failures(failures(&one, &refused.in_passing()))?;
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
        self.sends |= self.cut_off.is_some() || !seen.is_empty();
        if seen.is_empty() && fetched.as_ref().is_err_and(hung_up) {
            self.cut_off = self.cut_off.or(batch.iter().next());
        }
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
        self.count_failures(failures(&there, "the server answered OK and sent no message under this UID"))?;
        let gone = missing.without(&there);
        self.lose(&self.destination.state.run.within(&gone))?;
        self.settled.extend(&missing);
        Ok(None)
    }

    /// Tells of messages that did not come, once a run, and counts each; the last time it is given up.
    fn count_failures(&mut self, failed: Vec<Failed>) -> Result<()> {
        if failed.is_empty() {
            return Ok(());
        }
        for failed in failed {
            let Failed { uid, reason } = &failed;
            self.settled.insert(*uid);
            // At UIDNEXT and above it may be no message yet; the one that will have this UID must not be given up.
            let counts = self.uid_next.is_none_or(|next| uid.get() < next);
            if counts && self.destination.count_failure(*uid, self.job.give_up_after) {
                self.watch.warn(&format!("message {uid}: {reason}; given up after {} tries", self.job.give_up_after));
                self.outcome.gave_up.push(*uid);
            } else {
                self.watch.warn(&format!("message {uid}: {reason}; the next run tries again"));
                self.outcome.failed.push(failed);
            }
        }
        self.destination.save()
    }

    /// The UID below which nothing is left to look at. Never beyond the UIDNEXT that the server announced: what
    /// it lists above may be mail that has just come in, and then it is among the done, or no message at all.
    fn look_behind(&mut self) -> Result<()> {
        if self.outcome.unlisted > 0 {
            return Ok(());
        }
        // A failure that was not met again is a message that is gone.
        let met: UidSet = self.outcome.failed.iter().map(|failed| failed.uid).collect();
        self.destination.state.failed.retain(|uid, _| met.contains(*uid));
        let Some(next) = self.uid_next else { return Ok(()) };
        let first_failed = met.iter().next().map(|uid| uid.get());
        self.destination.nothing_left_below(first_failed.unwrap_or(next).min(next))
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
                    let who = if uids.len() == 1 { "message" } else { "messages" };
                    let (outcome, why) = (left.outcome(), refused.in_passing());
                    self.watch.warn(&format!("{who} {uids} could not be {outcome}: {why}; the next run tries again"));
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
                let message = format!("{RUN_IS_OVER}; what is done is kept");
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

    /// A message in which every session breaks must not keep the others from coming. Where none comes, it may as well be
    /// the server's trouble, for which no message is to be given up.
    fn broke(&mut self, _: &Error) -> Result<()> {
        let Some(uid) = self.cut_off.take() else { return Ok(()) };
        let cuts = self.cuts.entry(uid).or_default();
        *cuts += 1;
        if *cuts < MOST_CUTS {
            return Ok(());
        }
        let one = [uid].into_iter().collect();
        if !self.sends && !self.destination.state.failed.contains_key(&uid) {
            self.suspects.extend(&one);
            return Ok(());
        }
        self.sends = false;
        self.count_failures(failures(&one, "the connection broke at it three times"))
    }
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
