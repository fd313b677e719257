//! Tokens that are not to open the mailbox: exit 4, with the server's words.

use serde_json::json;

use super::{Ended, Rig, USER};
use crate::support::dovecot::Tokens;
use crate::support::entra::{self, State};

#[test]
fn a_token_with_a_wrong_signature_is_refused() {
    let rig = Rig::with(|state| state.key = b"not the key that the server has".to_vec(), |_| {});
    is_refused(&rig.run(&["check"]));
    is_refused(&rig.fetch(4));
    assert!(rig.delivered().is_empty());
    assert!(rig.server.log().contains("Incorrect JWT signature"), "{}", rig.server.log());
}

#[test]
fn an_expired_token_is_refused() {
    let rig = Rig::with(|state| state.token.lifetime = -60, |_| {});
    let token = rig.entra.token();
    let ended = rig.run_with(&["check", "--auth", "token"], &[("EXOIMAP_ACCESS_TOKEN", &token)]);
    is_refused(&ended);
    assert!(ended.stderr.contains("hint: the token has expired"), "{}", ended.stderr);
    assert!(ended.stdout.contains("expired 1 minutes ago"), "{}", ended.stdout);
    assert!(rig.server.log().contains("Token has expired"), "{}", rig.server.log());
}

#[test]
fn a_token_of_another_tenant_is_refused() {
    let ours = format!("https://sts.windows.net/{}/", entra::TENANT);
    let rig = Rig::with(|_| {}, |setup| setup.issuer = ours);
    assert_eq!(rig.run(&["check"]).code, 0);
    let theirs = "https://sts.windows.net/ffffffff-0000-cccc-1111-dddd2222eeee/";
    rig.entra.configure().token.extra.insert("iss".into(), json!(theirs));
    is_refused(&rig.run(&["check"]));
    assert!(rig.server.log().contains("is not allowed"), "{}", rig.server.log());
}

#[test]
fn a_token_for_one_mailbox_opens_no_other() {
    let owner = |state: &mut State| drop(state.token.extra.insert("email".into(), json!(USER)));
    let rig = Rig::with(owner, |setup| setup.tokens = Tokens::OneMailbox);
    assert_eq!(rig.run(&["check"]).code, 0);
    is_refused(&rig.run(&["check", "--mailbox", "other@contoso.com"]));
}

#[test]
fn a_server_that_cannot_look_at_tokens_now_is_asked_again_later() {
    // Without the claim that it looks for, Dovecot answers NO [UNAVAILABLE].
    let rig = Rig::with(|_| {}, |setup| setup.tokens = Tokens::OneMailbox);
    let ended = rig.run(&["check", "--max-wait", "0"]);
    assert_eq!(ended.code, 5, "{}", ended.stderr);
    assert!(ended.stderr.contains("NO [UNAVAILABLE] Temporary authentication failure"), "{}", ended.stderr);
}

fn is_refused(ended: &Ended) {
    assert_eq!(ended.code, 4, "{}{}", ended.stdout, ended.stderr);
    let first = ended.stderr.lines().next().unwrap_or_default();
    assert!(first.starts_with("exoimap: authenticate: the server refused"), "{first}");
    assert!(first.ends_with(": NO [AUTHENTICATIONFAILED] Authentication failed."), "{first}");
    assert!(ended.stderr.lines().nth(1).is_some_and(|hint| hint.starts_with("hint: ")), "{}", ended.stderr);
    assert!(!ended.stderr.contains("eyJ"), "{}", ended.stderr);
}
