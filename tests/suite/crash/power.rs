//! A power cut at any moment: what was not synced may be lost, names and bytes apart. strace says what a run does to its
//! files; from that every state is made that a cut may leave, and another run must make good of each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::{Office, PLAIN, Scenario};

/// What a disk has: the bytes of files, nothing for directories.
type Tree = BTreeMap<PathBuf, Option<Vec<u8>>>;

const SYSCALLS: &str = "trace=openat,write,pwrite64,writev,lseek,ftruncate,copy_file_range,sendfile,fsync,fdatasync,\
                        rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir";

#[test]
fn a_power_cut_at_any_moment_loses_nothing_and_doubles_nothing() {
    let traced = Command::new("strace").args(["-f", "true"]).output().expect("apt-get install strace");
    assert!(traced.status.success(), "strace cannot trace here: {}", String::from_utf8_lossy(&traced.stderr));
    let scenarios = ["eml", "maildir", "mbox"].map(|format| Scenario { format, ..PLAIN });
    let moves = Scenario { moves: true, ..PLAIN };
    thread::scope(|scope| {
        scenarios.into_iter().chain([moves]).for_each(|scenario| drop(scope.spawn(move || sweep(scenario))))
    });
}

/// A first run, then one that finds mail beside what is there.
fn sweep(scenario: Scenario) {
    let mut office = Office::with(scenario, 2);
    for _ in 0..2 {
        let (states, last) = states(&office);
        // The server has moved everything by now, so only what is there at the end must be whole.
        let cuts = if scenario.moves { last.into() } else { states };
        assert!(scenario.moves || cuts.len() >= 12, "{scenario:?}: {} cuts miss the work", cuts.len());
        for tree in cuts {
            restore(&office.dir, &tree);
            office.run(0);
            office.check_all_once();
        }
        office.post(2);
    }
}

fn restore(dir: &Path, tree: &Tree) {
    let _ = fs::remove_dir_all(dir);
    for (path, bytes) in tree {
        match bytes {
            None => fs::create_dir(path).unwrap(),
            Some(bytes) => fs::write(path, bytes).unwrap(),
        }
    }
}

