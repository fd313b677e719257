//! Why Entra says no: HTTP status, `error`, AADSTS code and words.

use serde_json::json;

use super::super::clock;
use super::super::http::Response;
use super::State;

/// One kind of refusal, with the value that Entra quotes back.
pub enum Refusal {
    NoSuchPage,
    NotPost(String),
    TenantMalformed(String),
    TenantNotFound(String),
    ParameterMissing(String),
    GrantUnsupported(String),
    ApplicationNotFound(String),
    ScopeMalformed(String),
    ScopeWithoutDefault(String),
    ResourceNotFound(String),
    NoCredential,
    SecretWrong,
    SecretExpired,
    AssertionInvalid,
    /// The thumbprint that the header names.
    KeyUnknown(Vec<u8>),
    AssertionOfAnother(String),
    /// The audience that was sent, and the one that is this endpoint.
    AudienceWrong(String, String),
    OutOfTime {
        now: i64,
        from: i64,
        until: i64,
    },
    IssuerUnknown(String),
    SubjectUnknown(String),
    FederatedAudienceWrong(String),
    /// `authorization_pending` and its kind, which have no number of their own here.
    Device(&'static str),
    RefreshTokenOver,
    /// One of `CODES`, whatever was asked.
    Coded(u32),
}

/// Refusals that no request provokes here; the file says how they are written.
const CODES: &str = include_str!("codes.txt");

impl Refusal {
    pub fn response(&self, state: &State) -> Response {
        if matches!(self, Refusal::NoSuchPage) {
            return Response::new(404, "text/html", "<html>not found</html>");
        }
        let (status, error, code, words) = self.words(state);
        let at = clock::entra_timestamp(clock::now());
        let trace = "0000aaaa-11bb-cccc-dd22-eeeeee333333";
        let correlation = "aaaa0000-bb11-2222-33cc-444444dddddd";
        let body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {words} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}"
            ),
            "error_codes": [code],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        });
        Response::json(status, body.to_string())
    }

    /// HTTP status, `error`, AADSTS number, words.
    fn words(&self, state: &State) -> (u16, &str, u32, String) {
        let (client_id, tenant) = (&state.client_id, &state.tenant);
        let no_match = "No matching federated identity record found for presented assertion";
        match self {
            Refusal::NoSuchPage => (404, "", 0, String::new()),
            Refusal::NotPost(method) => {
                let words = format!("The endpoint only accepts POST requests. Received a {method} request.");
                (400, "invalid_request", 900_561, words)
            }
            Refusal::TenantMalformed(given) => {
                let words = "is neither a valid DNS name, nor a valid external domain.";
                (400, "invalid_request", 900_023, format!("Specified tenant identifier '{given}' {words}"))
            }
            Refusal::TenantNotFound(given) => {
                let words = "Check to make sure you have the correct tenant ID and are signing into the correct cloud. \
                             Check with your subscription administrator, this may happen if there are no active \
                             subscriptions for the tenant.";
                (400, "invalid_request", 90_002, format!("Tenant '{given}' not found. {words}"))
            }
            Refusal::ParameterMissing(name) => {
                let words = format!("The request body must contain the following parameter: '{name}'.");
                (400, "invalid_request", 900_144, words)
            }
            Refusal::GrantUnsupported(grant) => {
                let words = format!("The app requested an unsupported grant type '{grant}'.");
                (400, "unsupported_grant_type", 70_003, words)
            }
            Refusal::ApplicationNotFound(given) => {
                let words = "This can happen if the application has not been installed by the administrator of the \
                             tenant or consented to by any user in the tenant. You may have sent your \
                             authentication request to the wrong tenant.";
                let head = format!("Application with identifier '{given}' was not found in the directory '{tenant}'.");
                (400, "unauthorized_client", 700_016, format!("{head} {words}"))
            }
            Refusal::ScopeMalformed(scope) => {
                let words = "The provided value for the input parameter 'scope' is not valid. The scope";
                (400, "invalid_scope", 70_011, format!("{words} '{scope}' does not exist."))
            }
            Refusal::ScopeWithoutDefault(scope) => {
                let words = "is not valid. Client credential flows must have a scope value with /.default suffixed to \
                             the resource identifier (application ID URI).";
                (400, "invalid_scope", 1_002_012, format!("The provided value for scope {scope} {words}"))
            }
            Refusal::ResourceNotFound(resource) => {
                let words = "was not found in the tenant named Contoso. This can happen if the application has not \
                             been installed by the administrator of the tenant or consented to by any user in the \
                             tenant. You might have sent your authentication request to the wrong tenant.";
                (400, "invalid_resource", 500_011, format!("The resource principal named {resource} {words}"))
            }
            Refusal::NoCredential => {
                let words =
                    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
                (401, "invalid_client", 7_000_218, words.into())
            }
            Refusal::SecretWrong => {
                let words = "Invalid client secret provided. Ensure the secret being sent in the request is the \
                             client secret value, not the client secret ID, for a secret added to app";
                (401, "invalid_client", 7_000_215, format!("{words} '{client_id}'."))
            }
            Refusal::SecretExpired => {
                let words = "are expired. Visit the Azure portal to create new keys for your app: \
                             https://aka.ms/NewClientSecret, or consider using certificate credentials for added \
                             security: https://aka.ms/certCreds.";
                (
                    401,
                    "invalid_client",
                    7_000_222,
                    format!("The provided client secret keys for app '{client_id}' {words}"),
                )
            }
            Refusal::AssertionInvalid => {
                (401, "invalid_client", 50_012, "Client assertion contains an invalid signature.".into())
            }
            Refusal::KeyUnknown(thumbprint) => {
                let hex: String = thumbprint.iter().map(|byte| format!("{byte:02X}")).collect();
                let words = "The certificate with identifier used to sign the client assertion is not registered on \
                             application. [Reason - The key was not found., Thumbprint of key used by client:";
                (401, "invalid_client", 700_027, format!("{words} '{hex}']"))
            }
            Refusal::AssertionOfAnother(subject) => {
                let words = "Client assertion application identifier doesn't match 'client_id' parameter:";
                (401, "invalid_client", 700_021, format!("{words} '{subject}'."))
            }
            Refusal::AudienceWrong(sent, known) => {
                let words = format!("Client assertion audience claim '{sent}' does not match '{known}'.");
                (401, "invalid_client", 700_023, words)
            }
            Refusal::OutOfTime { now, from, until } => {
                let [now, from, until] = [now, from, until].map(|time| clock::entra_timestamp(*time));
                let words =
                    format!("Current time: {now}, assertion valid from {from}, expiry time of assertion {until}.");
                let words = format!("Client assertion is not within its valid time range. {words}");
                (401, "invalid_client", 700_024, words)
            }
            Refusal::IssuerUnknown(issuer) => {
                (401, "invalid_client", 700_211, format!("{no_match} issuer '{issuer}'."))
            }
            Refusal::SubjectUnknown(subject) => {
                (401, "invalid_client", 700_213, format!("{no_match} subject '{subject}'."))
            }
            Refusal::FederatedAudienceWrong(audience) => {
                (401, "invalid_client", 700_212, format!("{no_match} audience '{audience}'."))
            }
            Refusal::Device(error) => (400, error, 70_016, format!("The device code flow says {error}.")),
            Refusal::RefreshTokenOver => {
                let words = "The refresh token has expired due to inactivity. The token was issued on 2026-01-01.";
                (400, "invalid_grant", 700_082, words.into())
            }
            Refusal::Coded(code) => coded(*code),
        }
    }
}

/// A row of the file.
fn coded(code: u32) -> (u16, &'static str, u32, String) {
    let rows = CODES.lines().map(|line| (line.split_whitespace().collect::<Vec<_>>(), line));
    let (numbers, line) =
        rows.into_iter().find(|(row, _)| row[0] == code.to_string()).expect("the code is in the file");
    let words = line.rsplit(" | ").next().unwrap_or_default();
    (numbers[1].parse().unwrap(), numbers[2], code, words.to_owned())
}
