//! A person signs in once, in a browser elsewhere, and the program goes on with a refresh token
//! (RFC 8628; learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code).

use std::time::{Duration, Instant};

use serde_json::Value;

use super::cloud::Registration;
use super::request::post;
use super::{AccessToken, Cloud};
use crate::error::{Error, Kind, Phase, Result};
use crate::net::Network;
use crate::retry::Retry;
use crate::secret::Secret;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A server that names no interval is asked every five seconds (RFC 8628, 3.2), and so much later each time
/// that it says `slow_down` or does not answer (3.5).
const INTERVAL: u64 = 5;

/// The longest that a person is given, in seconds, whatever the server says.
const LONGEST: u64 = 3600;

/// A user's sign-in through a public client application.
#[derive(Clone, Debug)]
pub(crate) struct DeviceCode {
    registration: Registration,
    scope: String,
}

/// What a person's sign-in is good for.
#[derive(Clone, Debug)]
pub(crate) struct Granted {
    /// For now.
    pub access: AccessToken,
    /// For later: it gives the next access token, for 90 days after its last use.
    pub refresh: Option<Secret>,
}

impl DeviceCode {
    /// A sign-in to `tenant` (or `organizations`) through the application `client_id`, to read the mail of a cloud.
    pub(crate) fn new(tenant: &str, client_id: &str, cloud: Cloud) -> Result<DeviceCode> {
        // Microsoft documents the delegated permission under this host, and no other, for its own cloud.
        let host = if cloud == Cloud::Global { "outlook.office.com" } else { cloud.imap_host() };
        let scope = format!("https://{host}/IMAP.AccessAsUser.All offline_access");
        Ok(DeviceCode { registration: Registration::new(tenant, client_id)?, scope })
    }

    /// Asks for this instead, blanks between several; what a refresh token needs is added.
    pub(crate) fn with_scope(mut self, scope: &str) -> Result<DeviceCode> {
        if scope.trim().is_empty() || !scope.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
            return Err(Error::of_setting("scope", format!("the scope {scope:?} is none")));
        }
        self.scope = scope.trim().to_owned();
        if !self.scope.split(' ').any(|word| word == "offline_access") {
            self.scope.push_str(" offline_access");
        }
        Ok(self)
    }

    /// Asks this authority instead.
    pub(crate) fn with_authority(mut self, authority: &str) -> Result<DeviceCode> {
        self.registration = self.registration.with_authority(authority)?;
        Ok(self)
    }

    /// Has a person sign in: `tell` shows where and with which code; the person has as long as the
    /// server says, some 15 minutes.
    pub(crate) fn sign_in(&self, network: &Network, retry: &mut Retry, tell: &mut dyn FnMut(&str)) -> Result<Granted> {
        let (code, invitation) = retry.request(|| self.ask_for_code(network))?;
        tell(&invitation.message);
        let form = [("client_id", self.registration.client_id.as_str()), ("grant_type", GRANT)];
        invitation.follow(retry, || self.granted(network, &form, ("device_code", &code)))
    }

    /// A new access token for a refresh token of an earlier sign-in.
    pub(crate) fn refresh(&self, network: &Network, retry: &mut Retry, refresh: &Secret) -> Result<Granted> {
        retry.request(|| {
            let form = [
                ("client_id", self.registration.client_id.as_str()),
                ("scope", &self.scope),
                ("grant_type", "refresh_token"),
            ];
            self.granted(network, &form, ("refresh_token", refresh))
        })
    }

    fn ask_for_code(&self, network: &Network) -> Result<(Secret, Invitation)> {
        let form = [("client_id", self.registration.client_id.as_str()), ("scope", &self.scope)];
        let answer = post(network, &self.registration.url("devicecode"), &form, None)?;
        let invited = answer.json().and_then(|json| {
            let code = json.get("device_code")?.as_str().filter(|code| !code.is_empty())?;
            Some((Secret::new(code), Invitation::read(&json)?))
        });
        invited.ok_or_else(|| answer.refusal("Entra ID"))
    }

    fn granted(&self, network: &Network, form: &[(&str, &str)], sent: (&str, &Secret)) -> Result<Granted> {
        let answer = post(network, &self.registration.url("token"), form, Some(sent))?;
        let Some(access) = answer.token() else { return Err(answer.refusal("Entra ID")) };
        let refresh = answer.json().and_then(|json| Some(Secret::new(json.get("refresh_token")?.as_str()?)));
        Ok(Granted { access, refresh })
    }

    /// What distinguishes its tokens from others.
    #[cfg(feature = "certificate")]
    pub(super) fn key(&self) -> String {
        let DeviceCode { registration, scope } = self;
        format!("device-code {} {} {scope}", registration.url("token"), registration.client_id)
    }
}

