//! From options to a session: who, where, the token, the sign-in, and the next session after one that broke.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::advice::{Facts, hints};
use crate::entra::{AccessToken, Claims, EARLY, TokenCache, TokenSource};
use crate::exchange::{Server, Step, Work, check_mailbox, persist, sign_in_by_steps, try_sessions};
use crate::imap::{Listener, OnAlert, Session};
use crate::threads::lock;
use crate::{Error, Kind, Network, Phase, Proxy, Result, Retry, Secret, Stream, Transcript, Trust};

use super::credential::{Endpoints, Known, credential};
use super::input::read_list;
use super::output::open;
use super::{Arguments, Exit, Output, environment};

/// What the options and the environment say.
pub(crate) struct Setting {
    pub(crate) output: Arc<Output>,
    /// One, unless a command takes several.
    pub(crate) mailboxes: Vec<String>,
    pub(crate) server: Server,
    pub(crate) network: Network,
    pub(crate) credential: Known,
    cache: Option<TokenCache>,
    max_wait: Duration,
    pub(crate) deadline: Option<Instant>,
    trace: Trace,
    pub(crate) tenant: Option<String>,
    pub(crate) client_id: Option<String>,
    /// The token, once there is one: all mailboxes share it, and one request serves them all.
    token: Mutex<Option<AccessToken>>,
}

impl Setting {
    /// Reads and checks everything before anything is tried.
    pub(crate) fn new(arguments: &Arguments, output: &Arc<Output>, needs_mailbox: bool) -> Result<Setting> {
        let text = |name: &str| arguments.text(name).map(str::to_owned);
        let deadline = arguments.deadline();
        let trust = text("ca-file").map_or(Trust::System, |file| Trust::File(file.into()));
        let server = Server::new(Endpoints::new(arguments).host, arguments.value("port"))?;
        Ok(Setting {
            credential: credential(arguments, needs_mailbox)?,
            mailboxes: mailboxes(arguments)?,
            server,
            network: Network::new(trust)
                .with_timeout(arguments.value("timeout"))
                .with_deadline(deadline)
                .with_proxy(proxy(arguments)?),
            cache: text("token-cache").map(|dir| TokenCache::open(Path::new(&dir))).transpose()?,
            max_wait: arguments.value("max-wait"),
            deadline,
            trace: Trace::open(arguments, output)?,
            tenant: text("tenant"),
            client_id: text("client-id"),
            token: Mutex::new(None),
            output: Arc::clone(output),
        })
    }

    /// The mailbox of a command that has one.
    pub(crate) fn mailbox(&self) -> Result<&str> {
        match self.mailboxes.as_slice() {
            [mailbox] => Ok(mailbox),
            [] => Err(Error::of_setting("mailbox", "missing: the mailbox")),
            _ => Err(Error::of_setting("mailbox", "several mailboxes are named, and this can be done with one only")),
        }
    }

    /// A token: the one at hand if it is good for a while yet, or a new one. `spent` is one that the
    /// server would not have any more.
    pub(crate) fn token(&self, spent: Option<&Secret>, retry: &mut Retry) -> Result<AccessToken> {
        // The second one waits here for the first one's token.
        let mut held = lock(&self.token);
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
        let token = match self.obtain(&|token| Some(token.secret()) != spent, end, retry) {
            // Better than none, while there is an outage.
            Err(e) if e.kind() == Kind::Temporary => return good_for(Duration::ZERO).ok_or(e),
            token => token?,
        };
        *held = Some(token.clone());
        Ok(token)
    }

    /// A token that was asked for now, whatever is kept: for a person who looks on.
    pub(crate) fn fresh_token(&self, retry: &mut Retry) -> Result<AccessToken> {
        self.credential.warning().iter().for_each(|warning| self.output.warn(warning));
        let token = self.obtain(&|_| false, None, retry)?;
        *lock(&self.token) = Some(token.clone());
        Ok(token)
    }

    fn obtain(
        &self,
        is_wanted: &dyn Fn(&AccessToken) -> bool,
        end: Option<Instant>,
        retry: &mut Retry,
    ) -> Result<AccessToken> {
        let network = self.network.clone().with_deadline(end.or(self.deadline));
        let Known { source, detail, .. } = &self.credential;
        self.output.step(&format!("credential: {detail}"));
        let tell = &mut |text: &str| self.output.warn(text);
        match self.cache() {
            Some(cache) => cache.token(source, is_wanted, &network, retry, tell),
            None => source.request(None, &network, retry, tell).map(|granted| granted.access),
        }
    }

