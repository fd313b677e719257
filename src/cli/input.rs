//! What users hand over: small files from any editor and any shell.

use std::io;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::{Error, Kind, Phase, Result, Secret, files, threads};
use clap::ArgMatches;

/// The most of a secret's file, in bytes.
pub(crate) const MOST: u64 = 64 * 1024;

/// The most of a list, in bytes: some hundred thousand mailboxes.
const MOST_LIST: u64 = 8 << 20;

/// When the run must have ended (`--max-time`), counted from the first call.
pub(crate) fn deadline(arguments: &ArgMatches) -> Option<Instant> {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let time = arguments.try_get_one::<Duration>("max-time").ok().flatten();
    time.and_then(|time| START.checked_add(*time))
}

/// Reads a small secret file, `-` for stdin.
pub(crate) fn read_secret(file: &str, what: &str, deadline: Option<Instant>) -> Result<Secret> {
    let failed = |e: io::Error| Error::file(Kind::Usage, Phase::Credential, format!("reading {what} from {file}"), e);
    let bytes = read_small(file, MOST, deadline).map_err(failed)?;
    secret_of(&bytes).map_err(io::Error::other).map_err(failed)
}

/// The secret that a file holds or a command printed: a byte order mark, UTF-16 (PowerShell's `>`), CRLF
/// and one line end behind the secret are no part of it.
pub(crate) fn secret_of(bytes: &Secret) -> std::result::Result<Secret, String> {
    if bytes.len() as u64 > MOST {
        return Err(format!("it has more than {MOST} bytes"));
    }
    let text = decode(bytes.expose()).ok_or("it is neither UTF-8 nor UTF-16 text")?;
    match strip_line_end(text.expose()) {
        [] => Err("it is empty".to_owned()),
        secret if secret.iter().any(u8::is_ascii_control) => {
            Err("it has several lines or a control character".to_owned())
        }
        secret => Ok(Secret::new(secret)),
    }
}

/// Reads a list of one item per line, `-` for stdin, with the numbers of the lines; empty lines and `#` comments are skipped.
pub(crate) fn read_list(file: &str, deadline: Option<Instant>) -> Result<Vec<(usize, String)>> {
    let failed = |e| Error::file(Kind::Usage, Phase::Options, format!("reading the list {file}"), e);
    let text = read_text(file, MOST_LIST, deadline).map_err(failed)?;
    let items =
        text.expose_str().unwrap_or_default().lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let items = (1..).zip(items).filter(|(_, item)| !item.is_empty());
    Ok(items.map(|(line, item)| (line, item.to_owned())).collect())
}

/// A small file's text, `-` for stdin, from any editor and any shell.
pub(crate) fn read_text(file: &str, most: u64, deadline: Option<Instant>) -> io::Result<Secret> {
    let bytes = read_small(file, most, deadline)?;
    decode(bytes.expose()).ok_or_else(|| io::Error::other("it is neither UTF-8 nor UTF-16 text"))
}

/// stdin was given to an option.
static STDIN_READ: AtomicBool = AtomicBool::new(false);

/// A small file, `-` for stdin.
fn read_small(file: &str, most: u64, deadline: Option<Instant>) -> io::Result<Secret> {
    if file != "-" {
        return files::read(Path::new(file), most, deadline);
    }
    // The second reader would get nothing, or what was meant for the first.
    if STDIN_READ.swap(true, Ordering::Relaxed) {
        return Err(io::Error::other("another option has read stdin already"));
    }
    threads::until(deadline, move || files::read_from(io::stdin(), most))
}

/// UTF-8 with or without a byte order mark, UTF-16 with one.
pub(crate) fn decode(bytes: &[u8]) -> Option<Secret> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let pairs = bytes.chunks(2).map(|pair| <[u8; 2]>::try_from(pair).ok().map(unit));
        String::from_utf16(&pairs.collect::<Option<Vec<u16>>>()?).ok().map(Secret::new)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => std::str::from_utf8(rest).ok().map(Secret::new),
    }
}

fn strip_line_end(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_every_editor() {
        let file = std::env::temp_dir().join(format!("exoimap-secret-{}", std::process::id()));
        let read = |bytes: &[u8]| {
            std::fs::write(&file, bytes).unwrap();
            read_secret(file.to_str().unwrap(), "the secret", None).map(|secret| secret.expose().to_vec())
        };
        for bytes in [
            &b"p~w"[..],
            b"p~w\n",
            b"p~w\r\n",
            b"\xef\xbb\xbfp~w\r\n",
            b"\xff\xfep\0~\0w\0\r\0\n\0",
            b"\xfe\xff\0p\0~\0w",
        ] {
            assert_eq!(read(bytes).unwrap(), b"p~w", "{bytes:?}");
        }
        assert_eq!(read(b"p \n\n").unwrap_err().kind(), Kind::Usage);
        for bad in [&b""[..], b"\n", b"a\nb", b"a\0", b"\xff\xfea", b"\xff", &[b'x'; 65 * 1024]] {
            assert_eq!(read(bad).unwrap_err().kind(), Kind::Usage);
        }
        std::fs::remove_file(&file).unwrap();
    }
}
