//! Listeners on loopback, with TLS and without, with a thread for each connection.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use native_tls::{Identity, TlsAcceptor, TlsStream};

/// A port that nobody listens on: below those that the system hands out, so that no other test is given it meanwhile.
pub const CLOSED: u16 = 1;

/// Serves every connection that completes its handshake; returns the port. The threads live
/// until the process ends: a test server has no state that needs an orderly end.
pub fn serve<F>(identity: Identity, handle: F) -> u16
where
    F: Fn(TlsStream<TcpStream>) + Send + Sync + 'static,
{
    let acceptor = TlsAcceptor::new(identity).unwrap();
    serve_plain(move |socket| {
        // A client that refuses the certificate is part of what is tested.
        if let Ok(stream) = acceptor.accept(socket) {
            handle(stream);
        }
    })
}

/// The same without TLS.
pub fn serve_plain<F>(handle: F) -> u16
where
    F: Fn(TcpStream) + Send + Sync + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let handle = Arc::new(handle);
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let handle = Arc::clone(&handle);
            thread::spawn(move || {
                // Answers come in several small writes; Nagle would hold each for 40 ms.
                let _ = socket.set_nodelay(true);
                handle(socket);
            });
        }
    });
    port
}
