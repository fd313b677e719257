//! Whether a message is all there, as far as it says so itself.

use super::header::{Line, Lines, field, parameter, token};

const LONGEST_LINE: usize = 16 << 10;
/// The bytes of a header that are looked at; Exchange puts 40 KB of fields first.
const LONGEST_HEADER: usize = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Nothing follows its header.
    Body,
    /// It is a multipart, and the line that ends it did not come.
    LastBoundary,
}

/// Sees a message go by and says at its end whether it looks cut off. Keeps the header and the beginning of one line.
#[derive(Default)]
pub(crate) struct Ending {
    kinds: Lines,
    /// The beginning of the line that is coming in; a line end is kept.
    line: Vec<u8>,
    header: Vec<u8>,
    in_body: bool,
    has_body: bool,
    /// Of the outermost multipart.
    boundary: Option<Vec<u8>>,
    is_closed: bool,
}

impl Ending {
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.has_body |= self.in_body;
            if self.in_body && (self.boundary.is_none() || self.is_closed) {
                return;
            }
            let room = LONGEST_LINE.saturating_sub(self.line.len());
            self.line.extend(piece.iter().take(room));
            if piece.ends_with(b"\n") {
                // One that is cut has a line end too.
                self.line.extend((!self.line.ends_with(b"\n")).then_some(b'\n'));
                self.end_of_line();
                self.line.clear();
            }
        }
    }

    fn end_of_line(&mut self) {
        if self.in_body {
            let last = self.line.strip_prefix(b"--").and_then(|text| text.trim_ascii_end().strip_suffix(b"--"));
            self.is_closed |= last.is_some() && last == self.boundary.as_deref();
            return;
        }
        let room = LONGEST_HEADER.saturating_sub(self.header.len());
        self.header.extend(self.line.iter().take(room));
        let kind = self.kinds.next(&self.line, b"");
        if let Line::End | Line::Body = kind {
            let header = std::mem::take(&mut self.header);
            let value = field(&header, "Content-Type").filter(|value| token(value).starts_with("multipart/"));
            let boundary = value.and_then(|value| parameter(value, "boundary"));
            self.boundary = boundary.map(|found| found.trim_ascii_end().to_vec());
            (self.in_body, self.has_body) = (true, kind == Line::Body);
        }
    }

    /// The message is over: what it lacks, if anything.
    pub(crate) fn missing(mut self) -> Option<Missing> {
        if !self.line.is_empty() {
            self.end_of_line();
        }
        match self {
            Ending { has_body: false, .. } => Some(Missing::Body),
            Ending { boundary: Some(_), is_closed: false, .. } => Some(Missing::LastBoundary),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same whatever pieces the message comes in.
    fn missing(message: &str) -> Option<Missing> {
        let mut whole = Ending::default();
        whole.write(message.as_bytes());
        let mut pieces = Ending::default();
        message.as_bytes().chunks(1).for_each(|byte| pieces.write(byte));
        let missing = whole.missing();
        assert_eq!(pieces.missing(), missing, "{message:?}");
        missing
    }

    #[test]
    fn a_message_says_itself_whether_its_end_is_there() {
        let start = "Received: x\r\nContent-Type: multipart/mixed (x);\r\n boundary=\"b 1\"\r\nTo: y\r\n\r\n";
        for (body, expected) in [
            ("--b 1\r\n\r\nx\r\n--b 1--", None),
            ("--b 1\r\n\r\nx\r\n--b 1-- \r\nepilogue", None),
            ("--b 1\r\n\r\nx\r\n--b 1", Some(Missing::LastBoundary)),
            ("--b 1\r\n\r\nx\r\n--b 11--\r\n --b 1--\r\n", Some(Missing::LastBoundary)),
            ("", Some(Missing::Body)),
        ] {
            assert_eq!(missing(&format!("{start}{body}")), expected, "{body}");
        }
        for (message, expected) in [
            ("Subject: x\r\n\r\ny", None),
            ("Subject: x\r\n \r\ny", None),
            ("Subject: x\r\nno field", None),
            ("Subject: x\r\n\r\n", Some(Missing::Body)),
            ("Subject: x\r\nTo: y", Some(Missing::Body)),
            ("", Some(Missing::Body)),
            ("Content-Type: multipart/mixed\n\n--b", None),
            ("Content-Type: text/plain; boundary=b\n\n--b", None),
            ("Content-Type: multipart/mixed; boundary=b\nContent-Type: text/plain\n\n--b--", None),
        ] {
            assert_eq!(missing(message), expected, "{message:?}");
        }
    }

    #[test]
    fn long_lines_cost_little_memory() {
        let mut ending = Ending::default();
        for _ in 0..1_000 {
            ending.write(&[b'x'; 10_000]);
        }
        assert!(ending.line.capacity() <= 2 * LONGEST_LINE);
        ending.write(b"\nContent-Type: multipart/mixed; boundary=b\n\n");
        for _ in 0..1_000 {
            ending.write(&[b'-'; 10_000]);
        }
        assert!(ending.line.capacity() <= 2 * LONGEST_LINE);
    }
}
