//! What the server refuses, or never answers, keeps nothing else from coming, in a directory and in a stream alike.

use super::{ALL, Post, printed, sorted, without};
use crate::support::exchange::Fault;
use crate::support::sample::{self, ORDERS};

fn refuse(post: &Post, uids: impl IntoIterator<Item = u32>) {
    let answer = "NO It cannot be read.";
    uids.into_iter()
        .for_each(|uid| post.world.exchange.fault_always(Fault::RefuseUid { command: "FETCH", uid, answer }));
}

fn fill(post: &Post, count: u32) -> Vec<u32> {
    (0..count)
        .map(|number| post.world.exchange.deliver(ORDERS, "INBOX", sample::note(&format!("number {number}"))))
        .collect()
}

/// The state is lines, and a server that names its folders writes none of them.
#[test]
fn a_folder_to_move_to_is_one_line_whatever_its_name_is() {
    let post = Post::new("eml");
    let line = "LIST (\\HasNoChildren \\Junk) \"/\" \"x&AAo-skipped 1:4294967295\"";
    post.world.exchange.fault_always(Fault::Say { at: "LIST", line });
    post.world.exchange.fault_always(Fault::Refuse { command: "MOVE", answer: "NO Not now." });
    let ended = post.fetch(&["--move-to", "\\Junk"]);
    assert_eq!((printed(ended.expect(4)), post.in_state("skipped")), (ALL.to_vec(), String::new()));
    post.world.exchange.deliver(ORDERS, "INBOX", sample::note("seven"));
    assert_eq!(printed(post.fetch(&[]).expect(4)), [16124]);
    let moves = post.commands("UID MOVE");
    assert!(moves.iter().all(|command| command.ends_with("\"x&AAo-skipped 1:4294967295\"")), "{moves:?}");
}

/// Where a server refuses to change what is gone, the change would be tried, and refused, in every run for good.
#[test]
fn a_change_of_a_message_that_is_gone_is_not_tried_for_ever() {
    let post = Post::new("eml");
    let refuse = Fault::Refuse { command: "MOVE", answer: "NO The requested item could not be found." };
    post.world.exchange.fault_always(refuse);
    post.fetch(&["--move-to", "Done"]).expect(4);
    assert_eq!(post.in_state("act"), "16101:16102,16105,16110:16111,16123 move Done");
    post.world.exchange.mailboxes().folder(ORDERS, "INBOX").unwrap().remove(&[16102]);
    post.fetch(&[]).expect(4).saying(&["message 16101 could not be moved to Done"]);
    assert_eq!(post.in_state("act"), "16101,16105,16110:16111,16123 move Done");
    post.world.exchange.mailboxes().folder(ORDERS, "INBOX").unwrap().remove(&without(&ALL, &[16102]));
    post.fetch(&[]).expect(0);
    assert_eq!(post.in_state("act"), "");
    post.fetch(&[]).expect(0).saying(&["nothing new"]);
}

#[test]
fn a_stream_has_all_but_the_message_that_fails() {
    for fault in [
        Fault::RefuseUid { command: "FETCH", uid: 16105, answer: "NO It cannot be read." },
        Fault::EndAt { uid: 16105, structure: false, says: "* BYE Connection closed. 14" },
        Fault::EndAt { uid: 16105, structure: false, says: "" },
        Fault::DropInLiteral { uid: 16105 },
        Fault::OkWithoutData { uid: 16105 },
        Fault::Placeholder { uid: 16105 },
    ] {
        let post = Post::new("-");
        post.world.exchange.fault_always(fault.clone());
        let ended = post.fetch(&[]);
        ended.expect(6).saying(&["message 16105: "]);
        assert_eq!(post.kept(), without(&ALL, &[16105]), "{fault:?}: {ended}");
        // A stream has no memory that could give it up.
        assert!(!post.fetch(&["--give-up-after", "1"]).expect(6).stderr.contains("given up"));
    }
}

/// Where the next answer begins nobody knows any more: a new session goes on without the message.
#[test]
fn an_answer_that_ends_the_session_names_its_message() {
    for (format, uid) in [("eml", 16101), ("maildir", 16105), ("mbox", 16123), ("-", 16102)] {
        let post = Post::new(format);
        post.world.exchange.fault_always(Fault::Unframed { uid });
        let ended = post.fetch(&[]);
        ended.expect(6).saying(&[&format!("message {uid}: the server's answer cannot be read: ")]);
        assert_eq!(post.kept(), without(&ALL, &[uid]), "{format}: {ended}");
        assert_eq!(post.world.exchange.connections(), 2);
        post.world.exchange.clear_faults();
        if !post.is_stream() {
            assert_eq!(printed(post.fetch(&[]).expect(0)), [uid], "{format}");
            post.is_tidy();
        }
    }
}

