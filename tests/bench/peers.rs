//! The long comparison: floor, exoimap, mbsync, imaplib and curl, side by side and in turns.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::aims;
use crate::clients::{Client, Task};
use crate::delay::Relay;
use crate::ground::{self, Ground, Mailbox, Scratch};
use crate::lists;
use crate::measure::{self, Ratios, Sample, Summary};
use crate::support::corpus::Corpus;

use Client::{Curl, Exoimap, Floor, Imaplib, Mbsync};

/// A line around half the world.
const ROUND_TRIP: Duration = Duration::from_millis(100);

/// Under which conditions a mailbox is downloaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    /// Output in memory: what the program itself costs.
    Memory,
    /// The same where the TLS library finds no system roots to parse.
    Rootless,
    /// Output on the disk, made durable.
    Disk,
    /// Output in memory, the server far away.
    Delayed,
    /// A second run into the directory of a first one: there is nothing new.
    Again,
    AgainDelayed,
}

impl Part {
    fn title(self) -> &'static str {
        match self {
            Part::Memory => "output in memory",
            Part::Rootless => "output in memory, no system roots to parse",
            Part::Disk => "output on the disk, durable",
            Part::Delayed => "output in memory, 100 ms a round trip",
            Part::Again => "nothing new",
            Part::AgainDelayed => "nothing new, 100 ms a round trip",
        }
    }

    /// The ratios are to the first one.
    fn clients(self, mailbox: &Mailbox) -> &'static [Client] {
        match self {
            Part::Memory if mailbox.name == "tiny" => &[Floor, Exoimap],
            Part::Memory => &[Floor, Exoimap, Mbsync, Imaplib, Curl],
            Part::Rootless => &[Floor, Exoimap],
            // curl waits for every message: 2,000 would take over 200 s.
            Part::Delayed => &[Floor, Exoimap, Mbsync, Imaplib],
            Part::Disk => &[Floor, Exoimap, Mbsync],
            // Floor and curl know nothing of a first run.
            Part::Again | Part::AgainDelayed => &[Mbsync, Exoimap],
        }
    }

    fn delayed(self) -> bool {
        matches!(self, Part::Delayed | Part::AgainDelayed)
    }

    fn again(self) -> bool {
        matches!(self, Part::Again | Part::AgainDelayed)
    }
}

struct Plan {
    mailbox: Mailbox,
    what: &'static str,
    /// With the number of rounds.
    parts: &'static [(Part, usize)],
}

fn plans() -> Vec<Plan> {
    let plan = |name, address, corpus, what, parts| Plan { mailbox: Mailbox { name, address, corpus }, what, parts };
    vec![
        plan(
            "empty",
            "empty@contoso.com",
            Corpus::empty(),
            "an empty mailbox",
            &[(Part::Memory, 9), (Part::Rootless, 9)],
        ),
        plan(
            "few",
            "few@contoso.com",
            Corpus::small(2_000),
            "2,000 x 4 KB",
            &[(Part::Memory, 7), (Part::Delayed, 3), (Part::Again, 7), (Part::AgainDelayed, 3)],
        ),
        plan(
            "small",
            "small@contoso.com",
            Corpus::small(20_000),
            "20,000 x 4 KB",
            &[(Part::Memory, 5), (Part::Disk, 3), (Part::Again, 7), (Part::AgainDelayed, 3)],
        ),
        plan("mixed", "mixed@contoso.com", Corpus::mixed(2_073), "600 MB mixed", &[(Part::Memory, 5), (Part::Disk, 2)]),
        plan("large", "large@contoso.com", Corpus::each(3, 150_000_000), "3 x 150 MB", &[(Part::Memory, 5)]),
        plan("tiny", "tiny@contoso.com", Corpus::each(200_000, 40), "200,000 x 40 bytes", &[(Part::Memory, 1)]),
    ]
}

