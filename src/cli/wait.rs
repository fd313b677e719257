//! `exoimap wait`: until there is mail to do.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::delivery::{Job, Pending};
use crate::exchange::{Isolation, Waiting, wait};
use crate::imap::{Selected, UidSet};
use crate::{Error, Result, Retry, Stream};
use clap::ArgMatches;
use serde_json::json;

use super::exit::Exit;
use super::output::Output;
use super::selection::{self, unmatched};
use super::session::Setting;
use super::sign_in::SignIn;

pub(crate) fn run(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    let mailbox = setting.mailbox()?;
    let (folder, selection) = selection::read(arguments)?;
    let dir = arguments.get_one::<String>("to").map(PathBuf::from);
    if dir.as_ref().is_some_and(|dir| dir.as_os_str().is_empty() || dir.as_os_str() == "-") {
        return Err(Error::usage("--to names no directory that fetch could have filled"));
    }
    let until = arguments.get_one::<Duration>("for").and_then(|most| Instant::now().checked_add(*most));
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
    let mut sign_in = SignIn::shortly(setting, output, mailbox);
    let mut connect = |why: Option<&crate::Error>, retry: &mut Retry| {
        let session = sign_in.session(why, retry);
        expires.set(sign_in.expires);
        session
    };
    let waiting = Waiting { until, ..Waiting::default() };
    // No outage is waited out beyond the time.
    let mut retry = setting.retry(output).until(until);
    let uids = wait(&job.folder, &waiting, &mut connect, &mut retry, &|| expires.get(), &mut find)?;
    if uids.is_empty() {
        output.note(&format!("nothing came to {}", job.folder));
        return Ok(Exit::Nothing);
    }
    uids.iter().try_for_each(|uid| match output.json {
        true => output.object(&json!({"uid": uid.get()})),
        false => output.line(&[&uid.to_string()]),
    })?;
    Ok(if unreadable.is_empty() { Exit::Done } else { Exit::Partly })
}
