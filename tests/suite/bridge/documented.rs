//! The settings of docs/bridge.md, as they stand there: a test fills in its own places, port and password.

use std::fs;
use std::path::Path;

use crate::dovecot::USER;

/// The first block behind the heading that begins like this.
pub(super) fn block(heading: &str) -> String {
    let page = include_str!("../../../docs/bridge.md");
    let start = format!("\n### {heading}");
    let (_, section) = page.split_once(&start).unwrap_or_else(|| panic!("docs/bridge.md has no {heading:?}"));
    let section = section.split("\n#").next().unwrap();
    let block = section.split("```").nth(1).unwrap_or_else(|| panic!("{heading:?} has no block"));
    block.split_once('\n').unwrap().1.to_owned()
}

/// The block for a relay on this port.
pub(super) fn at_relay(heading: &str, port: u16, password: &str) -> String {
    let block = block(heading);
    assert!(block.contains("1143") && block.contains(USER), "{block}");
    block.replace("1143", &port.to_string()).replace('…', password)
}

/// The block for a tunnel, with its file of settings and its cache below `place`, which is the home too.
pub(super) fn in_tunnel<'a>(
    heading: &str,
    place: &Path,
    settings: impl Iterator<Item = (&'a std::ffi::OsStr, &'a std::ffi::OsStr)>,
) -> String {
    let settings: String = settings.map(|(name, value)| format!("{}={}\n", name.display(), value.display())).collect();
    fs::create_dir_all(place.join(".cache")).unwrap();
    for name in ["orders.env", ".orders.env"] {
        fs::write(place.join(name), &settings).unwrap();
        fs::set_permissions(place.join(name), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
    let block = block(heading);
    assert!(block.contains("exoimap tunnel --env-file"), "{block}");
    block
        .replace("exoimap tunnel", concat!(env!("CARGO_BIN_EXE_exoimap"), " tunnel"))
        .replace("/etc/exoimap/", &format!("{}/", place.display()))
        .replace("/var/cache/exoimap", &format!("{}/.cache/exoimap", place.display()))
}
