//! `fetch --folder PATTERN`: several folders in one run, each in its directory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::house::root;
use crate::program::{Call, Ended, World};
use crate::support::exchange::Fault;
use crate::support::mailboxes::{Mailbox, MailboxState};
use crate::support::sample::{ORDERS, SALES, SUBFOLDER, note};

/// A mailbox with mail in its inbox, in 注文 below that, in Drafts and in Sent Items.
fn world() -> World {
    let world = World::new();
    for folder in [SUBFOLDER, "Drafts", "Sent Items"] {
        world.exchange.deliver(ORDERS, folder, note(folder));
    }
    world
}

fn fetch(world: &World, arguments: &[&str]) -> Call {
    world.call_with_token(&[&["fetch", "--to", "mail"], arguments].concat())
}

/// orders@ with these folders, by their names on the wire, and a message in each.
fn world_of(folders: &[&str]) -> World {
    let world = World::new();
    *world.exchange.mailboxes().mailbox(ORDERS).unwrap() = Mailbox::new(MailboxState::Open, folders);
    for folder in folders {
        world.exchange.deliver(ORDERS, folder, note(folder));
    }
    world
}

/// How many messages lie in which directory below this one.
fn counts(dir: &Path) -> Vec<(String, usize)> {
    fn walk(top: &Path, dir: &Path, counts: &mut BTreeMap<String, usize>) {
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(top, &path, counts);
            } else if path.extension().is_some_and(|end| end == "eml") {
                *counts.entry(dir.strip_prefix(top).unwrap().to_str().unwrap().to_owned()).or_default() += 1;
            }
        }
    }
    let mut counts = BTreeMap::new();
    walk(dir, dir, &mut counts);
    counts.into_iter().collect()
}

/// The directories that must have messages, and how many.
#[track_caller]
pub(crate) fn expect_in(dir: &Path, expected: &[(&str, usize)]) {
    let expected: Vec<_> = expected.iter().map(|(folder, count)| ((*folder).to_owned(), *count)).collect();
    assert_eq!(counts(dir), expected);
}

#[track_caller]
fn expect(world: &World, expected: &[(&str, usize)]) {
    expect_in(&world.folder.path().join("mail"), expected);
}

fn nothing_new(ended: &Ended) {
    assert_eq!(ended.expect(0).stdout, "", "{ended}");
}

#[test]
fn the_layout_follows_the_options_and_not_what_is_found() {
    let world = world();
    fetch(&world, &["--folder", "Draf*"]).run().expect(0);
    expect(&world, &[("Drafts", 1)]);
    let world = self::world();
    fetch(&world, &["--folder", "\\Sent"]).run().expect(0);
    expect(&world, &[("", 1)]);
    fetch(&world, &["--folder", "INBOX", "--not-folder", "x"]).run().expect(2).saying(&["--not-folder"]);
    fetch(&world, &["--folder", "\\Junk"]).run().expect(4).one_error();
}

#[test]
fn one_folders_trouble_keeps_no_other_from_coming() {
    let world = world();
    fetch(&world, &["--folder", "*"]).run().expect(0);
    for folder in ["INBOX", "Drafts", "Sent Items"] {
        world.exchange.deliver(ORDERS, folder, note("two"));
    }
    world.exchange.mailboxes().folder(ORDERS, SUBFOLDER).unwrap().uidvalidity += 1;
    let ended = fetch(&world, &["--folder", "*"]).run();
    ended.expect(4).saying(&["INBOX/注文: ", "UIDVALIDITY changed from 14 to 15"]);
    expect(&world, &[("Drafts", 2), ("INBOX", 7), ("INBOX/注文", 1), ("Sent Items", 2)]);
}

