//! ureq over our own connections: the token POST has the trust, the time limits and the way out of the
//! IMAP connection, and the trust store is read once for both.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport};

use crate::net::{ANSWER, Network, Stream, Timed};

/// The most that a token endpoint is let send, in bytes; a token has 2,000.
pub(super) const MOST_BODY: u64 = 1 << 20;

/// How long it may take to connect to a service of this machine or its host. Off Azure nobody answers
/// for that address.
pub(super) const NEAR: Duration = Duration::from_secs(3);

/// An HTTP client for a token endpoint: https only, no redirect followed, every status an answer.
pub(super) fn agent(network: &Network) -> ureq::Agent {
    client(network, true)
}

/// The same for a metadata service beside us, which speaks plain HTTP: past any proxy.
pub(super) fn plain_agent(network: &Network) -> ureq::Agent {
    client(network, false)
}

fn client(network: &Network, tls: bool) -> ureq::Agent {
    let config = Config::builder()
        .https_only(tls)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(network.timeout().min(ANSWER)))
        .user_agent(concat!("exoimap/", env!("CARGO_PKG_VERSION")))
        .build();
    ureq::Agent::with_parts(config, Dial { network: network.clone(), tls }, LeaveToDial)
}

/// [`Network::connect`] does the look-up too.
#[derive(Debug)]
struct LeaveToDial;

impl Resolver for LeaveToDial {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut one = self.empty();
        one.push(([0, 0, 0, 0], 0).into());
        Ok(one)
    }
}

#[derive(Debug)]
struct Dial {
    network: Network,
    tls: bool,
}

impl Connector for Dial {
    type Out = OverStream;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<OverStream>, ureq::Error> {
        let uri = details.uri;
        let host = uri.host().ok_or_else(|| ureq::Error::BadUri(uri.to_string()))?;
        // A literal IPv6 address stands in brackets in a URI and nowhere else.
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let wire = match self.tls {
            true => self.network.connect(host, uri.port_u16().unwrap_or(443)).map(Wire::Tls),
            false => self.network.connect_plain(host, uri.port_u16().unwrap_or(80), NEAR).map(Wire::Plain),
        };
        let wire = wire.map_err(|e| ureq::Error::Other(Box::new(e)))?;
        let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(OverStream { wire, buffers }))
    }
}

enum Wire {
    Tls(Stream),
    Plain(Timed),
}

impl Wire {
    fn set_deadline(&mut self, deadline: Option<Instant>) {
        match self {
            Wire::Tls(stream) => stream.set_deadline(deadline),
            Wire::Plain(plain) => plain.deadline = deadline,
        }
    }

    fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let wire: &mut dyn Write = match self {
            Wire::Tls(stream) => stream,
            Wire::Plain(plain) => plain,
        };
        wire.write_all(bytes)?;
        wire.flush()
    }

    fn receive(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Wire::Tls(stream) => stream.read(bytes),
            Wire::Plain(plain) => plain.read(bytes),
        }
    }
}

struct OverStream {
    wire: Wire,
    buffers: LazyBuffers,
}

impl OverStream {
    /// What ureq leaves of the request's time bounds the next wait.
    fn limit(&mut self, timeout: NextTimeout) {
        let left: Duration = *timeout.after;
        self.wire.set_deadline(Instant::now().checked_add(left));
    }
}

impl Transport for OverStream {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.limit(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        Ok(self.wire.send(output)?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.limit(timeout);
        let read = self.wire.receive(self.buffers.input_append_buf())?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    /// One request a connection.
    fn is_open(&mut self) -> bool {
        false
    }

    fn is_tls(&self) -> bool {
        matches!(self.wire, Wire::Tls(_))
    }
}

impl std::fmt::Debug for OverStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OverStream")
    }
}
