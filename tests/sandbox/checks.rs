//! The servers themselves, seen by clients that know nothing of them: `cargo test --example sandbox`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use native_tls::{Certificate, TlsConnector, TlsStream};

use super::support::certificate::Authority;
use super::support::entra::{self, Behaviour, Entra};
use super::support::exchange::{Exchange, Fault};
use super::support::sample::ORDERS;

/// Both servers and the authority that a client has to trust.
struct Site {
    authority: Authority,
    entra: Entra,
    exchange: Exchange,
}

impl Site {
    fn new() -> Site {
        let authority = Authority::new();
        let entra = Entra::start(&authority);
        let exchange = Exchange::start(&authority, &entra);
        Site { authority, entra, exchange }
    }

    fn dial(&self, port: u16) -> BufReader<TlsStream<TcpStream>> {
        let root = Certificate::from_pem(self.authority.pem().as_bytes()).unwrap();
        let connector =
            TlsConnector::builder().disable_built_in_roots(true).add_root_certificate(root).build().unwrap();
        let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        BufReader::new(connector.connect("localhost", socket).unwrap())
    }

    /// Posts a form; the status line and all of the answer behind it.
    fn post(&self, form: &str) -> (String, String) {
        let mut stream = self.dial(self.entra.port());
        let tenant = entra::TENANT;
        let request = format!(
            "POST /{tenant}/oauth2/v2.0/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        stream.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut status, mut rest) = (String::new(), String::new());
        stream.read_line(&mut status).unwrap();
        stream.read_to_string(&mut rest).unwrap();
        (status.trim_end().into(), rest)
    }

    fn imap(&self) -> Imap {
        Imap { stream: self.dial(self.exchange.port()) }
    }

    /// Signed in to orders@ with the inbox open.
    fn inbox(&self) -> Imap {
        let mut imap = self.imap();
        imap.line();
        let sasl = self.sasl(ORDERS);
        let answer = imap.ask(&format!("AUTHENTICATE XOAUTH2 {sasl}"));
        assert_eq!(answer, ["a OK AUTHENTICATE completed."]);
        imap.ask("SELECT INBOX");
        imap
    }

    fn sasl(&self, user: &str) -> String {
        let token = self.entra.token();
        STANDARD.encode(format!("user={user}\x01auth=Bearer {token}\x01\x01"))
    }
}

const GOOD: &str = "grant_type=client_credentials&client_id=00001111-aaaa-2222-bbbb-3333cccc4444\
    &client_secret=not-a-real-secret~%2B%2F%3D%26\
    &scope=https%3A%2F%2Foutlook.office365.com%2F.default";

/// A client that believes every word.
struct Imap {
    stream: BufReader<TlsStream<TcpStream>>,
}

impl Imap {
    /// A line without its end; empty at the end of the connection.
    fn line(&mut self) -> String {
        let mut line = Vec::new();
        // A connection that is cut in TLS ends with an error, and here it is an end like others.
        let _ = self.stream.read_until(b'\n', &mut line);
        String::from_utf8_lossy(&line).trim_end().into()
    }

    fn send(&mut self, text: &str) {
        let stream = self.stream.get_mut();
        stream.write_all(text.as_bytes()).unwrap();
    }

    /// All lines up to the tagged one, or to the end of the connection.
    fn ask(&mut self, command: &str) -> Vec<String> {
        self.send(&format!("a {command}\r\n"));
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() && self.stream.fill_buf().map_or(true, <[u8]>::is_empty) {
                return lines;
            }
            let last = line.starts_with("a ") || line.starts_with('+');
            lines.push(line);
            if last {
                return lines;
            }
        }
    }
}

fn starts(lines: &[String], start: &str) -> bool {
    lines.iter().any(|line| line.starts_with(start))
}

/// What our client takes without a word must really be sent.
#[test]
fn oddities_of_a_good_answer_are_there() {
    let site = Site::new();
    let answer = |behaviour| {
        site.entra.behave(behaviour);
        site.post(GOOD).1
    };
    assert!(answer(Behaviour::WithBom).contains("\r\n\r\n\u{feff}{"));
    assert!(answer(Behaviour::NumbersAsStrings).contains(r#""expires_in":"3599""#));
    let fetch = |fault| {
        site.exchange.fault(fault);
        site.inbox().ask("UID FETCH 16101:16105 (UID BODY.PEEK[])")
    };
    let lines = fetch(Fault::UidAfterBody);
    assert!(starts(&lines, "* 1 FETCH (BODY[] {500}") && starts(&lines, " UID 16101)"));
    let lines = fetch(Fault::UnsolicitedBetween);
    assert!(starts(&lines, "* 7 EXPUNGE") && starts(&lines, "* 6 FETCH (FLAGS "));
}

/// Whoever is killed leaves its folder; the next one has it, emptied, and none beside.
#[test]
fn a_folder_is_one_sandboxs_and_then_the_next_ones() {
    let (folder, lock) = super::free_folder(99).unwrap();
    std::fs::write(folder.join("left"), "").unwrap();
    assert!(super::free_folder(99).is_none());
    drop(lock);
    let (again, _lock) = super::free_folder(99).unwrap();
    assert!(again == folder && std::fs::read_dir(&folder).unwrap().next().is_none());
    std::fs::remove_dir(folder).unwrap();
}
