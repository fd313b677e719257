//! Download mail from Exchange Online (Microsoft 365) in unattended jobs.
//!
//! A blocking IMAP client that signs in as an application: OAuth 2.0 client credentials at Microsoft
//! Entra ID, SASL XOAUTH2 at the IMAP server. No async runtime, no `unsafe`, and no input of a server
//! panics, hangs or grows it without bound.
//!
//! ```no_run
//! use exoimap::{Application, Cloud, Credential, MailboxName, Network, Retry, Secret, Server, Trust};
//! # fn main() -> exoimap::Result<()> {
//! let network = Network::new(Trust::System);
//! let secret = Credential::ClientSecret(Secret::new(std::env::var("AZURE_CLIENT_SECRET").unwrap_or_default()));
//! let application = Application::new("contoso.com", "11111111-2222-3333-4444-555555555555", secret)?;
//! let token = application.request_token(&network, &mut Retry::none())?;
//! let server = Server::of(Cloud::Global);
//! let mut session = exoimap::sign_in(&network, &server, "orders@contoso.com", token.secret())?;
//! let mut inbox = session.examine(&MailboxName::inbox())?;
//! let unseen = inbox.search("UNSEEN")?;
//! println!("{} of {} messages are unseen", unseen.len(), inbox.mailbox().exists);
//! inbox.unselect()?;
//! session.logout()
//! # }
//! ```
//!
//! To have every new message in a directory, each once and durable, give the session to
//! [`delivery::run`].
//!
#![doc = concat!(
    "More, to run as they stand: [the subjects of unseen messages, one message with its attachments, moving what was ",
    "processed, a poll that renews its token, a sink of your own](",
    env!("CARGO_PKG_REPOSITORY"),
    "/tree/main/tests/examples)."
)]
//!
//! What is public is what a program needs that fetches mail; the program `exoimap` is in `cli/` and uses more.
//!
//! Reading order, from the bottom: `imap/wire.rs` (bytes → framed responses; the file to audit first), `imap/parse.rs`,
//! `imap/connection.rs`, the rest of `imap/`; `net/` (the one place that knows time); `entra/`; `mime/`; `exchange/` (what
//! Exchange Online does differently); `advice/` (hints and setup text); `delivery/` (server → disk); `bridge/` (tunnel
//! and relay).
// What only the program uses.
#![cfg_attr(not(feature = "cli"), allow(dead_code, unused_imports))]
#![cfg_attr(any(test, fuzzing), allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod advice;
#[cfg(feature = "cli")]
mod bridge;
mod calendar;
// The program, which `main` runs: not for users of the library.
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(test)]
#[path = "../tests/support/clock.rs"]
mod clock;
pub mod delivery;
#[cfg(test)]
#[path = "../tests/support/dice.rs"]
mod dice;
mod entra;
mod error;
mod exchange;
mod files;
#[cfg(test)]
#[path = "../tests/support/folder.rs"]
mod folder;
// What the fuzz targets call: `--cfg fuzzing` is set by cargo-fuzz alone.
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
#[path = "../tests/fuzz/inside.rs"]
pub mod fuzz;
pub mod imap;
mod mime;
mod net;
mod retry;
#[cfg(test)]
#[path = "../tests/support/script.rs"]
mod script;
mod secret;
mod text;
mod threads;
mod transcript;

pub use advice::{Facts, hints};
pub use calendar::{DateTime, Day};
#[cfg(feature = "certificate")]
pub use entra::Certificate;
pub use entra::{AccessToken, Application, Cloud, Credential, ManagedIdentity};
pub use error::{Cause, EntraReply, Error, Kind, Phase, Result, ServerReply};
pub use exchange::{Connect, Found, Outgoing, Selection, Server, sign_in};
pub use imap::mailbox_name::MailboxName;
pub use net::{Network, Proxy, Readiness, Stream, Trust};
pub use retry::Retry;
pub use secret::Secret;
pub use transcript::Transcript;
