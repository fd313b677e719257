//! What is attached to a message, decoded, and under which name. Memory: the message once, and 64 KB; a text part that
//! may hold uuencode, or that shows pictures which are to be skipped, is decoded once more. Names: at most 1,000.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::{self, ErrorKind, Write};

use super::header::{LONGEST_FIELD, coded_parameter, field, is_token, parameter, token, unescape, unfolded};
use super::parts::{Leaf, Leaves, media_type};
use super::transfer::{self, uu_blocks};
use super::words::{self, Text, pair};
use crate::text::shorten;

/// A name is shown up to this length, in bytes.
const LONGEST_ORIGINAL: usize = 2_000;
/// The bytes that every file system takes, a `._` before it included. In UTF-16 they are never more units.
const LONGEST_NAME: usize = 240;
/// A longer ending is not an ending but a dot in a sentence.
const LONGEST_ENDING: usize = 20;
/// Names that Windows keeps for devices, with any ending and in any case.
const DEVICES: [&str; 8] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$", "CONFIG$"];
const ENDINGS: &str = "application/pdf pdf application/zip zip application/x-zip-compressed zip application/json json \
    application/xml xml text/xml xml application/msword doc application/vnd.ms-excel xls \
    application/vnd.openxmlformats-officedocument.wordprocessingml.document docx \
    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx \
    application/vnd.openxmlformats-officedocument.presentationml.presentation pptx \
    application/ms-tnef dat application/vnd.ms-tnef dat application/pkcs7-mime p7m application/x-pkcs7-mime p7m \
    application/pkcs7-signature p7s application/x-pkcs7-signature p7s application/pgp-signature asc image/jpeg jpg \
    image/png png image/gif gif image/tiff tif image/bmp bmp image/svg+xml svg message/rfc822 eml message/global eml \
    text/calendar ics text/csv csv text/html html text/vcard vcf text/x-vcard vcf";

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Extracted {
    pub(crate) attachments: Vec<Attachment>,
    /// All that could not be decoded, and what was left in the message, a line each.
    pub(crate) broken: Vec<String>,
    /// What is odd about it and cost nothing.
    pub(crate) notes: Vec<String>,
}

/// An attachment in its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attachment {
    /// The file's name.
    pub name: String,
    /// The name that the sender gave it, decoded; the file's may be shorter, safer, or numbered.
    pub original_name: Option<String>,
    /// In lower case, e.g. `application/pdf`; what the sender says, which may be untrue.
    pub media_type: String,
    /// The file's length in bytes.
    pub size: u64,
    /// `attachment`, `inline`
    pub disposition: Option<String>,
    /// With its angle brackets.
    pub content_id: Option<String>,
    /// Why the file is not what was sent: it was decoded as far as it could be.
    pub broken: Option<String>,
}

pub(crate) trait Shelf {
    type File: Write;
    /// A new file; [`ErrorKind::AlreadyExists`] if the name is taken.
    fn create(&mut self, name: &str) -> io::Result<Self::File>;
    fn keep(&mut self, file: Self::File) -> io::Result<()>;
}

/// Takes the attachments out of `message`; with `skip_inline` without those that its text shows.
pub(crate) fn unpack<S: Shelf>(message: &[u8], skip_inline: bool, shelf: &mut S) -> io::Result<Extracted> {
    let mut leaves = Leaves::of(message);
    let mut unpacking = Unpacking { shelf, next: HashMap::new(), extracted: Extracted::default() };
    let shown = skip_inline.then(|| shown_in_html(message));
    let mut hint = None;
    while let Some(leaf) = leaves.next() {
        let part = Part::of(leaf.header, &leaf.media_type, &mut hint);
        match &shown {
            _ if part.is_text => {
                let text = if leaf.media_type == "text/plain" { decoded(&leaf) } else { Cow::default() };
                for (name, body) in uu_blocks(&text).take_while(|_| leaves.takes_one_more()) {
                    let named = Some(words::text(name, hint.as_deref()));
                    let (media_type, encoding) = ("application/octet-stream".to_owned(), "uuencode".to_owned());
                    let leaf = Leaf { body, media_type, encoding, ..leaf };
                    unpacking.attached(&leaf, Part { named, ..Part::default() })?;
                }
            }
            Some(shown) if part.is_shown(shown) => {}
            _ => unpacking.attached(&leaf, part)?,
        }
    }
    let mut extracted = unpacking.extracted;
    extracted.broken.extend(leaves.broken);
    extracted.notes.extend(leaves.notes);
    Ok(extracted)
}

