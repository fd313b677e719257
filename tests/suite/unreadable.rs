//! An answer that cannot be read costs its own message, and nothing that comes with it.

use std::fs;

use crate::enemy::{attack, bytes};
use crate::program::World;

const FETCH: &[&str] = &["fetch", "--to", "mail"];

/// Five messages, in place of the third this response.
fn five(third: &str) -> Vec<u8> {
    let good = |n: u32| format!("* {n} FETCH (UID 1610{n} BODY[] {{11}}\r\nX: {n}\r\n\r\n{n}\r\n)\r\n");
    [&good(1), &good(2), third, &good(4), &good(5), "{tag} OK done\r\n"].concat().into_bytes()
}

#[test]
fn a_response_to_fetch_that_cannot_be_read_costs_only_its_message() {
    let world = World::new();
    let whole = "{11}\r\nX: 3\r\n\r\n3\r\n";
    for third in [
        "* 3 FETCH (UID 16103 BODY[] )\r\n".to_owned(),
        "* 3 FETCH (UID 16103 BODY[])\r\n".to_owned(),
        "* 3 FETCH (UID 16103 FLAGS)\r\n".to_owned(),
        format!("* 3 FETCH (UID 16103 BODY[] {whole}\r\n"),
        format!("* 3 FETCH (UID 16103 BODY[] {whole}))\r\n"),
        format!("* 3 FETCH (UID 16103 BODY[] {whole}) and more\r\n"),
        format!("* 3 FETCH (UID 16103 (a b) BODY[] {whole})\r\n"),
        format!("* 3 FETCH (UID 16103 FLAGS (\\Seen BODY[] {whole})\r\n"),
        format!("* 3 FETCH (UID 16103 BODY[] ~{whole})\r\n"),
        format!("* 0 FETCH (UID 16103 BODY[] {whole})\r\n"),
        format!("* 3 FETCH (BODY[] {whole} UID 16103 FLAGS)\r\n"),
        // Two bodies, or anything twice: nobody knows which is the message.
        format!("* 3 FETCH (UID 16103 BODY[] {whole} BODY[] {whole})\r\n"),
        format!("* 3 FETCH (UID 16103 RFC822 {whole} BODY[] {whole})\r\n"),
        format!("* 3 FETCH (UID 16103 BODY[] {whole} UID 16103)\r\n"),
        // It is about another message than the body was begun for, or than any that was asked for.
        format!("* 3 FETCH (UID 16103 BODY[] {whole} UID 16104))\r\n"),
        format!("* 3 FETCH (UID 99999 BODY[] {whole}))\r\n"),
        format!("* 3 FETCH (UID 16103 BODY[HEADER] {{9000000}}\r\n{})\r\n", "x".repeat(9_000_000)),
    ] {
        for format in ["eml", "mbox"] {
            let arguments = [FETCH, &["--format", format]].concat();
            let ended = attack(&world, &arguments, "UID FETCH", bytes(five(&third)));
            let shown = &third[..third.len().min(80)];
            assert_eq!(ended.expect(6).stdout.lines().count(), 4, "{shown}: {ended}");
            assert!(ended.stderr.contains("message 16103: ") && !ended.stderr.contains("X: 3"), "{shown}: {ended}");
            if format == "mbox" {
                let mbox = fs::read_to_string(world.folder.path().join("mail/mbox")).unwrap();
                assert_eq!(mbox.matches("\nX: ").count(), 4, "{shown}: {mbox}");
            }
        }
        let ended = attack(&world, &["fetch", "--to", "-"], "UID FETCH", bytes(five(&third)));
        assert_eq!(ended.expect(6).stdout.matches("\nX: ").count(), 4, "{ended}");
    }
}

/// Where the next response begins is not known any more: nothing that follows is taken for one, and nothing of it shown.
#[test]
fn where_the_framing_is_lost_the_session_ends_and_no_mail_is_shown() {
    let world = World::new();
    for third in [
        "* 3 FETCH (UID 16103 BODY[] {4}\r\nX: 3 private\r\n* 4 FETCH (UID 16104 BODY[] {5}\r\nfalse)\r\n)\r\n",
        "* 3 FETCH (UID 16103 BODY[] {-1}\r\nprivate\r\n)\r\n",
        "* 3 FETCH (UID 16103 BODY[] {}\r\nprivate\r\n)\r\n",
        "* 3 FETCH (UID 16103 BODY[]\r\nprivate\r\n)\r\n",
        "* 3 FETCH (UID 16103 BODY[] private\r\nprivate\r\n)\r\n",
        "* 3 FETCH (UID 16103 BODY[] \"private\r\nprivate\r\n\")\r\n",
        "* 3 FETCH (UID 16103 BODY[] {2000000000}\r\nprivate\r\n)\r\n",
    ] {
        let ended = attack(&world, FETCH, "UID FETCH", bytes(five(third)));
        assert_ne!(ended.code, Some(0), "{third}: {ended}");
        assert!(!ended.stderr.contains("private") && !ended.stdout.contains("16104"), "{third}: {ended}");
        let trace = fs::read_to_string(world.folder.path().join("trace.txt")).unwrap();
        assert!(!trace.contains("false"), "{third}: {trace}");
    }
}

#[test]
fn a_search_without_a_usable_set_is_never_no_mail() {
    let world = World::new();
    for answer in [
        "* ESEARCH (TAG \"{tag}\") UID COUNT 3 MIN 16101 MAX 16103\r\n",
        "* ESEARCH (TAG \"{tag}\") UID PARTIAL (1:3 16101:16103)\r\n",
        "* ESEARCH (TAG \"{tag}\") UID ALL 16101:*\r\n",
        "* ESEARCH (TAG \"{tag}\") ALL 1:3\r\n",
        "* ESEARCH (TAG \"{tag}\")\r\n",
        "* SORT 16103 16101\r\n",
        "* SEARCH 16101 x\r\n",
    ] {
        for keys in [&["search"][..], &["search", "--unseen"]] {
            let ended = attack(&world, keys, "UID SEARCH", bytes(format!("{answer}{{tag}} OK done\r\n")));
            ended.expect(7).one_error().saying(&["in answer to a search"]);
        }
    }
    // RFC 4731: nothing matched.
    let empty = bytes("* ESEARCH (TAG \"{tag}\") UID COUNT 0\r\n{tag} OK done\r\n");
    assert_eq!(attack(&world, &["search", "--unseen"], "UID SEARCH", empty).expect(0).stdout, "");
}

#[test]
fn a_list_of_more_than_2_mib_is_read_whole() {
    let world = World::new();
    let folder = |n: u32| format!("* LIST (\\HasNoChildren) \"/\" \"{n}{}\"\r\n", "x".repeat(200));
    let list = (0..11_000).map(folder).collect::<String>() + "{tag} OK done\r\n";
    assert!(list.len() > 2 << 20);
    let ended = attack(&world, &["folders", "--no-counts"], "LIST", bytes(list));
    assert_eq!(ended.expect(0).stdout.lines().count(), 11_000);
}
