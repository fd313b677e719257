//! What is published: one address in every place, and a crate without tests.

use std::fs;
use std::process::Command;

use super::root;
use super::source::Source;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// A line `name = "value"` of the manifest.
fn manifest(name: &str) -> String {
    let text = read("Cargo.toml");
    let value = text.split(&format!("\n{name} = \"")).nth(1).unwrap_or_else(|| panic!("Cargo.toml has no {name}"));
    value.split('"').next().unwrap().to_owned()
}

/// Whoever publishes changes `repository` and follows what this says.
#[test]
fn the_repository_is_the_same_everywhere() {
    let repository = manifest("repository");
    assert_eq!(manifest("homepage"), repository);
    assert_eq!(manifest("documentation"), "https://docs.rs/exoimap");
    assert!(read("Cargo.toml").contains("pkg-url = \"{ repo }/releases/download/v{ version }/"));
    let report = format!("<{repository}/security/advisories/new>");
    assert!(read("SECURITY.md").contains(&report), "SECURITY.md does not name {report}");
    // The placeholder stands nowhere else, but where it is said what to do about it.
    let placeholder = ["OWNER", "/exoimap"].concat();
    let mut git = Command::new("git");
    git.args(["-c", "safe.directory=*", "grep", "-l", &placeholder]).current_dir(root());
    let found = String::from_utf8(git.output().unwrap().stdout).unwrap();
    let elsewhere: Vec<_> =
        found.lines().filter(|path| !["Cargo.toml", "SECURITY.md", "CONTRIBUTING.md"].contains(path)).collect();
    assert_eq!(elsewhere, [""; 0], "the placeholder stands there too");
}

#[test]
fn the_crate_holds_no_tests_and_no_fixtures() {
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.args(["package", "--list", "--allow-dirty", "--locked"]).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8(output.stdout).unwrap();
    let (listed, folders) = (listed.lines().collect::<Vec<_>>(), ["src/", "docs/"]);
    let odd: Vec<_> =
        listed.iter().filter(|path| path.contains('/') && !folders.iter().any(|f| path.starts_with(f))).collect();
    assert!(odd.is_empty(), "{odd:?}");
    for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "src/lib.rs", "docs/man/exoimap.1"] {
        assert!(listed.contains(&file), "{file} is missing");
    }
}

/// Each action by its commit, with its version beside it; no job may more than it says.
#[test]
fn workflows_pin_their_actions() {
    for entry in fs::read_dir(root().join(".github/workflows")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("\npermissions: {}\n"), "{}", path.display());
        for line in text.lines().filter(|line| line.contains("uses:")) {
            let commit =
                line.split('@').nth(1).and_then(|rest| rest.split_once(" # v")).map_or("", |(commit, _)| commit);
            assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{line}");
        }
    }
}

/// A reader of the library has the repository, and nothing else that its words could mean.
#[test]
fn documents_named_in_comments_are_in_the_repository() {
    let mut git = Command::new("git");
    let listed = git.args(["-c", "safe.directory=*", "ls-files"]).current_dir(root()).output().unwrap().stdout;
    let listed = String::from_utf8(listed).unwrap();
    let is_there = |name: &str| listed.lines().any(|path| format!("/{path}").ends_with(&format!("/{name}")));
    let mut lost = Vec::new();
    for source in Source::all() {
        for line in source.text.lines().filter(|line| line.trim_start().starts_with("//")) {
            let words = line.split(|c: char| c.is_whitespace() || "`()[]<>,;:\"".contains(c));
            let names = words.map(|word| word.trim_end_matches('.'));
            let names = names.filter(|name| [".md", ".rs"].iter().any(|end| name.ends_with(end)) && name.len() > 3);
            lost.extend(names.filter(|name| !is_there(name)).map(|name| format!("{}: {name}", source.path)));
        }
    }
    assert_eq!(lost, [""; 0]);
}
