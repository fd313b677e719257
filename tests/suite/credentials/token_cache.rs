//! Tokens kept between runs: one request for many runs, and nobody else's eyes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::program::{Call, World};

fn keeping(world: &World, arguments: &[&str]) -> Call {
    world.call(arguments).env("EXOIMAP_TOKEN_CACHE", world.folder.path().join("cache").display())
}

/// The files of the cache that end so.
fn files(world: &World, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(world.folder.path().join("cache")).unwrap();
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == end)).collect()
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn many_runs_make_one_request() {
    let world = World::new();
    for _ in 0..3 {
        assert_eq!(keeping(&world, &["folders"]).run().expect(0).stderr, "");
    }
    assert_eq!((world.entra.requests().len(), world.exchange.logins()), (1, 3));
    let [file] = &files(&world, "json")[..] else { panic!("one file") };
    assert_eq!((mode(file), mode(&files(&world, "lock")[0])), (0o600, 0o600));
    assert_eq!(mode(&world.folder.path().join("cache")), 0o700);
    assert_eq!(files(&world, "new"), Vec::<PathBuf>::new());
    // Whoever looks on wants to know whether the credential still works.
    keeping(&world, &["check"]).run().expect(0);
    assert_eq!(world.entra.requests().len(), 2);
    world.entra.configure().secret_expired = true;
    keeping(&world, &["folders"]).run().expect(0);
    keeping(&world, &["check"]).run().expect(4).saying(&["AADSTS7000222"]);
}

#[test]
fn runs_side_by_side_make_one_request() {
    let world = World::new();
    let calls: Vec<_> = (0..8).map(|_| keeping(&world, &["folders"])).collect();
    let runs: Vec<_> = calls.into_iter().map(|call| std::thread::spawn(move || call.run())).collect();
    for run in runs {
        run.join().unwrap().expect(0);
    }
    assert_eq!((world.entra.requests().len(), world.exchange.logins()), (1, 8));
}

#[test]
fn another_question_or_another_credential_finds_nothing() {
    let world = World::new();
    keeping(&world, &["folders"]).run().expect(0);
    keeping(&world, &["folders"]).env("AZURE_CLIENT_SECRET", "another").run().expect(4).saying(&["AADSTS7000215"]);
    keeping(&world, &["folders"]).env("AZURE_TENANT_ID", "contoso.com").run().expect(0);
    keeping(&world, &["folders"]).env("EXOIMAP_SCOPE", "https://graph.microsoft.com/.default").run();
    assert_eq!(world.entra.requests().len(), 4);
    // None of them took the first one's place.
    keeping(&world, &["folders"]).run().expect(0);
    assert_eq!(world.entra.requests().len(), 4);
}

#[test]
fn a_token_that_ends_within_ten_minutes_is_renewed_and_not_kept() {
    let world = World::new();
    world.entra.configure().token.lifetime = 590;
    keeping(&world, &["folders"]).run().expect(0);
    assert!(files(&world, "json").is_empty());
    world.entra.configure().token.lifetime = 3599;
    keeping(&world, &["folders"]).run().expect(0);
    keeping(&world, &["folders"]).run().expect(0);
    assert_eq!(world.entra.requests().len(), 2);
}

#[test]
fn a_damaged_file_is_ignored_with_a_warning() {
    let world = World::new();
    keeping(&world, &["folders"]).run().expect(0);
    let file = files(&world, "json").remove(0);
    let whole = fs::read_to_string(&file).unwrap();
    let bad = [
        String::new(),
        "{}".into(),
        "null".into(),
        whole[..whole.len() / 2].into(),
        whole.replace("\"expires\": ", "\"expires\": \"soon\", \"x\": "),
        whole.replace("\"access_token\": \"", "\"access_token\": \"a b"),
        "[".repeat(5000),
    ];
    for (at, text) in bad.iter().enumerate() {
        fs::write(&file, text).unwrap();
        let ended = keeping(&world, &["folders"]).run();
        ended.expect(0).saying(&["is ignored and will be replaced: it is damaged"]);
        assert_eq!(world.entra.requests().len(), at + 2, "{text}");
        assert_eq!(keeping(&world, &["folders"]).run().expect(0).stderr, "");
    }
    // A later version's may hold what this one does not know.
    let later = whole.replace("\"version\": 1", "\"version\": 2");
    fs::write(&file, &later).unwrap();
    keeping(&world, &["folders"]).run().expect(2).one_error().saying(&["a later version"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), later);
    fs::write(&file, &whole).unwrap();
    // What others could read is nothing to be trusted any more.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    keeping(&world, &["folders"]).run().expect(0).saying(&["others may read it"]);
    assert_eq!(mode(&file), 0o600);
    // A clock that was wrong for a day.
    let far = whole.replace("\"expires\": 1", "\"expires\": 9");
    fs::write(&file, far).unwrap();
    let before = world.entra.requests().len();
    keeping(&world, &["folders"]).run().expect(0);
    assert_eq!(world.entra.requests().len(), before + 1);
}

#[test]
fn a_directory_that_others_write_into_is_refused() {
    let world = World::new();
    let dir = world.folder.path().join("cache");
    fs::create_dir(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).unwrap();
    keeping(&world, &["folders"]).run().expect(2).one_error().saying(&["chmod go-w"]);
    let file = world.folder.file("file", "");
    world.call(&["folders", "--token-cache", &file]).run().expect(1).one_error().saying(&["opening the token cache"]);
    assert_eq!(world.entra.requests().len(), 0);
}

/// What an administrator grants is in the next token; the run after the refusal must not see the old one.
#[test]
fn a_token_that_was_refused_is_forgotten() {
    let world = World::new();
    world.entra.configure().token.roles.clear();
    keeping(&world, &["folders"]).run().expect(4);
    // It may be good elsewhere.
    assert!(files(&world, "json").is_empty());
    world.entra.configure().token.roles = vec!["IMAP.AccessAsApp".into()];
    keeping(&world, &["folders"]).run().expect(0);
    assert_eq!(world.entra.requests().len(), 2);
}

/// A session that ends with its token takes another one, not the same from the cache.
#[test]
fn a_spent_token_is_not_taken_from_the_cache_again() {
    use crate::support::exchange::Fault;
    let world = World::new();
    world.exchange.fault(Fault::ByeTokenExpired { after_messages: 2 });
    keeping(&world, &["fetch", "--to", "mail"]).run().expect(0);
    assert_eq!((world.entra.requests().len(), world.exchange.logins()), (2, 2));
}
