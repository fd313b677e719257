//! UIDs and their like, numbers that must not be mixed; and a set of UIDs as ranges: what commands carry, and what a
//! program remembers of years of mail.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;

/// The most UIDs of a COPYUID that are looked at one by one.
const MOST_PAIRS: u64 = 100_000;

/// A message's unique identifier within a mailbox and a UIDVALIDITY (RFC 3501 section 2.3.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(NonZeroU32);

/// A message's place in a mailbox, which moves when another message goes (RFC 3501 section 2.3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeqNum(NonZeroU32);

/// Changes when the UIDs of a mailbox mean other messages than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UidValidity(NonZeroU32);

macro_rules! number {
    ($name:ident) => {
        impl $name {
            /// The number; zero is none.
            pub fn new(number: u32) -> Option<$name> {
                NonZeroU32::new(number).map($name)
            }

            /// The number.
            pub fn get(self) -> u32 {
                self.0.get()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(Uid);
number!(SeqNum);
number!(UidValidity);

/// UIDs, kept as ranges in order, none touching the next: a mailbox fetched from its beginning is one
/// range whatever its size, and adding a UID costs the same in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UidSet {
    /// The last of each range by its first.
    ranges: BTreeMap<u32, u32>,
}

impl UidSet {
    /// No UID.
    pub fn new() -> UidSet {
        UidSet::default()
    }

    /// The UIDs from `first` to `last`, both included; none where `last` comes before `first`.
    pub fn range(first: Uid, last: Uid) -> UidSet {
        let mut set = UidSet::new();
        set.insert_range(first.get(), last.get());
        set
    }

    /// Reads `1:5,7`, the form of RFC 3501's `sequence-set` without `*`.
    pub fn parse(text: &str) -> Option<UidSet> {
        let mut set = UidSet::new();
        for part in text.split(',') {
            let (first, last) = seq_range(part)?;
            set.insert_range(first, last);
        }
        Some(set)
    }

    /// True where no UID is in it.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// How many UIDs are in it.
    pub fn len(&self) -> u64 {
        self.ranges().map(|(first, last)| u64::from(last - first) + 1).sum()
    }

    /// True where `uid` is in it.
    pub fn contains(&self, uid: Uid) -> bool {
        let uid = uid.get();
        self.ranges.range(..=uid).next_back().is_some_and(|(_, last)| *last >= uid)
    }

    /// Adds one UID.
    pub fn insert(&mut self, uid: Uid) {
        self.insert_range(uid.get(), uid.get());
    }

    /// Adds what is in `other`.
    pub(crate) fn extend(&mut self, other: &UidSet) {
        other.ranges().for_each(|(first, last)| self.insert_range(first, last));
    }

    fn insert_range(&mut self, first: u32, last: u32) {
        if first > last || first == 0 {
            return;
        }
        // Those that the new range touches or overlaps become one with it.
        let (mut first, mut last) = (first, last);
        while let Some((&start, &end)) = self.ranges.range(..=last.saturating_add(1)).next_back() {
            if end.saturating_add(1) < first {
                break;
            }
            self.ranges.remove(&start);
            (first, last) = (first.min(start), last.max(end));
        }
        self.ranges.insert(first, last);
    }

    /// What is in this set and not in `other`.
    #[must_use]
    pub(crate) fn without(&self, other: &UidSet) -> UidSet {
        let mut rest = UidSet::new();
        let mut others = other.ranges.iter().peekable();
        for (&first, &last) in &self.ranges {
            let mut next = Some(first);
            while let Some(start) = next {
                while others.next_if(|(_, end)| **end < start).is_some() {}
                match others.peek() {
                    Some(&(&cut, &end)) if cut <= last => {
                        if start < cut {
                            rest.ranges.insert(start, cut - 1);
                        }
                        next = end.checked_add(1).filter(|next| *next <= last);
                    }
                    _ => {
                        rest.ranges.insert(start, last);
                        next = None;
                    }
                }
            }
        }
        rest
    }

    /// What is in this set and in `other` too.
    #[must_use]
    pub(crate) fn within(&self, other: &UidSet) -> UidSet {
        self.without(&self.without(other))
    }

    /// The UIDs in order.
    pub fn iter(&self) -> impl Iterator<Item = Uid> + '_ {
        self.ranges().flat_map(|(first, last)| first..=last).filter_map(Uid::new)
    }

    /// The greatest UID.
    pub fn last(&self) -> Option<Uid> {
        self.ranges.last_key_value().and_then(|(_, last)| Uid::new(*last))
    }

    /// Its least UIDs, `count` of them at most.
    #[must_use]
    pub(crate) fn first(&self, count: u64) -> UidSet {
        match count {
            0 => UidSet::new(),
            count => self.chunks(usize::MAX, count).next().unwrap_or_default(),
        }
    }

    /// Its ranges in order, first and last UID.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.ranges.iter().map(|(first, last)| (*first, *last))
    }

    /// Cuts the set so that each part's text has at most `bytes` bytes (at least one range each) and
    /// names at most `uids` UIDs: Exchange refuses a command of more than 4,096 bytes.
    ///
    /// One after the other, as they are asked for: a server that lists 4,294,967,295 UIDs costs no memory.
    pub(crate) fn chunks(&self, bytes: usize, uids: u64) -> impl Iterator<Item = UidSet> + '_ {
        let mut ranges = self.ranges();
        let mut open = None;
        std::iter::from_fn(move || {
            let mut chunk = UidSet::new();
            let (mut length, mut room) = (0, uids.max(1));
            while room > 0 {
                let Some((first, last)) = open.take().or_else(|| ranges.next()) else { break };
                let end = last.min(first.saturating_add(u32::try_from(room - 1).unwrap_or(u32::MAX)));
                let text = range_text(first, end).len() + 1;
                if !chunk.is_empty() && length + text > bytes {
                    open = Some((first, last));
                    break;
                }
                chunk.ranges.insert(first, end);
                length += text;
                room -= u64::from(end - first) + 1;
                open = (end < last).then(|| (end + 1, last));
            }
            (!chunk.is_empty()).then_some(chunk)
        })
    }
}

