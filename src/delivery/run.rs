//! A job from its first session to its last.

use std::path::PathBuf;

use super::pass::Pass;
use super::{Destination, Job, Outcome, Watch};
use crate::error::Result;
use crate::exchange::{Connect, persist};
use crate::imap::types::Uid;
use crate::patience::Patience;

/// Runs a job to its end. What was delivered before an error stays delivered.
pub fn run(
    job: &Job,
    destination: &mut Destination,
    connect: &mut Connect,
    patience: &mut Patience,
    watch: &mut dyn Watch,
) -> Result<Outcome> {
    let mut pass = Pass::new(job, destination, watch, None);
    pass.tell_recovered()?;
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
    let mut pass = Pass::new(job, destination, watch, None);
    let (validity, new) = pass.would_fetch(&mut session)?;
    let _ = session.logout();
    Ok(new.iter().map(|uid| (uid, pass.destination.would_be(validity, uid))).collect())
}
