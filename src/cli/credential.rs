//! Which credential: the one that an option names, else the first that the environment names. A client secret may also
//! come from a command that prints it (`pass show …`, a vault's own program); it runs in the platform's shell, reads
//! nothing, and says what it has to say on our stderr. What it prints is bounded, and so is its time.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::delivery::wait_until;
use crate::entra::{Application, Certificate, Cloud, Credential, DeviceCode, ManagedIdentity, TokenSource};
use crate::error::{Cause, TIME_LIMIT};
use crate::{Error, Kind, Phase, Result, Secret, threads};

use super::input::{MOST, read_secret, secret_of};
use super::options::{self, METHODS};
use super::{Arguments, environment};

/// A credential that ends in fewer days is worth a word.
const SOON: u64 = 30;

/// A credential, and what can be said of it.
pub(crate) struct Known {
    pub(crate) source: TokenSource,
    /// Which it is, and where it came from; never the credential.
    pub(crate) detail: String,
    /// When it ends, if that can be seen from here.
    pub(crate) ends: Option<SystemTime>,
}

impl Known {
    fn new(source: TokenSource, detail: String) -> Known {
        Known { source, detail, ends: None }
    }

    /// What to say of a credential that ends soon.
    pub(crate) fn warning(&self) -> Option<String> {
        let left = self.ends?.duration_since(SystemTime::now());
        let days = left.as_ref().map_or(0, |left| left.as_secs() / 86_400);
        match left {
            Err(_) => Some(format!("the {} is over: upload a new one", self.detail)),
            Ok(_) if days < SOON => Some(format!("the {} ends in {days} days: upload a new one", self.detail)),
            Ok(_) => None,
        }
    }
}

/// Where tokens come from and are good for: the settings of a cloud, unless an option says something else.
pub(crate) struct Endpoints<'a> {
    pub(crate) cloud: Cloud,
    pub(crate) authority: &'a str,
    pub(crate) scope: String,
    pub(crate) host: &'a str,
}

impl Endpoints<'_> {
    pub(crate) fn new(arguments: &Arguments) -> Endpoints<'_> {
        let cloud = arguments.text("cloud").and_then(Cloud::named).unwrap_or_default();
        let scope = arguments.text("scope").map(str::to_owned);
        Endpoints {
            cloud,
            authority: arguments.text("authority-host").unwrap_or(cloud.authority()),
            scope: scope.unwrap_or_else(|| format!("https://{}/.default", cloud.imap_host())),
            host: arguments.text("host").unwrap_or(cloud.imap_host()),
        }
    }
}

/// The credential that the options name, else the first that the environment names.
pub(crate) fn credential(arguments: &Arguments, needs_mailbox: bool) -> Result<Known> {
    let lookup = Lookup { arguments, endpoints: Endpoints::new(arguments) };
    let method = lookup.method()?;
    lookup.check_complete(method, needs_mailbox)?;
    match method.unwrap_or_default() {
        "token" => lookup.token(),
        "managed-identity" => lookup.managed_identity(),
        "device-code" => lookup.device_code(),
        method => lookup.application(method),
    }
}

/// What options and environment say.
struct Lookup<'a> {
    arguments: &'a Arguments,
    endpoints: Endpoints<'a>,
}

