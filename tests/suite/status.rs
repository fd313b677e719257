//! `exoimap status`: what a directory's state says, without a connection.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::house::root;
use crate::program::{Call, Ended, World};
use crate::support::mailboxes::Folder;
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

/// One that cannot be read is named, and hides no other from whoever watches them all.
#[test]
fn a_state_that_cannot_be_read_hides_no_other() {
    let world = World::new();
    world.exchange.deliver(ORDERS, SUBFOLDER, note("x"));
    fetch(&world, &["--folder", "INBOX*"]).expect(0);
    fs::write(world.folder.path().join("mail/INBOX/.exoimap/state"), "exoimap 2\ncut off").unwrap();
    let ended = call(&world, &["--json", "--max-age", "1h"]).run();
    ended.expect(1).one_error().saying(&["mail/INBOX/.exoimap/state is damaged"]);
    assert_eq!(objects(&ended).iter().map(|status| &status["folder"]).collect::<Vec<_>>(), ["INBOX/注文"]);
}

/// `con` is a device on Windows, and two numbers are a message's attachments: in an address they are neither.
#[test]
fn a_mailbox_of_any_name_is_shown() {
    let world = World::new();
    for mailbox in ["con.smith@contoso.com", "1.2.x@contoso.com"] {
        let orders = world.exchange.mailboxes().mailbox(ORDERS).unwrap().clone();
        world.exchange.mailboxes().by_address.insert(mailbox.to_owned(), orders);
        let list = world.folder.file("list", format!("{mailbox}\n"));
        world
            .call_with_token(&["fetch", "--to", mailbox, "--mailboxes", &list])
            .without("EXOIMAP_MAILBOX")
            .run()
            .expect(0);
        let ended = Call::new(world.folder.path(), &["status", "--to", mailbox]).run();
        assert!(ended.expect(0).stdout.contains(&format!("INBOX of {mailbox}")), "{ended}");
    }
}

/// A clock that once was ahead must not keep the check quiet until then.
#[test]
fn a_run_of_the_future_is_no_run_in_time() {
    let world = World::new();
    fetch(&world, &[]).expect(0);
    let last = world.folder.path().join("mail/.exoimap/last");
    fs::write(&last, "exoimap last 1\nrun 4102444800000 0\ncomplete 4102444800000\n").unwrap();
    call(&world, &["--max-age", "1h"]).run().expect(5);
    fetch(&world, &[]).expect(0);
    call(&world, &["--max-age", "1h"]).run().expect(0);
}

/// The shell of docs/scale.md whose text has this in it, with DIR and the output in this folder.
fn documented(has: &str, folder: &Path) -> Command {
    let text = fs::read_to_string(root().join("docs/scale.md")).unwrap();
    let mut blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let block = blocks.find(|block| block.contains(has)).unwrap();
    let script = block.replace("/var/spool/orders", "mail").replace("/var/lib/node_exporter/", "");
    let path = std::env::var("PATH").unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_exoimap")).parent().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", &script]).env_clear().env("PATH", format!("{}:{path}", program.display()));
    command.current_dir(folder);
    command
}

#[test]
fn the_nagios_check_of_the_documents_knows_each_state() {
    let world = World::new();
    let nagios = |code: i32, word: &str, also: &str| {
        let output = documented("CRITICAL", world.folder.path()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!((output.status.code(), text.split(' ').next()), (Some(code), Some(word)), "{text}");
        assert!(text.contains(also), "{text}");
    };
    nagios(3, "UNKNOWN", "no fetch has delivered to mail");
    fetch(&world, &[]).expect(0);
    nagios(0, "OK", "delivered      6");
    world.exchange.deliver(ORDERS, "INBOX", note("seven"));
    fetch(&world, &["--", "false"]).expect(6);
    nagios(1, "WARNING", "for a program  1 (16124)");
    let last = world.folder.path().join("mail/.exoimap/last");
    let text = fs::read_to_string(&last).unwrap();
    fs::write(&last, format!("{} 1000\n", text.trim_end().rsplit_once(' ').unwrap().0)).unwrap();
    nagios(2, "CRITICAL", "too long ago");
}

#[test]
fn the_prometheus_lines_of_the_documents_are_its_text_format() {
    let world = World::new();
    for folder in ["a\\\"b", "tab&AAk-here"] {
        world.exchange.mailboxes().mailbox(ORDERS).unwrap().folders.push(Folder::new(folder));
    }
    fetch(&world, &["--folder", "*"]).expect(0);
    world.exchange.deliver(ORDERS, "INBOX", note("seven"));
    fetch(&world, &["--folder", "*", "--", "false"]).expect(6);
    assert!(documented("exoimap.prom", world.folder.path()).status().unwrap().success());
    let text = fs::read_to_string(world.folder.path().join("exoimap.prom")).unwrap();
    let samples = prometheus(&text);
    let of_inbox = |name: &str| {
        let labels = [("mailbox", ORDERS), ("folder", "INBOX")].map(|(name, value)| (name.into(), value.into()));
        samples
            .iter()
            .find(|sample| sample.0 == name && sample.1 == labels)
            .unwrap_or_else(|| panic!("{name}: {text}"))
            .2
    };
    let names = ["exit_code", "delivered", "pending", "failing", "given_up"].map(|name| format!("exoimap_{name}"));
    assert_eq!(names.map(|name| of_inbox(&name)), [6.0, 7.0, 1.0, 1.0, 0.0]);
    assert!(of_inbox("exoimap_last_complete_seconds") > 1.7e9);
    for folder in ["a\\\"b", "tab\\x09here", "INBOX/注文"] {
        assert!(samples.iter().any(|sample| sample.1[1].1 == folder), "{folder}: {text}");
    }
}

type Sample = (String, Vec<(String, String)>, f64);

/// A strict reader of the text format: one TYPE in front of the lines of a metric, which stand together.
fn prometheus(text: &str) -> Vec<Sample> {
    let (mut samples, mut families) = (Vec::<Sample>::new(), Vec::<String>::new());
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            let name = family.strip_suffix(" gauge").unwrap_or_else(|| panic!("{line}"));
            assert!(name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()), "{line}");
            assert!(!families.iter().any(|family| family == name), "twice: {line}");
            families.push(name.to_owned());
            continue;
        }
        let (name, rest) = line.split_once('{').unwrap_or_else(|| panic!("{line}"));
        assert_eq!(families.last().map(String::as_str), Some(name), "{line}");
        let (mut rest, mut labels) = (rest, Vec::new());
        while !rest.starts_with('}') {
            let (label, value) = rest.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
            let (mut characters, mut text) = (value.char_indices(), String::new());
            let end = loop {
                match characters.next().unwrap_or_else(|| panic!("{line}")) {
                    (at, '"') => break at + 1,
                    (_, '\\') => match characters.next().unwrap_or_else(|| panic!("{line}")).1 {
                        'n' => text.push('\n'),
                        c @ ('\\' | '"') => text.push(c),
                        c => panic!("\\{c} is no escape: {line}"),
                    },
                    (_, c) => text.push(c),
                }
            };
            labels.push((label.trim_start_matches(',').to_owned(), text));
            rest = &value[end..];
        }
        let value = rest.strip_prefix("} ").and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{line}"));
        assert!(!samples.iter().any(|sample| sample.0 == name && sample.1 == labels), "twice: {line}");
        samples.push((name.to_owned(), labels, value));
    }
    samples
}
