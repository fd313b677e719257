//! Tokens kept between runs, for a program that starts every minute and needs no new one each time.
//!
//! One file per question and credential: its name is a hash of the words that anybody may read (method, authority,
//! tenant, application, scope) and of the credential, so that another credential never finds it. Files are their
//! owner's alone, replaced as a whole, and a lock beside each lets one of many runs ask and the others read what it got.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ring::digest;
use serde_json::{Value, json};

use super::certificate::hex;
use super::device_code::said;
use super::{AccessToken, Application, DeviceCode, EARLY, Granted, ManagedIdentity};
use crate::calendar;
use crate::error::{Error, Kind, Phase, Result};
use crate::files::{self, Lock, Mode};
use crate::net::Network;
use crate::retry::Retry;
use crate::secret::Secret;

/// The longest that a token is believed to be good for, in seconds: longer is a clock that jumped.
const LONGEST: i64 = 2 * 86_400;

/// Bytes of a file at most.
const MOST: u64 = 256 * 1024;

/// Of what a file holds; a later one is another program's affair.
const VERSION: i64 = 1;

/// How often a lock that somebody holds is tried.
const AGAIN: Duration = Duration::from_millis(25);

/// A directory in which tokens are kept.
#[derive(Clone, Debug)]
pub(crate) struct TokenCache {
    dir: PathBuf,
}

/// Where a token comes from.
#[derive(Debug)]
pub(crate) enum TokenSource {
    /// It was given, and nobody is asked.
    Token(Secret),
    /// An application proves itself.
    Application(Box<Application>),
    /// The machine vouches.
    ManagedIdentity(Box<ManagedIdentity>),
    /// A person signed in, or does now.
    DeviceCode(Box<DeviceCode>),
}

impl TokenCache {
    /// Opens a directory, created if it is missing; it must be ours, and nobody else may write into it.
    pub(crate) fn open(dir: &Path) -> Result<TokenCache> {
        let refused = |e| Error::disk(format!("opening the token cache {}", dir.display()), e);
        files::make_dir(dir, Mode::PRIVATE).map_err(refused)?;
        let data = fs::metadata(dir).map_err(refused)?;
        let why = match files::permissions(&data) & 0o022 != 0 {
            true => "others may write into it: chmod go-w it",
            false if !files::is_ours(dir).map_err(refused)? => "it belongs to another account",
            false => return Ok(TokenCache { dir: dir.to_owned() }),
        };
        Err(Error::usage(format!(
            "the token cache {} cannot be trusted: {why}, or name another directory",
            dir.display()
        )))
    }

    /// The token that is kept, if it `is_wanted`, or a new one; `tell` hears what a person must know.
    pub(crate) fn token(
        &self,
        source: &TokenSource,
        is_wanted: &dyn Fn(&AccessToken) -> bool,
        network: &Network,
        retry: &mut Retry,
        tell: &mut dyn FnMut(&str),
    ) -> Result<AccessToken> {
        let entry = self.entry(source);
        let good = |kept: Option<Kept>| kept?.access_token().filter(is_wanted);
        if let Some(token) = good(entry.read(&mut |_| {})?) {
            return Ok(token);
        }
        // The second run waits here and reads what the first one got.
        let lock = entry.lock(network.timeout(), retry);
        let kept = entry.read(tell)?;
        if let Some(token) = good(kept.clone()) {
            return Ok(token);
        }
        if matches!(lock, Ok(None)) && matches!(source, TokenSource::DeviceCode(_)) {
            let message = "another run is waiting for somebody to sign in with a device code";
            return Err(Error::new(Kind::Temporary, Phase::Token, message));
        }
        let granted = source.request(kept.and_then(|kept| kept.refresh), network, retry, tell)?;
        let written = lock.and_then(|lock| lock.map_or(Ok(()), |lock| entry.write(&granted, &lock)));
        if let Err(e) = written {
            tell(&format!("the token is not kept: {e}"));
        }
        Ok(granted.access)
    }

    /// Drops a token that was of no use, so that the next run asks for another; what a person's sign-in left stays.
    pub(crate) fn forget(&self, source: &TokenSource, token: &Secret) {
        let entry = self.entry(source);
        // Another run that has the lock is about to replace it.
        let Ok(Some(lock)) = Lock::take(&entry.lock) else { return };
        if let Ok(Some(kept)) = entry.read(&mut |_| {})
            && kept.access == *token
        {
            let access = AccessToken::good_until(kept.access, Some(Instant::now()));
            let _ = entry.write(&Granted { access, refresh: kept.refresh }, &lock);
        }
    }

    fn entry(&self, source: &TokenSource) -> Entry {
        let (words, credential) = match source {
            TokenSource::Token(token) => ("given".to_owned(), token.clone()),
            TokenSource::Application(application) => application.key(),
            TokenSource::ManagedIdentity(identity) => (identity.key(), Secret::new("")),
            TokenSource::DeviceCode(person) => (person.key(), Secret::new("")),
        };
        let key = Secret::new([words.as_bytes(), b"\0", credential.expose()].concat());
        let hash = hex(digest::digest(&digest::SHA256, key.expose()).as_ref()).to_lowercase();
        let stem = format!("token-{}", hash.get(..32).unwrap_or(&hash));
        let [file, lock] = ["json", "lock"].map(|end| self.dir.join(format!("{stem}.{end}")));
        Entry { file, lock, words }
    }
}

