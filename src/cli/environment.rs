//! The environment: the real one and, below it, the file of `--env-file`. All variables
//! of ours are read here.
//!
//! A variable that is set to nothing is not set, in the environment as in the file: `PORT=${PORT:-}` is how
//! units, compose files and CI hand on what may be there.
//!
//! The file has the form of systemd's `EnvironmentFile=` (systemd.exec(5)), so that one file serves a
//! unit and a call by hand. Nothing is put into the real environment: no child inherits it.

use std::ffi::OsStr;
use std::io;
use std::str::Chars;
use std::sync::OnceLock;
use std::time::Instant;

use crate::{Error, Kind, Phase, Result, Secret};

use super::input::read_text;

/// The most of the file, in bytes.
const MOST: u64 = 256 * 1024;

static FILE: OnceLock<Parsed> = OnceLock::new();

/// A variable's value.
pub(crate) fn value(name: &str) -> Option<String> {
    match std::env::var_os(name).filter(|value| !value.is_empty()) {
        // What is not UTF-8 is taken as it is shown, and refused where it is used.
        Some(value) => Some(value.to_string_lossy().into_owned()),
        None => of_file(name).map(str::to_owned),
    }
}

/// True where the real environment has the name and nothing else of it.
pub(crate) fn is_empty(name: &OsStr) -> bool {
    std::env::var_os(name).is_some_and(|value| value.is_empty())
}

/// A secret of the environment; a line end that a shell's `$(cat …)` left out may still be there.
pub(crate) fn secret(name: &str) -> Option<Secret> {
    let value = value(name)?;
    let value = value.trim_end_matches(['\r', '\n']);
    (!value.is_empty()).then(|| Secret::new(value))
}

/// What counts for a variable that the real environment does not set; the last line of a name counts.
pub(crate) fn of_file(name: &str) -> Option<&'static str> {
    if std::env::var_os(name).is_some_and(|value| !value.is_empty()) {
        return None;
    }
    let last = FILE.get()?.assigned.iter().rev().find(|(known, _)| known == name);
    last.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

/// Reads the file, once.
pub(crate) fn load(file: &str, deadline: Option<Instant>) -> Result<&'static Parsed> {
    let doing = || format!("reading the environment from {file} (--env-file)");
    let failed = |e| Error::file(Kind::Usage, Phase::Options, doing(), e);
    let text = read_text(file, MOST, deadline).map_err(failed)?;
    let parsed = parse(text.expose_str().unwrap_or_default()).map_err(io::Error::other).map_err(failed)?;
    Ok(FILE.get_or_init(|| parsed))
}

/// What the file says, in its order.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Parsed {
    pub(crate) assigned: Vec<(String, String)>,
    /// Lines with a `=` and no name before it, such as `export A=b`, and what stands there.
    pub(crate) odd: Vec<(usize, String)>,
}

pub(crate) fn parse(text: &str) -> std::result::Result<Parsed, String> {
    let text = text.replace("\r\n", "\n");
    let mut parsed = Parsed::default();
    let mut rest = text.chars();
    let (mut line, mut seen) = (1, 0);
    loop {
        let at = text.len() - rest.as_str().len();
        line += text.get(seen..at).unwrap_or_default().matches('\n').count();
        seen = at;
        let (start, _) = rest.as_str().split_once('\n').unwrap_or((rest.as_str(), ""));
        let is_comment = start.trim_start().starts_with(['#', ';']);
        let Some((name, _)) = start.split_once('=').filter(|_| !is_comment) else {
            // A comment, an empty line, one without `=`.
            if rest.by_ref().find(|c| *c == '\n').is_none() {
                return Ok(parsed);
            }
            continue;
        };
        rest.by_ref().find(|c| *c == '=');
        let value = read_value(&mut rest).ok_or_else(|| format!("line {line} opens a quote that is never closed"))?;
        let name = name.trim();
        if is_name(name) {
            parsed.assigned.push((name.to_owned(), value));
        } else {
            parsed.odd.push((line, name.to_owned()));
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Up to the end of its line, or of the line that a quote or a backslash carries it to. Quotes count at the start and
/// behind one another, not inside a word; blanks at the end are no part of it. None if a quote stays open.
fn read_value(rest: &mut Chars) -> Option<String> {
    let (mut value, mut kept, mut in_word) = (String::new(), 0, false);
    while let Some(c) = rest.next().filter(|c| *c != '\n') {
        match c {
            '\'' | '"' if !in_word => read_quoted(c, rest, &mut value)?,
            '\\' => {
                in_word = true;
                // At the end of a line it joins the next one.
                let Some(c) = rest.next().filter(|c| *c != '\n') else { continue };
                value.push(c);
            }
            c if is_blank(c) => {
                value.extend(in_word.then_some(c));
                continue;
            }
            c => {
                in_word = true;
                value.push(c);
            }
        }
        kept = value.len();
    }
    value.truncate(kept);
    Some(value)
}

fn read_quoted(quote: char, rest: &mut Chars, value: &mut String) -> Option<()> {
    loop {
        match rest.next()? {
            c if c == quote => return Some(()),
            '\\' if quote == '"' => match rest.next()? {
                '\n' => {}
                c if "\"\\`$".contains(c) => value.push(c),
                c => value.extend(['\\', c]),
            },
            c => value.push(c),
        }
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(value: &str) -> String {
        let parsed = parse(&format!("A={value}\nB=2")).unwrap();
        assert_eq!(
            parsed.assigned.last().map(|(name, value)| (name.as_str(), value.as_str())),
            Some(("B", "2")),
            "{value}"
        );
        assert_eq!(parsed.assigned.len(), 2, "{value}");
        parsed.assigned[0].1.clone()
    }

    /// systemd.exec(5), `EnvironmentFile=`.
    #[test]
    fn values_as_systemd_reads_them() {
        for (written, read) in [
            ("x", "x"),
            ("  x y \t", "x y"),
            ("", ""),
            ("a#b;c", "a#b;c"),
            ("a=b", "a=b"),
            ("\"x y \" ", "x y "),
            ("'x\\y \"'", "x\\y \""),
            ("'one'\"two\" three ", "onetwothree"),
            ("a \"b\" 'c'", "a \"b\" 'c'"),
            (r#""\"\\\`\$\n""#, "\"\\`$\\n"),
            (r"p\~w\\x\ ", r"p~w\x "),
            ("one\\\ntwo", "onetwo"),
            ("\"one\\\ntwo\nthree\"", "onetwo\nthree"),
            ("'one\ntwo'", "one\ntwo"),
            ("注文 ", "注文"),
            ("x\r", "x"),
        ] {
            assert_eq!(one(written), read, "{written}");
        }
    }

    #[test]
    fn lines_that_assign_nothing() {
        let parsed =
            parse("# A=1\n ; A=2\r\n\n\tno assignment\r\n A = 3 \r\nexport A=4\n=5\n9=6\n# open \" \\\nA=7").unwrap();
        assert_eq!(parsed.assigned, [("A".to_owned(), "3".to_owned()), ("A".to_owned(), "7".to_owned())]);
        assert_eq!(parsed.odd, [(6, "export A".to_owned()), (7, String::new()), (8, "9".to_owned())]);
        assert_eq!(parse("A=1\nB='x\nC=2").unwrap_err(), "line 2 opens a quote that is never closed");
        assert_eq!(parse("A=\"\\").unwrap_err(), "line 1 opens a quote that is never closed");
        assert_eq!(parse("").unwrap(), Parsed::default());
    }
}
