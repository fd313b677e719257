//! The token request: `POST {authority}/{tenant}/oauth2/v2.0/token`, repeated where that can help.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Cloud;
use super::refusal::{refusal, without_bom};
use super::transport::{MOST_BODY, agent};
use crate::error::{Error, Kind, Phase, Result};
use crate::net::{self, Network};
use crate::patience::Patience;
use crate::secret::Secret;

/// What Entra waits for where it does not say so itself, doubled each time.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// Tries of one request.
const MOST_TRIES: u32 = 4;

/// Whom to ask for a token, and as which application.
#[derive(Clone, Debug)]
pub struct Application {
    authority: String,
    tenant: String,
    client_id: String,
    scope: String,
    credential: Credential,
}

/// How the application proves itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credential {
    /// A client secret: the Value column of the portal, not the Secret ID.
    ClientSecret(Secret),
}

impl Application {
    /// The application `client_id` (a GUID) of `tenant` (a GUID or a verified domain) in the worldwide
    /// cloud, asking for Exchange Online.
    pub fn new(tenant: &str, client_id: &str, credential: Credential) -> Result<Application> {
        if !is_tenant(tenant) {
            let message = format!(
                "the tenant, of {} characters, is neither a GUID nor a domain name (--tenant, AZURE_TENANT_ID)",
                tenant.chars().count()
            );
            return Err(Error::usage(message));
        }
        if ["common", "organizations", "consumers"].contains(&tenant) {
            let message = format!(
                "the tenant {tenant:?} does not work for an application: name the tenant itself (--tenant, AZURE_TENANT_ID)"
            );
            return Err(Error::usage(message));
        }
        if !is_guid(client_id) {
            // Not what it is: a secret in the wrong variable must not be shown.
            let message = format!(
                "the client id, of {} characters, is no GUID like 11111111-2222-3333-4444-555555555555 (--client-id, AZURE_CLIENT_ID)",
                client_id.chars().count()
            );
            return Err(Error::usage(message));
        }
        let Credential::ClientSecret(secret) = &credential;
        if secret.is_empty() || secret.expose_str().is_none() {
            return Err(Error::new(Kind::Usage, Phase::Credential, "the client secret is empty or no text"));
        }
        Ok(Application {
            authority: Cloud::Global.authority().to_owned(),
            tenant: tenant.to_owned(),
            client_id: client_id.to_owned(),
            scope: format!("https://{}/.default", Cloud::Global.imap_host()),
            credential,
        })
    }

    /// Asks this authority instead, e.g. `https://login.microsoftonline.us`.
    pub fn with_authority(mut self, authority: &str) -> Result<Application> {
        let host = authority.strip_prefix("https://").map(|host| host.strip_suffix('/').unwrap_or(host));
        let plain =
            |host: &&str| !host.is_empty() && host.bytes().all(|o| o.is_ascii_alphanumeric() || b".-:[]".contains(&o));
        let Some(host) = host.filter(plain) else {
            let message = format!(
                "the authority {authority:?} is not of the form https://HOST (--authority-host, AZURE_AUTHORITY_HOST)"
            );
            return Err(Error::usage(message));
        };
        self.authority = format!("https://{host}");
        Ok(self)
    }

    /// Asks for this resource instead: `https://…/.default`, the only form an application can ask for.
    pub fn with_scope(mut self, scope: &str) -> Result<Application> {
        let printable = scope.bytes().all(|octet| matches!(octet, 0x21..=0x7e));
        if !scope.ends_with("/.default") || !printable {
            let message = format!(
                "the scope {scope:?} does not end in /.default; an application asks for https://outlook.office365.com/.default (--scope, EXOIMAP_SCOPE)"
            );
            return Err(Error::usage(message));
        }
        self.scope = scope.to_owned();
        Ok(self)
    }

