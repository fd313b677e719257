//! How far a fetch is: results as they become durable, and on a terminal a line with rate and time left.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::delivery::{Attachment, Delivered, Outcome, Watch};
use crate::imap::types::Uid;
use crate::{MailboxName, Result};
use serde_json::{Value, json};

use super::output::{header_fields, line, object_line};
use super::{Exit, Output};

/// How often the line is drawn at most.
const PACE: Duration = Duration::from_millis(200);

/// The mailbox and the folder, where there are several.
#[derive(Clone, Copy, Default)]
pub(crate) struct Whose<'a> {
    pub(crate) mailbox: Option<&'a str>,
    pub(crate) folder: Option<&'a str>,
}

impl Whose<'_> {
    /// What stands before a line for people.
    pub(crate) fn prefix(self) -> String {
        [self.mailbox, self.folder].iter().flatten().map(|name| format!("{name}: ")).collect()
    }

    /// The same in an object.
    fn add_to(self, object: &mut Value) {
        for (name, value) in [("mailbox", self.mailbox), ("folder", self.folder)] {
            value.into_iter().for_each(|value| object[name] = value.into());
        }
    }
}

/// Tells of the run of one folder.
pub(crate) struct Progress<'a> {
    output: &'a Output,
    whose: Whose<'a>,
    started: Instant,
    drawn: Instant,
    expected: u64,
    /// Messages that came in, durable or not yet.
    messages: u64,
    bytes: u64,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(output: &'a Output, whose: Whose<'a>) -> Progress<'a> {
        let now = Instant::now();
        Progress { output, whose, started: now, drawn: now, expected: 0, messages: 0, bytes: 0 }
    }

    /// Says how it ended.
    pub(crate) fn summary(&self, outcome: &Outcome, folder: &MailboxName, to: &str) -> Exit {
        let counted = [
            (outcome.taken_as_done, "there already and taken as done"),
            (outcome.delivered, "delivered"),
            (outcome.acted, "marked, moved or deleted"),
            (outcome.failed.len() as u64, "failed"),
            (outcome.gave_up.len() as u64, "given up"),
            (outcome.not_asked, "not asked for"),
            (outcome.handed_over, "of earlier runs handed over"),
            (outcome.not_taken, "not taken by the program"),
            (outcome.set_aside, "moved because the program refused them"),
            (outcome.broken, "parts not decoded"),
            (outcome.unlisted, "not listed by the server"),
        ];
        let said: Vec<_> = counted.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        let text = match said.as_slice() {
            [] => format!("nothing new in {folder}"),
            said => format!("{} ({folder} to {to})", said.join(", ")),
        };
        let prefix = self.whose.prefix();
        match !prefix.is_empty() || said.is_empty() || outcome.taken_as_done > 0 {
            true => self.output.note(&format!("{prefix}{text}")),
            false => self.output.step(&text),
        }
        if outcome.is_partial() { Exit::Partly } else { Exit::Done }
    }

    fn draw(&mut self) {
        let now = Instant::now();
        if now - self.drawn < PACE {
            return;
        }
        self.drawn = now;
        let elapsed = (now - self.started).as_secs_f64().max(0.001);
        let rate = self.bytes as f64 / elapsed / 1e6;
        let left = match self.messages {
            0 => String::new(),
            done => {
                let seconds = elapsed / done as f64 * self.expected.saturating_sub(done) as f64;
                format!(", {} left", clock(seconds))
            }
        };
        let whose = self.whose.prefix();
        let bytes = self.bytes as f64 / 1e6;
        self.output.progress(&format!(
            "{whose}{} of {} messages, {bytes:.1} MB, {rate:.1} MB/s{left}",
            self.messages, self.expected
        ));
    }
}

impl Watch for Progress<'_> {
    fn delivered(&mut self, messages: &[Delivered]) -> Result<()> {
        let line = |message: &Delivered| match self.output.json {
            true => object_line(&object(message, self.whose)),
            false => {
                let fields = [&*message.uid.to_string(), &*message.path.to_string_lossy(), "handed over"];
                line(&fields[..if message.handed_over { 3 } else { 2 }])
            }
        };
        self.output.write(&messages.iter().map(line).collect::<String>())
    }

    fn set_aside(&mut self, uid: Uid, to: &MailboxName, reason: &str) -> Result<()> {
        if !self.output.json {
            return Ok(());
        }
        let mut object = json!({"uid": uid.get(), "failed_to": to.as_str(), "reason": reason});
        self.whose.add_to(&mut object);
        self.output.object(&object)
    }

    fn warn(&mut self, text: &str) {
        self.output.warn(&format!("{}fetch: {text}", self.whose.prefix()));
    }

    fn note(&mut self, text: &str) {
        self.output.note(&format!("{}fetch: {text}", self.whose.prefix()));
    }

    fn announced(&mut self, messages: u64) {
        self.expected = self.messages + messages;
    }

    fn came(&mut self) {
        self.messages += 1;
    }

    fn received(&mut self, bytes: u64) {
        self.bytes += bytes;
        if self.output.is_live() {
            self.draw();
        }
    }
}

fn object(message: &Delivered, whose: Whose) -> Value {
    let mut object = message.headers.as_ref().map_or_else(|| json!({}), header_fields);
    whose.add_to(&mut object);
    object["uid"] = message.uid.get().into();
    object["path"] = message.path.to_string_lossy().into();
    object["size"] = message.size.into();
    if let Some(folder) = &message.attachments_in {
        object["attachments"] = message.attachments.iter().map(|part| attachment(part, folder)).collect();
    }
    if message.handed_over {
        object["handed_over"] = true.into();
    }
    if !message.broken.is_empty() {
        object["broken"] = json!(message.broken);
    }
    object
}

fn attachment(part: &Attachment, folder: &Path) -> Value {
    json!({
        "name": part.name,
        "original_name": part.original_name,
        "type": part.media_type,
        "size": part.size,
        "disposition": part.disposition,
        "content_id": part.content_id,
        "broken": part.broken,
        "path": folder.join(&part.name).to_string_lossy(),
    })
}

fn clock(seconds: f64) -> String {
    let seconds = seconds as u64;
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=3599 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}
