//! Session after session: until the work is done, or until there is mail.
//!
//! An expired token, a BYE, a connection that broke or a throttling answer costs a wait and a reconnection, never a message.
//!
//! Waiting for mail goes round after round. A round opens the folder again, looks for what is to be done, and only where
//! there is nothing waits for the server to speak. So a message that came before the wait, while we looked, or without a
//! word, is found by the next look, whatever the server forgets to tell; IDLE only makes it sooner.

use std::cell::Cell;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use super::meaning::is_not_connected;
use super::sign_in::open;
use crate::error::{Cause, Error, Kind, Result};
use crate::imap::mailbox_name::MailboxName;
use crate::imap::{Selected, Session, UidSet};
use crate::net::{Readiness, Stream};
use crate::retry::{Retry, Verdict};

/// A session ends so long before its token.
const BEFORE_THE_END: Duration = Duration::from_secs(60);

/// A session whose wait was no longer got nowhere: it may end at each IDLE.
const LASTING: Duration = Duration::from_secs(30);

/// What a server may still take for its answers when the time is over.
const GRACE: Duration = Duration::from_secs(5);

/// Makes a session; it gets the reason why the one before ended, so that it can take a new token, and gets the budget for
/// requesting one.
pub type Connect<'a, S = Stream> = dyn FnMut(Option<&Error>, &mut Retry) -> Result<Session<S>> + 'a;

/// Work in one session, as [`persist`] does it.
pub(crate) type Work<'a, S, T> = dyn FnMut(&mut Session<S>, &mut Retry) -> Result<Option<T>> + 'a;

/// Does `work` in as many sessions as it takes and `retry` has a budget for.
///
/// `work` gets a session and returns what came of it; none asks for another session, without a wait. It keeps what it got
/// done, so that after an error another session can go on with the rest; where it got something done, it says so
/// ([`Retry::progressed`]). Errors for which [`Error::may_pass`] is true are followed by another session, others end the
/// work.
pub(crate) fn persist<S: Read + Write, T>(
    connect: &mut Connect<S>,
    retry: &mut Retry,
    work: &mut Work<S, T>,
) -> Result<T> {
    try_sessions(connect, retry, &mut |mut session, retry| {
        let done = work(&mut session, retry)?;
        // Everything is done and kept: a server that hangs up first takes nothing away.
        let _ = session.logout();
        Ok(done)
    })
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
            e if e.cause() == Some(Cause::OneMessage) => Verdict::AtOnce,
            e if e.may_pass() => Verdict::MayPass,
            _ => Verdict::Final,
        }
    })
}

/// How often to look, and how long.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// IDLE begins again after this time; Exchange's pushes stop silently after a while (angus-mail#176).
    pub period: Duration,
    /// Between two looks where the server has no IDLE.
    pub poll: Duration,
    /// When to stop waiting.
    pub until: Option<Instant>,
}

impl Default for Waiting {
    fn default() -> Waiting {
        Waiting { period: Duration::from_secs(600), poll: Duration::from_secs(60), until: None }
    }
}

/// Finds what is to be done in a folder that is open; says to the budget where it got something done.
pub(crate) type Find<'a, S> = dyn FnMut(&mut Selected<'_, S>, &mut Retry) -> Result<UidSet> + 'a;

/// Waits until `find` finds messages in `folder`, at once where there are some already. Returns none where
/// the time was over first.
///
/// `expires` says when the token of the session that `connect` made last ends; a minute before, the session
/// is given up for a new one. Each outage may cost the whole budget of `retry`; sessions that end one after the other
/// before they have waited are one outage.
pub(crate) fn wait<S: Read + Write + Readiness>(
    folder: &MailboxName,
    waiting: &Waiting,
    connect: &mut Connect<S>,
    retry: &mut Retry,
    expires: &dyn Fn() -> Option<Instant>,
    find: &mut Find<S>,
) -> Result<UidSet> {
    let mut wait = Wait { folder, waiting, expires, find, found: UidSet::new(), is_over: false };
    persist(connect, retry, &mut |session, retry| wait.session(session, retry))?;
    Ok(wait.found)
}

struct Wait<'a, S> {
    folder: &'a MailboxName,
    waiting: &'a Waiting,
    expires: &'a dyn Fn() -> Option<Instant>,
    find: &'a mut Find<'a, S>,
    found: UidSet,
    is_over: bool,
}

impl<S: Read + Write + Readiness> Wait<'_, S> {
    /// Round after round, until there is mail, the time is over, or the token nearly is.
    fn rounds(&mut self, session: &mut Session<S>, retry: &mut Retry) -> Result<()> {
        let mut can_idle = session.capabilities().has("IDLE");
        let start = session.stream_mut().now();
        // A token that has no minute to spare is used up to its end, which the server will tell.
        let renew = (self.expires)().and_then(|end| end.checked_sub(BEFORE_THE_END));
        let renew = renew.filter(|renew| *renew > start + BEFORE_THE_END);
        loop {
            let mut selected = open(session, self.folder, false)?;
            let known = selected.mailbox().exists;
            self.found = (self.find)(&mut selected, retry)?;
            let now = selected.now();
            self.is_over = !self.found.is_empty() || self.waiting.until.is_some_and(|until| until <= now);
            if self.is_over || renew.is_some_and(|renew| renew <= now) {
                return Ok(());
            }
            // What was announced while we looked is not announced again.
            if selected.mailbox().exists > known {
                continue;
            }
            let ends = [self.waiting.until, renew].into_iter().flatten().map(|end| end - now);
            let most = if can_idle { self.waiting.period } else { self.waiting.poll };
            let time = ends.fold(most, Duration::min);
            let mut waited = if can_idle { selected.idle(time) } else { selected.pause(time) };
            let took = selected.now() - now;
            match &waited {
                Err(e) if can_idle && e.kind() == Kind::Refused => {
                    (can_idle, waited) = (false, Ok(false));
                }
                // A server that ends each IDLE at once is polled, and not asked without end.
                Ok(false) if can_idle => waited = selected.pause(time.min(self.waiting.poll).saturating_sub(took)),
                _ => {}
            }
            if took >= LASTING {
                retry.renew();
            }
            waited?;
        }
    }

    /// One session's rounds.
    fn session(&mut self, session: &mut Session<S>, retry: &mut Retry) -> Result<Option<()>> {
        let until = self.waiting.until;
        if let Some(end) = until.and_then(|until| until.checked_add(GRACE)) {
            session.stream_mut().end_by(end);
        }
        match self.rounds(session, retry) {
            // A server that falls silent then takes nothing away: the next wait looks before it waits.
            Err(e) if e.may_pass() && until.is_some_and(|until| until <= session.stream_mut().now()) => {
                self.is_over = true;
            }
            ended => ended?,
        }
        Ok(self.is_over.then_some(()))
    }
}

#[cfg(test)]
#[path = "sessions_tests.rs"]
mod tests;
