//! `mark`, `move`, `copy`, `delete`: what they do, say, refuse, and do when the session breaks.

use super::{ALL, add_folder, call, commands, objects, uids, with};
use crate::program::{Ended, World};
use crate::support::exchange::Fault;
use crate::support::sample::{ORDERS, SUBFOLDER};

fn run(world: &World, arguments: &[&str]) -> Ended {
    call(world, arguments).run()
}

fn has(world: &World, uid: u32, flag: &str) -> bool {
    world.exchange.folder(ORDERS, "INBOX").message(uid).unwrap().has(flag)
}

#[test]
fn marks_are_set_and_taken_away() {
    let world = World::new();
    let ended = run(&world, &["mark", "--seen", "--unflagged", "--query", "UNSEEN"]);
    assert_eq!(ended.expect(0).stdout.lines().next(), Some("16102\tmarked +seen -flagged"));
    assert_eq!(ended.stdout.lines().count(), 5);
    assert!(ALL.iter().all(|uid| has(&world, *uid, "\\Seen") && !has(&world, *uid, "\\Flagged")));
    let ended = run(&world, &["mark", "--unseen", "--answered", "--uid", "16101", "--json"]);
    assert_eq!(
        objects(&ended.expect(0).stdout),
        [
            serde_json::json!({"uid": 16101, "folder": "INBOX", "action": "mark", "dry_run": false, "set": ["\\Answered"], "clear": ["\\Seen"]})
        ]
    );
    assert!(!has(&world, 16101, "\\Seen") && has(&world, 16101, "\\Answered"));
}

#[test]
fn a_closed_pipe_ends_it_quietly_and_a_full_disk_does_not() {
    let world = World::new();
    let closed = call(&world, &["move", "--to", "Drafts", "--uid", "16101,16102"]).with_stdout_closed().run();
    assert_eq!((closed.expect(1).stderr.as_str(), uids(&world, "Drafts").len()), ("", 2));
    if std::path::Path::new("/dev/full").exists() {
        let full =
            call(&world, &["move", "--to", "Drafts", "--uid", "16105:16123"]).through("exec \"$@\" > /dev/full").run();
        full.expect(1)
            .saying(&["exoimap: 4 messages are moved to Drafts before this:\nexoimap: disk: writing to stdout"]);
    }
}

#[test]
fn without_a_selection_or_a_mark_nothing_is_tried() {
    let world = World::new();
    for (arguments, words) in [
        (&["mark", "--seen"][..], "no messages are selected; --uid 1:*"),
        (&["move", "--to", "Drafts"], "no messages are selected"),
        (&["copy", "--to", "Drafts"], "no messages are selected"),
        (&["delete", "--permanently"], "no messages are selected"),
        (&["mark", "--uid", "1:*"], "no flag to set or clear"),
        (&["mark", "--seen", "--unseen", "--uid", "1:*"], "--seen"),
        (&["delete", "--uid", "1:*"], "--trash"),
        (&["delete", "--uid", "1:*", "--permanently", "--trash", "Drafts"], "--trash"),
        (&["move", "--uid", "1:*", "--to", "inbox"], "is the folder that the messages are in"),
        (
            &["move", "--uid", "1:*", "--folder", "Ärger", "--to", "ärger"],
            "Ärger is the folder that the messages are in",
        ),
        (
            &["delete", "--uid", "1:*", "--folder", "Drafts", "--trash", "DRAFTS"],
            "is the folder that the messages are in",
        ),
        (&["move", "--uid", "1:*"], "--to"),
    ] {
        run(&world, arguments).expect(2).one_error().saying(&[words]);
    }
    assert_eq!(world.exchange.connections(), 0);
    run(&world, &["mark", "--seen", "--uid", "1:*"]).expect(0);
    assert!(has(&world, 16123, "\\Seen"));
}

#[test]
fn nothing_selected_is_success_and_says_so() {
    let world = World::new();
    for arguments in [
        &["mark", "--seen"][..],
        &["move", "--to", "Drafts"],
        &["copy", "--to", "Drafts"],
        &["delete", "--permanently"],
    ] {
        let ended = run(&world, &[arguments, &["--subject", "no such thing"]].concat());
        assert_eq!(ended.expect(0).saying(&["nothing selected in INBOX"]).stdout, "");
    }
}

