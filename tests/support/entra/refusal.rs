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
    SubjectUnknown(String),
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
            Refusal::SubjectUnknown(_) => (401, "invalid_client", 700_213),
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
            Refusal::SubjectUnknown(subject) => format!(
                "No matching federated identity record found for presented assertion subject \
                 '{subject}'."
            ),
        }
    }
}
