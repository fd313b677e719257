//! Lends the sign-in to programs that cannot do it: an IMAP session is signed in here, and from then on its bytes
//! are passed on, both ways, as they are.
//!
//! Reading order: [`link`](self) (one TLS stream, two threads), `pump` (bytes, both ways, until one side ends),
//! `offered` (what the server can do, for the client), [`tunnel`] (a client at two pipes); then for the relay
//! `dialogue` (what a client says before it is signed in), `password`, `refusal`, [`Relay`].

mod dialogue;
mod link;
mod offered;
mod password;
mod pump;
mod refusal;
mod relay;
mod tunnel;

pub(crate) use crate::net::acceptor;
pub(crate) use password::{Passwords, add, set};
pub(crate) use pump::Reason;
pub(crate) use relay::{Level, Relay, Settings};
pub(crate) use tunnel::{refuse, tunnel};
