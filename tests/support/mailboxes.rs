//! The message store behind the Exchange of the tests: mailboxes, folders, messages.
//!
//! Names are kept as on the wire, in modified UTF-7. Everything is public: a test may look at
//! what a client has done, and change it under the client's feet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::clock;

/// All that Exchange keeps, by primary SMTP address in lower case.
#[derive(Default)]
pub struct Mailboxes {
    pub by_address: BTreeMap<String, Mailbox>,
}

#[derive(Clone)]
pub struct Mailbox {
    pub state: MailboxState,
    /// In the order of LIST.
    pub folders: Vec<Folder>,
}

/// What the application meets when it opens a mailbox.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MailboxState {
    Open,
    /// IMAP is off for the mailbox: the OK to AUTHENTICATE carries `Error="UserDisabled"`.
    UserDisabled,
    /// The service principal lacks FullAccess: a plain OK, and every command after it is BAD.
    NoFullAccess,
}

#[derive(Clone)]
pub struct Folder {
    pub name: String,
    pub uidvalidity: u32,
    pub uidnext: u32,
    /// By ascending UID.
    pub messages: Vec<Message>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub uid: u32,
    pub flags: BTreeSet<String>,
    /// Seconds since 1970.
    pub internal_date: i64,
    pub bytes: Arc<Vec<u8>>,
}

/// The flags that Exchange keeps; it takes no others.
pub const FLAGS: [&str; 6] = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "$MDNSent"];

impl Mailboxes {
    pub fn mailbox(&mut self, address: &str) -> Option<&mut Mailbox> {
        self.by_address.get_mut(&address.to_ascii_lowercase())
    }

    pub fn folder(&mut self, address: &str, folder: &str) -> Option<&mut Folder> {
        self.mailbox(address)?.folder(folder)
    }
}

impl Mailbox {
    pub fn new(state: MailboxState, folders: &[&str]) -> Mailbox {
        let folders = folders.iter().map(|name| Folder::new(name)).collect();
        Mailbox { state, folders }
    }

    /// Exchange compares names without regard to case.
    pub fn folder(&mut self, name: &str) -> Option<&mut Folder> {
        self.folders.iter_mut().find(|folder| folder.name.eq_ignore_ascii_case(name))
    }

    pub fn has_children(&self, name: &str) -> bool {
        let prefix = format!("{name}/");
        self.folders.iter().any(|folder| folder.name.starts_with(&prefix))
    }
}

impl Folder {
    pub fn new(name: &str) -> Folder {
        Folder { name: name.into(), uidvalidity: 14, uidnext: 1, messages: Vec::new() }
    }

    /// Puts a message at the end; returns its UID.
    pub fn add(&mut self, bytes: impl Into<Vec<u8>>, internal_date: i64, flags: &[&str]) -> u32 {
        let uid = self.uidnext;
        self.messages.push(Message {
            uid,
            flags: flags.iter().map(|flag| (*flag).to_string()).collect(),
            internal_date,
            bytes: Arc::new(bytes.into()),
        });
        self.uidnext += 1;
        uid
    }

    /// As `add`, for mail that comes in now.
    pub fn deliver(&mut self, bytes: impl Into<Vec<u8>>) -> u32 {
        self.add(bytes, clock::now(), &[])
    }

    pub fn message(&mut self, uid: u32) -> Option<&mut Message> {
        let at = self.messages.binary_search_by_key(&uid, |m| m.uid).ok()?;
        self.messages.get_mut(at)
    }

    pub fn uids(&self) -> Vec<u32> {
        self.messages.iter().map(|message| message.uid).collect()
    }

    /// Takes messages away, as EXPUNGE, MOVE or somebody's Outlook does.
    pub fn remove(&mut self, uids: &[u32]) {
        self.messages.retain(|message| !uids.contains(&message.uid));
    }

    pub fn unseen(&self) -> usize {
        self.messages.iter().filter(|message| !message.has("\\Seen")).count()
    }
}

impl Message {
    pub fn has(&self, flag: &str) -> bool {
        self.flags.contains(flag)
    }

    /// What Exchange says in RFC822.SIZE: an estimate that is never the length of BODY[].
    pub fn estimated_size(&self) -> usize {
        self.bytes.len() * 6 / 5 + 1
    }

    /// The header with the empty line that ends it.
    pub fn header(&self) -> &[u8] {
        &self.bytes[..self.header_length()]
    }

    pub fn text(&self) -> &[u8] {
        &self.bytes[self.header_length()..]
    }

    /// The value of the first header field of that name, unfolded, as it is in the message.
    pub fn field(&self, name: &str) -> Option<String> {
        self.fields().into_iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, lines)| {
            let value = lines.split_once(':').map_or("", |(_, value)| value);
            value.replace("\r\n", "").trim().to_string()
        })
    }

    /// Header fields as (name, lines with their CRLF, folded as they are).
    pub fn fields(&self) -> Vec<(String, String)> {
        let header = String::from_utf8_lossy(self.header()).into_owned();
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in header.split_inclusive("\r\n") {
            let folded = line.starts_with([' ', '\t']);
            match (fields.last_mut(), line.split_once(':')) {
                (Some((_, lines)), _) if folded => lines.push_str(line),
                (_, Some((name, _))) => fields.push((name.into(), line.into())),
                _ => {}
            }
        }
        fields
    }

    fn header_length(&self) -> usize {
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n");
        end.map_or(self.bytes.len(), |at| at + 4)
    }
}
