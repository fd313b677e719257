//! One request to a token endpoint, and its answer: a token, or what Entra ID, or somebody in its place, says instead.
//! It is ureq over our own connections: the token POST has the trust, the time limits and the way out of the IMAP
//! connection, and the trust store is read once for both.
//!
//! Microsoft wants `error` branched on, `error_description` shown and the numbers used for nothing
//! (learn.microsoft.com/entra/identity-platform/reference-error-codes); the numbers of passing trouble
//! are the one exception.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport};

use super::AccessToken;
use crate::calendar;
use crate::error::{Cause, EntraReply, Error, Kind, Phase, Result};
use crate::net::{self, ANSWER, Channel, Network};
use crate::secret::{Secret, hide};
use crate::text::shorten;

/// The most that a token endpoint is let send, in bytes; a token has 2,000.
const MOST_BODY: u64 = 1 << 20;

/// How long it may take to connect to a service of this machine or its host. Off Azure nobody answers
/// for that address.
pub(super) const NEAR: Duration = Duration::from_secs(3);

/// The longest wait that an endpoint is believed.
const LONGEST: u64 = 3600;

/// Clocks that differ by less are not to blame.
const SKEW: i64 = 60;

/// AADSTS numbers that mean trouble on Entra's side, or too many requests.
pub(crate) const PASSING: [u64; 8] = [90055, 50033, 90006, 90012, 90024, 90033, 90090, 50196];

/// How much of a description or of a body that is not JSON is shown, in bytes.
const SHOWN: usize = 600;

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
    let response = agent(network, true).post(url).send_form(form.iter().copied().chain(last));
    Answer::read(response.map_err(|e| unanswered(url, e))?, url, asked)
}

/// `GET` by plain HTTP, past any proxy, for the metadata service of the machine that we run on.
pub(super) fn get(network: &Network, url: &str, query: &[(&str, &str)], header: (&str, &Secret)) -> Result<Answer> {
    let asked = Instant::now();
    let response =
        agent(network, false).get(url).query_pairs(query.iter().copied()).header(header.0, sent(header.1)).call();
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
        net::lost(Phase::Token, e).with_peer(&host, port)
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
fn peer(url: &str) -> (String, u16) {
    let uri: Uri = url.parse().unwrap_or_default();
    let port = if uri.scheme_str() == Some("http") { 80 } else { 443 };
    (uri.host().unwrap_or(url).to_owned(), uri.port_u16().unwrap_or(port))
}

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
    let start = shorten(String::from_utf8_lossy(body).trim(), 200);
    let content_type = if content_type.is_empty() { "no content type" } else { content_type };
    let message = format!("HTTP {status} with {content_type}, which is not an answer of {who}: {start}");
    Error::new(Kind::of_http(status), Phase::Token, message).because(Cause::NotEntra(status))
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
fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// An HTTP client for a token endpoint: https alone (`tls`) or plain HTTP alone, no redirect followed, every status an answer.
fn agent(network: &Network, tls: bool) -> ureq::Agent {
    let config = Config::builder()
        .https_only(tls)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(network.timeout().min(ANSWER)))
        .user_agent(concat!("exoimap/", env!("CARGO_PKG_VERSION")))
        .build();
    ureq::Agent::with_parts(config, Dial { network: network.clone(), tls }, LeaveToDial)
}

/// [`Network::connect`] does the look-up too.
#[derive(Debug)]
struct LeaveToDial;

impl Resolver for LeaveToDial {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> std::result::Result<ResolvedSocketAddrs, ureq::Error> {
        let mut one = self.empty();
        one.push(([0, 0, 0, 0], 0).into());
        Ok(one)
    }
}

#[derive(Debug)]
struct Dial {
    network: Network,
    tls: bool,
}

impl Connector for Dial {
    type Out = OverStream;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> std::result::Result<Option<OverStream>, ureq::Error> {
        let uri = details.uri;
        let host = uri.host().ok_or_else(|| ureq::Error::BadUri(uri.to_string()))?;
        // A literal IPv6 address stands in brackets in a URI and nowhere else.
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let channel = match self.tls {
            true => self.network.connect(host, uri.port_u16().unwrap_or(443)).map(|tls| Channel::Tls(Box::new(tls))),
            false => self.network.connect_plain(host, uri.port_u16().unwrap_or(80), NEAR).map(Channel::Plain),
        };
        let channel = channel.map_err(|e| ureq::Error::Other(Box::new(e)))?;
        let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(OverStream { channel, buffers }))
    }
}

struct OverStream {
    channel: Channel,
    buffers: LazyBuffers,
}

impl OverStream {
    /// What ureq leaves of the request's time bounds the next wait.
    fn limit(&mut self, timeout: NextTimeout) {
        let left: Duration = *timeout.after;
        self.channel.set_deadline(Instant::now().checked_add(left));
    }
}

impl Transport for OverStream {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> std::result::Result<(), ureq::Error> {
        self.limit(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        Ok(self.channel.write_all(output).and_then(|()| self.channel.flush())?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> std::result::Result<bool, ureq::Error> {
        self.limit(timeout);
        let read = self.channel.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    /// One request a connection.
    fn is_open(&mut self) -> bool {
        false
    }

    fn is_tls(&self) -> bool {
        matches!(self.channel, Channel::Tls(_))
    }
}

impl std::fmt::Debug for OverStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OverStream")
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
        assert_eq!(peer("https://login.example.com/x"), ("login.example.com".to_owned(), 443));
        assert_eq!(peer("https://localhost:8443/x"), ("localhost".to_owned(), 8443));
        assert_eq!(peer("http://[::1]/x"), ("[::1]".to_owned(), 80));
    }

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
