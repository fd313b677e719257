//! `exoimap wait`: until there is mail to do.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Instant;

use crate::delivery::{Job, Pending};
use crate::exchange::{Isolation, Waiting, wait};
use crate::imap::{Selected, UidSet};
use crate::{Error, Result, Retry, Stream};
use serde_json::json;

use super::selection::{self, unmatched};
use super::{Call, Exit, SignIn};

pub(crate) fn run(call: &Call) -> Result<Exit> {
    let (arguments, output, setting) = (&call.arguments, &call.output, call.setting()?);
    let mailbox = setting.mailbox()?;
    let (folder, selection) = selection::read(arguments)?;
    let dir = arguments.raw("to").map(PathBuf::from);
    if dir.as_ref().is_some_and(|dir| dir.as_os_str().is_empty() || dir.as_os_str() == "-") {
        return Err(Error::usage("--to names no directory that fetch could have filled"));
    }
    let until = arguments.get("for").and_then(|most| Instant::now().checked_add(most));
    let job = Job { selection, ..Job::new(mailbox, folder) };
    let mut pending = dir.as_ref().map(|dir| Pending::new(&job, &setting.server.host, dir));
    let (mut headers, mut unreadable) = (Isolation::default(), UidSet::new());
    let mut find = |selected: &mut Selected<'_, Stream>, retry: &mut Retry| -> Result<UidSet> {
        let before = headers.progress();
        let found = match &mut pending {
            Some(pending) => pending.find(selected, &mut headers),
            None => job.selection.find_with(selected, 1, &mut headers),
        };
        if headers.progress() != before {
            retry.progressed();
        }
        let found = found?;
        unmatched(output, &found.unreadable.without(&unreadable), &headers);
        unreadable.extend(&found.unreadable);
        Ok(job.selection.limited(found.uids))
    };
    let expires = Cell::new(None);
    let mut sign_in = SignIn::shortly(&setting, mailbox);
    let mut connect = |why: Option<&Error>, retry: &mut Retry| {
        let session = sign_in.session(why, retry);
        expires.set(sign_in.expires);
        session
    };
    let waiting = Waiting { until, ..Waiting::default() };
    // No outage is waited out beyond the time.
    let mut retry = setting.retry().until(until);
    let uids = wait(&job.folder, &waiting, &mut connect, &mut retry, &|| expires.get(), &mut find)?;
    if uids.is_empty() {
        output.note(&format!("nothing came to {}", job.folder));
        return Ok(Exit::Nothing);
    }
    uids.iter().try_for_each(|uid| output.result(|| json!({"uid": uid.get()}), &[&uid.to_string()]))?;
    Ok(if unreadable.is_empty() { Exit::Done } else { Exit::Partly })
}
