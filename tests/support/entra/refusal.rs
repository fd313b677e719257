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

/// Refusals that no request provokes here: AADSTS number, HTTP status, `error`, words. The words follow
/// Microsoft's reference of error codes.
const CODES: [(u32, u16, &str, &str); 51] = [
    (7_000_215, 401, "invalid_client", "Invalid client secret provided."),
    (7_000_222, 401, "invalid_client", "The provided client secret keys for app are expired."),
    (700_016, 400, "unauthorized_client", "Application with identifier was not found in the directory."),
    (700_011, 400, "unauthorized_client", "UnauthorizedClientAppNotFoundInOrgIdTenant."),
    (90_002, 400, "invalid_request", "Tenant not found."),
    (
        900_023,
        400,
        "invalid_request",
        "Specified tenant identifier is neither a valid DNS name, nor a valid external domain.",
    ),
    (1_002_012, 400, "invalid_scope", "Client credential flows must have a scope value with /.default suffixed."),
    (70_011, 400, "invalid_scope", "The provided value for the input parameter 'scope' is not valid."),
    (
        28_002,
        400,
        "invalid_scope",
        "Provided value for the input parameter scope is not valid when requesting an access token.",
    ),
    (
        28_003,
        400,
        "invalid_scope",
        "Provided value for the input parameter scope can't be empty when requesting an access token.",
    ),
    (500_011, 400, "invalid_resource", "The resource principal was not found in the tenant."),
    (
        650_052,
        400,
        "invalid_client",
        "The app needs access to a service that your organization has not subscribed to or enabled.",
    ),
    (650_057, 400, "invalid_resource", "Invalid resource."),
    (65_001, 400, "invalid_grant", "The user or administrator has not consented to use the application."),
    (
        700_027,
        401,
        "invalid_client",
        "The certificate used to sign the client assertion is not registered on application.",
    ),
    (700_024, 401, "invalid_client", "Client assertion is not within its valid time range."),
    (500_133, 400, "invalid_grant", "Assertion is not within its valid time range."),
    (50_013, 400, "invalid_grant", "Assertion is invalid because of various reasons."),
    (50_012, 401, "invalid_client", "Client assertion contains an invalid signature."),
    (
        700_025,
        401,
        "invalid_client",
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    ),
    (
        7_000_218,
        401,
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    (700_213, 401, "invalid_client", "No matching federated identity record found for presented assertion subject."),
    (700_211, 401, "invalid_client", "No matching federated identity record found for presented assertion issuer."),
    (70_021, 401, "invalid_client", "No matching federated identity record found for presented assertion."),
    (7_000_112, 400, "unauthorized_client", "Application is disabled."),
    (70_001, 400, "unauthorized_client", "The application is disabled."),
    (53_003, 400, "invalid_grant", "Access has been blocked by Conditional Access policies."),
    (530_035, 400, "invalid_grant", "Access has been blocked by security defaults."),
    (50_034, 400, "invalid_grant", "The user account does not exist in the directory."),
    (50_076, 400, "interaction_required", "You must use multi-factor authentication to access."),
    (50_079, 400, "interaction_required", "You must enroll in multi-factor authentication to access."),
    (50_126, 400, "invalid_grant", "Error validating credentials due to invalid username or password."),
    (50_053, 400, "invalid_grant", "The account is locked."),
    (50_057, 400, "invalid_grant", "The user account is disabled."),
    (50_196, 400, "invalid_grant", "The server terminated an operation because it encountered a client request loop."),
    (90_055, 429, "temporarily_unavailable", "The server terminated an operation because of too many requests."),
    (50_033, 400, "invalid_request", "A transient error has occurred. Please try again."),
    (90_006, 400, "invalid_request", "The service is temporarily unavailable."),
    (90_024, 400, "invalid_request", "A transient error has occurred. Please try again."),
    (90_033, 400, "temporarily_unavailable", "A transient error has occurred. Please try again."),
    (9_001_023, 400, "invalid_request", "The grant type is not supported over the /common or /consumers endpoints."),
    (
        50_059,
        400,
        "invalid_request",
        "No tenant-identifying information found in either the request or implied by any provided credentials.",
    ),
    (900_144, 400, "invalid_request", "The request body must contain the following parameter: 'grant_type'."),
    (9_002_313, 400, "invalid_request", "Invalid request. Request is malformed or invalid."),
    (900_382, 400, "invalid_request", "Confidential Client is not supported in Cross Cloud request."),
    (90_038, 400, "invalid_request", "Confidential Client is not supported in Cross Cloud request."),
    (90_012, 400, "invalid_request", "The request has timed out."),
    (90_090, 400, "invalid_request", "The service is temporarily unavailable."),
    (900_432, 400, "invalid_request", "Confidential Client is not supported in Cross Cloud request."),
    (900_561, 400, "invalid_request", "The endpoint only accepts POST requests. Received a GET request."),
    (99_999, 400, "invalid_request", "A number that nobody has seen."),
];

impl Refusal {
    fn coded(code: u32) -> &'static (u32, u16, &'static str, &'static str) {
        CODES.iter().find(|(known, ..)| *known == code).expect("the code is in the table")
    }
}

