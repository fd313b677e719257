//! What a run would find to fetch, for a program that waits for it.

use std::io::{Read, Write};
use std::path::Path;

use super::destination::Destination;
use super::files::read_if_there;
use super::format::Format;
use super::look::Look;
use super::place::locate;
use super::state::{State, now};
use super::{Job, Source};
use crate::error::{Cause, Error, Kind, Phase, Result};
use crate::exchange::{Found, Isolation};
use crate::imap::{Selected, UidSet};

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
        let text = read_if_there(&dir.join(".exoimap").join("state"))?;
        let format = text.and_then(|text| State::parse(&text).ok()).map_or(Format::default(), |state| state.format);
        Ok(Destination::look(&dir, &Source { format, ..any })?.state.clone())
    }
}
