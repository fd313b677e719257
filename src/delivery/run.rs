//! A job from its first session to its last.

use std::io::Write;
use std::path::PathBuf;

use super::format::Format;
use super::mbox::Out;
use super::pass::Pass;
use super::{Action, Destination, Job, Outcome, Source, Watch};
use crate::error::{Error, Result};
use crate::exchange::{Connect, persist, try_sessions};
use crate::imap::types::Uid;
use crate::imap::{Session, UidSet};
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
    pub change: Vec<(UidSet, Action)>,
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
    let (validity, new) = persist(connect, retry, &mut |session, _| pass.would_fetch(session).map(Some))?;
    let fetch = new.iter().map(|uid| (uid, pass.destination.would_be(validity, uid))).collect();
    Ok(Preview { fetch, change: pass.destination.state.act.clone() })
}
