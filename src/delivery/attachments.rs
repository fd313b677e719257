//! The attachments of a message that is already on the disk, decoded to files of their own; and its header's
//! fields, decoded.
//!
//! - `parts`: the message → its leaf parts
//! - `parameters`, `words`: a part's header → its name
//! - `transfer`: a part's body → its octets
//! - `file_name`: the name → one that is safe to use
//!
//! The charsets, addresses and dates are mail-parser's. Memory: the message once, and 64 KB; nothing decoded
//! is held. Beyond that, names: at most 1,000 of 120 octets.

#[path = "file_name.rs"]
mod file_name;
mod parameters;
mod parts;
mod transfer;
mod words;

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use mail_parser::{Addr, Address, MessageParser};

use crate::error::{Error, Result};
use crate::text::shorten;
use parameters::{Parameters, field, token};
use parts::{Leaf, Leaves};

/// A decoded header field is cut behind so many octets.
const LONGEST_FIELD: usize = 2_000;

/// What a message had attached.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Extracted {
    pub(super) attachments: Vec<Attachment>,
    /// What could not be decoded, one line each: which part, and why. It was written as far as it could be.
    pub(super) broken: Vec<String>,
}

/// An attachment in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The file's name.
    pub name: String,
    /// In lower case, e.g. `application/pdf`; what the sender says, which may be untrue.
    pub media_type: String,
    /// The file's length in octets.
    pub size: u64,
}

/// Writes the attachments of `message` to the new directory `into`, durable; without any there is none.
///
/// `into` must not exist: a directory that is ours from its first moment holds no links and no files of
/// others. After an error of the disk it may hold some of the files.
pub(super) fn extract(message: &Path, into: &Path) -> Result<Extracted> {
    let octets = fs::read(message).map_err(|e| Error::disk(format!("reading {}", message.display()), e))?;
    let mut directory = Directory { path: into, is_made: false };
    let extracted = unpack(&octets, &mut directory)
        .and_then(|extracted| directory.sync().map(|()| extracted))
        .map_err(|e| Error::disk(format!("writing attachments to {}", into.display()), e))?;
    Ok(extracted)
}

/// Where attachments go: a directory, in tests memory.
trait Shelf {
    type File: Write;
    /// A new file; [`ErrorKind::AlreadyExists`] where the name is taken.
    fn create(&mut self, name: &str) -> io::Result<Self::File>;
    /// The file is complete.
    fn keep(&mut self, file: Self::File) -> io::Result<()>;
}

struct Directory<'a> {
    path: &'a Path,
    is_made: bool,
}

impl Directory<'_> {
    /// Windows has no such thing.
    fn sync(&self) -> io::Result<()> {
        if self.is_made && !cfg!(windows) { File::open(self.path)?.sync_all() } else { Ok(()) }
    }
}

impl Shelf for Directory<'_> {
    type File = File;

    fn create(&mut self, name: &str) -> io::Result<File> {
        if !self.is_made {
            // Another kind than AlreadyExists, which would be taken for the file's.
            fs::create_dir(self.path).map_err(|e| io::Error::other(format!("making the directory: {e}")))?;
            self.is_made = true;
        }
        // O_EXCL follows no link either.
        File::create_new(self.path.join(name))
    }

    fn keep(&mut self, file: File) -> io::Result<()> {
        file.sync_all()
    }
}

fn unpack<S: Shelf>(message: &[u8], shelf: &mut S) -> io::Result<Extracted> {
    let mut extracted = Extracted::default();
    let mut taken = HashSet::new();
    let mut hint = None;
    let mut leaves = Leaves::of(message);
    for leaf in leaves.by_ref() {
        let content_type = Parameters::of(field(leaf.header, "Content-Type").unwrap_or_default());
        hint = content_type.plain("charset").or(hint);
        if let (Some(reason), true) = (leaf.wrong, leaf.body.is_empty()) {
            extracted.broken.push(format!("part {} ({}): {reason}", leaf.number, leaf.media_type));
            continue;
        }
        let mut wrong: Vec<String> = leaf.wrong.map(str::to_owned).into_iter().collect();
        let Some(name) = wanted_name(&leaf, &content_type, hint.as_deref(), &mut wrong) else { continue };
        let (name, mut file) = create(&name, &mut taken, shelf)?;
        let encoding = field(leaf.header, "Content-Transfer-Encoding").unwrap_or_default();
        let (size, undecoded) = transfer::decode(leaf.body, encoding, &mut file)?;
        shelf.keep(file)?;
        wrong.extend(undecoded);
        let part = format!("part {}, {name} ({})", leaf.number, leaf.media_type);
        extracted.broken.extend(wrong.iter().map(|reason| format!("{part}: {reason}")));
        extracted.attachments.push(Attachment { name, media_type: leaf.media_type, size });
    }
    extracted.broken.extend(leaves.into_broken());
    Ok(extracted)
}

