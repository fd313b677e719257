//! Words of Exchange that do not mean what they say: refusals that are none (throttling, an expired token, a mailbox that is
//! not there yet), and the message that it hands out in place of one that it cannot render.

use std::time::Duration;

use crate::error::{Error, Kind};

/// The longest wait that a server is believed; Exchange asks for 300 seconds at most.
const LONGEST: Duration = Duration::from_secs(3600);

/// The subject of the placeholder: `Retrieval using the IMAP4 protocol failed for the following message: 752`
/// (freescout#3203, Mailspring#2038, offlineimap#62). A program that files it as the message and deletes the message
/// loses mail.
const SUBJECT: &str = "retrieval using the imap4 protocol failed for the following message";

/// Gives an error of the IMAP side the kind that Exchange's words call for.
pub(crate) fn explain(error: Error) -> Error {
    let Some(reply) = error.reply() else { return error };
    let words = reply.text.to_ascii_lowercase();
    // `BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds` (imapsync#198).
    if is_throttled(&error) {
        let error = error.with_kind(Kind::Temporary);
        return match backoff(&words) {
            Some(wait) => error.with_retry_after(wait),
            None => error,
        };
    }
    // `NO Server Unavailable. 15` (owncloud mail#721), and RFC 5530's code of the same meaning.
    let code = reply.code.as_deref().unwrap_or_default().to_ascii_uppercase();
    if words.starts_with("server unavailable") || code == "UNAVAILABLE" {
        return error.with_kind(Kind::Temporary);
    }
    // `BAD Command received in Invalid state.` (imapsync#250): the session was over before, as after an
    // `AccessTokenExpired` that nobody read; a new one will do.
    if words.starts_with("command received in invalid state") {
        return error.with_kind(Kind::Temporary);
    }
    error
}

/// True where the server says that too much is asked of it just now.
pub(crate) fn is_throttled(error: &Error) -> bool {
    error.reply().is_some_and(|reply| reply.text.to_ascii_lowercase().contains("request is throttled"))
}

/// True where Exchange took the token and has no mailbox for it: most often for good, and at times only
/// because there are too many connections to it just now (Webklex/php-imap#464), so that once more is worth
/// a try.
pub(crate) fn is_not_connected(error: &Error) -> bool {
    error.reply().is_some_and(|reply| reply.text.to_ascii_lowercase().contains("authenticated but not connected"))
}

/// True for a tagged NO or BAD: nothing was done.
pub(crate) fn is_answer(error: &Error) -> bool {
    error.reply().is_some_and(|reply| matches!(reply.status, "NO" | "BAD"))
}

/// True where the server refused a command and goes on with the session: an answer that is neither throttling nor about
/// the mailbox as a whole.
pub(crate) fn is_refusal(error: &Error) -> bool {
    is_answer(error) && error.kind() == Kind::Refused && !is_not_connected(error)
}

/// The milliseconds behind `backoff time`, bounded.
fn backoff(words: &str) -> Option<Duration> {
    let (_, behind) = words.split_once("backoff time")?;
    let digits = behind.trim_start_matches([':', '=', ' ', '\t']);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let digits = digits.get(..end).filter(|digits| !digits.is_empty())?;
    let milliseconds = digits.parse().unwrap_or(u64::MAX);
    Some(Duration::from_millis(milliseconds).min(LONGEST))
}

/// Why a message that starts so is not the one that was asked for; none if it may be. The placeholder's subject may be
/// folded, since it is longer than the 78 characters of RFC 5322.
pub(super) fn placeholder(start: &[u8]) -> Option<&'static str> {
    let mut subject: Option<String> = None;
    for line in start.split(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(line).into_owned();
        let is_folded = line.starts_with([' ', '\t']) && !line.trim().is_empty();
        match &mut subject {
            Some(subject) if is_folded => subject.push_str(&line),
            Some(_) => break,
            None if line.trim().is_empty() => break,
            None if is_folded => {}
            None => {
                let (name, value) = line.split_once(':').unwrap_or((&line, ""));
                subject = name.trim().eq_ignore_ascii_case("subject").then(|| value.to_owned());
            }
        }
    }
    let words = subject.unwrap_or_default().to_ascii_lowercase();
    words.split_whitespace().collect::<Vec<_>>().join(" ").starts_with(SUBJECT).then_some(
        "Exchange sent its placeholder (\"Retrieval using the IMAP4 protocol failed\") in the message's place",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Phase, ServerReply};

    fn is_placeholder(start: &[u8]) -> bool {
        placeholder(start).is_some()
    }

    fn explained(text: &str) -> Error {
        let reply = ServerReply { status: "BAD", code: None, text: text.to_owned() };
        explain(Error::new(Kind::Refused, Phase::Fetch, "the server refused").with_reply(reply))
    }

    #[test]
    fn throttling_is_worth_waiting_for() {
        let error = explained("Request is throttled. Suggested Backoff Time: 92415 milliseconds");
        assert_eq!((error.kind(), error.retry_after()), (Kind::Temporary, Some(Duration::from_millis(92415))));
        let absurd = explained("Request is throttled. Suggested Backoff Time: 99999999999999999999 milliseconds");
        assert_eq!(absurd.retry_after(), Some(LONGEST));
        let silent = explained("request is throttled.");
        assert_eq!((silent.kind(), silent.retry_after()), (Kind::Temporary, None));
        assert_eq!(explained("Command Argument Error. 11").kind(), Kind::Refused);
        assert_eq!(explained("Server Unavailable. 15").kind(), Kind::Temporary);
        assert_eq!(explained("Command received in Invalid state.").kind(), Kind::Temporary);
    }

    #[test]
    fn the_placeholder_is_known_by_its_subject_alone() {
        let subject = "Subject: Retrieval using the IMAP4 protocol failed for the following message: 752\r\n";
        assert!(is_placeholder(format!("From: Microsoft Exchange Server 2010\r\n{subject}\r\nThe server").as_bytes()));
        assert!(!is_placeholder(format!("Subject: Re: failed\r\n\r\n{subject}").as_bytes()));
        for folded in [
            "Subject:\r\n Retrieval using the IMAP4 protocol failed for the following message: 752\r\n\r\n",
            "subject : Retrieval using the IMAP4\r\n\tprotocol failed for the following\r\n message: 752\r\n",
        ] {
            assert!(is_placeholder(format!("From: x\r\n{folded}").as_bytes()), "{folded}");
        }
        assert!(!is_placeholder(b"") && !is_placeholder(b" \n") && !is_placeholder(b"Subject:\n\n"));
    }
}
