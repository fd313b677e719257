//! The header of a message or of a part (RFC 5322 section 2.2): where it ends, and its fields.
//!
//! Senders leave out the empty line that ends a header, put blanks into it, or lose the indent of a folded
//! line. One function decides what a line is, for everything that reads headers.
//!
//! The parameters of a field (RFC 2045 section 5.1, RFC 2231) are looked for in text: in Shift_JIS and ISO-2022-JP the
//! second byte of a kanji may be a quote, a backslash or a semicolon. The fixtures `fixtures/mime/3*.eml` and `4*.eml`
//! hold what senders do.

/// The bytes in which the name of a field must end.
const LONGEST_NAME: usize = 256;
/// The lines looked ahead when a line fits nowhere.
const LOOK_AHEAD: usize = 16;
/// Beginnings of fields that no text has at the beginning of a line: before one of them the header goes on
/// after a line that is not a field.
const CERTAIN: [&str; 12] =
    ["content-", "mime-", "x-", "arc-", "dkim-", "received", "from", "to", "cc", "subject", "date", "message-"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Field,
    Continued,
    /// It does not belong there, and the header goes on.
    Odd,
    End,
    /// The first line of the body: the empty line is missing.
    Body,
}

/// Decides what each line of a header is, in their order.
#[derive(Clone, Copy, Default)]
pub(super) struct Lines {
    /// The last byte of the open field that is not a blank.
    open: Option<u8>,
    started: bool,
}

impl Lines {
    /// What `line` is; `after` is what follows it, as far as it is known.
    pub(super) fn next(&mut self, line: &[u8], after: &[u8]) -> Line {
        let text = line.trim_ascii_end();
        let kind = match () {
            () if without_line_end(line).is_empty() => Line::End,
            () if text.is_empty() && !goes_on(after) => Line::End,
            () if text.is_empty() => Line::Continued,
            () if is_indented(line) && self.open.is_some() => Line::Continued,
            () if is_indented(line) && self.started => Line::Odd,
            () if self.has_lost_its_indent(text) => Line::Continued,
            () if name(text).is_some() => Line::Field,
            // An mbox has a line before the header.
            () if !self.started && (text.starts_with(b"From ") || text.starts_with(b">From ")) => Line::Odd,
            () if goes_on(after) => Line::Odd,
            () => Line::Body,
        };
        self.started = true;
        self.open = match kind {
            Line::Field => text.last().copied(),
            Line::Continued => text.last().copied().or(self.open),
            _ => None,
        };
        kind
    }

    /// `name="a.pdf"` after a line that ends in a semicolon, an address after one that ends in a comma.
    fn has_lost_its_indent(&self, text: &[u8]) -> bool {
        match self.open {
            Some(b';') => beginning(text).is_some_and(|(_, value)| !matches!(value, [] | [b'=', ..])),
            Some(b',') => name(text).is_none() && text.contains(&b'@'),
            _ => false,
        }
    }
}

/// True if a field follows that is certain to be one, perhaps after indented lines.
fn goes_on(after: &[u8]) -> bool {
    lines(after).take(LOOK_AHEAD).find(|line| !is_indented(line)).and_then(name).is_some_and(|name| {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        CERTAIN.iter().any(|start| name == *start || start.ends_with('-') && name.starts_with(start))
    })
}

/// `field-name = 1*ftext` before a colon; old mailers put blanks between the two.
fn name(line: &[u8]) -> Option<&[u8]> {
    let colon = line.iter().take(LONGEST_NAME).position(|byte| *byte == b':')?;
    let name = line.get(..colon)?.trim_ascii_end();
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some(name)
}

fn is_indented(line: &[u8]) -> bool {
    matches!(line, [b' ' | b'\t', ..])
}

/// The name of a parameter that begins here, without its `=`, and what follows that.
pub(super) fn beginning(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = text.iter().take(LONGEST_NAME).position(|byte| !is_token(*byte)).filter(|length| *length > 0)?;
    let (name, rest) = text.split_at_checked(length)?;
    Some((name, rest.strip_prefix(b"=")?))
}

