use super::*;
use crate::folder::Folder;

/// A password file that goes when the value does.
struct File {
    path: PathBuf,
    _folder: Folder,
}

impl File {
    fn new(text: &str) -> File {
        let folder = Folder::new();
        File { path: folder.file("passwords", text).into(), _folder: folder }
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.path).unwrap()
    }
}

fn line(name: &str, password: &str) -> String {
    let verifier = Verifier::new(NonZeroU32::new(10).unwrap(), b"0123456789abcdef", &Secret::new(password));
    format!("{name} {}\n", verifier.text())
}

#[test]
fn names_open_their_mailboxes_with_their_passwords_and_no_others() {
    let text = [
        "# who\n\n".to_owned(),
        line("orders@contoso.com", "one"),
        line("Tickets=help@contoso.com", "two"),
        line("@contoso.com", "three"),
        line("\"u@contoso.com\\shared box\"=shared@contoso.com", "four"),
    ]
    .concat();
    let file = File::new(&text);
    let passwords = Passwords::read(&file.path, None).unwrap();
    assert_eq!(passwords.count(), (4, 1));
    let opens = |name: &str, password: &str| passwords.mailbox(name, &Secret::new(password));
    for _ in 0..2 {
        assert_eq!(opens("orders@contoso.com", "one").as_deref(), Some("orders@contoso.com"));
        assert_eq!(opens("ORDERS@Contoso.com", "one").as_deref(), Some("ORDERS@Contoso.com"));
        assert_eq!(opens("tickets", "two").as_deref(), Some("help@contoso.com"));
        assert_eq!(opens("anybody@CONTOSO.com", "three").as_deref(), Some("anybody@CONTOSO.com"));
        assert_eq!(opens("u@contoso.com\\shared box", "four").as_deref(), Some("shared@contoso.com"));
    }
    for (name, password) in [
        ("orders@contoso.com", "One"),
        ("orders@contoso.com", ""),
        ("orders@contoso.com", "three"),
        ("help@contoso.com", "two"),
        ("@contoso.com", "three"),
        ("x@example.com", "three"),
        ("contoso.com", "three"),
        ("x@sub.contoso.com", "three"),
        ("x@contoso.com.example.com", "three"),
        ("x@contoso.com@example.com", "three"),
        // The same mailbox as one with a password of its own, to a server that takes it so.
        ("\"orders\"@contoso.com", "three"),
        ("orders\u{a0}@contoso.com", "three"),
        ("orders@contoso.com;x@contoso.com", "three"),
        ("orders @contoso.com", "three"),
        ("", ""),
    ] {
        assert_eq!(opens(name, password), None, "{name} {password}");
    }
    // What is remembered of the first would be found for the second, with a password that is not that of the name.
    assert_eq!(opens("orders@contoso.com\0x@contoso.com", "three"), None);
    assert_eq!(opens("orders@contoso.com", "x@contoso.com\0three"), None);
}

/// `--password-file <(pass show relay)`: it can be read once, and a second time would wait for ever.
#[test]
fn what_is_not_a_file_is_read_once() {
    let folder = Folder::new();
    // What waited for the first goes on waiting, and would take what is meant for the second.
    let [never, fifo] = ["never", "fifo"].map(|name| folder.join(name));
    assert!(std::process::Command::new("mkfifo").args([&never, &fifo]).status().unwrap().success());
    let deadline = std::time::Instant::now() + std::time::Duration::from_millis(100);
    assert_eq!(Passwords::read(&never, Some(deadline)).err().unwrap().kind(), Kind::Temporary);
    let (path, text) = (fifo.clone(), line("a", "one"));
    let writing = std::thread::spawn(move || std::fs::write(path, text).unwrap());
    let passwords = Passwords::read(&fifo, None).unwrap();
    writing.join().unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        passwords.refresh().unwrap();
        sender.send(passwords.mailbox("a", &Secret::new("one"))).unwrap();
    });
    assert!(receiver.recv_timeout(std::time::Duration::from_secs(60)).unwrap().is_some());
}

