//! Tokens kept between runs, for a program that starts every minute and needs no new one each time.
//!
//! A file for each who asks for what: its name is a hash of the words that anybody may read (method,
//! authority, tenant, application, scope), its content holds the token and the mark of the credential
//! that got it, so that another credential never finds it. The mark is an HMAC under a key that is drawn
//! for each writing: it says "the same" and nothing else. Files are their owner's alone, replaced as a
//! whole, and a lock beside each lets one of many runs ask and the others read what it got.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac};
use serde_json::{Value, json};

use super::certificate::{hex, no_chance};
use super::device_code::said;
use super::{AccessToken, Application, DeviceCode, Granted, ManagedIdentity};
use crate::calendar;
use crate::error::{Error, Kind, Phase, Result};
use crate::net::Network;
use crate::patience::Patience;
use crate::secret::Secret;

/// A token that ends sooner is renewed, in seconds.
const EARLY: i64 = 300;

/// The longest that a token is believed to be good for, in seconds: longer is a clock that jumped.
const LONGEST: i64 = 2 * 86_400;

/// The most of a file, in octets.
const MOST: u64 = 256 * 1024;

/// How often a lock that somebody holds is tried.
const AGAIN: Duration = Duration::from_millis(25);

/// A directory in which tokens are kept.
#[derive(Clone, Debug)]
pub struct TokenCache {
    dir: PathBuf,
}

/// Who asks for a token, and how.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum TokenSource<'a> {
    /// An application proves itself.
    Application(&'a Application),
    /// The machine vouches.
    ManagedIdentity(&'a ManagedIdentity),
    /// A person signed in, or does now.
    DeviceCode(&'a DeviceCode),
}

/// What a run wants of the cache.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// A token that was asked for now, whatever is kept.
    pub fresh: bool,
    /// Not this one: the server would not have it any more.
    pub spent: Option<&'a Secret>,
}

impl TokenCache {
    /// Opens a directory, made where it is missing; nobody else may write into it.
    pub fn open(dir: &Path) -> Result<TokenCache> {
        let refused =
            |doing: &str, e| Error::disk(format!("{doing} the token cache {} (--token-cache)", dir.display()), e);
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir).map_err(|e| refused("making", e))?;
        let data = fs::metadata(dir).map_err(|e| refused("looking at", e))?;
        if mode(&data) & 0o022 != 0 {
            let message = format!(
                "others may write into the token cache {}: chmod go-w it, or name another directory (--token-cache)",
                dir.display()
            );
            return Err(Error::usage(message));
        }
        Ok(TokenCache { dir: dir.to_owned() })
    }

    /// The token that is kept, or a new one; `tell` is told what a person must know.
    pub fn token(
        &self,
        source: TokenSource,
        wanted: Wanted,
        network: &Network,
        patience: &mut Patience,
        tell: &mut dyn FnMut(&str),
    ) -> Result<AccessToken> {
        let entry = self.entry(source)?;
        let good = |kept: Option<Kept>| {
            let token = kept?.access_token()?;
            (!wanted.fresh && Some(token.secret()) != wanted.spent).then_some(token)
        };
        if let Some(token) = good(entry.read(&mut |_| {})) {
            return Ok(token);
        }
        // Whoever comes second waits here and reads what the first one got.
        let lock = entry.lock(network.timeout(), patience);
        let busy = matches!(lock, Lock::Busy);
        let kept = entry.read(tell);
        if let Some(token) = good(kept.clone()) {
            return Ok(token);
        }
        if busy && matches!(source, TokenSource::DeviceCode(_)) {
            let message = "another run is waiting for somebody to sign in with a device code";
            return Err(Error::new(Kind::Temporary, Phase::Token, message));
        }
        let granted = request(source, kept.and_then(|kept| kept.refresh), network, patience, tell)?;
        if let Err(e) = entry.write(&granted) {
            tell(&format!("the token is not kept: {e}"));
        }
        Ok(granted.access)
    }

    /// Drops a token that was of no use, so that the next run asks for another; what a person's sign-in
    /// left stays.
    pub fn forget(&self, source: TokenSource, token: &Secret) {
        let Ok(entry) = self.entry(source) else { return };
        if let Some(kept) = entry.read(&mut |_| {}).filter(|kept| kept.access == *token) {
            let _ = match kept.refresh {
                Some(refresh) => entry.write(&Granted {
                    access: AccessToken::good_until(kept.access, Some(Instant::now())),
                    refresh: Some(refresh),
                }),
                None => fs::remove_file(&entry.file).map_err(|e| Error::disk("forgetting a token", e)),
            };
        }
    }

    fn entry(&self, source: TokenSource) -> Result<Entry> {
        let (words, credential) = match source {
            TokenSource::Application(application) => application.key()?,
            TokenSource::ManagedIdentity(identity) => (identity.key(), Secret::new("")),
            TokenSource::DeviceCode(person) => (person.key(), Secret::new("")),
        };
        let hash = hex(digest::digest(&digest::SHA256, words.as_bytes()).as_ref()).to_lowercase();
        let stem = format!("token-{}", hash.get(..32).unwrap_or(&hash));
        let [file, lock] = ["json", "lock"].map(|end| self.dir.join(format!("{stem}.{end}")));
        Ok(Entry { file, lock, words, credential })
    }
}

