use std::io::Cursor;

use super::*;

/// Gives `size` bytes at a time, the second time from `then`.
struct Changing<'a> {
    now: &'a [u8],
    then: &'a [u8],
    size: usize,
}

impl Read for Changing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let taken = self.size.min(self.now.len()).min(buffer.len());
        buffer[..taken].copy_from_slice(&self.now[..taken]);
        self.now = &self.now[taken..];
        Ok(taken)
    }
}

impl Seek for Changing<'_> {
    fn seek(&mut self, _: io::SeekFrom) -> io::Result<u64> {
        if self.now.is_empty() {
            self.now = self.then;
        }
        Ok(0)
    }
}

fn sent(message: &[u8], size: usize) -> Result<Vec<u8>> {
    let mut outgoing = Outgoing::new("x", Changing { now: message, then: message, size })?;
    let mut bytes = Vec::new();
    outgoing.read_to_end(&mut bytes).unwrap();
    assert_eq!((bytes.len() as u64, outgoing.is_given()), (outgoing.size(), true));
    Ok(bytes)
}

#[test]
fn a_message_goes_as_it_is_or_with_the_line_ends_of_the_wire() {
    let long = [b"Subject: x\r\n\r\n".to_vec(), vec![b'x'; LONGEST_LINE], b"\r\n\xff\x80".to_vec()].concat();
    for size in [1, 2, 3, 7, 64, 100_000] {
        for same in [&b"Subject: x\r\n\r\ny\r\n"[..], b"no line end", b"\r\n", &long] {
            assert_eq!(sent(same, size).unwrap(), same);
        }
        assert_eq!(sent(b"Subject: x\n\ny", size).unwrap(), b"Subject: x\r\n\r\ny");
        assert_eq!(sent(b"\n\n", size).unwrap(), b"\r\n\r\n");
    }
}

#[test]
fn what_exchange_would_choke_on_is_refused_with_its_line() {
    let long = [&b"a\r\n\r\n"[..], &vec![b'x'; LONGEST_LINE + 1], b"\r\n"].concat();
    for (bad, words) in [
        (&b""[..], "x: it is empty"),
        (b"a\r\nb\nc\r\n", "x: line 2: it ends in LF alone, the lines before it in CRLF"),
        (b"a\nb\r\nc\n", "x: line 2: it ends in CRLF, the lines before it in LF alone"),
        (b"a\r\nb\rc\r\n", "x: line 2: it has a CR without an LF"),
        (b"a\r\r\n", "x: line 1: it has a CR without an LF"),
        (b"a\r\nb\r", "x: line 2: it has a CR without an LF"),
        (b"a\r\n\r\nb\0\r\n", "x: line 3: it has a NUL"),
        (b"From me\r\nb\r\n", "x: line 1: it begins with \"From \""),
        (&long, "x: line 3: it has more than 9000 bytes"),
    ] {
        for size in [1, 2, 7, 100_000] {
            let error = sent(bad, size).unwrap_err();
            assert!(error.kind() == Kind::Usage && error.to_string().contains(words), "{error}");
        }
    }
}

#[test]
fn a_message_beyond_the_limit_is_refused_where_it_passes_it() {
    struct Endless(u64);
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.fill(b'x');
            buffer.iter_mut().step_by(64).for_each(|byte| *byte = b'\n');
            self.0 += buffer.len() as u64;
            assert!(self.0 < LARGEST_MESSAGE * 2, "it is read without end");
            Ok(buffer.len())
        }
    }
    impl Seek for Endless {
        fn seek(&mut self, _: io::SeekFrom) -> io::Result<u64> {
            Ok(0)
        }
    }
    let error = Outgoing::new("x", Endless(0)).err().unwrap();
    assert!(error.to_string().contains("passes 157286400 bytes"), "{error}");
}

#[test]
fn a_file_that_changes_meanwhile_is_not_sent_on() {
    let first = b"Subject: x\n\nyes\n";
    for then in [&b"Subject: x\r\n\r\nyes\r\n"[..], b"Subject: x\n\ny\0s\n", b"Subject: x\n\ny\rs\n"] {
        let mut outgoing = Outgoing::new("x", Changing { now: first, then, size: 100 }).unwrap();
        let error = outgoing.read_to_end(&mut Vec::new()).unwrap_err();
        assert!(error.get_ref().is_some_and(|e| e.is::<Error>()), "{error}");
        assert!(!outgoing.is_given());
    }
}

#[test]
fn a_file_on_the_disk_is_read_from_its_beginning() {
    let mut cursor = Cursor::new(b"Subject: x\r\n\r\n".to_vec());
    cursor.set_position(5);
    assert_eq!(Outgoing::new("x", cursor).unwrap().size(), 14);
}
