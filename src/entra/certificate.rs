//! The application's certificate and its RSA key, from PEM files (RFC 7468), and the statement that the application signs
//! about itself with them (RFC 7523), as Entra ID wants it: learn.microsoft.com/entra/identity-platform/certificate-credentials.
//!
//! Signing is ring's. What we do not read, a PFX, an encrypted key, is refused with the command that
//! makes it readable; an elliptic-curve key is none that Entra ID takes.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use serde_json::json;

use super::der;
use crate::calendar;
use crate::error::{Error, Kind, Phase, Result};
use crate::files;
use crate::secret::Secret;
use crate::text::shell_word;

/// The setting with the file of the key.
const KEY: &str = "certificate-key";

/// The most of a PEM file, in bytes: a key and a long chain have some ten thousand.
const MOST: u64 = 256 * 1024;

/// From `nbf` to `exp`, in seconds; Microsoft asks for five to ten minutes.
const LIFETIME: i64 = 600;

/// How far a clock that is ahead of Entra's may be, in seconds: `nbf` lies so far back.
const EARLY: i64 = 60;

/// A certificate with its private key.
#[derive(Clone)]
pub struct Certificate {
    signer: Arc<Signer>,
    rs256: bool,
}

struct Signer {
    key: RsaKeyPair,
    der: Vec<u8>,
    subject: String,
    expires: i64,
}

impl Certificate {
    /// Reads PEM: certificate and private key from one file, or the key from a file of its own. Of
    /// several certificates (a chain) the one that belongs to the key is taken.
    pub fn read(file: &Path, key_file: Option<&Path>, deadline: Option<Instant>) -> Result<Certificate> {
        let pem = Pem::read(file, deadline)?;
        let key_pem = key_file.map(|file| Pem::read(file, deadline)).transpose()?;
        let key = key_pem.as_ref().unwrap_or(&pem).key()?;
        let public = key.public().as_ref();
        let mut others = Vec::new();
        for (label, bytes) in &pem.blocks {
            if label != "CERTIFICATE" {
                continue;
            }
            match der::certificate(bytes.expose()) {
                Some(facts) if facts.public_key == public => {
                    let (subject, expires) = (facts.subject, facts.expires);
                    let signer = Signer { key, der: bytes.expose().to_vec(), subject, expires };
                    return Ok(Certificate { signer: Arc::new(signer), rs256: false });
                }
                Some(facts) => others.push(facts.subject),
                None => return Err(pem.refused("a certificate in it cannot be read")),
            }
        }
        Err(match others.first() {
            Some(subject) => pem.refused(&format!("the private key is not that of the certificate {subject}")),
            None => pem.refused(&format!(
                "it holds a private key and no certificate: add the -----BEGIN CERTIFICATE----- block whose file you uploaded, or make both again: {}",
                pem.new_pair()
            )),
        })
    }

    /// Signs with RS256 instead of PS256, for a tenant that wants it so.
    #[must_use]
    pub(crate) fn with_rs256(mut self) -> Certificate {
        self.rs256 = true;
        self
    }

    /// The thumbprint that the portal shows, in hexadecimal.
    pub(crate) fn sha1(&self) -> String {
        hex(self.digest(&digest::SHA1_FOR_LEGACY_USE_ONLY).as_ref())
    }

    /// The SHA-256 thumbprint, in hexadecimal.
    pub(crate) fn sha256(&self) -> String {
        hex(self.digest(&digest::SHA256).as_ref())
    }

    /// Whose it is, as `CN=exoimap, O=Contoso`; somebody else wrote it.
    pub(crate) fn subject(&self) -> &str {
        &self.signer.subject
    }

    /// Its last second, in seconds since 1970.
    pub(crate) fn expires(&self) -> i64 {
        self.signer.expires
    }

