//! Whom to trust: the certificates of a CA file, and whether this host has a store of its own. An empty container
//! has none, and OpenSSL words that as if the server's certificate were wrong.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use native_tls::Certificate;

use crate::error::{Error, Kind, Phase, Result};

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

/// Octets of a CA file; a whole system's bundle has a quarter of a million.
const MOST_ROOTS: u64 = 16 << 20;

/// The certificates of a CA file, refused where there is none in it.
pub(super) fn read(file: &Path) -> Result<Vec<Certificate>> {
    let refused =
        |why: String| Error::new(Kind::Usage, Phase::Tls, format!("reading the CA file {}: {why}", file.display()));
    let mut pem = Vec::new();
    let read = File::open(file).and_then(|file| file.take(MOST_ROOTS + 1).read_to_end(&mut pem));
    read.map_err(|e| refused(e.to_string()).caused_by(e))?;
    if pem.len() as u64 > MOST_ROOTS {
        return Err(refused(format!("it has more than {MOST_ROOTS} octets")));
    }
    let certificates = Certificate::stack_from_pem(&pem).map_err(|e| refused(e.to_string()).caused_by(e))?;
    if certificates.is_empty() {
        return Err(refused("it holds no PEM certificate (-----BEGIN CERTIFICATE-----)".to_owned()));
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
