//! Results on stdout, everything else on stderr, nothing raw. Threads share it: a line is never torn.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

use crate::calendar::rfc3339;
use crate::delivery::Headers;
use crate::files::open_private;
use crate::secret::hide;
use crate::text::{escape, safe};
use crate::threads::lock;
use crate::{Error, Kind, Phase, Result, Secret};
use serde_json::{Value, json};

use super::{Arguments, Exit, options};

/// What the user wants to see, and where it goes.
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) json: bool,
    quiet: bool,
    verbose: bool,
    /// Nobody reads stdout any more: `| head` has what it wanted.
    closed: AtomicBool,
    /// A person looks on: a line that is written over tells how far it is.
    live: bool,
    /// Such a line stands on stderr.
    drawn: AtomicBool,
    /// Gets all that stderr does, but for that line; Task Scheduler drops stderr. Several runs may append to it at a time.
    log: Option<Mutex<File>>,
    /// What is said once, however often it comes.
    said: Mutex<HashSet<String>>,
}

impl Output {
    pub(crate) fn new(arguments: &Arguments) -> Result<Output> {
        let quiet = arguments.has("quiet");
        Ok(Output {
            json: arguments.has("json"),
            quiet,
            verbose: arguments.has("verbose"),
            live: !quiet && io::stderr().is_terminal(),
            ..Output::with_log(arguments.text("log"), arguments.deadline())?
        })
    }

    /// For what goes wrong before it is known what the user wants to see.
    pub(crate) fn with_log(file: Option<&str>, deadline: Option<Instant>) -> Result<Output> {
        let log = file.map(|file| open("log", file, true, deadline).map(Mutex::new)).transpose()?;
        Ok(Output { log, ..Output::default() })
    }

    /// A result: an object, or a [`line`] of fields.
    pub(crate) fn result(&self, object: impl FnOnce() -> Value, fields: &[&str]) -> Result<()> {
        if self.json { self.object(&object()) } else { self.line(fields) }
    }

    /// A [`line`] of results.
    pub(crate) fn line(&self, fields: &[&str]) -> Result<()> {
        self.write(&line(fields))
    }

    /// An object of results, on one line.
    pub(crate) fn object(&self, object: &Value) -> Result<()> {
        self.write(&object_line(object))
    }

    /// An object for people.
    pub(crate) fn pretty(&self, object: &Value) -> Result<()> {
        self.write(&format!("{}\n", json_text(&format!("{:#}", without_credentials(object)))))
    }

    /// A secret that was asked for: shown as it is.
    pub(crate) fn secret(&self, secret: &Secret) -> Result<()> {
        self.write(&format!("{}\n", secret.expose_str().unwrap_or_default()))
    }

    /// Lines at once, each made by [`line`] or [`object_line`]; or a secret that was asked for.
    pub(crate) fn write(&self, text: &str) -> Result<()> {
        if self.live {
            self.wipe(&mut io::stderr().lock());
        }
        let _lock = io::stdout().lock();
        let written = self.stream().write_all(text.as_bytes()).and_then(|()| self.stream().flush());
        written.map_err(|e| Error::new(Kind::Local, Phase::Disk, format!("writing to stdout: {e}")))
    }

