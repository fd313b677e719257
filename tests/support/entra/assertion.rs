//! What Entra verifies of a client assertion: whose key signed it, for whom it is, when it is good.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm};
use serde_json::Value;

use super::super::jwt;
use super::State;
use super::refusal::Refusal;

/// The longest that an application's own assertion may be good for, by Microsoft's documentation.
const LONGEST: i64 = 600;

/// How far clocks may differ, in seconds.
const SKEW: i64 = 5;

/// A certificate that was uploaded to the application.
#[derive(Clone)]
pub struct Uploaded {
    sha1: Vec<u8>,
    sha256: Vec<u8>,
    /// `RSAPublicKey`
    public_key: Vec<u8>,
}

impl Uploaded {
    /// The first certificate of a PEM file.
    pub fn from_pem(pem: &str) -> Uploaded {
        let body = pem.split("-----BEGIN CERTIFICATE-----").nth(1).unwrap();
        let body = body.split("-----END CERTIFICATE-----").next().unwrap();
        let der = STANDARD.decode(body.split_whitespace().collect::<String>()).unwrap();
        let hash = |algorithm| digest::digest(algorithm, &der).as_ref().to_vec();
        Uploaded {
            sha1: hash(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            sha256: hash(&digest::SHA256),
            public_key: public_key(&der).to_vec(),
        }
    }
}

/// Behind `rsaEncryption`, NULL, and the head of a BIT STRING of more than 255 bytes.
fn public_key(der: &[u8]) -> &[u8] {
    let rsa = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03, 0x82];
    let at = der.windows(rsa.len()).position(|bytes| bytes == rsa).expect("an RSA certificate") + rsa.len();
    let length = usize::from(der[at]) * 256 + usize::from(der[at + 1]);
    &der[at + 3..at + 2 + length]
}

/// The one federated credential of the application, and how its issuer signs.
#[derive(Clone)]
pub struct Federated {
    pub issuer: String,
    pub subject: String,
    pub audience: String,
    pub key: Vec<u8>,
}

impl State {
    /// An assertion of the application itself (a certificate's) or of a federated subject.
    pub(super) fn check_assertion(&self, assertion: &str, seen: &BTreeSet<String>) -> Result<(), Refusal> {
        let claims = jwt::claims(assertion).ok_or(Refusal::AssertionInvalid)?;
        let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
        if text("iss") != self.client_id {
            return self.check_federated(assertion, &claims);
        }
        self.check_signature(assertion)?;
        if text("sub") != self.client_id {
            return Err(Refusal::AssertionOfAnother(text("sub")));
        }
        let audience = format!("{}/{}/oauth2/v2.0/token", self.url, self.tenant);
        if text("aud") != audience {
            return Err(Refusal::AudienceWrong(text("aud"), audience));
        }
        self.check_times(&claims)?;
        let lifetime = claims["exp"].as_i64().unwrap_or(0) - claims["nbf"].as_i64().unwrap_or(0);
        let id = text("jti");
        if lifetime > LONGEST || id.is_empty() || seen.contains(&id) {
            return Err(Refusal::AssertionInvalid);
        }
        Ok(())
    }

    fn check_federated(&self, assertion: &str, claims: &Value) -> Result<(), Refusal> {
        let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
        let Some(known) = self.federated.as_ref().filter(|known| known.issuer == text("iss")) else {
            return Err(Refusal::IssuerUnknown(text("iss")));
        };
        if known.subject != text("sub") {
            return Err(Refusal::SubjectUnknown(text("sub")));
        }
        if known.audience != text("aud") {
            return Err(Refusal::FederatedAudienceWrong(text("aud")));
        }
        if jwt::verify(&known.key, assertion).is_none() {
            return Err(Refusal::AssertionInvalid);
        }
        self.check_times(claims)
    }

    /// By the key of the certificate that the header names.
    fn check_signature(&self, assertion: &str) -> Result<(), Refusal> {
        let header = jwt::header(assertion).ok_or(Refusal::AssertionInvalid)?;
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(header[name].as_str()?).ok();
        let algorithm: &dyn VerificationAlgorithm = match header["alg"].as_str() {
            Some("PS256") => &RSA_PSS_2048_8192_SHA256,
            Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(Refusal::AssertionInvalid),
        };
        let named = bytes("x5t#S256").or_else(|| bytes("x5t")).filter(|_| header["typ"] == "JWT");
        let Some(named) = named else { return Err(Refusal::AssertionInvalid) };
        let known = self.certificates.iter().find(|known| known.sha256 == named || known.sha1 == named);
        let Some(known) = known else { return Err(Refusal::KeyUnknown(named)) };
        let (signed, signature) = assertion.rsplit_once('.').ok_or(Refusal::AssertionInvalid)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::AssertionInvalid)?;
        let key = UnparsedPublicKey::new(algorithm, &known.public_key);
        key.verify(signed.as_bytes(), &signature).map_err(|_| Refusal::AssertionInvalid)
    }

    fn check_times(&self, claims: &Value) -> Result<(), Refusal> {
        let now = self.now();
        let (from, until) = (claims["nbf"].as_i64().unwrap_or(0), claims["exp"].as_i64().unwrap_or(0));
        if from <= now + SKEW && now < until + SKEW { Ok(()) } else { Err(Refusal::OutOfTime { now, from, until }) }
    }
}
