//! Servers that mean harm: whatever they send, the program ends by itself, in little memory, leaves no
//! half of a message, and shows nothing raw. What every run must keep is in `enemy::check_bounds` and in
//! `program`.

use std::fs;
use std::time::Duration;

use crate::enemy::{Attack, attack, attacked, bytes, check_bounds, endless, start};
use crate::program::{Call, World, side_by_side};
use crate::script::{Script, Turn, fixtures};
use crate::support::entra::Behaviour;

const CHECK: &[&str] = &["check", "--max-wait", "0"];
const FOLDERS: &[&str] = &["folders"];
const FETCH: &[&str] = &["fetch", "--to", "mail"];
const SEARCH: &[&str] = &["search", "--json"];
const COPY: &[&str] = &["copy", "--to", "Done", "--uid", "1:*"];
const APPEND: &[&str] = &["append", "note.eml"];

#[test]
fn what_never_ends_is_cut_off() {
    let world = World::new();
    world.folder.file("note.eml", crate::support::sample::note("x"));
    let attacks: [(&[&str], &str, Attack); 13] = [
        (CHECK, "greeting", endless("", "\r\n")),
        (CHECK, "CAPABILITY", endless("* CAPABILITY IMAP4rev1 ", "X ")),
        (CHECK, "CAPABILITY", endless("", "* CAPABILITY IMAP4rev1\r\n")),
        (CHECK, "AUTHENTICATE", endless("", "+ eyJ9\r\n")),
        (CHECK, "NAMESPACE", endless("", "* 1 EXISTS\r\n")),
        (FOLDERS, "LIST", endless("* LIST () \"/\" \"", "x")),
        (FOLDERS, "LIST", endless("", "* LIST () \"/\" a\r\n")),
        (FETCH, "UID SEARCH", endless("* SEARCH", " 1")),
        (FETCH, "UID FETCH", endless("* 1 FETCH (FLAGS (", "a ")),
        (SEARCH, "UID FETCH", endless("", "* 1 FETCH (FLAGS (a))\r\n")),
        (COPY, "UID COPY", endless("* OK [COPYUID 1 ", "1:4294967295,")),
        (COPY, "UID COPY", endless("", "* OK [COPYUID 1 1:4294967295 1:4294967295]\r\n")),
        (APPEND, "APPEND", endless("", "* 1 EXISTS\r\n")),
    ];
    // A transcript of megabytes takes a build for tests long: one of a line, and one of lines.
    for (traced, command, with) in
        [(CHECK, "greeting", endless("* OK ", "x")), (FETCH, "UID FETCH", endless("", "* 1 EXISTS\r\n"))]
    {
        attack(&world, traced, command, with).expect(7).one_error();
    }
    for (arguments, command, with) in attacks {
        attacked(&world, start(&world, usize::MAX, command, with), arguments).expect(7).one_error();
    }
    // It may be about one message: that one is named, and the others would be shown.
    let structure = endless("* 1 FETCH (UID 16101 BODYSTRUCTURE ", "(");
    attack(&world, &["search", "--json", "--uid", "16101"], "UID FETCH", structure).expect(6);
    let alerts = attack(&world, CHECK, "NAMESPACE", endless("", "* OK [ALERT] look\r\n"));
    assert_eq!(alerts.expect(7).stderr.matches("the server says: look").count(), 1, "{alerts}");
    // All is done by then, and the server has said so.
    attack(&world, CHECK, "LOGOUT", endless("", "* BYE x\r\n")).expect(0);
}

