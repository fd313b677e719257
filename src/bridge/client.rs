//! A client of the relay: a socket, or TLS over one.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use native_tls::TlsAcceptor;

use super::link::Link;
use super::pump::{Side, acknowledge};
use crate::net::{Stream, Timed};

/// A client before its session: one thread, and every wait has an end.
pub(super) enum Client {
    Plain(Timed),
    Tls(Box<Stream>),
}

impl Client {
    /// Takes a connection, with TLS if there is an acceptor; everything up to `set_deadline` ends in `time`.
    pub(super) fn accept(tcp: TcpStream, acceptor: Option<&TlsAcceptor>, time: Duration) -> io::Result<Client> {
        tcp.set_nodelay(true)?;
        let timed = Timed::accepted(tcp, time);
        match acceptor {
            None => Ok(Client::Plain(timed)),
            Some(acceptor) => Stream::accept(acceptor, timed).map(|stream| Client::Tls(Box::new(stream))),
        }
    }

    /// Reads and writes end then, whatever the client does.
    pub(super) fn set_deadline(&mut self, end: Instant) {
        match self {
            Client::Plain(timed) => timed.deadline = Some(end),
            Client::Tls(stream) => stream.set_deadline(Some(end)),
        }
    }

    /// The same client for two threads.
    pub(super) fn into_side(self, idle: Duration) -> io::Result<Arc<dyn Side>> {
        match self {
            Client::Tls(stream) => Ok(Arc::new(Link::new(*stream, idle)?)),
            Client::Plain(timed) => {
                let tcp = timed.into_socket();
                // The other side's silence is what ends a session.
                tcp.set_read_timeout(None)?;
                tcp.set_write_timeout(Some(idle))?;
                Ok(Arc::new(tcp))
            }
        }
    }
}

impl Read for Client {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Client::Plain(timed) => timed.read(buffer).inspect(|_| acknowledge(timed.socket())),
            Client::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Client {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Client::Plain(timed) => timed.write(bytes),
            Client::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Client::Plain(timed) => timed.flush(),
            Client::Tls(stream) => stream.flush(),
        }
    }
}
