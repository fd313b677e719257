//! Workload identity federation: the token of somebody whom the application trusts, in a file.

use std::io;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;

use super::Claims;
use crate::error::{Error, Kind, Phase, Result};
use crate::files;
use crate::secret::Secret;
use crate::text::shorten;

/// Bytes of such a file at most; a token has some thousand.
const MOST: u64 = 64 * 1024;

/// Reads the file as it is now: the kubelet, or who else writes it, replaces it before its token ends.
pub(super) fn read(file: &Path, deadline: Option<Instant>) -> Result<Secret> {
    let doing = || format!("reading the federated token from {}", file.display());
    let failed = |e| Error::file(Kind::Usage, Phase::Credential, doing(), e);
    let refused = |why| failed(io::Error::other(why));
    let bytes = files::read(file, MOST, deadline).map_err(failed)?;
    let text = bytes.expose().trim_ascii();
    if text.is_empty() {
        return Err(refused("it is empty"));
    }
    if !text.iter().all(|byte| matches!(byte, 0x21..=0x7e)) {
        return Err(refused("it holds a blank or a control character, which no token does"));
    }
    Ok(Secret::new(text))
}

/// What an administrator compares with the federated credential, letter by letter; never the token.
pub(super) fn about(token: &Secret) -> String {
    let Some(claims) = Claims::of(token) else { return "the assertion is not a JSON web token".to_owned() };
    let said = |name: &str| match claims.all.get(name) {
        Some(Value::String(text)) => shorten(text, 200),
        Some(other) => shorten(&other.to_string(), 200),
        None => "nothing".to_owned(),
    };
    format!("the assertion says iss {}, sub {}, aud {}", said("iss"), said("sub"), said("aud"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    #[test]
    fn what_it_says_is_shown_and_the_token_is_not() {
        let token = |claims: &str| Secret::new(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims)));
        let kubernetes = token(
            r#"{"iss":"https://oidc.example.com/","sub":"system:serviceaccount:a:b","aud":["api://AzureADTokenExchange"]}"#,
        );
        assert_eq!(
            about(&kubernetes),
            r#"the assertion says iss https://oidc.example.com/, sub system:serviceaccount:a:b, aud ["api://AzureADTokenExchange"]"#
        );
        assert_eq!(about(&token("{}")), "the assertion says iss nothing, sub nothing, aud nothing");
        assert_eq!(about(&Secret::new("opaque")), "the assertion is not a JSON web token");
    }
}
