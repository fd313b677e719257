//! A local IMAP port for programs that know no more than a name and a password.
//!
//! A client is heard by `dialogue`, known by `password`, signed in at the server by the caller's `connect`, and from
//! then on its bytes are passed on by `pump`. Two threads a session, and a limit for everything before it.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::Builder;
use std::time::{Duration, Instant};

use native_tls::TlsAcceptor;
use serde_json::{Value, json};

use super::dialogue::{Dialogue, Gone, Refusal, refusal};
use super::link::Link;
use super::offered;
use super::password::Passwords;
use super::pump::{Ended, Pump, Side};
use crate::error::Error;
use crate::imap::Session;
use crate::net::{Channel, Stream, acknowledge};
use crate::secret::Secret;
use crate::text::{escape_bytes, may_be_secret, shown};
use crate::threads::{self, lock};

/// How long a client may take until it is signed in, our own sign-in not counted.
const TIME_TO_SIGN_IN: Duration = Duration::from_secs(30);

/// The most clients that are not signed in.
const MOST_WAITING: usize = 128;

/// The first wrong password waits a second, the next ones twice as long each, at most these seconds.
const LONGEST_DELAY: u32 = 10;

/// The most names and addresses of which something is remembered.
const MOST_REMEMBERED: usize = 10_000;

/// The stack of a thread: TLS needs some of it, and what is not used costs nothing.
const STACK: usize = 512 * 1024;

const SECOND: Duration = Duration::from_secs(1);
const FULL: &str = "[UNAVAILABLE] exoimap: too many connections";
const WRONG: &str = "NO [AUTHENTICATIONFAILED] exoimap: wrong user name or password";

/// What Exchange offers before and after, and what we add: until a session has said what it offers itself.
const UNTIL_KNOWN: &str =
    "IMAP4 IMAP4rev1 UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+ AUTH=PLAIN SASL-IR";

type Connect = dyn Fn(&str) -> Result<Session<Stream>, Error> + Send + Sync;
type Log = dyn Fn(Level, &str, &Value) + Send + Sync;

/// What a relay is made of.
pub(crate) struct Settings {
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
    /// Signs in to a mailbox, at once.
    pub connect: Box<Connect>,
    /// Takes what happens, as a line and as an object. Everything that others wrote is escaped.
    pub log: Box<Log>,
}

/// Who wants to know of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// One who wants to see what goes on.
    Session,
    /// The one who runs it.
    Warning,
    /// One who looks for a fault.
    Detail,
}

/// Serves clients on a local port.
pub(crate) struct Relay {
    settings: Settings,
    memory: Mutex<Memory>,
    next_session: AtomicU64,
    /// As many owners as there are clients that are not signed in, and one.
    waiting: Arc<()>,
    /// As many owners as there are sessions, and one.
    sessions: Arc<()>,
    /// How a wrong password is delayed.
    pause: Box<dyn Fn(Duration) + Send + Sync>,
    time_to_sign_in: Duration,
}

#[derive(Default)]
struct Memory {
    /// What the last session offered.
    offered: Option<String>,
    /// For how many seconds a wrong password was delayed last, by name and by address.
    wrong: HashMap<String, u32>,
    /// Failures by mailbox; by the empty name what is everybody's.
    failures: HashMap<String, (Instant, Refusal)>,
    /// When something was logged last that may happen often.
    said: HashMap<String, Instant>,
}

impl Relay {
    /// A relay with these settings.
    pub(crate) fn new(settings: Settings) -> Relay {
        Relay {
            settings,
            memory: Mutex::default(),
            next_session: AtomicU64::new(1),
            waiting: Arc::default(),
            sessions: Arc::default(),
            pause: Box::new(std::thread::sleep),
            time_to_sign_in: TIME_TO_SIGN_IN,
        }
    }

    /// Serves everybody who connects, and never returns.
    pub(crate) fn serve(self: &Arc<Self>, listener: &TcpListener) -> ! {
        loop {
            match listener.accept() {
                Ok((tcp, peer)) => self.admit(tcp, peer),
                Err(e) => {
                    // Too many open files, most often: somebody must end first.
                    self.trouble("accept", 60 * SECOND, &format!("accepting a client: {e}"));
                    std::thread::sleep(Duration::from_millis(100));
                }
            }
        }
    }

    fn admit(self: &Arc<Self>, tcp: TcpStream, peer: SocketAddr) {
        let Some(place) = place(&self.waiting, MOST_WAITING) else { return self.turn_away(tcp) };
        let relay = Arc::clone(self);
        let attend = move |tcp| {
            if let Err(Gone(Some(why))) = relay.attend(tcp, peer, place) {
                relay.trouble("client", SECOND, &format!("{peer} {why}"));
            }
        };
        if let Err(tcp) = threads::start(thread("relay".to_owned()), tcp, attend) {
            self.turn_away(tcp);
        }
    }

