//! What people type in the first five minutes, and what they are told.

use crate::program::{Call, World};
use crate::support::sample::ORDERS;

#[test]
fn every_common_option_is_taken_in_front_of_the_command() {
    let world = World::new();
    let after = world.run(&["search", "--json", "--limit", "1"]);
    let before = world.run(&["--json", "search", "--limit", "1"]);
    assert_eq!(before.expect(0).stdout, after.expect(0).stdout);
    let call =
        world.call(&["-q", "--mailbox", ORDERS, "--port", &world.exchange.port().to_string(), "fetch", "--to", "m"]);
    let quiet = call.without("EXOIMAP_MAILBOX").without("EXOIMAP_PORT").run();
    assert_eq!(quiet.expect(0).stderr, "");
    world.run(&["-v", "folders", "create", "New"]).expect(0).saying(&["mailbox: NAMESPACE answered"]);
    // Where it stands twice, the one after the command counts.
    world.run(&["--mailbox", "nobody@contoso.com", "check", "--mailbox", ORDERS]).expect(0);
    world.run(&["--json", "search", "--headers"]).expect(2).one_error().saying(&["--headers and --json"]);
    world.run(&["--mailbox", ORDERS, "--mailbox", "sales@contoso.com", "search"]).expect(2).one_error();
}

#[test]
fn a_first_run_says_what_it_is_about_to_fetch_and_a_later_one_does_not() {
    let world = World::new();
    world
        .run(&["fetch", "--to", "m", "--limit", "2"])
        .expect(0)
        .saying(&["m is new: about to fetch 2 of 6 messages in INBOX"]);
    for arguments in
        [&["fetch", "--to", "m"][..], &["fetch", "--to", "quiet", "-q"], &["fetch", "--to", "now", "--from-now"]]
    {
        assert!(!world.run(arguments).expect(0).stderr.contains("is new"), "{arguments:?}");
    }
}

#[test]
fn usage_errors_name_the_way_out() {
    let world = World::new();
    for (arguments, line, hints) in [
        (&["fetch", "mail"][..], "missing: --to", &["did you mean --to mail?", "see: exoimap fetch --help"][..]),
        (&["fetch", "--to", "mail", "--limit", "ten"], "--limit \"ten\": not a number", &["see: exoimap fetch --help"]),
        (
            &["fetch", "--to", "mail", "--jobs", "65"],
            "--jobs \"65\": it must be from 1 to 64",
            &["see: exoimap fetch --help"],
        ),
        (
            &["fetch", "--to", "mail", "--format", "mbx"],
            "it must be one of eml, maildir, mbox",
            &["did you mean mbox?"],
        ),
        (&["fetch"], "missing: --to <DIR>", &["see: exoimap fetch --help"]),
        (&["getmail"], "unknown command: \"getmail\"", &["did you mean fetch?", "see: exoimap --help"]),
        (&["frobnicate"], "unknown command: \"frobnicate\"", &["the commands are check, setup, folders, "]),
        (&["search", ORDERS], "unexpected argument", &["did you mean --mailbox orders@contoso.com?"]),
        (&["search", "Archive"], "unexpected argument: \"Archive\"", &["did you mean --folder Archive?"]),
        (&["fetch", "--output", "mail"], "unknown option: --output", &["did you mean --to?"]),
        (&["fetch", "-o", "mail"], "unknown option: -o", &["did you mean --to?"]),
        (
            &["fetch", "--exec", "x"],
            "unknown option: --exec",
            &["a program stands at the end: fetch --to DIR -- PROGRAM ARG"],
        ),
        (&["check", "--user", "x"], "unknown option: --user", &["did you mean --mailbox?"]),
        (&["check", "--insecure"], "unknown option: --insecure", &["certificates are always checked"]),
        (&["check", "--seen"], "unknown option: --seen", &["--seen is an option of mark"]),
        (&["search", "--frmo", "x"], "unknown option: --frmo", &["did you mean --from?"]),
        (&["search", "--verbatim"], "unknown option: --verbatim", &["see: exoimap search --help"]),
        (&["folders", "create"], "missing: <NAME>", &["see: exoimap folders create --help"]),
        (&["search", "--since", "last week"], "today, yesterday", &["see: exoimap search --help"]),
        (&["check", "--timeout"], "--timeout needs a value", &["see: exoimap check --help"]),
        (&["check", "-q", "-v"], "--quiet", &["--verbose"]),
        (&["check", "--client-secret", "x"], "--client-secret", &["no secret is taken from the command line"]),
    ] {
        let ended = world.run(arguments);
        ended.expect(2).one_error().saying(&[line]).saying(hints);
        assert!(!ended.stderr.contains("in the environment"), "{ended}");
    }
    // A bad value of the environment is blamed on its variable.
    let ended = world.call(&["check"]).env("EXOIMAP_PORT", "imaps").run();
    ended.expect(2).one_error().saying(&["EXOIMAP_PORT (--port) \"imaps\": not a number"]);
    assert!(!world.run(&["search", "--verbatim"]).stderr.contains("did you mean"));
}