#[test]
fn a_dry_run_changes_nothing() {
    let world = World::new();
    let before = world.exchange.folder(ORDERS, "INBOX").messages;
    let some = ["--uid", "16101:16102", "--dry-run"];
    for (arguments, words) in [
        (&["mark", "--flagged"][..], "16101\twould be marked +flagged"),
        (&["move", "--to", "INBOX/注文"], "16101\twould be moved to INBOX/注文"),
        (&["copy", "--to", "INBOX/注文"], "16101\twould be copied to INBOX/注文"),
        (&["delete", "--permanently"], "16101\twould be deleted"),
        (&["delete", "--trash", "Deleted Items"], "16101\twould be moved to Deleted Items"),
    ] {
        let ended = run(&world, &[arguments, &some].concat());
        assert_eq!((ended.expect(0).stdout.lines().next(), ended.stdout.lines().count()), (Some(words), 2));
    }
    assert_eq!(world.exchange.folder(ORDERS, "INBOX").messages, before);
    assert_eq!(commands(&world, "SELECT"), 0);
}

#[test]
fn a_move_tells_the_new_uids_in_every_form_of_copyuid() {
    for (fault, known) in [(None, true), (Some(Fault::BareCopyUid), true), (Some(Fault::EmptyCopyUid), false)] {
        let world = World::new();
        fault.into_iter().for_each(|fault| world.exchange.fault(fault));
        let ended = run(&world, &["move", "--to", "INBOX/注文", "--uid", "16102,16110", "--json"]);
        let told: Vec<_> = objects(&ended.expect(0).stdout)
            .iter()
            .map(|object| {
                (object["uid"].as_u64().unwrap(), object["to_uid"].as_u64(), object["to_uidvalidity"].as_u64())
            })
            .collect();
        let expected = |uid, new| (uid, known.then_some(new), Some(14));
        assert_eq!(told, [expected(16102, 1), expected(16110, 2)], "{ended}");
        assert_eq!((uids(&world, SUBFOLDER), uids(&world, "INBOX")), (vec![1, 2], vec![16101, 16105, 16111, 16123]));
        assert_eq!(commands(&world, "UID MOVE"), 1);
    }
}

#[test]
fn without_move_it_is_a_copy_and_an_expunge_of_these_messages_alone() {
    let world = World::new();
    world.exchange.fault_always(Fault::NoMove);
    world
        .exchange
        .mailboxes()
        .folder(ORDERS, "INBOX")
        .unwrap()
        .message(16123)
        .unwrap()
        .flags
        .insert("\\Deleted".into());
    let ended = run(&world, &["move", "--to", "Drafts", "--uid", "16101:16102"]);
    assert_eq!(ended.expect(0).stdout, "16101\tmoved to Drafts\t1\n16102\tmoved to Drafts\t2\n");
    assert_eq!((uids(&world, "Drafts"), uids(&world, "INBOX")), (vec![1, 2], vec![16105, 16110, 16111, 16123]));
    assert!(!world.exchange.commands().iter().any(|command| command == "EXPUNGE" || command == "CLOSE"));
}

/// Courier says OK under an ACL that forbids the change, and repeating a move would copy again and again.
#[test]
fn what_the_server_says_ok_to_and_does_not_do_is_named() {
    for (ignored, arguments) in [
        ("STORE", &["mark", "--flagged"][..]),
        ("MOVE", &["move", "--to", "Drafts"]),
        ("STORE", &["delete", "--permanently"]),
        ("EXPUNGE", &["delete", "--permanently"]),
    ] {
        let world = World::new();
        world.exchange.fault_always(Fault::Ignores { command: ignored });
        let ended = run(&world, &[arguments, &["--uid", "16101:16102"]].concat());
        assert_eq!(ended.expect(6).stdout, "", "{ended}");
        assert!(ended.stderr.contains("message 16101: ") && ended.stderr.contains("message 16102: "), "{ended}");
        assert_eq!((uids(&world, "INBOX"), uids(&world, "Drafts").len()), (ALL.to_vec(), 0));
    }
    let world = World::new();
    world.exchange.fault_always(Fault::NoMove);
    world.exchange.fault_always(Fault::Ignores { command: "EXPUNGE" });
    let ended = run(&world, &["move", "--to", "Drafts", "--uid", "16101:16102"]);
    assert_eq!(ended.expect(6).stdout, "");
    assert_eq!(ended.stderr.matches("its copy is made").count(), 2, "{ended}");
    // A refusal of the removal says so too.
    let world = World::new();
    world.exchange.fault_always(Fault::NoMove);
    world.exchange.fault_always(Fault::Refuse { command: "EXPUNGE", answer: "NO EXPUNGE failed." });
    let ended = run(&world, &["move", "--to", "Drafts", "--uid", "16101:16102"]);
    ended.expect(4).one_error().saying(&["the copies in Drafts are made", "NO EXPUNGE failed."]);
}

