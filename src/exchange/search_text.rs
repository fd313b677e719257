//! What a user may type into a selection: texts to look for, and raw search keys.

use crate::error::{Error, Result};

/// Bytes of a text to look for, so that three of them and a query leave room for UIDs.
const MOST_TEXT: usize = 500;

/// Bytes of a query.
const MOST_QUERY: usize = 1000;

/// Words of RFC 3501 and RFC 4731 that Exchange refuses: it has one charset, no keywords, no ESEARCH.
const REFUSED_WORDS: [&str; 4] = ["CHARSET", "RETURN", "KEYWORD", "UNKEYWORD"];

/// A text to look for, and who does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// The server: it fits into a quoted string.
    Server(String),
    /// We, in lower case: the server has no charset for it, refuses `\"`, and a literal
    /// within a SEARCH has not been seen to work.
    Ours(String),
}

impl Text {
    pub(crate) fn new(setting: &'static str, text: &str) -> Result<Text> {
        let refused = |why: &str| Err(Error::of_setting(setting, format!("the text {text:?}: {why}")));
        match text {
            _ if text.trim().is_empty() => refused("there is nothing to look for"),
            _ if text.len() > MOST_TEXT => {
                Err(Error::of_setting(setting, format!("the text has more than {MOST_TEXT} bytes")))
            }
            _ if text.chars().any(char::is_control) => refused("it holds a control character"),
            _ if text.is_ascii() && !text.contains(['"', '\\']) => Ok(Text::Server(text.to_owned())),
            _ if cfg!(feature = "attachments") => Ok(Text::Ours(text.to_lowercase())),
            _ => refused(
                "only ASCII without quotes and backslashes: this build lacks the feature attachments, which matches the rest",
            ),
        }
    }
}

/// Keys that Exchange can take and that stay keys: quoted strings closed, nothing that announces a literal.
pub(crate) fn checked_query(query: &str) -> Result<String> {
    let query = query.trim_matches(' ');
    let refused = |why: &str| Err(Error::of_setting("query", format!("the query {query:?}: {why}")));
    // Every second piece is within quotes.
    let pieces: Vec<_> = query.split('"').collect();
    let unquoted = || pieces.iter().step_by(2);
    if query.is_empty() {
        return refused("there is nothing to look for");
    }
    if query.len() > MOST_QUERY {
        return Err(Error::of_setting("query", format!("the query has more than {MOST_QUERY} bytes")));
    }
    if !query.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return refused("only printable ASCII; a text to find in From, To or Subject may be any");
    }
    if query.contains('\\') {
        return refused("no backslash: Exchange refuses an escaped character");
    }
    if pieces.len() % 2 == 0 {
        return refused("a quoted string is not closed");
    }
    if unquoted().any(|piece| piece.contains(['{', '}'])) {
        return refused("no literal; a text goes in double quotes");
    }
    if unquoted().any(|piece| piece.contains(['(', ')'])) {
        return refused("no parentheses: Exchange refuses them (keys side by side must all match)");
    }
    let words = || unquoted().flat_map(|piece| piece.split(' '));
    if let Some(word) = words().find(|word| REFUSED_WORDS.iter().any(|refused| word.eq_ignore_ascii_case(refused))) {
        return refused(&format!("Exchange refuses {word}; where it is a text, put it in double quotes"));
    }
    Ok(query.to_owned())
}