/// A character of RFC 2045's `token`.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&byte)
}

/// The lines of a text, with their ends.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

pub(super) fn first_line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| at + 1);
    text.split_at_checked(end).unwrap_or((text, b""))
}

pub(super) fn without_line_end(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// Name and value of each field, folded as they came. What follows the header is left alone.
pub(super) fn fields(header: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let (mut kinds, mut rest) = (Lines::default(), header);
    std::iter::from_fn(move || {
        let (mut start, mut length) = (rest, 0);
        loop {
            let (line, after) = first_line(rest);
            // What ends a field is looked at again as the beginning of the next.
            let mut known = kinds;
            match known.next(line, after) {
                Line::Field if length == 0 => (start, length) = (rest, line.len()),
                Line::Continued => length += line.len(),
                Line::Odd if length == 0 => {}
                _ => break,
            }
            (kinds, rest) = (known, after);
        }
        let field = start.get(..length)?;
        let (name, value) = field.split_at_checked(field.iter().position(|byte| *byte == b':')?)?;
        Some((name.trim_ascii_end(), value.get(1..)?))
    })
}

pub(super) fn field<'a>(header: &'a [u8], name: &str) -> Option<&'a [u8]> {
    fields(header).find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
}

/// True if an empty line is in it, which ends a header; the first line is not looked at.
pub(crate) fn has_empty_line(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair == b"\n\n") || bytes.windows(3).any(|three| three == b"\n\r\n")
}

/// A field's value on one line, cut after `most` bytes.
pub(super) fn unfolded(value: &[u8], most: usize) -> Vec<u8> {
    value.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).take(most).copied().collect()
}

/// A field on one line as text, for what is ASCII wherever it is right: a type, an encoding, a boundary.
fn ascii(value: &[u8]) -> String {
    String::from_utf8_lossy(&unfolded(value, LONGEST_FIELD)).into_owned()
}

/// The first word of a field, in lower case: a transfer encoding, a media type, a disposition.
pub(super) fn token(value: &[u8]) -> String {
    let text = ascii(value);
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix('(') {
        rest = after_comment(comment).unwrap_or_default().trim_start();
    }
    let word = rest.split(|c: char| c.is_whitespace() || ";(".contains(c)).next().unwrap_or_default();
    word.chars().take(100).collect::<String>().trim_matches('"').to_ascii_lowercase()
}

/// What follows the end of a comment that is open; comments may be nested.
pub(super) fn after_comment(text: &str) -> Option<&str> {
    let mut depth = 1_usize;
    let end = text.find(|c| {
        depth = depth + usize::from(c == '(') - usize::from(c == ')');
        depth == 0
    });
    text.get(end? + 1..)
}

/// `=3D` or `%3D` as the byte; anything else stays.
pub(super) fn unescape(bytes: &[u8], sign: u8) -> Vec<u8> {
    unescaped(bytes, sign).map(|(byte, _)| byte).collect()
}

/// The same, and of each byte whether it is a sign that escapes nothing.
pub(super) fn unescaped(bytes: &[u8], sign: u8) -> impl Iterator<Item = (u8, bool)> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (first, after) = rest.split_first()?;
        let digits = rest.get(1..3).filter(|digits| *first == sign && digits.iter().all(u8::is_ascii_hexdigit));
        let code = digits.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        rest = code.and_then(|_| rest.get(3..)).unwrap_or(after);
        Some((code.unwrap_or(*first), code.is_none() && *first == sign))
    })
}

/// Longer fields are cut: a name of 5,000 characters in base64 fits.
pub(super) const LONGEST_FIELD: usize = 64 << 10;
/// Parameters that come without the semicolon before them.
const KNOWN: [&str; 6] = ["name", "filename", "size", "charset", "boundary", "type"];

pub(super) fn parameter(field: &[u8], name: &str) -> Option<Vec<u8>> {
    coded_parameter(&ascii(field), name).map(|(bytes, _)| bytes)
}