/// The name for a part's file; `None` for what people read as the message: plain text and HTML that has no
/// name and is not said to be attached.
fn wanted_name(leaf: &Leaf, content_type: &Parameters, hint: Option<&[u8]>, wrong: &mut Vec<String>) -> Option<String> {
    let disposition = field(leaf.header, "Content-Disposition").unwrap_or_default();
    let named = Parameters::of(disposition).text("filename", hint).or_else(|| content_type.text("name", hint));
    let is_body = matches!(leaf.media_type.as_str(), "text/plain" | "text/html") && token(disposition) != "attachment";
    if is_body && named.is_none() {
        return None;
    }
    if named.as_ref().is_some_and(|named| !named.sure) {
        wrong.push("its name is not in the charset that it claims".to_owned());
    }
    let name = named
        .and_then(|named| file_name::clean(&named.text))
        .unwrap_or_else(|| file_name::made_up(leaf.number, &leaf.media_type));
    let is_message = matches!(leaf.media_type.as_str(), "message/rfc822" | "message/global");
    if is_message && !name.to_ascii_lowercase().ends_with(".eml") {
        return file_name::clean(&format!("{name}.eml"));
    }
    Some(name)
}

/// A file of that name, or of that name with a number. The file system has the last word: one may take for
/// the same what differs in its normal form only.
fn create<S: Shelf>(name: &str, taken: &mut HashSet<String>, shelf: &mut S) -> io::Result<(String, S::File)> {
    let mut free = name.to_owned();
    for n in 2.. {
        if taken.insert(file_name::folded(&free)) {
            match shelf.create(&free) {
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                created => return created.map(|file| (free, file)),
            }
        }
        free = file_name::numbered(name, n);
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// The fields of a message that people sort it by, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// As RFC 3339, or as it is where it is no date.
    pub date: Option<String>,
    /// `Name <address>`, the name quoted where it could be taken for more; so are the others.
    pub from: Option<String>,
    /// To
    pub to: Option<String>,
    /// Cc
    pub cc: Option<String>,
    /// Subject
    pub subject: Option<String>,
    /// With its angle brackets.
    pub message_id: Option<String>,
}

/// What the header alone says of a message of one part: that it is itself what others attach, a PDF for
/// instance, or that it is text to be read. None for a message of several parts.
pub fn is_attachment(header: &[u8]) -> Option<bool> {
    let content_type = field(header, "Content-Type").unwrap_or_default();
    let disposition = field(header, "Content-Disposition").unwrap_or_default();
    let media_type = token(content_type);
    let is_named = Parameters::of(disposition).text("filename", None).is_some()
        || Parameters::of(content_type).text("name", None).is_some();
    match media_type.as_str() {
        multipart if multipart.starts_with("multipart") => None,
        "" | "text" | "text/plain" | "text/html" => Some(is_named || token(disposition) == "attachment"),
        _ => Some(true),
    }
}

/// Reads the fields from the beginning of a message; what is behind `start` is missed.
pub fn headers(start: &[u8]) -> Headers {
    let header = Leaves::header(start);
    let hint = field(header, "Content-Type").and_then(|value| Parameters::of(value).plain("charset"));
    let hint = hint.as_deref();
    let unfolded = |name| {
        let value = field(header, name)?.iter().filter(|octet| !matches!(octet, b'\r' | b'\n'));
        Some(value.copied().collect::<Vec<u8>>()).filter(|value| !value.trim_ascii().is_empty())
    };
    let plain = |name| unfolded(name).map(|value| short(words::text(&value, hint).text.trim()));
    let addresses = |name| {
        let field = format!("{name}:{}\r\n\r\n", words::normal(&unfolded(name)?, hint));
        let parsed = MessageParser::default().parse_headers(field.as_bytes())?;
        parsed.header(name).and_then(|value| value.as_address()).map(|address| short(&list(address)))
    };
    let date = plain("Date").map(|text| {
        let parsed = MessageParser::default()
            .parse_headers(format!("Date: {text}\r\n\r\n").as_bytes())
            .and_then(|m| m.date().cloned());
        parsed.filter(|date| date.is_valid()).map_or(text, |date| date.to_rfc3339())
    });
    Headers {
        date,
        from: addresses("From"),
        to: addresses("To"),
        cc: addresses("Cc"),
        subject: plain("Subject"),
        message_id: plain("Message-ID"),
    }
}

fn short(text: &str) -> String {
    shorten(text, LONGEST_FIELD)
}

fn list(address: &Address) -> String {
    let join = |all: &[Addr]| all.iter().map(mailbox).collect::<Vec<_>>().join(", ");
    match address {
        Address::List(all) => join(all),
        Address::Group(groups) => {
            let groups = groups.iter().map(|group| match &group.name {
                Some(name) => format!("{}: {};", phrase(name), join(&group.addresses)),
                None => join(&group.addresses),
            });
            groups.collect::<Vec<_>>().join(", ")
        }
    }
}

fn mailbox(address: &Addr) -> String {
    match (&address.name, &address.address) {
        (Some(name), Some(address)) => format!("{} <{address}>", phrase(name)),
        (Some(name), None) => phrase(name),
        (None, Some(address)) => address.to_string(),
        (None, None) => String::new(),
    }
}

/// A display name: an encoded word may hold `<somebody@else>`, which must not read as an address.
fn phrase(name: &str) -> String {
    if name.contains(['"', '\\', ',', ';', ':', '<', '>', '@', '(', ')']) {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
#[path = "attachments_tests.rs"]
mod tests;
