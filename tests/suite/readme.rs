//! The session that README.md shows is what the program prints, but for times and ports.

use std::fs;

use crate::house::root;
use crate::program::World;
use crate::support::entra::CLIENT_ID;

fn session() -> String {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    readme.split("```console\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap().to_owned()
}

#[test]
fn the_session_in_the_readme_is_what_happens() {
    let session = session();
    let world = World::new();
    let mut happened = String::new();
    let calls: Vec<_> = session.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    for (at, line) in calls.iter().enumerate() {
        // The last one is refused.
        let is_last = at + 1 == calls.len();
        if is_last {
            world.exchange.forget(CLIENT_ID);
        }
        let arguments: Vec<_> = line.split(' ').skip(1).collect();
        let ended = world.call(&arguments).through("exec \"$@\" 2>&1").run();
        happened.push_str(&format!("$ {line}\n{}", ended.expect(if is_last { 4 } else { 0 }).stdout));
    }
    let shown: Vec<_> = session.lines().map(without_numbers).collect();
    let happened: Vec<_> = happened.lines().map(without_numbers).collect();
    assert_eq!(shown, happened);
}

/// `tests/picture` draws it; a line is cut at 100 columns, a hint goes on in the next.
#[test]
fn the_picture_shows_the_same_session() {
    let picture = fs::read_to_string(root().join("docs/terminal.svg")).unwrap();
    let drawn = picture.lines().filter_map(|line| line.strip_suffix("</text>")?.split_once('>')).map(|(_, text)| text);
    let drawn: Vec<_> = drawn.map(|text| text.replace("&lt;", "<").replace("&amp;", "&")).collect();
    let mut lines = drawn.iter();
    for line in session().lines() {
        let (mut shown, mut width) = (String::new(), 0);
        for piece in lines.by_ref() {
            shown.push_str(piece);
            width += piece.chars().count();
            if !line.starts_with("hint: ") || width >= line.chars().count() {
                break;
            }
        }
        let (shown, line) = (without_numbers(&shown), without_numbers(&line.replace('\t', "   ")));
        let is_same = shown.strip_suffix('…').map_or(shown == line, |start| line.starts_with(start));
        assert!(is_same, "run tests/picture: {shown:?} is not {line:?}");
    }
    assert_eq!(lines.next(), None);
}

/// A line of `check` without the seconds that a step took, the port, the minutes that are left.
fn without_numbers(line: &str) -> String {
    let is_step = line.get(13..26).is_some_and(|time| time.trim_start().ends_with(" s  "));
    let words = line.split(' ').filter(|word| !word.is_empty());
    let changes = |word: &str| {
        is_step && (word.contains("localhost:") || word.contains("127.0.0.1:") || word.parse::<f64>().is_ok())
    };
    words.map(|word| if changes(word) { "…" } else { word }).collect::<Vec<_>>().join(" ")
}

/// The tables of common errors hold headings of docs/troubleshooting.md, of which each is words that the program prints
/// (`every_row_has_its_heading_and_every_heading_a_row`).
#[test]
fn the_common_errors_are_ones_that_the_program_prints() {
    let text = fs::read_to_string(root().join("docs/troubleshooting.md")).unwrap();
    let headings: Vec<_> = text.lines().filter(|line| line.starts_with("### `")).collect();
    for (file, section, least) in
        [("README.md", "\n## When it does not work\n", 10), ("README.ja.md", "\n## うまくいかないとき\n", 20)]
    {
        let readme = fs::read_to_string(root().join(file)).unwrap();
        let section = readme.split(section).nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
        let rows: Vec<_> = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        let unknown: Vec<_> = rows
            .iter()
            // A heading leaves out what differs each time.
            .map(|row| row.replace(" '…'", ""))
            .filter(|row| !headings.iter().any(|heading| heading.contains(row.as_str())))
            .collect();
        assert_eq!(unknown, [""; 0], "{file}");
        assert!(rows.len() >= least, "{file}: {rows:?}");
    }
}
