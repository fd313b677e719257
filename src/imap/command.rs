//! A command as pieces: text, literals, secrets.
//!
//! What is secret is said here, where the command is written; the transcript never has to guess. Text
//! that would end the line or the string is refused here too, so nothing a user types becomes a second
//! command.

use super::mailbox_name::MailboxName;
use crate::error::{Error, Kind, Phase, Result};
use crate::secret::Secret;

/// A piece of a command as it goes to the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Bytes of the line.
    Text(Vec<u8>),
    /// A literal; the connection chooses its form.
    Literal(Vec<u8>),
    /// Bytes of the line that no transcript shows.
    Secret(Secret),
    /// A literal of this size in bytes, which the handler of the answer has; it ends the command.
    Upload(u64),
}

/// A command without its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    name: &'static str,
    phase: Phase,
    pieces: Vec<Piece>,
    /// Bytes of untagged data that the answer may have besides what any answer may have.
    pub(crate) allowance: u64,
}

impl Command {
    /// The command `name`, e.g. `UID FETCH`, as a part of `phase`.
    pub(crate) fn new(name: &'static str, phase: Phase) -> Command {
        Command { name, phase, pieces: vec![Piece::Text(name.as_bytes().to_vec())], allowance: 0 }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Adds a space and `text` as it is: printable ASCII, no literal.
    pub(crate) fn raw(mut self, text: &str) -> Result<Command> {
        if let Some(bad) = text.chars().find(|c| !matches!(c, ' '..='~')) {
            return Err(refused(text, &format!("it holds {bad:?}; a command takes printable ASCII")));
        }
        if ends_in_literal(text) {
            return Err(refused(text, "it ends as a literal does"));
        }
        self.text(b" ");
        self.text(text.as_bytes());
        Ok(self)
    }

    /// Adds a space and a mailbox name as an `astring`: an atom where its bytes allow it, a quoted string where they are
    /// plain, else a literal. Exchange refuses a quoted string with `\"` in it. Control characters are in modified UTF-7
    /// by now, unless the name is not; then it cannot be sent.
    pub(crate) fn mailbox(mut self, name: &MailboxName) -> Result<Command> {
        let bytes = name.wire();
        if bytes.iter().any(u8::is_ascii_control) {
            return Err(refused(name.as_str(), "it holds a control character and is not modified UTF-7"));
        }
        self.text(b" ");
        if is_plain_atom(bytes) {
            self.text(bytes);
        } else if bytes.iter().all(|byte| matches!(byte, 0x20..=0x7e) && !matches!(byte, b'"' | b'\\')) {
            self.text(b"\"");
            self.text(bytes);
            self.text(b"\"");
        } else {
            self.pieces.push(Piece::Literal(bytes.to_vec()));
        }
        Ok(self)
    }

    /// Adds a space and a literal of `size` bytes, which the handler of the answer is asked for.
    #[must_use]
    pub(crate) fn upload(mut self, size: u64) -> Command {
        self.text(b" ");
        self.pieces.push(Piece::Upload(size));
        self
    }

    #[must_use]
    pub(crate) fn secret(mut self, secret: Secret) -> Command {
        self.text(b" ");
        self.pieces.push(Piece::Secret(secret));
        self
    }

    /// Allows this number of bytes of untagged data more than any answer may have.
    #[must_use]
    pub(crate) fn allowing(mut self, bytes: u64) -> Command {
        self.allowance = bytes;
        self
    }

    /// Takes the tag off a command that was written with one, as a fixture is.
    #[cfg(test)]
    pub(crate) fn split_tag(mut self) -> Option<(String, Command)> {
        let Some(Piece::Text(text)) = self.pieces.get_mut(1) else { return None };
        let space = text.iter().position(|byte| *byte == b' ')?;
        let tag = text.drain(..=space).take(space).map(char::from).collect();
        Some((tag, self))
    }

    #[cfg(test)]
    pub(crate) fn in_phase(mut self, phase: Phase) -> Command {
        self.phase = phase;
        self
    }

    #[cfg(test)]
    pub(crate) fn push(&mut self, piece: Piece) {
        self.pieces.push(piece);
    }

    fn text(&mut self, bytes: &[u8]) {
        match self.pieces.last_mut() {
            Some(Piece::Text(text)) => text.extend_from_slice(bytes),
            _ => self.pieces.push(Piece::Text(bytes.to_vec())),
        }
    }
}

/// Letters, digits and what appears in mailbox names; `NIL` stays quoted, being something else elsewhere.
fn is_plain_atom(bytes: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./&+,@".contains(byte);
    !bytes.is_empty() && bytes.iter().all(plain) && !bytes.eq_ignore_ascii_case(b"NIL")
}

fn ends_in_literal(text: &str) -> bool {
    let Some(inner) = text.strip_suffix('}') else { return false };
    let inner = inner.strip_suffix('+').unwrap_or(inner);
    let digits = inner.bytes().rev().take_while(u8::is_ascii_digit).count();
    digits > 0 && inner.get(..inner.len() - digits).is_some_and(|before| before.ends_with('{'))
}

fn refused(text: &str, why: &str) -> Error {
    Error::new(Kind::Usage, Phase::Options, format!("{text:?} cannot be sent: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Dice;

    fn pieces(bytes: &[u8]) -> Vec<Piece> {
        Command::new("X", Phase::Command).mailbox(&MailboxName::from_wire(bytes)).unwrap().pieces
    }

    #[test]
    fn a_string_takes_the_plainest_form_that_holds_it() {
        assert_eq!(pieces(b"INBOX"), [Piece::Text(b"X INBOX".into())]);
        assert_eq!(pieces(b""), [Piece::Text(b"X \"\"".into())]);
        assert_eq!(pieces(b"nil"), [Piece::Text(b"X \"nil\"".into())]);
        assert_eq!(pieces(b"Sent Items"), [Piece::Text(b"X \"Sent Items\"".into())]);
        assert_eq!(pieces(b"a\"b"), [Piece::Text(b"X ".into()), Piece::Literal(b"a\"b".into())]);
        assert_eq!(pieces(b"a\\b"), [Piece::Text(b"X ".into()), Piece::Literal(b"a\\b".into())]);
        assert_eq!(pieces(b"\xc3\xa9"), [Piece::Text(b"X ".into()), Piece::Literal(b"\xc3\xa9".into())]);
    }

    /// The command on the wire, with literals that need no leave.
    fn wire(command: &Command) -> Vec<u8> {
        let bytes = command.pieces.iter().flat_map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Literal(bytes) => [format!("{{{}+}}\r\n", bytes.len()).as_bytes(), bytes].concat(),
            other => panic!("{other:?}"),
        });
        b"a1 ".iter().copied().chain(bytes).chain(*b"\r\n").collect()
    }

    /// Any name that people type is the one mailbox of the command to another's grammar too, and comes back.
    #[test]
    fn any_mailbox_name_survives_another_grammar() {
        use imap_codec::imap_types::command::CommandBody;
        use imap_codec::imap_types::mailbox::Mailbox;
        use imap_codec::{CommandCodec, decode::Decoder};
        let mut dice = Dice(3);
        let mut random = |below| dice.below(below);
        let letters =
            ['a', 'N', '&', '-', '"', '\\', ' ', '.', '/', '%', '*', '(', '{', '5', '}', ',', '注', 'ü', '😀'];
        let mut names = 0;
        for _ in 0..5000 {
            let (length, wild) = (random(12) + 1, random(3) == 0);
            let text: String = (0..length)
                .filter_map(|_| match wild {
                    true => char::from_u32(random(0x11_0000)),
                    false => letters.get(random(19) as usize).copied(),
                })
                .collect();
            let Ok(name) = MailboxName::new(&text) else { continue };
            let wire = wire(&Command::new("CREATE", Phase::Command).mailbox(&name).unwrap());
            let (rest, command) = CommandCodec::default().decode(&wire).unwrap();
            let CommandBody::Create { mailbox: Mailbox::Other(other) } = command.body else { panic!("{command:?}") };
            assert!(rest.is_empty());
            assert_eq!(MailboxName::from_wire(other.inner().as_ref()), name, "{text:?}");
            assert_eq!(name.as_str(), text);
            names += 1;
        }
        assert!(names > 3000, "{names}");
    }

    #[test]
    fn nothing_that_ends_a_line_is_sent() {
        for bad in [&b"a\rb"[..], b"a\nb", b"a\0b", b"x\r\na9 DELETE INBOX"] {
            let name = MailboxName::from_wire(bad);
            assert_eq!(Command::new("X", Phase::Command).mailbox(&name).unwrap_err().kind(), Kind::Usage);
        }
        for bad in ["a\r\nb", "a\tb", "é", "SUBJECT {3}", "SUBJECT {3+}"] {
            assert_eq!(Command::new("X", Phase::Command).raw(bad).unwrap_err().kind(), Kind::Usage, "{bad:?}");
        }
        assert!(Command::new("X", Phase::Command).raw("SUBJECT x}").is_ok());
    }
}
