//! What a server says of the mailbox that is open.

use super::types::{CodeMeaning, Flag, Status, UidValidity, Untagged};
use super::uid_set::UidSet;

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
    /// Flags in use.
    pub flags: Vec<Flag>,
    /// Flags that can be changed for good.
    pub permanent_flags: Option<Vec<Flag>>,
    /// True where nothing can be changed.
    pub read_only: bool,
}

impl Mailbox {
    pub(super) fn learn(&mut self, data: &Untagged) {
        match data {
            Untagged::Exists(exists) => self.exists = *exists,
            Untagged::Expunge(_) => self.exists = self.exists.saturating_sub(1),
            Untagged::Vanished(set) => {
                let gone = UidSet::parse(&String::from_utf8_lossy(set)).map_or(0, |uids| uids.len());
                self.exists = self.exists.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX));
            }
            Untagged::Flags(flags) => self.flags = flags.clone(),
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
