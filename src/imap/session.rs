//! The states of RFC 3501 section 3 as types: `Client` (greeted), `Session` (signed in), `Selected`.
//!
//! A state's methods are the commands it allows. What a server does by itself, a BYE or a cut line, is
//! no state here: the command that meets it fails and the connection is closed.

use std::io::{Read, Write};

use super::bodies::Bodies;
pub use super::bodies::BodySink;
use super::command::Command;
use super::connection::{Answer, Connection, Handler, Ignore};
use super::fetch::Fetch;
use super::mailbox_name::MailboxName;
use super::types::{
    Capability, CodeMeaning, Condition, Flag, ListItem, MailboxStatus, Namespaces, Status, Uid, UidValidity, Untagged,
};
use super::uid_set::UidSet;
use super::wire::Limits;
use super::xoauth2;
use crate::error::{Error, Kind, Phase, Result};
use crate::secret::Secret;
use crate::transcript::Transcript;

/// Octets of a command line; Exchange refuses more than 4,096 (`BAD Command Argument Error. 12`).
const COMMAND_OCTETS: usize = 4000;

/// Octets of the UIDs of a command that names a mailbox too.
const CHANGE_OCTETS: usize = 3000;

/// Untagged data that one message may bring with its body, in octets.
const OCTETS_A_MESSAGE: u64 = 1024;

/// Untagged data that the items of one message may make up on average, in octets: a header to a thousand
/// recipients has less.
const OCTETS_OF_ITEMS: u64 = 64 * 1024;

/// The most error challenges that are answered; the mechanism has one.
const MOST_CHALLENGES: u32 = 3;

/// What a server offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(Vec<Capability>);

impl Capabilities {
    /// True where the server lists `name`.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|capability| capability.as_str().eq_ignore_ascii_case(name))
    }

    /// The words, as the server listed them.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Capability::as_str)
    }
}

/// A server that has greeted and does not know who we are.
pub struct Client<S> {
    connection: Connection<S>,
    greeting: Status,
}

impl<S: Read + Write> Client<S> {
    /// Waits for the greeting. A server that takes us for signed in already (PREAUTH) is refused: we
    /// do not know as whom.
    pub fn greet(stream: S, limits: Limits, transcript: Option<Transcript>) -> Result<Client<S>> {
        let mut connection = Connection::new(stream, limits);
        if let Some(transcript) = transcript {
            connection.set_transcript(transcript);
        }
        let greeting = connection.greeting()?;
        if greeting.condition == Condition::PreAuth {
            let message = "the server took the connection for signed in (PREAUTH) before any sign-in";
            return Err(Error::new(Kind::Protocol, Phase::Greeting, message).with_reply(greeting.reply()));
        }
        Ok(Client { connection, greeting })
    }

    /// The greeting.
    pub fn greeting(&self) -> &Status {
        &self.greeting
    }

    /// What the greeting offered, where its code said so: then CAPABILITY need not be asked.
    pub fn greeted_capabilities(&self) -> Option<Capabilities> {
        told(&self.greeting)
    }

    /// CAPABILITY, before the sign-in.
    pub fn capability(&mut self) -> Result<Capabilities> {
        capability(&mut self.connection)
    }

