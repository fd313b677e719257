//! How sessions end, and what they cost while one side does not go on: nothing is lost, nothing is added, nothing stays.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::relay::{Relay, before_dovecot, program};
use super::{Kept, LONG, run, shown};
use crate::dovecot::{Rig, USER};
use crate::program::World;
use crate::support::corpus::Corpus;
use crate::support::exchange::Fault;
use crate::support::listen::CLOSED;
use crate::support::sample::ORDERS;

const LARGE: usize = 60 << 20;

/// What the kernel says of a process: `VmHWM` in KB, `Threads`.
pub(super) fn status(child: &Child, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').split_whitespace().next().unwrap().parse().unwrap()
}

/// Fetches a large message, stops reading for a while in its middle, and goes on.
fn fetch_with_a_pause(bridge: &Child, mut input: impl Write, output: impl Read, wanted: &[u8]) {
    let mut output = BufReader::new(output);
    input.write_all(b"b EXAMINE INBOX\r\nc FETCH 1 BODY.PEEK[]\r\nd NOOP\r\n").unwrap();
    let mut line = String::new();
    while !line.contains("BODY[] {") {
        line.clear();
        assert_ne!(output.read_line(&mut line).unwrap(), 0);
    }
    let mut pulled = vec![0; wanted.len()];
    output.read_exact(&mut pulled[..1 << 20]).unwrap();
    let since = Instant::now();
    while since.elapsed() < Duration::from_millis(700) {
        thread::sleep(Duration::from_millis(20));
    }
    output.read_exact(&mut pulled[1 << 20..]).unwrap();
    assert!(pulled == wanted, "not the bytes that were put there");
    let rest: Vec<_> = output.lines().map(Result::unwrap).take(3).collect();
    assert!(rest[0] == ")" && rest[1].starts_with("c OK") && rest[2].starts_with("d OK"), "{rest:?}");
    // TLS alone takes 9,000.
    let peak = status(bridge, "VmHWM");
    assert!(peak < 24_000, "{peak} KB of memory");
}

