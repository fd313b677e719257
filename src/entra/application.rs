//! An application that proves itself to Entra ID: OAuth 2.0 client credentials.
//!
//! `POST {authority}/{tenant}/oauth2/v2.0/token`, with a secret or with a signed statement in its place
//! (learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow).

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;

#[cfg(feature = "certificate")]
use super::certificate::Certificate;
use super::cloud::Registration;
use super::request::{Answer, post};
use super::{AccessToken, Claims, Cloud};
use crate::error::{Cause, Error, Kind, Phase, Result};
use crate::files;
use crate::net::Network;
use crate::retry::Retry;
use crate::secret::Secret;
use crate::text::{shorten, shown};

/// Says that `client_assertion` is a JSON web token (RFC 7523).
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// AADSTS numbers of an assertion out of its time.
pub(crate) const OUT_OF_TIME: [u64; 3] = [700024, 500133, 50013];

/// Bytes of a file with a federated token at most; a token has some thousand.
const MOST_FEDERATED: u64 = 64 * 1024;

/// Whom to ask for a token, and as which application.
#[derive(Clone, Debug)]
pub struct Application {
    registration: Registration,
    scope: String,
    credential: Credential,
}

/// How the application proves itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credential {
    /// A client secret: the Value column of the portal, not the Secret ID.
    ClientSecret(Secret),
    /// A certificate whose public half was uploaded to the application.
    #[cfg(feature = "certificate")]
    Certificate(Certificate),
    /// A file with somebody else's token that the application trusts (workload identity federation);
    /// it is read for each request, because its writer renews it.
    FederatedTokenFile(PathBuf),
}

/// What goes into a request in proof, and what is said of it when it is refused.
struct Proof {
    field: &'static str,
    value: Secret,
    about: Option<String>,
}

impl Application {
    /// The application `client_id` (a GUID) of `tenant` (a GUID or a verified domain) in the worldwide
    /// cloud, asking for Exchange Online.
    pub fn new(tenant: &str, client_id: &str, credential: Credential) -> Result<Application> {
        let registration = Registration::new(tenant, client_id)?;
        if ["common", "organizations", "consumers"].contains(&tenant) {
            let message = format!("the tenant {tenant:?} does not work for an application: name the tenant itself");
            return Err(Error::of_setting("tenant", message));
        }
        if let Credential::ClientSecret(secret) = &credential
            && (secret.expose().is_empty() || secret.expose_str().is_none())
        {
            return Err(Error::new(Kind::Usage, Phase::Credential, "the client secret is empty or no text"));
        }
        let scope = format!("https://{}/.default", Cloud::Global.imap_host());
        Ok(Application { registration, scope, credential })
    }

    /// Asks this authority instead, e.g. `https://login.microsoftonline.us`.
    pub fn with_authority(mut self, authority: &str) -> Result<Application> {
        self.registration = self.registration.with_authority(authority)?;
        Ok(self)
    }

    /// Asks for this resource instead: `https://…/.default`, the only form an application can ask for.
    pub fn with_scope(mut self, scope: &str) -> Result<Application> {
        check_scope(scope)?;
        self.scope = scope.to_owned();
        Ok(self)
    }

    /// Asks for a token, and again where that can help.
    pub fn request_token(&self, network: &Network, retry: &mut Retry) -> Result<AccessToken> {
        retry.request(|| self.request_once(network))
    }

    fn request_once(&self, network: &Network) -> Result<AccessToken> {
        let url = self.registration.url("token");
        let proof = self.proof(&url, network.deadline())?;
        let mut form = vec![
            ("client_id", self.registration.client_id.as_str()),
            ("scope", &self.scope),
            ("grant_type", "client_credentials"),
        ];
        if proof.field == "client_assertion" {
            form.push(("client_assertion_type", ASSERTION));
        }
        let answer = post(network, &url, &form, Some((proof.field, &proof.value)))?;
        answer.token().ok_or_else(|| explain(&answer, &proof))
    }

    /// What proves us this time; each assertion is a new one.
    fn proof(&self, url: &str, deadline: Option<Instant>) -> Result<Proof> {
        let assertion = |value, about| Proof { field: "client_assertion", value, about };
        Ok(match &self.credential {
            Credential::ClientSecret(secret) => Proof { field: "client_secret", value: secret.clone(), about: None },
            #[cfg(feature = "certificate")]
            Credential::Certificate(certificate) => {
                let (sha1, sha256) = (certificate.sha1(), certificate.sha256());
                let about = format!("signed with the certificate of SHA-1 {sha1}, SHA-256 {sha256}");
                assertion(certificate.assertion(&self.registration.client_id, url)?, Some(about))
            }
            Credential::FederatedTokenFile(file) => {
                let _ = url;
                let token = federated_token(file, deadline)?;
                let about = about(&token);
                assertion(token, Some(about))
            }
        })
    }

