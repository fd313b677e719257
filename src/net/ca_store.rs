//! Whether this host has anything to trust by: an empty container has not, and OpenSSL words that as if the server's
//! certificate were wrong.

use std::path::Path;

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