/// Its bytes and its charset, if RFC 2231 was used; `name*` and its sections before `name`, which is there for old
/// programs (RFC 6266 section 4.3).
pub(super) fn coded_parameter(field: &str, wanted: &str) -> Option<(Vec<u8>, String)> {
    let all = parameters(field);
    let section = |(name, value): &'_ (String, String)| match name.strip_prefix(wanted)?.strip_prefix('*')? {
        "" => Some((0_u32, true, value.clone())),
        number => Some((number.trim_end_matches('*').parse().ok()?, number.ends_with('*'), value.clone())),
    };
    let mut sections: Vec<_> = all.iter().filter_map(section).collect();
    sections.sort_by_key(|(number, ..)| *number);
    sections.dedup_by_key(|(number, ..)| *number);
    if sections.is_empty() {
        sections.extend(all.into_iter().find(|(name, _)| name == wanted).map(|(_, value)| (0, false, value)));
    }
    let (_, is_coded, first) = sections.first_mut()?;
    // `charset'language'value`
    let parts: Vec<_> = first.splitn(3, '\'').map(str::to_owned).collect();
    let mut charset = String::new();
    if let ([declared, _, start], true) = (&parts[..], *is_coded) {
        // Raw bytes are text already.
        let known = if start.is_ascii() { declared.as_str() } else { "utf-8" };
        (charset, *first) = (known.to_owned(), start.clone());
    }
    // A character may begin in one section and end in the next.
    let value = |(_, is_coded, value): (_, bool, String)| match is_coded {
        true => unescape(value.as_bytes(), b'%'),
        false => value.into_bytes(),
    };
    let bytes: Vec<_> = sections.into_iter().flat_map(value).collect();
    (!bytes.is_empty()).then_some((bytes, charset))
}

/// The parameters of a field, their names in lower case, their values without comments, quotes and their escapes.
fn parameters(field: &str) -> Vec<(String, String)> {
    let (mut all, mut rest) = (Vec::new(), field);
    while let Some((before, after)) = rest.split_once('=') {
        // Without the semicolon after the type, the type stands before the name.
        let name = before.trim_end().rsplit([';', ' ', '\t']).next().unwrap_or_default().to_ascii_lowercase();
        let after = after.trim_start();
        let (value, after) = after.strip_prefix('"').map_or_else(|| bare(&name, after), quoted);
        all.push((name, value));
        rest = after;
    }
    all
}

/// The value of a parameter whose quote is open, and what follows it. A quote closes it only if nothing of the value
/// follows: `"a "b".pdf"` is one.
fn quoted(text: &str) -> (String, &str) {
    let (mut value, mut chars) = (String::new(), text.chars());
    while let Some(c) = chars.next() {
        let after = chars.as_str();
        match c {
            // A path of Windows is written without escaping, so a backslash escapes only what needs it.
            '\\' if after.starts_with(['"', '\\']) => value.extend(chars.next()),
            '"' if closes(after) => {
                let comment = after.trim_start().strip_prefix('(');
                return (value, comment.map_or(after, |comment| after_comment(comment).unwrap_or_default()));
            }
            _ => value.push(c),
        }
    }
    (value, "")
}

fn closes(after: &str) -> bool {
    let after = after.trim_start();
    after.is_empty() || after.starts_with([';', '(']) || beginning(after.as_bytes()).is_some()
}

