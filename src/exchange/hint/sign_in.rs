//! The token's claims and the sign-in: which step of the set-up is missing (field guide 2.4, 2.5).

use super::{Row, Seen};
use crate::error::{Kind, Phase};
use crate::exchange::claims::{DELEGATED, PERMISSION, has_delegated, is_for_exchange, is_of_another_tenant};
use crate::exchange::is_not_connected;

/// What Exchange says, and says no more.
const NO: &str = "NO AUTHENTICATE failed.";
const NOT_CONNECTED: &str = "BAD User is authenticated but not connected.";
const USERS: &str = "the token is a user's (scp)";

pub(super) static ROWS: &[Row] = &[
    // What the token says, by `check` before the sign-in, by every command after it.
    Row {
        words: "the token is not for Exchange Online (aud)",
        fits: |seen| judged(seen) && seen.claim(|claims| !is_for_exchange(claims)),
        says: |seen| {
            let audience = seen.facts.claims.as_ref().and_then(|claims| claims.audience.as_deref());
            format!(
                "the token is for {}, not for Exchange Online: leave --scope (EXOIMAP_SCOPE) out, or use https://outlook.office365.com/.default",
                audience.unwrap_or_default()
            )
        },
    },
    Row {
        words: "the token has no roles",
        fits: has_no_roles,
        says: |seen| {
            format!(
                "the token has no roles: an administrator must grant consent: az ad app permission admin-consent --id {} (or App registrations > API permissions > Grant admin consent)",
                seen.client_id()
            )
        },
    },
    Row {
        words: "the token has no roles",
        fits: has_no_roles,
        says: |_| {
            "perhaps the permission was added as Delegated: it must be Office 365 Exchange Online > Application permissions > IMAP.AccessAsApp (exoimap setup prints the commands)".to_owned()
        },
    },
    Row {
        words: "the token's roles lack IMAP.AccessAsApp",
        fits: |seen| {
            judged(seen)
                && seen
                    .claim(|claims| is_for_exchange(claims) && !claims.roles.is_empty() && !claims.has_role(PERMISSION))
        },
        says: |seen| {
            format!(
                "the token's roles lack IMAP.AccessAsApp: add Office 365 Exchange Online > Application permissions > IMAP.AccessAsApp, then az ad app permission admin-consent --id {}",
                seen.client_id()
            )
        },
    },
    Row {
        words: USERS,
        fits: |seen| judged(seen) && is_users(seen) && !seen.claim(has_delegated),
        says: |_| {
            format!(
                "the token is a user's (it has scp) and lacks {DELEGATED}: leave --scope (EXOIMAP_SCOPE) out; an application's token comes from the client credentials grant with the application permission {PERMISSION}"
            )
        },
    },
    Row {
        words: "the token has expired (exp)",
        fits: |seen| judged(seen) && seen.claim(|claims| claims.is_expired()),
        says: |_| "the token has expired: take a new one; if it is new, this machine's clock is wrong".to_owned(),
    },
    // Exchange's own words, where it has more than three.
    Row {
        words: "LogonDenied-BasicAuthBlocked",
        fits: |seen| seen.replied("basicauthblocked") || seen.replied("login failed"),
        says: |_| {
            "Exchange Online takes no passwords any more: sign in as an application (exoimap setup says how)".to_owned()
        },
    },
    Row {
        words: "NO AUTHENTICATE failed. NoADRecipient",
        fits: |seen| seen.replied("noadrecipient") || seen.replied("authresultfrompopimapend=8"),
        says: |seen| {
            format!(
                "Exchange finds no mailbox, or IMAP is off for it: Get-CASMailbox {0} | Format-List ImapEnabled, then Set-CASMailbox {0} -ImapEnabled $true",
                seen.mailbox()
            )
        },
    },
    // A token that looks good from here.
    Row {
        words: NO,
        fits: |seen| refused_a_good_token(seen) && is_foreign(seen),
        says: |seen| {
            let theirs = seen.facts.claims.as_ref().and_then(|claims| claims.tenant.as_deref());
            format!(
                "the token is of the tenant {}, and {} was named: take a token of the mailbox's own tenant",
                theirs.unwrap_or_default(),
                seen.tenant()
            )
        },
    },
    Row {
        words: NO,
        fits: refused_a_good_token,
        says: |seen| {
            format!(
                "the token is good (roles IMAP.AccessAsApp); perhaps Exchange does not know this service principal: New-ServicePrincipal -AppId {} -ObjectId {}",
                seen.client_id(),
                seen.object_id()
            )
        },
    },
    Row {
        words: NO,
        fits: refused_a_good_token,
        says: |seen| {
            format!(
                "perhaps it was made with another object id (that of the app registration): Get-ServicePrincipal -Identity {} must show ObjectId {}; else Remove-ServicePrincipal and make it anew",
                seen.client_id(),
                seen.object_id()
            )
        },
    },
    Row {
        words: NO,
        fits: refused_a_good_token,
        says: |seen| {
            format!(
                "perhaps {} is not a mailbox's primary SMTP address in this tenant (Get-Mailbox {}); a set-up that is an hour old at most may need more time",
                seen.facts.mailbox,
                seen.mailbox()
            )
        },
    },
    // A user's, which knows no service principal.
    Row {
        words: USERS,
        fits: refused_a_users_token,
        says: |seen| {
            format!(
                "the token is a user's (it has scp), and opens that user's own mailbox, or one with full access: Add-MailboxPermission -Identity {} -User {} -AccessRights FullAccess",
                seen.mailbox(),
                seen.trustee()
            )
        },
    },
    Row {
        words: USERS,
        fits: refused_a_users_token,
        says: |seen| {
            format!(
                "perhaps IMAP is off for the mailbox: Get-CASMailbox {0} | Format-List ImapEnabled, then Set-CASMailbox {0} -ImapEnabled $true",
                seen.mailbox()
            )
        },
    },
    Row {
        words: NO,
        fits: |seen| refused_sign_in(seen) && seen.facts.claims.is_none(),
        says: |_| {
            "the token says nothing about itself, so the cause cannot be told: take one from Entra ID, which exoimap token --claims can read".to_owned()
        },
    },
    Row {
        words: "the server does not offer AUTH=XOAUTH2",
        fits: |seen| seen.phase(Phase::Authenticate) && seen.says(&["does not offer AUTH=XOAUTH2"]),
        says: |seen| {
            format!(
                "perhaps {} is not Exchange Online, or something in between speaks for it: --host is outlook.office365.com",
                seen.facts.host
            )
        },
    },
    // The OK that was none.
    Row {
        words: "OK [Error=\"UserDisabled\"",
        fits: |seen| is_not_connected(seen.error) && seen.says(&["UserDisabled"]),
        says: |seen| {
            format!(
                "Exchange says that IMAP is off for the mailbox: Set-CASMailbox {} -ImapEnabled $true",
                seen.mailbox()
            )
        },
    },
    Row {
        words: NOT_CONNECTED,
        fits: |seen| is_not_connected(seen.error) && !seen.says(&["UserDisabled"]),
        says: |seen| {
            format!("perhaps IMAP is off for the mailbox: Set-CASMailbox {} -ImapEnabled $true", seen.mailbox())
        },
    },
    Row {
        words: NOT_CONNECTED,
        fits: |seen| is_not_connected(seen.error),
        says: |seen| {
            format!(
                "perhaps the {} may not open it: Add-MailboxPermission -Identity {} -User {} -AccessRights FullAccess",
                if is_users(seen) { "user" } else { "application" },
                seen.mailbox(),
                seen.trustee()
            )
        },
    },
    Row {
        words: NOT_CONNECTED,
        fits: |seen| is_not_connected(seen.error),
        says: |_| "perhaps there are too many connections to it just now: run again in a minute".to_owned(),
    },
];

