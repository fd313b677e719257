//! What the commands did to a mailbox, read back by Python's `imaplib`, which knows nothing of us.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ring::digest::{SHA256, digest};
use serde_json::Value;

use super::{Ended, Rig, USER, on_the_wire};

/// A message as the witness tells it: flags, date, size and hash.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    flags: Vec<String>,
    date: i64,
    size: usize,
    sha256: String,
}

type Folders = BTreeMap<String, BTreeMap<u64, Seen>>;

fn witness(rig: &Rig) -> Folders {
    let output = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/witness_imap.py"))
        .args([&rig.server.port().to_string(), rig.place.join("ca.pem").to_str().unwrap(), USER])
        .stdin(Stdio::null())
        .output()
        .expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let folder = |line: &str| -> (String, BTreeMap<u64, Seen>) {
        let folder: Value = serde_json::from_str(line).unwrap();
        let messages = folder["messages"].as_array().unwrap().iter().map(|message| {
            let flags = message["flags"].as_array().unwrap().iter().map(|flag| flag.as_str().unwrap().to_owned());
            let seen = Seen {
                flags: flags.collect(),
                date: message["date"].as_i64().unwrap(),
                size: message["size"].as_u64().unwrap() as usize,
                sha256: message["sha256"].as_str().unwrap().to_owned(),
            };
            (message["uid"].as_u64().unwrap(), seen)
        });
        (folder["name"].as_str().unwrap().to_owned(), messages.collect())
    };
    String::from_utf8(output.stdout).unwrap().lines().map(folder).collect()
}

fn seen(bytes: &[u8], flags: &[&str], date: i64) -> Seen {
    let wire = on_the_wire(bytes);
    let hash = digest(&SHA256, &wire).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Seen { flags: flags.iter().map(|flag| (*flag).to_owned()).collect(), date, size: wire.len(), sha256: hash }
}

fn done(rig: &Rig, arguments: &[&str]) -> Ended {
    let ended = rig.run(arguments);
    assert_eq!(ended.code, 0, "{arguments:?}: {}{}", ended.stdout, ended.stderr);
    ended
}

/// A Maildir++ keeps no full stop; that is this server's own limit.
const NAMES: [&str; 9] = [
    "注文/済み",
    "Entwürfe & Größe",
    "say \"hello\"",
    "back\\slash",
    "A &- B",
    "trailing blank ",
    "100% * (all) [x]",
    "{5}",
    "😀 émoji",
];

const DAY: i64 = 1_793_577_600;

#[test]
fn what_was_appended_marked_copied_and_moved_is_there_to_a_stranger() {
    let rig = Rig::new();
    let messages = [
        b"Subject: plain\r\n\r\nOne line.\r\n".to_vec(),
        "Subject: unix\n\nümlaut\n.\nFrom here\n".as_bytes().to_vec(),
        [&b"Subject: long\r\n\r\n"[..], &b"x".repeat(9_000), b"\r\n\xff\x80\r\nno line end"].concat(),
    ];
    let files = [0, 1, 2].map(|n| {
        let file = rig.place.join(format!("{n}.eml"));
        std::fs::write(&file, &messages[n]).unwrap();
        file.to_str().unwrap().to_owned()
    });
    let mut expected: Folders = BTreeMap::from([("INBOX".to_owned(), BTreeMap::new())]);
    for name in NAMES {
        done(&rig, &["folders", "create", name]);
        let append = ["append", "--folder", name, "--seen", "--flags", "flagged", "--date", "2026-11-02"];
        let ended = done(&rig, &[&append[..], &files.each_ref().map(String::as_str)].concat());
        assert_eq!(ended.stdout, (1..).zip(&files).map(|(uid, file)| format!("{uid}\t{file}\n")).collect::<String>());
        let all = messages.iter().map(|bytes| seen(bytes, &["\\Flagged", "\\Seen"], DAY));
        expected.insert(name.to_owned(), (1..).zip(all).collect());
    }
    assert_eq!(witness(&rig), expected);

    // Each folder's first is marked, its second moved on to the next folder, its third copied to the inbox.
    let ring = NAMES.iter().zip(NAMES.iter().cycle().skip(1));
    for (at, (name, next)) in ring.enumerate() {
        let here = |uids: &str| -> Vec<String> { ["--folder", name, "--uid", uids].map(str::to_owned).to_vec() };
        let run = |verb: &[&str], uids: &str| {
            let mut arguments: Vec<String> = verb.iter().map(|word| (*word).to_owned()).collect();
            arguments.extend(here(uids));
            done(&rig, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).stdout
        };
        run(&["mark", "--unseen", "--answered"], "1");
        let folder = expected.get_mut(*name).unwrap();
        folder.get_mut(&1).unwrap().flags = ["\\Answered", "\\Flagged"].map(str::to_owned).to_vec();

        let moved = folder.remove(&2).unwrap();
        let third = folder[&3].clone();
        let new = expected[*next].keys().max().unwrap() + 1;
        assert_eq!(run(&["move", "--to", next], "2"), format!("2\tmoved to {next}\t{new}\n"));
        expected.get_mut(*next).unwrap().insert(new, moved);

        let new = at as u64 + 1;
        assert_eq!(run(&["copy", "--to", "INBOX"], "3"), format!("3\tcopied to INBOX\t{new}\n"));
        expected.get_mut("INBOX").unwrap().insert(new, third);
    }
    assert_eq!(witness(&rig), expected);

    // Away for good, and to the trash.
    assert_eq!(done(&rig, &["delete", "--permanently", "--uid", "1:2"]).stdout, "1\tdeleted\n2\tdeleted\n");
    let inbox = expected.get_mut("INBOX").unwrap();
    inbox.retain(|uid, _| *uid > 2);
    let trashed = inbox.remove(&3).unwrap();
    done(&rig, &["delete", "--trash", NAMES[0], "--uid", "3"]);
    let trash = expected.get_mut(NAMES[0]).unwrap();
    trash.insert(trash.keys().max().unwrap() + 1, trashed);
    assert_eq!(witness(&rig), expected);

    let ended = rig.run(&["folders", "create", "a//b"]);
    assert_eq!(ended.code, 4, "{}", ended.stderr);
}

