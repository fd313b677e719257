//! The server's side of a transcript, in memory: give it to a reader as its stream.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use super::{Directive, FILLER, Piece, Script, Turn};

/// Offers the server's bytes in slices, each only when the client has written what
/// comes before it, and compares what the client writes with the script.
///
/// It never blocks: a read that would wait for the client, or for a silent server, fails
/// with `TimedOut`, as a socket with a read timeout does.
pub struct Player {
    slice: usize,
    /// What is still to be played, from the client's turn in progress on.
    turns: VecDeque<Turn>,
    /// What the client has still to write of its turn.
    expected: VecDeque<Piece>,
    /// What the server has said and the client has not read.
    unread: VecDeque<Piece>,
    written: Vec<u8>,
    silent: bool,
    mismatch: Option<String>,
}

impl Player {
    /// `slice`: the most bytes that one read returns.
    pub fn new(script: &Script, slice: usize) -> Player {
        let mut player = Player {
            slice,
            turns: script.turns.iter().cloned().collect(),
            expected: VecDeque::new(),
            unread: VecDeque::new(),
            written: Vec::new(),
            silent: false,
            mismatch: None,
        };
        player.advance();
        player
    }

    /// The first place where the client departed from the script.
    pub fn mismatch(&self) -> Option<String> {
        self.mismatch.clone()
    }

    /// Whether all was written and read that the script holds.
    pub fn finished(&self) -> bool {
        self.mismatch.is_none()
            && self.expected.is_empty()
            && self.unread.is_empty()
            && self.turns.iter().all(|turn| matches!(turn, Turn::Comment(_)))
    }

    /// All that the client wrote, for tests that look for what must not be there.
    pub fn written(&self) -> &[u8] {
        &self.written
    }

    /// Lets the server speak until it is the client's turn.
    fn advance(&mut self) {
        while self.expected.is_empty() && !self.silent {
            let Some(turn) = self.turns.pop_front() else {
                return;
            };
            // Parsing has refused directives that nobody knows.
            match turn.directive() {
                Ok(Some(Directive::Silence)) => self.silent = true,
                Ok(Some(Directive::Slice(n))) => self.slice = self.slice.min(n),
                Ok(None) | Err(_) => {}
            }
            match turn {
                Turn::Client(pieces) => self.expected.extend(pieces),
                Turn::Server(pieces) => self.unread.extend(pieces),
                Turn::Comment(_) => {}
            }
        }
    }

    /// Takes one byte of the client's, if it is the one that the script has here.
    fn take(&mut self, byte: u8) -> Result<(), String> {
        let Some(piece) = self.expected.front_mut() else {
            if self.silent {
                return Ok(());
            }
            return Err("the script expects nothing more from the client".into());
        };
        let empty = match piece {
            Piece::Bytes(bytes) => {
                if bytes.first() != Some(&byte) {
                    return Err(format!("the script has \"{}\" here", bytes.escape_ascii()));
                }
                bytes.remove(0);
                bytes.is_empty()
            }
            Piece::Secret(n) | Piece::Elided(n) => {
                if matches!(byte, b'\r' | b'\n') {
                    return Err(format!("the secret lacks {n} bytes"));
                }
                *n -= 1;
                *n == 0
            }
        };
        if empty {
            self.expected.pop_front();
            self.advance();
        }
        Ok(())
    }
}

impl Read for Player {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.mismatch.is_some() {
            return Err(departed());
        }
        let room = buffer.len().min(self.slice);
        let Some(piece) = self.unread.front_mut() else {
            return match (self.silent, self.expected.is_empty()) {
                (true, _) => Err(timed_out("the script is silent")),
                (false, false) => Err(timed_out("the script waits for the client")),
                (false, true) => Ok(0),
            };
        };
        let (n, empty) = match piece {
            Piece::Bytes(bytes) => {
                let n = room.min(bytes.len());
                buffer[..n].copy_from_slice(&bytes[..n]);
                bytes.drain(..n);
                (n, bytes.is_empty())
            }
            Piece::Secret(left) | Piece::Elided(left) => {
                let n = room.min(*left);
                buffer[..n].fill(FILLER);
                *left -= n;
                (n, *left == 0)
            }
        };
        if empty {
            self.unread.pop_front();
        }
        Ok(n)
    }
}

fn timed_out(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, why)
}

/// Says no more, for what the client wrote may be a secret: `mismatch` is for the test.
fn departed() -> io::Error {
    io::Error::other("the client departed from the script")
}

impl Write for Player {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.mismatch.is_none()
                && let Err(why) = self.take(byte)
            {
                self.mismatch = Some(format!("the client writes \"{}\": {why}", bytes[at..].escape_ascii()));
            }
        }
        self.written.extend_from_slice(bytes);
        if self.mismatch.is_some() { Err(departed()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIALOGUE: &str = "S: * OK\nC: a1 A <secret 3 bytes>\nS: + \nC: \nS: * {4}\nS: <4 bytes>\nS: )\n";

    fn player(text: &str, slice: usize) -> Player {
        Player::new(&Script::parse(text).unwrap(), slice)
    }

    fn read_line(player: &mut Player) -> String {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\r\n") && player.read(&mut byte).unwrap() > 0 {
            line.push(byte[0]);
        }
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn a_read_that_would_wait_times_out() {
        let mut player = player(DIALOGUE, 64);
        read_line(&mut player);
        let error = player.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(player.mismatch().is_none() && !player.finished());
    }

    #[test]
    fn the_first_departure_is_kept_and_what_was_written_stays_out_of_the_error() {
        for (written, why) in [
            ("a2 A", "the client writes \"2 A\": the script has \"1 A \" here"),
            ("a1 A ab\r\n", "the client writes \"\\r\\n\": the secret lacks 1 bytes"),
            ("a1 A abcd", "the client writes \"d\": the script has \"\\r\\n\" here"),
        ] {
            let mut player = player(DIALOGUE, 64);
            assert!(!player.write(written.as_bytes()).unwrap_err().to_string().contains(written));
            assert!(player.write(b"more").is_err() && player.read(&mut [0]).is_err());
            assert_eq!(player.mismatch().unwrap(), why);
        }
    }

    #[test]
    fn writing_behind_the_end_is_a_departure_but_not_in_a_silence() {
        assert!(player("S: * BYE\n", 64).write(b"a1").is_err());
        let mut silent = player("S: + idling\n#! silence\n", 64);
        silent.write_all(b"DONE\r\n").unwrap();
        assert_eq!(read_line(&mut silent), "+ idling\r\n");
        assert_eq!(silent.read(&mut [0]).unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
