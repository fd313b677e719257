//! Reading what is said of many messages although the server cannot say it of one: BAD, NO, a session that ends at it,
//! an answer that cannot be read. That message is found and named, the others are read.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use super::halves::{Halves, MOST_REFUSALS};
use super::throttle::is_refusal;
use crate::error::{Error, Kind, Result};
use crate::imap::Selected;
use crate::imap::UidSet;
use crate::imap::fetch::Fetch;
use crate::imap::types::{Uid, UidValidity, Unreadable};

/// Messages that are refused one after the other before any comes: then it is not a message's fault.
const MOST_AT_FIRST: usize = 5;

/// What is remembered from session to session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Isolation {
    /// Messages that the server cannot give, and what it said or did.
    given_up: BTreeMap<Uid, String>,
    /// The most messages of one command, after a session that ended at one of more.
    most: Option<u64>,
    /// The message at which the last session ended, as far as can be told.
    suspect: Option<Uid>,
    refusals: u32,
    /// True where the server gave any message.
    gives: bool,
    /// The folder's UIDVALIDITY: what is remembered is of no use in another.
    validity: Option<UidValidity>,
    /// What a selection read of the messages, and which of them it means.
    pub(super) read: UidSet,
    pub(super) matching: UidSet,
}

impl Isolation {
    /// Messages that the server cannot give, and why.
    pub(crate) fn given_up(&self) -> &BTreeMap<Uid, String> {
        &self.given_up
    }

    /// How far it is: a session that leaves this as it was got nowhere.
    pub(crate) fn progress(&self) -> u64 {
        u64::from(self.refusals) + self.read.len()
    }

    /// Forgets what it remembers if the folder was recreated.
    pub(super) fn is_about<S: Read + Write>(&mut self, selected: &Selected<'_, S>) {
        let now = selected.mailbox().uid_validity;
        if std::mem::replace(&mut self.validity, now) != now {
            *self = Isolation { validity: now, ..Isolation::default() };
        }
    }

    /// As [`Selected::fetch_each`], without the messages that the server cannot give. An error ends the session; the
    /// next call, in a new one, goes on with what its caller lacks.
    pub(crate) fn fetch_each<S: Read + Write>(
        &mut self,
        selected: &mut Selected<'_, S>,
        uids: &UidSet,
        items: &str,
        each: &mut dyn FnMut(&Fetch) -> Result<()>,
    ) -> Result<()> {
        let wanted: UidSet = uids.iter().filter(|uid| !self.given_up.contains_key(uid)).collect();
        let suspect = self.suspect.into_iter().collect();
        let (alone, rest) = (wanted.within(&suspect), wanted.without(&suspect));
        for part in [alone].into_iter().chain(rest.chunks(usize::MAX, self.most.unwrap_or(u64::MAX))) {
            let mut halves = Halves::of(part, ());
            while let Some((asked, ())) = halves.next() {
                let mut came = UidSet::new();
                let fetched = selected.fetch_each(&asked, items, &mut |fetched| {
                    fetched.uid.iter().for_each(|uid| came.insert(*uid));
                    each(fetched)
                });
                self.gives |= !came.is_empty();
                let Err(error) = fetched else { continue };
                let left = asked.without(&came);
                self.refusals += 1;
                if self.refusals > MOST_REFUSALS || (!self.gives && self.given_up.len() >= MOST_AT_FIRST) {
                    return Err(error);
                }
                if !is_refusal(&error) {
                    return Err(self.ended(error, &asked, &left));
                }
                if halves.refused(&asked, &left, ()) {
                    left.iter().for_each(|uid| drop(self.given_up.insert(uid, error.in_passing())));
                }
            }
        }
        Ok(())
    }

    /// A session ended while `asked` was asked for, of which `left` did not come.
    fn ended(&mut self, error: Error, asked: &UidSet, left: &UidSet) -> Error {
        let unreadable = Unreadable::of(&error);
        // Throttling and what is wrong here are about no message.
        if error.retry_after().is_some() || (error.kind() != Kind::Temporary && unreadable.is_none()) {
            return error;
        }
        let named = unreadable.and_then(|unreadable| unreadable.uid).filter(|uid| left.contains(*uid));
        let first = left.iter().next();
        match named.or_else(|| first.filter(|first| left.len() == 1 && self.suspect == Some(*first))) {
            Some(uid) => {
                self.given_up.insert(uid, error.in_passing());
                (self.suspect, self.most) = (None, None);
            }
            // Servers answer in order: it is the first that did not come, unless none came.
            None if asked.len() == 1 || left.len() < asked.len() => self.suspect = first,
            None => self.most = Some((asked.len() / 2).max(1)),
        }
        // The next session goes on without it.
        error.with_kind(Kind::Temporary)
    }
}
