//! Through a proxy to a server: CONNECT (RFC 9110 9.3.6) and SOCKS5 (RFC 1928, RFC 1929).
//!
//! Not a byte beyond the proxy's answer is read: what follows it is the server's, for TLS. What the
//! proxy says is bounded.

use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::proxy::{Login, Proxy, Scheme, place};
use super::timed::{Timed, is_over, is_timeout};
use crate::error::{Cause, Error, Kind, Phase, Result};
use crate::secret::Secret;
use crate::text::shorten;

/// The most of an answer's status line and fields, in bytes.
const MOST_HEAD: usize = 16 * 1024;

/// The most of a refusal's page that is read, in bytes, and the longest it is waited for.
const MOST_PAGE: u64 = 4096;
const PAGE_WAIT: Duration = Duration::from_secs(1);

/// Has the proxy at the other end of `line` connect it to `host`.
pub(super) fn open(line: &mut Timed, proxy: &Proxy, host: &str, port: u16) -> Result<()> {
    let tunnel = Tunnel { proxy, host, port };
    match proxy.scheme {
        Scheme::Http => tunnel.connect(line),
        Scheme::Socks5 => tunnel.socks5(line),
    }
}

struct Tunnel<'a> {
    proxy: &'a Proxy,
    host: &'a str,
    port: u16,
}

