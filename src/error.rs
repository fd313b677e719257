//! One error for the whole library: whose fault, in which phase, what the other side said.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::secret::hide;
use crate::text::safe;

/// A result of this library.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a run that had its time (`--max-time`) ends, wherever that meets it. It is the caller's own limit, so no
/// hint goes with it.
pub(crate) const TIME_LIMIT: &str = "time limit reached";

/// Whose fault it is, which is what a caller decides by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// This machine: a disk, a file, a permission.
    Local,
    /// The call: a missing or contradictory setting, text that cannot be sent.
    Usage,
    /// Refused until an administrator acts: credential, consent, permission, certificate, mailbox.
    Refused,
    /// Worth repeating later: network, timeout, throttling, a service that is unavailable.
    Temporary,
    /// The server broke the protocol, or a limit of ours.
    Protocol,
}

impl Kind {
    /// Of an HTTP status that is not what was asked for.
    pub(crate) fn of_http(status: u16) -> Kind {
        match status {
            408 | 429 | 500.. => Kind::Temporary,
            300..=499 => Kind::Refused,
            _ => Kind::Protocol,
        }
    }
}

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Reading the options and the environment.
    Options,
    /// Reading the credential.
    Credential,
    /// Asking Entra ID for an access token.
    Token,
    /// Looking at what the token says, before the server does.
    Claims,
    /// Looking up a host name.
    Resolve,
    /// Connecting by TCP.
    Connect,
    /// Having a proxy connect.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// Waiting for the server's greeting.
    Greeting,
    /// CAPABILITY.
    Capability,
    /// AUTHENTICATE XOAUTH2.
    Authenticate,
    /// The first command that needs the mailbox.
    Mailbox,
    /// SELECT or EXAMINE.
    Select,
    /// UNSELECT, or CLOSE where nothing can be expunged.
    Unselect,
    /// Any other command in a mailbox or about mailboxes.
    Command,
    /// FETCH of messages.
    Fetch,
    /// LOGOUT.
    Logout,
    /// Writing to the disk.
    Disk,
}

impl Phase {
    /// The phase's name as errors and `check` show it.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Options => "options",
            Phase::Credential => "credential",
            Phase::Token => "token",
            Phase::Claims => "claims",
            Phase::Resolve => "dns",
            Phase::Connect => "tcp",
            Phase::Proxy => "proxy",
            Phase::Tls => "tls",
            Phase::Greeting => "greeting",
            Phase::Capability => "capability",
            Phase::Authenticate => "authenticate",
            Phase::Mailbox => "mailbox",
            Phase::Select => "select",
            Phase::Unselect => "unselect",
            Phase::Command => "command",
            Phase::Fetch => "fetch",
            Phase::Logout => "logout",
            Phase::Disk => "disk",
        }
    }
}

/// What an IMAP server said when it refused: the words of a tagged NO or BAD, or of a BYE.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerReply {
    /// `NO`, `BAD` or `BYE`.
    pub status: &'static str,
    /// The response code without its brackets, as sent.
    pub code: Option<String>,
    /// The text behind it, as sent.
    pub text: String,
}

impl fmt::Display for ServerReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if let Some(code) = &self.code {
            write!(f, " [{code}]")?;
        }
        write!(f, " {}", self.text)
    }
}

/// What Entra ID said when it refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntraReply {
    /// The HTTP status.
    pub status: u16,
    /// The OAuth error, e.g. `invalid_client`.
    pub error: String,
    /// `error_description` in Microsoft's words, first line.
    pub description: String,
    /// The numbers of `error_codes`, without `AADSTS`.
    pub codes: Vec<u64>,
    /// For a search in the tenant's sign-in logs.
    pub trace_id: String,
    /// For a search in the tenant's sign-in logs.
    pub correlation_id: String,
    /// When it was refused, in Entra's clock.
    pub timestamp: String,
}

/// Why an error of ours happened, for advice: what is said can change, this stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The clocks of this machine and of the token endpoint differ.
    Clock,
    /// The token endpoint redirects.
    Redirected,
    /// Something answered in Entra ID's place, with this HTTP status.
    NotEntra(u16),
    /// The token endpoint's answer is incomplete or too long.
    CutAnswer,
    /// There was no connection to the proxy.
    NoProxy,
    /// The proxy wants a user and a password, or refused them.
    ProxyLogin,
    /// The proxy offers no method of sign-in that we support.
    ProxyMethod,
    /// The proxy forbids the connection.
    ProxyForbids,
    /// The proxy could not connect.
    ProxyCannot,
    /// This host has no store of root certificates.
    NoCaStore,
    /// Nothing came within the time allowed.
    TimedOut,
    /// The connection broke, or the other side closed it.
    ConnectionLost,
    /// The server does not offer AUTH=XOAUTH2.
    NoXoauth2,
    /// The folder's UIDVALIDITY changed.
    UidValidity,
    /// The folder has fewer UIDs than were seen.
    FolderRestored,
    /// Another run uses the directory.
    AnotherRun,
    /// The run's time was over.
    TimeLimit,
    /// Nobody knows whether it was done: to try again could do it twice.
    InDoubt,
    /// The session ended at one of several messages; another one goes on without it.
    OneMessage,
}

