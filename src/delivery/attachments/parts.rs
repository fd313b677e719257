//! A message cut into its leaf parts, in one pass over its lines and without recursion.
//!
//! Ours and not mail-parser's, whose parts (0.11.9) end at any `--boundary` in mid-line and at every longer
//! boundary that begins the same, which cuts attachments short; whose text parts are decoded to UTF-8, so
//! that a Shift_JIS CSV would not be what was sent; which holds every part decoded at once; and which
//! searches to the message's end for each boundary that is missing.

use super::parameters::{Parameters, field, token};
use crate::text::shorten;

/// Multiparts in multiparts; what people send has four.
const DEEPEST: usize = 100;

/// Parts of one message, multiparts included.
const MOST: usize = 1_000;

/// A part that holds no others. A message in a message is one.
pub(super) struct Leaf<'a> {
    /// Its place among the leaves, from 1.
    pub(super) number: usize,
    pub(super) header: &'a [u8],
    pub(super) body: &'a [u8],
    pub(super) media_type: String,
    /// Why it is not what its type says: a multipart that could not be taken apart.
    pub(super) wrong: Option<&'static str>,
}

/// The leaves of a message, one after the other.
pub(super) struct Leaves<'a> {
    message: &'a [u8],
    at: usize,
    /// The multiparts that are open, the innermost last.
    open: Vec<Multipart>,
    leaves: usize,
    entities: usize,
    ended: bool,
    broken: Vec<String>,
}

struct Multipart {
    boundary: Vec<u8>,
    is_digest: bool,
}

impl Multipart {
    /// RFC 2046 allows 70 octets.
    fn shown(&self) -> String {
        shorten(&String::from_utf8_lossy(&self.boundary), 70)
    }
}

/// How a stretch of lines ended.
enum End {
    /// At a delimiter of the open multipart of that index, perhaps its last.
    Delimiter {
        of: usize,
        last: bool,
    },
    /// At an empty line.
    Header,
    Message,
}

