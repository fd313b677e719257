//! What a client of the relay says before it is signed in. It is heard within limits of its own, and nothing that it
//! says reaches the server.

use std::io::{self, Read, Write};

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::password::LONGEST_NAME;
use crate::secret::Secret;
use crate::text::{escape_bytes, shorten};

/// The longest line, in bytes.
const LONGEST_LINE: usize = 8 * 1024;

/// The longest literal, in bytes.
const LONGEST_LITERAL: usize = 4 * 1024;

/// How many commands may be refused before we hang up.
const MOST_REFUSED: u32 = 10;

/// Base64 with or without its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A client that is not signed in.
pub(super) struct Dialogue<S> {
    pub(super) stream: S,
    /// Received, and not used yet: after the sign-in it is for the server.
    pub(super) unread: Vec<u8>,
    has_started: bool,
    refused: u32,
}

/// What a client wants.
pub(super) enum Wish {
    /// To be signed in.
    SignIn { tag: String, name: String, password: Secret },
    /// Nothing more; why, if that is worth a line in the log.
    Nothing(Option<&'static str>),
}

/// Why a command is not carried out.
enum Refused {
    /// The answer, behind the tag; the dialogue goes on.
    Answer(&'static str),
    /// The client is gone, or is hung up on.
    Gone(Option<&'static str>),
}

impl From<io::Error> for Refused {
    fn from(_: io::Error) -> Refused {
        Refused::Gone(None)
    }
}

const NOT_PLAIN: Refused = Refused::Answer("BAD exoimap: not the answer that the mechanism needs");

impl<S: Read + Write> Dialogue<S> {
    pub(super) fn new(stream: S) -> Dialogue<S> {
        Dialogue { stream, unread: Vec::new(), has_started: false, refused: 0 }
    }

    /// Writes a line.
    pub(super) fn say(&mut self, line: &str) -> io::Result<()> {
        self.stream.write_all(format!("{line}\r\n").as_bytes())
    }

    /// Answers commands until the client wants to be signed in, or nothing more. `id` takes what the client says of
    /// itself.
    pub(super) fn next(&mut self, capabilities: &str, id: &dyn Fn(&str)) -> Wish {
        loop {
            match self.command(capabilities, id) {
                Ok(Some(wish)) => return wish,
                Ok(None) => {}
                Err(Refused::Gone(why)) => return Wish::Nothing(why),
                Err(Refused::Answer(_)) => return Wish::Nothing(None),
            }
        }
    }

    fn command(&mut self, capabilities: &str, id: &dyn Fn(&str)) -> Result<Option<Wish>, Refused> {
        let line = self.line()?;
        let line = line.expose();
        if !std::mem::replace(&mut self.has_started, true)
            && let Some(why) = other_protocol(line)
        {
            return Err(Refused::Gone(Some(why)));
        }
        // Some clients end the line after a literal with one more.
        if line.is_empty() {
            return Ok(None);
        }
        let (tag, rest) = split(line);
        let (verb, rest) = split(rest);
        let is_tag = |c: &u8| c.is_ascii_graphic() && !b"(){%*\"\\+".contains(c);
        let tag = std::str::from_utf8(tag).ok().filter(|tag| !tag.is_empty() && tag.bytes().all(|c| is_tag(&c)));
        let Some(tag) = tag else { return self.answered("*", "BAD exoimap: a command has a tag") };
        let found = match verb.to_ascii_uppercase().as_slice() {
            b"CAPABILITY" => return self.done(&format!("* CAPABILITY {capabilities}\r\n{tag} OK done")),
            b"NOOP" => return self.done(&format!("{tag} OK done")),
            b"ID" => {
                id(&shorten(&escape_bytes(rest), 300));
                return self.done(&format!("* ID (\"name\" \"exoimap\")\r\n{tag} OK done"));
            }
            b"LOGOUT" => {
                self.say(&format!("* BYE exoimap: until next time\r\n{tag} OK done"))?;
                return Ok(Some(Wish::Nothing(None)));
            }
            b"LOGIN" => self.login(rest),
            b"AUTHENTICATE" => self.authenticate(rest),
            b"STARTTLS" => Err(Refused::Answer("BAD exoimap: no STARTTLS on this port")),
            _ => Err(Refused::Answer("BAD exoimap: sign in first")),
        };
        match found {
            // Names are remembered and logged.
            Ok((name, password)) => match String::from_utf8(name).ok().filter(|name| name.len() <= LONGEST_NAME) {
                Some(name) => Ok(Some(Wish::SignIn { tag: tag.to_owned(), name, password })),
                None => self.answered(tag, "NO [AUTHENTICATIONFAILED] exoimap: the name is too long or not UTF-8"),
            },
            Err(Refused::Answer(answer)) => self.answered(tag, answer),
            Err(gone) => Err(gone),
        }
    }

    fn done(&mut self, answer: &str) -> Result<Option<Wish>, Refused> {
        self.say(answer)?;
        Ok(None)
    }

    fn answered(&mut self, tag: &str, answer: &str) -> Result<Option<Wish>, Refused> {
        if self.refuse(tag, answer) { Ok(None) } else { Err(Refused::Gone(None)) }
    }

    /// Answers that a command is not carried out; false for a client that is gone, or that does not stop.
    pub(super) fn refuse(&mut self, tag: &str, answer: &str) -> bool {
        self.refused += 1;
        let goes_on = self.refused < MOST_REFUSED;
        let said = self.say(&format!("{tag} {answer}")).is_ok();
        if said && !goes_on {
            let _ = self.say("* BYE exoimap: too many commands that could not be carried out");
        }
        said && goes_on
    }

    /// `LOGIN` name and password: atoms, quoted strings and literals in any mix.
    fn login(&mut self, line: &[u8]) -> Result<(Vec<u8>, Secret), Refused> {
        let mut arguments: Vec<Secret> = Vec::new();
        let mut rest = Secret::new(line);
        loop {
            let text = rest.expose().trim_ascii_start();
            if text.is_empty() {
                break;
            }
            if arguments.len() == 2 {
                return Err(Refused::Answer("BAD exoimap: LOGIN takes a name and a password"));
            }
            if let Some((size, waits)) = literal(text) {
                arguments.push(self.literal(size, waits)?);
                rest = self.line()?;
                continue;
            }
            let (argument, after) = match text.strip_prefix(b"\"") {
                Some(text) => quoted(text).ok_or(Refused::Answer("BAD exoimap: a quoted string has no end"))?,
                None => {
                    let (atom, after) = split(text);
                    (Secret::new(atom), after)
                }
            };
            arguments.push(argument);
            rest = Secret::new(after);
        }
        let mut arguments = arguments.into_iter();
        match (arguments.next(), arguments.next()) {
            (Some(name), Some(password)) => Ok((name.expose().to_vec(), password)),
            _ => Err(Refused::Answer("BAD exoimap: LOGIN takes a name and a password")),
        }
    }

    /// `AUTHENTICATE PLAIN` (RFC 4616), with an initial response (RFC 4959) or without; `LOGIN` for those who ask for it.
    fn authenticate(&mut self, line: &[u8]) -> Result<(Vec<u8>, Secret), Refused> {
        let (mechanism, initial) = split(line);
        let initial = initial.trim_ascii();
        let mut initial = (!initial.is_empty()).then(|| Secret::new(initial));
        match mechanism.to_ascii_uppercase().as_slice() {
            b"PLAIN" => plain(&self.response("", initial)?),
            b"LOGIN" => {
                let name = self.response("VXNlcm5hbWU6", initial.take())?;
                let password = self.response("UGFzc3dvcmQ6", None)?;
                Ok((name.expose().to_vec(), password))
            }
            _ => Err(Refused::Answer("NO [CANNOT] exoimap: LOGIN or AUTHENTICATE PLAIN here")),
        }
    }

    /// The next response of a SASL exchange, decoded.
    fn response(&mut self, challenge: &str, initial: Option<Secret>) -> Result<Secret, Refused> {
        let encoded = match initial {
            Some(initial) => initial,
            None => {
                self.say(&format!("+ {challenge}"))?;
                self.line()?
            }
        };
        match encoded.expose().trim_ascii() {
            b"*" => Err(Refused::Answer("BAD exoimap: cancelled")),
            b"=" => Ok(Secret::new(Vec::new())),
            encoded => BASE64.decode(encoded).map(Secret::new).map_err(|_| NOT_PLAIN),
        }
    }

    /// The next line without its end, CRLF or LF.
    fn line(&mut self) -> Result<Secret, Refused> {
        let mut looked = 0;
        loop {
            if let Some(at) = self.unread.iter().skip(looked).position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=looked + at).collect();
                let line = Secret::new(line);
                let text = line.expose().strip_suffix(b"\n").unwrap_or_default();
                return Ok(Secret::new(text.strip_suffix(b"\r").unwrap_or(text)));
            }
            looked = self.unread.len();
            if looked > LONGEST_LINE {
                let _ = self.say("* BYE exoimap: the line is too long");
                return Err(Refused::Gone(Some("a client sent a line that is too long")));
            }
            self.fill()?;
        }
    }

