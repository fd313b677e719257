//! From options to a session: who, where, the token, the sign-in.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::advice::Facts;
use crate::entra::{AccessToken, Claims, Cloud, EARLY, TokenCache, TokenSource};
use crate::exchange::{Server, Step, check_mailbox, sign_in_by_steps};
use crate::files::open_private;
use crate::imap::{Listener, OnAlert, Session};
use crate::{Error, Kind, Network, Phase, Proxy, Result, Retry, Secret, Stream, Transcript, Trust, text::Escaped};
use clap::ArgMatches;
use clap::parser::ValueSource;

use super::credential::{Described, credential};
use super::environment;
use super::input::{deadline, read_list};
use super::output::{Output, Stderr};

/// What the options and the environment say.
pub(crate) struct Setting {
    /// One, but where a command takes several.
    pub(crate) mailboxes: Vec<String>,
    pub(crate) server: Server,
    pub(crate) network: Network,
    credential: TokenSource,
    described: Described,
    cache: Option<TokenCache>,
    max_wait: Duration,
    pub(crate) deadline: Option<Instant>,
    trace: Trace,
    pub(crate) tenant: Option<String>,
    pub(crate) client_id: Option<String>,
    /// The token, once there is one: all mailboxes share it, and one request serves them all.
    token: Mutex<Option<AccessToken>>,
}

/// Where transcripts go: every session of a run writes to the same places.
#[derive(Clone, Default)]
struct Trace {
    stderr: Option<Arc<Stderr>>,
    file: Option<Arc<Mutex<File>>>,
    /// For a report.
    kept: Option<Arc<Mutex<Vec<u8>>>>,
}

/// The most of a transcript that a report keeps, in bytes.
const MOST_KEPT: usize = 4 << 20;

impl Setting {
    /// Reads and checks everything before anything is tried.
    pub(crate) fn new(arguments: &ArgMatches, needs_mailbox: bool, output: &Output) -> Result<Setting> {
        let text =
            |name: &str| arguments.get_one::<String>(name).map(|text| text.trim()).filter(|text| !text.is_empty());
        let time = |name: &str| arguments.get_one::<Duration>(name).copied();
        let cloud = text("cloud").and_then(Cloud::named).unwrap_or_default();
        let deadline = deadline(arguments);
        let trust = text("ca-file").map_or(Trust::System, |file| Trust::File(file.into()));
        let port = arguments.get_one("port").copied().unwrap_or(993);
        let server = Server::new(text("host").unwrap_or(cloud.imap_host()), port)?;
        let (source, described) = credential(arguments, needs_mailbox, cloud, deadline)?;
        Ok(Setting {
            mailboxes: mailboxes(arguments, deadline)?,
            server,
            network: Network::new(trust)
                .with_timeout(time("timeout").unwrap_or(Duration::from_secs(60)))
                .with_deadline(deadline)
                .with_proxy(proxy(arguments)?),
            credential: source,
            described,
            cache: text("token-cache").map(|dir| TokenCache::open(Path::new(dir))).transpose()?,
            max_wait: time("max-wait").unwrap_or_default(),
            deadline,
            trace: Trace::open(arguments, output)?,
            tenant: text("tenant").map(str::to_owned),
            client_id: text("client-id").map(str::to_owned),
            token: Mutex::new(None),
        })
    }

    /// The mailbox, where a command has one.
    pub(crate) fn mailbox(&self) -> Result<&str> {
        match self.mailboxes.as_slice() {
            [mailbox] => Ok(mailbox),
            [] => Err(Error::usage("missing: the mailbox (--mailbox, EXOIMAP_MAILBOX)")),
            _ => Err(Error::usage("several mailboxes are named, and this can be done with one only (--mailbox)")),
        }
    }

    /// A token: the one at hand where it is good for a while yet, or a new one. `spent` is one that the
    /// server would not have any more.
    pub(crate) fn token(&self, output: &Output, spent: Option<&Secret>, retry: &mut Retry) -> Result<AccessToken> {
        // The second one waits here for the first one's token.
        let mut held = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let known = held.clone().filter(|token| Some(token.secret()) != spent);
        let good_for = |least| {
            let lasts = |end: Instant| end.saturating_duration_since(Instant::now()) > least;
            known.clone().filter(|token| token.expires().is_none_or(lasts))
        };
        if let Some(token) = good_for(EARLY) {
            return Ok(token);
        }
        // The old one is better than a long wait.
        let hurry = good_for(Duration::ZERO).map(|_| Instant::now() + Duration::from_secs(5));
        let end = hurry.into_iter().chain(retry.deadline).min();
        let token = match self.obtain(&|token| Some(token.secret()) != spent, end, retry, output) {
            // Better than none, while there is an outage.
            Err(e) if e.kind() == Kind::Temporary => return good_for(Duration::ZERO).ok_or(e),
            token => token?,
        };
        *held = Some(token.clone());
        Ok(token)
    }

