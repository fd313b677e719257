//! The clouds of Microsoft 365: who signs in, and where the mail is; and which tenant of one is asked.
//!
//! Authorities: learn.microsoft.com/entra/identity-platform/authentication-national-cloud. The host of
//! the DoD cloud is inferred from its scope, not confirmed.

use crate::error::{Error, Result};

/// A national cloud, and the worldwide one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cloud {
    /// Worldwide, and the United States' GCC.
    #[default]
    Global,
    /// US Government GCC High.
    UsGov,
    /// US Government DoD.
    UsGovDod,
    /// China, operated by 21Vianet.
    China,
}

impl Cloud {
    /// Every cloud.
    pub(crate) const ALL: [Cloud; 4] = [Cloud::Global, Cloud::UsGov, Cloud::UsGovDod, Cloud::China];

    /// Its name on the command line, where tokens come from, and the IMAP server.
    fn row(self) -> [&'static str; 3] {
        match self {
            Cloud::Global => ["global", "https://login.microsoftonline.com", "outlook.office365.com"],
            Cloud::UsGov => ["usgov", "https://login.microsoftonline.us", "outlook.office365.us"],
            Cloud::UsGovDod => ["usgov-dod", "https://login.microsoftonline.us", "outlook-dod.office365.us"],
            Cloud::China => ["china", "https://login.partner.microsoftonline.cn", "partner.outlook.cn"],
        }
    }

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        let [name, ..] = self.row();
        name
    }

    /// The cloud of that name.
    pub(crate) fn named(name: &str) -> Option<Cloud> {
        Cloud::ALL.into_iter().find(|cloud| cloud.name() == name)
    }

    /// Where tokens come from.
    pub(crate) fn authority(self) -> &'static str {
        let [_, authority, _] = self.row();
        authority
    }

    /// The IMAP server, on port 993.
    pub(crate) fn imap_host(self) -> &'static str {
        let [.., host] = self.row();
        host
    }
}

/// What to say where authority, scope and mail host are known names, and no cloud has them together.
pub(crate) fn disagreement(authority: &str, scope: &str, host: &str) -> Option<String> {
    let name =
        |url: &str| url.trim_start_matches("https://").split(['/', ':']).next().unwrap_or_default().to_lowercase();
    let places = [("authority", name(authority)), ("scope", name(scope)), ("host", name(host))];
    let known: Vec<_> =
        places.iter().map(|(what, name)| (what, name, clouds_of(name))).filter(|(.., c)| !c.is_empty()).collect();
    let together = Cloud::ALL.iter().any(|cloud| known.iter().all(|(.., clouds)| clouds.contains(cloud)));
    if together {
        return None;
    }
    let said = known.iter().map(|(what, name, clouds)| {
        let clouds: Vec<_> = clouds.iter().map(|cloud| cloud.name()).collect();
        format!("the {what} {name} is {}", clouds.join(" or "))
    });
    Some(format!("settings of different clouds: {}", said.collect::<Vec<_>>().join(", ")))
}

/// The clouds that a host belongs to; none where it is not known.
fn clouds_of(host: &str) -> Vec<Cloud> {
    match host {
        // Older names of the same places.
        "login.windows.net" | "login.microsoft.com" | "sts.windows.net" | "outlook.office.com" => vec![Cloud::Global],
        "login.chinacloudapi.cn" => vec![Cloud::China],
        "webmail.apps.mil" => vec![Cloud::UsGovDod],
        _ => {
            let is_of = |cloud: &Cloud| cloud.imap_host() == host || cloud.authority().ends_with(&format!("//{host}"));
            Cloud::ALL.into_iter().filter(is_of).collect()
        }
    }
}

/// An application that is registered in a tenant; its endpoints are `{authority}/{tenant}/oauth2/v2.0/…`.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    authority: String,
    tenant: String,
    pub(super) client_id: String,
}

impl Registration {
    /// In a tenant of the worldwide cloud. What is not a client id is not shown: it may be a secret in the wrong variable.
    pub(super) fn new(tenant: &str, client_id: &str) -> Result<Registration> {
        if !is_tenant(tenant) {
            let message =
                format!("the tenant, of {} characters, is neither a GUID nor a domain name", tenant.chars().count());
            return Err(Error::of_setting("tenant", message));
        }
        if !is_guid(client_id) {
            let message = format!(
                "the client id, of {} characters, is not a GUID like 11111111-2222-3333-4444-555555555555",
                client_id.chars().count()
            );
            return Err(Error::of_setting("client-id", message));
        }
        let authority = Cloud::Global.authority().to_owned();
        Ok(Registration { authority, tenant: tenant.to_owned(), client_id: client_id.to_owned() })
    }

    /// Asks this authority instead, e.g. `https://login.microsoftonline.us`.
    pub(super) fn with_authority(mut self, authority: &str) -> Result<Registration> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_one_cloud_and_of_several() {
        for cloud in Cloud::ALL {
            let scope = format!("https://{}/.default", cloud.imap_host());
            assert_eq!(disagreement(cloud.authority(), &scope, cloud.imap_host()), None, "{cloud:?}");
            assert_eq!(disagreement("", "", cloud.imap_host()), None);
        }
        let global = "https://outlook.office365.com/.default";
        for (authority, scope, host) in [
            ("https://login.microsoftonline.us", global, "outlook.office365.com"),
            ("https://login.microsoftonline.com/", "https://partner.outlook.cn/.default", "partner.outlook.cn"),
            ("https://login.microsoftonline.us", "https://outlook.office365.us/.default", "outlook-dod.office365.us"),
            ("https://login.example.com", global, "Outlook.Office365.us"),
        ] {
            let said = disagreement(authority, scope, host).unwrap();
            assert!(said.starts_with("settings of different clouds: the "), "{said}");
        }
        assert_eq!(
            disagreement("https://login.microsoftonline.us", "", "outlook.office365.com").unwrap(),
            "settings of different clouds: the authority login.microsoftonline.us is usgov or usgov-dod, \
             the host outlook.office365.com is global"
        );
        assert_eq!(disagreement("https://localhost:8443", global, "localhost"), None);
        assert_eq!(disagreement("login.windows.net", global, "outlook.office.com"), None);
    }
}