/// From one folder to several and back, from one mailbox to a list and back: nothing comes twice.
#[test]
fn a_job_of_another_form_delivers_nothing_again() {
    let world = world();
    let list = world.folder.file("list", format!("{ORDERS}\n{SALES}\n"));
    fetch(&world, &[]).run().expect(0);
    expect(&world, &[("", 6)]);
    let ended = fetch(&world, &["--folder", "*"]).run();
    ended.expect(0).saying(&["INBOX of orders@contoso.com goes on in mail, where it was before"]);
    expect(&world, &[("", 6), ("Drafts", 1), ("INBOX/注文", 1), ("Sent Items", 1)]);
    for arguments in [
        &["--folder", "Drafts"][..],
        &["--folder", "*"],
        &["--mailboxes", &list],
        &["--mailboxes", &list, "--folder", "*"],
        &[],
    ] {
        let call = fetch(&world, arguments);
        let call = if arguments.contains(&"--mailboxes") { call.without("EXOIMAP_MAILBOX") } else { call };
        nothing_new(&call.run());
    }
    // Two states of one source.
    let copy = world.folder.path().join("mail/INBOX/.exoimap");
    fs::create_dir_all(&copy).unwrap();
    fs::copy(world.folder.path().join("mail/.exoimap/state"), copy.join("state")).unwrap();
    fetch(&world, &[]).run().expect(2).one_error().saying(&["both hold a state of INBOX of orders@contoso.com"]);
    let ended = world.call_with_token(&["wait", "--to", "mail", "--for", "1s"]).run();
    ended.expect(2).one_error().saying(&["both hold a state"]);
}

#[test]
fn names_that_a_disk_without_case_takes_for_one_are_refused() {
    let world = world();
    for name in ["ö", "Ö", "cur", "14.5"] {
        world.call_with_token(&["folders", "create", name]).run().expect(0);
    }
    for name in ["cur", "14.5"] {
        world.exchange.deliver(ORDERS, name, note(name));
    }
    let ended = fetch(&world, &["--folder", "*"]).run();
    ended.expect(6).saying(&["ö and Ö would have one directory", "--not-folder"]);
    expect(&world, &[("%314.5", 1), ("%63ur", 1), ("Drafts", 1), ("INBOX", 6), ("INBOX/注文", 1), ("Sent Items", 1)]);
    fetch(&world, &["--folder", "*", "--not-folder", "ö"]).run().expect(0);
}

/// 86 characters of Japanese are more bytes than a file name has.
#[test]
fn a_name_that_no_directory_can_have_costs_its_folder_alone() {
    let long = "注".repeat(86);
    let wire = format!("&{}-", "bOhs6Gzo".repeat(28) + "bOhs6A");
    let world = world_of(&["INBOX", &wire, "Orders"]);
    for messages in [1, 2] {
        let ended = fetch(&world, &["--folder", "*"]).run();
        ended.expect(6).saying(&[&long, "is too long for a directory: leave it out (--not-folder)"]);
        expect(&world, &[("INBOX", messages), ("Orders", messages)]);
        world.exchange.deliver(ORDERS, "INBOX", note("another"));
        world.exchange.deliver(ORDERS, "Orders", note("another"));
    }
    fetch(&world, &["--folder", "*", "--not-folder", &long]).run().expect(0);
    // Alone it needs no directory of its name.
    let alone = || world.call_with_token(&["fetch", "--to", "long", "--folder", &long]).run();
    alone().expect(0);
    expect_in(&world.folder.path().join("long"), &[("", 1)]);
    nothing_new(&alone());
}

/// The state and the list of folders are lines; who names a folder writes none of them.
#[test]
fn a_name_with_a_line_end_is_one_line() {
    let world = world_of(&["INBOX", "x&AAo-skipped 1:4294967295"]);
    for run in 0..2 {
        let ended = fetch(&world, &["--folder", "*"]).run();
        assert!(!ended.expect(0).stderr.contains("is gone"), "{run}: {ended}");
        world.exchange.deliver(ORDERS, "x&AAo-skipped 1:4294967295", note("two"));
    }
    expect(&world, &[("INBOX", 1), ("x%0Askipped 1%3A4294967295", 2)]);
}

