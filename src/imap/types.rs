//! The nouns of IMAP: what a response says, and what responses say of the mailbox that is open.

use std::fmt;

use super::uid_set::UidSet;
pub(crate) use super::uid_set::{SeqNum, Uid, UidValidity};
use crate::error::ServerReply;

/// A message flag, as sent: `\Seen`, `$MDNSent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag(String);

impl Flag {
    pub(crate) fn new(word: &[u8]) -> Flag {
        Flag(String::from_utf8_lossy(word).into_owned())
    }

    /// A flag to set: `\Seen`, `$MDNSent`; what is not a `flag` of RFC 3501, or more than letters and digits, is
    /// none.
    pub fn named(text: &str) -> Option<Flag> {
        let word = text.strip_prefix(['\\', '$']).unwrap_or(text);
        let plain = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        plain.then(|| Flag(text.to_owned()))
    }

    /// The flag's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares without regard to case, as RFC 3501 wants system flags compared.
    pub fn is(&self, name: &str) -> bool {
        self.0.eq_ignore_ascii_case(name)
    }
}

/// How a command ended, or what an untagged status response reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Ok,
    /// `NO`: refused.
    No,
    /// `BAD`: not understood, or not now.
    Bad,
    /// `BYE`: the server is about to close the connection.
    Bye,
    /// `PREAUTH`: signed in without a sign-in.
    PreAuth,
}

impl Condition {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Condition::Ok => "OK",
            Condition::No => "NO",
            Condition::Bad => "BAD",
            Condition::Bye => "BYE",
            Condition::PreAuth => "PREAUTH",
        }
    }
}

/// `resp-cond-state`: a condition, perhaps a response code, and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub condition: Condition,
    /// The response code in the brackets, understood or kept.
    pub code: Option<Code>,
    /// The text for people, as sent.
    pub text: Vec<u8>,
}

impl Status {
    /// The server's words, for an error.
    pub(crate) fn reply(&self) -> ServerReply {
        ServerReply {
            status: self.condition.name(),
            code: self.code.as_ref().map(|code| String::from_utf8_lossy(&code.raw).into_owned()),
            text: String::from_utf8_lossy(&self.text).into_owned(),
        }
    }
}

/// A response code: what it means, and its bytes between the brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    pub raw: Vec<u8>,
    pub meaning: CodeMeaning,
}

/// The response codes that something is done about (RFC 3501 section 7.1, RFC 4315, RFC 5530).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CodeMeaning {
    /// `[ALERT]`: the text must be shown to the user.
    Alert,
    Capability(Vec<String>),
    PermanentFlags(Vec<Flag>),
    ReadOnly,
    ReadWrite,
    /// `[UIDNEXT n]`; a mailbox that gave out 4,294,967,295 has no next one.
    UidNext(u32),
    UidValidity(UidValidity),
    /// `[APPENDUID uidvalidity uid]`
    AppendUid(UidValidity, Uid),
    /// `[COPYUID uidvalidity from to]`, the two sets as sent: Exchange leaves them empty at times.
    CopyUid(UidValidity, Vec<u8>, Vec<u8>),
    /// Any other, or one of the above that does not keep to its grammar.
    Other,
}

/// `* LIST`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListItem {
    /// `\Noselect`, `\HasChildren`, …
    pub attributes: Vec<Flag>,
    /// The name on the wire: modified UTF-7, or whatever the server took for it.
    pub name: Vec<u8>,
}

impl ListItem {
    /// True for a name that cannot be selected.
    pub fn is_noselect(&self) -> bool {
        self.attributes.iter().any(|flag| flag.is("\\Noselect") || flag.is("\\NonExistent"))
    }
}

/// `* STATUS`: counts of a mailbox that is not selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MailboxStatus {
    /// MESSAGES
    pub messages: Option<u32>,
    /// UIDNEXT
    pub uid_next: Option<u32>,
    /// UIDVALIDITY
    pub uid_validity: Option<UidValidity>,
    /// UNSEEN
    pub unseen: Option<u32>,
}

