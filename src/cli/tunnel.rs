//! `exoimap tunnel`: a session for a mail program that starts us and takes what it finds for signed in.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::bridge::{self, Reason};
use crate::{Error, Kind, Phase, Result};
use clap::ArgMatches;

use super::exit::Exit;
use super::output::Output;
use super::session::Setting;
use super::sign_in::SignIn;

pub(crate) fn run(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    let mailbox = setting.mailbox()?;
    let idle = arguments.get_one::<Duration>("idle-timeout").copied().unwrap_or(Duration::from_secs(35 * 60));
    let (input, reply) = pipes().map_err(|e| local("opening stdin and stdout", e))?;
    if io::stdin().is_terminal() {
        output.note(
            "this is for a mail program to run (mbsync, mutt, offlineimap, fetchmail); you may type IMAP all the same",
        );
    }
    let session = SignIn::new(setting, output, mailbox).keep(&mut setting.retry(output)).inspect_err(|error| {
        // Mail programs show this, where they do not show what stands on stderr.
        if !matches!(error.kind(), Kind::Usage | Kind::Local) {
            let _ = bridge::refuse(error, &reply);
        }
    })?;
    let who = format!("{mailbox} at {}", setting.server.host);
    let (sender, receiver) = mpsc::channel();
    // In a thread of its own: the process must end in time even if the client reads nothing.
    std::thread::Builder::new()
        .name("tunnel".to_owned())
        .spawn(move || sender.send(bridge::tunnel(session, &who, input, reply, idle)))
        .map_err(|e| local("starting a thread", e))?;
    let ended = match setting.deadline {
        Some(end) => receiver.recv_timeout(end.saturating_duration_since(Instant::now())).ok(),
        None => receiver.recv().ok(),
    };
    let ended = ended.transpose()?.ok_or_else(|| Error::time_limit(Phase::Command, ""))?;
    output.step(&format!("{} bytes sent, {} received: {}", ended.up, ended.down, ended.reason));
    match ended.reason {
        Reason::LoggedOut | Reason::ClientClosed => Ok(Exit::Done),
        reason => Err(Error::new(Kind::Temporary, Phase::Command, format!("{reason}; start it again"))),
    }
}

/// stdin and stdout without the buffers that the standard library puts around them.
fn pipes() -> io::Result<(File, File)> {
    #[cfg(unix)]
    let (input, output) = {
        use std::os::fd::AsFd;
        (io::stdin().as_fd().try_clone_to_owned()?, io::stdout().as_fd().try_clone_to_owned()?)
    };
    #[cfg(windows)]
    let (input, output) = {
        use std::os::windows::io::AsHandle;
        (io::stdin().as_handle().try_clone_to_owned()?, io::stdout().as_handle().try_clone_to_owned()?)
    };
    Ok((File::from(input), File::from(output)))
}

fn local(doing: &str, e: io::Error) -> Error {
    Error::new(Kind::Local, Phase::Command, format!("{doing}: {e}"))
}
