//! `wait`: at once where there is mail, soon where it comes, and never a message between two calls.

use std::thread;
use std::time::{Duration, Instant};

use super::{ALL, call, commands, with};
use crate::program::{Ended, World};
use crate::support::exchange::Fault;
use crate::support::sample::{self, ORDERS, SALES};

fn first(ended: &Ended) -> Vec<u32> {
    ended.expect(0).stdout.lines().map(|line| line.parse().unwrap()).collect()
}

/// Waits in an empty mailbox; delivers a message once the server has seen IDLE.
fn while_it_waits(world: &World, arguments: &[&str]) -> Ended {
    thread::scope(|scope| {
        scope.spawn(|| {
            let end = Instant::now() + Duration::from_secs(30);
            while commands(world, "IDLE") == 0 && Instant::now() < end {
                thread::sleep(Duration::from_millis(1));
            }
            world.exchange.deliver(SALES, "INBOX", sample::note("new"));
        });
        call(world, &[&["wait"], arguments].concat()).env("EXOIMAP_MAILBOX", SALES).run()
    })
}

#[test]
fn mail_that_is_there_ends_it_at_once() {
    let world = World::new();
    assert_eq!(first(&call(&world, &["wait"]).run()), ALL);
    assert_eq!(first(&call(&world, &["wait", "--unseen", "--limit", "1"]).run()), [16102]);
    let ended = call(&world, &["wait", "--subject", "注文書", "--json"]).run();
    assert_eq!(ended.expect(0).stdout, "{\"uid\":16102}\n{\"uid\":16110}\n");
    assert_eq!(commands(&world, "IDLE") + commands(&world, "SELECT"), 0);
}

#[test]
fn mail_that_comes_ends_it() {
    let world = World::new();
    let ended = while_it_waits(&world, &["--for", "50s"]);
    assert_eq!(first(ended.promptly()), [1]);
}

#[test]
fn nothing_within_the_time_is_exit_3() {
    let ended = call(&World::new(), &["wait", "--for", "1s"]).env("EXOIMAP_MAILBOX", SALES).run();
    assert_eq!(ended.expect(3).promptly().saying(&["nothing came to INBOX"]).stdout, "");
}

#[test]
fn a_silent_server_is_asked_once_more_at_the_end() {
    let world = with(Fault::SilentIdle);
    let ended = while_it_waits(&world, &["--for", "5s"]);
    assert_eq!(first(&ended), [1]);
}

#[test]
fn mail_that_is_told_before_the_plus_counts() {
    let world = with(Fault::EarlyExists);
    let ended = call(&world, &["wait", "--for", "50s"]).env("EXOIMAP_MAILBOX", SALES).run();
    assert_eq!(first(ended.promptly()), [1]);
}

/// Mail of every second keeps coming while `wait --to && fetch --to` turns round: it is all there, and each
/// turn had something to do.
#[test]
fn the_loop_misses_nothing_and_does_not_spin() {
    const MESSAGES: u32 = 12;
    let world = World::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..=MESSAGES {
                world.exchange.deliver(SALES, "INBOX", sample::note(&n.to_string()));
                let seen = commands(&world, "IDLE");
                let end = Instant::now() + Duration::from_millis(150);
                // Some come while the program waits, some while it fetches.
                while n % 2 == 0 && commands(&world, "IDLE") == seen && Instant::now() < end {
                    thread::yield_now();
                }
            }
        });
        let (mut fetched, mut turns) = (0, 0);
        while fetched < MESSAGES as usize {
            let waited = call(&world, &["wait", "--to", "mail", "--for", "50s"]).env("EXOIMAP_MAILBOX", SALES).run();
            let told = first(&waited);
            let ended = call(&world, &["fetch", "--to", "mail"]).env("EXOIMAP_MAILBOX", SALES).run();
            let uids: Vec<u32> = ended.expect(0).first_words().iter().map(|uid| uid.parse().unwrap()).collect();
            assert!(!told.is_empty() && told.iter().all(|uid| uids.contains(uid)), "{waited}{ended}");
            fetched += uids.len();
            turns += 1;
            assert!(turns <= MESSAGES, "it spins");
        }
    });
    let ended = call(&world, &["wait", "--to", "mail", "--for", "1s"]).env("EXOIMAP_MAILBOX", SALES).run();
    ended.expect(3);
}

/// It may have been chance: a loop of `wait` and `fetch` must not leave it until other mail comes.
#[test]
fn a_message_at_which_a_fetch_was_cut_off_ends_a_wait() {
    let world = with(Fault::DropInLiteral { uid: 16123 });
    call(&world, &["fetch", "--to", "mail", "--max-wait", "0"]).run().expect(5);
    assert_eq!(first(&call(&world, &["wait", "--to", "mail", "--for", "50s"]).run()), [16123]);
    call(&world, &["fetch", "--to", "mail"]).run().expect(0);
}

#[test]
fn what_failed_before_ends_no_wait() {
    let world = with(Fault::Placeholder { uid: 16105 });
    call(&world, &["fetch", "--to", "mail"]).run().expect(6);
    call(&world, &["wait", "--to", "mail", "--for", "1s"]).run().expect(3);
    let new = world.exchange.deliver(ORDERS, "INBOX", sample::note("new"));
    assert_eq!(first(&call(&world, &["wait", "--to", "mail", "--for", "50s"]).run()), [new]);
    call(&world, &["wait", "--to", "mail", "--folder", "Drafts"])
        .run()
        .expect(2)
        .saying(&["holds mail of folder INBOX"]);
    call(&world, &["wait", "--to", "-"]).run().expect(2);
}
