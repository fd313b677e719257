//! Which tenant of which cloud is asked: the part of a URL that a user may write, checked.

use super::Cloud;
use crate::error::{Error, Result};

/// A tenant's endpoints, `{authority}/{tenant}/oauth2/v2.0/…`.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    authority: String,
    tenant: String,
}

impl Endpoint {
    /// A tenant of the worldwide cloud.
    pub(super) fn new(tenant: &str) -> Result<Endpoint> {
        if !is_tenant(tenant) {
            let message =
                format!("the tenant, of {} characters, is neither a GUID nor a domain name", tenant.chars().count());
            return Err(Error::of_setting("tenant", message));
        }
        Ok(Endpoint { authority: Cloud::Global.authority().to_owned(), tenant: tenant.to_owned() })
    }

    /// Asks this authority instead, e.g. `https://login.microsoftonline.us`.
    pub(super) fn with_authority(mut self, authority: &str) -> Result<Endpoint> {
        let host = authority.strip_prefix("https://").map(|host| host.strip_suffix('/').unwrap_or(host));
        let plain =
            |host: &&str| !host.is_empty() && host.bytes().all(|o| o.is_ascii_alphanumeric() || b".-:[]".contains(&o));
        let Some(host) = host.filter(plain) else {
            // With an @ there may be a password in it.
            let shown = if authority.contains('@') { String::new() } else { format!(" {authority:?}") };
            let message = format!("the authority{shown} is not of the form https://HOST");
            return Err(Error::of_setting("authority-host", message));
        };
        self.authority = format!("https://{host}");
        Ok(self)
    }

    /// The URL of `token` or `devicecode`.
    pub(super) fn url(&self, what: &str) -> String {
        format!("{}/{}/oauth2/v2.0/{what}", self.authority, self.tenant)
    }
}

/// Refuses what is not an application's id, without showing it: it may be a secret in the wrong variable.
pub(super) fn check_client_id(client_id: &str) -> Result<()> {
    if is_guid(client_id) {
        return Ok(());
    }
    let message = format!(
        "the client id, of {} characters, is not a GUID like 11111111-2222-3333-4444-555555555555",
        client_id.chars().count()
    );
    Err(Error::of_setting("client-id", message))
}

pub(crate) fn is_guid(text: &str) -> bool {
    let mut parts = text.split('-').map(str::len);
    text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        && [8, 4, 4, 4, 12].iter().all(|n| parts.next() == Some(*n))
        && parts.next().is_none()
}

/// A GUID or a domain name; what has neither form could reach into the URL's path.
pub(crate) fn is_tenant(text: &str) -> bool {
    let name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().all(name)
        && !text.contains("..")
}
