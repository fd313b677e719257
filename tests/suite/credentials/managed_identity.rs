//! A managed identity: the service beside us, by plain HTTP and never through a proxy.

use super::bare;
use crate::program::{Call, World};
use crate::support::entra::managed_identity::{HEADER, Platform, USER_ASSIGNED};
use crate::support::listen::CLOSED;
use crate::support::proxy::{Manner, Proxy};

fn on_machine(world: &World, platform: &Platform, arguments: &[&str]) -> Call {
    let arguments = [arguments, &["--auth", "managed-identity"]].concat();
    bare(world, &arguments)
        .without("AZURE_CLIENT_ID")
        .without("AZURE_TENANT_ID")
        .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", platform.machine())
}

fn in_app_service(world: &World, platform: &Platform, arguments: &[&str]) -> Call {
    on_machine(world, platform, arguments)
        .without("AZURE_POD_IDENTITY_AUTHORITY_HOST")
        .env("IDENTITY_ENDPOINT", platform.app_service())
        .env("IDENTITY_HEADER", HEADER)
}

#[test]
fn both_platforms_vouch_for_us_and_no_proxy_is_asked() {
    let world = World::new();
    let platform = Platform::start(&world.entra);
    let proxy = Proxy::start(Manner::Connect);
    let names = ["EXOIMAP_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "http_proxy", "ALL_PROXY"];
    let proxied = |call: Call| names.iter().fold(call, |call, name| call.env(name, proxy.url("http")));
    let ended = proxied(on_machine(&world, &platform, &["check"])).run();
    assert!(ended.expect(0).stdout.contains("from the managed identity, for https://outlook.office365.com"), "{ended}");
    proxied(in_app_service(&world, &platform, &["check"])).run().expect(0);
    // The mail goes through it, and nothing else does.
    let imap = format!("localhost:{}", world.exchange.port());
    assert_eq!(proxy.asked(), [imap.clone(), imap]);
    let sent = platform.requests();
    assert_eq!(sent.len(), 2);
    let query = "resource=https%3A%2F%2Foutlook.office365.com";
    assert_eq!(sent[0].target, format!("/metadata/identity/oauth2/token?api-version=2018-02-01&{query}"));
    assert_eq!((sent[0].headers["metadata"].as_str(), sent[1].headers["x-identity-header"].as_str()), ("true", HEADER));
    assert_eq!(world.entra.requests().len(), 0);
}

/// `AZURE_CLIENT_ID` chooses, as for Microsoft's libraries; `--identity` counts more.
#[test]
fn a_user_assigned_identity_is_chosen() {
    let world = World::new();
    let platform = Platform::start(&world.entra);
    let object = format!("object:{USER_ASSIGNED}");
    in_app_service(&world, &platform, &["check", "--identity", &object]).run().expect(0);
    assert_eq!(platform.requests().last().unwrap().query()["object_id"], USER_ASSIGNED);
    let reserved = "/subscriptions/a&resource=b+c%20#d";
    in_app_service(&world, &platform, &["check", "--identity", reserved]).run().expect(0);
    assert_eq!(platform.requests().last().unwrap().query()["mi_res_id"], reserved);
    on_machine(&world, &platform, &["check"]).env("AZURE_CLIENT_ID", USER_ASSIGNED).run().expect(0);
    assert_eq!(platform.requests().last().unwrap().query()["client_id"], USER_ASSIGNED);
    on_machine(&world, &platform, &["check", "--identity", "system"])
        .env("AZURE_CLIENT_ID", USER_ASSIGNED)
        .run()
        .expect(0);
    assert_eq!(platform.requests().last().unwrap().query().len(), 2);
    let other = "99998888-7777-6666-5555-444433332222";
    let ended = on_machine(&world, &platform, &["check", "--identity", other]).run();
    ended.expect(4).saying(&["the managed identity's service refused (HTTP 400, invalid_request): Identity not found"]);
    on_machine(&world, &platform, &["check", "--identity", "mine"]).run().expect(2).one_error().saying(&["--identity"]);
}

#[test]
fn a_service_that_is_busy_is_asked_again_and_a_refusal_is_not() {
    let world = World::new();
    let platform = Platform::start(&world.entra);
    for status in [404, 410, 429, 500] {
        platform.fail(&[status]);
        on_machine(&world, &platform, &["check"]).run().expect(0);
    }
    assert_eq!(platform.requests().len(), 8);
    platform.fail(&[403, 403]);
    on_machine(&world, &platform, &["check"]).run().expect(4);
    assert_eq!(platform.requests().len(), 9);
    let ended = in_app_service(&world, &platform, &["check"]).env("IDENTITY_HEADER", "another").run();
    ended.expect(4).saying(&["HTTP 403"]);
    let ended = in_app_service(&world, &platform, &["check"]).env("IDENTITY_HEADER", "another").run();
    ended.expect(4).saying(&["HTTP 401"]);
    assert!(!ended.stderr.contains("another"), "{ended}");
}

#[test]
fn off_azure_it_says_so_at_once() {
    let world = World::new();
    let platform = Platform::start(&world.entra);
    let call = on_machine(&world, &platform, &["check"]);
    let ended = call.env("AZURE_POD_IDENTITY_AUTHORITY_HOST", format!("http://127.0.0.1:{CLOSED}")).run();
    ended.expect(5).promptly().one_error().saying(&[
        "tcp: ",
        "other machines have no managed identity",
        "nothing listens there",
    ]);
    assert!(!ended.stderr.contains("firewall"), "{ended}");
}
