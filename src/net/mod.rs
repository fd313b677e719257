//! The way to a server: resolve, connect, through a proxy if one is set, TLS. Nothing else knows time.
//!
//! Every wait ends: a look-up and a connection by the idle limit as a whole, a read or a write by the
//! lesser of the idle limit and the deadline. Certificates and host names are always verified, TLS is
//! 1.2 at least; there is no switch. The trust store is read once for all connections of a [`Network`],
//! the token request's among them, because OpenSSL parses the whole bundle each time.
//!
//! Nothing here retries, and nothing here knows IMAP, or HTTP beyond the one request of a proxy.

mod accepted;
mod ca_store;
mod pace;
mod proxy;
mod readiness;
mod timed;
mod tunnel;
mod wire;

use std::error::Error as StdError;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use native_tls::{HandshakeError, Protocol, TlsConnector, TlsStream};

pub(crate) use accepted::{Channel, acceptor, acknowledge};
pub(crate) use pace::Pace;
pub use proxy::Proxy;
pub use readiness::Readiness;
pub(crate) use timed::{Timed, lost};
pub(crate) use wire::Wire;

use timed::is_timeout;

use crate::error::{Cause, Error, Kind, Phase, Result};
use crate::threads;

/// Between TLS and the socket, so that one system call brings several TLS records of 4 to 16 KB.
const READ_AHEAD: usize = 32 * 1024;

/// The longest that an answer may take as a whole, however it drips: a proxy's, a TLS handshake, a token endpoint's.
pub(crate) const ANSWER: Duration = Duration::from_secs(60);

/// The least time an address is given before the next one is tried.
const LEAST_FOR_AN_ADDRESS: Duration = Duration::from_secs(1);

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

/// How connections are made: whom to trust, how long to wait, by which proxy. Cheap to clone; clones share the store.
#[derive(Clone)]
pub struct Network {
    trust: Trust,
    idle: Duration,
    deadline: Option<Instant>,
    proxy: Option<Arc<Proxy>>,
    connector: Arc<OnceLock<TlsConnector>>,
}

impl Network {
    /// Connections that trust `trust`, wait 60 seconds at most for the other side, and use no proxy.
    pub fn new(trust: Trust) -> Network {
        Network { trust, idle: Duration::from_secs(60), deadline: None, proxy: None, connector: Arc::default() }
    }

    /// The longest silence on a connection, which also bounds connecting (at least a millisecond).
    #[must_use]
    pub fn with_timeout(mut self, idle: Duration) -> Network {
        self.idle = idle.max(Duration::from_millis(1));
        self
    }

