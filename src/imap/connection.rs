//! Tags, one command in flight, and the one function that writes to the stream.
//!
//! A tagged NO or BAD leaves the connection usable; whatever else goes wrong closes it, and every later
//! command says so. Untagged data is taken whenever it comes (RFC 3501 section 5.2), up to a budget a
//! command, so that a server cannot keep a program busy for ever.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use super::command::{Command, Piece};
use super::faults::{bare, ended, is_framed, unexpected, unreadable, wire_error};
use super::parse;
use super::types::{CodeMeaning, Condition, Response, Status, Unreadable, Untagged};
use super::wire::{Fault, Frame, Limits, Reader, Step};
use crate::error::{Error, Kind, Phase, Result};
use crate::net::{self, Readiness};
use crate::secret::Secret;
use crate::text::{escape_bytes, shorten};
use crate::transcript::Transcript;

/// Untagged data that any command's answer may have, in bytes.
const BUDGET: u64 = 2 << 20;

/// Bytes that a response may have even where the budget has fewer, and the most that one costs which cannot be read.
const LEAST_RESPONSE: usize = 4096;

/// Bytes of a message that are sent at a time.
const UPLOAD: usize = 64 * 1024;

/// The most texts of `[ALERT]` that are reported, and the most characters of one.
const MOST_ALERTS: usize = 16;
const MOST_OF_AN_ALERT: usize = 1000;

/// Gets what the server wants people to read (RFC 3501 section 7.1).
pub(crate) type OnAlert = Box<dyn FnMut(&str) + Send>;

/// Says of the start of a body why it is not the message, if it is not.
pub(crate) type NotMail = fn(&[u8]) -> Option<&'static str>;

/// Who hears a server besides those who command it.
#[derive(Default)]
pub(crate) struct Listener {
    /// Writes the dialogue down.
    pub transcript: Option<Transcript>,
    /// Gets each alert, once per connection.
    pub on_alert: Option<OnAlert>,
    /// What an error means on this server: throttling is not a refusal on Exchange Online.
    pub meaning: Option<fn(Error) -> Error>,
    /// Which bodies are not the message that was asked for.
    pub not_mail: Option<NotMail>,
}

/// Takes what a command's answer brings: one command in flight, one handler. A closure takes the untagged responses.
pub(super) trait Handler {
    /// An untagged response.
    fn untagged(&mut self, _: Untagged) -> Result<()> {
        Ok(())
    }

    /// A literal of `size` bytes follows `head`, the response as far as it has come. `true` has it passed to
    /// [`literal`](Handler::literal), `false` has it held in the frame.
    fn wants(&mut self, _head: &Frame, _size: u64) -> io::Result<bool> {
        Ok(false)
    }

    /// The next bytes of the literal that was wanted.
    fn literal(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    /// A continuation request that no literal of ours waits for; the answer is a line, without its end, or
    /// nothing where the server is to go on.
    fn challenge(&mut self, text: &[u8]) -> Result<Option<Piece>> {
        let shown = shorten(&escape_bytes(text), 200);
        let message = format!("the server asked for more where nothing is: + {shown}");
        Err(Error::new(Kind::Protocol, Phase::Command, message))
    }

    /// The next bytes of the literal that the command announced; none where there are no more.
    fn upload(&mut self, _: &mut [u8]) -> Result<usize> {
        Ok(0)
    }

    /// True where an IDLE has waited long enough.
    fn is_enough(&self) -> bool {
        false
    }
}

impl<F: FnMut(Untagged) -> Result<()>> Handler for F {
    fn untagged(&mut self, data: Untagged) -> Result<()> {
        self(data)
    }
}

/// Takes no notice of untagged responses.
pub(super) fn ignore(_: Untagged) -> Result<()> {
    Ok(())
}

pub(super) struct Connection<S> {
    pub(super) reader: Reader<S>,
    pub(super) listener: Listener,
    next_tag: u32,
    /// Literals go without waiting: only if the server offers LITERAL+ (RFC 7888).
    pub(super) literal_plus: bool,
    closed: Option<String>,
    alerts: Vec<String>,
}

impl<S: Read + Write> Connection<S> {
    /// A connection over `stream`, which the server has not greeted yet.
    pub(super) fn new(stream: S, limits: Limits, mut listener: Listener) -> Connection<S> {
        let reader = Reader::new(stream, limits, listener.transcript.take());
        Connection { reader, listener, next_tag: 1, literal_plus: false, closed: None, alerts: Vec::new() }
    }