fn refused_sign_in(seen: &Seen) -> bool {
    seen.phase(Phase::Authenticate) && seen.kind(Kind::Refused) && seen.error.reply().is_some()
}

/// `check` found a claim wrong, or the server refused the token.
fn judged(seen: &Seen) -> bool {
    seen.phase(Phase::Claims) || refused_sign_in(seen)
}

/// A token for somebody else may well have none; then that is the cause.
fn has_no_roles(seen: &Seen) -> bool {
    judged(seen) && seen.claim(|claims| is_for_exchange(claims) && claims.roles.is_empty() && claims.scopes.is_none())
}

/// Nothing is wrong with an application's token that can be seen from here.
fn refused_a_good_token(seen: &Seen) -> bool {
    refused_without_a_cause(seen) && seen.claim(|claims| claims.has_role(PERMISSION))
}

/// The same of a user's, as the device code brings it.
fn refused_a_users_token(seen: &Seen) -> bool {
    refused_without_a_cause(seen) && seen.claim(has_delegated)
}

fn refused_without_a_cause(seen: &Seen) -> bool {
    let is_good = seen.claim(|claims| is_for_exchange(claims) && !claims.is_expired());
    refused_sign_in(seen) && is_good && !seen.replied("basicauthblocked") && !seen.replied("noadrecipient")
}

fn is_users(seen: &Seen) -> bool {
    seen.claim(|claims| claims.scopes.is_some())
}

fn is_foreign(seen: &Seen) -> bool {
    seen.facts.tenant.as_deref().is_some_and(|tenant| seen.claim(|claims| is_of_another_tenant(claims, tenant)))
}
