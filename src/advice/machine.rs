//! This machine: its way to a server (DNS, TCP, TLS, and a proxy: what it refuses, what it wants, and that there is one), its
//! directories and files, and the call itself.

use std::io::ErrorKind;
use std::net::IpAddr;

use super::{Row, Seen, row};
use crate::error::{Cause, Kind, Phase};

pub(super) static NETWORK: &[Row] = &[
    // A proxy.
    row(
        "HTTP 407 Proxy Authentication Required, it offers NTLM Negotiate",
        |seen| seen.cause(Cause::ProxyMethod),
        "exoimap supports Basic only: run a helper for it, such as cntlm or px, on this host and name that one: --proxy http://127.0.0.1:3128",
    ),
    row(
        "HTTP 407 Proxy Authentication Required, it offers Basic",
        |seen| seen.cause(Cause::ProxyLogin),
        "name user and password in the environment or a file (--env-file): EXOIMAP_PROXY=http://USER:PASSWORD@HOST:PORT (or socks5://…), with / ? # @ : % of a password as %2F %3F %23 %40 %3A %25",
    ),
    row(
        "refused to connect to outlook.office365.com:993: HTTP 403 Forbidden",
        |seen| seen.cause(Cause::ProxyForbids) && seen.peer().1 != 443,
        "most proxies connect to port 443 only, unless told otherwise: Squid's administrator adds \"acl SSL_ports port {port}\" and \"acl Safe_ports port {port}\" to squid.conf",
    ),
    row(
        "refused to connect to login.microsoftonline.com:443",
        |seen| seen.phase(Phase::Proxy) && seen.kind(Kind::Refused) && !wants_login(seen),
        "the proxy's administrator must let this host connect to {host}, TCP port {port}",
    ),
    row(
        "does not answer as HTTP proxies do",
        |seen| seen.phase(Phase::Proxy) && seen.kind(Kind::Protocol),
        "perhaps it is a proxy of the other kind (http:// or socks5://), or none, or its port is another",
    ),
    row(
        "refused to connect to outlook.office365.com:993: HTTP 502 Bad Gateway",
        |seen| seen.cause(Cause::ProxyCannot),
        "the proxy could not connect to {host}, TCP port {port}: if that lasts, tell its administrator",
    ),
    row(
        "no connection to the proxy",
        |seen| seen.cause(Cause::NoProxy) || (seen.phase(Phase::Proxy) && !seen.kind(Kind::Refused)),
        "perhaps this host needs no proxy: --proxy none does without, NO_PROXY names hosts to be reached without one",
    ),
    // DNS.
    row(
        "Name or service not known",
        |seen| seen.phase(Phase::Resolve) && !no_dns(seen),
        "check the host name {host} for a typing error (--host, --authority-host), then this host's DNS: nslookup {host}",
    ),
    row(
        "Temporary failure in name resolution",
        |seen| seen.phase(Phase::Resolve) && no_dns(seen),
        "this host's DNS servers do not answer: nslookup {host}",
    ),
    // TCP.
    row(
        "Connection refused",
        |seen| seen.phase(Phase::Connect) && is_this_machine(seen),
        "nothing listens there: start what should answer at {host}, TCP port {port} (nc -vz {host} {port}), or name another host",
    ),
    row(
        "Connection refused",
        |seen| seen.phase(Phase::Connect) && seen.says(&["refused"]) && !is_this_machine(seen),
        "nothing listens there, or a firewall says so: {host} must be reached on TCP port {port} (nc -vz {host} {port})",
    ),
    row(
        "Network is unreachable",
        |seen| seen.phase(Phase::Connect) && seen.says(&["unreachable", "No route"]),
        "this host has no route there: check its network, or name the proxy (--proxy, HTTPS_PROXY)",
    ),
    row(
        "did not answer",
        |seen| {
            let silent = seen.phase(Phase::Token) && seen.kind(Kind::Temporary) && seen.error.entra().is_none();
            let no_word = !seen.says(&["refused", "unreachable", "No route"]) && !is_this_machine(seen);
            (seen.phase(Phase::Connect) && no_word) || (silent && !answered(seen))
        },
        "perhaps a firewall drops it: this host must be allowed to reach {host}, TCP port {port}",
    ),
    // TLS: whose certificate it is decides.
    row(
        "certificate verify failed: Hostname mismatch",
        |seen| refused(seen) && is_other_host(seen),
        "another server answers for {host}: perhaps DNS, a hosts file or --host leads elsewhere",
    ),
    row(
        "certificate verify failed: certificate has expired",
        |seen| refused(seen) && is_out_of_time(seen),
        "compare this machine's clock with another one first: Microsoft's certificates are renewed in time; then see whose certificate it is",
    ),
    row(
        "wrong version number",
        |seen| refused(seen) && is_not_tls(seen),
        "what answers on port {port} speaks no TLS: the port is 993 (--port), not 143; perhaps a proxy answers in its place",
    ),
    row(
        "unsupported protocol",
        |seen| refused(seen) && is_too_old(seen),
        "the other side has no TLS 1.2 or no cipher that this host allows, and Exchange Online has both: perhaps a proxy in between is too old",
    ),
    row(
        "this host has no CA store",
        |seen| refused(seen) && seen.cause(Cause::NoCaStore),
        "install ca-certificates; in an empty container, copy a host's /etc/ssl/certs/ca-certificates.crt there, or name the PEM roots with --ca-file (EXOIMAP_CA_FILE)",
    ),
    row(
        "certificate verify failed: unable to get local issuer certificate",
        |seen| refused(seen) && is_unknown_signer(seen) && !seen.cause(Cause::NoCaStore),
        "perhaps an inspecting proxy signs with its own CA: name that CA's PEM file with --ca-file (EXOIMAP_CA_FILE)",
    ),
    row(
        "certificate verify failed",
        |seen| refused(seen) && !is_not_tls(seen) && !seen.cause(Cause::NoCaStore),
        "see who signed it: openssl s_client -connect {host}:{port} -servername {host} -showcerts </dev/null",
    ),
    row(
        "the connection broke in the handshake",
        |seen| seen.phase(Phase::Tls) && seen.kind(Kind::Temporary),
        "perhaps a firewall or a proxy cuts TLS to {host}: it must let {host}, TCP port {port}, pass without inspection",
    ),
    row(
        "reading the CA file",
        |seen| seen.phase(Phase::Tls) && seen.kind(Kind::Usage),
        "--ca-file (EXOIMAP_CA_FILE) takes PEM text (-----BEGIN CERTIFICATE-----); from DER: openssl x509 -inform der -in FILE -out FILE.pem",
    ),
];