    pub(super) fn greeting(&mut self) -> Result<Status> {
        let greeting = self.read(Phase::Greeting, &mut ignore, &mut BUDGET.clone());
        let outcome = greeting.and_then(|response| match response {
            Response::Untagged(Untagged::Status(status)) => match status.condition {
                Condition::Ok | Condition::PreAuth => Ok(status),
                Condition::Bye => {
                    let message = "the server does not take the connection";
                    Err(Error::new(Kind::Temporary, Phase::Greeting, message).with_reply(status.reply()))
                }
                _ => Err(unexpected(Phase::Greeting, "a greeting", &Response::Untagged(Untagged::Status(status)))),
            },
            other => Err(unexpected(Phase::Greeting, "a greeting", &other)),
        });
        outcome.map_err(|e| self.explained(e)).inspect_err(|e| self.close(e))
    }

    fn explained(&self, error: Error) -> Error {
        match self.listener.meaning {
            Some(meaning) => meaning(error),
            None => error,
        }
    }

    /// The error of a command that ended in NO or BAD, which leaves the connection usable.
    pub(super) fn refused(&self, command: &Command, message: &str, status: &Status) -> Error {
        let error = Error::new(Kind::Refused, command.phase(), message);
        self.explained(error.in_command(command.name()).with_reply(status.reply()))
    }

    /// Runs a command to its end and returns how it ended, NO and BAD included.
    pub(super) fn run(&mut self, command: &Command, handler: &mut dyn Handler) -> Result<Status> {
        self.exchange(command, handler, |exchange| exchange.run())
    }

    /// Runs a command that must end in OK.
    pub(super) fn run_ok(&mut self, command: &Command, handler: &mut dyn Handler) -> Result<Status> {
        let status = self.run(command, handler)?;
        self.is_ok(command, status)
    }

    fn is_ok(&self, command: &Command, status: Status) -> Result<Status> {
        match status.condition {
            Condition::Ok => Ok(status),
            _ => Err(self.refused(command, "the server refused", &status)),
        }
    }

    /// What fails in `talk` closes the connection, and a closed one is not talked to.
    fn exchange(
        &mut self,
        command: &Command,
        handler: &mut dyn Handler,
        talk: impl FnOnce(&mut Exchange<S>) -> Result<Status>,
    ) -> Result<Status> {
        if let Some(reason) = &self.closed {
            let message = format!("the connection is closed already ({reason})");
            return Err(Error::new(Kind::Temporary, command.phase(), message).in_command(command.name()));
        }
        self.reader.asked();
        let (tag, budget) = (format!("a{}", self.next_tag), BUDGET + command.allowance);
        self.next_tag = self.next_tag.wrapping_add(1);
        talk(&mut Exchange { connection: self, tag, command, handler, budget })
            .map_err(|e| self.explained(e.in_command(command.name())))
            .inspect_err(|e| self.close(e))
    }

    /// Any status may be one that people must see.
    fn heed(&mut self, response: &Response) {
        let (Response::Tagged(_, status) | Response::Untagged(Untagged::Status(status))) = response else { return };
        if status.code.as_ref().is_none_or(|code| code.meaning != CodeMeaning::Alert) {
            return;
        }
        let text = shorten(&String::from_utf8_lossy(&status.text), MOST_OF_AN_ALERT);
        if self.alerts.len() < MOST_ALERTS && !self.alerts.contains(&text) {
            self.listener.on_alert.iter_mut().for_each(|told| told(&text));
            self.alerts.push(text);
        }
    }

    /// The next response, understood, its cost taken from the budget. One that breaks its grammar is skipped, as long as
    /// its end is where it should be; one that is longer than the budget is too.
    fn read(&mut self, phase: Phase, handler: &mut dyn Handler, budget: &mut u64) -> Result<Response> {
        let most = usize::try_from(*budget).unwrap_or(usize::MAX).max(LEAST_RESPONSE);
        let frame = self.frame(most, handler).map_err(|e| wire_error(phase, e))?;
        let mut cost = frame.bytes().len() as u64 + 2;
        let response = match parse::response(&frame) {
            Ok(Response::Bare(line)) => bare(phase, line)?,
            Ok(response) => response,
            Err(e) => {
                let refused = Unreadable::new(&frame, e.to_string());
                if !is_framed(&frame, refused.name == "FETCH") {
                    return Err(unreadable(phase, refused));
                }
                cost = cost.min(LEAST_RESPONSE as u64);
                Response::Untagged(Untagged::Unreadable(refused))
            }
        };
        *budget = budget.checked_sub(cost).ok_or_else(|| {
            Error::new(Kind::Protocol, phase, "the server sends more untagged data than the command can have")
        })?;
        self.heed(&response);
        Ok(response)
    }

