//! One request to a token endpoint, its answer, and when to ask again.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::AccessToken;
use super::refusal::{refusal, without_bom};
use super::transport::{MOST_BODY, agent, plain_agent};
use crate::calendar;
use crate::error::{Error, Kind, Phase, Result};
use crate::net::{self, Network};
use crate::patience::Patience;
use crate::secret::Secret;

/// What Entra waits for where it does not say so itself; each wait is shortened by chance, so that many
/// who were turned away together do not come back together.
pub(super) const WAITS: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];

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

/// `POST` of a form, by https.
pub(super) fn post(network: &Network, url: &str, form: &[(&str, &str)]) -> Result<Answer> {
    let asked = Instant::now();
    let response = agent(network).post(url).send_form(form.iter().copied());
    Answer::read(response.map_err(|e| unanswered(url, e))?, url, asked)
}

/// `GET` by plain HTTP, for the metadata service of the machine that we run on.
pub(super) fn get(network: &Network, url: &str, header: (&str, &str)) -> Result<Answer> {
    let asked = Instant::now();
    let response = plain_agent(network).get(url).header(header.0, header.1).call();
    Answer::read(response.map_err(|e| unanswered(url, e))?, url, asked)
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

    /// An answer that is no good, as an error; `who` gave it, `sent` must not be seen in it.
    pub(super) fn refusal(&self, who: &str, sent: &[&Secret]) -> Error {
        let status = self.status;
        let seen = |text: &[u8]| sent.iter().any(|secret| repeats(text, secret));
        let error = if status == 200 && self.content_type.contains("json") {
            // Whatever it is, it may hold a token: nothing of it is shown.
            Error::new(Kind::Protocol, Phase::Token, "the endpoint's answer is no complete JSON with an access_token")
        } else if seen(self.body.expose()) || self.location.as_ref().is_some_and(|to| seen(to.as_bytes())) {
            let message = format!("HTTP {status}: the answer repeats our credential, so nothing of it is shown");
            Error::new(Kind::Protocol, Phase::Token, message)
        } else {
            refusal(who, status, &self.content_type, self.location.as_deref(), self.body.expose())
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

/// Asks until there is an answer that counts, within `patience`; `waits` go between the tries.
///
/// A refusal (400, 401) is never repeated; 429, 5xx and what the endpoint calls passing are, and so is a
/// connection that does not come about, unless a person looks on.
pub(super) fn persist<T>(
    waits: &[Duration],
    patience: &mut Patience,
    mut request: impl FnMut() -> Result<T>,
) -> Result<T> {
    let mut waits = waits.iter();
    loop {
        let began = Instant::now();
        let error = match request() {
            Err(e) if e.kind() == Kind::Temporary => e,
            outcome => return outcome,
        };
        if !is_answer(&error) {
            patience.spend(began.elapsed());
            if patience.takes_only_answers() {
                return Err(error);
            }
        }
        let Some(wait) = waits.next() else { return Err(error) };
        if !patience.wait(error.retry_after().unwrap_or_else(|| shortened(*wait)), &error) {
            return Err(error);
        }
    }
}

/// An answer is no cause of another error; a connection that failed or fell silent is.
fn is_answer(e: &Error) -> bool {
    e.phase() == Phase::Token && std::error::Error::source(e).is_none()
}

/// Between the half and the whole of it. The standard library has no other source of chance.
fn shortened(wait: Duration) -> Duration {
    use std::hash::{BuildHasher, Hasher};
    let chance = std::collections::hash_map::RandomState::new().build_hasher().finish() % 1000;
    wait / 2 + wait / 2 * u32::try_from(chance).unwrap_or(0) / 1000
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
            let message = format!("the endpoint's answer has more than {limit} octets");
            Error::new(Kind::Protocol, Phase::Token, message)
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

/// True where `text` holds the secret, as it is or as a form has it.
fn repeats(text: &[u8], secret: &Secret) -> bool {
    let plain = secret.expose();
    let form: Vec<u8> = plain.iter().flat_map(|octet| form_octet(*octet)).collect();
    [plain, &form].iter().any(|secret| text.windows(secret.len().max(1)).any(|window| window == *secret))
}

/// `application/x-www-form-urlencoded`, of one octet.
pub(super) fn form_octet(octet: u8) -> Vec<u8> {
    match octet {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'*' => vec![octet],
        _ => format!("%{octet:02X}").into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(kind: Kind, cause: Option<std::io::ErrorKind>) -> impl FnMut() -> Result<()> {
        move || match cause {
            Some(cause) => Err(net::lost(Phase::Token, cause.into())),
            None => Err(Error::new(kind, Phase::Token, "HTTP 503")),
        }
    }

    fn tries(patience: &mut Patience, mut request: impl FnMut() -> Result<()>) -> u32 {
        let mut tries = 0;
        let waits = [Duration::from_millis(2); 3];
        let _ = persist(&waits, patience, || {
            tries += 1;
            request()
        });
        tries
    }

    #[test]
    fn what_can_pass_is_asked_again_and_a_refusal_is_not() {
        let patience = || Patience::new(Duration::from_secs(5), None, |_| {});
        assert_eq!(tries(&mut patience(), failing(Kind::Refused, None)), 1);
        assert_eq!(tries(&mut patience(), failing(Kind::Protocol, None)), 1);
        assert_eq!(tries(&mut patience(), failing(Kind::Temporary, None)), 4);
        let lost = Some(std::io::ErrorKind::ConnectionReset);
        assert_eq!(tries(&mut patience(), failing(Kind::Temporary, lost)), 4);
        assert_eq!(tries(&mut patience().answers_only(), failing(Kind::Temporary, lost)), 1);
        assert_eq!(tries(&mut patience().answers_only(), failing(Kind::Temporary, None)), 4);
        assert_eq!(tries(&mut Patience::none(), failing(Kind::Temporary, None)), 1);
        assert!((0..100).map(|_| shortened(WAITS[0])).all(|wait| (1000..=2000).contains(&wait.as_millis())));
    }

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
