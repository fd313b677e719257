//! Lists of addresses (RFC 5322 section 3.4 with its obsolete forms) as people read them.

use super::words::Text;

/// A longer list is cut, between two addresses.
const LONGEST_LIST: usize = 100_000;

/// The mailbox that is being read, and what came before it.
#[derive(Default)]
struct List {
    /// Where in the grammar the next character stands: between angle brackets, in quotes, in `[192.0.2.1]`, in
    /// comments, after a backslash.
    in_angle: bool,
    quoted: bool,
    literal: bool,
    comments: usize,
    escaped: bool,
    /// What stands before the angle bracket, without its quotes.
    name: String,
    /// The same with them, as an address needs them.
    plain: String,
    angle: Option<String>,
    comment: String,
    /// `@` outside of quotes in `plain`.
    has_at: bool,
    shown: String,
    /// What stands before the next item.
    between: &'static str,
    in_group: bool,
    is_cut: bool,
}

/// `Name <address>, …`: names decoded, and in quotes if they could be taken for more; routes and comments left
/// out. A name that is only in a comment is a name.
pub(super) fn list(field: Vec<Text>) -> String {
    let mut list = List::default();
    for piece in field {
        if piece.is_coded {
            list.decoded(&piece.text);
        } else {
            piece.text.chars().for_each(|c| list.next(c));
        }
    }
    list.end_mailbox();
    list.end_group();
    list.shown
}

impl List {
    fn next(&mut self, c: char) {
        let escaped = std::mem::take(&mut self.escaped);
        let is_route = || self.angle.as_deref().unwrap_or_default().starts_with('@');
        match c {
            '\\' if !escaped && (self.quoted || self.comments > 0) => {
                self.escaped = true;
                self.keep(c, true);
            }
            '(' if !escaped && self.comments > 0 => self.comments += 1,
            ')' if !escaped && self.comments > 0 => self.comments -= 1,
            _ if self.comments > 0 => self.comment.push(c),
            '"' if !escaped && !self.literal => {
                self.quoted = !self.quoted;
                self.keep(c, true);
            }
            _ if self.quoted || self.literal => {
                self.literal &= c != ']';
                self.keep(c, false);
            }
            '>' if self.in_angle => self.in_angle = false,
            ',' if !(self.in_angle && is_route()) => self.end_mailbox(),
            _ if self.in_angle => self.keep(c, false),
            '(' => self.comments = 1,
            '<' if self.angle.is_none() => {
                self.angle = Some(String::new());
                self.in_angle = true;
            }
            ';' => {
                self.end_mailbox();
                self.end_group();
            }
            ':' if !self.in_group && !self.has_at && self.angle.is_none() => {
                let name = phrase(&one_line(&std::mem::take(&mut self.name)));
                self.plain.clear();
                self.separate(&format!("{name}:"), " ");
                self.in_group = true;
            }
            _ => {
                self.literal = c == '[';
                self.has_at |= c == '@' && self.angle.is_none();
                self.keep(c, false);
            }
        }
    }

    /// Text of an encoded word: a comma in it separates nothing, and it is not an address.
    fn decoded(&mut self, text: &str) {
        let safe = |c| if is_special(c) || self.in_angle && char::is_whitespace(c) { '_' } else { c };
        let safe = text.chars().map(safe);
        match &mut self.angle {
            _ if self.comments > 0 => self.comment.push_str(text),
            Some(angle) if self.in_angle => angle.extend(safe),
            Some(_) => {}
            None => {
                self.name.push_str(text);
                self.plain.extend(safe);
            }
        }
    }

    /// A quote or a backslash is syntax: an address has it, a name has not. After an address nothing belongs to the
    /// name.
    fn keep(&mut self, c: char, is_syntax: bool) {
        match &mut self.angle {
            _ if self.comments > 0 => {}
            Some(angle) if self.in_angle && (self.quoted || !c.is_whitespace()) => angle.push(c),
            Some(_) => {}
            None => {
                self.plain.push(c);
                self.name.extend((!is_syntax).then_some(c));
            }
        }
    }

    fn end_group(&mut self) {
        if std::mem::take(&mut self.in_group) {
            // One without members.
            if self.between == " " && !self.is_cut {
                self.shown.push(' ');
            }
            self.shown.push(';');
            self.between = ", ";
        }
    }

    fn end_mailbox(&mut self) {
        let List { name, plain, comment, angle, has_at, shown, between, in_group, is_cut, .. } = std::mem::take(self);
        *self = List { shown, between, in_group, is_cut, ..List::default() };
        let (name, address) = match angle {
            // RFC 5322 section 4.4 lets the way of `@a.example,@b.example:taro@example.com` be ignored.
            Some(angle) => match angle.split_once(':') {
                Some((route, address)) if route.starts_with('@') => (one_line(&name), address.to_owned()),
                _ => (one_line(&name), angle),
            },
            None if has_at => bare(&one_line(&plain)),
            None => (one_line(&name), String::new()),
        };
        let name = phrase(&if name.is_empty() && !address.is_empty() { one_line(&comment) } else { name });
        match (name.as_str(), address.as_str()) {
            ("", "") => {}
            (item, "") | ("", item) => self.separate(item, ", "),
            (name, address) => self.separate(&format!("{name} <{address}>"), ", "),
        }
    }

    fn separate(&mut self, item: &str, next: &'static str) {
        if !self.is_cut {
            self.is_cut = self.shown.len() + item.len() > LONGEST_LIST;
            self.shown.push_str(std::mem::replace(&mut self.between, next));
            self.shown.push_str(if self.is_cut { "…" } else { item });
        }
    }
}

/// The name and the address of a mailbox without angle brackets. Blanks around `@` and dots were allowed once.
fn bare(plain: &str) -> (String, String) {
    let is_whole = |text: &str| text.contains('@') && !text.contains('"') && text.trim_matches('@') == text;
    let is_name = |text: &str| !text.ends_with(['.', '@']) && text.matches('"').count().is_multiple_of(2);
    match plain.rsplit_once(' ') {
        Some((name, address)) if is_whole(address) && is_name(name) => {
            (name.trim_matches('"').to_owned(), address.to_owned())
        }
        _ => {
            let mut quoted = false;
            let address = plain.chars().filter(|c| {
                quoted ^= *c == '"';
                quoted || !c.is_whitespace()
            });
            (String::new(), address.collect())
        }
    }
}

fn one_line(text: &str) -> String {
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
