//! Folders by patterns, and by what they are for (RFC 6154), which Exchange Online says in its plain LIST.

use std::collections::HashSet;
use std::io::{Read, Write};

use crate::error::{Error, Kind, Phase, Result};
use crate::imap::Session;
use crate::imap::mailbox_name::MailboxName;
use crate::imap::types::{Flag, ListItem};

/// What RFC 6154 says that a folder may be for.
const SPECIAL: [&str; 8] =
    ["\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Junk", "\\Sent", "\\Trash", "\\Important"];

/// What the server says that a folder is for: `\Trash`.
pub(crate) fn special_use(item: &ListItem) -> Option<&'static str> {
    SPECIAL.into_iter().find(|special| item.attributes.iter().any(|flag: &Flag| flag.is(special)))
}

/// The folders that patterns take, in the order of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The folders.
    pub folders: Vec<MailboxName>,
    /// Patterns that no folder fits.
    pub unmatched: Vec<String>,
}

/// Chooses from `list` the folders that fit one of `patterns` and none of `without`; folders that cannot be selected are
/// left out.
///
/// A pattern is a name, in which `*` stands for any characters, or a special use such as `\Trash`. A folder that is
/// called like the pattern comes before both.
pub(crate) fn choose(list: &[ListItem], patterns: &[String], without: &[String]) -> Choice {
    let is_usable = |item: &&ListItem| !item.name.is_empty() && !item.is_noselect();
    let mut items: Vec<(MailboxName, &ListItem)> =
        list.iter().filter(is_usable).map(|item| (MailboxName::from_wire(&item.name), item)).collect();
    // A second `Inbox` beside INBOX (imapsync#459): to IMAP they are one.
    let mut names = HashSet::new();
    items.retain(|(name, _)| names.insert(name.clone()));
    let (mut taken, mut left_out) = (vec![false; items.len()], vec![false; items.len()]);
    let mut choice = Choice::default();
    for pattern in patterns {
        if !mark(&items, pattern, &mut taken) {
            choice.unmatched.push(pattern.clone());
        }
    }
    for pattern in without {
        mark(&items, pattern, &mut left_out);
    }
    let chosen = items.into_iter().zip(taken.into_iter().zip(left_out));
    choice.folders = chosen.filter(|(_, (taken, left_out))| *taken && !left_out).map(|((name, _), _)| name).collect();
    choice
}

/// Marks what a pattern takes; false if that is nothing.
fn mark(items: &[(MailboxName, &ListItem)], pattern: &str, marks: &mut [bool]) -> bool {
    let literal = MailboxName::new(pattern).ok();
    let is_literal = |name: &MailboxName, _: &ListItem| Some(name) == literal.as_ref();
    let fits_pattern = |name: &MailboxName, item: &ListItem| match pattern.starts_with('\\') {
        true => special_use(item).is_some_and(|special| special.eq_ignore_ascii_case(pattern)),
        false if !pattern.contains('*') => name.is_called(pattern),
        false => fits(pattern, name.as_str()),
    };
    let fits: [Fits; 2] = [&is_literal, &fits_pattern];
    fits.iter().any(|fits| {
        let mut any = false;
        for ((name, item), mark) in items.iter().zip(marks.iter_mut()) {
            let is_taken = fits(name, item);
            *mark |= is_taken;
            any |= is_taken;
        }
        any
    })
}

type Fits<'a> = &'a dyn Fn(&MailboxName, &ListItem) -> bool;

/// True if `text` is `pattern`, in which each `*` stands for any characters.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, behind)) = text.split_once(part) else { return false };
        text = behind;
    }
    text.ends_with(last)
}

/// The folder that a special use such as `\Trash` names; any other name is what it is.
pub(crate) fn resolve<S: Read + Write>(session: &mut Session<S>, folder: &MailboxName) -> Result<MailboxName> {
    if !folder.as_str().starts_with('\\') {
        return Ok(folder.clone());
    }
    let list = session.list()?.items;
    choose(&list, &[folder.as_str().to_owned()], &[]).folders.into_iter().next().ok_or_else(|| {
        let message = format!("the server does not say which folder is {folder}");
        Error::new(Kind::Refused, Phase::Select, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> Vec<ListItem> {
        [
            ("INBOX", ""),
            ("INBOX/Orders", ""),
            ("&AMk-l&AOk-ments supprim&AOk-s", "\\Trash"),
            ("Archive", ""),
            ("a*b", ""),
            ("a1b", ""),
            ("[Public]", "\\Noselect"),
        ]
        .map(|(name, attribute)| ListItem {
            attributes: Flag::named(attribute).into_iter().collect(),
            name: name.as_bytes().to_vec(),
        })
        .into()
    }

    fn chosen(patterns: &[&str], without: &[&str]) -> Vec<String> {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let Choice { folders, unmatched } = choose(&list(), &texts(patterns), &texts(without));
        folders.iter().map(|name| name.as_str().to_owned()).chain(unmatched.iter().map(|p| format!("!{p}"))).collect()
    }

    #[test]
    fn patterns_take_what_they_name() {
        let trash = "Éléments supprimés";
        assert_eq!(chosen(&["*"], &[]), ["INBOX", "INBOX/Orders", trash, "Archive", "a*b", "a1b"]);
        assert_eq!(chosen(&["*"], &["\\trash", "a*", "INBOX/*"]), ["INBOX", "Archive"]);
        assert_eq!(chosen(&["inbox", "archive", "\\Trash"], &[]), ["INBOX", trash, "Archive"]);
        // A folder that is called like the pattern.
        assert_eq!(chosen(&["a*b"], &[]), ["a*b"]);
        assert_eq!(
            chosen(&["[Public]", "\\Junk", "x*", "*O*d*rs"], &[]),
            ["INBOX/Orders", "![Public]", "!\\Junk", "!x*"]
        );
    }

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*", "a", true),
            ("*/注文*", "INBOX/注文 2026", true),
            ("a*a", "a", false),
            ("a**b", "ab", true),
            ("*ab", "aab", true),
            ("*ab*ab", "ab", false),
            ("a*c", "abcb", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
