//! `--log`: what is said on stderr, with the time, in a file. Task Scheduler drops stderr.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use crate::files::open_private;
use crate::{Error, Kind, Phase, Result, calendar::rfc3339};

/// The file; several runs may append to it at a time.
pub(crate) struct Log(Mutex<File>);

impl Log {
    pub(crate) fn open(file: &str, deadline: Option<Instant>) -> Result<Log> {
        let refused = |e| Error::file(Kind::Local, Phase::Options, format!("opening {file} (--log)"), e);
        let file = open_private(Path::new(file), true, deadline).map_err(refused)?;
        Ok(Log(Mutex::new(file)))
    }

    /// Adds a line, in one write.
    pub(crate) fn add(&self, line: &str) -> io::Result<()> {
        let line = format!("{} {line}\n", rfc3339(SystemTime::now()));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes())
    }
}
