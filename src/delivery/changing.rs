//! How the server is changed, once everything has come: what is handed over is marked, moved or deleted. A change that
//! the server refuses keeps no other from being made; one that takes too long is made in smaller parts.
//!
//! What is changed once it is old enough is only what this directory delivered, and a program took: not what was
//! skipped, given up or left out by a selection, and not what is not whole here.

use std::io::{Read, Write};
use std::time::{Duration, SystemTime};

use super::Action;
use super::fetching::UID_BYTES;
use super::pass::Pass;
use crate::calendar::{Day, internal_date, rfc3339};
use crate::error::{Error, Kind, Result};
use crate::exchange::{Halves, is_refusal};
use crate::imap::types::Fetch;
use crate::imap::{Selected, UidSet};

/// Messages of one change; Exchange takes 7 to 45 s for each that it moves to a large archive.
const MOST_AT_ONCE: u64 = 200;

/// Changes of a reduced size that were made in time, in one run, before a greater size is tried again.
const ENOUGH_IN_TIME: u32 = 8;

/// A day is one of the server's time zone, so two more than UTC's are looked at.
const TWO_DAYS: Duration = Duration::from_secs(2 * 24 * 60 * 60);

impl Pass<'_> {
    /// Makes the changes on the server that the state says are left. One that the server refuses is said, and left to
    /// the next run.
    pub(super) fn act<S: Read + Write>(&mut self, selected: &mut Selected<'_, S>) -> Result<()> {
        let mut in_time = 0;
        for (uids, action) in self.destination.state.act.clone() {
            let mut uids = uids.without(&self.stuck);
            while !uids.is_empty() {
                let most = self.destination.state.change_size.unwrap_or(MOST_AT_ONCE);
                let Some(part) = uids.chunks(UID_BYTES, most).next() else { break };
                self.act_in_halves(selected, part.clone(), action.clone())?;
                if self.is_refused_too_often() && !self.is_renewed {
                    return Ok(());
                }
                uids = uids.without(&part);
                in_time += u32::from(part.len() == most);
                if in_time == ENOUGH_IN_TIME {
                    let size = self.destination.state.change_size.map(|size| size.saturating_mul(2));
                    self.destination.state.change_size = size.filter(|size| *size < MOST_AT_ONCE);
                    self.destination.save()?;
                }
            }
        }
        Ok(())
    }

    fn act_in_halves<S: Read + Write>(
        &mut self,
        selected: &mut Selected<'_, S>,
        uids: UidSet,
        action: Action,
    ) -> Result<()> {
        let mut halves = Halves::of(uids, action);
        while let Some((uids, action)) = halves.next() {
            let Some((refused, left, uids)) = self.act_once(selected, &uids, &action)? else { continue };
            self.refusals += 1;
            let too_often = self.is_refused_too_often();
            if too_often && !self.is_renewed {
                return Ok(());
            }
            if halves.refused(&uids, &uids, left.clone()) || too_often {
                self.settle_refused_change(selected, &uids, &left, refused)?;
            }
            if too_often {
                while let Some((uids, _)) = halves.next() {
                    self.stuck.extend(&uids);
                }
            }
        }
        Ok(())
    }

    /// What is gone needs no change, though the server refuses it (`NO The requested item could not be found.`); the rest
    /// is left to the next run.
    fn settle_refused_change<S: Read + Write>(
        &mut self,
        selected: &mut Selected<'_, S>,
        uids: &UidSet,
        left: &Action,
        refused: Error,
    ) -> Result<()> {
        let there = match selected.still_there(uids) {
            Err(e) if is_refusal(&e) => uids.clone(),
            there => there?,
        };
        let gone = uids.without(&there);
        self.destination.acted(&gone, left, None)?;
        if there.is_empty() {
            self.watch.note(&format!("{gone} could not be {left}: not on the server any more"));
            return Ok(());
        }
        let who = if there.len() == 1 { "message" } else { "messages" };
        let why = refused.in_passing();
        self.watch.warn(&format!("{who} {there} could not be {left}: {why}; the next run tries again"));
        self.stuck.extend(&there);
        self.stuck_by = Some(refused);
        Ok(())
    }

    /// Makes a change; where the server refuses, returns what it said, what is left to do and of which messages.
    fn act_once<S: Read + Write>(
        &mut self,
        selected: &mut Selected<'_, S>,
        uids: &UidSet,
        action: &Action,
    ) -> Result<Option<(Error, Action, UidSet)>> {
        self.in_time()?;
        let destination = &mut *self.destination;
        let (mut now, mut left) = (action.clone(), uids.clone());
        // A copy is not made twice: from then on there is only the original to delete.
        let performed = action.change().perform(selected, uids, &mut |made| {
            left = uids.without(&made.undone);
            destination.acted(&left, &now, Some(&Action::Delete))?;
            now = Action::Delete;
            Ok(())
        });
        let made = match performed {
            Err(refused) if is_refusal(&refused) => return Ok(Some((refused, now, left))),
            Err(e) => {
                // Never answered: it goes on in a new session, in halves.
                if e.kind() == Kind::Temporary && e.reply().is_none() && uids.len() > 1 {
                    self.destination.state.change_size = Some(uids.len() / 2);
                    self.destination.save()?;
                }
                return Err(e);
            }
            Ok(made) => made,
        };
        let uids = &uids.without(&made.undone);
        destination.acted(uids, &now, None)?;
        self.outcome.acted += uids.len();
        for uid in made.undone.iter() {
            self.watch
                .warn(&format!("message {uid}: the server said OK and it is not {action}; the next run tries again"));
            self.outcome.unchanged += 1;
        }
        self.stuck.extend(&made.undone);
        if now != Action::MarkSeen {
            self.counts.remove(uids);
        }
        Ok(None)
    }

    /// Remembers what has become old enough to be changed on the server.
    pub(super) fn retire<S: Read + Write>(&mut self, selected: &mut Selected<'_, S>) -> Result<()> {
        let old = self.old_enough(selected)?;
        if let Some(action) = self.job.action.as_ref().filter(|_| !old.is_empty()) {
            self.destination.state.add_act(&old, action);
            self.destination.save()?;
        }
        Ok(())
    }

    /// The messages that were received longer ago than the job says, by the server's INTERNALDATE.
    pub(super) fn old_enough<S: Read + Write>(&mut self, selected: &mut Selected<'_, S>) -> Result<UidSet> {
        let mut old = UidSet::new();
        let Some(age) = self.job.older_than else { return Ok(old) };
        let state = &self.destination.state;
        let mine = state.delivered.without(&state.run).without(&state.cut);
        let mine = state.act.iter().fold(mine, |mine, (pending, _)| mine.without(pending)).without(&self.stuck);
        let (Some(first), Some(last)) = (mine.iter().next(), mine.last()) else { return Ok(old) };
        let Some(limit) = SystemTime::now().checked_sub(age) else { return Ok(old) };
        let before = limit.checked_add(TWO_DAYS).map(rfc3339).unwrap_or_default();
        let Some(day) = before.get(..10).and_then(Day::parse) else { return Ok(old) };
        if selected.mailbox().exists == 0 {
            return Ok(old);
        }
        let found = selected.search(&format!("UID {first}:{last} BEFORE {day}"))?.within(&mine);
        let limit = limit.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |limit| limit.as_secs());
        let mut each = |fetched: &Fetch| {
            let received = fetched.internal_date.as_deref().and_then(internal_date);
            if received.is_some_and(|received| received < limit) {
                old.extend(&fetched.uid.into_iter().collect());
            }
            Ok(())
        };
        selected.fetch_each(&found, "UID INTERNALDATE", &mut each)?;
        Ok(old)
    }
}
