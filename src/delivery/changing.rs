//! How the server is changed, once everything has come: what is handed over is marked, moved or deleted. A change that
//! the server refuses keeps no other from being made; one that takes too long is made in smaller parts.

use std::io::{Read, Write};

use super::Action;
use super::fetching::UID_BYTES;
use super::look::count;
use super::pass::Pass;
use crate::error::{Error, Kind, Result};
use crate::exchange::{Halves, is_refusal};
use crate::imap::{Selected, UidSet};

/// Messages of one change; Exchange takes 7 to 45 s for each that it moves to a large archive.
const MOST_AT_ONCE: u64 = 200;

/// Changes of a reduced size that were made in time, in one run, before a greater size is tried again.
const ENOUGH_IN_TIME: u32 = 8;

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
                if self.is_refused_too_often() && !self.is_last_session() {
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
            self.count_refused_command();
            let too_often = self.is_refused_too_often();
            if too_often && !self.is_last_session() {
                return Ok(());
            }
            if halves.refused(&uids, &uids, left.clone()) || too_often {
                let who = if uids.len() == 1 { "message" } else { "messages" };
                let why = refused.in_passing();
                self.watch.warn(&format!("{who} {uids} could not be {left}: {why}; the next run tries again"));
                self.stuck.extend(&uids);
                self.stuck_by = Some(refused);
            }
            if too_often {
                while let Some((uids, _)) = halves.next() {
                    self.stuck.extend(&uids);
                }
            }
        }
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
            self.expected = self.expected.saturating_sub(count(uids));
        }
        Ok(None)
    }
}
