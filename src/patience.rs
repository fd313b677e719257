//! How long a program waits out other people's trouble: one budget for every wait of a run.

use std::time::{Duration, Instant};

use crate::error::Error;
use crate::net::seconds;

/// Shorter waits are nobody's news.
const WORTH_A_WORD: Duration = Duration::from_secs(1);

/// The longest [`pause`](Patience::pause).
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long may be waited in all for a service to recover, and who is told.
pub struct Patience<'a> {
    most: Duration,
    left: Duration,
    deadline: Option<Instant>,
    /// Only an answer that says "later" is waited for.
    answers_only: bool,
    notice: Box<dyn FnMut(&str) + Send + 'a>,
    sleep: Box<dyn Fn(Duration) + Send + 'a>,
}

impl<'a> Patience<'a> {
    /// Waits `most` in all, and never beyond `deadline`; `notice` is told of each wait before it begins.
    pub fn new(most: Duration, deadline: Option<Instant>, notice: impl FnMut(&str) + Send + 'a) -> Patience<'a> {
        Patience {
            most,
            left: most,
            deadline,
            answers_only: false,
            notice: Box::new(notice),
            sleep: Box::new(std::thread::sleep),
        }
    }

    /// No wait at all.
    pub fn none() -> Patience<'a> {
        Patience::new(Duration::ZERO, None, |_| {})
    }

    /// Waits only where the other side says "later": a connection that does not come about is told at
    /// once, for a person who looks on.
    #[must_use]
    pub fn answers_only(mut self) -> Patience<'a> {
        self.answers_only = true;
        self
    }

    /// Waits never beyond `end` either.
    #[must_use]
    pub fn until(mut self, end: Option<Instant>) -> Patience<'a> {
        self.deadline = self.deadline.into_iter().chain(end).min();
        self
    }

    pub(crate) fn takes_only_answers(&self) -> bool {
        self.answers_only
    }

    /// Counts time that went by without an answer: whoever waited for it has waited.
    pub(crate) fn spend(&mut self, time: Duration) {
        self.left = self.left.saturating_sub(time);
    }

    /// Waits for somebody who is not to blame, a person or another run; false, at once, where the
    /// deadline comes first.
    pub(crate) fn stand_by(&self, time: Duration) -> bool {
        if self.deadline.is_some_and(|deadline| time > deadline.saturating_duration_since(Instant::now())) {
            return false;
        }
        (self.sleep)(time);
        true
    }

    /// Time that passes without anybody waiting for it.
    #[cfg(test)]
    pub(crate) fn unreal(most: Duration) -> Patience<'a> {
        Patience::new(most, None, |_| {}).sleeping(|_| {})
    }

    /// The same, and `sleep` is told how much.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn sleeping(mut self, sleep: impl Fn(Duration) + Send + 'a) -> Patience<'a> {
        self.sleep = Box::new(sleep);
        self
    }

    /// The whole time again: what was waited for is over.
    pub(crate) fn renew(&mut self) {
        self.left = self.most;
    }

    /// Waits because of `reason`; false, at once, where the time does not suffice.
    pub(crate) fn wait(&mut self, time: Duration, reason: &Error) -> bool {
        let left = match self.deadline {
            Some(deadline) => self.left.min(deadline.saturating_duration_since(Instant::now())),
            None => self.left,
        };
        if time > left {
            return false;
        }
        if time >= WORTH_A_WORD {
            (self.notice)(&format!("waiting {} before the next try: {reason}", seconds(time)));
        }
        (self.sleep)(time);
        self.left -= time;
        true
    }

    /// One short wait, in proportion to what may be waited; false where that is nothing.
    pub(crate) fn pause(&mut self, reason: &Error) -> bool {
        let time = (self.left / 10).min(LONGEST_PAUSE);
        !time.is_zero() && self.wait(time, reason)
    }
}
