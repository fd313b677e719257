//! What `fetch` writes is its owner's, no link leads it elsewhere, and files that never end do not hold a run.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::program::{World, side_by_side};

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().permissions().mode() & 0o7777
}

/// Everything below a directory, and itself.
fn below(path: PathBuf) -> Vec<PathBuf> {
    let is_dir = path.symlink_metadata().unwrap().is_dir();
    let entries = is_dir.then(|| fs::read_dir(&path).unwrap()).into_iter().flatten();
    let mut found: Vec<_> = entries.flat_map(|entry| below(entry.unwrap().path())).collect();
    found.push(path);
    found
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

#[test]
fn mail_is_its_owners_alone_whatever_the_umask_is() {
    for (umask, format) in [("000", "eml"), ("077", "maildir"), ("277", "mbox")] {
        let world = World::new();
        let call =
            world.call_with_token(&["fetch", "--to", "a/mail", "--format", format, "--attachments", "--", "true"]);
        call.through(&format!("umask {umask}; exec \"$@\"")).run().expect(0);
        for path in below(world.folder.path().join("a")) {
            let expected = if path.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode(&path), expected, "umask {umask}: {} {:o}", path.display(), mode(&path));
        }
    }
}

#[test]
fn file_mode_lets_others_read_mail_and_nothing_else() {
    for format in ["eml", "maildir", "mbox"] {
        let world = World::new();
        let arguments = ["fetch", "--to", "mail", "--format", format, "--attachments", "--file-mode", "0640"];
        world.call_with_token(&arguments).through("umask 077; exec \"$@\"").run().expect(0);
        let own = world.folder.path().join("mail/.exoimap");
        for path in below(world.folder.path().join("mail")) {
            let expected = match (path.is_dir(), path.starts_with(&own)) {
                (true, true) => 0o700,
                (false, true) => 0o600,
                (true, false) => 0o750,
                (false, false) => 0o640,
            };
            assert_eq!(mode(&path), expected, "{format}: {} {:o}", path.display(), mode(&path));
        }
    }
    let world = World::new();
    for bad in ["0602", "666", "0240", "4600", "rw", "0755", ""] {
        world.call_with_token(&["fetch", "--to", "mail", "--file-mode", bad]).run().expect(2);
    }
}

/// Whatever runs `fetch` where there are modes says which another reader needs.
#[test]
fn samples_name_the_mode_for_another_account() {
    for sample in ["exoimap-fetch@.service", "fetch.sh", "cronjob.yaml", "indexed-job.yaml"] {
        let text = fs::read_to_string(crate::house::root().join("docs/samples").join(sample)).unwrap();
        assert!(text.contains("--file-mode 0640"), "{sample}");
    }
}

