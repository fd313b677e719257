//! The reader against bytes in every slicing, and against servers that mean harm.

use super::*;
use crate::fuzz::response;

/// Gives its bytes `slice` at a time, then the end of the stream.
struct Slices<'a> {
    bytes: &'a [u8],
    slice: usize,
}

impl Read for Slices<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.bytes.len().min(self.slice).min(buf.len());
        let (now, later) = self.bytes.split_at(n);
        buf[..n].copy_from_slice(now);
        self.bytes = later;
        Ok(n)
    }
}

/// The next response, its literals streamed.
fn streamed(reader: &mut Reader<Slices>) -> Result<(Frame, Vec<u8>), Fault> {
    let mut kept = Vec::new();
    loop {
        match reader.next(usize::MAX)? {
            Step::Response(frame) => return Ok((frame, kept)),
            Step::Literal(_) => reader.stream(&mut |bytes| {
                kept.extend_from_slice(bytes);
                Ok(())
            })?,
        }
    }
}

fn each_slicing(bytes: &[u8], check: impl Fn(&mut Reader<Slices>)) {
    for slice in [1, 2, 3, 7, 64, 8192, usize::MAX] {
        check(&mut Reader::new(Slices { bytes, slice }, Limits { response: 1000, literal: 100_000 }, None));
    }
}

#[test]
fn lines_and_held_literals_in_every_slicing() {
    each_slicing(b"* LIST () \"/\" {5}\r\na\r\n{9\r\n* OK text {5}\r\na1 OK done {3}\r\n", |reader| {
        let list = response(reader).unwrap();
        assert_eq!(list.bytes(), b"* LIST () \"/\" {5}\r\na\r\n{9");
        assert_eq!(list.literal_at(19), Some(&Literal { held: 19..24, streamed: false, skipped: false }));
        assert_eq!(response(reader).unwrap().bytes(), b"* OK text {5}");
        assert_eq!(response(reader).unwrap().bytes(), b"a1 OK done {3}");
        assert!(matches!(response(reader), Err(Fault::Closed)));
    });
}

#[test]
fn a_literal_that_ends_as_an_announcement_announces_nothing() {
    each_slicing(b"* LIST () \"/\" {8}\r\na(b) {5}\r\n* OK\r\n", |reader| {
        assert_eq!(response(reader).unwrap().bytes(), b"* LIST () \"/\" {8}\r\na(b) {5}");
        assert_eq!(response(reader).unwrap().bytes(), b"* OK");
    });
}

#[test]
fn a_streamed_literal_leaves_its_place_in_the_frame() {
    let body = vec![b'x'; 90_000];
    let bytes = [b"* 1 FETCH (BODY[] {90000}\r\n", &body[..], b" UID 7)\r\n"].concat();
    each_slicing(&bytes, |reader| {
        let (fetch, kept) = streamed(reader).unwrap();
        assert_eq!(fetch.bytes(), b"* 1 FETCH (BODY[] {90000}\r\n UID 7)");
        assert!(fetch.literal_at(27).unwrap().streamed);
        assert_eq!(kept.len(), 90_000);
    });
}

#[test]
fn bare_cr_and_lf_do_not_end_a_line() {
    each_slicing(b"* 1\r2\n3\r\r\n\r\n", |reader| {
        assert_eq!(response(reader).unwrap().bytes(), b"* 1\r2\n3\r");
        assert_eq!(response(reader).unwrap().bytes(), b"");
    });
}

#[test]
fn what_is_too_much_is_refused_before_it_is_stored() {
    each_slicing(&[b'x'; 20_000], |reader| assert!(matches!(response(reader), Err(Fault::Limit { .. }))));
    each_slicing(b"* LIST () \"/\" {10000000000}\r\n", |reader| {
        assert!(matches!(response(reader), Err(Fault::Limit { .. })));
    });
    each_slicing(b"* 1 FETCH (BODY[] {100001}\r\n", |reader| {
        assert!(matches!(streamed(reader), Err(Fault::Limit { .. })));
    });
    each_slicing(b"* 1 FETCH (BODY[] {99999999999999999999}\r\n", |reader| {
        assert!(matches!(streamed(reader), Err(Fault::Limit { .. })));
    });
}

#[test]
fn what_is_too_long_is_skipped_and_the_next_response_is_read() {
    let line = format!("* SEARCH{}\r\n* 2 EXISTS\r\n", " 1".repeat(1000));
    each_slicing(line.as_bytes(), |reader| {
        let frame = response(reader).unwrap();
        assert!(frame.is_cut() && frame.bytes().starts_with(b"* SEARCH 1 1"));
        assert_eq!(response(reader).unwrap().bytes(), b"* 2 EXISTS");
    });
    let literal = format!(
        "* LIST () \"/\" {{2000}}\r\n{} \"x\"\r\n* 2 EXISTS\r\n",
        "\r\n* 1 EXISTS".repeat(150) + &"x".repeat(200)
    );
    each_slicing(literal.as_bytes(), |reader| {
        let frame = response(reader).unwrap();
        assert!(frame.literals[0].skipped);
        assert_eq!(frame.bytes(), b"* LIST () \"/\" {2000}\r\n \"x\"");
        assert_eq!(response(reader).unwrap().bytes(), b"* 2 EXISTS");
    });
    // What follows may be a literal.
    let unclear = format!("* LIST {} {{5}}\r\n* 2 EXISTS\r\n", "x".repeat(2000));
    each_slicing(unclear.as_bytes(), |reader| {
        assert!(matches!(response(reader), Err(Fault::Limit { .. })));
    });
}

#[test]
fn what_is_no_number_announces_no_literal() {
    for line in ["* LIST {}\r\n", "* LIST {-1}\r\n", "* LIST {5+}\r\n", "* LIST 5}\r\n", "{5}\r\n"] {
        each_slicing(line.as_bytes(), |reader| {
            let frame = response(reader).unwrap();
            assert_eq!((frame.bytes().len(), frame.literals.len()), (line.len() - 2, 0), "{line:?}");
        });
    }
}

#[test]
fn the_end_of_the_stream_within_a_response_is_told_from_the_end_between_two() {
    for bytes in [&b"* OK"[..], b"* LIST {5}\r\nab", b"* LIST {5}\r\nabcde", b"* LIST {5}\r\nabcde)\r"] {
        each_slicing(bytes, |reader| {
            let fault = response(reader).unwrap_err();
            assert!(matches!(&fault, Fault::Stream(e) if e.kind() == io::ErrorKind::UnexpectedEof), "{fault:?}");
        });
    }
}
