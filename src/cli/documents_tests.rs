//! Every command line in README.md, in `docs/` and in the samples is one that the program takes.

use std::fs;

use clap::error::{ContextKind, ErrorKind};

use super::manual_tests::{documents, root};
use super::parser::command;

#[test]
fn command_lines_in_documents_are_taken() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for path in documents() {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        let is_prose = path.extension().is_some_and(|extension| extension == "md");
        let lines = if is_prose { code_of(&text) } else { in_one_line(&text).lines().map(Code::whole).collect() };
        for code in lines {
            for arguments in calls(&code.text) {
                tried += 1;
                if let Err(why) = taken(&arguments, code.is_whole) {
                    wrong.push(format!("{}: exoimap {}: {why}", path.display(), arguments.join(" ")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tried > 20, "only {tried} command lines were found");
}

#[test]
fn every_command_has_its_row_in_both_tables() {
    let mut program = command();
    program.build();
    let mut commands: Vec<_> = program.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    commands.sort();
    for (file, heading) in [("README.md", "\n## Commands\n"), ("README.ja.md", "\n## コマンド\n")] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let section = text.split(heading).nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
        // One row may be about several.
        let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
        let words = cells.flat_map(|cell| cell.split('`').step_by(2)).filter_map(|code| code.split(' ').next());
        let mut named: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        named.sort_unstable();
        named.dedup();
        assert_eq!(named, commands, "the table of commands in {file}");
    }
}

#[test]
fn the_japanese_readme_shows_the_same_commands() {
    let blocks = |file: &str| -> Vec<String> {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let code = text.split("\n```").skip(1).step_by(2);
        // Comments are in the reader's language.
        let without_comment = |line: &str| line.split(" # ").next().unwrap_or_default().trim_end().to_owned();
        code.map(|block| block.lines().filter(|line| !line.starts_with('#')).map(without_comment).collect::<Vec<_>>())
            .map(|lines| lines.join("\n"))
            .collect()
    };
    let (english, japanese) = (blocks("README.md"), blocks("README.ja.md"));
    for (english, japanese) in english.iter().zip(&japanese) {
        assert_eq!(english, japanese);
    }
    assert_eq!(english.len(), japanese.len());
}

/// A piece of code in a document.
struct Code {
    text: String,
    /// Something to paste, rather than a name in a sentence.
    is_whole: bool,
}

impl Code {
    fn whole(line: &str) -> Code {
        Code { text: line.to_owned(), is_whole: true }
    }
}

/// The lines of the blocks that are for a shell, and what stands in backquotes.
fn code_of(text: &str) -> Vec<Code> {
    let mut found = Vec::new();
    let mut block = None;
    for line in in_one_line(text).lines() {
        match (block, line.trim_start().strip_prefix("```")) {
            (Some(_), Some(_)) => block = None,
            (None, Some(language)) => block = Some(!matches!(language, "text" | "rust" | "json")),
            (Some(is_shell), None) if is_shell => found.push(Code::whole(line)),
            (Some(_), None) => {}
            (None, None) => {
                let spans = line.split('`').skip(1).step_by(2);
                found.extend(spans.map(|span| Code { text: span.to_owned(), is_whole: false }));
            }
        }
    }
    found
}

/// A line that ends in a backslash goes on in the next.
fn in_one_line(text: &str) -> String {
    text.replace("\\\n", " ").replace('\r', "")
}

/// The arguments of each call of the program in a line.
fn calls(line: &str) -> Vec<Vec<String>> {
    // As a container's manifest has them.
    if let Some(list) = line.trim().strip_prefix("args: [") {
        return vec![list.trim_end_matches(']').split(", ").map(|word| word.trim_matches('"').to_owned()).collect()];
    }
    let mut program = command();
    program.build();
    let is_verb = |word: &String| program.get_subcommands().any(|verb| verb.get_name() == word);
    let mut found = Vec::new();
    for (at, name) in line.match_indices("exoimap") {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        let after = [".exe') ", ".exe\" ", ".exe ", " "].iter().find_map(|end| after.strip_prefix(end));
        let Some(words) = after.map(words).filter(|words| !words.is_empty()) else { continue };
        // Where a command begins, every word must be one of ours; elsewhere it may be somebody else's argument.
        let path = before.trim_end_matches(|c: char| !c.is_whitespace() && !"`(|;&".contains(c));
        let is_path = !before[path.len()..].contains('=');
        let begins = path.trim_end().is_empty() || path.trim_end().ends_with(['`', '(', '|', ';', '&', '$', '>']);
        if (is_path && begins) || is_verb(&words[0]) {
            found.push(words);
        }
    }
    found
}

/// Words as a shell makes them, up to the end of the command.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut depth = 0;
    for c in text.chars() {
        let last = words.last_mut().unwrap();
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => last.push(c),
            (None, '(') if last.ends_with('$') => {
                depth += 1;
                last.push(c);
            }
            (None, ')') if depth > 0 => {
                depth -= 1;
                last.push(c);
            }
            (None, _) if depth > 0 => last.push(c),
            (None, '"' | '\'') => quote = Some(c),
            (None, ' ') if last.is_empty() => {}
            (None, ' ') => words.push(String::new()),
            (None, '>') if last == "2" => {
                last.clear();
                break;
            }
            (None, '|' | ';' | '&' | ')' | '<' | '>') => break,
            (None, '#') if last.is_empty() => break,
            (None, _) => last.push(c),
        }
    }
    words.retain(|word| !word.is_empty() && word != "…");
    words
}

/// Whether the program takes it. What a sentence names may lack what is required, and hold a placeholder.
fn taken(arguments: &[String], is_whole: bool) -> Result<(), String> {
    // `COMMAND`, `%i`: a placeholder for any.
    if arguments[0].chars().all(|c| c.is_ascii_uppercase()) {
        return Ok(());
    }
    let words = std::iter::once("exoimap").chain(arguments.iter().map(String::as_str));
    let Err(error) = command().try_get_matches_from(words) else { return Ok(()) };
    let invalid = error.get(ContextKind::InvalidValue).map(ToString::to_string).unwrap_or_default();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(()),
        ErrorKind::ValueValidation | ErrorKind::InvalidValue if invalid.starts_with(['$', '%']) => Ok(()),
        ErrorKind::MissingRequiredArgument | ErrorKind::ValueValidation | ErrorKind::InvalidValue if !is_whole => {
            Ok(())
        }
        _ => Err(error.to_string().lines().next().unwrap_or_default().to_owned()),
    }
}