#[test]
fn literals_without_measure_are_refused_before_they_are_taken() {
    let world = World::new();
    let huge = "{10000000000}\r\n";
    for (arguments, command, head) in [
        (CHECK, "CAPABILITY", "* CAPABILITY "),
        (CHECK, "NAMESPACE", "* NAMESPACE ((\"\" "),
        (FOLDERS, "LIST", "* LIST () \"/\" "),
        (FOLDERS, "STATUS", "* STATUS "),
        (FETCH, "EXAMINE", "* FLAGS "),
        (FETCH, "UID FETCH", "* 1 FETCH (UID 16101 BODY[] "),
        (FETCH, "UID FETCH", "* 1 FETCH (BODY[] "),
        (FETCH, "UID FETCH", "* 1 FETCH (UID 16101 BODY[HEADER] "),
        (FETCH, "UID FETCH", "* 1 FETCH (UID 99999 BODY[] "),
        (FETCH, "UID FETCH", "* 1 FETCH (UID 16101 ENVELOPE "),
    ] {
        // Announced and no more, and announced and really sent.
        let announced = attack(&world, arguments, command, bytes(format!("{head}{huge}")));
        // A folder at which each session ends costs its own counts.
        let code = if command == "STATUS" { 6 } else { 7 };
        announced.expect(code).saying(&["a literal of 10000000000 bytes"]);
        // A message that the answer names is left out, and a session without it comes to the same end.
        if !head.contains("16101") && code == 7 {
            announced.one_error();
        }
        let head = format!("{head}{huge}");
        let sent: Attack = Box::new(move |_, out| {
            out.write_all(head.as_bytes())?;
            loop {
                out.write_all(&[b'x'; 65_536])?;
            }
        });
        attack(&world, arguments, command, sent).expect(code);
    }
    for number in ["18446744073709551616", "99999999999999999999999999"] {
        let text = format!("* 1 FETCH (UID 16101 BODY[] {{{number}}}\r\n");
        attack(&world, FETCH, "UID FETCH", bytes(text)).expect(7);
    }
}

#[test]
fn garbage_is_refused_with_where_it_was() {
    let world = World::new();
    let noise: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (command, phase) in [
        ("greeting", "greeting: "),
        ("CAPABILITY", "capability: "),
        ("AUTHENTICATE", "authenticate: "),
        ("NAMESPACE", "mailbox: "),
        ("SELECT", "select: "),
    ] {
        let rubbish: [&[u8]; 6] = [
            &noise,
            &[0; 10_000],
            b"\0\0\0\r\n",
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            b"\x1b]0;owned\x07\x1b[2J\r\n",
            b"\r\n\r\n\r\n",
        ];
        for bytes_sent in rubbish {
            let ended = attack(&world, CHECK, command, bytes(bytes_sent));
            // What ends without a line end looks like a line that broke.
            assert!(matches!(ended.code, Some(5 | 7)), "{ended}");
            ended.one_error().saying(&[phase]);
        }
    }
}

/// No escape sequence, no bell, no reordering reaches a terminal, and what came is still to be seen.
#[test]
fn the_servers_words_are_shown_escaped() {
    let world = World::new();
    let evil = "\u{1b}[2J\u{7}\u{9b}31m\u{202e}gpj\u{7f}";
    let shown = "\\x1b[2J\\x07\\u{9b}31m\\u{202e}gpj\\x7f";
    for (arguments, command, answer, code) in [
        (CHECK, "greeting", format!("* BYE {evil}\r\n"), 5),
        (CHECK, "CAPABILITY", format!("{{tag}} NO {evil}\r\n"), 4),
        (CHECK, "AUTHENTICATE", format!("{{tag}} NO [X-{evil}] no\r\n"), 4),
        (CHECK, "NAMESPACE", format!("{{tag}} BAD {evil}\r\n"), 4),
        (CHECK, "NAMESPACE", format!("* OK [ALERT] {evil}\r\n{{tag}} OK done\r\n"), 0),
        (CHECK, "SELECT", format!("* BYE {evil}\r\n"), 5),
        (CHECK, "SELECT", format!("{evil}\r\n"), 7),
        (FETCH, "EXAMINE", format!("{{tag}} NO {evil}\r\n"), 4),
        // Each message is asked for alone by then, and named.
        (FETCH, "UID FETCH", format!("{{tag}} NO {evil}\r\n"), 6),
    ] {
        let ended = attack(&world, arguments, command, bytes(answer));
        ended.expect(code).saying(&[shown]);
        assert!(!ended.stderr.contains('\u{202e}'), "{ended}");
    }
    for (arguments, escaped) in [(FOLDERS, shown), (&["folders", "--json"], "\\u001b[2J\\u0007\\u009b31m\\u202egpj")] {
        let answer = format!("* LIST () \"/\" \"{evil}\"\r\n{{tag}} OK done\r\n");
        let ended = attack(&world, arguments, "LIST", bytes(answer));
        assert!(ended.expect(0).stdout.contains(escaped) && !ended.stdout.contains('\u{202e}'), "{ended}");
    }
    // A name that holds lines is not sent back, and shown on one.
    let lines = "* LIST () \"/\" {21}\r\nA\r\na9 LOGOUT\r\n* BYE x\r\n{tag} OK done\r\n";
    let ended = attack(&world, FOLDERS, "LIST", bytes(lines));
    assert_eq!(ended.expect(0).stdout.lines().count(), 1, "{ended}");
    assert!(ended.stdout.contains("A\\x0d\\x0aa9 LOGOUT"), "{ended}");
    ended.saying(&["cannot be sent"]);
}

