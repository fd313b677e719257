//! A directory of messages: every message once, byte for byte, whatever goes wrong on the way.

use std::fs::{self, File};

use super::{ALL, Post, printed, sorted, without};
use crate::program::World;
use crate::support::exchange::Fault;
use crate::support::sample::{self, ORDERS, SALES};

/// The next run brings what is missing and nothing else.
#[track_caller]
fn completes(post: &Post, before: &[u32]) {
    post.is_tidy();
    // A message at which the session ended comes last.
    assert_eq!(sorted(post.fetch(&[]).expect(0)), without(&ALL, before));
    assert_eq!(post.kept(), ALL);
    post.fetch(&[]).expect(0).saying(&["nothing new in INBOX"]);
}

#[test]
fn every_message_comes_byte_for_byte_and_once() {
    let post = Post::new("eml");
    let before = post.world.exchange.folder(ORDERS, "INBOX");
    let ended = post.fetch(&[]);
    assert_eq!(ended.expect(0).stdout, ALL.map(|uid| format!("{uid}\tmail/14.{uid}.eml\n")).concat());
    let said = "exoimap: fetch: mail is new: about to fetch 6 of 6 messages in INBOX\n";
    assert_eq!((post.kept(), ended.stderr.as_str()), (ALL.to_vec(), said));

    let again = post.fetch(&[]);
    assert_eq!(again.expect(0).stdout, "");
    assert_eq!(post.commands("UID FETCH").len(), 1, "the second run has nothing to fetch");

    let uid = post.world.exchange.deliver(ORDERS, "INBOX", sample::note("one more"));
    assert_eq!(printed(post.fetch(&[]).expect(0)), [uid]);
    // Nothing changed on the server, neither a flag nor a message.
    let after = post.world.exchange.folder(ORDERS, "INBOX");
    assert_eq!(after.messages[..6], before.messages[..]);
    assert!(post.world.exchange.commands().iter().all(|command| !command.starts_with("SELECT")));
}

#[test]
fn json_names_what_was_delivered() {
    let post = Post::new("eml");
    let ended = post.world.call_with_token(&["fetch", "--to", "mail", "--json"]).run();
    let objects: Vec<serde_json::Value> =
        ended.expect(0).stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.iter().map(|object| object["uid"].as_u64().unwrap()).collect::<Vec<_>>(), ALL.map(u64::from));
    let first = fs::metadata(post.world.folder.path().join(objects[0]["path"].as_str().unwrap())).unwrap();
    assert_eq!(objects[0]["size"], first.len());
}

#[test]
fn an_empty_folder_is_no_failure() {
    let post = Post::new("eml");
    post.call(&[]).env("EXOIMAP_MAILBOX", SALES).run().expect(0).saying(&["nothing new in INBOX"]);
}

#[test]
fn what_is_complete_stays_when_the_connection_breaks() {
    for (fault, complete) in [
        (Fault::DropInLiteral { uid: 16101 }, &[][..]),
        (Fault::DropInLiteral { uid: 16110 }, &[16101, 16102, 16105]),
        (Fault::DropInLiteral { uid: 16123 }, &[16101, 16102, 16105, 16110, 16111]),
        (Fault::DropAfterMessages(2), &[16101, 16102]),
        (Fault::DropAfterMessages(6), &ALL),
        (Fault::ByeTokenExpired { after_messages: 1 }, &[16101]),
    ] {
        let post = Post::with("eml", fault.clone());
        let ended = post.call(&[]).env("EXOIMAP_MAX_WAIT", "0").run();
        assert_eq!(printed(ended.expect(5)), complete, "{fault:?}: {ended}");
        ended.one_error().saying(&["fetch: UID FETCH: "]);
        assert_eq!(post.kept(), complete, "{fault:?}");
        completes(&post, complete);
    }
}

