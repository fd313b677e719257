//! `exoimap tunnel`: a session for a mail program that starts us and takes what it finds for signed in. `exoimap relay`: a
//! local IMAP port for programs that know a user name and a password.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use crate::bridge::{self, Level, Passwords, Reason, Relay, Settings};
use crate::exchange::try_sessions;
use crate::imap::Session;
use crate::{Error, Kind, Phase, Result, Retry, Stream};
use serde_json::Value;

use super::input::read_secret;
use super::session::is_refused;
use super::{Call, Exit, Output, Setting, SignIn};

/// A client waits for all of this; some give up after 20 seconds.
const SIGN_IN: Duration = Duration::from_secs(15);

/// What of it may be waited, since node-imap gives up after 5 seconds; a tenth if the mailbox is "not connected", as with
/// too many connections.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// Both, because some programs try the one and some the other for `localhost`.
const LOCAL: [&str; 2] = ["127.0.0.1:1143", "[::1]:1143"];

/// A password that a person chose.
const SHORTEST: usize = 8;
const SHORT: usize = 12;

pub(crate) fn tunnel(call: &Call) -> Result<Exit> {
    let (output, setting) = (&call.output, call.setting()?);
    let (mailbox, idle) = (setting.mailbox()?, call.arguments.value("idle-timeout"));
    let (input, reply) = pipes().map_err(|e| local("opening stdin and stdout", e))?;
    if io::stdin().is_terminal() {
        output.note(
            "this is for a mail program to run (mbsync, mutt, offlineimap, fetchmail); you may type IMAP all the same",
        );
    }
    let session = SignIn::new(&setting, mailbox).keep().inspect_err(|error| {
        // Mail programs show this, where they do not show what stands on stderr.
        if !matches!(error.kind(), Kind::Usage | Kind::Local) {
            let _ = bridge::refuse(error, &reply);
        }
    })?;
    let who = format!("{mailbox} at {}", setting.server.host);
    let (sender, receiver) = mpsc::channel();
    // The process must end in time even if the client reads nothing.
    start("tunnel", move || drop(sender.send(bridge::tunnel(session, &who, input, reply, idle))))?;
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

fn start(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    started.map(drop).map_err(|e| local("starting a thread", e))
}

pub(crate) fn relay(call: &Call) -> Result<Exit> {
    let text = |name: &str| call.arguments.text(name);
    let file = text("password-file").ok_or_else(|| Error::of_setting("password-file", "no password file is named"))?;
    let file = Path::new(file);
    match (text("add"), text("set")) {
        (Some(name), _) => call.output.secret(&bridge::add(file, name)?)?,
        (None, Some(name)) => set_password(file, name, &call.output)?,
        (None, None) => serve(call, file)?,
    }
    Ok(Exit::Done)
}

fn set_password(file: &Path, name: &str, output: &Output) -> Result<()> {
    let password = read_secret("-", "the password", None)?;
    match password.len() {
        0..SHORTEST => return Err(Error::usage(format!("a password has at least {SHORTEST} characters"))),
        SHORTEST..SHORT => output.warn("the password is short; relay --add makes one that cannot be guessed"),
        _ => {}
    }
    bridge::set(file, name, &password)
}

/// Listens until the run's time is over.
fn serve(call: &Call, file: &Path) -> Result<()> {
    let (arguments, output, setting) = (&call.arguments, &call.output, call.setting()?);
    let passwords = Passwords::read(file, arguments.deadline())?;
    let allow = arguments.all("allow");
    let (names, domains) = passwords.count();
    if names == 0 {
        return Err(Error::usage(format!(
            "{} holds no name (add one: exoimap relay --password-file FILE --add NAME)",
            file.display()
        )));
    }
    if names == domains && allow.is_empty() {
        return Err(Error::usage(
            "the password file names whole domains only: say which mailboxes may be opened (--allow)",
        ));
    }
    let read = |file: &str| {
        let read = crate::files::read(Path::new(file), 1 << 20, arguments.deadline());
        read.map_err(|e| Error::file(Kind::Usage, Phase::Options, format!("reading {file}"), e))
    };
    let tls = match (arguments.text("tls-certificate"), arguments.text("tls-key")) {
        (Some(certificate), Some(key)) => Some(bridge::acceptor(read(certificate)?.expose(), &read(key)?)?),
        (None, None) => None,
        _ => return Err(Error::usage("a TLS listener needs --tls-certificate and --tls-key")),
    };
    let listeners = listeners(&arguments.all("listen"), tls.is_some())?;
    // Whatever is wrong with the credential is found out now, not by the first client.
    setting.token(None, &mut setting.retry())?;
    let addresses: Vec<String> =
        listeners.iter().filter_map(|listener| Some(listener.local_addr().ok()?.to_string())).collect();
    let (host, ends) = (setting.server.host.clone(), setting.deadline);
    let log = Arc::clone(output);
    let relay = Arc::new(Relay::new(Settings {
        passwords,
        allow,
        most_sessions: usize::from(arguments.value::<u16>("max-connections")),
        idle: arguments.value("idle-timeout"),
        host,
        tls,
        connect: Box::new(move |mailbox| connect(&setting, mailbox)),
        log: Box::new(move |level, text, object| say(level, text, object, &log)),
    }));
    output.note(&format!("relay: listening on {} for {names} names", addresses.join(", ")));
    for listener in listeners {
        let relay = Arc::clone(&relay);
        start("relay-listen", move || relay.serve(&listener))?;
    }
    std::thread::sleep(ends.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now())));
    Err(Error::time_limit(Phase::Command, ""))
}

