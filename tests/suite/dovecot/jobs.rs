//! Jobs as people run them: what is old enough goes from the server, and what the program refuses goes aside.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use super::{Rig, USER, names_on_server};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Four messages: received 40, 35 and 29 days ago, and now.
fn aged() -> Rig {
    let rig = Rig::new();
    let names = [("a", 40), ("b", 35), ("c", 29), ("d", 0)];
    for (name, days) in names {
        let body = format!("Subject: {name}\r\n\r\nReceived {days} days ago.\r\n");
        let path = rig.server.deliver(USER, "INBOX", name, body.as_bytes(), "");
        // The server's INTERNALDATE of a Maildir message is the time of its file.
        File::options().append(true).open(path).unwrap().set_modified(SystemTime::now() - DAY * days).unwrap();
    }
    rig.server.fix_uids(USER, "INBOX", 14, &[(1, "a"), (2, "b"), (3, "c"), (4, "d")]);
    rig
}

/// The names in INBOX, without their flags.
fn inbox(rig: &Rig) -> Vec<String> {
    names_on_server(rig, "INBOX").iter().map(|name| name.split(':').next().unwrap().to_owned()).collect()
}

#[test]
fn only_old_messages_that_were_delivered_here_are_deleted() {
    let rig = aged();
    // One was skipped by a selection: it is not this directory's to delete.
    rig.fetch_with(0, &["--uid", "1,3:4"]);
    let older = ["--delete", "--older-than", "30d"];
    let ended = rig.fetch_with(0, &[&older[..], &["--uid", "3:4", "--dry-run"]].concat());
    assert!(ended.stderr.contains("would be deleted: 1 message (1)"), "{}", ended.stderr);
    assert_eq!(inbox(&rig), ["a", "b", "c", "d"]);
    rig.fetch_with(0, &[&older[..], &["--uid", "3:4"]].concat());
    assert_eq!(inbox(&rig), ["b", "c", "d"]);
    // A run with nothing new does it too, and one that brings the old one.
    rig.fetch_with(0, &older);
    assert_eq!(inbox(&rig), ["c", "d"]);
    assert_eq!(rig.delivered().len(), 4);
    rig.fetch_with(0, &["--delete", "--older-than", "28d"]);
    assert_eq!(inbox(&rig), ["d"]);
    rig.fetch_with(0, &["--delete", "--older-than", "1h"]);
    assert_eq!(inbox(&rig), ["d"]);
}

#[test]
fn what_was_skipped_or_not_taken_is_never_removed_for_its_age() {
    let rig = aged();
    rig.server.doveadm(&["mailbox", "create", "-u", USER, "Old"]);
    rig.fetch_with(0, &["--from-now"]);
    let older = ["--move-to", "Old", "--older-than", "1h"];
    rig.fetch_with(0, &older);
    assert_eq!(inbox(&rig), ["a", "b", "c", "d"], "skipped");
    fs::remove_dir_all(rig.dir()).unwrap();
    let refuses = ["--", "/bin/sh", "-c", "test \"$EXOIMAP_UID\" != 2"];
    rig.fetch_with(6, &[&older[..], &refuses].concat());
    assert_eq!(inbox(&rig), ["b", "d"], "what the program did not take stays");
    assert_eq!(names_on_server(&rig, "Old").len(), 2);
    rig.fetch_with(0, &[&older[..], &["--", "/bin/true"]].concat());
    assert_eq!(inbox(&rig), ["d"]);
}

#[test]
fn what_the_program_refuses_in_some_runs_is_moved_aside_once() {
    let rig = aged();
    let run = |code, more: &[&str]| {
        let script = "case $EXOIMAP_UID in 2) exit 3;; 3) exit 75;; esac";
        let options = ["--failed-to", "Failed", "--give-up-after", "2"];
        rig.fetch_with(code, &[&options[..], more, &["--", "/bin/sh", "-c", script]].concat())
    };
    let missing = run(4, &[]);
    assert!(missing.stderr.contains("Failed") && missing.stdout.is_empty(), "{}", missing.stderr);
    rig.server.doveadm(&["mailbox", "create", "-u", USER, "Failed"]);
    run(6, &[]);
    assert_eq!(inbox(&rig), ["a", "b", "c", "d"], "the program took two others, but it is the first run");
    let ended = run(6, &["--json"]);
    assert_eq!(inbox(&rig), ["a", "c", "d"], "{}", ended.stderr);
    assert!(ended.stderr.contains("message 2: the program ended with 3 in 2 runs; it goes to the folder Failed"));
    assert!(
        ended.stdout.contains("\"failed_to\":\"Failed\"") && ended.stdout.contains("\"uid\":2"),
        "{}",
        ended.stdout
    );
    assert_eq!((names_on_server(&rig, "Failed").len(), rig.delivered().len()), (1, 4));
    // It is said once; the one that asks for another try is offered again.
    let ended = run(6, &[]);
    assert!(!ended.stderr.contains("message 2") && ended.stderr.contains("message 3"), "{}", ended.stderr);
    rig.fetch_with(0, &["--failed-to", "Failed", "--", "/bin/true"]);
    assert!(rig.fetch_with(0, &["--", "/bin/true"]).stderr.contains("nothing new"));
}

#[test]
fn a_program_that_refuses_everything_moves_no_inbox() {
    let rig = aged();
    rig.server.doveadm(&["mailbox", "create", "-u", USER, "Failed"]);
    let options = ["--failed-to", "Failed", "--give-up-after", "1", "--move-to", "Failed"];
    // Several refused and none taken: what the program needs is down. No refusal: it is not there, it died, it hung.
    for program in [
        ["/bin/false"].as_slice(),
        &["/bin/sh", "-c", "exit 126"],
        &["/bin/sh", "-c", "kill -9 $$"],
        &["/bin/sh", "-c", "test $EXOIMAP_UID != 1 || exec sleep 60; exit 75"],
    ] {
        rig.fetch_with(6, &[&options[..], &["--program-timeout", "1s", "--"], program].concat());
        assert_eq!(inbox(&rig), ["a", "b", "c", "d"], "{program:?}");
    }
    let offered = rig.fetch_with(6, &[&options[..4], &["--", "/bin/sh", "-c", "test \"$EXOIMAP_UID\" = 4"]].concat());
    assert_eq!(names_on_server(&rig, "Failed").len(), 4, "{}", offered.stderr);
}
