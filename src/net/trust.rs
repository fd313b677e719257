//! Whom to trust, and what a handshake that fails means. An empty container has no CA store, and OpenSSL words that as
//! if the server's certificate were wrong.

use std::error::Error as StdError;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use native_tls::{Certificate, HandshakeError, Protocol, TlsConnector};

use super::stream::Wire;
use super::timed::is_timeout;
use crate::error::{Cause, Error, Kind, Phase, Result};
use crate::files;

/// Whose signature a server's certificate must bear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// The system's trust store (with OpenSSL `SSL_CERT_FILE` and `SSL_CERT_DIR` name another one).
    #[default]
    System,
    /// The PEM certificates of this file, instead of the system's.
    File(PathBuf),
}

impl Trust {
    /// TLS 1.2 at least. It is built once, because OpenSSL parses the whole store each time.
    pub(super) fn connector(&self, deadline: Option<Instant>) -> Result<TlsConnector> {
        let mut builder = TlsConnector::builder();
        builder.min_protocol_version(Some(Protocol::Tlsv12));
        if let Trust::File(file) = self {
            builder.disable_built_in_roots(true);
            for certificate in read(file, deadline)? {
                builder.add_root_certificate(certificate);
            }
        }
        let failed = |e| Error::new(Kind::Local, Phase::Tls, format!("could not set up TLS: {e}")).caused_by(e);
        builder.build().map_err(failed)
    }
}

/// A refused certificate waits for an administrator; a silent or broken line may recover.
pub(super) fn tls_error(host: &str, e: HandshakeError<Wire>, trust: &Trust) -> Error {
    let cause = match e {
        HandshakeError::Failure(cause) => cause,
        // `Timed` never lets WouldBlock through; a platform's own would be a line that went silent.
        HandshakeError::WouldBlock(_) => {
            return Error::new(Kind::Temporary, Phase::Tls, format!("{host}: the handshake was interrupted"));
        }
    };
    let no_store = *trust == Trust::System && store_is_missing();
    let (kind, why) = match io_cause(&cause) {
        Some(e) if is_timeout(e) => (Kind::Temporary, "no answer in the handshake".to_owned()),
        Some(e) => (Kind::Temporary, format!("the connection broke in the handshake: {e}")),
        None => match cause.to_string() {
            // OpenSSL's words for a peer that closed; 1.1 reports it without an io::Error.
            text if text.contains("unexpected EOF") => {
                (Kind::Temporary, "the other side closed the connection in the handshake".to_owned())
            }
            text if no_store => (Kind::Refused, format!("{text} (this host has no CA store)")),
            text => (Kind::Refused, text),
        },
    };
    let error = Error::new(kind, Phase::Tls, format!("{host}: {why}")).caused_by(cause);
    if no_store && kind == Kind::Refused { error.because(Cause::NoCaStore) } else { error }
}

/// The socket's own error in a chain of causes.
fn io_cause<'a>(e: &'a (dyn StdError + 'static)) -> Option<&'a io::Error> {
    let mut next = Some(e);
    while let Some(e) = next {
        if let Some(io) = e.downcast_ref::<io::Error>() {
            return Some(io);
        }
        next = e.source();
    }
    None
}

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
fn read(file: &Path, deadline: Option<Instant>) -> Result<Vec<Certificate>> {
    let refused = |e| Error::file(Kind::Usage, Phase::Tls, format!("reading the CA file {}", file.display()), e);
    let pem = files::read(file, MOST_ROOTS, deadline).map_err(refused)?;
    let certificates = Certificate::stack_from_pem(pem.expose()).map_err(io::Error::other).map_err(refused)?;
    if certificates.is_empty() {
        return Err(refused(io::Error::other("it holds no PEM certificate (-----BEGIN CERTIFICATE-----)")));
    }
    Ok(certificates)
}

/// True on a Linux without any of them. Other systems have stores of their own.
fn store_is_missing() -> bool {
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
