//! The tests' own Dovecot: what other tests take for granted about it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use native_tls::{Certificate, TlsConnector, TlsStream};
use serde_json::{Value, json};

use crate::support::certificate::Authority;
use crate::support::clock;
use crate::support::corpus::Corpus;
use crate::support::dovecot::{Dovecot, Setup, Tokens};
use crate::support::jwt::{self, TokenShape};

const KEY: &[u8] = b"the key that tokens are signed with in this test";
const USER: &str = "orders@contoso.com";

#[test]
fn an_application_token_opens_any_mailbox_and_bytes_come_back_as_they_went_in() {
    let authority = Authority::new();
    let server = start(&authority, |_| {});
    let corpus = Corpus::mixed(6);
    corpus.fill(&server, USER, "INBOX/注文");
    server.deliver("other@contoso.com", "INBOX", "one", b"Subject: x\r\n\r\n\r\n", "FS");
    let mut client = RawClient::connect(&authority, server.port());
    assert!(client.greeting.contains("The Microsoft Exchange IMAP4 service is ready."));

    client.must_sign_in(USER, &application_token(3600));
    client.ask("EXAMINE \"INBOX/&bOhlhw-\"");
    for number in 0..corpus.len() {
        let answer = client.ask(&format!("UID FETCH {} BODY.PEEK[]", number + 1));
        let body = client.literals.pop().expect("a body");
        assert!(body == corpus.message(number), "message {number}: {answer}");
    }

    let mut other = RawClient::connect(&authority, server.port());
    other.must_sign_in("Other@Contoso.com", &application_token(60));
    other.ask("EXAMINE INBOX");
    let answer = other.ask("UID FETCH 1 FLAGS");
    assert!(answer.contains("FLAGS (\\Flagged \\Seen"), "{answer}");
}

#[test]
fn a_bad_token_is_refused_at_once_and_the_log_says_why() {
    let authority = Authority::new();
    let server = start(&authority, |_| {});
    let mut client = RawClient::connect(&authority, server.port());
    for _ in 0..2 {
        let answer = client.sign_in(USER, &application_token(-60));
        assert!(answer.contains("NO [AUTHENTICATIONFAILED]"), "{answer}");
    }
    let forged = jwt::mint(b"another key", &application_claims(60));
    let answer = client.sign_in(USER, &forged);
    assert!(answer.contains("NO [AUTHENTICATIONFAILED]"), "{answer}");
    client.must_sign_in(USER, &application_token(60));
    assert!(server.log().contains("Token has expired"), "{}", server.log());
}

#[test]
fn a_delegated_token_opens_its_own_mailbox_only() {
    let authority = Authority::new();
    let server = start(&authority, |setup| setup.tokens = Tokens::OneMailbox);
    let token = jwt::mint(KEY, &json!({"sub": "s", "email": USER, "exp": clock::now() + 60}));
    let mut client = RawClient::connect(&authority, server.port());
    assert!(client.sign_in("other@contoso.com", &token).contains(" NO "));
    client.must_sign_in(USER, &token);
}

#[test]
fn uids_can_be_settled_and_settled_again() {
    let authority = Authority::new();
    let server = start(&authority, |_| {});
    server.deliver(USER, "INBOX", "a", b"Subject: a\r\n\r\n", "");
    server.deliver(USER, "INBOX", "b", b"Subject: b\r\n\r\n", "S");
    server.fix_uids(USER, "INBOX", 1_700_000_001, &[(7, "a"), (4_000_000_000, "b")]);
    let uids = ["fetch", "-u", USER, "uid", "mailbox", "INBOX"];
    assert_eq!(server.doveadm(&uids).split_whitespace().collect::<Vec<_>>(), ["uid:", "7", "uid:", "4000000000"]);

    server.fix_uids(USER, "INBOX", 1_700_000_002, &[(1, "b"), (2, "a")]);
    let mut client = RawClient::connect(&authority, server.port());
    client.must_sign_in(USER, &application_token(60));
    assert!(client.ask("EXAMINE INBOX").contains("[UIDVALIDITY 1700000002]"));
    assert!(client.ask("UID FETCH 1 FLAGS").contains("FLAGS (\\Seen)"));
}

