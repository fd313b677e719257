//! `fetch`: every byte, once, in few commands and little memory.

use super::{Rig, USER, names_on_server, on_the_wire};
use crate::support::corpus::Corpus;

/// Messages as people send them and as mailers spoil them. The server keeps no NUL and no CR
/// alone; those are the business of scripted servers.
fn unusual() -> Vec<(&'static str, Vec<u8>)> {
    let long_line = [&b"Subject: a long line\r\n\r\n"[..], &b"x".repeat(150_000), b"\r\nend\r\n"].concat();
    let long_header = format!("Subject: {}\r\nTo: {}\r\n\r\n.\r\n", "a".repeat(9_000), "b@example.com, ".repeat(4_000));
    let iso_2022_jp = b"Subject: =?ISO-2022-JP?B?GyRCQ21KOBsoQg==?=\r\n\
        Content-Type: text/plain; charset=ISO-2022-JP\r\n\r\n\x1b$BCmJ8=q\x1b(B\r\n";
    let eight_bit = [&b"Subject: Gr\xfc\xdfe\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"[..], &every_byte()].concat();
    vec![
        ("ascii", b"From: a@example.com\r\nSubject: plain\r\n\r\nOne line.\r\n".to_vec()),
        ("eight-bit", eight_bit),
        ("empty-body", b"Subject: nothing to say\r\n\r\n".to_vec()),
        ("header-only", b"Subject: not even an empty line\r\n".to_vec()),
        ("iso-2022-jp", iso_2022_jp.to_vec()),
        (
            "like-a-response",
            b"Subject: x\r\n\r\n)\r\na7 OK FETCH completed\r\n* BYE {5}\r\n* 1 FETCH (UID 1\r\n".to_vec(),
        ),
        ("line-feeds", b"Subject: unix\n\nOne.\n\nTwo.\n".to_vec()),
        ("long-header", long_header.into_bytes()),
        ("long-line", long_line),
        ("no-line-end", b"Subject: x\r\n\r\nno line end".to_vec()),
    ]
}

/// Each byte but NUL, CR and LF, in lines.
fn every_byte() -> Vec<u8> {
    let bytes = (1..=255).filter(|byte| !b"\r\n".contains(byte)).collect::<Vec<u8>>();
    bytes.chunks(60).flat_map(|line| [line, b"\r\n"].concat()).collect()
}

#[test]
fn every_byte_comes_and_comes_once() {
    const BIG: usize = 20_000_000;
    let rig = Rig::new();
    let (small, big) = (Corpus::small(3_000), Corpus::one(BIG));
    small.fill(&rig.server, USER, "INBOX");
    let unusual = unusual();
    // UIDs are given by the number that a name begins with.
    let put = unusual.iter().map(|(name, bytes)| (format!("90000000.{name}"), bytes.clone(), "F".to_owned()));
    rig.server.deliver_all(USER, "INBOX", put);
    rig.server.deliver(USER, "INBOX", "90000001.big", &big.message(0), "");
    let names = names_on_server(&rig, "INBOX");

    let commands = rig.commands_of_fetch();
    assert!(commands.len() <= 10, "{commands:?}");
    let validity = uidvalidity(&rig);
    let mut wanted: Vec<_> = (0..small.len()).map(|number| small.message(number)).collect();
    wanted.extend(unusual.iter().map(|(_, bytes)| on_the_wire(bytes)));
    wanted.push(big.message(0));
    let delivered = rig.delivered();
    assert_eq!(delivered.len(), wanted.len());
    for (uid, bytes) in (1..).zip(&wanted) {
        assert!(delivered.get(&format!("{validity}.{uid}.eml")) == Some(bytes), "UID {uid} is not what was put in");
    }

    let again = rig.commands_of_fetch();
    assert_eq!(again, ["EXAMINE INBOX", "LOGOUT"]);
    assert!(rig.delivered() == delivered);

    let late = rig.server.folder_dir(USER, "INBOX").join("new/90000002.late");
    std::fs::copy(rig.server.folder_dir(USER, "INBOX").join("cur/90000000.ascii:2,F"), late).unwrap();
    rig.server.doveadm(&["index", "-u", USER, "INBOX"]);
    let ended = rig.fetch(0);
    let uid = wanted.len() + 1;
    assert_eq!(ended.stdout, format!("{uid}\tmail/{validity}.{uid}.eml\n"));

    // The late message is in `new` still, everything else is called as it was: no flag has changed.
    let mut after = names_on_server(&rig, "INBOX");
    after.retain(|name| !name.starts_with("90000002"));
    assert_eq!(after, names);
}

#[test]
fn memory_does_not_grow_with_a_message() {
    let rig = Rig::new();
    let big = Corpus::one(20_000_000);
    big.fill(&rig.server, USER, "INBOX");
    let ended = rig.fetch(0);
    assert!(rig.delivered().values().eq([&big.message(0)]));
    assert!((1_000..20_000).contains(&ended.peak), "{} KB", ended.peak);
}

#[test]
fn scattered_uids_go_in_commands_that_exchange_takes() {
    let rig = Rig::new();
    let messages = (1..=4_000).map(|uid| (format!("{uid:05}"), message(uid), String::new()));
    rig.server.deliver_all(USER, "INBOX", messages);
    let even: Vec<_> = (2..=4_000).step_by(2).map(|uid| uid.to_string()).collect();
    rig.server.doveadm(&["expunge", "-u", USER, "mailbox", "INBOX", "uid", &even.join(",")]);

    let commands = rig.commands_of_fetch();
    let fetches = commands.iter().filter(|line| line.contains(" BODY.PEEK[])")).count();
    // Three quarters of the UIDs have four digits and a comma: some 800 in a line of 4,096 bytes.
    assert!((2..=4).contains(&fetches), "{fetches} commands for 2,000 messages");
    for line in &commands {
        let bytes = "a99 ".len() + line.len() + 2;
        assert!(bytes <= 4_096, "{bytes} bytes");
    }
    let (validity, delivered) = (uidvalidity(&rig), rig.delivered());
    assert_eq!(delivered.len(), 2_000);
    for uid in (1..4_000).step_by(2) {
        assert_eq!(delivered.get(&format!("{validity}.{uid}.eml")), Some(&message(uid)), "UID {uid}");
    }
}

fn message(uid: u32) -> Vec<u8> {
    format!("Subject: number {uid}\r\n\r\n").into_bytes()
}

fn uidvalidity(rig: &Rig) -> String {
    let state = std::fs::read_to_string(rig.dir().join(".exoimap/state")).unwrap();
    state.lines().find_map(|line| line.strip_prefix("uidvalidity ")).expect("a UIDVALIDITY").to_owned()
}

#[test]
fn two_runs_at_once_deliver_each_message_once() {
    let rig = Rig::new();
    let body = b"Subject: x\r\n\r\nText.\r\n";
    let messages = (0..400).map(|number| (format!("{number:03}"), body.to_vec(), String::new()));
    rig.server.deliver_all(USER, "INBOX", messages);
    let runs = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| rig.run(&["fetch", "--to", "mail"]))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(runs.iter().all(|run| matches!(run.code, 0 | 5)), "{runs:?}");
    let told: Vec<_> = runs.iter().flat_map(|run| run.stdout.lines()).collect();
    assert_eq!((told.len(), rig.delivered().len()), (400, 400));
}