    /// stdout as a stream of bytes, for messages themselves.
    pub(crate) fn stream(&self) -> Stream<'_> {
        Stream(self)
    }

    /// True if nobody reads stdout any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// What a person may want to know.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// A step, for who wants to see each.
    pub(crate) fn step(&self, text: &str) {
        if self.verbose {
            self.warn(text);
        }
    }

    /// Something went wrong and the run goes on.
    pub(crate) fn warn(&self, text: &str) {
        self.say(&format!("exoimap: {}", safe(text)));
    }

    /// A warning that is news only the first time.
    pub(crate) fn warn_once(&self, text: &str) {
        if self.is_news(text) {
            self.warn(text);
        }
    }

    /// True if somebody sees [`progress`](Self::progress).
    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    /// How far it is, on a terminal, in place of what was said so before.
    pub(crate) fn progress(&self, text: &str) {
        if self.live {
            let mut stderr = io::stderr().lock();
            let _ = write!(stderr, "\r\x1b[K{}", safe(text)).and_then(|()| stderr.flush());
            self.drawn.store(true, Ordering::Relaxed);
        }
    }

    /// An error that ends the run, or the part of it that `whose` names, and what to do about it.
    pub(crate) fn failed(&self, whose: &str, error: &Error, hints: &[String]) -> Exit {
        if !self.is_closed() {
            // Other mailboxes may have something to say; a hint stands below its error.
            let _together = io::stderr().lock();
            self.say(&format!("exoimap: {}{}", safe(whose), said(error)));
            hints.iter().for_each(|hint| self.say(&format!("hint: {}", safe(hint))));
        }
        error.into()
    }

    /// A line on stderr, which may be closed too; there is nobody left to tell.
    pub(crate) fn say(&self, line: &str) {
        let mut stderr = io::stderr().lock();
        self.wipe(&mut stderr);
        let _ = writeln!(stderr, "{line}");
        let Some(log) = &self.log else { return };
        let mut log = lock(log);
        // In one write.
        if let Err(e) = log.write_all(format!("{} {line}\n", rfc3339(SystemTime::now())).as_bytes()) {
            let complaint = format!("exoimap: writing the log: {e}");
            if self.is_news(&complaint) {
                let _ = writeln!(stderr, "{complaint}");
            }
        }
    }

    fn is_news(&self, line: &str) -> bool {
        lock(&self.said).insert(line.to_owned())
    }

    fn wipe(&self, stderr: &mut impl Write) {
        if self.drawn.swap(false, Ordering::Relaxed) {
            let _ = write!(stderr, "\r\x1b[K");
        }
    }
}

/// Opens the file of an option that is written to, and maybe appended to.
pub(crate) fn open(option: &str, file: &str, append: bool, deadline: Option<Instant>) -> Result<File> {
    let failed = |e| Error::file(Kind::Local, Phase::Options, format!("opening {file} (--{option})"), e);
    open_private(Path::new(file), append, deadline).map_err(failed)
}

/// stdout; that nobody reads it any more is noticed.
pub(crate) struct Stream<'a>(&'a Output);

impl Stream<'_> {
    fn noticed<T>(&self, done: io::Result<T>) -> io::Result<T> {
        if done.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::BrokenPipe) {
            self.0.closed.store(true, Ordering::Relaxed);
        }
        done
    }
}

impl Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.noticed(io::stdout().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.noticed(io::stdout().flush())
    }
}

/// A line of results, made safe for a terminal; a tab stands between its fields. UIDs and paths stay what they are:
/// text of others is [`safe`] before.
pub(crate) fn line(fields: &[&str]) -> String {
    let escaped: Vec<_> = fields.iter().map(|field| escape(field)).collect();
    format!("{}\n", escaped.join("\t"))
}

/// An object as a line of results.
pub(crate) fn object_line(object: &Value) -> String {
    format!("{}\n", json_text(&without_credentials(object).to_string()))
}

/// The header fields that people sort by, as an object has them.
pub(crate) fn header_fields(headers: &Headers) -> Value {
    let Headers { date, from, to, cc, subject, message_id, .. } = headers;
    json!({"date": date, "from": from, "to": to, "cc": cc, "subject": subject, "message_id": message_id})
}

/// The object without what its texts repeat of our credentials; paths stay what they are.
fn without_credentials(value: &Value) -> Value {
    match value {
        Value::String(text) => hide(text).into(),
        Value::Array(items) => items.iter().map(without_credentials).collect(),
        Value::Object(fields) => {
            let shown =
                |name: &str, value: &Value| if name == "path" { value.clone() } else { without_credentials(value) };
            fields.iter().map(|(name, value)| (name.clone(), shown(name, value))).collect()
        }
        other => other.clone(),
    }
}

/// JSON whose strings cannot reorder or retitle a terminal: what JSON lets pass and [`safe`] does not
/// is written as `\uXXXX`, which means the same.
fn json_text(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        let alone = c.to_string();
        if c != '\n' && escape(&alone) != alone {
            text.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            text.push(c);
        }
    }
    text
}

/// The error's line, with the option and the variable of the setting that it is about.
pub(crate) fn said(error: &Error) -> String {
    match error.setting().and_then(options::named) {
        Some(entry) => format!("{error} ({})", entry.names()),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_means_the_same_and_holds_no_control() {
        let value = json!({"subject": "注文 \u{202e}gpj\u{9b}2J \u{1b}"});
        let text = json_text(&value.to_string());
        assert!(text.is_ascii() || !text.contains(['\u{202e}', '\u{9b}', '\u{1b}']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