/// Without a COPYUID a copy is believed only if the other folder grew: else the original would be removed and be lost.
#[test]
fn a_copy_that_is_not_made_costs_no_original() {
    for (arguments, fault) in [(["copy", "--to"], None), (["move", "--to"], Some(Fault::NoMove))] {
        let world = World::new();
        fault.into_iter().for_each(|fault| world.exchange.fault_always(fault));
        world.exchange.fault_always(Fault::Ignores { command: "COPY" });
        let ended = run(&world, &[&arguments[..], &["Drafts", "--uid", "16101:16102"]].concat());
        assert_eq!(ended.expect(6).saying(&["message 16101: ", "message 16102: "]).stdout, "", "{ended}");
        assert_eq!((uids(&world, "INBOX"), commands(&world, "UID STORE")), (ALL.to_vec(), 0), "{ended}");
        // Where it was made and the server does not say which UIDs it gave, it is done.
        world.exchange.clear_faults();
        world.exchange.fault_always(Fault::NoMove);
        world.exchange.fault_always(Fault::NoCopyUid);
        run(&world, &[&arguments[..], &["Drafts", "--uid", "16101:16102"]].concat()).expect(0);
        assert_eq!(uids(&world, "Drafts"), [1, 2]);
        // And where nobody can tell, it is not.
        world.exchange.fault_always(Fault::Refuse { command: "STATUS", answer: "NO STATUS failed." });
        run(&world, &[&arguments[..], &["Drafts", "--uid", "16105"]].concat()).expect(6).saying(&["message 16105: "]);
        assert!(uids(&world, "INBOX").contains(&16105));
    }
}

/// An EXPUNGE has a number that may be of any message, and another client removes some as well.
#[test]
fn an_expunge_of_another_message_is_not_taken_for_ours() {
    for (command, arguments) in [("EXPUNGE", &["delete", "--permanently"][..]), ("MOVE", &["move", "--to", "Drafts"])] {
        let world = with(Fault::RemovesAnother { command, uid: 16123 });
        let ended = run(&world, &[arguments, &["--uid", "16101"]].concat());
        assert_eq!(ended.expect(6).saying(&["message 16101: "]).stdout, "", "{ended}");
        assert_eq!(uids(&world, "INBOX"), ALL[..5]);
    }
}

#[test]
fn what_has_vanished_is_gone() {
    let world = World::new();
    world.exchange.fault_always(Fault::Vanished);
    let before = commands(&world, "UID SEARCH");
    run(&world, &["delete", "--permanently", "--uid", "16101:16102"]).expect(0);
    assert_eq!((uids(&world, "INBOX"), commands(&world, "UID SEARCH") - before), (ALL[2..].to_vec(), 1));
    run(&world, &["move", "--to", "Drafts", "--uid", "16105"]).expect(0);
}

#[test]
fn deleting_is_moving_to_the_trash_or_for_good() {
    let world = World::new();
    run(&world, &["delete", "--trash", "Deleted Items", "--uid", "16101"]).expect(0);
    assert_eq!((uids(&world, "Deleted Items"), uids(&world, "INBOX").contains(&16101)), (vec![1], false));
    let ended = run(&world, &["delete", "--permanently", "--uid", "16102,16105"]);
    assert_eq!(ended.expect(0).stdout, "16102\tdeleted\n16105\tdeleted\n");
    assert_eq!(uids(&world, "INBOX"), [16110, 16111, 16123]);
    assert_eq!(uids(&world, "Deleted Items"), [1]);
}

/// A move within one folder would give its messages new UIDs, or fail, by whatever name the folder is called.
#[test]
fn a_folder_by_its_special_use_and_by_its_name_is_one() {
    let world = World::new();
    world.exchange.deliver(ORDERS, "Deleted Items", crate::support::sample::note("there"));
    for (folder, trash) in [("Deleted Items", "\\Trash"), ("\\Trash", "deleted items")] {
        for dry in [&[][..], &["--dry-run"]] {
            let arguments = ["delete", "--uid", "1:*", "--folder", folder, "--trash", trash];
            let ended = run(&world, &[&arguments, dry].concat());
            ended.expect(2).one_error().saying(&["Deleted Items is the folder that the messages are in"]);
        }
    }
    assert_eq!(uids(&world, "Deleted Items"), [1]);
}