/// The value of a parameter without quotes, up to a semicolon or to a parameter that lacks it, and what follows it.
fn bare<'a>(name: &str, text: &'a str) -> (String, &'a str) {
    let begins = |at: usize| {
        let (name, _) = text.as_bytes().get(at + 1..).and_then(beginning).unwrap_or_default();
        let name = name.split(|byte| *byte == b'*').next().unwrap_or_default();
        KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
    };
    let end = text.match_indices([';', ' ', '\t']).find(|(at, found)| *found == ";" || begins(*at));
    let (value, rest) = end.and_then(|(at, _)| text.split_at_checked(at)).unwrap_or((text, ""));
    let value = value.trim_end();
    // `a.pdf (scan)` has a comment, `my file (2).pdf` and `report (2)` have none.
    let commented = value.split_once(" (").filter(|(start, _)| !name.contains("name") || start.contains('.'));
    let value = commented.filter(|_| value.ends_with(')')).map_or(value, |(start, _)| start.trim_end());
    (value.to_owned(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(header: &[u8]) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        fields(header).map(|(name, value)| (text(name), text(&unfolded(value, 1000)))).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn fields_are_folded_odd_lines_are_passed_over_and_the_body_is_left_alone() {
        for (header, expected) in [
            (&b"A: b\r\n c\r\n\td\r\nE :f\r\n\r\nG: h\r\n"[..], &[("A", " b c\td"), ("E", "f")][..]),
            (b"A: b\nC: d", &[("A", " b"), ("C", " d")]),
            (b"From x\nA: b\n", &[("A", " b")]),
            (b"A: b\nodd\n odd too\nTo: c\n", &[("A", " b"), ("To", " c")]),
            (b"A: b\nodd\nC d\n", &[("A", " b")]),
            (b"A: b\n \t\nbody: x\n", &[("A", " b")]),
            (b"A: b\n \n c\nDate: d\n", &[("A", " b  c"), ("Date", " d")]),
            (b"A: b;\nname=\"c: d\"\n", &[("A", " b;name=\"c: d\"")]),
            (b"A: b;\naGVsbG8=\n", &[("A", " b;")]),
            (b"To: a@b,\nc@d\nE: f\n", &[("To", " a@b,c@d"), ("E", " f")]),
            (b"text alone\nA: b\n", &[]),
            (b" indented\nA: b\n", &[]),
            (b"", &[]),
            (b"\nA: b", &[]),
            (b": b\nA: b", &[]),
        ] {
            assert_eq!(found(header), pairs(expected), "{}", header.escape_ascii());
        }
    }

    #[test]
    fn the_first_word_is_found_after_comments_and_before_them() {
        for value in ["base64", " BASE64 (x)", "(a) (b) base64", "\"base64\"", "base64;x", "base64(x)"] {
            assert_eq!(token(value.as_bytes()), "base64", "{value}");
        }
        assert_eq!((token(b"(x"), token(b""), token(b"()()").as_str()), (String::new(), String::new(), ""));
    }

    #[test]
    fn comments_and_missing_semicolons_cost_neither_a_name_nor_a_boundary() {
        for (field, expected) in [
            ("x; boundary=\"b1\" (y)", &[("boundary", "b1")][..]),
            ("x (y); boundary=b1 (y); name=a", &[("boundary", "b1"), ("name", "a")]),
            ("x (y) boundary=\"b1\"", &[("boundary", "b1")]),
            ("x; name=\"a.pdf\" (scan (2); x=\"y\"); size=1", &[("name", "a.pdf"), ("size", "1")]),
            ("x; name=\"a.pdf\" (open; size=1", &[("name", "a.pdf")]),
            ("x; name=\"a.pdf\" size=10 x-y=z", &[("name", "a.pdf"), ("size", "10 x-y=z")]),
            ("x; name=\"a.pdf\" x-y=\"z\" size=1", &[("name", "a.pdf"), ("x-y", "z"), ("size", "1")]),
            ("x; filename=a b.pdf size=10", &[("filename", "a b.pdf"), ("size", "10")]),
            ("x; filename=a.pdf (scan)", &[("filename", "a.pdf")]),
            ("x; filename=my file (2).pdf", &[("filename", "my file (2).pdf")]),
            ("x; filename=report (2)", &[("filename", "report (2)")]),
            ("x; filename=\"a \"b\".pdf\"; y=z", &[("filename", "a \"b\".pdf"), ("y", "z")]),
            ("x; name=\"a=b c=d\"", &[("name", "a=b c=d")]),
            ("x; name=a=b", &[("name", "a=b")]),
        ] {
            let expected: Vec<_> = expected.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            assert_eq!(parameters(field), expected, "{field}");
        }
    }
}
