//! Waiting and trying again, in one place: the token, the sign-in and a session's work share one budget.
//!
//! What counts is time that passes without anything done, by waiting or by a try that failed. The wait before the next
//! try doubles from a second to about two minutes; a longer one that the other side asked for is kept to, a shorter one
//! is not.

use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, Instant};

use crate::error::{Error, Phase, Result};
use crate::net::seconds;

/// Shorter waits are not announced.
const ANNOUNCED: Duration = Duration::from_secs(1);

/// The wait after a try that got something done.
const SHORT: Duration = Duration::from_millis(200);

/// The wait after the first try that did not, doubled for each one more.
const LONG: Duration = Duration::from_secs(1);

/// How often it is doubled: to about two minutes.
const MOST_DOUBLED: u32 = 7;

/// Tries in a run that come without a wait.
const MOST_AT_ONCE: u32 = 20;

/// The longest wait before a [`Verdict::Once`].
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The budget of one run for trying again: how long it may wait in all for a service to recover.
///
/// Make one for a run and give it to everything that may have to try again: the token request, the delivery.
pub struct Retry<'a> {
    most: Duration,
    left: Duration,
    pub(crate) deadline: Option<Instant>,
    answers_only: bool,
    /// Counts [`progressed`](Retry::progressed).
    progress: u64,
    notice: Box<dyn FnMut(&str) + Send + 'a>,
    now: Box<dyn Fn() -> Instant + Send + 'a>,
    sleep: Box<dyn Fn(Duration) + Send + 'a>,
}

/// Whether another try may do better than one that failed.
pub(crate) enum Verdict {
    /// No.
    Final,
    /// Yes, as often as the budget allows.
    MayPass,
    /// Perhaps: after a pause in proportion to the budget.
    Once,
    /// Yes, and without a wait, so that it needs no budget: it leaves out what failed.
    AtOnce,
}

impl<'a> Retry<'a> {
    /// Waits `most` in all, and never beyond `deadline`; `notice` hears of each wait of a second or more before it
    /// begins.
    pub fn new(most: Duration, deadline: Option<Instant>, notice: impl FnMut(&str) + Send + 'a) -> Retry<'a> {
        let (notice, now, sleep) = (Box::new(notice), Box::new(Instant::now), Box::new(std::thread::sleep));
        Retry { most, left: most, deadline, answers_only: false, progress: 0, notice, now, sleep }
    }

    /// No second try at all.
    pub fn none() -> Retry<'a> {
        Retry::new(Duration::ZERO, None, |_| {})
    }