#[test]
fn a_folder_that_is_not_there_is_named_with_the_command_that_makes_it() {
    let world = World::new();
    // Also where the server lists a folder that nobody asked for.
    world.exchange.fault_always(Fault::Say { at: "LIST", line: "LIST () \"/\" \"Done\"" });
    for arguments in [&["move", "--to"][..], &["copy", "--to"], &["delete", "--trash"]] {
        for dry in [&[][..], &["--dry-run"]] {
            let ended = run(&world, &[arguments, &["it's *", "--uid", "1:*"], dry].concat());
            ended.expect(4).one_error().saying(&["no folder it's *", "exoimap folders create 'it'\\''s *'"]);
            let ended = run(&world, &[arguments, &["Nope", "--uid", "1:*"], dry].concat());
            ended.expect(4).one_error().saying(&["no folder Nope", "exoimap folders create Nope"]);
        }
    }
    assert_eq!(uids(&world, "INBOX"), ALL);
}

#[test]
fn a_folder_that_is_read_only_or_keeps_no_such_flag_is_said_so() {
    let world = World::new();
    world.exchange.fault_always(Fault::Refuse { command: "STORE", answer: "NO STORE failed." });
    run(&world, &["mark", "--seen", "--uid", "1:*"]).expect(4).one_error().saying(&["UID STORE", "NO STORE failed."]);
}

/// What repeats without harm is repeated: nothing is lost, nothing doubled.
#[test]
fn marks_moves_and_deletions_go_on_after_a_broken_session() {
    for done in [false, true] {
        let cut = |command| Fault::DropAt { command, done };
        let world = with(cut("STORE"));
        let ended = run(&world, &["mark", "--flagged", "--uid", "1:*"]);
        assert_eq!(ended.expect(0).stdout.lines().count(), 6);
        assert!(ALL.iter().all(|uid| has(&world, *uid, "\\Flagged")));

        let world = with(cut("MOVE"));
        let ended = run(&world, &["move", "--to", "Drafts", "--uid", "1:*"]);
        assert_eq!((ended.expect(0).stdout.lines().count(), uids(&world, "Drafts").len()), (6, 6), "{ended}");
        assert_eq!(ended.stdout.contains("16101\tmoved to Drafts\t-"), done, "{ended}");
        assert_eq!(uids(&world, "INBOX"), [0; 0]);

        for command in ["STORE", "EXPUNGE"] {
            let world = with(cut(command));
            let ended = run(&world, &["delete", "--permanently", "--uid", "16101:16110"]);
            assert_eq!(
                (ended.expect(0).stdout.lines().count(), uids(&world, "INBOX")),
                (4, vec![16111, 16123]),
                "{ended}"
            );

            let world = with(cut(command));
            world.exchange.fault_always(Fault::NoMove);
            let ended = run(&world, &["move", "--to", "Drafts", "--uid", "16101:16110"]);
            let printed = "16101\tmoved to Drafts\t1\n16102\tmoved to Drafts\t2\n16105\tmoved to Drafts\t3\n16110\tmoved to Drafts\t4\n";
            assert_eq!(
                (ended.expect(0).stdout.as_str(), uids(&world, "Drafts")),
                (printed, vec![1, 2, 3, 4]),
                "{ended}"
            );
            assert_eq!(uids(&world, "INBOX"), [16111, 16123]);
        }
    }
}

#[test]
fn a_copy_in_doubt_is_not_made_again() {
    for done in [false, true] {
        let world = with(Fault::DropAt { command: "COPY", done });
        let ended = run(&world, &["copy", "--to", "Drafts", "--uid", "1:*"]);
        ended.expect(5).one_error().saying(&["copied to Drafts", "6 of the 6 that are left may be there or not"]);
        assert_eq!(uids(&world, "Drafts").len(), if done { 6 } else { 0 });

        let world = with(Fault::DropAt { command: "COPY", done });
        world.exchange.fault_always(Fault::NoMove);
        let ended = run(&world, &["move", "--to", "Drafts", "--uid", "1:*"]);
        ended.expect(5).one_error().saying(&["copied to Drafts"]);
        assert_eq!(uids(&world, "INBOX"), ALL, "the originals stay");
    }
    // What the server refused it did not do, and what broke before the copy is no doubt.
    for fault in [
        Fault::ThrottleNo { ms: 50 },
        Fault::ThrottleBadThenBye { ms: 50 },
        Fault::DropAt { command: "SEARCH", done: true },
    ] {
        let world = with(fault);
        run(&world, &["copy", "--to", "Drafts", "--uid", "1:*"]).expect(0);
        assert_eq!(uids(&world, "Drafts").len(), 6);
    }
    let refused =
        Fault::Refuse { command: "COPY", answer: "NO Request is throttled. Suggested Backoff Time: 50 milliseconds" };
    let world = with(refused);
    run(&world, &["copy", "--to", "Drafts", "--uid", "1:*"]).expect(0);
    assert_eq!(uids(&world, "Drafts").len(), 6);
}

