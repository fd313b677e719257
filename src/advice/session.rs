//! A session that ends or is slowed down, and commands that are not understood.

use super::{Row, Seen, row};
use crate::error::{Cause, Kind, Phase};

pub(super) static ROWS: &[Row] = &[
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

fn folder_refused(seen: &Seen) -> bool {
    let refused = seen.phase(Phase::Select) && seen.error.reply().is_some() && seen.kind(Kind::Refused);
    refused && !seen.replied("not connected") && !seen.replied("invalid state")
}