/// What went wrong, in one line.
///
/// `Display` gives that line, lower case, no full stop of ours, with everything that others wrote
/// escaped. It never holds a credential.
#[must_use]
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    phase: Phase,
    command: Option<&'static str>,
    peer: Option<(String, u16)>,
    message: String,
    reply: Option<ServerReply>,
    entra: Option<EntraReply>,
    retry_after: Option<Duration>,
    cause: Option<Cause>,
    setting: Option<&'static str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind` in `phase`; `message` says what was being done and what was wrong with it.
    pub fn new(kind: Kind, phase: Phase, message: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            kind,
            phase,
            command: None,
            peer: None,
            message: message.into(),
            reply: None,
            entra: None,
            retry_after: None,
            cause: None,
            setting: None,
            source: None,
        }))
    }

    /// Whose fault it is.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What was being done.
    pub fn phase(&self) -> Phase {
        self.0.phase
    }

    /// The host and port that the connection was to, where it did not come about.
    pub(crate) fn peer(&self) -> Option<(&str, u16)> {
        self.0.peer.as_ref().map(|(host, port)| (host.as_str(), *port))
    }

    /// What the IMAP server said.
    pub fn reply(&self) -> Option<&ServerReply> {
        self.0.reply.as_ref()
    }

    /// What Entra ID said.
    pub fn entra(&self) -> Option<&EntraReply> {
        self.0.entra.as_ref()
    }

    /// Why it happened, if advice can be given for it.
    pub fn cause(&self) -> Option<Cause> {
        self.0.cause
    }

    /// The setting that is wrong or too small: the name of the program's option for it, such as `host`.
    pub fn setting(&self) -> Option<&'static str> {
        self.0.setting
    }

    /// How long the other side asked us to wait before the next try.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// True if another try may succeed where this one failed; a lock that is held elsewhere is not such a failure.
    pub fn may_pass(&self) -> bool {
        self.0.kind == Kind::Temporary && self.0.phase != Phase::Disk && self.0.cause != Some(Cause::InDoubt)
    }

    /// What the line says behind the phase.
    fn what(&self) -> String {
        // Most phases are one command; saying it again would be noise.
        let is_said = matches!(self.0.phase, Phase::Command | Phase::Mailbox | Phase::Select | Phase::Fetch);
        let command = self.0.command.filter(|_| is_said).map(|command| format!("{command}: "));
        let reply = self.0.reply.as_ref().map(|reply| format!(": {}", safe(&reply.to_string())));
        [command, Some(safe(&self.0.message)), reply].into_iter().flatten().collect()
    }

    /// The same inside of a line that says what was being done, and goes on behind it: without the server's full stop.
    pub(crate) fn in_passing(&self) -> String {
        self.what().trim_end_matches('.').to_owned()
    }

    pub(crate) fn usage(message: impl Into<String>) -> Error {
        Error::new(Kind::Usage, Phase::Options, message)
    }

    pub(crate) fn of_setting(setting: &'static str, message: impl Into<String>) -> Error {
        Error::usage(message).about(setting)
    }

    /// The run's time was over.
    pub(crate) fn time_limit(phase: Phase, more: &str) -> Error {
        Error::new(Kind::Temporary, phase, format!("{TIME_LIMIT}{more}")).out_of_time()
    }

    /// What could not be done with a file: as `kind` says, unless only the time was over.
    pub(crate) fn file(kind: Kind, phase: Phase, doing: impl fmt::Display, cause: std::io::Error) -> Error {
        let error = Error::new(kind, phase, format!("{doing}: {cause}"));
        let error = match cause.kind() {
            std::io::ErrorKind::TimedOut => error.with_kind(Kind::Temporary).out_of_time(),
            _ => error,
        };
        error.caused_by(cause)
    }

    fn out_of_time(self) -> Error {
        self.because(Cause::TimeLimit).about("max-time")
    }

    pub(crate) fn disk(doing: impl fmt::Display, cause: std::io::Error) -> Error {
        Error::file(Kind::Local, Phase::Disk, doing, cause)
    }

    pub(crate) fn caused_by(mut self, cause: impl StdError + Send + Sync + 'static) -> Error {
        self.0.source = Some(Box::new(cause));
        self
    }

    pub(crate) fn about(mut self, setting: &'static str) -> Error {
        self.0.setting = Some(setting);
        self
    }

    pub(crate) fn because(mut self, cause: Cause) -> Error {
        self.0.cause = Some(cause);
        self
    }

    pub(crate) fn in_command(mut self, command: &'static str) -> Error {
        self.0.command.get_or_insert(command);
        self
    }

    /// Says more behind the message.
    pub(crate) fn adding(mut self, words: &str) -> Error {
        self.0.message.push_str(words);
        self
    }

    pub(crate) fn with_peer(mut self, host: &str, port: u16) -> Error {
        self.0.peer = Some((host.to_owned(), port));
        self
    }

    pub(crate) fn in_phase(mut self, phase: Phase) -> Error {
        self.0.phase = phase;
        self
    }

    pub(crate) fn with_kind(mut self, kind: Kind) -> Error {
        self.0.kind = kind;
        self
    }

    pub(crate) fn with_reply(mut self, mut reply: ServerReply) -> Error {
        reply.text = hide(&reply.text).into_owned();
        reply.code = reply.code.map(|code| hide(&code).into_owned());
        self.0.reply = Some(reply);
        self
    }

    pub(crate) fn with_entra(mut self, entra: EntraReply) -> Error {
        self.0.entra = Some(entra);
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Duration) -> Error {
        self.0.retry_after = Some(wait);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.phase.name(), self.what())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("line", &self.to_string())
            .field("retry_after", &self.0.retry_after)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// The system's own error in a chain of causes.
pub(crate) fn io_cause<'a>(e: &'a (dyn StdError + 'static)) -> Option<&'a std::io::Error> {
    let mut chain = std::iter::successors(Some(e), |e| StdError::source(*e));
    chain.find_map(|e| e.downcast_ref())
}
