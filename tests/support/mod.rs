//! Servers on loopback that answer as Entra ID and Exchange Online do. Test code only.
//!
//! `Entra` signs tokens with a key, `Exchange` verifies them with the same one; both show a
//! certificate of one throw-away `Authority`.

// Every test binary uses a part of this, and a test server that panics is a failed test.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

pub mod certificate;
pub mod clock;
pub mod corpus;
pub mod dice;
pub mod dovecot;
pub mod entra;
pub mod exchange;
pub mod folder;
pub mod http;
pub mod jwt;
pub mod listen;
pub mod mailboxes;
pub mod proxy;
pub mod sample;
