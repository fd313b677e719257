//! The token endpoint's refusals, by AADSTS number (field guide 1.8), and what stands in its place.

use super::{Row, Seen};
use crate::error::{Kind, Phase};

pub(super) static ROWS: &[Row] = &[
    // The secret.
    Row {
        words: "AADSTS7000215: Invalid client secret provided",
        fits: |seen| seen.code(&[7000215]),
        says: |_| {
            "copy the secret's Value, not its Secret ID, from Certificates & secrets; check what the shell or the file did to its characters".to_owned()
        },
    },
    Row {
        words: "AADSTS7000215: Invalid client secret provided",
        fits: |seen| seen.code(&[7000215]),
        says: |seen| {
            format!(
                "if the Value was not kept, make a new one: az ad app credential reset --id {} --append",
                seen.client_id()
            )
        },
    },
    Row {
        words: "AADSTS7000222: The provided client secret keys for app are expired",
        fits: |seen| seen.code(&[7000222]),
        says: |seen| format!("the secret has expired: az ad app credential reset --id {} --append", seen.client_id()),
    },
    Row {
        words: "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'",
        fits: |seen| seen.code(&[7000218]),
        says: |_| {
            "no credential reached Entra: check that the secret is not empty (AZURE_CLIENT_SECRET, --client-secret-file); perhaps a proxy rewrites the request".to_owned()
        },
    },
    Row {
        words: "AADSTS700025: Client is public so neither 'client_assertion' nor 'client_secret' should be presented",
        fits: |seen| seen.code(&[700025]),
        says: |seen| {
            format!(
                "the application is registered as a public client: az ad app update --id {} --is-fallback-public-client false",
                seen.client_id()
            )
        },
    },
    // Certificates and other assertions.
    Row {
        words: "AADSTS700027: The certificate with identifier used to sign the client assertion is not registered on application",
        fits: |seen| seen.code(&[700027, 50012]),
        says: |seen| {
            format!(
                "the application does not know the certificate that signed: compare its thumbprint with az ad app credential list --id {} --cert, or upload it",
                seen.client_id()
            )
        },
    },
    Row {
        words: "AADSTS700024: Client assertion is not within its valid time range",
        fits: |seen| seen.code(&[700024, 500133, 50013]),
        says: |seen| match seen.says(&["this machine's clock is"]) {
            true => "set this machine's clock (NTP) and run again".to_owned(),
            false => "perhaps this machine's clock is wrong, or a token of somebody else has ended: take a new one"
                .to_owned(),
        },
    },
    Row {
        words: "AADSTS700023: Client assertion audience claim does not match Realm issuer",
        fits: |seen| seen.code(&[700023]),
        says: |seen| {
            format!(
                "the assertion is for the token endpoint of the tenant {}: perhaps Entra wants the tenant's GUID there (--tenant, AZURE_TENANT_ID), or --authority-host is wrong",
                seen.tenant()
            )
        },
    },
    Row {
        words: "AADSTS700213: No matching federated identity record found for presented assertion subject",
        fits: |seen| seen.code(&[700213, 700211, 700212, 70021]),
        says: |seen| {
            format!(
                "issuer, subject and audience must match to the letter: compare with az ad app federated-credential list --id {}",
                seen.client_id()
            )
        },
    },
    // Who and where.
    Row {
        words: "AADSTS700016: Application with identifier was not found in the directory",
        fits: |seen| seen.code(&[700016, 700011]),
        says: |seen| {
            format!(
                "the tenant {} has no application {}: check AZURE_TENANT_ID and AZURE_CLIENT_ID (the Application (client) ID, not an object id), perhaps they are swapped",
                seen.tenant(),
                seen.client_id()
            )
        },
    },
    Row {
        words: "AADSTS90002: Tenant not found",
        fits: |seen| seen.code(&[90002]),
        says: |seen| {
            format!(
                "check the tenant {} (--tenant, AZURE_TENANT_ID); perhaps it is in a national cloud: --cloud usgov, usgov-dod or china",
                seen.tenant()
            )
        },
    },
    Row {
        words: "AADSTS900023: Specified tenant identifier is neither a valid DNS name, nor a valid external domain",
        fits: |seen| seen.code(&[900023]),
        says: |_| {
            "name the tenant by its GUID (Entra admin center > Overview) or by a verified domain (--tenant, AZURE_TENANT_ID)".to_owned()
        },
    },
    Row {
        words: "AADSTS9001023: The grant type is not supported over the /common or /consumers endpoints",
        fits: |seen| seen.code(&[9001023, 50059]),
        says: |_| "name the tenant itself (--tenant, AZURE_TENANT_ID), not common or organizations".to_owned(),
    },
    Row {
        words: "AADSTS900382: Confidential Client is not supported in Cross Cloud request",
        fits: |seen| seen.code(&[900382, 900432, 90038]),
        says: |_| {
            "the application belongs to another cloud: name it by --cloud (global, usgov, usgov-dod, china)".to_owned()
        },
    },
    // What the token is for.
    Row {
        words: "AADSTS1002012: Client credential flows must have a scope value with /.default suffixed",
        fits: |seen| seen.code(&[1002012, 70011, 28002, 28003]),
        says: |_| "leave --scope (EXOIMAP_SCOPE) out, or use https://outlook.office365.com/.default".to_owned(),
    },
    Row {
        words: "AADSTS500011: The resource principal was not found in the tenant",
        fits: |seen| seen.code(&[500011]),
        says: |_| {
            "leave --scope (EXOIMAP_SCOPE) out, or use https://outlook.office365.com/.default; perhaps the tenant has no Exchange Online licence".to_owned()
        },
    },
    Row {
        words: "AADSTS650057: Invalid resource. The client has requested access to a resource which is not listed in the requested permissions",
        fits: |seen| seen.code(&[650057]),
        says: |seen| {
            format!(
                "add Office 365 Exchange Online > Application permissions > IMAP.AccessAsApp to application {} and grant consent (exoimap setup prints both commands)",
                seen.client_id()
            )
        },
    },
    Row {
        words: "AADSTS650052: The app needs access to a service that your organization has not subscribed to or enabled",
        fits: |seen| seen.code(&[650052]),
        says: |seen| {
            format!(
                "the tenant {} has no subscription with Exchange Online: Microsoft 365 admin center > Billing > Licenses",
                seen.tenant()
            )
        },
    },
    Row {
        words: "AADSTS65001: The user or administrator has not consented to use the application",
        fits: |seen| seen.code(&[65001]),
        says: |seen| format!("grant consent: az ad app permission admin-consent --id {}", seen.client_id()),
    },
    // What a tenant forbids.
    Row {
        words: "AADSTS7000112: Application is disabled",
        fits: |seen| seen.code(&[7000112, 70001]),
        says: |seen| {
            format!(
                "enable it: az ad sp update --id {} --set accountEnabled=true (Enterprise applications > Properties > Enabled for users to sign-in)",
                seen.client_id()
            )
        },
    },
    Row {
        words: "AADSTS53003: Access has been blocked by Conditional Access policies",
        fits: |seen| seen.code(&[53003]),
        says: |_| {
            "a Conditional Access policy for workload identities blocks this application here: give the administrator this host's public address, and the trace id for the sign-in logs".to_owned()
        },
    },
    Row {
        words: "AADSTS530035: Access has been blocked by security defaults",
        fits: |seen| seen.code(&[530035]),
        says: |_| {
            "perhaps the request was taken for a password's: security defaults block these, not an application's token; give the administrator the trace id".to_owned()
        },
    },
    Row {
        words: "AADSTS50126: Error validating credentials due to invalid username or password",
        fits: |seen| seen.code(&[50034, 50053, 50057, 50076, 50079, 50126]),
        says: |_| {
            "that is a user's refusal: sign in as an application (--auth secret or certificate), not as a user"
                .to_owned()
        },
    },
    // Now and then.
    Row {
        words: "AADSTS50196: The server terminated an operation because it encountered a client request loop",
        fits: |seen| seen.code(&[50196]),
        says: |_| {
            "the same token is asked for too often: keep tokens between runs by --token-cache DIR, or run less often"
                .to_owned()
        },
    },
    Row {
        words: "AADSTS90033: A transient error has occurred. Please try again",
        fits: |seen| {
            let passing = seen.error.entra().is_some_and(|reply| reply.error == "temporarily_unavailable");
            seen.phase(Phase::Token) && (passing || seen.code(&[90055, 50033, 90006, 90012, 90024, 90033, 90090]))
        },
        says: |_| "Entra's own trouble: run again in a few minutes; nothing here needs to change".to_owned(),
    },
    Row {
        words: "AADSTS900144: The request body must contain the following parameter",
        fits: |seen| seen.code(&[900144, 9002313, 900561]),
        says: |_| {
            "perhaps a proxy rewrites the request: it must pass the POST to the authority unchanged (see --proxy, NO_PROXY)".to_owned()
        },
    },
    // Somebody between us and Entra.
    Row {
        words: "HTTP 407 Proxy Authentication Required",
        fits: |seen| stranger(seen, "HTTP 407"),
        says: |_| {
            "a proxy wants a user name and a password: put them into HTTPS_PROXY (http://USER:PASSWORD@HOST:PORT)"
                .to_owned()
        },
    },
    Row {
        words: "the endpoint redirects",
        fits: |seen| seen.phase(Phase::Token) && seen.says(&["the endpoint redirects"]),
        says: |_| {
            "perhaps a sign-in page of the network (captive portal) answered, or --authority-host is wrong: it is https://login.microsoftonline.com".to_owned()
        },
    },
    Row {
        words: "which is no answer of Entra ID",
        fits: |seen| !seen.kind(Kind::Temporary) && stranger(seen, "HTTP ") && !stranger(seen, "HTTP 407"),
        says: |_| {
            "perhaps a proxy or a sign-in page of the network answered in Entra's place: it must let this host reach the authority".to_owned()
        },
    },
    Row {
        words: "HTTP 502 Bad Gateway",
        fits: |seen| seen.kind(Kind::Temporary) && stranger(seen, "HTTP "),
        says: |_| {
            "perhaps a proxy could not reach Entra: run again later; if it stays, show its administrator this line"
                .to_owned()
        },
    },
    Row {
        words: "the endpoint's answer is no complete JSON with an access_token",
        fits: |seen| seen.phase(Phase::Token) && seen.says(&["no complete JSON", "'s answer has more than"]),
        says: |_| "perhaps a proxy cut or replaced the answer: run again, then by another way out (--proxy)".to_owned(),
    },
];

/// A refusal with a number that is not in the table.
pub(super) static LAST: &[Row] = &[Row {
    words: "Entra ID refused",
    fits: |seen| seen.phase(Phase::Token) && seen.error.entra().is_some(),
    says: |seen| match seen.error.entra().and_then(|reply| reply.codes.first()) {
        Some(code) => format!(
            "see https://login.microsoftonline.com/error?code={code}, and the sign-in logs of the tenant by the trace id"
        ),
        None => "see the sign-in logs of the tenant by the trace id".to_owned(),
    },
}];

/// An answer that is not in Entra's form.
fn stranger(seen: &Seen, status: &str) -> bool {
    seen.phase(Phase::Token)
        && seen.error.entra().is_none()
        && seen.says(&[status])
        && seen.says(&["no answer of Entra"])
}
