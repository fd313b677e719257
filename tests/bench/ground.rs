//! What every run of a benchmark needs: one Dovecot, a token, the programs, places for output.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::certificate::Authority;
use crate::support::corpus::Corpus;
use crate::support::dovecot::{Dovecot, Setup};
use crate::support::jwt::{self, TokenShape};

const KEY: &[u8] = b"the key that tokens are signed with in this benchmark";

/// A mailbox and what is in its inbox.
#[derive(Clone, Copy)]
pub(crate) struct Mailbox {
    pub(crate) name: &'static str,
    pub(crate) address: &'static str,
    pub(crate) corpus: Corpus,
}

/// A folder of this run alone, gone when the run ends.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn in_folder(parent: &Path) -> Self {
        let path = parent.join(format!("exoimap-bench.{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Memory, where the machine has a file system in it.
pub(crate) fn memory() -> Option<&'static Path> {
    Some(Path::new("/dev/shm")).filter(|path| path.is_dir())
}

pub(crate) struct Ground {
    pub(crate) server: Dovecot,
    pub(crate) ca_file: PathBuf,
    pub(crate) token: String,
    pub(crate) floor: PathBuf,
}

impl Ground {
    /// `scratch` takes the certificate.
    pub(crate) fn prepare(scratch: &Path) -> Self {
        let authority = Authority::new();
        let ca_file = scratch.join("ca.pem");
        fs::write(&ca_file, authority.pem()).unwrap();
        let (certificate, key) = authority.identity_pem(&["localhost"]);
        let server = Dovecot::start(&Setup::new(&certificate, &key, KEY));
        let shape = TokenShape { lifetime: 24 * 3600, ..TokenShape::default() };
        let token = jwt::mint(KEY, &shape.claims("contoso.com", "an application"));
        Ground { server, ca_file, token, floor: build_floor() }
    }

    pub(crate) fn fill(&self, mailbox: &Mailbox) {
        mailbox.corpus.fill(&self.server, mailbox.address, "INBOX");
        self.server.doveadm(&["index", "-u", mailbox.address, "*"]);
    }

    /// The commands that `run` sends after its login. In a run of its own: while the
    /// server keeps its raw log it is slower.
    pub(crate) fn count_commands(&self, mailbox: &Mailbox, run: impl FnOnce()) -> usize {
        self.server.rawlog(mailbox.address);
        run();
        let lines = || self.server.rawlog_lines(mailbox.address).len();
        let mut count = lines();
        // The session on the server may end a little later than its client.
        loop {
            std::thread::sleep(Duration::from_millis(100));
            let now = lines();
            if now == count {
                break;
            }
            count = now;
        }
        self.server.end_rawlog(mailbox.address);
        count
    }
}

/// Cargo builds the program for a benchmark, but no example: so it is asked to, and says
/// which file it made.
fn build_floor() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--release", "--example", "floor", "--message-format", "json"]);
    cargo.args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]);
    let output = cargo.stderr(Stdio::inherit()).output().expect("cargo runs");
    assert!(output.status.success(), "cargo can't build floor: {}", output.status);
    let messages = String::from_utf8(output.stdout).unwrap();
    let messages = messages.lines().filter_map(|line| serde_json::from_str(line).ok());
    let built = messages
        .filter(|message: &Value| message["target"]["name"] == "floor")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    built.expect("cargo names the program it built")
}
