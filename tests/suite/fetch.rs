//! `fetch`: every message once, byte for byte, whatever goes wrong on the way.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::PathBuf;

use crate::program::{Call, Ended, World};
use crate::support::exchange::Fault;
use crate::support::sample::{self, ORDERS, SALES, SUBFOLDER};

const ALL: [u32; 6] = [16101, 16102, 16105, 16110, 16111, 16123];

/// A world with a directory to fetch to.
struct Post {
    world: World,
}

impl Post {
    fn new() -> Post {
        Post { world: World::new() }
    }

    fn with(fault: Fault) -> Post {
        let post = Post::new();
        post.world.exchange.fault(fault);
        post
    }

    fn dir(&self) -> PathBuf {
        self.world.folder.path().join("mail")
    }

    fn call(&self) -> Call {
        self.world.call_with_token(&["fetch", "--to", "mail"])
    }

    fn fetch(&self) -> Ended {
        self.call().run()
    }

    /// A run that waits for nothing: the first broken session ends it.
    fn fetch_without_patience(&self) -> Ended {
        self.call().env("EXOIMAP_MAX_WAIT", "0").run()
    }

    /// The UIDs that a run printed; each line must name the file that is there.
    fn printed(&self, ended: &Ended) -> Vec<u32> {
        let lines = ended.stdout.lines().map(|line| line.split_once('\t').unwrap());
        lines
            .map(|(uid, path)| {
                assert_eq!(path, PathBuf::from("mail").join(format!("14.{uid}.eml")).display().to_string());
                uid.parse().unwrap()
            })
            .collect()
    }

    /// The UIDs of the files, each of which must be the server's message byte for byte. Nothing
    /// else may be in the directory, and nothing at all under a temporary name.
    #[track_caller]
    fn files(&self) -> Vec<u32> {
        let names = |dir: PathBuf| -> BTreeSet<String> {
            let entries = fs::read_dir(dir).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        };
        let temporary = names(self.dir().join(".exoimap/tmp"));
        assert!(temporary.is_empty(), "left behind: {temporary:?}");
        let mut inbox = self.world.exchange.folder(ORDERS, "INBOX");
        let mut uids = Vec::new();
        for name in names(self.dir()).iter().filter(|name| *name != ".exoimap") {
            let uid = name.strip_prefix("14.").and_then(|name| name.strip_suffix(".eml")).unwrap().parse().unwrap();
            let bytes = fs::read(self.dir().join(name)).unwrap();
            assert!(bytes == *inbox.message(uid).unwrap().bytes, "{name} is not the server's message");
            uids.push(uid);
        }
        uids
    }

    /// The next run brings what is missing and nothing else.
    #[track_caller]
    fn completes(&self, before: &[u32]) {
        let ended = self.fetch();
        let missing: Vec<u32> = ALL.into_iter().filter(|uid| !before.contains(uid)).collect();
        // A message at which the session ended comes last.
        let mut printed = self.printed(ended.expect(0));
        printed.sort_unstable();
        assert_eq!(printed, missing, "{ended}");
        assert_eq!(self.files(), ALL);
        self.fetch().expect(0).saying(&["nothing new in INBOX"]);
    }

    fn commands(&self, start: &str) -> usize {
        self.world.exchange.commands().iter().filter(|command| command.starts_with(start)).count()
    }
}

#[test]
fn every_message_comes_byte_for_byte_and_once() {
    let post = Post::new();
    let before = post.world.exchange.folder(ORDERS, "INBOX");
    let ended = post.fetch();
    assert_eq!(post.printed(ended.expect(0)), ALL);
    let said = "exoimap: fetch: mail is new: about to fetch 6 of 6 messages in INBOX\n";
    assert_eq!((post.files(), ended.stderr.as_str()), (ALL.to_vec(), said));

    let again = post.fetch();
    assert_eq!(again.expect(0).stdout, "");
    assert_eq!(post.commands("UID FETCH"), 1, "the second run has nothing to fetch");

    let uid = post.world.exchange.deliver(ORDERS, "INBOX", sample::note("one more"));
    assert_eq!(post.printed(post.fetch().expect(0)), [uid]);
    // Nothing changed on the server, neither a flag nor a message.
    let after = post.world.exchange.folder(ORDERS, "INBOX");
    assert_eq!(after.messages[..6], before.messages[..]);
    assert!(post.world.exchange.commands().iter().all(|command| !command.starts_with("SELECT")));
}

