//! The dialogue with a server, written down as it can be replayed.
//!
//! The grammar is that of `fixtures/README.md`: `C:` and `S:` lines, bytes that are no printable ASCII
//! escaped, `<secret n bytes>` where a credential was, `<n bytes>` where a message was. One who
//! writes a command says which of its bytes are secret; what passes is looked at for these alone.

use std::io::Write;

use crate::secret::hide;

/// A line that is longer is written in several pieces, so that a server cannot fill the memory.
const LONGEST_PIECE: usize = 64 * 1024;

/// Who says a line: how it begins.
const CLIENT: &str = "C: ";
const SERVER: &str = "S: ";

/// Writes down what client and server said.
///
/// It holds whatever the server sent but the bodies of messages: addresses, folder names, subjects.
pub struct Transcript {
    out: Box<dyn Write + Send>,
    side: &'static str,
    /// The line so far, as it is on the wire.
    line: Vec<u8>,
    /// The line so far, as it is shown: differs from `line` only by the masks of the client's side.
    shown: String,
}

impl Transcript {
    /// Writes to `out`, a line at a time; a failing `out` is ignored, the dialogue matters more.
    pub fn new(out: impl Write + Send + 'static) -> Transcript {
        Transcript { out: Box::new(out), side: CLIENT, line: Vec::new(), shown: String::new() }
    }

    /// Bytes that the server sent.
    pub(crate) fn server(&mut self, bytes: &[u8]) {
        self.put(SERVER, bytes);
    }

    /// That the server sent this number of bytes of a message.
    pub(crate) fn server_body(&mut self, size: u64) {
        if size > 0 {
            self.break_line();
            self.side = SERVER;
            self.emit(&format!("<{size} bytes>"));
        }
    }

    /// Bytes that the client sent.
    pub(crate) fn client(&mut self, bytes: &[u8]) {
        self.put(CLIENT, bytes);
    }

    /// That the client sent this number of bytes of a secret or a message.
    pub(crate) fn client_hidden(&mut self, size: u64) {
        self.turn(CLIENT);
        self.shown.push_str(&format!("<secret {size} bytes>"));
    }

    /// Writes down a line that is not complete yet.
    pub(crate) fn flush(&mut self) {
        self.break_line();
        let _ = self.out.flush();
    }

    fn put(&mut self, side: &'static str, bytes: &[u8]) {
        self.turn(side);
        for &byte in bytes {
            self.line.push(byte);
            if self.line.ends_with(b"\r\n") {
                self.shown.truncate(self.shown.len() - "\\x0d".len());
                self.end_line("");
            } else {
                self.show(byte);
                if self.line.len() >= LONGEST_PIECE && byte != b'\r' {
                    self.end_line("\\");
                }
            }
        }
    }

    fn show(&mut self, byte: u8) {
        let starts_mask = self.side == CLIENT || self.line.len() == 1;
        match byte {
            b'\\' => self.shown.push_str("\\\\"),
            b'<' if starts_mask => self.shown.push_str("\\x3c"),
            0x20..=0x7e => self.shown.push(char::from(byte)),
            _ => self.shown.push_str(&format!("\\x{byte:02x}")),
        }
    }

    /// The other side speaks: a line that it broke into is written as far as it came.
    fn turn(&mut self, side: &'static str) {
        if self.side != side {
            self.break_line();
            self.side = side;
        }
    }

    fn break_line(&mut self) {
        if !self.shown.is_empty() {
            self.end_line("\\");
        }
    }

    fn end_line(&mut self, mark: &str) {
        let shown = std::mem::take(&mut self.shown);
        self.emit(&format!("{}{mark}", hide(&shown)));
        self.line.clear();
    }

    fn emit(&mut self, text: &str) {
        let _ = self.out.write_all(format!("{}{text}\n", self.side).as_bytes());
    }
}

impl Drop for Transcript {
    fn drop(&mut self) {
        self.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{HIDDEN, Secret};
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn written(write: impl FnOnce(&mut Transcript)) -> String {
        let page = Page::default();
        let mut transcript = Transcript::new(page.clone());
        write(&mut transcript);
        drop(transcript);
        String::from_utf8(page.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_dialogue_with_a_secret_and_a_message() {
        let text = written(|t| {
            t.server(b"* OK ready\r\n");
            t.client(b"a1 AUTHENTICATE XOAUTH2 ");
            let secret = Secret::new("eyJ0eXAiOiJKV1QifQ==");
            secret.guard();
            t.client_hidden(secret.len() as u64);
            t.client(b"\r\n");
            t.server(b"a1 BAD what is eyJ0eXAiOiJKV1QifQ==?\r\n+ eHl6ZXlKMGVYQWlPaUpLVjFRaWZRPT0=\r\n");
            t.server(b"* 1 FETCH (BODY[] {5}\r\n");
            t.server_body(5);
            t.server(b")\r\n");
        });
        assert_eq!(
            text,
            format!(
                "S: * OK ready\nC: a1 AUTHENTICATE XOAUTH2 <secret 20 bytes>\nS: a1 BAD what is {HIDDEN}\nS: + {HIDDEN}\n\
             S: * 1 FETCH (BODY[] {{5}}\nS: <5 bytes>\nS: )\n"
            )
        );
    }

    #[test]
    fn slices_do_not_show_and_what_could_deceive_is_escaped() {
        let whole = written(|t| t.server(b"<a> \\ \x1b \xe3\r x\r\nrest"));
        let sliced = written(|t| b"<a> \\ \x1b \xe3\r x\r\nrest".iter().for_each(|o| t.server(&[*o])));
        assert_eq!(whole, "S: \\x3ca> \\\\ \\x1b \\xe3\\x0d x\nS: rest\\\n");
        assert_eq!(whole, sliced);
    }
}