impl Lookup<'_> {
    /// Names all that is missing, not only the first.
    fn check_complete(&self, method: Option<&str>, needs_mailbox: bool) -> Result<()> {
        let needs_ids = !matches!(method, Some("token" | "managed-identity"));
        let has_list = self.arguments.raw("mailboxes").is_some();
        let needed = [
            (needs_mailbox && !has_list, "mailbox", "the mailbox"),
            (needs_ids, "tenant", "the tenant"),
            (needs_ids, "client-id", "the client ID"),
        ];
        let missing = needed.iter().filter(|(is_needed, name, _)| *is_needed && self.arguments.text(name).is_none());
        let names = |name| options::named(name).map(|entry| entry.names()).unwrap_or_default();
        let mut missing: Vec<_> = missing.map(|(_, name, what)| format!("{what} ({})", names(name))).collect();
        if method.is_none() {
            missing.push(format!("a credential: {}; exoimap setup prints how to get one", options::credentials()));
        }
        if missing.is_empty() { Ok(()) } else { Err(Error::usage(format!("missing: {}", missing.join("; ")))) }
    }

    /// What an option names counts more than what the environment does; none if nothing names one.
    fn method(&self) -> Result<Option<&str>> {
        let asked = self.arguments.text("auth").filter(|method| *method != "auto");
        let mut named = options::all().filter(|entry| !entry.method.is_empty() && self.is_typed(entry.name));
        let first = named.next();
        if let (Some(first), Some(second)) = (first, named.next()) {
            let (first, second) = (first.name, second.name);
            return Err(Error::usage(format!("--{first} and --{second} are two ways to sign in: name one")));
        }
        if let (Some(option), Some(asked)) = (first, asked.filter(|_| self.is_typed("auth")))
            && option.method != asked
        {
            let option = option.name;
            return Err(Error::usage(format!("--{option} is not what --auth {asked} signs in by: name one")));
        }
        let found = || METHODS.iter().map(|(method, _)| *method).find(|method| self.place(method).is_some());
        Ok(first.map(|entry| entry.method).or(asked).or_else(found))
    }

    fn is_typed(&self, name: &str) -> bool {
        !name.is_empty() && self.arguments.is_typed(name)
    }

    /// Where a method's credential is: an option comes before the variable with the value, that before the variables with
    /// a file or a command.
    fn place(&self, method: &str) -> Option<&'static options::Entry> {
        let of = || options::all().filter(|entry| entry.method == method);
        of().find(|entry| self.is_typed(entry.name))
            .or_else(|| of().find(|entry| entry.name.is_empty() && environment::secret(entry.env).is_some()))
            .or_else(|| of().find(|entry| self.arguments.text(entry.name).is_some()))
    }

    /// The secret of a method, and where it came from.
    fn read(&self, method: &str, what: &str) -> Result<(Secret, String)> {
        let missing = || Error::usage(format!("{what} is not given ({})", options::sources(method)));
        let place = self.place(method).ok_or_else(missing)?;
        match (self.arguments.text(place.name), environment::secret(place.env)) {
            (Some(command), _) if place.name == "client-secret-command" => {
                let secret = run(command, self.arguments.value("timeout"), self.arguments.deadline())?;
                Ok((secret, "a command".to_owned()))
            }
            (Some(file), _) => {
                let from = if file == "-" { "stdin" } else { file };
                Ok((read_secret(file, what, self.arguments.deadline())?, from.to_owned()))
            }
            (None, Some(secret)) => Ok((secret, place.env.to_owned())),
            (None, None) => Err(missing()),
        }
    }

    fn token(&self) -> Result<Known> {
        let (token, from) = self.read("token", "the access token")?;
        if token.expose().iter().any(|byte| !byte.is_ascii_graphic()) {
            return Err(Error::usage(format!(
                "the access token of {from} holds a blank or a control character, which no token does"
            )));
        }
        // When it ends is a claim.
        Ok(Known::new(TokenSource::Token(token), format!("access token of {from}")))
    }

    fn application(&self, method: &str) -> Result<Known> {
        let (credential, detail, ends) = match method {
            "certificate" => {
                let file = self.needed("certificate")?;
                let certificate = self.certificate(Path::new(file))?;
                let (subject, sha1, sha256) = (certificate.subject(), certificate.sha1(), certificate.sha256());
                let detail = format!("certificate {subject} of {file}, SHA-1 {sha1}, SHA-256 {sha256}");
                let ends = u64::try_from(certificate.expires()).ok().map(|end| UNIX_EPOCH + Duration::from_secs(end));
                (Credential::Certificate(certificate), detail, ends)
            }
            "federated" => {
                let file = self.needed("federated-token-file")?;
                (Credential::FederatedTokenFile(file.into()), format!("federated token of {file}"), None)
            }
            // When it ends only Entra knows.
            _ => {
                let (secret, from) = self.read("secret", "the client secret")?;
                (Credential::ClientSecret(secret), format!("client secret of {from}"), None)
            }
        };
        let application = Application::new(self.needed("tenant")?, self.needed("client-id")?, credential)?;
        let application = application.with_authority(self.endpoints.authority)?.with_scope(&self.endpoints.scope)?;
        Ok(Known { ends, ..Known::new(TokenSource::Application(Box::new(application)), detail) })
    }

    fn certificate(&self, file: &Path) -> Result<Certificate> {
        let key = self.arguments.text("certificate-key").map(Path::new);
        let certificate = Certificate::read(file, key, self.arguments.deadline())?;
        match self.arguments.text("certificate-signature") {
            Some("rs256") => Ok(certificate.with_rs256()),
            _ => Ok(certificate),
        }
    }

    /// `AZURE_CLIENT_ID` names a user-assigned identity to Microsoft's libraries, so it does to us.
    fn managed_identity(&self) -> Result<Known> {
        let identity = ManagedIdentity::of_this_machine(&environment::value)?.with_scope(&self.endpoints.scope)?;
        let (identity, detail) = match self.arguments.text("identity").or(self.arguments.text("client-id")) {
            None | Some("system") => (identity, "system-assigned managed identity".to_owned()),
            Some(which) => (identity.with_identity(which)?, format!("managed identity {which}")),
        };
        Ok(Known::new(TokenSource::ManagedIdentity(Box::new(identity)), detail))
    }

    fn device_code(&self) -> Result<Known> {
        if self.arguments.text("token-cache").is_none() {
            return Err(Error::of_setting(
                "token-cache",
                "a device code needs a directory where the sign-in is kept: without it somebody would have to sign in for each run",
            ));
        }
        let person = DeviceCode::new(self.needed("tenant")?, self.needed("client-id")?, self.endpoints.cloud)?;
        let person = person.with_authority(self.endpoints.authority)?;
        let person = match self.arguments.text("scope") {
            Some(scope) => person.with_scope(scope)?,
            None => person,
        };
        Ok(Known::new(TokenSource::DeviceCode(Box::new(person)), "a person's sign-in by device code".to_owned()))
    }

    fn needed(&self, name: &'static str) -> Result<&str> {
        self.arguments.text(name).ok_or_else(|| Error::of_setting(name, format!("missing: --{name}")))
    }
}

