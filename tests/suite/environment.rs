//! `--env-file` and `--log`: what a scheduler gives a program in place of an environment and a stderr.

use crate::program::{Call, Ended, World};
use crate::support::proxy::{Manner, PASSWORD, Proxy};
use crate::support::sample;

/// All that a call needs, as a unit's `EnvironmentFile=` may have it.
fn env_file(world: &World) -> String {
    let call = world.call(&[]);
    let mut text = String::from("# The application that reads orders.\r\n; and nobody else\r\n\r\n");
    for (name, value) in call.variables() {
        match name.as_str() {
            "AZURE_CLIENT_SECRET" => text += &format!("{name}=\"{value}\"\r\n"),
            "AZURE_TENANT_ID" => text += &format!("  {name} = {}\\\r\n{}\r\n", &value[..9], &value[9..]),
            _ => text += &format!("{name}='{value}'  \r\n"),
        }
    }
    text
}

/// A call with an environment that holds nothing.
fn bare(world: &World, arguments: &[&str]) -> Call {
    Call::new(world.folder.path(), arguments)
}

#[test]
fn a_file_is_an_environment() {
    let world = World::new();
    let file = world.folder.file("orders.env", env_file(&world));
    let check = bare(&world, &["check", "--env-file", &file]).run();
    assert!(check.expect(0).stdout.contains(sample::ORDERS), "{check}");
    bare(&world, &["fetch", "--to", "mail", &format!("--env-file={file}")]).run().expect(0);
    bare(&world, &["check", "--env-file", "-"]).stdin(env_file(&world)).run().expect(0);
    assert_eq!((world.entra.requests().len(), world.exchange.logins()), (3, 3));
    // A shell's file is read by PowerShell's users too.
    let utf16: Vec<u8> = format!("\u{feff}{}", env_file(&world)).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let file = world.folder.file("utf16.env", utf16);
    bare(&world, &["check", "--env-file", &file]).run().expect(0);
}

#[test]
fn options_and_the_real_environment_win() {
    let world = World::new();
    let wrong = "EXOIMAP_MAILBOX=nobody@contoso.com\nAZURE_CLIENT_SECRET=wrong\nEXOIMAP_TIMEOUT=2s\nEXOIMAP_PORT=1\n";
    let file = world.folder.file("wrong.env", wrong);
    world.call(&["check", "--env-file", &file]).run().expect(0);
    let port = world.exchange.port().to_string();
    let option = world.call(&["check", "--env-file", &file, "--port", &port, "--mailbox", sample::ORDERS]);
    option.without("EXOIMAP_PORT").without("EXOIMAP_MAILBOX").run().expect(0);
    world
        .call(&["check", "--env-file", &file])
        .without("AZURE_CLIENT_SECRET")
        .run()
        .expect(4)
        .saying(&["AADSTS7000215"]);
    // Set to nothing is not set.
    let emptied = world.call(&["check", "--env-file", &file]).env("AZURE_CLIENT_SECRET", "").run();
    emptied.expect(4).saying(&["AADSTS7000215"]);
}

/// `EXOIMAP_PORT=${PORT:-}`, as compose files, units and CI have it.
#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    let world = World::new();
    let help = Call::new(world.folder.path(), &["fetch", "--help"]).run();
    let (_, named) = help.expect(0).stdout.split_once("[env: ").unwrap();
    let names = named.split("[env: ").map(|rest| rest.split([']', ',', '=']).next().unwrap());
    let names: Vec<_> = names.chain(["EXOIMAP_ACCESS_TOKEN", "EXOIMAP_PROXY", "HTTPS_PROXY", "NO_PROXY"]).collect();
    assert!(names.len() > 20, "{names:?}");
    let needed = world.call(&[]);
    let is_needed = |name: &&str| needed.variables().iter().any(|(known, _)| known == name);
    let all_empty = names
        .iter()
        .copied()
        .filter(|name| !is_needed(name))
        .fold(world.call(&["check"]), |call, name| call.env(name, ""));
    assert_eq!(all_empty.run().expect(0).stderr, "");
    // The file's value counts.
    let file = world.folder.file("orders.env", env_file(&world));
    let emptied = names.iter().fold(bare(&world, &["check", "--env-file", &file]), |call, name| call.env(name, ""));
    assert_eq!(emptied.run().expect(0).stderr, "");
}

