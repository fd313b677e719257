//! What a client of the relay says before it is signed in, and what it hears if it will not be. It is heard within
//! limits of its own, and nothing that it says reaches the server.
//!
//! Clients take every tagged NO for a wrong password, whatever its code: what may be better in a minute is a BYE,
//! which they report as trouble with the server, and come back. What stays until an administrator acts is a NO.

use std::io::{self, Read, Write};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::password::LONGEST_NAME;
use crate::error::{Error, Kind, Phase};
use crate::exchange::is_not_connected;
use crate::secret::Secret;
use crate::text::{escape_bytes, shorten};

/// The longest line, in bytes.
const LONGEST_LINE: usize = 8 * 1024;

/// The longest literal, in bytes.
const LONGEST_LITERAL: usize = 4 * 1024;

/// How many commands may be refused before we hang up.
const MOST_REFUSED: u32 = 10;

/// A client that is not signed in.
pub(super) struct Dialogue<S> {
    pub(super) stream: S,
    /// Received, and not used yet: after the sign-in it is for the server.
    pub(super) unread: Vec<u8>,
    /// Of the command that is answered next.
    tag: String,
    has_started: bool,
    refused: u32,
}

/// The client is gone, or is hung up on; why, if that is worth a line in the log.
pub(super) struct Gone(pub(super) Option<String>);

/// Why a command is not carried out.
enum Refused {
    /// The answer, after the tag; the dialogue goes on.
    Answer(&'static str),
    Gone(Gone),
}

impl Gone {
    pub(super) fn because(why: impl Into<String>) -> Gone {
        Gone(Some(why.into()))
    }
}

impl From<io::Error> for Gone {
    fn from(_: io::Error) -> Gone {
        Gone(None)
    }
}

impl<E: Into<Gone>> From<E> for Refused {
    fn from(gone: E) -> Refused {
        Refused::Gone(gone.into())
    }
}

/// A name, as it was sent, and a password.
type Credentials = (Vec<u8>, Secret);

const NOT_TWO: Refused = Refused::Answer("BAD exoimap: LOGIN takes a name and a password");
const NOT_PLAIN: Refused = Refused::Answer("BAD exoimap: not the answer that the mechanism needs");

impl<S: Read + Write> Dialogue<S> {
    pub(super) fn new(stream: S) -> Dialogue<S> {
        Dialogue { stream, unread: Vec::new(), tag: String::new(), has_started: false, refused: 0 }
    }

    /// Writes a line.
    pub(super) fn say(&mut self, line: &str) -> Result<(), Gone> {
        Ok(self.stream.write_all(format!("{line}\r\n").as_bytes())?)
    }

    /// Answers the command at hand.
    pub(super) fn answer(&mut self, answer: &str) -> Result<(), Gone> {
        self.say(&format!("{} {answer}", self.tag))
    }

    /// Answers that the command at hand is not carried out; a client that does not stop is hung up on.
    pub(super) fn refuse(&mut self, answer: &str) -> Result<(), Gone> {
        self.answer(answer)?;
        self.refused += 1;
        if self.refused < MOST_REFUSED {
            return Ok(());
        }
        self.say("* BYE exoimap: too many commands that could not be carried out")?;
        Err(Gone(None))
    }

    /// Answers commands until the client gives a name and a password. `id` takes what the client says of itself.
    pub(super) fn credentials(&mut self, capabilities: &str, id: &dyn Fn(&str)) -> Result<(String, Secret), Gone> {
        loop {
            match self.command(capabilities, id) {
                Ok(None) => {}
                Ok(Some(credentials)) => return Ok(credentials),
                Err(Refused::Answer(answer)) => self.refuse(answer)?,
                Err(Refused::Gone(gone)) => return Err(gone),
            }
        }
    }

