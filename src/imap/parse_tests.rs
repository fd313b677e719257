//! The grammar, line by line; whole dialogues are in `fixtures/`.

use super::*;
use crate::imap::faults::is_framed;

fn parsed(line: &[u8]) -> Response {
    response(&Frame::of(line)).unwrap_or_else(|e| panic!("{e}"))
}

fn data(line: &str) -> Untagged {
    match parsed(line.as_bytes()) {
        Response::Untagged(data) => data,
        other => panic!("{other:?}"),
    }
}

fn refused(line: &str) -> &'static str {
    response(&Frame::of(line.as_bytes())).unwrap_err().expected
}

#[test]
fn the_four_shapes_of_a_response() {
    assert!(matches!(parsed(b"a1 OK done"), Response::Tagged(tag, _) if tag.as_str() == "a1"));
    assert_eq!(parsed(b"+ go on"), Response::Continuation(b"go on".to_vec()));
    assert_eq!(parsed(b"+"), Response::Continuation(Vec::new()));
    assert!(matches!(parsed(b"* bye now"), Response::Untagged(Untagged::Status(_))));
    for bare in ["Server Unavailable. 15", "", "a1", "a1 BYE x", "a-1 OK x", "*OK"] {
        assert!(matches!(parsed(bare.as_bytes()), Response::Bare(_)), "{bare}");
    }
    assert!(matches!(data("* XYZZY {what} (ever"), Untagged::Unknown(_)));
    assert!(matches!(data("* 5 XYZZY"), Untagged::Unknown(_)));
}

