//! Every refusal that is publicly known of Exchange Online, and of what stands on the way there: a scripted server or
//! endpoint reproduces it, and the built program must say the cause and the command, and end with the exit code that a
//! script can act on. Entra's numbers are in `src/advice/hint_tests.rs`.

use std::io::Write;

use crate::enemy::{bytes, start};
use crate::program::{Call, Ended, World};
use crate::support::entra::{Behaviour, CLIENT_ID, SECRET};
use crate::support::exchange::{Exchange, Fault};
use crate::support::jwt::TokenShape;
use crate::support::{listen, sample};

const CHECK: &[&str] = &["check"];

/// One error with its words and one to three hints, or none.
#[track_caller]
fn explained(case: &str, call: Call, exit: i32, says: &[&str]) -> Ended {
    let ended = call.env("EXOIMAP_MAX_WAIT", "0").run();
    assert_eq!(ended.code, Some(exit), "{case}: {ended}");
    for words in says {
        assert!(ended.stderr.contains(words), "{case}: {words:?} is not said by {ended}");
    }
    assert!(exit == 0 || ended.one_error().stderr.contains("\nhint: "), "{case}: {ended}");
    assert!(!ended.stderr.contains(SECRET) && !ended.stdout.contains("eyJ"), "{case}: {ended}");
    ended
}

#[test]
fn each_answer_of_a_server_is_explained_with_its_cause_and_the_command() {
    let world = World::new();
    let rows = include_str!("refusals.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for row in rows {
        let filled = row.replace("{app}", CLIENT_ID).replace("{oid}", &TokenShape::default().oid);
        let columns: Vec<_> = filled.split(" | ").collect();
        let (exit, arguments): (i32, Vec<_>) = (columns[0].parse().unwrap(), columns[1].split(' ').collect());
        let (command, answer) = columns[2].split_once(": ").unwrap();
        let answer = format!("{}\r\n", answer.replace("\\r\\n", "\r\n")).replace("\\\r\n", "");
        let port = start(&world, usize::MAX, command.to_owned(), bytes(answer));
        let _ = std::fs::remove_dir_all(world.folder.path().join("mail"));
        explained(row, world.call_with_token(&arguments).env("EXOIMAP_PORT", port), exit, &columns[3..]);
    }
}

#[test]
fn what_answers_in_entras_place_is_told_from_entra() {
    let json = "application/json";
    let sign_in_page = Behaviour::Says { status: 200, content_type: "text/html", body: "<html>please sign in</html>" };
    let odd = r#"{"error":"server_is_odd","error_description":"no number"}"#;
    let odd = Behaviour::Says { status: 400, content_type: json, body: odd };
    let world = World::new();
    for (behaviour, exit, says) in [
        (Behaviour::ProxyHtml { status: 403 }, 4, ["HTTP 403 with text/html", "perhaps a proxy or a sign-in page"]),
        (Behaviour::ProxyHtml { status: 407 }, 4, ["HTTP 407 with text/html", "put them into HTTPS_PROXY"]),
        (Behaviour::ProxyHtml { status: 502 }, 5, ["HTTP 502 with text/html", "perhaps a proxy could not reach Entra"]),
        (sign_in_page, 7, ["HTTP 200 with text/html", "perhaps a proxy or a sign-in page"]),
        (Behaviour::TruncatedJson, 7, ["not complete JSON with an access_token", "perhaps a proxy cut or replaced"]),
        (Behaviour::HugeBody { bytes: 3_000_000 }, 7, ["has more than 1048576 bytes", "perhaps a proxy cut"]),
        (odd, 4, ["Entra ID refused (HTTP 400, server_is_odd): no number", "sign-in logs"]),
        (Behaviour::ThrottleOnce { retry_after: 7 }, 5, ["HTTP 429", "run again in 7 seconds"]),
        (Behaviour::Unavailable { times: 9 }, 5, ["HTTP 503", "a temporary failure of Entra"]),
    ] {
        world.entra.behave(behaviour.clone());
        explained(&format!("{behaviour:?}"), world.call(CHECK), exit, &[&["exoimap: token: "], &says[..]].concat());
    }
    assert_eq!(world.exchange.connections(), 0);
}

