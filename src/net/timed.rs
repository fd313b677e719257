//! A socket with its clock: every read and every write ends, and says by which of three times.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::pace::is_too_slow;
use crate::error::{Cause, Error, Kind, Phase, TIME_LIMIT};

/// The socket with its clock: whatever the platform calls a timeout leaves here as `TimedOut`.
pub(crate) struct Timed {
    pub(super) tcp: TcpStream,
    /// The longest silence.
    pub(super) idle: Duration,
    /// When the step or the request that it is for ends.
    pub(crate) deadline: Option<Instant>,
    /// When everything ends.
    pub(super) run: Option<Instant>,
    /// The time-out that the socket was last given, to spare a system call a read.
    pub(super) set: Option<Duration>,
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
    pub(super) fn left(&self) -> Option<Duration> {
        let end = self.deadline.into_iter().chain(self.run).min()?;
        Some(end.saturating_duration_since(Instant::now()))
    }

    /// The error of a wait that ended.
    pub(super) fn timed_out(&self) -> io::Error {
        match self.run {
            Some(end) if end <= Instant::now() => io::Error::new(io::ErrorKind::TimedOut, RunIsOver),
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

/// Travels in an `io::Error` through TLS and HTTP: not the other side's silence was too long, the run was.
#[derive(Debug)]
struct RunIsOver;

impl std::fmt::Display for RunIsOver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(TIME_LIMIT)
    }
}

impl std::error::Error for RunIsOver {}

pub(super) fn is_over(e: &io::Error) -> bool {
    e.get_ref().is_some_and(|inner| inner.is::<RunIsOver>())
}

/// A broken or silent connection as an error of the phase it happened in.
pub(crate) fn lost(phase: Phase, e: io::Error) -> Error {
    let error = |cause, why: String| Error::new(Kind::Temporary, phase, why).because(cause);
    let error = match e.kind() {
        _ if is_over(&e) => Error::time_limit(phase, ""),
        _ if is_too_slow(&e) => error(Cause::TimedOut, e.to_string()),
        _ if is_timeout(&e) => error(Cause::TimedOut, "no answer within the time allowed".to_owned()).about("timeout"),
        io::ErrorKind::UnexpectedEof => error(Cause::ConnectionLost, "the server closed the connection".to_owned()),
        _ => error(Cause::ConnectionLost, format!("the connection broke: {e}")),
    };
    error.caused_by(e)
}
