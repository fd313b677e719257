//! A job from its first session to its last. A session offers again what no program took, fetches what is new, hands it
//! over, and only then changes the server. Whatever cuts it off, the next session goes on from the state.
//!
//! The order keeps one bad thing from stopping the rest: mail comes before changes, and messages that failed before
//! come last. How messages are fetched is in `fetching`, how the server is changed in `changing`.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::Instant;

use super::destination::no_validity;
use super::format::Format;
use super::look::{Counts, Look};
use super::mbox::Out;
use super::state::{Changes, GIVEN_UP, now};
use super::{Action, Delivered, Destination, Failed, Job, Outcome, Source, Watch};
use crate::error::{Error, Kind, Phase, Result};
use crate::exchange::{Connect, Isolation, MOST_REFUSALS, is_refusal, open, persist, require_folder, try_sessions};
use crate::imap::types::Uid;
use crate::imap::{Selected, Session, UidSet};
use crate::net::Stream;
use crate::retry::Retry;

/// Runs a job to its end. What was delivered before an error stays delivered.
pub fn run(
    job: &Job,
    destination: &mut Destination,
    connect: &mut Connect,
    retry: &mut Retry,
    watch: &mut dyn Watch,
) -> Result<Outcome> {
    let mut held = None;
    let done = run_in(job, destination, &mut held, connect, retry, watch);
    // Everything is done and kept: a server that hangs up first takes nothing away.
    let _ = held.map(Session::logout);
    done
}

/// [`run`] that begins with the session that is held, if there is one, and leaves its last one there for the next job.
pub(crate) fn run_in(
    job: &Job,
    destination: &mut Destination,
    held: &mut Option<Session<Stream>>,
    connect: &mut Connect,
    retry: &mut Retry,
    watch: &mut dyn Watch,
) -> Result<Outcome> {
    let mut pass = Pass::new(job, destination, watch, None);
    pass.tell_recovered()?;
    let mut old = held.take();
    let mut is_old = old.is_some();
    let mut connect = |why: Option<&Error>, retry: &mut Retry| match old.take() {
        Some(session) => Ok(session),
        None => connect(why, retry),
    };
    *held = Some(try_sessions(&mut connect, retry, &mut |mut session, retry| {
        let was_old = std::mem::take(&mut is_old);
        match pass.session(&mut session, retry) {
            // The server may have ended it between two jobs.
            Err(e) if was_old && e.may_pass() && e.reply().is_none() => Ok(None),
            Err(e) => Err(e),
            Ok(Some(())) => Ok(Some(session)),
            Ok(None) => {
                let _ = session.logout();
                Ok(None)
            }
        }
    })?);
    pass.outcome.failed.sort_by_key(|failed| failed.uid);
    Ok(pass.outcome)
}

/// Writes the selected messages to `out`.
pub(crate) fn write_all(
    job: &Job,
    out: &mut dyn Write,
    connect: &mut Connect,
    retry: &mut Retry,
    watch: &mut dyn Watch,
) -> Result<Outcome> {
    let source = Source { format: Format::Mbox, ..Source::new("", &job.mailbox, &job.folder) };
    let mut destination = Destination::none(&source);
    let mut pass = Pass::new(job, &mut destination, watch, Some(Out::new(out)?));
    persist(connect, retry, &mut |session, retry| pass.session(session, retry))?;
    Ok(pass.outcome)
}

/// What a run would do.
#[derive(Debug, Default)]
pub(crate) struct Preview {
    /// The messages that it would fetch, and the places they would get.
    pub fetch: Vec<(Uid, PathBuf)>,
    /// The messages that it would change on the server, with the change; with a program, as far as it takes them.
    pub change: Changes,
}

/// Says what a run would do, and changes nothing.
pub(crate) fn dry_run(
    job: &Job,
    destination: &mut Destination,
    connect: &mut Connect,
    retry: &mut Retry,
    watch: &mut dyn Watch,
) -> Result<Preview> {
    let mut pass = Pass::new(job, destination, watch, None);
    persist(connect, retry, &mut |session, _| pass.would_do(session).map(Some))
}