impl Tunnel<'_> {
    fn connect(&self, line: &mut Timed) -> Result<()> {
        let target = place(self.host, self.port);
        let agent = concat!("exoimap/", env!("CARGO_PKG_VERSION"));
        let mut request =
            format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: {agent}\r\n").into_bytes();
        if let Some(login) = &self.proxy.login {
            request.extend_from_slice(b"Proxy-Authorization: Basic ");
            request.extend_from_slice(basic(login).expose());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        line.write_all(Secret::new(request).expose()).map_err(|e| self.lost(e))?;
        let head = self.read_head(line)?;
        let answer = Answer::read(&head).ok_or_else(|| self.no_proxy("HTTP"))?;
        match answer.status {
            200..=299 => Ok(()),
            _ => Err(self.refused(&answer, line)),
        }
    }

    /// Status line and fields, byte by byte, so that none is taken from the server.
    fn read_head(&self, line: &mut Timed) -> Result<Vec<u8>> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") && !head.ends_with(b"\n\n") {
            let mut byte = [0];
            line.read_exact(&mut byte).map_err(|e| self.lost(e))?;
            head.extend_from_slice(&byte);
            // Who speaks something else is not waited for.
            if !head.iter().zip(b"HTTP/").all(|(is, wanted)| is == wanted) {
                return Err(self.no_proxy("HTTP"));
            }
            if head.len() >= MOST_HEAD {
                return Err(self.error(Kind::Protocol, format!("sent {MOST_HEAD} bytes of header and no end")));
            }
        }
        Ok(head)
    }

    /// The proxy's own no, with the first words of its page.
    fn refused(&self, answer: &Answer, line: &mut Timed) -> Error {
        let mut words = format!("HTTP {} {}", answer.status, shorten(&answer.reason, 100));
        if !answer.schemes.is_empty() {
            words.push_str(&format!(", it offers {}", shorten(&answer.schemes.join(" "), 100)));
        }
        let end = Instant::now() + PAGE_WAIT;
        line.deadline = Some(line.deadline.map_or(end, |deadline| deadline.min(end)));
        let mut page = Vec::new();
        // Whatever came of it is shown; a page that breaks off is none the worse.
        let _ = line.take(answer.length.unwrap_or(MOST_PAGE).min(MOST_PAGE)).read_to_end(&mut page);
        let page = words_of(&String::from_utf8_lossy(&page));
        // Many a page says the status once more.
        if !page.is_empty() && (answer.reason.is_empty() || !page.ends_with(&answer.reason)) {
            words.push_str(&format!(": {}", shorten(&page, 200)));
        }
        let offers_basic =
            answer.schemes.is_empty() || answer.schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
        let cause = match answer.status {
            407 if !offers_basic => Cause::ProxyMethod,
            // tinyproxy answers a wrong password with 401.
            401 | 407 => Cause::ProxyLogin,
            403 => Cause::ProxyForbids,
            _ => Cause::ProxyCannot,
        };
        let refused = format!("refused to connect to {}: {}", place(self.host, self.port), words.trim_end());
        self.error(Kind::of_http(answer.status), refused).because(cause)
    }

    fn socks5(&self, line: &mut Timed) -> Result<()> {
        let login = self.proxy.login.as_ref();
        let methods: &[u8] = if login.is_some() { &[5, 2, 0, 2] } else { &[5, 1, 0] };
        line.write_all(methods).map_err(|e| self.lost(e))?;
        match (self.read_array(line)?, login) {
            ([5, 0], _) => {}
            ([5, 2], Some(login)) => self.sign_in(line, login)?,
            ([5, 0xff], None) => {
                let wants = "wants a user and a password, or something else that is not given";
                return Err(self.error(Kind::Refused, wants).because(Cause::ProxyLogin));
            }
            ([5, 0xff], Some(_)) => return Err(self.error(Kind::Refused, "takes no user and password")),
            _ => return Err(self.no_proxy("SOCKS5")),
        }
        line.write_all(&self.socks5_request()?).map_err(|e| self.lost(e))?;
        let [version, reply, _, form] = self.read_array(line)?;
        if version != 5 {
            return Err(self.no_proxy("SOCKS5"));
        }
        if reply != 0 {
            return Err(self.socks5_refused(reply));
        }
        // BND.ADDR and BND.PORT tell nothing that we need.
        let length = match form {
            1 => 4,
            4 => 16,
            3 => usize::from(self.read_array::<1>(line)?.first().copied().unwrap_or(0)),
            _ => return Err(self.no_proxy("SOCKS5")),
        };
        let mut bound = vec![0; length + 2];
        line.read_exact(&mut bound).map_err(|e| self.lost(e))
    }

    /// RFC 1929.
    fn sign_in(&self, line: &mut Timed, login: &Login) -> Result<()> {
        let mut request = vec![1];
        for part in [&login.user, &login.password] {
            request.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
            request.extend_from_slice(part.expose());
        }
        line.write_all(Secret::new(request).expose()).map_err(|e| self.lost(e))?;
        match self.read_array(line)? {
            [1, 0] => Ok(()),
            [1, _] => Err(self.error(Kind::Refused, "refused the user or the password").because(Cause::ProxyLogin)),
            _ => Err(self.no_proxy("SOCKS5")),
        }
    }

    /// CONNECT to a name, which the proxy looks up, or to an address.
    fn socks5_request(&self) -> Result<Vec<u8>> {
        let mut request = vec![5, 1, 0];
        match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => {
                request.push(1);
                request.extend_from_slice(&address.octets());
            }
            Ok(IpAddr::V6(address)) => {
                request.push(4);
                request.extend_from_slice(&address.octets());
            }
            Err(_) => {
                let length = u8::try_from(self.host.len())
                    .map_err(|_| Error::of_setting("host", "a host name has at most 255 bytes"))?;
                request.extend_from_slice(&[3, length]);
                request.extend_from_slice(self.host.as_bytes());
            }
        }
        request.extend_from_slice(&self.port.to_be_bytes());
        Ok(request)
    }

    /// `REP` of RFC 1928 section 6.
    fn socks5_refused(&self, reply: u8) -> Error {
        let (kind, words) = match reply {
            1 => (Kind::Temporary, "general failure"),
            2 => (Kind::Refused, "not allowed by its rules"),
            3 => (Kind::Temporary, "network unreachable"),
            4 => (Kind::Temporary, "host unreachable"),
            5 => (Kind::Temporary, "connection refused"),
            6 => (Kind::Temporary, "TTL expired"),
            7 => (Kind::Refused, "it does not know CONNECT"),
            8 => (Kind::Refused, "it does not know this kind of address"),
            _ => (Kind::Protocol, "a reply that SOCKS5 does not have"),
        };
        let target = place(self.host, self.port);
        let error = self.error(kind, format!("refused to connect to {target}: {words} (SOCKS5 reply {reply})"));
        if kind == Kind::Temporary { error.because(Cause::ProxyCannot) } else { error }
    }

    fn read_array<const N: usize>(&self, line: &mut Timed) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        line.read_exact(&mut bytes).map_err(|e| self.lost(e))?;
        Ok(bytes)
    }

    fn lost(&self, e: io::Error) -> Error {
        let error = |what: String| self.error(Kind::Temporary, what);
        let error = match e.kind() {
            _ if is_over(&e) => Error::time_limit(Phase::Proxy, ""),
            _ if is_timeout(&e) => error("did not answer within the time allowed".to_owned()).about("timeout"),
            io::ErrorKind::UnexpectedEof => error("closed the connection without an answer".to_owned()),
            _ => error(format!("broke the connection: {e}")),
        };
        error.caused_by(e)
    }

    fn no_proxy(&self, protocol: &str) -> Error {
        self.error(Kind::Protocol, format!("does not answer as {protocol} proxies do"))
    }

    fn error(&self, kind: Kind, what: impl AsRef<str>) -> Error {
        let message = format!("the proxy {} {}", self.proxy.place(), what.as_ref());
        Error::new(kind, Phase::Proxy, message).with_peer(self.host, self.port)
    }
}