#[test]
fn json_names_what_was_delivered() {
    let post = Post::new();
    let ended = post.world.call_with_token(&["fetch", "--to", "mail", "--json"]).run();
    let objects: Vec<serde_json::Value> =
        ended.expect(0).stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.iter().map(|object| object["uid"].as_u64().unwrap()).collect::<Vec<_>>(), ALL.map(u64::from));
    let first = fs::metadata(post.world.folder.path().join(objects[0]["path"].as_str().unwrap())).unwrap();
    assert_eq!(objects[0]["size"], first.len());
}

#[test]
fn a_folder_is_named_as_people_read_it() {
    let post = Post::new();
    post.world.exchange.deliver(ORDERS, SUBFOLDER, sample::note("below"));
    let ended = post.world.call_with_token(&["fetch", "--to", "mail", "--folder", "INBOX/注文"]).run();
    assert_eq!(ended.expect(0).stdout, "1\tmail/14.1.eml\n");
    let folders = post.world.call_with_token(&["folders"]).run();
    assert!(folders.expect(0).stdout.contains("INBOX/注文"), "{folders}");
}

#[test]
fn an_empty_folder_is_no_failure() {
    let post = Post::new();
    post.call().env("EXOIMAP_MAILBOX", SALES).run().expect(0).saying(&["nothing new in INBOX"]);
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
        let post = Post::with(fault.clone());
        let ended = post.fetch_without_patience();
        assert_eq!(post.printed(ended.expect(5)), complete, "{fault:?}: {ended}");
        ended.one_error().saying(&["fetch: UID FETCH: "]);
        assert_eq!(post.files(), complete, "{fault:?}");
        post.completes(complete);
    }
}

#[test]
fn a_broken_session_is_resumed_in_the_same_run() {
    for fault in [
        Fault::DropInLiteral { uid: 16110 },
        Fault::DropAfterMessages(2),
        Fault::ByeTokenExpired { after_messages: 1 },
        Fault::ServerUnavailableBare,
        Fault::ThrottleNo { ms: 100 },
        Fault::ThrottleBadThenBye { ms: 100 },
    ] {
        let post = Post::with(fault.clone());
        let ended = post.fetch();
        // Each is told of once, in order, and once delivered it is not asked for again.
        assert_eq!(post.printed(ended.expect(0)), ALL, "{fault:?}: {ended}");
        assert_eq!(post.files(), ALL, "{fault:?}");
        assert!(post.world.exchange.connections() >= 2, "{fault:?}");
    }
}

#[test]
fn a_message_that_exchange_does_not_hand_out_is_named_and_tried_again() {
    for (fault, words) in [
        (Fault::OkWithoutData { uid: 16102 }, "answered OK and sent no message"),
        (Fault::Placeholder { uid: 16102 }, "placeholder"),
        (Fault::WrongUid { uid: 16102, says: 99999 }, "sent no message"),
    ] {
        let post = Post::with(fault.clone());
        let ended = post.fetch();
        let rest: Vec<u32> = ALL.into_iter().filter(|uid| *uid != 16102).collect();
        assert_eq!(post.printed(ended.expect(6)), rest, "{fault:?}: {ended}");
        ended.saying(&["exoimap: fetch: message 16102: ", words, "the next run tries again"]);
        assert_eq!(post.files(), rest, "{fault:?}");
        post.completes(&rest);
    }
}

#[test]
fn a_message_gone_before_it_came_is_no_failure() {
    let post = Post::with(Fault::OkWithoutData { uid: 16102 });
    post.fetch().expect(6);
    post.world.exchange.mailboxes().folder(ORDERS, "INBOX").unwrap().remove(&[16102]);
    post.fetch().expect(0).saying(&["nothing new"]);
}

#[test]
fn the_order_of_items_and_news_in_between_do_not_matter() {
    for fault in [Fault::UidAfterBody, Fault::UnsolicitedBetween] {
        let post = Post::new();
        post.world.exchange.fault_always(fault.clone());
        assert_eq!(post.printed(post.fetch().expect(0)), ALL, "{fault:?}");
        assert_eq!(post.files(), ALL, "{fault:?}");
    }
}

