//! IMAP4rev1 (RFC 3501), the client's side: a reader, a grammar, a session. Knows no Exchange, no OAuth.
//!
//! Reading order: [`wire`] finds where a response ends, [`parse`] says what it means, [`command`] writes
//! a command, [`connection`] has one command in flight, [`session`] gives the states their types.

mod append;
mod bodies;
mod body_structure;
mod client;
pub(crate) mod command;
mod connection;
mod cursor;
mod faults;
pub mod fetch;
mod frame;
mod handler;
mod idle;
mod mailbox;
pub mod mailbox_name;
pub(crate) mod parse;
mod selected;
pub mod types;
mod uid_set;
mod unreadable;
pub(crate) mod wire;
pub mod xoauth2;

pub use crate::calendar::Day;
pub use body_structure::has_attachments;
pub use uid_set::UidSet;

/// The states of a connection as types.
pub mod session {
    pub use super::bodies::BodySink;
    pub use super::client::{Capabilities, Client, Session};
    pub use super::connection::{Listener, OnAlert};
    pub use super::mailbox::Mailbox;
    pub use super::selected::{Copied, Selected};
}