impl Refusal {
    pub fn response(&self, state: &State) -> Response {
        if matches!(self, Refusal::NoSuchPage) {
            return Response::new(404, "text/html", "<html>not found</html>");
        }
        let (status, error, code) = self.class();
        let at = clock::entra_timestamp(clock::now());
        let trace = "0000aaaa-11bb-cccc-dd22-eeeeee333333";
        let correlation = "aaaa0000-bb11-2222-33cc-444444dddddd";
        let words = self.words(state);
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

    fn class(&self) -> (u16, &'static str, u32) {
        match self {
            Refusal::NoSuchPage => (404, "", 0),
            Refusal::NotPost(_) => (400, "invalid_request", 900_561),
            Refusal::TenantMalformed(_) => (400, "invalid_request", 900_023),
            Refusal::TenantNotFound(_) => (400, "invalid_request", 90_002),
            Refusal::ParameterMissing(_) => (400, "invalid_request", 900_144),
            Refusal::GrantUnsupported(_) => (400, "unsupported_grant_type", 70_003),
            Refusal::ApplicationNotFound(_) => (400, "unauthorized_client", 700_016),
            Refusal::ScopeMalformed(_) => (400, "invalid_scope", 70_011),
            Refusal::ScopeWithoutDefault(_) => (400, "invalid_scope", 1_002_012),
            Refusal::ResourceNotFound(_) => (400, "invalid_resource", 500_011),
            Refusal::NoCredential => (401, "invalid_client", 7_000_218),
            Refusal::SecretWrong => (401, "invalid_client", 7_000_215),
            Refusal::SecretExpired => (401, "invalid_client", 7_000_222),
            Refusal::AssertionInvalid => (401, "invalid_client", 50_012),
            Refusal::KeyUnknown(_) => (401, "invalid_client", 700_027),
            Refusal::AssertionOfAnother(_) => (401, "invalid_client", 700_021),
            Refusal::AudienceWrong(..) => (401, "invalid_client", 700_023),
            Refusal::OutOfTime { .. } => (401, "invalid_client", 700_024),
            Refusal::IssuerUnknown(_) => (401, "invalid_client", 700_211),
            Refusal::SubjectUnknown(_) => (401, "invalid_client", 700_213),
            Refusal::FederatedAudienceWrong(_) => (401, "invalid_client", 700_212),
            Refusal::Device(error) => (400, error, 70_016),
            Refusal::RefreshTokenOver => (400, "invalid_grant", 700_082),
            Refusal::Coded(code) => {
                let (code, status, error, _) = Refusal::coded(*code);
                (*status, error, *code)
            }
        }
    }

    fn words(&self, state: &State) -> String {
        let (client_id, tenant) = (&state.client_id, &state.tenant);
        match self {
            Refusal::NoSuchPage => String::new(),
            Refusal::NotPost(method) => {
                format!("The endpoint only accepts POST requests. Received a {method} request.")
            }
            Refusal::TenantMalformed(given) => format!(
                "Specified tenant identifier '{given}' is neither a valid DNS name, nor a valid \
                 external domain."
            ),
            Refusal::TenantNotFound(given) => format!(
                "Tenant '{given}' not found. Check to make sure you have the correct tenant ID \
                 and are signing into the correct cloud. Check with your subscription \
                 administrator, this may happen if there are no active subscriptions for the \
                 tenant."
            ),
            Refusal::ParameterMissing(name) => {
                format!("The request body must contain the following parameter: '{name}'.")
            }
            Refusal::GrantUnsupported(grant) => {
                format!("The app requested an unsupported grant type '{grant}'.")
            }
            Refusal::ApplicationNotFound(given) => format!(
                "Application with identifier '{given}' was not found in the directory \
                 '{tenant}'. This can happen if the application has not been installed by the \
                 administrator of the tenant or consented to by any user in the tenant. You may \
                 have sent your authentication request to the wrong tenant."
            ),
            Refusal::ScopeMalformed(scope) => format!(
                "The provided value for the input parameter 'scope' is not valid. The scope \
                 '{scope}' does not exist."
            ),
            Refusal::ScopeWithoutDefault(scope) => format!(
                "The provided value for scope {scope} is not valid. Client credential flows must \
                 have a scope value with /.default suffixed to the resource identifier \
                 (application ID URI)."
            ),
            Refusal::ResourceNotFound(resource) => format!(
                "The resource principal named {resource} was not found in the tenant named \
                 Contoso. This can happen if the application has not been installed by the \
                 administrator of the tenant or consented to by any user in the tenant. You \
                 might have sent your authentication request to the wrong tenant."
            ),
            Refusal::NoCredential => "The request body must contain the following parameter: \
                 'client_assertion' or 'client_secret'."
                .into(),
            Refusal::SecretWrong => format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is \
                 the client secret value, not the client secret ID, for a secret added to app \
                 '{client_id}'."
            ),
            Refusal::SecretExpired => format!(
                "The provided client secret keys for app '{client_id}' are expired. Visit the \
                 Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, \
                 or consider using certificate credentials for added security: \
                 https://aka.ms/certCreds."
            ),
            Refusal::AssertionInvalid => "Client assertion contains an invalid signature.".into(),
            Refusal::KeyUnknown(thumbprint) => {
                let hex: String = thumbprint.iter().map(|byte| format!("{byte:02X}")).collect();
                format!(
                    "The certificate with identifier used to sign the client assertion is not registered on \
                     application. [Reason - The key was not found., Thumbprint of key used by client: '{hex}']"
                )
            }
            Refusal::AssertionOfAnother(subject) => {
                format!("Client assertion application identifier doesn't match 'client_id' parameter: '{subject}'.")
            }
            Refusal::AudienceWrong(sent, known) => {
                format!("Client assertion audience claim '{sent}' does not match '{known}'.")
            }
            Refusal::OutOfTime { now, from, until } => format!(
                "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, \
                 expiry time of assertion {}.",
                clock::entra_timestamp(*now),
                clock::entra_timestamp(*from),
                clock::entra_timestamp(*until)
            ),
            Refusal::IssuerUnknown(issuer) => {
                format!("No matching federated identity record found for presented assertion issuer '{issuer}'.")
            }
            Refusal::FederatedAudienceWrong(audience) => {
                format!("No matching federated identity record found for presented assertion audience '{audience}'.")
            }
            Refusal::Device(error) => format!("The device code flow says {error}."),
            Refusal::RefreshTokenOver => {
                "The refresh token has expired due to inactivity. The token was issued on 2026-01-01.".into()
            }
            Refusal::SubjectUnknown(subject) => format!(
                "No matching federated identity record found for presented assertion subject \
                 '{subject}'."
            ),
            Refusal::Coded(code) => Refusal::coded(*code).3.to_owned(),
        }
    }
}