impl FromIterator<Uid> for UidSet {
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> UidSet {
        let mut set = UidSet::new();
        uids.into_iter().for_each(|uid| set.insert(uid));
        set
    }
}

impl fmt::Display for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranges: Vec<_> = self.ranges().map(|(first, last)| range_text(first, last)).collect();
        f.write_str(&ranges.join(","))
    }
}

/// The UIDs of a `uid-set` in the order in which they are written, which COPYUID pairs them by; none where
/// it is not a set or names more than `most`.
pub(super) fn in_order(text: &str, most: u64) -> Option<Vec<Uid>> {
    let mut uids = Vec::new();
    for part in text.split(',') {
        let (first, last) = seq_range(part)?;
        if u64::from(last - first) + 1 + uids.len() as u64 > most.min(MOST_PAIRS) {
            return None;
        }
        uids.extend((first..=last).filter_map(Uid::new));
    }
    Some(uids)
}

fn range_text(first: u32, last: u32) -> String {
    if first == last { first.to_string() } else { format!("{first}:{last}") }
}

/// `seq-number / seq-range`, the lesser number first: 4:2 means 2:4 (RFC 4315).
fn seq_range(text: &str) -> Option<(u32, u32)> {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    let (first, last) = (number(first)?, number(last)?);
    Some((first.min(last), first.max(last)))
}