#[test]
fn all_that_is_missing_is_named_at_once() {
    let world = World::new();
    let ended = Call::new(world.folder.path(), &["check"]).run();
    ended.expect(2).one_error().saying(&[
        "EXOIMAP_MAILBOX",
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "exoimap setup prints how",
    ]);
    // A token needs no mailbox, and a token at hand neither tenant nor client ID.
    let token = Call::new(world.folder.path(), &["token"]).run();
    assert!(!token.expect(2).stderr.contains("EXOIMAP_MAILBOX"), "{token}");
    let at_hand = Call::new(world.folder.path(), &["search"]).env("EXOIMAP_ACCESS_TOKEN", "e30.e30.x").run();
    assert!(
        at_hand.expect(2).stderr.contains("EXOIMAP_MAILBOX") && !at_hand.stderr.contains("AZURE_TENANT_ID"),
        "{at_hand}"
    );
}

#[test]
fn a_settings_file_of_a_shell_is_named_with_the_cure() {
    let world = World::new();
    // systemd leaves such a line out too, and says so in its journal.
    let text = "export EXOIMAP_TIMEOUT=30s\nset EXOIMAP_LOG=x\n$env:EXOIMAP_CLOUD='global'\nEXOIMAP_MAILBX=a@contoso.com\nAZURE_REGION=x\n";
    let file = world.folder.file("job.env", text);
    world.run(&["check", "--env-file", &file]).expect(0).saying(&[
        "job.env, line 1, is not NAME=value and was ignored (leave out `export`: EXOIMAP_TIMEOUT=…)",
        "job.env, line 2, is not NAME=value and was ignored (leave out `set`: EXOIMAP_LOG=…)",
        "job.env, line 3, is not NAME=value and was ignored (EXOIMAP_CLOUD=…)",
        "job.env: EXOIMAP_MAILBX is not a setting of exoimap; did you mean EXOIMAP_MAILBOX?",
        "job.env: AZURE_REGION is not a setting of exoimap\n",
    ]);
}

#[test]
fn an_entry_of_a_list_is_blamed_with_its_line() {
    let world = World::new();
    for (text, words) in [
        ("orders@contoso.com\n\nsales@contoso.com;\n", &["list.txt, line 3: ", "write sales@contoso.com"][..]),
        (
            "PrimarySmtpAddress,DisplayName\norders@contoso.com,Orders\n",
            &["list.txt, line 1: ", "one address per line, without a header"],
        ),
        ("# all\n\"orders@contoso.com\"\n", &["list.txt, line 2: ", "write orders@contoso.com"]),
        ("orders\n", &["list.txt, line 1: ", "is not an address"]),
    ] {
        let list = world.folder.file("list.txt", text);
        world.run(&["check", "--mailboxes", &list]).expect(2).one_error().saying(words);
    }
    assert_eq!(world.entra.requests().len(), 0);
}

#[test]
fn an_address_in_another_form_is_refused_with_the_right_one() {
    let world = World::new();
    for (mailbox, words) in [
        ("svc@contoso.com/orders", "write the shared mailbox's own address alone, as orders@contoso.com"),
        ("svc@contoso.com/orders@contoso.com", "write the shared mailbox's own address alone, as orders@contoso.com"),
        ("svc@contoso.com\\orders", "write the shared mailbox's own address alone"),
        ("\"orders@contoso.com\"", "write orders@contoso.com"),
        ("'orders@contoso.com'", "write orders@contoso.com"),
        ("<orders@contoso.com>", "write orders@contoso.com"),
    ] {
        world.run(&["check", "--mailbox", mailbox]).expect(2).one_error().saying(&[words]);
    }
    let quoted = world.call(&["check"]).env("AZURE_CLIENT_SECRET", "\"not-the-secret\"").run();
    quoted.expect(4).saying(&["the value of AZURE_CLIENT_SECRET begins and ends with a quote: remove them"]);
    assert!(!quoted.stderr.contains("not-the-secret"), "{quoted}");
}

