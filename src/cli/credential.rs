//! Which credential: the one that the options name, else the first that the environment names.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::entra::{Application, Certificate, Cloud, Credential, DeviceCode, ManagedIdentity, TokenSource};
use crate::{Error, Result};
use clap::ArgMatches;
use clap::parser::ValueSource;

use super::client_secret::client_secret;
use super::environment;
use super::input::read_secret;
use super::options;

/// A credential that ends in fewer days is worth a word.
const SOON: u64 = 30;

/// What can be said of a credential; never the credential.
pub(crate) struct Described {
    /// Which it is, and where it came from.
    pub(crate) detail: String,
    /// When it ends, where that can be seen from here.
    pub(crate) ends: Option<SystemTime>,
}

impl Described {
    fn new(detail: impl Into<String>) -> Described {
        Described { detail: detail.into(), ends: None }
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

    fn of(what: &str, from: &str) -> Described {
        Described::new(format!("{what} of {}", if from == "-" { "stdin" } else { from }))
    }
}

/// The credential that the options name, else the first that the environment names.
pub(crate) fn credential(
    arguments: &ArgMatches,
    needs_mailbox: bool,
    cloud: Cloud,
    deadline: Option<Instant>,
) -> Result<(TokenSource, Described)> {
    let given = Given { arguments, cloud, deadline };
    let method = given.method()?;
    given.check_complete(method, needs_mailbox)?;
    match method.unwrap_or_default() {
        "token" => given.token(),
        "managed-identity" => given.managed_identity(),
        "device-code" => given.device_code(),
        method => given.application(method),
    }
}

/// What options and environment say.
struct Given<'a> {
    arguments: &'a ArgMatches,
    cloud: Cloud,
    /// When the run ends.
    deadline: Option<Instant>,
}