fn run(command: &str, timeout: Duration, deadline: Option<Instant>) -> Result<Secret> {
    let failed = |kind: Kind, why: String| {
        let message = format!("the command that prints the client secret {why}");
        Error::new(kind, Phase::Credential, message).about("client-secret-command")
    };
    let now = Instant::now();
    let left = deadline.map_or(timeout, |deadline| timeout.min(deadline.saturating_duration_since(now)));
    let end = now + left;
    let mut child = shell(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| failed(Kind::Usage, format!("could not be started: {e}")))?;
    let (printed, ended) = (printed(&mut child, end), wait_until(Some(end), &mut child));
    let (Some(printed), Ok(Some(status))) = (printed, ended) else {
        if left < timeout {
            let over = failed(Kind::Temporary, format!("was not done: {TIME_LIMIT}"));
            return Err(over.because(Cause::TimeLimit).about("max-time"));
        }
        return Err(failed(Kind::Temporary, format!("was not done after {} s", timeout.as_secs())));
    };
    match status.code() {
        // Who prints more than we read may die of it; that is not why it failed.
        code if code == Some(0) || printed.len() as u64 > MOST => secret_of(&printed)
            .map_err(|why| failed(Kind::Usage, format!("printed something that is not a secret: {why}"))),
        // What shells say of a program that is not there, or that is none.
        Some(code @ (126 | 127)) => Err(failed(Kind::Usage, format!("could not be run: the shell ended with {code}"))),
        Some(code) => Err(failed(Kind::Refused, format!("ended with {code}"))),
        None => Err(failed(Kind::Refused, "was killed by a signal".to_owned())),
    }
}

#[cfg(windows)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    // With /S the outer quotes are taken off, and what is between them is the command as it is.
    std::os::windows::process::CommandExt::raw_arg(&mut shell, format!("/S /C \"{command}\""));
    shell
}

#[cfg(not(windows))]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]);
    shell
}

/// What it prints up to the end, or up to one byte more than we take; none if that takes too long. A thread reads,
/// because what the shell has started may hold the pipe open without end.
fn printed(child: &mut Child, end: Instant) -> Option<Secret> {
    let stdout = child.stdout.take()?;
    let read = move || {
        let mut bytes = Vec::new();
        stdout.take(MOST + 1).read_to_end(&mut bytes).map(|_| Secret::new(bytes))
    };
    threads::until(Some(end), read).ok()
}
