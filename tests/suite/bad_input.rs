//! Calls that cannot work: exit 2, the option and its variable named, and nobody was talked to.

use std::io::ErrorKind;
use std::net::TcpListener;

use crate::program::{Call, Ended, Folder};
use crate::support::entra::{CLIENT_ID, SCOPE, SECRET, TENANT};
use crate::support::sample::ORDERS;

/// Two ports that know whether anybody came.
struct Untouched {
    authority: TcpListener,
    imap: TcpListener,
    folder: Folder,
}

impl Untouched {
    fn new() -> Untouched {
        let listen = || {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.set_nonblocking(true).unwrap();
            listener
        };
        Untouched { authority: listen(), imap: listen(), folder: Folder::new() }
    }

    /// A call that would work if the ports were servers.
    fn call(&self, arguments: &[&str]) -> Call {
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        Call::new(self.folder.path(), arguments)
            .env("AZURE_TENANT_ID", TENANT)
            .env("AZURE_CLIENT_ID", CLIENT_ID)
            .env("AZURE_CLIENT_SECRET", SECRET)
            .env("AZURE_AUTHORITY_HOST", format!("https://localhost:{}", port(&self.authority)))
            .env("EXOIMAP_HOST", "localhost")
            .env("EXOIMAP_PORT", port(&self.imap))
            .env("EXOIMAP_SCOPE", SCOPE)
            .env("EXOIMAP_MAILBOX", ORDERS)
            // A call that is taken for good fails soon.
            .env("EXOIMAP_TIMEOUT", "1s")
    }

    /// Runs a call that must be refused, with these words, before anything is sent.
    #[track_caller]
    fn refuses(&self, call: Call, words: &[&str]) -> Ended {
        let ended = call.run();
        ended.expect(2).one_error().saying(words);
        self.check_that_nobody_came(&ended);
        ended
    }

    #[track_caller]
    fn check_that_nobody_came(&self, ended: &Ended) {
        for listener in [&self.authority, &self.imap] {
            let came = listener.accept();
            assert!(came.is_err_and(|e| e.kind() == ErrorKind::WouldBlock), "somebody connected: {ended}");
        }
    }
}

#[test]
fn what_is_missing_is_named_with_its_variable() {
    let nobody = Untouched::new();
    for verb in [
        &["check"][..],
        &["folders"],
        &["folders", "create", "x"],
        &["fetch", "--to", "mail"],
        &["search"],
        &["mark", "--seen", "--uid", "1"],
        &["append", "no-such.eml"],
        &["wait"],
    ] {
        for (variable, option) in [
            ("EXOIMAP_MAILBOX", "--mailbox"),
            ("AZURE_TENANT_ID", "--tenant"),
            ("AZURE_CLIENT_ID", "--client-id"),
            ("AZURE_CLIENT_SECRET", "--client-secret-file"),
        ] {
            for call in [nobody.call(verb).without(variable), nobody.call(verb).env(variable, "")] {
                nobody.refuses(call, &[variable, option]);
            }
        }
    }
    nobody.refuses(nobody.call(&["token", "--xoauth2"]).without("EXOIMAP_MAILBOX"), &["--mailbox", "EXOIMAP_MAILBOX"]);
    nobody.refuses(nobody.call(&["token"]).without("AZURE_CLIENT_SECRET"), &["AZURE_CLIENT_SECRET"]);
    nobody.refuses(nobody.call(&["fetch"]), &["--to"]);
    nobody.refuses(nobody.call(&["fetch", "--to", ""]), &["--to"]);
    let token = nobody.call(&["check", "--auth", "token"]);
    nobody.refuses(token, &["EXOIMAP_ACCESS_TOKEN", "--access-token-file"]);
    assert!(!nobody.folder.path().join("mail").exists(), "a folder was made for nothing");
}

/// NUL cannot be in an argument or a variable at all: the system refuses to start such a program.
#[test]
fn line_ends_and_controls_reach_no_server() {
    let nobody = Untouched::new();
    let values = [
        ("--mailbox", "EXOIMAP_MAILBOX", "orders", "@contoso.com"),
        ("--host", "EXOIMAP_HOST", "local", "host"),
        ("--tenant", "AZURE_TENANT_ID", "contoso", ".com"),
        ("--client-id", "AZURE_CLIENT_ID", "00001111-aaaa-2222", "-bbbb-3333cccc4444"),
        ("--scope", "EXOIMAP_SCOPE", "https://outlook.example.com", "/.default"),
        ("--authority-host", "AZURE_AUTHORITY_HOST", "https://local", "host"),
    ];
    for bad in ["\r", "\n", "\r\nA1 LOGOUT\r\n", "\t", "\u{1}", "\u{7f}", "\u{1b}[2J", "\u{85}"] {
        for (option, variable, before, after) in values {
            let value = format!("{before}{bad}{after}");
            nobody.refuses(nobody.call(&["check", option, &value]), &[option, variable]);
            nobody.refuses(nobody.call(&["check"]).env(variable, &value), &[option, variable]);
        }
        let folder = format!("INBOX{bad}x");
        nobody.refuses(nobody.call(&["fetch", "--to", "mail", "--folder", &folder]), &["folder name"]);
        let token = nobody.call(&["check"]).env("EXOIMAP_ACCESS_TOKEN", format!("e30{bad}x"));
        nobody.refuses(token, &["token"]);
    }
    assert!(!nobody.folder.path().join("mail").exists(), "a folder was made for nothing");
}

