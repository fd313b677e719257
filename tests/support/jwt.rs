//! JSON web tokens: how they are signed and verified, and what an app-only token says.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde_json::{Map, Value, json};

use super::clock;

/// Signs `claims` with HMAC-SHA-256. The header is what Dovecot insists on.
pub fn mint(key: &[u8], claims: &Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"HS256"}"#);
    let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
    let signed = format!("{header}.{payload}");
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The claims of a token that was signed with `key`. Says nothing about `exp`, `aud` or roles.
pub fn verify(key: &[u8], token: &str) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::verify(&key, signed.as_bytes(), &signature).ok()?;
    claims(token)
}

/// The header of any token.
pub fn header(token: &str) -> Option<Value> {
    segment(token, 0)
}

/// The claims of any token, its signature unread.
pub fn claims(token: &str) -> Option<Value> {
    segment(token, 1)
}

fn segment(token: &str, number: usize) -> Option<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(number)?).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// What the endpoint writes into an access token.
#[derive(Clone)]
pub struct TokenShape {
    pub aud: String,
    /// Empty: the token has no `roles` at all, as when an administrator has not consented.
    pub roles: Vec<String>,
    /// Present only in delegated tokens.
    pub scp: Option<String>,
    /// Seconds from now to `exp`; may be negative. `expires_in` says the same.
    pub lifetime: i64,
    /// Object id of the service principal (the Enterprise application).
    pub oid: String,
    /// Added to the claims, or put in their place.
    pub extra: Map<String, Value>,
}

impl Default for TokenShape {
    fn default() -> TokenShape {
        TokenShape {
            aud: "https://outlook.office365.com".into(),
            roles: vec!["IMAP.AccessAsApp".into()],
            scp: None,
            lifetime: 3599,
            oid: "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb".into(),
            extra: Map::new(),
        }
    }
}

impl TokenShape {
    /// The claims of an app-only token that is good from five seconds ago.
    pub fn claims(&self, tenant: &str, client_id: &str) -> Value {
        let now = clock::now();
        let mut claims = json!({
            "aud": self.aud,
            "iss": format!("https://sts.windows.net/{tenant}/"),
            "iat": now - 5,
            "nbf": now - 5,
            "exp": now + self.lifetime,
            "appid": client_id,
            "appidacr": "1",
            "idp": format!("https://sts.windows.net/{tenant}/"),
            "idtyp": "app",
            "oid": self.oid,
            "sub": self.oid,
            "tid": tenant,
            "ver": "1.0",
        });
        if !self.roles.is_empty() {
            claims["roles"] = json!(self.roles);
        }
        if let Some(scp) = &self.scp {
            claims["scp"] = json!(scp);
        }
        for (name, value) in &self.extra {
            claims[name] = value.clone();
        }
        claims
    }
}