/// "MUST be presented" (RFC 3501 section 7.1): wherever it comes, once, though the run may fail behind it.
#[test]
fn an_alert_is_shown_wherever_it_comes() {
    let world = World::new();
    let alert = "[ALERT] down at noon";
    let said = "exoimap: the server says: down at noon\n";
    for (command, answer, code) in [
        ("greeting", format!("* OK {alert}{{tag}}\r\n"), 0),
        ("CAPABILITY", format!("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR\r\n{{tag}} OK {alert}\r\n"), 0),
        ("AUTHENTICATE", format!("* NO {alert}\r\n{{tag}} NO AUTHENTICATE failed.\r\n"), 4),
        ("EXAMINE", format!("* OK {alert}\r\n* OK {alert}\r\n{{tag}} NO [ALERT] down at noon\r\n"), 4),
        ("UID SEARCH", format!("* SEARCH 16101\r\n* OK {alert}\r\n{{tag}} OK {alert}\r\n"), 0),
        ("LOGOUT", format!("* BYE {alert}\r\n{{tag}} OK done\r\n"), 0),
    ] {
        let ended = attack(&world, &["search", "--uid", "16101"], command, bytes(answer));
        assert_eq!(ended.expect(code).stderr.matches(said).count(), 1, "{ended}");
    }
}

#[test]
fn single_bytes_are_as_good_as_lines() {
    let world = World::new();
    let port = start(&world, 1, "nothing", bytes(""));
    for (arguments, lines) in [(CHECK, crate::sign_in::STEPS.len()), (FOLDERS, 2), (FETCH, 5)] {
        let ended = world.call_with_token(arguments).env("EXOIMAP_PORT", port).run();
        check_bounds(&world, &ended);
        assert_eq!(ended.expect(0).stdout.lines().count(), lines, "{ended}");
    }
}

