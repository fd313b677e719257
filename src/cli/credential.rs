//! Which credential: the one that the options name, else the first that the environment names.

use std::time::SystemTime;

use clap::ArgMatches;
use clap::parser::ValueSource;
use exoimap::entra::{Application, Cloud, Credential};
use exoimap::{Result, Secret};

use super::client_secret::client_secret;
use super::environment::secret;
use super::input::read_secret;
use super::session::usage;

/// The options that name a credential, and the method of each.
const NAMING: [(&str, &str); 3] =
    [("access-token-file", "token"), ("client-secret-command", "secret"), ("client-secret-file", "secret")];

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
    let token_file = text("access-token-file");
    let mut naming = NAMING.iter().filter(|(option, _)| named(option));
    let first = naming.next();
    if let (Some((first, _)), Some((second, _))) = (first, naming.next()) {
        return Err(usage(format!("--{first} and --{second} are two ways to sign in: name one")));
    }
    let method = match text("auth").unwrap_or("auto") {
        "auto" if first.is_some() => first.map_or("auto", |(_, method)| method),
        "auto" if secret("EXOIMAP_ACCESS_TOKEN").is_some() => "token",
        "auto" => "secret",
        method => method,
    };
    if method == "token" {
        let (token, from) = match token_file {
            Some(file) => (read_secret(file, "the access token")?, file),
            None => secret("EXOIMAP_ACCESS_TOKEN")
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
    let Some((value, from)) = client_secret(arguments)? else {
        let message = "no credential is given: a client secret (AZURE_CLIENT_SECRET, --client-secret-file, --client-secret-command) or a token (EXOIMAP_ACCESS_TOKEN, --access-token-file)";
        return Err(usage(message));
    };
    let tenant = text("tenant").ok_or_else(|| usage("no tenant is named (--tenant, AZURE_TENANT_ID)"))?;
    let client_id = text("client-id").ok_or_else(|| usage("no application is named (--client-id, AZURE_CLIENT_ID)"))?;
    let scope = text("scope")
        .map_or_else(|| format!("https://{}/.default", cloud.imap_host()), |scope| scope.trim().to_owned());
    let authority = text("authority-host").unwrap_or(cloud.authority()).trim();
    let application = Application::new(tenant.trim(), client_id.trim(), Credential::ClientSecret(value))?;
    let application = application.with_authority(authority)?.with_scope(&scope)?;
    // When a client secret ends only Entra knows.
    let described = Described { detail: format!("client secret of {from}"), ends: None };
    Ok((Proof::Application(Box::new(application)), described))
}

fn place(from: &str) -> &str {
    if from == "-" { "stdin" } else { from }
}
