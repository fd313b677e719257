//! BODYSTRUCTURE (RFC 3501 section 7.4.2), as far as one question goes: is anything attached?
//!
//! Exchange's structures are odd in many ways (MailKit#919, #1415): a disposition that is a bare string, a
//! part of nothing but NIL, -1 bytes. So no grammar is followed down: a part is known by its shape, and what
//! has no known shape is passed over.

use super::cursor::{Cursor, Parse, parse_digits};
use super::wire::Frame;

/// The deepest that a structure is looked into.
const DEEPEST: usize = 1_000;

/// A list that is being read.
#[derive(Default)]
struct List {
    /// Its values so far.
    count: usize,
    /// The first two, in lower case, where they are strings.
    words: [Option<Vec<u8>>; 2],
    /// The seventh is a number: with two strings at its beginning this is `body-type-1part`.
    sized: bool,
    /// It is, or holds, a disposition "attachment".
    attached: bool,
    /// It holds a file's name.
    named: bool,
}

/// True where a part of the message is attached: one that is neither plain text nor HTML, or has a file's
/// name, or is said to be an attachment. None where the structure cannot be read.
pub(crate) fn has_attachments(structure: &[u8]) -> Option<bool> {
    let frame = Frame::from_line(structure);
    walk(&mut Cursor::new(&frame)).ok()
}

fn walk(cursor: &mut Cursor) -> Parse<bool> {
    let mut open: Vec<List> = Vec::new();
    let mut found = false;
    loop {
        cursor.spaces();
        match cursor.peek() {
            Some(b'(') if open.len() < DEEPEST => {
                cursor.skip(1);
                open.push(List::default());
            }
            Some(b')') => {
                cursor.skip(1);
                let Some(list) = open.pop() else { return cursor.fail("a list") };
                found |= list.is_attachment();
                let Some(outer) = open.last_mut() else { return Ok(found) };
                // What belongs to a part is in lists within it; a part within a part speaks for itself.
                if !list.is_part() {
                    outer.attached |= list.attached;
                    outer.named |= list.named;
                }
                outer.count += 1;
            }
            // The bytes of a literal came with the structure: raw names, quotes, subjects of nested messages.
            Some(b'{') => {
                let word = literal(cursor)?;
                let Some(list) = open.last_mut() else { return cursor.fail("a list") };
                list.value(Some(word), false);
            }
            _ => {
                let is_number = cursor.peek().is_some_and(|byte| byte.is_ascii_digit() || byte == b'-');
                let word = cursor.nstring()?.map(|word| word.to_ascii_lowercase());
                let Some(list) = open.last_mut() else { return cursor.fail("a list") };
                list.value(word, is_number);
            }
        }
    }
}

/// `literal = "{" number "}" CRLF *CHAR8`
fn literal(cursor: &mut Cursor) -> Parse<Vec<u8>> {
    cursor.skip(1);
    let Some(size) = parse_digits(cursor.take_while(|byte| byte.is_ascii_digit())) else {
        return cursor.fail("a size");
    };
    let text = cursor.rest().strip_prefix(b"}\r\n").zip(usize::try_from(size).ok());
    let Some(text) = text.and_then(|(text, size)| text.get(..size)) else { return cursor.fail("a literal") };
    cursor.skip(3 + text.len());
    Ok(text.to_ascii_lowercase())
}

impl List {
    fn value(&mut self, word: Option<Vec<u8>>, is_number: bool) {
        self.sized |= self.count == 6 && is_number;
        if let Some(word) = word {
            // A parameter's name is at an even place; of RFC 2231's `filename*0*` the beginning counts.
            let name = word.split(|byte| *byte == b'*').next().unwrap_or_default();
            self.named |= self.count.is_multiple_of(2) && (name == b"name" || name == b"filename");
            self.attached |= word == b"attachment";
            if let Some(place) = self.words.get_mut(self.count) {
                *place = Some(word);
            }
        }
        self.count += 1;
    }

    fn is_part(&self) -> bool {
        self.sized
    }