/// A token that is no application's with the permission; what `check` sees before it asks is in `sign_in`.
#[test]
fn a_token_that_opens_nothing_is_explained() {
    let refused = "authenticate: the server refused: NO AUTHENTICATE failed.";
    let user = |shape: &mut TokenShape, scp: &str| {
        shape.roles.clear();
        shape.scp = Some(scp.into());
    };
    let check = |change: &dyn Fn(&mut TokenShape), says: &[&str]| {
        let world = World::new();
        change(&mut world.entra.configure().token);
        explained(says[0], world.call(CHECK), 4, says)
    };
    let lacks = "claims: the token is a user's, and its scp (Mail.Read) lacks IMAP.AccessAsUser.All";
    check(&|shape| user(shape, "Mail.Read"), &[lacks, "client credentials"]);
    check(&|shape| user(shape, "IMAP.AccessAsUser.All"), &[refused, "the token is a user's (it has scp)"]);
    let expired = check(&|shape| shape.lifetime = -60, &[refused, "the token has expired", "get a new one", "clock"]);
    assert!(expired.stdout.contains(", expired 1 minutes ago"), "{expired}");

    let world = World::new();
    let opaque = world.call_with_token(CHECK).env("EXOIMAP_ACCESS_TOKEN", "opaque");
    explained("opaque", opaque, 4, &[refused, "exoimap token --claims"]);
    world.exchange.fault_always(Fault::Refuse { command: "AUTHENTICATE", answer: "NO AUTHENTICATE failed." });
    let other = world.call_with_token(CHECK).env("AZURE_TENANT_ID", "ffffffff-0000-cccc-1111-dddd2222eeee");
    explained("another tenant", other, 4, &["the token is of the tenant aaaabbbb-", "of the mailbox's own tenant"]);
    let nobody = world.call_with_token(&["check", "--mailbox", "nobody@contoso.com"]);
    explained("no such mailbox", nobody, 4, &[refused, "Get-Mailbox nobody@contoso.com"]);
}

#[test]
fn what_fails_on_the_way_there_is_explained() {
    let world = World::new();
    let call = |name: &str, value: &dyn ToString| world.call_with_token(CHECK).env(name, value.to_string());
    let expired = world.authority.expired_identity(&["localhost"]);
    let expired = Exchange::start_as(expired, &world.entra.key(), sample::mailboxes()).port();
    let authority = world.call(CHECK).env("AZURE_AUTHORITY_HOST", "https://login.invalid");
    let der = world.folder.file("der.crt", b"0\x82");
    // A host without any CA store is another matter: tests/static has one.
    let unknown = world.call(CHECK).without("EXOIMAP_CA_FILE");
    let unsigned = ["tls: localhost: ", "--ca-file (EXOIMAP_CA_FILE)", "openssl s_client -connect localhost:"];
    for (call, exit, says) in [
        (call("EXOIMAP_HOST", &"nowhere.invalid"), 5, ["dns: looking up nowhere.", "", "check the host name nowhere."]),
        (authority, 5, ["dns: looking up login.invalid", "", "nslookup login.invalid"]),
        (
            call("EXOIMAP_PORT", &listen::CLOSED),
            5,
            ["tcp: no connection to ", "Connection refused", "nc -vz localhost "],
        ),
        (unknown, 4, unsigned),
        (call("EXOIMAP_PORT", &expired), 4, ["tls: localhost: ", "compare this machine's clock", "openssl s_client"]),
        (call("EXOIMAP_PORT", &plain(b"* OK ready\r\n")), 4, ["tls: ", "speaks no TLS", "993 (--port), not 143"]),
        (call("EXOIMAP_PORT", &plain(b"")), 5, ["tls: ", "handshake", "perhaps a firewall or a proxy cuts TLS"]),
        (call("EXOIMAP_CA_FILE", &der), 2, ["tls: reading ", "holds no PEM certificate", "openssl x509 -inform der"]),
        (call("EXOIMAP_CA_FILE", &"missing"), 2, ["tls: reading ", "missing", "--ca-file"]),
    ] {
        explained(says[2], call, exit, &says);
    }
}

#[test]
fn what_fails_on_this_machine_is_explained() {
    let world = World::new();
    let secret = world.call(&["check", "--client-secret-file", "nowhere"]);
    explained("secret", secret, 2, &["credential: reading the client secret from nowhere", "check the path"]);
    let full = world.call(&["check", "--report", "/dev/full"]);
    explained("disk", full, 1, &["writing /dev/full (--report): No space left on device", "make room"]);
}

/// A port that says this to everybody, without TLS, and hangs up.
fn plain(says: &'static [u8]) -> u16 {
    listen::serve_plain(move |mut socket| {
        let _ = std::io::Read::read(&mut socket, &mut [0; 1024]);
        let _ = socket.write_all(says);
    })
}
