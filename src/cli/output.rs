//! Results on stdout, everything else on stderr, nothing raw. Threads share it: a line is never torn.

use std::collections::HashSet;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::secret::hide;
use crate::text::{Escaped, escape};
use crate::{Error, Kind, Phase, Result, Secret};
use clap::ArgMatches;
use serde_json::Value;

use super::exit::Exit;
use super::input::deadline;
use super::log::Log;
use super::options;

/// What the user wants to see.
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
    /// Nobody reads stdout any more: `| head` has what it wanted.
    closed: AtomicBool,
    /// A person looks on: a line that is written over tells how far it is.
    live: bool,
    pub(crate) stderr: Arc<Stderr>,
}

/// stderr; everything that writes a line to it comes here, transcripts too.
pub(crate) struct Stderr {
    /// A line that tells how far it is stands there.
    drawn: AtomicBool,
    /// Hears all that stderr does, but for that line.
    log: Option<Log>,
    /// What is said once, however often it comes.
    said: Mutex<HashSet<String>>,
}

impl Output {
    pub(crate) fn new(arguments: &ArgMatches) -> Result<Output> {
        let quiet = arguments.get_flag("quiet");
        let log = arguments.get_one::<String>("log").filter(|file| !file.is_empty());
        Ok(Output {
            json: arguments.get_flag("json"),
            quiet,
            verbose: arguments.get_flag("verbose"),
            live: !quiet && io::stderr().is_terminal(),
            ..Output::bare(log.map(|file| Log::open(file, deadline(arguments))).transpose()?)
        })
    }

    /// For what goes wrong before it is known what the user wants to see.
    pub(crate) fn bare(log: Option<Log>) -> Output {
        Output {
            json: false,
            quiet: false,
            verbose: false,
            closed: AtomicBool::new(false),
            live: false,
            stderr: Arc::new(Stderr { drawn: AtomicBool::new(false), log, said: Mutex::default() }),
        }
    }

    /// The same places to write to, for another thread that does not end.
    pub(crate) fn shared(&self) -> Output {
        let closed = AtomicBool::new(self.is_closed());
        Output { closed, stderr: Arc::clone(&self.stderr), ..*self }
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
            self.stderr.wipe(&mut io::stderr().lock());
        }
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        written.map_err(|e| {
            self.closed.fetch_or(e.kind() == io::ErrorKind::BrokenPipe, Ordering::Relaxed);
            Error::new(Kind::Local, Phase::Disk, format!("writing to stdout: {e}"))
        })
    }

    /// True where nobody reads stdout any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// stdout as a stream of bytes, for messages themselves.
    pub(crate) fn stream(&self) -> Stream<'_> {
        Stream(self)
    }

    /// What a person may want to know.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.say(&format!("exoimap: {}", Escaped(text)));
        }
    }

    /// A step, for who wants to see each.
    pub(crate) fn step(&self, text: &str) {
        if self.verbose {
            self.say(&format!("exoimap: {}", Escaped(text)));
        }
    }

    /// Something went wrong and the run goes on.
    pub(crate) fn warn(&self, text: &str) {
        self.say(&format!("exoimap: {}", Escaped(text)));
    }

    /// True where [`progress`](Self::progress) is seen by somebody.
    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    /// How far it is, on a terminal, in place of what was said so before.
    pub(crate) fn progress(&self, text: &str) {
        if self.live {
            let mut stderr = io::stderr().lock();
            let _ = write!(stderr, "\r\x1b[K{}", Escaped(text)).and_then(|()| stderr.flush());
            self.stderr.drawn.store(true, Ordering::Relaxed);
        }
    }

    /// The error that ended the run, and what to do about it.
    pub(crate) fn failed(&self, error: &Error, hints: &[String]) -> Exit {
        self.failed_for("", error, hints)
    }

    /// The same for one mailbox of several, named by `whose`.
    pub(crate) fn failed_for(&self, whose: &str, error: &Error, hints: &[String]) -> Exit {
        if !self.is_closed() {
            self.say(&format!("exoimap: {}{}", Escaped(whose), said(error)));
            hints.iter().for_each(|hint| self.say(&format!("hint: {}", Escaped(hint))));
        }
        error.into()
    }

    fn say(&self, line: &str) {
        self.stderr.say(line);
    }
}

impl Stderr {
    /// A line. stderr may be closed too; there is nobody left to tell.
    pub(crate) fn say(&self, line: &str) {
        let mut stderr = io::stderr().lock();
        self.wipe(&mut stderr);
        let _ = writeln!(stderr, "{line}");
        if let Some(Err(e)) = self.log.as_ref().map(|log| log.add(line)) {
            let complaint = format!("exoimap: writing the log: {e}");
            if self.is_news(&complaint) {
                let _ = writeln!(stderr, "{complaint}");
            }
        }
    }

    /// A line that is news only the first time.
    pub(crate) fn say_once(&self, line: &str) {
        if self.is_news(line) {
            self.say(line);
        }
    }

    fn is_news(&self, line: &str) -> bool {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).insert(line.to_owned())
    }

    fn wipe(&self, stderr: &mut impl Write) {
        if self.drawn.swap(false, Ordering::Relaxed) {
            let _ = write!(stderr, "\r\x1b[K");
        }
    }
}

/// A line of results, made safe for a terminal; a tab stands between its fields. UIDs and paths stay what they are:
/// text of others is [`Escaped`] before.
pub(crate) fn line(fields: &[&str]) -> String {
    let escaped: Vec<_> = fields.iter().map(|field| escape(field)).collect();
    format!("{}\n", escaped.join("\t"))
}

/// An object as a line of results.
pub(crate) fn object_line(object: &Value) -> String {
    format!("{}\n", json_text(&without_credentials(object).to_string()))
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

/// stdout for messages: `--to -`.
pub(crate) struct Stream<'a>(&'a Output);

impl Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stdout().write(bytes).inspect_err(|e| {
            self.0.closed.fetch_or(e.kind() == io::ErrorKind::BrokenPipe, Ordering::Relaxed);
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

/// JSON whose strings cannot reorder or retitle a terminal: what JSON lets pass and [`Escaped`] does not
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
    let entry = error.setting().and_then(|setting| options::all().find(|entry| entry.name == setting));
    match entry {
        Some(entry) if entry.env.is_empty() => format!("{error} (--{})", entry.name),
        Some(entry) => format!("{error} (--{}, {})", entry.name, entry.env),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_means_the_same_and_holds_no_control() {
        let value = json!({"subject": "注文 \u{202e}gpj\u{9b}2J \u{1b}"});
        let text = json_text(&value.to_string());
        assert!(text.is_ascii() || !text.contains(['\u{202e}', '\u{9b}', '\u{1b}']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