#[test]
fn a_proxy_may_stand_in_the_file_with_its_password() {
    let world = World::new();
    let proxy = Proxy::start(Manner::ConnectWithLogin);
    let url = proxy.url_with_login("http");
    let file =
        world.folder.file("proxy.env", format!("EXOIMAP_PROXY={url}\nNO_PROXY=localhost:{}\n", world.exchange.port()));
    world.call(&["check", "--env-file", &file]).run().expect(0);
    assert_eq!(proxy.asked(), [format!("localhost:{}", world.entra.port())]);
}

#[test]
fn what_is_wrong_with_a_file_is_said_and_its_values_are_not() {
    let world = World::new();
    for (text, words) in [
        ("EXOIMAP_TIMEOUT=not-right\n", &["--timeout", "EXOIMAP_TIMEOUT"][..]),
        ("EXOIMAP_CLOUD=mars\n", &["--cloud", "EXOIMAP_CLOUD"]),
        ("A=1\nAZURE_CLIENT_SECRET=\"not-a-real\n", &["wrong.env", "line 2 opens a quote that is never closed"]),
        ("EXOIMAP_PROXY=not-a-real://\n", &["EXOIMAP_PROXY is not a proxy"]),
    ] {
        let file = world.folder.file("wrong.env", text);
        let ended = world.call(&["check", "--env-file", &file]).run();
        ended.expect(2).one_error().saying(words);
        assert!(!ended.stderr.contains("not-a-real"), "{ended}");
    }
    let missing = world.folder.path().join("missing.env").display().to_string();
    world.run(&["check", "--env-file", &missing]).expect(2).one_error().saying(&["--env-file", &missing]);
    // Notepad's "ANSI" in Japanese.
    let ansi = world.folder.file("ansi.env", b"EXOIMAP_MAILBOX=\x92\x8d\x95\xb6@contoso.com\r\n");
    world.run(&["check", "--env-file", &ansi]).expect(2).one_error().saying(&["ansi.env", "save it as UTF-8"]);
    assert_eq!(world.entra.requests().len(), 0);
}

#[test]
fn a_program_inherits_nothing_of_the_file() {
    let world = World::new();
    let file = world.folder.file("orders.env", env_file(&world));
    let script = "env >> seen; test -z \"$AZURE_CLIENT_SECRET\"";
    bare(&world, &["fetch", "--to", "mail", "--env-file", &file, "--", "sh", "-c", script]).run().expect(0);
    let seen = std::fs::read_to_string(world.folder.path().join("seen")).unwrap();
    assert!(seen.contains("EXOIMAP_UID=") && !seen.contains("AZURE_"), "{seen}");
}

/// Whatever holds a credential or leads to one, ours or a proxy's.
#[test]
fn a_program_inherits_no_way_to_a_credential() {
    let world = World::new();
    let private = [
        ("EXOIMAP_CERTIFICATE_KEY", "/etc/exoimap/key.pem"),
        ("EXOIMAP_TOKEN_CACHE", "cache"),
        ("EXOIMAP_CLIENT_SECRET_COMMAND", "pass show x"),
        ("AZURE_CLIENT_CERTIFICATE_PASSWORD", "canary"),
        ("IDENTITY_HEADER", "canary"),
        ("HTTPS_PROXY", "http://user:canary@proxy.contoso.com:1"),
        ("https_proxy", "http://user:canary@proxy.contoso.com:1"),
        ("HTTP_PROXY", "http://user:canary@proxy.contoso.com:1"),
        ("EXOIMAP_PROXY", "none"),
    ];
    let public = [("NO_PROXY", "example.com"), ("ALL_PROXY", "http://127.0.0.1:1"), ("AZURE_REGION", "europe")];
    let call = world.call(&["fetch", "--to", "mail", "--proxy", "none", "--", "sh", "-c", "env > seen"]);
    let call = private.iter().chain(&public).fold(call, |call, (name, value)| call.env(name, value));
    call.run().expect(0);
    let seen = std::fs::read_to_string(world.folder.path().join("seen")).unwrap();
    for (name, _) in private {
        assert!(!seen.contains(&format!("{name}=")), "{name}: {seen}");
    }
    for (name, value) in public {
        assert!(seen.contains(&format!("{name}={value}\n")), "{name}: {seen}");
    }
}