impl TokenSource<'_> {
    /// A new token, without a cache: a person has to sign in each time.
    pub fn request_token(
        self,
        network: &Network,
        patience: &mut Patience,
        tell: &mut dyn FnMut(&str),
    ) -> Result<AccessToken> {
        request(self, None, network, patience, tell).map(|granted| granted.access)
    }
}

/// A new token; a person's refresh token spares the person.
fn request(
    source: TokenSource,
    refresh: Option<Secret>,
    network: &Network,
    patience: &mut Patience,
    tell: &mut dyn FnMut(&str),
) -> Result<Granted> {
    let alone = |access| Granted { access, refresh: None };
    match source {
        TokenSource::Application(application) => application.request_token(network, patience).map(alone),
        TokenSource::ManagedIdentity(identity) => identity.request_token(network, patience).map(alone),
        TokenSource::DeviceCode(person) => {
            let Some(refresh) = refresh else { return person.sign_in(network, patience, tell) };
            match person.refresh(network, patience, &refresh) {
                // Entra may keep the refresh token as it was, and then names none.
                Ok(granted) => Ok(Granted { refresh: granted.refresh.or(Some(refresh)), ..granted }),
                Err(e) if said(&e, "invalid_grant") => {
                    tell(&format!("the sign-in that was kept is over, somebody must sign in anew: {e}"));
                    person.sign_in(network, patience, tell)
                }
                Err(e) => Err(e),
            }
        }
    }
}

/// The place of one kind of token.
struct Entry {
    file: PathBuf,
    lock: PathBuf,
    words: String,
    credential: Secret,
}

/// What a file holds.
#[derive(Clone)]
struct Kept {
    access: Secret,
    /// Seconds since 1970.
    expires: i64,
    refresh: Option<Secret>,
}

impl Kept {
    fn access_token(&self) -> Option<AccessToken> {
        let left = self.expires - calendar::now();
        let left = (EARLY < left && left <= LONGEST).then(|| u64::try_from(left).ok()).flatten()?;
        Some(AccessToken::good_until(self.access.clone(), Instant::now().checked_add(Duration::from_secs(left))))
    }
}

impl Entry {
    /// What is kept for this credential; what is no good is said and treated as nothing.
    fn read(&self, tell: &mut dyn FnMut(&str)) -> Option<Kept> {
        let file = File::open(&self.file).ok()?;
        let mut ignored = |why: &str| {
            tell(&format!("the token cache's {} is ignored and written anew: {why}", self.file.display()));
            None
        };
        match file.metadata() {
            Ok(data) if mode(&data) & 0o077 != 0 => return ignored("others may read it"),
            _ => {}
        }
        let mut octets = Vec::new();
        let read = file.take(MOST).read_to_end(&mut octets);
        let octets = Secret::new(octets);
        if let Err(e) = read {
            return ignored(&e.to_string());
        }
        match serde_json::from_slice(octets.expose()).ok().and_then(|json| self.kept(&json)) {
            Some((kept, true)) => Some(kept),
            Some((_, false)) => None,
            None => ignored("it is damaged"),
        }
    }

