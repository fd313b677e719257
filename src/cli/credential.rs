//! Which credential: the one that the options name, else the first that the environment names.

use std::time::SystemTime;

use clap::ArgMatches;
use clap::parser::ValueSource;
use exoimap::entra::{Application, Cloud, Credential};
use exoimap::{Result, Secret};

use super::input::read_secret;
use super::session::usage;

/// How a token comes to be.
pub(crate) enum Proof {
    Token(Secret),
    Application(Box<Application>),
}

/// What can be said of a credential; never the credential.
pub(crate) struct Described {
    /// Which it is, and where it came from.
    pub(crate) detail: String,
    /// When it ends, where that can be seen from here.
    pub(crate) ends: Option<SystemTime>,
}

/// The credential that the options name, else the first that the environment names, and what can be said of it.
pub(crate) fn proof(arguments: &ArgMatches, cloud: Cloud) -> Result<(Proof, Described)> {
    let text = |name: &str| arguments.get_one::<String>(name).map(String::as_str).filter(|text| !text.is_empty());
    let named = |name: &str| arguments.value_source(name) == Some(ValueSource::CommandLine);
    let (token_file, secret_file) = (text("access-token-file"), text("client-secret-file"));
    let method = match text("auth").unwrap_or("auto") {
        "auto" if named("access-token-file") && named("client-secret-file") => {
            return Err(usage("--access-token-file and --client-secret-file are two ways to sign in: name one"));
        }
        "auto" if named("access-token-file") => "token",
        "auto" if named("client-secret-file") => "secret",
        "auto" if environment("EXOIMAP_ACCESS_TOKEN").is_some() => "token",
        "auto" => "secret",
        method => method,
    };
    if method == "token" {
        let (token, from) = match token_file {
            Some(file) => (read_secret(file, "the access token")?, file),
            None => environment("EXOIMAP_ACCESS_TOKEN")
                .map(|token| (token, "EXOIMAP_ACCESS_TOKEN"))
                .ok_or_else(|| usage("no access token is given (EXOIMAP_ACCESS_TOKEN, --access-token-file)"))?,
        };
        if token.expose().iter().any(|octet| !matches!(octet, 0x21..=0x7e)) {
            return Err(usage(
                "the access token holds a blank or a control character, which no token does (EXOIMAP_ACCESS_TOKEN, --access-token-file)",
            ));
        }
        // Its `exp` is a claim, and `claims` looks at these.
        return Ok((Proof::Token(token), Described { detail: format!("access token of {}", place(from)), ends: None }));
    }
    // The option before the variable with the value, that before the variable with the file.
    let (secret, from) = match (secret_file, environment("AZURE_CLIENT_SECRET")) {
        (Some(file), _) if named("client-secret-file") => (read_secret(file, "the client secret")?, file),
        (_, Some(secret)) => (secret, "AZURE_CLIENT_SECRET"),
        (Some(file), None) => (read_secret(file, "the client secret")?, file),
        (None, None) => {
            let message = "no credential is given: a client secret (AZURE_CLIENT_SECRET, --client-secret-file, EXOIMAP_CLIENT_SECRET_FILE) or a token (EXOIMAP_ACCESS_TOKEN, --access-token-file)";
            return Err(usage(message));
        }
    };
    let tenant = text("tenant").ok_or_else(|| usage("no tenant is named (--tenant, AZURE_TENANT_ID)"))?;
    let client_id = text("client-id").ok_or_else(|| usage("no application is named (--client-id, AZURE_CLIENT_ID)"))?;
    let scope = text("scope")
        .map_or_else(|| format!("https://{}/.default", cloud.imap_host()), |scope| scope.trim().to_owned());
    let authority = text("authority-host").unwrap_or(cloud.authority()).trim();
    let application = Application::new(tenant.trim(), client_id.trim(), Credential::ClientSecret(secret))?;
    let application = application.with_authority(authority)?.with_scope(&scope)?;
    // When a client secret ends only Entra knows.
    let described = Described { detail: format!("client secret of {}", place(from)), ends: None };
    Ok((Proof::Application(Box::new(application)), described))
}

fn place(from: &str) -> &str {
    if from == "-" { "stdin" } else { from }
}

/// A secret of the environment; a line end that a shell's `$(cat …)` left out may still be there.
fn environment(name: &str) -> Option<Secret> {
    let value = super::environment::value(name)?;
    let value = value.trim_end_matches(['\r', '\n']);
    (!value.is_empty()).then(|| Secret::new(value))
}