#[test]
fn a_directory_that_others_write_in_draws_a_warning_and_keeps_its_mode() {
    let world = World::new();
    let dir = world.folder.path().join("mail");
    fs::create_dir(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).unwrap();
    world
        .call_with_token(&["fetch", "--to", "mail"])
        .run()
        .expect(0)
        .saying(&["others may write in mail", "chmod o-w"]);
    assert_eq!(mode(&dir), 0o777);
    assert_eq!(mode(&dir.join(".exoimap")), 0o700);
    // What is ours does not stay open to others.
    fs::set_permissions(dir.join(".exoimap"), fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    let ended = world.call_with_token(&["fetch", "--to", "mail"]).run();
    assert_eq!(ended.expect(0).stderr.matches("others may write").count(), 0);
    assert_eq!((mode(&dir), mode(&dir.join(".exoimap"))), (0o755, 0o700));
}

#[test]
fn links_that_were_planted_lead_nowhere() {
    for (name, format) in [
        (".exoimap", "eml"),
        (".exoimap/tmp", "eml"),
        (".exoimap/hold", "mbox"),
        (".exoimap/lock", "eml"),
        (".exoimap/state", "eml"),
        (".exoimap/state.new", "eml"),
        ("tmp", "maildir"),
        ("new", "maildir"),
        ("cur", "maildir"),
        ("mbox", "mbox"),
        ("mbox.lock", "mbox"),
        ("14.16101.eml", "eml"),
        ("14.16110", "eml"),
    ] {
        let world = World::new();
        let (dir, victim) = (world.folder.path().join("mail"), world.folder.path().join("victim"));
        fs::create_dir_all(victim.join("sub")).unwrap();
        fs::write(victim.join("sub/file"), "theirs\n").unwrap();
        fs::create_dir_all(dir.join(name).parent().unwrap()).unwrap();
        let is_dir =
            !name.contains("lock") && !name.contains("state") && !name.contains("mbox") && !name.contains("eml");
        symlink(if is_dir { victim.clone() } else { victim.join("sub/file") }, dir.join(name)).unwrap();
        let ended = world
            .call_with_token(&["fetch", "--to", "mail", "--format", format, "--attachments", "--timeout", "1s"])
            .run();
        let expected = match name {
            // Only ever written over, never opened.
            ".exoimap/state.new" => 0,
            "14.16101.eml" | "14.16110" => 6,
            _ => 1,
        };
        assert_eq!(ended.code, Some(expected), "{name}: {ended}");
        let after: Vec<_> = below(victim.clone()).into_iter().filter(|path| path.is_file()).collect();
        assert_eq!(after, [victim.join("sub/file")], "{name}");
        assert_eq!(fs::read(victim.join("sub/file")).unwrap(), b"theirs\n", "{name}");
    }
}

/// Root could be made to write wherever an account likes that has prepared the directory.
#[test]
fn a_directory_that_another_account_prepared_is_refused() {
    if !is_root() {
        return;
    }
    let world = World::new();
    let own = world.folder.path().join("mail/.exoimap");
    fs::create_dir_all(&own).unwrap();
    std::os::unix::fs::chown(&own, Some(65534), Some(65534)).unwrap();
    let ended = world.call_with_token(&["fetch", "--to", "mail"]).run();
    ended.expect(1).one_error().saying(&["mail/.exoimap belongs to another account"]);
    let cache = world.folder.path().join("cache");
    fs::create_dir(&cache).unwrap();
    std::os::unix::fs::chown(&cache, Some(65534), Some(65534)).unwrap();
    let ended = world.call(&["folders", "--token-cache", "cache"]).run();
    ended.expect(2).one_error().saying(&["belongs to another account"]);
}

#[test]
fn files_that_never_end_are_given_up_with_the_time_of_the_run() {
    let world = World::new();
    let fifo = |name: &str| {
        let made = std::process::Command::new("mkfifo").arg(world.folder.path().join(name)).status().unwrap();
        assert!(made.success());
    };
    let calls = [
        &["check", "--env-file", "fifo"][..],
        &["check", "--ca-file", "fifo"],
        &["check", "--certificate", "fifo"],
        &["check", "--federated-token-file", "fifo"],
        &["check", "--client-secret-file", "fifo"],
        &["check", "--access-token-file", "fifo"],
        &["check", "--mailboxes", "fifo"],
        &["check", "--trace=fifo"],
        &["check", "--log", "fifo"],
        &["check", "--report", "fifo"],
        &["append", "fifo"],
    ];
    // Each has one of its own, in which nobody else writes or reads.
    side_by_side(calls.into_iter().enumerate(), |(number, arguments)| {
        let name = format!("fifo-{number}");
        fifo(&name);
        let arguments: Vec<_> = arguments.iter().map(|argument| argument.replace("fifo", &name)).collect();
        let arguments: Vec<_> =
            arguments.iter().map(String::as_str).chain(["--max-time", "1s", "--max-wait", "0"]).collect();
        let is_credential = ["--certificate", "--federated-token-file", "--client-secret-file", "--access-token-file"];
        let call = world.call(&arguments);
        let call = if is_credential.contains(&arguments[1]) { call.without("AZURE_CLIENT_SECRET") } else { call };
        call.run().promptly().expect(5).saying(&["--max-time"]);
    });
    // In our own directory nothing but a regular file is opened.
    world.call_with_token(&["fetch", "--to", "mail"]).run().expect(0);
    fs::remove_file(world.folder.path().join("mail/.exoimap/state")).unwrap();
    fifo("mail/.exoimap/state");
    let ended = world.call_with_token(&["fetch", "--to", "mail"]).run();
    ended.promptly().expect(1).one_error().saying(&["a FIFO or a device, not a regular file"]);
}

/// A backup of the directory whose state is older than its files.
#[test]
fn files_that_an_older_state_does_not_know_are_ours_if_they_have_the_same_bytes() {
    let world = World::new();
    let (dir, fetch) = (world.folder.path().join("mail"), ["fetch", "--to", "mail", "--attachments"]);
    world.call_with_token(&[&fetch[..], &["--uid", "16101"]].concat()).run().expect(0);
    let state = fs::read(dir.join(".exoimap/state")).unwrap();
    world.call_with_token(&fetch).run().expect(0);
    let before: Vec<_> =
        below(dir.clone()).into_iter().filter(|path| !path.starts_with(dir.join(".exoimap"))).collect();
    fs::write(dir.join(".exoimap/state"), state).unwrap();
    // One of them is not what was delivered: it alone fails.
    fs::write(dir.join("14.16105.eml"), "changed\n").unwrap();
    let ended = world.call_with_token(&fetch).run();
    ended.expect(6).saying(&["message 16105: mail/14.16105.eml exists with other contents and is not replaced"]);
    assert_eq!(ended.stderr.matches("is not replaced").count(), 1, "{ended}");
    assert_eq!(fs::read(dir.join("14.16105.eml")).unwrap(), b"changed\n");
    let after: Vec<_> = below(dir.clone()).into_iter().filter(|path| !path.starts_with(dir.join(".exoimap"))).collect();
    assert_eq!(before, after);
    fs::remove_file(dir.join("14.16105.eml")).unwrap();
    world.call_with_token(&fetch).run().expect(0);
    assert_eq!(world.call_with_token(&fetch).run().expect(0).stdout, "");
}

/// The same, and a mail program has moved them to `cur` and given them flags.
#[test]
fn a_maildir_that_an_older_state_does_not_know_gets_no_message_twice() {
    let world = World::new();
    let dir = world.folder.path().join("mail");
    let fetch = |more: &[&str]| {
        let fetch = ["fetch", "--to", "mail", "--format", "maildir"];
        world.call_with_token(&[&fetch[..], more].concat()).run()
    };
    fetch(&["--uid", "16101"]).expect(0);
    let state = fs::read(dir.join(".exoimap/state")).unwrap();
    fetch(&[]).expect(0);
    let files = || -> Vec<PathBuf> {
        let mut found = [below(dir.join("new")), below(dir.join("cur"))].concat();
        found.retain(|path| path.is_file());
        found.sort();
        found
    };
    for file in files() {
        let name = file.file_name().unwrap().to_str().unwrap().split(':').next().unwrap().to_owned();
        fs::rename(&file, dir.join(format!("cur/{name}:2,RS"))).unwrap();
    }
    let before = files();
    let changed = before.iter().find(|file| file.to_str().unwrap().contains("V14U16105.")).unwrap();
    fs::write(changed, "changed\n").unwrap();
    fs::write(dir.join(".exoimap/state"), &state).unwrap();
    let ended = fetch(&[]);
    ended.expect(6).saying(&["message 16105: ", ":2,RS exists with other contents and is not replaced"]);
    assert_eq!((files(), ended.stdout.lines().count()), (before.clone(), 4), "{ended}");
    // What is said to be there is there, and a program gets it.
    assert!(ended.stdout.lines().all(|line| world.folder.path().join(line.split_once('\t').unwrap().1).exists()));
    fs::remove_file(changed).unwrap();
    assert_eq!(fetch(&["--", "grep", "-q", "Subject", "{}"]).expect(0).stdout.lines().count(), 1);
    assert_eq!(files().len(), 6);
}

/// As under `ulimit -u` or systemd's TasksMax=.
#[test]
fn a_run_that_can_make_no_thread_does_everything_in_one() {
    let world = World::new();
    fs::set_permissions(world.folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(world.folder.path().join("ca.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    // Root has no such limit, so that it becomes an account that runs nothing else.
    let line = match is_root() {
        true => "ulimit -u 1; exec setpriv --reuid=41002 --clear-groups \"$@\"",
        false => "ulimit -u 1; exec \"$@\"",
    };
    let arguments = ["fetch", "--to", "mail", "--max-time", "50s"];
    world.call_with_token(&arguments).through(line).run().expect(0);
    let list = world.folder.file("list", "orders@contoso.com\nsales@contoso.com\n");
    fs::set_permissions(&list, fs::Permissions::from_mode(0o644)).unwrap();
    let several = ["fetch", "--to", "many", "--mailboxes", "list", "--jobs", "4"];
    let ended = world.call_with_token(&several).through(line).run();
    assert!(!ended.stdout.is_empty() && ended.code != Some(101), "{ended}");
}

/// A run that is killed leaves no mail behind in the system's temporary folder.
#[test]
fn what_is_spooled_for_a_stream_has_no_name() {
    let world = World::new();
    fs::create_dir(world.folder.path().join("tmp")).unwrap();
    let call = world.call_with_token(&["fetch", "--to", "-"]).env("TMPDIR", world.folder.path().join("tmp").display());
    // The reader of the pipe is slow: there is a spool while it waits.
    let line = "\"$@\" | { read -r first; ls -A tmp >names; cat >mbox; }";
    call.through(line).run().expect(0);
    assert_eq!(fs::read_to_string(world.folder.path().join("names")).unwrap(), "");
    assert!(fs::metadata(world.folder.path().join("mbox")).unwrap().len() > 0);
}
