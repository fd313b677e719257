//! The least a download over IMAP can cost: what `exoimap fetch` is measured against.
//!
//! Sign in, EXAMINE, one UID FETCH for everything, each literal straight to its own file.
//! It believes the server and checks nothing: no limits, no state, no recovery.
//!
//! ```text
//! floor [--fsync] HOST PORT CA_FILE MAILBOX FOLDER DIR      (token: EXOIMAP_ACCESS_TOKEN)
//! ```
#![allow(clippy::print_stderr)] // it is a program

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use native_tls::{Certificate, Protocol, TlsConnector, TlsStream};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What one write gives to a file at most.
const BUFFER: usize = 64 * 1024;
/// What one read gets from TLS at most: a record.
const RECORD: usize = 16 * 1024;

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let fsync = arguments.first().is_some_and(|first| first == "--fsync");
    if fsync {
        arguments.remove(0);
    }
    let [host, port, ca_file, mailbox, folder, dir] = arguments.as_slice() else {
        eprintln!("usage: floor [--fsync] HOST PORT CA_FILE MAILBOX FOLDER DIR");
        return ExitCode::from(2);
    };
    let run = || -> Outcome<()> {
        let mut server = sign_in(host, port.parse()?, ca_file, mailbox)?;
        send(&mut server, &format!("2 EXAMINE \"{folder}\""))?;
        if skip_to_tagged(&mut server, "2")? > 0 {
            send(&mut server, "3 UID FETCH 1:* (UID BODY.PEEK[])")?;
            download(&mut server, Path::new(dir), fsync)?;
        }
        send(&mut server, "4 LOGOUT")?;
        skip_to_tagged(&mut server, "4")?;
        Ok(())
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("floor: {error}");
            ExitCode::FAILURE
        }
    }
}

type Server = BufReader<TlsStream<TcpStream>>;

fn sign_in(host: &str, port: u16, ca_file: &str, mailbox: &str) -> Outcome<Server> {
    let token = std::env::var("EXOIMAP_ACCESS_TOKEN")?;
    // As any native-tls client with a CA file of its own; the library reads the
    // system's roots all the same, so both sides of the comparison pay for that.
    let connector = TlsConnector::builder()
        .min_protocol_version(Some(Protocol::Tlsv12))
        .disable_built_in_roots(true)
        .add_root_certificate(Certificate::from_pem(&fs::read(ca_file)?)?)
        .build()?;
    let socket = TcpStream::connect((host, port))?;
    socket.set_nodelay(true)?;
    let tls = connector.connect(host, socket)?;
    let mut server = BufReader::with_capacity(RECORD, tls);
    line(&mut server)?;
    let response = BASE64.encode(format!("user={mailbox}\x01auth=Bearer {token}\x01\x01"));
    send(&mut server, &format!("1 AUTHENTICATE XOAUTH2 {response}"))?;
    skip_to_tagged(&mut server, "1")?;
    Ok(server)
}

fn send(server: &mut Server, command: &str) -> io::Result<()> {
    server.get_mut().write_all(format!("{command}\r\n").as_bytes())
}

fn line(server: &mut Server) -> Outcome<String> {
    let mut line = String::new();
    match server.read_line(&mut line)? {
        0 => Err("the server has gone".into()),
        _ => Ok(line),
    }
}

/// To the end of a command without literals; how many messages it said EXISTS.
fn skip_to_tagged(server: &mut Server, tag: &str) -> Outcome<u32> {
    let mut exists = 0;
    loop {
        let line = line(server)?;
        if let Some(number) = line.strip_prefix("* ").and_then(|l| l.strip_suffix(" EXISTS\r\n")) {
            exists = number.parse()?;
        }
        if line.starts_with('+') {
            return Err("the token was refused".into());
        }
        if done(&line, tag)? {
            return Ok(exists);
        }
    }
}

fn done(line: &str, tag: &str) -> Outcome<bool> {
    match line.strip_prefix(tag).and_then(|rest| rest.strip_prefix(' ')) {
        Some(rest) if rest.starts_with("OK") => Ok(true),
        Some(_) => Err(line.trim_end().into()),
        None => Ok(false),
    }
}

/// `* 1 FETCH (UID 7 BODY[] {4096}`, the bytes, `)`; until the tagged OK.
fn download(server: &mut Server, dir: &Path, fsync: bool) -> Outcome<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let line = line(server)?;
        if let Some((before, length)) = line.trim_end().rsplit_once(" BODY[] {") {
            let uid: u32 = before.rsplit_once("UID ").ok_or("no UID")?.1.parse()?;
            let mut left: usize = length.trim_end_matches('}').parse()?;
            let mut file = File::create_new(dir.join(format!("{uid}.eml")))?;
            while left > 0 {
                let piece = &mut buffer[..left.min(BUFFER)];
                server.read_exact(piece)?;
                file.write_all(piece)?;
                left -= piece.len();
            }
            if fsync {
                file.sync_all()?;
            }
        } else if done(&line, "3")? {
            return Ok(());
        }
    }
}
