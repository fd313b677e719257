//! `exoimap append`: messages from files or stdin to a folder.

use std::fs::{self, File};
use std::time::Instant;

use crate::exchange::{LARGEST_MESSAGE, Next, Outgoing, is_refusal, require_folder};
use crate::imap::Session;
use crate::imap::types::{Flag, Uid, UidValidity};
use crate::{DateTime, Error, Kind, MailboxName, Phase, Result, Retry, Stream, files, threads};
use clap::ArgMatches;
use serde_json::json;

use super::exit::Exit;
use super::output::Output;
use super::session::Setting;
use super::sign_in::SignIn;

/// The flags that Exchange keeps, as people write them.
const FLAGS: [&str; 4] = ["seen", "answered", "flagged", "draft"];

pub(crate) fn run(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    let mailbox = setting.mailbox()?;
    let folder = MailboxName::new(arguments.get_one::<String>("folder").map_or("INBOX", String::as_str))?;
    let mut upload = Upload {
        output,
        folder,
        flags: flags(arguments),
        received: arguments.get_one::<DateTime>("date").copied(),
        messages: messages(arguments, setting.deadline)?,
        stored: 0,
        refused: 0,
        is_given: false,
    };
    for message in &upload.messages {
        message.open()?;
    }
    let ended = SignIn::new(setting, output, mailbox)
        .persist(&mut setting.retry(output), &mut |session, retry| upload.session(session, retry));
    let (stored, all) = (upload.stored, upload.messages.len());
    // A closed pipe is not worth a word if all is stored.
    if ended.is_err() && stored > 0 && !(output.is_closed() && stored == all) {
        output.warn(&format!("{stored} of {all} messages are stored"));
    }
    ended?;
    Ok(if upload.refused > 0 { Exit::Partly } else { Exit::Done })
}

/// One call's work, session after session.
struct Upload<'a> {
    output: &'a Output,
    folder: MailboxName,
    flags: Vec<Flag>,
    received: Option<DateTime>,
    messages: Vec<Message>,
    stored: usize,
    /// Messages that the server did not take.
    refused: usize,
    /// The server has all of the next message and has not answered.
    is_given: bool,
}

/// A file that can be read again, wherever it came from.
struct Message {
    name: String,
    spool: Option<File>,
}

impl Message {
    fn open(&self) -> Result<Outgoing<File>> {
        let file = match &self.spool {
            Some(spool) => spool.try_clone(),
            None => File::open(&self.name),
        };
        let file = file.map_err(|e| Error::file(Kind::Local, Phase::Disk, format!("opening {}", self.name), e))?;
        Outgoing::new(&self.name, file)
    }
}

