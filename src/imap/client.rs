//! The states of RFC 3501 section 3 as types: `Client` (greeted), `Session` (signed in), `Selected`.
//!
//! What can be done in a mailbox that is open is in `selected`, and how one is opened; IDLE in `idle`, APPEND in `append`.
//! A state's methods are the commands it allows. What a server does by itself, a BYE or a cut line, is
//! no state here: the command that meets it fails and the connection is closed.

use std::io::{Read, Write};

use super::command::{Command, Piece};
use super::connection::{Connection, Handler, Listener, ignore};
use super::mailbox_name::MailboxName;
use super::types::{CodeMeaning, Condition, ListItem, MailboxStatus, Status, Untagged};
use super::wire::Limits;
use super::xoauth2;
use crate::error::{Cause, Error, Kind, Phase, Result};
use crate::secret::Secret;

/// The most error challenges that are answered; the mechanism has one.
const MOST_CHALLENGES: u32 = 3;

/// What a LIST may make up, in bytes: 10,000 folders with names of 200 letters have 2.3 MB.
const BYTES_OF_A_LIST: u64 = 4 << 20;

/// The most unreadable lines of a LIST that are kept.
const MOST_UNREADABLE: usize = 100;

/// What LIST says.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Listed {
    /// The mailboxes.
    pub items: Vec<ListItem>,
    /// Lines that name a mailbox and cannot be read.
    pub unreadable: Vec<String>,
}

/// What a server offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(Vec<String>);

impl Capabilities {
    /// True where the server lists `name`.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|word| word.eq_ignore_ascii_case(name))
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// A server that has greeted and does not know who we are.
pub(crate) struct Client<S> {
    connection: Connection<S>,
    greeting: Status,
}

impl<S: Read + Write> Client<S> {
    /// Waits for the greeting. A server that takes us for signed in already (PREAUTH) is refused: we
    /// do not know as whom.
    pub(crate) fn greet(stream: S, limits: Limits, listener: Listener) -> Result<Client<S>> {
        let mut connection = Connection::new(stream, limits, listener);
        let greeting = connection.greeting()?;
        if greeting.condition == Condition::PreAuth {
            let message = "the server took the connection for signed in (PREAUTH) before any sign-in";
            return Err(Error::new(Kind::Protocol, Phase::Greeting, message).with_reply(greeting.reply()));
        }
        Ok(Client { connection, greeting })
    }

    pub(crate) fn greeting(&self) -> &Status {
        &self.greeting
    }

    /// What the greeting offered, where its code said so: then CAPABILITY need not be asked.
    pub(crate) fn greeted_capabilities(&self) -> Option<Capabilities> {
        told(&self.greeting)
    }

    /// CAPABILITY, before the sign-in.
    pub(crate) fn capability(&mut self) -> Result<Capabilities> {
        capability(&mut self.connection)
    }

    /// AUTHENTICATE XOAUTH2: signs in with this [initial response](xoauth2::initial_response).
    ///
    /// `offered` is what [`capability`](Client::capability) returned: without `AUTH=XOAUTH2` nothing is
    /// sent, with `SASL-IR` (RFC 4959) the response goes with the command. An error challenge is
    /// answered by an empty line, so that the server ends the command.
    pub(crate) fn authenticate_xoauth2(mut self, offered: &Capabilities, response: Secret) -> Result<Session<S>> {
        if !offered.has("AUTH=XOAUTH2") {
            let words = offered.words().collect::<Vec<_>>().join(" ");
            let message = format!("the server does not offer AUTH=XOAUTH2, only: {words}");
            return Err(Error::new(Kind::Refused, Phase::Authenticate, message).because(Cause::NoXoauth2));
        }
        let command = Command::new("AUTHENTICATE", Phase::Authenticate).raw("XOAUTH2")?;
        let (command, response) = match offered.has("SASL-IR") {
            true => (command.secret(response), None),
            false => (command, Some(response)),
        };
        let mut sasl = Sasl { response, challenges: 0, said: None };
        let status = self.connection.run(&command, &mut sasl)?;
        if status.condition != Condition::Ok {
            let message = match sasl.said {
                Some(said) => format!("the server refused (its challenge said {said})"),
                None => "the server refused".to_owned(),
            };
            return Err(self.connection.refused(&command, &message, &status));
        }
        let capabilities = told(&status).unwrap_or_else(|| offered.clone());
        self.connection.literal_plus = capabilities.has("LITERAL+");
        Ok(Session { connection: self.connection, authenticated: status, capabilities })
    }
}

/// Answers continuation requests: first with the response if it is still to be sent, then with nothing.
struct Sasl {
    response: Option<Secret>,
    challenges: u32,
    said: Option<String>,
}

impl Handler for Sasl {
    fn challenge(&mut self, text: &[u8]) -> Result<Option<Piece>> {
        if let Some(response) = self.response.take() {
            return Ok(Some(Piece::Secret(response)));
        }
        self.challenges += 1;
        if self.challenges > MOST_CHALLENGES {
            return Err(Error::new(Kind::Protocol, Phase::Authenticate, "the server sends challenges without end"));
        }
        self.said = xoauth2::challenge_text(text).or(self.said.take());
        Ok(Some(Piece::Text(Vec::new())))
    }
}

/// A server that knows who we are.
pub struct Session<S> {
    pub(super) connection: Connection<S>,
    authenticated: Status,
    pub(super) capabilities: Capabilities,
}

impl<S: Read + Write> Session<S> {
    /// The words of the OK that ended the sign-in; Exchange hides an error in it at times.
    pub(crate) fn authenticated(&self) -> &Status {
        &self.authenticated
    }