#[test]
fn throttling_ends_the_run_with_the_time_to_come_back() {
    let post = Post::with(Fault::ThrottleNo { ms: 299_609 });
    post.fetch_without_patience()
        .expect(5)
        .one_error()
        .saying(&["Request is throttled", "hint: run again in 300 seconds"]);
    post.world.exchange.fault(Fault::ThrottleBadThenBye { ms: 5000 });
    post.fetch_without_patience()
        .expect(5)
        .one_error()
        .saying(&["Request is throttled", "hint: run again in 5 seconds"]);
    post.world.exchange.fault(Fault::ServerUnavailableBare);
    post.fetch_without_patience().expect(5).one_error().saying(&["Server Unavailable. 15"]);
    post.completes(&[]);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let post = Post::with(Fault::FolderVanished);
    post.fetch()
        .expect(4)
        .one_error()
        .saying(&["INBOX doesn't exist.", "hint: perhaps the mailbox has a second folder named Inbox"]);
    let ended = post.world.call_with_token(&["fetch", "--to", "other", "--folder", "Posteingang"]).run();
    ended.expect(4).one_error().saying(&["Posteingang", "INBOX in every language"]);
    post.completes(&[]);
}

#[test]
fn a_directory_holds_the_mail_of_one_source() {
    let post = Post::new();
    post.fetch().expect(0);
    let connections = post.world.exchange.connections();
    let other = |name: &str, value: &str| post.call().env(name, value).run();
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
    let post = Post::new();
    post.fetch().expect(0);
    let lock = File::open(post.dir().join(".exoimap/lock")).unwrap();
    lock.lock().unwrap();
    post.fetch().expect(5).one_error().saying(&["another exoimap run is using mail"]);
    drop(lock);
    post.fetch().expect(0);
}

#[test]
fn a_directory_that_cannot_be_written_is_named_before_anything_is_asked() {
    let post = Post::new();
    fs::write(post.dir(), "a file").unwrap();
    let inside = post.world.call_with_token(&["fetch", "--to", "mail/below"]).run();
    for ended in [post.fetch(), inside] {
        ended.expect(1).one_error().saying(&["disk: ", "mail", "name a directory of its own (--to"]);
    }
    assert_eq!(post.world.exchange.connections(), 0);
}

/// `ulimit -f` stands for the disk: the longest message does not fit, the state does.
#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let post = Post::new();
    let ended = post.call().through("trap '' XFSZ; ulimit -f 64; exec \"$@\"").run();
    let complete = &ALL[..5];
    assert_eq!(post.printed(ended.expect(1)), complete, "{ended}");
    ended.one_error().saying(&["disk: "]);
    assert_eq!(post.files(), complete);
    post.completes(complete);

    // Not even the state can be written.
    let post = Post::new();
    post.call().through("trap '' XFSZ; ulimit -f 0; exec \"$@\"").run().expect(1).one_error().saying(&["disk: "]);
    post.completes(&[]);
}

#[test]
fn a_closed_stdout_is_named_and_loses_nothing() {
    let post = Post::new();
    let ended = post.call().with_stdout_closed().run();
    ended.one_error().saying(&["stdout was closed by the program that reads it: the run ended early"]);
    let delivered = post.files();
    post.completes(&delivered);
    let head = Post::new().call().through("\"$@\" | head -1").run();
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
    for _ in 0..200 {
        world.exchange.deliver(ORDERS, "INBOX", long.clone());
    }
    let call = world.call_with_token(&["fetch", "--to", "mail"]);
    let on_a_terminal = "script -qec \"$(printf '%s ' \"$@\")\" /dev/null | tr '\\r\\033' '\\n '";
    let ended = call.through(on_a_terminal).run();
    let drawn = ended.stdout.lines().filter_map(|line| line.split_once(" of 206 messages, ")?.0.rsplit(' ').next());
    let counts: Vec<u32> = drawn.filter_map(|count| count.trim_start_matches("[K").parse().ok()).collect();
    assert!(counts.iter().any(|count| (1..206).contains(count)) && counts.is_sorted(), "{counts:?} {ended}");
}
