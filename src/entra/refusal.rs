//! What Entra ID, or somebody in its place, says instead of a token.
//!
//! Microsoft wants `error` branched on, `error_description` shown and the numbers used for nothing
//! (learn.microsoft.com/entra/identity-platform/reference-error-codes); the numbers of passing trouble
//! are the one exception.

use serde_json::Value;

use crate::error::{Cause, EntraReply, Error, Kind, Phase};
use crate::secret::hide;
use crate::text::shorten;

/// AADSTS numbers that mean trouble on Entra's side, or too many requests.
const PASSING: [u64; 8] = [90055, 50033, 90006, 90012, 90024, 90033, 90090, 50196];

/// How much of a description or of a body that is not JSON is shown, in bytes.
const SHOWN: usize = 600;

/// An answer that holds no token, as an error.
pub(crate) fn refusal(who: &str, status: u16, content_type: &str, location: Option<&str>, body: &[u8]) -> Error {
    if let Some(reply) = entra_reply(status, body) {
        let passing = status == 429
            || status >= 500
            || reply.error == "temporarily_unavailable"
            || reply.codes.iter().any(|code| PASSING.contains(code));
        let kind = if passing { Kind::Temporary } else { Kind::Refused };
        return Error::new(kind, Phase::Token, words(who, &reply)).with_entra(reply);
    }
    if (300..400).contains(&status) {
        let to = location.unwrap_or("nowhere");
        let message =
            format!("HTTP {status}: the endpoint redirects to {to}; a credential is never sent after a redirect");
        return Error::new(Kind::Refused, Phase::Token, message).because(Cause::Redirected);
    }
    let kind = match status {
        408 | 429 | 500.. => Kind::Temporary,
        400..=499 => Kind::Refused,
        _ => Kind::Protocol,
    };
    let start = shorten(String::from_utf8_lossy(body).trim(), 200);
    let content_type = if content_type.is_empty() { "no content type" } else { content_type };
    let message = format!("HTTP {status} with {content_type}, which is not an answer of {who}: {start}");
    Error::new(kind, Phase::Token, message).because(Cause::NotEntra(status))
}

/// `{"error":…,"error_description":…}`; none for any other body.
fn entra_reply(status: u16, body: &[u8]) -> Option<EntraReply> {
    let json: Value = serde_json::from_slice(without_bom(body)).ok()?;
    let text = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default();
    let id = |name: &str| hide(text(name)).into_owned();
    let error = hide(json.get("error")?.as_str()?).into_owned();
    let codes = json.get("error_codes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Some(EntraReply {
        status,
        error,
        description: shorten(first_sentence(text("error_description")), SHOWN),
        codes: codes.iter().filter_map(Value::as_u64).collect(),
        trace_id: id("trace_id"),
        correlation_id: id("correlation_id"),
        timestamp: id("timestamp"),
    })
}

/// The description without the ids behind it: on lines of their own in older answers, in the line in newer ones.
fn first_sentence(description: &str) -> &str {
    let ends = ["\r\n", "\n", " Trace ID:", "Trace ID:"];
    let end = ends.iter().filter_map(|end| description.find(end)).min().unwrap_or(description.len());
    description.get(..end).unwrap_or(description).trim_end()
}

fn words(who: &str, reply: &EntraReply) -> String {
    let mut words = format!("{who} refused (HTTP {}, {}): {}", reply.status, reply.error, reply.description);
    let ids = [("trace id", &reply.trace_id), ("correlation id", &reply.correlation_id), ("at", &reply.timestamp)];
    let ids: Vec<_> = ids.iter().filter(|(_, id)| !id.is_empty()).map(|(name, id)| format!("{name} {id}")).collect();
    if !ids.is_empty() {
        words.push_str(&format!(" ({})", ids.join(", ")));
    }
    words
}

/// A body may open with a byte order mark.
pub(super) fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPIRED: &str = r#"{"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys for app '***' are expired. Trace ID: bb15b8d5 Correlation ID: 207b7466 Timestamp: 2026-09-04 01:51:03Z","error_codes":[7000222],"timestamp":"2026-09-04 01:51:03Z","trace_id":"bb15b8d5","correlation_id":"207b7466"}"#;

    #[test]
    fn entras_words_and_ids_are_shown() {
        let error = refusal("Entra ID", 401, "application/json", None, EXPIRED.as_bytes());
        assert_eq!(error.kind(), Kind::Refused);
        assert_eq!(error.entra().map(|reply| reply.codes.clone()), Some(vec![7000222]));
        assert_eq!(
            error.to_string(),
            "token: Entra ID refused (HTTP 401, invalid_client): AADSTS7000222: The provided client secret keys for app \
             '***' are expired. (trace id bb15b8d5, correlation id 207b7466, at 2026-09-04 01:51:03Z)"
        );
        let older = EXPIRED.replace(" Trace ID:", "\\r\\nTrace ID:");
        let with_bom = [b"\xef\xbb\xbf", older.as_bytes()].concat();
        assert_eq!(refusal("Entra ID", 401, "", None, &with_bom).to_string(), error.to_string());
    }

    #[test]
    fn passing_trouble_is_told_from_a_refusal() {
        let kind = |status, body: &str| refusal("Entra ID", status, "text/html", None, body.as_bytes()).kind();
        assert_eq!(kind(400, r#"{"error":"invalid_request","error_codes":[90033]}"#), Kind::Temporary);
        assert_eq!(kind(400, r#"{"error":"temporarily_unavailable"}"#), Kind::Temporary);
        assert_eq!(kind(503, EXPIRED), Kind::Temporary);
        assert_eq!(kind(502, "<html>bad gateway</html>"), Kind::Temporary);
        assert_eq!(kind(403, "<html>blocked</html>"), Kind::Refused);
        assert_eq!(kind(407, ""), Kind::Refused);
        assert_eq!(kind(302, ""), Kind::Refused);
        assert_eq!(kind(200, "<html>please sign in</html>"), Kind::Protocol);
    }

    #[test]
    fn a_body_of_somebody_else_is_named_and_escaped() {
        let text = refusal("Entra ID", 403, "text/html", None, "<h1>\u{1b}[2JSquid</h1>".as_bytes()).to_string();
        assert_eq!(text, "token: HTTP 403 with text/html, which is not an answer of Entra ID: <h1>\\x1b[2JSquid</h1>");
    }
}