/// One client's figures for one mailbox and part.
pub(crate) struct Row {
    pub(crate) mailbox: &'static str,
    pub(crate) part: Part,
    pub(crate) client: Client,
    pub(crate) summary: Summary,
    /// To the first client of the part.
    pub(crate) ratios: Ratios,
    pub(crate) commands: Option<usize>,
    pub(crate) turns: Option<usize>,
}

impl Row {
    fn print(&self, first_commands: Option<usize>) {
        let shown = |count: Option<usize>| count.map_or("-".to_owned(), |count| count.to_string());
        let Ratios { cpu, wall, peak } = self.ratios;
        let commands = match (self.commands, first_commands) {
            (Some(commands), Some(first)) => format!("{:8.2}", commands as f64 / first as f64),
            _ => String::new(),
        };
        let (name, summary) = (self.client.name(), &self.summary);
        print!("{name:<8} {summary} {:>9} {:>7} |", shown(self.commands), shown(self.turns));
        println!(" {:11} {cpu:5.2} {wall:5.2} {peak:5.2} {commands}", "");
    }
}

/// Only the mailboxes named, where any are.
pub(crate) fn compare(only: &[String], table: Option<&Path>) {
    let mut plans = plans();
    for name in only {
        let names: Vec<_> = plans.iter().map(|plan| plan.mailbox.name).collect();
        assert!(names.contains(&name.as_str()), "--only takes one of {}, not {name}", names.join(", "));
    }
    plans.retain(|plan| only.is_empty() || only.iter().any(|name| name == plan.mailbox.name));
    [Floor, Exoimap, Mbsync, Imaplib, Curl].into_iter().for_each(Client::check_tool);

    let memory = ground::memory().expect("--peers needs /dev/shm: on a disk CPU figures are about the disk");
    let memory = Scratch::in_folder(memory);
    let disk = Scratch::in_folder(Path::new(env!("CARGO_TARGET_TMPDIR")));
    let ground = Ground::prepare(memory.path());
    let relay = Relay::start(ground.server.port(), ROUND_TRIP);
    let mut bench = Peers { ground, memory, disk, relay, rows: Vec::new(), made: Cell::new(0) };
    println!("Medians of the runs; ratios are medians of the rounds' ratios. Clients run in turns, after one");
    println!("run each to warm up; commands (after the login) are counted in a run of their own. In memory");
    println!("mbsync and floor sync nothing; curl reads no system roots, and is told the UIDs.");
    for plan in &plans {
        let begun = Instant::now();
        bench.ground.fill(&plan.mailbox);
        for (part, rounds) in plan.parts {
            bench.part(plan, *part, *rounds);
        }
        println!("({}: {:.0} s)", plan.mailbox.name, begun.elapsed().as_secs_f64());
    }
    aims::print(&bench.rows);
    let lists = if only.is_empty() { lists::measure(&bench.ground, &bench.memory) } else { Vec::new() };
    if let Some(table) = table {
        fs::write(table, csv(&bench.rows, &lists)).unwrap();
    }
}

/// What `tests/plots` draws.
fn csv(rows: &[Row], lists: &[(String, Summary)]) -> String {
    let mut table = String::from("mailbox,part,client,cpu_s,wall_s,peak_mb,cpu_ratio,wall_ratio,commands,turns\n");
    let figures =
        |summary: &Summary| format!("{:.3},{:.3},{:.1}", summary.cpu, summary.wall, summary.peak_kb as f64 / 1024.0);
    let shown = |count: Option<usize>| count.map_or(String::new(), |count| count.to_string());
    for row in rows {
        let Ratios { cpu, wall, .. } = row.ratios;
        let (part, client, figures) = (row.part, row.client.name(), figures(&row.summary));
        let (commands, turns) = (shown(row.commands), shown(row.turns));
        table += &format!("{},{part:?},{client},{figures},{cpu:.2},{wall:.2},{commands},{turns}\n", row.mailbox);
    }
    for (what, summary) in lists {
        table += &format!("list,\"{what}\",exoimap,{},,,,\n", figures(summary));
    }
    table
}

