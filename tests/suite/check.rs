//! `check` for several mailboxes, for monitoring, and as a report to be mailed.

use std::fs;

use serde_json::Value;

use crate::credentials::certificate::{Keys, world_with_certificate};
use crate::credentials::federated::{good, world_with_federation};
use crate::program::{Call, Ended, World};
use crate::support::entra::managed_identity::{HEADER, Platform};
use crate::support::entra::{Behaviour, CLIENT_ID, SECRET};
use crate::support::exchange::Fault;
use crate::support::listen::CLOSED;
use crate::support::sample::{DISABLED, NO_ACCESS, ORDERS, SALES};

fn objects(ended: &Ended) -> Vec<Value> {
    ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn several_mailboxes_share_a_token_and_have_a_line_each() {
    let world = World::new();
    let list =
        world.folder.file("list", format!("# all of them\n{SALES}\n{DISABLED}\r\nnobody@contoso.com\n{ORDERS}\n"));
    let ended = world.run(&["check", "--max-wait", "0", "--mailboxes", &list]);
    let words = ended.expect(4).first_words();
    assert_eq!(words, ["options", "credential", "token", "claims", "ok", "failed", "failed", "ok"], "{ended}");
    for words in [
        format!("exoimap: {DISABLED}: mailbox: "),
        format!("Set-CASMailbox {DISABLED} -ImapEnabled $true"),
        "exoimap: nobody@contoso.com: authenticate: ".to_owned(),
        "Get-Mailbox nobody@contoso.com".to_owned(),
    ] {
        assert!(ended.stderr.contains(&words), "{words}: {ended}");
    }
    assert!(ended.stdout.contains(&format!("{ORDERS}  6 messages, UIDVALIDITY 14, read-write")), "{ended}");
    assert!(ended.stdout.contains("nobody@contoso.com  failed at authenticate"), "{ended}");
    assert_eq!(world.entra.requests().len(), 1);

    let found =
        objects(&world.run(&["check", "--json", "--max-wait", "0", "--mailbox", SALES, "--mailbox", NO_ACCESS]));
    let mailboxes: Vec<_> = found.iter().filter(|object| object["mailbox"].is_string()).collect();
    assert_eq!((mailboxes[0]["ok"].as_bool(), mailboxes[0]["messages"].as_u64()), (Some(true), Some(0)));
    assert_eq!((mailboxes[1]["ok"].as_bool(), mailboxes[1]["step"].as_str()), (Some(false), Some("mailbox")));
    assert!(mailboxes[1]["hints"].as_array().is_some_and(|hints| hints.len() == 3));

    // A list of one is a list.
    let one = world.folder.file("one", format!("{SALES}\n"));
    assert_eq!(world.run(&["check", "--mailboxes", &one]).expect(0).first_words().last(), Some(&"ok"));
}

#[test]
fn a_way_that_is_closed_is_closed_to_all() {
    let world = World::new();
    let list = world.folder.file("list", format!("{SALES}\n{ORDERS}\n{DISABLED}\n"));
    let ended = world.call_with_token(&["check", "--mailboxes", &list]).env("EXOIMAP_PORT", CLOSED).run();
    ended.expect(5).saying(&[&format!("{SALES}: tcp: "), "2 of 3 mailboxes were not looked at"]);
    assert!(!ended.stderr.contains(ORDERS), "{ended}");
}

#[test]
fn json_tells_of_a_call_that_is_wrong_too() {
    let world = World::new();
    let ended = world.call(&["check", "--json"]).without("AZURE_CLIENT_SECRET").run();
    let said = objects(ended.expect(2));
    assert_eq!((said[0]["step"].as_str(), said[0]["ok"].as_bool()), (Some("options"), Some(false)));
    let ended = world.run(&["check", "--json", "--client-secret-file", "nowhere"]);
    assert_eq!(objects(ended.expect(2))[0]["step"], "credential");
    world.entra.configure().token.roles.clear();
    let said = objects(world.run(&["check", "--json"]).expect(4));
    assert_eq!(
        said.iter().map(|step| step["step"].as_str().unwrap()).collect::<Vec<_>>(),
        ["options", "credential", "token", "claims"]
    );
}

#[test]
fn when_a_secret_ends_is_not_pretended_to_be_known() {
    let world = World::new();
    let ended = world.run(&["check", "--expect-days", "30"]);
    assert!(ended.expect(0).stdout.contains("cannot be seen from here (--expect-days)"), "{ended}");
    world.run(&["check", "--expect-days", "0"]).expect(2).one_error().saying(&["--expect-days"]);
}

#[test]
fn a_certificate_that_ends_too_soon_fails_before_anything_is_asked() {
    let world = world_with_certificate();
    let call = |days: &str| {
        let call = world.call(&["check", "--expect-days", days]).without("AZURE_CLIENT_SECRET");
        call.env("AZURE_CLIENT_CERTIFICATE_PATH", Keys::get().path("both.pem")).run()
    };
    // It was made for ninety days.
    assert!(call("80").expect(0).stdout.contains(", ends in 89 days, on 20"));
    let asked = world.entra.requests().len();
    let ended = call("91");
    ended.expect(4).one_error().saying(&["credential: certificate ", "sooner than --expect-days 91"]);
    assert_eq!((ended.first_words(), world.entra.requests().len()), (vec!["options", "credential"], asked));
}

/// Whatever the credential is, in whatever way the run ends, nothing that could be used again is in the report:
/// the whole of it is looked through for each secret of each kind, raw, in base64, percent-encoded.
#[test]
fn no_report_holds_a_credential_of_any_kind() {
    let keys = Keys::get();
    let private: Vec<_> = keys.text("key.pem").lines().filter(|line| line.len() > 60).map(str::to_owned).collect();
    assert!(private.len() > 20);
    type Given = fn(&World, Call) -> Call;
    let kinds: [(&str, World, Given); 7] = [
        ("secret", World::new(), |_, call| call.env("AZURE_CLIENT_SECRET", SECRET)),
        ("secret file", World::new(), |world, call| {
            call.env("EXOIMAP_CLIENT_SECRET_FILE", world.folder.file("secret", SECRET))
        }),
        ("secret command", World::new(), |_, call| {
            call.env("EXOIMAP_CLIENT_SECRET_COMMAND", format!("printf %s '{SECRET}'"))
        }),
        ("token", World::new(), |world, call| call.env("EXOIMAP_ACCESS_TOKEN", world.entra.token())),
        ("certificate", world_with_certificate(), |_, call| {
            call.env("AZURE_CLIENT_CERTIFICATE_PATH", Keys::get().path("both.pem"))
        }),
        ("federated", world_with_federation(), |world, call| {
            call.env("AZURE_FEDERATED_TOKEN_FILE", world.folder.file("federated", good()))
        }),
        ("managed identity", World::new(), |world, call| {
            let platform = Platform::start(&world.entra);
            let call = call.without("AZURE_CLIENT_ID").env("EXOIMAP_AUTH", "managed-identity");
            call.env("IDENTITY_ENDPOINT", platform.app_service()).env("IDENTITY_HEADER", HEADER)
        }),
    ];
    for (kind, world, given) in kinds {
        // It goes well; Exchange refuses; the mailbox is closed; the server repeats what it was sent.
        let refusal = |command, answer| Some(Fault::Refuse { command, answer });
        for (fault, exit) in [
            (None, 0),
            (refusal("AUTHENTICATE", "NO AUTHENTICATE failed."), 4),
            (refusal("NAMESPACE", "BAD User is authenticated but not connected."), 4),
            (Some(Fault::ChallengeThenNo), 4),
        ] {
            world.exchange.clear_faults();
            fault.into_iter().for_each(|fault| world.exchange.fault_always(fault));
            let arguments = ["check", "--report", "report.txt", "--max-wait", "0", "-v"];
            let call = world.call(&arguments).without("AZURE_CLIENT_SECRET");
            let ended = given(&world, call).env("HTTPS_PROXY", "").run();
            assert_eq!(ended.code, Some(exit), "{kind}: {ended}");
            let report = fs::read_to_string(world.folder.path().join("report.txt")).unwrap();
            assert!(
                report.contains(&format!("\nexit {exit}\n")) && report.contains("\"roles\": ["),
                "{kind}: {report}"
            );
            // A needle of the token's header finds the assertion and the federated token too.
            let mut needles = crate::secrets::needles();
            needles.extend(crate::secrets::forms(HEADER));
            needles.extend(private.iter().cloned());
            let found = needles.iter().find(|needle| report.contains(*needle));
            assert_eq!(found, None, "{kind}: {report}");
            let words = report.split(|c: char| !(c.is_ascii_alphanumeric() || "+/=-_.".contains(c)));
            let long: Vec<_> = words.filter(|word| word.len() > 120).collect();
            assert!(long.is_empty(), "{kind}: something long is in it: {long:?}");
        }
    }
}

#[test]
fn a_report_is_all_there_is_to_say() {
    let world = World::new();
    let report = world.folder.path().join("report.txt");
    // What was there before goes, and its permissions with it.
    fs::write(&report, "x".repeat(100_000)).unwrap();
    let run = |world: &World, exit: i32, arguments: &[&str]| {
        world.run(&[&["check", "--report", "report.txt"], arguments].concat()).expect(exit);
        fs::read_to_string(&report).unwrap()
    };
    let good = run(&world, 0, &[]);
    for words in [
        concat!("exoimap ", env!("CARGO_PKG_VERSION"), ", "),
        "--mailbox orders@contoso.com (from the environment)",
        "in the environment: AZURE_AUTHORITY_HOST AZURE_CLIENT_ID AZURE_CLIENT_SECRET",
        "credential ",
        "front end LO4P265CA0042.GBRP265.PROD.OUTLOOK.COM",
        "\nexit 0\n",
        "\"roles\": [",
        "S: * OK The Microsoft Exchange IMAP4 service is ready.",
        "AUTHENTICATE XOAUTH2 <secret ",
        "S: a",
    ] {
        assert!(good.contains(words), "{words}: {good}");
    }
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&report).unwrap().permissions()) & 0o777, 0o600);

    let refused = run(&world, 4, &["--max-wait", "0", "--mailbox", NO_ACCESS]);
    assert!(refused.contains("hint: perhaps IMAP is off") && refused.contains("\nexit 4\n"), "{refused}");
    assert!(
        refused.contains("docs/troubleshooting.md under: BAD User is authenticated but not connected."),
        "{refused}"
    );
    let several = run(&world, 4, &["--max-wait", "0", "--mailbox", NO_ACCESS, "--mailbox", ORDERS]);
    assert!(
        several.contains(&format!("{ORDERS}: tls")) && several.matches("S: * OK The Microsoft").count() == 2,
        "{several}"
    );

    world.entra.behave(Behaviour::Refuses(7_000_222));
    let entra = run(&world, 4, &[]);
    for words in
        ["Entra ID: AADSTS 7000222", "Entra ID: trace id 0000aaaa-", "none: there was no token", "none: no server"]
    {
        assert!(entra.contains(words), "{words}: {entra}");
    }
    // Values that did not pass may be anything, a secret too.
    let usage = world.call(&["check", "--report", "report.txt"]).env("AZURE_TENANT_ID", "hunter 2").run();
    let usage = (usage.expect(2), fs::read_to_string(&report).unwrap());
    assert!(
        usage.1.contains("--tenant (set)") && !usage.1.contains("hunter") && !usage.1.contains(CLIENT_ID),
        "{}",
        usage.1
    );

    world.run(&["check", "--report", "no/such/folder"]).expect(1).one_error().saying(&["--report"]);
}
