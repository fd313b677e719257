//! Who may be in the tree: `deny.toml`, held to without the tool that reads it too; and a line for each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use serde_json::Value;

use super::source::root;

/// Where the program is built for.
const PLATFORMS: [&str; 3] = ["x86_64-unknown-linux-musl", "x86_64-pc-windows-gnu", "aarch64-apple-darwin"];

/// A crate that is built for the program, on any platform and with any feature.
struct Crate {
    name: String,
    version: String,
    licence: String,
    /// The oldest compiler that it says it builds with.
    rust: Option<String>,
}

#[test]
fn the_tree_is_as_the_policy_says() {
    let policy = fs::read_to_string(root().join("deny.toml")).unwrap();
    let (allowed, skipped) = (list(&policy, "allow"), list(&policy, "skip"));
    let (built, everything) = tree();

    let refused: Vec<_> = built.iter().filter(|one| !licence_fits(&one.licence, &allowed)).collect();
    let refused: Vec<_> = refused.iter().map(|one| format!("{} is under {}", one.name, one.licence)).collect();
    assert_eq!(refused, [""; 0], "licences that deny.toml does not allow");

    let banned: Vec<_> = list(&policy, "deny").into_iter().filter(|name| everything.contains(name.as_str())).collect();
    assert_eq!(banned, [""; 0], "deny.toml bans them, for tests too");
    // What a crate of the tests may bring is in no program all the same.
    let wrapped = policy.lines().filter(|line| line.contains("wrappers")).filter_map(|line| line.split('"').nth(1));
    let wrapped: Vec<_> = wrapped.filter(|name| built.iter().any(|one| one.name == *name)).collect();
    assert_eq!(wrapped, [""; 0], "deny.toml has them in tests only");

    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    built.iter().for_each(|one| versions.entry(&one.name).or_default().push(&one.version));
    versions.retain(|name, versions| versions.len() > 1 && !skipped.iter().any(|skipped| skipped == name));
    assert!(versions.is_empty(), "twice in the tree: {versions:?}");
}

#[test]
fn the_oldest_compiler_builds_every_crate() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let ours = manifest.split("rust-version = \"").nth(1).unwrap();
    let ours = number(ours.split('"').next().unwrap());
    let newer = |one: &Crate| one.rust.as_deref().is_some_and(|rust| number(rust) > ours);
    let newer: Vec<_> = tree().0.into_iter().filter(newer).map(|one| (one.name, one.rust)).collect();
    assert!(newer.is_empty(), "they want a compiler newer than our rust-version: {newer:?}");
}

#[test]
fn each_crate_has_a_line() {
    let document = fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let named: BTreeSet<_> =
        rows.inspect(|(name, why)| assert!(why.len() > 5, "{name}: {why}")).map(|row| row.0).collect();
    let (built, _) = tree();
    let built: BTreeSet<_> = built.iter().map(|one| one.name.as_str()).collect();
    let missing: Vec<_> = built.difference(&named).collect();
    let gone: Vec<_> = named.difference(&built).collect();
    assert!(missing.is_empty() && gone.is_empty(), "docs/dependencies.md lacks {missing:?} and has {gone:?} too many");
}

/// What is built for the program on any of the platforms, and the names of all there is, tests' crates included.
fn tree() -> (Vec<Crate>, BTreeSet<String>) {
    let (mut built, mut everything): (Vec<Crate>, _) = (Vec::new(), BTreeSet::new());
    for platform in PLATFORMS {
        let (crates, names) = tree_on(platform);
        let is_new =
            |one: &Crate| !built.iter().any(|known| (&known.name, &known.version) == (&one.name, &one.version));
        let new: Vec<_> = crates.into_iter().filter(is_new).collect();
        built.extend(new);
        everything.extend(names);
    }
    (built, everything)
}

/// Cargo asks the network only for what is not on this machine yet.
fn tree_on(platform: &str) -> (Vec<Crate>, Vec<String>) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--locked", "--all-features", "--format-version", "1", "--filter-platform", platform]);
    let output = command.current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let array = |value: &Value| value.as_array().cloned().unwrap_or_default();

    let nodes: BTreeMap<String, Value> =
        array(&metadata["resolve"]["nodes"]).into_iter().map(|node| (text(&node["id"]).unwrap(), node)).collect();
    let mut reached = BTreeSet::new();
    let mut next = vec![text(&metadata["resolve"]["root"]).unwrap()];
    while let Some(id) = next.pop() {
        for dependency in array(&nodes[&id]["deps"]) {
            let is_built = array(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev");
            let id = text(&dependency["pkg"]).unwrap();
            if is_built && reached.insert(id.clone()) {
                next.push(id);
            }
        }
    }
    let packages = array(&metadata["packages"]);
    let built = packages.iter().filter(|package| reached.contains(package["id"].as_str().unwrap()));
    let built = built.map(|package| Crate {
        name: text(&package["name"]).unwrap(),
        version: text(&package["version"]).unwrap(),
        licence: text(&package["license"]).unwrap_or_default(),
        rust: text(&package["rust_version"]),
    });
    (built.collect(), packages.iter().map(|package| text(&package["name"]).unwrap()).collect())
}

/// The strings of `key = [ … ]`, without the comments behind them.
fn list(policy: &str, key: &str) -> Vec<String> {
    let (_, rest) = policy.split_once(&format!("\n{key} = [")).unwrap_or_else(|| panic!("deny.toml has no {key}"));
    let lines = rest.split(']').next().unwrap().lines().filter(|line| !line.contains("wrappers"));
    let lines = lines.filter_map(|line| line.split('"').nth(1));
    lines.map(str::to_owned).collect()
}

/// `1.89` and `1.89.0` are the same.
fn number(version: &str) -> Vec<u32> {
    version.split('.').chain(["0", "0"]).take(3).map(|part| part.parse().unwrap()).collect()
}

/// An SPDX expression: `OR` binds least, then `AND`; a `/` is an old `OR`.
fn licence_fits(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    let mut at = 0;
    any(&words, &mut at, allowed) && at == words.len()
}

fn any(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut fits = all(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        fits |= all(words, at, allowed);
    }
    fits
}

fn all(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut fits = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        fits &= one(words, at, allowed);
    }
    fits
}

fn one(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let word = words.get(*at).copied().unwrap_or_default();
    *at += 1;
    if word == "(" {
        let fits = any(words, at, allowed);
        *at += 1;
        return fits;
    }
    // An exception only adds to what is permitted.
    if words.get(*at) == Some(&"WITH") {
        *at += 2;
    }
    allowed.iter().any(|licence| licence == word)
}

#[test]
fn licence_expressions_are_read() {
    let fits = |expression: &str| licence_fits(expression, &["MIT".into(), "BSD-3-Clause".into()]);
    for good in
        ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(GPL-3.0 OR MIT) AND BSD-3-Clause", "MIT WITH X OR GPL-3.0"]
    {
        assert!(fits(good), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR BSD-3-Clause) AND GPL-3.0", "MIT GPL-3.0"] {
        assert!(!fits(bad), "{bad}");
    }
    assert!(number("1.89") == number("1.89.0") && number("1.9") < number("1.89"));
}