impl Upload<'_> {
    /// One session's work, and what its failure means for the next.
    fn session(&mut self, session: &mut Session<Stream>, retry: &mut Retry) -> Result<Next> {
        let before = self.next();
        let stored = self.store(session);
        if self.next() != before {
            retry.progressed();
        }
        match stored {
            Err(e) if e.may_pass() => self.broke(e),
            stored => stored.map(|()| Next::Done),
        }
    }

    /// The next message's place.
    fn next(&self) -> usize {
        self.stored + self.refused
    }

    /// Of several messages, one that the server refuses keeps no other from being stored; where it refuses the folder,
    /// it would refuse each.
    fn store(&mut self, session: &mut Session<Stream>) -> Result<()> {
        self.folder = require_folder(session, &self.folder, "append to")?;
        while let Some(message) = self.messages.get(self.next()) {
            let mut outgoing = message.open()?;
            let size = outgoing.size();
            let stored = session.append(&self.folder, &self.flags, self.received, size, &mut outgoing);
            self.is_given = outgoing.is_given();
            let stored = stored;
            if let Err(refused) = &stored
                && self.messages.len() > 1
                && is_refusal(refused)
                && !is_about_the_folder(refused)
            {
                self.output.warn(&format!("{} was not stored: {refused}", message.name));
                (self.is_given, self.refused) = (false, self.refused + 1);
                continue;
            }
            let uid = stored?;
            self.is_given = false;
            // Whether or not it can be told.
            self.stored += 1;
            self.tell(&message.name, size, uid)?;
        }
        Ok(())
    }

    /// A message of which the server lacks a part, or which it refused, is not stored.
    fn broke(&mut self, why: Error) -> Result<Next> {
        let is_answer = why.reply().is_some_and(|reply| matches!(reply.status, "NO" | "BAD"));
        if std::mem::take(&mut self.is_given) && !is_answer {
            let name = self.messages.get(self.next()).map(|message| message.name.as_str()).unwrap_or_default();
            let message = format!(
                "the session broke behind {name}, which {} may have or not: look before you run it again ({why})",
                self.folder
            );
            return Ok(Next::Stop(Error::new(Kind::Temporary, Phase::Command, message)));
        }
        Err(why)
    }

    fn tell(&self, name: &str, size: u64, uid: Option<(UidValidity, Uid)>) -> Result<()> {
        let (validity, uid) = (uid.map(|(validity, _)| validity.get()), uid.map(|(_, uid)| uid.get()));
        if self.output.json {
            return self.output.object(&json!({
                "path": name, "folder": self.folder.as_str(), "size": size, "uid": uid, "uidvalidity": validity,
            }));
        }
        self.output.line(&[&uid.map_or_else(|| "-".to_owned(), |uid| uid.to_string()), name])
    }
}

/// RFC 5530's codes and Exchange's words for a folder that takes no message, whichever it is.
fn is_about_the_folder(refused: &Error) -> bool {
    let Some(reply) = refused.reply() else { return false };
    let code = reply.code.as_deref().unwrap_or_default().to_ascii_uppercase();
    let is_code =
        ["TRYCREATE", "NONEXISTENT", "NOPERM", "CANNOT", "OVERQUOTA"].iter().any(|known| code.starts_with(known));
    is_code || reply.text.to_ascii_lowercase().contains("doesn't exist")
}

/// The files that are named; stdin and pipes go to a temporary one, for they can be read once only.
fn messages(arguments: &ArgMatches, deadline: Option<Instant>) -> Result<Vec<Message>> {
    let names: Vec<_> = arguments.get_many::<String>("files").into_iter().flatten().cloned().collect();
    if names.iter().filter(|name| *name == "-").count() > 1 {
        return Err(Error::usage("stdin (-) is named twice, and can be read once"));
    }
    let message = |name: String| {
        let is_pipe = fs::metadata(&name).is_ok_and(|data| !data.is_file() && !data.is_dir());
        if name != "-" && !is_pipe {
            return Ok(Message { name, spool: None });
        }
        let failed = |e| Error::file(Kind::Local, Phase::Disk, format!("reading {name}"), e);
        let file = name.clone();
        // One byte more than can be sent is enough to be refused.
        let spooled = threads::until(deadline, move || match file.as_str() {
            "-" => files::spool(std::io::stdin(), LARGEST_MESSAGE + 1),
            file => files::spool(File::open(file)?, LARGEST_MESSAGE + 1),
        });
        let spool = Some(spooled.map_err(failed)?);
        Ok(Message { name: if name == "-" { "stdin".to_owned() } else { name }, spool })
    };
    names.into_iter().map(message).collect()
}

fn flags(arguments: &ArgMatches) -> Vec<Flag> {
    let named = |name: &str| {
        let asked = arguments.get_many::<String>("flags").into_iter().flatten().any(|asked| asked == name);
        asked || name == "seen" && arguments.get_flag("seen")
    };
    let wire = ["\\Seen", "\\Answered", "\\Flagged", "\\Draft"];
    FLAGS.iter().zip(wire).filter(|(name, _)| named(name)).filter_map(|(_, wire)| Flag::named(wire)).collect()
}
