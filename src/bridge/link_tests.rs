use super::*;
use crate::folder::Folder;
use crate::net::{Network, Trust};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// `openssl s_server`: what is typed goes to the client, and a line that is `K` changes the keys of TLS 1.3 and asks the
/// client to do the same.
struct Server {
    child: Child,
    place: Folder,
    port: u16,
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
        let mut child = Command::new("openssl")
            .args(["s_server", "-tls1_3", "-accept", "127.0.0.1:0"])
            .args(["-key", "key.pem", "-cert", "certificate.pem"])
            .current_dir(&place)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let port = output.find_map(|line| line.strip_prefix("ACCEPT 127.0.0.1:")?.parse().ok()).unwrap();
        (Server { child, place, port }, output)
    }

    fn type_in(&mut self, text: &str) {
        self.child.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
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
    let (mut server, mut output) = Server::start();
    let network = Network::new(Trust::File(server.place.join("certificate.pem")));
    let stream = network.connect("localhost", server.port).unwrap();
    let link = Arc::new(Link::new(stream, Duration::from_secs(60)).unwrap());
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