    /// A token that was asked for now, whatever is kept: for a person who looks on.
    pub(crate) fn fresh_token(&self, output: &Output, retry: &mut Retry) -> Result<AccessToken> {
        if let Some(warning) = self.described.warning() {
            output.warn(&warning);
        }
        let token = self.obtain(&|_| false, None, retry, output)?;
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(token)
    }

    fn obtain(
        &self,
        is_wanted: &dyn Fn(&AccessToken) -> bool,
        end: Option<Instant>,
        retry: &mut Retry,
        output: &Output,
    ) -> Result<AccessToken> {
        let network = self.network.clone().with_deadline(end.or(self.deadline));
        output.step(&format!("credential: {}", self.described.detail));
        let tell = &mut |text: &str| output.warn(text);
        match self.cache() {
            Some(cache) => cache.token(&self.credential, is_wanted, &network, retry, tell),
            None => self.credential.request(None, &network, retry, tell).map(|granted| granted.access),
        }
    }

    /// A token that was given is not kept.
    fn cache(&self) -> Option<&TokenCache> {
        self.cache.as_ref().filter(|_| self.token_source() != "given")
    }

    /// What may be waited in all; one for each run, or for each of the threads that wait side by side.
    pub(crate) fn retry<'a>(&self, output: &'a Output) -> Retry<'a> {
        Retry::new(self.max_wait, self.deadline, |why| output.note(why))
    }

    /// What can be said of the credential.
    pub(crate) fn credential(&self) -> &Described {
        &self.described
    }

    /// Where the token comes from.
    pub(crate) fn token_source(&self) -> &'static str {
        match self.credential {
            TokenSource::Token(_) => "given",
            TokenSource::ManagedIdentity(_) => "from the managed identity",
            TokenSource::Application(_) | TokenSource::DeviceCode(_) => "from Entra ID",
        }
    }

    /// What the token says, once there is one.
    pub(crate) fn claims(&self) -> Option<Claims> {
        let held = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().and_then(|token| Claims::of(token.secret()))
    }

    /// Signs in to a mailbox, telling `done` of each step; in fewer turns (`is_short`) if a folder is opened next.
    pub(crate) fn sign_in(
        &self,
        mailbox: &str,
        token: &AccessToken,
        output: &Output,
        is_short: bool,
        end: Option<Instant>,
        done: &mut dyn FnMut(Step),
    ) -> Result<Session<Stream>> {
        let network = self.network.clone().with_deadline(end);
        let listener = self.listener(mailbox, output);
        sign_in_by_steps(&network, &self.server, mailbox, token.secret(), listener, is_short, done)
            .inspect_err(|e| self.forget_refused(token, e))
    }

    /// The dialogues so far, where a report wants them.
    pub(crate) fn dialogue(&self) -> String {
        let kept = self.trace.kept.as_ref().map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner).clone());
        String::from_utf8_lossy(&kept.unwrap_or_default()).into_owned()
    }

    /// What a connection says goes to the transcript, and what people must see of it to stderr, once a run.
    fn listener(&self, mailbox: &str, output: &Output) -> Listener {
        let transcript = self.trace.is_wanted().then(|| Transcript::new(self.trace.clone()));
        let whose = if self.mailboxes.len() > 1 { format!("{mailbox}: ") } else { String::new() };
        let stderr = Arc::clone(&output.stderr);
        let on_alert: OnAlert = Box::new(move |alert| {
            stderr.say_once(&format!("exoimap: {}", Escaped(&format!("{whose}the server says: {alert}"))))
        });
        Listener { transcript, on_alert: Some(on_alert), ..Listener::default() }
    }

    /// What an administrator grants now is in the next token, not in the one that is kept.
    fn forget_refused(&self, token: &AccessToken, e: &Error) {
        let is_refused = (e.phase(), e.kind()) == (Phase::Authenticate, Kind::Refused);
        if let Some(cache) = self.cache().filter(|_| is_refused) {
            cache.forget(&self.credential, token.secret());
        }
    }

    /// What hints about a mailbox are filled in with.
    pub(crate) fn facts(&self, mailbox: Option<&str>) -> Facts {
        Facts {
            mailbox: mailbox.unwrap_or("<mailbox>").to_owned(),
            host: self.server.host.clone(),
            tenant: self.tenant.clone(),
            client_id: self.client_id.clone(),
            claims: self.claims(),
        }
    }
}

