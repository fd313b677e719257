//! What a client of the relay that is not signed in is told, and what fetchmail, mbsync, imaplib and curl make of it.

use std::path::Path;
use std::process::Command;

use super::documented::at_relay;
use super::relay::{Relay, add, before_exchange, fetchmail, imaplib, program};
use super::{LONG, mbsync, run, shown};
use crate::program::World;
use crate::support::entra::Behaviour;
use crate::support::exchange::Fault;
use crate::support::listen::CLOSED;
use crate::support::sample::{DISABLED, ORDERS};

#[test]
fn every_refusal_has_the_answer_that_programs_understand() {
    let world = World::new();
    let disabled = format!("off={DISABLED}");
    let (relay, passwords) = before_exchange(&world, &[ORDERS, &disabled, "x=nobody@contoso.com"]);
    let login = |name: &str, password: &str| {
        let mut client = relay.connect();
        let answer = client.ask(&format!("a LOGIN {name} {password}"));
        (answer, client)
    };
    let (answer, mut client) = login(ORDERS, "wrong");
    assert_eq!(answer, "a NO [AUTHENTICATIONFAILED] exoimap: wrong user name or password");
    // The connection stays, and the right password is taken.
    assert!(client.ask(&format!("b LOGIN {ORDERS} {}", passwords[0])).starts_with("b OK [CAPABILITY IMAP4 IMAP4rev1 "));
    relay.says("orders@contoso.com 127.0.0.1:");
    relay.says(" refused: wrong name or password");
    let (answer, _) = login("stranger@contoso.com", &passwords[0]);
    assert_eq!(answer, "a NO [AUTHENTICATIONFAILED] exoimap: wrong user name or password");

    let (answer, mut client) = login("off", &passwords[1]);
    assert_eq!(
        answer,
        "a NO [AUTHORIZATIONFAILED] exoimap: Exchange does not open disabled@contoso.com to the application"
    );
    assert_eq!(client.ask("b NOOP"), "b OK done");

    // Trouble of a second is waited out; what takes longer than a client waits is said.
    world.exchange.fault_times(Fault::ByeGreeting, 1);
    assert!(login(ORDERS, &passwords[0]).0.starts_with("a OK "));
    let throttled = "NO Request is throttled. Suggested Backoff Time: 60000 milliseconds";
    world.exchange.fault(Fault::Refuse { command: "AUTHENTICATE", answer: throttled });
    let (answer, mut client) = login(ORDERS, &passwords[0]);
    assert_eq!(answer, "* BYE [UNAVAILABLE] exoimap: no session at localhost just now, try again later");
    assert!(client.is_closed());
    // The same is answered for a while, and the server is left alone.
    let connections = world.exchange.connections();
    let (answer, _) = login(ORDERS, &passwords[0]);
    assert!(answer.starts_with("* BYE [UNAVAILABLE] "), "{answer}");
    assert_eq!(world.exchange.connections(), connections);
}

/// What the four programs make of one refusal: the exit codes of fetchmail and curl, and the words that all but curl show.
struct Seen {
    fetchmail: i32,
    curl: i32,
    words: &'static str,
}

impl Seen {
    #[track_caller]
    fn check(&self, folder: &Path, port: u16, name: &str, password: &str) {
        let ended = run(fetchmail(folder, port, name, password), LONG);
        assert_eq!(ended.status.code(), Some(self.fetchmail), "{}", shown(&ended));
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--user", &format!("{name}:{password}"), &format!("imap://127.0.0.1:{port}/INBOX;UID=1")]);
        let ended = run(curl, LONG);
        assert_eq!(ended.status.code(), Some(self.curl), "{}", shown(&ended));
        let account = at_relay("mbsync at the relay", port, password).replace(ORDERS, name);
        let ended = run(mbsync(folder, &account), LONG);
        assert!(ended.status.code() == Some(1) && shown(&ended).contains(self.words), "{}", shown(&ended));
        let ended = imaplib(folder, port, name, password);
        assert!(!ended.status.success() && shown(&ended).contains(self.words), "{}", shown(&ended));
    }
}

/// What stays until somebody acts is a NO: 3 is fetchmail's "authentication failed", 67 curl's "login denied".
#[test]
fn programs_show_what_stays_until_somebody_acts_as_a_refused_login() {
    let no = |words| Seen { fetchmail: 3, curl: 67, words };
    let world = World::new();
    let (relay, passwords) = before_exchange(&world, &[ORDERS, &format!("off={DISABLED}")]);
    let folder = world.folder.path();
    no("exoimap: wrong user name or password").check(folder, relay.port, ORDERS, "wrong");
    no("Exchange does not open disabled@contoso.com to the application").check(
        folder,
        relay.port,
        "off",
        &passwords[1],
    );
    world.exchange.fault_always(Fault::Refuse { command: "AUTHENTICATE", answer: "NO AUTHENTICATE failed." });
    no("exoimap: Exchange refused the application").check(folder, relay.port, ORDERS, &passwords[0]);

    let world = World::new();
    world.entra.configure().token.lifetime = 1;
    let (relay, passwords) = before_exchange(&world, &[ORDERS]);
    world.entra.behave(Behaviour::Refuses(7_000_222));
    let words = "exoimap: Entra refused the application: AADSTS7000222, the secret has expired";
    no(words).check(world.folder.path(), relay.port, ORDERS, &passwords[0]);
}

/// What may pass is a BYE: 2 is fetchmail's "connection failed", 56 curl's "failure in receiving".
#[test]
fn programs_show_what_may_pass_as_trouble_with_the_server() {
    let bye = |words| Seen { fetchmail: 2, curl: 56, words };
    let world = World::new();
    let password = add(program(&world, &["relay"]), ORDERS);
    let folder = world.folder.path();
    let mut nowhere = program(&world, &["relay"]);
    nowhere.env("EXOIMAP_PORT", CLOSED.to_string());
    let away = "no session at localhost just now, try again later";
    bye(away).check(folder, Relay::start(nowhere).port, ORDERS, &password);
    for answer in ["NO Request is throttled. Suggested Backoff Time: 3000 milliseconds", "BAD Server Unavailable. 15"] {
        world.exchange.fault_always(Fault::Refuse { command: "AUTHENTICATE", answer });
        bye(away).check(folder, Relay::start(program(&world, &["relay"])).port, ORDERS, &password);
        world.exchange.clear_faults();
    }
    // There is a place for one session only, and it is taken.
    let relay = Relay::start(program(&world, &["relay", "--max-connections", "1"]));
    let mut first = relay.connect();
    assert!(first.ask(&format!("a LOGIN {ORDERS} {password}")).starts_with("a OK "));
    bye("exoimap: too many connections").check(folder, relay.port, ORDERS, &password);
    relay.says("refused: too many sessions");
    // The same as a greeting: 8 is curl's "weird server reply".
    let waiting: Vec<_> = (0..128).map(|_| relay.connect()).collect();
    let full = Seen { fetchmail: 2, curl: 8, words: "exoimap: too many connections" };
    full.check(folder, relay.port, ORDERS, &password);
    drop(waiting);
    assert!(first.ask("b NOOP").starts_with("b OK"), "the session is not disturbed");
}