    /// The entry, and whether it is this credential's.
    fn kept(&self, json: &Value) -> Option<(Kept, bool)> {
        let text = |name: &str| json.get(name).and_then(Value::as_str);
        let octets = |name: &str| STANDARD.decode(text(name)?).ok();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &octets("key")?);
        let is_ours = hmac::verify(&key, self.credential.expose(), &octets("credential")?).is_ok();
        let token = |name: &str| {
            text(name).filter(|token| !token.is_empty() && token.bytes().all(|octet| matches!(octet, 0x21..=0x7e)))
        };
        let access = Secret::new(token("access_token")?);
        let refresh = match json.get("refresh_token") {
            None => None,
            Some(_) => Some(Secret::new(token("refresh_token")?)),
        };
        let kept = Kept { access, expires: json.get("expires")?.as_i64()?, refresh };
        Some((kept, is_ours && text("for")? == self.words))
    }

    fn write(&self, granted: &Granted) -> Result<()> {
        let mut key = [0; 32];
        SystemRandom::new().fill(&mut key).map_err(|_| no_chance())?;
        let mark = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), self.credential.expose());
        let left = granted.access.expires().map_or(0, |end| end.saturating_duration_since(Instant::now()).as_secs());
        let mut json = json!({
            "for": self.words,
            "key": STANDARD.encode(key),
            "credential": STANDARD.encode(mark),
            "expires": calendar::now().saturating_add_unsigned(left),
            "access_token": granted.access.secret().expose_str(),
        });
        if let (Some(refresh), Some(fields)) = (&granted.refresh, json.as_object_mut()) {
            fields.insert("refresh_token".to_owned(), json!(refresh.expose_str()));
        }
        let text = Secret::new(format!("{json:#}\n"));
        let new = self.file.with_extension(format!("{}.new", std::process::id()));
        let written = write_private(&new, &text).and_then(|()| fs::rename(&new, &self.file));
        written.map_err(|e| {
            let _ = fs::remove_file(&new);
            Error::disk(format!("writing {}", self.file.display()), e)
        })
    }

    /// The lock, once nobody else has it, waited for as long as `most`.
    fn lock(&self, most: Duration, patience: &Patience) -> Lock {
        let mut options = File::options();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let Ok(file) = options.open(&self.lock) else { return Lock::Unknown };
        let end = Instant::now() + most;
        loop {
            match file.try_lock() {
                Ok(()) => return Lock::Ours { _file: file },
                Err(TryLockError::WouldBlock) if Instant::now() < end && patience.stand_by(AGAIN) => {}
                Err(TryLockError::WouldBlock) => return Lock::Busy,
                Err(TryLockError::Error(_)) => return Lock::Unknown,
            }
        }
    }
}

/// Who may ask just now. Without it everybody asks for themselves, which costs a request and no more.
enum Lock {
    /// We, until this is dropped.
    Ours { _file: File },
    /// Another run.
    Busy,
    /// The file system knows no locks, or the directory cannot be written to.
    Unknown,
}

/// A new file that is its owner's alone from the first octet on.
fn write_private(path: &Path, text: &Secret) -> std::io::Result<()> {
    // Left behind by a run that was killed, and only this process has that number now.
    let _ = fs::remove_file(path);
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.expose())?;
    file.sync_all()
}

/// Who may read and write; on Windows the directory's own rights decide.
fn mode(data: &fs::Metadata) -> u32 {
    #[cfg(unix)]
    return std::os::unix::fs::MetadataExt::mode(data);
    #[cfg(not(unix))]
    {
        let _ = data;
        0
    }
}