/// Who reads stderr knows which folders nobody looked at.
#[test]
fn folders_that_no_session_is_left_for_are_counted() {
    let world = world();
    world.exchange.fault(Fault::DropAt { command: "EXAMINE", done: false });
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !world.exchange.commands().iter().any(|command| command.starts_with("EXAMINE")) {
                std::thread::yield_now();
            }
            let answer = "NO AUTHENTICATE failed.";
            world.exchange.fault_always(Fault::Refuse { command: "AUTHENTICATE", answer });
        });
        fetch(&world, &["--folder", "INBOX*", "--folder", "Drafts"]).run()
    });
    ended.expect(4).saying(&["NO AUTHENTICATE failed.", "2 folders after it were not looked at"]);
}

/// Exchange opens a folder whatever the case of its name is.
#[test]
fn a_folder_in_another_case_is_the_same() {
    let world = world();
    fetch(&world, &["--folder", "Drafts"]).run().expect(0);
    let state = world.folder.path().join("mail/.exoimap/state");
    fs::write(&state, fs::read_to_string(&state).unwrap().replace("Drafts", "drafts")).unwrap();
    let ended = fetch(&world, &["--folder", "Drafts", "--folder", "INBOX"]).run();
    ended.expect(2).saying(&["holds mail of folder drafts, not Drafts"]);
    expect(&world, &[("", 1), ("INBOX", 6)]);
    let ended = fetch(&world, &["--folder", "Sent Items", "--move-to", "sent items"]).run();
    ended.expect(2).one_error().saying(&["is the folder that is fetched from"]);
}

/// What LIST says of the folder cannot be read: it may be there, and the move tells.
#[test]
fn a_folder_to_move_to_whose_line_cannot_be_read_may_be_there() {
    let world = world();
    world.exchange.fault(Fault::Say { at: "LIST", line: "LIST \"/\" Done" });
    let ended = fetch(&world, &["--move-to", "Done"]).run();
    ended.expect(4).saying(&["could not be moved to Done"]);
    expect(&world, &[("", 6)]);
}

#[test]
fn a_run_that_leaves_every_folder_out_is_not_done() {
    let world = world();
    let ended = fetch(&world, &["--folder", "Draf*", "--not-folder", "D*"]).run();
    ended.expect(4).saying(&["no folder is left to fetch"]);
}

#[test]
fn a_special_use_names_a_folder_wherever_one_is_named() {
    let world = world();
    let run = |arguments: &[&str]| world.call_with_token(arguments).run();
    assert_eq!(run(&["search", "--folder", "\\Drafts"]).expect(0).first_words().len(), 1);
    run(&["delete", "--uid", "16101", "--trash", "\\Trash"]).expect(0);
    run(&["copy", "--uid", "16102", "--to", "\\sent"]).expect(0);
    run(&["append", "--folder", "\\Drafts", &world.folder.file("note.eml", note("x"))]).expect(0);
    fetch(&world, &["--move-to", "\\Trash"]).run().expect(0);
    let count = |folder: &str| run(&["search", "--folder", folder]).expect(0).first_words().len();
    assert_eq!(["INBOX", "Deleted Items", "Sent Items", "Drafts"].map(count), [0, 6, 2, 2]);
    // It is said before anything is done.
    run(&["move", "--uid", "1:*", "--to", "\\Junk"]).expect(4).one_error().saying(&["which folder is \\Junk"]);
}

