//! A token, and until when it is good.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Claims;
use crate::secret::Secret;

/// A token that ends sooner is renewed: a session ends with its token.
pub(crate) const EARLY: Duration = Duration::from_secs(600);

/// A token, and until when it is good.
#[derive(Clone, Debug)]
pub struct AccessToken {
    secret: Secret,
    expires: Option<Instant>,
}

impl AccessToken {
    /// A token from elsewhere, of unknown age.
    pub(crate) fn from_elsewhere(secret: Secret) -> AccessToken {
        AccessToken::good_until(secret, None)
    }

    /// A token that is good until then.
    pub(super) fn good_until(secret: Secret, expires: Option<Instant>) -> AccessToken {
        secret.guard();
        AccessToken { secret, expires }
    }

    /// The token itself.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// When it ends, by the endpoint's `expires_in`.
    pub(crate) fn expires(&self) -> Option<Instant> {
        self.expires
    }

    /// How long it is still good: by what the endpoint said, else by what it says itself.
    pub fn lasts(&self) -> Option<Duration> {
        let told = self.expires.map(|end| end.saturating_duration_since(Instant::now()));
        told.or_else(|| {
            let now = u64::try_from(crate::calendar::now()).unwrap_or_default();
            Some(Duration::from_secs(Claims::of(&self.secret)?.expires?.saturating_sub(now)))
        })
    }

    /// Reads the endpoint's answer. A managed identity's endpoint writes numbers as strings, and some of
    /// those endpoints (App Service) write only when it ends.
    pub(super) fn read(json: &Value, asked: Instant) -> Option<AccessToken> {
        let bearer =
            json.get("token_type").and_then(Value::as_str).is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        let token = json.get("access_token")?.as_str()?;
        if !bearer || token.is_empty() || !token.bytes().all(|byte| matches!(byte, 0x21..=0x7e)) {
            return None;
        }
        let number = |name: &str| json.get(name).and_then(|n| n.as_u64().or_else(|| n.as_str()?.parse().ok()));
        let until = |end: u64| end.saturating_sub(u64::try_from(crate::calendar::now()).unwrap_or_default());
        let lifetime = number("expires_in").or_else(|| number("expires_on").map(until)).map(Duration::from_secs);
        Some(AccessToken::good_until(Secret::new(token), lifetime.and_then(|lifetime| asked.checked_add(lifetime))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_with_a_token_and_answers_without() {
        let read = |json: Value| AccessToken::read(&json, Instant::now());
        let token = read(json!({"token_type": "Bearer", "expires_in": "3599", "access_token": "eyJ"})).unwrap();
        assert_eq!(token.secret().expose_str(), Some("eyJ"));
        assert!(token.expires().is_some());
        let on = crate::calendar::now() + 600;
        let token = read(json!({"expires_on": on.to_string(), "access_token": "eyJ"})).unwrap();
        let left = token.expires().unwrap() - Instant::now();
        assert!((590..=600).contains(&left.as_secs()), "{left:?}");
        assert!(read(json!({"access_token": "t", "expires_in": 99_999_999_999_999_999_u64})).is_some());
        for bad in [
            json!([]),
            json!({"access_token": ""}),
            json!({"access_token": "a\nb"}),
            json!({"access_token": "t", "token_type": "pop"}),
        ] {
            assert!(read(bad.clone()).is_none(), "{bad}");
        }
    }
}
