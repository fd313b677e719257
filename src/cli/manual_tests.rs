//! The manual pages and the completions in `docs/`, made from the definition that feeds `--help`.
//!
//! They are written here, in a test, so that the program does not carry the generators:
//! `EXOIMAP_WRITE_DOCS=1 cargo test --lib manual`. Without that variable the test compares.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_complete::{Generator, Shell};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::commands::{COMMANDS, Verb};
use super::options::{SECTIONS, all};
use super::parser::command as program;

const AGAIN: &str = "EXOIMAP_WRITE_DOCS=1 cargo test --lib manual";

#[test]
fn the_manual_and_the_completions_are_as_the_options() {
    for (folder, wanted) in [("docs/man", manual()), ("docs/completions", completions())] {
        let folder = root().join(folder);
        if std::env::var_os("EXOIMAP_WRITE_DOCS").is_some() {
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).unwrap();
            wanted.iter().for_each(|(name, text)| fs::write(folder.join(name), text).unwrap());
        }
        let entries = fs::read_dir(&folder).into_iter().flatten();
        let found: BTreeMap<String, String> = entries
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
            .collect();
        let names = wanted.keys().chain(found.keys());
        let stale: Vec<_> = names.filter(|name| wanted.get(*name) != found.get(*name)).collect();
        assert!(stale.is_empty(), "{}: {stale:?} are not as the options say; run: {AGAIN}", folder.display());
    }
}

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A page for the program and one for each command, named as git's are.
fn manual() -> BTreeMap<String, String> {
    let mut command = command();
    command.build();
    let mut pages = BTreeMap::new();
    add_pages(&command, &mut pages);
    pages
}

fn add_pages(command: &Command, pages: &mut BTreeMap<String, String>) {
    pages.insert(format!("{}.1", page_name(command)), page(command));
    command.get_subcommands().for_each(|verb| add_pages(verb, pages));
}

fn page_name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &Command) -> String {
    let words: Vec<_> = page_name(command).split('-').skip(1).collect();
    let verb = COMMANDS.iter().find(|verb| verb.name == words.join(" "));
    // clap's own usage line: the generator's would name each of forty options.
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let is_program = page_name(command) == "exoimap";
    let manual = Man::new(command.clone().override_usage(usage))
        .source(concat!("exoimap ", env!("CARGO_PKG_VERSION")))
        .manual("exoimap");
    let mut bytes = Vec::new();
    manual.render_title(&mut bytes).unwrap();
    manual.render_name_section(&mut bytes).unwrap();
    manual.render_synopsis_section(&mut bytes).unwrap();
    manual.render_description_section(&mut bytes).unwrap();
    after_description(command, verb).to_writer(&mut bytes).unwrap();
    if is_program {
        manual.render_subcommands_section(&mut bytes).unwrap();
    }
    manual.render_options_section(&mut bytes).unwrap();
    environment(verb).to_writer(&mut bytes).unwrap();
    examples(verb).to_writer(&mut bytes).unwrap();
    sections_of_the_readme(is_program).to_writer(&mut bytes).unwrap();
    see_also(command).to_writer(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// The command line with what only the manual says.
fn command() -> Command {
    let explained = |command: Command| {
        command.mut_args(|arg| {
            let of = |entry: &&super::options::Entry| {
                entry.name == arg.get_id().as_str()
                    && arg.get_help().is_some_and(|help| help.to_string().starts_with(entry.help))
            };
            let manual = all().find(of).map(|entry| format!("{}. {}", entry.help, entry.manual));
            match manual {
                Some(text) => arg.help(text.trim_end().trim_end_matches('.').to_owned() + "."),
                None => arg,
            }
        })
    };
    let all_verbs = |command: Command| command.mut_subcommands(|verb| explained(verb).mut_subcommands(explained));
    all_verbs(explained(program()))
}

/// What `--help` says at its end, without the exit codes, which have a section, and what only the manual says.
fn after_description(command: &Command, verb: Option<&Verb>) -> Roff {
    let mut roff = Roff::new();
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let text = format!("{text}\n\n{}", verb.map_or("", |verb| verb.manual));
    for paragraph in
        text.split("\n\n").filter(|paragraph| !paragraph.is_empty() && !paragraph.starts_with("Exit codes:"))
    {
        roff.control("PP", []).text([roman(paragraph.replace('\n', " "))]);
    }
    roff
}

/// The variables of the options that the command takes, and those that no option stands for.
fn environment(verb: Option<&Verb>) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["ENVIRONMENT"]);
    let entries = SECTIONS.iter().flat_map(|(_, entries)| entries.iter()).filter(|entry| !entry.env.is_empty());
    for entry in entries.filter(|entry| entry.commands.is_empty() || verb.is_some_and(|verb| entry.is_of(verb.name))) {
        let option = if entry.name.is_empty() { String::new() } else { format!(" (--{})", entry.name) };
        roff.control("TP", []).text([bold(entry.env)]).text([roman(format!("{}{option}.", entry.help))]);
    }
    roff
}

