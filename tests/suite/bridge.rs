//! `tunnel` and `relay`: mail programs that people have, real servers and scripted ones.

mod documented;
mod door;
mod ends;
mod programs;
mod refused;
mod relay;
mod tunnel;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::dovecot::{Rig, USER};
use crate::support::corpus::Corpus;

/// A machine may be busy; what takes longer hangs.
const LONG: Duration = Duration::from_secs(180);

/// A child that does not outlive its test.
struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a program that this test needs, to its end; one that hangs is a failed test.
fn run(mut command: Command, most: Duration) -> Output {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let name = command.get_program().to_string_lossy().into_owned();
    let child = command.spawn().unwrap_or_else(|e| panic!("{name}: {e} (tests/all installs what is missing)"));
    let id = child.id();
    let end = Instant::now() + most;
    let waiting = thread::spawn(move || child.wait_with_output().unwrap());
    while !waiting.is_finished() {
        assert!(Instant::now() < end, "{name} ({id}) does not end");
        thread::sleep(Duration::from_millis(5));
    }
    waiting.join().unwrap()
}

fn shown(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{:?}\n{}{}", output.status, text(&output.stdout), text(&output.stderr))
}

/// What the files of mbsync's Maildir hold, as the server sent it: mbsync adds a line of its own to the header.
fn messages(maildir: &Path) -> BTreeSet<Vec<u8>> {
    let entries = ["cur", "new"].iter().flat_map(|part| fs::read_dir(maildir.join(part)).unwrap());
    let stored = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let is_theirs = |line: &&[u8]| !line.starts_with(b"X-TUID: ");
    stored
        .map(|bytes| {
            on_the_wire(&bytes.split_inclusive(|byte| *byte == b'\n').filter(is_theirs).collect::<Vec<_>>().concat())
        })
        .collect()
}

fn on_the_wire(bytes: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(bytes.len() + bytes.len() / 16);
    for byte in bytes {
        if *byte == b'\n' && wire.last() != Some(&b'\r') {
            wire.push(b'\r');
        }
        wire.push(*byte);
    }
    wire
}

/// mbsync with an account of docs/bridge.md, and what else it needs.
fn mbsync(folder: &Path, account: &str) -> Command {
    let place = folder.display();
    fs::create_dir_all(folder.join("sync")).unwrap();
    let configuration = format!(
        "FSync no\n\n{account}\nIMAPStore far\nAccount orders\n\nMaildirStore near\nPath {place}/sync/\n\
         Inbox {place}/sync/INBOX\n\nChannel all\nFar :far:\nNear :near:\nPatterns INBOX\nCreate Near\nSync Pull\nSyncState *\n"
    );
    fs::write(folder.join("mbsyncrc"), configuration).unwrap();
    let mut command = Command::new("mbsync");
    command.args(["-c", "mbsyncrc", "-a"]).current_dir(folder).env("HOME", folder);
    command
}

/// Puts messages into the inbox, and gives them as `exoimap fetch` would store them.
fn fill(rig: &Rig, messages: usize) -> BTreeSet<Vec<u8>> {
    let corpus = Corpus::small(messages);
    corpus.fill(&rig.server, USER, "INBOX");
    (0..messages).map(|number| corpus.message(number)).collect()
}
