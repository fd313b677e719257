//! The audit core: what reads a server's bytes, holds a credential or writes a user's files. It is small, and what it
//! does nothing else does, but for the files named here.

use std::fs;

use super::root;
use super::source::Source;

/// The core: a folder, or a file.
const CORE: [&str; 11] = [
    "imap/",
    "net/",
    "entra/request.rs",
    "delivery/destination.rs",
    "delivery/state.rs",
    "delivery/program.rs",
    "files.rs",
    "secret.rs",
    "transcript.rs",
    "text.rs",
    "threads.rs",
];

/// What of `imap/` only the program needs: an upload, a wait, what a structure says of attachments.
const NOT_CORE: [&str; 3] = ["imap/append.rs", "imap/idle.rs", "imap/body_structure.rs"];

/// Lines of code, without comments, blank lines and tests. README names them; they only go down.
const CORE_LINES: usize = 5_040;
const BRIDGE_LINES: usize = 1_200;

/// The bridge, with the listener that clients connect to.
fn is_bridge(path: &str) -> bool {
    path.starts_with("bridge/") || path == "net/accepted.rs"
}

fn is_core(path: &str) -> bool {
    !is_bridge(path) && CORE.iter().any(|core| path.starts_with(core)) && !NOT_CORE.contains(&path)
}

#[test]
fn the_audit_core_is_small() {
    let sources = Source::all();
    let lines = |of: &dyn Fn(&str) -> bool| -> usize {
        let code = sources.iter().filter(|source| of(&source.path)).flat_map(|source| source.code.lines());
        code.filter(|line| !line.trim().is_empty()).count()
    };
    for part in CORE.iter().chain(&NOT_CORE) {
        assert!(
            sources.iter().any(|source| source.path.starts_with(part)),
            "{part} has moved: the list is in this file"
        );
    }
    let (core, bridge) = (lines(&is_core), lines(&|path| is_bridge(path)));
    println!("core {core}/{CORE_LINES} bridge {bridge}/{BRIDGE_LINES}");
    assert!(core <= CORE_LINES, "the audit core has {core} lines of code, its limit is {CORE_LINES}");
    assert!(bridge <= BRIDGE_LINES, "bridge/ has {bridge} lines of code, its limit is {BRIDGE_LINES}");
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let said = format!("{},{:03} lines of code", CORE_LINES / 1000, CORE_LINES % 1000);
    assert!(readme.contains(&said), "README.md does not say {said:?} of the audit core");
    for part in CORE {
        assert!(readme.contains(&format!("`{part}`")), "README.md leaves out `{part}`");
    }
}

/// A file outside the core that does such a thing, and why.
type Exception = (&'static str, &'static str);

/// What of the paths `found` is neither core nor excepted; an exception that nothing needs is found too.
fn others(does: impl Fn(&str) -> bool, exceptions: &[Exception]) -> Vec<String> {
    let sources = Source::all();
    let does = |source: &&Source| !is_core(&source.path) && source.code.lines().any(&does);
    let found: Vec<_> = sources.iter().filter(does).map(|source| source.path.clone()).collect();
    let excepted = |path: &String| exceptions.iter().any(|(name, _)| path.starts_with(name));
    let unused = exceptions.iter().filter(|(name, _)| !found.iter().any(|path| path.starts_with(name)));
    let unused: Vec<_> = unused.map(|(name, _)| format!("{name} is excepted and does nothing of it")).collect();
    found.iter().filter(|path| !excepted(path)).cloned().chain(unused).collect()
}

#[test]
fn nothing_else_opens_a_socket() {
    let words = ["TcpStream", "TcpListener", "UdpSocket", "UnixStream", "UnixListener", "native_tls::"];
    let exceptions = [
        ("bridge/", "connects a mail program; it has a limit of its own"),
        ("net/accepted.rs", "is the mail program's side of it"),
        ("cli/bridge.rs", "opens the port that the relay listens on"),
    ];
    let found = others(|line| words.iter().any(|word| line.contains(word)), &exceptions);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn nothing_else_reads_a_secret() {
    let exceptions = [
        ("entra/", "signs assertions, reads claims, and keeps tokens, as its file names say"),
        ("bridge/", "compares a local password"),
        ("net/accepted.rs", "reads the key of the relay's listener"),
        ("cli/bridge.rs", "reads the local password"),
        ("cli/credential.rs", "reads the credential that an option names"),
        ("cli/environment.rs", "reads the env-file"),
        ("cli/input.rs", "decodes a secret file"),
        ("cli/output.rs", "prints the token for `token`"),
        ("cli/token.rs", "the same"),
        ("delivery/mbox.rs", "reads the line that an mbox ends with"),
    ];
    let found = others(|line| line.contains(".expose(") || line.contains(".expose_str("), &exceptions);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn nothing_else_creates_or_removes_a_file() {
    let words = [
        "File::create",
        "File::options",
        "OpenOptions",
        "create_new",
        "fs::write",
        "fs::create_dir",
        "DirBuilder",
        "fs::rename",
        "fs::remove_",
        "fs::copy",
        "hard_link",
        "symlink(",
    ];
    let exceptions = [
        ("entra/cache.rs", "removes a token that no run would take"),
        ("delivery/group.rs", "gives messages their names"),
        ("delivery/incoming.rs", "removes what did not come in whole"),
        ("delivery/mbox.rs", "appends to an mbox"),
    ];
    let found = others(|line| words.iter().any(|word| line.contains(word)), &exceptions);
    assert!(found.is_empty(), "{found:#?}");
}
