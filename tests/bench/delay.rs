//! A long line on loopback: a relay that holds back what it carries, as netem would,
//! and counts how often the client had to wait for the server.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// What one read takes at most.
const PIECE: usize = 64 * 1024;

/// A port in front of another one. TCP's own handshake is not held back: it costs every
/// client the same. The threads live until the process ends.
pub(crate) struct Relay {
    port: u16,
    answers: Arc<AtomicUsize>,
}

impl Relay {
    /// Half of `round_trip` in each direction, with no limit on throughput.
    pub(crate) fn start(server: u16, round_trip: Duration) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&answers);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
                carry(client, server, round_trip / 2, &counter);
            }
        });
        Relay { port, answers }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// How often since the last call a client spoke, after the server had, and was
    /// answered: all round trips but the first, TLS included, the farewell not.
    pub(crate) fn take_turns(&self) -> usize {
        self.answers.swap(0, Ordering::SeqCst).saturating_sub(1)
    }
}

fn carry(client: TcpStream, server: TcpStream, delay: Duration, answers: &Arc<AtomicUsize>) {
    for socket in [&client, &server] {
        socket.set_nodelay(true).unwrap();
    }
    // Seen from the server's end of the line: what it says after it heard something new
    // is an answer. From the client's end, its farewell would cross the server's.
    let asked = Arc::new(AtomicBool::new(false));
    let (to_server, to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let heard = Arc::clone(&asked);
    direction(client, to_server, delay, || (), move || heard.store(true, Ordering::SeqCst));
    let answers = Arc::clone(answers);
    let answer = move || {
        if asked.swap(false, Ordering::SeqCst) {
            answers.fetch_add(1, Ordering::SeqCst);
        }
    };
    direction(server, to_client, delay, answer, || ());
}

/// One thread takes, one gives: so the line holds as much as there is.
fn direction(
    from: TcpStream,
    to: TcpStream,
    delay: Duration,
    on_arrival: impl Fn() + Send + 'static,
    before_delivery: impl Fn() + Send + 'static,
) {
    let (sender, receiver) = channel();
    thread::spawn(move || take(from, &sender, delay, &on_arrival));
    thread::spawn(move || give(to, &receiver, &before_delivery));
}

fn take(mut from: TcpStream, line: &Sender<(Instant, Vec<u8>)>, delay: Duration, on_arrival: &dyn Fn()) {
    loop {
        let mut piece = vec![0; PIECE];
        match from.read(&mut piece) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // The line's end, seen by the giver when the sender is gone.
            Ok(0) | Err(_) => return,
            Ok(length) => {
                on_arrival();
                piece.truncate(length);
                piece.shrink_to_fit();
                if line.send((Instant::now() + delay, piece)).is_err() {
                    return;
                }
            }
        }
    }
}

fn give(mut to: TcpStream, line: &Receiver<(Instant, Vec<u8>)>, before_delivery: &dyn Fn()) {
    for (due, piece) in line {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        before_delivery();
        if to.write_all(&piece).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