    fn literal(&mut self, size: usize, waits: bool) -> Result<Secret, Refused> {
        match (size > LONGEST_LITERAL, waits) {
            (true, true) => return Err(Refused::Answer("BAD exoimap: the literal is too long")),
            (true, false) => {
                let _ = self.say("* BYE exoimap: the literal is too long");
                return Err(Refused::Gone(Some("a client sent a literal that is too long")));
            }
            (false, true) => self.say("+ go on")?,
            (false, false) => {}
        }
        while self.unread.len() < size {
            self.fill()?;
        }
        Ok(Secret::new(self.unread.drain(..size).collect::<Vec<_>>()))
    }

    fn fill(&mut self) -> Result<(), Refused> {
        let mut buffer = [0; 1024];
        let read = self.stream.read(&mut buffer)?;
        if read == 0 {
            return Err(Refused::Gone(None));
        }
        self.unread.extend_from_slice(buffer.get(..read).unwrap_or_default());
        // A TLS handshake need not hold the end of a line.
        if !self.has_started && self.unread.first() == Some(&0x16) {
            return Err(Refused::Gone(Some("a client speaks TLS to the plain port: set it to no encryption")));
        }
        Ok(())
    }
}

/// The first word, and what follows its space.
fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
    (line.get(..end).unwrap_or_default(), line.get(end + 1..).unwrap_or_default())
}

