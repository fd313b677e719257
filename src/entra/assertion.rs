//! The statement that an application signs about itself (RFC 7523), as Entra ID wants it:
//! learn.microsoft.com/entra/identity-platform/certificate-credentials.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SecureRandom;
use serde_json::json;

use super::certificate::{Certificate, no_chance};
use crate::calendar;
use crate::error::Result;
use crate::secret::Secret;

/// From `nbf` to `exp`, in seconds; Microsoft asks for five to ten minutes.
const LIFETIME: i64 = 600;

/// How far a clock that is ahead of Entra's may be, in seconds: `nbf` lies so far back.
const EARLY: i64 = 60;

/// A fresh assertion of `client_id` for the token endpoint `audience`.
pub(super) fn sign(certificate: &Certificate, client_id: &str, audience: &str) -> Result<Secret> {
    let from = calendar::now() - EARLY;
    let claims = json!({
        "aud": audience,
        "iss": client_id,
        "sub": client_id,
        "jti": fresh_id()?,
        "nbf": from,
        "iat": from,
        "exp": from + LIFETIME,
    });
    let (algorithm, thumbprint) = certificate.header();
    let header = json!({"alg": algorithm, "typ": "JWT", thumbprint.0: thumbprint.1});
    let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
    token.push('.');
    token.push_str(&URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = certificate.sign(token.as_bytes())?;
    token.push('.');
    token.push_str(&URL_SAFE_NO_PAD.encode(signature));
    Ok(Secret::new(token))
}

/// A GUID of version 4.
fn fresh_id() -> Result<String> {
    let mut bytes = [0; 16];
    ring::rand::SystemRandom::new().fill(&mut bytes).map_err(|_| no_chance())?;
    let number = u128::from_be_bytes(bytes) & !(0xf << 76 | 3 << 62) | 4 << 76 | 2 << 62;
    let hex = format!("{number:032x}");
    let parts: Vec<_> = [0..8, 8..12, 12..16, 16..20, 20..32].into_iter().filter_map(|part| hex.get(part)).collect();
    Ok(parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_guids_and_fresh() {
        let ids: std::collections::BTreeSet<_> = (0..100).map(|_| fresh_id().unwrap()).collect();
        assert_eq!(ids.len(), 100);
        for id in ids {
            assert!(super::super::endpoint::is_guid(&id), "{id}");
            assert!(id.get(14..15) == Some("4") && "89ab".contains(&id[19..20]), "{id}");
        }
    }
}
