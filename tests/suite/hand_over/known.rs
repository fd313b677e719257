//! One wrong look at a folder never loses mail: what is listed and not known is fetched, wherever it lies, and what the
//! server counts and does not list is looked for.

use std::fs;

use super::{ALL, Post, printed, sorted, without};
use crate::program::Ended;
use crate::support::exchange::Fault;
use crate::support::sample::{self, ORDERS};

const NEW: [u32; 3] = [16124, 16125, 16126];

impl Post {
    /// Everything that was there at first is delivered, and three messages came since.
    fn with_three_new(format: &'static str) -> Post {
        let post = Post::new(format);
        post.fetch(&[]).expect(0);
        for _ in NEW {
            post.arrive();
        }
        post
    }

    fn arrive(&self) -> u32 {
        let number = self.world.exchange.folder(ORDERS, "INBOX").uidnext;
        self.world.exchange.deliver(ORDERS, "INBOX", sample::note(&format!("number {number}")))
    }

    fn hide(&self, uid: u32, searches: usize) {
        self.world.exchange.fault_times(Fault::Unlisted { uid }, searches);
    }

    fn exists(&self, line: &'static str) {
        self.world.exchange.fault(Fault::Say { at: "EXAMINE", line });
    }

    /// A message gets a place among others, and the server does not say so.
    fn appear(&self, uid: u32) {
        let mut mailboxes = self.world.exchange.mailboxes();
        let folder = mailboxes.folder(ORDERS, "INBOX").unwrap();
        let next = folder.uidnext;
        folder.deliver(sample::note(&format!("late, {uid}")));
        let mut message = folder.messages.pop().unwrap();
        (message.uid, folder.uidnext) = (uid, next);
        let at = folder.messages.iter().position(|message| message.uid > uid).unwrap_or(folder.messages.len());
        folder.messages.insert(at, message);
    }

    fn searches(&self) -> usize {
        self.commands("UID SEARCH").len()
    }

    #[track_caller]
    fn has_all(&self) {
        assert_eq!(self.kept(), self.uids_in("INBOX"));
        self.fetch(&[]).expect(0).saying(&["nothing new"]);
        assert_eq!(self.kept(), self.uids_in("INBOX"));
    }
}

#[track_caller]
fn brings(ended: &Ended, uids: &[u32]) {
    assert_eq!(sorted(ended.expect(0)), uids, "{ended}");
}

#[test]
fn a_search_that_leaves_a_message_out_once_loses_none() {
    for uid in NEW {
        let post = Post::with_three_new("eml");
        post.hide(uid, 1);
        // The server counts more than it lists: it is asked again in the same run.
        brings(&post.fetch(&[]), &NEW);
        assert_eq!(post.commands("NOOP").len(), 1);
        post.has_all();
    }
    // On a first look too.
    let post = Post::new("maildir");
    post.hide(16105, 1);
    brings(&post.fetch(&[]), &ALL);
    post.has_all();
    // The whole end of a list.
    let post = Post::with_three_new("eml");
    NEW.iter().for_each(|uid| post.hide(*uid, 2));
    brings(&post.fetch(&[]), &NEW);
    post.has_all();
}

#[test]
fn a_message_that_stays_unlisted_in_a_run_comes_with_the_next() {
    for uid in NEW {
        let post = Post::with_three_new("mbox");
        post.hide(uid, 2);
        let ended = post.fetch(&[]);
        ended.expect(6).saying(&["the server lists 8 of 9 messages; the next run looks again"]);
        assert_eq!(printed(&ended), without(&NEW, &[uid]));
        brings(&post.fetch(&[]), &[uid]);
        post.has_all();
    }
}

#[test]
fn an_exists_of_0_moves_nothing() {
    let post = Post::new("eml");
    post.exists("0 EXISTS");
    post.fetch(&[]).expect(0).saying(&["nothing new"]);
    brings(&post.fetch(&[]), &ALL);
    let post = Post::with_three_new("eml");
    let before = post.state();
    post.exists("0 EXISTS");
    post.fetch(&[]).expect(0).saying(&["nothing new"]);
    assert_eq!((post.searches(), post.state()), (1, before));
    brings(&post.fetch(&[]), &NEW);
    post.has_all();
}

#[test]
fn a_uid_that_appears_below_others_is_fetched() {
    let post = Post::new("eml");
    post.fetch(&[]).expect(0);
    post.appear(16103);
    brings(&post.fetch(&[]), &[16103]);
    // With new mail above it.
    post.appear(16104);
    let uid = post.arrive();
    brings(&post.fetch(&[]), &[16104, uid]);
    post.has_all();
}

