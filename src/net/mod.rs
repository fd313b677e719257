//! The way to a server: resolve, connect, through a proxy if one is set, TLS. Nothing else knows time.
//!
//! Every wait ends: a look-up and a connection by the idle limit as a whole, a read or a write by the
//! lesser of the idle limit and the deadline. Certificates and host names are always verified, TLS is
//! 1.2 at least; there is no switch. The trust store is read once for all connections of a [`Network`],
//! the token request's among them, because OpenSSL parses the whole bundle each time.
//!
//! Nothing here retries, and nothing here knows IMAP, or HTTP beyond the one request of a proxy.

mod accepted;
mod proxy;
mod timed;
mod tls;
mod tunnel;

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use native_tls::TlsConnector;

pub(crate) use accepted::{Channel, acceptor, acknowledge};
pub use proxy::Proxy;
pub(crate) use timed::{Pace, Timed, lost};
pub(crate) use tls::Wire;
pub use tls::{Readiness, Stream, Trust};

use timed::is_timeout;
use tls::tls_error;

use crate::error::{Cause, Error, Kind, Phase, Result};
use crate::threads;

/// The longest that an answer may take as a whole, however it drips: a proxy's, a TLS handshake, a token endpoint's.
pub(crate) const ANSWER: Duration = Duration::from_secs(60);

/// The least time an address is given before the next one is tried.
const LEAST_FOR_AN_ADDRESS: Duration = Duration::from_secs(1);

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
        let (mut tcp, address) = self.dial(next, &addresses, &shown).map_err(about)?;
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

    /// The addresses of a host, within the idle limit: the system's resolver cannot be interrupted.
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
    fn dial(&self, host: &str, addresses: &[SocketAddr], shown: &str) -> Result<(TcpStream, SocketAddr)> {
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
    fn handshake(&self, host: &str, tcp: TcpStream) -> Result<Stream> {
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
        let (tcp, _) = hasty.dial(host, &hasty.look_up(host, port, host)?, host)?;
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
        let connector = self.trust.connector(self.deadline)?;
        Ok(self.connector.get_or_init(|| connector))
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").field("trust", &self.trust).field("idle", &self.idle).finish_non_exhaustive()
    }
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
        let (tcp, _) = network.dial("localhost", &[address], "localhost").unwrap();
        let error = network.handshake("localhost", tcp).unwrap_err();
        assert_eq!((error.kind(), error.phase()), (Kind::Temporary, Phase::Tls), "{error}");
        assert!(error.to_string().contains("no answer in the handshake"), "{error}");
    }

    #[test]
    fn the_next_address_is_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap();
        // Below the ports that the system hands out, so that nobody listens there meanwhile.
        let closed = ([127, 0, 0, 1], 1).into();
        let network = Network::new(Trust::System);
        assert_eq!(network.dial("localhost", &[closed, open], "localhost").unwrap().1, open);
        let error = network.dial("localhost", &[closed], "localhost").unwrap_err();
        assert!(error.to_string().contains(&closed.to_string()), "{error}");
    }

    #[test]
    fn a_ca_file_without_a_certificate_is_named() {
        let folder = crate::folder::Folder::new();
        let file = folder.file("ca.pem", "nothing");
        let error = Network::new(Trust::File(file.into())).connector().map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage);
        assert!(error.to_string().contains("holds no PEM certificate"), "{error}");
    }
}
