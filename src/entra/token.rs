//! A token: until when it is good, and what it says about itself. That is for diagnosis only: nobody here verifies a
//! signature.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::calendar;
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
    /// A token that is good until then; of one from elsewhere nobody knows.
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
        told.or_else(|| Some(until(Claims::of(&self.secret)?.expires?)))
    }

    /// Reads the endpoint's answer. A managed identity's endpoint writes numbers as strings, and some of
    /// those endpoints (App Service) write only when it ends.
    pub(super) fn read(json: &Value, asked: Instant) -> Option<AccessToken> {
        let bearer =
            json.get("token_type").and_then(Value::as_str).is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        let token = json.get("access_token")?.as_str()?;
        if !bearer || token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let number = |name: &str| json.get(name).and_then(|n| n.as_u64().or_else(|| n.as_str()?.parse().ok()));
        let lifetime = number("expires_in").map(Duration::from_secs);
        let lifetime = lifetime.or_else(|| Some(until(number("expires_on")?.try_into().ok()?)));
        Some(AccessToken::good_until(Secret::new(token), lifetime.and_then(|lifetime| asked.checked_add(lifetime))))
    }
}

/// How long it is until then, in seconds since 1970.
fn until(end: i64) -> Duration {
    Duration::from_secs(u64::try_from(end.saturating_sub(calendar::now())).unwrap_or_default())
}

/// The claims of an access token (a JSON web token; Exchange Online's have the shape of version 1.0).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Claims {
    /// `aud`: for whom the token is, `https://outlook.office365.com` for Exchange Online.
    pub audience: Option<String>,
    /// `roles`: the application permissions; IMAP needs `IMAP.AccessAsApp`.
    pub roles: Vec<String>,
    /// `scp`: delegated permissions, the mark of a user's token.
    pub scopes: Option<String>,
    /// `tid`: the tenant.
    pub tenant: Option<String>,
    /// `oid`: of an application's token the object id of its service principal, which
    /// `New-ServicePrincipal -ObjectId` wants.
    pub object_id: Option<String>,
    /// `appid` (or `azp`): the application.
    pub application: Option<String>,
    /// `exp`: seconds since 1970.
    pub expires: Option<i64>,
    /// Everything, as the token has it.
    pub all: Value,
}

impl Claims {
    /// Reads a token's claims; none if it is not a JSON web token (Microsoft promises no format).
    pub(crate) fn of(token: &Secret) -> Option<Claims> {
        let mut segments = token.expose_str()?.split('.');
        let payload = segments.nth(1)?;
        segments.next()?;
        let all: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?).ok()?;
        let claims = all.as_object()?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let roles = claims.get("roles").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Some(Claims {
            audience: text("aud"),
            roles: roles.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            scopes: text("scp"),
            tenant: text("tid"),
            object_id: text("oid"),
            application: text("appid").or_else(|| text("azp")),
            expires: claims.get("exp").and_then(Value::as_i64),
            all: all.clone(),
        })
    }

    /// True where the token has the application permission of that name.
    pub(crate) fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|has| has == role)
    }

    /// True where the token's time is over, by this machine's clock.
    pub(crate) fn is_expired(&self) -> bool {
        self.expires.is_some_and(|expires| expires <= calendar::now())
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
        let on = calendar::now() + 600;
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

    fn token(payload: &[u8]) -> Secret {
        Secret::new(format!("eyJhbGciOiJub25lIn0.{}.c2ln", URL_SAFE_NO_PAD.encode(payload)))
    }

    #[test]
    fn an_applications_token() {
        let claims =
            json!({"aud": "https://outlook.office365.com", "roles": ["IMAP.AccessAsApp"], "oid": "o", "exp": 7});
        let claims = Claims::of(&token(claims.to_string().as_bytes())).unwrap();
        assert!(claims.has_role("IMAP.AccessAsApp") && !claims.has_role("Mail.Read"));
        assert_eq!((claims.object_id.as_deref(), claims.expires, claims.scopes), (Some("o"), Some(7), None));
    }

    #[test]
    fn what_is_no_token_has_no_claims() {
        for text in ["", "opaque", "a.b.c", "a.e30", &format!("a.{}", "[".repeat(500))] {
            assert_eq!(Claims::of(&Secret::new(text)), None, "{text}");
        }
        assert_eq!(Claims::of(&token(b"[1]")), None);
        assert_eq!(Claims::of(&token("[".repeat(10_000).as_bytes())), None);
    }
}
