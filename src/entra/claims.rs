//! What a token says about itself, for diagnosis only: nobody here verifies its signature.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::secret::Secret;

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
    pub expires: Option<u64>,
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
            expires: claims.get("exp").and_then(Value::as_u64),
            all: all.clone(),
        })
    }

    /// True where the token has the application permission of that name.
    pub(crate) fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|has| has == role)
    }

    /// True where the token's time is over, by this machine's clock.
    pub(crate) fn is_expired(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        self.expires.is_some_and(|expires| expires <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