    /// What distinguishes this application's tokens from others: the words that may be read, and the
    /// proof that may not.
    #[cfg(feature = "certificate")]
    pub(super) fn key(&self) -> (String, Secret) {
        let (method, proof) = match &self.credential {
            Credential::ClientSecret(secret) => ("secret", secret.clone()),
            Credential::Certificate(certificate) => ("certificate", Secret::new(certificate.sha256())),
            Credential::FederatedTokenFile(file) => ("federated", Secret::new(file.to_string_lossy().as_bytes())),
        };
        let Application { registration, scope, .. } = self;
        (format!("{method} {} {} {scope}", registration.url("token"), registration.client_id), proof)
    }
}

pub(super) fn check_scope(scope: &str) -> Result<()> {
    let printable = scope.bytes().all(|byte| byte.is_ascii_graphic());
    if scope.ends_with("/.default") && printable {
        return Ok(());
    }
    let message = format!(
        "the scope {} does not end in /.default; an application asks for https://outlook.office365.com/.default",
        shown(scope)
    );
    Err(Error::of_setting("scope", message))
}

/// A refusal with what we know about the proof that was refused.
fn explain(answer: &Answer, proof: &Proof) -> Error {
    let mut error = answer.refusal("Entra ID");
    let Some(reply) = error.entra() else { return error };
    let out_of_time = reply.codes.iter().any(|code| OUT_OF_TIME.contains(code));
    if proof.field == "client_assertion" && reply.error == "invalid_client" || out_of_time {
        if let Some(clock) = answer.clock().filter(|_| out_of_time) {
            error = error.adding(&format!("; {clock}")).because(Cause::Clock);
        }
        if let Some(about) = &proof.about {
            error = error.adding(&format!("; {about}"));
        }
    }
    error
}

/// Workload identity federation: the token of somebody whom the application trusts, as the file has it now. The kubelet,
/// or who else writes it, replaces it before its token ends.
fn federated_token(file: &Path, deadline: Option<Instant>) -> Result<Secret> {
    let doing = || format!("reading the federated token from {}", file.display());
    let failed = |e| Error::file(Kind::Usage, Phase::Credential, doing(), e);
    let refused = |why| failed(io::Error::other(why));
    let bytes = files::read(file, MOST_FEDERATED, deadline).map_err(failed)?;
    let text = bytes.expose().trim_ascii();
    if text.is_empty() {
        return Err(refused("it is empty"));
    }
    if !text.iter().all(u8::is_ascii_graphic) {
        return Err(refused("it holds a blank or a control character, which no token does"));
    }
    Ok(Secret::new(text))
}

/// What an administrator compares with the federated credential, letter by letter; never the token.
fn about(token: &Secret) -> String {
    let Some(claims) = Claims::of(token) else { return "the assertion is not a JSON web token".to_owned() };
    let said = |name: &str| match claims.all.get(name) {
        Some(Value::String(text)) => shorten(text, 200),
        Some(other) => shorten(&other.to_string(), 200),
        None => "nothing".to_owned(),
    };
    format!("the assertion says iss {}, sub {}, aud {}", said("iss"), said("sub"), said("aud"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

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
            application().with_authority("https://localhost:8443/").unwrap().registration.url("token"),
            "https://localhost:8443/contoso.com/oauth2/v2.0/token"
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", application()).contains("\"s\""));
    }

    #[test]
    fn what_it_says_is_shown_and_the_token_is_not() {
        let token = |claims: &str| Secret::new(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims)));
        let kubernetes = token(
            r#"{"iss":"https://oidc.example.com/","sub":"system:serviceaccount:a:b","aud":["api://AzureADTokenExchange"]}"#,
        );
        assert_eq!(
            about(&kubernetes),
            r#"the assertion says iss https://oidc.example.com/, sub system:serviceaccount:a:b, aud ["api://AzureADTokenExchange"]"#
        );
        assert_eq!(about(&token("{}")), "the assertion says iss nothing, sub nothing, aud nothing");
        assert_eq!(about(&Secret::new("opaque")), "the assertion is not a JSON web token");
    }
}