/// The system's words, or none in time.
fn no_dns(seen: &Seen) -> bool {
    seen.cause(Cause::TimedOut) || seen.says(&["Temporary failure"])
}

/// The endpoint, or somebody in its place, said something.
fn answered(seen: &Seen) -> bool {
    matches!(seen.error.cause(), Some(Cause::NotEntra(_) | Cause::Redirected | Cause::CutAnswer))
}

/// No firewall stands between a machine and itself.
fn is_this_machine(seen: &Seen) -> bool {
    let host = seen.peer().0.trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn wants_login(seen: &Seen) -> bool {
    seen.cause(Cause::ProxyMethod) || seen.cause(Cause::ProxyLogin)
}

fn refused(seen: &Seen) -> bool {
    seen.phase(Phase::Tls) && seen.kind(Kind::Refused) && !seen.system(&[ErrorKind::TimedOut])
}

// OpenSSL's words, then schannel's.

fn is_other_host(seen: &Seen) -> bool {
    seen.says(&["ostname mismatch", "IP address mismatch", "target principal name is incorrect"])
}

fn is_out_of_time(seen: &Seen) -> bool {
    seen.says(&["has expired", "not yet valid", "expired certificate"])
}

fn is_not_tls(seen: &Seen) -> bool {
    seen.says(&["wrong version number", "packet length too long", "http request", "unexpected or badly formatted"])
}

fn is_too_old(seen: &Seen) -> bool {
    let words =
        ["unsupported protocol", "protocol version", "handshake failure", "no protocols available", "no ciphers"];
    seen.says(&words) || seen.says(&["common algorithm", "dh key too small"])
}

fn is_unknown_signer(seen: &Seen) -> bool {
    !(is_other_host(seen) || is_out_of_time(seen) || is_not_tls(seen) || is_too_old(seen))
}

pub(super) static FILES: &[Row] = &[
    row(
        "UIDVALIDITY changed",
        |seen| seen.cause(Cause::UidValidity),
        "--accept-uidvalidity starts again beside what is there; every message of the folder is fetched again",
    ),
    row(
        "it was put back, or the server errs",
        |seen| seen.cause(Cause::FolderRestored),
        "run again, since it may have been the server; else --refetch, without a selection, fetches what has no file here, or another directory (--to) gets everything, what has an old message's number too",
    ),
    row(
        "another exoimap run is using",
        |seen| seen.cause(Cause::AnotherRun),
        "wait for it to end; if there is none, see who holds the file: fuser DIR/.exoimap/lock",
    ),
    row(
        "No space left on device",
        |seen| is_full(seen) && seen.phase(Phase::Disk),
        "make room (df -h, df -i, quota), then run again: nothing is lost, the next run continues",
    ),
    row(
        "No space left on device",
        |seen| is_full(seen) && !seen.phase(Phase::Disk),
        "make room (df -h, df -i, quota), then run again",
    ),
    row(
        "Permission denied",
        |seen| seen.system(&[ErrorKind::PermissionDenied]) || cannot_open(seen, &["(os error 13)", "(os error 5)"]),
        "the account that runs exoimap must be allowed to: id, then ls -ld of that path",
    ),
    row(
        "Read-only file system",
        |seen| seen.system(&[ErrorKind::ReadOnlyFilesystem]),
        "name a directory that can be written; in systemd ReadWritePaths=, in a container a volume",
    ),
    row(
        "Not a directory",
        |seen| seen.system(&[ErrorKind::NotADirectory, ErrorKind::AlreadyExists]),
        "name a directory of its own (--to, --token-cache), which exoimap makes if nothing has its name",
    ),
    row(
        "Too many open files",
        |seen| seen.says(&["(os error 24)"]),
        "allow more (ulimit -n 4096, in systemd LimitNOFILE=), or fewer in parallel (--jobs 1)",
    ),
    row(
        "No such file or directory",
        |seen| cannot_open(seen, &["(os error 2)", "(os error 3)"]),
        "check the path; a relative one starts in the directory in which the program was started",
    ),
];

fn is_full(seen: &Seen) -> bool {
    let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded];
    seen.system(&full) || cannot_open(seen, &["(os error 28)", "(os error 112)"])
}

/// A file that a user named, with the system's number in the message.
fn cannot_open(seen: &Seen, numbers: &[&str]) -> bool {
    let phase = seen.phase(Phase::Credential) || seen.phase(Phase::Options) || seen.phase(Phase::Tls);
    phase && seen.says(numbers)
}
