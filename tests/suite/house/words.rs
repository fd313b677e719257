//! The English of help, messages, documents and comments is that of curl's, git's and Microsoft's documentation: these words are
//! not in it.

use super::tracked::tracked;

/// Words and turns that readers have to decode, and what to write.
const BANNED: [(&str, &str); 20] = [
    ("octet", "byte"),
    ("octets", "bytes"),
    ("mend", "fix"),
    ("mends", "fixes"),
    ("come out", "succeed"),
    ("comes out", "succeeds"),
    ("came out", "succeeded"),
    ("whoever", "the one who, or nothing"),
    ("anew", "again"),
    ("afresh", "again"),
    ("so many", "the number"),
    ("a line a", "one line per"),
    ("one a line", "one per line"),
    ("an object a", "one object per"),
    ("a file a", "one file per"),
    ("is told", "is reported"),
    ("was told", "was reported"),
    ("are told", "are reported"),
    ("is no", "is not a"),
    ("nobody is sitting", "unattended"),
];

#[test]
fn help_messages_and_documents_are_in_plain_english() {
    let mut found = Vec::new();
    for (path, text) in tracked() {
        let is_read = path.starts_with("src/") || path.starts_with("docs/") || path.ends_with(".md");
        let is_spared = path.ends_with("_tests.rs") || path == "CHANGELOG.md" || path.starts_with("fixtures/");
        if !is_read || is_spared || path.starts_with("tests/") {
            continue;
        }
        // Tests quote what must not be.
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (number, line) in (1..).zip(text.lines()) {
            let banned = BANNED.iter().filter(|(words, _)| has(line, words));
            found.extend(banned.map(|(words, instead)| format!("{path}:{number}: {words:?}, write {instead:?}")));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// True if the line has the words as whole words. "is no longer" is another one, and two names are not ours.
fn has(line: &str, words: &str) -> bool {
    let others = ["is no longer", "there is no", "octet-stream", "address.octets()"];
    let line = others.iter().fold(line.to_lowercase(), |line, other| line.replace(other, ""));
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(words).any(|(at, _)| {
        !is_letter(line[..at].chars().next_back()) && !is_letter(line[at + words.len()..].chars().next())
    })
}

#[test]
fn whole_words_are_found() {
    assert!(has("Octets of it", "octets") && has("// the folder is no folder", "is no"));
    assert!(!has("it is no longer there", "is no") && !has("recommend", "mend") && !has("PART_OCTETS_2", "octets"));
}
