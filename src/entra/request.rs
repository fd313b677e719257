//! One request to a token endpoint, and its answer.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::AccessToken;
use super::refusal::{refusal, without_bom};
use super::transport::{MOST_BODY, agent, plain_agent};
use crate::calendar;
use crate::error::{Cause, Error, Kind, Phase, Result};
use crate::net::{self, Network};
use crate::secret::Secret;

/// The longest wait that an endpoint is believed.
const LONGEST: u64 = 3600;

/// Clocks that differ by less are not to blame.
const SKEW: i64 = 60;

/// An answer, whatever its status.
pub(super) struct Answer {
    pub(super) status: u16,
    content_type: String,
    location: Option<String>,
    retry_after: Option<Duration>,
    /// How far the other side's clock is ahead of ours, by its `Date`.
    ahead: Option<i64>,
    body: Secret,
    asked: Instant,
}

/// `POST` of a form, by https; its last field is the credential, where one is sent.
pub(super) fn post(
    network: &Network,
    url: &str,
    form: &[(&str, &str)],
    credential: Option<(&str, &Secret)>,
) -> Result<Answer> {
    let asked = Instant::now();
    let last = credential.map(|(name, secret)| (name, sent(secret)));
    let response = agent(network).post(url).send_form(form.iter().copied().chain(last));
    Answer::read(response.map_err(|e| unanswered(url, e))?, url, asked)
}

/// `GET` by plain HTTP, for the metadata service of the machine that we run on.
pub(super) fn get(network: &Network, url: &str, header: (&str, &Secret)) -> Result<Answer> {
    let asked = Instant::now();
    let response = plain_agent(network).get(url).header(header.0, sent(header.1)).call();
    Answer::read(response.map_err(|e| unanswered(url, e))?, url, asked)
}

/// What is sent is shown by nothing that comes back.
fn sent(secret: &Secret) -> &str {
    secret.guard();
    secret.expose_str().unwrap_or_default()
}

impl Answer {
    fn read(mut response: ureq::http::Response<ureq::Body>, url: &str, asked: Instant) -> Result<Answer> {
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let date = header("date").and_then(|date| calendar::http_date(&date));
        let (status, content_type, location) =
            (response.status().as_u16(), header("content-type").unwrap_or_default(), header("location"));
        let retry_after = header("retry-after").and_then(|value| wait_of(&value, date));
        let ahead = date.map(|date| date - calendar::now());
        let body = response.body_mut().with_config().limit(MOST_BODY).read_to_vec();
        let body = Secret::new(body.map_err(|e| unanswered(url, e))?);
        Ok(Answer { status, content_type, location, retry_after, ahead, body, asked })
    }

    /// The JSON of an answer that is good.
    pub(super) fn json(&self) -> Option<Value> {
        (self.status == 200).then(|| serde_json::from_slice(without_bom(self.body.expose())).ok()).flatten()
    }

    /// The token of an answer that is good.
    pub(super) fn token(&self) -> Option<AccessToken> {
        AccessToken::read(&self.json()?, self.asked)
    }

    /// A bad answer, as an error; `who` gave it.
    pub(super) fn refusal(&self, who: &str) -> Error {
        let error = if self.status == 200 && self.content_type.contains("json") {
            // Whatever it is, it may hold a token: nothing of it is shown.
            Error::new(Kind::Protocol, Phase::Token, "the endpoint's answer is not complete JSON with an access_token")
                .because(Cause::CutAnswer)
        } else {
            refusal(who, self.status, &self.content_type, self.location.as_deref(), self.body.expose())
        };
        match self.retry_after {
            Some(wait) => error.with_retry_after(wait),
            None => error,
        }
    }

    /// What this machine's clock has to do with a refusal for reasons of time.
    pub(super) fn clock(&self) -> Option<String> {
        let ahead = self.ahead.filter(|ahead| ahead.abs() >= SKEW)?;
        let by = net::seconds(Duration::from_secs(ahead.unsigned_abs()));
        let way = if ahead > 0 { "behind" } else { "ahead of" };
        Some(format!("this machine's clock is {by} {way} the endpoint's"))
    }
}

/// `Retry-After`, in seconds or as a date.
fn wait_of(value: &str, date: Option<i64>) -> Option<Duration> {
    let seconds = value.trim().parse().ok().or_else(|| {
        let until = calendar::http_date(value)?;
        u64::try_from(until - date.unwrap_or_else(calendar::now)).ok()
    })?;
    Some(Duration::from_secs(seconds.min(LONGEST)))
}

/// A request without an answer: our own error from under ureq, or ureq's.
fn unanswered(url: &str, e: ureq::Error) -> Error {
    let lost = |e| {
        let (host, port) = peer(url);
        net::lost(Phase::Token, e).with_peer(host, port)
    };
    match e {
        ureq::Error::Other(cause) => match cause.downcast::<Error>() {
            Ok(error) => *error,
            Err(cause) => Error::new(Kind::Protocol, Phase::Token, format!("{}: {cause}", peer(url).0)),
        },
        ureq::Error::Timeout(_) => lost(std::io::ErrorKind::TimedOut.into()),
        ureq::Error::Io(e) => lost(e),
        ureq::Error::BodyExceedsLimit(limit) => {
            let message = format!("the endpoint's answer has more than {limit} bytes");
            Error::new(Kind::Protocol, Phase::Token, message).because(Cause::CutAnswer)
        }
        e => Error::new(Kind::Protocol, Phase::Token, format!("{}: {e}", peer(url).0)),
    }
}

/// Host and port of a URL that we put together.
fn peer(url: &str) -> (&str, u16) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host = rest.split('/').next().unwrap_or(rest);
    let port = if scheme == "https" { 443 } else { 80 };
    match host.rsplit_once(':') {
        Some((host, digits)) if !digits.ends_with(']') => (host, digits.parse().unwrap_or(port)),
        _ => (host, port),
    }
}

/// `application/x-www-form-urlencoded`, of one byte.
pub(super) fn form_byte(byte: u8) -> Vec<u8> {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'*' => vec![byte],
        _ => format!("%{byte:02X}").into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_in_seconds_and_as_a_date() {
        let date = calendar::http_date("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(wait_of(" 7 ", date), Some(Duration::from_secs(7)));
        assert_eq!(wait_of("Sun, 06 Nov 1994 08:50:07 GMT", date), Some(Duration::from_secs(30)));
        assert_eq!(wait_of("999999999", date), Some(Duration::from_secs(LONGEST)));
        for bad in ["", "-1", "soon", "Sun, 06 Nov 1994 08:49:07 GMT"] {
            assert_eq!(wait_of(bad, date), None, "{bad}");
        }
    }

    #[test]
    fn the_peer_of_a_url() {
        assert_eq!(peer("https://login.example.com/x"), ("login.example.com", 443));
        assert_eq!(peer("https://localhost:8443/x"), ("localhost", 8443));
        assert_eq!(peer("http://[::1]/x"), ("[::1]", 80));
    }
}
