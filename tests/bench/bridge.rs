//! What the relay costs, beside a direct connection and beside email-oauth2-proxy, against one Dovecot. It shows figures
//! and the aims, and judges none of them.
//!
//! ```text
//! cargo bench --bench bridge [-- --quick]
//! EMAILPROXY=.../bin/emailproxy cargo bench --bench bridge    # after: python3 -m venv ... && pip install emailproxy
//! ```

// A benchmark prints, and what is out of order ends it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use support::certificate::Authority;
use support::corpus::Corpus;
use support::dovecot::{Dovecot, Setup};
use support::entra::{self, Entra};
use support::folder::Folder;

const USER: &str = "orders@contoso.com";
const SESSIONS: usize = 100;

fn main() {
    let messages = if std::env::args().any(|word| word == "--quick") { 500 } else { 10_000 };
    let site = Site::new(messages);
    println!("{messages} messages of 8 KB, {SESSIONS} sessions\n");
    let mut all = vec![Figures::of(&site, Bridge::relay(&site))];
    if let Some(program) = std::env::var_os("EMAILPROXY") {
        all.push(Figures::of(&site, Bridge::emailproxy(&site, program.into())));
    }
    all.iter().for_each(Figures::show);
    let (relay, direct) = (&all[0], all[0].direct);
    println!("\nthroughput: {:.0} % of direct (aim: 90)", 100.0 * direct.as_secs_f64() / relay.pull.as_secs_f64());
    println!("memory of an idle session: {} KB (aim: 150)", relay.per_session());
    if let Some(other) = all.get(1) {
        let percent = |ours: f64, theirs: f64| 100.0 * ours / theirs.max(0.001);
        println!(
            "memory with {SESSIONS} sessions: {:.0} % of email-oauth2-proxy (aim: 50)",
            percent(relay.full as f64, other.full as f64)
        );
        println!(
            "CPU of the sign-ins: {:.1} % (aim: 5)",
            percent(relay.login_cpu.as_secs_f64(), other.login_cpu.as_secs_f64())
        );
        println!(
            "CPU of the pull: {:.0} % (aim: 20)",
            percent(relay.pull_cpu.as_secs_f64(), other.pull_cpu.as_secs_f64())
        );
        println!(
            "50 commands in two writes each: {:.0} % (aim: 10)",
            percent(relay.commands.as_secs_f64(), other.commands.as_secs_f64())
        );
    }
}

/// Servers, mail, and a place for files.
struct Site {
    entra: Entra,
    dovecot: Dovecot,
    place: Folder,
    messages: usize,
}

impl Site {
    fn new(messages: usize) -> Site {
        let authority = Authority::new();
        let entra = Entra::start(&authority);
        let (certificate, key) = authority.identity_pem(&["localhost"]);
        let dovecot = Dovecot::start(&Setup::new(&certificate, &key, &entra.key()));
        Corpus::each(messages, 8_192).fill(&dovecot, USER, "INBOX");
        dovecot.doveadm(&["index", "-u", USER, "INBOX"]);
        let place = Folder::new();
        place.file("ca.pem", authority.pem());
        Site { entra, dovecot, place, messages }
    }

    /// The pull over a TLS connection of its own.
    fn direct(&self) -> Duration {
        let ca = native_tls::Certificate::from_pem(&fs::read(self.place.join("ca.pem")).unwrap()).unwrap();
        let connector = native_tls::TlsConnector::builder().add_root_certificate(ca).build().unwrap();
        let response = STANDARD.encode(format!("user={USER}\x01auth=Bearer {}\x01\x01", self.entra.token()));
        let tcp = TcpStream::connect(("127.0.0.1", self.dovecot.port())).unwrap();
        let mut session = Client(BufReader::with_capacity(32 * 1024, connector.connect("localhost", tcp).unwrap()));
        session.line();
        session.ask("a", &format!("AUTHENTICATE XOAUTH2 {response}"));
        session.pull(self.messages)
    }
}

/// A program that lends its sign-in.
struct Bridge {
    name: &'static str,
    child: Child,
    port: u16,
    password: String,
}

impl Bridge {
    fn relay(site: &Site) -> Bridge {
        let port = free_port();
        let program = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_exoimap"));
            command.args(["relay", "--password-file", "relay.passwords"]).args(arguments).env_clear();
            command.env("AZURE_AUTHORITY_HOST", site.entra.url()).env("AZURE_TENANT_ID", entra::TENANT);
            command.env("AZURE_CLIENT_ID", entra::CLIENT_ID).env("AZURE_CLIENT_SECRET", entra::SECRET);
            command.env("EXOIMAP_HOST", "localhost").env("EXOIMAP_PORT", site.dovecot.port().to_string());
            command.env("EXOIMAP_CA_FILE", "ca.pem").current_dir(&site.place);
            command
        };
        let made = program(&["--add", USER]).output().unwrap();
        let password = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        let listen = format!("127.0.0.1:{port}");
        let child = program(&["--listen", &listen, "--max-connections", "1000", "--quiet"]).spawn().unwrap();
        Bridge { name: "exoimap relay", child, port, password }.ready()
    }

    fn emailproxy(site: &Site, program: PathBuf) -> Bridge {
        let port = free_port();
        let (upstream, url) = (site.dovecot.port(), site.entra.url());
        let (tenant, id, secret, scope) = (entra::TENANT, entra::CLIENT_ID, entra::SECRET, entra::SCOPE);
        let configuration = format!(
            "[IMAP-{port}]\nlocal_address = 127.0.0.1\nserver_address = localhost\nserver_port = {upstream}\n\n[{USER}]\n\
             token_url = {url}/{tenant}/oauth2/v2.0/token\noauth2_scope = {scope}\noauth2_flow = client_credentials\n\
             redirect_uri = http://localhost\nclient_id = {id}\nclient_secret = {secret}\n"
        );
        fs::write(site.place.join("emailproxy.config"), configuration).unwrap();
        let mut command = Command::new(program);
        command.args(["--no-gui", "--config-file", "emailproxy.config"]).current_dir(&site.place);
        command
            .env("SSL_CERT_FILE", site.place.join("ca.pem"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Bridge { name: "email-oauth2-proxy", child: command.spawn().unwrap(), port, password: "local-password".into() }
            .ready()
    }

    fn ready(self) -> Bridge {
        let end = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < end, "{} does not listen", self.name);
            thread::sleep(Duration::from_millis(20));
        }
        self
    }

    /// A session that is signed in.
    fn session(&self) -> Option<Client<TcpStream>> {
        let tcp = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        tcp.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
        let mut client = Client(BufReader::with_capacity(32 * 1024, tcp));
        client.line()?;
        client.ask("a", &format!("LOGIN {USER} {}", self.password))?.starts_with("a OK").then_some(client)
    }

    fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }

    /// The resident set, in KB.
    fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Client<S>(BufReader<S>);

