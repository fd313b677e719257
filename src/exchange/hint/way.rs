//! The way there: DNS, TCP, TLS, and what stands in between.

use std::io::ErrorKind;
use std::net::IpAddr;

use super::{Row, Seen};
use crate::error::{Kind, Phase};

pub(super) static ROWS: &[Row] = &[
    // DNS.
    Row {
        words: "Name or service not known",
        fits: |seen| seen.phase(Phase::Resolve) && !seen.says(&["no answer within", "Temporary failure"]),
        says: |seen| {
            format!(
                "check the host name {} for a typing error (--host, --authority-host), then this host's DNS: nslookup {}",
                seen.peer().0,
                seen.peer().0
            )
        },
    },
    Row {
        words: "Temporary failure in name resolution",
        fits: |seen| seen.phase(Phase::Resolve) && seen.says(&["no answer within", "Temporary failure"]),
        says: |seen| format!("this host's DNS servers do not answer: nslookup {}", seen.peer().0),
    },
    // TCP.
    Row {
        words: "Connection refused",
        fits: |seen| seen.phase(Phase::Connect) && (seen.says(&["refused"]) || is_this_machine(seen)),
        says: |seen| {
            let (host, port) = seen.peer();
            if is_this_machine(seen) {
                return format!(
                    "nothing listens there: start what should answer at {host}, TCP port {port} (nc -vz {host} {port}), or name another host"
                );
            }
            format!(
                "nobody listens there, or a firewall says so: {host} must be reached on TCP port {port} (nc -vz {host} {port})"
            )
        },
    },
    Row {
        words: "Network is unreachable",
        fits: |seen| seen.phase(Phase::Connect) && seen.says(&["unreachable", "No route"]),
        says: |_| "this host has no way out: check its network, or name the proxy (--proxy, HTTPS_PROXY)".to_owned(),
    },
    Row {
        words: "did not answer",
        fits: |seen| {
            let silent = seen.phase(Phase::Token) && seen.kind(Kind::Temporary) && seen.error.entra().is_none();
            let no_word = !seen.says(&["refused", "unreachable", "No route"]) && !is_this_machine(seen);
            (seen.phase(Phase::Connect) && no_word) || (silent && !seen.says(&["HTTP "]))
        },
        says: |seen| {
            format!(
                "perhaps a firewall drops it: this host must be allowed to reach {}, TCP port {}",
                seen.peer().0,
                seen.peer().1
            )
        },
    },
    // TLS: whose certificate it is decides.
    Row {
        words: "certificate verify failed: Hostname mismatch",
        fits: |seen| refused(seen) && is_other_host(seen),
        says: |seen| {
            format!("somebody else answers for {}: perhaps DNS, a hosts file or --host leads elsewhere", seen.peer().0)
        },
    },
    Row {
        words: "certificate verify failed: certificate has expired",
        fits: |seen| refused(seen) && is_out_of_time(seen),
        says: |_| {
            "compare this machine's clock with another one first: Microsoft's certificates are renewed in time; then see whose certificate it is".to_owned()
        },
    },
    Row {
        words: "wrong version number",
        fits: |seen| refused(seen) && is_no_tls(seen),
        says: |seen| {
            format!(
                "what answers on port {} speaks no TLS: the port is 993 (--port), not 143; perhaps a proxy answers in its place",
                seen.peer().1
            )
        },
    },
    Row {
        words: "unsupported protocol",
        fits: |seen| refused(seen) && is_too_old(seen),
        says: |_| {
            "the other side has no TLS 1.2 or no cipher that this host allows, and Exchange Online has both: perhaps a proxy in between is too old".to_owned()
        },
    },
    Row {
        words: "this host has no CA store",
        fits: |seen| refused(seen) && has_no_store(seen),
        says: |_| {
            "install ca-certificates; in an empty container, copy a host's /etc/ssl/certs/ca-certificates.crt there, or name the PEM roots by --ca-file (EXOIMAP_CA_FILE)".to_owned()
        },
    },
    Row {
        words: "certificate verify failed: unable to get local issuer certificate",
        fits: |seen| refused(seen) && is_unknown_signer(seen) && !has_no_store(seen),
        says: |_| {
            "perhaps an inspecting proxy signs with its own CA: name that CA's PEM file by --ca-file (EXOIMAP_CA_FILE)"
                .to_owned()
        },
    },
    Row {
        words: "certificate verify failed",
        fits: |seen| refused(seen) && !is_no_tls(seen) && !has_no_store(seen),
        says: |seen| {
            format!(
                "see who signed it: openssl s_client -connect {0}:{1} -servername {0} -showcerts </dev/null",
                seen.peer().0,
                seen.peer().1
            )
        },
    },
    Row {
        words: "the connection broke in the handshake",
        fits: |seen| seen.phase(Phase::Tls) && seen.kind(Kind::Temporary),
        says: |seen| {
            format!(
                "perhaps a firewall or a proxy cuts TLS to {0}: it must let {0}, TCP port {1}, pass without inspection",
                seen.peer().0,
                seen.peer().1
            )
        },
    },
    Row {
        words: "reading the CA file",
        fits: |seen| seen.phase(Phase::Tls) && seen.kind(Kind::Usage),
        says: |_| {
            "--ca-file (EXOIMAP_CA_FILE) takes PEM text (-----BEGIN CERTIFICATE-----); from DER: openssl x509 -inform der -in FILE -out FILE.pem".to_owned()
        },
    },
];

/// No firewall stands between a machine and itself.
fn is_this_machine(seen: &Seen) -> bool {
    let host = seen.peer().0.trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn refused(seen: &Seen) -> bool {
    seen.phase(Phase::Tls) && seen.kind(Kind::Refused) && !seen.system(&[ErrorKind::TimedOut])
}

/// Our own words (net).
fn has_no_store(seen: &Seen) -> bool {
    seen.says(&["this host has no CA store"])
}

// OpenSSL's words, then schannel's.

fn is_other_host(seen: &Seen) -> bool {
    seen.says(&["ostname mismatch", "IP address mismatch", "target principal name is incorrect"])
}

fn is_out_of_time(seen: &Seen) -> bool {
    seen.says(&["has expired", "not yet valid", "expired certificate"])
}

fn is_no_tls(seen: &Seen) -> bool {
    seen.says(&["wrong version number", "packet length too long", "http request", "unexpected or badly formatted"])
}

fn is_too_old(seen: &Seen) -> bool {
    let words =
        ["unsupported protocol", "protocol version", "handshake failure", "no protocols available", "no ciphers"];
    seen.says(&words) || seen.says(&["common algorithm", "dh key too small"])
}

fn is_unknown_signer(seen: &Seen) -> bool {
    !(is_other_host(seen) || is_out_of_time(seen) || is_no_tls(seen) || is_too_old(seen))
}
