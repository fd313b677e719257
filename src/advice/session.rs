//! The token's claims and the sign-in: which step of the set-up is missing. A session that ends or is slowed down, and
//! commands that are not understood.

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
    // At the greeting.
    row(
        "* BYE Connection refused, too many connections",
        |seen| seen.phase(Phase::Greeting) && seen.replied("bye "),
        "the server takes no connection now, perhaps because there are too many: run again in a minute, with fewer in parallel (--jobs)",
    ),
    row(
        "* PREAUTH",
        |seen| seen.phase(Phase::Greeting) && seen.replied("preauth "),
        "{host} is not Exchange Online: --host is outlook.office365.com",
    ),
    row(
        "expected a greeting",
        |seen| seen.phase(Phase::Greeting) && seen.kind(Kind::Protocol) && !seen.replied("preauth "),
        "what answers on port {port} is not an IMAP server: check --host and --port (993); perhaps a proxy answers in its place",
    ),
    // While it runs.
    row(
        "* BYE Session invalidated - AccessTokenExpired",
        |seen| seen.replied("accesstokenexpired"),
        "the token has expired: run again, which gets a new one",
    ),
    row(
        "BAD Command received in Invalid state.",
        |seen| seen.replied("invalid state"),
        "the server had ended the session before, perhaps because the token expired: run again",
    ),
    row(
        "* BYE Connection closed. 14",
        |seen| seen.replied("bye connection closed. 14") && !seen.phase(Phase::Greeting),
        "the server hung up after many errors or connections: run again in a minute; --trace shows what came before",
    ),
    row(
        "* BYE Connection closed.",
        |seen| {
            let bye = seen.replied("bye connection closed") || seen.replied("bye connection is closed");
            bye && !seen.replied("closed. 14") && !seen.phase(Phase::Greeting)
        },
        "the server hung up: run again",
    ),
    row(
        "* BYE Microsoft Exchange Server IMAP4 server signing off.",
        |seen| seen.replied("signing off"),
        "the server is going down or moving the mailbox: run again in a few minutes",
    ),
    row(
        "Server Unavailable. 15",
        |seen| seen.replied("server unavailable") || seen.replied("[unavailable]"),
        "a temporary failure of Exchange: run again in a few minutes; if it stays, see the Microsoft 365 service health",
    ),
    row(
        "Request is throttled. Suggested Backoff Time",
        |seen| seen.replied("request is throttled"),
        "Exchange slows this mailbox or this application down: fewer connections (--jobs 1), fewer runs; --max-wait says how long a run waits",
    ),
    row(
        "Retry-After",
        |seen| seen.kind(Kind::Temporary) && seen.error.retry_after().is_some(),
        "run again in {wait} seconds",
    ),
    row(
        "no answer within the time allowed",
        |seen| {
            !seen.phase(Phase::Token)
                && !seen.phase(Phase::Resolve)
                && !seen.phase(Phase::Connect)
                && seen.cause(Cause::TimedOut)
        },
        "run again; if it stays, allow more time (--timeout 2m), or look for a firewall that drops idle connections",
    ),
    row(
        "the server closed the connection",
        |seen| !seen.phase(Phase::Token) && !seen.phase(Phase::Tls) && seen.cause(Cause::ConnectionLost),
        "run again; if it stays, perhaps a firewall or a proxy cuts the connection",
    ),
    // Commands that Exchange does not take.
    row(
        "BAD Command Argument Error. 11",
        |seen| seen.replied("command argument error. 11"),
        "Exchange takes no such value: perhaps a search key it does not know (KEYWORD, CHARSET) or a message it does not take (size, lines, flags)",
    ),
    row(
        "BAD Command Argument Error. 12",
        |seen| seen.replied("command argument error. 12"),
        "Exchange could not read the command, perhaps a quotation mark in a folder's name or a command that is too long; --trace shows it",
    ),
    row(
        "BAD Command Error. 10",
        |seen| seen.replied("command error. 1"),
        "Exchange does not know the command here; --trace shows what came before, please report it",
    ),
    row(
        "NO [BADCHARSET (US-ASCII)] The specified charset is not supported.",
        |seen| seen.replied("badcharset"),
        "Exchange searches ASCII only: leave the characters beyond it out of the search",
    ),
    row(
        "NO INBOX doesn't exist.",
        |seen| folder_refused(seen) && seen.replied("no inbox doesn't exist"),
        "perhaps the mailbox has a second folder named Inbox beside INBOX, and Exchange opens neither: exoimap folders shows both; rename or move the second one in Outlook",
    ),
    row(
        "NO Orders doesn't exist.",
        |seen| folder_refused(seen) && !seen.replied("no inbox doesn't exist"),
        "exoimap folders lists the names; the inbox is INBOX in every language",
    ),
];

/// What nobody has seen yet.
pub(super) static LAST: &[Row] = &[row(
    "the server broke the protocol",
    |seen| seen.kind(Kind::Protocol),
    "run exoimap check --report FILE and send FILE with your report: it has the transcript in it and no credential",
)];

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

fn folder_refused(seen: &Seen) -> bool {
    let refused = seen.phase(Phase::Select) && seen.error.reply().is_some() && seen.kind(Kind::Refused);
    refused && !seen.replied("not connected") && !seen.replied("invalid state")
}
