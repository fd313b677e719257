//! A message cut into its leaf parts, in one pass over its lines and without recursion. A boundary is a whole
//! line: another may begin the same.

use super::header::{Line, Lines, field, first_line, is_token, lines, token, without_line_end};
use super::parameters::Parameters;
use crate::text::shorten;

/// Multiparts in multiparts; what people send has four.
const DEEPEST: usize = 100;

/// Parts of one message, multiparts included.
const MOST: usize = 1_000;

/// A longer boundary is not guessed; RFC 2046 allows 70 bytes.
const LONGEST_GUESS: usize = 200;

/// A part that holds no others. A message in a message is one.
pub(super) struct Leaf<'a> {
    /// Its place among the leaves, from 1.
    pub(super) number: usize,
    pub(super) header: &'a [u8],
    pub(super) body: &'a [u8],
    pub(super) media_type: String,
    /// It is the half of AppleDouble that is not the document.
    pub(super) is_resource_fork: bool,
    /// Why its body is not here.
    pub(super) cut: Option<&'static str>,
}

/// The leaves of a message, one after the other.
#[derive(Default)]
pub(super) struct Leaves<'a> {
    message: &'a [u8],
    at: usize,
    /// The multiparts that are open, the innermost last.
    open: Vec<Multipart>,
    leaves: usize,
    entities: usize,
    ended: bool,
    has_guessed: bool,
    broken: Vec<String>,
    notes: Vec<String>,
}

struct Multipart {
    boundary: Vec<u8>,
    is_digest: bool,
    is_apple_double: bool,
}

impl Multipart {
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
    /// Before the body.
    Header,
    Message,
}

impl<'a> Leaves<'a> {
    pub(super) fn of(message: &'a [u8]) -> Leaves<'a> {
        Leaves { message, ended: message.is_empty(), ..Leaves::default() }
    }

    /// What is left in the message, and what is odd about its structure; each once.
    pub(super) fn into_said(mut self) -> (Vec<String>, Vec<String>) {
        for said in [&mut self.broken, &mut self.notes] {
            said.sort();
            said.dedup();
        }
        (self.broken, self.notes)
    }

    /// Counts one part more; false if they are too many.
    pub(super) fn takes_one_more(&mut self) -> bool {
        self.entities += 1;
        if self.entities == MOST + 1 {
            self.broken.push(format!("it has more than {MOST} parts, the rest were left in it"));
        }
        self.entities <= MOST
    }

    /// Reads the entity that begins here: a leaf, or nothing if it is a multipart.
    fn entity(&mut self) -> Option<Leaf<'a>> {
        if !self.takes_one_more() {
            self.ended = true;
            return None;
        }
        let (header, end) = self.stretch(true);
        let content_type = field(header, "Content-Type");
        let media_type = media_type(content_type, self.open.last().is_some_and(|multipart| multipart.is_digest));
        let is_multipart = media_type.starts_with("multipart/");
        if !matches!(end, End::Header) {
            let is_cut = matches!(end, End::Message) && !is_multipart && media_type != "text/plain";
            self.follow(end);
            if is_multipart {
                self.notes.push("a multipart without parts".to_owned());
                return None;
            }
            let leaf = self.leaf(header, b"", media_type);
            return Some(Leaf { cut: is_cut.then_some("the message ends in its header"), ..leaf });
        }
        if !is_multipart {
            let (body, end) = self.stretch(false);
            let leaf = self.leaf(header, body, media_type);
            self.follow(end);
            return Some(leaf);
        }
        if self.open.len() >= DEEPEST {
            self.broken.push(format!("its parts are nested deeper than {DEEPEST}, the innermost were left in it"));
            let (_, end) = self.stretch(false);
            self.follow(end);
            return None;
        }
        let boundary = content_type.and_then(|value| Parameters::of(value).plain("boundary")).unwrap_or_default();
        self.multipart(header, &media_type, boundary.trim_ascii_end())
    }

