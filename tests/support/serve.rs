//! The server's side of a transcript, over a real stream.

use std::io::{Read, Write};

use super::{Directive, FILLER, Piece, Script, Turn, crlf_lines, literal_announced};

/// Plays the server with a client that may choose its tags: the tag of a command in the
/// script stands for the tag that the client really used, in every answer that follows.
/// A mask matches any bytes of one line. Fails where the client departs from the script.
pub fn serve(script: &Script, stream: impl Read + Write) -> Result<(), String> {
    let mut server = Server {
        stream,
        slice: usize::MAX,
        tags: Vec::new(),
        received: Vec::new(),
        unsent: Vec::new(),
        client: Framing::default(),
        server: Framing::default(),
        asked: false,
    };
    for turn in &script.turns {
        match (turn, turn.directive()?) {
            (_, Some(Directive::Silence)) => return server.stay_silent(),
            (_, Some(Directive::Slice(n))) => server.slice = n,
            (Turn::Client(pieces), _) => server.listen(pieces)?,
            (Turn::Server(pieces), _) => server.speak(pieces)?,
            (Turn::Comment(_), _) => {}
        }
    }
    Ok(())
}

struct Server<S> {
    stream: S,
    slice: usize,
    /// The script's tags with those of the client.
    tags: Vec<(Vec<u8>, Vec<u8>)>,
    /// Read from the stream and not yet looked at.
    received: Vec<u8>,
    /// Said and not yet sent: a turn goes out in one piece, unless it is sliced, for
    /// small writes wait for each other's acknowledgement.
    unsent: Vec<u8>,
    client: Framing,
    server: Framing,
    /// The script's server has just asked for more: what comes is not a command.
    asked: bool,
}

/// Where in a command or a response the script stands: only at its start is a tag.
#[derive(Default)]
struct Framing {
    literal_left: usize,
    inside: bool,
}

impl Framing {
    /// The first part of `bytes` that is one thing: some of a literal, or a line.
    /// Returns its length, and whether it opens a command or a response.
    fn next_part(&mut self, bytes: &[u8]) -> (usize, bool) {
        let opens = !self.inside;
        if self.literal_left > 0 {
            let n = self.literal_left.min(bytes.len());
            self.skip(n);
            return (n, false);
        }
        let line = crlf_lines(bytes).next().unwrap_or_default();
        let announced = literal_announced(line);
        self.literal_left = announced.unwrap_or(0);
        self.inside = announced.is_some() || !line.ends_with(b"\r\n");
        (line.len(), opens)
    }

    /// Bytes of a literal that nobody shows.
    fn skip(&mut self, n: usize) {
        self.literal_left = self.literal_left.saturating_sub(n);
        self.inside = true;
    }
}

impl<S: Read + Write> Server<S> {
    fn listen(&mut self, pieces: &[Piece]) -> Result<(), String> {
        for line in lines(pieces) {
            let ended = matches!(line.last(), Some(Piece::Bytes(bytes)) if bytes.ends_with(b"\r\n"));
            let said = if ended { self.receive_line()? } else { self.receive(length(&line))? };
            let opens = self.opens_command(&line);
            let (script, said_rest) = if opens { self.pair_tags(&line, &said) } else { (line.clone(), &said[..]) };
            if !matches(&script, said_rest) {
                let shown = Script { turns: vec![Turn::Client(line)] }.to_text();
                return Err(format!("the client says \"{}\", the script {}", said.escape_ascii(), shown.trim_end()));
            }
            self.asked = false;
        }
        Ok(())
    }

    /// Follows the client's literals; whether this line of the script begins with a tag.
    /// An answer to `+` has none, nor has the one word of DONE.
    fn opens_command(&mut self, line: &[Piece]) -> bool {
        let mut opens = None;
        for piece in line {
            match piece {
                Piece::Bytes(bytes) => {
                    let mut rest = &bytes[..];
                    while !rest.is_empty() {
                        let (n, first) = self.client.next_part(rest);
                        opens.get_or_insert(first && rest[..n].contains(&b' ') && rest[0] != b' ');
                        rest = &rest[n..];
                    }
                }
                Piece::Secret(n) | Piece::Elided(n) => self.client.skip(*n),
            }
        }
        opens == Some(true) && !self.asked
    }

