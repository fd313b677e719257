//! The built program against a real Dovecot, with tokens that Dovecot itself verifies.
//!
//! Each test has its own token endpoint and server. What the program sent is read from the
//! server's raw log: the commands after the login.

mod fetch;
mod folders;
mod jobs;
mod mailbox;
mod sign_in;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::program::Folder;
use crate::support::certificate::Authority;
use crate::support::dovecot::{Dovecot, Setup};
use crate::support::entra::{self, Entra, State};

pub(crate) const USER: &str = "orders@contoso.com";

/// Entra's endpoint, a Dovecot that trusts its key, and a place for files.
pub(crate) struct Rig {
    pub(crate) entra: Entra,
    pub(crate) server: Dovecot,
    pub(crate) place: Folder,
}

/// How a run of the program ended.
#[derive(Debug)]
struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
    /// The most memory it had at a time, in KB.
    peak: u64,
}

impl Rig {
    pub(crate) fn new() -> Rig {
        Rig::with(|_| {}, |_| {})
    }

    /// `tokens` changes what the endpoint issues, `setup` what the server accepts.
    pub(crate) fn with(tokens: impl FnOnce(&mut State), setup: impl FnOnce(&mut Setup<'_>)) -> Rig {
        let authority = Authority::new();
        let entra = Entra::start(&authority);
        // The server is given the key before `tokens` may change it: that is a forged token.
        let key = entra.key();
        tokens(&mut entra.configure());
        let (certificate, private) = authority.identity_pem(&["localhost"]);
        let mut wanted = Setup::new(&certificate, &private, &key);
        setup(&mut wanted);
        let server = Dovecot::start(&wanted);
        let place = Folder::new();
        place.file("ca.pem", authority.pem());
        Rig { entra, server, place }
    }

    fn dir(&self) -> PathBuf {
        self.place.join("mail")
    }

    /// The final names in the directory, with what the files hold.
    fn delivered(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.dir()).unwrap().map(|entry| entry.unwrap());
        let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
        files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())).collect()
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, &[])
    }

    /// The program with nothing in its environment but who and where.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exoimap"));
        command.args(arguments).env_clear();
        command.env("AZURE_AUTHORITY_HOST", self.entra.url()).env("AZURE_TENANT_ID", entra::TENANT);
        command.env("AZURE_CLIENT_ID", entra::CLIENT_ID).env("AZURE_CLIENT_SECRET", entra::SECRET);
        command.env("EXOIMAP_HOST", "localhost").env("EXOIMAP_PORT", self.server.port().to_string());
        command.env("EXOIMAP_CA_FILE", self.place.join("ca.pem"));
        command.env("EXOIMAP_MAILBOX", USER).env("EXOIMAP_TIMEOUT", "30s");
        command.current_dir(&self.place);
        command
    }

    /// Runs the program, with `environment` in addition.
    fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        let mut child = self
            .command(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
        let peak = watch(&mut child);
        let code = child.wait().unwrap().code().expect("no signal ended it");
        Ended { code, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap(), peak }
    }

    /// `fetch --to DIR`, which must end in `code`.
    #[track_caller]
    fn fetch(&self, code: i32) -> Ended {
        self.fetch_with(code, &[])
    }

    #[track_caller]
    fn fetch_with(&self, code: i32, more: &[&str]) -> Ended {
        let ended = self.run(&[&["fetch", "--to", "mail"], more].concat());
        assert_eq!(ended.code, code, "{more:?}: {}{}", ended.stdout, ended.stderr);
        ended
    }

    /// What the program sends in one `fetch` that must end well: the commands after the login,
    /// without their tags.
    fn commands_of_fetch(&self) -> Vec<String> {
        self.server.rawlog(USER);
        let before = self.server.rawlog_lines(USER).len();
        self.fetch(0);
        self.sent().split_off(before)
    }

    /// The commands that the program has sent since `rawlog`, without their tags. The server's
    /// process may still be writing its log when the program has ended.
    fn sent(&self) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let lines = self.server.rawlog_lines(USER);
            if lines.last().is_some_and(|line| line.ends_with(" LOGOUT")) {
                return lines.iter().map(|line| line.split_once(' ').expect("a tag").1.to_owned()).collect();
            }
            assert!(Instant::now() < deadline, "{lines:?}");
            thread::sleep(Duration::from_millis(2));
        }
    }
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    let mut pipe = pipe.expect("a pipe");
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).expect("UTF-8")
    })
}

/// Waits for the end and gives the high-water mark of the resident set, which only grows:
/// what the last milliseconds add to it is all that is missed.
fn watch(child: &mut Child) -> u64 {
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(high_water_mark(&status).unwrap_or(0));
        thread::sleep(Duration::from_millis(1));
    }
    peak
}

fn high_water_mark(status: &Path) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// The names of the message files of a folder, flags included.
fn names_on_server(rig: &Rig, folder: &str) -> Vec<String> {
    let dir = rig.server.folder_dir(USER, folder);
    let entries = ["cur", "new"].iter().flat_map(|part| fs::read_dir(dir.join(part)).unwrap());
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// As IMAP sends it: every line ends in CRLF.
fn on_the_wire(bytes: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if *byte == b'\n' && wire.last() != Some(&b'\r') {
            wire.push(b'\r');
        }
        wire.push(*byte);
    }
    wire
}

#[test]
fn servers_stand_side_by_side_and_leave_nothing_behind() {
    let (one, two) = (Rig::new(), Rig::new());
    let (place, port) = (one.server.mailbox_dir(USER).ancestors().nth(3).unwrap().to_owned(), one.server.port());
    assert!(port != two.server.port() && place.join("dovecot.conf").is_file());
    drop(one);
    assert!(!place.exists());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(TcpStream::connect(("127.0.0.1", two.server.port())).is_ok());
}