/// What one FETCH response says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetch {
    /// The message's place, which may be another one by now.
    pub seq: SeqNum,
    /// UID
    pub uid: Option<Uid>,
    /// FLAGS
    pub flags: Option<Vec<Flag>>,
    /// INTERNALDATE, as sent.
    pub internal_date: Option<Vec<u8>>,
    /// RFC822.SIZE in bytes; Exchange estimates it, so it is not a length to rely on.
    pub size: Option<u64>,
    /// BODYSTRUCTURE or BODY, as sent.
    pub body_structure: Option<Vec<u8>>,
    /// `BODY[…]`, `RFC822`, `RFC822.HEADER`, `RFC822.TEXT`.
    pub sections: Vec<Section>,
}

impl Fetch {
    /// The bytes of a `BODY[HEADER…]`, a quoted string or a literal; none where it is NIL.
    pub fn header(&self) -> Option<&[u8]> {
        self.sections.iter().find(|section| section.name.starts_with(b"HEADER"))?.data.as_deref()
    }
}

/// A part of a message's text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Section {
    /// What is between the brackets, upper case: empty for the whole message, `<0>` for a part of
    /// it by its origin byte, `HEADER`, `TEXT`, `1.2`.
    pub name: Vec<u8>,
    /// Its bytes; none if there is no such part (NIL), or if they went to the caller's sink.
    pub data: Option<Vec<u8>>,
}

/// What an untagged response says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Untagged {
    Status(Status),
    Capability(Vec<String>),
    List(ListItem),
    MailboxStatus(MailboxStatus),
    /// `* SEARCH`, or `* ESEARCH` (RFC 4731): the UIDs that were found; none if it does not say which.
    Search(Option<UidSet>),
    Exists(u32),
    Expunge,
    Fetch(Box<Fetch>),
    /// `* VANISHED` (RFC 7162).
    Vanished(UidSet),
    /// A response that this grammar does not know; it is skipped.
    Unknown(Vec<u8>),
    /// A response that breaks its grammar, or is too long; it is skipped, and who needs it knows what to do.
    Unreadable(Unreadable),
}

/// A response that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// The response's name, upper case: `FETCH`, `SEARCH`.
    pub name: String,
    /// The UID in it, where there is one and only one.
    pub uid: Option<Uid>,
    /// True for one that is right as far as it was read and too long.
    pub is_too_long: bool,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Unreadable {}

/// A response, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Response {
    /// The end of the command with this tag (RFC 3501 section 2.2.1).
    Tagged(String, Status),
    /// Anything with a star.
    Untagged(Untagged),
    /// `+`, with its text.
    Continuation(Vec<u8>),
    /// A line that is none of the three: Exchange sends `Server Unavailable. 15` and `[COPYUID …]` so.
    Bare(Vec<u8>),
}

/// What the server said of the mailbox that is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mailbox {
    /// Messages in it.
    pub exists: u32,
    /// The UIDs' validity; a server that has none cannot keep UIDs.
    pub uid_validity: Option<UidValidity>,
    /// The UID that the next message will at least have.
    pub uid_next: Option<u32>,
    /// Flags that can be changed for good.
    pub permanent_flags: Option<Vec<Flag>>,
    /// True where nothing can be changed.
    pub read_only: bool,
}

impl Mailbox {
    pub(super) fn learn(&mut self, data: &Untagged) {
        match data {
            Untagged::Exists(exists) => self.exists = *exists,
            Untagged::Expunge => self.exists = self.exists.saturating_sub(1),
            Untagged::Vanished(gone) => {
                self.exists = self.exists.saturating_sub(u32::try_from(gone.len()).unwrap_or(u32::MAX));
            }
            Untagged::Status(Status { code: Some(code), .. }) => match &code.meaning {
                CodeMeaning::UidValidity(validity) => self.uid_validity = Some(*validity),
                CodeMeaning::UidNext(next) => self.uid_next = Some(*next),
                CodeMeaning::PermanentFlags(flags) => self.permanent_flags = Some(flags.clone()),
                CodeMeaning::ReadOnly => self.read_only = true,
                CodeMeaning::ReadWrite => self.read_only = false,
                _ => {}
            },
            _ => {}
        }
    }
}
