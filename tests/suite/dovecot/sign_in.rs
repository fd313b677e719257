//! `check`, `token` and `folders`: the way in.

use serde_json::{Value, json};

use super::{Ended, Rig, USER};
use crate::support::entra;
use crate::support::jwt;

#[test]
fn check_walks_the_whole_way() {
    let rig = Rig::new();
    rig.server.deliver(USER, "INBOX", "one", b"Subject: one\r\n\r\nbody\r\n", "");
    rig.server.rawlog(USER);
    let ended = rig.run(&["check", "--trace"]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let steps: Vec<_> = ended.stdout.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(steps, crate::sign_in::STEPS);
    assert!(ended.stdout.contains("INBOX has 1 messages"), "{}", ended.stdout);
    assert!(ended.stderr.contains("C: a2 AUTHENTICATE XOAUTH2 <secret "), "{}", ended.stderr);
    shows_no_credential(&ended);

    let sent = rig.sent();
    assert_eq!(sent, ["CAPABILITY", "NAMESPACE", "SELECT INBOX", "UNSELECT", "LOGOUT"]);
}

/// Not the secret, and no part of any token: tokens begin with `{"` in BASE64.
fn shows_no_credential(ended: &Ended) {
    for text in [&ended.stdout, &ended.stderr] {
        assert!(!text.contains(entra::SECRET) && !text.contains("eyJ"), "{text}");
        // `user=` in BASE64 begins the SASL response.
        assert!(!text.contains("dXNlcj"), "{text}");
    }
}

#[test]
fn check_signs_in_where_the_server_takes_no_initial_response() {
    let rig = Rig::with(|_| {}, |setup| setup.capabilities = "IMAP4 IMAP4rev1 UIDPLUS NAMESPACE");
    let ended = rig.run(&["check", "--trace"]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("C: a2 AUTHENTICATE XOAUTH2\n"), "{}", ended.stderr);
    // Without UNSELECT it leaves by CLOSE, which expunges nothing after EXAMINE.
    assert!(ended.stderr.contains(" EXAMINE INBOX\n") && ended.stderr.contains(" CLOSE\n"), "{}", ended.stderr);
    shows_no_credential(&ended);
}

#[test]
fn token_prints_what_opens_the_mailbox() {
    let rig = Rig::new();
    let printed = rig.run(&["token"]);
    assert_eq!((printed.code, printed.stderr.as_str()), (0, ""));
    let claims = jwt::verify(&rig.entra.key(), printed.stdout.trim_end()).expect("a token of the endpoint");
    assert_eq!(claims["roles"], json!(["IMAP.AccessAsApp"]));

    let ended = rig.run_with(&["folders", "--auth", "token"], &[("EXOIMAP_ACCESS_TOKEN", printed.stdout.trim_end())]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(rig.entra.requests().len(), 1, "a token at hand is used as it is");

    let shown = rig.run(&["token", "--claims"]);
    let shown: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    assert_eq!((&shown["tid"], &shown["oid"]), (&json!(entra::TENANT), &claims["oid"]));
}
