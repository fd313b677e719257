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
    left: Duration,
    deadline: Option<Instant>,
    notice: Box<dyn FnMut(&str) + Send + 'a>,
}

impl<'a> Patience<'a> {
    /// Waits `most` in all, and never beyond `deadline`; `notice` is told of each wait before it begins.
    pub fn new(most: Duration, deadline: Option<Instant>, notice: impl FnMut(&str) + Send + 'a) -> Patience<'a> {
        Patience { left: most, deadline, notice: Box::new(notice) }
    }

    /// No wait at all.
    pub fn none() -> Patience<'a> {
        Patience::new(Duration::ZERO, None, |_| {})
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
        std::thread::sleep(time);
        self.left -= time;
        true
    }

    /// One short wait, in proportion to what may be waited; false where that is nothing.
    pub(crate) fn pause(&mut self, reason: &Error) -> bool {
        let time = (self.left / 10).min(LONGEST_PAUSE);
        !time.is_zero() && self.wait(time, reason)
    }
}
