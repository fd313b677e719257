//! What TLS reads and writes: a socket, or memory once two threads share the stream.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;

use super::READ_AHEAD;
use super::timed::Timed;

/// A socket as long as there is one, then memory. Memory never blocks: a read of nothing is `WouldBlock`, and
/// a write is kept until somebody sends it. So a lock around TLS is held for computing only.
pub(crate) struct Wire {
    /// The socket, with a buffer between TLS and it.
    pub(super) socket: Option<BufReader<Timed>>,
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
    pub(super) fn timed(&mut self) -> Option<&mut Timed> {
        self.socket.as_mut().map(BufReader::get_mut)
    }

    /// Gives the socket away; what was read from it stays here.
    pub(super) fn detach(&mut self) -> io::Result<TcpStream> {
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