#[test]
fn calls_are_found_where_a_shell_would() {
    let found = |line: &str| calls(line).iter().map(|words| words.join("|")).collect::<Vec<_>>();
    assert_eq!(found("exoimap fetch --to 'a b' 2>&1 >/dev/null # what is new"), ["fetch|--to|a b"]);
    assert_eq!(found("  0) /usr/bin/exoimap check && exoimap token | head"), ["check", "token"]);
    assert_eq!(found("curl --oauth2-bearer \"$(exoimap token)\" x"), ["token"]);
    assert_eq!(found("exoimap fetch --uid \"$(cut -f1 x | head)\" --to m"), ["fetch|--uid|$(cut -f1 x | head)|--to|m"]);
    assert_eq!(found("\"%~dp0exoimap.exe\" fetch --to C:\\orders >nul"), ["fetch|--to|C:\\orders"]);
    assert_eq!(found("  args: [fetch, --jobs, \"8\"]"), ["fetch|--jobs|8"]);
    assert_eq!(found("/etc/exoimap/orders.env, exoimap: lost, cargo test --lib manual"), [""; 0]);
    assert_eq!(found("FOLDER=/var/tmp/exoimap tests/build x"), [""; 0]);
    assert_eq!(found("parallel --tag exoimap fetch --to a; /usr/bin/exoimap nothing"), ["fetch|--to|a", "nothing"]);
    assert!(taken(&["fetch".into(), "--too".into()], false).is_err());
    assert!(taken(&["fetch".into()], true).is_err() && taken(&["fetch".into()], false).is_ok());
}
