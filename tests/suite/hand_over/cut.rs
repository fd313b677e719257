//! A message that says itself that it is cut is not taken for whole, and never removed from the server.

use std::fs;

use super::{Post, printed};
use crate::support::exchange::Fault;
use crate::support::sample::ORDERS;

/// A multipart with a part of some length, with its last boundary or without.
fn multipart(end: &str) -> Vec<u8> {
    let line = "A line of an order that came by mail.\r\n".repeat(40);
    format!("From: a@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{line}{end}")
        .into_bytes()
}

/// An empty inbox but for one message.
fn with_one(format: &'static str, bytes: Vec<u8>) -> (Post, u32) {
    let post = Post::new(format);
    post.world.exchange.mailboxes().folder(ORDERS, "INBOX").unwrap().messages.clear();
    let uid = post.world.exchange.deliver(ORDERS, "INBOX", bytes);
    (post, uid)
}

#[test]
fn what_is_cut_is_held_back_and_then_delivered_and_stays_on_the_server() {
    for format in ["eml", "maildir", "mbox"] {
        for bytes in [multipart("--b--\r\n"), format!("Subject: {}\r\n\r\nBody", "long ".repeat(200)).into_bytes()] {
            let length = bytes.len();
            let (post, uid) = with_one(format, bytes);
            post.world.exchange.fault_always(Fault::CutShort { uid });
            let fetch = || post.fetch(&["--delete", "--give-up-after", "3", "--json"]);
            let cut = format!("message {uid}: the server sent {} of ", length / 3);
            for _ in 0..2 {
                let ended = fetch();
                ended.expect(6).saying(&[&cut, "bytes; the next run tries again"]);
                assert!(ended.stdout.is_empty() && post.bytes().is_empty(), "{format}: {ended}");
                post.is_tidy();
            }
            let ended = fetch();
            ended.expect(6).saying(&[&cut, "bytes; what came is kept, and on the server it stays"]);
            assert!(ended.stdout.contains("\"broken\":[\"the server sent "), "{ended}");
            assert_eq!((post.bytes().len(), post.uids_in("INBOX")), (1, vec![uid]), "{format}");
            assert_eq!(post.in_state("cut"), uid.to_string());
            // Neither now nor when it is old.
            fetch().expect(0).saying(&["nothing new"]);
            post.fetch(&["--delete", "--older-than", "1s"]).expect(0);
            assert_eq!(post.uids_in("INBOX"), [uid], "{format}");
        }
    }
}

#[test]
fn what_is_whole_after_all_comes_whole_and_is_deleted() {
    let (post, uid) = with_one("eml", multipart("--b--\r\n"));
    post.world.exchange.fault(Fault::CutShort { uid });
    post.fetch(&["--delete"]).expect(6);
    let ended = post.fetch(&["--delete"]);
    assert_eq!(printed(ended.expect(0)), [uid]);
    assert!(post.uids_in("INBOX").is_empty() && post.in_state("cut").is_empty());
    assert_eq!(post.bytes(), [multipart("--b--\r\n")]);
}

/// The sender left the last boundary out, or the body: the size is right, and nothing is missing.
#[test]
fn what_was_sent_without_its_end_is_whole() {
    for (bytes, note) in [(multipart(""), true), (b"Subject: x\r\n\r\n".to_vec(), false)] {
        for format in ["eml", "mbox", "-"] {
            let (post, uid) = with_one(format, bytes.clone());
            let ended = post.fetch(if post.is_stream() { &["-v"] } else { &["-v", "--delete"] });
            let said = ended.expect(0).stderr.contains(&format!("message {uid}: its last boundary is missing"));
            assert_eq!((said, post.bytes().len()), (note, 1), "{ended}");
            assert!(post.is_stream() || post.uids_in("INBOX").is_empty(), "{format}");
        }
    }
}

/// A program gets what came, and what is cut stays on the server all the same.
#[test]
fn what_is_cut_is_handed_over_and_not_moved() {
    let (post, uid) = with_one("eml", multipart("--b--\r\n"));
    post.world.exchange.fault_always(Fault::CutShort { uid });
    post.fetch(&["--move-to", "Done", "--give-up-after", "1", "--", "sh", "-c", "cat {} > taken"]).expect(6);
    let taken = fs::read(post.world.folder.path().join("taken")).unwrap();
    assert_eq!((taken.len(), post.uids_in("INBOX")), (multipart("--b--\r\n").len() / 3, vec![uid]));
    post.fetch(&["--move-to", "Done", "--", "true"]).expect(0);
    assert_eq!(post.uids_in("INBOX"), [uid]);
}

#[test]
fn a_stream_says_what_is_cut() {
    let (post, uid) = with_one("-", multipart("--b--\r\n"));
    post.world.exchange.fault(Fault::CutShort { uid });
    post.fetch(&[]).expect(6).saying(&[&format!("message {uid}: the server sent ")]);
    assert_eq!(post.bytes().len(), 1);
}
