//! The clouds of Microsoft 365: who signs in, and where the mail is.
//!
//! Authorities: learn.microsoft.com/entra/identity-platform/authentication-national-cloud. The host of
//! the DoD cloud is inferred from its scope, not confirmed.

/// A national cloud, and the worldwide one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    pub const ALL: [Cloud; 4] = [Cloud::Global, Cloud::UsGov, Cloud::UsGovDod, Cloud::China];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Cloud::Global => "global",
            Cloud::UsGov => "usgov",
            Cloud::UsGovDod => "usgov-dod",
            Cloud::China => "china",
        }
    }

    /// The cloud of that name.
    pub fn named(name: &str) -> Option<Cloud> {
        Cloud::ALL.into_iter().find(|cloud| cloud.name() == name)
    }

    /// Where tokens come from.
    pub fn authority(self) -> &'static str {
        match self {
            Cloud::Global => "https://login.microsoftonline.com",
            Cloud::UsGov | Cloud::UsGovDod => "https://login.microsoftonline.us",
            Cloud::China => "https://login.partner.microsoftonline.cn",
        }
    }

    /// The IMAP server, on port 993.
    pub fn imap_host(self) -> &'static str {
        match self {
            Cloud::Global => "outlook.office365.com",
            Cloud::UsGov => "outlook.office365.us",
            Cloud::UsGovDod => "outlook-dod.office365.us",
            Cloud::China => "partner.outlook.cn",
        }
    }
}
