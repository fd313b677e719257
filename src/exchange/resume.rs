//! Session after session until the work is done: an expired token, a BYE, a connection that broke or a throttling
//! answer costs a wait and a reconnection, never a message.

use std::cell::Cell;
use std::io::{Read, Write};

use super::meaning::is_not_connected;
use crate::error::{Error, Result};
use crate::imap::Session;
use crate::net::Stream;
use crate::retry::{Retry, Verdict};

/// Makes a session; it gets the reason why the one before ended, so that it can take a new token, and gets the budget for
/// requesting one.
pub type Connect<'a, S = Stream> = dyn FnMut(Option<&Error>, &mut Retry) -> Result<Session<S>> + 'a;

/// What follows a session whose work ended well.
#[derive(Debug)]
pub(crate) enum Next {
    /// Nothing: the work is done.
    Done,
    /// The work goes on in another session, without a wait.
    NewSession,
    /// Nothing: the work ends with this error, even one that may pass.
    Stop(Error),
}

/// Does `work` in as many sessions as it takes and `retry` has a budget for.
///
/// `work` gets a session and returns what follows. It keeps what it got done, so that after an error another session can
/// go on with the rest; where it got something done, it says so ([`Retry::progressed`]). Errors for which
/// [`Error::may_pass`] is true are followed by another session, others end the work.
pub(crate) fn persist<S: Read + Write>(
    connect: &mut Connect<S>,
    retry: &mut Retry,
    work: &mut dyn FnMut(&mut Session<S>, &mut Retry) -> Result<Next>,
) -> Result<()> {
    try_sessions(connect, retry, &mut |mut session, retry| {
        let next = work(&mut session, retry)?;
        if let Next::Stop(error) = next {
            return Ok(Some(Err(error)));
        }
        // Everything is done and kept: a server that hangs up first takes nothing away.
        let _ = session.logout();
        Ok(matches!(next, Next::Done).then_some(Ok(())))
    })?
}

/// Work that gets the session itself; none asks for another one.
pub(crate) type Keeping<'a, S, T> = dyn FnMut(Session<S>, &mut Retry) -> Result<Option<T>> + 'a;

/// Makes sessions until `work` returns something: [`persist`] for work that keeps the session or ends it itself.
///
/// `try_sessions(connect, retry, &mut |session, _| Ok(Some(session)))` is a session alone, after as many tries.
pub(crate) fn try_sessions<S, T>(connect: &mut Connect<S>, retry: &mut Retry, work: &mut Keeping<S, T>) -> Result<T> {
    let is_reached = Cell::new(false);
    let (mut is_first, mut asked_again) = (true, false);
    let mut attempt = |retry: &mut Retry, mut why: Option<&Error>| {
        loop {
            let session = connect(why.take(), retry)?;
            is_reached.set(true);
            if let Some(done) = work(session, retry)? {
                return Ok(done);
            }
        }
    };
    retry.run(&mut attempt, &mut |error| {
        let is_first = std::mem::take(&mut is_first);
        // The server answered, and only says that it cannot serve just now.
        let answered = error.retry_after().is_some() || error.reply().is_some();
        match error {
            e if is_not_connected(e) && !asked_again => {
                asked_again = true;
                Verdict::Once
            }
            // A mistyped host is not an outage.
            _ if is_first && !is_reached.get() && !answered => Verdict::Final,
            e if e.may_pass() => Verdict::MayPass,
            _ => Verdict::Final,
        }
    })
}
