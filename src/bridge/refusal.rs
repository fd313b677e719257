//! What a client of the relay hears if it is not signed in.
//!
//! Clients take every tagged NO for a wrong password, whatever its code: what may be better in a minute is a BYE,
//! which they report as trouble with the server, and come back. What stays until an administrator acts is a NO.

use std::time::Duration;

use crate::error::{Error, Kind, Phase};
use crate::exchange::is_not_connected;
use crate::text::escape_bytes;

/// For how long the same answer is given without asking again, at least and at most.
const SHORT: Duration = Duration::from_secs(5);
const LONG: Duration = Duration::from_secs(60);

/// An answer to a sign-in that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Behind the tag, or behind `* BYE`.
    pub(super) text: String,
    /// It may be better in a minute: BYE, and the connection is closed.
    pub(super) is_temporary: bool,
    /// It is the same for every mailbox.
    pub(super) is_everybodys: bool,
    /// How long it is remembered.
    pub(super) lasts: Duration,
}

/// The answer to a client whose mailbox did not open because of `error`.
pub(super) fn refusal(error: &Error, mailbox: &str, host: &str) -> Refusal {
    let of_token = matches!(error.phase(), Phase::Credential | Phase::Token | Phase::Claims);
    let is_temporary = !matches!(error.kind(), Kind::Refused | Kind::Usage | Kind::Local) && !is_not_connected(error);
    let text = match error.kind() {
        _ if is_not_connected(error) => {
            format!("[AUTHORIZATIONFAILED] exoimap: Exchange does not open {mailbox} to the application")
        }
        _ if is_temporary => {
            let whom = if of_token { "Entra ID" } else { host };
            format!("[UNAVAILABLE] exoimap: no session at {whom} just now, try again later")
        }
        Kind::Refused if of_token => format!("[CONTACTADMIN] exoimap: Entra refused the application{}", cause(error)),
        Kind::Refused if error.phase() == Phase::Authenticate => {
            "[CONTACTADMIN] exoimap: Exchange refused the application".to_owned()
        }
        Kind::Refused => format!("[CONTACTADMIN] exoimap: {host} cannot be used, see the log of the relay"),
        _ => "[CONTACTADMIN] exoimap: a mistake on this side, see the log of the relay".to_owned(),
    };
    let lasts = error.retry_after().unwrap_or(SHORT).clamp(SHORT, LONG);
    Refusal { text: escape_bytes(text.as_bytes()), is_temporary, is_everybodys: of_token, lasts }
}

/// The code of Entra's refusal and what it means, without ids and without Entra's own words.
fn cause(error: &Error) -> String {
    let Some(code) = error.entra().and_then(|reply| reply.codes.first()) else { return String::new() };
    let meaning = match code {
        7_000_215 => ", the secret is wrong",
        7_000_222 => ", the secret has expired",
        700_016 => ", the tenant does not know the application",
        700_027 => ", the certificate is not the one that was uploaded",
        7_000_112 => ", the application is disabled",
        90_002 => ", there is no such tenant",
        53_003 => ", Conditional Access does not allow it",
        _ => "",
    };
    format!(": AADSTS{code}{meaning}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{EntraReply, ServerReply};

    #[test]
    fn what_may_pass_is_a_bye_and_what_stays_is_a_no_with_its_code() {
        let error = |kind, phase| Error::new(kind, phase, "x");
        let replied = |text: &str| {
            let reply = ServerReply { status: "BAD", code: None, text: text.to_owned() };
            error(Kind::Refused, Phase::Mailbox).with_reply(reply)
        };
        let entra = |code| {
            let reply = EntraReply { codes: vec![code], description: "for app 1234".into(), ..EntraReply::default() };
            error(Kind::Refused, Phase::Token).with_entra(reply)
        };
        for (error, is_temporary, starts) in [
            (
                entra(7_000_222),
                false,
                "[CONTACTADMIN] exoimap: Entra refused the application: AADSTS7000222, the secret has expired",
            ),
            (entra(1), false, "[CONTACTADMIN] exoimap: Entra refused the application: AADSTS1"),
            (
                error(Kind::Refused, Phase::Authenticate),
                false,
                "[CONTACTADMIN] exoimap: Exchange refused the application",
            ),
            (
                replied("User is authenticated but not connected."),
                false,
                "[AUTHORIZATIONFAILED] exoimap: Exchange does not open a@b",
            ),
            (error(Kind::Temporary, Phase::Token), true, "[UNAVAILABLE] exoimap: no session at Entra ID"),
            (error(Kind::Temporary, Phase::Resolve), true, "[UNAVAILABLE] exoimap: no session at h.example"),
            (error(Kind::Protocol, Phase::Greeting), true, "[UNAVAILABLE] exoimap: no session at h.example"),
            (error(Kind::Refused, Phase::Tls), false, "[CONTACTADMIN] exoimap: h.example cannot be used"),
            (error(Kind::Usage, Phase::Options), false, "[CONTACTADMIN] exoimap: a mistake on this side"),
        ] {
            let refusal = refusal(&error, "a@b", "h.example");
            assert_eq!(refusal.is_temporary, is_temporary, "{error}");
            assert!(refusal.text.starts_with(starts), "{error}: {}", refusal.text);
            assert!(!refusal.text.contains("1234"), "{}", refusal.text);
        }
    }

    #[test]
    fn an_answer_is_remembered_for_as_long_as_the_server_asks_within_limits() {
        let after = |seconds: u64| {
            let error = Error::new(Kind::Temporary, Phase::Token, "x").with_retry_after(Duration::from_secs(seconds));
            refusal(&error, "a@b", "h").lasts.as_secs()
        };
        assert_eq!([after(0), after(30), after(3600)], [5, 30, 60]);
    }
}
