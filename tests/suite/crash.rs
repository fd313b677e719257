//! Whatever kills a run, or takes its disk away: no message is lost, none is delivered twice, nothing half
//! written has a final name, and nothing changed on the server that was not durable here.

mod power;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::program::World;
use crate::support::dice::Dice;
use crate::support::mailboxes::{Mailbox, MailboxState};
use crate::support::sample::ORDERS;

/// Kills a scenario; with thirteen scenarios more than two hundred.
const KILLS: usize = 18;

/// Messages that are there at first, and that come between two runs.
const AT_FIRST: usize = 40;
const MORE: usize = 8;

/// What a run is asked for.
#[derive(Clone, Copy, Debug)]
struct Scenario {
    format: &'static str,
    moves: bool,
    program: bool,
    attachments: bool,
    /// Somebody takes files away as they appear.
    consumer: bool,
}

const PLAIN: Scenario = Scenario { format: "eml", moves: false, program: false, attachments: false, consumer: false };

const SCENARIOS: [Scenario; 13] = [
    PLAIN,
    Scenario { moves: true, ..PLAIN },
    Scenario { moves: true, program: true, ..PLAIN },
    Scenario { attachments: true, moves: true, ..PLAIN },
    Scenario { consumer: true, ..PLAIN },
    Scenario { consumer: true, moves: true, ..PLAIN },
    Scenario { format: "maildir", ..PLAIN },
    Scenario { format: "maildir", moves: true, program: true, ..PLAIN },
    Scenario { format: "maildir", moves: true, consumer: true, ..PLAIN },
    Scenario { format: "mbox", ..PLAIN },
    Scenario { format: "mbox", moves: true, ..PLAIN },
    Scenario { format: "mbox", moves: true, program: true, ..PLAIN },
    Scenario { format: "mbox", moves: true, consumer: true, ..PLAIN },
];

#[test]
fn a_kill_at_any_moment_loses_nothing_and_doubles_nothing() {
    let mut dice = Dice(0x0dd_ba11);
    let (mut kills, mut in_work, mut listed, mut pending) = (0, 0, 0, 0);
    for scenario in SCENARIOS {
        // On a busy machine a run takes longer, and kills that all come early would prove nothing.
        let whole = Office::with(scenario, AT_FIRST).time_of_a_run();
        let mut office = Office::with(scenario, AT_FIRST);
        for _ in 0..KILLS {
            let before = office.state();
            office.run_and_kill(whole * (5 + dice.below(115)) / 100);
            kills += 1;
            in_work += usize::from(office.state() != before);
            listed += usize::from(office.state().contains("\nready "));
            pending += usize::from(office.state().contains("\nact ") || office.state().contains("\nrun "));
            office.check_what_is_there();
            office.post(MORE);
        }
        office.run(0);
        office.check_all_once();
    }
    println!(
        "{kills} kills: {in_work} after the state moved on, {listed} with deliveries listed, {pending} with work pending"
    );
    assert!(
        kills >= 200 && in_work > 20 && pending > 0,
        "{kills} {in_work} {listed} {pending}: the kills miss the work"
    );
}

#[test]
fn a_full_disk_leaves_nothing_half_done() {
    for scenario in [
        Scenario { moves: true, ..PLAIN },
        Scenario { moves: true, attachments: true, ..PLAIN },
        Scenario { moves: true, format: "maildir", ..PLAIN },
        Scenario { moves: true, format: "mbox", ..PLAIN },
    ] {
        let disk = Disk::new("size=400k");
        let mut office = Office::new(scenario, Some(&disk));
        office.post(150);
        let said = office.run(1);
        assert!(said.contains("No space left on device"), "{scenario:?}: {said}");
        office.check_what_is_there();
        disk.remount("size=64m");
        office.run(0);
        office.check_all_once();
    }
}

