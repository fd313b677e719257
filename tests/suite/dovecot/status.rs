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
