//! An IMAP server that answers as Exchange Online does, for as much of IMAP as our clients use.
//!
//! Capability lines, tagged texts, refusals and oddities are literal lines from public logs.
//! State is shared by all connections; tests look at it, change it, and arm `Fault`s.
//!
//! `session` reads commands, `login` lets clients in; `folders`, `messages`, `fetch` and
//! `search` answer; `arguments` and `wire` are the syntax and the bytes; `fault` is what can
//! go wrong.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use native_tls::Identity;

use super::certificate::Authority;
use super::entra::Entra;
use super::listen;
use super::mailboxes::{Folder, Mailboxes};
use super::sample;

mod arguments;
mod fault;
mod fetch;
mod folders;
mod login;
mod messages;
mod search;
mod session;
mod structure;
mod wire;

pub use fault::Fault;

/// The running server.
pub struct Exchange {
    port: u16,
    world: Arc<World>,
}

/// What its connections share.
struct World {
    /// The key that tokens must be signed with, and the `aud` they must have.
    key: Vec<u8>,
    audience: String,
    mailboxes: Mutex<Mailboxes>,
    /// Service principals by their application: with which object id they were registered. None: whoever
    /// has a good token is known.
    principals: Mutex<Option<BTreeMap<String, String>>>,
    faults: fault::Faults,
    ambush: Option<Ambush>,
    /// The commands that came in after a login, without their tags; literals as their announcement alone.
    log: Mutex<Vec<String>>,
    connections: AtomicUsize,
    logins: AtomicUsize,
}

/// Writes what a test made up, for the client's tag; an error ends the connection.
pub type Attack = Box<dyn Fn(&str, &mut dyn Write) -> io::Result<()> + Send + Sync>;

/// A server that is polite but for one command.
pub struct Ambush {
    /// How the command begins, or `greeting`.
    pub command: String,
    /// What it gets in place of its answer.
    pub attack: Attack,
    /// The most bytes that are sent at a time, each lot a TLS record of its own.
    pub slice: usize,
}

impl Exchange {
    /// Starts with a certificate for `localhost` and 127.0.0.1, the mail of `sample`, and trust
    /// in the tokens of `entra`.
    pub fn start(authority: &Authority, entra: &Entra) -> Exchange {
        let identity = authority.identity(&["localhost", "127.0.0.1"]);
        Exchange::start_as(identity, &entra.key(), sample::mailboxes())
    }

    pub fn start_as(identity: Identity, key: &[u8], mailboxes: Mailboxes) -> Exchange {
        Exchange::start_with(identity, key, mailboxes, None)
    }

    pub fn start_with(identity: Identity, key: &[u8], mailboxes: Mailboxes, ambush: Option<Ambush>) -> Exchange {
        let world = Arc::new(World {
            key: key.to_vec(),
            audience: "https://outlook.office365.com".into(),
            mailboxes: Mutex::new(mailboxes),
            principals: Mutex::default(),
            faults: fault::Faults::default(),
            ambush,
            log: Mutex::default(),
            connections: AtomicUsize::new(0),
            logins: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&world);
        let port = listen::serve(identity, move |stream| {
            shared.connections.fetch_add(1, Ordering::SeqCst);
            session::serve(stream, Arc::clone(&shared));
        });
        Exchange { port, world }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Locks the mail. No connection makes progress while the guard lives.
    pub fn mailboxes(&self) -> MutexGuard<'_, Mailboxes> {
        self.world.mailboxes.lock().unwrap()
    }

    /// From now on only these service principals are known: application and object id.
    pub fn know_only(&self, principals: &[(&str, &str)]) {
        let known = principals.iter().map(|(app, object)| ((*app).into(), (*object).into())).collect();
        *self.world.principals.lock().unwrap() = Some(known);
    }

    /// `New-ServicePrincipal`; false where the application has one already.
    pub fn register(&self, application: &str, object_id: &str) -> bool {
        let mut principals = self.world.principals.lock().unwrap();
        let known = principals.get_or_insert_default();
        let is_new = !known.contains_key(application);
        known.entry(application.into()).or_insert_with(|| object_id.into());
        is_new
    }

    /// `Remove-ServicePrincipal`
    pub fn forget(&self, application: &str) {
        self.world.principals.lock().unwrap().get_or_insert_default().remove(application);
    }

    /// `Get-ServicePrincipal`
    pub fn object_id_of(&self, application: &str) -> Option<String> {
        self.world.principals.lock().unwrap().as_ref()?.get(application).cloned()
    }

    /// A copy of a folder as it is now.
    pub fn folder(&self, address: &str, folder: &str) -> Folder {
        self.mailboxes().folder(address, folder).unwrap().clone()
    }

    /// New mail; connections that IDLE are told. Returns its UID.
    pub fn deliver(&self, address: &str, folder: &str, bytes: impl Into<Vec<u8>>) -> u32 {
        let mut mailboxes = self.mailboxes();
        mailboxes.folder(address, folder).unwrap().deliver(bytes)
    }

    /// Arms a fault for its next occasion.
    pub fn fault(&self, fault: Fault) {
        self.fault_times(fault, 1);
    }

    /// Arms a fault for its next `times` occasions.
    pub fn fault_times(&self, fault: Fault, times: usize) {
        self.world.faults.arm(fault, times);
    }

    /// Arms a fault for good, as is natural for `NoMove` and its like.
    pub fn fault_always(&self, fault: Fault) {
        self.world.faults.arm(fault, usize::MAX);
    }

    /// How many of the armed faults are still to happen.
    pub fn faults_left(&self) -> usize {
        self.world.faults.left()
    }

    pub fn clear_faults(&self) {
        self.world.faults.clear();
    }

    /// The commands since the start, without those of signing in: `UID FETCH 1:* (UID FLAGS)`.
    pub fn commands(&self) -> Vec<String> {
        self.world.log.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.world.connections.load(Ordering::SeqCst)
    }

    /// Successful AUTHENTICATE commands.
    pub fn logins(&self) -> usize {
        self.world.logins.load(Ordering::SeqCst)
    }
}
