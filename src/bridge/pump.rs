//! A session that is signed in, passed on: bytes, both ways, until one side ends.
//!
//! Not one byte is changed or added. A literal may be open whenever something happens, and words of ours would
//! become the end of a message: whatever goes wrong, the connections are closed and nothing is said.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::text::{escape_bytes, shorten};
use crate::threads::lock;

/// Bytes that are passed on at a time. An idle session holds two such buffers.
const CHUNK: usize = 8 * 1024;

/// After the client's last byte: how long a silence of the server means that it has answered everything.
const SILENCE: Duration = Duration::from_secs(1);

/// The same after LOGOUT, which the server answers by closing.
const SILENCE_AFTER_LOGOUT: Duration = Duration::from_secs(30);

/// The most that is remembered of the server's last line, and of the client's.
const LAST_LINE: usize = 1024;

/// One side of a session: one thread reads from it, another one writes to it.
pub(super) trait Side: Send + Sync {
    /// The next bytes; none at the end. It fails with `WouldBlock` or `TimedOut` if none came in the idle limit.
    fn recv(&self, buffer: &mut [u8]) -> io::Result<usize>;
    /// Writes everything.
    fn send_all(&self, bytes: &[u8]) -> io::Result<()>;
    /// Ends the connection; the one who reads or writes returns.
    fn close(&self);
}

/// A client at two pipes, or at one socket that is both.
pub(super) struct Pipes {
    /// What the client sends.
    pub(super) input: File,
    /// What the client reads.
    pub(super) output: File,
}

impl Side for Pipes {
    fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        (&self.input).read(buffer)
    }

    fn send_all(&self, bytes: &[u8]) -> io::Result<()> {
        (&self.output).write_all(bytes)
    }

    /// Nothing wakes who reads from a pipe: the process must end.
    fn close(&self) {}
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Why.
    pub reason: Reason,
    /// Bytes that the client sent.
    pub up: u64,
    /// Bytes that the server sent.
    pub down: u64,
}

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The client sent LOGOUT and the server closed.
    LoggedOut,
    /// The client closed, or reads no more.
    ClientClosed,
    /// The server closed; the text of the BYE that was its last line, escaped, or what broke the connection.
    ServerClosed(Option<String>),
    /// No byte came for as long as is allowed.
    Idle,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Reason::LoggedOut => "the client logged out",
            Reason::ClientClosed => "the client closed the connection",
            Reason::ServerClosed(None) => "the server closed the connection",
            Reason::ServerClosed(Some(text)) => return write!(f, "the server ended the session: {text}"),
            Reason::Idle => "nothing was sent for as long as is allowed",
        })
    }
}

/// A client and a server that are connected.
pub(super) struct Pump {
    client: Arc<dyn Side>,
    server: Arc<dyn Side>,
    /// The longest time without a byte, either way.
    idle: Duration,
    flow: Mutex<Flow>,
    changed: Condvar,
}

/// What has passed.
#[derive(Default)]
struct Flow {
    up: u64,
    down: u64,
    /// When the client sent something last, or closed.
    last_up: Option<Instant>,
    /// Since when the server says nothing; none while the client is given what it said.
    quiet_since: Option<Instant>,
    client_ended: bool,
    server_ended: bool,
    client_tail: Vec<u8>,
    server_tail: Vec<u8>,
}

impl Pump {
    pub(super) fn new(client: Arc<dyn Side>, server: Arc<dyn Side>, idle: Duration) -> Arc<Pump> {
        Arc::new(Pump { client, server, idle, flow: Mutex::default(), changed: Condvar::new() })
    }

    /// Passes everything on, first what each side has sent already. Both connections are closed at the end;
    /// the thread that is returned ends as soon as the client's end is noticed.
    pub(super) fn run(
        self: &Arc<Self>,
        builder: std::thread::Builder,
        from_server: &[u8],
        from_client: Vec<u8>,
    ) -> io::Result<(Ended, JoinHandle<()>)> {
        let pump = Arc::clone(self);
        let thread = builder.spawn(move || pump.pass_up(&from_client))?;
        let reason = if self.deliver(from_server) { self.pass_down() } else { Reason::ClientClosed };
        let (up, down) = {
            let mut flow = lock(&self.flow);
            flow.server_ended = true;
            self.changed.notify_all();
            (flow.up, flow.down)
        };
        self.server.close();
        self.client.close();
        Ok((Ended { reason, up, down }, thread))
    }

