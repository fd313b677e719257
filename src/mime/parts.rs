//! A message cut into its leaf parts, in one pass over its lines and without recursion. A boundary is a whole
//! line: another may begin the same.

use std::collections::BTreeSet;

use super::header::{Line, Lines, field, is_token, lines, parameter, token, without_line_end};
use crate::text::shorten;

/// Multiparts in multiparts; what people send has four.
const DEEPEST: usize = 100;
const MOST: usize = 1_000;

/// A part that holds no others. A message in a message is one.
pub(super) struct Leaf<'a> {
    /// Its place among the leaves, from 1.
    pub(super) number: usize,
    pub(super) header: &'a [u8],
    pub(super) body: &'a [u8],
    pub(super) media_type: String,
    pub(super) encoding: String,
    /// It is the half of AppleDouble that is not the document.
    pub(super) is_resource_fork: bool,
    /// Why its body is not here.
    pub(super) cut: Option<&'static str>,
}

#[derive(Default)]
pub(super) struct Leaves<'a> {
    rest: &'a [u8],
    /// The boundaries and types of the multiparts that are open, the innermost last.
    open: Vec<(Vec<u8>, String)>,
    leaves: usize,
    entities: usize,
    ended: bool,
    /// What is left in the message.
    pub(super) broken: BTreeSet<String>,
    /// What is odd about its structure.
    pub(super) notes: BTreeSet<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// At a delimiter of the open multipart of that index; true if it is its last.
    Delimiter(usize, bool),
    Header,
    Message,
}

impl<'a> Leaves<'a> {
    pub(super) fn of(message: &'a [u8]) -> Leaves<'a> {
        Leaves { rest: message, ended: message.is_empty(), ..Leaves::default() }
    }

    /// Counts one part more; false if they are too many.
    pub(super) fn takes_one_more(&mut self) -> bool {
        self.entities += 1;
        if self.entities > MOST {
            self.broken.insert(format!("it has more than {MOST} parts, the rest were left in it"));
        }
        self.entities <= MOST
    }

    /// Reads the entity that begins here: a leaf, or nothing if it is a multipart.
    fn entity(&mut self) -> (Option<Leaf<'a>>, End) {
        let (header, end) = self.stretch(true);
        let (content_type, own) = (field(header, "Content-Type"), self.open.len());
        let media_type = media_type(content_type, self.is_in("multipart/digest"));
        let is_multipart = media_type.starts_with("multipart/");
        let boundary = content_type.filter(|_| is_multipart).and_then(|value| parameter(value, "boundary"));
        if let Some(boundary) = boundary.filter(|_| own < DEEPEST) {
            self.open.push((boundary.trim_ascii_end().to_vec(), media_type.clone()));
        }
        let has_body = end == End::Header;
        let (body, end) = if has_body { self.stretch(false) } else { (&b""[..], end) };
        if matches!(end, End::Delimiter(of, _) if of == own) {
            return (None, end);
        }
        self.open.truncate(own);
        let media_type = if is_multipart { self.without_parts(body) } else { media_type };
        let is_cut = !has_body && end == End::Message && media_type != "text/plain";
        self.leaves += 1;
        let leaf = Leaf {
            number: self.leaves,
            header,
            body,
            encoding: token(field(header, "Content-Transfer-Encoding").unwrap_or_default()),
            is_resource_fork: media_type == "application/applefile" && self.is_in("multipart/appledouble"),
            cut: is_cut.then_some("the message ends in its header"),
            media_type,
        };
        (Some(leaf), end)
    }

    /// A multipart that is not cut into parts is a text; if it looks as if it had some, they are missed.
    fn without_parts(&mut self, body: &[u8]) -> String {
        let is_field = |line: &[u8]| line.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-"));
        if self.open.len() == DEEPEST {
            self.broken.insert(format!("its parts are nested deeper than {DEEPEST}, the innermost were left in it"));
        } else if lines(body).any(is_field) {
            self.broken.insert("the boundary of a multipart never comes, its parts were left in it".to_owned());
        } else {
            self.notes.insert("a multipart without parts".to_owned());
        }
        "text/plain".to_owned()
    }

    fn is_in(&self, media_type: &str) -> bool {
        self.open.last().is_some_and(|(_, found)| found == media_type)
    }

    /// Goes on after the end of a stretch: to the next entity, or to the end.
    fn follow(&mut self, mut end: End) {
        while let End::Delimiter(of, is_last) = end {
            if let Some((boundary, _)) = self.open.get(of + 1) {
                let boundary = shorten(&String::from_utf8_lossy(boundary), 70);
                self.notes.insert(format!("the last boundary {boundary:?} is missing"));
            }
            self.open.truncate(if is_last { of } else { of + 1 });
            if !is_last {
                return;
            }
            end = if self.open.is_empty() { End::Message } else { self.stretch(false).1 };
        }
        // That the message ends too early is `Ending`'s to say.
        self.ended = true;
    }

    /// The lines from here to a delimiter, in a header to its end too. The line end before a delimiter belongs to
    /// the delimiter (RFC 2046 section 5.1.1).
    fn stretch(&mut self, is_header: bool) -> (&'a [u8], End) {
        let (text, mut kinds, mut length) = (self.rest, Lines::default(), 0);
        for line in lines(text) {
            let (before, here) = text.split_at_checked(length).unwrap_or_default();
            length += line.len();
            self.rest = text.get(length..).unwrap_or_default();
            if let Some(end) = self.delimiter(line) {
                return (if is_header { before } else { without_line_end(before) }, end);
            }
            match is_header.then(|| kinds.next(line, self.rest)) {
                Some(Line::End) => return (before, End::Header),
                Some(Line::Body) => {
                    self.rest = here;
                    return (before, End::Header);
                }
                _ => {}
            }
        }
        (text, End::Message)
    }

    /// `"--" boundary ["--"] transport-padding`, the whole line: another boundary may begin the same.
    fn delimiter(&self, line: &[u8]) -> Option<End> {
        let text = line.strip_prefix(b"--")?.trim_ascii_end();
        let find = |text: &[u8]| self.open.iter().rposition(|(boundary, _)| boundary == text);
        let last = || find(text.strip_suffix(b"--")?).map(|of| End::Delimiter(of, true));
        find(text).map(|of| End::Delimiter(of, false)).or_else(last)
    }
}

impl<'a> Iterator for Leaves<'a> {
    type Item = Leaf<'a>;

    fn next(&mut self) -> Option<Leaf<'a>> {
        while !self.ended && self.takes_one_more() {
            let (leaf, end) = self.entity();
            self.follow(end);
            if leaf.is_some() {
                return leaf;
            }
        }
        None
    }
}

/// `type/subtype` in lower case. Anything else is text (RFC 2045 section 5.2), in a digest a message.
pub(super) fn media_type(content_type: Option<&[u8]>, in_digest: bool) -> String {
    let default = if in_digest { "message/rfc822" } else { "text/plain" };
    let Some(token) = content_type.map(token) else { return default.to_owned() };
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_token);
    let is_type = token.split_once('/').is_some_and(|(kind, subtype)| is_word(kind) && is_word(subtype));
    if is_type { token } else { "text/plain".to_owned() }
}
