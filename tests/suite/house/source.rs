//! Rust source as the house rules see it: no comments, no text of strings, no test code.

use std::fs;
use std::path::{Path, PathBuf};

/// One file of `src/`.
pub(super) struct Source {
    /// From `src/`, with `/`.
    pub(super) path: String,
    /// As it is.
    pub(super) text: String,
    /// Without test code; comments and the insides of strings and characters are blanks.
    pub(super) code: String,
}

impl Source {
    /// All files of `src/` that hold more than tests.
    pub(super) fn all() -> Vec<Source> {
        let root = root().join("src");
        let mut paths = Vec::new();
        collect(&root, &mut paths);
        paths.sort();
        let shipped = paths.iter().filter(|path| !path.to_string_lossy().ends_with("_tests.rs"));
        shipped.map(|path| Source::read(&root, path)).collect()
    }

    fn read(root: &Path, path: &Path) -> Source {
        let text = fs::read_to_string(path).unwrap();
        let path = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        Source { path, code: without_tests(&blanked(&text)), text }
    }

    /// The module at the top of the crate that it belongs to: `imap` for `imap/wire.rs`.
    pub(super) fn module(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// What is not test code, with its comments and strings.
    pub(super) fn shipped(&self) -> String {
        without_tests(&self.text)
    }

    /// Its lines; comments count.
    pub(super) fn length(&self) -> usize {
        self.shipped().lines().count()
    }

    /// `path:line` and what is there, for each line of code that `is_bad`.
    pub(super) fn find(&self, is_bad: impl Fn(&str) -> bool) -> Vec<String> {
        let bad = self.code.lines().filter(|line| is_bad(line));
        bad.map(|line| format!("{}: {}", self.path, line.trim())).collect()
    }
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn collect(dir: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// Leaves out what `#[cfg(test)]` stands before, by rustfmt's indentation.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(indent) = line.strip_suffix("#[cfg(test)]") else {
            kept.push_str(line);
            kept.push('\n');
            continue;
        };
        // Its end is at its own indentation: `}` of a body, `;` of a declaration.
        let ends = |line: &str| {
            line.strip_prefix(indent).is_some_and(|rest| !rest.starts_with(' ') && rest.ends_with(['}', ';']))
        };
        lines.by_ref().find(|line| ends(line));
    }
    kept
}

/// Comments and the insides of literals as blanks, line by line as it was.
fn blanked(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after_word = code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let hidden = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '"' => string(rest),
            'r' | 'b' if !after_word && raw_string(rest).is_some() => raw_string(rest).unwrap(),
            '\'' => character(rest),
            _ => 0,
        };
        if hidden == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let quote = if first == '/' { ' ' } else { '"' };
        code.push(quote);
        code.extend(rest[..hidden].chars().filter(|c| *c == '\n'));
        code.push(quote);
        rest = &rest[hidden..];
    }
    code
}

/// The length of `"…"`.
fn string(text: &str) -> usize {
    let mut escaped = false;
    let end = text[1..].find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

/// The length of `r"…"`, `r#"…"#`, `br#"…"#`.
fn raw_string(text: &str) -> Option<usize> {
    let inner = text.strip_prefix("br").or(text.strip_prefix('r'))?;
    let hashes = inner.len() - inner.trim_start_matches('#').len();
    inner[hashes..].strip_prefix('"')?;
    let start = text.len() - inner.len() + hashes + 1;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(start + text[start..].find(&end)? + end.len())
}

/// The length of `'c'`, 0 for a lifetime.
fn character(text: &str) -> usize {
    let inner = &text[1..];
    if let Some(escape) = inner.strip_prefix('\\') {
        // `\'` holds a quote of its own.
        return escape[1..].find('\'').map_or(0, |end| end + 4);
    }
    let length = inner.chars().next().map_or(0, char::len_utf8);
    if inner[length..].starts_with('\'') { length + 2 } else { 0 }
}

#[test]
fn code_is_told_from_text() {
    let text = "a(\"x[1] // \\\" \", r#\"b\"[2]\"#, '\\'', '[', b'\"') // c[3]\nfn d<'a>(e: &'a str) { f[4] }\n\
        #[cfg(test)]\nmod g {\n    h[5];\n}\nfn i() {}\n";
    let wanted = "a(\"\", \"\", \"\", \"\", b\"\")   \nfn d<'a>(e: &'a str) { f[4] }\nfn i() {}\n";
    assert_eq!(without_tests(&blanked(text)), wanted);
    assert_eq!(without_tests("    #[cfg(test)]\n    #[path = \"x\"]\n    mod tests;\nlast\n"), "last\n");
}
