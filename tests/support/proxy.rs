//! Proxies on loopback, honest ones and others. Whatever host they are asked for, they connect to
//! this machine: they look names up, their clients need not.

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::http::Request;

pub const USER: &str = "svc-mail";
/// Not a secret. It holds the characters that a URL must encode.
pub const PASSWORD: &str = "not-a-real-password@:/%";
/// The same, as a URL has it.
pub const PASSWORD_IN_URL: &str = "not-a-real-password%40%3A%2F%25";

/// How a proxy behaves.
#[derive(Clone, Copy, Debug)]
pub enum Manner {
    /// CONNECT for anybody.
    Connect,
    /// CONNECT with user and password; 407 without.
    ConnectWithLogin,
    /// Takes the request, answers with these bytes, and closes.
    Answer(&'static [u8]),
    /// Takes the request, opens an answer with these bytes, and repeats the others without end.
    Endless(&'static [u8], &'static [u8]),
    /// Takes the request and never answers.
    Silent,
    /// Repeats the client's credentials in its refusal.
    Parrot,
    Socks5,
    Socks5WithLogin,
    /// Refuses with this REP.
    Socks5Reply(u8),
}

/// A running proxy.
pub struct Proxy {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub fn start(manner: Manner) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&asked);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let _ = client.set_nodelay(true);
                    // A client that hangs up has made its point.
                    let _ = serve(client, manner, &shared);
                });
            }
        });
        Proxy { port, asked }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://localhost:PORT`, or with another scheme.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://localhost:{}", self.port)
    }

    /// The same with user and password.
    pub fn url_with_login(&self, scheme: &str) -> String {
        format!("{scheme}://{USER}:{PASSWORD_IN_URL}@localhost:{}", self.port)
    }

    /// Where it was asked to connect, `host:port`, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(mut client: TcpStream, manner: Manner, asked: &Mutex<Vec<String>>) -> io::Result<()> {
    let target = match manner {
        Manner::Socks5 | Manner::Socks5WithLogin | Manner::Socks5Reply(_) => socks5(&mut client, manner)?,
        _ => connect(&mut client, manner)?,
    };
    let Some(target) = target else {
        let _ = client.shutdown(Shutdown::Write);
        return wait_for_hangup(&mut client);
    };
    asked.lock().unwrap().push(target.clone());
    let port = target.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(0);
    match TcpStream::connect(("127.0.0.1", port)) {
        Ok(server) => {
            client.write_all(yes(manner))?;
            relay(client, server)
        }
        Err(_) if matches!(manner, Manner::Socks5 | Manner::Socks5WithLogin) => client.write_all(&socks5_reply(5)),
        Err(_) => client.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"),
    }
}

fn yes(manner: Manner) -> &'static [u8] {
    match manner {
        Manner::Socks5 | Manner::Socks5WithLogin => &[5, 0, 0, 1, 127, 0, 0, 1, 0, 80],
        _ => b"HTTP/1.1 200 Connection established\r\nProxy-Agent: tests\r\n\r\n",
    }
}

/// The target of a good request; none where the answer was a refusal.
fn connect(client: &mut TcpStream, manner: Manner) -> io::Result<Option<String>> {
    // A client waits for the answer, so nothing behind the request is read ahead.
    let request = Request::read(&mut BufReader::new(&mut *client))?;
    let login = request.headers.get("proxy-authorization").cloned().unwrap_or_default();
    match manner {
        Manner::Answer(bytes) => client.write_all(bytes)?,
        Manner::Endless(start, again) => {
            client.write_all(start)?;
            let again = again.repeat(64);
            loop {
                client.write_all(&again)?;
            }
        }
        Manner::Silent => wait_for_hangup(client)?,
        Manner::Parrot => {
            let answer =
                format!("HTTP/1.1 407 No {login}\r\nConnection: close\r\n\r\n<p>Who is {USER}:{PASSWORD}?</p>");
            client.write_all(answer.as_bytes())?;
        }
        Manner::ConnectWithLogin if login != format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}"))) => {
            client.write_all(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"proxy.example.com\"\r\n\
                  Content-Length: 0\r\n\r\n",
            )?;
        }
        _ if request.method == "CONNECT" && request.headers.get("host") == Some(&request.target) => {
            return Ok(Some(request.target));
        }
        _ => client.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")?,
    }
    Ok(None)
}

fn socks5(client: &mut TcpStream, manner: Manner) -> io::Result<Option<String>> {
    let [_, count] = read_array(client)?;
    let methods = read_vec(client, count)?;
    let wanted = if matches!(manner, Manner::Socks5WithLogin) { 2 } else { 0 };
    if !methods.contains(&wanted) {
        client.write_all(&[5, 0xff])?;
        return Ok(None);
    }
    client.write_all(&[5, wanted])?;
    if wanted == 2 {
        let [_, length] = read_array(client)?;
        let user = read_vec(client, length)?;
        let [length] = read_array(client)?;
        let password = read_vec(client, length)?;
        let good = user == USER.as_bytes() && password == PASSWORD.as_bytes();
        client.write_all(&[1, u8::from(!good)])?;
        if !good {
            return Ok(None);
        }
    }
    let [_, _, _, form] = read_array(client)?;
    let host = match form {
        1 => read_array::<4>(client)?.map(|byte| byte.to_string()).join("."),
        3 => {
            let [length] = read_array(client)?;
            String::from_utf8_lossy(&read_vec(client, length)?).into_owned()
        }
        _ => format!("{:?}", read_vec(client, 16)?),
    };
    let port = u16::from_be_bytes(read_array(client)?);
    if let Manner::Socks5Reply(reply) = manner {
        client.write_all(&socks5_reply(reply))?;
        return Ok(None);
    }
    Ok(Some(format!("{host}:{port}")))
}

fn socks5_reply(reply: u8) -> [u8; 10] {
    [5, reply, 0, 1, 0, 0, 0, 0, 0, 0]
}

fn relay(client: TcpStream, server: TcpStream) -> io::Result<()> {
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    let upward = thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let (mut from_server, mut to_client) = (server, client);
    let _ = io::copy(&mut from_server, &mut to_client);
    let _ = to_client.shutdown(Shutdown::Write);
    let _ = upward.join();
    Ok(())
}

fn wait_for_hangup(client: &mut TcpStream) -> io::Result<()> {
    io::copy(client, &mut io::sink()).map(drop)
}

fn read_array<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn read_vec(from: &mut impl Read, count: u8) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::from(count)];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}
