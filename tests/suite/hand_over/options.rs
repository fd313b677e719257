//! The options of `fetch`, each by what it changes.

use std::fs;

use serde_json::Value;

use super::{ALL, Post, printed, without};
use crate::support::exchange::Fault;
use crate::support::sample::{self, ORDERS};

const NOTHING: [u32; 0] = [];

#[test]
fn a_mailbox_of_ten_years_can_begin_today() {
    for format in ["eml", "maildir", "mbox"] {
        let post = Post::new(format);
        let ended = post.fetch(&["--from-now", "--delete"]);
        assert_eq!(printed(ended.expect(0).saying(&["6 there already and taken as done (INBOX to "])), NOTHING);
        assert_eq!((post.kept(), post.uids_in("INBOX")), (vec![], ALL.to_vec()), "{format}");
        let uid = post.world.exchange.deliver(ORDERS, "INBOX", sample::note("the first of the new ones"));
        // On a later run it has no meaning any more: what is there is new.
        assert_eq!(printed(post.fetch(&["--from-now"]).expect(0)), [uid], "{format}");
        // A fresh start is a first run.
        post.world.exchange.fault(Fault::ChangeUidValidity);
        let ended = post.fetch(&["--from-now", "--accept-uidvalidity"]);
        ended.expect(0).saying(&["starting again", "7 there already and taken as done (INBOX to "]);
        assert_eq!((printed(&ended), printed(post.fetch(&[]).expect(0))), (vec![], vec![]), "{format}");
        // Neither the old nor the new: which is meant?
        post.fetch(&["--from-now", "--refetch"]).expect(2).one_error().saying(&["--refetch"]);
    }
}

#[test]
fn a_selection_leaves_gaps_that_a_later_run_fills() {
    let post = Post::new("eml");
    assert_eq!(printed(post.fetch(&["--subject", "order"]).expect(0)), [16101, 16111]);
    assert_eq!(printed(post.fetch(&["--subject", "注文書"]).expect(0)), [16102, 16110]);
    assert_eq!(printed(post.fetch(&["--uid", "16105:*", "--larger", "100K"]).expect(0)), [16123]);
    assert_eq!(printed(post.fetch(&["--since", "2026-11-03", "--before", "2026-11-05"]).expect(0)), [16105]);
    post.fetch(&[]).expect(0).saying(&["nothing new"]);
    assert_eq!(post.kept(), ALL);
}

#[test]
fn a_refetch_brings_what_has_no_file_here() {
    for format in ["eml", "maildir"] {
        let post = Post::new(format);
        post.fetch(&[]).expect(0);
        let gone = [16102, 16110];
        let folders =
            if format == "eml" { vec![post.dir()] } else { vec![post.dir().join("new"), post.dir().join("cur")] };
        let all: Vec<_> = folders.iter().flat_map(|folder| super::files(folder)).collect();
        let is_gone = |name: &str| gone.iter().any(|uid| name.contains(&uid.to_string()));
        all.iter().filter(|file| is_gone(&file.display().to_string())).for_each(|file| fs::remove_file(file).unwrap());
        assert_eq!(post.kept(), without(&ALL, &gone));
        post.fetch(&[]).expect(0).saying(&["nothing new"]);
        assert_eq!(printed(post.fetch(&["--refetch"]).expect(0)), gone, "{format}");
        assert_eq!(post.kept(), ALL, "{format}");
    }
}

#[test]
fn a_dry_run_says_what_would_come_and_leaves_no_trace() {
    for format in ["eml", "maildir", "mbox"] {
        let post = Post::new(format);
        let dry = post.fetch(&["--dry-run", "--delete", "--", "false"]);
        assert_eq!(printed(dry.expect(0)), ALL, "{format}");
        assert!(!post.dir().exists(), "{format}");
        assert_eq!(
            (post.uids_in("INBOX"), post.commands("UID FETCH").len(), post.commands("SELECT").len()),
            (ALL.to_vec(), 0, 0)
        );
        assert_eq!(printed(post.fetch(&["--limit", "4"]).expect(0)), &ALL[..4]);
        let state = fs::read(post.dir().join(".exoimap/state")).unwrap();
        assert_eq!(printed(post.fetch(&["--dry-run"]).expect(0)), &ALL[4..], "{format}");
        assert_eq!(fs::read(post.dir().join(".exoimap/state")).unwrap(), state, "{format}");
    }
}

#[test]
fn a_message_that_never_comes_is_given_up_once_and_said_once() {
    for format in ["eml", "maildir", "mbox"] {
        let post = Post::new(format);
        post.world.exchange.fault_always(Fault::Placeholder { uid: 16102 });
        let run = || post.fetch(&["--give-up-after", "3", "--delete"]);
        for _ in 0..2 {
            run().expect(6).saying(&["message 16102: ", "the next run tries again"]);
        }
        run().expect(6).saying(&["message 16102: ", "given up after 3 tries"]);
        // No failure of later runs; nothing was done to it on the server.
        let later = run();
        assert!(!later.expect(0).stderr.contains("16102"), "{later}");
        assert_eq!(post.uids_in("INBOX"), [16102], "{format}");
        assert_eq!(post.bytes().len(), 5, "{format}");
        post.world.exchange.clear_faults();
        assert_eq!(printed(post.fetch(&["--refetch"]).expect(0)), [16102], "{format}");
    }
}

