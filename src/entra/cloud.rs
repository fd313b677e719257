//! The clouds of Microsoft 365: who signs in, and where the mail is.
//!
//! Authorities: learn.microsoft.com/entra/identity-platform/authentication-national-cloud. The host of
//! the DoD cloud is inferred from its scope, not confirmed.

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

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Cloud::Global => "global",
            Cloud::UsGov => "usgov",
            Cloud::UsGovDod => "usgov-dod",
            Cloud::China => "china",
        }
    }

    /// The cloud of that name.
    pub(crate) fn named(name: &str) -> Option<Cloud> {
        Cloud::ALL.into_iter().find(|cloud| cloud.name() == name)
    }

    /// Where tokens come from.
    pub(crate) fn authority(self) -> &'static str {
        match self {
            Cloud::Global => "https://login.microsoftonline.com",
            Cloud::UsGov | Cloud::UsGovDod => "https://login.microsoftonline.us",
            Cloud::China => "https://login.partner.microsoftonline.cn",
        }
    }

    /// The IMAP server, on port 993.
    pub(crate) fn imap_host(self) -> &'static str {
        match self {
            Cloud::Global => "outlook.office365.com",
            Cloud::UsGov => "outlook.office365.us",
            Cloud::UsGovDod => "outlook-dod.office365.us",
            Cloud::China => "partner.outlook.cn",
        }
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
