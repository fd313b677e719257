//! The house: who may know whom, who prints, what never panics, how much there is of it.

mod circles;
mod core;
mod dependencies;
mod published;
mod source;
mod tracked;
mod words;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

pub(crate) use source::root;

use source::Source;

/// Which part of the library may use which, from the top down: an arrow can only point to a line
/// below. A new arrow is added here on purpose, or not at all. `imap` and `entra` have none
/// between them.
const HOUSE: [(&str, &[&str]); 18] = [
    (
        "delivery",
        &[
            "calendar", "error", "exchange", "files", "imap", "mime", "net", "retry", "secret", "text", "threads",
            "time",
        ],
    ),
    (
        "bridge",
        &[
            "entra",
            "error",
            "exchange",
            "files",
            "imap",
            "net",
            "retry",
            "secret",
            "text",
            "threads",
            "time",
            "transcript",
        ],
    ),
    ("advice", &["entra", "error", "exchange", "imap", "net", "text"]),
    ("exchange", &["entra", "error", "imap", "mime", "net", "retry", "secret", "text", "time", "calendar"]),
    ("imap", &["calendar", "error", "mime", "net", "secret", "text", "time", "transcript"]),
    ("entra", &["calendar", "error", "files", "net", "retry", "secret", "text", "time"]),
    ("mime", &["calendar", "error", "text", "time"]),
    ("retry", &["error", "net", "time"]),
    ("net", &["error", "files", "secret", "text", "threads", "time"]),
    ("files", &["error", "secret", "text", "threads"]),
    ("threads", &["error"]),
    ("error", &["secret", "text"]),
    ("transcript", &["secret", "text"]),
    ("text", &["secret"]),
    ("secret", &[]),
    ("calendar", &[]),
    ("time", &[]),
    ("version", &[]),
];

/// Lines of each room, without tests. They only go down, but for a line in an issue.
const BUDGETS: [(&str, usize); 10] = [
    ("cli", 5020),
    ("delivery", 4180),
    ("bridge", 1500),
    ("advice", 1300),
    ("exchange", 1670),
    ("entra", 1890),
    ("imap", 3720),
    ("mime", 1700),
    ("net", 1350),
    ("ground", 1610),
];

/// The room of a file: what stands alone in `src/` is the ground, `main` and `lib` are doors.
fn room(source: &Source) -> Option<&str> {
    if ["main.rs", "lib.rs"].contains(&source.path.as_str()) {
        return None;
    }
    Some(if source.path.contains('/') { source.module() } else { "ground" })
}

#[test]
fn arrows_are_those_of_the_table_and_point_down() {
    for (at, (module, arrows)) in HOUSE.iter().enumerate() {
        let below: Vec<_> = HOUSE[at + 1..].iter().map(|(module, _)| module).collect();
        let upwards: Vec<_> = arrows.iter().filter(|arrow| !below.contains(arrow)).collect();
        assert!(upwards.is_empty(), "{module} stands above {upwards:?}");
    }
    for source in Source::all().iter().filter(|source| !["main", "lib", "cli"].contains(&source.module())) {
        let known = HOUSE.iter().find(|(module, _)| *module == source.module());
        let (module, arrows) = known.unwrap_or_else(|| panic!("{} is in no line of the table", source.path));
        let used = named_from_the_root(source).into_iter().filter(|name| name != module);
        let new: Vec<_> = used.filter(|name| !arrows.contains(name)).collect();
        assert!(new.is_empty(), "{} uses {new:?}, which the table does not allow {module}", source.path);
    }
}

#[test]
fn modules_lie_where_rust_looks_for_them() {
    let sources = Source::all();
    let found: Vec<_> = sources
        .iter()
        .filter(|source| source.code.contains("#[path"))
        .filter(|source| {
            source.path != "lib.rs"
                || source.text.matches("#[path").count() != source.text.matches("\"../tests/").count()
        })
        .map(|source| &source.path)
        .collect();
    assert!(found.is_empty(), "#[path] is for tests: {found:?}");
}

#[test]
fn main_leaves_everything_to_cli() {
    let main = fs::read_to_string(root().join("src/main.rs")).unwrap();
    let code: Vec<_> = main.lines().filter(|line| !line.is_empty() && !line.starts_with("//")).collect();
    assert_eq!(code, ["fn main() -> std::process::ExitCode {", "    exoimap::cli::run()", "}"]);
}

/// What strangers see: types, functions, traits, constants. It only goes down, but for a line in an issue.
const PUBLIC_ITEMS: usize = 168;

