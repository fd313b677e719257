//! The local passwords: a file of names, mailboxes and verifiers.
//!
//! One line per name: `NAME[=MAILBOX] VERIFIER`. The name is a mailbox or an alias of one; `@contoso.com` is every
//! mailbox of a domain; a name with a space in it stands in quotes. The verifier is
//! `$pbkdf2-sha256$i=ROUNDS$SALT$HASH`. There is no clear text in the file.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{hmac, pbkdf2};

use crate::error::{Error, Kind, Phase, Result};
use crate::files;
use crate::secret::Secret;
use crate::threads::lock;

/// The longest name, in bytes.
pub(super) const LONGEST_NAME: usize = 320;

/// The most of a password file, in bytes: some ten thousand names.
const MOST: u64 = 2 << 20;

/// Rounds for a password that a person chose, and for one of ours, which has too many bits to be guessed.
const ROUNDS: u32 = 600_000;
const ROUNDS_OF_OURS: u32 = 10_000;

/// More rounds than this would keep everybody waiting.
const MOST_ROUNDS: u32 = 10_000_000;

/// Characters of a generated password: 142 bits.
const LENGTH: usize = 24;

/// The most sign-ins that are remembered.
const MOST_KNOWN: usize = 10_000;

const ALGORITHM: pbkdf2::Algorithm = pbkdf2::PBKDF2_HMAC_SHA256;

/// The names and verifiers of a file, which is read again when it changes.
pub(crate) struct Passwords {
    path: PathBuf,
    file: Mutex<Arc<Loaded>>,
    /// What the file was when it was read last, also if that failed.
    tried: Mutex<Option<Stamp>>,
    /// One verification at a time: that is what bounds the time that guessing takes from us.
    verifying: Mutex<()>,
    /// Of this process, for `Loaded::known`.
    key: hmac::Key,
}

/// A password file as it was once.
struct Loaded {
    entries: Vec<Entry>,
    /// No password fits it, and to find that out takes as long as for the slowest name.
    nobody: Verifier,
    /// Names and passwords that were right, as HMAC under the key: they need not be verified again.
    known: Mutex<HashSet<Vec<u8>>>,
}

/// What changes when a file does: its time and its length. A pipe can be read only once, and has none.
type Stamp = (SystemTime, u64);

struct Entry {
    /// As it is in the file: a name, or `@` and a domain.
    name: String,
    /// None for the name itself.
    mailbox: Option<String>,
    verifier: Verifier,
}

struct Verifier {
    rounds: NonZeroU32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Passwords {
    /// Reads a password file.
    pub(crate) fn read(path: &Path, deadline: Option<Instant>) -> Result<Passwords> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &random::<32>(path)?);
        // Before it is read: a change meanwhile is seen the next time.
        let tried = Mutex::new(stamp(path));
        let file = Mutex::new(Arc::new(Loaded::read(path, deadline)?));
        Ok(Passwords { path: path.to_owned(), file, tried, verifying: Mutex::default(), key })
    }

    /// How many names there are, and how many of them are whole domains.
    pub(crate) fn count(&self) -> (usize, usize) {
        let file = self.file();
        (file.entries.len(), file.entries.iter().filter(|entry| entry.name.starts_with('@')).count())
    }

    /// Reads the file again if it has changed. One that cannot be read leaves everything as it was.
    pub(super) fn refresh(&self) -> Result<()> {
        let modified = stamp(&self.path);
        let mut tried = lock(&self.tried);
        if modified != *tried {
            // It is not tried again until it changes again.
            *tried = modified;
            *lock(&self.file) = Arc::new(Loaded::read(&self.path, None)?);
        }
        Ok(())
    }

    /// The mailbox that a name and its password open; none if one of them is wrong.
    pub(super) fn mailbox(&self, name: &str, password: &Secret) -> Option<String> {
        let file = self.file();
        let entry = file.find(name).filter(|_| !password.expose().is_empty());
        let both = Secret::new([name.to_ascii_lowercase().as_bytes(), &[0], password.expose()].concat());
        let tag = hmac::sign(&self.key, both.expose()).as_ref().to_vec();
        if entry.is_none() || !lock(&file.known).contains(&tag) {
            let _one = lock(&self.verifying);
            let verifier = entry.map_or(&file.nobody, |entry| &entry.verifier);
            if !verifier.accepts(password) {
                return None;
            }
            let mut known = lock(&file.known);
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
            known.insert(tag);
        }
        Some(entry?.mailbox.clone().unwrap_or_else(|| name.to_owned()))
    }

    fn file(&self) -> Arc<Loaded> {
        Arc::clone(&lock(&self.file))
    }
}

