//! `exoimap status`: what a directory's state says, without a connection.

use std::fs;

use serde_json::Value;

use crate::program::{Call, Ended, World};
use crate::support::sample::{ORDERS, SUBFOLDER, note};

/// Nothing but the directory: no credential, no server.
fn call(world: &World, arguments: &[&str]) -> Call {
    Call::new(world.folder.path(), &[&["status", "--to", "mail"], arguments].concat())
}

fn objects(ended: &Ended) -> Vec<Value> {
    ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn fetch(world: &World, arguments: &[&str]) -> Ended {
    world.call_with_token(&[&["fetch", "--to", "mail"], arguments].concat()).run()
}

#[test]
fn a_job_that_works_is_0_and_one_that_has_something_left_is_6() {
    let world = World::new();
    call(&world, &[]).run().expect(2).one_error().saying(&["no fetch has delivered to mail"]);
    fetch(&world, &["--", "true"]).expect(0);
    let ended = call(&world, &[]).run();
    ended.expect(0);
    for words in ["mail: INBOX of orders@contoso.com (localhost, eml)", "exit code 0", "delivered      6\n"] {
        assert!(ended.stdout.contains(words), "{ended}");
    }
    world.exchange.deliver(ORDERS, "INBOX", note("seven"));
    fetch(&world, &["--", "false"]).expect(6);
    let ended = call(&world, &["--json"]).run();
    let [status] = &objects(ended.expect(6))[..] else { panic!("{ended}") };
    assert_eq!((status["exit_code"].as_u64(), status["delivered"].as_u64()), (Some(6), Some(7)));
    assert_eq!(status["pending_program"], serde_json::json!([16124]));
    assert!(status["last_complete"].is_string());
    assert!(call(&world, &[]).run().stdout.contains("for a program  1 (16124)\n"));
}

#[test]
fn max_age_makes_it_a_check() {
    let world = World::new();
    fetch(&world, &[]).expect(0);
    call(&world, &["--max-age", "1h"]).run().expect(0);
    let last = world.folder.path().join("mail/.exoimap/last");
    let text = fs::read_to_string(&last).unwrap();
    let stamp = text.rsplit(' ').next().unwrap().trim();
    let before: u64 = stamp.parse::<u64>().unwrap() - 7_200_000;
    fs::write(&last, text.replace(&format!("complete {stamp}"), &format!("complete {before}"))).unwrap();
    let ended = call(&world, &["--max-age", "1h"]).run();
    ended.expect(5);
    assert!(ended.stdout.contains("too long ago"), "{ended}");
    call(&world, &["--max-age", "3h"]).run().expect(0);
    // A run that fails, also before it has signed in, is the last one, and not a complete one.
    world.call(&["fetch", "--to", "mail"]).without("AZURE_CLIENT_SECRET").run().expect(2);
    let ended = call(&world, &["--json", "--max-age", "1h"]).run();
    let [status] = &objects(ended.expect(5))[..] else { panic!("{ended}") };
    assert_eq!(status["exit_code"].as_u64(), Some(2), "{ended}");
    world.entra.configure().secret_expired = true;
    world.call(&["fetch", "--to", "mail"]).run().expect(4);
    let [status] = &objects(&call(&world, &["--json"]).run())[..] else { panic!() };
    assert_eq!(status["exit_code"].as_u64(), Some(4));
}

#[test]
fn each_state_below_a_directory_is_shown() {
    let world = World::new();
    world.exchange.deliver(ORDERS, SUBFOLDER, note("x"));
    let list = world.folder.file("list", format!("{ORDERS}\n"));
    fetch(&world, &["--mailboxes", &list, "--folder", "INBOX*"]).expect(0);
    let ended = call(&world, &["--json"]).run();
    let folders: Vec<_> = objects(ended.expect(0)).iter().map(|status| status["folder"].clone()).collect();
    assert_eq!(folders, ["INBOX", "INBOX/注文"]);
    // A failure before any folder was opened is the last run of each.
    world.entra.configure().secret_expired = true;
    let call_with_list = world.call(&["fetch", "--to", "mail", "--mailboxes", &list, "--folder", "INBOX*"]);
    call_with_list.run().expect(4);
    for status in objects(&call(&world, &["--json"]).run()) {
        assert_eq!(status["exit_code"].as_u64(), Some(4), "{status}");
    }
}