    /// A token that was given is not kept.
    fn cache(&self) -> Option<&TokenCache> {
        self.cache.as_ref().filter(|_| !matches!(self.credential.source, TokenSource::Token(_)))
    }

    /// What may be waited in all; one for each run, or for each of the threads that wait side by side.
    pub(crate) fn retry(&self) -> Retry<'_> {
        Retry::new(self.max_wait, self.deadline, |why| self.output.note(why))
    }

    /// Where the token comes from.
    pub(crate) fn token_source(&self) -> &'static str {
        match self.credential.source {
            TokenSource::Token(_) => "given",
            TokenSource::ManagedIdentity(_) => "from the managed identity",
            TokenSource::Application(_) | TokenSource::DeviceCode(_) => "from Entra ID",
        }
    }

    /// What the token says, once there is one.
    pub(crate) fn claims(&self) -> Option<Claims> {
        let held = lock(&self.token);
        held.as_ref().and_then(|token| Claims::of(token.secret()))
    }

    /// The dialogues so far, if a report wants them.
    pub(crate) fn dialogue(&self) -> String {
        let kept = lock(&self.trace.0).kept.clone();
        String::from_utf8_lossy(&kept.unwrap_or_default()).into_owned()
    }

    /// What a connection says goes to the transcript, and what people must see of it to stderr, once a run.
    fn listener(&self, mailbox: &str) -> Listener {
        let whose = if self.mailboxes.len() > 1 { format!("{mailbox}: ") } else { String::new() };
        let output = Arc::clone(&self.output);
        let on_alert: OnAlert = Box::new(move |alert| output.warn_once(&format!("{whose}the server says: {alert}")));
        Listener { transcript: self.trace.transcript(), on_alert: Some(on_alert), ..Listener::default() }
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

    /// Says what went wrong with one mailbox of several, or one of its folders, as `whose` names it.
    pub(crate) fn failed(&self, whose: &str, mailbox: &str, error: &Error) -> Exit {
        self.output.failed(whose, error, &hints(error, &self.facts(Some(mailbox))))
    }
}

/// Makes one session after the other for a mailbox, each with a token that is good.
pub(crate) struct SignIn<'a> {
    setting: &'a Setting,
    mailbox: &'a str,
    used: Option<Secret>,
    /// A SELECT or EXAMINE comes next, and proves what the sign-in leaves open.
    is_short: bool,
    /// When a sign-in must be done.
    pub(crate) end: Option<Instant>,
    /// When the token of the last session ends.
    pub(crate) expires: Option<Instant>,
}

impl<'a> SignIn<'a> {
    pub(crate) fn new(setting: &'a Setting, mailbox: &'a str) -> SignIn<'a> {
        SignIn { setting, mailbox, used: None, is_short: false, end: setting.deadline, expires: None }
    }

    /// In fewer turns, if a folder is opened next.
    pub(crate) fn shortly(setting: &'a Setting, mailbox: &'a str) -> SignIn<'a> {
        SignIn { is_short: true, ..SignIn::new(setting, mailbox) }
    }

    /// A new session; `why` is what ended the one before.
    pub(crate) fn session(&mut self, why: Option<&Error>, retry: &mut Retry) -> Result<Session<Stream>> {
        let output = &self.setting.output;
        self.session_by_steps(why, retry, &mut |step| output.step(&format!("{}: {}", step.phase.name(), step.detail)))
    }

    /// [`session`](Self::session), telling `done` of each step.
    pub(crate) fn session_by_steps(
        &mut self,
        why: Option<&Error>,
        retry: &mut Retry,
        done: &mut dyn FnMut(Step),
    ) -> Result<Session<Stream>> {
        let SignIn { setting, mailbox, .. } = *self;
        let has_expired =
            |e: &Error| e.reply().is_some_and(|reply| reply.text.contains("AccessTokenExpired")) || is_refused(e);
        let token = setting.token(self.used.as_ref().filter(|_| why.is_some_and(has_expired)), retry)?;
        self.used = Some(token.secret().clone());
        self.expires = token.expires();
        let (network, listener) = (setting.network.clone().with_deadline(self.end), setting.listener(mailbox));
        let session =
            sign_in_by_steps(&network, &setting.server, mailbox, token.secret(), listener, self.is_short, done);
        session.inspect_err(|e| {
            // What an administrator grants now is in the next token, not in the one that is kept.
            if let Some(cache) = setting.cache().filter(|_| is_refused(e)) {
                cache.forget(&setting.credential.source, token.secret());
            }
        })
    }

    /// Does `work` in as many sessions as it takes and `--max-wait` allows.
    pub(crate) fn persist<T>(mut self, retry: &mut Retry, work: &mut Work<Stream, T>) -> Result<T> {
        persist(&mut |why, retry| self.session(why, retry), retry, work)
    }

    /// [`persist`](Self::persist) for work that says how far it is: a session that leaves that as it was got nowhere.
    pub(crate) fn work<W, P: PartialEq>(
        self,
        work: &mut W,
        progress: fn(&W) -> P,
        session: fn(&mut W, &mut Session<Stream>) -> Result<()>,
    ) -> Result<()> {
        let mut retry = self.setting.retry();
        self.persist(&mut retry, &mut |open, retry| {
            let before = progress(work);
            let ended = session(work, open);
            if progress(work) != before {
                retry.progressed();
            }
            ended.map(Some)
        })
    }

    /// A session to keep, after as many tries.
    pub(crate) fn keep(mut self) -> Result<Session<Stream>> {
        let mut retry = self.setting.retry();
        try_sessions(&mut |why, retry| self.session(why, retry), &mut retry, &mut |session, _| Ok(Some(session)))
    }
}

