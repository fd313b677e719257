//! Time limits. A socket with its clock: every read and every write ends, and says by which of three times. And how
//! slowly the other side may send: the limits that a server which never falls silent does not meet.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::seconds;
use crate::error::{Cause, Error, Kind, Phase, TIME_LIMIT};

/// The socket with its clock: whatever the platform calls a timeout leaves here as `TimedOut`.
pub(crate) struct Timed {
    pub(super) tcp: TcpStream,
    /// The longest silence.
    idle: Duration,
    /// When the step or the request that it is for ends.
    pub(crate) deadline: Option<Instant>,
    /// When everything ends.
    run: Option<Instant>,
    /// The time-out that the socket was last given, to spare a system call a read.
    set: Option<Duration>,
}

impl Timed {
    pub(super) fn new(tcp: TcpStream, idle: Duration, run: Option<Instant>) -> Timed {
        Timed { tcp, idle, deadline: None, run, set: None }
    }

    pub(super) fn until(self, deadline: Option<Instant>) -> Timed {
        Timed { deadline, ..self }
    }

    #[cfg(feature = "cli")]
    pub(crate) fn into_socket(self) -> TcpStream {
        self.tcp
    }

    /// What is left of the time, whatever the other side does.
    fn left(&self) -> Option<Duration> {
        let end = self.deadline.into_iter().chain(self.run).min()?;
        Some(end.saturating_duration_since(Instant::now()))
    }

    /// The error of a wait that ended.
    fn timed_out(&self) -> io::Error {
        match self.run {
            Some(end) if end <= Instant::now() => io::Error::new(io::ErrorKind::TimedOut, Ended::RunIsOver),
            _ => io::ErrorKind::TimedOut.into(),
        }
    }

    fn arm(&mut self) -> io::Result<()> {
        let left = self.left().map_or(self.idle, |left| self.idle.min(left));
        if left.is_zero() {
            return Err(self.timed_out());
        }
        if self.set != Some(left) {
            self.tcp.set_read_timeout(Some(left))?;
            self.tcp.set_write_timeout(Some(left))?;
            self.set = Some(left);
        }
        Ok(())
    }

    /// A time-out is `WouldBlock` on Unix and `TimedOut` on Windows; TLS would take the first for an
    /// invitation to come again.
    fn as_timeout(&self, e: io::Error) -> io::Error {
        if is_timeout(&e) { self.timed_out() } else { e }
    }

    /// The deadline ends this wait as it ends any other: with an error.
    pub(super) fn is_readable_within(&mut self, time: Duration) -> io::Result<bool> {
        let end = Instant::now().checked_add(time);
        loop {
            let now = Instant::now();
            let left = end.map_or(self.idle, |end| end.saturating_duration_since(now));
            let until_deadline = self.left();
            if until_deadline.is_some_and(|left| left.is_zero()) {
                return Err(self.timed_out());
            }
            if left.is_zero() {
                return Ok(false);
            }
            self.set = None;
            self.tcp.set_read_timeout(Some(until_deadline.map_or(left, |until| until.min(left))))?;
            match self.tcp.peek(&mut [0]) {
                Ok(_) => return Ok(true),
                Err(e) if is_timeout(&e) || e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

impl Read for Timed {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.arm()?;
        self.tcp.read(buf).map_err(|e| self.as_timeout(e))
    }
}

impl Write for Timed {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.arm()?;
        self.tcp.write(buf).map_err(|e| self.as_timeout(e))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

pub(super) fn is_timeout(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// Travels in an `io::Error` through TLS and HTTP: not the other side's silence was too long.
#[derive(Debug)]
enum Ended {
    /// The run was.
    RunIsOver,
    /// The other side sent, and too slowly.
    TooSlow(String),
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Ended::RunIsOver => f.write_str(TIME_LIMIT),
            Ended::TooSlow(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Ended {}

fn ended(e: &io::Error) -> Option<&Ended> {
    e.get_ref()?.downcast_ref()
}

pub(super) fn is_over(e: &io::Error) -> bool {
    matches!(ended(e), Some(Ended::RunIsOver))
}

/// A broken or silent connection as an error of the phase it happened in.
pub(crate) fn lost(phase: Phase, e: io::Error) -> Error {
    let error = |cause, why: String| Error::new(Kind::Temporary, phase, why).because(cause);
    let error = match e.kind() {
        _ if is_over(&e) => Error::time_limit(phase, ""),
        _ if matches!(ended(&e), Some(Ended::TooSlow(_))) => error(Cause::TimedOut, e.to_string()),
        _ if is_timeout(&e) => error(Cause::TimedOut, "no answer within the time allowed".to_owned()).about("timeout"),
        io::ErrorKind::UnexpectedEof => error(Cause::ConnectionLost, "the server closed the connection".to_owned()),
        _ => error(Cause::ConnectionLost, format!("the connection broke: {e}")),
    };
    error.caused_by(e)
}

/// Inside a line or a literal, fewer than [`LEAST`] bytes in this time are not an answer.
const DRIP: Duration = Duration::from_secs(60);
const LEAST: usize = 1024;

/// How long a command may bring nothing that it asked for.
const UNASKED: Duration = Duration::from_secs(15 * 60);

/// Measures what a server sends. Only time spent in reads counts: what the caller, its program or its disk takes is not
/// the server's.
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
            return Err(io::Error::new(io::ErrorKind::TimedOut, Ended::TooSlow(why)));
        }
        self.inside = Some(if bytes < LEAST { (inside, bytes) } else { (Duration::ZERO, 0) });
        if self.unasked >= UNASKED {
            let why = format!("the server sent nothing that was asked for in {}", seconds(UNASKED));
            return Err(io::Error::new(io::ErrorKind::TimedOut, Ended::TooSlow(why)));
        }
        Ok(read)
    }

    /// The same by a clock that tests move.
    #[cfg(test)]
    pub(crate) fn at(clock: std::sync::Arc<crate::clock::Virtual>) -> Pace {
        Pace { now: Box::new(move || clock.now()), ..Pace::new() }
    }
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