impl Given<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.arguments.get_one::<String>(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    fn named(&self, name: &str) -> bool {
        self.arguments.value_source(name) == Some(ValueSource::CommandLine)
    }

    /// Names all that is missing, not only the first.
    fn check_complete(&self, method: Option<&str>, needs_mailbox: bool) -> Result<()> {
        let has = |name: &str| self.arguments.try_get_one::<String>(name).is_ok_and(|value| value.is_some());
        let needs_ids = !matches!(method, Some("token" | "managed-identity"));
        let lacks = |name: &str| self.text(name).is_none();
        let missing = [
            (needs_mailbox && lacks("mailbox") && !has("mailboxes"), "the mailbox (--mailbox, EXOIMAP_MAILBOX)"),
            (needs_ids && lacks("tenant"), "the tenant (--tenant, AZURE_TENANT_ID)"),
            (needs_ids && lacks("client-id"), "the client ID (--client-id, AZURE_CLIENT_ID)"),
            (
                method.is_none(),
                "a credential: a certificate (AZURE_CLIENT_CERTIFICATE_PATH, --certificate), a client secret (AZURE_CLIENT_SECRET, --client-secret-file, --client-secret-command), a federated token (AZURE_FEDERATED_TOKEN_FILE, --federated-token-file) or an access token (EXOIMAP_ACCESS_TOKEN, --access-token-file); exoimap setup prints how to get one",
            ),
        ];
        let missing: Vec<_> = missing.iter().filter(|(is_missing, _)| *is_missing).map(|(_, what)| *what).collect();
        if missing.is_empty() { Ok(()) } else { Err(Error::usage(format!("missing: {}", missing.join("; ")))) }
    }

    /// What an option names counts more than what the environment does; none if nothing names one.
    fn method(&self) -> Result<Option<&str>> {
        let asked = self.text("auth").filter(|method| *method != "auto");
        let by_option = asked.filter(|_| self.named("auth"));
        let mut named = options::credentials().filter(|(option, _)| self.named(option));
        let first = named.next();
        if let (Some((first, _)), Some((second, _))) = (first, named.next()) {
            return Err(Error::usage(format!("--{first} and --{second} are two ways to sign in: name one")));
        }
        if let (Some((option, method)), Some(asked)) = (first, by_option)
            && method != asked
        {
            return Err(Error::usage(format!("--{option} is not what --auth {asked} signs in by: name one")));
        }
        if let Some((_, method)) = first {
            return Ok(Some(method));
        }
        let has = |name: &str| environment::secret(name).is_some();
        Ok(match asked {
            Some(method) => Some(method),
            None if has("EXOIMAP_ACCESS_TOKEN") => Some("token"),
            None if self.text("certificate").is_some() => Some("certificate"),
            None if has("AZURE_CLIENT_SECRET") => Some("secret"),
            None if self.text("client-secret-file").or(self.text("client-secret-command")).is_some() => Some("secret"),
            None if self.text("federated-token-file").is_some() => Some("federated"),
            None => None,
        })
    }

    fn token(&self) -> Result<(TokenSource, Described)> {
        let (token, from) = match self.text("access-token-file") {
            Some(file) => (read_secret(file, "the access token", self.deadline)?, file),
            None => environment::secret("EXOIMAP_ACCESS_TOKEN")
                .map(|token| (token, "EXOIMAP_ACCESS_TOKEN"))
                .ok_or_else(|| Error::usage("no access token is given (EXOIMAP_ACCESS_TOKEN, --access-token-file)"))?,
        };
        if token.expose().iter().any(|byte| !matches!(byte, 0x21..=0x7e)) {
            return Err(Error::usage(
                "the access token holds a blank or a control character, which no token does (EXOIMAP_ACCESS_TOKEN, --access-token-file)",
            ));
        }
        // When it ends is a claim.
        Ok((TokenSource::Token(token), Described::of("access token", from)))
    }

    fn application(&self, method: &str) -> Result<(TokenSource, Described)> {
        let (credential, described) = match method {
            "certificate" => self.certificate()?,
            "federated" => self.federated()?,
            _ => self.secret()?,
        };
        let application = Application::new(self.tenant()?, self.client_id()?, credential)?;
        let application = application.with_authority(self.authority())?.with_scope(&self.scope())?;
        Ok((TokenSource::Application(Box::new(application)), described))
    }

    fn certificate(&self) -> Result<(Credential, Described)> {
        let file =
            self.needed("certificate", "no certificate is given (AZURE_CLIENT_CERTIFICATE_PATH, --certificate)")?;
        let mut certificate =
            Certificate::read(Path::new(file), self.text("certificate-key").map(Path::new), self.deadline)?;
        if self.text("certificate-signature") == Some("rs256") {
            certificate = certificate.with_rs256();
        }
        let (subject, sha1, sha256) = (certificate.subject(), certificate.sha1(), certificate.sha256());
        let described = Described {
            ends: u64::try_from(certificate.expires()).ok().map(|end| UNIX_EPOCH + Duration::from_secs(end)),
            ..Described::new(format!("certificate {subject} of {file}, SHA-1 {sha1}, SHA-256 {sha256}"))
        };
        Ok((Credential::Certificate(certificate), described))
    }

    fn federated(&self) -> Result<(Credential, Described)> {
        let missing = "no federated token is given (AZURE_FEDERATED_TOKEN_FILE, --federated-token-file)";
        let file = self.needed("federated-token-file", missing)?;
        Ok((Credential::FederatedTokenFile(file.into()), Described::of("federated token", file)))
    }

    fn secret(&self) -> Result<(Credential, Described)> {
        let missing = "no client secret is given (AZURE_CLIENT_SECRET, --client-secret-file, --client-secret-command)";
        let (secret, from) = client_secret(self.arguments, self.deadline)?.ok_or_else(|| Error::usage(missing))?;
        // When it ends only Entra knows.
        Ok((Credential::ClientSecret(secret), Described::new(format!("client secret of {from}"))))
    }

    /// `AZURE_CLIENT_ID` names a user-assigned identity to Microsoft's libraries, so it does to us.
    fn managed_identity(&self) -> Result<(TokenSource, Described)> {
        let identity = ManagedIdentity::of_this_machine(&environment::value)?.with_scope(&self.scope())?;
        let (identity, described) = match self.text("identity").or(self.text("client-id")) {
            None | Some("system") => (identity, Described::new("system-assigned managed identity")),
            Some(which) => (identity.with_identity(which)?, Described::new(format!("managed identity {which}"))),
        };
        Ok((TokenSource::ManagedIdentity(Box::new(identity)), described))
    }

    fn device_code(&self) -> Result<(TokenSource, Described)> {
        if self.text("token-cache").is_none() {
            return Err(Error::usage(
                "a device code needs a directory where the sign-in is kept (--token-cache, EXOIMAP_TOKEN_CACHE): without it somebody would have to sign in for each run",
            ));
        }
        let person = DeviceCode::new(self.tenant()?, self.client_id()?, self.cloud)?;
        let person = person.with_authority(self.authority())?;
        let person = match self.text("scope") {
            Some(scope) => person.with_scope(scope)?,
            None => person,
        };
        Ok((TokenSource::DeviceCode(Box::new(person)), Described::new("a person's sign-in by device code")))
    }

    fn tenant(&self) -> Result<&str> {
        self.needed("tenant", "no tenant is named (--tenant, AZURE_TENANT_ID)")
    }

    fn client_id(&self) -> Result<&str> {
        self.needed("client-id", "no application is named (--client-id, AZURE_CLIENT_ID)")
    }

    fn authority(&self) -> &str {
        self.text("authority-host").unwrap_or(self.cloud.authority())
    }

    fn scope(&self) -> String {
        self.text("scope").map_or_else(|| format!("https://{}/.default", self.cloud.imap_host()), str::to_owned)
    }

    fn needed(&self, name: &str, missing: &str) -> Result<&str> {
        self.text(name).ok_or_else(|| Error::usage(missing))
    }
}
