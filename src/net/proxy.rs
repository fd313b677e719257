//! Which proxy leads to a host, if any: its URL, and the hosts that go without it, as curl reads them.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::error::{Error, Kind, Phase, Result};
use crate::secret::Secret;

/// Where a proxy may be named, in this order; curl too takes the lower case first.
const NAMES: [&str; 5] = ["EXOIMAP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// The port of a URL that names none, as curl has it.
const PORT: u16 = 1080;

/// A proxy for both connections: the token request and the mail.
///
/// The host's name goes to the proxy, which looks it up. User and password are shown by nothing.
#[derive(Clone, Debug)]
pub struct Proxy {
    pub(super) scheme: Scheme,
    host: String,
    port: u16,
    pub(super) login: Option<Login>,
    named_by: String,
    except: String,
}

/// What a proxy speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Socks5,
}

/// User and password, neither percent-encoded any more.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub(super) user: Secret,
    pub(super) password: Secret,
}

impl Proxy {
    /// Reads `http://[user:password@]host[:port]` or the same with `socks5://`; `named_by` is where it
    /// stands, for messages: the URL itself may hold a password and is shown by none.
    pub fn parse(url: &str, named_by: &str) -> Result<Proxy> {
        let refused = |why: &str| {
            let message = format!("{named_by} is not a proxy like http://proxy.example.com:3128 or socks5://…: {why}");
            Error::new(Kind::Usage, Phase::Options, message)
        };
        let (scheme, rest) = url.trim().split_once("://").unwrap_or(("http", url.trim()));
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "socks5" | "socks5h" => Scheme::Socks5,
            "https" => return Err(refused("a proxy that is spoken to by TLS is not supported; most take http:// too")),
            _ => return Err(refused("its scheme is neither http nor socks5")),
        };
        let (rest, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, rest),
        };
        let encode = "host and port cannot be meant; / ? # @ : % of a password are written %2F %3F %23 %40 %3A %25";
        let (host, port) = host_and_port(place).ok_or_else(|| refused(encode))?;
        if !path.is_empty() {
            return Err(refused(encode));
        }
        let login = login.map(|login| read_login(login, scheme)).transpose().map_err(refused)?;
        Ok(Proxy { scheme, host, port, login, named_by: named_by.to_owned(), except: String::new() })
    }

    /// What the environment names, by `look`: `EXOIMAP_PROXY`, else `HTTPS_PROXY`, else `ALL_PROXY`, not
    /// for the hosts of `NO_PROXY`. An empty variable counts for none; `none` means no proxy.
    pub fn from_environment(look: impl Fn(&str) -> Option<String>) -> Result<Option<Proxy>> {
        let named = NAMES.iter().find_map(|name| Some((name, look(name).filter(|url| !url.trim().is_empty())?)));
        match named {
            Some((name, url)) if !is_none(&url) => {
                Proxy::parse(&url, name).map(|proxy| Some(proxy.except(&Proxy::exceptions(look))))
            }
            _ => Ok(None),
        }
    }

    /// `NO_PROXY`, by `look`.
    pub(crate) fn exceptions(look: impl Fn(&str) -> Option<String>) -> String {
        ["no_proxy", "NO_PROXY"].iter().find_map(|name| look(name)).unwrap_or_default()
    }

    /// Leaves the hosts of a list out, in the form of `NO_PROXY`: names with all below them, addresses,
    /// blocks of addresses, each with a port where only that is meant; `*` is every host.
    #[must_use]
    pub fn except(mut self, list: &str) -> Proxy {
        self.except = list.to_owned();
        self
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where it was named.
    pub(crate) fn named_by(&self) -> &str {
        &self.named_by
    }

    /// Host and port, as messages have them.
    pub(super) fn place(&self) -> String {
        place(&self.host, self.port)
    }

    pub(super) fn leads_to(&self, host: &str, port: u16) -> bool {
        !is_excepted(&self.except, host, port)
    }
}

/// The URL without user and password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Socks5 => "socks5",
        };
        write!(f, "{scheme}://{}", self.place())
    }
}

/// The word for no proxy.
fn is_none(url: &str) -> bool {
    url.trim().eq_ignore_ascii_case("none")
}