#[test]
fn the_public_face_is_narrow() {
    let library = Source::all().into_iter().filter(|source| !["main", "cli"].contains(&source.module()));
    let kinds = ["fn ", "const fn ", "struct ", "enum ", "trait ", "type ", "const "];
    let is_item = |line: &str| {
        line.trim_start().strip_prefix("pub ").is_some_and(|rest| kinds.iter().any(|kind| rest.starts_with(kind)))
    };
    let items: Vec<_> = library.flat_map(|source| source.find(is_item)).collect();
    println!("{} public items", items.len());
    assert!(items.len() <= PUBLIC_ITEMS, "{} items are public: {items:#?}", items.len());
}

/// What stands behind `crate::`.
fn named_from_the_root(source: &Source) -> Vec<&str> {
    let path = &source.path;
    // Ways around the table.
    let is_file_of_the_root = !path.contains('/');
    let climbs = if is_file_of_the_root { "super::" } else { "super::super::" };
    assert!(path == "lib.rs" || !source.code.contains(climbs), "{path}: name it from crate::, not by {climbs}");
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let behind = source.code.split("crate::").skip(1);
    let named: Vec<_> = behind.map(|rest| rest.split(|c| !is_word(c)).next().unwrap_or_default()).collect();
    assert!(!named.contains(&""), "{path}: one `use crate::…` for each module");
    named
}

#[test]
fn only_the_program_prints_and_exits() {
    let words = ["println!", "print!", "eprint!", "dbg!", "stdout", "stderr", "process::exit", "abort(", "ExitCode"];
    // What a program that takes messages prints goes to our stderr; nothing of ours does.
    let handed_on = "delivery/program.rs: .stdout(std::io::stderr());";
    let library = Source::all().into_iter().filter(|source| !["main", "cli"].contains(&source.module()));
    let found: Vec<_> = library
        .flat_map(|source| source.find(|line| words.iter().any(|w| line.contains(w))))
        .filter(|found| found != handed_on)
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// What an error of the library says stands for itself; the program adds the option of the setting that it names. Advice
/// is for people who run the program.
#[test]
fn messages_of_the_library_name_no_option() {
    let library = Source::all().into_iter().filter(|source| !["main", "cli", "advice"].contains(&source.module()));
    let names = |line: &str| {
        line.split('"').skip(1).step_by(2).any(|text| {
            text.match_indices("--").any(|(at, _)| {
                let before = text[..at].chars().next_back();
                before.is_none_or(|c| " (".contains(c)) && text[at + 2..].starts_with(|c: char| c.is_ascii_lowercase())
            })
        })
    };
    let mut found = Vec::new();
    for source in library {
        let shipped = source.shipped();
        let lines = shipped.lines().filter(|line| !line.trim_start().starts_with("//") && names(line));
        found.extend(lines.map(|line| format!("{}: {line}", source.path)));
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// `text` and the other nouns are held to it too: server text passes through them.
#[test]
fn nothing_that_meets_the_server_can_panic() {
    let library = Source::all().into_iter().filter(|source| !["main", "cli"].contains(&source.module()));
    let found: Vec<_> = library.flat_map(|source| source.find(may_panic)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

fn may_panic(line: &str) -> bool {
    let words = ["unwrap()", "unwrap_err()", "panic!", "unreachable!", "todo!", "unimplemented!", "assert!", "assert_"];
    let splits = [".split_at(", ".copy_from_slice(", ".split_off(", ".swap("];
    // `Cursor::expect` is a grammar's "this byte next": it takes one, `Option::expect` takes text.
    let expects = line.contains(".expect(") && !line.contains(".expect(b");
    // `x[…]`, `f()[…]`, `x[0][…]`; `[..]` takes everything and cannot fail.
    let before = |at: usize| line[..at].chars().next_back();
    let indexes = line.match_indices('[').any(|(at, _)| {
        before(at).is_some_and(|c| c.is_alphanumeric() || "_)]?".contains(c)) && !line[at..].starts_with("[..]")
    });
    expects || indexes || words.iter().chain(&splits).any(|word| line.contains(word))
}

#[test]
fn it_is_small_enough_to_audit() {
    let sources = Source::all();
    let long = sources.iter().filter(|source| source.text.lines().count() > 500).map(|source| &source.path);
    assert_eq!(long.collect::<Vec<_>>(), Vec::<&String>::new(), "no file has more than 500 lines");
    let mut rooms: BTreeMap<&str, usize> = BTreeMap::new();
    for source in &sources {
        if let Some(room) = room(source) {
            *rooms.entry(room).or_default() += source.length();
        }
    }
    let (mut over, mut report) = (Vec::new(), String::new());
    for (room, lines) in rooms {
        let budget = BUDGETS.iter().find(|(name, _)| *name == room).map_or(0, |(_, budget)| *budget);
        report += &format!("{room} {lines}/{budget} ");
        over.extend((lines > budget).then(|| format!("{room} has {lines} lines, its budget is {budget}")));
    }
    println!("{report}");
    assert!(over.is_empty(), "{over:#?}");
}

#[test]
fn each_lint_has_its_reason() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, lints) = manifest.split_once("[lints.rust]").unwrap();
    let lints = lints.split("[profile").next().unwrap().lines().filter(|line| line.contains(" = "));
    let without: Vec<_> = lints.filter(|line| !line.contains(" # ")).collect();
    assert_eq!(without, [""; 0]);
}

#[test]
fn each_dependency_has_its_reason_and_four_are_the_core() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (mut section, mut reason, mut core) = ("", false, Vec::new());
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if let Some((name, rest)) = line.split_once(" = ")
            && section.ends_with("dependencies]")
        {
            assert!(reason, "{name} has no line that says why it is there");
            if section == "[dependencies]" && !rest.contains("optional = true") {
                core.push(name);
            }
        }
        reason = line.starts_with("# ");
    }
    core.sort();
    assert_eq!(core, ["base64", "native-tls", "serde_json", "ureq"]);
    let elsewhere = manifest.lines().filter(|line| line.starts_with('[') && line.contains("dependencies."));
    assert_eq!(elsewhere.collect::<Vec<_>>(), Vec::<&str>::new(), "a dependency is a line, so that it is counted");
}

#[test]
fn the_reading_order_leaves_no_part_out() {
    let library = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let (_, order) = library.split_once("//! Reading order").expect("lib.rs says in which order it is read");
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, how) = readme.split_once("## How to read the code").expect("README.md says how to read the code");
    let entries = fs::read_dir(root().join("src")).unwrap().map(|entry| entry.unwrap());
    for part in entries.filter(|entry| entry.file_type().unwrap().is_dir()) {
        let part = part.file_name().into_string().unwrap();
        assert!(how.contains(&part), "README.md leaves out {part}");
        assert!(part == "cli" || order.contains(&part), "lib.rs leaves out {part}");
    }
}

