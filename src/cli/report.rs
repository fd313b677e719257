//! `check --report FILE`: one text file that can be mailed to an administrator. It holds what was tried and
//! what was said, and no credential: options that may hold one are named and not shown, the dialogue
//! comes from a transcript, which masks them where they are written.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::files::open_private;
use crate::{Error, Kind, Phase, Result, calendar::rfc3339, text::Escaped};
use clap::ArgMatches;
use clap::parser::ValueSource;

use super::exit::Exit;
use super::input::deadline;
use super::options;
use super::output::said;
use super::session::Setting;

/// A report that is being put together; without `--report` it does nothing.
#[derive(Default)]
pub(crate) struct Report {
    to: Option<(PathBuf, File)>,
    options: String,
    lines: String,
}

impl Report {
    /// Opens the file before anything is tried, so that the only run that fails is not in vain. What is
    /// `valid` has passed its checks; anything else may be a secret in the wrong variable.
    pub(crate) fn open(arguments: &ArgMatches, valid: bool) -> Result<Report> {
        let Some(path) = arguments.get_one::<String>("report").filter(|path| !path.is_empty()) else {
            return Ok(Report::default());
        };
        let path = PathBuf::from(path);
        let file = open_private(&path, false, deadline(arguments)).map_err(|e| refused(&path, e))?;
        Ok(Report { to: Some((path, file)), options: options(arguments, valid), lines: String::new() })
    }

    /// A line as it was shown.
    pub(crate) fn line(&mut self, line: &str) {
        if self.to.is_some() {
            self.lines.push_str(&format!("{}\n", Escaped(line)));
        }
    }

    /// An error as it was shown, and what the others call it.
    pub(crate) fn error(&mut self, error: &Error, hints: &[String], heading: Option<&str>) {
        self.line(&format!("exoimap: {}", said(error)));
        hints.iter().for_each(|hint| self.line(&format!("hint: {hint}")));
        if let Some(heading) = heading {
            self.line(&format!("more in docs/troubleshooting.md under: {heading}"));
        }
        if let Some(reply) = error.entra() {
            let ids = [
                ("AADSTS", reply.codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
                ("trace id", reply.trace_id.clone()),
                ("correlation id", reply.correlation_id.clone()),
                ("at", reply.timestamp.clone()),
            ];
            ids.iter().for_each(|(name, id)| self.line(&format!("Entra ID: {name} {id}")));
        }
    }

    /// Writes it down.
    pub(crate) fn write(self, exit: Exit, setting: Option<&Setting>) -> Result<()> {
        let Some((path, mut file)) = self.to else { return Ok(()) };
        let claims = setting.and_then(Setting::claims).map_or_else(
            || "none: there was no token, or it says nothing about itself\n".to_owned(),
            |claims| format!("{:#}\n", claims.all),
        );
        // A line of JSON may hold what others wrote; its line ends are ours.
        let claims: String = claims.lines().map(|line| format!("{}\n", Escaped(line))).collect();
        let dialogue = setting.map(Setting::dialogue).filter(|dialogue| !dialogue.is_empty());
        let text = format!(
            "exoimap {}, {} {}, {}\n\n# Options\n{}\n# Steps\n{}exit {}\n\n# Claims of the token\n{claims}\n# Dialogue\n{}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH,
            rfc3339(SystemTime::now()),
            self.options,
            self.lines,
            exit as u8,
            dialogue.as_deref().unwrap_or("none: no server was talked to\n"),
        );
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|e| refused(&path, e))
    }
}

fn refused(path: &std::path::Path, e: std::io::Error) -> Error {
    Error::file(Kind::Local, Phase::Options, format!("writing {} (--report)", path.display()), e)
}

/// The options that are not as they always are, then the names of the variables that count.
fn options(arguments: &ArgMatches, valid: bool) -> String {
    let mut text = String::new();
    let shown = |id: &str| options::all().any(|entry| entry.name == id && entry.shown);
    for id in arguments.ids().map(clap::Id::as_str) {
        let Some(source) = arguments.value_source(id).filter(|source| *source != ValueSource::DefaultValue) else {
            continue;
        };
        let from = if source == ValueSource::EnvVariable { " (from the environment)" } else { "" };
        let raw = arguments.get_raw(id).into_iter().flatten().map(|value| value.to_string_lossy().into_owned());
        let value = if valid && shown(id) { raw.collect::<Vec<_>>().join(" ") } else { "(set)".to_owned() };
        text.push_str(&format!("--{id} {}{from}\n", Escaped(&value)));
    }
    let counts = |name: &str| options::is_setting(name) || options::variable_named(name).is_some();
    let mut names: Vec<_> = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    names.retain(|name| counts(name));
    names.sort();
    text.push_str(&format!("in the environment: {}\n", Escaped(&names.join(" "))));
    text
}
