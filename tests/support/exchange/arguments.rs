//! The syntax of commands: atoms, strings, lists, and sets of numbers.

/// One argument of a command.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Argument {
    /// Also flags and fetch items, a section in brackets included.
    Atom(String),
    /// A quoted string or a literal.
    Text(Vec<u8>),
    List(Vec<Argument>),
}

impl Argument {
    /// The characters of an atom or a string.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Argument::Atom(atom) => Some(atom.clone()),
            Argument::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Argument::List(_) => None,
        }
    }

    /// An atom in upper case, to be compared with a key word.
    pub(super) fn keyword(&self) -> Option<String> {
        match self {
            Argument::Atom(atom) => Some(atom.to_ascii_uppercase()),
            _ => None,
        }
    }
}

/// The `{n}` or `{n+}` at the end of a line: how many bytes, and whether the client waits.
pub(super) fn announced_literal(line: &[u8]) -> Option<(usize, bool)> {
    let inner = line.strip_suffix(b"}")?;
    let open = inner.iter().rposition(|byte| *byte == b'{')?;
    let digits = std::str::from_utf8(&inner[open + 1..]).ok()?;
    match digits.strip_suffix('+') {
        Some(digits) => Some((digits.parse().ok()?, false)),
        None => Some((digits.parse().ok()?, true)),
    }
}

/// Reads a whole command with its literals in place (`{n}` CRLF bytes). `None`: not IMAP, or
/// not what Exchange takes for it.
pub(super) fn parse(command: &[u8]) -> Option<Vec<Argument>> {
    let mut parser = Parser { rest: command };
    let arguments = parser.sequence()?;
    parser.rest.is_empty().then_some(arguments)
}

struct Parser<'a> {
    rest: &'a [u8],
}

impl Parser<'_> {
    /// Arguments up to the end, or to the parenthesis that ends a list.
    fn sequence(&mut self) -> Option<Vec<Argument>> {
        let mut arguments = Vec::new();
        loop {
            match self.rest.first() {
                None | Some(b')') => return Some(arguments),
                Some(b' ') => self.skip(1),
                Some(b'(') => {
                    self.skip(1);
                    let list = self.sequence()?;
                    self.rest = self.rest.strip_prefix(b")")?;
                    arguments.push(Argument::List(list));
                }
                Some(b'"') => arguments.push(self.quoted()?),
                Some(b'{') => arguments.push(self.literal()?),
                Some(_) => arguments.push(self.atom()?),
            }
        }
    }

    fn quoted(&mut self) -> Option<Argument> {
        self.skip(1);
        let mut text = Vec::new();
        loop {
            match self.rest {
                [b'"', ..] => {
                    self.skip(1);
                    return Some(Argument::Text(text));
                }
                // Exchange refuses `\"` in a quoted string (jakartaee/mail-api#152).
                [b'\\', b'"', ..] | [] => return None,
                [b'\\', escaped, ..] => {
                    text.push(*escaped);
                    self.skip(2);
                }
                [byte, ..] => {
                    text.push(*byte);
                    self.skip(1);
                }
            }
        }
    }

    fn literal(&mut self) -> Option<Argument> {
        let end = self.rest.iter().position(|byte| *byte == b'\n')?;
        let line = self.rest[..end].strip_suffix(b"\r")?;
        let (count, _) = announced_literal(line)?;
        let text = self.rest.get(end + 1..end + 1 + count)?.to_vec();
        self.skip(end + 1 + count);
        Some(Argument::Text(text))
    }

    fn atom(&mut self) -> Option<Argument> {
        let mut in_brackets = false;
        let end = self.rest.iter().position(|byte| {
            match byte {
                b'[' => in_brackets = true,
                b']' => in_brackets = false,
                _ => {}
            }
            !in_brackets && b" ()\"".contains(byte)
        });
        let end = end.unwrap_or(self.rest.len());
        let atom = String::from_utf8(self.rest[..end].to_vec()).ok()?;
        self.skip(end);
        Some(Argument::Atom(atom))
    }

    fn skip(&mut self, count: usize) {
        self.rest = &self.rest[count..];
    }
}

/// A set of sequence numbers or UIDs: `2,4:7,9:*`.
pub(super) struct NumberSet {
    /// `None` is `*`.
    ranges: Vec<(Option<u32>, Option<u32>)>,
}

impl NumberSet {
    pub(super) fn parse(text: &str) -> Option<NumberSet> {
        let number = |text: &str| match text {
            "*" => Some(None),
            digits => Some(Some(digits.parse().ok().filter(|n| *n > 0)?)),
        };
        let range = |part: &str| match part.split_once(':') {
            Some((from, to)) => Some((number(from)?, number(to)?)),
            None => Some((number(part)?, number(part)?)),
        };
        let ranges = text.split(',').map(range).collect::<Option<Vec<_>>>()?;
        Some(NumberSet { ranges })
    }

    /// `*` is the largest number in use, and a range may be written backwards.
    pub(super) fn contains(&self, number: u32, largest: u32) -> bool {
        self.ranges.iter().any(|(from, to)| {
            let (from, to) = (from.unwrap_or(largest), to.unwrap_or(largest));
            (from.min(to)..=from.max(to)).contains(&number)
        })
    }
}