/// Runs it once: each state that a cut during it may leave, once, and those at its end.
fn states(office: &Office) -> (Vec<Tree>, [Tree; 2]) {
    let mut disk = Disk::of(&office.dir);
    let (plain, trace) = (office.command(), office.world.folder.path().join("strace"));
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-xx", "-s", "10000000", "-e", SYSCALLS, "-o"]).arg(&trace).arg(plain.get_program());
    command.args(plain.get_args()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ended = command.output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let (mut seen, mut states) = (BTreeSet::new(), Vec::new());
    for call in calls(&fs::read_to_string(trace).unwrap()) {
        disk.take(&call);
        let new = disk.after_a_cut().into_iter().filter(|state| seen.insert(state.clone()));
        states.extend(new);
    }
    (states, disk.after_a_cut())
}

struct Call {
    name: String,
    /// Numbers, flags and descriptors as strace writes them.
    text: String,
    /// Its strings.
    strings: Vec<Vec<u8>>,
    /// The paths of its descriptors, the result's last.
    paths: Vec<PathBuf>,
    result: i64,
}

/// The calls that succeeded; one that another thread's interrupts is put together.
fn calls(trace: &str) -> Vec<Call> {
    let (mut begun, mut calls) = (HashMap::new(), Vec::new());
    for line in trace.lines() {
        let (process, rest) = line.split_once(' ').unwrap();
        let rest = rest.trim_start();
        let whole = match (rest.strip_suffix(" <unfinished ...>"), rest.split_once(" resumed>")) {
            (Some(first), _) => {
                begun.insert(process, first);
                continue;
            }
            (None, Some((_, second))) => format!("{}{second}", begun.remove(process).unwrap()),
            _ => rest.to_owned(),
        };
        let Some((head, result)) = whole.rsplit_once(" = ") else { continue };
        let Some((name, text)) = head.split_once('(') else { continue };
        let digits: String = result.chars().take_while(char::is_ascii_digit).collect();
        let Ok(result_number) = digits.parse() else { continue };
        let hexes = |open: char, close: char, text: &str| -> Vec<Vec<u8>> {
            let pieces = text.split(open).skip(1).filter_map(|piece| piece.split(close).next());
            pieces.filter(|piece| piece.is_empty() || piece.starts_with("\\x")).map(bytes).collect()
        };
        let strings = text.split('"').skip(1).step_by(2).map(bytes).collect();
        let paths = hexes('<', '>', &whole).into_iter().map(|path| PathBuf::from(String::from_utf8(path).unwrap()));
        calls.push(Call {
            name: name.to_owned(),
            text: text.to_owned(),
            strings,
            paths: paths.collect(),
            result: result_number,
        });
    }
    calls
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.split("\\x").skip(1).map(|digits| u8::from_str_radix(&digits[..2], 16).unwrap()).collect()
}

/// What a program sees, and what is durable of it.
#[derive(Default)]
struct Disk {
    dir: PathBuf,
    /// The bytes of each file, as they are and as they were synced.
    files: Vec<(Vec<u8>, Vec<u8>)>,
    /// Names as they are and as they were synced, with the file; none for a directory.
    now: BTreeMap<PathBuf, Option<usize>>,
    kept: BTreeMap<PathBuf, Option<usize>>,
    /// Where each descriptor writes, or that it appends.
    at: HashMap<String, Option<usize>>,
}

impl Disk {
    /// All that is there is durable.
    fn of(dir: &Path) -> Disk {
        let mut disk = Disk { dir: dir.to_owned(), ..Disk::default() };
        let mut left = vec![dir.to_owned()];
        while let Some(path) = left.pop() {
            let bytes = fs::read(&path).ok();
            if bytes.is_none() {
                left.extend(fs::read_dir(&path).into_iter().flatten().map(|entry| entry.unwrap().path()));
            }
            if path.exists() {
                disk.files.extend(bytes.clone().map(|bytes| (bytes.clone(), bytes)));
                disk.now.insert(path, bytes.map(|_| disk.files.len() - 1));
            }
        }
        disk.kept = disk.now.clone();
        disk
    }

    fn take(&mut self, call: &Call) {
        let cwd = call.paths.first().cloned().unwrap_or_default();
        let named: Vec<PathBuf> = match call.name.as_str() {
            "write" | "pwrite64" | "writev" => Vec::new(),
            _ => call.strings.iter().map(|name| cwd.join(String::from_utf8_lossy(name).as_ref())).collect(),
        };
        let is_ours = |path: &PathBuf| path.starts_with(&self.dir) || self.dir.parent() == Some(path);
        if !named.iter().chain(&call.paths).any(is_ours) {
            return;
        }
        let descriptor = call.text.split(['<', ',', ')']).next().unwrap_or_default().to_owned();
        match (call.name.as_str(), named.as_slice()) {
            ("mkdir" | "mkdirat", [dir]) => drop(self.now.insert(dir.clone(), None)),
            ("rmdir" | "unlink" | "unlinkat", [path]) => drop(self.now.remove(path)),
            ("rename" | "renameat" | "renameat2", [from, to]) => {
                let file = self.now.remove(from).unwrap();
                assert!(file.is_some(), "a directory is renamed: {from:?}");
                self.now.insert(to.clone(), file);
            }
            ("link" | "linkat", [from, to]) => drop(self.now.insert(to.clone(), self.now[from])),
            ("openat", [path]) => {
                if call.text.contains("O_CREAT") && !self.now.contains_key(path) {
                    self.files.push(Default::default());
                    self.now.insert(path.clone(), Some(self.files.len() - 1));
                }
                if let (true, Some(Some(file))) = (call.text.contains("O_TRUNC"), self.now.get(path)) {
                    self.files[*file].0.clear();
                }
                let at = (!call.text.contains("O_APPEND")).then_some(0);
                self.at.insert(call.result.to_string(), at);
            }
            ("lseek", _) => {
                self.at.entry(descriptor).and_modify(|at| *at = at.map(|_| call.result as usize));
            }
            ("fsync" | "fdatasync", _) => self.sync(&call.paths[0]),
            ("ftruncate", _) => {
                let length = call.text.rsplit(", ").next().unwrap().trim_end_matches([')', ' ']).parse().unwrap();
                if let Some(file) = self.file(&call.paths[0]) {
                    self.files[file].0.resize(length, 0);
                }
            }
            ("write", _) => {
                let Some(file) = self.file(&call.paths[0]) else { return };
                let (now, written) = (&mut self.files[file].0, &call.strings[0]);
                let place = self.at.entry(descriptor).or_insert(None);
                let at = place.unwrap_or(now.len());
                now.resize(now.len().max(at + written.len()), 0);
                now[at..at + written.len()].copy_from_slice(written);
                *place = place.map(|at| at + written.len());
            }
            (other, _) => panic!("{other} is not expected: {}", call.text),
        }
    }

    fn file(&self, path: &Path) -> Option<usize> {
        self.now.get(path).copied().flatten()
    }

    fn sync(&mut self, path: &Path) {
        if let Some(file) = self.file(path) {
            let now = self.files[file].0.clone();
            self.files[file].1 = now;
            return;
        }
        let is_in = |name: &PathBuf| name.parent() == Some(path);
        self.kept.retain(|name, _| !is_in(name));
        self.kept.extend(self.now.iter().filter(|(name, _)| is_in(name)).map(|(name, file)| (name.clone(), *file)));
    }

    /// Of the bytes what was synced; of the names what was synced, or all, as a journal may have them.
    fn after_a_cut(&self) -> [Tree; 2] {
        [&self.kept, &self.now].map(|names| {
            // A directory that is lost takes with it what is in it.
            let is_dir = |path: &Path| !path.starts_with(&self.dir) || names.get(path).is_some_and(Option::is_none);
            let reached = names.iter().filter(|(name, _)| name.ancestors().skip(1).all(is_dir));
            reached.map(|(name, file)| (name.clone(), file.map(|file| self.files[file].1.clone()))).collect()
        })
    }
}