impl<S: Read + Write> Client<S> {
    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).ok().filter(|read| *read > 0)?;
        Some(String::from_utf8_lossy(&line).into_owned())
    }

    /// The tagged answer to a command.
    fn ask(&mut self, tag: &str, command: &str) -> Option<String> {
        self.0.get_mut().write_all(format!("{tag} {command}\r\n").as_bytes()).ok()?;
        self.answer(tag)
    }

    fn answer(&mut self, tag: &str) -> Option<String> {
        loop {
            let line = self.line()?;
            if line.starts_with(&format!("{tag} ")) || line.starts_with("+ ") || line.starts_with("* BYE") {
                return Some(line);
            }
        }
    }

    /// Every message, read and thrown away.
    fn pull(&mut self, messages: usize) -> Duration {
        self.ask("b", "EXAMINE INBOX").unwrap();
        let since = Instant::now();
        self.0.get_mut().write_all(b"c UID FETCH 1:* (BODY.PEEK[])\r\n").unwrap();
        let mut found = 0;
        loop {
            let line = self.line().unwrap();
            found += usize::from(line.starts_with("* ") && line.contains("BODY[] {"));
            if line.starts_with("c ") {
                assert_eq!(found, messages, "{line}");
                return since.elapsed();
            }
        }
    }
}

/// What one bridge costs.
struct Figures {
    name: &'static str,
    empty: u64,
    full: u64,
    login_cpu: Duration,
    logins: Duration,
    at_once: (usize, Duration),
    commands: Duration,
    /// The same pull without a bridge, between its pulls.
    direct: Duration,
    pull: Duration,
    pull_cpu: Duration,
}

impl Figures {
    fn of(site: &Site, bridge: Bridge) -> Figures {
        // The first sign-in pays for the token.
        drop(bridge.session().expect("a session"));
        let (empty, cpu, since) = (bridge.memory(), bridge.cpu(), Instant::now());
        let mut sessions: Vec<_> = (0..SESSIONS).map(|_| bridge.session().expect("a session")).collect();
        let (login_cpu, logins) = (bridge.cpu() - cpu, since.elapsed());
        for session in &mut sessions {
            session.ask("b", "EXAMINE INBOX").unwrap();
            session.ask("c", "IDLE").unwrap();
        }
        let full = bridge.memory();
        drop(sessions);

        let since = Instant::now();
        let served = thread::scope(|scope| {
            let clients: Vec<_> = (0..SESSIONS).map(|_| scope.spawn(|| bridge.session().is_some())).collect();
            clients.into_iter().map(|client| client.join().unwrap()).filter(|served| *served).count()
        });
        let at_once = (served, since.elapsed());

        let mut session = bridge.session().expect("a session");
        let since = Instant::now();
        for _ in 0..50 {
            session.0.get_mut().write_all(b"d NOOP").unwrap();
            session.0.get_mut().write_all(b"\r\n").unwrap();
            session.answer("d").unwrap();
        }
        let commands = since.elapsed();

        // The best of several: a machine has other work. The first of each is not counted.
        let (mut pull, mut direct, mut pull_cpu) = (Duration::MAX, Duration::MAX, Duration::MAX);
        bridge.session().expect("a session").pull(site.messages);
        site.direct();
        for _ in 0..5 {
            let mut session = bridge.session().expect("a session");
            let cpu = bridge.cpu();
            pull = pull.min(session.pull(site.messages));
            pull_cpu = pull_cpu.min(bridge.cpu() - cpu);
            direct = direct.min(site.direct());
        }
        Figures { name: bridge.name, empty, full, login_cpu, logins, at_once, commands, direct, pull, pull_cpu }
    }

    /// KB of memory.
    fn per_session(&self) -> u64 {
        self.full.saturating_sub(self.empty) / SESSIONS as u64
    }

    fn show(&self) {
        let seconds = |time: Duration| time.as_secs_f64();
        println!(
            "{:<20} pull {:>7.2} s (direct {:.2} s, CPU {:.2} s), memory {} KB, with {SESSIONS} sessions {} KB, {SESSIONS} sign-ins {:.2} s (CPU {:.2} s), \
             at once {} served in {:.2} s, 50 commands {:.0} ms",
            self.name,
            seconds(self.pull),
            seconds(self.direct),
            seconds(self.pull_cpu),
            self.empty,
            self.full,
            seconds(self.logins),
            seconds(self.login_cpu),
            self.at_once.0,
            seconds(self.at_once.1),
            seconds(self.commands) * 1000.0
        );
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