/// Where another message was deleted at the same time, EXISTS says nothing: the listing of a day does.
#[test]
fn all_messages_are_listed_once_a_day() {
    let post = Post::new("eml");
    post.fetch(&[]).expect(0);
    post.world.exchange.mailboxes().folder(ORDERS, "INBOX").unwrap().remove(&[16102]);
    post.appear(16103);
    let searches = post.searches();
    post.fetch(&[]).expect(0).saying(&["nothing new"]);
    assert_eq!((post.searches(), post.commands("NOOP").len()), (searches, 0), "nothing new costs no search");
    post.age_the_listing(24 * 60 * 60);
    brings(&post.fetch(&[]), &[16103]);
    assert_eq!((post.searches(), post.commands("NOOP").len()), (searches + 1, 1));
    post.fetch(&[]).expect(0).saying(&["nothing new"]);
    assert_eq!(post.searches(), searches + 1, "and is then done for a day");
}

#[test]
fn a_listing_of_all_that_fails_is_a_warning() {
    for answer in ["NO Something is wrong.", "BAD Command Error. 10"] {
        let post = Post::new("eml");
        post.fetch(&[]).expect(0);
        post.age_the_listing(90_000);
        post.world.exchange.fault(Fault::Refuse { command: "SEARCH", answer });
        post.fetch(&[]).expect(0).saying(&["could not all be listed: UID SEARCH: ", "the next run tries"]);
        let searches = post.searches();
        post.fetch(&[]).expect(0);
        assert_eq!(post.searches(), searches + 1);
    }
    // New mail has come by then, also where the session ends.
    let post = Post::with_three_new("eml");
    post.age_the_listing(90_000);
    post.world.exchange.fault_always(Fault::DropAt { command: "NOOP", done: false });
    let ended = post.fetch(&[]);
    ended.saying(&["could not all be listed"]);
    brings(&ended, &NEW);
}

#[test]
fn what_the_server_counts_and_never_lists_is_said_and_then_left() {
    let post = Post::new("eml");
    post.world.exchange.fault_always(Fault::Unlisted { uid: 16105 });
    let fetch = || post.fetch(&["--give-up-after", "3"]);
    for _ in 0..3 {
        fetch().expect(6).saying(&["the server lists 5 of 6 messages"]);
    }
    assert_eq!(post.in_state("surplus"), "1 3");
    let searches = post.searches();
    for _ in 0..2 {
        let ended = fetch();
        assert!(!ended.expect(0).stderr.contains("lists"), "{ended}");
    }
    assert_eq!(post.searches(), searches);
    // It ends no wait.
    let wait = || post.world.call_with_token(&["wait", "--to", "mail", "--for", "1s"]).run();
    wait().expect(3);
    let uid = post.arrive();
    assert_eq!(wait().expect(0).stdout, format!("{uid}\n"));
    brings(&fetch(), &[uid]);
    // It grows.
    post.world.exchange.fault_always(Fault::Unlisted { uid: post.arrive() });
    fetch().expect(6).saying(&["the server lists 6 of 8 messages"]);
    // And the message appears in the end.
    post.world.exchange.clear_faults();
    let ended = fetch();
    brings(&ended, &[16105, uid + 1]);
    assert_eq!(post.in_state("surplus"), "0 0");
    post.has_all();
}

#[test]
fn a_wait_ends_for_a_message_that_one_search_left_out() {
    let post = Post::with_three_new("eml");
    brings(&post.fetch(&[]), &NEW);
    post.appear(16103);
    let ended = post.world.call_with_token(&["wait", "--to", "mail", "--for", "5s"]).run();
    assert_eq!(ended.expect(0).stdout, "16103\n");
}