    fn command(&mut self, capabilities: &str, id: &dyn Fn(&str)) -> Result<Option<(String, Secret)>, Refused> {
        let line = self.line()?;
        let line = line.expose();
        if !std::mem::replace(&mut self.has_started, true)
            && let Some(why) = other_protocol(line)
        {
            return Err(Gone::because(why).into());
        }
        // Some clients end the line after a literal with one more.
        if line.is_empty() {
            return Ok(None);
        }
        let (tag, rest) = split(line);
        let (verb, rest) = split(rest);
        let is_tag = !tag.is_empty() && tag.iter().all(|c| c.is_ascii_graphic() && !b"(){%*\"\\+".contains(c));
        self.tag = if is_tag { String::from_utf8_lossy(tag).into_owned() } else { "*".to_owned() };
        if !is_tag {
            return Err(Refused::Answer("BAD exoimap: a command has a tag"));
        }
        let verb = verb.to_ascii_uppercase();
        match verb.as_slice() {
            b"LOGIN" => return self.login(rest).and_then(named),
            b"AUTHENTICATE" => return self.authenticate(rest).and_then(named),
            b"CAPABILITY" => self.say(&format!("* CAPABILITY {capabilities}"))?,
            b"ID" => {
                id(&shorten(&escape_bytes(rest), 300));
                self.say("* ID (\"name\" \"exoimap\")")?;
            }
            b"LOGOUT" => self.say("* BYE exoimap: until next time")?,
            b"NOOP" => {}
            b"STARTTLS" => return Err(Refused::Answer("BAD exoimap: no STARTTLS on this port")),
            _ => return Err(Refused::Answer("BAD exoimap: sign in first")),
        }
        self.answer("OK done")?;
        if verb == b"LOGOUT" { Err(Gone(None).into()) } else { Ok(None) }
    }

    /// `LOGIN` name and password: atoms, quoted strings and literals in any mix.
    fn login(&mut self, line: &[u8]) -> Result<Credentials, Refused> {
        let mut rest = Secret::new(line);
        let credentials = (self.argument(&mut rest)?.expose().to_vec(), self.argument(&mut rest)?);
        if rest.expose().trim_ascii().is_empty() { Ok(credentials) } else { Err(NOT_TWO) }
    }

    /// The next argument of `LOGIN`; an atom is anything up to the next space.
    fn argument(&mut self, rest: &mut Secret) -> Result<Secret, Refused> {
        let text = rest.expose().trim_ascii_start();
        if let Some((size, waits)) = literal(text) {
            let argument = self.literal(size, waits)?;
            *rest = self.line()?;
            return Ok(argument);
        }
        let (argument, after) = match text.strip_prefix(b"\"") {
            Some(text) => quoted(text).ok_or(Refused::Answer("BAD exoimap: a quoted string has no end"))?,
            None if text.is_empty() => return Err(NOT_TWO),
            None => {
                let (atom, after) = split(text);
                (Secret::new(atom), after)
            }
        };
        *rest = Secret::new(after);
        Ok(argument)
    }

    /// `AUTHENTICATE PLAIN` (RFC 4616), with an initial response (RFC 4959) or without; `LOGIN` for those who ask for it.
    fn authenticate(&mut self, line: &[u8]) -> Result<Credentials, Refused> {
        let (mechanism, initial) = split(line);
        let initial = Some(Secret::new(initial.trim_ascii())).filter(|initial| !initial.expose().is_empty());
        match mechanism.to_ascii_uppercase().as_slice() {
            b"PLAIN" => plain(&self.response("", initial)?),
            b"LOGIN" => {
                let name = self.response("VXNlcm5hbWU6", initial)?;
                Ok((name.expose().to_vec(), self.response("UGFzc3dvcmQ6", None)?))
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
        let encoded = encoded.expose_str().unwrap_or("not base64").trim();
        if encoded == "*" {
            return Err(Refused::Answer("BAD exoimap: cancelled"));
        }
        // With its padding or without; `=` alone is an empty response.
        STANDARD_NO_PAD.decode(encoded.trim_end_matches('=')).map(Secret::new).map_err(|_| NOT_PLAIN)
    }

    /// The next line without its end, CRLF or LF.
    fn line(&mut self) -> Result<Secret, Gone> {
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
                return Err(Gone::because("a client sent a line that is too long"));
            }
            self.fill()?;
        }
    }

    fn literal(&mut self, size: usize, waits: bool) -> Result<Secret, Refused> {
        match (size > LONGEST_LITERAL, waits) {
            (true, true) => return Err(Refused::Answer("BAD exoimap: the literal is too long")),
            (true, false) => {
                let _ = self.say("* BYE exoimap: the literal is too long");
                return Err(Gone::because("a client sent a literal that is too long").into());
            }
            (false, true) => self.say("+ go on")?,
            (false, false) => {}
        }
        while self.unread.len() < size {
            self.fill()?;
        }
        Ok(Secret::new(self.unread.drain(..size).collect::<Vec<_>>()))
    }

