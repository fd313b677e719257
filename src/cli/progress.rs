//! How far a fetch is: results as they become durable, and on a terminal a line with rate and time left.

use std::time::{Duration, Instant};

use crate::delivery::{Delivered, Watch};
use crate::imap::types::Uid;
use crate::{MailboxName, Result};
use serde_json::{Map, Value, json};

use super::output::{Output, line, object_line};

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
    fn add_to(self, fields: &mut Map<String, Value>) {
        for (name, value) in [("mailbox", self.mailbox), ("folder", self.folder)] {
            fields.extend(value.map(|value| (name.to_owned(), json!(value))));
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
        object.as_object_mut().into_iter().for_each(|fields| self.whose.add_to(fields));
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
    let mut object = json!({
        "uid": message.uid.get(),
        "path": message.path.to_string_lossy(),
        "size": message.size,
    });
    if let Some(fields) = object.as_object_mut() {
        whose.add_to(fields);
        more(message, fields);
        if message.handed_over {
            fields.insert("handed_over".to_owned(), json!(true));
        }
        if !message.broken.is_empty() {
            fields.insert("broken".to_owned(), json!(message.broken));
        }
    }
    object
}

fn more(message: &Delivered, fields: &mut Map<String, Value>) {
    if let Some(headers) = &message.headers {
        let named = [
            ("date", &headers.date),
            ("from", &headers.from),
            ("to", &headers.to),
            ("cc", &headers.cc),
            ("subject", &headers.subject),
            ("message_id", &headers.message_id),
        ];
        named.iter().for_each(|(name, value)| {
            fields.insert((*name).to_owned(), json!(value));
        });
    }
    if let Some(folder) = &message.attachments_in {
        let attachments: Vec<_> = message
            .attachments
            .iter()
            .map(|part| {
                let path = folder.join(&part.name);
                json!({
                    "name": part.name,
                    "original_name": part.original_name,
                    "type": part.media_type,
                    "size": part.size,
                    "disposition": part.disposition,
                    "content_id": part.content_id,
                    "broken": part.broken,
                    "path": path.to_string_lossy(),
                })
            })
            .collect();
        fields.insert("attachments".to_owned(), json!(attachments));
    }
}

fn clock(seconds: f64) -> String {
    let seconds = seconds as u64;
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=3599 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}
