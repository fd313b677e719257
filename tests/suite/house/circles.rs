//! No two files import each other, directly or by way of others: each can be read after those it uses. A part may
//! use what the file of its module defines, as Rust has it; that is not counted.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;

type Path<'a> = Vec<&'a str>;

#[test]
fn no_two_files_import_each_other() {
    let sources = Source::all();
    let files = Files::new(&sources);
    let circles: Vec<_> = files.circles().into_iter().collect();
    assert!(circles.is_empty(), "{circles:#?}");
}

struct Files<'a> {
    /// From a module's path to its file.
    modules: BTreeMap<Path<'a>, &'a str>,
    /// What each module imports, by the name it has there.
    names: BTreeMap<Path<'a>, BTreeMap<&'a str, Path<'a>>>,
    /// What each file mentions: absolute paths.
    mentions: BTreeMap<&'a str, Vec<Path<'a>>>,
}

impl<'a> Files<'a> {
    fn new(sources: &'a [Source]) -> Files<'a> {
        let modules: BTreeMap<_, _> =
            sources.iter().map(|source| (module_path(&source.path), source.path.as_str())).collect();
        let (mut names, mut mentions) = (BTreeMap::new(), BTreeMap::new());
        for source in sources {
            let own = module_path(&source.path);
            let (imported, mentioned) = paths(&source.code, &own, &modules);
            names.insert(own, imported);
            mentions.insert(source.path.as_str(), mentioned);
        }
        Files { modules, names, mentions }
    }

    /// The file in which `path` leads to an item: through re-exports, to the module that has it.
    fn file(&self, path: &[&'a str], hops: usize) -> Option<&'a str> {
        let known = (1..=path.len()).rev().find(|length| self.modules.contains_key(&path[..*length]))?;
        let module = &path[..known];
        let imported = path.get(known).and_then(|name| self.names.get(module)?.get(name));
        match imported {
            Some(next) if hops > 0 && next.as_slice() != path => self.file(next, hops - 1),
            _ => self.modules.get(module).copied(),
        }
    }

    fn reachable(&self, from: &'a str, uses: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(file) = open.pop() {
            open.extend(uses[file].iter().filter(|next| seen.insert(**next)));
        }
        seen
    }

    /// Groups of files in which each reaches each.
    fn circles(&self) -> BTreeSet<Vec<&'a str>> {
        let uses: BTreeMap<&str, BTreeSet<&str>> = self
            .mentions
            .iter()
            .map(|(file, paths)| {
                let own = module_path(file);
                let own_module = |used: &str| own.starts_with(&module_path(used));
                let used = paths.iter().filter_map(|path| self.file(path, 8)).filter(|used| !own_module(used));
                (*file, used.collect())
            })
            .collect();
        let reach: BTreeMap<_, _> = uses.keys().map(|file| (*file, self.reachable(file, &uses))).collect();
        let circle = |file: &&'a str| {
            let members: Vec<_> = reach[file].iter().filter(|other| reach[*other].contains(file)).copied().collect();
            (members.len() > 1).then_some(members)
        };
        uses.keys().filter_map(circle).collect()
    }
}

/// `imap/wire.rs` is `imap::wire`; the two roots are one, since neither has what the other has.
fn module_path(path: &str) -> Path<'_> {
    let path = path.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if ["lib", "main"].contains(&path) { vec![path] } else { path.split('/').collect() }
}

/// What is imported by name, and everything that is mentioned, as paths from the root.
fn paths<'a>(
    code: &'a str,
    own: &[&'a str],
    modules: &BTreeMap<Path<'a>, &'a str>,
) -> (BTreeMap<&'a str, Path<'a>>, Vec<Path<'a>>) {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut names, mut mentions) = (BTreeMap::new(), Vec::new());
    let (mut at, mut after_use) = (0, false);
    while let Some(start) = code[at..].find(is_word).map(|found| at + found) {
        let end = code[start..].find(|c| !is_word(c)).map_or(code.len(), |found| start + found);
        let first = &code[start..end];
        let continues = code[..start].ends_with("::") || code[..start].ends_with('.');
        let child = || [own, &[first]].concat();
        let base = match first {
            "crate" => Some(Vec::new()),
            "self" => Some(own.to_vec()),
            "super" => Some(own[..own.len().saturating_sub(1)].to_vec()),
            _ => modules.contains_key(&child()).then(child),
        };
        at = end;
        let in_use = std::mem::replace(&mut after_use, first == "use");
        let Some(base) = base.filter(|_| !continues && code[end..].starts_with("::")) else { continue };
        let mut leaves = Vec::new();
        tree(&code[end + 2..], base, &mut leaves);
        for (path, name) in leaves {
            if in_use {
                names.insert(name, path.clone());
            }
            mentions.push(path);
        }
    }
    (names, mentions)
}

/// The leaves of `a::{b, c::d as e}`, with the names that they have here; how much of the text it takes.
fn tree<'a>(text: &'a str, mut path: Path<'a>, leaves: &mut Vec<(Path<'a>, &'a str)>) -> usize {
    let mut at = 0;
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        if text[at..].starts_with('{') {
            at += 1;
            loop {
                at += text[at..].find(|c: char| !c.is_whitespace() && c != ',').unwrap_or(text.len() - at);
                if text[at..].starts_with('}') || at >= text.len() {
                    return at + 1;
                }
                at += tree(&text[at..], path.clone(), leaves).max(1);
            }
        }
        let end = text[at..].find(|c: char| !c.is_alphanumeric() && c != '_').map_or(text.len(), |end| at + end);
        match &text[at..end] {
            "super" => drop(path.pop()),
            "self" | "" => {}
            name => path.push(name),
        }
        at = end;
        if !text[at..].starts_with("::") {
            break;
        }
        at += 2;
    }
    let mut name = path.last().copied().unwrap_or_default();
    if let Some(renamed) = text[at..].strip_prefix(" as ") {
        let end = renamed.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(renamed.len());
        name = &renamed[..end];
        at += 4 + end;
    }
    leaves.push((path, name));
    at
}

#[test]
fn circles_are_found_through_re_exports() {
    let circles = |c: &str| {
        let texts = [
            ("a/mod.rs", "mod b;\nmod c;\npub use b::B as Renamed;"),
            ("a/b.rs", "use super::{c::{C, D}, other};\nuse std::io;"),
            ("a/c.rs", c),
            ("d.rs", "use crate::a::Renamed;"),
        ];
        let source = |(path, code): (&str, &str)| Source { path: path.into(), text: code.into(), code: code.into() };
        let sources = texts.map(source);
        let files = Files::new(&sources);
        files.circles().iter().map(|files| files.join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(circles("fn f(x: crate::a::Renamed) {}"), ["a/b.rs a/c.rs"]);
    assert_eq!(circles("use crate::a::b::{self};"), ["a/b.rs a/c.rs"]);
    assert_eq!(circles("use crate::d;\nfn f() { d::x() }"), ["a/b.rs a/c.rs d.rs"]);
    assert_eq!(circles("fn f(x: crate::a::Other) { x.self::b }"), [""; 0], "what its own module defines");
}