    /// What the server offered when it was asked, or said so, last.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// The stream, to set its time limits.
    pub(crate) fn stream_mut(&mut self) -> &mut S {
        self.connection.reader.get_mut()
    }

    /// The stream, and what was read from it that no command has taken yet: for somebody else to go on.
    pub(crate) fn into_parts(self) -> (S, Vec<u8>) {
        self.connection.reader.into_parts()
    }

    /// CAPABILITY, after the sign-in: a server may offer more now.
    pub(crate) fn capability(&mut self) -> Result<&Capabilities> {
        self.capabilities = capability(&mut self.connection)?;
        self.connection.literal_plus = self.capabilities.has("LITERAL+");
        Ok(&self.capabilities)
    }

    /// A cheap command that only a mailbox which is open to us answers: NAMESPACE (RFC 2342), or where that is not
    /// offered a LIST of nothing. Returns its name.
    pub(crate) fn prove_mailbox(&mut self) -> Result<&'static str> {
        let command = match self.capabilities.has("NAMESPACE") {
            true => Command::new("NAMESPACE", Phase::Mailbox),
            false => Command::new("LIST", Phase::Mailbox).raw("\"\" \"\"")?,
        };
        self.connection.run_ok(&command, &mut ignore).map(|_| command.name())
    }

    /// LIST of all mailboxes. A line that cannot be read costs its own mailbox.
    ///
    /// ```no_run
    /// # fn f(mut session: exoimap::imap::Session<exoimap::Stream>) -> exoimap::Result<()> {
    /// for item in session.list()?.items {
    ///     println!("{}", exoimap::MailboxName::from_wire(&item.name));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&mut self) -> Result<Listed> {
        self.list_by(Command::new("LIST", Phase::Command).raw("\"\" \"*\"")?)
    }

    fn list_by(&mut self, command: Command) -> Result<Listed> {
        let mut listed = Listed::default();
        self.connection.run_ok(&command.allowing(BYTES_OF_A_LIST), &mut |data| {
            match data {
                Untagged::List(item) => listed.items.push(item),
                Untagged::Unreadable(bad) if bad.name == "LIST" && listed.unreadable.len() < MOST_UNREADABLE => {
                    listed.unreadable.push(bad.to_string());
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(listed)
    }

    /// STATUS of a mailbox: MESSAGES, UNSEEN, UIDNEXT, UIDVALIDITY. A server that answers OK without
    /// a STATUS is taken at its word: every count is unknown.
    pub fn status(&mut self, name: &MailboxName) -> Result<MailboxStatus> {
        let mut found = MailboxStatus::default();
        let command = Command::new("STATUS", Phase::Command).mailbox(name)?;
        self.connection.run_ok(&command.raw("(MESSAGES UNSEEN UIDNEXT UIDVALIDITY)")?, &mut |data| {
            if let Untagged::MailboxStatus(status) = data {
                found = status;
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// True where LIST knows a mailbox of that name that can be selected.
    pub fn has_mailbox(&mut self, name: &MailboxName) -> Result<bool> {
        // To LIST `*` and `%` are wild cards, and there are servers that answer with more than was asked for.
        let is_meant = |item: &ListItem| MailboxName::from_wire(&item.name).is_called(name.as_str());
        let listed = self.list_by(Command::new("LIST", Phase::Command).raw("\"\"")?.mailbox(name)?)?;
        // What cannot be read may be this one; the command that needs it will tell.
        Ok(!listed.unreadable.is_empty() || listed.items.iter().any(|item| !item.is_noselect() && is_meant(item)))
    }

    /// CREATE: makes a mailbox, and on most servers those above it.
    ///
    /// ```no_run
    /// # fn f(mut session: exoimap::imap::Session<exoimap::Stream>) -> exoimap::Result<()> {
    /// session.create(&exoimap::MailboxName::new("Bestellungen/erledigt")?)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(&mut self, name: &MailboxName) -> Result<()> {
        let command = Command::new("CREATE", Phase::Command).mailbox(name)?;
        self.connection.run_ok(&command, &mut ignore).map(drop)
    }

    /// LOGOUT: the server says BYE, then ends the command. One that hangs up after its BYE said enough.
    pub fn logout(mut self) -> Result<()> {
        let mut bye = false;
        let ended = self.connection.run_ok(&Command::new("LOGOUT", Phase::Logout), &mut |data| {
            bye |= matches!(data, Untagged::Status(Status { condition: Condition::Bye, .. }));
            Ok(())
        });
        if bye { Ok(()) } else { ended.map(drop) }
    }
}

/// What a status response's code offers (`OK [CAPABILITY …]`, RFC 3501 section 7.1).
fn told(status: &Status) -> Option<Capabilities> {
    match status.code.as_ref().map(|code| &code.meaning) {
        Some(CodeMeaning::Capability(words)) => Some(Capabilities(words.clone())),
        _ => None,
    }
}

fn capability<S: Read + Write>(connection: &mut Connection<S>) -> Result<Capabilities> {
    let mut found = None;
    connection.run_ok(&Command::new("CAPABILITY", Phase::Capability), &mut |data| {
        if let Untagged::Capability(words) = data {
            found = Some(Capabilities(words));
        }
        Ok(())
    })?;
    found.ok_or_else(|| broken("an OK to CAPABILITY without the list").in_phase(Phase::Capability))
}

pub(super) fn broken(what: &str) -> Error {
    Error::new(Kind::Protocol, Phase::Command, format!("the server broke the protocol: it sent {what}"))
}
