//! Microsoft Entra ID: an access token for an application (OAuth 2.0 client credentials). Knows no IMAP.
//!
//! Follows learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow.

mod claims;
mod cloud;
mod refusal;
mod token;
mod transport;

pub use claims::Claims;
pub use cloud::{Cloud, disagreement};
pub use token::{AccessToken, Application, Credential};
pub(crate) use token::{is_guid, is_tenant};
