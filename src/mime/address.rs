//! Lists of addresses (RFC 5322 section 3.4 with its obsolete forms) as people read them.

use super::words::Piece;

/// A longer list is cut, between two addresses.
const LONGEST_LIST: usize = 100_000;

/// Where in the grammar the next character stands.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    /// A display name, or an address without angle brackets.
    #[default]
    Phrase,
    Quoted,
    Angle,
    QuotedInAngle,
    Comment(usize),
    /// `[192.0.2.1]`
    Literal,
}

/// The mailbox that is being read, and what came before it.
#[derive(Default)]
struct List {
    place: Place,
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
    /// An item of the list or of the open group is in `shown` already.
    has_items: bool,
    in_group: bool,
    is_cut: bool,
}

/// `Name <address>, …`: names decoded, and in quotes if they could be taken for more; routes and comments left
/// out. A name that is only in a comment is a name.
pub(super) fn list(field: Vec<Piece>) -> String {
    let mut list = List::default();
    for piece in field {
        match piece {
            Piece::Raw(text) => text.chars().for_each(|c| list.next(c)),
            Piece::Decoded(text) | Piece::Unknown(text) => list.decoded(&text),
        }
    }
    list.end_mailbox();
    list.end_group();
    list.shown
}

impl List {
    fn next(&mut self, c: char) {
        let escaped = std::mem::take(&mut self.escaped);
        match (self.place, c) {
            (Place::Quoted | Place::QuotedInAngle | Place::Comment(_), '\\') if !escaped => {
                self.escaped = true;
                self.keep(c, true);
            }
            (Place::Comment(depth), '(') if !escaped => self.place = Place::Comment(depth + 1),
            (Place::Comment(0), ')') if !escaped => self.place = Place::Phrase,
            (Place::Comment(depth), ')') if !escaped => self.place = Place::Comment(depth - 1),
            (Place::Comment(_), _) => self.comment.push(c),
            (Place::Quoted, '"') if !escaped => self.turn(Place::Phrase, c),
            (Place::QuotedInAngle, '"') if !escaped => self.turn(Place::Angle, c),
            (Place::Literal, ']') => {
                self.place = Place::Phrase;
                self.keep(c, false);
            }
            (Place::Quoted | Place::QuotedInAngle | Place::Literal, _) => self.keep(c, false),
            (Place::Angle, '"') => self.turn(Place::QuotedInAngle, c),
            (Place::Angle, '>') => self.place = Place::Phrase,
            (Place::Angle, ',') if !self.angle.as_deref().unwrap_or_default().starts_with('@') => self.end_mailbox(),
            (Place::Angle, _) if c.is_whitespace() => {}
            (Place::Angle, _) => self.keep(c, false),
            (Place::Phrase, '"') => self.turn(Place::Quoted, c),
            (Place::Phrase, '(') => self.place = Place::Comment(0),
            (Place::Phrase, '<') if self.angle.is_none() => {
                self.angle = Some(String::new());
                self.place = Place::Angle;
            }
            (Place::Phrase, '[') => {
                self.place = Place::Literal;
                self.keep(c, false);
            }
            (Place::Phrase, ',') => self.end_mailbox(),
            (Place::Phrase, ';') => {
                self.end_mailbox();
                self.end_group();
            }
            (Place::Phrase, ':') if !self.in_group && !self.has_at && self.angle.is_none() => self.begin_group(),
            (Place::Phrase, _) => {
                self.has_at |= c == '@' && self.angle.is_none();
                self.keep(c, false);
            }
        }
    }

    /// Text of an encoded word: a comma in it separates nothing, and it is no address.
    fn decoded(&mut self, text: &str) {
        match self.place {
            Place::Comment(_) => self.comment.push_str(text),
            Place::Angle | Place::QuotedInAngle => {
                let safe = text.chars().map(|c| if is_special(c) || c.is_whitespace() { '_' } else { c });
                self.angle.get_or_insert_default().extend(safe);
            }
            _ if self.angle.is_some() => {}
            _ => {
                self.name.push_str(text);
                self.plain.extend(text.chars().map(|c| if is_special(c) { '_' } else { c }));
            }
        }
    }

    fn turn(&mut self, place: Place, quote: char) {
        self.place = place;
        self.keep(quote, true);
    }

    /// A quote or a backslash is syntax: an address has it, a name has not.
    fn keep(&mut self, c: char, is_syntax: bool) {
        match (self.place, &mut self.angle) {
            (Place::Angle | Place::QuotedInAngle, Some(angle)) => angle.push(c),
            // After an address nothing belongs to the name.
            (Place::Comment(_), _) | (_, Some(_)) => {}
            _ => {
                self.plain.push(c);
                self.name.extend((!is_syntax).then_some(c));
            }
        }
    }

    fn begin_group(&mut self) {
        let name = phrase(&one_line(&std::mem::take(&mut self.name)));
        self.plain.clear();
        self.separate(&format!("{name}:"));
        self.in_group = true;
        self.has_items = false;
    }

    fn end_group(&mut self) {
        if std::mem::take(&mut self.in_group) {
            if !self.has_items && !self.is_cut {
                self.shown.push(' ');
            }
            self.shown.push(';');
            self.has_items = true;
        }
    }

    fn end_mailbox(&mut self) {
        self.place = Place::Phrase;
        self.escaped = false;
        let name = one_line(&std::mem::take(&mut self.name));
        let plain = one_line(&std::mem::take(&mut self.plain));
        let comment = one_line(&std::mem::take(&mut self.comment));
        let has_at = std::mem::take(&mut self.has_at);
        let (name, address) = match self.angle.take() {
            Some(angle) => (name, without_route(&angle).to_owned()),
            None if has_at => bare(&plain),
            None => (name, String::new()),
        };
        let name = if name.is_empty() && !address.is_empty() { comment } else { name };
        match (name.as_str(), address.as_str()) {
            ("", "") => {}
            ("", address) => self.separate(address),
            (name, "") => self.separate(&phrase(name)),
            (name, address) => self.separate(&format!("{} <{address}>", phrase(name))),
        }
    }

    fn separate(&mut self, item: &str) {
        if self.is_cut {
            return;
        }
        let between = match (self.has_items, self.in_group) {
            (true, _) => ", ",
            (false, true) => " ",
            (false, false) => "",
        };
        self.is_cut = self.shown.len() + item.len() > LONGEST_LIST;
        self.shown.push_str(between);
        self.shown.push_str(if self.is_cut { "…" } else { item });
        self.has_items = true;
    }
}

/// The name and the address of a mailbox without angle brackets. Blanks around `@` and dots were allowed once.
fn bare(plain: &str) -> (String, String) {
    if let Some((name, address)) = plain.rsplit_once(' ')
        && !address.starts_with('@')
        && !address.ends_with('@')
        && address.contains('@')
        && !name.ends_with(['.', '@'])
        && !address.contains('"')
        && name.matches('"').count() % 2 == 0
    {
        return (name.trim_matches('"').to_owned(), address.to_owned());
    }
    let mut quoted = false;
    let address = plain.chars().filter(|c| {
        quoted ^= *c == '"';
        quoted || !c.is_whitespace()
    });
    (String::new(), address.collect())
}

/// `@a.example,@b.example:taro@example.com`: RFC 5322 section 4.4 lets the way be ignored.
fn without_route(angle: &str) -> &str {
    match angle.split_once(':') {
        Some((route, address)) if route.starts_with('@') => address,
        _ => angle,
    }
}

/// Blanks and controls as one blank.
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
