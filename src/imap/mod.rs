//! IMAP4rev1 (RFC 3501), the client's side: a reader, a grammar, a session. Knows no Exchange, no OAuth.
//!
//! Reading order: `wire` finds where a response ends, `parse` says what it means, `command` writes
//! a command, `connection` has one command in flight, [`Session`] and [`Selected`] are the states as types.

mod append;
mod bodies;
mod body_structure;
mod client;
pub(crate) mod command;
mod connection;
mod cursor;
mod faults;
mod idle;
pub(crate) mod mailbox_name;
pub(crate) mod parse;
mod selected;
pub(crate) mod types;
mod uid_set;
pub(crate) mod wire;
pub(crate) mod xoauth2;

pub use bodies::BodySink;
pub use client::{Capabilities, Listed, Session};
pub use selected::{Copied, Selected};
pub use types::{Fetch, Flag, ListItem, Mailbox, MailboxStatus, Section};
pub use uid_set::{SeqNum, Uid, UidSet, UidValidity};

pub(crate) use body_structure::has_attachments;
pub(crate) use client::Client;
pub(crate) use connection::{Listener, OnAlert};
