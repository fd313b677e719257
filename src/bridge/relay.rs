//! A local IMAP port for programs that know no more than a name and a password.
//!
//! A client is heard by `dialogue`, known by `password`, signed in at the server by the caller's `connect`, and from
//! then on its bytes are passed on by `pump`. Two threads a session, and a limit for everything before it.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use native_tls::{Identity, Protocol, TlsAcceptor};

use super::client::Client;
use super::dialogue::{Dialogue, Wish};
use super::link::Link;
use super::offered::{UNTIL_KNOWN, offered};
use super::password::Passwords;
use super::pump::{Ended, Pump};
use super::refusal::{Refusal, refusal};
use crate::error::{Error, Kind, Phase, Result};
use crate::imap::session::Session;
use crate::net::Stream;
use crate::secret::Secret;
use crate::text::{Escaped, escape_octets};

/// How long a client may take until it is signed in, our own sign-in not counted.
const TIME_TO_SIGN_IN: Duration = Duration::from_secs(30);

/// The most clients that are not signed in.
const MOST_WAITING: usize = 128;

/// A wrong password waits as many seconds as it has been wrong, at most these.
const LONGEST_DELAY: u32 = 10;

/// The most names and addresses of which something is remembered.
const MOST_REMEMBERED: usize = 10_000;

/// The stack of a thread: TLS needs some of it, and what is not used costs nothing.
const STACK: usize = 512 * 1024;

const WRONG: &str = "NO [AUTHENTICATIONFAILED] exoimap: wrong user name or password";

/// Signs in to a mailbox, at once.
pub type Connect = dyn Fn(&str) -> Result<Session<Stream>> + Send + Sync;

/// What a relay is made of.
pub struct Settings {
    /// The local passwords.
    pub passwords: Passwords,
    /// The mailboxes, or `@domain`, that may be opened; empty for all that the passwords name.
    pub allow: Vec<String>,
    /// The most sessions at a time.
    pub most_sessions: usize,
    /// A session ends after this long without a byte, either way.
    pub idle: Duration,
    /// The server's name, for refusals.
    pub host: String,
    /// The certificate and the key of the listeners; without it they take no TLS.
    pub tls: Option<TlsAcceptor>,
    /// Signs in to a mailbox.
    pub connect: Box<Connect>,
    /// Is told of what happens.
    pub log: Box<dyn Fn(&Event) + Send + Sync>,
}

/// What happens at a relay, for its log. Everything that others wrote is escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A session was signed in.
    SignedIn {
        /// Its number.
        session: u64,
        /// The mailbox.
        mailbox: String,
        /// Where the client is.
        peer: SocketAddr,
        /// How long it took.
        took: Duration,
    },
    /// A session ended.
    Ended {
        /// Its number.
        session: u64,
        /// How long it lasted.
        after: Duration,
        /// How.
        ended: Ended,
    },
    /// A client was not signed in.
    Refused {
        /// The name that it gave.
        name: String,
        /// Where it is.
        peer: SocketAddr,
        /// Why.
        why: String,
    },
    /// Something else that somebody should know.
    Trouble(String),
    /// Something that only somebody who looks for it wants to know.
    Detail(String),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::SignedIn { session, mailbox, peer, took } => {
                write!(f, "{session} {mailbox} {peer} signed in, {} ms", took.as_millis())
            }
            Event::Ended { session, after, ended: Ended { reason, up, down } } => {
                let seconds = after.as_secs();
                let (minutes, seconds) = (seconds / 60, seconds % 60);
                write!(f, "{session} ended after {minutes}m{seconds}s, {up} bytes sent, {down} received: {reason}")
            }
            Event::Refused { name, peer, why } => write!(f, "{name} {peer} refused: {why}"),
            Event::Trouble(what) | Event::Detail(what) => f.write_str(what),
        }
    }
}

/// The certificate and the key of a listener, both PEM, the key in PKCS #8.
pub fn acceptor(certificate: &[u8], key: &Secret) -> Result<TlsAcceptor> {
    let failed = |e: native_tls::Error| {
        Error::new(
            Kind::Usage,
            Phase::Options,
            format!("the certificate and key of the listener (PEM, the key PKCS #8): {e}"),
        )
    };
    let identity = Identity::from_pkcs8(certificate, key.expose()).map_err(failed)?;
    TlsAcceptor::builder(identity).min_protocol_version(Some(Protocol::Tlsv12)).build().map_err(failed)
}

/// Serves clients on a local port.
pub struct Relay {
    settings: Settings,
    /// What the last session offered.
    offered: Mutex<String>,
    waiting: AtomicUsize,
    sessions: AtomicUsize,
    next_session: AtomicU64,
    wrong_names: Mutex<HashMap<String, u32>>,
    wrong_peers: Mutex<HashMap<IpAddr, u32>>,
    /// Failures by mailbox; by the empty name what is everybody's.
    failures: Mutex<HashMap<String, (Instant, Refusal)>>,
    last_said: Mutex<HashMap<String, Instant>>,
}

