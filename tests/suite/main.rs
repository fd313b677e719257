//! Behaviour through the public API and the built binary.

// A test that cannot go on says so by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod administrator;
mod bad_input;
mod bridge;
mod caution;
mod check;
mod client_secret;
mod crash;
mod credentials;
mod dovecot;
mod enemy;
mod environment;
mod examples;
mod first_minutes;
mod fixtures;
mod folders;
mod hand_over;
mod heavy_mail;
mod hostile;
mod house;
mod mailbox;
mod private_files;
mod program;
mod proxy;
mod readme;
mod refusals;
mod secrets;
mod setup;
mod sign_in;
mod status;
mod token;
mod unreadable;

#[path = "../support/script.rs"]
mod script;
#[path = "../support/mod.rs"]
mod support;
