//! What to do about an error: a table from what is known to what an administrator must run.
//!
//! The first rows that fit are shown, at most three, most probable first. What is a guess says "perhaps".
//! A row never repeats the error; it names the next action.

use crate::entra::Claims;
use crate::error::{Error, Kind, Phase};

/// What is known besides the error, filled into the hints.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The mailbox that was asked for.
    pub mailbox: String,
    /// The IMAP server.
    pub host: String,
    /// The application's id.
    pub client_id: Option<String>,
    /// What the token says.
    pub claims: Option<Claims>,
}

/// The most hints of one error.
const MOST: usize = 3;

/// What to do about `error`, most probable first.
pub fn hints(error: &Error, facts: &Facts) -> Vec<String> {
    let seen = Seen { error, facts };
    TABLE.iter().filter(|row| (row.fits)(&seen)).map(|row| (row.says)(&seen)).take(MOST).collect()
}

/// An error with what is known besides.
struct Seen<'a> {
    error: &'a Error,
    facts: &'a Facts,
}

struct Row {
    fits: fn(&Seen) -> bool,
    says: fn(&Seen) -> String,
}

impl Seen<'_> {
    fn phase(&self, phase: Phase) -> bool {
        self.error.phase() == phase
    }

    fn code(&self, codes: &[u64]) -> bool {
        self.error.entra().is_some_and(|reply| reply.codes.iter().any(|code| codes.contains(code)))
    }

    /// The server's words hold `words`, whatever the case.
    fn replied(&self, words: &str) -> bool {
        self.error.reply().is_some_and(|reply| reply.to_string().to_ascii_lowercase().contains(words))
    }

    /// The error itself holds `words`.
    fn says(&self, words: &str) -> bool {
        self.error.to_string().contains(words)
    }

    fn refused_sign_in(&self) -> bool {
        self.phase(Phase::Authenticate) && self.error.kind() == Kind::Refused && self.error.reply().is_some()
    }

    /// Nothing is wrong with the token that can be seen from here.
    fn refused_a_good_token(&self) -> bool {
        self.refused_sign_in() && self.claim(|claims| claims.has_role("IMAP.AccessAsApp") && !claims.is_expired())
    }

    /// Exchange took the token and has no mailbox for it.
    fn not_connected(&self) -> bool {
        self.replied("authenticated but not connected")
    }

    /// Host and port of the connection that failed.
    fn peer(&self) -> (&str, u16) {
        self.error.peer().unwrap_or((&self.facts.host, 993))
    }

    fn client_id(&self) -> &str {
        let claimed = self.facts.claims.as_ref().and_then(|claims| claims.application.as_deref());
        claimed.or(self.facts.client_id.as_deref()).unwrap_or("<client id>")
    }

    fn object_id(&self) -> &str {
        self.facts
            .claims
            .as_ref()
            .and_then(|claims| claims.object_id.as_deref())
            .unwrap_or("<object id of the enterprise application>")
    }

    fn claim(&self, is: impl Fn(&Claims) -> bool) -> bool {
        self.facts.claims.as_ref().is_some_and(is)
    }

    fn audience(&self) -> &str {
        self.facts.claims.as_ref().and_then(|claims| claims.audience.as_deref()).unwrap_or_default()
    }
}