    fn turn_away(&self, mut tcp: TcpStream) {
        self.trouble("full", SECOND, "too many connections");
        if self.settings.tls.is_none() {
            // A new connection takes a line at once.
            let _ = tcp.write_all(format!("* BYE {FULL}\r\n").as_bytes());
        }
    }

    /// From the greeting to the end of the session.
    fn attend(&self, tcp: TcpStream, peer: SocketAddr, place: Arc<()>) -> Result<(), Gone> {
        let client = Channel::accept(tcp, self.settings.tls.as_ref(), self.time_to_sign_in);
        let mut client = Dialogue::new(client.map_err(|e| Gone::because(format!("TLS with the client: {e}")))?);
        let capabilities = lock(&self.memory).offered.clone().unwrap_or_else(|| UNTIL_KNOWN.to_owned());
        client.say(&format!("* OK [CAPABILITY {capabilities}] exoimap relay ready"))?;
        let log = &self.settings.log;
        let id = |said: &str| log(Level::Detail, &format!("{peer} ID {said}"), &json!({"event": "id", "said": said}));
        loop {
            let (name, password) = client.credentials(&capabilities, &id)?;
            let since = Instant::now();
            let answer = match self.known(&name, &password, peer) {
                None => WRONG.to_owned(),
                Some(mailbox) => match self.open(&mailbox, &name, peer) {
                    Ok((session, _place)) => {
                        drop(place);
                        return self.connect(client, &mailbox, session, peer, since);
                    }
                    Err(refusal) if refusal.is_temporary => return client.say(&format!("* BYE {}", refusal.text)),
                    Err(refusal) => format!("NO {}", refusal.text),
                },
            };
            client.stream.set_deadline(Some(Instant::now() + self.time_to_sign_in));
            client.refuse(&answer)?;
        }
    }

    /// The mailbox of a client that gives the right password and may open it; else none, after a delay.
    fn known(&self, name: &str, password: &Secret, peer: SocketAddr) -> Option<String> {
        if let Err(e) = self.settings.passwords.refresh() {
            self.trouble("passwords", SECOND, &format!("{e}; the passwords stay as they were"));
        }
        let keys = [name.to_ascii_lowercase(), peer.ip().to_string()];
        let mailbox = self.settings.passwords.mailbox(name, password);
        let why = match mailbox {
            None => "wrong name or password",
            Some(mailbox) if self.is_allowed(&mailbox) => {
                lock(&self.memory).wrong.retain(|key, _| !keys.contains(key));
                return Some(mailbox);
            }
            Some(_) => "the mailbox is not one that may be opened",
        };
        self.refused(name, peer, why);
        let mut delay = 0;
        for key in keys {
            let wrong = &mut lock(&self.memory).wrong;
            let next = wrong.get(&key).map_or(1, |last| LONGEST_DELAY.min(2 * last));
            delay = delay.max(next);
            remember(wrong, key, next);
        }
        (self.pause)(SECOND * delay);
        None
    }

    fn is_allowed(&self, mailbox: &str) -> bool {
        let domain = mailbox.rfind('@').and_then(|at| mailbox.get(at..)).unwrap_or_default();
        let allow = &self.settings.allow;
        let is = |allowed: &String| allowed.eq_ignore_ascii_case(mailbox) || allowed.eq_ignore_ascii_case(domain);
        allow.is_empty() || allow.iter().any(is)
    }

    /// A session at the server, and a place among the sessions.
    fn open(&self, mailbox: &str, name: &str, peer: SocketAddr) -> Result<(Session<Stream>, Arc<()>), Refusal> {
        for whose in [mailbox, ""] {
            match lock(&self.memory).failures.get(whose) {
                Some((until, refusal)) if *until > Instant::now() => return Err(refusal.clone()),
                _ => {}
            }
        }
        let Some(place) = place(&self.sessions, self.settings.most_sessions) else {
            self.refused(name, peer, "too many sessions");
            let text = FULL.to_owned();
            return Err(Refusal { text, is_temporary: true, is_everybodys: false, lasts: Duration::ZERO });
        };
        (self.settings.connect)(mailbox).map(|session| (session, place)).map_err(|error| {
            self.refused(name, peer, &error.to_string());
            let refusal = refusal(&error, mailbox, &self.settings.host);
            let whose = if refusal.is_everybodys { "" } else { mailbox };
            let until = Instant::now() + refusal.lasts;
            remember(&mut lock(&self.memory).failures, whose.to_owned(), (until, refusal.clone()));
            refusal
        })
    }