    /// The instant at which everything over this network must have ended.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Option<Instant>) -> Network {
        self.deadline = deadline;
        self
    }

    /// Connects through this proxy, but for the hosts that it leaves out.
    #[must_use]
    pub fn with_proxy(mut self, proxy: Option<Proxy>) -> Network {
        self.proxy = proxy.map(Arc::new);
        self
    }

    /// The instant at which everything must have ended.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The proxy that leads to a host, where one does.
    pub(crate) fn proxy_for(&self, host: &str, port: u16) -> Option<&Proxy> {
        self.proxy.as_deref().filter(|proxy| proxy.leads_to(host, port))
    }

    /// The longest silence on a connection.
    pub(crate) fn timeout(&self) -> Duration {
        self.idle
    }

    /// Looks up, connects, has a proxy connect where one is set, and does the TLS handshake.
    pub(crate) fn connect(&self, host: &str, port: u16) -> Result<Stream> {
        self.connect_in_steps(host, port, &mut |_, _| {})
    }

    /// [`connect`](Self::connect), telling `done` of each step and what there is to say about it.
    pub(crate) fn connect_in_steps(
        &self,
        host: &str,
        port: u16,
        done: &mut dyn FnMut(Phase, String),
    ) -> Result<Stream> {
        let proxy = self.proxy_for(host, port);
        let (next, next_port) = proxy.map_or((host, port), |proxy| (proxy.host(), proxy.port()));
        let shown = proxy.map_or_else(|| host.to_owned(), |proxy| format!("the proxy {next} ({})", proxy.named_by()));
        // What goes wrong before the proxy answers is about the proxy.
        let about = |e: Error| if proxy.is_some() { e.because(Cause::NoProxy) } else { e };
        let addresses = self.look_up(next, next_port, &shown).map_err(about)?;
        let ips: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
        done(Phase::Resolve, format!("{shown} is {}", ips.join(" ")));
        let (mut tcp, address) = self.dial_as(next, &addresses, &shown).map_err(about)?;
        match proxy {
            None => done(Phase::Connect, format!("{address}, direct")),
            Some(proxy) => {
                done(Phase::Connect, format!("{address}, the proxy"));
                tcp = self.tunnel(tcp, proxy, host, port)?;
                done(Phase::Proxy, format!("{proxy} leads to {}", proxy::place(host, port)));
            }
        }
        let stream = self.handshake(host, tcp).map_err(|e| e.with_peer(host, port))?;
        done(Phase::Tls, "certificate and host name verified".to_owned());
        Ok(stream)
    }

    /// The addresses of a host, within the idle limit.
    pub(crate) fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>> {
        self.look_up(host, port, host)
    }

    /// The system's resolver cannot be interrupted.
    fn look_up(&self, host: &str, port: u16, shown: &str) -> Result<Vec<SocketAddr>> {
        let wanted = (host.to_owned(), port);
        let now = Instant::now();
        let end = now.checked_add(self.time_left(now));
        let found = threads::until(end, move || Ok(wanted.to_socket_addrs()?.collect::<Vec<_>>()));
        let failed = |why: String| {
            Error::new(Kind::Temporary, Phase::Resolve, format!("looking up {shown}: {why}")).with_peer(host, port)
        };
        match found {
            Ok(addresses) if addresses.is_empty() => Err(failed("no address".to_owned())),
            Ok(addresses) => Ok(addresses),
            Err(_) if self.is_over() => Err(Error::time_limit(Phase::Resolve, "").with_peer(host, port)),
            Err(e) if is_timeout(&e) => {
                Err(failed(format!("no answer within {}", seconds(self.idle))).because(Cause::TimedOut))
            }
            Err(e) => Err(failed(e.to_string()).caused_by(e)),
        }
    }

    /// Connects to the first address that answers; each gets its share of the idle limit.
    pub(crate) fn dial(&self, host: &str, addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr)> {
        self.dial_as(host, addresses, host)
    }

    fn dial_as(&self, host: &str, addresses: &[SocketAddr], shown: &str) -> Result<(TcpStream, SocketAddr)> {
        let start = Instant::now();
        let end = start + self.time_left(start);
        let mut reasons = Vec::new();
        for (tried, address) in addresses.iter().enumerate() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                reasons.push("the time was over before the other addresses were tried".to_owned());
                break;
            }
            let share = left / u32::try_from(addresses.len() - tried).unwrap_or(1).max(1);
            match TcpStream::connect_timeout(address, share.max(LEAST_FOR_AN_ADDRESS).min(left)) {
                Ok(tcp) => return Ok((tcp, *address)),
                Err(e) if is_timeout(&e) => reasons.push(format!("{address} did not answer")),
                Err(e) => reasons.push(format!("{address}: {e}")),
            }
        }
        if self.is_over() {
            return Err(Error::time_limit(Phase::Connect, ""));
        }
        Err(Error::new(Kind::Temporary, Phase::Connect, format!("no connection to {shown}: {}", reasons.join("; ")))
            .with_peer(host, addresses.first().map_or(0, SocketAddr::port)))
    }

    /// Has a proxy connect us to a host; what is read from then on is the host's.
    fn tunnel(&self, tcp: TcpStream, proxy: &Proxy, host: &str, port: u16) -> Result<TcpStream> {
        // It stands in a line of the request.
        if host.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Error::of_setting("host", format!("the host {host:?} is not a host name")));
        }
        let mut line = self.timed(tcp);
        tunnel::open(&mut line, proxy, host, port)?;
        Ok(line.tcp)
    }

    /// A socket on which one step may take its time and no more.
    fn timed(&self, tcp: TcpStream) -> Timed {
        let now = Instant::now();
        Timed::new(tcp, self.idle, self.deadline).until(Some(now + self.time_left(now).min(ANSWER)))
    }

    /// The TLS handshake: chain and host name are verified, TLS 1.2 is the least.
    pub(crate) fn handshake(&self, host: &str, tcp: TcpStream) -> Result<Stream> {
        let connector = self.connector()?;
        let port = tcp.peer_addr().map_or(0, |address| address.port());
        let local = |e: io::Error| Error::new(Kind::Temporary, Phase::Tls, format!("{host}: {e}")).caused_by(e);
        tcp.set_nodelay(true).map_err(local)?;
        let mut stream = connector
            .connect(host, Wire::new(self.timed(tcp)))
            .map(|tls| Stream { tls })
            .map_err(
                |e| if self.is_over() { Error::time_limit(Phase::Tls, "") } else { tls_error(host, e, &self.trust) },
            )
            .map_err(|e| e.with_peer(host, port))?;
        stream.set_deadline(None);
        Ok(stream)
    }

    /// Connects without TLS and past any proxy, within `near`, for a service of the machine that we run on.
    pub(crate) fn connect_plain(&self, host: &str, port: u16, near: Duration) -> Result<Timed> {
        let hasty = self.clone().with_timeout(near.min(self.idle));
        let (tcp, _) = hasty.dial(host, &hasty.resolve(host, port)?)?;
        Ok(Timed::new(tcp, self.idle, self.deadline))
    }

    /// What is left of the time for one step.
    fn time_left(&self, now: Instant) -> Duration {
        match self.deadline {
            Some(deadline) => self.idle.min(deadline.saturating_duration_since(now)),
            None => self.idle,
        }
    }

    fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    fn connector(&self) -> Result<&TlsConnector> {
        if let Some(connector) = self.connector.get() {
            return Ok(connector);
        }
        let mut builder = TlsConnector::builder();
        builder.min_protocol_version(Some(Protocol::Tlsv12));
        if let Trust::File(file) = &self.trust {
            builder.disable_built_in_roots(true);
            for certificate in ca_store::read(file, self.deadline)? {
                builder.add_root_certificate(certificate);
            }
        }
        let connector = builder
            .build()
            .map_err(|e| Error::new(Kind::Local, Phase::Tls, format!("could not set up TLS: {e}")).caused_by(e))?;
        Ok(self.connector.get_or_init(|| connector))
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").field("trust", &self.trust).field("idle", &self.idle).finish_non_exhaustive()
    }
}

