//! One connection: the greeting, reading commands, and who answers what.

use std::collections::BTreeSet;
use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use native_tls::TlsStream;

use super::super::clock;
use super::super::mailboxes::{Folder, MailboxState};
use super::super::sample;
use super::World;
use super::arguments::{self, Argument};
use super::fault::Fault;
use super::login::{Login, Offer};
use super::wire::Wire;

pub(super) const ARGUMENT_ERROR: &str = "BAD Command Argument Error. 12";
const INVALID_STATE: &str = "BAD Command received in Invalid state.";
const NOT_CONNECTED: &str = "BAD User is authenticated but not connected.";
const FRONT_END: &str = "LO4P265CA0042.GBRP265.PROD.OUTLOOK.COM";
/// Longer commands are refused; the token is the exception.
const LONGEST_COMMAND: usize = 4096;

/// A connection and what it has reached.
pub(super) struct Session {
    pub(super) wire: Wire,
    pub(super) world: Arc<World>,
    pub(super) selected: Option<Selected>,
    /// Bodies that went over this connection.
    pub(super) bodies: usize,
    pub(super) login: Option<Login>,
    pub(super) offer: Offer,
    bad_answers: usize,
    /// What a literal is refused with that the client announced and has not sent.
    refusal: Option<&'static str>,
}

/// An open folder as this connection has been told of it.
pub(super) struct Selected {
    pub(super) folder: String,
    pub(super) read_only: bool,
    /// UID and flags by sequence number.
    pub(super) view: Vec<(u32, BTreeSet<String>)>,
}

/// A command: `name` is in upper case, and the one behind `UID` if there is one.
pub(super) struct Command {
    pub(super) name: String,
    pub(super) by_uid: bool,
    pub(super) arguments: Vec<Argument>,
}

/// The tagged text of an answer; errors are refusals, or the end of the connection.
pub(super) type Answer = Result<String, Stop>;

pub(super) enum Stop {
    Refused(String),
    Ended(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Ended(error)
    }
}

pub(super) fn refuse<T>(text: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Refused(text.into()))
}

/// An argument that is missing or malformed.
pub(super) fn wanted<T>(value: Option<T>) -> Result<T, Stop> {
    value.ok_or_else(|| Stop::Refused(ARGUMENT_ERROR.into()))
}

pub(super) fn serve(stream: TlsStream<TcpStream>, world: Arc<World>) {
    let mut session = Session {
        wire: Wire::new(stream, world.ambush.as_ref().map_or(usize::MAX, |ambush| ambush.slice)),
        selected: None,
        bodies: 0,
        login: None,
        offer: Offer::of(&world),
        bad_answers: 0,
        refusal: None,
        world,
    };
    // Every way out is an error: the client has hung up, or the server does.
    let Err(_) = session.run();
}

impl Session {
    fn run(&mut self) -> io::Result<std::convert::Infallible> {
        self.greet()?;
        loop {
            self.serve_one_command()?;
        }
    }

    fn greet(&mut self) -> io::Result<()> {
        if self.attacks("", "greeting")? {
            return Ok(());
        }
        if self.world.faults.happens(&Fault::ByeGreeting) {
            self.wire.line("* BYE Connection closed. 14")?;
            return Err(self.wire.close());
        }
        let greeting = if self.world.faults.happens(&Fault::Preauth) { "PREAUTH" } else { "OK" };
        let utf16: Vec<u8> = FRONT_END.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.wire.line(&format!(
            "* {greeting} The Microsoft Exchange IMAP4 service is ready. [{}]",
            STANDARD.encode(utf16)
        ))?;
        if self.world.faults.happens(&Fault::SilentAfterGreeting) {
            loop {
                self.wire.read_line()?;
            }
        }
        Ok(())
    }

    fn serve_one_command(&mut self) -> io::Result<()> {
        let (raw, shown, length) = self.read_command()?;
        let shown = String::from_utf8_lossy(&shown).into_owned();
        let tag = shown.split(' ').next().unwrap_or_default().to_string();
        if self.login.is_some() {
            self.record(&shown);
        }
        let name = command_name(&shown);
        if name == "LOGOUT" && self.attacks(&tag, &shown)? {
            return Ok(());
        }
        let answer = self.answer(&tag, &raw, length);
        if self.attacks(&tag, &shown)? {
            return Ok(());
        }
        if self
            .world
            .faults
            .take(|fault| matches!(fault, Fault::DropAt { command, done: true } if *command == name))
            .is_some()
        {
            return Err(self.wire.cut());
        }
        let text = match answer {
            Ok(text) | Err(Stop::Refused(text)) => text,
            Err(Stop::Ended(error)) => return Err(error),
        };
        self.wire.line(&format!("{tag} {text}"))?;
        self.hang_up_after_many_errors(&text)
    }