    /// The next response; the literals that the handler wants go to it.
    fn frame(&mut self, most: usize, handler: &mut dyn Handler) -> std::result::Result<Frame, Fault> {
        loop {
            match self.reader.next(most)? {
                Step::Response(frame) => return Ok(frame),
                Step::Literal(size) if handler.wants(self.reader.head(), size).map_err(Fault::Sink)? => {
                    self.reader.stream(&mut |bytes| handler.literal(bytes))?;
                }
                Step::Literal(_) => {}
            }
        }
    }

    /// Writes pieces to the stream, and the client's side down.
    fn write(&mut self, phase: Phase, pieces: &[Piece]) -> Result<()> {
        let mut bytes = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) | Piece::Literal(text) => {
                    bytes.extend_from_slice(text);
                    if let Some(transcript) = self.reader.transcript() {
                        transcript.client(text);
                    }
                }
                Piece::Secret(secret) => {
                    bytes.extend_from_slice(secret.expose());
                    if let Some(transcript) = self.reader.transcript() {
                        transcript.client_hidden(secret.len() as u64);
                    }
                }
                // Sent on its own.
                Piece::Upload(_) => {}
            }
        }
        // Overwritten on its way out, because a SASL response may be in it.
        self.put(phase, Secret::new(bytes).expose())
    }

    /// The one place that writes to the stream.
    fn put(&mut self, phase: Phase, bytes: &[u8]) -> Result<()> {
        let stream = self.reader.get_mut();
        stream.write_all(bytes).and_then(|()| stream.flush()).map_err(|e| net::lost(phase, e))
    }

    fn close(&mut self, reason: &Error) {
        self.closed.get_or_insert_with(|| reason.to_string());
        if let Some(transcript) = self.reader.transcript() {
            transcript.flush();
        }
    }
}

impl<S: Read + Write + Readiness> Connection<S> {
    /// Runs IDLE: it is ended by DONE when `time` has passed or the handler has enough. A server that ends
    /// it by itself, or refuses it, is heard.
    pub(super) fn idle(&mut self, command: &Command, time: Duration, handler: &mut dyn Handler) -> Result<Status> {
        let status = self.exchange(command, handler, |exchange| exchange.idle(time))?;
        self.is_ok(command, status)
    }

    /// Waits for the server to say something, a command or none being in flight.
    pub(super) fn pause(&mut self, time: Duration) -> Result<bool> {
        let end = self.reader.get_mut().now().checked_add(time);
        self.is_ready_until(Phase::Command, end)
    }

    /// No end is one that no clock reaches.
    fn is_ready_until(&mut self, phase: Phase, end: Option<Instant>) -> Result<bool> {
        if self.reader.has_unread() {
            return Ok(true);
        }
        let stream = self.reader.get_mut();
        let left = end.map_or(Duration::MAX, |end| end.saturating_duration_since(stream.now()));
        stream.is_readable_within(left).map_err(|e| net::lost(phase, e))
    }
}

struct Exchange<'a, S> {
    connection: &'a mut Connection<S>,
    tag: String,
    command: &'a Command,
    handler: &'a mut dyn Handler,
    /// Bytes of untagged data that may still come.
    budget: u64,
}