#[test]
fn a_client_that_stops_reading_for_a_while_costs_no_memory_and_loses_nothing() {
    let rig = Rig::new();
    let corpus = Corpus::one(LARGE);
    corpus.fill(&rig.server, USER, "INBOX");
    let wanted = corpus.message(0);
    let mut child = Kept(rig.command(&["tunnel"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    let (input, output) = (child.0.stdin.take().unwrap(), child.0.stdout.take().unwrap());
    fetch_with_a_pause(&child.0, &input, output, &wanted);

    let (relay, password) = before_dovecot(&rig);
    let mut client = relay.connect();
    assert!(client.ask(&format!("a LOGIN {USER} {password}")).starts_with("a OK "));
    let socket = client.0.into_inner();
    fetch_with_a_pause(&relay.program.0, &socket, &socket, &wanted);
}

/// A client that is gone in the middle of a message, with its input still open in the one case.
#[test]
fn a_client_that_goes_away_in_the_middle_of_a_message_leaves_nothing_behind() {
    let rig = Rig::new();
    Corpus::one(20 << 20).fill(&rig.server, USER, "INBOX");
    let fetch = b"b EXAMINE INBOX\r\nc FETCH 1 BODY.PEEK[]\r\n";
    let mut child = Kept(rig.command(&["tunnel"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    let mut input = child.0.stdin.take().unwrap();
    input.write_all(fetch).unwrap();
    let mut output = child.0.stdout.take().unwrap();
    output.read_exact(&mut vec![0; 1 << 20]).unwrap();
    drop(output);
    assert_eq!(child.0.wait().unwrap().code(), Some(0));

    let (relay, password) = before_dovecot(&rig);
    for _ in 0..3 {
        let mut client = relay.connect();
        assert!(client.ask(&format!("a LOGIN {USER} {password}")).starts_with("a OK "));
        client.0.get_mut().write_all(fetch).unwrap();
        client.0.read_exact(&mut vec![0; 1 << 20]).unwrap();
    }
    relay.says("\nexoimap: 3 ended after ");
    relay.says(" received: the client closed the connection");
    let end = Instant::now() + LONG;
    // The one that started, and the one that listens.
    while status(&relay.program.0, "Threads") > 2 {
        assert!(Instant::now() < end, "threads of sessions that have ended");
        thread::sleep(Duration::from_millis(5));
    }
}

/// mbsync gives its child one socket for both and waits for the end: the process must not wait for stdin.
#[test]
fn the_tunnel_ends_when_the_server_does_although_its_input_is_open() {
    for (fault, last, says) in [
        (
            Fault::ByeTokenExpired { after_messages: 2 },
            "* BYE Session invalidated - AccessTokenExpired\r\n",
            "the server ended the session: Session invalidated - AccessTokenExpired; start it again",
        ),
        (Fault::ThrottleBadThenBye { ms: 3_000 }, "\r\n", "the server "),
        (Fault::DropAt { command: "FETCH", done: false }, "\r\n", "the server closed the connection; start it again"),
    ] {
        let world = World::new();
        world.exchange.fault(fault);
        let mut command = program(&world, &["tunnel"]);
        let mut child =
            Kept(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
        let mut input = child.0.stdin.take().unwrap();
        input.write_all(b"b EXAMINE INBOX\r\nc FETCH 1:* BODY.PEEK[]\r\n").unwrap();
        let (mut said, mut stderr) = (String::new(), String::new());
        child.0.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        child.0.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert!(said.starts_with("* PREAUTH [CAPABILITY ") && said.ends_with(last), "{said}");
        assert!(stderr.starts_with("exoimap: ") && stderr.contains(says), "{stderr}");
        assert_eq!(child.0.wait().unwrap().code(), Some(5), "{stderr}");
        drop(input);
    }
}

/// Before the greeting nothing is said, or one BYE that mail programs show.
#[test]
fn a_tunnel_without_a_session_says_why_in_one_line() {
    let refused = Fault::Refuse { command: "AUTHENTICATE", answer: "NO AUTHENTICATE failed." };
    let throttled = Fault::Refuse {
        command: "AUTHENTICATE",
        answer: "NO Request is throttled. Suggested Backoff Time: 3000 milliseconds",
    };
    for (fault, code, says) in [
        (Some(refused), 4, "* BYE [CONTACTADMIN] exoimap: authenticate: "),
        (Some(throttled), 5, "* BYE [UNAVAILABLE] exoimap: authenticate: "),
        (Some(Fault::ByeGreeting), 5, "* BYE [UNAVAILABLE] exoimap: greeting: "),
        (Some(Fault::Preauth), 7, "* BYE [CONTACTADMIN] exoimap: greeting: "),
        (None, 5, "* BYE [UNAVAILABLE] exoimap: "),
    ] {
        let world = World::new();
        let mut command = program(&world, &["tunnel"]);
        match fault {
            Some(fault) => world.exchange.fault_always(fault),
            None => drop(command.env("EXOIMAP_PORT", CLOSED.to_string())),
        }
        let ended = run(command, LONG);
        let stdout = String::from_utf8_lossy(&ended.stdout);
        assert_eq!(ended.status.code(), Some(code), "{}", shown(&ended));
        assert!(stdout.starts_with(says) && stdout.lines().count() == 1, "{}", shown(&ended));
        assert!(stdout.ends_with("\r\n") && !ended.stderr.is_empty(), "{}", shown(&ended));
    }
    // What the person who configures it has to repair is on stderr alone.
    let mut command = program(&World::new(), &["tunnel"]);
    command.env_remove("EXOIMAP_MAILBOX").current_dir("/");
    let ended = run(command, LONG);
    assert_eq!((ended.status.code(), ended.stdout.len()), (Some(2), 0), "{}", shown(&ended));
}

#[test]
fn the_relay_ends_when_its_time_is_over() {
    let world = World::new();
    super::relay::add(program(&world, &["relay"]), ORDERS);
    let mut relay = Relay::start(program(&world, &["relay", "--max-time", "5s"]));
    let mut client = relay.connect();
    assert!(client.is_closed());
    assert_eq!(relay.program.0.wait().unwrap().code(), Some(5));
    relay.says("time limit reached");
}