fn examples(verb: Option<&Verb>) -> Roff {
    let mut roff = Roff::new();
    let examples = verb.map(|verb| verb.examples).unwrap_or(&[
        ("exoimap check", "Test the mailbox and the credential that the environment names."),
        ("exoimap fetch --to mail", "Deliver the new messages of the inbox to the directory mail."),
    ]);
    roff.control("SH", ["EXAMPLES"]);
    for (line, does) in examples {
        roff.control("TP", []).text([bold(*line)]).text([roman(*does)]);
    }
    roff
}

#[test]
fn every_command_has_examples_and_they_are_taken() {
    for verb in COMMANDS {
        assert!(!verb.examples.is_empty(), "{}", verb.name);
        for (line, _) in verb.examples {
            let call = line.split(" && ").next().unwrap();
            assert!(call.starts_with(&format!("exoimap {}", verb.name)), "{line}");
            program().try_get_matches_from(call.split(' ')).unwrap_or_else(|e| panic!("{line}: {e}"));
        }
    }
}

/// The exit codes, and for the program the files that it reads, from README.md's tables.
fn sections_of_the_readme(is_program: bool) -> Roff {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let rows = || readme.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = |row: &str| row.split(" | ").map(|cell| cell.replace('`', "")).collect::<Vec<_>>();
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for row in rows().filter(|row| row.starts_with(|c: char| c.is_ascii_digit())) {
        roff.control("TP", []).text([bold(&cells(row)[0])]).text([roman(format!("{}.", cells(row)[1]))]);
    }
    if is_program {
        roff.control("SH", ["FILES"]);
        for row in rows().filter(|row| row.starts_with("`/")) {
            roff.control("TP", []).text([bold(&cells(row)[0])]).text([roman(format!("{}.", cells(row)[1]))]);
        }
    }
    roff
}

fn see_also(of: &Command) -> Roff {
    let mut program = command();
    program.build();
    let pages: Vec<_> = std::iter::once(&program)
        .chain(program.get_subcommands())
        .map(page_name)
        .filter(|name| *name != page_name(of))
        .map(|name| format!("{name}(1)"))
        .collect();
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]).text([roman(pages.join(", "))]);
    roff
}

fn completions() -> BTreeMap<String, String> {
    let mut command = command();
    let shells = [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell];
    let scripts = shells.map(|shell| {
        let mut bytes = Vec::new();
        clap_complete::generate(shell, &mut command, "exoimap", &mut bytes);
        (shell.file_name("exoimap"), String::from_utf8(bytes).unwrap())
    });
    BTreeMap::from(scripts)
}

/// Documents that a person writes, and samples, from the root.
pub(super) fn documents() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        ["README.md", "README.ja.md", "CONTRIBUTING.md", "SECURITY.md"].map(Into::into).into();
    for folder in ["docs", "docs/samples"] {
        let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap());
        let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
        paths.extend(files.map(|file| Path::new(folder).join(file.file_name())));
    }
    paths.sort();
    paths
}
