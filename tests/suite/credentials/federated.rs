//! Workload identity federation: a file that somebody else writes.

use serde_json::json;

use super::bare;
use crate::program::{Call, World};
use crate::support::entra::Behaviour;
use crate::support::entra::assertion::Federated;
use crate::support::{clock, jwt};

const SUBJECT: &str = "system:serviceaccount:orders:exoimap";
const ISSUER: &str = "https://oidc.example.com/cluster/";
const AUDIENCE: &str = "api://AzureADTokenExchange";
const KEY: &[u8] = b"the issuer's key";

pub(crate) fn world_with_federation() -> World {
    let world = World::new();
    world.entra.configure().federated =
        Some(Federated { issuer: ISSUER.into(), subject: SUBJECT.into(), audience: AUDIENCE.into(), key: KEY.into() });
    world
}

/// A token of the issuer that is good for so long.
pub(crate) fn token(issuer: &str, subject: &str, audience: &str, lasts: i64) -> String {
    let now = clock::now();
    jwt::mint(KEY, &json!({"iss": issuer, "sub": subject, "aud": audience, "nbf": now - 60, "exp": now + lasts}))
}

pub(crate) fn good() -> String {
    token(ISSUER, SUBJECT, AUDIENCE, 3600)
}

fn with_token(world: &World, arguments: &[&str], token: &str) -> Call {
    bare(world, arguments).env("AZURE_FEDERATED_TOKEN_FILE", world.folder.file("federated", format!("{token}\n")))
}

#[test]
fn the_token_of_the_file_is_the_assertion() {
    let world = world_with_federation();
    with_token(&world, &["check"], &good()).run().expect(0);
    let form = world.entra.requests()[0].form();
    assert_eq!(form["client_assertion"], good_of(&form["client_assertion"]));
    assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert!(!form.contains_key("client_secret"));
}

/// What is sent is what the issuer signed.
fn good_of(sent: &str) -> String {
    jwt::mint(KEY, &jwt::verify(KEY, sent).unwrap())
}

/// The kubelet replaces the file; a request that is repeated reads it again.
#[test]
fn the_file_is_read_for_each_request() {
    let world = world_with_federation();
    world.entra.behave(Behaviour::ThrottleOnce { retry_after: 1 });
    let (first, second) = (token(ISSUER, SUBJECT, AUDIENCE, 1000), token(ISSUER, SUBJECT, AUDIENCE, 2000));
    let call = with_token(&world, &["check"], &first);
    let run = std::thread::spawn(move || call.run());
    while world.entra.requests().is_empty() {
        std::thread::yield_now();
    }
    world.folder.file("federated", &second);
    run.join().unwrap().expect(0);
    let sent: Vec<_> = world.entra.requests().iter().map(|sent| sent.form()["client_assertion"].clone()).collect();
    assert_eq!(sent, [first, second]);
}

#[test]
fn a_refusal_shows_what_must_match_and_not_the_token() {
    let world = world_with_federation();
    for (token, code) in [
        (token(ISSUER, "system:serviceaccount:orders:other", AUDIENCE, 600), "AADSTS700213"),
        (token("https://oidc.example.com/cluster", SUBJECT, AUDIENCE, 600), "AADSTS700211"),
        (token(ISSUER, SUBJECT, "https://kubernetes.example.com", 600), "AADSTS700212"),
        (token(ISSUER, SUBJECT, AUDIENCE, -600), "AADSTS700024"),
    ] {
        let ended = with_token(&world, &["check"], &token).run();
        let claims = jwt::claims(&token).unwrap();
        let text = |name: &str| format!("{name} {}", claims[name].as_str().unwrap());
        ended.expect(4).one_error().saying(&[code, "the assertion says", &text("iss"), &text("sub"), &text("aud")]);
        assert!(token.split('.').all(|part| !ended.stderr.contains(part)), "{ended}");
    }
    assert_eq!(world.entra.requests().len(), 4, "a refusal is not repeated");
}

#[test]
fn a_file_that_holds_no_token_is_named() {
    let world = world_with_federation();
    for bytes in ["", "\n", "two words", "a\nb", &"x".repeat(70_000)] {
        let ended = with_token(&world, &["check"], bytes).run();
        ended.expect(2).saying(&["credential: reading the federated token from ", "federated: it "]);
    }
    assert_eq!(world.entra.requests().len(), 0);
}
