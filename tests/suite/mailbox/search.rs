//! `search`: UIDs, a table, objects.

use std::thread;

use super::{ALL, call, commands, objects, uids, with};
use crate::program::World;
use crate::support::exchange::Fault;
use crate::support::sample::{self, ORDERS};

#[test]
fn uids_are_printed_one_a_line_in_their_order() {
    let world = World::new();
    let printed = |arguments: &[&str]| {
        let ended = call(&world, &[&["search"], arguments].concat()).run();
        ended.expect(0).stdout.lines().map(|line| line.parse().unwrap()).collect::<Vec<u32>>()
    };
    assert_eq!(printed(&[]), ALL);
    assert_eq!(printed(&["--unseen", "--limit", "2"]), [16102, 16105]);
    assert_eq!(printed(&["--subject", "注文書"]), [16102, 16110]);
    assert_eq!(printed(&["--uid", "16124:*"]), [0; 0]);
    // Servers disagree on what `*` is in an empty folder, which is not searched.
    let searches = commands(&world, "UID SEARCH");
    let empty = call(&world, &["search", "--uid", "*"]).env("EXOIMAP_MAILBOX", sample::SALES).run();
    assert_eq!((empty.expect(0).stdout.as_str(), commands(&world, "UID SEARCH")), ("", searches));
    assert_eq!(commands(&world, "SELECT"), 0, "nothing can change");
    let wire = world.exchange.commands().join("\n");
    for never in ["CHARSET", "RETURN", "KEYWORD", "(FROM"] {
        assert!(!wire.contains(never), "{wire}");
    }
}

#[test]
fn the_table_is_decoded_and_stands_in_columns() {
    let world = World::new();
    let evil = sample::message(&["From: a@example.com", "Subject: =?utf-8?q?x=1B[2J=C2=9B=E2=80=AEy?=", "", "z"]);
    world.exchange.deliver(ORDERS, "INBOX", evil);
    let ended = call(&world, &["search", "--headers"]).run();
    let lines: Vec<_> = ended.expect(0).stdout.lines().collect();
    assert_eq!(lines.len(), 8, "{ended}");
    assert!(lines[0].starts_with("  UID  RECEIVED          FLAGS       SIZE  FROM"), "{ended}");
    assert!(lines[1].starts_with("16101  2026-11-02 08:14  S            "), "{ended}");
    assert!(lines[1].ends_with("Purchase order 4711") && lines[4].contains("  F      "), "{ended}");
    assert!(lines[2].contains("注文書 第2026-118号"), "{ended}");
    assert!(lines[7].ends_with("x\\x1b[2J\\u{9b}\\u{202e}y"), "{ended}");
    // Each subject begins in the same cell: a Japanese name is half as many characters as cells.
    let cells = |text: &str| text.chars().map(|c| if c > '\u{2e80}' { 2 } else { 1 }).sum::<usize>();
    let begins = |line: &str, subject: &str| cells(line.split_once(subject).unwrap().0);
    assert_eq!(begins(lines[1], "Purchase order"), begins(lines[2], "注文書"));
    assert_eq!(begins(lines[1], "Purchase order"), begins(lines[3], "Bestellung für"));
}

#[test]
fn an_object_says_what_is_known() {
    let world = World::new();
    let ended = call(&world, &["search", "--json", "--uid", "16101:16123"]).run();
    let objects = objects(&ended.expect(0).stdout);
    let order = &objects[0];
    assert_eq!(
        (order["uid"].as_u64(), order["from"].as_str()),
        (Some(16101), Some("Example Trading <purchasing@example.com>"))
    );
    assert_eq!((order["to"].as_str(), order["cc"].as_str()), (Some("orders@contoso.com"), None));
    assert_eq!(order["internal_date"], "2026-11-02T08:14:07Z");
    assert_eq!(order["date"], "2026-11-02T09:14:05+01:00");
    assert_eq!(
        (order["subject"].as_str(), order["message_id"].as_str()),
        (Some("Purchase order 4711"), Some("<po-4711@example.com>"))
    );
    assert_eq!((&order["flags"], order["has_attachments"].as_bool()), (&serde_json::json!(["\\Seen"]), Some(false)));
    assert!(order["size_estimate"].as_u64() > Some(500));
    assert_eq!(objects[3]["subject"], "注文書を添付します");
    let attached: Vec<_> = objects.iter().map(|object| object["has_attachments"].as_bool()).collect();
    assert_eq!(attached, [false, false, false, true, false, false].map(Some));
    // Only those of several parts are asked what they are made of.
    assert_eq!(
        world.exchange.commands().iter().filter(|c| c.contains("BODYSTRUCTURE")).collect::<Vec<_>>(),
        ["UID FETCH 16110:16111 (UID BODYSTRUCTURE)"]
    );
    assert_eq!(world.exchange.folder(ORDERS, "INBOX").unseen(), 5, "nothing was marked");
}

