//! The program that takes a message: no shell, no splitting, none of our credentials, an end to its time.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Phase, Result};
use crate::imap::types::Uid;

/// How long a running program is left alone at most before it is looked at again.
const LOOK: Duration = Duration::from_millis(50);

/// A program and its arguments.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    arguments: Vec<String>,
    timeout: Option<Duration>,
    /// Variables that it does not inherit.
    private: Vec<OsString>,
}

/// The message that a program is given.
pub(super) struct Given<'a> {
    pub(super) uid: Uid,
    pub(super) mailbox: &'a str,
    pub(super) folder: &'a str,
    pub(super) file: &'a Path,
    /// The folder of its attachments, where there is one.
    pub(super) attachments: Option<&'a Path>,
    /// The directory's lock.
    pub(super) lock: Option<&'a File>,
}

/// What became of a message that a program was given; in words why it was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// The program has it.
    Yes,
    /// The program does not want this message.
    Refused(String),
    /// Nothing that says anything of the message.
    Failed(String),
}

impl Program {
    /// The program `name`, by its path or from `PATH`, which must exist and be executable; `{}` in an argument
    /// is the message's file.
    pub fn new(name: &str, arguments: Vec<String>, timeout: Option<Duration>) -> Result<Program> {
        let missing = || Error::new(Kind::Usage, Phase::Options, format!("there is no executable program {name:?}"));
        let path = find(name).ok_or_else(missing)?;
        Ok(Program { path, arguments, timeout, private: Vec::new() })
    }

    /// Takes variables out of the program's environment: those that hold a credential or lead to one.
    #[must_use]
    pub(crate) fn without(mut self, variables: impl IntoIterator<Item = OsString>) -> Program {
        self.private.extend(variables);
        self
    }

    /// Runs it to its end.
    pub(super) fn run(&self, given: &Given, deadline: Option<Instant>) -> Taken {
        self.run_to_its_end(given, deadline).map_or_else(Taken::Failed, ended)
    }

    /// `Err` says in words why it has no end of its own.
    fn run_to_its_end(&self, given: &Given, deadline: Option<Instant>) -> std::result::Result<ExitStatus, String> {
        let mut command = Command::new(&self.path);
        for argument in &self.arguments {
            command.arg(with_file(argument, given.file));
        }
        self.private.iter().for_each(|name| {
            command.env_remove(name);
        });
        command
            .env("EXOIMAP_UID", given.uid.to_string())
            .env("EXOIMAP_MAILBOX", given.mailbox)
            .env("EXOIMAP_FOLDER", given.folder)
            .env("EXOIMAP_FILE", given.file)
            .env("EXOIMAP_ATTACHMENTS", given.attachments.map(Path::as_os_str).unwrap_or_default())
            .stdin(nothing(given.lock))
            .stdout(std::io::stderr());
        let mut child = command.spawn().map_err(|e| format!("could not be started: {e}"))?;
        let own_end = self.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let end = [own_end, deadline].into_iter().flatten().min();
        let ended = wait_until(end, &mut child).map_err(|e| format!("could not be waited for: {e}"))?;
        ended.ok_or_else(|| "was still running when its time was over".to_owned())
    }
}

/// Waits for a program to end; one that has not at `end` is killed, and has no status. Its own children live on: the
/// standard library can make a group of them and not end one.
pub(crate) fn wait_until(end: Option<Instant>, child: &mut Child) -> io::Result<Option<ExitStatus>> {
    let mut look = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if end.is_some_and(|end| Instant::now() >= end) {
            let _ = child.kill();
            let _ = child.wait();
            return Ok(None);
        }
        std::thread::sleep(look);
        look = (look * 2).min(LOOK);
    }
}

/// A stdin that is empty. On Unix it is our lock, a file of no length: where we are killed, it lasts until the program
/// that we leave behind has ended, and no run starts another one for the same message meanwhile. On Windows a file that
/// is locked cannot be read by others.
fn nothing(lock: Option<&File>) -> Stdio {
    let lock = lock.filter(|_| cfg!(unix)).and_then(|lock| lock.try_clone().ok());
    lock.map_or_else(Stdio::null, Stdio::from)
}

/// 75 is `EX_TEMPFAIL`; 126 and above are a shell's words for a program that did not run, or was killed.
fn ended(status: ExitStatus) -> Taken {
    match status.code() {
        Some(0) => Taken::Yes,
        Some(code @ (1..=74 | 76..=125)) => Taken::Refused(format!("ended with {code}")),
        Some(code) => Taken::Failed(format!("ended with {code}")),
        None => Taken::Failed("was killed by a signal".to_owned()),
    }
}

/// An argument with every `{}` in it replaced by the file's path, whatever bytes that has. A path that begins with `-`
/// would be taken for an option.
fn with_file(argument: &str, file: &Path) -> OsString {
    let is_like_an_option = file.as_os_str().as_encoded_bytes().starts_with(b"-");
    let file = if is_like_an_option { Path::new(".").join(file) } else { file.to_owned() };
    let mut whole = OsString::new();
    for (at, part) in argument.split("{}").enumerate() {
        if at > 0 {
            whole.push(&file);
        }
        whole.push(OsStr::new(part));
    }
    whole
}

/// A name with a separator is a path; any other is looked for in `PATH`.
fn find(name: &str) -> Option<PathBuf> {
    if name.is_empty() {
        return None;
    }
    let if_program = |path: PathBuf| is_program(&path).then_some(path);
    if Path::new(name).components().count() > 1 {
        return if_program(std::path::absolute(name).ok()?);
    }
    let endings: &[&str] = if cfg!(windows) { &["", ".exe", ".cmd", ".bat"] } else { &[""] };
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|dir| endings.iter().map(move |ending| dir.join(format!("{name}{ending}"))))
        .find_map(if_program)
}

/// A file that somebody may run.
#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Windows goes by the name, and knows best.
#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn run(script: &str, timeout: Option<Duration>) -> Taken {
        let program = Program::new("sh", vec!["-c".into(), script.into(), "x".into(), "<{}>".into()], timeout).unwrap();
        let file = Path::new("/var/spool/a file.eml");
        let given =
            Given { uid: Uid::new(7).unwrap(), mailbox: "m", folder: "注文", file, attachments: None, lock: None };
        program.run(&given, None)
    }

    #[test]
    fn it_knows_its_message_and_none_of_our_secrets() {
        assert_eq!(
            run(r#"test "$1" = "</var/spool/a file.eml>" -a "$EXOIMAP_UID$EXOIMAP_FOLDER" = "7注文""#, None),
            Taken::Yes
        );
        assert_eq!(run(r#"test -z "$AZURE_CLIENT_SECRET" && ! read line"#, None), Taken::Yes);
    }

    #[test]
    fn its_end_is_told_in_words() {
        assert_eq!(run("exit 3", None), Taken::Refused("ended with 3".into()));
        assert_eq!(run("kill -9 $$", None), Taken::Failed("was killed by a signal".into()));
        assert_eq!(
            run("exec sleep 60", Some(Duration::from_millis(50))),
            Taken::Failed("was still running when its time was over".into())
        );
        assert_eq!(Program::new("no-such-program-here", vec![], None).unwrap_err().kind(), Kind::Usage);
        assert_eq!(Program::new("./nor/here", vec![], None).unwrap_err().kind(), Kind::Usage);
    }
}
