//! A response as the reader found it: its bytes, and which of them are literals.

use std::ops::Range;

/// One response: its lines with their literals in place, without the last CRLF.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(super) bytes: Vec<u8>,
    pub(super) literals: Vec<Literal>,
    pub(super) is_cut: bool,
}

/// A literal of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    /// Where its bytes are in the frame: behind the CRLF of its `{n}`; empty where it was streamed.
    pub(crate) held: Range<usize>,
    /// How many bytes were streamed.
    pub(crate) streamed: Option<u64>,
    /// True for one that was skipped: it is longer than what may be held.
    pub(crate) skipped: bool,
}

impl Frame {
    /// The response's bytes; a streamed literal leaves its `{n}` CRLF behind.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// True for a response that was longer than the limit: this is its beginning.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The response without what is in its literals, piece by piece: what its grammar is.
    pub(crate) fn outside_literals(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.literals.iter().map(|literal| literal.held.start).chain([self.bytes.len()]);
        let starts = [0].into_iter().chain(self.literals.iter().map(|literal| literal.held.end));
        starts.zip(ends).map(|(start, end)| self.bytes.get(start..end).unwrap_or_default())
    }

    /// Bytes without a literal as a frame, to walk a part of a response by the same rules.
    pub(crate) fn from_line(bytes: &[u8]) -> Frame {
        Frame { bytes: bytes.to_vec(), ..Frame::default() }
    }

    /// The literal whose bytes start at `at`, where one does.
    pub(crate) fn literal_at(&self, at: usize) -> Option<&Literal> {
        let found = self.literals.binary_search_by_key(&at, |literal| literal.held.start).ok()?;
        self.literals.get(found)
    }

    /// A frame of one line, for tests of the grammar.
    #[cfg(test)]
    pub(crate) fn of(bytes: &[u8]) -> Frame {
        use super::wire::{Hold, Limits, Reader};
        Reader::new(&[bytes, b"\r\n"].concat()[..], Limits::default()).response(&mut Hold).unwrap()
    }
}