/// True where Entra's `error` is this.
pub(super) fn said(e: &Error, error: &str) -> bool {
    e.entra().is_some_and(|reply| reply.error == error)
}

/// What a person reads, and how long there is to follow it.
struct Invitation {
    message: String,
    interval: Duration,
    lasts: Duration,
}

impl Invitation {
    fn read(json: &Value) -> Option<Invitation> {
        let text = |name: &str| json.get(name).and_then(Value::as_str);
        let number = |name: &str| json.get(name).and_then(Value::as_u64);
        let message = match (text("message"), text("user_code"), text("verification_uri")) {
            (Some(message), _, _) => message.to_owned(),
            (None, Some(code), Some(page)) => format!("to sign in, open {page} in a browser and enter the code {code}"),
            _ => return None,
        };
        Some(Invitation {
            message,
            interval: Duration::from_secs(number("interval").unwrap_or(INTERVAL).clamp(1, 60)),
            lasts: Duration::from_secs(number("expires_in").unwrap_or(900).min(LONGEST)),
        })
    }

    /// Asks by `poll` until the person has signed in, or the time is over.
    fn follow(&self, retry: &Retry, mut poll: impl FnMut() -> Result<Granted>) -> Result<Granted> {
        let end = Instant::now() + self.lasts;
        let mut interval = self.interval;
        while Instant::now() < end {
            if !retry.stand_by(interval) {
                return Err(Error::time_limit(Phase::Token, " before anybody signed in"));
            }
            match poll() {
                Err(e) if said(&e, "authorization_pending") => {}
                Err(e) if said(&e, "slow_down") || e.kind() == Kind::Temporary => {
                    interval += Duration::from_secs(INTERVAL);
                }
                outcome => return outcome,
            }
        }
        Err(Error::new(Kind::Refused, Phase::Token, "nobody signed in with the code before its time was over"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Virtual;
    use crate::error::EntraReply;

    /// How a sign-in ends after these answers, "" being none at all, and how many seconds lay before each.
    fn followed(answers: &[&str]) -> (Result<Granted>, Vec<u64>) {
        let invitation = Invitation::read(&serde_json::json!({"message": "x", "interval": 2})).unwrap();
        let (clock, mut waits) = (Virtual::new(), Vec::new());
        let (mut answers, mut last) = (answers.iter(), clock.now());
        let granted = invitation.follow(&Retry::at(Duration::ZERO, &clock), || {
            waits.push((clock.now() - last).as_secs());
            last = clock.now();
            let Some(error) = answers.next() else {
                return Ok(Granted { access: AccessToken::good_until(Secret::new("x"), None), refresh: None });
            };
            let kind = if error.is_empty() { Kind::Temporary } else { Kind::Refused };
            let reply = EntraReply { error: (*error).to_owned(), ..EntraReply::default() };
            Err(Error::new(kind, Phase::Token, "x").with_entra(reply))
        });
        (granted, waits)
    }

    #[test]
    fn who_is_told_to_slow_down_asks_later_from_then_on() {
        let (granted, waits) =
            followed(&["authorization_pending", "slow_down", "authorization_pending", "slow_down", ""]);
        assert!(granted.is_ok());
        assert_eq!(waits, [2, 2, 7, 7, 12, 17]);
        let (granted, waits) = followed(&["slow_down", "access_denied"]);
        assert!(said(&granted.unwrap_err(), "access_denied"));
        assert_eq!(waits, [2, 7]);
    }
}
