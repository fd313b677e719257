//! How slowly the other side may send: the time limits that a server which never falls silent does not meet.
//!
//! Only time spent in reads counts: what the caller, its program or its disk takes is not the server's.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use super::seconds;

/// Inside a line or a literal, fewer than [`LEAST`] bytes in this time are not an answer.
const DRIP: Duration = Duration::from_secs(60);
const LEAST: usize = 1024;

/// How long a command may bring nothing that it asked for.
const UNASKED: Duration = Duration::from_secs(15 * 60);

/// Measures what a server sends.
pub(crate) struct Pace {
    now: Box<dyn Fn() -> Instant + Send>,
    /// Waited inside this line or literal, and read in that time; none between two responses.
    inside: Option<(Duration, usize)>,
    /// Waited since the command brought something that it asked for.
    unasked: Duration,
}

impl Pace {
    pub(crate) fn new() -> Pace {
        Pace { now: Box::new(Instant::now), inside: None, unasked: Duration::ZERO }
    }

    /// A response begins, of which some may have been read already.
    pub(crate) fn response(&mut self, has_begun: bool) {
        self.inside = has_begun.then_some((Duration::ZERO, 0));
    }

    /// A command begins, or brought what it asked for.
    pub(crate) fn asked(&mut self) {
        self.unasked = Duration::ZERO;
    }

    /// Reads once, and fails if too little came in too much time.
    pub(crate) fn read(&mut self, from: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
        let began = (self.now)();
        let read = from.read(into)?;
        let waited = (self.now)().saturating_duration_since(began);
        self.unasked += waited;
        let (inside, bytes) = match self.inside {
            // What was waited before the first byte was silence.
            None => (Duration::ZERO, read),
            Some((inside, bytes)) => (inside + waited, bytes + read),
        };
        if inside >= DRIP && bytes < LEAST {
            let why = format!("the server sent {bytes} bytes in {}", seconds(inside));
            return Err(io::Error::new(io::ErrorKind::TimedOut, TooSlow(why)));
        }
        self.inside = Some(if bytes < LEAST { (inside, bytes) } else { (Duration::ZERO, 0) });
        if self.unasked >= UNASKED {
            let why = format!("the server sent nothing that was asked for in {}", seconds(UNASKED));
            return Err(io::Error::new(io::ErrorKind::TimedOut, TooSlow(why)));
        }
        Ok(read)
    }

    /// The same by a clock that tests move.
    #[cfg(test)]
    pub(crate) fn at(clock: std::sync::Arc<crate::clock::Virtual>) -> Pace {
        Pace { now: Box::new(move || clock.now()), ..Pace::new() }
    }
}

/// Travels in an `io::Error`: the other side was not silent, only too slow.
#[derive(Debug)]
struct TooSlow(String);

impl std::fmt::Display for TooSlow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TooSlow {}

pub(super) fn is_too_slow(e: &io::Error) -> bool {
    e.get_ref().is_some_and(|inner| inner.is::<TooSlow>())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::Virtual;

    /// A server that sends so much each time, so often.
    struct Dripping {
        clock: Arc<Virtual>,
        every: Duration,
        bytes: usize,
    }

    impl Read for Dripping {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.clock.pass(self.every);
            Ok(self.bytes.min(into.len()))
        }
    }

    /// After how many seconds of the server's a response is given up, each of its reads followed by `between`.
    fn given_up(every: Duration, bytes: usize, between: &dyn Fn(&mut Pace, &Virtual)) -> Option<u64> {
        let clock = Arc::new(Virtual::new());
        let mut server = Dripping { clock: Arc::clone(&clock), every, bytes };
        let mut pace = Pace::at(Arc::clone(&clock));
        pace.response(false);
        for reads in 1..=10_000 {
            if pace.read(&mut server, &mut [0; 4096]).is_err() {
                return Some((every * reads).as_secs());
            }
            between(&mut pace, &clock);
        }
        None
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_drip_inside_a_response_is_given_up_after_a_minute() {
        let asked = |pace: &mut Pace, _: &Virtual| pace.asked();
        assert_eq!(given_up(SECOND, 1, &asked), Some(61));
        assert_eq!(given_up(SECOND / 100, 0, &asked), Some(60));
        assert_eq!(given_up(59 * SECOND, 100, &asked), Some(177));
        // 1 KB a minute is slow, and may be a line's fault.
        assert_eq!(given_up(SECOND, 20, &asked), None);
        assert_eq!(given_up(59 * SECOND, 1024, &asked), None);
        // Between two responses there is silence, which is limited elsewhere; what the disk takes is ours.
        let next = |pace: &mut Pace, clock: &Virtual| {
            pace.asked();
            pace.response(false);
            clock.pass(100 * SECOND);
        };
        assert_eq!(given_up(50 * SECOND, 1, &next), None);
        let disk = |pace: &mut Pace, clock: &Virtual| {
            pace.asked();
            clock.pass(3600 * SECOND);
        };
        assert_eq!(given_up(SECOND, 100, &disk), None);
    }

    #[test]
    fn a_command_that_brings_only_what_nobody_asked_for_is_given_up_after_15_minutes() {
        let next = |pace: &mut Pace, _: &Virtual| pace.response(false);
        assert_eq!(given_up(50 * SECOND, 30, &next), Some(900));
        assert_eq!(given_up(SECOND, 4096, &next), Some(900));
    }
}