/// A verified TLS connection whose every wait has an end.
pub struct Stream {
    tls: TlsStream<Wire>,
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

/// A refused certificate waits for an administrator; a silent or broken line may recover.
fn tls_error(host: &str, e: HandshakeError<Wire>, trust: &Trust) -> Error {
    let cause = match e {
        HandshakeError::Failure(cause) => cause,
        // `Timed` never lets WouldBlock through; a platform's own would be a line that went silent.
        HandshakeError::WouldBlock(_) => {
            return Error::new(Kind::Temporary, Phase::Tls, format!("{host}: the handshake was interrupted"));
        }
    };
    let no_store = *trust == Trust::System && ca_store::is_missing();
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

/// The socket's own error in a chain of causes.
fn io_cause<'a>(e: &'a (dyn StdError + 'static)) -> Option<&'a io::Error> {
    let mut next = Some(e);
    while let Some(e) = next {
        if let Some(io) = e.downcast_ref::<io::Error>() {
            return Some(io);
        }
        next = e.source();
    }
    None
}

pub(crate) fn seconds(time: Duration) -> String {
    if time.subsec_millis() == 0 { format!("{} s", time.as_secs()) } else { format!("{:.1} s", time.as_secs_f64()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_server_that_never_answers_ends_in_a_timeout() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let network = Network::new(Trust::System).with_timeout(Duration::from_millis(80));
        let (tcp, _) = network.dial("localhost", &[address]).unwrap();
        let error = network.handshake("localhost", tcp).unwrap_err();
        assert_eq!((error.kind(), error.phase()), (Kind::Temporary, Phase::Tls), "{error}");
        assert!(error.to_string().contains("no answer in the handshake"), "{error}");
    }

    #[test]
    fn the_next_address_is_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap();
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let network = Network::new(Trust::System);
        assert_eq!(network.dial("localhost", &[closed, open]).unwrap().1, open);
        let error = network.dial("localhost", &[closed]).unwrap_err();
        assert!(error.to_string().contains(&closed.to_string()), "{error}");
    }

    #[test]
    fn a_ca_file_without_a_certificate_is_named() {
        let file = std::env::temp_dir().join(format!("exoimap-no-ca-{}", std::process::id()));
        std::fs::write(&file, "nothing").unwrap();
        let error = Network::new(Trust::File(file.clone())).connector().map(|_| ()).unwrap_err();
        std::fs::remove_file(file).unwrap();
        assert_eq!(error.kind(), Kind::Usage);
        assert!(error.to_string().contains("holds no PEM certificate"), "{error}");
    }
}