    fn fill(&mut self) -> Result<(), Gone> {
        let mut buffer = [0; 1024];
        let read = self.stream.read(&mut buffer)?;
        if read == 0 {
            return Err(Gone(None));
        }
        self.unread.extend_from_slice(buffer.get(..read).unwrap_or_default());
        // A TLS handshake need not hold the end of a line.
        if !self.has_started && self.unread.first() == Some(&0x16) {
            return Err(Gone::because("a client speaks TLS to the plain port: set it to no encryption"));
        }
        Ok(())
    }
}

/// The name as text; names are remembered and logged.
fn named((name, password): Credentials) -> Result<Option<(String, Secret)>, Refused> {
    match String::from_utf8(name) {
        Ok(name) if name.len() <= LONGEST_NAME => Ok(Some((name, password))),
        _ => Err(Refused::Answer("NO [AUTHENTICATIONFAILED] exoimap: the name is too long or not UTF-8")),
    }
}

/// The first word, and what follows its space.
fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
    (line.get(..end).unwrap_or_default(), line.get(end + 1..).unwrap_or_default())
}

/// What a client of another protocol begins with.
fn other_protocol(line: &[u8]) -> Option<&'static str> {
    let starts = |words: [&str; 2]| {
        words.iter().any(|word| line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes())))
    };
    if starts(["GET ", "POST "]) {
        return Some("a client speaks HTTP: this port is for IMAP");
    }
    starts(["EHLO", "HELO"]).then_some("a client speaks SMTP: this port is for IMAP, and exoimap does not send")
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
fn plain(message: &Secret) -> Result<Credentials, Refused> {
    let mut parts = message.expose().splitn(3, |byte| *byte == 0);
    let (Some(for_whom), Some(name), Some(password)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(NOT_PLAIN);
    };
    if !for_whom.is_empty() && !for_whom.eq_ignore_ascii_case(name) {
        return Err(Refused::Answer("NO [AUTHORIZATIONFAILED] exoimap: sign in with the name of the mailbox itself"));
    }
    Ok((name.to_vec(), Secret::new(password)))
}

/// For how long the same answer is given without asking again, at least and at most.
const SHORT: Duration = Duration::from_secs(5);
const LONG: Duration = Duration::from_secs(60);

/// An answer to a sign-in that failed.
#[derive(Clone)]
pub(super) struct Refusal {
    /// After `NO` or `BYE`.
    pub(super) text: String,
    /// It may be better in a minute: BYE, and the connection is closed.
    pub(super) is_temporary: bool,
    /// It is the same for every mailbox.
    pub(super) is_everybodys: bool,
    /// How long it is remembered.
    pub(super) lasts: Duration,
}

/// The answer to a client whose mailbox did not open because of `error`.
pub(super) fn refusal(error: &Error, mailbox: &str, host: &str) -> Refusal {
    let of_token = matches!(error.phase(), Phase::Credential | Phase::Token | Phase::Claims);
    let is_temporary = !matches!(error.kind(), Kind::Refused | Kind::Usage | Kind::Local) && !is_not_connected(error);
    let text = match error.kind() {
        _ if is_not_connected(error) => {
            format!("[AUTHORIZATIONFAILED] exoimap: Exchange does not open {mailbox} to the application")
        }
        _ if is_temporary => {
            let whom = if of_token { "Entra ID" } else { host };
            format!("[UNAVAILABLE] exoimap: no session at {whom} just now, try again later")
        }
        Kind::Refused if of_token => format!("[CONTACTADMIN] exoimap: Entra refused the application{}", cause(error)),
        Kind::Refused if error.phase() == Phase::Authenticate => {
            "[CONTACTADMIN] exoimap: Exchange refused the application".to_owned()
        }
        Kind::Refused => format!("[CONTACTADMIN] exoimap: {host} cannot be used, see the log of the relay"),
        _ => "[CONTACTADMIN] exoimap: a mistake on this side, see the log of the relay".to_owned(),
    };
    let lasts = error.retry_after().unwrap_or(SHORT).clamp(SHORT, LONG);
    Refusal { text: escape_bytes(text.as_bytes()), is_temporary, is_everybodys: of_token, lasts }
}

/// The code of Entra's refusal and what it means, without ids and without Entra's own words.
fn cause(error: &Error) -> String {
    let Some(code) = error.entra().and_then(|reply| reply.codes.first()) else { return String::new() };
    let meaning = match code {
        7_000_215 => ", the secret is wrong",
        7_000_222 => ", the secret has expired",
        700_016 => ", the tenant does not know the application",
        700_027 => ", the certificate is not the one that was uploaded",
        7_000_112 => ", the application is disabled",
        90_002 => ", there is no such tenant",
        53_003 => ", Conditional Access does not allow it",
        _ => "",
    };
    format!(": AADSTS{code}{meaning}")
}

#[cfg(test)]
#[path = "dialogue_tests.rs"]
mod tests;