/// Refused under the old UIDVALIDITY says nothing of the message that has the UID now.
#[test]
fn what_a_program_refused_is_another_message_in_a_new_folder() {
    let post = Post::new("eml");
    post.fetch(&["--", "sh", "-c", "exit 75"]).expect(6);
    fill(&post, 1);
    post.world.exchange.fault(Fault::DropAndRenumber { after_messages: 0 });
    let once = "test \"$EXOIMAP_UID\" != 16101 -o -e refused || { touch refused; exit 1; }";
    let more = ["--accept-uidvalidity", "--failed-to", "Done", "--give-up-after", "1", "--", "sh", "-c", once];
    let ended = post.fetch(&more);
    ended.expect(6).saying(&["message 16101: the program ended with 1", "starting again"]);
    assert_eq!((post.uids_in("Done"), post.uids_in("INBOX").len(), post.in_state("run")), (vec![], 7, String::new()));
}

#[test]
fn a_limit_counts_what_comes() {
    let post = Post::new("eml");
    [16101, 16102].iter().for_each(|uid| post.world.exchange.fault_always(Fault::OkWithoutData { uid: *uid }));
    for new in [[16105, 16110], [16111, 16123]] {
        let ended = post.fetch(&["--limit", "2"]);
        assert_eq!(printed(ended.expect(if new[0] == 16105 { 6 } else { 0 })), new, "{ended}");
    }
    let ended = post.fetch(&["--limit", "2"]);
    assert!(printed(ended.expect(6)).is_empty());
    post.world.exchange.clear_faults();
    assert_eq!(sorted(post.fetch(&["--limit", "2"]).expect(0)), [16101, 16102]);
}

#[test]
fn a_message_that_is_refused_deep_in_a_folder_is_found() {
    for at in [0, 30, 59] {
        let post = Post::new("eml");
        let uids = fill(&post, 60);
        refuse(&post, [uids[at]]);
        let ended = post.fetch(&["--uid", &format!("{}:*", uids[0])]);
        ended.expect(6).saying(&[&format!("message {}: UID FETCH: ", uids[at])]);
        assert_eq!(sorted(&ended), without(&uids, &[uids[at]]));
        assert!(post.commands("UID FETCH").len() <= 16, "{}", post.commands("UID FETCH").len());
        assert_eq!(post.world.exchange.connections(), 1);
    }
}

/// After 20 refusals a new session, once; what was not asked for has not failed.
#[test]
fn a_server_that_refuses_too_often_is_asked_again_by_the_next_run() {
    let post = Post::new("eml");
    let uids = fill(&post, 100);
    refuse(&post, uids.clone());
    let ended = post.fetch(&[]);
    ended.expect(6).saying(&["messages were not asked for: the server refused too often; the next run asks"]);
    assert_eq!(printed(&ended), ALL, "the others come");
    assert_eq!(post.world.exchange.connections(), 2);
    let failed = post.in_state("failed").split("; ").count();
    assert!((5..=40).contains(&failed), "{failed}");
    // The next run begins with others.
    let ended = post.fetch(&[]);
    ended.expect(6);
    assert!(post.in_state("failed").split("; ").all(|line| line.split(' ').nth(1) == Some("1")), "{ended}");
    post.world.exchange.clear_faults();
    assert_eq!(sorted(post.fetch(&[]).expect(0)), uids);
    assert_eq!(post.in_state("failed"), "");
}

/// Mail first, changes after: a MOVE that is throttled or never answered keeps no mail from coming.
#[test]
fn a_change_that_waits_keeps_no_mail_from_coming() {
    let throttled = "NO Request is throttled. Suggested Backoff Time: 90000 milliseconds";
    for fault in [
        Fault::Refuse { command: "MOVE", answer: throttled },
        Fault::Refuse { command: "MOVE", answer: "NO Server Unavailable. 15" },
        Fault::DropAt { command: "MOVE", done: false },
    ] {
        let post = Post::new("eml");
        post.world.exchange.fault_always(fault.clone());
        let fetch = || post.call(&["--move-to", "Done"]).env("EXOIMAP_MAX_WAIT", "0").run();
        assert_eq!(printed(fetch().expect(5)), ALL, "{fault:?}");
        let uids = fill(&post, 3);
        assert_eq!(printed(fetch().expect(5)), uids, "{fault:?}");
        post.world.exchange.clear_faults();
        fetch().expect(0);
        assert_eq!((post.uids_in("INBOX").len(), post.uids_in("Done").len()), (0, 9), "{fault:?}");
    }
}

#[test]
fn a_change_that_is_never_answered_goes_on_in_halves_whose_size_is_kept() {
    let post = Post::new("eml");
    post.world.exchange.fault_times(Fault::DropAt { command: "MOVE", done: false }, 2);
    post.fetch(&["--move-to", "Done"]).expect(0);
    assert_eq!(post.uids_in("Done").len(), 6);
    let sizes = |post: &Post| -> Vec<usize> {
        let moves = post.commands("UID MOVE");
        moves.iter().map(|line| line.split(' ').nth(2).unwrap().split([',', ':']).count()).collect()
    };
    assert_eq!(sizes(&post)[2..], [1; 6]);
    assert_eq!(post.in_state("change-size"), "1");
    fill(&post, 2);
    post.fetch(&["--move-to", "Done"]).expect(0);
    assert_eq!(sizes(&post)[8..], [1; 2]);
    // It may have been chance: once enough were made in time, more are tried.
    fill(&post, 10);
    post.fetch(&["--move-to", "Done"]).expect(0);
    assert_eq!((post.uids_in("INBOX").len(), post.in_state("change-size")), (0, "2".to_owned()));
}