/// `{}` of a directory that begins with `-` would be an option of the program.
#[test]
fn a_path_that_begins_with_a_dash_is_handed_over_as_a_path() {
    let world = World::new();
    world.run(&["fetch", "--to=-mail", "--limit", "1", "--", "cp", "{}", "copy"]).expect(0);
    assert!(world.folder.path().join("copy").exists());
}

/// The lines of a log without their times, each of which must be one.
#[track_caller]
fn said_in(world: &World, name: &str) -> String {
    let log = std::fs::read_to_string(world.folder.path().join(name)).unwrap();
    let mut said = String::new();
    for line in log.lines() {
        let (time, rest) = line.split_once(' ').unwrap();
        let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert!(shape == "0000-00-00T00:00:00Z" && time > "2026-01-01", "{line}");
        said += &format!("{rest}\n");
    }
    said
}

#[test]
fn a_log_is_a_copy_of_stderr() {
    let world = World::new();
    let runs: [Ended; 5] = [
        world.run(&["fetch", "--to", "mail", "-v", "--trace", "--log", "run.log"]),
        world.call(&["check", "--mailbox", "nobody@contoso.com"]).env("EXOIMAP_LOG", "run.log").run(),
        // What is wrong with the call is said there too, as soon as it is known where.
        world.run(&["check", "--log", "run.log", "--timeout", "soon", "--unknown"]),
        world.call(&["check", "--timeout", "soon"]).env("EXOIMAP_LOG", "run.log").run(),
        world.call(&["check"]).env("EXOIMAP_LOG", "run.log").env("EXOIMAP_HOST", "a b").run(),
    ];
    assert_eq!(runs.each_ref().map(|ended| ended.code), [Some(0), Some(4), Some(2), Some(2), Some(2)]);
    let said: String = runs.iter().map(|ended| ended.stderr.as_str()).collect();
    assert_eq!(said_in(&world, "run.log"), said);
    assert!(["hint: ", "S: * OK The", "C: a"].iter().all(|words| said.contains(words)), "{said}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| std::fs::metadata(world.folder.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("run.log"), 0o600);
    }
    // Nothing to say, and an empty name is none.
    assert_eq!(world.call(&["check"]).env("EXOIMAP_LOG", "").run().expect(0).stderr, "");
}

#[test]
fn a_log_that_cannot_be_written_is_a_local_failure() {
    let world = World::new();
    let ended = world.run(&["check", "--log", "missing/run.log"]);
    ended.expect(1).one_error().saying(&["opening missing/run.log (--log): "]);
    assert_eq!(world.entra.requests().len(), 0);
    if std::path::Path::new("/dev/full").exists() {
        let full = world.run(&["check", "--log", "/dev/full", "-v", "--mailbox", "nobody@contoso.com"]);
        full.expect(4).saying(&["exoimap: authenticate: "]);
        assert_eq!(full.stderr.matches("exoimap: writing the log: ").count(), 1, "once is enough: {full}");
    }
}

#[test]
fn a_log_holds_no_password() {
    let world = World::new();
    let parrot = Proxy::start(Manner::Parrot);
    let url = parrot.url_with_login("http");
    world.call(&["check", "-v", "--log", "run.log"]).env("EXOIMAP_PROXY", url).run().expect(4);
    let said = said_in(&world, "run.log");
    assert!(said.contains("HTTP 407") && !said.contains(PASSWORD), "{said}");
}
