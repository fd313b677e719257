//! Which of many messages does a server refuse? One way to find out, for whatever is asked of it.

use crate::imap::UidSet;

/// Commands that may be refused, and sessions that may end, before it is the server's trouble: Exchange Online hangs up on
/// a client that it refuses too often.
pub(crate) const MOST_REFUSALS: u32 = 20;

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
