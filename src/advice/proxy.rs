//! A proxy: what it refuses, what it wants, and that there is one.

use super::{Row, Seen, row};
use crate::error::{Cause, Kind, Phase};

pub(super) static ROWS: &[Row] = &[
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
];

fn wants_login(seen: &Seen) -> bool {
    seen.cause(Cause::ProxyMethod) || seen.cause(Cause::ProxyLogin)
}