#[test]
fn a_port_does_not_stand_in_the_host() {
    let nobody = Untouched::new();
    for (host, name) in [("localhost:993", "localhost"), ("127.0.0.1:993", "127.0.0.1"), ("[::1]:993", "::1")] {
        let words =
            format!("holds a port: the host is {name}, the port 993, a setting of its own (--port, EXOIMAP_PORT)");
        nobody.refuses(nobody.call(&["check"]).env("EXOIMAP_HOST", host), &[&words]);
        nobody.refuses(nobody.call(&["check", "--host", host]), &[&words]);
    }
    nobody.refuses(nobody.call(&["check", "--host", "[::1]"]), &["is not a host name"]);
    // Whatever the addresses lead to, they are some.
    let ended =
        nobody.call(&["check", "--host", "::1"]).env("EXOIMAP_ACCESS_TOKEN", "x").without("AZURE_CLIENT_SECRET").run();
    ended.expect(5).saying(&["tcp: "]);
}

#[test]
fn help_is_a_command_too() {
    let nobody = Untouched::new();
    let said = |arguments: &[&str]| nobody.call(arguments).run().expect(0).stdout.clone();
    assert_eq!(said(&["help"]), said(&["--help"]));
    assert_eq!(said(&["help", "fetch"]), said(&["fetch", "--help"]));
    assert_eq!(said(&["help", "folders", "create"]), said(&["folders", "create", "--help"]));
    nobody.refuses(nobody.call(&["help", "nothing"]), &["unknown command: \"nothing\""]);
}

#[test]
fn a_trace_goes_somewhere() {
    let nobody = Untouched::new();
    nobody.refuses(nobody.call(&["check", "--trace="]), &["--trace= names no file"]);
}

#[test]
fn values_that_cannot_be_meant() {
    let nobody = Untouched::new();
    for (option, variable, value) in [
        ("--mailbox", "EXOIMAP_MAILBOX", "orders"),
        ("--mailbox", "EXOIMAP_MAILBOX", "@contoso.com"),
        ("--mailbox", "EXOIMAP_MAILBOX", "a@b@contoso.com"),
        ("--tenant", "AZURE_TENANT_ID", "common"),
        ("--tenant", "AZURE_TENANT_ID", "../contoso"),
        ("--client-id", "AZURE_CLIENT_ID", "my-application"),
        ("--authority-host", "AZURE_AUTHORITY_HOST", "http://localhost"),
        ("--authority-host", "AZURE_AUTHORITY_HOST", "https://user@localhost"),
        ("--scope", "EXOIMAP_SCOPE", "https://outlook.office365.com/IMAP.AccessAsUser.All"),
        ("--host", "EXOIMAP_HOST", "https://localhost"),
        ("--port", "EXOIMAP_PORT", "0"),
        ("--port", "EXOIMAP_PORT", "65536"),
        ("--port", "EXOIMAP_PORT", "imaps"),
        ("--cloud", "EXOIMAP_CLOUD", "mars"),
        ("--auth", "EXOIMAP_AUTH", "password"),
        ("--timeout", "EXOIMAP_TIMEOUT", "0"),
        ("--timeout", "EXOIMAP_TIMEOUT", "-1"),
        ("--timeout", "EXOIMAP_TIMEOUT", "1y"),
        ("--timeout", "EXOIMAP_TIMEOUT", "soon"),
        ("--max-wait", "EXOIMAP_MAX_WAIT", "1.5s"),
        ("--max-time", "EXOIMAP_MAX_TIME", "99999999999999999999h"),
    ] {
        nobody.refuses(nobody.call(&["check", &format!("{option}={value}")]), &[option]);
        nobody.refuses(nobody.call(&["check"]).env(variable, value), &[option, variable]);
    }
}

#[test]
fn help_and_version_are_results() {
    let folder = Folder::new();
    let run = |arguments: &[&str]| Call::new(folder.path(), arguments).run();
    for arguments in [&["--help"][..], &["-h"], &["check", "--help"], &["fetch", "--help"], &["token", "-h"]] {
        let ended = run(arguments);
        assert!(ended.expect(0).stdout.contains("Usage: exoimap") && ended.stderr.is_empty(), "{ended}");
    }
    let version = concat!("exoimap ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(run(&["-V"]).expect(0).stdout, version);
    let long = run(&["--version"]);
    assert!(long.expect(0).stdout.starts_with(version), "{long}");
    for row in ["commit    ", "target    ", "TLS       ", "features  "] {
        assert!(long.stdout.lines().any(|line| line.starts_with(row) && line.len() > row.len()), "{row}{long}");
    }
    // Without a verb the help is what is missing, and no result.
    let ended = run(&[]);
    assert!(ended.expect(2).stderr.contains("Usage: exoimap") && ended.stdout.is_empty(), "{ended}");
}

#[test]
fn the_environment_shows_in_no_help_and_a_secret_in_no_error() {
    let nobody = Untouched::new();
    let with_secrets = |arguments: &[&str]| {
        nobody.call(arguments).env("AZURE_CLIENT_SECRET", "canary-1").env("EXOIMAP_ACCESS_TOKEN", "canary-2")
    };
    for arguments in [&["--help"][..], &["check", "--help"], &["fetch", "--help"], &["token", "--help"]] {
        let call = with_secrets(arguments)
            .env("AZURE_TENANT_ID", "canary-3")
            .env("AZURE_CLIENT_ID", "canary-4")
            .env("EXOIMAP_MAILBOX", "canary-5")
            .env("EXOIMAP_CLIENT_SECRET_FILE", "canary-6")
            .env("EXOIMAP_CA_FILE", "canary-7");
        let ended = call.run();
        assert!(!ended.expect(0).stdout.contains("canary"), "{ended}");
    }
    for arguments in
        [&["check", "--unknown"][..], &["chekc"], &["check", "--timeout", "0"], &["check", "--host", "a b"]]
    {
        let ended = nobody.refuses(with_secrets(arguments), &[]);
        assert!(!ended.stderr.contains("canary"), "{ended}");
    }
}