    /// A new assertion of `client_id` for the token endpoint `audience`.
    pub(super) fn assertion(&self, client_id: &str, audience: &str) -> Result<Secret> {
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
        let (algorithm, encoding, thumbprint, hash): (_, &dyn RsaEncoding, _, _) = match self.rs256 {
            true => ("RS256", &RSA_PKCS1_SHA256, "x5t", &digest::SHA1_FOR_LEGACY_USE_ONLY),
            false => ("PS256", &RSA_PSS_SHA256, "x5t#S256", &digest::SHA256),
        };
        let header = json!({"alg": algorithm, "typ": "JWT", thumbprint: URL_SAFE_NO_PAD.encode(self.digest(hash))});
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let mut signature = vec![0; self.signer.key.public().modulus_len()];
        let made = self.signer.key.sign(encoding, &SystemRandom::new(), signed.as_bytes(), &mut signature);
        made.map_err(|_| no_chance())?;
        Ok(Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }

    fn digest(&self, algorithm: &'static digest::Algorithm) -> digest::Digest {
        digest::digest(algorithm, &self.signer.der)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, SHA-1 {})", self.signer.subject, self.sha1())
    }
}

/// The one thing that can fail in signing and hashing.
fn no_chance() -> Error {
    Error::new(Kind::Local, Phase::Credential, "the system has no random numbers to give")
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// A GUID of version 4.
fn fresh_id() -> Result<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| no_chance())?;
    let number = u128::from_be_bytes(bytes) & !(0xf << 76 | 3 << 62) | 4 << 76 | 2 << 62;
    let hex = format!("{number:032x}");
    let parts: Vec<_> = [0..8, 8..12, 12..16, 16..20, 20..32].into_iter().filter_map(|part| hex.get(part)).collect();
    Ok(parts.join("-"))
}

/// The blocks of a PEM file, and what to say about it.
struct Pem {
    file: String,
    blocks: Vec<(String, Secret)>,
    /// A key of the old form (RFC 1421) that needs a pass phrase.
    is_encrypted: bool,
}

impl Pem {
    fn read(file: &Path, deadline: Option<Instant>) -> Result<Pem> {
        let mut pem = Pem { file: file.display().to_string(), blocks: Vec::new(), is_encrypted: false };
        let bytes = files::read(file, MOST, deadline).map_err(|e| {
            Error::file(Kind::Usage, Phase::Credential, format!("reading the certificate file {}", pem.file), e)
        })?;
        let (from, to) = (shell_word(&pem.file), shell_word(&format!("{}.pem", pem.stem())));
        if der::is_pfx(bytes.expose()) {
            let command = format!("openssl pkcs12 -in {from} -nodes -out {to}");
            return Err(
                pem.refused(&format!("it is a PFX (PKCS#12): convert it, and keep the result as secret: {command}"))
            );
        }
        if der::certificate(bytes.expose()).is_some() {
            let command = format!("openssl x509 -inform der -in {from} -out {to}");
            return Err(pem.refused(&format!(
                "it is a certificate in DER form, without its key: convert it ({command}), and name the key's file as well"
            )).about(KEY));
        }
        pem.read_blocks(&ascii(&bytes))?;
        match pem.blocks.is_empty() {
            true => Err(pem.refused("it holds no PEM block (-----BEGIN …-----)")),
            false => Ok(pem),
        }
    }

