//! Warnings before anything is tried: a file with a secret that others can read, settings of different clouds.

use crate::Secret;
use crate::entra::{Cloud, disagreement};
use crate::text::may_be_secret;
use clap::ArgMatches;

use super::environment;
use super::options::{self, Kind};

/// Guards secrets, and what does not look like a path where one is named: it may be the secret itself.
pub(crate) fn guard_secrets(arguments: &ArgMatches) {
    for entry in options::all() {
        let given = arguments.try_get_one::<String>(entry.name).ok().flatten().cloned();
        let Some(value) = given.or_else(|| environment::value(entry.env)) else { continue };
        let is_secret = match (entry.kind, entry.value) {
            (Kind::Secret, _) => true,
            (Kind::SecretFile | Kind::Private, "FILE" | "DIR") => !is_plainly_a_path(&value),
            (_, "FILE" | "URL") => may_be_secret(&value) && !is_plainly_a_path(&value),
            _ => false,
        };
        if is_secret {
            Secret::new(value).guard();
        }
    }
}

fn is_plainly_a_path(value: &str) -> bool {
    let path = std::path::Path::new(value);
    let ending = path.extension().unwrap_or_default().as_encoded_bytes();
    let has_ending = (1..=10).contains(&ending.len()) && ending.iter().all(u8::is_ascii_alphabetic);
    path.exists() || path.is_absolute() || value.starts_with(['.', '~']) || (has_ending && !may_be_secret(value))
}

/// Files of secrets that others than their owner can read.
pub(crate) fn exposed_files(arguments: &ArgMatches) -> Vec<String> {
    let named = |name: &str| arguments.try_get_one::<String>(name).ok().flatten().map(String::as_str);
    let of_kind = |kinds: &'static [Kind]| options::all().filter(|entry| kinds.contains(&entry.kind));
    let mut secrets = of_kind(&[Kind::Secret, Kind::Proxy]);
    let settings = named("env-file").filter(|_| secrets.any(|entry| environment::of_file(entry.env).is_some()));
    // A certificate is public if its key has a file of its own.
    let is_public = |name: &str| name == "certificate" && named("certificate-key").is_some_and(|key| !key.is_empty());
    let files = of_kind(&[Kind::SecretFile]).map(|entry| entry.name);
    let files = files.filter(|name| !is_public(name)).filter_map(named);
    files.chain(settings).filter_map(exposed).collect()
}

/// A pipe, a terminal, standard input are nobody else's; what root owns and hands to a group, as systemd
/// does with a credential, is meant so.
#[cfg(unix)]
fn exposed(file: &str) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let data = std::fs::metadata(file).ok().filter(std::fs::Metadata::is_file)?;
    if file.starts_with("/dev/") || file.starts_with("/proc/") {
        return None;
    }
    let mode = data.mode() & 0o7777;
    let readers = match mode {
        _ if mode & 0o004 != 0 => "everybody",
        _ if mode & 0o040 != 0 && data.uid() != 0 => "its group",
        _ => return None,
    };
    Some(format!("the secret in {file} can be read by {readers} (mode {mode:04o}): chmod 600 {file}"))
}

#[cfg(not(unix))]
fn exposed(_: &str) -> Option<String> {
    None
}

/// Secrets with quotes around them: Docker's and other env-files keep them.
pub(crate) fn quoted_secrets() -> Vec<String> {
    let secrets = options::all().filter(|entry| entry.kind == Kind::Secret);
    let quoted = secrets.filter(|entry| {
        let value = environment::value(entry.env).unwrap_or_default();
        let quote = value.chars().next().filter(|c| "\"'".contains(*c));
        value.len() > 2 && quote.is_some_and(|quote| value.ends_with(quote))
    });
    quoted.map(|entry| format!("the value of {} begins and ends with a quote: remove them", entry.env)).collect()
}

/// Settings that no cloud has together; `asks` is false where no authority is asked for a token: one is at
/// hand, or the machine's own cloud gives it.
pub(crate) fn clouds(arguments: &ArgMatches, asks: bool) -> Option<String> {
    let text = |name: &str| arguments.get_one::<String>(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let cloud = text("cloud").and_then(Cloud::named).unwrap_or_default();
    let authority = asks.then(|| text("authority-host").unwrap_or(cloud.authority()));
    let host = text("host").unwrap_or(cloud.imap_host());
    let scope =
        asks.then(|| text("scope").map_or_else(|| format!("https://{}/.default", cloud.imap_host()), str::to_owned));
    disagreement(authority.unwrap_or_default(), scope.as_deref().unwrap_or_default(), host)
        .map(|said| format!("{said}; name one (--cloud)"))
}