#[test]
fn the_help_of_a_command_names_credentials_and_exit_codes_and_fits_the_terminal() {
    let world = World::new();
    for columns in [80, 100, 132] {
        let help = Call::new(world.folder.path(), &["fetch", "--help"]).env("COLUMNS", columns).run();
        for words in ["AZURE_CLIENT_SECRET", "EXOIMAP_ACCESS_TOKEN", "Exit codes: 0 done", "EXOIMAP_PROXY"] {
            assert!(help.expect(0).stdout.contains(words), "{words}: {help}");
        }
        let long: Vec<_> = help.stdout.lines().filter(|line| line.chars().count() > columns).collect();
        assert!(long.is_empty(), "{columns}: {long:#?}");
    }
    // The help of the program lists the commands, not the options of every command.
    let help = Call::new(world.folder.path(), &["--help"]).run();
    assert!(help.expect(0).stdout.contains("  fetch ") && !help.stdout.contains("--max-wait"), "{help}");
}

/// A client secret in the variable of something else.
#[test]
fn a_secret_in_the_wrong_place_is_not_printed_back() {
    let world = World::new();
    let secret = "abC8Q~notAreal.Secret_0123456789abcdef";
    for variable in [
        "EXOIMAP_CLIENT_SECRET_FILE",
        "EXOIMAP_HOST",
        "EXOIMAP_MAILBOX",
        "EXOIMAP_SCOPE",
        "AZURE_TENANT_ID",
        "EXOIMAP_PORT",
        "EXOIMAP_CLOUD",
    ] {
        let ended =
            world.call(&["check"]).without("AZURE_CLIENT_SECRET").env("AZURE_CLIENT_SECRET", "").env(variable, secret);
        let ended = match variable {
            "EXOIMAP_CLIENT_SECRET_FILE" => ended.run(),
            _ => ended.env("AZURE_CLIENT_SECRET", "x").run(),
        };
        ended.expect(2).one_error();
        assert!(!ended.stderr.contains("notAreal") && !ended.stdout.contains("notAreal"), "{variable}: {ended}");
    }
    for call in [&[secret][..], &["check", secret], &["fetch", secret], &["search", secret], &["help", secret]] {
        let ended = world.run(call);
        ended.expect(2);
        assert!(!ended.stderr.contains("notAreal") && !ended.stdout.contains("notAreal"), "{call:?}: {ended}");
    }
    // Every option that names a file or a proxy, by the help.
    for (command, secret) in [("check", secret), ("relay", secret), ("check", "Ab8~Q+cd/ef&gh'ij.notAreal-op")] {
        let help = world.run(&[command, "--help"]).expect(0).stdout.clone();
        let named: Vec<_> = help.split_whitespace().collect();
        let named = named.windows(2).filter(|pair| pair[0].starts_with("--") && ["<FILE>", "<URL>"].contains(&pair[1]));
        let mut count = 0;
        for option in named.map(|pair| pair[0]) {
            let is_plain = ["--mailboxes", "--report", "--log", "--env-file", "--ca-file"].contains(&option);
            if is_plain && secret.contains('/') {
                continue;
            }
            count += 1;
            let call = world.call(&[command, option, secret, "--log", "log.txt", "--max-wait", "0"]);
            let call = if option == "--log" { world.call(&[command, option, secret]) } else { call };
            let ended = call.without("AZURE_CLIENT_SECRET").env("EXOIMAP_LISTEN", "x").run();
            // A log and a report of that name are written; then it is plainly a file.
            let _ = std::fs::remove_file(world.folder.path().join(secret));
            let log = std::fs::read_to_string(world.folder.path().join("log.txt")).unwrap_or_default();
            for text in [&ended.stdout, &ended.stderr, &log] {
                assert!(!text.contains("notAreal"), "{option}: {ended}");
            }
        }
        assert!(count >= 6, "{command} has {count} such options");
    }
    // What is plainly a name is shown.
    let ended =
        world.call(&["check"]).without("AZURE_CLIENT_SECRET").env("EXOIMAP_CLIENT_SECRET_FILE", "orders.secret").run();
    ended.expect(2).saying(&["orders.secret"]);
}
