//! How far a fetch is: results as they become durable, and on a terminal a line with rate and time left.

use std::time::{Duration, Instant};

use exoimap::delivery::{Delivered, Watch};
use exoimap::imap::types::Uid;
use exoimap::{MailboxName, Result};
use serde_json::{Value, json};

use super::output::{Output, line, object_line};

/// How often the line is drawn at most.
const PACE: Duration = Duration::from_millis(200);

/// Tells of one mailbox's run.
pub(crate) struct Told<'a> {
    output: &'a Output,
    /// The mailbox, where there are several.
    whose: Option<&'a str>,
    started: Instant,
    drawn: Instant,
    expected: u64,
    /// Messages that came in, durable or not yet.
    messages: u64,
    bytes: u64,
}

impl<'a> Told<'a> {
    pub(crate) fn new(output: &'a Output, whose: Option<&'a str>) -> Told<'a> {
        let now = Instant::now();
        Told { output, whose, started: now, drawn: now, expected: 0, messages: 0, bytes: 0 }
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
        let whose = self.whose.map(|whose| format!("{whose}: ")).unwrap_or_default();
        let bytes = self.bytes as f64 / 1e6;
        self.output.progress(&format!(
            "{whose}{} of {} messages, {bytes:.1} MB, {rate:.1} MB/s{left}",
            self.messages, self.expected
        ));
    }
}

impl Watch for Told<'_> {
    fn delivered(&mut self, messages: &[Delivered]) -> Result<()> {
        let line = |message: &Delivered| match self.output.json {
            true => object_line(&object(message, self.whose)),
            false => line(&[&message.uid.to_string(), &message.path.to_string_lossy()]),
        };
        self.output.write(&messages.iter().map(line).collect::<String>())
    }

    fn set_aside(&mut self, uid: Uid, to: &MailboxName, reason: &str) -> Result<()> {
        if !self.output.json {
            return Ok(());
        }
        let mut object = json!({"uid": uid.get(), "failed_to": to.as_str(), "reason": reason});
        if let Some((fields, whose)) = object.as_object_mut().zip(self.whose) {
            fields.insert("mailbox".to_owned(), json!(whose));
        }
        self.output.object(&object)
    }

    fn warn(&mut self, text: &str) {
        match self.whose {
            Some(whose) => self.output.warn(&format!("{whose}: fetch: {text}")),
            None => self.output.warn(&format!("fetch: {text}")),
        }
    }

    fn note(&mut self, text: &str) {
        match self.whose {
            Some(whose) => self.output.note(&format!("{whose}: fetch: {text}")),
            None => self.output.note(&format!("fetch: {text}")),
        }
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

fn object(message: &Delivered, whose: Option<&str>) -> Value {
    let mut object = json!({
        "uid": message.uid.get(),
        "path": message.path.to_string_lossy(),
        "size": message.size,
    });
    if let Some(fields) = object.as_object_mut() {
        if let Some(whose) = whose {
            fields.insert("mailbox".to_owned(), json!(whose));
        }
        more(message, fields);
        if !message.broken.is_empty() {
            fields.insert("broken".to_owned(), json!(message.broken));
        }
    }
    object
}

#[cfg(feature = "attachments")]
fn more(message: &Delivered, fields: &mut serde_json::Map<String, Value>) {
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

#[cfg(not(feature = "attachments"))]
fn more(_: &Delivered, _: &mut serde_json::Map<String, Value>) {}

fn clock(seconds: f64) -> String {
    let seconds = seconds as u64;
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=3599 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}
