//! `folders` and `folders create`: names of every kind.

use super::{call, commands, objects, uids};
use crate::enemy::{attack, bytes};
use crate::program::World;
use crate::support::exchange::Fault;
use crate::support::sample;

/// Japanese, umlauts, quotes, backslashes, ampersands, leading dots, trailing blanks, and what looks like
/// protocol.
const NAMES: [&str; 12] = [
    "注文/済み",
    "Entwürfe & Größe",
    "say \"hello\"",
    "back\\slash",
    "A & B &- C",
    ".hidden",
    "trailing blank ",
    " leading",
    "100% * (all) [x]",
    "{5}",
    "NIL",
    "😀 émoji",
];

#[test]
fn any_name_is_created_listed_filled_and_opened() {
    let world = World::new();
    let message = world.folder.file("note.eml", sample::note("x"));
    for name in NAMES {
        assert_eq!(call(&world, &["folders", "create", name]).run().expect(0).stdout, format!("{name}\n"));
        assert_eq!(call(&world, &["append", "--folder", name, &message]).run().expect(0).first_words(), ["1"]);
        let ended = call(&world, &["move", "--folder", name, "--to", name, "--uid", "1:*"]).run();
        ended.expect(2);
        assert_eq!(call(&world, &["copy", "--to", name, "--uid", "16101"]).run().expect(0).first_words(), ["16101"]);
        let ended = call(&world, &["search", "--folder", name, "--json"]).run();
        assert_eq!(objects(&ended.expect(0).stdout).len(), 2, "{name}");
        call(&world, &["mark", "--folder", name, "--flagged", "--uid", "1"]).run().expect(0);
    }
    let listed = call(&world, &["folders", "--json"]).run();
    let listed: Vec<_> = objects(&listed.expect(0).stdout);
    for name in NAMES {
        let found =
            listed.iter().find(|object| object["name"] == name).unwrap_or_else(|| panic!("{name} is not listed"));
        assert_eq!((found["messages"].as_u64(), found["unseen"].as_u64()), (Some(2), Some(1)), "{name}");
    }
    assert!(world.exchange.commands().iter().all(|command| command.is_ascii()));
    assert_eq!(uids(&world, "INBOX").len(), 6);
}

#[test]
fn a_name_that_exists_or_cannot_be_is_refused() {
    let world = World::new();
    call(&world, &["folders", "create", "Drafts"]).run().expect(4).one_error().saying(&["CREATE", "already exists"]);
    for bad in ["", "a\nb", "tab\there"] {
        call(&world, &["folders", "create", bad]).run().expect(2).one_error();
    }
    for (name, call) in [
        ("x", call(&world, &["folders", "--json", "create", "x"])),
        ("y", call(&world, &["folders", "create", "y", "--json"])),
    ] {
        let said = serde_json::json!({"name": name, "wire": name, "created": true});
        assert_eq!(objects(&call.run().expect(0).stdout), [said]);
    }
}

#[test]
fn a_name_with_a_control_character_is_listed_and_never_sent_raw() {
    let world = World::new();
    super::add_folder(&world, "Tab\there");
    let ended = call(&world, &["folders"]).run();
    assert!(ended.expect(0).stdout.contains("Tab\\x09here"), "{ended}");
    assert!(
        world.exchange.commands().contains(&"STATUS Tab&AAk-here (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)".to_owned())
    );
}

/// Exchange says of no folder what it is for; others do (RFC 6154).
#[test]
fn what_a_folder_is_for_is_told_where_the_server_says_it() {
    let world = World::new();
    let answer =
        "* LIST (\\HasNoChildren \\sent) \"/\" Gesendet\r\n* LIST (\\HasNoChildren) \"/\" INBOX\r\n{tag} OK done\r\n";
    let ended = attack(&world, &["folders"], "LIST", bytes(answer));
    let lines: Vec<_> = ended.expect(0).stdout.lines().collect();
    assert!(lines[0].ends_with("  Gesendet\t\\Sent") && lines[1].ends_with("  INBOX"), "{ended}");
    let ended = attack(&world, &["folders", "--json"], "LIST", bytes(answer));
    let told: Vec<_> = objects(&ended.expect(0).stdout).iter().map(|object| object["special_use"].clone()).collect();
    assert_eq!(told, [serde_json::json!("\\Sent"), serde_json::Value::Null]);
}

#[test]
fn names_come_without_counts_if_none_are_asked_for() {
    let world = World::new();
    let ended = call(&world, &["folders", "--no-counts"]).run();
    assert!(ended.expect(0).stdout.contains("       -        -  INBOX\n"), "{ended}");
    assert_eq!((commands(&world, "STATUS"), commands(&world, "LIST")), (0, 1));
}

#[test]
fn a_line_of_a_list_that_cannot_be_read_costs_only_its_folder() {
    let world = World::new();
    for bad in ["(\\A \"/\" Lost", "(\\A) \"/\" \"Lost", "Lost", "((\\A) \"/\" Lost"] {
        let list = format!("* LIST () \"/\" INBOX\r\n* LIST {bad}\r\n* LIST () \"/\" Done\r\n{{tag}} OK done\r\n");
        let ended = attack(&world, &["folders"], "LIST", bytes(list.clone()));
        let names: Vec<_> = ended.expect(6).stdout.lines().filter_map(|line| line.split("  ").last()).collect();
        assert_eq!(names, ["INBOX", "Done"], "{ended}");
        ended.saying(&["a folder that the server lists cannot be read", "Lost"]);
        let ended = attack(&world, &["fetch", "--to", "mail", "--folder", "*"], "LIST", bytes(list));
        assert_eq!(ended.expect(6).saying(&["Lost"]).stdout.lines().count(), 5, "{ended}");
    }
    let many = "* LIST bad\r\n".repeat(100_000) + "{tag} OK done\r\n";
    assert_eq!(attack(&world, &["folders"], "LIST", bytes(many)).expect(6).stderr.lines().count(), 100);
}

#[test]
fn a_folder_at_which_every_session_ends_costs_only_its_counts() {
    let world = World::new();
    world.exchange.fault_always(Fault::EndAtStatus { folder: "Drafts" });
    let ended = call(&world, &["folders"]).run();
    assert!(ended.expect(6).saying(&["Drafts: "]).stdout.contains("       -        -  Drafts"), "{ended}");
    assert_eq!((ended.stdout.lines().count(), ended.stdout.matches(" -  Drafts").count()), (6, 1), "{ended}");
}

/// `check` proves the mailbox with what is offered.
#[test]
fn namespace_is_sent_only_if_it_is_offered() {
    let world = World::new();
    for (offered, namespace) in [("NAMESPACE", 1), ("UNSELECT", 0)] {
        let answer = format!("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR {offered}\r\n{{tag}} OK done\r\n");
        attack(&world, &["check"], "CAPABILITY", bytes(answer)).expect(0);
        let trace = std::fs::read_to_string(world.folder.path().join("trace.txt")).unwrap();
        let sent =
            |command: &str| trace.lines().filter(|line| line.starts_with("C: ") && line.ends_with(command)).count();
        assert_eq!((sent(" NAMESPACE"), sent(" LIST \"\" \"\"")), (namespace, 1 - namespace), "{trace}");
    }
}