    /// Opens a multipart, if its boundary comes; otherwise it is a text.
    fn multipart(&mut self, header: &'a [u8], media_type: &str, boundary: &[u8]) -> Option<Leaf<'a>> {
        let (own, start) = (self.open.len(), self.at);
        self.open.push(Multipart {
            boundary: boundary.to_vec(),
            is_digest: media_type == "multipart/digest",
            is_apple_double: media_type == "multipart/appledouble",
        });
        let (text, end) = self.stretch(false);
        if matches!(end, End::Delimiter { of, .. } if of == own) {
            self.follow(end);
            return None;
        }
        self.open.truncate(own);
        // A second look costs as much as the first, so there is one in a message.
        if let (Some(guess), false) = (likely_boundary(text), std::mem::replace(&mut self.has_guessed, true)) {
            self.at = start;
            self.notes.push("the boundary of a multipart is not the one that it declares".to_owned());
            return self.multipart(header, media_type, guess);
        }
        self.notes.push("a multipart without parts".to_owned());
        let leaf = self.leaf(header, text, "text/plain".to_owned());
        self.follow(end);
        Some(leaf)
    }

    fn leaf(&mut self, header: &'a [u8], body: &'a [u8], media_type: String) -> Leaf<'a> {
        self.leaves += 1;
        let is_resource_fork = media_type == "application/applefile"
            && self.open.last().is_some_and(|multipart| multipart.is_apple_double);
        Leaf { number: self.leaves, header, body, media_type, is_resource_fork, cut: None }
    }

    /// Goes on after the end of a stretch: to the next entity, or to the end.
    fn follow(&mut self, mut end: End) {
        loop {
            let End::Delimiter { of, last } = end else {
                // That the message ends too early is `Ending`'s to say.
                self.ended = true;
                return;
            };
            if let Some(multipart) = self.open.get(of + 1) {
                self.notes.push(format!("the last boundary {:?} is missing", multipart.shown()));
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

    /// The lines from here to a delimiter, in a header to its end too. The line end before a delimiter belongs to
    /// the delimiter (RFC 2046 section 5.1.1).
    fn stretch(&mut self, is_header: bool) -> (&'a [u8], End) {
        let rest = self.message.get(self.at..).unwrap_or_default();
        let mut kinds = Lines::default();
        let mut length = 0;
        for line in lines(rest) {
            let text = rest.get(..length).unwrap_or_default();
            length += line.len();
            if let Some(end) = self.delimiter(line) {
                self.at += length;
                return (if is_header { text } else { without_line_end(text) }, end);
            }
            match kinds.next(line, rest.get(length..).unwrap_or_default()) {
                _ if !is_header => {}
                Line::End => {
                    self.at += length;
                    return (text, End::Header);
                }
                Line::Body => {
                    self.at += text.len();
                    return (text, End::Header);
                }
                _ => {}
            }
        }
        self.at = self.message.len();
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

/// A boundary that is not declared: the first line that looks like one, with a part's header after it or the
/// last boundary further down.
fn likely_boundary(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = first_line(rest);
        rest = after;
        let Some(boundary) = line.strip_prefix(b"--").map(<[u8]>::trim_ascii_end) else { continue };
        if boundary.len() > LONGEST_GUESS || boundary.iter().all(|byte| *byte == b'-') {
            continue;
        }
        let has_header = after.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-"));
        let is_last = |line: &[u8]| {
            line.trim_ascii_end().strip_prefix(b"--").and_then(|line| line.strip_suffix(b"--")) == Some(boundary)
        };
        // The search to the end is made once.
        return (has_header || lines(after).any(is_last)).then_some(boundary);
    }
    None
}

/// `type/subtype` in lower case. What is none is text (RFC 2045 section 5.2), in a digest a message.
fn media_type(content_type: Option<&[u8]>, in_digest: bool) -> String {
    let default = if in_digest { "message/rfc822" } else { "text/plain" };
    let Some(value) = content_type else { return default.to_owned() };
    let token = token(value);
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_token);
    let is_type = token.split_once('/').is_some_and(|(kind, subtype)| is_word(kind) && is_word(subtype));
    if is_type { token } else { "text/plain".to_owned() }
}