    /// Notes which tag the client uses for the script's; returns both lines without it.
    fn pair_tags<'a>(&mut self, line: &[Piece], said: &'a [u8]) -> (Vec<Piece>, &'a [u8]) {
        let mut script = line.to_vec();
        let said_tag = said.split(|&byte| byte == b' ').next().unwrap_or_default();
        if let Some(Piece::Bytes(bytes)) = script.first_mut() {
            let n = bytes.iter().position(|&byte| byte == b' ').unwrap_or(bytes.len());
            let tag: Vec<u8> = bytes.drain(..n).collect();
            self.tags.retain(|(known, _)| *known != tag);
            self.tags.push((tag, said_tag.to_vec()));
        }
        (script, &said[said_tag.len()..])
    }

    fn speak(&mut self, pieces: &[Piece]) -> Result<(), String> {
        for piece in pieces {
            match piece {
                Piece::Bytes(bytes) => {
                    let mut rest = &bytes[..];
                    while !rest.is_empty() {
                        let (n, opens) = self.server.next_part(rest);
                        let (part, after) = rest.split_at(n);
                        rest = after;
                        self.asked = opens && part.starts_with(b"+");
                        let part = if opens { self.retagged(part) } else { part.to_vec() };
                        self.unsent.extend(part);
                    }
                }
                Piece::Secret(n) | Piece::Elided(n) => {
                    self.server.skip(*n);
                    self.send_filler(*n)?;
                }
            }
        }
        self.send()?;
        // A literal that was refused never comes.
        if !self.asked {
            self.client = Framing::default();
        }
        Ok(())
    }

    /// A tagged response with the client's own tag.
    fn retagged(&self, line: &[u8]) -> Vec<u8> {
        for (script, client) in &self.tags {
            if let Some(rest) = line.strip_prefix(&script[..])
                && rest.first() == Some(&b' ')
            {
                return [client, rest].concat();
            }
        }
        line.to_vec()
    }

    fn send_filler(&mut self, n: usize) -> Result<(), String> {
        let mut left = n;
        while left > 0 {
            let now = left.min(65_536);
            self.unsent.resize(self.unsent.len() + now, FILLER);
            self.send()?;
            left -= now;
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), String> {
        for slice in self.unsent.chunks(self.slice) {
            let sent = self.stream.write_all(slice).and_then(|()| self.stream.flush());
            sent.map_err(|why| format!("the client takes no more: {why}"))?;
        }
        self.unsent.clear();
        Ok(())
    }

    /// A line with its CRLF.
    fn receive_line(&mut self) -> Result<Vec<u8>, String> {
        loop {
            if let Some(at) = self.received.windows(2).position(|pair| pair == b"\r\n") {
                return Ok(self.received.drain(..at + 2).collect());
            }
            self.receive_more()?;
        }
    }

    fn receive(&mut self, n: usize) -> Result<Vec<u8>, String> {
        while self.received.len() < n {
            self.receive_more()?;
        }
        Ok(self.received.drain(..n).collect())
    }

    fn receive_more(&mut self) -> Result<(), String> {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) => Err("the client closed before the script's end".into()),
            Ok(n) => {
                self.received.extend_from_slice(&buffer[..n]);
                Ok(())
            }
            Err(why) => Err(format!("nothing more from the client: {why}")),
        }
    }

    fn stay_silent(&mut self) -> Result<(), String> {
        while self.receive_more().is_ok() {}
        Ok(())
    }
}

/// The pieces of a client's turn, cut behind each CRLF.
fn lines(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    let mut lines = vec![Vec::new()];
    for piece in pieces {
        let Piece::Bytes(bytes) = piece else {
            lines.last_mut().into_iter().for_each(|line: &mut Vec<Piece>| line.push(piece.clone()));
            continue;
        };
        for part in crlf_lines(bytes) {
            lines.last_mut().into_iter().for_each(|line| line.push(Piece::Bytes(part.to_vec())));
            if part.ends_with(b"\r\n") {
                lines.push(Vec::new());
            }
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

fn length(pieces: &[Piece]) -> usize {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Bytes(bytes) => bytes.len(),
            Piece::Secret(n) | Piece::Elided(n) => *n,
        })
        .sum()
}

fn matches(pieces: &[Piece], bytes: &[u8]) -> bool {
    match pieces.split_first() {
        None => bytes.is_empty(),
        Some((Piece::Bytes(shown), rest)) => bytes.strip_prefix(&shown[..]).is_some_and(|bytes| matches(rest, bytes)),
        Some((Piece::Secret(_) | Piece::Elided(_), rest)) => {
            (1..=bytes.len()).any(|n| !bytes[..n].ends_with(b"\r") && matches(rest, &bytes[n..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use super::*;

    /// What a client hears that says all its lines at once, over a socket.
    fn answer(text: &str, says: &[u8]) -> (Result<(), String>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let script = Script::parse(text).unwrap();
        let server = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            serve(&script, &stream)
        });
        client.write_all(says).unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let heard = io::read_to_string(&mut client).unwrap();
        (server.join().unwrap(), heard)
    }

    #[test]
    fn answers_carry_the_tag_that_the_client_chose() {
        let script = "S: * OK\nC: C01 AUTHENTICATE <secret 3 bytes>\nS: + \nC: \nS: C01 NO\nC: S01 IDLE\nS: + go\nS: * 1 EXISTS\nC: DONE\nS: S01 OK\n";
        let (result, heard) = answer(script, b"a1 AUTHENTICATE of-any-length\r\n\r\na2 IDLE\r\nDONE\r\n");
        assert_eq!(result, Ok(()));
        assert_eq!(heard, "* OK\r\n+ \r\na1 NO\r\n+ go\r\n* 1 EXISTS\r\na2 OK\r\n");
    }

    #[test]
    fn literals_hold_no_tags() {
        let script = "#! slice 2\nC: T APPEND x {9}\nS: + \nC: T NOOP x\\x0d\\x0a\\\nC: \nS: T OK\nC: U NOOP\nS: * {6}\nS: T OK\nS: )\nS: U OK\nC: V APPEND x {9}\nS: V NO\nC: W NOOP\nS: W OK\n";
        let says = b"a1 APPEND x {9}\r\nT NOOP x\r\n\r\na2 NOOP\r\na3 APPEND x {9}\r\na4 NOOP\r\n";
        let (result, heard) = answer(script, says);
        assert_eq!(result, Ok(()));
        assert_eq!(heard, "+ \r\na1 OK\r\n* {6}\r\nT OK\r\n)\r\na2 OK\r\na3 NO\r\na4 OK\r\n");
    }

    #[test]
    fn a_departure_names_both_sides() {
        let (result, _) = answer("C: a1 NOOP\n", b"x LIST\r\n");
        assert_eq!(result, Err(r#"the client says "x LIST\r\n", the script C: a1 NOOP"#.into()));
        let (result, _) = answer("C: a1 NOOP\n", b"");
        assert_eq!(result, Err("the client closed before the script's end".into()));
    }

    #[test]
    fn silence_lasts_until_the_client_closes() {
        let (result, heard) = answer("S: + go\n#! silence\nS: never\n", b"DONE\r\n");
        assert_eq!((result, heard), (Ok(()), "+ go\r\n".into()));
    }
}