#[test]
fn a_directory_that_turns_read_only_stops_the_run_and_changes_nothing() {
    for format in ["eml", "maildir", "mbox"] {
        let disk = Disk::new("size=64m");
        let mut office = Office::new(Scenario { format, moves: true, ..PLAIN }, Some(&disk));
        office.post(20);
        office.run(0);
        office.post(20);
        disk.remount("ro");
        let said = office.run(1);
        assert!(said.contains("Read-only file system"), "{said}");
        office.check_what_is_there();
        assert_eq!(office.world.exchange.folder(ORDERS, "INBOX").messages.len(), 20);
        disk.remount("rw");
        office.run(0);
        office.check_all_once();
    }
}

/// A mailbox, a directory, and what must be true of both.
struct Office {
    scenario: Scenario,
    world: World,
    dir: PathBuf,
    taken: PathBuf,
    /// Every message there ever was, by its number.
    messages: Vec<Vec<u8>>,
}

impl Office {
    fn new(scenario: Scenario, disk: Option<&Disk>) -> Office {
        let world = World::new();
        world
            .exchange
            .mailboxes()
            .by_address
            .insert(ORDERS.to_owned(), Mailbox::new(MailboxState::Open, &["INBOX", "Done"]));
        let place = disk.map_or_else(|| world.folder.path().to_owned(), |disk| disk.0.clone());
        let taken = world.folder.path().join("taken");
        fs::create_dir_all(&taken).unwrap();
        Office { scenario, world, dir: place.join("mail"), taken, messages: Vec::new() }
    }

    fn with(scenario: Scenario, messages: usize) -> Office {
        let mut office = Office::new(scenario, None);
        office.post(messages);
        office
    }

    fn time_of_a_run(&self) -> Duration {
        let start = Instant::now();
        self.run(0);
        start.elapsed()
    }

    /// New messages come in.
    fn post(&mut self, count: usize) {
        for _ in 0..count {
            let message = message(self.messages.len(), self.scenario.attachments);
            self.world.exchange.deliver(ORDERS, "INBOX", message.clone());
            self.messages.push(message);
        }
    }

