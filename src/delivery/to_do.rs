//! What a run would find to fetch, for whoever waits for it.

use std::io::{Read, Write};
use std::path::Path;

use super::destination::Destination;
use super::files::read_if_there;
use super::format::Format;
use super::state::State;
use super::{Job, Source};
use crate::error::{Error, Kind, Phase, Result};
use crate::imap::UidSet;
use crate::imap::session::Selected;

/// The messages that a run of `job` to `dir` would fetch for the first time; nothing is changed.
///
/// Not those that it tried before, or that a program did not take: the next run tries them all the same, and
/// to wait for what fails every time would be no wait.
pub fn to_do<S: Read + Write>(job: &Job, host: &str, dir: &Path, selected: &mut Selected<'_, S>) -> Result<UidSet> {
    // Whatever format it keeps messages in.
    let text = read_if_there(&dir.join(".exoimap").join("state"))?;
    let format = text.and_then(|text| State::parse(&text).ok()).map_or(Format::default(), |state| state.format);
    let source = Source { host, mailbox: &job.mailbox, folder: &job.folder, format };
    let destination = Destination::look(dir, &source)?;
    let state = &destination.state;
    let (known, now) = (state.uid_validity, selected.mailbox().uid_validity);
    if known.is_some() && known != now {
        let message = "the folder's UIDVALIDITY changed: a fetch would stop, or start afresh with --accept-uidvalidity";
        return Err(Error::new(Kind::Refused, Phase::Select, message));
    }
    state.check_uid_next(selected.mailbox().uid_next.filter(|next| *next > 0))?;
    if selected.mailbox().exists == 0 || selected.mailbox().uid_next.is_some_and(|next| next <= state.below) {
        return Ok(UidSet::new());
    }
    let found = job.selection.find(selected, state.below)?.uids;
    let failed: UidSet = state.failed.keys().copied().collect();
    Ok([&state.done, &state.gave_up, &failed].into_iter().fold(found, |left, known| left.without(known)))
}
