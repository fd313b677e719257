//! The client secret: from a file, a variable, or a command that prints it (`pass show …`, a vault's own
//! program).
//!
//! The command runs in the platform's shell, reads nothing, and says what it has to say on our stderr.
//! What it prints is bounded, and so is its time.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::{Error, Kind, Phase, Result, Secret, threads};
use clap::ArgMatches;
use clap::parser::ValueSource;

use super::environment;
use super::exit::TIME_LIMIT;
use super::input::{MOST, read_secret, secret_of};

/// How long a program that has closed its stdout is left alone before it is looked at again.
const LOOK: Duration = Duration::from_millis(5);

/// The secret and where it came from; none where nothing names one. An option comes before the variable
/// with the value, that before the variables with a file or a command.
pub(crate) fn client_secret(arguments: &ArgMatches, deadline: Option<Instant>) -> Result<Option<(Secret, String)>> {
    let text = |name: &str| arguments.get_one::<String>(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let named = |name: &str| arguments.value_source(name) == Some(ValueSource::CommandLine);
    let file = text("client-secret-file");
    let command = text("client-secret-command");
    let timeout = arguments.get_one::<Duration>("timeout").copied().unwrap_or(Duration::from_secs(60));
    let read = |file: &str| {
        let from = if file == "-" { "stdin" } else { file };
        Ok(Some((read_secret(file, "the client secret", deadline)?, from.to_owned())))
    };
    let run = |command: &str| Ok(Some((run(command, timeout, deadline)?, "a command".to_owned())));
    match (file, environment::secret("AZURE_CLIENT_SECRET"), command) {
        (Some(file), ..) if named("client-secret-file") => read(file),
        (.., Some(command)) if named("client-secret-command") => run(command),
        (_, Some(secret), _) => Ok(Some((secret, "AZURE_CLIENT_SECRET".to_owned()))),
        (Some(file), ..) => read(file),
        (.., Some(command)) => run(command),
        _ => Ok(None),
    }
}

fn run(command: &str, timeout: Duration, deadline: Option<Instant>) -> Result<Secret> {
    let failed = |kind: Kind, why: String| {
        let message = format!("the command that prints the client secret {why} (--client-secret-command)");
        Error::new(kind, Phase::Credential, message)
    };
    let now = Instant::now();
    let left = deadline.map_or(timeout, |deadline| timeout.min(deadline.saturating_duration_since(now)));
    let end = now + left;
    let mut child = shell(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| failed(Kind::Usage, format!("could not be started: {e}")))?;
    let printed = printed(&mut child, end);
    let Some((printed, status)) = printed.and_then(|printed| Some((printed, wait(&mut child, end)?))) else {
        // What the shell has started may live on; nobody reads it any more.
        let _ = child.kill();
        let _ = child.wait();
        let late = if left < timeout { format!(": {TIME_LIMIT}") } else { format!(" after {} s", timeout.as_secs()) };
        return Err(failed(Kind::Temporary, format!("was not done{late}")));
    };
    match status.code() {
        // Who prints more than we read may die of it; that is not why it failed.
        code if code == Some(0) || printed.len() as u64 > MOST => secret_of(&printed)
            .map_err(|why| failed(Kind::Usage, format!("printed something that is not a secret: {why}"))),
        // What shells say of a program that is not there, or that is none.
        Some(code @ (126 | 127)) => Err(failed(Kind::Usage, format!("could not be run: the shell ended with {code}"))),
        Some(code) => Err(failed(Kind::Refused, format!("ended with {code}"))),
        None => Err(failed(Kind::Refused, "was killed by a signal".to_owned())),
    }
}

#[cfg(windows)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    // With /S the outer quotes are taken off, and what is between them is the command as it is.
    std::os::windows::process::CommandExt::raw_arg(&mut shell, format!("/S /C \"{command}\""));
    shell
}

#[cfg(not(windows))]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]);
    shell
}

/// What it prints up to the end, or up to one byte more than we take; none if that takes too long. A thread reads,
/// because what the shell has started may hold the pipe open without end.
fn printed(child: &mut Child, end: Instant) -> Option<Secret> {
    let stdout = child.stdout.take()?;
    let read = move || {
        let mut bytes = Vec::new();
        stdout.take(MOST + 1).read_to_end(&mut bytes).map(|_| Secret::new(bytes))
    };
    threads::until(Some(end), read).ok()
}

fn wait(child: &mut Child, end: Instant) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < end => std::thread::sleep(LOOK),
            _ => return None,
        }
    }
}
