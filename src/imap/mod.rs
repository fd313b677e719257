//! IMAP4rev1 (RFC 3501), the client's side: a reader, a grammar, a session. Knows no Exchange, no OAuth.
//!
//! Reading order: [`wire`] finds where a response ends, [`parse`] says what it means, [`command`] writes
//! a command, [`connection`] has one command in flight, [`session`] gives the states their types.

mod bodies;
pub mod command;
pub mod connection;
mod cursor;
mod day;
pub mod fetch;
pub mod mailbox_name;
pub mod parse;
pub mod session;
pub mod types;
mod uid_set;
pub mod wire;
pub mod xoauth2;

pub use day::Day;
pub use uid_set::UidSet;