#[test]
fn folders_shows_what_a_pattern_takes() {
    let world = world();
    let run = |arguments: &[&str]| world.call_with_token(&[&["folders"], arguments].concat()).run();
    let names = |ended: &Ended| -> Vec<String> {
        let lines = ended.stdout.lines().map(|line| line.split('\t').next().unwrap()[19..].to_owned());
        lines.collect()
    };
    assert_eq!(names(run(&["INBOX*", "\\Trash"]).expect(0)), ["INBOX", "INBOX/注文", "Deleted Items"]);
    assert_eq!(
        names(run(&["*", "--not-folder", "*Items", "--not-folder", "INBOX*"]).expect(0)),
        ["Drafts", "Gesendete Elemente"]
    );
    run(&["Orders*"]).expect(4).saying(&["folder not found: \"Orders*\""]);
}

/// The line of docs/mailbox.md, against all that Exchange makes in a mailbox.
#[test]
fn the_documented_selection_takes_mail_and_leaves_the_rest() {
    let world = world_of(&[
        "Archive",
        "INBOX",
        "Calendar",
        "Calendar/Birthdays",
        "Calendar/Holidays in Japan",
        "Contacts",
        "Contacts/Companies",
        "Conversation History",
        "Deleted Items",
        "Drafts",
        "Files",
        "Journal",
        "Junk Email",
        "Notes",
        "Outbox",
        "Sent Items",
        "Sync Issues",
        "Sync Issues/Conflicts",
        "Sync Issues/Local Failures",
        "Tasks",
        "Orders",
    ]);
    let text = fs::read_to_string(root().join("docs/mailbox.md")).unwrap();
    let (_, line) = text.split_once("exoimap fetch --to DIR --folder '*'").unwrap();
    let line = format!("fetch --to mail --folder * {}", line.split("```").next().unwrap());
    // Words of a shell, as simple as they are there.
    let words =
        line.replace("\\\n", " ").replace("'*'", "*").replace("Sync Issues*", "Sync\u{a0}Issues*").replace('\'', "");
    let words: Vec<_> = words.split_ascii_whitespace().map(|word| word.replace('\u{a0}', " ")).collect();
    world.call_with_token(&words.iter().map(String::as_str).collect::<Vec<_>>()).run().expect(0);
    let all = ["Archive", "Conversation History", "Drafts", "INBOX", "Orders", "Sent Items"];
    expect(&world, &all.map(|folder| (folder, 1)));
}

/// As Exchange Online lists a French mailbox.
#[test]
fn special_uses_are_known_in_another_language() {
    let world = world_of(&[
        "Archive",
        "INBOX",
        "Bo&AO4-te d'envoi",
        "Brouillons",
        "Calendrier",
        "Calendrier/Anniversaires",
        "Calendrier/Jours f&AOk-ri&AOk-s - France",
        "Courrier ind&AOk-sirable",
        "&AMk-l&AOk-ments envoy&AOk-s",
        "&AMk-l&AOk-ments supprim&AOk-s",
        "Probl&AOg-mes de synchronisation",
        "Probl&AOg-mes de synchronisation/Conflits",
    ]);
    let without = ["--not-folder", "\\Trash", "--not-folder", "\\Junk", "--not-folder", "\\Drafts"];
    let others = ["--not-folder", "Calendrier*", "--not-folder", "Problèmes*", "--not-folder", "boîte d'envoi"];
    fetch(&world, &[&["--folder", "*"], &without[..], &others].concat()).run().expect(0);
    expect(&world, &["Archive", "INBOX", "Éléments envoyés"].map(|folder| (folder, 1)));
}

/// Exchange can list a folder beside the inbox that has its name in other letters (imapsync#459).
#[test]
fn a_second_inbox_is_the_inbox() {
    let world = world_of(&["Inbox", "INBOX", "Archive"]);
    fetch(&world, &["--folder", "*", "--not-folder", "inbox"]).run().expect(0);
    expect(&world, &[("Archive", 1)]);
    nothing_new(&fetch(&world, &["--folder", "*", "--not-folder", "INBOX"]).run());
    fetch(&world, &["--folder", "*"]).run().expect(0);
    expect(&world, &[("Archive", 1), ("INBOX", 2)]);
}
