//! Lends the sign-in to programs that cannot do it: an IMAP session is signed in here, and from then on its bytes
//! are passed on, both ways, as they are.
//!
//! Reading order: [`link`](self) (one TLS stream, two threads), `pump` (bytes, both ways, until one side ends),
//! `offered` (what a client is told that the server can do), [`tunnel`] (a client at two pipes).

mod link;
mod offered;
mod pump;
mod tunnel;

pub use pump::{Ended, Reason};
pub use tunnel::{refuse, tunnel};
