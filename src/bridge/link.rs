//! One TLS stream, read by one thread and written by another at the same time.
//!
//! A native-tls stream cannot be split, and a lock that is held while a socket is waited for deadlocks as
//! soon as both sides send more than the sockets hold. So TLS works over memory (`net::Wire`): the
//! reader waits on the socket without the lock, hands in what came and decrypts under the lock; the writer
//! encrypts under the lock and sends without it. The lock is held for computing only.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use native_tls::TlsStream;

use super::pump::Side;
use crate::net::{Stream, Wire};
use crate::threads::lock;

/// The most that is read from the socket at a time: a TLS record.
const CHUNK: usize = 16 * 1024;

/// The most that TLS itself may have to say to one who does not read it, in bytes: a change of keys takes 27.
const MOST_OWED: usize = 64 * 1024;

/// A TLS connection for two threads.
pub(super) struct Link(Arc<Shared>);

struct Shared {
    socket: TcpStream,
    state: Mutex<State>,
    /// The sender has finished, or something was received that lets it go on.
    changed: Condvar,
}

struct State {
    tls: TlsStream<Wire>,
    /// Somebody takes the outbox and sends it; everybody else leaves it to them, so that records keep their order.
    is_sending: bool,
    /// How often something was received.
    received: u64,
}

impl Link {
    /// Takes over a stream whose handshake is done.
    pub(super) fn new(stream: Stream, idle: Duration) -> io::Result<Link> {
        let (socket, tls) = stream.detach()?;
        socket.set_read_timeout(Some(idle))?;
        socket.set_write_timeout(Some(idle))?;
        let state = Mutex::new(State { tls, is_sending: false, received: 0 });
        Ok(Link(Arc::new(Shared { socket, state, changed: Condvar::new() })))
    }
}

impl Side for Link {
    fn recv(&self, plain: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(read) = self.0.decrypt(plain)? {
                return Ok(read);
            }
            let mut cipher = [0; CHUNK];
            let received = (&self.0.socket).read(&mut cipher)?;
            self.0.receive(&mut lock(&self.0.state), cipher.get(..received).unwrap_or_default());
        }
    }

    fn send_all(&self, plain: &[u8]) -> io::Result<()> {
        let state = lock(&self.0.state);
        let state = self.0.changed.wait_while(state, |state| state.is_sending);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        state.is_sending = true;
        self.0.send(state, plain)
    }

    fn close(&self) {
        let mut state = lock(&self.0.state);
        self.0.receive(&mut state, &[]);
        // A sender that waits for the other side is not waited for.
        if !state.is_sending && state.tls.shutdown().is_ok() {
            state.is_sending = true;
            let _ = self.0.send(state, &[]);
        }
        let _ = self.0.socket.shutdown(Shutdown::Both);
    }
}

impl Shared {
    /// Hands in what the socket received; nothing is its end.
    fn receive(&self, state: &mut State, cipher: &[u8]) {
        state.tls.get_mut().receive(cipher);
        state.received += 1;
        // Nobody else waits for what is received.
        if state.is_sending {
            self.changed.notify_all();
        }
    }

    /// Decrypts what there is, of one record after the other; none if more must be received first.
    fn decrypt(self: &Arc<Self>, plain: &mut [u8]) -> io::Result<Option<usize>> {
        let (mut state, mut filled) = (lock(&self.state), 0);
        let last = loop {
            match state.tls.read(plain.get_mut(filled..).unwrap_or_default()) {
                Ok(read) if read > 0 => filled += read,
                last => break last,
            }
        };
        let owed = state.tls.get_ref().outbox();
        let read = match last {
            _ if owed > MOST_OWED => return Err(io::Error::other("the other side changes its keys and reads nothing")),
            // An error is seen again at the next call.
            _ if filled > 0 => Some(filled),
            Ok(_) => Some(0),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => None,
            // A connection that ends without close_notify: what was whole has been delivered.
            Err(_) if state.tls.get_ref().has_ended() => Some(0),
            Err(e) => return Err(e),
        };
        // TLS itself answers at times (KeyUpdate). The reader must never wait for the socket to take it: the
        // other side may read nothing until we do. That it happens is rare enough for a thread each time.
        if owed > 0 && !state.is_sending {
            state.is_sending = true;
            drop(state);
            let shared = Arc::clone(self);
            let answer = std::thread::Builder::new().name("tls-answer".to_owned());
            if answer.spawn(move || shared.send(lock(&shared.state), &[])).is_err() {
                lock(&self.state).is_sending = false;
            }
        }
        Ok(read)
    }

    /// Encrypts and sends, as the one who sends, which it is no longer afterwards.
    fn send<'a>(&'a self, mut state: MutexGuard<'a, State>, mut plain: &[u8]) -> io::Result<()> {
        let sent = loop {
            let seen = state.received;
            let mut waits = false;
            if !plain.is_empty() {
                match state.tls.write(plain) {
                    Ok(written) => plain = plain.get(written..).unwrap_or_default(),
                    // On some platforms TLS wants to read before it writes.
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock && !state.tls.get_ref().has_ended() => waits = true,
                    Err(e) => break Err(e),
                }
            }
            let outbox = state.tls.get_mut().take_outbox();
            if !outbox.is_empty() {
                drop(state);
                let sent = (&self.socket).write_all(&outbox);
                state = lock(&self.state);
                if sent.is_err() {
                    break sent;
                }
            } else if waits {
                let waits = |state: &mut State| state.received == seen;
                state = self.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner);
            } else if plain.is_empty() {
                break Ok(());
            }
        };
        state.is_sending = false;
        self.changed.notify_all();
        sent
    }
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