/// What a client of another protocol begins with.
fn other_protocol(line: &[u8]) -> Option<&'static str> {
    let starts = |word: &[u8]| line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    match () {
        () if starts(b"GET ") || starts(b"POST ") => Some("a client speaks HTTP: this port is for IMAP"),
        () if starts(b"EHLO") || starts(b"HELO") => {
            Some("a client speaks SMTP: this port is for IMAP, and exoimap does not send")
        }
        () => None,
    }
}

/// `{n}` or `{n+}` at the end of a line: the size, and whether the client waits to be asked for it.
fn literal(text: &[u8]) -> Option<(usize, bool)> {
    let number = text.strip_prefix(b"{")?.strip_suffix(b"}")?;
    let (number, waits) = number.strip_suffix(b"+").map_or((number, true), |number| (number, false));
    let digits = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    let size = std::str::from_utf8(number).ok()?.parse().unwrap_or(usize::MAX);
    digits.then_some((size, waits))
}

/// A quoted string behind its first quote: any character may be escaped.
fn quoted(text: &[u8]) -> Option<(Secret, &[u8])> {
    let mut value = Vec::new();
    let mut bytes = text.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Some((Secret::new(value), text.get(at + 1..)?)),
            b'\\' => value.push(*bytes.next()?.1),
            byte => value.push(*byte),
        }
    }
    None
}

/// `[authzid] NUL authcid NUL passwd`
fn plain(message: &Secret) -> Result<(Vec<u8>, Secret), Refused> {
    let mut parts = message.expose().splitn(3, |byte| *byte == 0);
    let (Some(for_whom), Some(name), Some(password)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(NOT_PLAIN);
    };
    if !for_whom.is_empty() && !for_whom.eq_ignore_ascii_case(name) {
        return Err(Refused::Answer("NO [AUTHORIZATIONFAILED] exoimap: sign in with the name of the mailbox itself"));
    }
    Ok((name.to_vec(), Secret::new(password)))
}

#[cfg(test)]
#[path = "dialogue_tests.rs"]
mod tests;