/// `host:port`, an IPv6 address in brackets.
pub(super) fn place(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// `host`, `host:port`, `[::1]:port`.
fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = split_port(text)?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let is_host = match text.starts_with('[') {
        true => host.parse::<Ipv6Addr>().is_ok(),
        false => !host.is_empty() && host.bytes().all(is_name),
    };
    let port = match port {
        None | Some("") => PORT,
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => port.parse().ok().filter(|port| *port > 0)?,
        Some(_) => return None,
    };
    is_host.then(|| (host.to_owned(), port))
}

/// A host, without the brackets of an IPv6 address, and what follows its first colon.
fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    match text.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            Some((address, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) }))
        }
        None => Some(text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)))),
    }
}

fn read_login(text: &str, scheme: Scheme) -> std::result::Result<Login, &'static str> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    let decode = |text| percent_decoded(text).ok_or("a % in user or password is not followed by two hex digits");
    let (user, password) = (decode(user)?, decode(password)?);
    let lengths = [user.len(), password.len()];
    match scheme {
        // RFC 7617: the first colon ends the user.
        Scheme::Http if user.expose().contains(&b':') => Err("a user of an http proxy holds no colon"),
        // RFC 1929 counts them in one byte.
        Scheme::Socks5 if lengths.iter().any(|n| !(1..=255).contains(n)) => {
            Err("user and password of a socks5 proxy have 1 to 255 bytes")
        }
        _ => Ok(Login { user, password }),
    }
}

fn percent_decoded(text: &str) -> Option<Secret> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        let byte = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                rest = tail;
                let digit = |byte: u8| char::from(byte).to_digit(16);
                u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?
            }
            (b'%', _) => return None,
            (first, _) => *first,
        };
        bytes.push(byte);
    }
    Some(Secret::new(bytes))
}

/// True where `NO_PROXY` names the host. Beyond curl: a port, and `*.example.com` for `example.com`.
fn is_excepted(list: &str, host: &str, port: u16) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let address = host.parse::<IpAddr>().ok();
    list.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty()).any(|entry| {
        let (name, only) = with_port(entry);
        let fits = match address {
            _ if name == "*" => true,
            Some(address) => is_in_block(name, address),
            None => is_domain_of(name, &host),
        };
        fits && only.is_none_or(|only| only == port)
    })
}

/// An entry's name and its port; the colons of an IPv6 address are none of it.
fn with_port(entry: &str) -> (&str, Option<u16>) {
    match split_port(entry) {
        Some((name, Some(port))) if !port.contains(':') => (name, port.parse().ok()),
        Some((name, None)) => (name, None),
        _ => (entry, None),
    }
}

