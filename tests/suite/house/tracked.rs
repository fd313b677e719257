//! What a stranger may read: every tracked file names public places and made-up people.

use std::path::Path;
use std::process::Command;

use super::source::root;

/// Names of Microsoft's that its documentation tells everybody.
const MICROSOFT: [&str; 12] = [
    // The metadata service of a virtual machine, link-local.
    "169.254.169.254",
    "aka.ms",
    "graph.microsoft.com",
    "learn.microsoft.com",
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "outlook.office.com",
    "outlook.office365.com",
    "outlook.office365.us",
    "partner.outlook.cn",
    "sts.windows.net",
];

/// Where the project and what it quotes are at home.
const PUBLIC: [&str; 8] = [
    "datatracker.ietf.org",
    "docs.rs",
    "github.com",
    "keepachangelog.com",
    "rustup.rs",
    "semver.org",
    "www.apache.org",
    // An SVG's name for itself.
    "www.w3.org",
];

/// Paths of a machine that are no accident.
const PATHS: [(&str, &str); 2] = [
    (file!(), "/tmp/exoimap-dovecot."),
    // The account that the test server runs as must be able to come there, whatever $TMPDIR says.
    ("tests/support/dovecot.rs", "/tmp/exoimap-dovecot."),
];

#[test]
fn no_file_names_a_machine_a_registry_or_a_person() {
    let mut found = Vec::new();
    for (path, text) in tracked() {
        for (number, line) in (1..).zip(text.lines()) {
            let accused = machine_paths(&path, line).chain(hosts(line)).chain(addresses(line)).chain(guids(line));
            found.extend(accused.map(|what| format!("{path}:{number}: {what}")));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_crate_comes_from_the_public_registry() {
    const REGISTRY: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let files = tracked();
    let lock = &files.iter().find(|(path, _)| path == "Cargo.lock").expect("Cargo.lock is tracked").1;
    let other: Vec<_> = lock.lines().filter(|line| line.starts_with("source") && *line != REGISTRY).collect();
    assert!(other.is_empty(), "{other:?}");
    assert!(!files.iter().any(|(path, _)| path.contains(".cargo/")), "cargo's configuration is the user's");
}

/// Every tracked file, from the root, as text.
pub(super) fn tracked() -> Vec<(String, String)> {
    let mut git = Command::new("git");
    // A checkout that belongs to somebody else, as in a container, is read all the same.
    git.args(["-c", "safe.directory=*", "ls-files", "-z"]).current_dir(root());
    let output = git.output().expect("git runs");
    assert!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    let paths = String::from_utf8(output.stdout).unwrap();
    let paths: Vec<_> = paths.split_terminator('\0').filter(|path| root().join(path).is_file()).collect();
    assert!(paths.contains(&"Cargo.toml"), "{paths:?}");
    paths.into_iter().map(|path| (path.to_owned(), read(&root().join(path)))).collect()
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()
}

fn machine_paths<'a>(path: &'a str, line: &'a str) -> impl Iterator<Item = String> + 'a {
    // In pieces, so that this file does not accuse itself.
    let roots = ["home", "root", "tmp", "work", "workspace", "mnt", "Users"].map(|name| format!("/{name}/"));
    let windows = ["\\", "Users", "\\"].concat();
    let allowed = move |at: usize| PATHS.iter().any(|(file, start)| *file == path && line[at..].starts_with(start));
    let at_its_start = move |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || ".-_$}~/@*".contains(c));
    let unix = roots.into_iter().flat_map(move |root| {
        let hits = line.match_indices(&root).map(|(at, _)| at).collect::<Vec<_>>();
        hits.into_iter().filter(move |at| at_its_start(*at) && !allowed(*at)).map(move |_| format!("a path in {root}"))
    });
    unix.chain(line.contains(&windows).then(|| format!("a path in {windows}")))
}

/// Hosts of URLs. One without a full stop is a placeholder or this machine.
fn hosts(line: &str) -> impl Iterator<Item = String> + '_ {
    let named = line.split("://").skip(1).map(word);
    named.filter(|host| host.contains('.') && !is_public(host)).map(|host| format!("the host {host}"))
}

fn is_public(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_lowercase();
    // Numbers of RFC 5737 and of this machine.
    let numbers = ["127.0.0.1", "192.0.2.", "198.51.100.", "203.0.113."];
    MICROSOFT.contains(&&*host)
        || PUBLIC.contains(&&*host)
        || is_made_up(&host)
        || numbers.iter().any(|number| host.starts_with(number))
}

/// Names that belong to nobody, or to Microsoft for its examples.
fn is_made_up(domain: &str) -> bool {
    ["example.com", "contoso.com", "contoso.onmicrosoft.com", "test", "invalid", "example"]
        .iter()
        .any(|name| domain.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// E-mail addresses, and tenants by their first domain.
fn addresses(line: &str) -> impl Iterator<Item = String> + '_ {
    let is_local = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
    let mails = line.match_indices('@').filter(move |(at, _)| line[..*at].ends_with(is_local));
    let mails = mails.map(|(at, _)| word(&line[at + 1..])).filter(|domain| domain.trim_matches('.').contains('.'));
    let tenant = ["", "onmicrosoft", "com"].join(".");
    let tenants = line.match_indices(&tenant).map(|(at, found)| {
        let start = line[..at].rfind(|c: char| !c.is_ascii_alphanumeric() && c != '-').map_or(0, |start| start + 1);
        &line[start..at + found.len()]
    });
    let tenants: Vec<_> = tenants.collect();
    // `job@orders.timer` is systemd's way to name a job.
    let is_unit = |domain: &str| domain.ends_with(".timer") || domain.ends_with(".service");
    let real = move |domain: &&str| !is_unit(domain) && !is_made_up(&domain.trim_end_matches('.').to_lowercase());
    mails.chain(tenants).filter(real).map(|domain| format!("the domain {domain}"))
}

/// An id that is visibly made up has at most three digits in each of its groups, as Microsoft's examples.
fn guids(line: &str) -> impl Iterator<Item = String> + '_ {
    let words = line.split(|c: char| !c.is_ascii_hexdigit() && c != '-');
    let ids = words.filter(|word| word.split('-').map(str::len).eq([8, 4, 4, 4, 12]));
    let made_up = |group: &str| group.chars().collect::<std::collections::BTreeSet<_>>().len() <= 3;
    ids.filter(move |id| !id.split('-').all(made_up)).map(|id| format!("the id {id}"))
}

/// The host name that `text` begins with.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !".-_".contains(c));
    &text[..end.unwrap_or(text.len())]
}