    /// Connects a client that is known to its session, until one of them ends.
    fn connect(
        &self,
        mut client: Dialogue<Channel>,
        mailbox: &str,
        session: Session<Stream>,
        peer: SocketAddr,
        since: Instant,
    ) -> Result<(), Gone> {
        let words = offered(session.capabilities());
        let mailbox = escape_bytes(mailbox.as_bytes());
        client.answer(&format!("OK [CAPABILITY {words}] exoimap: {mailbox}"))?;
        lock(&self.memory).offered = Some(format!("{words} AUTH=PLAIN SASL-IR"));
        let number = self.next_session.fetch_add(1, Ordering::Relaxed);
        let (start, ms) = (Instant::now(), u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX));
        let object =
            json!({"event": "signed_in", "session": number, "mailbox": mailbox, "peer": peer.to_string(), "ms": ms});
        (self.settings.log)(Level::Session, &format!("{number} {mailbox} {peer} signed in, {ms} ms"), &object);
        let ended = self.pass_on(client, session, number).map_err(|e| Gone::because(e.to_string()))?;
        let (seconds, reason) = (start.elapsed().as_secs(), ended.reason.to_string());
        let (minutes, rest, sent, received) = (seconds / 60, seconds % 60, ended.up, ended.down);
        let text = format!("{number} ended after {minutes}m{rest}s, {sent} bytes sent, {received} received: {reason}");
        let object = json!({"event": "ended", "session": number, "seconds": seconds, "sent": sent, "received": received, "reason": reason});
        (self.settings.log)(Level::Session, &text, &object);
        Ok(())
    }

    /// Passes bytes on, until the client or the server ends.
    fn pass_on(&self, client: Dialogue<Channel>, session: Session<Stream>, number: u64) -> io::Result<Ended> {
        let (stream, from_server) = session.into_parts();
        let idle = self.settings.idle;
        let pump = Pump::new(side(client.stream, idle)?, Arc::new(Link::new(stream, idle)?), idle);
        let (ended, up) = pump.run(thread(format!("relay-{number}-up")), &from_server, client.unread)?;
        let _ = up.join();
        Ok(ended)
    }

    fn refused(&self, name: &str, peer: SocketAddr, why: &str) {
        // It may be the password, of a client that is set up the wrong way round.
        let name = if may_be_secret(name) { shown(name) } else { escape_bytes(name.as_bytes()) };
        let why = escape_bytes(why.as_bytes());
        let object = json!({"event": "refused", "name": name, "peer": peer.to_string(), "why": why});
        self.warn(&name, SECOND, &format!("{name} {peer} refused: {why}"), &object);
    }

    fn trouble(&self, what: &str, every: Duration, text: &str) {
        self.warn(what, every, text, &json!({"event": "trouble", "text": text}));
    }

    /// Logs something that may happen often, at most once in a while.
    fn warn(&self, what: &str, every: Duration, text: &str, object: &Value) {
        let now = Instant::now();
        let mut memory = lock(&self.memory);
        if memory.said.get(what).is_none_or(|last| now.duration_since(*last) >= every) {
            remember(&mut memory.said, what.to_owned(), now);
            drop(memory);
            (self.settings.log)(Level::Warning, text, object);
        }
    }
}

/// A connection without TLS.
impl Side for TcpStream {
    fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&mut &*self).read(buffer)?;
        acknowledge(self);
        Ok(read)
    }

    fn send_all(&self, bytes: &[u8]) -> io::Result<()> {
        (&mut &*self).write_all(bytes)
    }

    fn close(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

/// A client for two threads.
fn side(client: Channel, idle: Duration) -> io::Result<Arc<dyn Side>> {
    match client {
        Channel::Tls(stream) => Ok(Arc::new(Link::new(*stream, idle)?)),
        Channel::Plain(timed) => {
            let tcp = timed.into_socket();
            // The other side's silence is what ends a session.
            tcp.set_read_timeout(None)?;
            tcp.set_write_timeout(Some(idle))?;
            Ok(Arc::new(tcp))
        }
    }
}

/// One of a limited number of places, given back when it is dropped.
fn place(taken: &Arc<()>, most: usize) -> Option<Arc<()>> {
    let place = Arc::clone(taken);
    (Arc::strong_count(&place) <= most + 1).then_some(place)
}

/// Inserts into a map that cannot grow for ever.
fn remember<V>(map: &mut HashMap<String, V>, key: String, value: V) {
    if map.len() >= MOST_REMEMBERED {
        map.clear();
    }
    map.insert(key, value);
}

fn thread(name: String) -> Builder {
    Builder::new().name(name).stack_size(STACK)
}

#[cfg(test)]
#[path = "relay_tests.rs"]
mod tests;
