//! The safe hand-over through the built binary: what is kept on the disk in each format, what happens on
//! the server, and what a fault, a program or another mailbox changes about either.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{Call, Ended, World};
use crate::support::exchange::Fault;
use crate::support::sample::ORDERS;

mod after;
mod cut;
mod directory;
mod faults;
mod known;
mod many;
mod options;
mod refused;

const ALL: [u32; 6] = [16101, 16102, 16105, 16110, 16111, 16123];

/// The three formats on the disk, and mbox on stdout.
const FORMATS: [&str; 4] = ["eml", "maildir", "mbox", "-"];

/// A mailbox and somewhere to keep its mail.
struct Post {
    world: World,
    format: &'static str,
}

impl Post {
    fn new(format: &'static str) -> Post {
        let world = World::new();
        world
            .exchange
            .mailboxes()
            .mailbox(ORDERS)
            .unwrap()
            .folders
            .push(crate::support::mailboxes::Folder::new("Done"));
        Post { world, format }
    }

    fn with(format: &'static str, fault: Fault) -> Post {
        let post = Post::new(format);
        post.world.exchange.fault(fault);
        post
    }

    fn dir(&self) -> PathBuf {
        self.world.folder.path().join("mail")
    }

    fn is_stream(&self) -> bool {
        self.format == "-"
    }

    /// A call of `fetch`; what a stream writes goes to a file, since it is no text.
    fn call(&self, more: &[&str]) -> Call {
        let arguments: &[&str] = if self.is_stream() {
            &["fetch", "--to", "-"]
        } else {
            &["fetch", "--to", "mail", "--format", self.format]
        };
        let call = self.world.call_with_token(&[arguments, more].concat());
        if self.is_stream() { call.through("exec \"$@\" > stream") } else { call }
    }

    fn fetch(&self, more: &[&str]) -> Ended {
        self.call(more).run()
    }

    /// The UIDs of the messages that are kept, each as often as it is found. Every one must be what the
    /// server has, byte for byte, or with LF line ends where the format has them.
    #[track_caller]
    fn kept(&self) -> Vec<u32> {
        let mut found = Vec::new();
        let mut inbox = self.world.exchange.folder(ORDERS, "INBOX");
        inbox.messages.extend(self.world.exchange.folder(ORDERS, "Done").messages);
        for bytes in self.bytes() {
            let same = |sent: &[u8]| if self.format == "eml" { sent == bytes } else { unix(sent) == bytes };
            let message = inbox.messages.iter().find(|message| same(&message.bytes));
            found.push(message.unwrap_or_else(|| panic!("{}: kept what nobody sent", self.format)).uid);
        }
        found.sort_unstable();
        found
    }

    fn bytes(&self) -> Vec<Vec<u8>> {
        let read = |path: PathBuf| fs::read(path).unwrap_or_default();
        match self.format {
            "eml" => files(&self.dir()).into_iter().map(read).collect(),
            "maildir" => ["new", "cur"].iter().flat_map(|name| files(&self.dir().join(name))).map(read).collect(),
            "mbox" => entries(&read(self.dir().join("mbox"))),
            _ => entries(&read(self.world.folder.path().join("stream"))),
        }
    }

    /// Nothing half written is left, under whatever name.
    #[track_caller]
    fn is_tidy(&self) {
        assert!(files(&self.dir().join(".exoimap/tmp")).is_empty(), "{}: a temporary file is left", self.format);
        assert!(!self.state().contains("\nready "), "{}: a list is left", self.format);
    }

    fn state(&self) -> String {
        fs::read_to_string(self.dir().join(".exoimap/state")).unwrap_or_default()
    }

    /// The value of a line of the state.
    fn in_state(&self, name: &str) -> String {
        let state = self.state();
        let values = state.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        values.collect::<Vec<_>>().join("; ")
    }

    fn add_to_state(&self, lines: &str) {
        fs::write(self.dir().join(".exoimap/state"), self.state() + lines).unwrap();
    }

    /// As if all messages had been listed last so many seconds ago.
    fn age_the_listing(&self, seconds: u64) {
        let listed = self.in_state("listed");
        let before = listed.parse::<u64>().unwrap() - seconds;
        let state = self.state().replace(&format!("\nlisted {listed}\n"), &format!("\nlisted {before}\n"));
        fs::write(self.dir().join(".exoimap/state"), state).unwrap();
    }

    /// The UIDs in INBOX that have a flag.
    fn flagged(&self, flag: &str) -> Vec<u32> {
        let inbox = self.world.exchange.folder(ORDERS, "INBOX");
        inbox.messages.iter().filter(|message| message.has(flag)).map(|message| message.uid).collect()
    }

    fn uids_in(&self, folder: &str) -> Vec<u32> {
        self.world.exchange.folder(ORDERS, folder).uids()
    }

    fn commands(&self, start: &str) -> Vec<String> {
        self.world.exchange.commands().into_iter().filter(|command| command.starts_with(start)).collect()
    }
}

/// The UIDs that a run printed, in order.
fn printed(ended: &Ended) -> Vec<u32> {
    ended.stdout.lines().map(|line| line.split('\t').next().unwrap().parse().unwrap()).collect()
}

/// The UIDs that a run printed: what failed before comes last.
fn sorted(ended: &Ended) -> Vec<u32> {
    let mut uids = printed(ended);
    uids.sort_unstable();
    uids
}

fn without(all: &[u32], uids: &[u32]) -> Vec<u32> {
    let uids: BTreeSet<_> = uids.iter().collect();
    all.iter().filter(|uid| !uids.contains(uid)).copied().collect()
}

/// The files of a folder, not those of its folders.
fn files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}

fn unix(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(text) => out.extend([text, b"\n"].concat()),
            None => out.extend(line),
        }
    }
    out
}

/// The messages of an mbox by the rules of mboxrd; all of ours end in a line end.
fn entries(mbox: &[u8]) -> Vec<Vec<u8>> {
    let mut entries: Vec<Vec<u8>> = Vec::new();
    for line in mbox.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"From ") {
            entries.push(Vec::new());
            continue;
        }
        let marks = line.iter().take_while(|byte| **byte == b'>').count();
        let is_quoted = marks > 0 && line[marks..].starts_with(b"From ");
        entries.last_mut().expect("it begins with a separator").extend(&line[usize::from(is_quoted)..]);
    }
    entries.iter().map(|entry| entry.strip_suffix(b"\n").expect("an empty line at its end").to_vec()).collect()
}