#[test]
fn a_renumbered_folder_can_be_accepted() {
    let post = Post::new("eml");
    post.fetch(&[]).expect(0);
    post.world.exchange.fault(Fault::ChangeUidValidity);
    post.fetch(&[]).expect(4);
    // A dry run ends as the run would.
    post.fetch(&["--dry-run"]).expect(4).one_error().saying(&["UIDVALIDITY changed", "hint: --accept-uidvalidity"]);
    assert_eq!(printed(post.fetch(&["--accept-uidvalidity", "--dry-run"]).expect(0)), ALL);
    let ended = post.fetch(&["--accept-uidvalidity"]);
    assert_eq!(printed(ended.expect(0)), ALL);
    ended.saying(&["UIDVALIDITY 14 became 15: starting again"]);
    assert_eq!(post.bytes().len(), 12, "beside what is there");
    post.fetch(&[]).expect(0).saying(&["nothing new"]);
}

#[test]
fn a_stream_has_every_message_and_no_memory() {
    let post = Post::new("-");
    for _ in 0..2 {
        let ended = post.fetch(&[]);
        ended.expect(0);
        assert_eq!((post.kept(), post.dir().exists()), (ALL.to_vec(), false), "{ended}");
    }
    post.fetch(&["--unseen", "--limit", "2"]).expect(0);
    assert_eq!(post.kept(), [16102, 16105]);
    for more in [
        &["--mark-seen"][..],
        &["--attachments"],
        &["--json"],
        &["--dry-run"],
        &["--refetch"],
        &["--format", "eml"],
        &["--mailbox", "a@contoso.com", "--mailbox", "b@contoso.com"],
        &["--", "true"],
    ] {
        let ended = post.fetch(more);
        ended.expect(2).one_error().saying(&["--to - writes mbox to stdout and goes without "]);
    }
}

#[test]
fn attachments_lie_beside_their_message_and_json_lists_them() {
    for format in ["eml", "maildir", "mbox"] {
        let post = Post::new(format);
        let ended = post.fetch(&["--attachments", "--json"]);
        let objects: Vec<Value> =
            ended.expect(0).stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let with = objects.iter().find(|object| object["uid"] == 16110).unwrap();
        let attachment = &with["attachments"][0];
        assert_eq!(
            (&attachment["name"], &attachment["type"]),
            (&"注文書第118号.pdf".into(), &"application/pdf".into())
        );
        assert_eq!(attachment["path"], "mail/14.16110/注文書第118号.pdf", "{format}");
        let path = post.world.folder.path().join(attachment["path"].as_str().unwrap());
        let bytes = fs::read(path).unwrap();
        assert!(bytes.starts_with(b"%PDF-1.4") && attachment["size"] == bytes.len(), "{format}");
        assert_eq!(with["subject"], "注文書を添付します");
        assert_eq!(objects.iter().filter(|object| object.get("attachments").is_some()).count(), 1, "{format}");
        assert_eq!(post.bytes().len(), 6, "{format}");
    }
}

#[test]
fn a_run_ends_with_its_time_and_keeps_what_is_finished() {
    let post = Post::new("eml");
    let script = "test \"$EXOIMAP_UID\" != 16105 || exec sleep 600";
    let ended = post.fetch(&["--mark-seen", "--max-time", "5s", "--", "sh", "-c", script]);
    ended.expect(5).promptly().saying(&["--max-time"]);
    let kept = post.kept();
    assert!(kept.len() == ALL.len() && post.flagged("\\Seen") == [16101], "{kept:?}");
    // The two that the program took are marked by the next run, whatever else it does.
    post.fetch(&[]).expect(0);
    assert_eq!(post.flagged("\\Seen"), [16101, 16102]);
}

/// A header that the server does not hand out counts as a failed try of a run, and of no dry run.
#[test]
fn a_dry_run_counts_no_failure() {
    let post = Post::new("eml");
    post.world.exchange.fault_always(Fault::RefuseUid {
        command: "FETCH",
        uid: 16102,
        answer: "NO It cannot be read.",
    });
    post.fetch(&["--dry-run", "--subject", "注文書"]);
    assert!(!post.dir().exists());
}

/// A run that was killed between its list and the names: the next one gives the names, and tells of them.
#[test]
fn deliveries_that_a_killed_run_listed_are_told_by_the_next() {
    let post = Post::new("eml");
    post.fetch(&["--limit", "2"]).expect(0);
    let bytes = post.world.exchange.folder(ORDERS, "INBOX").message(16105).unwrap().bytes.clone();
    fs::write(post.dir().join(".exoimap/tmp/14.16105"), &*bytes).unwrap();
    post.add_to_state("ready file 16105\t14.16105\t14.16105.eml\t1795477275\nready end\n");
    let ended = post.fetch(&[]);
    assert_eq!(printed(ended.expect(0)), &ALL[2..], "{ended}");
    assert_eq!(post.kept(), ALL);
}

/// The same where somebody's file has got the name since: it is neither replaced nor taken for the message.
#[test]
fn a_listed_delivery_whose_name_was_taken_since_comes_again() {
    let post = Post::new("eml");
    post.fetch(&["--limit", "2"]).expect(0);
    fs::write(post.dir().join(".exoimap/tmp/14.16105"), "as it was").unwrap();
    post.add_to_state("ready file 16105\t14.16105\t14.16105.eml\t1795477275\nready end\n");
    let file = post.dir().join("14.16105.eml");
    fs::write(&file, "somebody's").unwrap();
    let ended = post.fetch(&[]);
    ended.expect(6).saying(&["message 16105: ", "14.16105.eml exists with other contents and is not replaced"]);
    assert_eq!((printed(&ended), fs::read_to_string(&file).unwrap()), (ALL[3..].to_vec(), "somebody's".to_owned()));
    post.is_tidy();
    fs::remove_file(&file).unwrap();
    assert_eq!((printed(post.fetch(&[]).expect(0)), post.kept()), (vec![16105], ALL.to_vec()));
}