#[test]
fn the_raw_log_holds_the_commands_after_the_login() {
    let authority = Authority::new();
    let server = start(&authority, |_| {});
    server.rawlog(USER);
    for _ in 0..2 {
        let mut client = RawClient::connect(&authority, server.port());
        client.must_sign_in(USER, &application_token(60));
        client.ask("EXAMINE INBOX");
        client.ask("LOGOUT");
    }
    let lines = server.rawlog_lines(USER);
    assert_eq!(lines, ["2 EXAMINE INBOX", "3 LOGOUT", "2 EXAMINE INBOX", "3 LOGOUT"]);
}

#[test]
fn servers_stand_side_by_side_and_leave_nothing_behind() {
    let authority = Authority::new();
    let (one, two) = (start(&authority, |_| {}), start(&authority, |_| {}));
    assert_ne!(one.port(), two.port());
    let place = one.mailbox_dir(USER).ancestors().nth(3).expect("its folder").to_owned();
    assert!(place.join("dovecot.conf").is_file());
    let port = one.port();
    drop(one);
    assert!(!place.exists());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(TcpStream::connect(("127.0.0.1", two.port())).is_ok());
}

fn start(authority: &Authority, change: impl FnOnce(&mut Setup<'_>)) -> Dovecot {
    let (certificate, key) = authority.identity_pem(&["localhost", "127.0.0.1"]);
    let mut setup = Setup::new(&certificate, &key, KEY);
    change(&mut setup);
    Dovecot::start(&setup)
}

fn application_token(lifetime: i64) -> String {
    jwt::mint(KEY, &application_claims(lifetime))
}

fn application_claims(lifetime: i64) -> Value {
    let shape = TokenShape { lifetime, ..TokenShape::default() };
    shape.claims("contoso.com", "an application")
}

/// A client that shares no code with the one under test.
struct RawClient {
    stream: BufReader<TlsStream<TcpStream>>,
    greeting: String,
    literals: Vec<Vec<u8>>,
    tag: u32,
}

impl RawClient {
    fn connect(authority: &Authority, port: u16) -> Self {
        let root = Certificate::from_pem(authority.pem().as_bytes()).expect("a certificate");
        let mut builder = TlsConnector::builder();
        let connector = builder.add_root_certificate(root).build().expect("a connector");
        let socket = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        let mut stream = BufReader::new(connector.connect("localhost", socket).expect("TLS"));
        let mut greeting = String::new();
        stream.read_line(&mut greeting).expect("a greeting");
        RawClient { stream, greeting, literals: Vec::new(), tag: 0 }
    }

    fn sign_in(&mut self, user: &str, token: &str) -> String {
        let response = BASE64.encode(format!("user={user}\x01auth=Bearer {token}\x01\x01"));
        self.ask(&format!("AUTHENTICATE XOAUTH2 {response}"))
    }

    fn must_sign_in(&mut self, user: &str, token: &str) {
        let answer = self.sign_in(user, token);
        assert!(answer.contains(" OK "), "{answer}");
    }

    /// Everything to the tagged answer, literals kept apart.
    fn ask(&mut self, command: &str) -> String {
        self.tag += 1;
        let tag = format!("{} ", self.tag);
        self.write(&format!("{tag}{command}\r\n"));
        let mut answer = String::new();
        loop {
            let mut line = String::new();
            assert!(self.stream.read_line(&mut line).expect("a line") > 0, "{answer}");
            answer.push_str(&line);
            if line.starts_with('+') {
                self.write("\r\n");
            } else if let Some((_, length)) = line.trim_end().rsplit_once('{') {
                let length = length.trim_end_matches('}').parse().expect("a length");
                let mut literal = vec![0; length];
                self.stream.read_exact(&mut literal).expect("a literal");
                self.literals.push(literal);
            } else if line.starts_with(&tag) {
                return answer;
            }
        }
    }

    fn write(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).expect("it takes commands");
    }
}
