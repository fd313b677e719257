//! Session after session until the work is done: an expired token, a BYE, a cut line or a throttling
//! answer costs a wait and a reconnection, never a message.

use std::path::PathBuf;
use std::time::Duration;

use super::pass::{Pass, would_fetch};
use super::{Destination, Job, Outcome, Watch};
use crate::error::{Error, Kind, Phase, Result};
use crate::exchange::is_not_connected;
use crate::imap::session::Session;
use crate::imap::types::Uid;
use crate::net::Stream;
use crate::patience::Patience;

/// Makes a session; it is told why the one before ended, so that it can take a fresh token.
pub type Connect<'a> = dyn FnMut(Option<&Error>) -> Result<Session<Stream>> + 'a;

/// Sessions that got nowhere, one after the other, before the run ends.
const MOST_IDLE: u32 = 4;

/// The wait after a session that got somewhere.
const SHORT: Duration = Duration::from_millis(200);

/// The wait after the first session that did not, doubled for each one more.
const LONG: Duration = Duration::from_secs(1);

/// What takes sessions until it is done.
pub(super) trait Work {
    /// One session's work; after an error of the connection it goes on with the next session.
    fn run(&mut self, session: &mut Session<Stream>) -> Result<()>;
    /// How far the work is: a session that leaves this as it was got nowhere.
    fn progress(&self) -> (u64, u64, u64);
    /// The session broke.
    fn broke(&mut self) -> Result<()>;
}

/// Runs a job to its end. What was delivered before an error stays delivered.
pub fn run(
    job: &Job,
    destination: &mut Destination,
    connect: &mut Connect,
    patience: &mut Patience,
    watch: &mut dyn Watch,
) -> Result<Outcome> {
    let mut pass = Pass::new(job, destination, watch);
    persist(&mut pass, connect, patience)?;
    pass.outcome.failed.sort_by_key(|failed| failed.uid);
    Ok(pass.outcome)
}

/// Tells what a run would fetch, UIDs and the places they would get, and changes nothing.
pub fn dry_run(
    job: &Job,
    destination: &mut Destination,
    connect: &mut Connect,
    watch: &mut dyn Watch,
) -> Result<Vec<(Uid, PathBuf)>> {
    let mut session = connect(None)?;
    let mut pass = Pass::new(job, destination, watch);
    let (validity, new) = would_fetch(&mut session, &job.folder, &mut pass)?;
    let _ = session.logout();
    Ok(new.iter().map(|uid| (uid, pass.destination.would_be(validity, uid))).collect())
}

pub(super) fn persist(work: &mut dyn Work, connect: &mut Connect, patience: &mut Patience) -> Result<()> {
    let mut idle = 0;
    let mut asked_again = false;
    let mut last: Option<Error> = None;
    loop {
        let before = work.progress();
        let broken = match connect(last.as_ref()) {
            Ok(mut session) => match work.run(&mut session) {
                Ok(()) => {
                    // Everything is on the disk: a server that hangs up first takes nothing away.
                    let _ = session.logout();
                    return Ok(());
                }
                Err(e) => {
                    if is_passing(&e) {
                        work.broke()?;
                    }
                    e
                }
            },
            // A first sign-in that fails is told at once, unless the server says when to come again.
            Err(e) if last.is_none() && e.retry_after().is_none() => return Err(e),
            Err(e) => e,
        };
        if is_not_connected(&broken) && !asked_again && patience.pause(&broken) {
            asked_again = true;
            last = Some(broken);
            continue;
        }
        idle = if work.progress() == before { idle + 1 } else { 0 };
        let wait = if idle == 0 { SHORT } else { LONG * 2_u32.saturating_pow(idle - 1) };
        let told = broken.retry_after();
        if !is_passing(&broken) || (idle > MOST_IDLE && told.is_none()) || !patience.wait(told.unwrap_or(wait), &broken)
        {
            return Err(broken);
        }
        last = Some(broken);
    }
}

/// True for what another session may mend; a lock that somebody holds is none of it.
fn is_passing(error: &Error) -> bool {
    error.kind() == Kind::Temporary && error.phase() != Phase::Disk
}
