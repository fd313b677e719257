//! Whom to trust: the certificates of a CA file, and whether this host has a store of its own. An empty container
//! has none, and OpenSSL words that as if the server's certificate were wrong.

use std::io;
use std::path::Path;
use std::time::Instant;

use native_tls::Certificate;

use crate::error::{Error, Kind, Phase, Result};
use crate::files;

/// Where OpenSSL looks on Linux: openssl-probe's list, and OpenSSL's own.
const PLACES: [&str; 10] = [
    "/etc/ssl/certs",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem",
    "/etc/pki/tls/certs",
    "/etc/pki/tls/cacert.pem",
    "/etc/security/certificates",
    "/opt/etc/ssl/certs",
    "/usr/local/ssl/certs",
    "/usr/local/ssl/cert.pem",
];

/// Bytes of a CA file at most; a whole system's bundle has a quarter of a million.
const MOST_ROOTS: u64 = 16 << 20;

/// The certificates of a CA file, refused where there is none in it.
pub(super) fn read(file: &Path, deadline: Option<Instant>) -> Result<Vec<Certificate>> {
    let refused = |e| Error::file(Kind::Usage, Phase::Tls, format!("reading the CA file {}", file.display()), e);
    let pem = files::read(file, MOST_ROOTS, deadline).map_err(refused)?;
    let certificates = Certificate::stack_from_pem(pem.expose()).map_err(io::Error::other).map_err(refused)?;
    if certificates.is_empty() {
        return Err(refused(io::Error::other("it holds no PEM certificate (-----BEGIN CERTIFICATE-----)")));
    }
    Ok(certificates)
}

/// True on a Linux without any of them. Other systems have stores of their own.
pub(super) fn is_missing() -> bool {
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().filter_map(std::env::var_os);
    let is_named = named.into_iter().any(|path| Path::new(&path).exists());
    cfg!(target_os = "linux") && !is_named && !PLACES.iter().any(|place| holds_something(Path::new(place)))
}

/// A file, or a directory that is not empty.
fn holds_something(path: &Path) -> bool {
    match std::fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => path.is_file(),
    }
}