    fn is_attachment(&self) -> bool {
        let [kind, subtype] = &self.words;
        let is_text = match (kind.as_deref(), subtype.as_deref()) {
            (Some(b"text"), Some(b"plain" | b"html")) => true,
            // Exchange's part of nothing, and its digest without parts (MailKit#1415).
            (None, _) | (Some(b"multipart"), _) => return false,
            _ => false,
        };
        self.is_part() && (!is_text || self.attached || self.named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(structure: &str) -> Option<bool> {
        has_attachments(structure.as_bytes())
    }

    const TEXT: &str = r#"("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 5 1 NIL NIL NIL NIL)"#;

    #[test]
    fn what_is_attached_is_known_by_its_shape() {
        let html = r#"("text" "html" NIL NIL NIL "7bit" 5 1)"#;
        let pdf =
            r#"("application" "pdf" ("name" "a.pdf") NIL NIL "base64" 123 NIL ("attachment" ("filename" "a.pdf")))"#;
        assert_eq!(has(TEXT), Some(false));
        assert_eq!(has(pdf), Some(true));
        assert_eq!(has(&format!("({TEXT}{html} \"alternative\" (\"boundary\" \"name\") NIL NIL)")), Some(false));
        assert_eq!(has(&format!("({TEXT}{pdf} \"mixed\")")), Some(true));
        assert_eq!(has(&format!("(({TEXT}{html} \"alternative\"){pdf} \"mixed\")")), Some(true));
        for named in [
            r#"("text" "plain" ("charset" "x" "name" "a.txt") NIL NIL "7bit" 5 1)"#,
            r#"("text" "plain" ("charset" "x") NIL NIL "7bit" 5 1 NIL ("inline" ("filename*0*" "a.txt")))"#,
            r#"("text" "html" NIL NIL NIL "7bit" 5 1 NIL ("ATTACHMENT" NIL))"#,
            r#"("text" "html" NIL NIL NIL "7bit" 5 1 NIL "attachment" NIL NIL)"#,
            r#"("text" "calendar" NIL NIL NIL "7bit" 5 1)"#,
            r#"("image" "png" NIL "<cid>" NIL "base64" 5 NIL ("inline" NIL))"#,
        ] {
            assert_eq!(has(&format!("({TEXT}{named} \"mixed\")")), Some(true), "{named}");
        }
        let message = format!(
            r#"("message" "rfc822" NIL NIL NIL "7bit" 99 ("d" "s" (("n" NIL "a" "b")) NIL NIL NIL NIL NIL NIL "<i>") {TEXT} 3)"#
        );
        assert_eq!(has(&format!("({TEXT}{message} \"mixed\")")), Some(true));
    }

    #[test]
    fn names_in_literals_are_names() {
        let body = "(\"application\" \"pdf\" (\"name\" {5}\r\na.pdf) NIL NIL \"base64\" 9 NIL";
        let raw = "(\"attachment\" (\"filename\" {10}\r\n\u{95}) \"(.pdf)))";
        assert_eq!(has(&format!("({TEXT}{body} {raw} \"mixed\")")), Some(true));
        assert_eq!(has(&format!("({TEXT}{TEXT} \"mixed\" (\"boundary\" {{3}}\r\nb)\")))")), Some(false));
        let named = "(\"text\" \"plain\" ({4}\r\nNAME {1}\r\na) NIL NIL \"7bit\" 5 1)";
        assert_eq!(has(&format!("({TEXT}{named} \"mixed\")")), Some(true));
        let nested = format!(
            "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 9 (NIL {{7}}\r\nf\u{fc}r\" ( NIL NIL NIL NIL NIL NIL NIL NIL) {TEXT} 3)"
        );
        assert_eq!(has(&format!("({TEXT}{nested} \"mixed\")")), Some(true));
        for broken in [
            "(\"text\" {5}\r\nabc)",
            "(\"text\" {}\r\n)",
            "(\"text\" {3}abc)",
            "{1}\r\na",
            "({99999999999999999999}\r\n)",
        ] {
            assert_eq!(has(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn exchanges_oddities_are_no_attachments_and_break_nothing() {
        for odd in [
            r#"(NIL NIL NIL NIL NIL "7BIT" 0 NIL NIL NIL NIL)"#,
            r#"("text" "plain" NIL NIL NIL "7BIT" 5 1 NIL "inline" NIL NIL)"#,
            r#"("multipart" "digest" ("boundary" "x") NIL NIL "7BIT" -1 NIL NIL NIL NIL)"#,
            r#"("text" "plain" NIL NIL NIL "7BIT" -1 1 NIL (NIL NIL) NIL NIL)"#,
        ] {
            assert_eq!(has(&format!("({TEXT}{odd} \"mixed\" (\"boundary\" \"y\") NIL NIL)")), Some(false), "{odd}");
        }
        for broken in ["", "(", "NIL", "((", "x)", &"(".repeat(5_000), "(\"text"] {
            assert_eq!(has(broken), None, "{broken:?}");
        }
    }
}