/// OK to the FETCH without the message, and the search after it does not list it: it is neither gone nor failed.
#[test]
fn a_message_that_is_neither_sent_nor_listed_is_settled_by_the_next_run() {
    let post = Post::new("eml");
    post.world.exchange.fault(Fault::Vanishes { uid: 16105 });
    let ended = post.fetch(&[]);
    ended.saying(&["message 16105: listed before and not sent; the next run looks again\n"]);
    brings(&ended, &without(&ALL, &[16105]));
    brings(&post.fetch(&[]), &[16105]);
    post.has_all();
    // The session ends after that, and another one goes on: it is looked for all the same.
    let post = Post::new("eml");
    post.world.exchange.fault(Fault::Vanishes { uid: 16105 });
    post.world.exchange.fault(Fault::DropAt { command: "MOVE", done: false });
    brings(&post.fetch(&["--move-to", "Done"]), &without(&ALL, &[16105]));
    brings(&post.fetch(&[]), &[16105]);
    // It is gone, and the server says so.
    let post = Post::new("eml");
    post.world.exchange.fault(Fault::OkWithoutData { uid: 16105 });
    post.fetch(&[]).expect(6);
    post.world.exchange.mailboxes().folder(ORDERS, "INBOX").unwrap().remove(&[16105]);
    let ended = post.fetch(&[]);
    assert!(!ended.expect(0).stderr.contains("16105"), "{ended}");
}

#[test]
fn a_run_that_looks_at_a_part_moves_nothing() {
    let post = Post::new("eml");
    for part in [&["--limit", "2"][..], &["--since", "2000-01-01"], &["--uid", "16123"]] {
        post.fetch(part);
        let now = ["mark", "exists", "surplus", "listed"].map(|name| post.in_state(name));
        assert_eq!(now, ["1", "0", "0 0", "0"], "{part:?}");
    }
    post.fetch(&[]).expect(0);
    assert_eq!(["mark", "exists"].map(|name| post.in_state(name)), ["16124", "6"]);
    post.appear(16103);
    let before = post.in_state("exists");
    post.fetch(&["--uid", "1:16102"]).expect(0);
    assert_eq!(post.in_state("exists"), before);
    brings(&post.fetch(&[]), &[16103]);
}

#[test]
fn from_now_skips_what_is_there_without_a_uidnext_too() {
    for (line, searches) in [("OK still here", 0), ("OK [UIDNEXT 0] no UIDNEXT", 2)] {
        let post = Post::new("eml");
        post.exists(line);
        post.fetch(&["--from-now"]).expect(0).saying(&["6 there already and taken as done"]);
        assert_eq!((post.in_state("skipped"), post.searches()), ("1:16123".to_owned(), searches), "{line}");
        assert_eq!(post.in_state("delivered"), "");
        let uid = post.arrive();
        brings(&post.fetch(&[]), &[uid]);
        post.fetch(&[]).expect(0).saying(&["nothing new"]);
        // What was hidden then is skipped too.
        post.appear(16103);
        post.fetch(&[]).expect(0).saying(&["nothing new"]);
    }
}

/// A first run is one until what it skips is remembered: the session that comes after a lost one deletes nothing old.
#[test]
fn a_session_lost_while_a_first_run_looks_takes_nothing_old() {
    let post = Post::new("eml");
    post.world.exchange.fault_always(Fault::Say { at: "SELECT", line: "OK [UIDNEXT 0] no UIDNEXT" });
    post.world.exchange.fault(Fault::DropAt { command: "SEARCH", done: false });
    let ended = post.fetch(&["--from-now", "--delete"]);
    ended.expect(0).saying(&["6 there already and taken as done"]);
    assert_eq!((post.world.exchange.connections(), post.uids_in("INBOX")), (2, ALL.to_vec()));
}

/// What is found is work, and its end must not be the server's to say.
#[test]
fn a_folder_of_four_thousand_million_messages_is_refused() {
    let post = Post::new("eml");
    post.exists("4294967295 EXISTS");
    post.world.exchange.fault(Fault::Say { at: "SEARCH", line: "ESEARCH (TAG \"a5\") UID ALL 1:4294967294" });
    post.fetch(&[]).expect(7).one_error().saying(&["the search found 4294967294 messages"]);
    brings(&post.fetch(&[]), &ALL);
}

#[test]
fn a_state_of_another_version_is_refused_with_the_way_out() {
    let post = Post::new("eml");
    post.fetch(&[]).expect(0);
    let state = post.state();
    let connections = post.world.exchange.connections();
    for (head, code, words) in [
        ("exoimap 1", 2, "is of version 1, which is not read any more: use another directory"),
        ("exoimap 3", 1, "it is of another version, \"exoimap 3\""),
    ] {
        fs::write(post.dir().join(".exoimap/state"), state.replace("exoimap 2", head)).unwrap();
        let ended = post.fetch(&[]);
        ended.expect(code).one_error().saying(&[words]);
    }
    assert_eq!(post.world.exchange.connections(), connections);
}