    /// AUTHENTICATE XOAUTH2: signs in to the mailbox `user` with an access token.
    ///
    /// `offered` is what [`capability`](Client::capability) returned: without `AUTH=XOAUTH2` nothing is
    /// sent, with `SASL-IR` (RFC 4959) the response goes with the command. An error challenge is
    /// answered by an empty line, so that the server ends the command.
    pub fn authenticate_xoauth2(mut self, offered: &Capabilities, user: &str, token: &Secret) -> Result<Session<S>> {
        let response = xoauth2::initial_response(user, token)?;
        if !offered.has("AUTH=XOAUTH2") {
            let words = offered.words().collect::<Vec<_>>().join(" ");
            let message = format!("the server does not offer AUTH=XOAUTH2, only: {words}");
            return Err(Error::new(Kind::Refused, Phase::Authenticate, message));
        }
        let command = Command::new("AUTHENTICATE", Phase::Authenticate).raw("XOAUTH2")?;
        let (command, response) = match offered.has("SASL-IR") {
            true => (command.secret(response), None),
            false => (command, Some(response)),
        };
        let mut sasl = Sasl { response, challenges: 0, said: None };
        self.connection.guard(token);
        let status = self.connection.run(&command, &mut sasl)?;
        if status.condition != Condition::Ok {
            let message = match sasl.said {
                Some(said) => format!("the server refused (its challenge said {said})"),
                None => "the server refused".to_owned(),
            };
            return Err(Error::new(Kind::Refused, Phase::Authenticate, message)
                .in_command("AUTHENTICATE")
                .with_reply(status.reply()));
        }
        let capabilities = told(&status).unwrap_or_else(|| offered.clone());
        self.connection.set_literal_plus(capabilities.has("LITERAL+"));
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
    fn challenge(&mut self, text: &[u8]) -> Result<Option<Answer>> {
        if let Some(response) = self.response.take() {
            return Ok(Some(Answer::Secret(response)));
        }
        self.challenges += 1;
        if self.challenges > MOST_CHALLENGES {
            return Err(Error::new(Kind::Protocol, Phase::Authenticate, "the server sends challenges without end"));
        }
        self.said = xoauth2::challenge_text(text).or(self.said.take());
        Ok(Some(Answer::Text("")))
    }
}

/// A server that knows who we are.
pub struct Session<S> {
    connection: Connection<S>,
    authenticated: Status,
    capabilities: Capabilities,
}

impl<S: Read + Write> Session<S> {
    /// The words of the OK that ended the sign-in; Exchange hides an error in it at times.
    pub fn authenticated(&self) -> &Status {
        &self.authenticated
    }

    /// What the server offered when it was asked, or said so, last.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// What the server wants people to read, as sent.
    pub fn alerts(&self) -> &[String] {
        self.connection.alerts()
    }

    /// The stream, to set its time limits.
    pub fn stream_mut(&mut self) -> &mut S {
        self.connection.stream_mut()
    }

    /// CAPABILITY, after the sign-in: a server may offer more now.
    pub fn capability(&mut self) -> Result<&Capabilities> {
        self.capabilities = capability(&mut self.connection)?;
        self.connection.set_literal_plus(self.capabilities.has("LITERAL+"));
        Ok(&self.capabilities)
    }

    /// NAMESPACE (RFC 2342).
    pub fn namespace(&mut self) -> Result<Namespaces> {
        let mut found = Namespaces::default();
        let mut take = Taking(|data| {
            if let Untagged::Namespace(namespaces) = data {
                found = namespaces;
            }
            Ok(())
        });
        self.connection.run_ok(&Command::new("NAMESPACE", Phase::Mailbox), &mut take)?;
        Ok(found)
    }

    /// NOOP.
    pub fn noop(&mut self) -> Result<()> {
        self.connection.run_ok(&Command::new("NOOP", Phase::Mailbox), &mut Ignore).map(drop)
    }

    /// LIST of all mailboxes.
    pub fn list(&mut self) -> Result<Vec<ListItem>> {
        let mut items = Vec::new();
        let mut take = Taking(|data| {
            if let Untagged::List(item) = data {
                items.push(item);
            }
            Ok(())
        });
        let command = Command::new("LIST", Phase::Command).raw("\"\" \"*\"")?;
        self.connection.run_ok(&command, &mut take)?;
        Ok(items)
    }

