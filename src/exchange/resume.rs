//! Session after session until the work is done: an expired token, a BYE, a cut line or a throttling
//! answer costs a wait and a reconnection, never a message.

use std::time::Duration;

use super::throttle::is_not_connected;
use crate::error::{Error, Kind, Phase, Result};
use crate::imap::session::Session;
use crate::net::Stream;
use crate::patience::Patience;

/// Makes a session; it is told why the one before ended, so that it can take a fresh token.
pub type Connect<'a, S = Stream> = dyn FnMut(Option<&Error>) -> Result<Session<S>> + 'a;

/// The wait after a session that got somewhere.
const SHORT: Duration = Duration::from_millis(200);

/// The wait after the first session that did not, doubled for each one more.
const LONG: Duration = Duration::from_secs(1);

/// So often it is doubled: to about a minute.
const MOST_DOUBLED: u32 = 6;

/// What takes sessions until it is done.
pub trait Work<S = Stream> {
    /// One session's work; after an error of the connection it goes on with the next session.
    fn run(&mut self, session: &mut Session<S>) -> Result<()>;
    /// How far the work is: a session that leaves this as it was got nowhere.
    fn progress(&self) -> (u64, u64, u64);
    /// The session broke with `why`, and another one may mend it; an error ends the work instead.
    fn broke(&mut self, why: &Error) -> Result<()>;
    /// False where another session is to go on, though this one ended well.
    fn is_done(&self) -> bool {
        true
    }
    /// True for work without an end of its own: each trouble then has the whole patience.
    fn is_endless(&self) -> bool {
        false
    }
}

/// Does the work, in as many sessions as it takes and `patience` has time for.
pub fn persist<S: std::io::Read + std::io::Write>(
    work: &mut dyn Work<S>,
    connect: &mut Connect<S>,
    patience: &mut Patience,
) -> Result<()> {
    let mut idle = 0;
    let mut asked_again = false;
    let mut last: Option<Error> = None;
    let mut is_first = true;
    loop {
        let before = work.progress();
        let broken = match connect(last.as_ref()) {
            Ok(mut session) => match work.run(&mut session) {
                Ok(()) => {
                    // Everything is done and kept: a server that hangs up first takes nothing away.
                    let _ = session.logout();
                    if work.is_done() {
                        return Ok(());
                    }
                    (is_first, last) = (false, None);
                    continue;
                }
                Err(e) => {
                    if is_passing(&e) {
                        work.broke(&e)?;
                    }
                    e
                }
            },
            // A first way to the server that fails is told at once, since a mistyped host is no outage;
            // not so where the server answers and says that it cannot serve just now.
            Err(e) if is_first && e.retry_after().is_none() && e.reply().is_none() => return Err(e),
            Err(e) => e,
        };
        if is_not_connected(&broken) && !asked_again && patience.pause(&broken) {
            asked_again = true;
            (is_first, last) = (false, Some(broken));
            continue;
        }
        let got_somewhere = work.progress() != before;
        if got_somewhere && work.is_endless() {
            patience.renew();
        }
        idle = if got_somewhere { 0 } else { idle + 1 };
        let wait = if idle == 0 { SHORT } else { LONG * 2_u32.saturating_pow((idle - 1).min(MOST_DOUBLED)) };
        let told = broken.retry_after();
        if !is_passing(&broken) || !patience.wait(told.unwrap_or(wait), &broken) {
            return Err(broken);
        }
        (is_first, last) = (false, Some(broken));
    }
}

/// True for what another session may mend; a lock that somebody holds is none of it.
pub(super) fn is_passing(error: &Error) -> bool {
    error.kind() == Kind::Temporary && error.phase() != Phase::Disk
}
