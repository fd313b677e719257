//! The token endpoint's refusals, by AADSTS number, and what stands in its place.

use super::{Row, Seen, row};
use crate::entra::{OUT_OF_TIME, PASSING};
use crate::error::{Cause, Kind, Phase};

pub(super) static ROWS: &[Row] = &[
    // The secret.
    row(
        "AADSTS7000215: Invalid client secret provided",
        |seen| seen.code(&[7000215]),
        "copy the secret's Value, not its Secret ID, from Certificates & secrets; check what the shell or the file did to its characters",
    ),
    row(
        "AADSTS7000215: Invalid client secret provided",
        |seen| seen.code(&[7000215]),
        "if the Value was not kept, make a new one: az ad app credential reset --id {client} --append",
    ),
    row(
        "AADSTS7000222: The provided client secret keys for app are expired",
        |seen| seen.code(&[7000222]),
        "the secret has expired: az ad app credential reset --id {client} --append (portal: App registrations > the application > Certificates & secrets > New client secret)",
    ),
    row(
        "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'",
        |seen| seen.code(&[7000218]),
        "no credential reached Entra: check that the secret is not empty (AZURE_CLIENT_SECRET, --client-secret-file); perhaps a proxy rewrites the request",
    ),
    row(
        "AADSTS700025: Client is public so neither 'client_assertion' nor 'client_secret' should be presented",
        |seen| seen.code(&[700025]),
        "the application is registered as a public client: az ad app update --id {client} --is-fallback-public-client false",
    ),
    // Certificates and other assertions.
    row(
        "AADSTS700027: The certificate with identifier used to sign the client assertion is not registered on application",
        |seen| seen.code(&[700027, 50012]),
        "the application does not know this certificate: compare its thumbprint with az ad app credential list --id {client} --cert, or upload it (portal: App registrations > the application > Certificates & secrets > Certificates)",
    ),
    row(
        "AADSTS700024: Client assertion is not within its valid time range",
        |seen| seen.code(&OUT_OF_TIME) && seen.cause(Cause::Clock),
        "set this machine's clock (NTP) and run again",
    ),
    row(
        "AADSTS700024: Client assertion is not within its valid time range",
        |seen| seen.code(&OUT_OF_TIME) && !seen.cause(Cause::Clock),
        "perhaps this machine's clock is wrong, or a token from elsewhere has expired: get a new one",
    ),
    row(
        "AADSTS700023: Client assertion audience claim does not match Realm issuer",
        |seen| seen.code(&[700023]),
        "the assertion is for the token endpoint of the tenant {tenant}: perhaps Entra wants the tenant's GUID there (--tenant, AZURE_TENANT_ID), or --authority-host is wrong",
    ),
    row(
        "AADSTS700213: No matching federated identity record found for presented assertion subject",
        |seen| seen.code(&[700213, 700211, 700212, 70021]),
        "issuer, subject and audience must match to the letter: compare with az ad app federated-credential list --id {client}",
    ),
    // Who and where.
    row(
        "AADSTS700016: Application with identifier was not found in the directory",
        |seen| seen.code(&[700016, 700011]),
        "the tenant {tenant} has no application {client}: check AZURE_TENANT_ID and AZURE_CLIENT_ID (the Application (client) ID, not an object id), perhaps they are swapped",
    ),
    row(
        "AADSTS7000229: The client application is missing service principal in the tenant",
        |seen| seen.code(&[7000229]),
        "the tenant {tenant} has no enterprise application of {client}: az ad sp create --id {client}, then consent again",
    ),
    row(
        "AADSTS90002: Tenant not found",
        |seen| seen.code(&[90002]),
        "check the tenant {tenant} (--tenant, AZURE_TENANT_ID); perhaps it is in a national cloud: --cloud usgov, usgov-dod or china",
    ),
    row(
        "AADSTS900023: Specified tenant identifier is neither a valid DNS name, nor a valid external domain",
        |seen| seen.code(&[900023]),
        "name the tenant by its GUID (Entra admin center > Overview) or by a verified domain (--tenant, AZURE_TENANT_ID)",
    ),
    row(
        "AADSTS9001023: The grant type is not supported over the /common or /consumers endpoints",
        |seen| seen.code(&[9001023, 50059]),
        "name the tenant itself (--tenant, AZURE_TENANT_ID), not common or organizations",
    ),
    row(
        "AADSTS900382: Confidential Client is not supported in Cross Cloud request",
        |seen| seen.code(&[900382, 900432, 90038]),
        "the application belongs to another cloud: name it by --cloud (global, usgov, usgov-dod, china)",
    ),
    // What the token is for.
    row(
        "AADSTS1002012: Client credential flows must have a scope value with /.default suffixed",
        |seen| seen.code(&[1002012, 70011, 28002, 28003]),
        "leave --scope (EXOIMAP_SCOPE) out, or use https://outlook.office365.com/.default",
    ),
    row(
        "AADSTS500011: The resource principal was not found in the tenant",
        |seen| seen.code(&[500011]),
        "leave --scope (EXOIMAP_SCOPE) out, or use https://outlook.office365.com/.default; perhaps the tenant has no Exchange Online licence",
    ),
    row(
        "AADSTS650057: Invalid resource. The client has requested access to a resource which is not listed in the requested permissions",
        |seen| seen.code(&[650057]),
        "add Office 365 Exchange Online > Application permissions > IMAP.AccessAsApp to application {client} and grant consent (exoimap setup prints both commands)",
    ),
    row(
        "AADSTS650052: The app needs access to a service that your organization has not subscribed to or enabled",
        |seen| seen.code(&[650052]),
        "the tenant {tenant} has no subscription with Exchange Online: Microsoft 365 admin center > Billing > Licenses",
    ),
    row(
        "AADSTS65001: The user or administrator has not consented to use the application",
        |seen| seen.code(&[65001]),
        "grant consent: az ad app permission admin-consent --id {client}",
    ),
    // What a tenant forbids.
    row(
        "AADSTS7000112: Application is disabled",
        |seen| seen.code(&[7000112, 70001]),
        "enable it: az ad sp update --id {client} --set accountEnabled=true (Enterprise applications > Properties > Enabled for users to sign-in)",
    ),
    row(
        "AADSTS53003: Access has been blocked by Conditional Access policies",
        |seen| seen.code(&[53003]),
        "a Conditional Access policy for workload identities blocks this application here: give the administrator this host's public address, and the trace id for the sign-in logs",
    ),
    row(
        "AADSTS530035: Access has been blocked by security defaults",
        |seen| seen.code(&[530035]),
        "perhaps the request was taken for a password's: security defaults block these, not an application's token; give the administrator the trace id",
    ),
    row(
        "AADSTS50126: Error validating credentials due to invalid username or password",
        |seen| seen.code(&[50034, 50053, 50057, 50076, 50079, 50126]),
        "this refuses a user: sign in as an application (--auth secret or certificate), not as a user",
    ),
    // Temporary trouble.
    row(
        "AADSTS50196: The server terminated an operation because it encountered a client request loop",
        |seen| seen.code(&[50196]),
        "the same token is requested too often: keep tokens between runs with --token-cache DIR, or run less often",
    ),
    row(
        "AADSTS90033: A transient error has occurred. Please try again",
        |seen| {
            let is_temporary = seen.error.entra().is_some_and(|reply| reply.error == "temporarily_unavailable");
            seen.phase(Phase::Token) && (is_temporary || seen.code(&PASSING)) && !seen.code(&[50196])
        },
        "a temporary failure of Entra: run again in a few minutes; nothing here needs to change",
    ),
    row(
        "AADSTS900144: The request body must contain the following parameter",
        |seen| seen.code(&[900144, 9002313, 900561]),
        "perhaps a proxy rewrites the request: it must pass the POST to the authority unchanged (see --proxy, NO_PROXY)",
    ),
    // Somebody between us and Entra.
    row(
        "HTTP 407 Proxy Authentication Required",
        |seen| not_entra(seen, Some(407)),
        "a proxy wants a user name and a password: put them into HTTPS_PROXY (http://USER:PASSWORD@HOST:PORT)",
    ),
    row(
        "the endpoint redirects",
        |seen| seen.cause(Cause::Redirected),
        "perhaps a sign-in page of the network (captive portal) answered, or --authority-host is wrong: it is https://login.microsoftonline.com",
    ),
    row(
        "which is not an answer of Entra ID",
        |seen| !seen.kind(Kind::Temporary) && not_entra(seen, None) && !not_entra(seen, Some(407)),
        "perhaps a proxy or a sign-in page of the network answered in Entra's place: it must let this host reach the authority",
    ),
    row(
        "HTTP 502 Bad Gateway",
        |seen| seen.kind(Kind::Temporary) && not_entra(seen, None),
        "perhaps a proxy could not reach Entra: run again later; if it stays, show its administrator this line",
    ),
    row(
        "the endpoint's answer is not complete JSON with an access_token",
        |seen| seen.cause(Cause::CutAnswer),
        "perhaps a proxy cut or replaced the answer: run again, then by another way out (--proxy)",
    ),
];

/// A refusal with a number that is not in the table.
pub(super) static LAST: &[Row] = &[
    row(
        "Entra ID refused",
        |seen| seen.phase(Phase::Token) && seen.error.entra().is_some_and(|reply| !reply.codes.is_empty()),
        "see https://login.microsoftonline.com/error?code={code}, and the sign-in logs of the tenant by the trace id",
    ),
    row(
        "Entra ID refused",
        |seen| seen.phase(Phase::Token) && seen.error.entra().is_some_and(|reply| reply.codes.is_empty()),
        "see the sign-in logs of the tenant by the trace id",
    ),
];

/// An answer that is not in Entra's form, with this HTTP status if there is one.
fn not_entra(seen: &Seen, status: Option<u16>) -> bool {
    match seen.error.cause() {
        Some(Cause::NotEntra(found)) => status.is_none_or(|status| status == found),
        _ => false,
    }
}