    /// STATUS of a mailbox: MESSAGES, UNSEEN, UIDNEXT, UIDVALIDITY. A server that answers OK without
    /// a STATUS is taken at its word: every count is unknown.
    pub fn status(&mut self, name: &MailboxName) -> Result<MailboxStatus> {
        let mut found = MailboxStatus::default();
        let mut take = Taking(|data| {
            if let Untagged::MailboxStatus(status) = data {
                found = status;
            }
            Ok(())
        });
        let command =
            Command::new("STATUS", Phase::Command).mailbox(name)?.raw("(MESSAGES UNSEEN UIDNEXT UIDVALIDITY)")?;
        self.connection.run_ok(&command, &mut take)?;
        Ok(found)
    }

    /// True where LIST knows a mailbox of that name that can be selected.
    pub fn has_mailbox(&mut self, name: &MailboxName) -> Result<bool> {
        let mut found = false;
        let mut take = Taking(|data| {
            if let Untagged::List(item) = data {
                found |= !item.is_noselect();
            }
            Ok(())
        });
        let command = Command::new("LIST", Phase::Command).raw("\"\"")?.mailbox(name)?;
        self.connection.run_ok(&command, &mut take)?;
        Ok(found)
    }

    /// SELECT: opens a mailbox to read and change it.
    pub fn select(&mut self, name: &MailboxName) -> Result<Selected<'_, S>> {
        self.open("SELECT", name)
    }

    /// EXAMINE: opens a mailbox to read it; nothing in it changes.
    pub fn examine(&mut self, name: &MailboxName) -> Result<Selected<'_, S>> {
        self.open("EXAMINE", name)
    }

    fn open(&mut self, verb: &'static str, name: &MailboxName) -> Result<Selected<'_, S>> {
        let mut mailbox = Mailbox { read_only: verb == "EXAMINE", ..Mailbox::default() };
        let mut take = Taking(|data| {
            mailbox.learn(&data);
            Ok(())
        });
        let status = self.connection.run_ok(&Command::new(verb, Phase::Select).mailbox(name)?, &mut take)?;
        mailbox.learn(&Untagged::Status(status));
        Ok(Selected { session: self, mailbox })
    }

    /// LOGOUT: the server says BYE, then ends the command. One that hangs up after its BYE said enough.
    pub fn logout(mut self) -> Result<()> {
        let mut bye = false;
        let mut take = Taking(|data| {
            bye |= matches!(data, Untagged::Status(Status { condition: Condition::Bye, .. }));
            Ok(())
        });
        let ended = self.connection.run_ok(&Command::new("LOGOUT", Phase::Logout), &mut take);
        if bye { Ok(()) } else { ended.map(drop) }
    }
}

/// What the server said of the mailbox that is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mailbox {
    /// Messages in it.
    pub exists: u32,
    /// The UIDs' validity; a server that has none cannot keep UIDs.
    pub uid_validity: Option<UidValidity>,
    /// The UID that the next message will at least have.
    pub uid_next: Option<u32>,
    /// Flags in use.
    pub flags: Vec<Flag>,
    /// Flags that can be changed for good.
    pub permanent_flags: Option<Vec<Flag>>,
    /// True where nothing can be changed.
    pub read_only: bool,
}

impl Mailbox {
    pub(super) fn learn(&mut self, data: &Untagged) {
        match data {
            Untagged::Exists(exists) => self.exists = *exists,
            Untagged::Expunge(_) => self.exists = self.exists.saturating_sub(1),
            Untagged::Flags(flags) => self.flags = flags.clone(),
            Untagged::Status(Status { code: Some(code), .. }) => match &code.meaning {
                CodeMeaning::UidValidity(validity) => self.uid_validity = Some(*validity),
                CodeMeaning::UidNext(next) => self.uid_next = Some(*next),
                CodeMeaning::PermanentFlags(flags) => self.permanent_flags = Some(flags.clone()),
                CodeMeaning::ReadOnly => self.read_only = true,
                CodeMeaning::ReadWrite => self.read_only = false,
                _ => {}
            },
            _ => {}
        }
    }
}