#[test]
fn accusations_are_just() {
    let accused = |line: &str| {
        let line = line.replace('!', "");
        let found: Vec<_> =
            machine_paths("x", &line).chain(hosts(&line)).chain(addresses(&line)).chain(guids(&line)).collect();
        found.len()
    };
    // The marks keep this file innocent.
    for guilty in [
        "cd /ho!me/me",
        "(/tm!p/x)",
        "C:\\Us!ers\\me",
        "https:!//registry.corp.exam!ple.org/index",
        "me@fabri!kam.com",
        "fabrikam.onmicro!soft.com",
        "01234567-89ab-cdef-!0123-456789abcdef",
    ] {
        assert_eq!(accused(guilty), 1, "{guilty}");
    }
    for innocent in [
        "DIR/.exoimap/tmp/14.1",
        "$HOME/tmp/x ~/work/y",
        "https://outlook.office365.com/.default",
        "https://{host}/x http://localhost:1/ https://127.0.0.1:1/",
        "orders@contoso.com, a@mail.example.com, @contoso.onmicrosoft.com",
        "rest @ .. a@b, job@orders.timer",
        "aaaabbbb-0000-cccc-1111-dddd2222eeee",
    ] {
        assert_eq!(accused(innocent), 0, "{innocent}");
    }
}