    /// The tenant.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The application's id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Asks for a token, and again where Entra says to wait (429) or is unavailable (5xx).
    pub fn request_token(&self, network: &Network, patience: &mut Patience) -> Result<AccessToken> {
        let mut wait = FIRST_WAIT;
        let mut tries = 1;
        loop {
            match self.request_once(network) {
                Err(e) if e.kind() == Kind::Temporary && is_answer(&e) && tries < MOST_TRIES => {
                    if !patience.wait(e.retry_after().unwrap_or(wait), &e) {
                        return Err(e);
                    }
                    wait *= 2;
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    fn request_once(&self, network: &Network) -> Result<AccessToken> {
        let url = format!("{}/{}/oauth2/v2.0/token", self.authority, self.tenant);
        let Credential::ClientSecret(secret) = &self.credential;
        let form = [
            ("client_id", self.client_id.as_str()),
            ("scope", self.scope.as_str()),
            ("grant_type", "client_credentials"),
            ("client_secret", secret.expose_str().unwrap_or_default()),
        ];
        let asked = Instant::now();
        let mut response = agent(network).post(&url).send_form(form).map_err(|e| self.unanswered(e))?;
        let status = response.status().as_u16();
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (content_type, location) = (header("content-type").unwrap_or_default(), header("location"));
        let retry_after = header("retry-after").and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
        let body = response.body_mut().with_config().limit(MOST_BODY).read_to_vec().map_err(|e| self.unanswered(e))?;
        let body = Secret::new(body);
        if status == 200
            && let Some(token) = AccessToken::read(body.expose(), asked)
        {
            return Ok(token);
        }
        let error = match status {
            // Whatever it is, it may hold a token: nothing of it is shown.
            200 if content_type.contains("json") => Error::new(
                Kind::Protocol,
                Phase::Token,
                "the endpoint's answer is no complete JSON with an access_token",
            ),
            _ if repeats(body.expose(), secret)
                || location.as_ref().is_some_and(|to| repeats(to.as_bytes(), secret)) =>
            {
                let message = format!("HTTP {status}: the answer repeats our credential, so nothing of it is shown");
                Error::new(Kind::Protocol, Phase::Token, message)
            }
            _ => refusal(status, &content_type, location.as_deref(), body.expose()),
        };
        Err(match retry_after {
            Some(wait) => error.with_retry_after(wait),
            None => error,
        })
    }

    fn lost(&self, e: std::io::Error) -> Error {
        let host = self.authority.trim_start_matches("https://");
        net::lost(Phase::Token, e).with_peer(host, 443)
    }

    /// A request without an answer: our own error from under ureq, or ureq's.
    fn unanswered(&self, e: ureq::Error) -> Error {
        match e {
            ureq::Error::Other(cause) => match cause.downcast::<Error>() {
                Ok(error) => *error,
                Err(cause) => Error::new(Kind::Protocol, Phase::Token, format!("{}: {cause}", self.authority)),
            },
            ureq::Error::Timeout(_) => self.lost(std::io::ErrorKind::TimedOut.into()),
            ureq::Error::Io(e) => self.lost(e),
            ureq::Error::BodyExceedsLimit(limit) => {
                let message = format!("the endpoint's answer has more than {limit} octets");
                Error::new(Kind::Protocol, Phase::Token, message)
            }
            e => Error::new(Kind::Protocol, Phase::Token, format!("{}: {e}", self.authority)),
        }
    }
}

/// True where `text` holds the secret, as it is or as a form has it.
fn repeats(text: &[u8], secret: &Secret) -> bool {
    let plain = secret.expose();
    let form: Vec<u8> = plain.iter().flat_map(|octet| form_octet(*octet)).collect();
    [plain, &form].iter().any(|secret| text.windows(secret.len().max(1)).any(|window| window == *secret))
}

/// `application/x-www-form-urlencoded`, of one octet.
fn form_octet(octet: u8) -> Vec<u8> {
    match octet {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'*' => vec![octet],
        _ => format!("%{octet:02X}").into_bytes(),
    }
}

/// A token, and until when it is good.
#[derive(Clone, Debug)]
pub struct AccessToken {
    secret: Secret,
    expires: Option<Instant>,
}

impl AccessToken {
    /// A token from elsewhere, of unknown age.
    pub fn from_elsewhere(secret: Secret) -> AccessToken {
        AccessToken { secret, expires: None }
    }

    /// The token itself.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// When it ends, by the endpoint's `expires_in`.
    pub fn expires(&self) -> Option<Instant> {
        self.expires
    }

    /// Reads the endpoint's answer. A managed identity's endpoint writes numbers as strings.
    fn read(body: &[u8], asked: Instant) -> Option<AccessToken> {
        let json: Value = serde_json::from_slice(without_bom(body)).ok()?;
        let bearer =
            json.get("token_type").and_then(Value::as_str).is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        let token = json.get("access_token")?.as_str()?;
        if !bearer || token.is_empty() || !token.bytes().all(|octet| matches!(octet, 0x21..=0x7e)) {
            return None;
        }
        let lifetime = json.get("expires_in");
        let lifetime = lifetime.and_then(|n| n.as_u64().or_else(|| n.as_str()?.parse().ok())).map(Duration::from_secs);
        let expires = lifetime.and_then(|lifetime| asked.checked_add(lifetime));
        Some(AccessToken { secret: Secret::new(token), expires })
    }
}

/// An answer that says "later" is obeyed; a connection that fails or falls silent is reported at once,
/// because `--timeout` has been waited out already. Only the latter has a cause beneath it.
fn is_answer(e: &Error) -> bool {
    e.phase() == Phase::Token && std::error::Error::source(e).is_none()
}

pub(crate) fn is_guid(text: &str) -> bool {
    let mut parts = text.split('-').map(str::len);
    text.bytes().all(|octet| octet.is_ascii_hexdigit() || octet == b'-')
        && [8, 4, 4, 4, 12].iter().all(|n| parts.next() == Some(*n))
        && parts.next().is_none()
}

/// A GUID or a domain name; what has neither form could reach into the URL's path.
pub(crate) fn is_tenant(text: &str) -> bool {
    let name = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'.';
    text.bytes().next().is_some_and(|octet| octet.is_ascii_alphanumeric())
        && text.bytes().all(name)
        && !text.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "11111111-2222-3333-4444-555555555555";

    fn application() -> Application {
        Application::new("contoso.com", GUID, Credential::ClientSecret(Secret::new("s"))).unwrap()
    }

    #[test]
    fn what_cannot_work_is_refused_before_anything_is_sent() {
        let secret = || Credential::ClientSecret(Secret::new("s"));
        for (tenant, client) in [
            ("", GUID),
            ("common", GUID),
            ("../x", GUID),
            ("a/b", GUID),
            ("a b", GUID),
            ("contoso.com", "x"),
            ("contoso.com", ""),
        ] {
            assert_eq!(Application::new(tenant, client, secret()).unwrap_err().kind(), Kind::Usage);
        }
        for authority in
            ["http://login.example.com", "login.example.com", "https://", "https://a/b", "https://u@a", "https://a?b"]
        {
            assert_eq!(application().with_authority(authority).unwrap_err().kind(), Kind::Usage, "{authority}");
        }
        for scope in ["IMAP.AccessAsUser.All", "https://outlook.office365.com/", "x y/.default"] {
            assert_eq!(application().with_scope(scope).unwrap_err().kind(), Kind::Usage, "{scope}");
        }
        assert_eq!(
            application().with_authority("https://localhost:8443/").unwrap().authority,
            "https://localhost:8443"
        );
    }

    #[test]
    fn answers_with_a_token_and_answers_without() {
        let read = |body: &str| AccessToken::read(body.as_bytes(), Instant::now());
        let token = read(r#"{"token_type":"Bearer","expires_in":"3599","access_token":"eyJ"}"#).unwrap();
        assert_eq!(token.secret().expose_str(), Some("eyJ"));
        assert!(token.expires().is_some());
        assert!(read("\u{feff}{\"access_token\":\"t\",\"expires_in\":99999999999999999}").is_some());
        for body in [
            "",
            "{",
            "[]",
            r#"{"access_token":""}"#,
            r#"{"access_token":"a\nb"}"#,
            r#"{"access_token":"t","token_type":"pop"}"#,
        ] {
            assert!(read(body).is_none(), "{body}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", application()).contains("\"s\""));
    }
}
