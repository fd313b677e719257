//! The way in: what `check` shows where it works, and what an operator reads where it does not.

use std::net::TcpListener;
use std::time::Duration;

use crate::program::{Ended, World, side_by_side};
use crate::support::certificate::Authority;
use crate::support::entra::{self, Behaviour, Entra};
use crate::support::exchange::{Exchange, Fault};
use crate::support::jwt::TokenShape;
use crate::support::listen;
use crate::support::sample::{self, ORDERS};

pub(crate) const STEPS: [&str; 14] = [
    "options",
    "credential",
    "token",
    "claims",
    "dns",
    "tcp",
    "tls",
    "greeting",
    "capability",
    "authenticate",
    "mailbox",
    "select",
    "unselect",
    "logout",
];

/// At the first command that needs the mailbox.
fn not_connected(command: &'static str) -> Fault {
    Fault::Refuse { command, answer: "BAD User is authenticated but not connected." }
}

/// `check` in a world with one fault, which lasts.
fn check_with(fault: Fault) -> (World, Ended) {
    let world = World::new();
    world.exchange.fault_always(fault);
    let ended = world.run(&["check", "--trace"]);
    (world, ended)
}

fn check_where_entra(behaviour: Behaviour) -> (World, Ended) {
    let world = World::new();
    world.entra.behave(behaviour);
    let ended = world.run(&["check"]);
    (world, ended)
}

#[test]
fn every_step_is_shown_in_order_with_its_time() {
    let world = World::new();
    let ended = world.run(&["check"]);
    assert_eq!(ended.expect(0).first_words(), STEPS);
    assert_eq!(ended.stderr, "");
    assert!(ended.stdout.lines().all(|line| line.contains(" s  ")), "{ended}");
    for words in ["IMAP.AccessAsApp", "LO4P265CA0042.GBRP265.PROD.OUTLOOK.COM", "6 messages, UIDVALIDITY 14", ORDERS] {
        assert!(ended.stdout.contains(words), "{words}: {ended}");
    }
    assert_eq!(world.entra.requests().len(), 1);
    let form = world.entra.requests()[0].form();
    let sent: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        sent,
        [
            ("client_id", entra::CLIENT_ID),
            ("client_secret", entra::SECRET),
            ("grant_type", "client_credentials"),
            ("scope", entra::SCOPE)
        ]
    );
    assert_eq!(world.exchange.commands(), ["CAPABILITY", "NAMESPACE", "SELECT INBOX", "UNSELECT", "LOGOUT"]);
}

