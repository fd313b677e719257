//! A job from its first session to its last.

use std::io::Write;
use std::path::PathBuf;

use super::format::Format;
use super::pass::Pass;
use super::stream::{Out, Spool};
use super::{Action, Destination, FileOptions, Job, Outcome, Source, Watch};
use crate::error::Result;
use crate::exchange::{Connect, Next, persist};
use crate::imap::UidSet;
use crate::imap::types::Uid;
use crate::retry::Retry;

/// Runs a job to its end. What was delivered before an error stays delivered.
pub fn run(
    job: &Job,
    destination: &mut Destination,
    connect: &mut Connect,
    retry: &mut Retry,
    watch: &mut dyn Watch,
) -> Result<Outcome> {
    let mut pass = Pass::new(job, destination, watch, None);
    pass.tell_recovered()?;
    persist(connect, retry, &mut |session, retry| pass.session(session, retry))?;
    pass.outcome.failed.sort_by_key(|failed| failed.uid);
    Ok(pass.outcome)
}

/// Writes the selected messages to `out`.
pub fn write_all(
    job: &Job,
    spool: &mut Spool,
    out: &mut dyn Write,
    connect: &mut Connect,
    retry: &mut Retry,
    watch: &mut dyn Watch,
) -> Result<Outcome> {
    let source = Source {
        host: "",
        mailbox: &job.mailbox,
        folder: &job.folder,
        format: Format::Mbox,
        files: FileOptions::default(),
    };
    let mut destination = Destination::none(&source);
    let mut pass = Pass::new(job, &mut destination, watch, Some(Out { spool, out }));
    persist(connect, retry, &mut |session, retry| pass.session(session, retry))?;
    Ok(pass.outcome)
}

/// What a run would do.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Preview {
    /// The messages that it would fetch, and the places they would get.
    pub fetch: Vec<(Uid, PathBuf)>,
    /// The messages that it would change on the server, with the change; with a program, as far as it takes them.
    pub change: Vec<(UidSet, Action)>,
}

/// Says what a run would do, and changes nothing.
pub fn dry_run(
    job: &Job,
    destination: &mut Destination,
    connect: &mut Connect,
    retry: &mut Retry,
    watch: &mut dyn Watch,
) -> Result<Preview> {
    let mut pass = Pass::new(job, destination, watch, None);
    let mut fetch = Vec::new();
    persist(connect, retry, &mut |session, _| {
        let (validity, new) = pass.would_fetch(session)?;
        fetch = new.iter().map(|uid| (uid, pass.destination.would_be(validity, uid))).collect();
        Ok(Next::Done)
    })?;
    Ok(Preview { fetch, change: pass.destination.state.act.clone() })
}
