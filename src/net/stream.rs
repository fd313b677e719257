//! A verified TLS connection, and what TLS reads and writes: a socket, or memory once two threads share the stream.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use native_tls::TlsStream;

use super::timed::Timed;

/// Between TLS and the socket, so that one system call brings several TLS records of 4 to 16 KB.
const READ_AHEAD: usize = 32 * 1024;

/// A verified TLS connection whose every wait has an end.
pub struct Stream {
    pub(super) tls: TlsStream<Wire>,
}

impl Stream {
    /// The instant at which reads and writes end, whatever comes in; the network's own remains.
    pub(crate) fn set_deadline(&mut self, deadline: Option<Instant>) {
        if let Some(timed) = self.tls.get_mut().timed() {
            timed.deadline = deadline;
        }
    }

    /// The socket, and TLS over memory, for two threads that read and write at the same time.
    pub(crate) fn detach(mut self) -> io::Result<(TcpStream, TlsStream<Wire>)> {
        let tcp = self.tls.get_mut().detach()?;
        Ok((tcp, self.tls))
    }
}

impl Read for Stream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.tls.read(buf)
    }
}

impl Write for Stream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.tls.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tls.flush()
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stream")
    }
}

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

/// A socket as long as there is one, then memory. Memory never blocks: a read of nothing is `WouldBlock`, and
/// a write is kept until somebody sends it. So a lock around TLS is held for computing only.
pub(crate) struct Wire {
    /// The socket, with a buffer between TLS and it.
    socket: Option<BufReader<Timed>>,
    /// Received, and not decrypted yet.
    inbox: Vec<u8>,
    /// Encrypted, and not sent yet.
    outbox: Vec<u8>,
    /// Nothing more will be received.
    ended: bool,
}

impl Wire {
    pub(super) fn new(socket: Timed) -> Wire {
        let socket = Some(BufReader::with_capacity(READ_AHEAD, socket));
        Wire { socket, inbox: Vec::new(), outbox: Vec::new(), ended: false }
    }

    /// The socket's clock.
    fn timed(&mut self) -> Option<&mut Timed> {
        self.socket.as_mut().map(BufReader::get_mut)
    }

    /// Gives the socket away; what was read from it stays here.
    fn detach(&mut self) -> io::Result<TcpStream> {
        let socket = self.socket.take().ok_or(io::ErrorKind::NotConnected)?;
        self.inbox.extend_from_slice(socket.buffer());
        Ok(socket.into_inner().tcp)
    }

    /// Adds what the socket received; nothing is its end.
    pub(crate) fn receive(&mut self, bytes: &[u8]) {
        self.ended |= bytes.is_empty();
        self.inbox.extend_from_slice(bytes);
    }

    /// True if nothing more will be received.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// What is to be sent now.
    pub(crate) fn take_outbox(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outbox)
    }

    /// True if there is something to send.
    pub(crate) fn has_outbox(&self) -> bool {
        !self.outbox.is_empty()
    }
}

impl Read for Wire {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let Some(socket) = &mut self.socket {
            return socket.read(buf);
        }
        let taken = (&self.inbox[..]).read(buf)?;
        self.inbox.drain(..taken);
        if self.inbox.is_empty() {
            // An idle connection holds no memory for what was received.
            self.inbox = Vec::new();
        }
        match taken {
            0 if !buf.is_empty() && !self.ended => Err(io::ErrorKind::WouldBlock.into()),
            taken => Ok(taken),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self.timed() {
            Some(socket) => socket.write(buf),
            None => self.outbox.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.timed().map_or(Ok(()), Timed::flush)
    }
}