#[test]
fn a_search_tells_what_a_stranger_sees() {
    let rig = Rig::new();
    let message = "From: =?UTF-8?Q?M=C3=BCller?= <m@example.com>\r\nTo: a@example.com, b@example.com\r\n\
        Subject: =?ISO-2022-JP?B?GyRCQ21KOBsoQg==?=\r\nDate: Mon, 2 Nov 2026 09:14:05 +0100\r\n\
        Message-ID: <1@example.com>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n\
        Content-Type: application/pdf; name=a.pdf\r\n\r\nx\r\n--b--\r\n";
    rig.server.deliver(USER, "INBOX", "1", message.as_bytes(), "FS");
    rig.server.deliver(USER, "INBOX", "2", b"Subject: plain\r\n\r\nx\r\n", "");
    let seen = witness(&rig);
    let lines = done(&rig, &["search", "--json"]).stdout;
    let told: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (object, (uid, seen)) in told.iter().zip(&seen["INBOX"]) {
        assert_eq!((object["uid"].as_u64(), object["size_estimate"].as_u64()), (Some(*uid), Some(seen.size as u64)));
        let mut flags: Vec<_> = object["flags"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        flags.retain(|flag| *flag != "\\Recent");
        flags.sort_unstable();
        assert_eq!(flags, seen.flags);
        let moment = exoimap::DateTime::parse(object["internal_date"].as_str().unwrap()).unwrap();
        assert_eq!(moment.seconds(), seen.date);
    }
    let first = &told[0];
    assert_eq!((first["from"].as_str(), first["subject"].as_str()), (Some("Müller <m@example.com>"), Some("注文")));
    assert_eq!(
        (first["to"].as_str(), first["date"].as_str()),
        (Some("a@example.com, b@example.com"), Some("2026-11-02T09:14:05+01:00"))
    );
    assert_eq!(
        told.iter().map(|object| object["has_attachments"].as_bool()).collect::<Vec<_>>(),
        [Some(true), Some(false)]
    );
    let table = done(&rig, &["search", "--headers", "--subject", "注文"]).stdout;
    assert!(table.lines().count() == 2 && table.ends_with("  注文\n"), "{table}");
}

#[test]
fn a_wait_ends_when_mail_comes_and_a_fetch_has_it() {
    let rig = Rig::new();
    rig.server.deliver(USER, "INBOX", "1", b"Subject: old\r\n\r\n", "");
    rig.fetch(0);
    rig.server.rawlog(USER);
    let ended = thread::scope(|scope| {
        scope.spawn(|| {
            let end = Instant::now() + Duration::from_secs(60);
            while !rig.server.rawlog_lines(USER).iter().any(|line| line.ends_with(" IDLE")) && Instant::now() < end {
                thread::sleep(Duration::from_millis(5));
            }
            rig.server.deliver(USER, "INBOX", "2", b"Subject: new\r\n\r\n", "");
        });
        rig.run(&["wait", "--to", "mail", "--for", "40s"])
    });
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "2\n"), "{}", ended.stderr);
    assert!(rig.fetch(0).stdout.starts_with("2\t"));
    let ended = rig.run(&["wait", "--to", "mail", "--for", "1s"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (3, ""), "{}", ended.stderr);
}
