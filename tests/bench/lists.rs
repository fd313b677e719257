//! A list of mailboxes in one run, `--jobs` of them side by side.

use std::fs;

use crate::clients::{Client, Task};
use crate::ground::{Ground, Mailbox, Scratch};
use crate::measure::{self, Summary};
use crate::support::corpus::Corpus;

/// Mailboxes of the list, each with two messages.
const MAILBOXES: usize = 2_000;

const JOBS: [usize; 4] = [1, 4, 16, 64];

/// How it went with each number of jobs, the first run first, then one with nothing new.
pub(crate) fn measure(ground: &Ground, memory: &Scratch) -> Vec<(String, Summary)> {
    let addresses: Vec<_> = (1..=MAILBOXES).map(|number| format!("list{number:04}@contoso.com")).collect();
    let corpus = Corpus::small(2);
    addresses.iter().for_each(|address| corpus.fill(&ground.server, address, "INBOX"));
    let list = memory.path().join("mailboxes");
    fs::write(&list, addresses.join("\n")).unwrap();
    let mut rows = Vec::new();
    println!("\n{MAILBOXES} mailboxes in one run: 1 run each\n{:<24} {}", "", Summary::TITLE);
    for jobs in JOBS {
        let dir = memory.path().join(format!("list-{jobs}"));
        let mailbox = Mailbox { name: "list", address: "", corpus };
        let port = ground.server.port();
        let task = Task { ground, mailbox: &mailbox, dir: &dir, port, durable: false, system_roots: true };
        let mut job = Client::Exoimap.job(&task);
        job.environment.retain(|(name, _)| *name != "EXOIMAP_MAILBOX");
        job.arguments.extend(["--mailboxes".into(), list.display().to_string(), "--jobs".into(), jobs.to_string()]);
        for what in ["all new", "nothing new"] {
            let summary = Summary::of(&[measure::run(&job, memory.path())]);
            println!("{:<24} {summary}", format!("{jobs} jobs, {what}"));
            rows.push((format!("{jobs} jobs, {what}"), summary));
        }
        let delivered =
            addresses.iter().filter(|address| fs::read_dir(dir.join(address)).is_ok_and(|dir| dir.count() == 3));
        assert_eq!(delivered.count(), MAILBOXES, "each mailbox has its two messages");
        fs::remove_dir_all(dir).unwrap();
    }
    rows
}
