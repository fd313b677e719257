//! What the project aims at, beside what was measured. It tells, and asserts nothing:
//! on a busy machine single figures are off.

use crate::clients::Client::{self, Curl, Exoimap, Floor, Mbsync};
use crate::peers::{Part, Row};

/// A megabyte as the aims have it.
const MB: f64 = 1024.0;

struct Figures<'a>(&'a [Row]);

impl Figures<'_> {
    fn row(&self, mailbox: &str, part: Part, client: Client) -> Option<&Row> {
        self.0.iter().find(|row| (row.mailbox, row.part, row.client) == (mailbox, part, client))
    }

    fn exoimap(&self, mailbox: &str, part: Part) -> Option<&Row> {
        self.row(mailbox, part, Exoimap)
    }

    /// The program's peak in MB.
    fn peak(&self, mailbox: &str) -> Option<f64> {
        self.exoimap(mailbox, Part::Memory).map(|row| row.summary.peak_kb as f64 / MB)
    }

    /// CPU in milliseconds without the system's roots.
    fn connect(&self, client: Client) -> Option<f64> {
        self.row("empty", Part::Rootless, client).map(|row| row.summary.cpu * 1000.0)
    }

    /// What the system's roots add to it.
    fn roots(&self, client: Client) -> Option<f64> {
        let with = self.row("empty", Part::Memory, client)?;
        Some(with.summary.cpu * 1000.0 - self.connect(client)?)
    }

    fn commands_again(&self, mailbox: &str) -> Option<f64> {
        self.exoimap(mailbox, Part::Again)?.commands.map(|commands| commands as f64)
    }
}

/// Every aim with its figure, or that it was not measured.
pub(crate) fn print(rows: &[Row]) {
    let figures = Figures(rows);
    println!("\n{:<64} {:>9} {:>9}", "aim", "at most", "measured");
    for (mailbox, what) in [("small", "20,000 x 4 KB"), ("mixed", "600 MB mixed"), ("large", "3 x 150 MB")] {
        let row = figures.exoimap(mailbox, Part::Memory);
        line(&format!("CPU, {what}: times floor's"), 1.25, row.map(|row| row.ratios.cpu));
        let peers = [Mbsync, Curl].map(|peer| figures.row(mailbox, Part::Memory, peer));
        let least = peers.into_iter().flatten().map(|row| row.summary.cpu).reduce(f64::min);
        let beside = row.zip(least).map(|(row, least)| row.summary.cpu / least);
        line(&format!("CPU, {what}: times that of the best peer"), 1.0, beside);
    }
    let durable = |mailbox, peer| {
        let peer = figures.row(mailbox, Part::Disk, peer)?;
        Some(figures.exoimap(mailbox, Part::Disk)?.ratios.wall / peer.ratios.wall)
    };
    line("wall, 20,000 x 4 KB durable on the disk: times mbsync's", 1.0 / 3.0, durable("small", Mbsync));
    let peaks = ["empty", "few", "small", "mixed", "large", "tiny"].map(|mailbox| figures.peak(mailbox));
    line("peak, MB, of all mailboxes", 12.0, peaks.into_iter().flatten().reduce(f64::max));
    let added = figures.peak("tiny").zip(figures.peak("few")).map(|(many, few)| many - few);
    line("peak, MB, that 200,000 messages add to that of 2,000", 2.0, added);
    line("peak with --attachments, times the message, beyond 12 MB", 2.0, None);
    let commands = figures.exoimap("small", Part::Memory).and_then(|row| row.commands);
    line("commands for 20,000 messages", 10.0, commands.map(|commands| commands as f64));
    let delayed = figures.exoimap("few", Part::Delayed);
    line("wall, 2,000 x 4 KB at 100 ms: times floor's", 1.2, delayed.map(|row| row.ratios.wall));
    line("wall, 2,000 x 4 KB at 100 ms: seconds", 0.8, delayed.map(|row| row.summary.wall));
    line("CPU ms to connect and sign in, without the system's roots", 20.0, figures.connect(Exoimap));
    let roots = figures.roots(Exoimap).zip(figures.roots(Floor)).map(|(own, floor)| own / floor);
    line("CPU of the system's roots: times floor's (parsed once: 1)", 1.25, roots);
    for (mailbox, what) in [("few", "2,000"), ("small", "20,000")] {
        let turns = figures.exoimap(mailbox, Part::AgainDelayed).and_then(|row| row.turns);
        line(&format!("nothing new in {what}: turn-arounds"), 6.0, turns.map(|turns| turns as f64));
        let wall = figures.exoimap(mailbox, Part::Again).map(|row| row.summary.wall * 1000.0);
        line(&format!("nothing new in {what}: wall ms"), 30.0, wall);
    }
    let more = figures.commands_again("small").zip(figures.commands_again("few")).map(|(many, few)| many - few);
    line("nothing new: commands for 20,000 beyond those for 2,000", 0.0, more);
    let cpu = |mailbox| figures.exoimap(mailbox, Part::Again).map(|row| row.summary.cpu);
    let scan = cpu("small").zip(cpu("few")).map(|(many, few)| many / few);
    line("nothing new (DIR not read): CPU for 20,000, times 2,000's", 1.25, scan);
}

fn line(aim: &str, limit: f64, measured: Option<f64>) {
    let Some(figure) = measured else {
        println!("{aim:<64} {limit:9.2} {:>9}  not measured", "-");
        return;
    };
    let verdict = if figure <= limit { "held" } else { "NOT HELD" };
    println!("{aim:<64} {limit:9.2} {figure:9.2}  {verdict}");
}
