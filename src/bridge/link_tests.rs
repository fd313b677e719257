use super::*;
use crate::folder::Folder;
use crate::net::{Network, Trust};
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// `openssl s_server`: what is typed goes to the client, and a line that is `K` changes the keys of TLS 1.3 and asks the
/// client to do the same.
struct Server {
    child: Child,
    place: Folder,
    port: u16,
    /// Its stdin: it reads one datagram at a time, and looks at the first letter of what it reads.
    keyboard: UnixDatagram,
}

impl Server {
    /// The server, and the lines that it prints.
    fn start() -> (Server, impl Iterator<Item = String>) {
        let place = Folder::new();
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "certificate.pem"])
            .args(["-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
            .current_dir(&place)
            .stderr(Stdio::null())
            .status();
        assert!(made.unwrap().success());
        let (keyboard, stdin) = UnixDatagram::pair().unwrap();
        let mut child = Command::new("openssl")
            .args(["s_server", "-tls1_3", "-accept", "127.0.0.1:0"])
            .args(["-key", "key.pem", "-cert", "certificate.pem"])
            .current_dir(&place)
            .stdin(OwnedFd::from(stdin))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let port = output.find_map(|line| line.strip_prefix("ACCEPT 127.0.0.1:")?.parse().ok()).unwrap();
        (Server { child, place, port, keyboard }, output)
    }

    fn type_in(&self, text: &str) {
        self.keyboard.send(text.as_bytes()).unwrap();
    }

    fn link(&self, port: u16, idle: Duration) -> Arc<Link> {
        let network = Network::new(Trust::File(self.place.join("certificate.pem")));
        Arc::new(Link::new(network.connect("localhost", port).unwrap(), idle).unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A reader that holds the lock while it waits would keep the writer out: what woke it was no data.
#[test]
fn a_change_of_keys_by_a_silent_server_stops_nobody() {
    let (server, mut output) = Server::start();
    let link = server.link(server.port, Duration::from_secs(60));
    let reader = Arc::clone(&link);
    let reading = std::thread::spawn(move || {
        let (mut heard, mut buffer) = (Vec::new(), [0; 64]);
        while !heard.ends_with(b"last\n") {
            let read = reader.recv(&mut buffer).unwrap();
            assert!(read > 0, "the connection ended");
            heard.extend_from_slice(&buffer[..read]);
        }
    });
    for round in 0..3 {
        server.type_in("K\n");
        link.send_all(format!("command {round}\n").as_bytes()).unwrap();
        output.by_ref().find(|line| line.contains(&format!("command {round}"))).unwrap();
    }
    server.type_in("last\n");
    reading.join().unwrap();
    link.close();
}

/// A way to `port` on which, as soon as it is deaf, nothing more of the client's arrives.
fn one_way(port: u16, is_deaf: &Arc<AtomicBool>) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (front, is_deaf) = (listener.local_addr().unwrap().port(), Arc::clone(is_deaf));
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let down = std::thread::spawn(move || io::copy(&mut from, &mut to));
        let mut buffer = [0; 4096];
        while let Ok(read) = client.read(&mut buffer)
            && !is_deaf.load(Ordering::SeqCst)
        {
            server.write_all(&buffer[..read]).unwrap();
        }
        let _ = down.join();
    });
    front
}

/// TLS must answer each of these, and nobody takes the answers: they would wait here, as many as the server likes.
#[test]
fn a_server_that_changes_its_keys_and_reads_nothing_is_given_up() {
    let ((server, output), is_deaf) = (Server::start(), Arc::default());
    let link = server.link(one_way(server.port, &is_deaf), Duration::from_secs(20));
    server.type_in("ready\n");
    assert!(link.recv(&mut [0; 64]).unwrap() > 0);
    is_deaf.store(true, Ordering::SeqCst);
    let (reader, writer) = (Arc::clone(&link), Arc::clone(&link));
    let reading = std::thread::spawn(move || reader.recv(&mut [0; 64]));
    // More than the sockets hold.
    let sending = std::thread::spawn(move || writer.send_all(&vec![b'x'; 32 << 20]));
    std::thread::spawn(move || output.for_each(drop));
    let keyboard = server.keyboard.try_clone().unwrap();
    std::thread::spawn(move || (0..10_000).try_for_each(|_| keyboard.send(b"K\n").map(drop)));
    assert_eq!(reading.join().unwrap().unwrap_err().to_string(), "the other side changes its keys and reads nothing");
    assert!(lock(&link.0.state).tls.get_ref().outbox() <= MOST_OWED + CHUNK);
    link.close();
    assert!(sending.join().unwrap().is_err());
}