impl Relay {
    /// A relay with these settings.
    pub fn new(settings: Settings) -> Arc<Relay> {
        Arc::new(Relay {
            settings,
            offered: Mutex::new(UNTIL_KNOWN.to_owned()),
            waiting: AtomicUsize::new(0),
            sessions: AtomicUsize::new(0),
            next_session: AtomicU64::new(1),
            wrong_names: Mutex::default(),
            wrong_peers: Mutex::default(),
            failures: Mutex::default(),
            last_said: Mutex::default(),
        })
    }

    /// Serves everybody who connects, and never returns.
    pub fn serve(self: &Arc<Self>, listener: &TcpListener) -> ! {
        loop {
            match listener.accept() {
                Ok((tcp, peer)) => self.admit(tcp, peer),
                Err(e) => {
                    // Too many open files, most often: somebody must end first.
                    self.say_at_most(
                        "accept",
                        Duration::from_secs(60),
                        &Event::Trouble(format!("accepting a client: {e}")),
                    );
                    std::thread::sleep(Duration::from_millis(100));
                }
            }
        }
    }

    fn admit(self: &Arc<Self>, tcp: TcpStream, peer: SocketAddr) {
        let Some(place) = Place::take(self, |relay| &relay.waiting, MOST_WAITING) else {
            return self.turn_away(&tcp);
        };
        let relay = Arc::clone(self);
        // If no thread can be started, the client is still here to be told.
        let client = Arc::new(Mutex::new(Some(tcp)));
        let theirs = Arc::clone(&client);
        let serve = move || {
            let Some(tcp) = lock(&theirs).take() else { return };
            if let Err(why) = relay.attend(tcp, peer, place) {
                relay.say_at_most("client", Duration::from_secs(1), &Event::Trouble(format!("{peer} {why}")));
            }
        };
        let number = self.next_session.load(Ordering::Relaxed);
        if thread(format!("relay-{number}")).spawn(serve).is_err()
            && let Some(tcp) = lock(&client).take()
        {
            self.turn_away(&tcp);
        }
    }

    fn turn_away(&self, mut tcp: &TcpStream) {
        self.say_at_most("full", Duration::from_secs(1), &Event::Trouble("too many connections".to_owned()));
        if self.settings.tls.is_none() {
            // A new connection takes a line at once.
            let _ = tcp.write_all(b"* BYE [UNAVAILABLE] exoimap: too many connections\r\n");
        }
    }

    /// From the greeting to the end of the session; an error is what is worth a line in the log.
    fn attend(self: &Arc<Self>, tcp: TcpStream, peer: SocketAddr, place: Place) -> std::result::Result<(), String> {
        let client = Client::accept(tcp, self.settings.tls.as_ref(), TIME_TO_SIGN_IN);
        let mut client = Dialogue::new(client.map_err(|e| format!("TLS with the client: {e}"))?);
        let capabilities = lock(&self.offered).clone();
        let greeted = client.say(&format!("* OK [CAPABILITY {capabilities}] exoimap relay ready"));
        greeted.map_err(|e| e.to_string())?;
        let id = |said: &str| (self.settings.log)(&Event::Detail(format!("{peer} ID {said}")));
        loop {
            let (tag, name, password) = match client.next(&capabilities, &id) {
                Wish::Nothing(why) => return why.map_or(Ok(()), |why| Err(why.to_owned())),
                Wish::SignIn { tag, name, password } => (tag, name, password),
            };
            let since = Instant::now();
            let Some(mailbox) = self.known(&name, &password, peer) else {
                if !client.refuse_and_count(&tag, WRONG) {
                    return Ok(());
                }
                continue;
            };
            match self.open(&mailbox, &name, peer) {
                Ok((session, _taken)) => {
                    drop(place);
                    return self.connect(client, &tag, &mailbox, session, peer, since).map_err(|e| e.to_string());
                }
                Err(refusal) if refusal.is_temporary => {
                    let _ = client.say(&format!("* BYE {}", refusal.text));
                    return Ok(());
                }
                Err(refusal) => {
                    if !client.refuse_and_count(&tag, &format!("NO {}", refusal.text)) {
                        return Ok(());
                    }
                }
            }
            client.stream_mut().set_deadline(Instant::now() + TIME_TO_SIGN_IN);
        }
    }

    /// The mailbox of a client that gives the right password and may open it; else none, after a delay.
    fn known(&self, name: &str, password: &Secret, peer: SocketAddr) -> Option<String> {
        if let Err(e) = self.settings.passwords.refresh() {
            (self.settings.log)(&Event::Trouble(format!("{e}; the passwords stay as they were")));
        }
        let mailbox = self.settings.passwords.mailbox(name, password);
        let why = match &mailbox {
            None => "wrong name or password",
            Some(mailbox) if !self.is_allowed(mailbox) => "the mailbox is not one that may be opened",
            Some(_) => {
                lock(&self.wrong_names).remove(&name.to_ascii_lowercase());
                lock(&self.wrong_peers).remove(&peer.ip());
                return mailbox;
            }
        };
        self.refused(name, peer, why);
        let times = count(&mut lock(&self.wrong_names), name.to_ascii_lowercase());
        let times = times.max(count(&mut lock(&self.wrong_peers), peer.ip()));
        std::thread::sleep(Duration::from_secs(times.min(LONGEST_DELAY).into()));
        None
    }