impl<S: Read + Write> Exchange<'_, S> {
    fn run(&mut self) -> Result<Status> {
        match self.send()? {
            Some(status) => Ok(status),
            None => self.conclude(),
        }
    }

    /// Sends the command; `Some` where the server ended it before a literal was sent.
    fn send(&mut self) -> Result<Option<Status>> {
        let mut line = vec![Piece::Text(format!("{} ", self.tag).into_bytes())];
        for piece in self.command.pieces() {
            let (size, waits) = match piece {
                Piece::Literal(bytes) => (bytes.len() as u64, !self.connection.literal_plus),
                Piece::Upload(size) => (*size, true),
                piece => {
                    line.push(piece.clone());
                    continue;
                }
            };
            let plus = if waits { "" } else { "+" };
            line.push(Piece::Text(format!("{{{size}{plus}}}\r\n").into_bytes()));
            if waits {
                self.write(&std::mem::take(&mut line))?;
                if let Some(status) = self.await_continuation()? {
                    return Ok(Some(status));
                }
            }
            match piece {
                Piece::Literal(bytes) => line.push(Piece::Text(bytes.clone())),
                _ => self.upload(size)?,
            }
        }
        line.push(Piece::Text(b"\r\n".to_vec()));
        self.write(&line)?;
        Ok(None)
    }

    /// Waits for leave to go on; `Some` where the server ended the command instead.
    fn await_continuation(&mut self) -> Result<Option<Status>> {
        loop {
            match self.read()? {
                Response::Continuation(_) => return Ok(None),
                Response::Tagged(tag, status) if tag == self.tag && status.condition != Condition::Ok => {
                    return Ok(Some(status));
                }
                Response::Untagged(data) => self.untagged(data)?,
                other => return Err(unexpected(self.phase(), "leave to send a literal", &other)),
            }
        }
    }

    /// Reads on to the end of the command.
    fn conclude(&mut self) -> Result<Status> {
        loop {
            match self.read()? {
                Response::Tagged(tag, status) if tag == self.tag => return Ok(status),
                Response::Continuation(text) => {
                    if let Some(answer) = self.handler.challenge(&text)? {
                        self.write(&[answer, Piece::Text(b"\r\n".to_vec())])?;
                    }
                }
                Response::Untagged(data) => self.untagged(data)?,
                other => return Err(unexpected(self.phase(), "the answer to the command", &other)),
            }
        }
    }

    fn untagged(&mut self, data: Untagged) -> Result<()> {
        if is_asked_for(self.command.name(), &data) {
            self.connection.reader.asked();
        }
        match &data {
            // To LOGOUT it is the expected answer (RFC 3501 section 7.1.5).
            Untagged::Status(status) if status.condition == Condition::Bye && self.phase() != Phase::Logout => {
                Err(ended(self.phase(), status.reply()))
            }
            _ => self.handler.untagged(data),
        }
    }

    /// Sends the bytes of a literal that was asked for: as many as were announced. Where there are fewer,
    /// the connection ends here, because the server would take the next command for the rest of them.
    fn upload(&mut self, size: u64) -> Result<()> {
        let mut buffer = vec![0; UPLOAD];
        let mut left = size;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(UPLOAD).min(UPLOAD);
            let read = self.handler.upload(buffer.get_mut(..most).unwrap_or_default())?;
            let bytes = buffer.get(..read.min(most)).unwrap_or_default();
            if bytes.is_empty() {
                let message = format!("the message was to have {size} bytes and ends {left} before");
                return Err(Error::new(Kind::Local, Phase::Disk, message));
            }
            left -= bytes.len() as u64;
            self.connection.put(self.phase(), bytes)?;
        }
        if let Some(transcript) = self.connection.reader.transcript() {
            transcript.client_hidden(size);
        }
        Ok(())
    }

    fn phase(&self) -> Phase {
        self.command.phase()
    }

    fn read(&mut self) -> Result<Response> {
        self.connection.read(self.command.phase(), self.handler, &mut self.budget)
    }

    fn write(&mut self, pieces: &[Piece]) -> Result<()> {
        self.connection.write(self.command.phase(), pieces)
    }
}

impl<S: Read + Write + Readiness> Exchange<'_, S> {
    fn idle(&mut self, time: Duration) -> Result<Status> {
        self.send()?;
        if let Some(status) = self.await_continuation()? {
            return Ok(status);
        }
        let end = self.connection.reader.get_mut().now().checked_add(time);
        while !self.handler.is_enough() && self.connection.is_ready_until(self.phase(), end)? {
            match self.read()? {
                Response::Tagged(tag, status) if tag == self.tag => return Ok(status),
                Response::Untagged(data) => self.untagged(data)?,
                Response::Continuation(_) => {}
                other => return Err(unexpected(self.phase(), "news", &other)),
            }
        }
        self.write(&[Piece::Text(b"DONE\r\n".to_vec())])?;
        self.conclude()
    }
}

/// True for what a command asks for, and not for what any server may say at any time (RFC 3501 section 7).
fn is_asked_for(command: &str, data: &Untagged) -> bool {
    match data {
        Untagged::Fetch(_) => command.ends_with("FETCH") || command.ends_with("STORE"),
        Untagged::Search(_) => command.ends_with("SEARCH"),
        Untagged::List(_) => command == "LIST",
        Untagged::MailboxStatus(_) => command == "STATUS",
        Untagged::Expunge | Untagged::Vanished(_) => command.ends_with("EXPUNGE") || command.ends_with("MOVE"),
        _ => false,
    }
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod replay;
