//! What every example begins with: who signs in where, from the variables that the program takes too. Against the
//! sandbox (`cargo run --example sandbox -- --serve` prints them) or against a tenant.

#![allow(dead_code)] // Each example uses a part of it.

use exoimap::imap::Session;
use exoimap::{Application, Cloud, Credential, Network, Result, Retry, Secret, Server, Stream, Trust};

pub(crate) struct Site {
    pub(crate) network: Network,
    pub(crate) server: Server,
    pub(crate) application: Application,
    pub(crate) mailbox: String,
}

impl Site {
    pub(crate) fn from_environment() -> Result<Site> {
        let value = |name: &str| std::env::var(name).unwrap_or_default();
        let secret = Credential::ClientSecret(Secret::new(value("AZURE_CLIENT_SECRET")));
        let mut application = Application::new(&value("AZURE_TENANT_ID"), &value("AZURE_CLIENT_ID"), secret)?;
        if let Ok(authority) = std::env::var("AZURE_AUTHORITY_HOST") {
            application = application.with_authority(&authority)?;
        }
        if let Ok(scope) = std::env::var("EXOIMAP_SCOPE") {
            application = application.with_scope(&scope)?;
        }
        let server = match std::env::var("EXOIMAP_PORT").ok().and_then(|port| port.parse().ok()) {
            Some(port) => Server::new(&value("EXOIMAP_HOST"), port)?,
            None => Server::of(Cloud::Global),
        };
        let trust = std::env::var("EXOIMAP_CA_FILE").map_or(Trust::System, |file| Trust::File(file.into()));
        Ok(Site { network: Network::new(trust), server, application, mailbox: value("EXOIMAP_MAILBOX") })
    }

    /// A token, then a session.
    pub(crate) fn sign_in(&self) -> Result<Session<Stream>> {
        let token = self.application.request_token(&self.network, &mut Retry::none())?;
        exoimap::sign_in(&self.network, &self.server, &self.mailbox, token.secret())
    }
}
