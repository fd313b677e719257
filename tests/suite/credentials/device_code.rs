//! A person signs in once; the program goes on with what is kept.

use super::bare;
use crate::program::{Call, World};
use crate::support::entra::device::MESSAGE;
use crate::support::exchange::Fault;

pub(crate) fn by_code(world: &World, arguments: &[&str]) -> Call {
    let cache = world.folder.path().join("cache");
    let arguments = [arguments, &["--auth", "device-code"]].concat();
    bare(world, &arguments).without("EXOIMAP_SCOPE").env("EXOIMAP_TOKEN_CACHE", cache.display())
}

/// The grants that were asked for, in order.
fn grants(world: &World) -> Vec<String> {
    let grant = |form: std::collections::BTreeMap<String, String>| {
        form.get("grant_type").map_or("invitation", |grant| grant.rsplit(':').next().unwrap()).to_owned()
    };
    world.entra.requests().iter().map(|sent| grant(sent.form())).collect()
}

#[test]
fn somebody_signs_in_once_and_the_refresh_token_does_the_rest() {
    let world = World::new();
    world.entra.configure().device.answers = vec!["authorization_pending"];
    let ended = by_code(&world, &["folders", "-q"]).run();
    ended.expect(0).saying(&[MESSAGE]);
    assert_eq!(grants(&world), ["invitation", "device_code", "device_code"]);
    assert_eq!(
        world.entra.requests()[0].form()["scope"],
        "https://outlook.office.com/IMAP.AccessAsUser.All offline_access"
    );

    // The token that is kept is good for an hour.
    assert_eq!(by_code(&world, &["folders"]).run().expect(0).stderr, "");
    assert_eq!(grants(&world).len(), 3);
    // `check` takes a new one, by the refresh token, which changes each time.
    let ended = by_code(&world, &["check"]).run();
    assert!(ended.expect(0).stdout.contains("scp IMAP.AccessAsUser.All"), "{ended}");
    by_code(&world, &["check"]).run().expect(0);
    assert_eq!(grants(&world)[3..], ["refresh_token", "refresh_token"]);

    // After 90 days without use somebody must come again.
    world.entra.configure().device.refreshes += 7;
    let ended = by_code(&world, &["check"]).run();
    ended.expect(0).saying(&["AADSTS700082", "somebody must sign in again", MESSAGE]);
}

/// What a person can do about a refusal is not what an application's administrator can.
#[test]
fn a_refusal_by_imap_is_explained_for_a_persons_token() {
    let world = World::new();
    world.exchange.fault_always(Fault::Refuse { command: "AUTHENTICATE", answer: "NO AUTHENTICATE failed." });
    let ended = by_code(&world, &["check"]).run();
    let full_access = "Add-MailboxPermission -Identity orders@contoso.com -User orders@contoso.com";
    ended.expect(4).saying(&["opens that user's own mailbox", full_access, "-ImapEnabled $true"]);
    assert!(!ended.stderr.contains("ServicePrincipal") && !ended.stderr.contains("application"), "{ended}");
}

#[test]
fn a_sign_in_that_comes_to_nothing_ends() {
    let world = World::new();
    let answer = |answers: Vec<&'static str>| {
        world.entra.configure().device.answers = answers;
        by_code(&world, &["check"]).run()
    };
    answer(vec!["authorization_pending", "authorization_declined"]).expect(4).saying(&["authorization_declined"]);
    answer(vec!["expired_token"]).expect(4).saying(&["expired_token"]);
    answer(vec!["bad_verification_code"]).expect(4).saying(&["bad_verification_code"]);
    world.entra.configure().device.lasts = Some(1);
    answer(vec!["authorization_pending"; 9]).expect(4).saying(&["nobody signed in"]);
    world.entra.configure().device.lasts = None;
    world.entra.configure().device.answers = vec!["authorization_pending"; 9];
    by_code(&world, &["check", "--max-time", "2s"]).run().expect(5).promptly().saying(&["--max-time"]);
    assert_eq!(world.exchange.connections(), 0);
}

#[test]
fn without_a_directory_to_keep_it_nobody_is_asked() {
    let world = World::new();
    let ended = by_code(&world, &["check"]).without("EXOIMAP_TOKEN_CACHE").run();
    ended.expect(2).one_error().saying(&["--token-cache", "EXOIMAP_TOKEN_CACHE"]);
    by_code(&world, &["check"]).without("AZURE_TENANT_ID").run().expect(2).one_error().saying(&["--tenant"]);
    assert_eq!(world.entra.requests().len(), 0);
}
