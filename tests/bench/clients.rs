//! The programs that are compared: how each is told to download an inbox, and whether it did.

use std::fs;
use std::path::{Path, PathBuf};

use crate::ground::{Ground, Mailbox};
use crate::measure::Job;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Client {
    Floor,
    Exoimap,
    Mbsync,
    Imaplib,
    Curl,
}

/// One download.
pub(crate) struct Task<'a> {
    pub(crate) ground: &'a Ground,
    pub(crate) mailbox: &'a Mailbox,
    pub(crate) dir: &'a Path,
    /// The server's, or that of a relay in front of it.
    pub(crate) port: u16,
    /// Floor and mbsync make every file durable only where that is asked for.
    pub(crate) durable: bool,
    /// Whether the TLS library finds the system's roots: parsing them costs more CPU
    /// than all the rest of a connection.
    pub(crate) system_roots: bool,
}

impl Client {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Client::Floor => "floor",
            Client::Exoimap => "exoimap",
            Client::Mbsync => "mbsync",
            Client::Imaplib => "imaplib",
            Client::Curl => "curl",
        }
    }

    fn program(self) -> &'static str {
        if self == Client::Imaplib { "python3" } else { self.name() }
    }

    /// Says what is missing before anything is measured.
    pub(crate) fn check_tool(self) {
        let package = match self {
            Client::Floor | Client::Exoimap => return,
            Client::Mbsync => "isync",
            Client::Imaplib => "python3",
            Client::Curl => "curl",
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path).any(|place| place.join(self.program()).is_file());
        assert!(found, "{} is not on this machine: apt-get install {package}", self.name());
    }

    pub(crate) fn job(self, task: &Task<'_>) -> Job {
        let ca_file = task.ground.ca_file.display().to_string();
        let port = task.port.to_string();
        let address = task.mailbox.address.to_owned();
        let dir = task.dir.display().to_string();
        let token = ("EXOIMAP_ACCESS_TOKEN", task.ground.token.clone());
        let mut job = match self {
            Client::Floor => {
                let fsync = task.durable.then(|| "--fsync".to_owned());
                let plain = ["localhost".into(), port, ca_file.clone(), address, "INBOX".into(), dir];
                Job {
                    program: task.ground.floor.clone(),
                    arguments: fsync.into_iter().chain(plain).collect(),
                    environment: vec![token],
                }
            }
            Client::Exoimap => Job {
                program: env!("CARGO_BIN_EXE_exoimap").into(),
                arguments: vec!["fetch".into(), "--to".into(), dir],
                environment: vec![
                    token,
                    ("EXOIMAP_HOST", "localhost".into()),
                    ("EXOIMAP_PORT", port),
                    ("EXOIMAP_CA_FILE", ca_file.clone()),
                    ("EXOIMAP_MAILBOX", address),
                ],
            },
            Client::Mbsync => Job {
                program: "mbsync".into(),
                arguments: ["-q", "-q", "-c", &configuration(task, &mbsync_rules(task)), "bench"]
                    .map(String::from)
                    .into(),
                // Where its state is by default.
                environment: vec![("HOME", dir)],
            },
            Client::Imaplib => Job {
                program: "python3".into(),
                arguments: [
                    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/imaplib_client.py"),
                    &port,
                    &ca_file,
                    &address,
                    &dir,
                ]
                .map(String::from)
                .into(),
                environment: vec![token],
            },
            Client::Curl => Job {
                program: "curl".into(),
                arguments: ["-q", "-K", &configuration(task, &curl_rules(task))].map(String::from).into(),
                environment: Vec::new(),
            },
        };
        if !task.system_roots {
            job.environment.push(("SSL_CERT_FILE", ca_file));
            job.environment.push(("SSL_CERT_DIR", "/nonexistent".into()));
        }
        job
    }

    /// A client that leaves something out is fast.
    pub(crate) fn check(self, mailbox: &Mailbox, dir: &Path) {
        let (mut count, mut bytes) = (0, 0);
        for folder in self.folders(dir) {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                if self == Client::Mbsync || entry.path().extension().is_some_and(|extension| extension == "eml") {
                    count += 1;
                    bytes += entry.metadata().unwrap().len();
                }
            }
        }
        let (there, wanted) = (mailbox.corpus.len(), mailbox.corpus.bytes());
        // mbsync writes LF for CRLF.
        let least = if self == Client::Mbsync { wanted * 94 / 100 } else { wanted };
        assert!(
            count == there && (least..=wanted).contains(&bytes),
            "{}: {} delivered {count} messages, {bytes} bytes, of {there}, {wanted}",
            mailbox.name,
            self.name()
        );
    }

    fn folders(self, dir: &Path) -> Vec<PathBuf> {
        match self {
            Client::Mbsync => ["cur", "new"].map(|part| dir.join("INBOX").join(part)).into(),
            _ => vec![dir.to_owned()],
        }
    }
}

/// Beside the output.
fn configuration(task: &Task<'_>, text: &str) -> String {
    let path = format!("{}.rules", task.dir.display());
    fs::write(&path, text).unwrap();
    path
}

/// Its defaults, but for durability where nobody asked for it; it has no XOAUTH2.
fn mbsync_rules(task: &Task<'_>) -> String {
    format!(
        "{fsync}IMAPAccount bench\nHost localhost\nPort {port}\nUser {user}\nPassCmd \"echo testpass\"\n\
         SSLType IMAPS\nCertificateFile {ca_file}\n{roots}\n\
         IMAPStore far\nAccount bench\n\n\
         MaildirStore near\nPath {dir}/\nInbox {dir}/INBOX\n\n\
         Channel bench\nFar :far:INBOX\nNear :near:INBOX\nCreate Near\n",
        fsync = if task.durable { "" } else { "FSync no\n\n" },
        port = task.port,
        user = task.mailbox.address,
        ca_file = task.ground.ca_file.display(),
        roots = if task.system_roots { "" } else { "SystemCertificates no\n" },
        dir = task.dir.display(),
    )
}

/// A URL and so a FETCH for each message: of the answer to a range it keeps one message.
/// It knows the UIDs, which others must ask for, and reads no roots but ours.
fn curl_rules(task: &Task<'_>) -> String {
    let (port, count) = (task.port, task.mailbox.corpus.len());
    let what = if count == 0 {
        format!("url = \"imaps://localhost:{port}/\"\nrequest = \"EXAMINE INBOX\"\noutput = /dev/null\n")
    } else {
        let dir = task.dir.display();
        format!("url = \"imaps://localhost:{port}/INBOX;UID=[1-{count}]\"\noutput = \"{dir}/#1.eml\"\n")
    };
    format!(
        "silent\nshow-error\ncacert = \"{}\"\nuser = \"{}:\"\noauth2-bearer = \"{}\"\nlogin-options = \"AUTH=XOAUTH2\"\n{what}",
        task.ground.ca_file.display(),
        task.mailbox.address,
        task.ground.token,
    )
}
