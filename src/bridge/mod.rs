//! Lends the sign-in to programs that cannot do it: an IMAP session is signed in here, and from then on its bytes
//! are passed on, both ways, as they are.
//!
//! Reading order: [`link`](self) (one TLS stream, two threads), `pump` (bytes, both ways, until one side ends),
//! `offered` (what a client is told that the server can do), [`tunnel`] (a client at two pipes); then for the relay
//! `dialogue` (what a client says before it is signed in), `password`, `refusal`, [`Relay`].

#[cfg(feature = "certificate")]
mod dialogue;
mod link;
mod offered;
#[cfg(feature = "certificate")]
mod password;
mod pump;
#[cfg(feature = "certificate")]
mod refusal;
#[cfg(feature = "certificate")]
mod relay;
mod tunnel;

#[cfg(feature = "certificate")]
pub use crate::net::acceptor;
#[cfg(feature = "certificate")]
pub use password::{Passwords, add, set};
#[cfg(feature = "certificate")]
pub use relay::{Connect, Level, Log, Relay, Settings};

pub use pump::{Ended, Reason};
pub use tunnel::{refuse, tunnel};
