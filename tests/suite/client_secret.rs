//! A client secret that a command prints: bounded in size and time, and its failure is told apart.

use crate::program::{Call, World, side_by_side};
use crate::support::entra::SECRET;

fn call(world: &World, command: &str) -> Call {
    world
        .call(&["token", "--claims", "--timeout", "1s", "--client-secret-command", command])
        .without("AZURE_CLIENT_SECRET")
}

#[test]
fn what_a_command_prints_is_the_secret() {
    let world = World::new();
    for command in [
        format!("printf %s '{SECRET}'"),
        format!("printf '%s\\r\\n' '{SECRET}'"),
        format!("printf '\\357\\273\\277%s\\n' '{SECRET}'"),
        // It reads nothing, from a list of mailboxes least of all.
        format!("cat; exec 2>&-; echo '{SECRET}'"),
        // The shell's own grammar.
        format!("A='{SECRET}' && (echo nothing | true; echo \"$A\")"),
    ] {
        let ended = call(&world, &command).stdin("not for the command\n").run();
        assert_eq!(ended.expect(0).stderr, "", "{command}");
    }
    let said = call(&world, &format!("echo the vault is open >&2; echo '{SECRET}'")).run();
    assert_eq!(said.expect(0).stderr, "the vault is open\n");
    assert!(world.entra.requests().iter().all(|request| request.form()["client_secret"] == SECRET));
}

#[test]
fn an_option_wins_then_the_value_then_the_command() {
    let world = World::new();
    let (good, wrong) = (format!("echo '{SECRET}'"), "echo wrong");
    let token = |arguments: &[&str]| world.call(&[&["token", "--claims"], arguments].concat());
    token(&["--client-secret-command", &good]).env("AZURE_CLIENT_SECRET", "wrong").run().expect(0);
    token(&["--client-secret-command", &good]).env("EXOIMAP_ACCESS_TOKEN", "wrong").run().expect(0);
    token(&[]).env("EXOIMAP_CLIENT_SECRET_COMMAND", wrong).run().expect(0);
    let command = token(&[]).without("AZURE_CLIENT_SECRET").env("EXOIMAP_CLIENT_SECRET_COMMAND", &good);
    command.run().expect(0);
    let file = world.folder.file("secret", SECRET);
    let both = token(&["--client-secret-command", &good, "--client-secret-file", &file]).run();
    both.expect(2).one_error().saying(&["--client-secret-command", "--client-secret-file"]);
    assert_eq!(world.entra.requests().len(), 4);
}

#[test]
fn its_failure_says_whose_it_is() {
    let world = World::new();
    let rows = [
        ("exit 3", 4, "ended with 3"),
        ("kill -9 $$", 4, "was killed by a signal"),
        ("no-such-program-here 2>&-", 2, "the shell ended with 127"),
        ("/dev/null 2>&-", 2, "the shell ended with 126"),
        ("true", 2, "printed something that is not a secret: it is empty"),
        ("printf 'one\\ntwo\\n'", 2, "printed something that is not a secret: it has several lines"),
        ("printf '\\377'", 2, "printed something that is not a secret: it is neither UTF-8 nor UTF-16"),
        ("yes | tr -d '\\n'", 2, "printed something that is not a secret: it has more than 65536 bytes"),
        ("exec sleep 30", 5, "was not done after 1 s"),
        ("echo x; exec >&-; sleep 3", 5, "was not done after 1 s"),
        ("sleep 3 & echo x", 5, "was not done after 1 s"),
    ];
    side_by_side(rows, |(command, code, words)| {
        let ended = call(&world, command).run();
        assert_eq!(ended.code, Some(code), "{ended}");
        ended.promptly().one_error().saying(&["credential: the command that prints the client secret ", words]);
    });
    assert_eq!(world.entra.requests().len(), 0);
}

/// `--max-time` counts from the start, for whatever a credential or a list comes from.
#[cfg(unix)]
#[test]
fn the_time_of_the_run_ends_the_wait_for_a_credential() {
    let world = World::new();
    let over = |call: Call| {
        let ended = call.run();
        ended.expect(5).promptly().one_error().saying(&["time limit reached (--max-time"]);
        assert_eq!(ended.stderr.lines().count(), 1, "{ended}");
    };
    let late = ["token", "--claims", "--max-time", "1s", "--timeout", "30s"];
    let call = |more: &[&str]| world.call(&[&late, more].concat()).without("AZURE_CLIENT_SECRET");
    // A pipe that nobody writes to, and a stdin that nobody closes.
    let pipe = "mkfifo -m 600 \"${@: -1}\"; exec \"$@\"";
    let stdin = "exec \"$@\" < <(exec sleep 3)";
    let calls = [
        call(&["--client-secret-command", "exec sleep 30 2>&-"]),
        call(&["--client-secret-file", "pipe"]).through(pipe),
        call(&["--client-secret-file", "-"]).through(stdin),
        call(&["--access-token-file", "another"]).through(pipe),
        call(&["--access-token-file", "-"]).through(stdin),
        world.call(&["check", "--max-time", "1s", "--mailboxes", "-"]).through(stdin),
    ];
    side_by_side(calls, over);
}