    /// Says what the ambush has for this command, and nothing of its own; the command is done all the same.
    fn attacks(&mut self, tag: &str, line: &str) -> io::Result<bool> {
        let world = Arc::clone(&self.world);
        let command = line.strip_prefix(tag).unwrap_or(line).trim_start();
        let Some(ambush) = world.ambush.as_ref().filter(|ambush| command.starts_with(&ambush.command)) else {
            return Ok(false);
        };
        match (ambush.attack)(tag, self.wire.instead()) {
            Ok(()) => Ok(true),
            Err(_) => Err(self.wire.close()),
        }
    }

    /// The command with its literals in place, the same with their announcements only, and how
    /// many bytes its lines have.
    fn read_command(&mut self) -> io::Result<(Vec<u8>, Vec<u8>, usize)> {
        let (mut raw, mut shown) = (Vec::new(), Vec::new());
        loop {
            let line = self.wire.read_line()?;
            raw.extend_from_slice(&line);
            shown.extend_from_slice(&line);
            let Some((count, waits)) = arguments::announced_literal(&line) else {
                let length = shown.len();
                return Ok((raw, shown, length));
            };
            if command_name(&String::from_utf8_lossy(&line)) == "APPEND"
                && self
                    .world
                    .faults
                    .take(|fault| matches!(fault, Fault::LargestMessage(most) if count > *most))
                    .is_some()
            {
                self.refusal = Some("NO Maximum size of appendable message has been exceeded");
                let length = shown.len();
                return Ok((raw, shown, length));
            }
            if waits {
                self.wire.line("+ Ready for additional command text.")?;
            }
            raw.extend_from_slice(b"\r\n");
            raw.extend(self.wire.read_bytes(count)?);
        }
    }

    fn record(&self, line: &str) {
        if let Some((_, command)) = line.split_once(' ') {
            self.world.log.lock().unwrap().push(command.to_owned());
        }
    }

    fn answer(&mut self, tag: &str, raw: &[u8], length: usize) -> Answer {
        if let Some(refusal) = self.refusal.take() {
            return refuse(refusal);
        }
        let mut words = wanted(arguments::parse(raw))?.into_iter().skip(1);
        let mut name = wanted(words.next().and_then(|word| word.keyword()))?;
        let by_uid = name == "UID";
        if by_uid {
            name = wanted(words.next().and_then(|word| word.keyword()))?;
        }
        if length > LONGEST_COMMAND && name != "AUTHENTICATE" {
            return refuse(ARGUMENT_ERROR);
        }
        let command = Command { name, by_uid, arguments: words.collect() };
        self.happen_at(tag, &command)?;
        match command.name.as_str() {
            "CAPABILITY" => self.capability(),
            "ID" => self.id(),
            "LOGOUT" => self.logout(tag),
            "AUTHENTICATE" if self.login.is_none() => self.authenticate(&command),
            "LOGIN" if self.login.is_none() => self.log_in(&command),
            _ => self.answer_authenticated(&command),
        }
    }

    fn answer_authenticated(&mut self, command: &Command) -> Answer {
        let Some(login) = &self.login else {
            return refuse(INVALID_STATE);
        };
        if login.state != MailboxState::Open {
            return refuse(NOT_CONNECTED);
        }
        if login.expires <= clock::now() {
            return self.token_expired();
        }
        let answer = match command.name.as_str() {
            "NOOP" | "CHECK" => Ok(format!("OK {} completed.", command.name)),
            "IDLE" => self.idle(),
            "UNSELECT" if self.offer.unselect => self.unselect(),
            "MOVE" if !self.offer.mov => refuse("BAD Command Error. 12"),
            "NAMESPACE" | "LIST" | "LSUB" | "STATUS" | "SELECT" | "EXAMINE" | "CREATE" | "CLOSE" | "SUBSCRIBE"
            | "UNSUBSCRIBE" => self.folder_command(command),
            "APPEND" => self.append(command),
            "FETCH" => self.fetch(command),
            "SEARCH" => self.search(command),
            "STORE" | "COPY" | "MOVE" | "EXPUNGE" => self.message_command(command),
            _ => refuse("BAD Command Error. 12"),
        };
        // RFC 3501, 7.4.1: no EXPUNGE while sequence numbers are in use.
        let numbered = matches!(command.name.as_str(), "FETCH" | "STORE" | "SEARCH");
        self.tell_changes(command.by_uid || !numbered)?;
        answer
    }

