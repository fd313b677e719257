//! Programs that know a name and a password, at `exoimap relay`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{fs, thread};

use super::documented::at_relay;
use super::ends::status;
use super::{Kept, LONG, fill, mbsync, messages, on_the_wire, run, shown};
use crate::dovecot::{Rig, USER};
use crate::program::World;
use crate::support::entra::Behaviour;
use crate::support::sample::ORDERS;

/// A relay that runs, and what it has said.
pub(super) struct Relay {
    pub(super) program: Kept,
    pub(super) port: u16,
    said: Arc<Mutex<String>>,
}

impl Relay {
    /// Starts one that listens on a port of its own.
    pub(super) fn start(mut command: Command) -> Relay {
        command.args(["--password-file", "relay.passwords", "--listen", "127.0.0.1:0"]);
        let mut program =
            Kept(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
        let mut lines = BufReader::new(program.0.stderr.take().unwrap());
        let said = Arc::new(Mutex::new(String::new()));
        let port = loop {
            let mut line = String::new();
            assert_ne!(lines.read_line(&mut line).unwrap(), 0, "it does not start: {}", said.lock().unwrap());
            said.lock().unwrap().push_str(&line);
            if let Some((_, rest)) = line.split_once("127.0.0.1:") {
                break rest.split([' ', ',']).next().unwrap().parse().unwrap();
            }
        };
        let heard = Arc::clone(&said);
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                heard.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        Relay { program, port, said }
    }

    /// Waits for a line in its log.
    pub(super) fn says(&self, words: &str) {
        let end = Instant::now() + LONG;
        while !self.said.lock().unwrap().contains(words) {
            assert!(Instant::now() < end, "{words:?} is not in\n{}", self.said.lock().unwrap());
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub(super) fn connect(&self) -> Client {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let mut client = Client(BufReader::new(stream));
        let greeting = client.line();
        assert!(greeting.starts_with("* OK [CAPABILITY IMAP4 IMAP4rev1 "), "{greeting}");
        assert!(greeting.contains(" AUTH=PLAIN SASL-IR] exoimap relay ready"), "{greeting}");
        client
    }
}

/// A client that speaks for itself.
pub(super) struct Client(pub(super) BufReader<TcpStream>);

impl Client {
    pub(super) fn say(&mut self, line: &str) {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
    }

    /// The next line; empty at the end.
    pub(super) fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(super) fn ask(&mut self, line: &str) -> String {
        self.say(line);
        self.line()
    }

    pub(super) fn is_closed(&mut self) -> bool {
        matches!(self.0.read(&mut [0]), Ok(0) | Err(_))
    }
}

/// A password for a name, made by the program.
pub(super) fn add(mut command: Command, name: &str) -> String {
    command.args(["--password-file", "relay.passwords", "--add", name]);
    let ended = run(command, LONG);
    assert!(ended.status.success(), "{}", shown(&ended));
    String::from_utf8(ended.stdout).unwrap().trim_end().to_owned()
}

/// A relay before a real Dovecot, and the password of its mailbox.
pub(super) fn before_dovecot(rig: &Rig) -> (Relay, String) {
    let password = add(rig.command(&["relay"]), USER);
    (Relay::start(rig.command(&["relay", "--token-cache", "cache"])), password)
}

pub(super) fn python(folder: &Path, script: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new("python3");
    command.arg("-c").arg(script).args(arguments).current_dir(folder);
    run(command, LONG)
}

/// Python's imaplib, which pulls the inbox into files.
pub(super) fn imaplib(folder: &Path, port: u16, name: &str, password: &str) -> Output {
    let lines = at_relay("Python", port, password).replace(USER, name);
    let begins = format!("import imaplib, os\npassword = {password:?}\n{lines}");
    python(folder, &(begins + IMAPLIB), &[])
}

const IMAPLIB: &str = r#"
imap.select("INBOX", readonly=True)
os.mkdir("pulled")
for number, part in enumerate(imap.uid("FETCH", "1:*", "(BODY.PEEK[])")[1][::2]):
    open(f"pulled/{number}", "wb").write(part[1])
imap.logout()
"#;

#[test]
fn imaplib_pulls_2000_messages_through_the_relay() {
    let rig = Rig::new();
    let wanted = fill(&rig, 2_000);
    let (relay, password) = before_dovecot(&rig);
    let ended = imaplib(&rig.place, relay.port, USER, &password);
    assert!(ended.status.success(), "{}", shown(&ended));
    let entries = fs::read_dir(rig.place.join("pulled")).unwrap();
    let pulled: std::collections::BTreeSet<_> = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    assert_eq!(pulled.len(), 2_000);
    assert!(pulled == wanted, "not the bytes that were put there");
    relay.says("1 orders@contoso.com 127.0.0.1:");
    relay.says(" received: the client logged out");
}

#[test]
pub(super) fn fetchmail_and_mbsync_sign_in_with_the_local_password() {
    let rig = Rig::new();
    let wanted = fill(&rig, 30);
    let (relay, password) = before_dovecot(&rig);
    let account = at_relay("mbsync at the relay", relay.port, &password);
    let ended = run(mbsync(&rig.place, &account), LONG);
    assert!(ended.status.success(), "{}", shown(&ended));
    assert!(messages(&rig.place.join("sync/INBOX")) == wanted);

    let ended = run(fetchmail(&rig.place, relay.port, USER, &password), LONG);
    assert!(ended.status.success(), "{}", shown(&ended));
    let pulled = fs::read(rig.place.join("pulled")).unwrap();
    let pulled = String::from_utf8(on_the_wire(&pulled)).unwrap();
    for message in &wanted {
        let (_, body) = std::str::from_utf8(message).unwrap().split_once("\r\n\r\n").unwrap();
        assert!(pulled.contains(body.trim_end()), "a body that fetchmail does not have");
    }
    // One token for everything, the sign-in at the start included.
    assert_eq!(rig.entra.requests().len(), 1);
}

pub(super) fn fetchmail(folder: &Path, port: u16, name: &str, password: &str) -> Command {
    let place = folder.display();
    let lines = at_relay("fetchmail at the relay", port, password).replace(USER, name);
    let configuration = format!("{lines}  fetchall\n  mda \"cat >> {place}/pulled\"\n");
    let file = folder.join("fetchmailrc");
    fs::write(&file, configuration).unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut command = Command::new("fetchmail");
    command.args(["-f", "fetchmailrc", "--nosyslog", "-i", "fetchids", "--pidfile", "fetchmail.pid"]);
    command.current_dir(folder).env("HOME", folder).env("FETCHMAILHOME", folder);
    command
}

#[test]
fn new_mail_is_announced_at_once_to_a_client_that_waits() {
    let rig = Rig::new();
    fill(&rig, 1);
    let (relay, password) = before_dovecot(&rig);
    let mut client = relay.connect();
    assert!(client.ask(&format!("a LOGIN {USER} {password}")).starts_with("a OK [CAPABILITY "));
    client.say("b SELECT INBOX");
    while !client.line().starts_with("b OK") {}
    assert!(client.ask("c IDLE").starts_with("+ "));
    rig.server.deliver(USER, "INBOX", "99999999.late", b"Subject: late\r\n\r\nx\r\n", "");
    let since = Instant::now();
    while !client.line().contains(" EXISTS") {}
    // Dovecot itself takes half a second; the rest is a busy machine.
    assert!(since.elapsed() < Duration::from_secs(60), "{:?}", since.elapsed());
    client.say("DONE");
    client.say("d LOGOUT");
    while !client.line().starts_with("d OK") {}
    assert!(client.is_closed());
}

/// What a client sends behind its LOGIN belongs to the server, and its half-close does not lose the answers.
#[test]
fn a_client_that_sends_everything_at_once_and_closes_gets_every_answer() {
    let rig = Rig::new();
    fill(&rig, 20);
    let (relay, password) = before_dovecot(&rig);
    let mut client = relay.connect();
    client.say(&format!(
        "a LOGIN {USER} {{{}+}}\r\n{password}\r\nb SELECT INBOX\r\nc FETCH 1:* BODY.PEEK[]",
        password.len()
    ));
    client.0.get_ref().shutdown(std::net::Shutdown::Write).unwrap();
    let mut said = String::new();
    client.0.read_to_string(&mut said).unwrap();
    assert_eq!(said.matches("BODY[] {").count(), 20);
    assert!(said.lines().last().unwrap().starts_with("c OK"), "{said}");
    relay.says(" received: the client closed the connection");
}

/// The program before the fake Exchange.
pub(super) fn program(world: &World, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exoimap"));
    command.args(arguments).env_clear().envs(world.call(&[]).variables().iter().cloned());
    command.current_dir(world.folder.path());
    command
}

/// A relay before the fake Exchange.
pub(super) fn before_exchange(world: &World, names: &[&str]) -> (Relay, Vec<String>) {
    let passwords = names.iter().map(|name| add(program(world, &["relay"]), name)).collect();
    (Relay::start(program(world, &["relay"])), passwords)
}

#[test]
fn a_client_that_does_not_speak_imap_is_hung_up_on_and_named() {
    let world = World::new();
    let (relay, _) = before_exchange(&world, &[ORDERS]);
    let mut client = relay.connect();
    client.0.get_mut().write_all(b"\x16\x03\x01\x00\xf4\x01\x00").unwrap();
    assert!(client.is_closed());
    relay.says("set it to no encryption");
    assert_eq!(world.exchange.connections(), 0);
}

const WRONG_PASSWORDS: &str = r#"
import concurrent.futures, socket, sys
def guess(n):
    client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60, (f"127.1.{n // 250}.{n % 250 + 1}", 0))
    client.sendall(b"a LOGIN stranger%d@contoso.com %s\r\n" % (n, b"x" * 7000))
    said = client.makefile("rb")
    return said.readline().startswith(b"* OK") and said.readline().startswith(b"a NO [AUTH")
print(sum(concurrent.futures.ThreadPoolExecutor(100).map(guess, range(1000))))
"#;

/// Each has a name and an address of its own, so that it waits a second only.
#[test]
fn a_thousand_wrong_passwords_cost_little_memory() {
    let world = World::new();
    // One round, for a password that nobody knows.
    let verifier = format!("$pbkdf2-sha256$i=1${}${}", "A".repeat(22), "A".repeat(43));
    world.folder.file("relay.passwords", format!("{ORDERS} {verifier}\n"));
    let relay = Relay::start(program(&world, &["relay"]));
    let before = status(&relay.program.0, "VmHWM");
    let ended = python(world.folder.path(), WRONG_PASSWORDS, &[&relay.port.to_string()]);
    assert!(shown(&ended).contains("\n1000\n"), "{}", shown(&ended));
    // 5,000 KB here, for a hundred threads and clients at a time.
    let grown = status(&relay.program.0, "VmHWM") - before;
    assert!(grown < 10_000, "{grown} KB");
}

/// A session ends with its token, so a new one begins with a new token; but an old one is better than none.
#[test]
fn a_token_that_ends_within_ten_minutes_is_renewed_and_used_if_entra_is_away() {
    let world = World::new();
    world.entra.configure().token.lifetime = 590;
    let (relay, passwords) = before_exchange(&world, &[ORDERS]);
    let enters = || relay.connect().ask(&format!("a LOGIN {ORDERS} {}", passwords[0])).starts_with("a OK ");
    assert!(enters() && enters());
    assert_eq!(world.entra.requests().len(), 3);
    world.entra.behave(Behaviour::ProxyHtml { status: 502 });
    assert!(enters());
    world.entra.behave(Behaviour::Silent);
    let since = Instant::now();
    assert!(enters());
    assert!(since.elapsed() < Duration::from_secs(19), "{:?}", since.elapsed());
    world.entra.behave(Behaviour::Normal);
    world.entra.configure().token.lifetime = 3599;
    let asked = world.entra.requests().len();
    assert!(enters() && enters());
    assert_eq!(world.entra.requests().len(), asked + 1);
}

#[test]
fn the_transcript_of_a_relay_has_its_sign_ins_without_credentials_and_no_mail() {
    let world = World::new();
    let password = add(program(&world, &["relay"]), ORDERS);
    let relay = Relay::start(program(&world, &["relay", "--trace=trace.txt"]));
    let mut client = relay.connect();
    assert!(client.ask(&format!("a LOGIN {ORDERS} {password}")).starts_with("a OK "));
    client.say("b EXAMINE INBOX");
    client.say("c FETCH 1 BODY.PEEK[]");
    while !client.line().starts_with("c OK") {}
    let trace = fs::read_to_string(world.folder.path().join("trace.txt")).unwrap();
    assert!(trace.contains(" AUTHENTICATE XOAUTH2 ") && trace.contains("OK AUTHENTICATE completed."), "{trace}");
    assert!(!trace.contains("EXAMINE") && !trace.contains(&password) && !trace.contains(&world.entra.token()));
}

/// mbsync gives up after 20 seconds, and so do others.
#[test]
fn a_sign_in_is_answered_in_time_although_entra_says_nothing() {
    let world = World::new();
    world.entra.configure().token.lifetime = 1;
    let (relay, passwords) = before_exchange(&world, &[ORDERS]);
    world.entra.behave(Behaviour::Silent);
    let since = Instant::now();
    let answer = relay.connect().ask(&format!("a LOGIN {ORDERS} {}", passwords[0]));
    assert!(answer.starts_with("* BYE [UNAVAILABLE] exoimap: no session at "), "{answer}");
    assert!(since.elapsed() < Duration::from_secs(19), "{:?}", since.elapsed());
}
