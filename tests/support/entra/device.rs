//! The device code flow: `POST /{tenant}/oauth2/v2.0/devicecode`, then `token` until somebody signed in.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::http::Response;
use super::super::sample;
use super::refusal::Refusal;
use super::{State, required};

pub const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub const CODE: &str = "not-a-real-device-code";
pub const MESSAGE: &str = "To sign in, use a web browser to open the page https://login.example.com/device and enter the code ABCD1234 to authenticate.";

/// What the person does, and what the sign-in is good for.
#[derive(Clone, Default)]
pub struct Device {
    /// Errors in the order of the polls; behind them the sign-in has succeeded.
    pub answers: Vec<&'static str>,
    /// How long the code is good, in seconds.
    pub lasts: Option<u64>,
    /// How many refresh tokens were given out; the last one is good.
    pub refreshes: u32,
}

impl Device {
    /// The refresh token that is good now.
    pub fn refresh_token(&self) -> String {
        format!("not-a-real-refresh-token-{}", self.refreshes)
    }
}

impl State {
    pub(super) fn invite(&self, form: &BTreeMap<String, String>) -> Result<Response, Refusal> {
        self.check_client(form)?;
        let scope = required(form, "scope")?;
        if !scope.split(' ').any(|word| word == "offline_access") || !scope.contains("/IMAP.AccessAsUser.All") {
            return Err(Refusal::ScopeMalformed(scope.into()));
        }
        let body = json!({
            "user_code": "ABCD1234",
            "device_code": CODE,
            "verification_uri": "https://login.example.com/device",
            "expires_in": self.device.lasts.unwrap_or(900),
            "interval": 1,
            "message": MESSAGE,
        });
        Ok(Response::json(200, body.to_string()))
    }

    pub(super) fn poll(&mut self, form: &BTreeMap<String, String>) -> Result<Response, Refusal> {
        self.check_client(form)?;
        if required(form, "device_code")? != CODE {
            return Err(Refusal::Device("bad_verification_code"));
        }
        if !self.device.answers.is_empty() {
            return Err(Refusal::Device(self.device.answers.remove(0)));
        }
        Ok(self.grant())
    }

    pub(super) fn refresh(&mut self, form: &BTreeMap<String, String>) -> Result<Response, Refusal> {
        self.check_client(form)?;
        if self.device.refreshes == 0 || required(form, "refresh_token")? != self.device.refresh_token() {
            return Err(Refusal::RefreshTokenOver);
        }
        Ok(self.grant())
    }

    fn grant(&mut self) -> Response {
        self.device.refreshes += 1;
        let mut shape = self.token.clone();
        shape.roles.clear();
        shape.scp = Some("IMAP.AccessAsUser.All".into());
        shape.extra.insert("upn".into(), json!(sample::ORDERS));
        let body = json!({
            "token_type": "Bearer",
            "scope": "https://outlook.office.com/IMAP.AccessAsUser.All",
            "expires_in": shape.lifetime,
            "access_token": self.sign(&shape),
            "refresh_token": self.device.refresh_token(),
        });
        Response::json(200, body.to_string())
    }
}