impl<'a> Leaves<'a> {
    pub(super) fn of(message: &'a [u8]) -> Leaves<'a> {
        Leaves {
            message,
            at: 0,
            open: Vec::new(),
            leaves: 0,
            entities: 0,
            ended: message.is_empty(),
            broken: Vec::new(),
        }
    }

    /// The header of a message of which perhaps only the beginning is there.
    pub(super) fn header(start: &'a [u8]) -> &'a [u8] {
        Leaves::of(start).stretch(true).0
    }

    /// What is wrong with the message's structure, each once.
    pub(super) fn into_broken(mut self) -> Vec<String> {
        self.broken.sort();
        self.broken.dedup();
        self.broken
    }

    /// Reads the entity that begins here: a leaf, or nothing where it is a multipart.
    fn entity(&mut self) -> Option<Leaf<'a>> {
        self.entities += 1;
        if self.entities > MOST {
            self.broken.push(format!("it has more than {MOST} parts, the rest were left in it"));
            self.ended = true;
            return None;
        }
        let (header, end) = self.stretch(true);
        let content_type = field(header, "Content-Type");
        let media_type = media_type(content_type, self.open.last().is_some_and(|multipart| multipart.is_digest));
        let boundary = content_type.and_then(|value| Parameters::of(value).plain("boundary"));
        let is_multipart = media_type.starts_with("multipart/");
        match boundary {
            _ if !matches!(end, End::Header) => {
                let wrong = match end {
                    _ if is_multipart => Some("it is a multipart without parts"),
                    End::Message if media_type != "text/plain" => Some("the message ends in its header"),
                    _ => None,
                };
                self.follow(end);
                Some(self.leaf(header, b"", media_type, wrong))
            }
            Some(_) if is_multipart && self.open.len() >= DEEPEST => {
                self.broken.push(format!("its parts are nested deeper than {DEEPEST}, the innermost were left in it"));
                let (_, end) = self.stretch(false);
                self.follow(end);
                None
            }
            Some(boundary) if is_multipart => {
                let own = self.open.len();
                let boundary = boundary.trim_ascii_end().to_vec();
                self.open.push(Multipart { boundary, is_digest: media_type == "multipart/digest" });
                let (preamble, end) = self.stretch(false);
                if matches!(end, End::Delimiter { of, .. } if of == own) {
                    self.follow(end);
                    return None;
                }
                self.open.truncate(own);
                self.follow(end);
                Some(self.leaf(header, preamble, media_type, Some("its boundary never comes")))
            }
            _ => {
                let (body, end) = self.stretch(false);
                self.follow(end);
                let wrong = is_multipart.then_some("it is a multipart without a boundary");
                Some(self.leaf(header, body, media_type, wrong))
            }
        }
    }

    fn leaf(&mut self, header: &'a [u8], body: &'a [u8], media_type: String, wrong: Option<&'static str>) -> Leaf<'a> {
        self.leaves += 1;
        Leaf { number: self.leaves, header, body, media_type, wrong }
    }

    /// Goes on behind the end of a stretch: to the next entity, or to the end.
    fn follow(&mut self, mut end: End) {
        loop {
            let End::Delimiter { of, last } = end else {
                if let Some(multipart) = self.open.first() {
                    let boundary = multipart.shown();
                    self.broken.push(format!("it was cut off: the last boundary {boundary:?} is missing"));
                }
                self.ended = true;
                return;
            };
            if let Some(multipart) = self.open.get(of + 1) {
                let boundary = multipart.shown();
                self.broken.push(format!("the last boundary {boundary:?} is missing"));
            }
            self.open.truncate(if last { of } else { of + 1 });
            if !last {
                return;
            }
            if self.open.is_empty() {
                self.ended = true;
                return;
            }
            (_, end) = self.stretch(false);
        }
    }

    /// The lines from here to a delimiter, in a header to an empty line too. The line end before a
    /// delimiter belongs to the delimiter (RFC 2046 section 5.1.1).
    fn stretch(&mut self, is_header: bool) -> (&'a [u8], End) {
        let rest = self.message.get(self.at..).unwrap_or_default();
        let mut length = 0;
        for line in rest.split_inclusive(|octet| *octet == b'\n') {
            self.at += line.len();
            if let Some(end) = self.delimiter(line) {
                let text = rest.get(..length).unwrap_or_default();
                let text = if is_header { text } else { without_line_end(text) };
                return (text, end);
            }
            if is_header && without_line_end(line).is_empty() {
                return (rest.get(..length).unwrap_or_default(), End::Header);
            }
            length += line.len();
        }
        (rest, End::Message)
    }

    /// `"--" boundary ["--"] transport-padding`, the whole line: another boundary may begin the same.
    fn delimiter(&self, line: &[u8]) -> Option<End> {
        let text = line.strip_prefix(b"--")?.trim_ascii_end();
        let find = |text: &[u8]| self.open.iter().rposition(|multipart| multipart.boundary == text);
        match find(text) {
            Some(of) => Some(End::Delimiter { of, last: false }),
            None => find(text.strip_suffix(b"--")?).map(|of| End::Delimiter { of, last: true }),
        }
    }
}

impl<'a> Iterator for Leaves<'a> {
    type Item = Leaf<'a>;

    fn next(&mut self) -> Option<Leaf<'a>> {
        while !self.ended {
            if let Some(leaf) = self.entity() {
                return Some(leaf);
            }
        }
        None
    }
}

/// `type/subtype` in lower case. What is none is text (RFC 2045 section 5.2), in a digest a message.
fn media_type(content_type: Option<&[u8]>, in_digest: bool) -> String {
    let default = if in_digest { "message/rfc822" } else { "text/plain" };
    let Some(value) = content_type else { return default.to_owned() };
    let token = token(value);
    let is_token = |word: &str| {
        !word.is_empty() && word.bytes().all(|c| c.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&c))
    };
    let is_type = token.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
    if is_type { token } else { "text/plain".to_owned() }
}

fn without_line_end(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}
