//! Lends the sign-in to programs that cannot do it: an IMAP session is signed in here, and from then on its bytes
//! are passed on, both ways, as they are.
//!
//! Reading order: [`link`](self) (one TLS stream, two threads), `pump` (bytes, both ways, until one side ends),
//! [`tunnel`] (a client at two pipes); then for the relay `dialogue` (what a client says before it is signed in),
//! `password`, [`Relay`].

mod dialogue;
mod link;
mod password;
mod pump;
mod relay;

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use link::Link;
use pump::{Ended, Pipes, Pump};

use crate::error::{Error, Kind, Phase, Result};
use crate::imap::{Capabilities, Session};
use crate::net::Stream;
use crate::text::escape_bytes;

pub(crate) use crate::net::acceptor;
pub(crate) use password::{Passwords, add, set};
pub(crate) use pump::Reason;
pub(crate) use relay::{Level, Relay, Settings};

/// What is about signing in, which is over, or about Exchange's own clients.
const LEFT_OUT: [&str; 5] =
    ["LOGINDISABLED", "STARTTLS", "SASL-IR", "CLIENTACCESSRULES", "CLIENTNETWORKPRESENCELOCATION"];

/// Greets a client as one that is signed in, and passes bytes on until one side ends. `who` says, in the
/// greeting, whose session it is. `input` may still be read when this returns: nothing can wake who reads from
/// a pipe, so the process must end then, or the client would wait for it.
pub(crate) fn tunnel(session: Session<Stream>, who: &str, input: File, output: File, idle: Duration) -> Result<Ended> {
    let greeting = format!(
        "* PREAUTH [CAPABILITY {}] exoimap: {}\r\n",
        offered(session.capabilities()),
        escape_bytes(who.as_bytes())
    );
    let (stream, from_server) = session.into_parts();
    let local = |e: io::Error| Error::new(Kind::Local, Phase::Command, format!("tunnel: {e}")).caused_by(e);
    let server = Link::new(stream, idle).map_err(local)?;
    // A client that is gone already is noticed by the first read.
    let _ = (&output).write_all(greeting.as_bytes());
    let pump = Pump::new(Arc::new(Pipes { input, output }), Arc::new(server), idle);
    let builder = std::thread::Builder::new().name("tunnel-up".to_owned());
    let (ended, _) = pump.run(builder, &from_server, Vec::new()).map_err(local)?;
    Ok(ended)
}

/// Tells a client, in place of the greeting, that there will be no session: mail programs show it.
pub(crate) fn refuse(error: &Error, mut output: impl Write) -> io::Result<()> {
    let code = match error.kind() {
        Kind::Temporary => "UNAVAILABLE",
        _ => "CONTACTADMIN",
    };
    output.write_all(format!("* BYE [{code}] exoimap: {}\r\n", escape_bytes(error.to_string().as_bytes())).as_bytes())
}

/// The words of the server that hold for a client that is signed in.
fn offered(capabilities: &Capabilities) -> String {
    let is_left_out = |word: &str| {
        let word = word.to_ascii_uppercase();
        LEFT_OUT.contains(&word.as_str()) || word.starts_with("AUTH=") || word.starts_with("BACKENDAUTHENTICATE")
    };
    capabilities.words().filter(|word| !is_left_out(word)).collect::<Vec<_>>().join(" ")
}
