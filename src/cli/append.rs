//! `exoimap append`: messages from files or stdin to a folder.

use std::fs::{self, File};
use std::time::Instant;

use crate::error::Cause;
use crate::exchange::{LARGEST_MESSAGE, Outgoing, is_answer, is_refusal, require_folder};
use crate::imap::Session;
use crate::imap::types::{Flag, Uid, UidValidity};
use crate::{DateTime, Error, Kind, MailboxName, Phase, Result, Stream, files, threads};
use serde_json::json;

use super::{Arguments, Call, Exit, Output, SignIn};

/// The flags that Exchange keeps, as people write them and as IMAP does.
const FLAGS: [(&str, &str); 4] =
    [("seen", "\\Seen"), ("answered", "\\Answered"), ("flagged", "\\Flagged"), ("draft", "\\Draft")];

pub(crate) fn run(call: &Call) -> Result<Exit> {
    let (arguments, output, setting) = (&call.arguments, &*call.output, call.setting()?);
    let mailbox = setting.mailbox()?;
    let folder = MailboxName::new(&arguments.value::<String>("folder"))?;
    let mut upload = Upload {
        output,
        folder,
        flags: flags(arguments),
        received: arguments.get("date"),
        messages: messages(arguments.all("files"), setting.deadline)?,
        stored: 0,
        refused: 0,
        is_given: false,
    };
    for message in &upload.messages {
        message.open()?;
    }
    let ended = SignIn::new(&setting, mailbox).work(&mut upload, Upload::next, Upload::session);
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
    fn session(&mut self, session: &mut Session<Stream>) -> Result<()> {
        self.store(session).map_err(|e| if e.may_pass() { self.broke(e) } else { e })
    }

    /// The place of the next message.
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
    fn broke(&mut self, why: Error) -> Error {
        if std::mem::take(&mut self.is_given) && !is_answer(&why) {
            let name = self.messages.get(self.next()).map(|message| message.name.as_str()).unwrap_or_default();
            let message = format!(
                "the session broke behind {name}, which {} may have or not: look before you run it again ({why})",
                self.folder
            );
            return Error::new(Kind::Temporary, Phase::Command, message).because(Cause::InDoubt);
        }
        why
    }

    fn tell(&self, name: &str, size: u64, uid: Option<(UidValidity, Uid)>) -> Result<()> {
        let (validity, uid) = (uid.map(|(validity, _)| validity.get()), uid.map(|(_, uid)| uid.get()));
        let folder = self.folder.as_str();
        self.output.result(
            || json!({"path": name, "folder": folder, "size": size, "uid": uid, "uidvalidity": validity}),
            &[&uid.map_or_else(|| "-".to_owned(), |uid| uid.to_string()), name],
        )
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
fn messages(names: Vec<String>, deadline: Option<Instant>) -> Result<Vec<Message>> {
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

fn flags(arguments: &Arguments) -> Vec<Flag> {
    let asked = arguments.all("flags");
    let is_asked = |name: &str| asked.iter().any(|asked| asked == name) || name == "seen" && arguments.has("seen");
    FLAGS.iter().filter(|(name, _)| is_asked(name)).filter_map(|(_, flag)| Flag::named(flag)).collect()
}
