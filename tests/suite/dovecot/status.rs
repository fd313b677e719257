//! `status`: what the runs left in DIR, asked without a connection.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::{Rig, USER};

/// The code and what is printed, from a call that knows no server and no credential.
fn status(rig: &Rig, more: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exoimap"));
    let output =
        command.args(["status", "--to", "mail"]).args(more).env_clear().current_dir(&rig.place).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn rig() -> Rig {
    let rig = Rig::new();
    for folder in ["INBOX", "注文"] {
        rig.server.deliver(USER, folder, "a", b"Subject: x\r\n\r\nText.\r\n", "");
    }
    rig
}

#[test]
fn it_tells_what_is_done_from_what_is_left_and_from_what_is_late() {
    let rig = rig();
    assert_eq!(status(&rig, &[]).0, 2, "no run yet");
    rig.fetch_with(0, &["--folder", "*"]);
    let (code, text) = status(&rig, &["--max-age", "2d"]);
    assert_eq!(code, 0, "{text}");
    for words in
        ["mail/INBOX: INBOX of orders@contoso.com (localhost, eml)", "mail/注文: 注文 of", "delivered      1\n"]
    {
        assert!(text.contains(words), "{text}");
    }
    rig.server.deliver(USER, "注文", "b", b"Subject: y\r\n\r\nText.\r\n", "");
    rig.fetch_with(6, &["--folder", "*", "--", "/bin/false"]);
    let (code, text) = status(&rig, &["--json"]);
    let [inbox, orders] = &objects(&text)[..] else { panic!("{text}") };
    assert_eq!((code, inbox["exit_code"].as_u64(), orders["exit_code"].as_u64()), (6, Some(0), Some(6)), "{text}");
    assert_eq!(orders["failing"].to_string(), r#"[{"reason":"ended with 1","tries":1,"uid":2}]"#);
    assert_eq!((inbox["pending_program"].to_string(), orders["folder"].as_str()), ("[]".to_owned(), Some("注文")));
    assert_eq!(orders["pending_program"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_run_that_is_refused_before_its_sign_in_is_the_last_run() {
    let rig = rig();
    rig.fetch_with(0, &["--folder", "*"]);
    rig.entra.configure().secret_expired = true;
    rig.fetch_with(4, &["--folder", "*"]);
    let (code, text) = status(&rig, &["--json", "--max-age", "1s"]);
    assert!(
        objects(&text).iter().all(|object| object["exit_code"] == 4 && object["last_complete"].is_string()),
        "{text}"
    );
    assert!(matches!(code, 0 | 5));
    // The last complete run was two hours ago.
    for folder in ["INBOX", "注文"] {
        let last = rig.dir().join(folder).join(".exoimap/last");
        let text = fs::read_to_string(&last).unwrap();
        let (start, stamp) = text.trim_end().rsplit_once(' ').unwrap();
        fs::write(&last, format!("{start} {}\n", stamp.parse::<u64>().unwrap() - 7_200_000)).unwrap();
    }
    assert_eq!(status(&rig, &["--max-age", "1h"]).0, 5);
    assert_eq!(status(&rig, &["--max-age", "1d"]).0, 0);
}

#[test]
fn it_answers_while_a_run_holds_the_lock() {
    let rig = rig();
    rig.fetch(0);
    rig.server.deliver(USER, "INBOX", "b", b"Subject: y\r\n\r\nText.\r\n", "");
    let script = "while test ! -e go; do sleep 0.01; done";
    let mut run = rig.command(&["fetch", "--to", "mail", "--", "/bin/sh", "-c", script]).spawn().unwrap();
    while !rig.dir().join("14.2.eml").exists() && rig.delivered().len() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    rig.fetch(5);
    let (code, text) = status(&rig, &["--json"]);
    let [inbox] = &objects(&text)[..] else { panic!("{text}") };
    assert_eq!((code, inbox["delivered"].as_u64()), (6, Some(2)), "{text}");
    assert_eq!(inbox["pending_program"].as_array().map(Vec::len), Some(1), "{text}");
    fs::write(rig.place.join("go"), "").unwrap();
    assert!(run.wait().unwrap().success());
    assert_eq!(status(&rig, &[]).0, 0);
}
