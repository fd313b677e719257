//! Waiting for a stream without reading from it.

use std::io;
use std::time::{Duration, Instant};

use super::Stream;
use super::timed::{Timed, is_timeout};

/// What can be waited for without being read: the wait ends without harm, where a read that times out may
/// leave TLS in the middle of a record.
pub trait Readiness {
    /// True as soon as there is something to read, the end included; false where `time` passed before.
    fn is_readable_within(&mut self, time: Duration) -> io::Result<bool>;

    /// Nothing on the stream goes on beyond that instant.
    fn end_by(&mut self, end: Instant) {
        let _ = end;
    }

    /// The clock that goes with it.
    fn now(&self) -> Instant {
        Instant::now()
    }
}

impl Readiness for Stream {
    fn end_by(&mut self, end: Instant) {
        self.set_deadline(Some(end));
    }

    fn is_readable_within(&mut self, time: Duration) -> io::Result<bool> {
        // First what TLS has decrypted, then what it has not, then the socket.
        if self.tls.buffered_read_size().is_ok_and(|bytes| bytes > 0) {
            return Ok(true);
        }
        match &mut self.tls.get_mut().socket {
            Some(reader) if reader.buffer().is_empty() => reader.get_mut().is_readable_within(time),
            _ => Ok(true),
        }
    }
}

impl Timed {
    /// The deadline ends this wait as it ends any other: with an error.
    fn is_readable_within(&mut self, time: Duration) -> io::Result<bool> {
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