/// `nz-number`, and nothing that Rust's own parser would let pass besides.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten().filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Dice;

    fn set(text: &str) -> UidSet {
        UidSet::parse(text).unwrap()
    }

    #[test]
    fn ranges_grow_together() {
        assert_eq!(set("5,1:3,4,7,9:8,7").to_string(), "1:5,7:9");
        assert_eq!(set("10:20,1:2,3:9").to_string(), "1:20");
        assert_eq!(set("4294967295,4294967294").to_string(), "4294967294:4294967295");
        let mut sparse = set("1,3,5,7,9");
        sparse.extend(&set("2:6"));
        assert_eq!((sparse.to_string(), sparse.len()), ("1:7,9".to_owned(), 8));
        assert!(sparse.contains(Uid::new(6).unwrap()) && !sparse.contains(Uid::new(8).unwrap()));
        let collected: UidSet = [9, 1, 2, 2, 3].into_iter().filter_map(Uid::new).collect();
        assert_eq!(collected.to_string(), "1:3,9");
    }

    /// A set that goes down, and one whose ends meet, are read in the time of one that goes up.
    #[test]
    fn the_order_of_a_set_costs_nothing() {
        let down: Vec<_> = (1..=200_000).rev().map(|n| (n * 2).to_string()).collect();
        let crossed: Vec<_> = (1..=100_000).flat_map(|n| [n * 2, 400_000 - n * 2]).map(|n| n.to_string()).collect();
        let start = std::time::Instant::now();
        assert_eq!((set(&down.join(",")).len(), set(&crossed.join(",")).len()), (200_000, 199_999));
        assert!(start.elapsed() < std::time::Duration::from_secs(30), "{:?}", start.elapsed());
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for text in ["", "0", "1,", "1:", ":1", "+1", "1:*", "4294967296", "1 2", "-1"] {
            assert_eq!(UidSet::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_set_in_its_own_order() {
        let order = |text: &str, most| in_order(text, most).map(|uids| uids.iter().map(|uid| uid.get()).collect());
        assert_eq!(order("9,4:2,7", 5), Some(vec![9, 2, 3, 4, 7]));
        assert_eq!(order("9,4:2,7", 4), None::<Vec<u32>>);
        assert_eq!(order("1:4294967295", u64::MAX), None);
        for bad in ["", "0", "1,", "x", "1:*"] {
            assert_eq!(order(bad, 9), None, "{bad:?}");
        }
    }

    #[test]
    fn any_set_is_read_back_as_itself() {
        let mut dice = Dice(9);
        let mut random = |below| dice.below(below);
        for _ in 0..2000 {
            let (most, dense) = (random(40), [100, 5000, u32::MAX][random(3) as usize]);
            let uids: UidSet = (0..=most).filter_map(|_| Uid::new(random(dense) + random(2) * 7)).collect();
            if !uids.is_empty() {
                assert_eq!(UidSet::parse(&uids.to_string()), Some(uids.clone()), "{uids}");
                assert_eq!(in_order(&uids.to_string(), u64::MAX), Some(uids.iter().collect()), "{uids}");
            }
        }
    }

    #[test]
    fn difference_against_the_naive_one() {
        let mut dice = Dice(42);
        let mut random = |below| dice.below(below);
        for _ in 0..300 {
            let mut pick = || (0..random(30)).filter_map(|_| Uid::new(random(60))).collect::<Vec<_>>();
            let (a, b) = (pick(), pick());
            let (left, right): (UidSet, UidSet) = (a.iter().copied().collect(), b.iter().copied().collect());
            let expected: UidSet = a.iter().copied().filter(|uid| !b.contains(uid)).collect();
            assert_eq!(left.without(&right), expected, "{left} without {right}");
            let common: UidSet = a.iter().copied().filter(|uid| b.contains(uid)).collect();
            assert_eq!(left.within(&right), common, "{left} within {right}");
            let mut joined = left.clone();
            joined.extend(&right);
            assert_eq!(joined, a.iter().chain(&b).copied().collect(), "{left} with {right}");
            let pieces: Vec<_> = left.chunks(10, 4).collect();
            assert!(pieces.iter().all(|piece| piece.to_string().len() <= 10 && piece.len() <= 4));
            assert_eq!(pieces.iter().flat_map(UidSet::iter).collect::<UidSet>(), left);
        }
    }

    #[test]
    fn chunks_stay_below_their_bytes_and_counts() {
        let sparse: UidSet = (1..2000).filter_map(|n| Uid::new(n * 2)).collect();
        let chunks: Vec<_> = sparse.chunks(4000, u64::MAX).collect();
        assert!(chunks.len() > 1 && chunks.iter().all(|chunk| chunk.to_string().len() <= 4000));
        assert_eq!(set("1:4294967295").chunks(4000, u64::MAX).count(), 1);
        assert_eq!(
            set("1:10").chunks(4000, 4).map(|chunk| chunk.to_string()).collect::<Vec<_>>(),
            ["1:4", "5:8", "9:10"]
        );
    }
}