#[test]
fn json_has_an_object_a_step_and_one_for_the_failure() {
    let world = World::new();
    let objects = |ended: &Ended| -> Vec<serde_json::Value> {
        ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let steps = objects(world.run(&["check", "--json"]).expect(0));
    assert_eq!(steps.iter().map(|step| step["step"].as_str().unwrap()).collect::<Vec<_>>(), STEPS);
    assert!(steps.iter().all(|step| step["ok"] == true && step["ms"].is_u64()));
    let call = world.call(&["check", "--json", "--max-wait", "0"]).env("EXOIMAP_MAILBOX", sample::DISABLED);
    let failed = objects(call.run().expect(4));
    let last = failed.last().unwrap();
    assert_eq!((&last["step"], &last["ok"]), (&"mailbox".into(), &false.into()));
    assert!(last["hints"].as_array().is_some_and(|hints| !hints.is_empty()), "{last}");
}

#[test]
fn without_unselect_nothing_is_expunged() {
    let world = World::new();
    world.exchange.fault_always(Fault::NoUnselect);
    let marked = |world: &World| {
        let mut mailboxes = world.exchange.mailboxes();
        mailboxes.folder(ORDERS, "INBOX").unwrap().message(16101).map(|m| m.flags.insert("\\Deleted".into()))
    };
    assert_eq!(marked(&world), Some(true));
    world.run(&["check"]).expect(0);
    assert_eq!(world.exchange.commands(), ["CAPABILITY", "NAMESPACE", "EXAMINE INBOX", "CLOSE", "LOGOUT"]);
    assert_eq!(marked(&world), Some(false), "the message is gone");
}

#[test]
fn a_challenge_is_answered_by_an_empty_line() {
    let (_, ended) = check_with(Fault::ChallengeThenNo);
    ended.expect(4).saying(&["\nC: \nS: a2 NO AUTHENTICATE failed.", "its challenge said"]);
}

/// Nothing is sent to a server that takes us for signed in, and no credential to one without XOAUTH2.
#[test]
fn a_server_that_is_not_exchange_gets_no_credential() {
    for (fault, code, first) in
        [(Fault::Preauth, 7, "C: "), (Fault::NoXoauth2, 4, "C: a2"), (Fault::ByeGreeting, 5, "C: ")]
    {
        let world = World::new();
        world.exchange.fault_always(fault.clone());
        let ended = world.run(&["check", "--trace", "--max-wait", "0"]);
        assert!(!ended.expect(code).stderr.contains(first), "{fault:?}: {ended}");
        assert_eq!(world.exchange.logins(), 0, "{fault:?}");
    }
}

#[test]
fn a_mailbox_that_is_not_open_to_us_names_both_commands() {
    let world = World::new();
    for mailbox in [sample::DISABLED, sample::NO_ACCESS] {
        let ended = world.run(&["check", "--max-wait", "9s", "--mailbox", mailbox]);
        ended.expect(4).one_error().saying(&[
            "mailbox: NAMESPACE: the server refused",
            ": BAD User is authenticated but not connected.",
            &format!("Set-CASMailbox {mailbox} -ImapEnabled $true"),
            &format!("Add-MailboxPermission -Identity {mailbox} -User {}", TokenShape::default().oid),
        ]);
    }
    // Exchange's own words, hidden in an OK, are shown.
    let ended = world.run(&["check", "--max-wait", "0", "--mailbox", sample::DISABLED]);
    ended.saying(&[
        "(its OK to AUTHENTICATE carried [Error=\"UserDisabled\" AuthResult=27",
        "hint: Exchange says that IMAP is off",
    ]);
    // Twice each with patience, once without.
    assert_eq!(world.exchange.connections(), 5);
}

/// Too many connections look the same as a mailbox that is closed: it is tried once more, by every command.
#[test]
fn a_mailbox_that_is_not_connected_for_a_moment_is_tried_once_more() {
    let world = World::new();
    let verbs: [(&[&str], &str); 3] =
        [(&["check"], "NAMESPACE"), (&["folders"], "NAMESPACE"), (&["fetch", "--to", "mail"], "EXAMINE")];
    for (verb, command) in verbs {
        world.exchange.fault(not_connected(command));
        let connections = world.exchange.connections();
        let ended = world.call(verb).env("EXOIMAP_MAX_WAIT", "9s").run();
        let said = if verb == ["fetch", "--to", "mail"] { 1 } else { 0 };
        let found = (ended.expect(0).stderr.lines().count(), world.exchange.connections() - connections);
        assert_eq!(found, (said, 2), "{ended}");
        if verb == ["check"] {
            assert!(ended.stdout.contains("BAD User is authenticated but not connected.; trying again"), "{ended}");
        }
    }
    world.exchange.fault(not_connected("NAMESPACE"));
    world.run(&["check", "--max-wait", "0"]).expect(4).one_error();
}

#[test]
fn a_token_without_the_permission_names_the_consent() {
    let (world, ended) = check_where_entra(Behaviour::WithoutRoles);
    let command = format!("az ad app permission admin-consent --id {}", entra::CLIENT_ID);
    ended.expect(4).one_error().saying(&["exoimap: claims: the token has no roles", &command, "IMAP.AccessAsApp"]);
    // Who does not look at the claims first meets Exchange's three words, and gets the same command.
    let fetched = world.run(&["fetch", "--to", "mail"]);
    fetched.expect(4).one_error().saying(&["authenticate: the server refused: NO AUTHENTICATE failed.", &command]);
    world.entra.behave(Behaviour::Normal);
    world.entra.configure().token.roles = vec!["Mail.Read".into()];
    let ended = world.run(&["check"]);
    ended.expect(4).saying(&["claims: the token's roles (Mail.Read) lack IMAP.AccessAsApp"]);
    assert!(ended.stdout.contains("roles Mail.Read"), "{ended}");
    world.entra.configure().token.aud = "https://graph.microsoft.com".into();
    world.run(&["check"]).expect(4).saying(&["claims: the token is for https://graph.microsoft.com", "/.default"]);
    assert_eq!(world.exchange.connections(), 1, "the claims of check are looked at before the server is asked");
}

/// Neither a certificate of somebody else nor one for another name gets a credential. The system would
/// trust the servers; `--ca-file` is there instead of it.
#[test]
fn a_stranger_gets_no_credential() {
    let world = World::new();
    let stranger = world.folder.file("stranger.pem", Authority::new().pem());
    let good = world.folder.path().join("ca.pem").display().to_string();
    let wrong_ca = [
        world.call(&["check", "--ca-file", &stranger]).env("SSL_CERT_FILE", &good).run(),
        world.call_with_token(&["check", "--ca-file", &stranger]).env("SSL_CERT_FILE", &good).run(),
    ];
    // Without --ca-file the system's roots count, and SSL_CERT_FILE names them.
    world.call(&["check"]).without("EXOIMAP_CA_FILE").env("SSL_CERT_FILE", &good).run().expect(0);
    let other_name = || world.authority.identity(&["imap.example.com"]);
    let entra = Entra::start_as(other_name());
    let exchange = Exchange::start_as(other_name(), &world.entra.key(), sample::mailboxes());
    let wrong_name = [
        world.call(&["check"]).env("AZURE_AUTHORITY_HOST", entra.url()).run(),
        world.call(&["check"]).env("EXOIMAP_PORT", exchange.port()).run(),
    ];
    let unknown_ca = ["--ca-file (EXOIMAP_CA_FILE)", "openssl s_client -connect localhost:"];
    for ended in &wrong_ca {
        ended.expect(4).one_error().saying(&unknown_ca);
    }
    for ended in &wrong_name {
        ended.expect(4).one_error().saying(&["tls: localhost: ", "another server answers for localhost"]);
    }
    // The honest endpoint was asked by the good run, and by the last, whose IMAP server was the stranger.
    assert_eq!((world.entra.requests().len(), entra.requests().len()), (2, 0));
    assert_eq!((world.exchange.connections(), exchange.connections()), (1, 0));
}

#[test]
fn silence_ends_in_time_wherever_it_falls() {
    let world = World::new();
    let identity = || world.authority.identity(&["localhost"]);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let deaf = nobody.local_addr().unwrap().port();
    let mute = listen::serve(identity(), |mut stream| {
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let silent = |port: u16| world.call_with_token(&["check", "--timeout", "3s"]).env("EXOIMAP_PORT", port);
    let from = |port: u16| {
        let authority = format!("https://localhost:{port}");
        world.call(&["check", "--timeout", "3s"]).env("AZURE_AUTHORITY_HOST", authority)
    };
    world.exchange.fault(Fault::SilentAfterGreeting);
    world.entra.behave(Behaviour::Silent);
    let calls = [
        (silent(deaf), ["tls: ", "no answer"]),
        (silent(mute), ["greeting: ", "--timeout"]),
        (silent(world.exchange.port()), ["capability: ", "--timeout"]),
        (from(deaf), ["tls: ", "no answer"]),
        (from(mute), ["token: ", "hint: "]),
        (from(world.entra.port()), ["token: ", "hint: "]),
    ];
    side_by_side(calls, |(call, says)| {
        call.run().expect(5).promptly().one_error().saying(&says);
    });
}

/// Every byte comes within `--timeout`, and the answer never ends.
#[test]
fn a_token_endpoint_that_trickles_ends_in_time() {
    let world = World::new();
    let identity = world.authority.identity(&["localhost"]);
    let port = listen::serve(identity, |mut stream| {
        let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n");
        while std::io::Write::write_all(&mut stream, b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let authority = format!("https://localhost:{port}");
    let ended = world.call(&["check", "--timeout", "3s"]).env("AZURE_AUTHORITY_HOST", authority).run();
    ended.expect(5).promptly().saying(&["token: "]);
}

#[test]
fn entras_refusals_are_shown_with_all_that_an_administrator_searches_for() {
    let world = World::new();
    let other = "99998888-7777-6666-5555-444433332222";
    for (name, value, code) in [
        ("AZURE_CLIENT_SECRET", "another-secret", "AADSTS7000215"),
        ("AZURE_TENANT_ID", other, "AADSTS90002"),
        ("AZURE_TENANT_ID", "fabrikam.example.com", "AADSTS90002"),
        ("AZURE_TENANT_ID", "contoso", "AADSTS900023"),
        ("AZURE_CLIENT_ID", other, "AADSTS700016"),
        ("EXOIMAP_SCOPE", "https://imap.example.com/.default", "AADSTS500011"),
        ("EXOIMAP_SCOPE", "imap/.default", "AADSTS70011"),
    ] {
        let ended = world.call(&["check"]).env(name, value).run();
        ended.expect(4).one_error().saying(&[
            "exoimap: token: Entra ID refused (HTTP 40",
            code,
            "trace id 0000aaaa-11bb-cccc-dd22-eeeeee333333",
            "correlation id aaaa0000-bb11-2222-33cc-444444dddddd",
            "hint: ",
        ]);
        assert!(!ended.stderr.contains("another-secret"), "{ended}");
    }
    world.entra.configure().secret_expired = true;
    world.run(&["check"]).expect(4).one_error().saying(&["AADSTS7000222", entra::CLIENT_ID, "trace id "]);
    assert_eq!(world.exchange.connections(), 0);
    assert_eq!(world.entra.requests().len(), 8, "a refusal is not repeated");
}

#[test]
fn a_redirect_is_not_followed() {
    let world = World::new();
    let other = Entra::start(&world.authority);
    let to = format!("{}/{}/oauth2/v2.0/token", other.url(), entra::TENANT);
    world.entra.behave(Behaviour::Redirect { to: to.clone() });
    world.run(&["check"]).expect(4).one_error().saying(&["token: HTTP 307", &to]);
    assert_eq!(other.requests().len(), 0);
}

#[test]
fn a_throttled_request_waits_as_told_and_no_longer_than_allowed() {
    let (world, ended) = check_where_entra(Behaviour::ThrottleOnce { retry_after: 1 });
    ended.expect(0).saying(&["waiting 1 s", "HTTP 429"]);
    assert!(ended.promptly().took >= Duration::from_secs(1), "{ended}");
    assert_eq!(world.entra.requests().len(), 2);

    world.entra.behave(Behaviour::ThrottleOnce { retry_after: 30 });
    let ended = world.run(&["check", "--max-wait", "1s"]);
    ended.expect(5).promptly().one_error().saying(&["HTTP 429", "hint: run again in 30 seconds"]);
    world.entra.behave(Behaviour::ThrottleOnce { retry_after: 30 });
    world.run(&["check", "--max-time", "20s"]).expect(5).promptly().saying(&["HTTP 429"]);
    world.entra.behave(Behaviour::Unavailable { times: 9 });
    world.run(&["check", "--max-wait", "1s"]).expect(5).promptly().saying(&["HTTP 503"]);
}
