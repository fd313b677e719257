//! What a download costs: `exoimap fetch` beside the least that IMAP allows (`floor.rs`),
//! run in turns against one Dovecot. It shows figures and judges none of them.
//!
//! ```text
//! cargo bench --bench fetch [-- --quick] [--runs N] [--floor-only] [--out DIR]
//! cargo bench --bench fetch -- --peers [--only NAME]... [--csv FILE]
//! ```
//!
//! Output goes to memory (/dev/shm), so that CPU is compared and no disk. `--out DIR` is
//! for the disk: there floor syncs each file, since exoimap makes all of them durable.
//!
//! `--peers` compares with mbsync, imaplib and curl too, on more mailboxes, in memory, on the disk
//! and over a long line, then a list of 2,000 mailboxes, and ends with every aim and its figure. It takes
//! some fifteen minutes on 2 cores, 2 GB of memory and 15 GB of disk. `--only` takes some of its mailboxes.
//! `--csv` writes what `tests/plots` makes docs/performance.md of.

// A benchmark prints, and what is out of order ends it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod aims;
mod clients;
mod delay;
mod ground;
mod lists;
mod measure;
mod peers;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::PathBuf;

use clients::{Client, Task};
use ground::{Ground, Mailbox, Scratch};
use measure::{Sample, Summary};
use support::corpus::Corpus;

fn mailboxes(quick: bool) -> [Mailbox; 3] {
    let (small, large) = if quick { (500, 20_000_000) } else { (2_000, 150_000_000) };
    [
        Mailbox { name: "small: many x 4 KB", address: "small@contoso.com", corpus: Corpus::small(small) },
        Mailbox { name: "large: one message", address: "large@contoso.com", corpus: Corpus::one(large) },
        Mailbox { name: "empty", address: "empty@contoso.com", corpus: Corpus::empty() },
    ]
}

fn main() {
    let options = Options::from_arguments();
    measure::check_tools();
    if options.peers {
        return peers::compare(&options.only, options.csv.as_deref());
    }
    let bench = Bench::prepare(&options);
    println!(
        "{} runs a client and mailbox, in turns, after one to warm up; output in {}\n",
        options.runs,
        bench.out.path().display()
    );
    println!("{:<20} {:<8} {}", "", "", Summary::TITLE);
    let mut peaks = Vec::new();
    for mailbox in mailboxes(options.quick) {
        peaks.push(bench.compare(&mailbox));
    }
    let [_, large, empty] = peaks.as_slice() else { unreachable!("three mailboxes") };
    for ((client, large), (_, empty)) in large.iter().zip(empty) {
        let megabytes = (*large as f64 - *empty as f64) / 1024.0;
        println!("{}: the large message adds {megabytes:.1} MB to the peak of the empty mailbox", client.name());
    }
}

struct Options {
    peers: bool,
    only: Vec<String>,
    csv: Option<PathBuf>,
    quick: bool,
    runs: usize,
    clients: Vec<Client>,
    out: PathBuf,
    on_disk: bool,
}

impl Options {
    fn from_arguments() -> Self {
        let memory = ground::memory();
        let mut options = Options {
            peers: false,
            only: Vec::new(),
            csv: None,
            quick: false,
            runs: 0,
            clients: vec![Client::Floor, Client::Exoimap],
            out: memory.map_or_else(std::env::temp_dir, PathBuf::from),
            on_disk: memory.is_none(),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} wants a value"));
            match argument.as_str() {
                "--bench" => {} // from cargo
                "--peers" => options.peers = true,
                "--only" => options.only.push(value()),
                "--csv" => options.csv = Some(value().into()),
                "--quick" => options.quick = true,
                "--floor-only" => options.clients = vec![Client::Floor],
                "--runs" => options.runs = value().parse().expect("a number of runs"),
                "--out" => {
                    options.out = value().into();
                    options.on_disk = true;
                }
                other => panic!("unknown option {other}"),
            }
        }
        if options.runs == 0 {
            options.runs = if options.quick { 3 } else { 11 };
        }
        options
    }
}

struct Bench<'a> {
    options: &'a Options,
    out: Scratch,
    ground: Ground,
}

impl<'a> Bench<'a> {
    fn prepare(options: &'a Options) -> Self {
        let out = Scratch::in_folder(&options.out);
        let ground = Ground::prepare(out.path());
        for mailbox in mailboxes(options.quick) {
            ground.fill(&mailbox);
        }
        Bench { options, out, ground }
    }

    /// Prints the lines of one mailbox and gives each client's peak memory in KB.
    fn compare(&self, mailbox: &Mailbox) -> Vec<(Client, u64)> {
        let clients = &self.options.clients;
        for client in clients {
            self.run(*client, mailbox, 0);
        }
        let mut samples = vec![Vec::new(); clients.len()];
        for number in 1..=self.options.runs {
            for (client, samples) in clients.iter().zip(&mut samples) {
                samples.push(self.run(*client, mailbox, number));
            }
        }
        let mut floor = None;
        let mut peaks = Vec::new();
        for (client, samples) in clients.iter().zip(&samples) {
            let summary = Summary::of(samples);
            let commands = self.ground.count_commands(mailbox, || {
                self.run(*client, mailbox, self.options.runs + 1);
            });
            println!("{:<20} {:<8} {summary} {commands:>9}", mailbox.name, client.name());
            if let Some(floor) = &floor {
                println!("{:<20} {:<8} {}", "", "ratio", summary.ratios(floor));
            } else {
                floor = Some(summary);
            }
            peaks.push((*client, summary.peak_kb));
        }
        println!();
        peaks
    }

    fn run(&self, client: Client, mailbox: &Mailbox, number: usize) -> Sample {
        let dir = self.out.path().join(format!("{}.{}.{number}", mailbox.address, client.name()));
        fs::create_dir(&dir).unwrap();
        let task = Task {
            ground: &self.ground,
            mailbox,
            dir: &dir,
            port: self.ground.server.port(),
            durable: self.options.on_disk,
            system_roots: true,
        };
        let sample = measure::run(&client.job(&task), self.out.path());
        client.check(mailbox, &dir);
        // Never on ext4 right before a run: it then skips the freed inodes one by one.
        if !self.options.on_disk {
            fs::remove_dir_all(dir).unwrap();
        }
        sample
    }
}
