//! `append`: byte for byte, refused before anything is sent, in constant memory, never twice.

use super::{call, commands, objects, uids, with};
use crate::program::World;
use crate::support::exchange::Fault;
use crate::support::sample::{self, ORDERS};

#[test]
fn files_and_stdin_are_stored_byte_for_byte() {
    let world = World::new();
    let crlf = sample::note("crlf");
    let lf = String::from_utf8(sample::note("lf")).unwrap().replace("\r\n", "\n");
    let eight_bit = sample::message(&["Subject: Größe", "", ".", "From the start", "ü"]);
    let (a, b) = (world.folder.file("a.eml", &crlf), world.folder.file("b.eml", &lf));
    let arguments =
        ["append", "--folder", "Drafts", "--seen", "--flags", "flagged,draft", "--date", "2026-11-02T09:14:07+01:00"];
    let ended = call(&world, &[&arguments[..], &[&a, &b, "-"]].concat()).stdin(eight_bit.clone()).run();
    assert_eq!(ended.expect(0).stdout, format!("1\t{a}\n2\t{b}\n3\tstdin\n"));
    let stored = world.exchange.folder(ORDERS, "Drafts").messages;
    for (message, bytes) in stored.iter().zip([&crlf, &sample::note("lf"), &eight_bit]) {
        assert_eq!(message.bytes.as_ref(), bytes);
        assert!(["\\Seen", "\\Flagged", "\\Draft"].iter().all(|flag| message.has(flag)) && message.flags.len() == 3);
        assert_eq!(message.internal_date, 1_793_607_247);
    }
    // LITERAL+ is offered and not used: a refusal shall come before the message.
    assert_eq!(commands(&world, "APPEND Drafts (\\Seen \\Flagged \\Draft) \" 2-Nov-2026 09:14:07 +0100\" {"), 3);
    assert!(!world.exchange.commands().iter().any(|command| command.ends_with("+}")));

    let ended = call(&world, &["append", "--json", &a]).run();
    let expected =
        serde_json::json!({"path": a, "folder": "INBOX", "size": crlf.len(), "uid": 16124, "uidvalidity": 14});
    assert_eq!(objects(&ended.expect(0).stdout), [expected]);
}

/// A pipe can be read once, by whatever name it comes.
#[cfg(unix)]
#[test]
fn a_pipe_is_as_good_as_stdin() {
    let world = World::new();
    world.folder.file("note.eml", sample::note("piped"));
    for line in [
        "mkfifo pipe; cat note.eml > pipe & exec \"$@\"",
        "exec \"${@:1:2}\" <(cat note.eml)",
        "exec \"${@:1:2}\" /dev/stdin < <(cat note.eml)",
    ] {
        call(&world, &["append", "pipe"]).through(line).run().expect(0);
    }
    let stored = world.exchange.folder(ORDERS, "INBOX").messages;
    assert_eq!(stored.iter().filter(|message| *message.bytes.as_ref() == sample::note("piped")).count(), 3);
}

/// It ends quietly where all is done, and says how far it came where it is not.
#[test]
fn a_closed_pipe_is_no_news() {
    let world = World::new();
    let note = world.folder.file("note.eml", sample::note("x"));
    assert_eq!(call(&world, &["append", &note]).with_stdout_closed().run().expect(1).stderr, "");
    let ended = call(&world, &["append", &note, &note]).with_stdout_closed().run();
    assert_eq!(ended.expect(1).stderr, "exoimap: 1 of 2 messages are stored\n");
    assert_eq!(uids(&world, "INBOX").len(), super::ALL.len() + 2);
}

#[test]
fn what_exchange_would_choke_on_is_refused_before_anything_is_sent() {
    let world = World::new();
    let good = world.folder.file("good.eml", sample::note("good"));
    let long = [b"Subject: x\r\n\r\n".to_vec(), vec![b'x'; 9_001], b"\r\na9 DELETE INBOX\r\n".to_vec()].concat();
    let bad = world.folder.file("bad.eml", &long);
    let words = "line 3: it has more than 9000 bytes";
    call(&world, &["append", &good, &bad]).run().expect(2).one_error().saying(&[&format!("bad.eml: {words}")]);
    let ended = call(&world, &["append", "-"]).stdin(long).run();
    ended.expect(2).one_error().saying(&[&format!("stdin: {words}")]);
    call(&world, &["append", &good, "no-such.eml"]).run().expect(1).one_error().saying(&["opening no-such.eml"]);
    call(&world, &["append", "-", "-"]).run().expect(2).one_error().saying(&["named twice"]);
    for bad in [&["--flags", "\\Seen"][..], &["--flags", "seen) {3}"], &["--date", "yesterday"]] {
        call(&world, &[&["append", good.as_str()], bad].concat()).run().expect(2).one_error();
    }
    assert_eq!(world.exchange.connections(), 0);
}