const TABLE: &[Row] = &[
    // The token endpoint's refusals, by AADSTS number (field guide 1.8).
    Row {
        fits: |seen| seen.code(&[7000215]),
        says: |_| {
            "copy the secret's Value, not its Secret ID, from Certificates & secrets; check what the shell or the file did to its characters".to_owned()
        },
    },
    Row {
        fits: |seen| seen.code(&[7000222]),
        says: |seen| format!("the secret has expired: az ad app credential reset --id {} --append", seen.client_id()),
    },
    Row {
        fits: |seen| seen.code(&[700016, 700011]),
        says: |seen| {
            format!(
                "the tenant has no application {}: check AZURE_TENANT_ID and AZURE_CLIENT_ID (the Application (client) ID, not an object id)",
                seen.client_id()
            )
        },
    },
    Row {
        fits: |seen| seen.code(&[90002, 900023]),
        says: |_| "check the tenant (--tenant, AZURE_TENANT_ID) and, for a national cloud, --cloud".to_owned(),
    },
    Row {
        fits: |seen| seen.code(&[900382, 900432, 90038]),
        says: |_| "the application belongs to another cloud: check --cloud".to_owned(),
    },
    Row {
        fits: |seen| seen.code(&[1002012, 70011, 28002, 28003, 500011]),
        says: |_| "leave --scope out, or use https://outlook.office365.com/.default".to_owned(),
    },
    Row {
        fits: |seen| seen.code(&[7000112, 70001]),
        says: |_| "the application is disabled: enable it under Enterprise applications > Properties".to_owned(),
    },
    Row {
        fits: |seen| seen.code(&[53003]),
        says: |_| {
            "a Conditional Access policy for workload identities blocks this application here: give the administrator this host's public address".to_owned()
        },
    },
    // Somebody between us and Entra.
    Row {
        fits: |seen| {
            seen.phase(Phase::Token)
                && seen.error.entra().is_none()
                && seen.error.kind() != Kind::Temporary
                && seen.says("HTTP ")
        },
        says: |_| {
            "perhaps a proxy or a sign-in page of the network answered in Entra's place: it must let this host reach the authority".to_owned()
        },
    },
    // The way there.
    Row { fits: |seen| seen.phase(Phase::Resolve), says: |_| "check the host name and this host's DNS".to_owned() },
    Row {
        fits: |seen| seen.phase(Phase::Connect),
        says: |seen| {
            format!(
                "perhaps a firewall drops it: this host must be allowed to reach {}, TCP port {}",
                seen.peer().0,
                seen.peer().1
            )
        },
    },
    Row {
        fits: |seen| seen.phase(Phase::Tls) && seen.error.kind() == Kind::Refused,
        says: |seen| {
            format!(
                "see who signed it: openssl s_client -connect {0}:{1} -servername {0} -showcerts </dev/null",
                seen.peer().0,
                seen.peer().1
            )
        },
    },
    Row {
        fits: |seen| seen.phase(Phase::Tls) && seen.error.kind() == Kind::Refused,
        says: |_| {
            "perhaps an inspecting proxy signs with its own CA: name that CA's PEM file by --ca-file; perhaps this host has no CA store (install ca-certificates)".to_owned()
        },
    },
    // The token's claims decide most refusals of the sign-in (field guide 2.5).
    Row {
        fits: |seen| seen.refused_sign_in() && seen.claim(|claims| claims.scopes.is_some()),
        says: |_| {
            "the token is a user's (it has scp): an application's token comes from the client credentials grant with the application permission IMAP.AccessAsApp".to_owned()
        },
    },
    Row {
        fits: |seen| {
            seen.refused_sign_in()
                && seen.claim(|claims| claims.audience.is_some())
                && !seen.audience().contains("outlook")
        },
        says: |seen| {
            format!(
                "the token is for {}, not for Exchange Online: leave --scope out, or use https://outlook.office365.com/.default",
                seen.audience()
            )
        },
    },
    Row {
        fits: |seen| seen.refused_sign_in() && seen.claim(Claims::is_expired),
        says: |_| "the token has expired: take a new one; if it is new, this machine's clock is wrong".to_owned(),
    },
    Row {
        fits: |seen| seen.refused_sign_in() && seen.claim(|claims| claims.roles.is_empty() && claims.scopes.is_none()),
        says: |_| {
            "the token has no roles: grant admin consent for Office 365 Exchange Online > Application permissions > IMAP.AccessAsApp".to_owned()
        },
    },
    Row {
        fits: |seen| {
            seen.refused_sign_in()
                && seen.claim(|claims| !claims.roles.is_empty() && !claims.has_role("IMAP.AccessAsApp"))
        },
        says: |_| {
            "the token's roles lack IMAP.AccessAsApp: add Office 365 Exchange Online > Application permissions > IMAP.AccessAsApp and grant admin consent".to_owned()
        },
    },
    Row {
        fits: |seen| seen.refused_a_good_token(),
        says: |seen| {
            format!(
                "the token is good (roles IMAP.AccessAsApp); perhaps Exchange does not know this service principal: New-ServicePrincipal -AppId {} -ObjectId {}",
                seen.client_id(),
                seen.object_id()
            )
        },
    },
    Row {
        fits: |seen| seen.refused_a_good_token(),
        says: |seen| {
            format!(
                "perhaps {} is not a mailbox's primary SMTP address in this tenant; a set-up that is an hour old at most may need more time",
                seen.facts.mailbox
            )
        },
    },
    Row {
        fits: |seen| seen.phase(Phase::Authenticate) && seen.says("does not offer AUTH=XOAUTH2"),
        says: |seen| {
            format!("perhaps {} is not Exchange Online, or something in between speaks for it", seen.facts.host)
        },
    },
    // The OK that was none.
    Row {
        fits: |seen| seen.not_connected(),
        says: |seen| {
            format!("perhaps IMAP is off for the mailbox: Set-CASMailbox {} -ImapEnabled $true", seen.facts.mailbox)
        },
    },
    Row {
        fits: |seen| seen.not_connected(),
        says: |seen| {
            format!(
                "perhaps the application may not open it: Add-MailboxPermission -Identity {} -User {} -AccessRights FullAccess",
                seen.facts.mailbox,
                seen.object_id()
            )
        },
    },
    Row {
        fits: |seen| seen.not_connected(),
        says: |_| "perhaps there are too many connections to it just now: run again in a minute".to_owned(),
    },
    // Later.
    Row {
        fits: |seen| seen.replied("accesstokenexpired"),
        says: |_| "the token's time was over: run again, which takes a new one".to_owned(),
    },
    Row {
        fits: |seen| seen.error.kind() == Kind::Temporary && seen.error.retry_after().is_some(),
        says: |seen| {
            let wait = seen.error.retry_after().unwrap_or_default();
            format!("run again in {} seconds", wait.as_secs_f64().ceil())
        },
    },
    // The directory.
    Row {
        fits: |seen| seen.says("UIDVALIDITY changed"),
        says: |_| {
            "--accept-uidvalidity starts afresh beside what is there; every message of the folder comes again"
                .to_owned()
        },
    },
    Row {
        fits: |seen| seen.phase(Phase::Disk) && seen.says("is not replaced"),
        says: |_| "move that file away and run again".to_owned(),
    },
    Row {
        fits: |seen| seen.phase(Phase::Token) && seen.error.kind() == Kind::Temporary && seen.error.entra().is_none(),
        says: |seen| {
            format!(
                "perhaps a firewall drops it: this host must be allowed to reach {}, TCP port {}",
                seen.peer().0,
                seen.peer().1
            )
        },
    },
    // A folder that is not there.
    Row {
        fits: |seen| {
            seen.phase(Phase::Select)
                && seen.error.reply().is_some()
                && seen.error.kind() == Kind::Refused
                && !seen.not_connected()
        },
        says: |_| "exoimap folders lists the names; the inbox is INBOX in every language".to_owned(),
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{EntraReply, ServerReply};
    use crate::secret::Secret;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn facts(claims: &str) -> Facts {
        let token = format!("e30.{}.s", URL_SAFE_NO_PAD.encode(claims));
        Facts {
            mailbox: "orders@contoso.com".into(),
            host: "outlook.office365.com".into(),
            client_id: Some("app".into()),
            claims: Claims::of(&Secret::new(token)),
        }
    }

    fn refused(phase: Phase, text: &str) -> Error {
        let reply = ServerReply { status: "NO", code: None, text: text.into() };
        Error::new(Kind::Refused, phase, "the server refused").with_reply(reply)
    }

    fn first(error: &Error, claims: &str) -> String {
        hints(error, &facts(claims)).into_iter().next().unwrap_or_default()
    }

    #[test]
    fn the_claims_tell_the_refusals_of_the_sign_in_apart() {
        let error = refused(Phase::Authenticate, "AUTHENTICATE failed.");
        assert!(
            first(&error, r#"{"aud":"https://graph.microsoft.com"}"#).contains("is for https://graph.microsoft.com")
        );
        assert!(first(&error, r#"{"aud":"https://outlook.office365.com"}"#).contains("no roles"));
        assert!(
            first(&error, r#"{"aud":"https://outlook.office365.com","roles":["Mail.Read"]}"#)
                .contains("lack IMAP.AccessAsApp")
        );
        assert!(first(&error, r#"{"aud":"https://outlook.office365.com","scp":"x"}"#).contains("a user's"));
        let good = r#"{"aud":"https://outlook.office365.com","roles":["IMAP.AccessAsApp"],"oid":"OID","appid":"APP"}"#;
        assert!(first(&error, good).contains("New-ServicePrincipal -AppId APP -ObjectId OID"));
        let expired = good.replace('{', r#"{"exp":1700000000,"#);
        assert_eq!(hints(&error, &facts(&expired)).len(), 1);
        assert!(first(&error, &expired).starts_with("the token has expired"));
        assert!(hints(&error, &Facts::default()).is_empty());
    }

    #[test]
    fn the_mailbox_that_is_not_connected_has_three_causes() {
        let error = refused(Phase::Mailbox, "User is authenticated but not connected.");
        let hints = hints(&error, &facts("{}"));
        assert!(hints[0].contains("Set-CASMailbox orders@contoso.com -ImapEnabled $true"), "{hints:?}");
        assert!(hints[1].contains("Add-MailboxPermission"), "{hints:?}");
        assert_eq!(hints.len(), MOST);
    }

    #[test]
    fn entras_numbers_lead_to_the_step_that_is_missing() {
        let coded = |code| {
            let mut reply = EntraReply::default();
            reply.codes.push(code);
            Error::new(Kind::Refused, Phase::Token, "x").with_entra(reply)
        };
        for (code, words) in [
            (7000215, "Value"),
            (7000222, "expired"),
            (700016, "no application app"),
            (90002, "tenant"),
            (1002012, ".default"),
            (53003, "Conditional Access"),
        ] {
            assert!(first(&coded(code), "{}").contains(words), "{code}");
        }
    }
}