impl Trace {
    /// `-` is stderr.
    fn open(arguments: &ArgMatches, output: &Output) -> Result<Trace> {
        let named = |name: &str| arguments.try_get_one::<String>(name).ok().flatten().map(String::as_str);
        let mut trace = Trace { kept: named("report").map(|_| Arc::default()), ..Trace::default() };
        match named("trace") {
            None => {}
            Some("") => return Err(Error::usage("--trace= names no file; without the = it is stderr")),
            Some("-") => trace.stderr = Some(Arc::clone(&output.stderr)),
            Some(file) => {
                let failed = |e| Error::file(Kind::Local, Phase::Options, format!("opening {file} (--trace)"), e);
                let opened = open_private(Path::new(file), false, deadline(arguments)).map_err(failed)?;
                trace.file = Some(Arc::new(Mutex::new(opened)));
            }
        }
        Ok(trace)
    }

    fn is_wanted(&self) -> bool {
        self.stderr.is_some() || self.file.is_some() || self.kept.is_some()
    }
}

impl Write for Trace {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(kept) = &self.kept {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let room = MOST_KEPT.saturating_sub(kept.len()).min(bytes.len());
            kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
        if let Some(file) = &self.file {
            file.lock().unwrap_or_else(PoisonError::into_inner).write_all(bytes)?;
        }
        if let Some(stderr) = &self.stderr {
            String::from_utf8_lossy(bytes).lines().for_each(|line| stderr.say(line));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `--proxy` says, else what the environment does.
fn proxy(arguments: &ArgMatches) -> Result<Option<Proxy>> {
    let Some(url) = arguments.get_one::<String>("proxy").map(|url| url.trim()) else {
        return Proxy::from_environment(environment::value);
    };
    // curl's users write the first.
    if matches!(url, "" | "none") {
        return Ok(None);
    }
    // Every user of this machine sees the arguments; what they hold is not said again.
    if url.contains('@') {
        return Err(Error::usage(
            "--proxy holds a user or a password, which everybody could see in the list of processes: name that proxy in EXOIMAP_PROXY, in the environment or a file (--env-file)",
        ));
    }
    Ok(Some(Proxy::parse(url, "--proxy")?.except(&Proxy::exceptions(environment::value))))
}

/// The mailboxes that are named, each once; options count more than the environment.
pub(crate) fn mailboxes(arguments: &ArgMatches, deadline: Option<Instant>) -> Result<Vec<String>> {
    let named = arguments.get_many::<String>("mailbox").into_iter().flatten().map(|text| text.trim().to_owned());
    let mut named: Vec<String> = named.filter(|text| !text.is_empty()).collect();
    if let Ok(Some(list)) = arguments.try_get_one::<String>("mailboxes") {
        if arguments.value_source("mailbox") != Some(ValueSource::CommandLine) {
            named.clear();
        }
        let listed = read_list(list, deadline)?;
        listed.iter().try_for_each(|(line, item)| check_listed(list, *line, item))?;
        named.extend(listed.into_iter().map(|(_, item)| item));
    }
    let mut known = HashSet::new();
    // As `fetch` names their directories.
    named.retain(|mailbox| known.insert(mailbox.to_lowercase()));
    let checked = named.iter().try_for_each(|mailbox| check_mailbox(mailbox));
    checked.map_err(|e| named_by(&e, "--mailbox, EXOIMAP_MAILBOX"))?;
    Ok(named)
}

/// An entry of `--mailboxes`, blamed with its place.
fn check_listed(list: &str, line: usize, item: &str) -> Result<()> {
    let Err(error) = check_mailbox(item) else { return Ok(()) };
    let list = if list == "-" { "stdin" } else { list };
    let is_table = item.contains([',', ';', '\t']) || !item.contains('@');
    let form = if is_table { "; this list has one address per line, without a header" } else { "" };
    Err(Error::usage(format!("{list}, line {line}: {}{form} (--mailboxes)", words(&error))))
}

/// A usage error of the library with the options that gave the value.
pub(crate) fn named_by(error: &Error, options: &str) -> Error {
    Error::usage(format!("{} ({options})", words(error)))
}

/// The words of an error without its phase.
fn words(error: &Error) -> String {
    let text = error.to_string();
    text.strip_prefix("options: ").unwrap_or(&text).to_owned()
}
