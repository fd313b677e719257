//! A client that reads and writes two pipes, or one socket that is both, and finds itself signed in.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use super::link::Link;
use super::offered::offered;
use super::pump::{Ended, Pipes, Pump};
use crate::error::{Error, Kind, Phase, Result};
use crate::imap::Session;
use crate::net::Stream;
use crate::text::escape_bytes;

/// Greets a client as one that is signed in, and passes bytes on until one side ends. `who` says, in the
/// greeting, whose session it is. `input` may still be read when this returns: nothing can wake who reads from
/// a pipe, so the process must end then, or the client would wait for it.
pub(crate) fn tunnel(session: Session<Stream>, who: &str, input: File, output: File, idle: Duration) -> Result<Ended> {
    let greeting = format!("* PREAUTH [CAPABILITY {}] exoimap: {}\r\n", offered(session.capabilities()), line(who));
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
    output.write_all(format!("* BYE [{code}] exoimap: {}\r\n", line(&error.to_string())).as_bytes())
}

/// A text for a line of the protocol.
fn line(text: &str) -> String {
    escape_bytes(text.as_bytes())
}
