//! Microsoft Entra ID: an access token for an unattended job. Knows no IMAP.
//!
//! An [`Application`] proves itself by a secret, a certificate or a token of somebody whom it trusts; a
//! [`ManagedIdentity`] is proved by the machine it runs on; a [`DeviceCode`] lets a person sign in once.
//! Tokens can be kept in a directory (`TokenCache`).

mod application;
#[cfg(feature = "certificate")]
mod cache;
#[cfg(feature = "certificate")]
mod certificate;
mod cloud;
#[cfg(feature = "certificate")]
mod der;
mod device_code;
mod managed_identity;
pub(crate) mod request;
mod token;

pub(crate) use application::OUT_OF_TIME;
pub use application::{Application, Credential};
#[cfg(feature = "certificate")]
pub(crate) use cache::{TokenCache, TokenSource};
#[cfg(feature = "certificate")]
pub use certificate::Certificate;
pub use cloud::Cloud;
pub(crate) use cloud::{disagreement, is_guid, is_tenant};
pub(crate) use device_code::{DeviceCode, Granted};
pub use managed_identity::ManagedIdentity;
pub(crate) use request::PASSING;
pub use token::AccessToken;
pub(crate) use token::{Claims, EARLY};