struct Peers {
    // Stopped before its certificate goes.
    ground: Ground,
    memory: Scratch,
    disk: Scratch,
    relay: Relay,
    rows: Vec<Row>,
    /// Directories so far: none is used twice.
    made: Cell<usize>,
}

impl Peers {
    fn part(&mut self, plan: &Plan, part: Part, rounds: usize) {
        let (mailbox, clients) = (&plan.mailbox, part.clients(&plan.mailbox));
        let mut runs: Vec<Runs> = clients.iter().map(|client| Runs::of(*client)).collect();
        let warm_up = usize::from(mailbox.name != "tiny");
        if part == Part::Disk {
            // What others left to be written would be written in the first run.
            assert!(Command::new("sync").status().expect("sync runs").success());
        }
        for round in 0..rounds + warm_up {
            for runs in &mut runs {
                let sample = self.run(mailbox, part, runs);
                if round >= warm_up {
                    runs.samples.push(sample);
                }
            }
        }
        println!("\n{}, {}: {rounds} runs", plan.what, part.title());
        println!("{:<8} {}   turns | to {:<8}  CPU  wall  peak commands", "", Summary::TITLE, clients[0].name());
        let first = runs[0].samples.clone();
        let mut first_commands = None;
        for mut runs in runs {
            let commands = matches!(part, Part::Memory | Part::Again).then(|| {
                self.ground.count_commands(mailbox, || {
                    self.run(mailbox, part, &mut runs);
                })
            });
            first_commands = first_commands.or(commands);
            if let Some(dir) = runs.dir {
                fs::remove_dir_all(dir).unwrap();
            }
            let row = Row {
                mailbox: mailbox.name,
                part,
                client: runs.client,
                summary: Summary::of(&runs.samples),
                ratios: Ratios::of(&runs.samples, &first),
                commands,
                turns: runs.turns,
            };
            row.print(first_commands);
            self.rows.push(row);
        }
    }

    fn run(&self, mailbox: &Mailbox, part: Part, runs: &mut Runs) -> Sample {
        let out = if part == Part::Disk { &self.disk } else { &self.memory };
        let dir = match &runs.dir {
            Some(dir) if part.again() => dir.clone(),
            _ => {
                self.made.set(self.made.get() + 1);
                let dir = out.path().join(format!("{}.{}", self.made.get(), runs.client.name()));
                fs::create_dir(&dir).unwrap();
                dir
            }
        };
        let task = |port| Task {
            ground: &self.ground,
            mailbox,
            dir: &dir,
            port,
            durable: part == Part::Disk,
            system_roots: part != Part::Rootless,
        };
        let direct = self.ground.server.port();
        if part.again() && runs.dir.is_none() {
            // The first run, after which nothing is new.
            measure::run(&runs.client.job(&task(direct)), self.memory.path());
        }
        let port = if part.delayed() { self.relay.port() } else { direct };
        self.relay.take_turns();
        let sample = measure::run(&runs.client.job(&task(port)), self.memory.path());
        if part.delayed() {
            runs.turns = Some(self.relay.take_turns());
        }
        runs.client.check(mailbox, &dir);
        if part.again() {
            runs.dir = Some(dir);
        } else if part != Part::Disk {
            // From the disk they all go at the end: ext4 would skip their inodes one by one.
            fs::remove_dir_all(dir).unwrap();
        }
        sample
    }
}

/// The runs of one client in one part.
struct Runs {
    client: Client,
    samples: Vec<Sample>,
    /// The directory that every run gets again.
    dir: Option<PathBuf>,
    turns: Option<usize>,
}

impl Runs {
    fn of(client: Client) -> Self {
        Runs { client, samples: Vec::new(), dir: None, turns: None }
    }
}