#[test]
fn response_codes_known_odd_and_unknown() {
    let code = |line: &str| match data(line) {
        Untagged::Status(status) => (status.code.map(|code| code.meaning), String::from_utf8(status.text).unwrap()),
        other => panic!("{other:?}"),
    };
    let fourteen = UidValidity::new(14).unwrap();
    assert_eq!(code("* OK [UIDVALIDITY 14] ok").0, Some(CodeMeaning::UidValidity(fourteen)));
    assert_eq!(code("* OK [UIDNEXT 16124] next").0, Some(CodeMeaning::UidNext(16124)));
    assert_eq!(code("* OK [UIDVALIDITY 0] odd").0, Some(CodeMeaning::Other));
    assert_eq!(code("* OK [UIDNEXT 99999999999] odd").0, Some(CodeMeaning::Other));
    assert_eq!(
        code(r#"* OK [Error="User]Dis\"abled" AuthResult=27] AUTHENTICATE completed."#),
        (Some(CodeMeaning::Other), "AUTHENTICATE completed.".to_owned())
    );
    assert_eq!(code("* OK [broken text").0, None);
    assert_eq!(code(r#"* OK [Error="open] text"#), (Some(CodeMeaning::Other), "text".to_owned()));
    assert_eq!(
        code("* OK [COPYUID 55  ] done").0,
        Some(CodeMeaning::CopyUid(UidValidity::new(55).unwrap(), Vec::new(), Vec::new()))
    );
    assert_eq!(code("* OK [APPENDUID 14 7]").0, Some(CodeMeaning::AppendUid(fourteen, Uid::new(7).unwrap())));
}

#[test]
fn lists_with_exchanges_oddities() {
    let list = |line: &str| match data(line) {
        Untagged::List(item) => String::from_utf8(item.name).unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(list(r#"* LIST (\HasNoChildren) "/" INBOX"#), "INBOX");
    assert_eq!(list(r#"* LIST () NIL "a \"b\"""#), "a \"b\"");
    assert_eq!(list("* LIST () \"/\" Tab\tin it"), "Tab\tin it");
    assert_eq!(list("* LIST () \"/\" {5}\r\na\"b c"), "a\"b c");
    assert_eq!(list(r#"* LIST (\Noselect) "/" """#), "");
    assert_eq!(refused(r#"* LIST "/" INBOX"#), "a list");
}

#[test]
fn searches_in_both_forms() {
    let found = |uids: &[u32]| Untagged::Search(Some(uids.iter().filter_map(|uid| Uid::new(*uid)).collect()));
    assert_eq!(data("* SEARCH"), found(&[]));
    assert_eq!(data("* SEARCH 882 2 0 84 "), found(&[2, 84, 882]));
    assert_eq!(data("* SEARCH 2 (MODSEQ 917162500)"), found(&[2]));
    assert_eq!(refused("* SEARCH 1 2x"), "a space or the end of the line");
    assert_eq!(refused("* SEARCH 4294967296"), "a number of 32 bits");
    assert_eq!(data(r#"* ESEARCH (TAG "a5") UID ALL 1:3,9 COUNT 4"#), found(&[1, 2, 3, 9]));
    assert_eq!(data(r#"* ESEARCH (TAG "a5") UID"#), found(&[]));
    for other in ["ALL 1:3", "UID COUNT 4", "UID MIN 1", "UID ALL x"] {
        assert_eq!(data(&format!("* ESEARCH {other}")), Untagged::Search(None), "{other}");
    }
}

#[test]
fn status_and_what_nobody_needs() {
    let Untagged::MailboxStatus(status) = data("* STATUS Sent Items (MESSAGES 3 UNSEEN 1 HIGHESTMODSEQ 99999999999)")
    else {
        panic!()
    };
    assert_eq!((status.messages, status.unseen), (Some(3), Some(1)));
    // What nobody needs is skipped whole, however it is written.
    for line in
        [r#"* NAMESPACE (("" "/")) ( ( "~" "/" ) ) NIL"#, r#"* ID ("name" "x")"#, "* LSUB () NIL a", "* ENABLED X"]
    {
        assert!(matches!(data(line), Untagged::Unknown(_)), "{line}");
    }
}

/// Servers write more than the grammar has, and what they say is clear all the same.
#[test]
fn a_servers_liberties_cost_nothing() {
    let status = |line: &str| match data(line) {
        Untagged::MailboxStatus(status) => (status.messages, status.unseen),
        other => panic!("{other:?}"),
    };
    let counts = (Some(3), Some(1));
    assert_eq!(status("* STATUS INBOX (MESSAGES 3 MAILBOXID (F2212ea87) UNSEEN 1)"), counts);
    assert_eq!(status("* STATUS  INBOX  ( MESSAGES  3  UNSEEN 1 )"), counts);
    assert_eq!(status("* STATUS Sent (old) (MESSAGES 3 UNSEEN 1)"), counts);
    assert_eq!(refused("* STATUS INBOX"), "the counts of a mailbox");
    let name = |line: &str| match data(line) {
        Untagged::List(item) => String::from_utf8(item.name).unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(name(r#"* LIST () "/" INBOX ("CHILDINFO" ("SUBSCRIBED"))"#), "INBOX");
    assert_eq!(name(r#"* LIST () "/" New (OLDNAME ("Old"))"#), "New");
    assert_eq!(name(r#"* LIST () "/" Sent (old)"#), "Sent (old)");
    for line in ["* [COPYUID 14 7 8]", "[COPYUID 14 7 8]", "* [COPYUID 14 7 8] done"] {
        let Untagged::Status(status) = data(line) else { panic!("{line}") };
        assert!(matches!(status.code.unwrap().meaning, CodeMeaning::CopyUid(..)), "{line}");
    }
    let structure = |line: &str| match data(line) {
        Untagged::Fetch(fetch) => String::from_utf8(fetch.body_structure.unwrap()).unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(structure(r#"* 1 FETCH (BODYSTRUCTURE("text" NIL) UID 7)"#), r#"("text" NIL)"#);
    assert_eq!(structure(r#"* 1  FETCH  (UID  7  BODYSTRUCTURE  ("text" NIL) )"#), r#"("text" NIL)"#);
    // Some that are refused are skipped by the connection: they are told apart from the next response.
    for line in ["* 0 EXPUNGE", r"* LIST (\Seen (\Seen nonjunk) $label1) NIL a", "* 1 FETCH (UID 7 UID 7)"] {
        let frame = Frame::of(line.as_bytes());
        assert!(response(&frame).is_err() && is_framed(&frame, line.contains("FETCH")), "{line}");
    }
}

#[test]
fn fetch_items_in_any_order_and_an_odd_one_costs_only_itself() {
    let fetch = |line: &str| match data(line) {
        Untagged::Fetch(fetch) => fetch,
        other => panic!("{other:?}"),
    };
    let f =
        fetch("* 1 FETCH (RFC822.SIZE 45274 X-GM-LABELS (a \"b\") UID 84 FLAGS (\\Seen $MDNSent) BODY[] {3}\r\na)b)");
    assert_eq!((f.size, f.uid, f.flags.map(|f| f.len())), (Some(45274), Uid::new(84), Some(2)));
    assert_eq!((f.sections[0].name.as_slice(), &f.sections[0].data), (&b""[..], &Some(b"a)b".to_vec())));
    let f = fetch("* 1 FETCH (BODY[HEADER.FIELDS (\"Subject\" From)]<0> NIL RFC822.SIZE -1 UID 3)");
    assert_eq!((f.sections[0].name.as_slice(), f.size), (&b"HEADER.FIELDS (\"SUBJECT\" FROM)"[..], None));
    let f = fetch(r#"* 1 FETCH (ENVELOPE ("too" "short") BODYSTRUCTURE (("TEXT" (NIL NIL) -1) "inline" NIL) UID 1)"#);
    assert_eq!((f.body_structure.is_some(), f.uid), (true, Uid::new(1)));
    for broken in [
        "* 1 FETCH (UID 1",
        "* 1 FETCH (UID 1))",
        "* 1 FETCH UID 1",
        "* 0 FETCH (UID 1)",
        "* 1 FETCH (UID x)",
        "* 1 FETCH (BODY[ 1)",
    ] {
        refused(broken);
    }
}

#[test]
fn nesting_without_end_neither_overflows_nor_hangs() {
    let deep = format!("* 1 FETCH (BODYSTRUCTURE {}{})", "(".repeat(400_000), ")".repeat(400_000));
    // An empty list is a value, whatever is around it.
    assert!(matches!(parsed(deep.as_bytes()), Response::Untagged(Untagged::Fetch(_))));
    refused(&format!("* 1 FETCH (BODYSTRUCTURE {}", "(".repeat(400_000)));
    let flags = format!("* LIST ({}) NIL a", "a ".repeat(10_001));
    assert_eq!(refused(&flags), "a list of at most 10,000 items");
    for head in ["NAMESPACE ", "LIST ", "LIST (", "STATUS a ", "1 FETCH ", "1 FETCH (UID 1 ENVELOPE ", "1 FETCH (X "] {
        for (open, close) in [(400_000, 0), (400_000, 400_000), (0, 400_000)] {
            let nested = format!("* {head}{}{}", "(".repeat(open), ")".repeat(close));
            // Skipped as data that nobody asked for, or refused.
            drop(response(&Frame::of(nested.as_bytes())));
        }
    }
}

#[test]
fn the_section_that_a_literal_belongs_to_is_known_before_it_comes() {
    let at = |line: &str| announced_section(&Frame::from_line(line.as_bytes()));
    let whole = |uid| Some((uid, vec![]));
    assert_eq!(at("* 1 FETCH (UID 7 FLAGS (\\Seen) BODY[] {12}\r\n"), whole(Uid::new(7)));
    assert_eq!(at("* 1 FETCH (BODY[] {12}\r\n"), whole(None));
    assert_eq!(at("* 1 FETCH (BODY[HEADER] {2}\r\n").unwrap().1, b"HEADER");
    // A part is not the whole.
    assert_eq!(at("* 1 FETCH (BODY[]<0> {12}\r\n").unwrap().1, b"<0>");
    for other in [
        "* LIST () \"/\" {3}\r\n",
        "* 1 FETCH (ENVELOPE (NIL {3}\r\n",
        "* 1 FETCH (X {3}\r\n",
        "* 1 EXISTS {3}\r\n",
        "",
        "* ",
    ] {
        assert_eq!(at(other), None, "{other:?}");
    }
}
