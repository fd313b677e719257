//! Several mailboxes in one run, some at a time. One's failure stops no other, unless it would be theirs
//! too: nobody is asked 10,000 times with a secret that has expired, or through a line that is down.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::error::TIME_LIMIT;
use crate::threads::lock;
use crate::{Error, Phase, Result, Retry, threads};

use super::{Exit, Setting, worst};

/// What is done with one mailbox.
pub(crate) type Each<'a> = dyn Fn(&str, &mut Retry) -> Result<Exit> + Sync + 'a;

/// Does `each` with the mailboxes, in their order, `jobs` at a time; the exit code is the worst of them. A line to the
/// server that fails `most_failures` times in a row fails for all.
pub(crate) fn run(
    setting: &Setting,
    mailboxes: &[&str],
    jobs: usize,
    most_failures: usize,
    each: &Each,
) -> Result<Exit> {
    // One token serves them all, so its failure is one as well.
    setting.token(None, &mut setting.retry())?;
    let turns = Mutex::new(Turns { next: 0, ended: Vec::new(), in_a_row: 0, stopped: None });
    let turns_now = || lock(&turns);
    threads::side_by_side(jobs.min(mailboxes.len()), || {
        // Sessions wait side by side: together no longer than one may.
        let mut retry = setting.retry();
        loop {
            let next = turns_now().next(mailboxes, setting.deadline);
            let Some(mailbox) = next else { break };
            let ended = each(mailbox, &mut retry);
            turns_now().end(&ended, most_failures);
            if let Err(error) = ended {
                setting.failed(&format!("{mailbox}: "), mailbox, &error);
            }
        }
    });
    let Turns { next, mut ended, stopped, .. } = turns.into_inner().unwrap_or_else(PoisonError::into_inner);
    let left = mailboxes.len() - next;
    if let Some(why) = stopped.filter(|_| left > 0) {
        let were = if left == 1 { "was" } else { "were" };
        setting.output.warn(&format!("{why}; {left} of {} mailboxes {were} not looked at", mailboxes.len()));
        ended.push(Exit::Temporary);
    }
    Ok(worst(&ended))
}

/// There is no way to the server, for this mailbox or another.
pub(crate) fn is_the_way(error: &Error) -> bool {
    matches!(error.phase(), Phase::Resolve | Phase::Connect | Phase::Proxy | Phase::Tls)
}

struct Turns {
    next: usize,
    ended: Vec<Exit>,
    /// Failures in a row, each before the server answered.
    in_a_row: usize,
    /// Why the rest is left alone.
    stopped: Option<String>,
}

impl Turns {
    fn next<'a>(&mut self, mailboxes: &[&'a str], deadline: Option<Instant>) -> Option<&'a str> {
        let mailbox = mailboxes.get(self.next)?;
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            self.stopped = Some(format!("{TIME_LIMIT} (--max-time)"));
        }
        if self.stopped.is_some() {
            return None;
        }
        self.next += 1;
        Some(mailbox)
    }

    fn end(&mut self, ended: &Result<Exit>, most_failures: usize) {
        self.ended.push(ended.as_ref().map_or_else(Exit::from, |exit| *exit));
        self.in_a_row = if ended.as_ref().is_err_and(is_the_way) { self.in_a_row + 1 } else { 0 };
        if self.in_a_row >= most_failures {
            self.stopped = Some("the way there is the same for all".to_owned());
        }
        if ended.as_ref().is_err_and(|e| e.phase() == Phase::Token) {
            self.stopped = Some("the token is the same for all".to_owned());
        }
    }
}