/// A session for a client that waits for it.
fn connect(setting: &Setting, mailbox: &str) -> Result<Session<Stream>> {
    let end = Some(Instant::now() + SIGN_IN);
    let mut sign_in = SignIn::new(setting, mailbox);
    sign_in.end = end;
    let mut connect = |why: Option<&Error>, retry: &mut Retry| match sign_in.session(why, retry) {
        // What an administrator has granted since is in the next token.
        Err(e) if is_refused(&e) && why.is_none() => sign_in.session(Some(&e), retry),
        outcome => outcome,
    };
    try_sessions(&mut connect, &mut Retry::new(LONGEST_WAIT, end, |_| {}), &mut |session, _| Ok(Some(session)))
}

/// The sockets; all of them, but for `[::1]` on a machine without IPv6.
fn listeners(named: &[String], has_tls: bool) -> Result<Vec<TcpListener>> {
    let by_default = named.is_empty();
    let mut listeners = Vec::new();
    let named = named.iter().map(String::as_str);
    for name in named.chain(LOCAL.into_iter().filter(|_| by_default)) {
        let failed =
            |e: io::Error| Error::new(Kind::Local, Phase::Options, format!("listening on {name} (--listen): {e}"));
        let (listener, address) = match name {
            "-" => {
                let listener = inherited().map_err(failed)?;
                let address = listener.local_addr().map_err(failed)?;
                (Some(listener), address)
            }
            name => {
                let address: SocketAddr = name
                    .parse()
                    .map_err(|_| Error::usage(format!("{name:?} is not ADDRESS:PORT, as 127.0.0.1:1143 (--listen)")))?;
                (None, address)
            }
        };
        if !address.ip().to_canonical().is_loopback() && !has_tls {
            return Err(Error::usage(format!(
                "{address} can be reached from other machines, and passwords would go over the network in the clear: give the listener --tls-certificate and --tls-key, or listen on 127.0.0.1"
            )));
        }
        match listener.map_or_else(|| TcpListener::bind(address), Ok) {
            Ok(listener) => listeners.push(listener),
            Err(_) if by_default && address.is_ipv6() => {}
            Err(e) => return Err(failed(e)),
        }
    }
    Ok(listeners)
}

/// The listening socket that systemd gives as stdin.
#[cfg(unix)]
fn inherited() -> io::Result<TcpListener> {
    use std::os::fd::AsFd;
    let listener = TcpListener::from(io::stdin().as_fd().try_clone_to_owned()?);
    listener.set_nonblocking(false)?;
    Ok(listener)
}

#[cfg(not(unix))]
fn inherited() -> io::Result<TcpListener> {
    Err(io::ErrorKind::Unsupported.into())
}

fn say(level: Level, text: &str, object: &Value, output: &Output) {
    match level {
        _ if output.json => drop(output.object(object)),
        Level::Session => output.note(text),
        Level::Detail => output.step(text),
        Level::Warning => output.warn(text),
    }
}