/// What the header alone says of a message of one part: that it is itself what others attach, a PDF for
/// instance, or that it is text to be read. None for a message of several parts.
pub(crate) fn is_attachment(header: &[u8]) -> Option<bool> {
    let media_type = media_type(field(header, "Content-Type"), false);
    (!media_type.starts_with("multipart/")).then(|| !Part::of(header, &media_type, &mut None).is_text)
}

#[derive(Default)]
struct Part {
    named: Option<Text>,
    attachment: Attachment,
    /// People read it as the message: plain text or HTML that has no name and is not said to be attached.
    is_text: bool,
}

impl Part {
    /// `hint` is the charset of the last part that declared one.
    fn of(header: &[u8], media_type: &str, hint: &mut Option<Vec<u8>>) -> Part {
        let content_type = field(header, "Content-Type").unwrap_or_default();
        *hint = parameter(content_type, "charset").or(hint.take());
        let hint = hint.as_deref();
        let disposition = field(header, "Content-Disposition").unwrap_or_default();
        // Encoded as the standard says (RFC 2231) or as it forbids (RFC 2047).
        let parameter = |field, name| coded_parameter(&words::guessed(&unfolded(field, LONGEST_FIELD), hint), name);
        let named = parameter(disposition, "filename").or_else(|| parameter(content_type, "name"));
        let named = named.map(|(bytes, charset)| match charset.as_str() {
            "" => words::text(&bytes, hint),
            charset => words::declared(&bytes, charset.as_bytes(), hint),
        });
        let disposition = Some(token(disposition)).filter(|word| !word.is_empty() && word.bytes().all(is_token));
        let content_id = field(header, "Content-ID").map(|value| words::text(&unfolded(value, 1_000), None).text);
        let content_id = content_id.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
        let is_read = matches!(media_type, "text/plain" | "text/html");
        let is_text = is_read && named.is_none() && disposition.as_deref() != Some("attachment");
        Part { named, attachment: Attachment { disposition, content_id, ..Attachment::default() }, is_text }
    }

    /// Where the message is read, this is read with it.
    fn is_shown(&self, in_html: &HashSet<Vec<u8>>) -> bool {
        let id = self.attachment.content_id.as_deref().unwrap_or_default().trim_matches(['<', '>']);
        self.attachment.disposition.as_deref() == Some("inline") || in_html.contains(id.as_bytes())
    }
}

/// The Content-IDs that the HTML of a message refers to.
fn shown_in_html(message: &[u8]) -> HashSet<Vec<u8>> {
    let mut ids = HashSet::new();
    let is_html =
        |leaf: &Leaf| leaf.media_type == "text/html" && Part::of(leaf.header, &leaf.media_type, &mut None).is_text;
    for leaf in Leaves::of(message).filter(is_html) {
        let html = decoded(&leaf);
        let mut rest: &[u8] = &html;
        while let Some(at) = rest.windows(4).position(|start| start.eq_ignore_ascii_case(b"cid:")) {
            rest = rest.get(at + 4..).unwrap_or_default();
            let id = rest.split(|byte| byte.is_ascii_whitespace() || b"\"'<>)&".contains(byte)).next();
            ids.insert(unescape(id.unwrap_or_default(), b'%'));
        }
    }
    ids
}

fn decoded<'a>(leaf: &Leaf<'a>) -> Cow<'a, [u8]> {
    if !["base64", "quoted-printable"].contains(&leaf.encoding.as_str()) {
        return Cow::Borrowed(leaf.body);
    }
    let mut text = Vec::new();
    // Memory takes everything, and what is wrong with a text is not ours to say.
    let _ = transfer::decode(leaf.body, &leaf.encoding, &mut text);
    Cow::Owned(text)
}

struct Unpacking<'a, S> {
    shelf: &'a mut S,
    /// The names of files, folded, and the number that the next of that name has.
    next: HashMap<String, usize>,
    extracted: Extracted,
}

impl<S: Shelf> Unpacking<'_, S> {
    /// A file of the name that the sender gave, or of that name with a number. The file system has the last
    /// word: one may take for the same what differs in its normal form only.
    fn attached(&mut self, leaf: &Leaf, part: Part) -> io::Result<()> {
        let wanted = file_name(leaf, part.named.as_ref());
        if part.named.as_ref().is_some_and(|named| named.is_unknown) {
            let note = format!("part {}, {wanted}: the charset of its name is not known", leaf.number);
            self.extracted.notes.push(note);
        }
        let key = folded(&wanted);
        let mut n = self.next.get(&key).copied().unwrap_or(1);
        let (name, mut file) = loop {
            let free = if n == 1 { wanted.clone() } else { numbered(&wanted, n) };
            n += 1;
            if self.next.contains_key(&folded(&free)) {
                continue;
            }
            match self.shelf.create(&free) {
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                created => break (free, created?),
            }
        };
        self.next.extend([(folded(&name), 2), (key, n)]);
        let (size, wrong) = transfer::decode(leaf.body, &leaf.encoding, &mut file)?;
        self.shelf.keep(file)?;
        let broken = leaf.cut.map(str::to_owned).or(wrong);
        let said = broken.iter().map(|reason| format!("{name} ({}): {reason}", leaf.media_type));
        self.extracted.broken.extend(said);
        self.extracted.attachments.push(Attachment {
            name,
            original_name: part.named.map(|named| shorten(&named.text, LONGEST_ORIGINAL)),
            media_type: leaf.media_type.clone(),
            size,
            broken,
            ..part.attachment
        });
        Ok(())
    }
}