    /// Faults that strike a command whatever it would have done.
    fn happen_at(&mut self, tag: &str, command: &Command) -> Result<(), Stop> {
        let refusal = self
            .world
            .faults
            .take(|fault| matches!(fault, Fault::Refuse { command: name, .. } if *name == command.name));
        if let Some(Fault::Refuse { answer, .. }) = refusal {
            return refuse(answer);
        }
        let drops =
            |fault: &Fault| matches!(fault, Fault::DropAt { command: name, done: false } if *name == command.name);
        if self.world.faults.take(drops).is_some() {
            return Err(self.wire.cut().into());
        }
        let on_messages = ["FETCH", "SEARCH", "STORE", "COPY", "MOVE", "APPEND"];
        if self.login.is_none() || !on_messages.contains(&command.name.as_str()) {
            return Ok(());
        }
        let fault = self.world.faults.take(|fault| {
            matches!(fault, Fault::ThrottleNo { .. } | Fault::ThrottleBadThenBye { .. } | Fault::ServerUnavailableBare)
        });
        match fault {
            Some(Fault::ThrottleNo { ms }) => refuse(format!("NO {}", throttled(ms))),
            Some(Fault::ThrottleBadThenBye { ms }) => {
                self.wire.line(&format!("{tag} BAD {}", throttled(ms)))?;
                self.wire.line("* BYE Connection closed. 14")?;
                Err(self.wire.close().into())
            }
            Some(_) => {
                self.wire.line("Server Unavailable. 15")?;
                Err(self.wire.close().into())
            }
            None => Ok(()),
        }
    }

    fn id(&mut self) -> Answer {
        self.wire.line(r#"* ID ("name" "Microsoft.Exchange.Imap4.Imap4Server" "version" "15.20")"#)?;
        Ok("OK ID completed.".into())
    }

    fn logout(&mut self, tag: &str) -> Answer {
        self.wire.line("* BYE Microsoft Exchange Server IMAP4 server signing off.")?;
        self.wire.line(&format!("{tag} OK LOGOUT completed."))?;
        Err(self.wire.close().into())
    }

    fn idle(&mut self) -> Answer {
        if self.world.faults.happens(&Fault::EarlyExists) {
            let folder = self.selected()?.folder.clone();
            self.with_folder(&folder, |folder| folder.deliver(sample::note("early")));
            self.tell_changes(true)?;
        }
        self.wire.line("+ IDLE accepted, awaiting DONE command.")?;
        let silent = self.world.faults.happens(&Fault::SilentIdle);
        loop {
            match self.wire.read_line_within(Duration::from_millis(20))? {
                Some(line) if line.eq_ignore_ascii_case(b"DONE") => {
                    return Ok("OK IDLE completed.".into());
                }
                Some(_) => return refuse(INVALID_STATE),
                None if silent => {}
                None => self.tell_changes(true)?,
            }
            if self.login.as_ref().is_some_and(|l| l.expires <= clock::now()) {
                return self.token_expired();
            }
        }
    }

    pub(super) fn token_expired(&mut self) -> Answer {
        self.wire.line("* BYE Session invalidated - AccessTokenExpired")?;
        Err(self.wire.close().into())
    }

    /// Exchange loses its patience after about ten errors.
    fn hang_up_after_many_errors(&mut self, text: &str) -> io::Result<()> {
        self.bad_answers += usize::from(text.starts_with("BAD"));
        if self.bad_answers < 10 {
            return Ok(());
        }
        self.wire.line("* BYE Connection closed. 14")?;
        Err(self.wire.close())
    }

    /// Tells what others have done to the open folder since it was last looked at.
    fn tell_changes(&mut self, expunges: bool) -> io::Result<()> {
        let Some(mut selected) = self.selected.take() else {
            return Ok(());
        };
        let now = self.with_folder(&selected.folder, |folder| folder.clone());
        let now = now.unwrap_or_else(|| Folder::new(&selected.folder));
        let vanishes = self.world.faults.happens(&Fault::Vanished);
        let lines = selected.changes(&now, expunges, vanishes);
        self.selected = Some(selected);
        lines.iter().try_for_each(|line| self.wire.line(line))
    }

    /// Looks at a folder of the signed-in mailbox.
    pub(super) fn with_folder<T>(&self, folder: &str, look: impl FnOnce(&mut Folder) -> T) -> Option<T> {
        let mut mailboxes = self.world.mailboxes.lock().unwrap();
        mailboxes.folder(self.address(), folder).map(look)
    }

    pub(super) fn address(&self) -> &str {
        self.login.as_ref().map_or("", |login| &login.address)
    }

    /// The open folder, for commands that need one.
    pub(super) fn selected(&mut self) -> Result<&mut Selected, Stop> {
        let state = Stop::Refused(INVALID_STATE.into());
        self.selected.as_mut().ok_or(state)
    }
}

/// The name in a line `a1 UID FETCH …`.
fn command_name(line: &str) -> String {
    let mut words = line.split(' ').skip(1).map(str::to_ascii_uppercase);
    let name = words.next().unwrap_or_default();
    if name == "UID" { words.next().unwrap_or_default() } else { name }
}

fn throttled(ms: u64) -> String {
    format!("Request is throttled. Suggested Backoff Time: {ms} milliseconds")
}
