//! `check` for several mailboxes, for monitoring, and as a report to be mailed.

use std::fs;
use std::net::TcpListener;

use serde_json::Value;

use crate::program::{Ended, World};
use crate::support::entra::{Behaviour, CLIENT_ID};
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
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let list = world.folder.file("list", format!("{SALES}\n{ORDERS}\n{DISABLED}\n"));
    let ended = world.call_with_token(&["check", "--mailboxes", &list]).env("EXOIMAP_PORT", closed).run();
    ended.expect(5).saying(&[&format!("{SALES}: tcp: "), "2 more mailboxes were not tried"]);
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
