//! Each fault in each format: what is whole is kept once, what is not is named and changed nowhere.

use std::fs;

use super::{ALL, FORMATS, Post, printed, sorted, without};
use crate::program::side_by_side;
use crate::support::exchange::Fault;
use crate::support::sample;

/// How a run with a fault ends.
enum Ends {
    /// All of them, in the same run: the session is made again.
    Resumed,
    /// All of them, over one connection.
    Unmoved,
    /// Exit 6: all but this one, which the next run brings.
    Without(u32, &'static str),
    /// Exit 4 and nothing fetched.
    Refused(&'static str),
}

use Ends::{Refused, Resumed, Unmoved, Without};

/// A slip in one message of the FETCH, or in the session.
fn matrix() -> Vec<(Fault, Ends)> {
    vec![
        (Fault::DropInLiteral { uid: 16101 }, Resumed),
        (Fault::DropInLiteral { uid: 16110 }, Resumed),
        (Fault::DropInLiteral { uid: 16123 }, Resumed),
        (Fault::DropAfterMessages(2), Resumed),
        (Fault::ByeTokenExpired { after_messages: 1 }, Resumed),
        (Fault::ThrottleNo { ms: 100 }, Resumed),
        (Fault::ThrottleBadThenBye { ms: 100 }, Resumed),
        (Fault::ServerUnavailableBare, Resumed),
        (Fault::UidAfterBody, Unmoved),
        (Fault::UnsolicitedBetween, Unmoved),
        (Fault::OkWithoutData { uid: 16102 }, Without(16102, "answered OK and sent no message")),
        (Fault::Placeholder { uid: 16102 }, Without(16102, "placeholder")),
        (Fault::WrongUid { uid: 16102, says: 99999 }, Without(16102, "sent no message")),
        (Fault::FolderVanished, Refused("INBOX doesn't exist.")),
    ]
}

#[test]
fn every_fault_in_every_format_keeps_what_is_whole_and_marks_nothing_else() {
    side_by_side(FORMATS, |format| {
        for (fault, ends) in matrix() {
            let post = Post::with(format, fault.clone());
            let case = format!("{format}, {fault:?}");
            // `\Seen` shows which messages were taken for handed over. One has it from the start.
            let action: &[&str] = if post.is_stream() { &[] } else { &["--mark-seen"] };
            let ended = post.fetch(action);
            let (code, kept) = match ends {
                Resumed | Unmoved => (0, ALL.to_vec()),
                Without(uid, _) => (6, without(&ALL, &[uid])),
                Refused(_) => (4, vec![]),
            };
            assert_eq!((ended.code, post.kept()), (Some(code), kept.clone()), "{case}: {ended}");
            assert_eq!(post.world.exchange.faults_left(), 0, "{case} did not happen");
            match ends {
                Resumed => assert!(post.world.exchange.connections() >= 2, "{case}: {ended}"),
                Unmoved => assert_eq!(post.world.exchange.connections(), 1, "{case}: {ended}"),
                Without(uid, words) => drop(ended.saying(&[&format!("message {uid}: "), words])),
                Refused(words) => drop(ended.one_error().saying(&[words, "hint: "])),
            }
            if post.is_stream() {
                continue;
            }
            assert_eq!(printed(&ended), kept, "{case}: {ended}");
            let seen = if kept.is_empty() { vec![16101] } else { kept };
            assert_eq!(post.flagged("\\Seen"), seen, "{case}: {ended}");
            post.is_tidy();
            // What is missing comes with the next run, and nothing else does.
            let missing = without(&ALL, &printed(&ended));
            assert_eq!(printed(post.fetch(action).expect(0)), missing, "{case}");
            assert_eq!((post.kept(), post.flagged("\\Seen")), (ALL.to_vec(), ALL.to_vec()), "{case}");
        }
    });
}

/// A body that names its UID too late names none that was not asked for: another message's, one that came in a run
/// before, one that is not there yet. Neither is it that message, nor is anything done to it.
#[test]
fn a_uid_behind_the_body_is_one_that_was_asked_for() {
    for format in FORMATS {
        for says in [16101, 16110, 16124] {
            let post = Post::new(format);
            let case = format!("{format}, {says}");
            post.world.exchange.fault_always(Fault::UidAfterBody);
            if !post.is_stream() {
                assert_eq!(printed(post.fetch(&["--uid", "16101"]).expect(0)), [16101], "{case}");
            }
            post.world.exchange.fault(Fault::WrongUid { uid: 16102, says });
            let action: &[&str] = if post.is_stream() { &[] } else { &["--delete"] };
            let ended = post.fetch(&[&["--uid", "16102:16105"], action].concat());
            ended.expect(6).saying(&["message 16102: ", "sent no message under this UID"]);
            if post.is_stream() {
                assert_eq!(post.kept(), [16105], "{case}");
                continue;
            }
            assert_eq!(printed(&ended), [16105], "{case}");
            assert_eq!(post.uids_in("INBOX"), without(&ALL, &[16105]), "{case}");
            assert_eq!(post.bytes().len(), 2, "{case}");
            post.is_tidy();
            let uid = post.world.exchange.deliver(sample::ORDERS, "INBOX", sample::note("the real one"));
            let missing = [&without(&ALL, &[16101, 16105])[..], &[uid]].concat();
            assert_eq!(sorted(post.fetch(&[]).expect(0)), missing, "{case}");
            assert_eq!(post.bytes().len(), 7, "{case}");
        }
    }
}

/// Two messages come under one UID, and nobody knows which of them it is. The first is not given up for the second, and
/// nothing is done to it on the server, however many messages came between the two.
#[test]
fn a_second_message_under_a_uid_is_named_however_late_it_comes() {
    for format in FORMATS {
        for more in [0, 20] {
            let post = Post::new(format);
            let mut last = 16123;
            for number in 0..more {
                last = post.world.exchange.deliver(sample::ORDERS, "INBOX", sample::note(&format!("number {number}")));
            }
            post.world.exchange.fault(Fault::WrongUid { uid: last, says: 16101 });
            // With so many jobs a group is eleven messages.
            let action: &[&str] = if post.is_stream() { &[] } else { &["--delete", "--jobs", "64"] };
            let ended = post.fetch(action);
            let case = format!("{format}, {more}: {ended}");
            ended.expect(6).saying(&[&format!("message {last}: "), "sent no message under this UID"]);
            let said = ["message 16101: the server sent ", "under this UID"];
            assert!(ended.stderr.lines().any(|line| said.iter().all(|words| line.contains(words))), "{case}");
            if post.is_stream() {
                continue;
            }
            assert_eq!(post.uids_in("INBOX"), [16101, last], "{case}");
            let came = printed(&ended).contains(&16101);
            assert_eq!(
                (came, post.in_state("cut").as_str()),
                (more > 0, if more > 0 { "16101" } else { "" }),
                "{case}"
            );
            post.is_tidy();
            // The next run deletes it only if it could be fetched again.
            post.fetch(&["--delete"]).expect(0);
            assert_eq!(post.uids_in("INBOX"), if came { vec![16101] } else { vec![] }, "{case}");
            assert_eq!(post.bytes().len(), 6 + more, "{case}");
        }
    }
}

/// The session breaks, and while it is made again the folder gets new numbers.
#[test]
fn a_folder_that_is_renumbered_in_the_middle_of_a_run_stops_it() {
    for format in ["eml", "maildir", "mbox"] {
        let post = Post::with(format, Fault::DropAndRenumber { after_messages: 2 });
        let ended = post.fetch(&["--mark-seen"]);
        ended.expect(4).saying(&["UIDVALIDITY changed from 14 to 15"]);
        assert_eq!(post.kept(), &ALL[..2], "{format}: {ended}");
        // What was delivered was not yet marked, and under the new numbers it must not be.
        assert_eq!(post.flagged("\\Seen"), [16101], "{format}");
        post.is_tidy();
    }
}

/// The same where it breaks before the message begins, whichever of them it is.
#[test]
fn a_message_at_which_every_session_ends_is_left_out_and_given_up() {
    let last = Fault::LAST_WORDS.map(|says| (16105, says));
    let ends = [(16101, Fault::LAST_WORDS[1]), (16123, Fault::LAST_WORDS[0])];
    side_by_side(last.into_iter().chain(ends), |(uid, says)| {
        let post = Post::new("eml");
        post.world.exchange.fault_always(Fault::EndAt { uid, structure: false, says });
        let fetch = || post.fetch(&["--mark-seen", "--give-up-after", "2"]);
        let ended = fetch();
        ended
            .expect(6)
            .saying(&[&format!("message {uid}: the connection broke at it: "), "; the next run tries again"]);
        assert_eq!(printed(&ended), without(&ALL, &[uid]), "{ended}");
        assert_eq!(post.flagged("\\Seen"), if uid == 16101 { ALL.to_vec() } else { without(&ALL, &[uid]) });
        fetch()
            .expect(6)
            .saying(&[&format!("message {uid}: the connection broke at it: "), "; given up after 2 tries"]);
        fetch().expect(0).saying(&["nothing new"]);
        post.world.exchange.clear_faults();
        assert_eq!(printed(post.fetch(&["--refetch"]).expect(0)), [uid]);
    });
    // Two, one behind the other.
    let post = Post::new("eml");
    for uid in [16102, 16105] {
        post.world.exchange.fault_always(Fault::EndAt { uid, structure: false, says: Fault::LAST_WORDS[1] });
    }
    let ended = post.fetch(&[]);
    ended.expect(6).saying(&["message 16102: the connection broke", "message 16105: the connection broke"]);
    assert_eq!(printed(&ended), without(&ALL, &[16102, 16105]));
}

/// Without any patience too: the next run brings the others first, and names the message.
#[test]
fn a_message_at_which_a_session_ended_comes_last_in_the_next_run() {
    for says in Fault::LAST_WORDS {
        let post = Post::new("eml");
        post.world.exchange.fault_always(Fault::EndAt { uid: 16102, structure: false, says });
        let fetch = || post.call(&["--mark-seen", "--give-up-after", "2"]).env("EXOIMAP_MAX_WAIT", "0").run();
        let ended = fetch();
        assert_eq!(printed(ended.expect(5)), [16101]);
        let ended = fetch();
        ended.expect(6).saying(&["message 16102: the connection broke at it: ", "; the next run tries again"]);
        assert_eq!(printed(&ended), ALL[2..]);
        assert_eq!(post.flagged("\\Seen"), without(&ALL, &[16102]));
        fetch().expect(6).saying(&["; given up after 2 tries"]);
        fetch().expect(0).saying(&["nothing new"]);
    }
}

/// Where no message comes at all it is the server, and no message counts as failed.
#[test]
fn a_server_that_ends_every_fetch_makes_no_message_fail() {
    let faults = [
        Fault::DropAt { command: "FETCH", done: false },
        Fault::ThrottleBadThenBye { ms: 1000 },
        Fault::ServerUnavailableBare,
    ];
    side_by_side(faults, |fault| {
        let post = Post::new("eml");
        post.fetch(&["--uid", "16123"]).expect(0);
        post.world.exchange.fault_always(fault.clone());
        for _ in 0..2 {
            let ended = post.call(&["--give-up-after", "1"]).env("EXOIMAP_MAX_WAIT", "4s").run();
            assert!(ended.stdout.is_empty() && !ended.stderr.contains("message 16"), "{fault:?}: {ended}");
            ended.expect(5);
        }
        post.world.exchange.clear_faults();
        assert_eq!(sorted(post.fetch(&[]).expect(0)), &ALL[..5], "{fault:?}");
    });
}

#[test]
fn a_wait_that_is_too_long_ends_the_run_at_once_with_what_is_done() {
    for name in ["EXOIMAP_MAX_WAIT", "EXOIMAP_MAX_TIME"] {
        let post = Post::with("eml", Fault::ThrottleNo { ms: 299_609 });
        let ended = post.call(&[]).env(name, "60s").run();
        ended.expect(5).promptly().one_error().saying(&["Request is throttled", "hint: run again in 300 seconds"]);
        assert!(post.kept().is_empty());
    }
}

/// Somebody's file has a message's name: it is not replaced, the others come, and that message does once the file is gone.
#[test]
fn a_name_that_is_taken_keeps_no_other_message_from_coming() {
    for format in ["eml", "maildir"] {
        for more in [&[][..], &["--attachments"], &["--", "true"]] {
            let case = format!("{format} {more:?}");
            let fetch = |post: &Post| post.fetch(&[&["--give-up-after", "3", "--mark-seen"], more].concat());
            let named = |post: &Post| {
                let ended = fetch(post);
                let line = ended.expect(0).stdout.lines().find(|line| line.starts_with("16105\t"));
                line.unwrap().split_once("mail/").unwrap().1.to_owned()
            };
            let name = named(&Post::new(format));
            let post = Post::new(format);
            let file = post.dir().join(&name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, "somebody's").unwrap();
            for _ in 0..2 {
                let ended = fetch(&post);
                ended.expect(6).saying(&["message 16105: ", &name, "is not replaced; the next run tries again"]);
                assert_eq!(fs::read_to_string(&file).unwrap(), "somebody's");
                assert_eq!(post.flagged("\\Seen"), without(&ALL, &[16105]), "{case}");
                post.is_tidy();
            }
            fs::rename(&file, post.world.folder.path().join("moved")).unwrap();
            assert_eq!(printed(fetch(&post).expect(0)), [16105], "{case}");
            assert_eq!((post.kept(), post.flagged("\\Seen")), (ALL.to_vec(), ALL.to_vec()), "{case}");
        }
    }
    // It counts as other failures do.
    let post = Post::new("eml");
    fs::create_dir_all(post.dir().join("14.16105.eml")).unwrap();
    post.fetch(&["--give-up-after", "2"]).expect(6).saying(&["message 16105: ", "tries again"]);
    post.fetch(&["--give-up-after", "2"]).expect(6).saying(&["message 16105: ", "given up after 2 tries"]);
    post.fetch(&[]).expect(0);
}

/// Mail that comes in during the FETCH, of which the server tells by a new UIDNEXT, comes with the next run.
#[test]
fn mail_that_comes_in_meanwhile_is_not_passed_over() {
    let post = Post::with("eml", Fault::NewsInFetch);
    assert_eq!(printed(post.fetch(&[]).expect(0)), ALL);
    assert_eq!(printed(post.fetch(&[]).expect(0)), [16124, 16125]);
}

/// What a server says of a folder and what it lists do not agree.
#[test]
fn a_server_that_contradicts_itself_is_not_taken_for_an_empty_mailbox() {
    for answer in ["OK [UIDNEXT 0] UIDNEXT", "OK [UIDNEXT 1] UIDNEXT"] {
        let post = Post::with("eml", Fault::Say { at: "EXAMINE", line: answer });
        assert_eq!(printed(post.fetch(&[]).expect(0)), ALL, "{answer}");
    }
    // UIDs that were there before are in the future: the folder was put back.
    let post = Post::new("eml");
    post.fetch(&[]).expect(0);
    post.world.exchange.fault(Fault::Say { at: "EXAMINE", line: "OK [UIDNEXT 16110] UIDNEXT" });
    let ended = post.fetch(&[]);
    ended.expect(7).one_error().saying(&["UIDNEXT is 16110", "was put back", "hint: run again", "--refetch"]);
    // The search lists less than EXISTS says: what it lists is kept, and the next run looks again.
    let post = Post::with("eml", Fault::Say { at: "EXAMINE", line: "9 EXISTS" });
    let ended = post.fetch(&[]);
    ended.expect(6).saying(&["the server lists 6 of 9 messages; the next run looks again"]);
    assert_eq!(post.kept(), ALL);
    post.fetch(&[]).expect(0);
}

/// A UID at UIDNEXT or above may be mail that has come in since, or nobody's: it passes over no other, and is not given up.
#[test]
fn a_uid_that_is_listed_before_its_time_passes_over_no_other() {
    let listed = |post: &Post| post.world.exchange.fault_always(Fault::Say { at: "SEARCH", line: "SEARCH 4000000000" });
    for next in ["OK still here", "OK [UIDNEXT 0] no UIDNEXT"] {
        let post = Post::new("eml");
        listed(&post);
        for new in [&ALL[..], &[16124], &[16125]] {
            let ended = post.fetch(&[]);
            ended.expect(6).saying(&["message 4000000000: ", "sent no message"]);
            assert_eq!(printed(&ended), new, "{next}");
            post.world.exchange.deliver(sample::ORDERS, "INBOX", sample::note("one more"));
            post.world.exchange.fault(Fault::Say { at: "EXAMINE", line: next });
        }
        post.world.exchange.clear_faults();
        assert_eq!(printed(post.fetch(&[]).expect(0)), [16126], "{next}");
    }
    // It is mail, and comes late.
    let post = Post::new("eml");
    post.world.exchange.fault(Fault::Say { at: "EXAMINE", line: "OK [UIDNEXT 16123] UIDNEXT" });
    post.world.exchange.fault(Fault::OkWithoutData { uid: 16123 });
    post.fetch(&["--give-up-after", "1"]).expect(6).saying(&["message 16123: ", "the next run tries again"]);
    assert_eq!(printed(post.fetch(&[]).expect(0)), [16123]);
    post.fetch(&[]).expect(0).saying(&["nothing new"]);
}

/// What the error says to do: what has no file comes again, once, and nothing pending is done to other messages.
#[test]
fn a_folder_that_was_put_back_can_be_fetched_again() {
    for format in ["eml", "maildir"] {
        let post = Post::new(format);
        post.fetch(&["--mark-seen", "--", "false"]).expect(6);
        let path = |uid: u32| {
            super::files(&post.dir())
                .into_iter()
                .chain(super::files(&post.dir().join("new")))
                .find(|file| file.display().to_string().contains(&uid.to_string()))
        };
        fs::remove_file(path(16102).unwrap()).unwrap();
        post.world.exchange.fault_always(Fault::Say { at: "SELECT", line: "OK [UIDNEXT 16111] UIDNEXT" });
        let fetch = |more: &[&str]| post.fetch(&[more, &["--mark-seen", "--", "true"]].concat());
        fetch(&[]).expect(7);
        fetch(&["--refetch", "--uid", "1:*"]).expect(7);
        let ended = fetch(&["--refetch"]);
        ended.expect(0).saying(&["starting again with what has no file here; 6 pending programs"]);
        assert_eq!((printed(&ended), post.flagged("\\Seen")), (vec![16102], vec![16101, 16102]), "{format}");
        post.world.exchange.clear_faults();
        fetch(&[]).expect(0).saying(&["nothing new"]);
        assert_eq!(post.kept(), ALL, "{format}");
    }
}

/// An outage before anything was fetched is waited out where the server says so itself.
#[test]
fn a_server_that_is_unavailable_at_first_is_tried_again() {
    let post = Post::with("eml", Fault::ByeGreeting);
    assert_eq!(printed(post.fetch(&[]).expect(0)), ALL);
    let post = Post::with("eml", Fault::ByeGreeting);
    post.call(&[]).env("EXOIMAP_MAX_WAIT", "0").run().expect(5);
}

/// What a server lists is work to do, and must have an end.
#[test]
fn a_search_that_lists_the_world_is_refused_in_little_memory() {
    use crate::enemy::{attack, bytes};
    let world = crate::program::World::new();
    let answer = "* ESEARCH (TAG \"x\") UID ALL 1:4294967295\r\n{tag} OK done\r\n";
    let ended = attack(&world, &["fetch", "--to", "mail"], "UID SEARCH", bytes(answer));
    ended.expect(7).one_error().saying(&["the search found 4294967295 messages in a folder of 5"]);
}

#[test]
#[cfg(unix)]
fn a_ca_file_without_end_is_refused() {
    let post = Post::new("eml");
    post.call(&[]).env("EXOIMAP_CA_FILE", "/dev/zero").run().expect(2).saying(&["it has more than 16777216 bytes"]);
}