fn file_name(leaf: &Leaf, named: Option<&Text>) -> String {
    let name = named.and_then(|named| clean(&named.text)).unwrap_or_else(|| made_up(leaf.number, &leaf.media_type));
    let is_message = matches!(leaf.media_type.as_str(), "message/rfc822" | "message/global");
    if leaf.is_resource_fork {
        // macOS has it so: of the two parts of AppleDouble the document has the name.
        format!("._{name}")
    } else if is_message && !name.to_ascii_lowercase().ends_with(".eml") {
        clean(&format!("{name}.eml")).unwrap_or(name)
    } else {
        name
    }
}

/// The name that a sender chose, fit to be the name of a file on any system; `None` if nothing is left of it.
///
/// What a name may do to us: leave its directory, hit a device or another file, hide its real ending from a
/// reader, or be refused by the file system. What is harmless stays as it is, Japanese or German, so that a
/// person finds the file under the name seen in the mail.
fn clean(name: &str) -> Option<String> {
    let mut kept = String::new();
    for c in name.chars().filter(|c| !is_unseen(*c)) {
        match c {
            '/' | '\\' | ':' | '<' | '>' | '"' | '|' | '?' | '*' => kept.push('_'),
            '.' if kept.ends_with('.') => {}
            '\t' => kept.push(' '),
            _ => kept.push(c),
        }
    }
    let trimmed = fit(trim(&kept), LONGEST_NAME);
    match trimmed.as_str() {
        "" => None,
        device if is_device(device) => Some(format!("_{trimmed}")),
        _ => Some(trimmed),
    }
}

/// The name with ` (n)` before its ending, for when another file has the name.
fn numbered(name: &str, n: usize) -> String {
    let number = format!(" ({n})");
    let fitting = fit(name, LONGEST_NAME.saturating_sub(number.len()));
    let (stem, ending) = split(&fitting);
    format!("{stem}{number}{ending}")
}

/// What two names have in common that most file systems take for one.
fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

fn made_up(number: usize, media_type: &str) -> String {
    let is_text = media_type.starts_with("text/") || media_type.starts_with("message/");
    let ending = pair(ENDINGS, media_type).unwrap_or(if is_text { "txt" } else { "bin" });
    format!("part-{number}.{ending}")
}

/// Controls, and characters that reorder, hide or break what a reader sees; the tabulator is a blank.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\0'..='\x08' | '\n'..='\x1f' | '\x7f'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Leading dots hide a file; Windows drops trailing dots and blanks, and with them the difference.
fn trim(name: &str) -> &str {
    name.trim_matches(|c: char| c == '.' || c.is_whitespace())
}

/// The name in at most `most` bytes, cut between characters, its ending kept.
fn fit(name: &str, most: usize) -> String {
    if name.len() <= most {
        return name.to_owned();
    }
    let (stem, ending) = split(name);
    let most = most.saturating_sub(ending.len());
    let cut = (0..=most).rev().find(|at| stem.is_char_boundary(*at)).unwrap_or(0);
    format!("{}{ending}", trim(stem.get(..cut).unwrap_or_default()))
}

/// A name as its stem and its ending with the dot, which may be empty.
fn split(name: &str) -> (&str, &str) {
    let (stem, ending) = name.rfind('.').and_then(|dot| name.split_at_checked(dot)).unwrap_or((name, ""));
    if stem.is_empty() || ending.len() > LONGEST_ENDING { (name, "") } else { (stem, ending) }
}

/// `NUL`, `nul.txt`, `COM1`, `lpt³.tar.gz`; Windows ignores blanks before the dot.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let numbered = stem.strip_prefix("COM").or(stem.strip_prefix("LPT"));
    let is_number = |rest: &str| rest.chars().count() == 1 && rest.contains(|c| "0123456789¹²³".contains(c));
    DEVICES.contains(&stem.as_str()) || numbered.is_some_and(is_number)
}

#[cfg(test)]
#[path = "attachments_tests.rs"]
mod tests;