    fn command(&self) -> Command {
        let Scenario { format, moves, program, attachments, .. } = self.scenario;
        let mut command = Command::new(env!("CARGO_BIN_EXE_exoimap"));
        command.args(["fetch", "--format", format, "--to"]).arg(&self.dir);
        if moves {
            command.args(["--move-to", "Done"]);
        }
        if attachments {
            command.arg("--attachments");
        }
        if program {
            let script = "test -s \"$2\" && echo \"$EXOIMAP_UID\" >> \"$1\"";
            command.args(["--", "sh", "-c", script, "x"]).arg(self.journal()).arg("{}");
        }
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("SSL_CERT_FILE", "/dev/null");
        command.env("EXOIMAP_HOST", "localhost").env("EXOIMAP_PORT", self.world.exchange.port().to_string());
        command.env("EXOIMAP_CA_FILE", self.world.folder.path().join("ca.pem"));
        command.env("EXOIMAP_ACCESS_TOKEN", self.world.entra.token()).env("EXOIMAP_MAILBOX", ORDERS);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    fn journal(&self) -> PathBuf {
        self.world.folder.path().join("journal")
    }

    fn state(&self) -> String {
        fs::read_to_string(self.dir.join(".exoimap/state")).unwrap_or_default()
    }

    fn run_and_kill(&self, after: Duration) {
        let consumer = self.consumer();
        let mut child = self.command().stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(after);
        let _ = child.kill();
        child.wait().unwrap();
        consumer.stop();
    }

    fn run(&self, code: i32) -> String {
        let consumer = self.consumer();
        let output = self.command().stderr(Stdio::piped()).output().unwrap();
        consumer.stop();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{:?}: {said}", self.scenario);
        said
    }

    fn consumer(&self) -> Consumer {
        let folders = match self.scenario.format {
            "eml" | "mbox" => vec![self.dir.clone()],
            _ => vec![self.dir.join("new"), self.dir.join("cur")],
        };
        Consumer::start(if self.scenario.consumer { folders } else { Vec::new() }, self.taken.clone())
    }

    /// What was delivered, by number, each as often as it is found. Every file must be a whole message.
    fn delivered(&self) -> BTreeMap<usize, usize> {
        let mut found = BTreeMap::new();
        let mut count = |bytes: &[u8]| *found.entry(self.number_of(bytes)).or_insert(0) += 1;
        let taken = files(&self.taken).into_iter().map(|file| fs::read(file).unwrap());
        match self.scenario.format {
            "mbox" => taken.for_each(|mbox| mbox_entries(&mbox).iter().for_each(|entry| count(entry))),
            _ => taken.for_each(|bytes| count(&bytes)),
        }
        match self.scenario.format {
            "eml" => {
                let emails = files(&self.dir).into_iter().filter(|file| file.extension().is_some_and(|e| e == "eml"));
                emails.for_each(|file| count(&fs::read(file).unwrap()));
            }
            "maildir" => {
                ["new", "cur"].iter().flat_map(|f| files(&self.dir.join(f))).for_each(|f| count(&fs::read(f).unwrap()))
            }
            _ => {
                mbox_entries(&fs::read(self.dir.join("mbox")).unwrap_or_default()).iter().for_each(|entry| count(entry))
            }
        }
        found
    }

    /// The number of a message, which must be that message and nothing less.
    fn number_of(&self, bytes: &[u8]) -> usize {
        let text = String::from_utf8_lossy(bytes);
        let number = text.lines().find_map(|line| line.strip_prefix("X-Number: "));
        let number: usize =
            number.unwrap_or_else(|| panic!("{:?}: no message: {text}", self.scenario)).trim().parse().unwrap();
        let sent = &self.messages[number];
        let expected = if self.scenario.format == "eml" { sent.clone() } else { unix(sent) };
        assert!(bytes == expected, "{:?}: message {number} is half written or changed", self.scenario);
        number
    }

    /// After a kill: whole messages under final names, none of them twice, and on the server nothing
    /// was moved that is not here.
    fn check_what_is_there(&self) {
        let state = self.state();
        assert!(state.is_empty() || state.starts_with("exoimap 2\n") && state.ends_with('\n'), "{state}");
        // An mbox may have a torn end as long as the list says that it is being appended to.
        if self.scenario.format == "mbox" && self.state().contains("\nready ") {
            return;
        }
        let delivered = self.delivered();
        assert!(delivered.values().all(|count| *count == 1), "{:?}: {delivered:?}", self.scenario);
        for moved in &self.world.exchange.folder(ORDERS, "Done").messages {
            let number = self.number_of_sent(&moved.bytes);
            assert!(delivered.contains_key(&number), "{:?}: {number} was moved and is not here", self.scenario);
        }
        if self.scenario.attachments {
            let emails = files(&self.dir).into_iter().filter(|file| file.extension().is_some_and(|e| e == "eml"));
            emails.for_each(|file| assert!(!files(&file.with_extension("")).is_empty(), "{file:?} has no attachment"));
        }
    }

    fn number_of_sent(&self, bytes: &[u8]) -> usize {
        self.messages.iter().position(|message| message == bytes).unwrap()
    }

    /// At the end: every message once, everything moved, every program run, nothing left over.
    fn check_all_once(&self) {
        let Scenario { moves, program, .. } = self.scenario;
        let delivered = self.delivered();
        let wanted: BTreeMap<usize, usize> = (0..self.messages.len()).map(|number| (number, 1)).collect();
        assert_eq!(delivered, wanted, "{:?}", self.scenario);
        if moves {
            let done = self.world.exchange.folder(ORDERS, "Done").messages.len();
            assert_eq!((done, self.world.exchange.folder(ORDERS, "INBOX").messages.len()), (self.messages.len(), 0));
        }
        if program {
            let journal = fs::read_to_string(self.journal()).unwrap();
            let mut uids: Vec<u32> = journal.lines().map(|uid| uid.parse().unwrap()).collect();
            uids.sort_unstable();
            uids.dedup();
            assert_eq!(uids.len(), self.messages.len(), "each was handed over");
        }
        // The state knows each, and nothing that was never delivered.
        let state = self.state();
        let line = |name: &str| state.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let range = |part: &str| {
            let (first, last) = part.split_once(':').unwrap_or((part, part));
            last.parse::<usize>().unwrap() + 1 - first.parse::<usize>().unwrap()
        };
        let known: usize = line("delivered ").unwrap().split(',').map(range).sum();
        assert_eq!((known, line("skipped "), line("ready ")), (self.messages.len(), None, None), "{state}");
        for left in ["tmp", "hold"] {
            assert!(files(&self.dir.join(".exoimap").join(left)).is_empty(), "{:?}: {left}", self.scenario);
        }
    }
}

/// A message: small or not, some with 8-bit bytes, lines that look like an mbox's, an attachment.
fn message(number: usize, attachment: bool) -> Vec<u8> {
    let mut text = format!(
        "From: shop@example.com\r\nTo: orders@contoso.com\r\nSubject: Order {number}\r\nX-Number: {number}\r\n"
    );
    let body = match number % 4 {
        0 => "From here on\r\n>From there\r\n\r\n".to_owned(),
        1 => "注文 \r\n".repeat(1 + number % 300),
        2 => "A line of an order.\r\n".repeat(number % 700),
        _ => format!("no line end {number}"),
    };
    if attachment {
        text.push_str("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n");
        text.push_str(&body);
        text.push_str("\r\n--b\r\nContent-Type: application/pdf; name=order.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--b--\r\n");
    } else {
        text.push_str(&format!("\r\n{body}"));
    }
    text.into_bytes()
}

fn unix(bytes: &[u8]) -> Vec<u8> {
    String::from_utf8(bytes.to_vec()).unwrap().replace("\r\n", "\n").into_bytes()
}

/// Reads an mbox by the rules of mboxrd: `From ` begins an entry, one `>` comes off before `>*From `.
fn mbox_entries(mbox: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8(mbox.to_vec()).unwrap();
    let mut entries: Vec<String> = Vec::new();
    for line in text.split_inclusive('\n') {
        if line.starts_with("From ") {
            entries.push(String::new());
            continue;
        }
        let is_quoted = line.starts_with('>') && line.trim_start_matches('>').starts_with("From ");
        entries.last_mut().expect("it begins with a separator").push_str(&line[usize::from(is_quoted)..]);
    }
    // Every entry ends in an empty line; a message without a line end was given one.
    let whole = entries.into_iter().map(|entry| {
        let entry = entry.strip_suffix('\n').expect("an empty line").to_owned();
        let bare = entry
            .strip_suffix('\n')
            .filter(|rest| rest.rsplit('\n').next().is_some_and(|last| last.starts_with("no line end")));
        bare.map_or(entry.clone(), str::to_owned).into_bytes()
    });
    whole.collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    paths.filter(|path| path.is_file()).collect()
}

/// Takes every file away as soon as it has its final name.
struct Consumer(Arc<AtomicBool>, JoinHandle<()>);

impl Consumer {
    fn start(folders: Vec<PathBuf>, to: PathBuf) -> Consumer {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = thread::spawn(move || {
            let mut number = files(&to).len();
            while !stopped.load(Ordering::Relaxed) && !folders.is_empty() {
                let found = folders.iter().flat_map(|folder| files(folder));
                for file in found.filter(|file| !file.ends_with("mbox.lock")) {
                    number += 1;
                    let _ = fs::rename(file, to.join(format!("{number:06}")));
                }
                thread::sleep(Duration::from_micros(500));
            }
        });
        Consumer(stop, thread)
    }

    fn stop(self) {
        self.0.store(true, Ordering::Relaxed);
        self.1.join().unwrap();
    }
}

/// A small file system of its own, which only root can mount.
struct Disk(PathBuf);

impl Disk {
    fn new(options: &str) -> Disk {
        let at = std::env::temp_dir().join(format!("exoimap-disk-{}-{:?}", std::process::id(), thread::current().id()));
        fs::create_dir_all(&at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&at).status().unwrap();
        assert!(mounted.success(), "a disk that fills up has to be mounted: run the tests as root");
        Disk(at)
    }

    fn remount(&self, options: &str) {
        let how = format!("remount,{options}");
        assert!(Command::new("mount").args(["-o", &how]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
        let _ = fs::remove_dir(&self.0);
    }
}
