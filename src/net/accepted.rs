//! A connection that is plain TCP or TLS over it, as a client of ours chooses. Every wait has an end.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use native_tls::{HandshakeError, Identity, Protocol, TlsAcceptor};

use super::timed::Timed;
use super::{Stream, Wire};
use crate::error::{Error, Kind, Phase, Result};
use crate::secret::Secret;

/// Plain TCP, or TLS over it.
pub(crate) enum Channel {
    Plain(Timed),
    Tls(Box<Stream>),
}

impl Channel {
    /// Takes a client's connection, with TLS if there is an acceptor; everything until `set_deadline` ends in `time`.
    pub(crate) fn accept(tcp: TcpStream, acceptor: Option<&TlsAcceptor>, time: Duration) -> io::Result<Channel> {
        tcp.set_nodelay(true)?;
        let timed = Timed::new(tcp, time, None).until(Some(Instant::now() + time));
        let Some(acceptor) = acceptor else { return Ok(Channel::Plain(timed)) };
        match acceptor.accept(Wire::new(timed)) {
            Ok(tls) => Ok(Channel::Tls(Box::new(Stream { tls }))),
            Err(HandshakeError::Failure(e)) => Err(io::Error::other(e)),
            Err(HandshakeError::WouldBlock(_)) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// Reads and writes end then, whatever the other side does.
    pub(crate) fn set_deadline(&mut self, end: Option<Instant>) {
        match self {
            Channel::Plain(timed) => timed.deadline = end,
            Channel::Tls(stream) => stream.set_deadline(end),
        }
    }
}

impl Read for Channel {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Channel::Plain(timed) => timed.read(buffer).inspect(|_| acknowledge(&timed.tcp)),
            Channel::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Channel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Channel::Plain(timed) => timed.write(bytes),
            Channel::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The certificate and the key of a listener, both PEM, the key in PKCS #8.
pub(crate) fn acceptor(certificate: &[u8], key: &Secret) -> Result<TlsAcceptor> {
    let failed = |e: native_tls::Error| {
        let message = format!("the certificate and key of the listener (PEM, the key PKCS #8): {e}");
        Error::new(Kind::Usage, Phase::Options, message)
    };
    let identity = Identity::from_pkcs8(certificate, key.expose()).map_err(failed)?;
    TlsAcceptor::builder(identity).min_protocol_version(Some(Protocol::Tlsv12)).build().map_err(failed)
}

/// Acknowledges at once what was read. A client that writes a command in two pieces waits with the second one until
/// the first is acknowledged, which takes 40 ms otherwise.
pub(crate) fn acknowledge(socket: &TcpStream) {
    #[cfg(target_os = "linux")]
    let _ = std::os::linux::net::TcpStreamExt::set_quickack(socket, true);
    #[cfg(not(target_os = "linux"))]
    let _ = socket;
}