#[test]
fn everybody_has_the_same_exit_codes() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let table: Vec<(u8, String)> = readme.lines().filter_map(table_row).collect();
    assert!(table.iter().map(|(code, _)| *code).eq(0..=7), "README.md has no table of the codes 0 to 7: {table:?}");

    let japanese = fs::read_to_string(root().join("README.ja.md")).unwrap();
    assert!(japanese.lines().filter_map(table_row).map(|(code, _)| code).eq(0..=7), "README.ja.md has no such table");

    // The code's own table has a line for each that a command can end in.
    let shortened = table.iter().map(|(code, meaning)| (*code, summary(meaning)));
    assert_eq!(codes_of_the_program(), shortened.collect::<Vec<_>>(), "src/cli/mod.rs and README.md");

    let help = Command::new(env!("CARGO_BIN_EXE_exoimap")).arg("--help").env_clear().output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, said) = help.split_once("Exit codes: ").expect("--help lists them");
    let said: Vec<_> = said.trim_end_matches('.').split("; ").collect();
    assert_eq!(said.len(), table.len(), "{said:?}");
    for (said, (code, meaning)) in said.iter().zip(&table) {
        let words = said.strip_prefix(&format!("{code} ")).unwrap_or_else(|| panic!("{said:?} is not about {code}"));
        assert!(meaning.contains(words), "--help says {words:?} of {code}, README.md {meaning:?}");
    }
}

/// `| 5 | worth repeating later: … | retry |`
fn table_row(line: &str) -> Option<(u8, String)> {
    let mut cells = line.strip_prefix("| ")?.split(" | ");
    let code = cells.next()?.parse().ok()?;
    Some((code, cells.next()?.to_owned()))
}

/// `/// A local failure: disk, file, permission.` and below it `Local = 1,`.
fn codes_of_the_program() -> Vec<(u8, String)> {
    let source = fs::read_to_string(root().join("src/cli/mod.rs")).unwrap();
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    let code_of = |line: &str| line.strip_suffix(',')?.split_once(" = ")?.1.parse().ok();
    let pairs = lines.windows(2).filter_map(|pair| Some((code_of(pair[1])?, pair[0].trim_start_matches("/// "))));
    pairs.map(|(code, meaning)| (code, summary(meaning))).collect()
}

/// The words before the details.
fn summary(meaning: &str) -> String {
    meaning.split([':', ';', '.']).next().unwrap_or_default().to_lowercase()
}
