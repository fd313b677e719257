//! TLS: whom to trust, what a handshake that fails means, and a verified connection. What TLS reads and writes is a socket,
//! or memory once two threads share the stream.
//!
//! An empty container has no CA store, and OpenSSL words that as if the server's certificate were wrong.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use native_tls::{Certificate, HandshakeError, Protocol, TlsConnector, TlsStream};

use super::timed::{Timed, is_timeout};
use crate::error::{Cause, Error, Kind, Phase, Result, io_cause};
use crate::files;

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

    /// How many bytes there are to send.
    pub(crate) fn outbox(&self) -> usize {
        self.outbox.len()
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

/// Whose signature a server's certificate must bear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// The system's trust store (with OpenSSL `SSL_CERT_FILE` and `SSL_CERT_DIR` name another one).
    #[default]
    System,
    /// The PEM certificates of this file, instead of the system's.
    File(PathBuf),
}

impl Trust {
    /// TLS 1.2 at least. It is built once, because OpenSSL parses the whole store each time.
    pub(super) fn connector(&self, deadline: Option<Instant>) -> Result<TlsConnector> {
        let mut builder = TlsConnector::builder();
        builder.min_protocol_version(Some(Protocol::Tlsv12));
        if let Trust::File(file) = self {
            builder.disable_built_in_roots(true);
            for certificate in read(file, deadline)? {
                builder.add_root_certificate(certificate);
            }
        }
        let failed = |e| Error::new(Kind::Local, Phase::Tls, format!("could not set up TLS: {e}")).caused_by(e);
        builder.build().map_err(failed)
    }
}

/// A refused certificate waits for an administrator; a silent or broken line may recover.
pub(super) fn tls_error(host: &str, e: HandshakeError<Wire>, trust: &Trust) -> Error {
    let cause = match e {
        HandshakeError::Failure(cause) => cause,
        // `Timed` never lets WouldBlock through; a platform's own would be a line that went silent.
        HandshakeError::WouldBlock(_) => {
            return Error::new(Kind::Temporary, Phase::Tls, format!("{host}: the handshake was interrupted"));
        }
    };
    let no_store = *trust == Trust::System && store_is_missing();
    let (kind, why) = match io_cause(&cause) {
        Some(e) if is_timeout(e) => (Kind::Temporary, "no answer in the handshake".to_owned()),
        Some(e) => (Kind::Temporary, format!("the connection broke in the handshake: {e}")),
        None => match cause.to_string() {
            // OpenSSL's words for a peer that closed; 1.1 reports it without an io::Error.
            text if text.contains("unexpected EOF") => {
                (Kind::Temporary, "the other side closed the connection in the handshake".to_owned())
            }
            text if no_store => (Kind::Refused, format!("{text} (this host has no CA store)")),
            text => (Kind::Refused, text),
        },
    };
    let error = Error::new(kind, Phase::Tls, format!("{host}: {why}")).caused_by(cause);
    if no_store && kind == Kind::Refused { error.because(Cause::NoCaStore) } else { error }
}

/// Where OpenSSL looks on Linux: openssl-probe's list, and OpenSSL's own.
const PLACES: [&str; 10] = [
    "/etc/ssl/certs",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem",
    "/etc/pki/tls/certs",
    "/etc/pki/tls/cacert.pem",
    "/etc/security/certificates",
    "/opt/etc/ssl/certs",
    "/usr/local/ssl/certs",
    "/usr/local/ssl/cert.pem",
];

/// Bytes of a CA file at most; a whole system's bundle has a quarter of a million.
const MOST_ROOTS: u64 = 16 << 20;

/// The certificates of a CA file, refused where there is none in it.
fn read(file: &Path, deadline: Option<Instant>) -> Result<Vec<Certificate>> {
    let refused = |e| Error::file(Kind::Usage, Phase::Tls, format!("reading the CA file {}", file.display()), e);
    let pem = files::read(file, MOST_ROOTS, deadline).map_err(refused)?;
    let certificates = Certificate::stack_from_pem(pem.expose()).map_err(io::Error::other).map_err(refused)?;
    if certificates.is_empty() {
        return Err(refused(io::Error::other("it holds no PEM certificate (-----BEGIN CERTIFICATE-----)")));
    }
    Ok(certificates)
}

/// True on a Linux without any of them. Other systems have stores of their own.
fn store_is_missing() -> bool {
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().filter_map(std::env::var_os);
    let is_named = named.into_iter().any(|path| Path::new(&path).exists());
    cfg!(target_os = "linux") && !is_named && !PLACES.iter().any(|place| holds_something(Path::new(place)))
}

/// A file, or a directory that is not empty.
fn holds_something(path: &Path) -> bool {
    match std::fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => path.is_file(),
    }
}
