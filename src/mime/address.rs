//! Lists of addresses (RFC 5322 section 3.4 with its obsolete forms) as people read them.

use super::words::Text;

/// A longer list is cut, between two addresses.
const LONGEST_LIST: usize = 100_000;

/// What a character of the field is, if it is not a parenthesis.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Plain,
    Quoted,
    /// A quote or a backslash: an address has it, a name has not.
    Mark,
    Comment,
    /// From an encoded word: a comma in it separates nothing, and it is not an address.
    Coded,
}

type Char = (char, Role);

const BLANK: Char = (' ', Role::Plain);

#[derive(Default)]
struct List {
    shown: String,
    /// What stands before the next item.
    between: &'static str,
    in_group: bool,
    is_cut: bool,
}

/// `Name <address>, …`: names decoded, and in quotes if they could be taken for more; routes and comments left
/// out. A name that is only in a comment is a name.
pub(super) fn list(field: &[Text]) -> String {
    let chars = roles(field);
    let mut list = List::default();
    let (mut start, mut has_address, mut in_route) = (0, false, false);
    let plain = chars.iter().enumerate().filter(|(_, (_, role))| *role == Role::Plain);
    for (at, c) in plain.map(|(at, (c, _))| (at, *c)).chain([(chars.len(), ';')]) {
        let item = chars.get(start..at).unwrap_or_default();
        match c {
            '@' => has_address = true,
            '<' => {
                has_address = true;
                in_route = chars.get(at + 1).is_some_and(|(next, _)| *next == '@');
            }
            '>' => in_route = false,
            ':' if !has_address && !list.in_group => {
                list.add(&format!("{}:", phrase(&name(item))), " ");
                (list.in_group, start) = (true, at + 1);
            }
            ';' | ',' if c == ';' || !in_route => {
                list.add(&mailbox(item), ", ");
                (start, has_address, in_route) = (at + 1, false, false);
            }
            _ => {}
        }
        if c == ';' && std::mem::take(&mut list.in_group) {
            // One without members has a blank.
            let is_empty = std::mem::replace(&mut list.between, ", ") == " " && !list.is_cut;
            list.shown.push_str(if is_empty { " ;" } else { ";" });
        }
    }
    list.shown
}

impl List {
    fn add(&mut self, item: &str, next: &'static str) {
        if !self.is_cut && !item.is_empty() {
            self.is_cut = self.shown.len() + item.len() > LONGEST_LIST;
            self.shown.push_str(std::mem::replace(&mut self.between, next));
            self.shown.push_str(if self.is_cut { "…" } else { item });
        }
    }
}

fn roles(field: &[Text]) -> Vec<Char> {
    let (mut quoted, mut comments, mut escapes) = (false, 0_usize, false);
    let role = |(c, is_coded)| {
        let is_escaped = std::mem::take(&mut escapes);
        let role = match c {
            _ if is_coded && comments == 0 => Role::Coded,
            '\\' if !is_escaped && (quoted || comments > 0) => {
                escapes = true;
                return (comments == 0).then_some((c, Role::Mark));
            }
            '(' if !(is_escaped || is_coded || quoted) => {
                comments += 1;
                return None;
            }
            ')' if !(is_escaped || is_coded) && comments > 0 => {
                comments -= 1;
                return None;
            }
            _ if comments > 0 => Role::Comment,
            '"' if !is_escaped => {
                quoted = !quoted;
                Role::Mark
            }
            _ if quoted => Role::Quoted,
            _ => Role::Plain,
        };
        Some((c, role))
    };
    field.iter().flat_map(|piece| piece.text.chars().map(|c| (c, piece.is_coded))).filter_map(role).collect()
}

fn mailbox(item: &[Char]) -> String {
    let (comment, item): (Vec<Char>, Vec<Char>) = item.iter().partition(|(_, role)| *role == Role::Comment);
    let bracket = item.iter().position(|c| *c == ('<', Role::Plain));
    let (named, address) = match bracket.and_then(|at| item.split_at_checked(at)) {
        Some((before, rest)) => (name(before), in_brackets(rest)),
        None if item.contains(&('@', Role::Plain)) => (String::new(), bare(&item)),
        None => (name(&item), String::new()),
    };
    let named = if named.is_empty() && !address.is_empty() { name(&comment) } else { named };
    match (phrase(&named), address) {
        (item, empty) | (empty, item) if empty.is_empty() => item,
        (name, address) => format!("{name} <{address}>"),
    }
}

/// RFC 5322 section 4.4 lets the route of `<@a.example,@b.example:taro@example.com>` be ignored.
fn in_brackets(text: &[Char]) -> String {
    let inside = text.iter().skip(1).take_while(|c| **c != ('>', Role::Plain));
    let address = address(inside.filter(|c| !is_blank(c)));
    match address.split_once(':') {
        Some((route, address)) if route.starts_with('@') => address.to_owned(),
        _ => address,
    }
}

/// An address without angle brackets, as it is written. Blanks around `@` were allowed once.
fn bare(item: &[Char]) -> String {
    let words: Vec<_> = item.split(is_blank).filter(|word| !word.is_empty()).collect();
    address(&words.join(&BLANK)).split('@').map(str::trim).collect::<Vec<_>>().join("@")
}

fn address<'a>(chars: impl IntoIterator<Item = &'a Char>) -> String {
    let is_unsafe = |(c, role): &Char| *role == Role::Coded && (is_special(*c) || c.is_whitespace());
    chars.into_iter().map(|c| if is_unsafe(c) { '_' } else { c.0 }).collect()
}

fn name(chars: &[Char]) -> String {
    let text: String = chars.iter().filter(|(_, role)| *role != Role::Mark).map(|(c, _)| *c).collect();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A display name: an encoded word may hold `<somebody@else>`, which must not read as an address.
fn phrase(name: &str) -> String {
    if name.contains(is_special) {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        name.to_owned()
    }
}

fn is_special(c: char) -> bool {
    "\"\\,;:<>@()".contains(c)
}

fn is_blank((c, role): &Char) -> bool {
    *role == Role::Plain && c.is_whitespace()
}
