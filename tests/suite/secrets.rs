//! No credential is shown: not the client secret, not the access token, not the SASL response; not raw,
//! not in base64, not percent-encoded; not on stdout, not on stderr, not in a transcript.

mod repeated;

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::credentials::certificate::{Keys, world_with_certificate};
use crate::credentials::federated::{self, world_with_federation};
use crate::program::{Call, Folder, World};
use crate::support::certificate::Authority;
use crate::support::entra::managed_identity::{HEADER, Platform};
use crate::support::entra::{Behaviour, SECRET, device};
use crate::support::exchange::Fault;
use crate::support::proxy::{Manner, PASSWORD, PASSWORD_IN_URL, Proxy, USER};
use crate::support::sample::{self, ORDERS};

/// What every JSON web token of the tests begins with.
const TOKEN_HEADER: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9";

/// What every assertion that a certificate signs begins with: `{"alg":"PS256","typ":"JWT",`.
const ASSERTION_HEADER: &str = "eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCIs";

/// Every form in which a text may be hidden in another; base64 starts at three places.
pub(crate) fn forms(text: &str) -> Vec<String> {
    let mut forms = vec![text.to_owned(), percent_encoded(text)];
    for before in ["", "x", "xy"] {
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = engine.encode(format!("{before}{text}"));
            // The first and the last four characters depend on what stands beside the text.
            let from = if before.is_empty() { 0 } else { 4 };
            forms.push(encoded[from..encoded.len() - 4].to_owned());
        }
    }
    forms
}

fn percent_encoded(text: &str) -> String {
    let byte = |c: u8| if c.is_ascii_alphanumeric() { char::from(c).to_string() } else { format!("%{c:02X}") };
    text.bytes().map(byte).collect()
}

/// All that must not be seen, whatever token Entra gave out.
pub(crate) fn needles() -> Vec<String> {
    let mut needles = forms(SECRET);
    needles.push("not-a-real-secret".to_owned());
    needles.extend(forms(PASSWORD));
    needles.extend(forms(&format!("{USER}:{PASSWORD}")));
    needles.push(PASSWORD_IN_URL.to_owned());
    needles.extend(forms(TOKEN_HEADER));
    needles.extend(forms(ASSERTION_HEADER));
    for secret in [HEADER, device::CODE, "not-a-real-refresh-token"] {
        needles.extend(forms(secret));
    }
    // A line from the middle of the private key.
    needles.push(Keys::get().text("key.pem").lines().nth(9).unwrap().to_owned());
    for user in [ORDERS, sample::DISABLED] {
        needles.extend(forms(&format!("user={user}\u{1}auth=Bearer {TOKEN_HEADER}")));
    }
    needles
}

const COMMANDS: [&[&str]; 13] = [
    &["check"],
    &["check", "--json"],
    &["check", "--report=report.txt"],
    &["folders"],
    &["folders", "create", "New"],
    &["fetch", "--to", "mail"],
    &["token", "--claims"],
    &["setup"],
    &["setup", "--script"],
    &["search"],
    &["mark", "--seen", "--uid", "1:*"],
    &["copy", "--to", "Drafts", "--uid", "1:*"],
    &["wait", "--for", "1s"],
];