    fn read_blocks(&mut self, text: &Secret) -> Result<()> {
        let mut open: Option<(&str, Secret)> = None;
        for line in text.expose_str().unwrap_or_default().lines().map(str::trim) {
            let dashed = line.strip_prefix("-----").and_then(|line| line.strip_suffix("-----"));
            if let Some(label) = dashed.and_then(|line| line.strip_prefix("BEGIN ")) {
                open = Some((label, Secret::new("")));
            } else if let Some(label) = dashed.and_then(|line| line.strip_prefix("END ")) {
                let Some((_, base64)) = open.take().filter(|(opened, _)| *opened == label) else {
                    return Err(self.refused(&format!("its block {label} has an end and no beginning")));
                };
                match STANDARD.decode(base64.expose()) {
                    Ok(bytes) => self.blocks.push((label.to_owned(), Secret::new(bytes))),
                    Err(_) if self.is_encrypted => self.blocks.push((label.to_owned(), Secret::new(""))),
                    Err(_) => return Err(self.refused(&format!("its block {label} is not base64"))),
                }
            } else if line.contains(':') {
                self.is_encrypted |= open.is_some() && line.starts_with("Proc-Type:") && line.ends_with("ENCRYPTED");
            } else if let Some((_, base64)) = &mut open {
                *base64 = Secret::new([base64.expose(), line.as_bytes()].concat());
            }
        }
        match open {
            Some((label, _)) => Err(self.refused(&format!("its block {label} has no end"))),
            None => Ok(()),
        }
    }

    fn key(&self) -> Result<RsaKeyPair> {
        let found = self.blocks.iter().find(|(label, _)| label.ends_with("PRIVATE KEY"));
        let Some((label, bytes)) = found else {
            return Err(self.refused(
                "it holds no private key (-----BEGIN PRIVATE KEY-----): add it to the file, or name its file as well",
            ).about(KEY));
        };
        let key = match label.as_str() {
            "ENCRYPTED PRIVATE KEY" => return Err(self.encrypted()),
            _ if self.is_encrypted => return Err(self.encrypted()),
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(bytes.expose()),
            "PRIVATE KEY" if der::private_key_kind(bytes.expose()) == Some(der::RSA) => {
                RsaKeyPair::from_pkcs8(bytes.expose())
            }
            _ => {
                return Err(self.refused(&format!(
                    "its key is not an RSA key; Entra ID accepts only RSA: make a new pair and upload its certificate: {}",
                    self.new_pair()
                )));
            }
        };
        key.map_err(|e| self.refused(&format!("its RSA key, which must have 2048 to 4096 bits, is refused ({e})")))
    }

    fn encrypted(&self) -> Error {
        let to = format!("{}.key.pem", self.stem());
        let command = format!("openssl pkey -in {} -out {}", shell_word(&self.file), shell_word(&to));
        self.refused(&format!(
            "its private key is encrypted: decrypt it ({command}), and name the result as the file of the key"
        ))
        .about(KEY)
    }

    /// The command that makes a key and its certificate.
    fn new_pair(&self) -> String {
        let stem = self.stem();
        format!(
            "openssl req -x509 -newkey rsa:3072 -nodes -days 365 -subj /CN=exoimap -keyout {} -out {}",
            shell_word(&format!("{stem}.key.pem")),
            shell_word(&format!("{stem}.cert.pem"))
        )
    }

    /// The file's name without what tells its form.
    fn stem(&self) -> &str {
        let name = self.file.as_str();
        [".pem", ".pfx", ".p12", ".cer", ".crt", ".key", ".der"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
            .unwrap_or(name)
    }

    fn refused(&self, why: &str) -> Error {
        Error::new(Kind::Usage, Phase::Credential, format!("reading the certificate file {}: {why}", self.file))
    }
}

/// PEM is ASCII, whatever an editor on Windows made of it: a byte order mark and the zeros of UTF-16 go, and what is not
/// ASCII beside the blocks, where there may be anything: `openssl pkcs12` writes names there.
fn ascii(bytes: &Secret) -> Secret {
    Secret::new(bytes.expose().iter().copied().filter(|byte| matches!(byte, 1..=0x7f)).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_guids_and_fresh() {
        let ids: std::collections::BTreeSet<_> = (0..100).map(|_| fresh_id().unwrap()).collect();
        assert_eq!(ids.len(), 100);
        for id in ids {
            assert!(crate::entra::is_guid(&id), "{id}");
            assert!(id.get(14..15) == Some("4") && "89ab".contains(&id[19..20]), "{id}");
        }
    }
}