/// Every byte comes within `--timeout`; `--max-time` is for that.
#[test]
fn a_trickle_ends_with_the_time_of_the_run() {
    let world = World::new();
    let drip: Attack = Box::new(|_, out| {
        loop {
            out.write_all(b"x")?;
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let port = start(&world, usize::MAX, "NAMESPACE", drip);
    let ended = world.call_with_token(&["check", "--max-time", "5s"]).env("EXOIMAP_PORT", port).run();
    ended.expect(5).one_error().saying(&["mailbox: NAMESPACE: time limit reached (--max-time, EXOIMAP_MAX_TIME)\n"]);
    ended.promptly();
}

/// Nobody is to blame for what the caller's own limit cut off: no hint of firewalls, nor of --timeout.
#[test]
fn the_time_of_the_run_is_told_from_silence() {
    let world = World::new();
    let silent_at = |command: &'static str| {
        let port = start(&world, usize::MAX, command, Box::new(|_, _| Ok(())));
        world.call_with_token(&["search", "--max-time", "5s"]).env("EXOIMAP_PORT", port)
    };
    // The token endpoint's too.
    world.entra.behave(Behaviour::Silent);
    let calls = [
        (silent_at("CAPABILITY"), "capability"),
        (silent_at("EXAMINE"), "select: EXAMINE"),
        (silent_at("UID SEARCH"), "command: UID SEARCH"),
        (world.call(&["token", "--max-time", "5s"]), "token"),
    ];
    side_by_side(calls, |(call, name)| {
        let said = format!("exoimap: {name}: time limit reached (--max-time, EXOIMAP_MAX_TIME)\n");
        assert_eq!(call.run().expect(5).promptly().stderr, said);
    });
}

/// What a message holds is no protocol, and a message that lies about its length changes nothing else.
#[test]
fn a_body_cannot_speak_for_the_server() {
    let world = World::new();
    let body = "{tag} OK done\r\n* BYE\r\n* 2 FETCH (UID 16102 BODY[] {9999999999}\r\n";
    // The client's tag in the message has the length of `{tag}` in its place.
    let length = body.len() - "{tag}".len() + "a5".len();
    let answer = format!("* 1 FETCH (UID 16101 BODY[] {{{length}}}\r\n{body})\r\n{{tag}} OK done\r\n");
    let ended = attack(&world, FETCH, "UID FETCH", bytes(answer));
    assert_eq!(ended.expect(6).stdout, "16101\tmail/14.16101.eml\n", "{ended}");
    let file = fs::read_to_string(world.folder.path().join("mail/14.16101.eml")).unwrap();
    assert_eq!(file, body.replace("{tag}", "a5"));
}

/// An empty folder is one that the server says is empty (RFC 3501 section 6.3.1 has EXISTS as required).
#[test]
fn a_folder_without_exists_is_not_an_empty_one() {
    let world = World::new();
    let answer = "* OK [UIDVALIDITY 14] x\r\n* OK [UIDNEXT 16106] x\r\n{tag} OK done\r\n";
    for (arguments, command) in [(FETCH, "EXAMINE"), (SEARCH, "EXAMINE"), (COPY, "SELECT"), (CHECK, "SELECT")] {
        let ended = attack(&world, arguments, command, bytes(answer));
        ended.expect(7).one_error().saying(&["without EXISTS"]);
    }
}

/// What each fixture answers to UID FETCH, given to the real `fetch`.
#[test]
fn every_answer_to_fetch_ends_the_real_program_in_bounds() {
    let world = World::new();
    let mut played = 0;
    for (name, script, _) in fixtures() {
        let Some(answer) = answer_to_fetch(&script) else { continue };
        let port = start(&world, usize::MAX, "UID FETCH", bytes(answer));
        let _ = fs::remove_dir_all(world.folder.path().join("mail"));
        let ended = call(&world, FETCH, port).run();
        check_bounds(&world, &ended);
        assert!(matches!(ended.code, Some(0 | 4 | 5 | 6 | 7)), "{name}: {ended}");
        played += 1;
    }
    assert!(played > 20, "{played} fixtures have a fetch");
}

fn call(world: &World, arguments: &[&str], port: u16) -> Call {
    let arguments = [arguments, &["--timeout", "5s"]].concat();
    world.call_with_token(&arguments).env("EXOIMAP_MAX_WAIT", "0").env("EXOIMAP_PORT", port)
}

/// The server's turn behind the first UID FETCH, its tag as `{tag}`.
fn answer_to_fetch(script: &Script) -> Option<Vec<u8>> {
    let turns: Vec<&Turn> = script.turns.iter().filter(|turn| !matches!(turn, Turn::Comment(_))).collect();
    turns.windows(2).find_map(|pair| {
        let (Turn::Client(said), Turn::Server(_)) = (pair[0], pair[1]) else { return None };
        let command = Script { turns: vec![Turn::Server(said.clone())] }.server_bytes();
        let command = String::from_utf8_lossy(&command).into_owned();
        let (tag, _) = command.split_once(' ').filter(|(_, rest)| rest.starts_with("UID FETCH"))?;
        let answer = Script { turns: vec![pair[1].clone()] }.server_bytes();
        let mut bytes = Vec::new();
        for line in answer.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_prefix(tag.as_bytes()) {
                Some(rest) if rest.first() == Some(&b' ') => bytes.extend([b"{tag}", rest].concat()),
                _ => bytes.extend(line),
            }
        }
        Some(bytes)
    })
}
