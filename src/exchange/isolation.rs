//! Of many messages, the one that the server refuses.
//!
//! [`Halves`] finds it, for whatever is asked. [`Isolation`] reads what is said of many messages although the server cannot
//! say it of one: BAD, NO, a session that ends at it, an answer that cannot be read. That message is found and named, the
//! others are read.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use super::meaning::is_refusal;
use crate::error::{Cause, Error, Kind, Result};
use crate::imap::types::{Fetch, Uid, UidValidity, Unreadable};
use crate::imap::{Selected, UidSet};

/// Commands that may be refused, and sessions that may end, before it is the server's trouble: Exchange Online hangs up on
/// a client that it refuses too often.
pub(crate) const MOST_REFUSALS: u32 = 20;

/// Messages that are refused one after the other before any comes: then it is not a message's fault.
const MOST_AT_FIRST: usize = 5;

/// What is still to be asked of a set of messages, and in which parts. `T` is what is asked, which may change on the
/// way: of a move that is refused after its copy was made, the removal is left.
pub(crate) struct Halves<T> {
    parts: Vec<(UidSet, T)>,
}

impl<T: Clone> Halves<T> {
    /// All of `uids` at first.
    pub(crate) fn of(uids: UidSet, what: T) -> Halves<T> {
        Halves { parts: vec![(uids, what)] }
    }

    /// The next part to ask for.
    pub(crate) fn next(&mut self) -> Option<(UidSet, T)> {
        std::iter::from_fn(|| self.parts.pop()).find(|(uids, _)| !uids.is_empty())
    }

    /// The server refused `asked`, and `left` of it is not done. True where it was one message: it is the one.
    pub(crate) fn refused(&mut self, asked: &UidSet, left: &UidSet, what: T) -> bool {
        if asked.len() == 1 {
            return true;
        }
        // A server that did a part of it came to the message that it refuses; one that did nothing looked at all first.
        let count = if left.len() < asked.len() { 1 } else { left.len() / 2 };
        let first = left.first(count);
        self.parts.extend([(left.without(&first), what.clone()), (first, what)]);
        false
    }
}

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
        // The next session goes on without it. Where nothing comes at all it may as well be the server.
        let error = error.with_kind(Kind::Temporary);
        if self.gives { error.because(Cause::OneMessage) } else { error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that refuses the messages `bad`: at once where it looks at all first, else when it comes to one.
    fn refusals(count: u32, bad: &[u32], looks_first: bool) -> (Vec<u32>, usize) {
        let mut halves = Halves::of((1..=count).filter_map(crate::imap::types::Uid::new).collect(), ());
        let (mut found, mut refusals, mut done) = (Vec::new(), 0, UidSet::new());
        while let Some((asked, ())) = halves.next() {
            let Some(first_bad) = asked.iter().find(|uid| bad.contains(&uid.get())) else {
                done.extend(&asked);
                continue;
            };
            refusals += 1;
            let before = asked.iter().filter(|uid| !looks_first && *uid < first_bad).collect();
            done.extend(&before);
            if halves.refused(&asked, &asked.without(&before), ()) {
                found.push(first_bad.get());
            }
        }
        assert_eq!(done.len() + found.len() as u64, u64::from(count));
        (found, refusals)
    }

    #[test]
    fn what_is_refused_is_found_in_few_commands_and_all_else_is_done() {
        for looks_first in [true, false] {
            assert_eq!(refusals(60, &[60], looks_first).0, [60]);
            assert_eq!(refusals(60, &[1, 30, 60], looks_first).0, [1, 30, 60]);
            assert_eq!(refusals(3, &[1, 2, 3], looks_first).0, [1, 2, 3]);
            assert_eq!(refusals(9, &[], looks_first), (vec![], 0));
            assert!(refusals(10_000, &[9_999], looks_first).1 <= 15);
        }
        assert!(refusals(60, &[3, 9, 20, 21, 40, 58], false).1 <= 20);
    }
}