impl TokenSource {
    /// A new token; a person who has no refresh token has to sign in.
    pub(crate) fn request(
        &self,
        refresh: Option<Secret>,
        network: &Network,
        retry: &mut Retry,
        tell: &mut dyn FnMut(&str),
    ) -> Result<Granted> {
        let alone = |access| Granted { access, refresh: None };
        let (person, refresh) = match (self, refresh) {
            (TokenSource::Token(token), _) => return Ok(alone(AccessToken::good_until(token.clone(), None))),
            (TokenSource::Application(application), _) => return application.request_token(network, retry).map(alone),
            (TokenSource::ManagedIdentity(identity), _) => return identity.request_token(network, retry).map(alone),
            (TokenSource::DeviceCode(person), None) => return person.sign_in(network, retry, tell),
            (TokenSource::DeviceCode(person), Some(refresh)) => (person, refresh),
        };
        match person.refresh(network, retry, &refresh) {
            // Entra may keep the refresh token as it was, and then names none.
            Ok(granted) => Ok(Granted { refresh: granted.refresh.or(Some(refresh)), ..granted }),
            Err(e) if said(&e, "invalid_grant") => {
                tell(&format!("the sign-in that was kept is over, somebody must sign in again: {e}"));
                person.sign_in(network, retry, tell)
            }
            Err(e) => Err(e),
        }
    }
}

/// The place of one kind of token.
struct Entry {
    file: PathBuf,
    lock: PathBuf,
    words: String,
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
        let left = Duration::from_secs(u64::try_from(left).ok().filter(|_| left <= LONGEST)?);
        (left > EARLY).then(|| AccessToken::good_until(self.access.clone(), Instant::now().checked_add(left)))
    }
}

impl Entry {
    /// What is kept; what is damaged is said and treated as nothing, what a later version has written is an error.
    fn read(&self, tell: &mut dyn FnMut(&str)) -> Result<Option<Kept>> {
        let file = self.file.display();
        let mut ignored = |why: &str| {
            tell(&format!("{file} in the token cache is ignored and will be replaced: {why}"));
            Ok(None)
        };
        match self.file.symlink_metadata() {
            Err(_) => return Ok(None),
            Ok(data) if files::permissions(&data) & 0o077 != 0 => return ignored("others may read it"),
            Ok(_) => {}
        }
        let bytes = match files::read_own(&self.file, MOST) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(None),
            Err(e) => return ignored(&e.to_string()),
        };
        let json: Value = serde_json::from_slice(bytes.expose()).unwrap_or_default();
        if json.get("version").and_then(Value::as_i64).is_some_and(|version| version > VERSION) {
            let message =
                format!("{file} was written by a later version: name another token cache, or use that version");
            return Err(Error::usage(message));
        }
        self.kept(&json).map_or_else(|| ignored("it is damaged"), |kept| Ok(Some(kept)))
    }

    fn kept(&self, json: &Value) -> Option<Kept> {
        let text = |name: &str| json.get(name).and_then(Value::as_str);
        let token = |name: &str| {
            let token = text(name)?;
            let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
            is_token.then(|| Secret::new(token))
        };
        let refresh = match json.get("refresh_token") {
            None => None,
            Some(_) => Some(token("refresh_token")?),
        };
        let kept = Kept { access: token("access_token")?, expires: json.get("expires")?.as_i64()?, refresh };
        (json.get("version")?.as_i64()? == VERSION && text("for")? == self.words).then_some(kept)
    }

    /// Who writes has the lock. A token that no later run would take is not left there.
    fn write(&self, granted: &Granted, _: &Lock) -> Result<()> {
        let left = granted.access.expires().map_or(0, |end| end.saturating_duration_since(Instant::now()).as_secs());
        let failed = |e| Error::disk(format!("writing {}", self.file.display()), e);
        if granted.refresh.is_none() && left <= EARLY.as_secs() {
            return if self.file.exists() { fs::remove_file(&self.file).map_err(failed) } else { Ok(()) };
        }
        let mut json = json!({
            "version": VERSION,
            "for": self.words,
            "expires": calendar::now().saturating_add_unsigned(left),
            "access_token": granted.access.secret().expose_str(),
        });
        if let (Some(refresh), Some(fields)) = (&granted.refresh, json.as_object_mut()) {
            fields.insert("refresh_token".to_owned(), json!(refresh.expose_str()));
        }
        let text = Secret::new(format!("{json:#}\n"));
        files::replace(&self.file, text.expose()).map_err(failed)
    }

    /// The lock, waited for up to `most`; none if another run has it for longer. An error, because the file system has
    /// no locks or the directory is read-only, costs a request in each run and no more.
    fn lock(&self, most: Duration, retry: &Retry) -> Result<Option<Lock>> {
        let end = Instant::now() + most;
        loop {
            let taken = Lock::take(&self.lock);
            match taken.map_err(|e| Error::disk(format!("locking {}", self.lock.display()), e))? {
                None if Instant::now() < end && retry.stand_by(AGAIN) => {}
                lock => return Ok(lock),
            }
        }
    }
}
