//! A session that ends or is slowed down (field guide 2.6, 2.7), and commands that are not understood.

use super::Row;
use crate::error::{Kind, Phase};

pub(super) static ROWS: &[Row] = &[
    // At the greeting.
    Row {
        words: "* BYE Connection refused, too many connections",
        fits: |seen| seen.phase(Phase::Greeting) && seen.replied("bye "),
        says: |_| {
            "the server takes no connection now, perhaps because there are too many: run again in a minute, with fewer at a time (--jobs)".to_owned()
        },
    },
    Row {
        words: "* PREAUTH",
        fits: |seen| seen.phase(Phase::Greeting) && seen.replied("preauth "),
        says: |seen| format!("{} is not Exchange Online: --host is outlook.office365.com", seen.peer().0),
    },
    Row {
        words: "expected a greeting",
        fits: |seen| seen.phase(Phase::Greeting) && seen.kind(Kind::Protocol) && !seen.replied("preauth "),
        says: |seen| {
            format!(
                "what answers on port {} is no IMAP server: check --host and --port (993); perhaps a proxy answers in its place",
                seen.peer().1
            )
        },
    },
    // While it runs.
    Row {
        words: "* BYE Session invalidated - AccessTokenExpired",
        fits: |seen| seen.replied("accesstokenexpired"),
        says: |_| "the token's time was over: run again, which takes a new one".to_owned(),
    },
    Row {
        words: "BAD Command received in Invalid state.",
        fits: |seen| seen.replied("invalid state"),
        says: |_| {
            "the server had ended the session before, perhaps because the token's time was over: run again".to_owned()
        },
    },
    Row {
        words: "* BYE Connection closed. 14",
        fits: |seen| seen.replied("bye connection closed. 14") && !seen.phase(Phase::Greeting),
        says: |_| {
            "the server hung up after many errors or connections: run again in a minute; --trace shows what came before"
                .to_owned()
        },
    },
    Row {
        words: "* BYE Connection closed.",
        fits: |seen| {
            let bye = seen.replied("bye connection closed") || seen.replied("bye connection is closed");
            bye && !seen.replied("closed. 14") && !seen.phase(Phase::Greeting)
        },
        says: |_| "the server hung up: run again".to_owned(),
    },
    Row {
        words: "* BYE Microsoft Exchange Server IMAP4 server signing off.",
        fits: |seen| seen.replied("signing off"),
        says: |_| "the server is going down or moving the mailbox: run again in a few minutes".to_owned(),
    },
    Row {
        words: "Server Unavailable. 15",
        fits: |seen| seen.replied("server unavailable") || seen.replied("[unavailable]"),
        says: |_| {
            "Exchange's own trouble: run again in a few minutes; if it stays, see the Microsoft 365 service health"
                .to_owned()
        },
    },
    Row {
        words: "Request is throttled. Suggested Backoff Time",
        fits: |seen| seen.replied("request is throttled"),
        says: |_| {
            "Exchange slows this mailbox or this application down: fewer connections (--jobs 1), fewer runs; --max-wait says how long a run waits".to_owned()
        },
    },
    Row {
        words: "Retry-After",
        fits: |seen| seen.kind(Kind::Temporary) && seen.error.retry_after().is_some(),
        says: |seen| {
            let wait = seen.error.retry_after().unwrap_or_default();
            format!("run again in {} seconds", wait.as_secs_f64().ceil())
        },
    },
    Row {
        words: "no answer within the time allowed",
        fits: |seen| !seen.phase(Phase::Token) && seen.says(&["no answer within the time allowed"]),
        says: |_| {
            "run again; if it stays, allow more time (--timeout 2m), or look for a firewall that drops idle connections"
                .to_owned()
        },
    },
    Row {
        words: "the server closed the connection",
        fits: |seen| {
            !seen.phase(Phase::Token) && seen.says(&["the server closed the connection", "the connection broke:"])
        },
        says: |_| "run again; if it stays, perhaps a firewall or a proxy cuts the connection".to_owned(),
    },
    // Commands that Exchange does not take.
    Row {
        words: "BAD Command Argument Error. 11",
        fits: |seen| seen.replied("command argument error. 11"),
        says: |_| {
            "Exchange takes no such value: perhaps a search key it does not know (KEYWORD, CHARSET) or a message it does not take (size, lines, flags)".to_owned()
        },
    },
    Row {
        words: "BAD Command Argument Error. 12",
        fits: |seen| seen.replied("command argument error. 12"),
        says: |_| {
            "Exchange could not read the command, perhaps a quotation mark in a folder's name or a command that is too long; --trace shows it".to_owned()
        },
    },
    Row {
        words: "BAD Command Error. 10",
        fits: |seen| seen.replied("command error. 1"),
        says: |_| {
            "Exchange does not know the command here; --trace shows what came before, please report it".to_owned()
        },
    },
    Row {
        words: "NO [BADCHARSET (US-ASCII)] The specified charset is not supported.",
        fits: |seen| seen.replied("badcharset"),
        says: |_| "Exchange searches ASCII only: leave the characters beyond it out of the search".to_owned(),
    },
    Row {
        words: "NO INBOX doesn't exist.",
        fits: |seen| {
            let refused = seen.phase(Phase::Select) && seen.error.reply().is_some() && seen.kind(Kind::Refused);
            refused && !seen.replied("not connected") && !seen.replied("invalid state")
        },
        says: |_| "exoimap folders lists the names; the inbox is INBOX in every language".to_owned(),
    },
];

/// What nobody has seen yet.
pub(super) static LAST: &[Row] = &[Row {
    words: "the server broke the protocol",
    fits: |seen| seen.kind(Kind::Protocol),
    says: |_| {
        "run exoimap check --report FILE and send FILE with your report: it holds the dialogue and no credential"
            .to_owned()
    },
}];
