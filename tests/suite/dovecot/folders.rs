//! Several folders in one run: each has its directory and its state.

use std::fs;

use super::{Rig, USER, on_the_wire};
use crate::folders::expect_in;

/// A mailbox with one message in each of these folders.
fn rig(folders: &[&str]) -> Rig {
    let rig = Rig::new();
    folders.iter().for_each(|folder| deliver(&rig, folder, "a"));
    rig
}

fn deliver(rig: &Rig, folder: &str, name: &str) {
    let message = format!("Subject: {name} in {folder}\n\nText.\n");
    rig.server.deliver(USER, folder, name, message.as_bytes(), "");
}

#[track_caller]
fn expect(rig: &Rig, expected: &[(&str, usize)]) {
    expect_in(&rig.dir(), expected);
}

#[test]
fn all_folders_come_in_one_session_under_the_names_that_people_see() {
    let rig = rig(&["INBOX", "注文", "注文/2026/十一月", "Übersicht", "Calendar", "Calendar/Birthdays"]);
    rig.server.rawlog(USER);
    let pattern = ["--folder", "*", "--not-folder", "Calendar*"];
    let ended = rig.fetch_with(0, &[&pattern[..], &["--json"]].concat());
    expect(&rig, &[("INBOX", 1), ("Übersicht", 1), ("注文", 1), ("注文/2026/十一月", 1)]);
    assert!(ended.stdout.contains("\"folder\":\"注文/2026/十一月\""), "{}", ended.stdout);
    assert_eq!(rig.sent().iter().filter(|line| *line == "LOGOUT").count(), 1, "one session");
    // 注文/2026 exists as a part of a name alone (\Noselect).
    let folders = rig.run(&["folders", "*", "--not-folder", "Calendar*"]);
    assert!(folders.stdout.contains("注文/2026/十一月"), "{}", folders.stdout);
    let paths = fs::read_dir(rig.dir().join("注文/2026/十一月")).unwrap().map(|entry| entry.unwrap().path());
    let message = paths.filter(|path| path.is_file()).map(|path| fs::read(path).unwrap()).next();
    assert_eq!(message, Some(on_the_wire("Subject: a in 注文/2026/十一月\n\nText.\n".as_bytes())));
    assert!(rig.fetch_with(0, &pattern).stdout.is_empty());
}

#[test]
fn new_folders_are_picked_up_and_one_that_vanished_is_said_once() {
    let rig = rig(&["INBOX", "Orders"]);
    rig.fetch_with(0, &["--folder", "*"]);
    rig.server.doveadm(&["mailbox", "delete", "-u", USER, "Orders"]);
    deliver(&rig, "News", "a");
    let gone = "Orders: the folder is gone; what was delivered stays";
    let ended = rig.fetch_with(0, &["--folder", "*"]);
    assert!(ended.stderr.contains(gone), "{}", ended.stderr);
    assert!(!rig.fetch_with(0, &["--folder", "*"]).stderr.contains("Orders"));
    expect(&rig, &[("INBOX", 1), ("News", 1), ("Orders", 1)]);
    let ended = rig.fetch_with(4, &["--folder", "Nothing*", "--folder", "\\Junk", "--folder", "N*"]);
    assert!(ended.stderr.contains("folder not found: \"Nothing*\""), "{}", ended.stderr);
    deliver(&rig, "News", "b");
    rig.fetch_with(4, &["--folder", "Nothing*", "--folder", "N*"]);
    expect(&rig, &[("INBOX", 1), ("News", 2), ("Orders", 1)]);
}
