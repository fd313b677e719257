//! What comes after a delivery: a program takes the message, then the server is changed.

use std::fs::{self, File};

use super::{ALL, Post, files, printed, without};
use crate::support::entra;
use crate::support::exchange::Fault;
use crate::support::sample::{self, ORDERS};

/// Writes down what it was given; fails for the UID in `fail`, while that file is there.
const PROGRAM: &str = "echo \"$EXOIMAP_UID $EXOIMAP_MAILBOX $EXOIMAP_FOLDER $EXOIMAP_FILE $1\" >> journal; \
                       ! grep -qx \"$EXOIMAP_UID\" fail 2>/dev/null";

impl Post {
    fn program(&self, more: &[&str]) -> crate::program::Ended {
        self.fetch(&[more, &["--", "sh", "-c", PROGRAM, "sh", "<{}>"]].concat())
    }

    /// The lines of the journal, each a run of the program.
    fn journal(&self) -> Vec<String> {
        let text = fs::read_to_string(self.world.folder.path().join("journal")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn taken(&self) -> Vec<u32> {
        self.journal().iter().map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect()
    }
}

#[test]
fn a_program_gets_each_message_once_and_knows_which() {
    for format in ["eml", "maildir", "mbox"] {
        let post = Post::new(format);
        assert_eq!(printed(post.program(&[]).expect(0)), ALL);
        assert_eq!(post.taken(), ALL, "{format}");
        for line in post.journal() {
            let fields: Vec<_> = line.split(' ').collect();
            assert_eq!((fields[1], fields[2]), (ORDERS, "INBOX"), "{line}");
            assert_eq!(fields[4], format!("<{}>", fields[3]), "the file in an argument: {line}");
            assert!(format != "eml" || fields[3] == format!("mail/14.{}.eml", fields[0]), "{line}");
        }
        post.program(&[]).expect(0).saying(&["nothing new"]);
        assert_eq!(post.taken().len(), ALL.len(), "{format}");
        // A message that an mbox's program took is held no longer.
        assert!(files(&post.dir().join(".exoimap/hold")).is_empty());
    }
}

#[test]
fn what_the_program_does_not_take_is_not_marked_and_comes_again() {
    for format in ["eml", "maildir", "mbox"] {
        let post = Post::new(format);
        post.world.folder.file("fail", "16105\n16111\n");
        let (taken, left) = (without(&ALL, &[16105, 16111]), vec![16105, 16111]);
        let ended = post.program(&["--move-to", "Done"]);
        ended.expect(6).saying(&["message 16105: the program ended with 1; the next run offers it again"]);
        assert_eq!((post.kept().len(), post.taken()), (6, ALL.to_vec()), "{format}");
        assert_eq!((post.uids_in("INBOX"), post.uids_in("Done").len()), (left.clone(), taken.len()), "{format}");
        // A run without the program leaves them pending, and says so.
        let plain = post.fetch(&[]);
        plain.expect(0).saying(&["2 messages wait for a program, which this run has not"]);
        assert_eq!(post.uids_in("INBOX"), left, "{format}");
        // Still not taken: exit 6 again, and no new copy of them.
        post.program(&["--move-to", "Done"]).expect(6);
        fs::remove_file(post.world.folder.path().join("fail")).unwrap();
        let ended = post.program(&["--move-to", "Done"]);
        assert_eq!(printed(ended.expect(0)), left, "{format}: offered from their files");
        assert_eq!((post.taken()[8..].to_vec(), post.uids_in("INBOX")), (left, vec![]), "{format}");
        assert_eq!(post.bytes().len(), 6, "{format}");
    }
}

/// Whatever the run asks for in which the program takes it.
#[test]
fn what_was_asked_at_the_delivery_is_done_once_the_program_took_it() {
    for format in ["eml", "maildir", "mbox"] {
        for later in [&[][..], &["--mark-seen"], &["--delete"]] {
            let post = Post::new(format);
            post.fetch(&["--limit", "2", "--move-to", "Done", "--", "false"]).expect(6);
            post.fetch(&["--move-to", "Done", "--limit", "1", "--", "true"]).expect(0);
            assert_eq!(post.uids_in("Done").len(), 3, "{format}: two of before, and the next");
            post.fetch(&["--limit", "1", "--delete", "--", "false"]).expect(6);
            post.fetch(&[later, &["--", "true"]].concat()).expect(0);
            let left: &[u32] = if later == ["--delete"] { &[] } else { &[16111, 16123] };
            assert_eq!((post.uids_in("INBOX"), post.uids_in("Done").len()), (left.to_vec(), 3), "{format} {later:?}");
            let seen = if later == ["--mark-seen"] { left } else { &[] };
            assert_eq!(without(&post.flagged("\\Seen"), &[16101]), seen, "{format} {later:?}");
            post.fetch(&[]).expect(0);
            assert_eq!(post.uids_in("INBOX"), left, "{format} {later:?}");
        }
        // Nothing was asked: the run decides in which the program takes it.
        let post = Post::new(format);
        post.fetch(&["--", "false"]).expect(6);
        post.fetch(&["--move-to", "Done", "--", "true"]).expect(0);
        assert_eq!((post.uids_in("INBOX"), post.uids_in("Done").len()), (vec![], 6), "{format}");
    }
}

#[test]
fn a_file_that_is_gone_before_its_program_ran_is_fetched_again() {
    let post = Post::new("eml");
    post.world.folder.file("fail", "16105\n");
    post.program(&[]).expect(6);
    fs::remove_file(post.world.folder.path().join("fail")).unwrap();
    fs::remove_file(post.dir().join("14.16105.eml")).unwrap();
    assert_eq!(printed(post.program(&[]).expect(0)), [16105]);
    assert_eq!(post.taken().last(), Some(&16105));
}

/// The third column, or the field, is what tells it from a delivery; `true` is the way out for a message that no program takes.
#[test]
fn what_a_later_run_hands_over_has_a_line_that_says_so() {
    for format in ["eml", "maildir", "mbox"] {
        let post = Post::new(format);
        post.world.folder.file("fail", "16105\n16111\n16123\n");
        let first = post.program(&[]);
        let files: Vec<_> = first.expect(6).stdout.lines().map(str::to_owned).collect();
        let lines = |uids: &[&str]| -> String {
            let of = |uid| files.iter().filter(move |line| line.starts_with(uid));
            uids.iter().flat_map(of).map(|line| format!("{line}\thanded over\n")).collect()
        };
        let one = post.fetch(&["--verbose", "--uid", "16105", "--", "true"]);
        one.expect(0).saying(&["1 of earlier runs handed over (INBOX to mail)"]);
        assert!(!one.stderr.contains("nothing new"), "{one}");
        assert_eq!(one.stdout, lines(&["16105"]), "{format}: the others stay pending");
        post.program(&[]).expect(6).saying(&["message 16111", "message 16123"]);
        fs::remove_file(post.world.folder.path().join("fail")).unwrap();
        let rest = post.program(&["--json"]);
        let objects: Vec<serde_json::Value> =
            rest.expect(0).stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(objects.len(), 2, "{rest}");
        for object in objects {
            let uid = object["uid"].as_u64().unwrap() as u32;
            let sent = post.world.exchange.folder(ORDERS, "INBOX");
            let sent = sent.messages.iter().find(|message| message.uid == uid).unwrap();
            assert_eq!(object["handed_over"], true, "{rest}");
            assert!(format != "eml" || object["size"] == sent.bytes.len(), "{rest}");
        }
        post.program(&[]).expect(0).saying(&["nothing new"]);
    }
}

/// The mbox has the message already: what comes again is the copy that is held for the program.
#[test]
fn a_held_copy_that_is_gone_is_held_anew_and_the_mbox_stays_as_it_is() {
    for more in [&[][..], &["--attachments"]] {
        let post = Post::new("mbox");
        let takes = [more, &["--", "sh", "-c", "rm \"$EXOIMAP_FILE\"; exit 1"]].concat();
        assert_eq!(printed(post.fetch(&takes).expect(6)), ALL);
        for _ in 0..2 {
            let again = post.fetch(&takes);
            assert_eq!(printed(again.expect(6)), [0; 0], "nothing was delivered: {again}");
            assert_eq!(post.kept(), ALL, "{more:?}");
        }
        // Together with what is new.
        let uid = post.world.exchange.deliver(ORDERS, "INBOX", sample::note("new"));
        assert_eq!(printed(post.program(more).expect(0)), [uid]);
        assert_eq!((post.kept(), post.taken()), ([&ALL[..], &[uid]].concat(), [&ALL[..], &[uid]].concat()));
        assert!(files(&post.dir().join(".exoimap/hold")).is_empty());
        post.is_tidy();
    }
}

/// The attachments' folder of the first delivery is ours, and by now perhaps somebody's work: it stays as it is.
#[test]
fn a_message_that_comes_again_keeps_the_folder_of_its_attachments() {
    for format in ["eml", "maildir"] {
        for again in [&["--attachments", "--", "true"][..], &["--attachments", "--refetch"]] {
            let post = Post::new(format);
            post.fetch(&["--attachments", "--", "false"]).expect(6);
            let folder = post.dir().join("14.16110");
            fs::write(folder.join("注文書第118号.pdf"), "signed").unwrap();
            for folder in [post.dir(), post.dir().join("new"), post.dir().join("cur")] {
                files(&folder).iter().for_each(|file| fs::remove_file(file).unwrap());
            }
            assert_eq!(printed(post.fetch(again).expect(0)), ALL, "{format} {again:?}");
            assert_eq!(post.kept(), ALL, "{format} {again:?}");
            assert_eq!(fs::read_to_string(folder.join("注文書第118号.pdf")).unwrap(), "signed");
            assert_eq!(fs::read_dir(post.dir().join(".exoimap/tmp")).unwrap().count(), 0, "{format} {again:?}");
        }
    }
    // A folder of a message that never came is somebody else's.
    let post = Post::new("mbox");
    fs::create_dir_all(post.dir().join("14.16110/theirs")).unwrap();
    for _ in 0..2 {
        post.fetch(&["--attachments"])
            .expect(6)
            .saying(&["message 16110: ", "14.16110 exists with other contents and is not replaced"]);
        assert_eq!(post.kept(), without(&ALL, &[16110]));
    }
    fs::remove_dir_all(post.dir().join("14.16110")).unwrap();
    assert_eq!(printed(post.fetch(&["--attachments"]).expect(0)), [16110]);
}

/// The run that delivered them was not asked for attachments, or somebody took their folder away.
#[test]
fn attachments_that_are_missing_are_made_before_a_program_is_asked_again() {
    let lists = ["--", "sh", "-c", "test -z \"$EXOIMAP_ATTACHMENTS\" || ls \"$EXOIMAP_ATTACHMENTS\" >> listed"];
    let takes = ["--attachments", "--", "sh", "-c", "rm -rf \"$EXOIMAP_ATTACHMENTS\"; exit 1"];
    for format in ["eml", "maildir", "mbox"] {
        for first in [&["--", "false"][..], &takes] {
            let post = Post::new(format);
            post.fetch(first).expect(6);
            let folder = post.dir().join("14.16110");
            assert!(!folder.exists());
            // Where somebody has the name by then, it waits.
            fs::write(&folder, "somebody's").unwrap();
            let again = [&["--attachments"], &lists[..]].concat();
            post.fetch(&again).expect(6).saying(&["message 16110: ", "exists with other contents and is not replaced"]);
            fs::remove_file(&folder).unwrap();
            assert_eq!(
                printed(post.fetch(&again).expect(0)),
                [16110],
                "{format} {first:?}: the others were taken before"
            );
            let listed = fs::read_to_string(post.world.folder.path().join("listed")).unwrap();
            assert_eq!(listed, "注文書第118号.pdf\n", "{format} {first:?}");
            assert_eq!((post.commands("UID FETCH").len(), post.kept()), (1, ALL.to_vec()), "from their files");
            post.is_tidy();
        }
    }
}

#[test]
fn a_program_that_does_not_end_is_ended() {
    let post = Post::new("eml");
    let ended = post.fetch(&["--limit", "1", "--mark-seen", "--program-timeout", "1s", "--", "sleep", "600"]);
    ended.expect(6).saying(&["message 16101: the program was still running when its time was over"]);
    ended.promptly();
}

/// The run is killed, its program goes on: no other is started for the message meanwhile.
#[test]
fn the_lock_lasts_as_long_as_a_program_that_is_left_behind() {
    let post = Post::new("eml");
    // It also ends with its folder, so that the test leaves nothing running.
    let waits = "exec >&- 2>&-; while test -d mail && ! test -e go; do sleep 0.05; done";
    let ended = post.fetch(&["--limit", "1", "--", "sh", "-c", &format!("kill -9 $PPID; {waits}")]);
    assert_eq!(ended.code, None, "{ended}");
    post.fetch(&["--", "true"]).expect(5).saying(&["another exoimap run is using mail"]);
    post.world.folder.file("go", "");
    File::open(post.dir().join(".exoimap/lock")).unwrap().lock().unwrap();
    // What a program that took its message leaves running is its own affair.
    fs::remove_file(post.world.folder.path().join("go")).unwrap();
    assert_eq!(printed(post.fetch(&["--", "sh", "-c", &format!("({waits}) <&0 &")]).expect(0)), ALL);
    post.fetch(&["--", "true"]).expect(0).saying(&["nothing new"]);
    post.world.folder.file("go", "");
}

#[test]
fn a_program_sees_no_credential_no_stdin_and_its_words_go_to_stderr() {
    let post = Post::new("eml");
    let script = "env > seen; cat > stdin; echo said; echo also said >&2";
    let arguments = ["fetch", "--to", "mail", "--limit", "1", "--", "sh", "-c", script];
    let call = post.world.call(&arguments).env("IDENTITY_HEADER", "of-app-service").env("MSI_SECRET", "of-app-service");
    let ended = call.stdin("for nobody").run();
    assert_eq!(printed(ended.expect(0)), [16101], "{ended}");
    ended.saying(&["said\n", "also said\n"]);
    let seen = fs::read_to_string(post.world.folder.path().join("seen")).unwrap();
    assert!(seen.contains("EXOIMAP_UID=16101") && !seen.contains(entra::SECRET), "{seen}");
    assert!(!seen.contains("of-app-service"), "{seen}");
    assert_eq!(fs::read(post.world.folder.path().join("stdin")).unwrap(), b"");
}

#[test]
fn a_program_that_is_not_there_is_said_before_anything_is_asked() {
    let post = Post::new("eml");
    // The last is a file that nobody may run.
    for name in ["no-such-program", "./no-such-program", "/", "./ca.pem"] {
        let words = format!("there is no executable program {name:?}");
        post.fetch(&["--", name]).expect(2).one_error().saying(&[&words]);
    }
    assert_eq!(post.world.exchange.connections(), 0);
}

#[test]
fn each_action_changes_what_was_handed_over_and_nothing_else() {
    for format in ["eml", "maildir", "mbox"] {
        let post = Post::new(format);
        post.fetch(&["--limit", "2", "--mark-seen"]).expect(0);
        assert_eq!(post.flagged("\\Seen"), [16101, 16102], "{format}");
        post.fetch(&["--limit", "2", "--move-to", "Done"]).expect(0);
        assert_eq!((post.uids_in("INBOX"), post.uids_in("Done").len()), (vec![16101, 16102, 16111, 16123], 2));
        // What somebody else marked as deleted stays: it is not ours to expunge.
        post.world
            .exchange
            .mailboxes()
            .folder(ORDERS, "INBOX")
            .unwrap()
            .message(16102)
            .unwrap()
            .flags
            .insert("\\Deleted".into());
        post.fetch(&["--delete"]).expect(0);
        assert_eq!(post.uids_in("INBOX"), [16101, 16102], "{format}");
        assert_eq!(post.bytes().len(), 6, "{format}");
        let bare = post.commands("EXPUNGE").len() + post.commands("CLOSE").len();
        assert_eq!(bare, 0, "neither a bare EXPUNGE nor CLOSE");
    }
}

/// The copy is made, and the connection is gone before the original is: it is not copied again.
#[test]
fn a_copy_is_not_made_twice() {
    let post = Post::new("eml");
    post.world.exchange.fault_always(Fault::NoMove);
    post.world.exchange.fault(Fault::Refuse { command: "STORE", answer: "NO Server Unavailable. 15" });
    post.fetch(&["--limit", "2", "--move-to", "Done"]).expect(0);
    assert_eq!((post.uids_in("Done").len(), post.uids_in("INBOX").len()), (2, 4));
    assert_eq!(post.commands("UID COPY").len(), 1);
}

#[test]
fn a_folder_to_move_to_that_is_not_there_is_refused_before_anything_is_fetched() {
    let post = Post::new("eml");
    for dry in [&[][..], &["--dry-run"]] {
        let ended = post.fetch(&[&["--move-to", "Erledigt/済み"], dry].concat());
        ended.expect(4).saying(&["there is no folder Erledigt/済み", "exoimap folders create 'Erledigt/済み'"]);
    }
    assert_eq!((post.kept(), post.commands("UID FETCH").len()), (vec![], 0));
    post.fetch(&["--move-to", "INBOX"]).expect(2).one_error().saying(&["--move-to"]);
}

/// The server refuses the change, or says OK and makes none: what is delivered stays so, and the next run makes the
/// change.
#[test]
fn a_change_that_fails_is_made_by_the_next_run() {
    let actions = [(&["--mark-seen"][..], "STORE"), (&["--move-to", "Done"], "MOVE"), (&["--delete"], "EXPUNGE")];
    for (ignores, (action, command)) in
        actions.iter().map(|row| (false, row)).chain(actions.iter().map(|row| (true, row)))
    {
        let post = Post::new("eml");
        let fault = match ignores {
            true => Fault::Ignores { command },
            false => Fault::Refuse { command, answer: "NO Something is wrong." },
        };
        post.world.exchange.fault_always(fault);
        let ended = post.fetch(action);
        match ignores {
            true => ended.expect(6).saying(&["message 16102: the server said OK", "message 16123: the server said OK"]),
            false => ended.expect(4).saying(&["Something is wrong."]),
        };
        assert_eq!(printed(&ended), ALL, "{command}");
        post.world.exchange.clear_faults();
        // Without the action: what was promised to messages before is kept.
        let again = post.fetch(&[]);
        assert_eq!(again.expect(0).stdout, "", "{command}: {again}");
        let done = match *command {
            "STORE" => post.flagged("\\Seen") == ALL,
            "MOVE" => post.uids_in("INBOX").is_empty() && post.uids_in("Done").len() == 6,
            _ => post.uids_in("INBOX").is_empty(),
        };
        assert!(done, "{command}");
    }
}

#[test]
fn reading_alone_opens_the_folder_read_only() {
    let post = Post::new("eml");
    post.fetch(&[]).expect(0);
    assert_eq!((post.commands("SELECT").len(), post.commands("EXAMINE").len()), (0, 1));
    post.world.exchange.deliver(ORDERS, "INBOX", sample::note("another"));
    post.fetch(&["--mark-seen"]).expect(0);
    assert_eq!(post.commands("SELECT").len(), 1);
}

/// One message that cannot be moved keeps neither the others from being moved nor new mail from coming.
#[test]
fn a_change_that_is_refused_for_ever_stops_nothing_else() {
    let post = Post::new("eml");
    post.world.exchange.fault_always(Fault::RefuseUid {
        command: "MOVE",
        uid: 16105,
        answer: "NO It cannot be moved.",
    });
    let ended = post.fetch(&["--move-to", "Done"]);
    ended.expect(4).saying(&["exoimap: fetch: message 16105 could not be moved to Done: UID MOVE: "]);
    ended.saying(&["It cannot be moved; the next run tries again\n"]);
    assert_eq!((printed(&ended), post.uids_in("INBOX")), (ALL.to_vec(), vec![16105]));
    let uid = post.world.exchange.deliver(ORDERS, "INBOX", sample::note("later"));
    for action in [&["--move-to", "Done"][..], &[]] {
        let ended = post.fetch(action);
        ended.expect(4).saying(&["It cannot be moved."]);
        assert!(action.is_empty() || printed(&ended) == [uid], "{ended}");
        assert_eq!(post.uids_in("INBOX"), [16105]);
    }
    post.world.exchange.clear_faults();
    post.fetch(&[]).expect(0);
    assert!(post.uids_in("INBOX").is_empty());
}

/// No program took it, somebody took its file away, and it was deleted on the server.
#[test]
fn a_message_that_is_gone_everywhere_is_told_once() {
    let post = Post::new("eml");
    post.world.folder.file("fail", "16105\n");
    post.program(&[]).expect(6);
    fs::remove_file(post.dir().join("14.16105.eml")).unwrap();
    post.world.exchange.mailboxes().folder(ORDERS, "INBOX").unwrap().remove(&[16105]);
    post.program(&[])
        .expect(6)
        .saying(&["message 16105: no program took it, and it is gone from here and from the server"]);
    let later = post.program(&[]);
    assert!(!later.expect(0).stderr.contains("16105"), "{later}");
    // The same for a job that looks at a part of the folder each time.
    let post = Post::new("eml");
    let part = ["--since", "2000-01-01"];
    post.world.folder.file("fail", "16105\n");
    post.program(&part).expect(6);
    fs::remove_file(post.dir().join("14.16105.eml")).unwrap();
    post.world.exchange.mailboxes().folder(ORDERS, "INBOX").unwrap().remove(&[16105]);
    post.program(&part).expect(6).saying(&["it is gone from here and from the server"]);
    let later = post.program(&part);
    assert!(!later.expect(0).stderr.contains("16105"), "{later}");
}