#[test]
fn a_refusal_of_the_server_comes_before_the_message() {
    let world = with(Fault::LargestMessage(100));
    let file = world.folder.file("a.eml", sample::note("a"));
    let ended = call(&world, &["append", &file]).run();
    ended.expect(4).one_error().saying(&["APPEND", "NO Maximum size of appendable message has been exceeded"]);
    call(&world, &["append", "--folder", "nowhere", &file])
        .run()
        .expect(4)
        .one_error()
        .saying(&["exoimap folders create nowhere"]);
    assert_eq!(uids(&world, "INBOX").len(), 6);
}

#[test]
fn a_message_that_may_be_stored_is_not_sent_again() {
    let files = |world: &World| [1, 2, 3].map(|n| world.folder.file(&format!("{n}.eml"), sample::note(&n.to_string())));
    for done in [false, true] {
        let world = with(Fault::DropAt { command: "APPEND", done });
        let [a, b, c] = &files(&world);
        let ended = call(&world, &["append", "--folder", "Drafts", a, b, c]).run();
        ended.expect(5).saying(&["the session broke behind", "1.eml, which Drafts may have or not"]);
        assert_eq!((uids(&world, "Drafts").len(), ended.stdout.as_str()), (usize::from(done), ""));
    }
    // Refused, or never sent: that is no doubt.
    for fault in [
        Fault::ThrottleNo { ms: 50 },
        Fault::ThrottleBadThenBye { ms: 50 },
        Fault::DropAt { command: "LIST", done: false },
    ] {
        let world = with(fault);
        let [a, b, c] = &files(&world);
        assert_eq!(
            call(&world, &["append", "--folder", "Drafts", a, b, c]).run().expect(0).first_words(),
            ["1", "2", "3"]
        );
        assert_eq!(uids(&world, "Drafts"), [1, 2, 3]);
    }
}

#[test]
fn memory_does_not_grow_with_a_message() {
    let world = World::new();
    let line = [&[b'x'; 998][..], b"\r\n"].concat();
    let big = [b"Subject: big\r\n\r\n".to_vec(), line.repeat(30_000)].concat();
    let file = world.folder.file("big.eml", &big);
    let ended = call(&world, &["append", "--folder", "Drafts", &file]).run();
    assert!((1_000..20_000).contains(&ended.expect(0).peak), "{} KB", ended.peak);
    assert!(*world.exchange.folder(ORDERS, "Drafts").messages[0].bytes == big);
}

#[test]
fn a_transcript_holds_no_message() {
    let world = World::new();
    let file = world.folder.file("a.eml", sample::note("confidential"));
    let ended = call(&world, &["append", "--trace", &file]).run();
    let size = sample::note("confidential").len();
    ended.expect(0).saying(&[&format!("C: a6 APPEND INBOX {{{size}}}"), &format!("C: <secret {size} bytes>")]);
    assert!(!ended.stderr.contains("confidential"), "{ended}");
}

/// One that the server does not take is named, and the others are stored.
#[test]
fn a_message_that_is_refused_keeps_no_other_from_being_stored() {
    let world = World::new();
    let files: Vec<_> = (0..3).map(|n| world.folder.file(&format!("{n}.eml"), sample::note(&n.to_string()))).collect();
    let append = || call(&world, &["append", "--folder", "Drafts", &files[0], &files[1], &files[2]]).run();
    world.exchange.fault(Fault::Refuse { command: "APPEND", answer: "NO Message rejected." });
    let ended = append();
    ended.expect(6).saying(&[&format!("{} was not stored: ", files[0]), "Message rejected."]);
    assert_eq!(ended.stdout, format!("1\t{}\n2\t{}\n", files[1], files[2]), "{ended}");
    // A folder that takes none ends it: it would refuse each.
    for answer in ["NO [OVERQUOTA] Full.", "NO [TRYCREATE] Drafts doesn't exist."] {
        let before = commands(&world, "APPEND");
        world.exchange.fault(Fault::Refuse { command: "APPEND", answer });
        let ended = append();
        assert!(matches!(ended.code, Some(4)) && ended.stdout.is_empty(), "{ended}");
        assert_eq!(commands(&world, "APPEND"), before + 1);
    }
    // One message alone is refused as before.
    world.exchange.fault(Fault::Refuse { command: "APPEND", answer: "NO Message rejected." });
    call(&world, &["append", "--folder", "Drafts", &files[0]]).run().expect(4);
}