#[test]
fn a_file_that_changes_is_read_again_and_a_broken_one_changes_nothing() {
    let file = File::new(&line("a", "one"));
    let passwords = Passwords::read(&file.path, None).unwrap();
    let opens = |password: &str| passwords.mailbox("a", &Secret::new(password)).is_some();
    assert!(opens("one"));
    std::fs::write(&file.path, format!("{}#\n", line("a", "two"))).unwrap();
    passwords.refresh().unwrap();
    assert!(opens("two") && !opens("one"), "what is remembered goes with the file");
    std::fs::write(&file.path, "a nonsense\n").unwrap();
    let error = passwords.refresh().unwrap_err();
    assert!(error.to_string().contains("line 1: no verifier"), "{error}");
    passwords.refresh().unwrap();
    assert!(opens("two"));
}

#[test]
fn adding_keeps_the_rest_of_the_file_and_makes_a_password_no_client_misquotes() {
    let file = File::new(&format!("# ours\n{}# theirs\n", line("a=x@contoso.com", "one")));
    let first = add(&file.path, "b").unwrap();
    assert_eq!(first.len(), LENGTH);
    assert!(first.expose().iter().all(u8::is_ascii_alphanumeric));
    let second = add(&file.path, "A").unwrap();
    assert!(first != second);
    store(&file.path, "\"c d\"=c@contoso.com", &Secret::new("a long password"), 100).unwrap();
    let passwords = Passwords::read(&file.path, None).unwrap();
    assert_eq!(passwords.mailbox("b", &first).as_deref(), Some("b"));
    assert_eq!(passwords.mailbox("a", &second).as_deref(), Some("x@contoso.com"));
    assert_eq!(passwords.mailbox("c d", &Secret::new("a long password")).as_deref(), Some("c@contoso.com"));
    let text = file.text();
    assert!(text.starts_with("# ours\nA=x@contoso.com $pbkdf2-sha256$i=10000$"), "{text}");
    assert!(text.contains("\n# theirs\nb $pbkdf2-sha256$i=10000$"), "{text}");
    assert!(text.contains("\n\"c d\"=c@contoso.com $pbkdf2-sha256$i=100$"), "{text}");
    assert!(!text.contains(first.expose_str().unwrap()), "the password is not in the file");
    for bad in ["", "=x", "a b", "@contoso.com=x", "a\u{7}"] {
        assert!(add(&file.path, bad).is_err(), "{bad:?}");
    }
    assert_eq!(file.text(), text);
}

#[test]
fn a_file_that_means_nothing_is_refused_with_its_line() {
    let twice = line("a", "x") + &line("A", "y");
    for (text, why) in [
        ("a\n", "line 1: no verifier"),
        ("# x\na $pbkdf2-sha256$i=0$MDEyMzQ1Njc$MDEy\n", "line 2: no verifier"),
        ("a $pbkdf2-sha256$i=4000000000$MDEyMzQ1Njc$MDEy\n", "line 1: no verifier"),
        ("\"a $x\n", "line 1: not NAME"),
        (&twice, "line 2: the name stands there twice"),
    ] {
        let file = File::new(text);
        let error = Passwords::read(&file.path, None).map(drop).unwrap_err();
        assert!(error.to_string().contains(why), "{text:?}: {error}");
    }
}

/// A password that was right once costs no more rounds, so that a hundred programs can sign in at once.
#[test]
fn a_success_is_remembered_and_a_failure_is_not() {
    let file = File::new(&line("a", "one"));
    let passwords = Passwords::read(&file.path, None).unwrap();
    let known = || lock(&passwords.file().known).len();
    assert!(passwords.mailbox("a", &Secret::new("two")).is_none());
    assert_eq!(known(), 0);
    for name in ["a", "A"] {
        assert!(passwords.mailbox(name, &Secret::new("one")).is_some());
        assert_eq!(known(), 1);
    }
}
