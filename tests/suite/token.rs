//! `token`, and where a credential may come from.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::program::{Call, World};
use crate::support::entra::SECRET;
use crate::support::jwt;
use crate::support::sample::ORDERS;

#[test]
fn token_prints_a_token_that_is_good_and_nothing_else() {
    let world = World::new();
    let ended = world.call(&["token"]).without("EXOIMAP_MAILBOX").showing_secrets().run();
    let token = ended.expect(0).stdout.strip_suffix('\n').unwrap();
    assert_eq!(ended.stderr, "");
    assert_eq!(jwt::verify(&world.entra.key(), token).unwrap()["roles"][0], "IMAP.AccessAsApp");
    assert_eq!(world.exchange.connections(), 0);
}

#[test]
fn xoauth2_is_the_whole_sasl_response() {
    let world = World::new();
    let token = world.entra.token();
    let ended = world.call_with_token(&["token", "--xoauth2"]).env("EXOIMAP_ACCESS_TOKEN", &token).run();
    let sasl = STANDARD.decode(ended.expect(0).stdout.trim_end()).unwrap();
    assert_eq!(String::from_utf8(sasl).unwrap(), format!("user={ORDERS}\x01auth=Bearer {token}\x01\x01"));
}

/// As the token endpoint has it.
#[test]
fn json_is_an_object_a_line() {
    let world = World::new();
    let object = |call: Call| -> Value {
        let ended = call.showing_secrets().run();
        assert_eq!(ended.expect(0).stdout.lines().count(), 1);
        serde_json::from_str(&ended.stdout).unwrap()
    };
    let asked = object(world.call(&["token", "--json"]));
    assert!(jwt::verify(&world.entra.key(), asked["access_token"].as_str().unwrap()).is_some(), "{asked}");
    assert!(
        asked["token_type"] == "Bearer" && asked["expires_in"].as_u64().is_some_and(|left| left > 3_000),
        "{asked}"
    );
    let token = world.entra.token();
    let given = |token: &str, more: &[&str]| {
        object(world.call_with_token(&[&["token", "--json"], more].concat()).env("EXOIMAP_ACCESS_TOKEN", token))
    };
    let by_claim = given(&token, &[]);
    assert!(by_claim["access_token"] == token && by_claim["expires_in"].is_u64(), "{by_claim}");
    let opaque = json!({"access_token": "opaque", "token_type": "Bearer", "expires_in": null});
    assert_eq!(given("opaque", &[]), opaque);
    let sasl = STANDARD.encode(format!("user={ORDERS}\x01auth=Bearer opaque\x01\x01"));
    assert_eq!(given("opaque", &["--xoauth2"]), json!({"xoauth2": sasl}));
}

#[test]
fn claims_are_what_the_token_says_without_the_token() {
    let world = World::new();
    let token = world.entra.token();
    for arguments in [&["token", "--claims"][..], &["token", "--claims", "--json"]] {
        let ended = world.call_with_token(arguments).env("EXOIMAP_ACCESS_TOKEN", &token).run();
        let claims: Value = serde_json::from_str(&ended.expect(0).stdout).unwrap();
        assert_eq!(Some(claims), jwt::claims(&token));
        assert!(token.split('.').all(|part| !ended.stdout.contains(part)), "{ended}");
    }
    world.call_with_token(&["token", "--claims"]).env("EXOIMAP_ACCESS_TOKEN", "opaque").run().expect(4);
}

#[test]
fn claims_and_xoauth2_contradict_each_other() {
    World::new().run(&["token", "--claims", "--xoauth2"]).expect(2).saying(&["--claims", "--xoauth2"]);
}

#[test]
fn a_ready_token_needs_no_tenant_and_no_request() {
    let world = World::new();
    let token = world.entra.token();
    let file = world.folder.file("token", format!("{token}\n"));
    let bare = |arguments: &[&str]| {
        world.call(arguments).without("AZURE_TENANT_ID").without("AZURE_CLIENT_ID").without("AZURE_CLIENT_SECRET")
    };
    let calls: [(&str, Call); 4] = [
        ("environment", bare(&["check"]).env("EXOIMAP_ACCESS_TOKEN", &token)),
        ("environment, CRLF", bare(&["check"]).env("EXOIMAP_ACCESS_TOKEN", format!("{token}\r\n"))),
        ("file", bare(&["check", "--access-token-file", &file])),
        ("stdin", bare(&["check", "--access-token-file", "-"]).stdin(format!("{token}\n"))),
    ];
    for (name, call) in calls {
        let ended = call.run();
        assert_eq!(ended.code, Some(0), "{name}: {ended}");
        assert!(!ended.stdout.contains(&token), "{name}");
    }
    assert_eq!((world.entra.requests().len(), world.exchange.logins()), (0, 4));
}

#[test]
fn the_secret_may_come_from_a_file_or_stdin() {
    let world = World::new();
    // As PowerShell redirects.
    let bytes: Vec<u8> = format!("\u{feff}{SECRET}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let file = world.folder.file("secret", &bytes);
    let call = |arguments: &[&str]| world.call(arguments).without("AZURE_CLIENT_SECRET");
    call(&["check", "--client-secret-file", &file]).run().expect(0);
    call(&["check"]).env("EXOIMAP_CLIENT_SECRET_FILE", &file).run().expect(0);
    call(&["check", "--client-secret-file", "-"]).stdin(bytes).run().expect(0);
    let sent = world.entra.requests();
    assert!(sent.iter().all(|request| request.form()["client_secret"] == SECRET));
}

#[test]
fn a_secret_file_that_holds_none_is_named_and_not_shown() {
    let world = World::new();
    let several = format!("{SECRET}\n{SECRET}\n");
    for bytes in [&b""[..], b"\n", several.as_bytes(), b"not\0real", b"\xff", &[b'x'; 70_000]] {
        let file = world.folder.file("secret", bytes);
        let ended = world.call(&["check", "--client-secret-file", &file]).run();
        ended.expect(2).one_error().saying(&["credential: ", &file]);
    }
    let missing = world.folder.path().join("missing").display().to_string();
    world.run(&["check", "--client-secret-file", &missing]).expect(2).one_error().saying(&[&missing]);
    assert_eq!(world.entra.requests().len(), 0);
}

/// The option before the variable with the value, that before the variable with the file.
#[test]
fn what_is_named_by_an_option_wins() {
    let world = World::new();
    let good = world.folder.file("good", SECRET);
    let wrong = world.folder.file("wrong", "wrong");
    world.call(&["check", "--client-secret-file", &good]).env("AZURE_CLIENT_SECRET", "wrong").run().expect(0);
    world.call(&["check"]).env("EXOIMAP_CLIENT_SECRET_FILE", &wrong).run().expect(0);
    world.call(&["check", "--client-secret-file", &good]).env("EXOIMAP_ACCESS_TOKEN", "wrong").run().expect(0);
    world.call(&["check", "--auth", "secret"]).env("EXOIMAP_ACCESS_TOKEN", "wrong").run().expect(0);
    // `auto` takes the token first.
    world.call(&["check"]).env("EXOIMAP_ACCESS_TOKEN", "wrong").run().expect(4);
}