#[test]
fn a_server_without_structures_costs_the_answer_and_not_the_search() {
    let world = World::new();
    world.exchange.fault_always(Fault::NoStructure);
    let ended = call(&world, &["search", "--json"]).run();
    let objects = objects(&ended.expect(0).saying(&["has_attachments is not known"]).stdout);
    assert_eq!(objects.len(), 6);
    assert_eq!((objects[0]["has_attachments"].as_bool(), objects[3]["has_attachments"].as_bool()), (Some(false), None));
}

/// Whatever the server does about it, one message that it cannot make costs its own line and no other.
#[test]
fn a_header_or_a_structure_that_cannot_be_made_costs_only_its_message() {
    // Each has its waits, which cost nothing side by side.
    thread::scope(|scope| {
        for (says, structure) in Fault::FAILURES.into_iter().flat_map(|says| [(says, false), (says, true)]) {
            scope.spawn(move || at_one_message(says, structure));
        }
    });
}

fn at_one_message(says: &'static str, structure: bool) {
    let world = World::new();
    world.exchange.fault_always(Fault::EndAt { uid: 16110, structure, says });
    let named = |arguments: &[&str]| {
        let ended = call(&world, arguments).run();
        assert!(ended.expect(6).stderr.contains("message 16110: "), "{says:?}: {ended}");
        ended.stdout.lines().count()
    };
    assert_eq!(named(&["search", "--json"]), 6, "{says:?}");
    if structure {
        return;
    }
    assert_eq!(named(&["search", "--headers"]), 7, "{says:?}");
    assert_eq!(named(&["search", "--subject", "注文"]), 1, "{says:?}");
    assert_eq!(named(&["wait", "--for", "20s", "--subject", "注文"]), 1, "{says:?}");
    assert_eq!(named(&["wait", "--for", "20s", "--subject", "注文", "--to", "mail"]), 1, "{says:?}");
    assert_eq!(named(&["fetch", "--to", "mail", "--subject", "注文"]), 1, "{says:?}");
    assert_eq!(named(&["mark", "--flagged", "--subject", "注文"]), 1, "{says:?}");
    assert_eq!(named(&["copy", "--to", "Drafts", "--subject", "注文"]), 1, "{says:?}");
    assert_eq!(named(&["move", "--to", "Drafts", "--subject", "注文"]), 1, "{says:?}");
    assert_eq!((uids(&world, "Drafts"), uids(&world, "INBOX").contains(&16102)), (vec![1, 2], false), "{says:?}");
}

/// To leave one message out is no wait: a run that waits for nothing does it too, or none would ever end otherwise.
#[test]
fn a_run_that_does_not_wait_leaves_one_message_out_too() {
    for arguments in
        [&["search", "--json"][..], &["fetch", "--to", "mail", "--subject", "注文"], &["search", "--headers"]]
    {
        for says in Fault::LAST_WORDS {
            let world = World::new();
            world.exchange.fault_always(Fault::EndAt { uid: 16110, structure: false, says });
            let ended = call(&world, arguments).env("EXOIMAP_MAX_WAIT", "0").run();
            assert!(ended.expect(6).stderr.contains("message 16110: "), "{says:?}: {ended}");
        }
    }
    // An outage is one: nothing comes.
    let world = World::new();
    world.exchange.fault_always(Fault::DropAt { command: "FETCH", done: false });
    call(&world, &["search", "--json"]).env("EXOIMAP_MAX_WAIT", "0").run().expect(5).one_error();
    assert_eq!(world.exchange.connections(), 1);
}

#[test]
fn a_broken_session_costs_a_reconnection_and_no_line_comes_twice() {
    for fault in [
        Fault::DropAt { command: "SEARCH", done: false },
        Fault::DropAt { command: "FETCH", done: false },
        Fault::DropAt { command: "EXAMINE", done: true },
        Fault::ThrottleNo { ms: 50 },
        Fault::ThrottleBadThenBye { ms: 50 },
        Fault::ServerUnavailableBare,
    ] {
        let world = with(fault.clone());
        let ended = call(&world, &["search", "--json"]).run();
        let printed: Vec<_> =
            objects(&ended.expect(0).stdout).iter().filter_map(|object| object["uid"].as_u64()).collect();
        assert_eq!(printed, ALL.map(u64::from), "{fault:?}: {ended}");
        let impatient = with(fault);
        call(&impatient, &["search", "--json"]).env("EXOIMAP_MAX_WAIT", "0").run().expect(5).one_error();
    }
}