/// `user:password` in base64 (RFC 7617).
fn basic(login: &Login) -> Secret {
    let pair = Secret::new([login.user.expose(), b":", login.password.expose()].concat());
    let sent = Secret::new(STANDARD.encode(pair.expose()));
    [&login.password, &sent].iter().for_each(|secret| secret.guard());
    sent
}

/// What matters of an answer to CONNECT.
struct Answer {
    status: u16,
    reason: String,
    /// The schemes of `Proxy-Authenticate`.
    schemes: Vec<String>,
    /// `Content-Length`.
    length: Option<u64>,
}

impl Answer {
    fn read(head: &[u8]) -> Option<Answer> {
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let (version, rest) = lines.next()?.split_once(' ')?;
        let (status, reason) = rest.trim_start().split_once(' ').unwrap_or((rest.trim(), ""));
        let is_status = version.starts_with("HTTP/1.") && status.len() == 3;
        let mut answer = Answer {
            status: status.parse().ok().filter(|_| is_status)?,
            reason: reason.trim().to_owned(),
            schemes: Vec::new(),
            length: None,
        };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            match name.to_ascii_lowercase().as_str() {
                "content-length" => answer.length = value.trim().parse().ok(),
                "proxy-authenticate" => answer.schemes.extend(schemes(value)),
                _ => {}
            }
        }
        Some(answer)
    }
}

/// `Basic realm="x", NTLM`: the words that open a challenge, not its parameters.
fn schemes(value: &str) -> impl Iterator<Item = String> + '_ {
    let words = value.split(',').filter_map(|part| part.split_whitespace().next());
    words.filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')).map(str::to_owned)
}

/// A page's title, or its text without tags.
fn words_of(page: &str) -> String {
    let lower = page.to_ascii_lowercase();
    let title = lower.find("<title>").map(|at| at + "<title>".len());
    let title = title.and_then(|start| page.get(start..)).and_then(|rest| rest.split('<').next());
    let text = match title {
        Some(title) => title.to_owned(),
        None => {
            let pieces = page.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
            pieces.collect::<Vec<_>>().join(" ")
        }
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::{Network, Trust};
    use super::*;
    use std::net::TcpListener;

    /// A server that speaks first: its greeting comes in one packet with the proxy's answer.
    #[test]
    fn not_an_byte_of_the_server_is_taken() {
        let socks5 = [&[5, 0, 5, 0, 0, 3, 1, b'x', 0, 80][..], b"* OK"].concat();
        for (scheme, answer) in [("http", b"HTTP/1.0 200 \nX: y\r\n\r\n* OK".to_vec()), ("socks5", socks5)] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            std::thread::spawn(move || {
                let (mut client, _) = listener.accept().unwrap();
                client.write_all(&answer).unwrap();
                let _ = io::copy(&mut client, &mut io::sink());
            });
            let network = Network::new(Trust::System);
            let proxy = Proxy::parse(&format!("{scheme}://{address}"), "EXOIMAP_PROXY").unwrap();
            let (tcp, _) = network.dial("localhost", &[address], "localhost").unwrap();
            let mut tcp = network.tunnel(tcp, &proxy, "mail.example.com", 993).unwrap();
            let mut greeting = [0; 4];
            tcp.read_exact(&mut greeting).unwrap();
            assert_eq!(&greeting, b"* OK", "{scheme}");
        }
    }

    #[test]
    fn a_host_that_would_add_a_line_is_not_asked_for() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let network = Network::new(Trust::System);
        let proxy = Proxy::parse("localhost", "EXOIMAP_PROXY").unwrap();
        for host in ["mail\r\nX: y", "mail example.com"] {
            let (tcp, _) = network.dial("localhost", &[listener.local_addr().unwrap()], "localhost").unwrap();
            assert_eq!(network.tunnel(tcp, &proxy, host, 993).unwrap_err().kind(), Kind::Usage, "{host}");
        }
    }

    #[test]
    fn what_an_answer_and_its_page_say() {
        let head = b"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic realm=\"a b\", NTLM\r\nPROXY-AUTHENTICATE: Negotiate\r\n\r\n";
        let answer = Answer::read(head).unwrap();
        assert_eq!((answer.status, answer.reason.as_str(), answer.length), (407, "Who are you", None));
        assert_eq!(answer.schemes, ["Basic", "NTLM", "Negotiate"]);
        for bad in
            [&b""[..], b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 99 x\r\n\r\n", b"HTTP/2 200\r\n\r\n", b"ICY 200 OK\r\n\r\n"]
        {
            assert!(Answer::read(bad).is_none(), "{bad:?}");
        }
        assert_eq!(words_of("<html><TITLE>No\n way</TITLE><p>x"), "No way");
        assert_eq!(words_of("<h1>No</h1><p>\tway"), "No way");
        assert_eq!(words_of("no way"), "no way");
    }
}
