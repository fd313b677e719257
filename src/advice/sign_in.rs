//! The token's claims and the sign-in: which step of the set-up is missing.

use super::{Row, Seen, row};
use crate::error::{Cause, Kind, Phase};
use crate::exchange::{PERMISSION, has_delegated, is_for_exchange, is_not_connected, is_of_another_tenant};

/// What Exchange says, and says no more.
const NO: &str = "NO AUTHENTICATE failed.";
const NOT_CONNECTED: &str = "BAD User is authenticated but not connected.";
const USERS: &str = "the token is a user's (scp)";

pub(super) static ROWS: &[Row] = &[
    // What the token says, by `check` before the sign-in, by every command after it.
    row(
        "the token is not for Exchange Online (aud)",
        |seen| judged(seen) && seen.claim(|claims| !is_for_exchange(claims)),
        "the token is for {audience}, not for Exchange Online: leave --scope (EXOIMAP_SCOPE) out, or use https://outlook.office365.com/.default",
    ),
    row(
        "the token has no roles",
        has_no_roles,
        "the token has no roles: an administrator must grant consent: az ad app permission admin-consent --id {client} (or App registrations > API permissions > Grant admin consent)",
    ),
    row(
        "the token has no roles",
        has_no_roles,
        "perhaps the permission was added as Delegated: it must be Office 365 Exchange Online > Application permissions > IMAP.AccessAsApp (exoimap setup prints the commands)",
    ),
    row(
        "the token's roles lack IMAP.AccessAsApp",
        |seen| {
            judged(seen)
                && seen
                    .claim(|claims| is_for_exchange(claims) && !claims.roles.is_empty() && !claims.has_role(PERMISSION))
        },
        "the token's roles lack IMAP.AccessAsApp: add Office 365 Exchange Online > Application permissions > IMAP.AccessAsApp, then az ad app permission admin-consent --id {client}",
    ),
    row(
        USERS,
        |seen| judged(seen) && is_users(seen) && !seen.claim(has_delegated),
        "the token is a user's (it has scp) and lacks IMAP.AccessAsUser.All: leave --scope (EXOIMAP_SCOPE) out; an application's token comes from the client credentials grant with the application permission IMAP.AccessAsApp",
    ),
    row(
        "the token has expired (exp)",
        |seen| judged(seen) && seen.claim(|claims| claims.is_expired()),
        "the token has expired: get a new one; if it is new, this machine's clock is wrong",
    ),
    // Exchange's own words, if it has more than three.
    row(
        "LogonDenied-BasicAuthBlocked",
        |seen| seen.replied("basicauthblocked") || seen.replied("login failed"),
        "Exchange Online takes no passwords any more: sign in as an application (exoimap setup prints the steps)",
    ),
    row(
        "NO AUTHENTICATE failed. NoADRecipient",
        |seen| seen.replied("noadrecipient") || seen.replied("authresultfrompopimapend=8"),
        "Exchange finds no mailbox, or IMAP is off for it: Get-CASMailbox {mailbox} | Format-List ImapEnabled, then Set-CASMailbox {mailbox} -ImapEnabled $true",
    ),
    row(
        "BAD answers AUTHENTICATE",
        |seen| refused_sign_in(seen) && is_bad(seen),
        "the server did not understand the sign-in, so the token was not looked at: perhaps {server} is not Exchange Online, or a proxy in between changes the command; --trace shows it",
    ),
    // A token that looks good from here.
    row(
        NO,
        |seen| {
            refused_a_good_token(seen)
                && seen
                    .facts
                    .tenant
                    .as_deref()
                    .is_some_and(|tenant| seen.claim(|claims| is_of_another_tenant(claims, tenant)))
        },
        "the token is of the tenant {their tenant}, and {tenant} was named: get a token of the mailbox's own tenant",
    ),
    row(
        NO,
        refused_a_good_token,
        "the token is good (roles IMAP.AccessAsApp); perhaps Exchange does not know this service principal: New-ServicePrincipal -AppId {client} -ObjectId {object}",
    ),
    row(
        NO,
        refused_a_good_token,
        "perhaps it was made with another object id (that of the app registration): Get-ServicePrincipal -Identity {client} must show ObjectId {object}; else Remove-ServicePrincipal and make it again",
    ),
    row(
        NO,
        refused_a_good_token,
        "perhaps {address} is not a mailbox's primary SMTP address in this tenant (Get-Mailbox {mailbox}); a set-up less than an hour old may need more time",
    ),
    // A user's, which knows no service principal.
    row(
        USERS,
        refused_a_users_token,
        "the token is a user's (it has scp), and opens that user's own mailbox, or one with full access: Add-MailboxPermission -Identity {mailbox} -User {trustee} -AccessRights FullAccess",
    ),
    row(
        USERS,
        refused_a_users_token,
        "perhaps IMAP is off for the mailbox: Get-CASMailbox {mailbox} | Format-List ImapEnabled, then Set-CASMailbox {mailbox} -ImapEnabled $true",
    ),
    row(
        NO,
        |seen| refused_sign_in(seen) && !is_bad(seen) && seen.facts.claims.is_none(),
        "the token says nothing about itself, so the cause cannot be told: get one from Entra ID, which exoimap token --claims can read",
    ),
    row(
        "the server does not offer AUTH=XOAUTH2",
        |seen| seen.cause(Cause::NoXoauth2),
        "perhaps {server} is not Exchange Online, or something in between answers for it: --host is outlook.office365.com",
    ),
    // An OK that opens nothing. Full access first: it is missing more often than IMAP is off.
    row(
        "OK [Error=\"UserDisabled\"",
        |seen| is_not_connected(seen.error) && seen.says(&["UserDisabled"]),
        "Exchange says that IMAP is off for the mailbox: Set-CASMailbox {mailbox} -ImapEnabled $true",
    ),
    row(
        NOT_CONNECTED,
        |seen| is_not_connected(seen.error),
        "perhaps the {who} may not open it: Add-MailboxPermission -Identity {mailbox} -User {trustee} -AccessRights FullAccess",
    ),
    row(
        NOT_CONNECTED,
        |seen| is_not_connected(seen.error) && !seen.says(&["UserDisabled"]),
        "perhaps IMAP is off for the mailbox: Set-CASMailbox {mailbox} -ImapEnabled $true",
    ),
    row(
        NOT_CONNECTED,
        |seen| is_not_connected(seen.error),
        "perhaps there are too many connections to it just now: run again in a minute",
    ),
];

fn refused_sign_in(seen: &Seen) -> bool {
    seen.phase(Phase::Authenticate) && seen.kind(Kind::Refused) && seen.error.reply().is_some()
}

/// A tagged BAD is about the command, not about who signs in.
fn is_bad(seen: &Seen) -> bool {
    seen.error.reply().is_some_and(|reply| reply.status == "BAD")
}

/// `check` found a claim wrong, or the server refused the token.
fn judged(seen: &Seen) -> bool {
    seen.phase(Phase::Claims) || (refused_sign_in(seen) && !is_bad(seen))
}

/// A token for another service may well have none; then that is the cause.
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
    let has_cause = is_bad(seen) || seen.replied("basicauthblocked") || seen.replied("noadrecipient");
    refused_sign_in(seen) && is_good && !has_cause
}

fn is_users(seen: &Seen) -> bool {
    seen.claim(|claims| claims.scopes.is_some())
}
