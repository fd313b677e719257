//! A proxy: what it refuses, what it wants, and that there is one.

use super::{Row, Seen};
use crate::error::{Kind, Phase};

pub(super) const ROWS: &[Row] = &[
    Row {
        words: "HTTP 407 Proxy Authentication Required, it offers NTLM Negotiate",
        fits: wants_what_we_have_not,
        says: |_| {
            "exoimap speaks Basic alone: run a helper that speaks for it, such as cntlm or px, on this host and name that one: --proxy http://127.0.0.1:3128".to_owned()
        },
    },
    Row {
        words: "HTTP 407 Proxy Authentication Required, it offers Basic",
        fits: |seen| wants_a_password(seen) && !wants_what_we_have_not(seen),
        says: |_| {
            "name user and password in the environment or a file (--env-file): EXOIMAP_PROXY=http://USER:PASSWORD@HOST:PORT (or socks5://…), with / ? # @ : % of a password as %2F %3F %23 %40 %3A %25".to_owned()
        },
    },
    Row {
        words: "refused to connect to outlook.office365.com:993: HTTP 403 Forbidden",
        fits: |seen| is_said(seen, "HTTP 403") && seen.peer().1 != 443,
        says: |seen| {
            format!(
                "most proxies connect to port 443 alone unless told so: Squid's administrator adds \"acl SSL_ports port {0}\" and \"acl Safe_ports port {0}\" to squid.conf",
                seen.peer().1
            )
        },
    },
    Row {
        words: "refused to connect to login.microsoftonline.com:443",
        fits: |seen| seen.phase(Phase::Proxy) && seen.kind(Kind::Refused) && !wants_a_password(seen),
        says: |seen| {
            let (host, port) = seen.peer();
            format!("the proxy's administrator must let this host connect to {host}, TCP port {port}")
        },
    },
    Row {
        words: "does not answer as HTTP proxies do",
        fits: |seen| seen.phase(Phase::Proxy) && seen.kind(Kind::Protocol),
        says: |_| {
            "perhaps it is a proxy of the other kind (http:// or socks5://), or none, or its port is another".to_owned()
        },
    },
    Row {
        words: "refused to connect to outlook.office365.com:993: HTTP 502 Bad Gateway",
        fits: |seen| is_said(seen, "refused to connect") && seen.kind(Kind::Temporary),
        says: |seen| {
            let (host, port) = seen.peer();
            format!("the proxy did not come through to {host}, TCP port {port}: if that lasts, tell its administrator")
        },
    },
    Row {
        words: "no connection to the proxy",
        fits: |seen| {
            let on_the_way = seen.phase(Phase::Resolve) || seen.phase(Phase::Connect);
            (on_the_way && seen.says(&["the proxy "])) || (seen.phase(Phase::Proxy) && !seen.kind(Kind::Refused))
        },
        says: |_| {
            "perhaps this host needs no proxy: --proxy none does without, NO_PROXY names hosts that go without"
                .to_owned()
        },
    },
];

/// tinyproxy answers a wrong password with 401.
fn wants_a_password(seen: &Seen) -> bool {
    let words = ["HTTP 407", "HTTP 401", "wants a user", "the user or the password"];
    words.iter().any(|words| is_said(seen, words))
}

fn wants_what_we_have_not(seen: &Seen) -> bool {
    is_said(seen, "HTTP 407") && seen.says(&["it offers "]) && !seen.says(&["Basic"])
}

/// A proxy said no, in these words.
fn is_said(seen: &Seen, words: &str) -> bool {
    seen.phase(Phase::Proxy) && seen.says(&[words])
}