impl Loaded {
    fn read(path: &Path, deadline: Option<Instant>) -> Result<Loaded> {
        let entries = parse(path, &decoded(path, files::read(path, MOST, deadline))?)?;
        let rounds = entries.iter().map(|entry| entry.verifier.rounds).max().unwrap_or(NonZeroU32::MIN);
        let nobody = Verifier { rounds, salt: vec![0; 16], hash: vec![0; 32] };
        Ok(Loaded { entries, nobody, known: Mutex::default() })
    }

    /// The entry of a name, or of its domain if an address is all it is: `"orders"@contoso.com` may be another form of
    /// one with an entry of its own, and a NUL could be taken for the end of the name in `known`.
    fn find(&self, name: &str) -> Option<&Entry> {
        let named = |wanted: &str| self.entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(wanted));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-./=?^_`{|}~".contains(&byte);
        let domain = name.find('@').filter(|at| name.bytes().take(*at).all(plain)).and_then(|at| name.get(at..));
        if name.starts_with('@') { None } else { named(name).or_else(|| domain.and_then(named)) }
    }
}

/// Adds a name, `NAME[=MAILBOX]`, with a generated password, which is returned; a name that is there gets a new one.
pub(crate) fn add(path: &Path, name: &str) -> Result<Secret> {
    // In base64 each character is as likely as any other; without + and / there is none that a client misquotes.
    let random = Secret::new(STANDARD_NO_PAD.encode(random::<96>(path)?));
    let plain = random.expose().iter().copied().filter(u8::is_ascii_alphanumeric);
    let password = Secret::new(plain.take(LENGTH).collect::<Vec<_>>());
    store(path, name, &password, ROUNDS_OF_OURS)?;
    Ok(password)
}

fn random<const N: usize>(path: &Path) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| failed(path, Kind::Local, "no random numbers"))?;
    Ok(bytes)
}

/// Gives a name, `NAME[=MAILBOX]`, this password.
pub(crate) fn set(path: &Path, name: &str, password: &Secret) -> Result<()> {
    store(path, name, password, ROUNDS)
}

fn store(path: &Path, name: &str, password: &Secret, rounds: u32) -> Result<()> {
    let refused =
        || Error::usage(format!("{name:?} is not NAME or NAME=MAILBOX (a NAME with a space in double quotes)"));
    let ((name, mailbox), _) = head(name).filter(|(_, rest)| rest.is_empty()).ok_or_else(refused)?;
    let text = match files::read(path, MOST, None) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => decoded(path, text)?,
    };
    let is_it = |line: &&str| head(line.trim()).is_some_and(|((known, _), _)| known.eq_ignore_ascii_case(&name));
    let mut lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(is_it);
    let old = at.and_then(|at| head(lines.get(at)?.trim())?.0.1);
    let verifier = Verifier::new(NonZeroU32::new(rounds).unwrap_or(NonZeroU32::MIN), &random::<16>(path)?, password);
    let line = format!("{} {}", written(&name, mailbox.or(old).as_deref()), verifier.text());
    match at.and_then(|at| lines.get_mut(at)) {
        Some(old) => *old = &line,
        None => lines.push(&line),
    }
    let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    parse(path, &text)?;
    // The directory of a bare name is the one where we are.
    let replaced = std::path::absolute(path).and_then(|whole| files::replace(&whole, text.as_bytes()));
    replaced.map_err(|e| failed(path, Kind::Local, &e.to_string()))
}

fn decoded(path: &Path, bytes: std::io::Result<Secret>) -> Result<String> {
    let of = || format!("the password file {}", path.display());
    let bytes = bytes.map_err(|e| Error::file(Kind::Usage, Phase::Options, of(), e))?;
    bytes.expose_str().map(str::to_owned).ok_or_else(|| failed(path, Kind::Usage, "it is not UTF-8 text"))
}

fn stamp(path: &Path) -> Option<Stamp> {
    let data = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some((data.modified().ok()?, data.len()))
}

fn parse(path: &Path, text: &str) -> Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let bad = |why: &str| failed(path, Kind::Usage, &format!("line {}: {why}", number + 1));
        let ((name, mailbox), rest) = head(line).ok_or_else(|| bad("not NAME[=MAILBOX] VERIFIER"))?;
        let verifier = Verifier::read(rest.trim()).ok_or_else(|| bad("no verifier that we know"))?;
        if entries.iter().any(|entry| entry.name.eq_ignore_ascii_case(&name)) {
            return Err(bad("the name stands there twice"));
        }
        entries.push(Entry { name, mailbox, verifier });
    }
    Ok(entries)
}

/// `NAME[=MAILBOX]` and what follows it; none for a comment.
fn head(line: &str) -> Option<((String, Option<String>), &str)> {
    let blank = |text: &str| text.find([' ', '\t']).unwrap_or(text.len());
    let (name, rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => line.split_at_checked(line.find('=').map_or(blank(line), |at| at.min(blank(line))))?,
    };
    let (mailbox, rest) = match rest.strip_prefix('=') {
        None => (None, rest),
        Some(rest) => rest.split_at_checked(blank(rest)).map(|(mailbox, rest)| (Some(mailbox.to_owned()), rest))?,
    };
    let is_good = |text: &str| !text.is_empty() && text.len() <= LONGEST_NAME && !text.contains(char::is_control);
    let all_good = is_good(name) && mailbox.as_deref().is_none_or(is_good) && !line.starts_with('#');
    (all_good && !(name.starts_with('@') && mailbox.is_some())).then(|| ((name.to_owned(), mailbox), rest))
}

/// The head of a line as [`head`] reads it.
fn written(name: &str, mailbox: Option<&str>) -> String {
    let name =
        if name.contains([' ', '\t', '=']) || name.starts_with('#') { format!("\"{name}\"") } else { name.to_owned() };
    mailbox.map_or(name.clone(), |mailbox| format!("{name}={mailbox}"))
}

impl Verifier {
    fn new(rounds: NonZeroU32, salt: &[u8], password: &Secret) -> Verifier {
        let mut hash = vec![0; 32];
        pbkdf2::derive(ALGORITHM, rounds, salt, password.expose(), &mut hash);
        Verifier { rounds, salt: salt.to_vec(), hash }
    }

    /// `$pbkdf2-sha256$i=600000$SALT$HASH`
    fn read(text: &str) -> Option<Verifier> {
        let mut parts = text.strip_prefix("$pbkdf2-sha256$i=")?.split('$');
        let rounds = parts.next()?.parse().ok().filter(|rounds: &NonZeroU32| rounds.get() <= MOST_ROUNDS)?;
        let salt = STANDARD_NO_PAD.decode(parts.next()?).ok().filter(|salt| salt.len() >= 8)?;
        let hash = STANDARD_NO_PAD.decode(parts.next()?).ok().filter(|hash| hash.len() == 32)?;
        parts.next().is_none().then_some(Verifier { rounds, salt, hash })
    }

    fn text(&self) -> String {
        let (salt, hash) = (STANDARD_NO_PAD.encode(&self.salt), STANDARD_NO_PAD.encode(&self.hash));
        format!("$pbkdf2-sha256$i={}${salt}${hash}", self.rounds)
    }

    /// True if it is the password, in the same time whatever it is.
    fn accepts(&self, password: &Secret) -> bool {
        pbkdf2::verify(ALGORITHM, self.rounds, &self.salt, password.expose(), &self.hash).is_ok()
    }
}

fn failed(path: &Path, kind: Kind, why: &str) -> Error {
    Error::new(kind, Phase::Options, format!("the password file {}: {why}", path.display()))
}

#[cfg(test)]
#[path = "password_tests.rs"]
mod tests;
