//! The commands that work with a mailbox, through the built binary, against the sandbox's Exchange.

mod append;
mod change;
mod decoded;
mod folders;
mod search;
mod wait;

use crate::program::{Call, World};
use crate::support::exchange::Fault;
use crate::support::sample::ORDERS;

/// The UIDs of `sample`.
const ALL: [u32; 6] = [16101, 16102, 16105, 16110, 16111, 16123];

fn with(fault: Fault) -> World {
    let world = World::new();
    world.exchange.fault(fault);
    world
}

/// A call with a token, so that no token endpoint is asked, and a folder to put things into.
fn call(world: &World, arguments: &[&str]) -> Call {
    world.call_with_token(arguments).env("EXOIMAP_TIMEOUT", "20s")
}

fn add_folder(world: &World, name: &str) {
    let mut mailboxes = world.exchange.mailboxes();
    let mailbox = mailboxes.mailbox(ORDERS).unwrap();
    mailbox.folders.push(crate::support::mailboxes::Folder::new(name));
}

fn uids(world: &World, folder: &str) -> Vec<u32> {
    world.exchange.folder(ORDERS, folder).uids()
}

/// How many commands began so.
fn commands(world: &World, start: &str) -> usize {
    world.exchange.commands().iter().filter(|command| command.starts_with(start)).count()
}

/// The objects that a run printed.
fn objects(stdout: &str) -> Vec<serde_json::Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
