//! What is removed from the server once it is old enough: only what this directory delivered, and a program took. Not
//! what was skipped, given up or left out by a selection, and not what is not whole here.

use std::io::{Read, Write};
use std::time::{Duration, SystemTime};

use super::pass::Pass;
use crate::calendar::Day;
use crate::calendar::{internal_date, rfc3339};
use crate::error::Result;
use crate::imap::types::Fetch;
use crate::imap::{Selected, UidSet};

/// A day is one of the server's time zone, so two more than UTC's are looked at.
const TWO_DAYS: Duration = Duration::from_secs(2 * 24 * 60 * 60);

impl Pass<'_> {
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