/// The server refused the token.
pub(crate) fn is_refused(e: &Error) -> bool {
    (e.phase(), e.kind()) == (Phase::Authenticate, Kind::Refused)
}

/// Where transcripts go: every session of a run writes to the same places.
#[derive(Clone)]
struct Trace(Arc<Mutex<Places>>);

#[derive(Default)]
struct Places {
    stderr: Option<Arc<Output>>,
    file: Option<File>,
    /// For a report.
    kept: Option<Vec<u8>>,
}

/// The most of a transcript that a report keeps, in bytes.
const MOST_KEPT: usize = 4 << 20;

impl Trace {
    /// `-` is stderr.
    fn open(arguments: &Arguments, output: &Arc<Output>) -> Result<Trace> {
        let mut places = Places { kept: arguments.raw("report").map(|_| Vec::new()), ..Places::default() };
        match arguments.raw("trace") {
            None => {}
            Some("") => return Err(Error::usage("--trace= names no file; without the = it is stderr")),
            Some("-") => places.stderr = Some(Arc::clone(output)),
            Some(file) => places.file = Some(open("trace", file, false, arguments.deadline())?),
        }
        Ok(Trace(Arc::new(Mutex::new(places))))
    }

    /// None if nobody wants one.
    fn transcript(&self) -> Option<Transcript> {
        let places = lock(&self.0);
        let is_wanted = places.stderr.is_some() || places.file.is_some() || places.kept.is_some();
        is_wanted.then(|| Transcript::new(self.clone()))
    }
}

impl Write for Trace {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut places = lock(&self.0);
        if let Some(kept) = &mut places.kept {
            let room = MOST_KEPT.saturating_sub(kept.len()).min(bytes.len());
            kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
        if let Some(file) = &mut places.file {
            file.write_all(bytes)?;
        }
        if let Some(stderr) = &places.stderr {
            String::from_utf8_lossy(bytes).lines().for_each(|line| stderr.say(line));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `--proxy` says, else what the environment does.
fn proxy(arguments: &Arguments) -> Result<Option<Proxy>> {
    let Some(url) = arguments.raw("proxy").map(str::trim) else {
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
pub(crate) fn mailboxes(arguments: &Arguments) -> Result<Vec<String>> {
    let list = arguments.raw("mailboxes");
    let is_asked = list.is_none() || arguments.is_typed("mailbox");
    let mut named = if is_asked { arguments.all("mailbox") } else { Vec::new() };
    named.iter_mut().for_each(|mailbox| *mailbox = mailbox.trim().to_owned());
    named.retain(|mailbox| !mailbox.is_empty());
    named.iter().try_for_each(|mailbox| check_mailbox(mailbox)).map_err(|e| e.about("mailbox"))?;
    if let Some(list) = list {
        let listed = read_list(list, arguments.deadline())?;
        listed.iter().try_for_each(|(line, item)| check_listed(list, *line, item))?;
        named.extend(listed.into_iter().map(|(_, item)| item));
    }
    let mut known = HashSet::new();
    // As `fetch` names their directories.
    named.retain(|mailbox| known.insert(mailbox.to_lowercase()));
    Ok(named)
}

/// An entry of `--mailboxes`, blamed with its place.
fn check_listed(list: &str, line: usize, item: &str) -> Result<()> {
    let Err(error) = check_mailbox(item) else { return Ok(()) };
    let list = if list == "-" { "stdin" } else { list };
    let is_table = item.contains([',', ';', '\t']) || !item.contains('@');
    let form = if is_table { "; this list has one address per line, without a header" } else { "" };
    Err(Error::of_setting("mailboxes", format!("{list}, line {line}: {}{form}", error.in_passing())))
}