/// What the sessions of a run share.
pub(super) struct Pass<'a> {
    pub(super) job: &'a Job,
    pub(super) destination: &'a mut Destination,
    pub(super) watch: &'a mut dyn Watch,
    /// Where messages go if not to the destination's directory.
    pub(super) out: Option<Out<'a>>,
    pub(super) outcome: Outcome,
    pub(super) counts: Counts,
    /// All messages could not be listed: not tried twice in a run.
    listing_failed: bool,
    /// What is settled in this run: delivered, failed, or found to be gone.
    pub(super) settled: UidSet,
    /// How many messages came.
    pub(super) came: u64,
    /// The message at which the session ended.
    pub(super) cut_off: Option<Uid>,
    /// The messages at which a session ended in this run.
    pub(super) cuts: UidSet,
    /// Something came in this run: the server does send, and where it hangs up it is about the message.
    pub(super) sends: bool,
    /// Messages that are asked for after all others, and alone: those that failed before.
    pub(super) last: UidSet,
    /// The program is not asked twice in a run for a message that it did not take.
    pub(super) not_taken: UidSet,
    /// What the program refused in this run, and why; and how many it took.
    pub(super) refused: Vec<(Uid, String)>,
    pub(super) taken: u64,
    /// Commands that the server refused in this session.
    pub(super) refusals: u32,
    /// One session was left because of too many: what is refused now is left to the next run.
    pub(super) is_renewed: bool,
    /// How many messages had come when an answer broke the protocol last.
    pub(super) came_before: u64,
    /// Messages that the server refuses to change, and what it said last.
    pub(super) stuck: UidSet,
    pub(super) stuck_by: Option<Error>,
    /// How headers are read that a selection is matched on.
    pub(super) headers: Isolation,
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        job: &'a Job,
        destination: &'a mut Destination,
        watch: &'a mut dyn Watch,
        out: Option<Out<'a>>,
    ) -> Pass<'a> {
        let last = destination.state.failing();
        Pass {
            job,
            destination,
            watch,
            out,
            outcome: Outcome::default(),
            counts: Counts::default(),
            listing_failed: false,
            settled: UidSet::new(),
            came: 0,
            cut_off: None,
            cuts: UidSet::new(),
            sends: false,
            last,
            not_taken: UidSet::new(),
            refused: Vec::new(),
            taken: 0,
            refusals: 0,
            is_renewed: false,
            came_before: 0,
            stuck: UidSet::new(),
            stuck_by: None,
            headers: Isolation::default(),
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
                Delivered::before(entry.uid, path.clone(), &path)
            })
            .collect();
        if told.is_empty() {
            return Ok(());
        }
        self.outcome.delivered += told.len() as u64;
        self.watch.delivered(&told)
    }

    /// One session's work; none where it goes on in another session.
    pub(super) fn session<S: Read + Write>(
        &mut self,
        session: &mut Session<S>,
        retry: &mut Retry,
    ) -> Result<Option<()>> {
        let done = |pass: &Self| {
            let read = pass.headers.progress();
            (pass.settled.len() + read, pass.outcome.acted, pass.destination.state.run.len())
        };
        let before = done(self);
        (self.refusals, self.cut_off) = (0, None);
        let delivered = self.deliver(session).map_err(|error| self.blame(error));
        if done(self) != before {
            retry.progressed();
        }
        delivered?;
        if self.is_refused_too_often() && !self.is_renewed {
            self.is_renewed = true;
            return Ok(None);
        }
        // LOGOUT comes next, which expunges nothing: an UNSELECT before it would be a turn for nothing.
        self.stuck_by.take().map_or(Ok(Some(())), Err)
    }

    fn deliver<S: Read + Write>(&mut self, session: &mut Session<S>) -> Result<()> {
        let state = &self.destination.state;
        let promised = !state.act.is_empty() || (self.job.program.is_some() && !state.then.is_empty());
        let writes = self.job.action.is_some() || self.job.failed_to.is_some() || promised;
        // MOVE and UIDPLUS may be offered only now, after the sign-in.
        if writes {
            session.capability()?;
        }
        self.require_target(session)?;
        let mut selected = open(session, &self.job.folder, writes)?;
        if let Some(action) = &self.job.action {
            action.change().check(&selected)?;
        }
        let is_new = self.out.is_none() && self.destination.state.uid_validity.is_none();
        self.bind(&mut selected)?;
        let mut wanted = self.hand_over_again()?;
        let look = self.look(&mut selected)?;
        wanted.extend(&self.new_in(&look)?);
        let expected = self.job.selection.limit().map_or(wanted.len(), |limit| wanted.len().min(limit));
        if is_new && expected > 0 {
            let (dir, folder, all) = (self.destination.dir.display(), &self.job.folder, look.exists);
            self.watch.note(&format!("{dir} is new: about to fetch {expected} of {all} messages in {folder}"));
        }
        self.watch.announced(expected);
        self.fetch_all(&mut selected, &wanted.without(&self.last))?;
        self.act(&mut selected)?;
        if let Some(all) = self.look_at_all(&look, &mut selected)? {
            let more = self.new_in(&all)?.without(&wanted);
            self.watch.announced(more.len());
            self.fetch_all(&mut selected, &more.without(&self.last))?;
            self.act(&mut selected)?;
            wanted.extend(&more);
        }
        let last = wanted.within(&self.last).without(&self.settled);
        let broken = self.fetch_last(&mut selected, &last)?;
        self.settle_refused()?;
        match broken {
            // Nothing more can be done in this session, and nothing more must.
            Some(broken) if self.has_changes_left() => return Err(broken.with_kind(Kind::Temporary)),
            Some(_) => {}
            None => {
                self.retire(&mut selected)?;
                self.act(&mut selected)?;
            }
        }
        self.complete(&look, selected.mailbox().exists)
    }

    /// What a run would do; nothing is changed, and what would be refused is.
    fn would_do<S: Read + Write>(&mut self, session: &mut Session<S>) -> Result<Preview> {
        self.require_target(session)?;
        let mut selected = open(session, &self.job.folder, false)?;
        self.bind(&mut selected)?;
        let look = self.look(&mut selected)?;
        let mut new = self.new_in(&look)?;
        if let Some(all) = self.look_at_all(&look, &mut selected)? {
            new.extend(&self.new_in(&all)?);
        }
        let new = self.job.selection.limited(new);
        // Nothing of it is saved: what would be changed is what would be left to change.
        self.would_change(&new, &mut selected)?;
        let validity = self.destination.validity()?;
        let fetch = new.iter().map(|uid| (uid, self.destination.would_be(validity, uid))).collect();
        Ok(Preview { fetch, change: self.destination.state.act.clone() })
    }

    fn would_change<S: Read + Write>(&mut self, new: &UidSet, selected: &mut Selected<'_, S>) -> Result<()> {
        if let Some(action) = self.job.action_now() {
            let mut handed_over = new.clone();
            if self.job.program.is_some() {
                handed_over.extend(&self.destination.state.run);
            }
            self.destination.state.add_act(&handed_over, action);
        }
        if let Some(folder) = &self.job.failed_to {
            let refused = self.destination.state.refused.iter();
            let often = refused.filter(|(_, tries)| tries.count >= self.job.give_up_after);
            let often: UidSet = often.map(|(uid, _)| *uid).collect();
            self.destination.state.add_act(&often, &Action::MoveTo(folder.clone()));
        }
        self.retire(selected)
    }

    /// A folder to move to must exist before anything is fetched.
    fn require_target<S: Read + Write>(&self, session: &mut Session<S>) -> Result<()> {
        self.job.targets().try_for_each(|folder| require_folder(session, folder, "move to").map(drop))
    }

    fn bind<S: Read + Write>(&mut self, selected: &mut Selected<'_, S>) -> Result<()> {
        let validity = selected.mailbox().uid_validity.ok_or_else(no_validity)?;
        self.counts.uid_next = selected.mailbox().uid_next.filter(|next| *next > 0);
        let is_first = self.destination.state.uid_validity != Some(validity);
        // Asked before anything is bound: a session that ends here leaves a first run to the next one.
        let skipped = if is_first && self.job.from_now { Some(self.next_uid(selected)?) } else { None };
        let mut restart = self.destination.bind_uid_validity(validity, self.job.accept_uidvalidity)?;
        if let Err(put_back) = self.destination.state.check_uid_next(self.counts.uid_next) {
            // A selection would leave out for good what it does not look at now.
            if !self.job.refetch || self.job.selection.is_narrowed() {
                return Err(put_back);
            }
            let pending = self.destination.state.start_again(validity);
            restart =
                Some(format!("UIDNEXT went back: starting again with what has no file here; {pending} {GIVEN_UP}"));
        }
        if let Some(said) = &restart {
            self.watch.warn(said);
            // These UIDs are of other messages now.
            (self.settled, self.last) = (UidSet::new(), UidSet::new());
            (self.not_taken, self.stuck) = (UidSet::new(), UidSet::new());
            self.refused.clear();
        }
        if let Some(next) = skipped {
            // From now on: what the folder has, and may have below UIDNEXT, is skipped.
            let (state, exists) = (&mut self.destination.state, selected.mailbox().exists);
            state.skip_below(next);
            (state.mark, state.exists, state.listed) = (next, exists, now());
            self.outcome.taken_as_done = u64::from(exists);
        }
        if is_first || restart.is_some() {
            self.destination.save()?;
        }
        Ok(())
    }

    /// UIDNEXT, or the greatest UID plus one where the server gives none.
    fn next_uid<S: Read + Write>(&self, selected: &mut Selected<'_, S>) -> Result<u32> {
        match self.counts.uid_next {
            Some(next) => Ok(next),
            None if selected.mailbox().exists == 0 => Ok(1),
            None => Ok(selected.search("UID *")?.last().map_or(1, |uid| uid.get().saturating_add(1))),
        }
    }

    fn look<S: Read + Write>(&mut self, selected: &mut Selected<'_, S>) -> Result<Look> {
        let Job { selection, refetch, .. } = self.job;
        let look = Look::from_mark(&self.destination.state, selection, *refetch, selected, &mut self.headers)?;
        self.counts.start(&look, selection.is_narrowed(), selected.mailbox().exists);
        Ok(look)
    }

    /// Lists all messages where one look was not enough; none where it was. What it did not find then is remembered.
    /// A listing that fails is a warning: what the first look found has come.
    fn look_at_all<S: Read + Write>(&mut self, look: &Look, selected: &mut Selected<'_, S>) -> Result<Option<Look>> {
        let Job { selection, give_up_after, .. } = self.job;
        let is_needed = look.needs_all(&self.destination.state, *give_up_after, now());
        if selection.is_narrowed() || self.listing_failed || !is_needed || self.is_refused_too_often() {
            return Ok(None);
        }
        self.in_time()?;
        let all = match Look::at_all(selected) {
            Ok(all) => all,
            Err(e) => {
                self.listing_failed = true;
                self.watch
                    .warn(&format!("the messages could not all be listed: {}; the next run tries", e.in_passing()));
                // Without a session nothing else can be asked for; what waits for one gets another.
                return if is_refusal(&e) || self.has_nothing_left() {
                    Ok(None)
                } else {
                    Err(e.with_kind(Kind::Temporary))
                };
            }
        };
        if all.exists == 0 {
            return Ok(None);
        }
        let short = all.unexplained();
        if self.outcome.unlisted == 0 && self.destination.state.found_surplus(short, *give_up_after) {
            let (listed, exists) = (all.explained, all.exists);
            self.watch.warn(&format!("the server lists {listed} of {exists} messages; the next run looks again"));
            self.outcome.unlisted = u64::from(short);
        }
        self.counts.complete(&all, selected.mailbox().exists);
        Ok(Some(all))
    }

    fn has_changes_left(&self) -> bool {
        self.destination.state.act.iter().any(|(uids, _)| !uids.without(&self.stuck).is_empty())
    }

    /// True where nothing waits for a session.
    fn has_nothing_left(&self) -> bool {
        self.counts.listed.within(&self.last).without(&self.settled).is_empty()
    }

    /// What of a look is to be fetched.
    fn new_in(&mut self, look: &Look) -> Result<UidSet> {
        let mut known = self.settled.clone();
        if self.job.refetch {
            let here = self.destination.still_here(&look.found.uids)?;
            // A new start has forgotten that it is.
            if self.destination.state.mark == 1 {
                self.destination.state.delivered.extend(&here);
            }
            known.extend(&here);
        } else {
            known.extend(&self.destination.state.known());
        }
        let reason = "the server does not hand out its header, so it cannot be matched";
        self.count_failures(failures(&look.found.unreadable.without(&known), reason))?;
        Ok(look.found.uids.without(&known).without(&self.settled))
    }

    /// Remembers what a run that looked at the whole folder knows of it now.
    fn complete(&mut self, look: &Look, exists: u32) -> Result<()> {
        if self.is_refused_too_often() {
            return Ok(());
        }
        let state = &mut self.destination.state;
        if !self.job.selection.is_narrowed() && look.exists > 0 {
            // A failure that was not met again is a message that is gone.
            let met: UidSet = self.outcome.failed.iter().map(|failed| failed.uid).collect();
            let waits = self.counts.listed.without(&self.settled);
            state.failed.retain(|uid, _| met.contains(*uid) || waits.contains(*uid));
            self.counts.remember(state, exists);
        }
        state.keep_small();
        self.destination.save()
    }

    pub(super) fn is_refused_too_often(&self) -> bool {
        self.refusals >= MOST_REFUSALS
    }

    /// Something of a message is not as it should be.
    pub(super) fn warn_broken(&mut self, uid: Uid, what: &str) {
        self.outcome.broken += 1;
        self.watch.warn(&format!("message {uid}: {what}"));
    }

    pub(super) fn tell_of_attachments(&mut self, Delivered { uid, broken, notes, .. }: &Delivered) {
        broken.iter().for_each(|broken| self.warn_broken(*uid, &format!("attachment: {broken}")));
        notes.iter().for_each(|note| self.watch.note(&format!("message {uid}: {note}")));
    }

    pub(super) fn in_time(&self) -> Result<()> {
        match self.job.deadline {
            Some(deadline) if Instant::now() >= deadline => {
                Err(Error::time_limit(Phase::Fetch, "; what is done is kept"))
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn failures(uids: &UidSet, reason: &str) -> Vec<Failed> {
    uids.iter().map(|uid| Failed { uid, reason: reason.to_owned() }).collect()
}
