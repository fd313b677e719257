//! An IMAP server that answers politely until it attacks: one command, or the greeting, gets bytes
//! that a test made up.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;

use native_tls::TlsStream;

use crate::program::{Ended, World};
use crate::support::listen;

/// What any run may take at its peak, in KB (VmHWM, polled).
const MOST_MEMORY: u64 = 64 * 1024;

const GREETING: &str = "* OK The Microsoft Exchange IMAP4 service is ready.\r\n";

/// Writes what it likes for the tag; an error ends the connection.
pub(crate) type Attack = Box<dyn Fn(&str, &mut dyn Write) -> io::Result<()> + Send + Sync>;

/// Bytes in which `{tag}` stands for the client's tag. Where they hold none, nothing else could
/// follow, and the connection ends.
pub(crate) fn bytes(text: impl Into<Vec<u8>>) -> Attack {
    let text = text.into();
    Box::new(move |tag, out| {
        let pieces: Vec<&[u8]> = split(&text, b"{tag}");
        out.write_all(&pieces.join(tag.as_bytes()))?;
        out.flush()?;
        if pieces.len() > 1 { Ok(()) } else { Err(ErrorKind::ConnectionAborted.into()) }
    })
}

/// The same bytes until the client has had enough.
pub(crate) fn endless(first: &'static str, again: impl Into<Vec<u8>>) -> Attack {
    let block = again.into().repeat(64);
    Box::new(move |_, out| {
        out.write_all(first.as_bytes())?;
        loop {
            out.write_all(&block)?;
        }
    })
}

fn split<'a>(text: &'a [u8], by: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.windows(by.len()).position(|window| window == by) {
        pieces.push(&rest[..at]);
        rest = &rest[at + by.len()..];
    }
    pieces.push(rest);
    pieces
}

/// Runs the program against a server that attacks at `command` (its beginning, or `greeting`), once
/// without and once with a transcript; both runs must end the same way, in time and in bounds.
#[track_caller]
pub(crate) fn attack(world: &World, arguments: &[&str], command: &'static str, with: Attack) -> Ended {
    let port = start(world, usize::MAX, command, with);
    let call = |more: &[&str]| {
        let _ = std::fs::remove_dir_all(world.folder.path().join("mail"));
        let arguments = [arguments, &["--timeout", "2s"], more].concat();
        let ended = world.call_with_token(&arguments).env("EXOIMAP_PORT", port).run();
        check_bounds(world, &ended);
        ended
    };
    let (traced, ended) = (call(&["--trace=trace.txt"]), call(&[]));
    assert_eq!(traced.code, ended.code, "{traced}{ended}");
    ended
}

/// Little memory, soon over, and nothing half written.
#[track_caller]
pub(crate) fn check_bounds(world: &World, ended: &Ended) {
    assert!(ended.peak < MOST_MEMORY, "too much memory: {ended}");
    assert!(ended.took < std::time::Duration::from_secs(20), "too long: {ended}");
    let temporary = world.folder.path().join("mail/.exoimap/tmp");
    let left = std::fs::read_dir(temporary).map_or(0, Iterator::count);
    assert_eq!(left, 0, "a file is left: {ended}");
}

/// Starts the server, which sends `slice` bytes at a time at most; returns its port.
pub(crate) fn start(world: &World, slice: usize, command: impl Into<String>, attack: Attack) -> u16 {
    let command = command.into();
    let identity = world.authority.identity(&["localhost"]);
    listen::serve(identity, move |stream| {
        let mut enemy = Enemy { stream: BufReader::new(Sliced { stream, slice }), command: &command, attack: &attack };
        let _ = enemy.converse();
        let _ = enemy.stream.get_mut().stream.shutdown();
    })
}

struct Enemy<'a> {
    stream: BufReader<Sliced>,
    command: &'a str,
    attack: &'a Attack,
}

impl Enemy<'_> {
    fn converse(&mut self) -> io::Result<()> {
        if self.command == "greeting" {
            (self.attack)("", self.stream.get_mut())?;
        } else {
            self.stream.get_mut().write_all(GREETING.as_bytes())?;
        }
        loop {
            let line = self.read_command()?;
            let (tag, command) = line.split_once(' ').unwrap_or_default();
            if command.starts_with(self.command) {
                (self.attack)(tag, self.stream.get_mut())?;
            } else {
                let answer = polite(command);
                self.stream.get_mut().write_all(format!("{answer}{tag} OK completed.\r\n").as_bytes())?;
            }
        }
    }

    /// A line; its literals are passed over.
    fn read_command(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        loop {
            if self.stream.read_until(b'\n', &mut line)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            let literal = text.strip_suffix("+}").and_then(|text| text.rsplit_once('{')?.1.parse().ok());
            let Some(count) = literal else { return Ok(text) };
            io::copy(&mut self.stream.by_ref().take(count), &mut io::sink())?;
        }
    }
}

/// The untagged part of a good answer.
fn polite(command: &str) -> &'static str {
    match command.split(' ').take(2).collect::<Vec<_>>()[..] {
        ["CAPABILITY", ..] => "* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR UNSELECT NAMESPACE LITERAL+\r\n",
        ["NAMESPACE", ..] => "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n",
        ["LIST", ..] => "* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST (\\HasNoChildren) \"/\" Done\r\n",
        ["STATUS", ..] => "* STATUS INBOX (MESSAGES 5 UIDNEXT 16106 UIDVALIDITY 14 UNSEEN 1)\r\n",
        ["SELECT" | "EXAMINE", ..] => {
            "* 5 EXISTS\r\n* OK [UIDVALIDITY 14] x\r\n* OK [UIDNEXT 16106] x\r\n* FLAGS (\\Seen)\r\n"
        }
        ["UID", "SEARCH"] => "* SEARCH 16101 16102 16103 16104 16105\r\n",
        ["UID", "FETCH"] => {
            "* 1 FETCH (UID 16101 BODY[] {3}\r\n1\r\n)\r\n* 2 FETCH (UID 16102 BODY[] {3}\r\n2\r\n)\r\n\
             * 3 FETCH (UID 16103 BODY[] {3}\r\n3\r\n)\r\n* 4 FETCH (UID 16104 BODY[] {3}\r\n4\r\n)\r\n\
             * 5 FETCH (UID 16105 BODY[] {3}\r\n5\r\n)\r\n"
        }
        ["LOGOUT", ..] => "* BYE Microsoft Exchange Server IMAP4 server signing off.\r\n",
        _ => "",
    }
}

/// A stream that sends few bytes at a time, each lot a TLS record of its own.
struct Sliced {
    stream: TlsStream<TcpStream>,
    slice: usize,
}

impl Read for Sliced {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buf)
    }
}

impl Write for Sliced {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.stream.write(&buf[..buf.len().min(self.slice)])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