/// Every command in every loudness, in whatever world; the exit code is not the question here.
fn listen_to_all(world: &World, change: impl Fn(Call) -> Call) {
    let needles = needles();
    for command in COMMANDS {
        for loud in [&["--trace"][..], &["--trace=trace.txt", "-v"], &["-v", "--json"]] {
            let trace = world.folder.path().join("trace.txt");
            let _ = fs::remove_file(&trace);
            let ended = change(world.call(&[command, loud].concat())).run();
            let written = fs::read_to_string(&trace).unwrap_or_default();
            for text in [&ended.stdout, &ended.stderr, &written] {
                let found = needles.iter().find(|needle| text.contains(*needle));
                assert_eq!(found, None, "{written}{ended}");
            }
        }
    }
    for entry in walk(world.folder.path()) {
        let bytes = fs::read(&entry).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!needles.iter().any(|needle| text.contains(needle)), "{} holds a credential", entry.display());
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// A needle that nothing can ever match would prove nothing.
#[test]
fn the_needles_are_found_where_a_secret_is_shown() {
    let world = World::new();
    let ended = world.call(&["token", "--xoauth2"]).showing_secrets().run();
    assert!(needles().iter().any(|needle| ended.expect(0).stdout.contains(needle)), "{ended}");
    let ended = world.call(&["token"]).showing_secrets().run();
    assert!(needles().iter().any(|needle| ended.expect(0).stdout.contains(needle)), "{ended}");
    let form = &world.entra.requests()[0].body;
    assert!(needles().iter().any(|needle| form.contains(needle)), "{form}");
    let told = STANDARD_NO_PAD.encode(format!("ab{SECRET}cd"));
    assert!(forms(SECRET).iter().any(|form| told.contains(form)));
}

#[test]
fn not_where_all_goes_well() {
    let world = World::new();
    listen_to_all(&world, |call| call);
    let token = world.entra.token();
    listen_to_all(&world, |call| call.without("AZURE_CLIENT_SECRET").env("EXOIMAP_ACCESS_TOKEN", &token));
}

#[test]
fn not_where_the_sign_in_fails() {
    for fault in [
        Fault::NoSaslIr,
        Fault::ChallengeThenNo,
        Fault::NoXoauth2,
        Fault::Preauth,
        Fault::Refuse { command: "AUTHENTICATE", answer: "NO AUTHENTICATE failed." },
        Fault::Refuse { command: "NAMESPACE", answer: "BAD User is authenticated but not connected." },
        Fault::DropInLiteral { uid: 16101 },
    ] {
        let world = World::new();
        world.exchange.fault_always(fault);
        listen_to_all(&world, |call| call.env("EXOIMAP_MAX_WAIT", "1s"));
    }
    let world = World::new();
    listen_to_all(&world, |call| call.env("EXOIMAP_MAILBOX", sample::DISABLED).env("EXOIMAP_MAX_WAIT", "1s"));
}

#[test]
fn not_where_the_token_request_fails() {
    for behaviour in [
        Behaviour::ProxyHtml { status: 403 },
        Behaviour::TruncatedJson,
        Behaviour::Redirect { to: "https://login.example.com/".into() },
        Behaviour::WithoutRoles,
    ] {
        let world = World::new();
        world.entra.behave(behaviour);
        listen_to_all(&world, |call| call);
    }
    let world = World::new();
    world.entra.configure().secret_expired = true;
    listen_to_all(&world, |call| call);
    let stranger = world.folder.file("stranger.pem", Authority::new().pem());
    listen_to_all(&world, |call| call.env("EXOIMAP_CA_FILE", &stranger));
}

/// A proxy's password, whatever the proxy makes of it.
#[test]
fn not_where_a_proxy_is_on_the_way() {
    for (manner, scheme) in [
        (Manner::ConnectWithLogin, "http"),
        (Manner::Parrot, "http"),
        (Manner::Answer(b"HTTP/1.1 403 Forbidden\r\n\r\nno"), "http"),
        (Manner::Socks5WithLogin, "socks5"),
        (Manner::Socks5Reply(2), "socks5"),
    ] {
        let world = World::new();
        let proxy = Proxy::start(manner);
        listen_to_all(&world, |call| call.env("EXOIMAP_PROXY", proxy.url_with_login(scheme)));
        listen_to_all(&world, |call| call.env("EXOIMAP_PROXY", proxy.url_with_login("https")));
    }
}

/// What a command prints, the secret or one too many.
#[cfg(unix)]
#[test]
fn not_where_a_command_prints_it() {
    let world = World::new();
    for print in [format!("printf %s '{SECRET}'"), format!("printf '%s\\n%s' '{SECRET}' '{SECRET}'")] {
        let file = format!("{print}; exit 0");
        listen_to_all(&world, |call| call.without("AZURE_CLIENT_SECRET").env("EXOIMAP_CLIENT_SECRET_COMMAND", &file));
        let file = format!("{print}; exit 3");
        listen_to_all(&world, |call| call.without("AZURE_CLIENT_SECRET").env("EXOIMAP_CLIENT_SECRET_COMMAND", &file));
    }
}

/// The secret where it was not asked for: swapped variables, a bad option beside it.
#[test]
fn not_where_the_call_is_wrong() {
    let world = World::new();
    for variable in ["AZURE_TENANT_ID", "EXOIMAP_TIMEOUT", "EXOIMAP_HOST", "EXOIMAP_SCOPE"] {
        listen_to_all(&world, |call| call.env(variable, "not right"));
    }
    listen_to_all(&world, |call| call.without("EXOIMAP_MAILBOX"));
}

/// The certificate's key and what it signs, somebody else's token, a platform's header, a person's codes.
#[test]
fn not_by_the_other_ways_to_sign_in() {
    let bare = |call: Call| call.without("AZURE_CLIENT_SECRET");
    let certificate = Keys::get().path("both.pem");
    for world in [world_with_certificate(), World::new()] {
        listen_to_all(&world, |call| bare(call).env("AZURE_CLIENT_CERTIFICATE_PATH", &certificate));
    }
    let elsewhere = Folder::new();
    let file = elsewhere.file("federated", federated::good());
    for world in [world_with_federation(), World::new()] {
        listen_to_all(&world, |call| bare(call).env("AZURE_FEDERATED_TOKEN_FILE", &file));
    }
    for identity in ["system", "99998888-7777-6666-5555-444433332222"] {
        let world = World::new();
        let platform = Platform::start(&world.entra);
        listen_to_all(&world, |call| {
            bare(call)
                .env("EXOIMAP_AUTH", "managed-identity")
                .env("EXOIMAP_IDENTITY", identity)
                .env("IDENTITY_ENDPOINT", platform.app_service())
                .env("IDENTITY_HEADER", HEADER)
        });
    }
}

/// What is kept is in its directory and nowhere else.
#[test]
fn not_where_tokens_are_kept() {
    let world = World::new();
    let elsewhere = Folder::new();
    let cache = elsewhere.path().join("cache");
    listen_to_all(&world, |call| call.env("EXOIMAP_TOKEN_CACHE", cache.display()));
    world.entra.configure().device.answers = vec!["authorization_pending"];
    listen_to_all(&world, |call| {
        call.without("AZURE_CLIENT_SECRET")
            .without("EXOIMAP_SCOPE")
            .env("EXOIMAP_AUTH", "device-code")
            .env("EXOIMAP_TOKEN_CACHE", cache.display())
    });
    let kept: String = walk(&cache).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    assert!(kept.contains("not-a-real-refresh-token") && kept.contains(TOKEN_HEADER));
    assert!(forms(SECRET).iter().all(|form| !kept.contains(form)), "the secret itself is kept");
}
