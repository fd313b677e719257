//! The reader against bytes in every slicing, and against servers that mean harm.

use super::*;

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

/// Streams every literal.
#[derive(Default)]
struct Keep(Vec<u8>);

impl Literals for Keep {
    fn wants(&mut self, _: &Frame, _: u64) -> io::Result<bool> {
        Ok(true)
    }
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
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
        let list = reader.response(None).unwrap();
        assert_eq!(list.bytes(), b"* LIST () \"/\" {5}\r\na\r\n{9");
        assert_eq!(list.literal_at(19), Some(&Literal { held: 19..24, streamed: false, skipped: false }));
        assert_eq!(reader.response(None).unwrap().bytes(), b"* OK text {5}");
        assert_eq!(reader.response(None).unwrap().bytes(), b"a1 OK done {3}");
        assert!(matches!(reader.response(None), Err(Fault::Closed)));
    });
}

#[test]
fn a_literal_that_ends_as_an_announcement_announces_nothing() {
    each_slicing(b"* LIST () \"/\" {8}\r\na(b) {5}\r\n* OK\r\n", |reader| {
        assert_eq!(reader.response(None).unwrap().bytes(), b"* LIST () \"/\" {8}\r\na(b) {5}");
        assert_eq!(reader.response(None).unwrap().bytes(), b"* OK");
    });
}

#[test]
fn a_streamed_literal_leaves_its_place_in_the_frame() {
    let body = vec![b'x'; 90_000];
    let bytes = [b"* 1 FETCH (BODY[] {90000}\r\n", &body[..], b" UID 7)\r\n"].concat();
    each_slicing(&bytes, |reader| {
        let mut keep = Keep::default();
        let fetch = reader.response(Some(&mut keep)).unwrap();
        assert_eq!(fetch.bytes(), b"* 1 FETCH (BODY[] {90000}\r\n UID 7)");
        assert!(fetch.literal_at(27).unwrap().streamed);
        assert_eq!(keep.0.len(), 90_000);
    });
}

#[test]
fn bare_cr_and_lf_do_not_end_a_line() {
    each_slicing(b"* 1\r2\n3\r\r\n\r\n", |reader| {
        assert_eq!(reader.response(None).unwrap().bytes(), b"* 1\r2\n3\r");
        assert_eq!(reader.response(None).unwrap().bytes(), b"");
    });
}

#[test]
fn what_is_too_much_is_refused_before_it_is_stored() {
    each_slicing(&[b'x'; 20_000], |reader| assert!(matches!(reader.response(None), Err(Fault::Limit { .. }))));
    each_slicing(b"* LIST () \"/\" {10000000000}\r\n", |reader| {
        assert!(matches!(reader.response(None), Err(Fault::Limit { .. })));
    });
    each_slicing(b"* 1 FETCH (BODY[] {100001}\r\n", |reader| {
        assert!(matches!(reader.response(Some(&mut Keep::default())), Err(Fault::Limit { .. })));
    });
    each_slicing(b"* 1 FETCH (BODY[] {99999999999999999999}\r\n", |reader| {
        assert!(matches!(reader.response(Some(&mut Keep::default())), Err(Fault::Limit { .. })));
    });
}

#[test]
fn what_is_too_long_is_skipped_and_the_next_response_is_read() {
    let line = format!("* SEARCH{}\r\n* 2 EXISTS\r\n", " 1".repeat(1000));
    each_slicing(line.as_bytes(), |reader| {
        let frame = reader.response(None).unwrap();
        assert!(frame.is_cut() && frame.bytes().starts_with(b"* SEARCH 1 1"));
        assert_eq!(reader.response(None).unwrap().bytes(), b"* 2 EXISTS");
    });
    let literal = format!(
        "* LIST () \"/\" {{2000}}\r\n{} \"x\"\r\n* 2 EXISTS\r\n",
        "\r\n* 1 EXISTS".repeat(150) + &"x".repeat(200)
    );
    each_slicing(literal.as_bytes(), |reader| {
        let frame = reader.response(None).unwrap();
        assert!(frame.literals[0].skipped);
        assert_eq!(frame.bytes(), b"* LIST () \"/\" {2000}\r\n \"x\"");
        assert_eq!(reader.response(None).unwrap().bytes(), b"* 2 EXISTS");
    });
    // What follows may be a literal.
    let unclear = format!("* LIST {} {{5}}\r\n* 2 EXISTS\r\n", "x".repeat(2000));
    each_slicing(unclear.as_bytes(), |reader| {
        assert!(matches!(reader.response(None), Err(Fault::Limit { .. })));
    });
}

/// What follows a fault may be inside a literal.
#[test]
fn after_a_fault_nothing_more_is_read() {
    for bytes in ["* LIST () \"/\" {200000}\r\n* 1 EXISTS\r\n", "* 1 FETCH (BODY[] {9}\r\nx\r\n* 1 EXISTS\r\n"] {
        each_slicing(bytes.as_bytes(), |reader| {
            assert!(reader.response(Some(&mut Refuse)).is_err());
            for _ in 0..3 {
                assert!(matches!(reader.response(None), Err(Fault::Over)));
            }
        });
    }
}

struct Refuse;

impl Literals for Refuse {
    fn wants(&mut self, _: &Frame, _: u64) -> io::Result<bool> {
        Err(io::Error::other("full"))
    }
    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_is_no_number_announces_no_literal() {
    for line in ["* LIST {}\r\n", "* LIST {-1}\r\n", "* LIST {5+}\r\n", "* LIST 5}\r\n", "{5}\r\n"] {
        each_slicing(line.as_bytes(), |reader| {
            let frame = reader.response(None).unwrap();
            assert_eq!((frame.bytes().len(), frame.literals.len()), (line.len() - 2, 0), "{line:?}");
        });
    }
}

#[test]
fn the_end_of_the_stream_within_a_response_is_told_from_the_end_between_two() {
    for bytes in [&b"* OK"[..], b"* LIST {5}\r\nab", b"* LIST {5}\r\nabcde", b"* LIST {5}\r\nabcde)\r"] {
        each_slicing(bytes, |reader| {
            let fault = reader.response(None).unwrap_err();
            assert!(matches!(&fault, Fault::Stream(e) if e.kind() == io::ErrorKind::UnexpectedEof), "{fault:?}");
        });
    }
}