/// `example.com`, `.example.com`, `*.example.com`: the host itself and all below it.
fn is_domain_of(entry: &str, host: &str) -> bool {
    let domain = entry.strip_prefix("*.").unwrap_or(entry).trim_matches('.').to_ascii_lowercase();
    !domain.is_empty()
        && host.strip_suffix(domain.as_str()).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`.
fn is_in_block(entry: &str, address: IpAddr) -> bool {
    let (block, bits) = entry.split_once('/').unwrap_or((entry, "128"));
    let (Ok(block), Ok(bits)) = (block.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    let (differing, length) = match (block, address) {
        (IpAddr::V4(block), IpAddr::V4(address)) => (u128::from(block.to_bits() ^ address.to_bits()), 32_u32),
        (IpAddr::V6(block), IpAddr::V6(address)) => (block.to_bits() ^ address.to_bits(), 128),
        _ => return false,
    };
    differing.checked_shr(length.saturating_sub(bits)).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Proxy> {
        Proxy::parse(url, "EXOIMAP_PROXY")
    }

    #[test]
    fn urls_as_people_have_them() {
        for (url, shown) in [
            ("http://proxy.example.com:3128", "http://proxy.example.com:3128"),
            ("HTTP://proxy.example.com:3128/", "http://proxy.example.com:3128"),
            (" proxy.example.com:3128 ", "http://proxy.example.com:3128"),
            ("http://proxy.example.com", "http://proxy.example.com:1080"),
            ("http://[::1]:3128", "http://[::1]:3128"),
            ("socks5://127.0.0.1", "socks5://127.0.0.1:1080"),
            ("socks5h://socks_1:1081", "socks5://socks_1:1081"),
        ] {
            let proxy = parse(url).unwrap();
            assert_eq!((proxy.to_string(), proxy.login.is_some()), (shown.to_owned(), false), "{url}");
        }
        let proxy = parse("http://us%65r:p%40:ss%2f@proxy.example.com:3128").unwrap();
        let login = proxy.login.clone().unwrap();
        assert_eq!((login.user.expose(), login.password.expose()), (&b"user"[..], &b"p@:ss/"[..]));
        assert!(!format!("{proxy} {proxy:?}").contains("p@:ss"), "{proxy:?}");
        assert!(parse("http://user@proxy:1").unwrap().login.unwrap().password.expose().is_empty());
    }

    #[test]
    fn what_is_no_proxy_is_refused_and_not_shown() {
        for url in [
            "",
            "http://",
            "http://:3128",
            "https://hunter2:3128",
            "socks4://hunter2",
            "ftp://hunter2",
            "http://hunter2:0",
            "http://hunter2:65536",
            "http://hunter2:+1",
            "http://user:hunter2#@proxy:x",
            "http://user:hunter2/x@proxy:3128",
            "http://user:%zz-hunter2@proxy",
            "http://us%3Aer:hunter2@proxy",
            "socks5://hunter2@proxy",
            "http://[hunter2]:1",
            "http://[::1]hunter2",
            "http://a b/hunter2",
            "http://proxy\r\nX: hunter2",
        ] {
            let error = parse(url).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage);
            assert!(
                error.to_string().contains("EXOIMAP_PROXY is not a proxy like")
                    && !error.to_string().contains("hunter2")
            );
        }
    }

    #[test]
    fn the_environment_in_curls_order() {
        let find = |set: &[(&str, &str)]| {
            let look = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            Proxy::from_environment(look).unwrap().map(|proxy| format!("{} {proxy}", proxy.named_by()))
        };
        let all = [("ALL_PROXY", "a"), ("HTTPS_PROXY", "h"), ("https_proxy", "l"), ("EXOIMAP_PROXY", "socks5://e:1")];
        assert_eq!(find(&all).unwrap(), "EXOIMAP_PROXY socks5://e:1");
        assert_eq!(find(&all[..3]).unwrap(), "https_proxy http://l:1080");
        assert_eq!(find(&all[..2]).unwrap(), "HTTPS_PROXY http://h:1080");
        assert_eq!(find(&all[..1]).unwrap(), "ALL_PROXY http://a:1080");
        assert_eq!(find(&[("ALL_PROXY", "a"), ("HTTPS_PROXY", " ")]).unwrap(), "ALL_PROXY http://a:1080");
        assert_eq!(find(&[("ALL_PROXY", "a"), ("EXOIMAP_PROXY", "None")]), None);
        assert_eq!(find(&[("HTTP_PROXY", "a"), ("imaps_proxy", "a")]), None);
    }

    #[test]
    fn hosts_that_go_without() {
        for (list, host, without) in [
            ("", "mail.example.com", false),
            ("*", "mail.example.com", true),
            ("example.com", "mail.example.com", true),
            ("example.com", "example.com", true),
            (".example.com", "example.com", true),
            ("*.example.com", "mail.example.com", true),
            ("EXAMPLE.com.", "mail.Example.COM.", true),
            ("ample.com", "mail.example.com", false),
            ("mail.example.com", "example.com", false),
            ("a, b\tmail.example.com", "mail.example.com", true),
            ("mail.example.com:993", "mail.example.com", true),
            ("mail.example.com:443", "mail.example.com", false),
            (".", "mail.example.com", false),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1:993", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.10", false),
            ("192.0.2.0/24", "192.0.2.10", true),
            ("192.0.2.0/28", "192.0.2.16", false),
            ("0.0.0.0/0", "192.0.2.16", true),
            ("192.0.2.0/x", "192.0.2.0", false),
            ("2.1", "192.0.2.1", false),
            ("::1", "::1", true),
            ("[::1]:993", "::1", true),
            ("[::1]:443", "::1", false),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "192.0.2.1", false),
        ] {
            let proxy = parse("proxy:1").unwrap().except(list);
            assert_eq!(proxy.leads_to(host, 993), !without, "{list} {host}");
        }
    }
}
