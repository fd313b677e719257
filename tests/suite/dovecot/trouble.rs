//! `fetch` when the server, or another run, does not let it.

use std::fs;

use super::{Rig, USER};

const BODY: &[u8] = b"Subject: x\r\n\r\nSome text that is longer than ten bytes.\r\n";

#[test]
fn a_connection_cut_within_a_message_leaves_whole_messages_alone() {
    let rig = Rig::new();
    let dir = rig.server.folder_dir(USER, "INBOX");
    rig.server.deliver(USER, "INBOX", "a", BODY, "");
    // The sizes in a file's name are believed: the server announces ten bytes, finds more and hangs up.
    rig.server.deliver(USER, "INBOX", "b,S=10,W=10", BODY, "");
    rig.server.deliver(USER, "INBOX", "c", BODY, "");
    rig.server.fix_uids(USER, "INBOX", 14, &[(1, "a"), (2, "b,S=10,W=10"), (3, "c")]);

    let ended = rig.run_with(&["fetch", "--to", "mail"], &[("EXOIMAP_MAX_WAIT", "0")]);
    assert_eq!((ended.code, ended.stdout.as_str()), (5, "1\tmail/14.1.eml\n"), "{}", ended.stderr);
    assert!(ended.stderr.contains("\nexoimap: fetch: UID FETCH: "), "{}", ended.stderr);
    assert!(rig.delivered().iter().eq([(&"14.1.eml".to_owned(), &BODY.to_vec())]));

    // With patience the message that breaks every session is left out, and the others come.
    let ended = rig.fetch(6);
    assert_eq!(ended.stdout, "3\tmail/14.3.eml\n");
    assert!(ended.stderr.contains("message 2: the connection broke at it: "), "{}", ended.stderr);

    // Once the server is mended the rest comes, and the first does not come again.
    for entry in fs::read_dir(dir.join("cur")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains(",S=10,W=10") {
            fs::rename(&path, dir.join("cur/b:2,")).unwrap();
        }
    }
    rig.server.fix_uids(USER, "INBOX", 14, &[(1, "a"), (2, "b"), (3, "c")]);
    assert_eq!(rig.fetch(0).stdout, "2\tmail/14.2.eml\n");
    assert!(rig.delivered().values().all(|bytes| bytes == BODY));
    assert_eq!(fs::read_dir(rig.dir().join(".exoimap/tmp")).unwrap().count(), 0);
}

#[test]
fn a_changed_uidvalidity_stops_the_run_before_anything_is_fetched() {
    let rig = Rig::new();
    rig.server.deliver(USER, "INBOX", "a", BODY, "");
    rig.server.fix_uids(USER, "INBOX", 14, &[(1, "a")]);
    rig.fetch(0);
    let state = || fs::read(rig.dir().join(".exoimap/state")).unwrap();
    let before = (rig.delivered(), state());

    rig.server.deliver(USER, "INBOX", "b", BODY, "");
    rig.server.fix_uids(USER, "INBOX", 15, &[(1, "b"), (2, "a")]);
    rig.server.rawlog(USER);
    let ended = rig.fetch(4);
    assert!(ended.stderr.contains("UIDVALIDITY changed from 14 to 15"), "{}", ended.stderr);
    assert_eq!((rig.delivered(), state()), before);

    rig.server.fix_uids(USER, "INBOX", 14, &[(1, "a"), (2, "b")]);
    assert_eq!(rig.fetch(0).stdout, "2\tmail/14.2.eml\n");
    let fetches: Vec<_> = rig.sent().into_iter().filter(|line| line.starts_with("UID FETCH ")).collect();
    assert_eq!(fetches, ["UID FETCH 2 (UID BODY.PEEK[])"]);
}

#[test]
fn a_second_run_on_a_directory_stops_at_once() {
    let rig = Rig::new();
    rig.server.deliver(USER, "INBOX", "a", BODY, "");
    rig.fetch(0);
    rig.server.deliver(USER, "INBOX", "b", BODY, "");
    let requests = rig.entra.requests().len();

    let lock = fs::File::options().append(true).open(rig.dir().join(".exoimap/lock")).unwrap();
    lock.try_lock().expect("the first run has ended");
    let ended = rig.fetch(5);
    assert!(ended.stderr.contains("another exoimap run is using mail"), "{}", ended.stderr);
    assert_eq!((rig.delivered().len(), rig.entra.requests().len()), (1, requests), "not even a token was asked for");

    drop(lock);
    rig.fetch(0);
    assert_eq!(rig.delivered().len(), 2);
}

#[test]
fn two_runs_at_once_deliver_each_message_once() {
    let rig = Rig::new();
    let messages = (0..400).map(|number| (format!("{number:03}"), BODY.to_vec(), String::new()));
    rig.server.deliver_all(USER, "INBOX", messages);
    let runs = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| rig.run(&["fetch", "--to", "mail"]))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(runs.iter().all(|run| matches!(run.code, 0 | 5)), "{runs:?}");
    let told: Vec<_> = runs.iter().flat_map(|run| run.stdout.lines()).collect();
    assert_eq!((told.len(), rig.delivered().len()), (400, 400));
}

#[test]
fn a_folder_that_is_not_there_is_refused_by_name() {
    let rig = Rig::new();
    let ended = rig.run(&["fetch", "--to", "mail", "--folder", "Bestellungen/Übersicht"]);
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert!(ended.stderr.contains("NO Mailbox doesn't exist: Bestellungen/Übersicht"), "{}", ended.stderr);
    assert!(rig.delivered().is_empty());
}
