//! A client that starts `exoimap tunnel` and takes what it finds for signed in.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use super::documented::in_tunnel;
use super::{Kept, LONG, fill, mbsync, messages, run, shown};
use crate::dovecot::Rig;

#[test]
fn mbsync_pulls_every_message_through_the_tunnel() {
    let rig = Rig::new();
    let wanted = fill(&rig, 500);
    let command = rig.command(&[]);
    let settings = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let one_at_a_time = in_tunnel("mbsync (", &rig.place, settings);
    for account in [one_at_a_time.as_str(), &one_at_a_time.replace("PipelineDepth 1\n", "")] {
        let ended = run(mbsync(&rig.place, account), LONG);
        assert!(ended.status.success(), "{}", shown(&ended));
        let pulled = messages(&rig.place.join("sync/INBOX"));
        assert_eq!(pulled.len(), 500);
        assert!(pulled == wanted, "not the bytes that were put there");
        std::fs::remove_dir_all(rig.place.join("sync")).unwrap();
    }
}

/// The writer and the reader of one TLS stream must not wait for each other.
#[test]
fn fifty_thousand_commands_at_once_are_answered() {
    commands_at_once(50_000);
}

/// Sends so many commands without waiting for an answer.
pub(super) fn commands_at_once(count: usize) {
    let rig = Rig::new();
    let mut child = Kept(rig.command(&["tunnel"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    let (mut input, output) = (child.0.stdin.take().unwrap(), child.0.stdout.take().unwrap());
    let writing = std::thread::spawn(move || {
        let mut commands: String = (0..count).map(|number| format!("a{number} NOOP\r\n")).collect();
        commands.push_str("z LOGOUT\r\n");
        input.write_all(commands.as_bytes()).unwrap();
        // Its end is the server's affair.
        input
    });
    let lines: Vec<_> = BufReader::new(output).lines().map(Result::unwrap).collect();
    drop(writing.join().unwrap());
    assert!(lines[0].starts_with("* PREAUTH [CAPABILITY IMAP4 IMAP4rev1 "), "{}", lines[0]);
    assert!(lines[0].ends_with("] exoimap: orders@contoso.com at localhost"), "{}", lines[0]);
    let answered = lines.iter().filter(|line| line.starts_with('a') && line.contains(" OK ")).count();
    assert_eq!((answered, lines.last().unwrap().starts_with("z OK")), (count, true));
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
}

/// `printf … | exoimap tunnel`: the answers come although stdin has ended.
#[test]
fn the_last_answers_arrive_after_the_clients_end() {
    let rig = Rig::new();
    fill(&rig, 20);
    for (sent, last) in [
        ("a SELECT INBOX\r\nb FETCH 1:* BODY.PEEK[]\r\nc LOGOUT\r\n", "c OK"),
        ("a SELECT INBOX\r\nb FETCH 1:* BODY.PEEK[]\r\n", "b OK"),
    ] {
        let mut child = Kept(rig.command(&["tunnel"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
        child.0.stdin.take().unwrap().write_all(sent.as_bytes()).unwrap();
        let mut said = String::new();
        child.0.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(said.lines().last().unwrap().starts_with(last), "{said}");
        assert_eq!(said.matches("BODY[] {").count(), 20);
        assert_eq!(child.0.wait().unwrap().code(), Some(0));
    }
}