#[test]
fn a_message_that_the_server_refuses_to_change_keeps_no_other_from_it() {
    let cases: [(&str, &[&str], &str); 4] = [
        ("STORE", &["mark", "--seen"], "marked +seen"),
        ("MOVE", &["move", "--to", "Drafts"], "moved to Drafts"),
        ("COPY", &["copy", "--to", "Drafts"], "copied to Drafts"),
        ("MOVE", &["delete", "--trash", "Drafts"], "moved to Drafts"),
    ];
    for (command, arguments, done) in cases {
        let refuse = |uid| Fault::RefuseUid { command, uid, answer: "NO [CANNOT] It is on hold." };
        let world = World::new();
        world.exchange.fault_always(refuse(16110));
        let ended = run(&world, &[arguments, &["--uid", "1:*"]].concat());
        ended.expect(6).saying(&[&format!("message 16110 is not {done}: "), "It is on hold"]);
        assert_eq!(ended.stdout.lines().count(), 5, "{ended}");

        // Alone it is the error of the run.
        run(&world, &[arguments, &["--uid", "16110"]].concat()).expect(4).one_error().saying(&["It is on hold"]);
        let world = World::new();
        ALL.iter().for_each(|uid| world.exchange.fault_always(refuse(*uid)));
        let ended = run(&world, &[arguments, &["--uid", "1:*"]].concat());
        assert_eq!((ended.expect(4).stdout.as_str(), world.exchange.commands().len() < 40), ("", true));
    }
}

#[test]
fn a_refused_message_and_then_an_outage_is_an_outage() {
    let world = World::new();
    let throttled = "NO Request is throttled. Suggested Backoff Time: 50 milliseconds";
    for (uid, answer) in [(16101, "NO [CANNOT] It is on hold."), (16102, throttled)] {
        world.exchange.fault_always(Fault::RefuseUid { command: "STORE", uid, answer });
    }
    let ended = run(&world, &["mark", "--seen", "--uid", "16101:16102", "--max-wait", "0"]);
    ended.expect(5).saying(&["message 16101 is not marked +seen: ", "It is on hold", "throttled"]);
    assert_eq!(ended.stdout, "");
}

#[test]
fn a_folder_made_anew_between_two_sessions_ends_it() {
    let world = World::new();
    world.exchange.fault(Fault::DropAt { command: "STORE", done: false });
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            while commands(&world, "UID STORE") == 0 {
                std::thread::yield_now();
            }
            world.exchange.mailboxes().folder(ORDERS, "INBOX").unwrap().uidvalidity += 1;
        });
        run(&world, &["mark", "--seen", "--uid", "1:*"])
    });
    ended.expect(4).one_error().saying(&["INBOX was recreated meanwhile"]);
    assert!(!has(&world, 16102, "\\Seen"));
}

#[test]
fn many_messages_go_in_commands_that_exchange_takes() {
    let world = World::new();
    add_folder(&world, "Done");
    {
        let mut mailboxes = world.exchange.mailboxes();
        let inbox = mailboxes.folder(ORDERS, "INBOX").unwrap();
        for uid in (20_000..24_000).step_by(2) {
            inbox.uidnext = uid;
            inbox.deliver(crate::support::sample::note("many"));
        }
    }
    let ended = run(&world, &["move", "--to", "Done", "--subject", "many"]);
    assert_eq!((ended.expect(0).stdout.lines().count(), uids(&world, "Done").len()), (2_000, 2_000));
    let longest = world.exchange.commands().iter().map(String::len).max().unwrap();
    assert!(commands(&world, "UID MOVE") >= 4 && longest < 4_000, "{longest}");
}