    /// From the server to the client, until one of them ends.
    fn pass_down(&self) -> Reason {
        let mut buffer = vec![0; CHUNK];
        loop {
            match self.server.recv(&mut buffer) {
                Ok(0) => return self.server_ended(None),
                Ok(read) if self.deliver(buffer.get(..read).unwrap_or_default()) => {}
                Ok(_) => return Reason::ClientClosed,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    if lock(&self.flow).last_up.is_none_or(|last| last.elapsed() >= self.idle) {
                        return Reason::Idle;
                    }
                }
                Err(e) => return self.server_ended(Some(e.to_string())),
            }
        }
    }

    /// Gives the client what the server sent; false if it takes nothing any more.
    fn deliver(&self, bytes: &[u8]) -> bool {
        let mut flow = lock(&self.flow);
        flow.down += bytes.len() as u64;
        keep_last(&mut flow.server_tail, bytes);
        flow.quiet_since = None;
        drop(flow);
        let delivered = self.client.send_all(bytes).is_ok();
        let mut flow = lock(&self.flow);
        flow.quiet_since = Some(Instant::now());
        if flow.client_ended {
            self.changed.notify_all();
        }
        delivered
    }

    /// Why there is nothing more from the server.
    fn server_ended(&self, broken: Option<String>) -> Reason {
        let flow = lock(&self.flow);
        match has_logged_out(&flow.client_tail) {
            true => Reason::LoggedOut,
            false if flow.client_ended => Reason::ClientClosed,
            false => Reason::ServerClosed(bye(&flow.server_tail).or(broken)),
        }
    }

    /// From the client to the server, until one of them ends.
    fn pass_up(&self, from_client: &[u8]) {
        let mut buffer = vec![0; CHUNK];
        let mut sent = self.send(from_client);
        while sent {
            match self.client.recv(&mut buffer) {
                Ok(read) if read > 0 => sent = self.send(buffer.get(..read).unwrap_or_default()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                _ => return self.drain(),
            }
        }
        self.server.close();
    }

    /// Sends the server what the client sent; false if it takes nothing any more.
    fn send(&self, bytes: &[u8]) -> bool {
        if bytes.is_empty() {
            return true;
        }
        let mut flow = lock(&self.flow);
        flow.up += bytes.len() as u64;
        flow.last_up = Some(Instant::now());
        keep_last(&mut flow.client_tail, bytes);
        drop(flow);
        self.server.send_all(bytes).is_ok()
    }

    /// The client sends nothing more, and may be waiting for answers still.
    fn drain(&self) {
        let mut flow = lock(&self.flow);
        flow.client_ended = true;
        flow.last_up = Some(Instant::now());
        let silence = if has_logged_out(&flow.client_tail) { SILENCE_AFTER_LOGOUT } else { SILENCE };
        while !flow.server_ended {
            let quiet = flow.quiet_since.max(flow.last_up).filter(|_| flow.quiet_since.is_some());
            let quiet = quiet.map(|since| since.elapsed()).unwrap_or_default();
            let Some(left) = silence.checked_sub(quiet).filter(|left| !left.is_zero()) else { break };
            flow = self.changed.wait_timeout(flow, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(flow);
        self.server.close();
    }
}

/// Keeps the end of what has passed.
fn keep_last(tail: &mut Vec<u8>, bytes: &[u8]) {
    tail.extend_from_slice(bytes.get(bytes.len().saturating_sub(LAST_LINE)..).unwrap_or_default());
    tail.drain(..tail.len().saturating_sub(LAST_LINE));
}

fn last_line(tail: &[u8]) -> &[u8] {
    let line = tail.strip_suffix(b"\n").unwrap_or(tail);
    line.rsplit(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end()
}

/// True if the last that the client sent is LOGOUT. It may be the end of a message that it uploads; that decides
/// no more than how long we wait.
fn has_logged_out(tail: &[u8]) -> bool {
    let words = last_line(tail).rsplitn(2, |byte| *byte == b' ').collect::<Vec<_>>();
    tail.ends_with(b"\n") && words.len() == 2 && words.first().is_some_and(|word| word.eq_ignore_ascii_case(b"LOGOUT"))
}

/// The text of a BYE that is the server's last line.
fn bye(tail: &[u8]) -> Option<String> {
    let text = last_line(tail).strip_prefix(b"* BYE")?;
    Some(shorten(&escape_bytes(text.trim_ascii_start()), 300))
}