#[test]
fn a_directory_holds_the_mail_of_one_source() {
    let post = Post::new("eml");
    post.fetch(&[]).expect(0);
    let connections = post.world.exchange.connections();
    let other = |name: &str, value: &str| post.call(&[]).env(name, value).run();
    other("EXOIMAP_MAILBOX", SALES).expect(2).one_error().saying(&["mail ", ORDERS, SALES, "--to"]);
    other("EXOIMAP_HOST", "127.0.0.1").expect(2).one_error().saying(&["localhost", "127.0.0.1"]);
    let folder = post.world.call_with_token(&["fetch", "--to", "mail", "--folder", "Drafts"]).run();
    folder.expect(2).one_error().saying(&["INBOX", "Drafts"]);
    assert_eq!(post.world.exchange.connections(), connections);
    // The same address in other letters is the same mailbox.
    other("EXOIMAP_MAILBOX", "Orders@Contoso.com").expect(0);
}

#[test]
fn a_second_run_at_the_same_time_is_told_so() {
    let post = Post::new("eml");
    post.fetch(&[]).expect(0);
    let lock = File::open(post.dir().join(".exoimap/lock")).unwrap();
    lock.lock().unwrap();
    let connections = post.world.exchange.connections();
    post.fetch(&[]).expect(5).one_error().saying(&["another exoimap run is using mail"]);
    assert_eq!(post.world.exchange.connections(), connections);
    // What is there can be looked at all the same.
    let status = post.world.call(&["status", "--to", "mail"]).run();
    assert!(status.stdout.contains("delivered      6\n"), "{status}");
    drop(lock);
    post.fetch(&[]).expect(0);
}

#[test]
fn a_directory_that_cannot_be_written_is_named_before_anything_is_asked() {
    let post = Post::new("eml");
    fs::write(post.dir(), "a file").unwrap();
    let inside = post.world.call_with_token(&["fetch", "--to", "mail/below"]).run();
    for ended in [post.fetch(&[]), inside] {
        ended.expect(1).one_error().saying(&["disk: ", "mail", "name a directory of its own (--to"]);
    }
    assert_eq!(post.world.exchange.connections(), 0);
}

#[test]
fn a_closed_stdout_is_named_and_loses_nothing() {
    let post = Post::new("eml");
    let ended = post.call(&[]).with_stdout_closed().run();
    ended.one_error().saying(&["stdout was closed by the program that reads it: the run ended early"]);
    let delivered = post.kept();
    completes(&post, &delivered);
    let head = Post::new("eml").call(&[]).through("\"$@\" | head -1").run();
    assert_eq!(head.stdout.lines().count(), 1, "{head}");
    let stream = post.world.call_with_token(&["fetch", "--to", "-"]).with_stdout_closed().run();
    stream.expect(1).saying(&["stdout was closed"]);
    for verb in ["check", "folders"] {
        let ended = post.world.call_with_token(&[verb]).with_stdout_closed().run();
        assert_eq!(ended.stderr, "", "{ended}");
    }
}

/// On a terminal, which `script` makes: all comes in one batch, so nothing is durable before its end.
#[test]
fn the_progress_line_counts_what_comes_in() {
    let world = World::new();
    // So much that it takes longer than the line is kept as it is.
    let long = [&sample::note("long")[..], &b"A line of a long message.\r\n".repeat(60_000)].concat();
    for _ in 0..80 {
        world.exchange.deliver(ORDERS, "INBOX", long.clone());
    }
    let call = world.call_with_token(&["fetch", "--to", "mail"]);
    let on_a_terminal = "script -qec \"$(printf '%s ' \"$@\")\" /dev/null | tr '\\r\\033' '\\n '";
    let ended = call.through(on_a_terminal).run();
    let drawn = ended.stdout.lines().filter_map(|line| line.split_once(" of 86 messages, ")?.0.rsplit(' ').next());
    let counts: Vec<u32> = drawn.filter_map(|count| count.trim_start_matches("[K").parse().ok()).collect();
    assert!(counts.iter().any(|count| (1..86).contains(count)) && counts.is_sorted(), "{counts:?} {ended}");
}