/// A mailbox that is open. It has no `Drop`: leave it by [`unselect`](Selected::unselect), or open
/// another one.
pub struct Selected<'a, S> {
    session: &'a mut Session<S>,
    mailbox: Mailbox,
}

impl<S: Read + Write> Selected<'_, S> {
    /// What the server said of it when it was opened, with the EXISTS and EXPUNGE since.
    pub fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// What the server wants people to read, as sent.
    pub fn alerts(&self) -> &[String] {
        self.session.alerts()
    }

    /// UID SEARCH: the UIDs that match `keys`, printable ASCII in RFC 3501's words (`ALL`, `UNSEEN`).
    ///
    /// No CHARSET and no RETURN are ever sent; an ESEARCH, which a server that believes in IMAP4rev2
    /// sends all the same, is understood. That nothing matches `ALL` where EXISTS says otherwise is an
    /// error, not "no mail" (field guide 2.3).
    pub fn search(&mut self, keys: &str) -> Result<UidSet> {
        let mut found = UidSet::new();
        let mailbox = &mut self.mailbox;
        let mut take = Taking(|data| {
            match &data {
                Untagged::Search(uids) => found.extend(&uids.iter().filter_map(|uid| Uid::new(*uid)).collect()),
                Untagged::Esearch(esearch) if esearch.uid => {
                    let set = esearch.all.as_ref().map(|all| UidSet::parse(&String::from_utf8_lossy(all)));
                    if let Some(set) = set {
                        found.extend(&set.ok_or_else(|| broken("an ESEARCH whose ALL is no set"))?);
                    }
                }
                _ => mailbox.learn(&data),
            }
            Ok(())
        });
        let limits = self.session.connection.limits();
        let command = Command::new("UID SEARCH", Phase::Command).raw(keys)?.allowing(limits.response as u64);
        self.session.connection.run_ok(&command, &mut take)?;
        if found.is_empty() && keys.eq_ignore_ascii_case("ALL") && self.mailbox.exists > 0 {
            let message = format!("the search for all messages found none, where there are {}", self.mailbox.exists);
            return Err(Error::new(Kind::Protocol, Phase::Command, message).in_command("UID SEARCH"));
        }
        Ok(found)
    }

    /// UID FETCH of whole messages by `BODY.PEEK[]`, which leaves `\Seen` as it is: each body goes to
    /// `sink` as it comes. Returns the UIDs that were asked for; which of them came, the sink knows.
    ///
    /// `items` come before the body: `UID`, or `UID FLAGS INTERNALDATE`. As many UIDs go into one
    /// command as 4,000 octets of ranges hold. What the server says of messages that were not asked for
    /// is not shown to the sink.
    pub fn fetch_bodies(&mut self, uids: &UidSet, items: &str, sink: &mut dyn BodySink) -> Result<()> {
        for chunk in uids.chunks(COMMAND_OCTETS, u64::MAX) {
            let command = Command::new("UID FETCH", Phase::Fetch)
                .raw(&format!("{chunk} ({items} BODY.PEEK[])"))?
                .allowing(chunk.len().saturating_mul(OCTETS_A_MESSAGE));
            let mut bodies = Bodies::new(&chunk, sink, &mut self.mailbox);
            self.session.connection.run_ok(&command, &mut bodies)?;
        }
        Ok(())
    }

    /// UID FETCH of `items` (`UID FLAGS`, `UID BODY.PEEK[HEADER]`), each answer handed to `each` as it comes
    /// and then let go, so that one message at a time is in memory.
    ///
    /// Answers for UIDs that were not asked for, or without a UID, are not handed on; one that is may lack
    /// items, since flags that change elsewhere come as a FETCH too. An error of `each` closes the
    /// connection: the rest of the answer is still on its way.
    pub fn fetch_each(&mut self, uids: &UidSet, items: &str, each: &mut dyn FnMut(&Fetch) -> Result<()>) -> Result<()> {
        for chunk in uids.chunks(COMMAND_OCTETS.saturating_sub(items.len()), u64::MAX) {
            let command = Command::new("UID FETCH", Phase::Fetch)
                .raw(&format!("{chunk} ({items})"))?
                .allowing(chunk.len().saturating_mul(OCTETS_OF_ITEMS));
            let mailbox = &mut self.mailbox;
            let mut take = Taking(|data| {
                match &data {
                    Untagged::Fetch(fetched) if fetched.uid.is_some_and(|uid| chunk.contains(uid)) => each(fetched)?,
                    _ => mailbox.learn(&data),
                }
                Ok(())
            });
            self.session.connection.run_ok(&command, &mut take)?;
        }
        Ok(())
    }

    /// UID STORE of flags, `+FLAGS.SILENT (\Seen)` for instance.
    pub fn store(&mut self, uids: &UidSet, change: &str) -> Result<()> {
        self.change("UID STORE", uids, |command| command.raw(change))
    }

    /// UID COPY to another mailbox.
    pub fn copy(&mut self, uids: &UidSet, to: &MailboxName) -> Result<()> {
        self.change("UID COPY", uids, |command| command.mailbox(to))
    }

    /// UID MOVE to another mailbox (RFC 6851), for servers that offer MOVE.
    pub fn move_to(&mut self, uids: &UidSet, to: &MailboxName) -> Result<()> {
        self.change("UID MOVE", uids, |command| command.mailbox(to))
    }

    /// UID EXPUNGE (RFC 4315): removes those of `uids` that are marked `\Deleted`, and no others.
    pub fn expunge(&mut self, uids: &UidSet) -> Result<()> {
        self.change("UID EXPUNGE", uids, Ok)
    }

    /// What the server offered when it was asked last.
    pub fn capabilities(&self) -> &Capabilities {
        &self.session.capabilities
    }

    /// Runs `verb` on the UIDs, as many commands as their length makes necessary.
    fn change(&mut self, verb: &'static str, uids: &UidSet, rest: impl Fn(Command) -> Result<Command>) -> Result<()> {
        for chunk in uids.chunks(CHANGE_OCTETS, u64::MAX) {
            let command = rest(Command::new(verb, Phase::Command).raw(&chunk.to_string())?)?;
            let command = command.allowing(chunk.len().saturating_mul(OCTETS_A_MESSAGE));
            let mailbox = &mut self.mailbox;
            let mut learn = Taking(|data| {
                mailbox.learn(&data);
                Ok(())
            });
            self.session.connection.run_ok(&command, &mut learn)?;
        }
        Ok(())
    }

    /// UNSELECT (RFC 3691): leaves the mailbox and expunges nothing.
    ///
    /// Where the server does not offer it: CLOSE after EXAMINE, which expunges nothing either; after
    /// SELECT the mailbox stays open, because CLOSE would expunge what others marked.
    pub fn unselect(self) -> Result<()> {
        let verb = match self.session.capabilities.has("UNSELECT") {
            true => "UNSELECT",
            false if self.mailbox.read_only => "CLOSE",
            false => return Ok(()),
        };
        self.session.connection.run_ok(&Command::new(verb, Phase::Unselect), &mut Ignore).map(drop)
    }
}

/// A closure as a handler.
struct Taking<F>(F);

impl<F: FnMut(Untagged) -> Result<()>> Handler for Taking<F> {
    fn untagged(&mut self, data: Untagged) -> Result<()> {
        (self.0)(data)
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
    let mut take = Taking(|data| {
        if let Untagged::Capability(words) = data {
            found = Some(Capabilities(words));
        }
        Ok(())
    });
    connection.run_ok(&Command::new("CAPABILITY", Phase::Capability), &mut take)?;
    found.ok_or_else(|| broken("an OK to CAPABILITY without the list").in_phase(Phase::Capability))
}

fn broken(what: &str) -> Error {
    Error::new(Kind::Protocol, Phase::Command, format!("the server broke the protocol: it sent {what}"))
}
