//! `check`, `token` and `folders`: the way in.

use super::{Ended, Rig, USER};
use crate::support::entra;

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
fn a_token_with_a_wrong_signature_is_refused() {
    let rig = Rig::with(|state| state.key = b"not the key that the server has".to_vec(), |_| {});
    for ended in [rig.run(&["check"]), rig.fetch(4)] {
        assert_eq!(ended.code, 4, "{}{}", ended.stdout, ended.stderr);
        let mut lines = ended.stderr.lines().filter(|line| !line.contains(" is new: about to fetch "));
        let first = lines.next().unwrap_or_default();
        assert!(first.starts_with("exoimap: authenticate: the server refused"), "{first}");
        assert!(first.ends_with(": NO [AUTHENTICATIONFAILED] Authentication failed."), "{first}");
        assert!(lines.next().is_some_and(|hint| hint.starts_with("hint: ")), "{}", ended.stderr);
        shows_no_credential(&ended);
    }
    assert!(rig.delivered().is_empty());
    assert!(rig.server.log().contains("Incorrect JWT signature"), "{}", rig.server.log());
}