    /// Tries again only after an answer that says "later": a token endpoint that cannot be reached is an error at
    /// once, for a person who is waiting.
    #[must_use]
    pub(crate) fn answers_only(mut self) -> Retry<'a> {
        self.answers_only = true;
        self
    }

    /// Waits never beyond `end` either.
    #[must_use]
    pub(crate) fn until(mut self, end: Option<Instant>) -> Retry<'a> {
        self.deadline = self.deadline.into_iter().chain(end).min();
        self
    }

    /// Says that this try got something done: the next wait is short again, and the time of the try is not counted.
    pub(crate) fn progressed(&mut self) {
        self.progress += 1;
    }

    /// The same for work without an end of its own: each outage has the whole budget.
    pub(crate) fn renew(&mut self) {
        self.progressed();
        self.left = self.most;
    }

    /// Calls `attempt` until it succeeds, its error is final, or the budget is spent. `attempt` gets the reason why the try
    /// before it failed.
    pub(crate) fn run<T>(
        &mut self,
        attempt: &mut dyn FnMut(&mut Retry<'a>, Option<&Error>) -> Result<T>,
        verdict: &mut dyn FnMut(&Error) -> Verdict,
    ) -> Result<T> {
        let (mut failures, mut last, mut at_once) = (0, None, 0);
        loop {
            let (began, left, progress) = ((self.now)(), self.left, self.progress);
            let error = match attempt(self, last.as_ref()) {
                Err(error) => error,
                done => return done,
            };
            if self.progress == progress {
                // What was waited in the attempt is part of its time.
                self.left = self.left.min(left.saturating_sub(self.since(began)));
                failures += 1;
            } else {
                failures = 0;
            }
            let wait = match verdict(&error) {
                Verdict::Final => return Err(error),
                Verdict::AtOnce if at_once < MOST_AT_ONCE => {
                    at_once += 1;
                    last = Some(error);
                    continue;
                }
                Verdict::MayPass | Verdict::AtOnce => back_off(failures).max(error.retry_after().unwrap_or_default()),
                Verdict::Once => (self.left / 10).min(LONGEST_PAUSE),
            };
            if !self.wait(wait, &error) {
                return Err(error);
            }
            last = Some(error);
        }
    }

    /// [`run`](Self::run) for a request that is answered or is not.
    pub(crate) fn request<T>(&mut self, mut request: impl FnMut() -> Result<T>) -> Result<T> {
        let answers_only = self.answers_only;
        // An answer is not caused by another error; a connection that failed or fell silent is.
        let is_answer = |e: &Error| e.phase() == Phase::Token && std::error::Error::source(e).is_none();
        self.run(&mut |_, _| request(), &mut |error| match error.may_pass() && (is_answer(error) || !answers_only) {
            true => Verdict::MayPass,
            false => Verdict::Final,
        })
    }

    /// Waits for a person or another run, which the budget does not pay for; false, at once, if the deadline comes
    /// first.
    pub(crate) fn stand_by(&self, time: Duration) -> bool {
        if self.deadline.is_some_and(|deadline| time > deadline.saturating_duration_since((self.now)())) {
            return false;
        }
        (self.sleep)(time);
        true
    }

    /// Waits because of `reason`; false, at once, if there is no budget, or not enough.
    fn wait(&mut self, time: Duration, reason: &Error) -> bool {
        let began = (self.now)();
        let left = self.deadline.map_or(self.left, |end| self.left.min(end.saturating_duration_since(began)));
        if left.is_zero() || time > left {
            return false;
        }
        if time >= ANNOUNCED {
            (self.notice)(&format!("waiting {} before the next try: {reason}", seconds(time)));
        }
        (self.sleep)(time);
        self.left = self.left.saturating_sub(self.since(began));
        true
    }

    fn since(&self, began: Instant) -> Duration {
        (self.now)().saturating_duration_since(began)
    }

    /// Time that passes only by waiting, and by what `now` adds to it.
    #[cfg(test)]
    pub(crate) fn at(most: Duration, clock: &'a crate::clock::Virtual) -> Retry<'a> {
        let (now, sleep) = (Box::new(|| clock.now()), Box::new(|time| clock.pass(time)));
        Retry { now, sleep, ..Retry::new(most, None, |_| {}) }
    }
}

/// Between the half and the whole of it, so that many who were turned away together do not come back together. The
/// standard library has no other source of chance.
fn back_off(failures: u32) -> Duration {
    if failures == 0 {
        return SHORT;
    }
    let most = LONG * 2_u32.saturating_pow((failures - 1).min(MOST_DOUBLED));
    let chance = std::collections::hash_map::RandomState::new().build_hasher().finish() % 1000;
    most / 2 + most / 2 * u32::try_from(chance).unwrap_or(0) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Virtual;
    use crate::error::Kind;

    const MINUTE: Duration = Duration::from_secs(60);

    fn later(told: Option<Duration>) -> Error {
        let error = Error::new(Kind::Temporary, Phase::Token, "HTTP 503");
        told.map_or_else(|| Error::new(Kind::Temporary, Phase::Token, "HTTP 503"), |told| error.with_retry_after(told))
    }

    /// How often a request is sent that always fails so, each taking `takes`, and how much time that takes.
    fn tries(budget: Duration, takes: Duration, error: impl Fn() -> Error) -> (u32, Duration) {
        let clock = Virtual::new();
        let start = clock.now();
        let mut tries = 0;
        let failed = Retry::at(budget, &clock).request(|| -> Result<()> {
            tries += 1;
            clock.pass(takes);
            Err(error())
        });
        assert!(failed.is_err());
        (tries, clock.now() - start)
    }

    #[test]
    fn what_can_pass_is_tried_again_and_a_refusal_is_not() {
        let refused = || Error::new(Kind::Refused, Phase::Token, "HTTP 401");
        assert_eq!(tries(MINUTE, Duration::ZERO, refused).0, 1);
        assert_eq!(tries(MINUTE, Duration::ZERO, || later(None).with_kind(Kind::Protocol)).0, 1);
        assert_eq!(tries(MINUTE, Duration::ZERO, || later(None).in_phase(Phase::Disk)).0, 1);
        assert_eq!(tries(Duration::ZERO, Duration::ZERO, || later(None)).0, 1);
        // 1, 2, 4, 8, 16 s and so on, each shortened by chance to the half at most.
        assert!((6..=8).contains(&tries(MINUTE, Duration::ZERO, || later(None)).0));
        let lost = || crate::net::lost(Phase::Token, std::io::ErrorKind::ConnectionReset.into());
        assert!(tries(MINUTE, Duration::ZERO, lost).0 > 1);
        let clock = Virtual::new();
        let mut answers_only = Retry::at(MINUTE, &clock).answers_only();
        let mut sent = 0;
        let _ = answers_only.request(|| -> Result<()> {
            sent += 1;
            Err(lost())
        });
        drop(answers_only);
        assert_eq!(sent, 1);
    }

    /// Whatever the other side says: never without end, never faster than our own waits, never longer than the budget.
    #[test]
    fn a_wait_of_nothing_gets_our_own_and_a_longer_one_is_kept_to() {
        for told in [Duration::ZERO, Duration::from_millis(1)] {
            let (tries, took) = tries(MINUTE, Duration::ZERO, || later(Some(told)));
            assert!((6..=8).contains(&tries) && took <= MINUTE, "{tries} in {took:?}");
        }
        assert_eq!(tries(MINUTE, Duration::ZERO, || later(Some(MINUTE / 3))).0, 4);
        assert_eq!(tries(MINUTE, Duration::ZERO, || later(Some(MINUTE * 2))), (1, Duration::ZERO));
    }

    #[test]
    fn a_try_that_gets_nothing_done_costs_its_time_and_one_that_does_costs_nothing() {
        assert_eq!(tries(MINUTE, MINUTE, || later(None)), (1, MINUTE));
        let clock = Virtual::new();
        let mut retry = Retry::at(MINUTE, &clock);
        let mut left = 20;
        let done = retry.run(
            &mut |retry, why| {
                assert_eq!(why.is_some(), left < 20);
                clock.pass(MINUTE);
                retry.progressed();
                left -= 1;
                if left == 0 { Ok(()) } else { Err(later(Some(Duration::ZERO))) }
            },
            &mut |_| Verdict::MayPass,
        );
        assert!(done.is_ok() && retry.left > MINUTE / 2);
    }

    /// The token's requests inside of a sign-in do not have a budget of their own.
    #[test]
    fn what_is_waited_inside_of_a_try_is_counted_once() {
        let clock = Virtual::new();
        let start = clock.now();
        let mut retry = Retry::at(MINUTE, &clock);
        let failed =
            retry.run(&mut |retry, _| retry.request(|| -> Result<()> { Err(later(None)) }), &mut |_| Verdict::MayPass);
        assert!(failed.is_err());
        assert!(clock.now() - start <= MINUTE && retry.left < MINUTE, "{:?}", clock.now() - start);
        assert_eq!(retry.left, MINUTE - (clock.now() - start));
    }

    #[test]
    fn waits_of_a_second_or_more_are_announced() {
        let clock = Virtual::new();
        let mut heard = Vec::new();
        let mut retry = Retry::at(MINUTE, &clock);
        retry.notice = Box::new(|said| heard.push(said.to_owned()));
        let _ = retry.request(|| -> Result<()> { Err(later(Some(MINUTE * 2 / 3))) });
        drop(retry);
        assert_eq!(heard, ["waiting 40 s before the next try: token: HTTP 503"]);
        assert!((0..100).map(|_| back_off(2)).all(|wait| (1000..=2000).contains(&wait.as_millis())));
    }
}