    fn is_allowed(&self, mailbox: &str) -> bool {
        let domain = mailbox.rfind('@').and_then(|at| mailbox.get(at..));
        let is = |allowed: &String| {
            allowed.eq_ignore_ascii_case(mailbox) || domain.is_some_and(|domain| allowed.eq_ignore_ascii_case(domain))
        };
        self.settings.allow.is_empty() || self.settings.allow.iter().any(is)
    }

    /// A session at the server, and a place among the sessions.
    fn open(
        self: &Arc<Self>,
        mailbox: &str,
        name: &str,
        peer: SocketAddr,
    ) -> std::result::Result<(Session<Stream>, Place), Refusal> {
        let now = Instant::now();
        let remembered = [mailbox, ""]
            .into_iter()
            .find_map(|whose| lock(&self.failures).get(whose).filter(|(until, _)| *until > now).cloned());
        if let Some((_, refusal)) = remembered {
            return Err(refusal);
        }
        let Some(place) = Place::take(self, |relay| &relay.sessions, self.settings.most_sessions) else {
            self.refused(name, peer, "too many sessions");
            let text = "[UNAVAILABLE] exoimap: too many connections".to_owned();
            return Err(Refusal { text, is_temporary: true, is_everybodys: false, lasts: Duration::ZERO });
        };
        match (self.settings.connect)(mailbox) {
            Ok(session) => Ok((session, place)),
            Err(error) => {
                self.refused(name, peer, &error.to_string());
                let refusal = refusal(&error, mailbox, &self.settings.host);
                let whose = if refusal.is_everybodys { "" } else { mailbox };
                remember(
                    &mut lock(&self.failures),
                    whose.to_owned(),
                    (Instant::now() + refusal.lasts, refusal.clone()),
                );
                Err(refusal)
            }
        }
    }

    /// Connects a client that is known to its session, until one of them ends.
    fn connect(
        &self,
        mut client: Dialogue<Client>,
        tag: &str,
        mailbox: &str,
        session: Session<Stream>,
        peer: SocketAddr,
        since: Instant,
    ) -> io::Result<()> {
        let words = offered(session.capabilities());
        let mailbox = escape_octets(mailbox.as_bytes());
        client.say(&format!("{tag} OK [CAPABILITY {words}] exoimap: {mailbox}"))?;
        *lock(&self.offered) = format!("{words} AUTH=PLAIN SASL-IR");
        let number = self.next_session.fetch_add(1, Ordering::Relaxed);
        let start = Instant::now();
        (self.settings.log)(&Event::SignedIn { session: number, mailbox, peer, took: start - since });
        let (stream, from_server) = session.into_parts();
        let (client, from_client) = client.into_parts();
        let idle = self.settings.idle;
        let pump = Pump::new(client.into_side(idle)?, Arc::new(Link::new(stream, idle)?), idle);
        let (ended, up) = pump.run(thread(format!("relay-{number}-up")), &from_server, from_client)?;
        let _ = up.join();
        (self.settings.log)(&Event::Ended { session: number, after: start.elapsed(), ended });
        Ok(())
    }

    fn refused(&self, name: &str, peer: SocketAddr, why: &str) {
        let name = Escaped(name).to_string();
        let event = Event::Refused { name: name.clone(), peer, why: Escaped(why).to_string() };
        self.say_at_most(&name, Duration::from_secs(1), &event);
    }

    /// Logs something that may happen often.
    fn say_at_most(&self, what: &str, every: Duration, event: &Event) {
        let now = Instant::now();
        let mut said = lock(&self.last_said);
        if said.get(what).is_some_and(|last| now.duration_since(*last) < every) {
            return;
        }
        remember(&mut said, what.to_owned(), now);
        drop(said);
        (self.settings.log)(event);
    }
}

/// One of a limited number of places, given back when it is dropped.
struct Place(Arc<Relay>, fn(&Relay) -> &AtomicUsize);

impl Place {
    fn take(relay: &Arc<Relay>, of: fn(&Relay) -> &AtomicUsize, most: usize) -> Option<Place> {
        let place = Place(Arc::clone(relay), of);
        (of(relay).fetch_add(1, Ordering::Relaxed) < most).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.1(&self.0).fetch_sub(1, Ordering::Relaxed);
    }
}

/// How often it has happened, this time included.
fn count<K: Hash + Eq>(times: &mut HashMap<K, u32>, of: K) -> u32 {
    let next = times.get(&of).copied().unwrap_or(0).saturating_add(1);
    remember(times, of, next);
    next
}

/// Inserts into a map that cannot grow for ever.
fn remember<K: Hash + Eq, V>(map: &mut HashMap<K, V>, key: K, value: V) {
    if map.len() >= MOST_REMEMBERED {
        map.clear();
    }
    map.insert(key, value);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn thread(name: String) -> Builder {
    Builder::new().name(name).stack_size(STACK)
}
