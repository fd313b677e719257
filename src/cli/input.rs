//! What users hand over: the values of options, and small files from any editor and any shell.

use std::io;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use crate::calendar::{Day, rfc3339};
use crate::files::Mode;
use crate::{DateTime, Error, Kind, Phase, Result, Secret, files, threads};
use clap::ArgMatches;
use clap::parser::ValueSource;

/// The most of a secret's file, in bytes.
pub(crate) const MOST: u64 = 64 * 1024;

/// The most of a list, in bytes: some hundred thousand mailboxes.
const MOST_LIST: u64 = 8 << 20;

/// What the options say: on the command line, in the environment, or by default. An option that the command does not
/// have says nothing.
pub(crate) struct Arguments(pub(crate) ArgMatches);

impl Arguments {
    /// A value, as the parser of its option made it.
    pub(crate) fn get<T: Clone + Send + Sync + 'static>(&self, name: &str) -> Option<T> {
        self.0.try_get_one::<T>(name).ok().flatten().cloned()
    }

    /// A text as it was given.
    pub(crate) fn raw(&self, name: &str) -> Option<&str> {
        self.0.try_get_one::<String>(name).ok().flatten().map(String::as_str)
    }

    /// A text without the blanks around it; nothing if that leaves nothing.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.raw(name).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The texts of an option that is repeatable.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.0.try_get_many::<String>(name).ok().flatten().into_iter().flatten().cloned().collect()
    }

    /// The value of an option that has one by default.
    pub(crate) fn value<T: Clone + Default + Send + Sync + 'static>(&self, name: &str) -> T {
        self.get(name).unwrap_or_default()
    }

    /// True for a flag that is set.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.value(name)
    }

    /// True if the option stands on the command line.
    pub(crate) fn is_typed(&self, name: &str) -> bool {
        self.0.value_source(name) == Some(ValueSource::CommandLine)
    }

    /// When the run must have ended (`--max-time`), counted from the first call.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        self.get("max-time").and_then(|time| START.checked_add(time))
    }
}

/// A number and its unit.
fn number(text: &str) -> Option<(u64, &str)> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    Some((digits.parse().ok().filter(|_| is_number)?, text.get(digits.len()..)?))
}

/// `30`, `30s`, `10m`, `2h`, `7d`, `2w`: a hundred years at most.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = number(text)?;
    let factor = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    number.checked_mul(factor).filter(|seconds| *seconds <= 36_500 * 86_400).map(Duration::from_secs)
}

pub(crate) fn parse_time(text: &str) -> std::result::Result<Duration, String> {
    let time = duration(text).filter(|time| !time.is_zero());
    time.ok_or_else(|| "a time is a number, not 0, followed by s, m, h, d or w: 30s, 10m, 2h".to_owned())
}

/// A time with its unit: `--older-than 30` would hardly mean seconds.
pub(crate) fn parse_age(text: &str) -> std::result::Result<Duration, String> {
    let has_unit = text.ends_with(|c: char| c.is_ascii_alphabetic());
    let age = parse_time(text).ok().filter(|_| has_unit);
    age.ok_or_else(|| "an age is a number followed by s, m, h, d or w: 12h, 30d, 2w".to_owned())
}

/// A time, or `0`: no wait at all.
pub(crate) fn parse_wait(text: &str) -> std::result::Result<Duration, String> {
    if matches!(text, "0" | "0s") { Ok(Duration::ZERO) } else { parse_time(text) }
}

/// `10000`, `10K`, `10M`, `1G`: by 1024, as curl counts.
pub(crate) fn parse_size(text: &str) -> std::result::Result<u32, String> {
    let size = number(text).and_then(|(number, unit)| {
        let factor = match unit {
            "" => 1,
            "k" | "K" => 1 << 10,
            "m" | "M" => 1 << 20,
            "g" | "G" => 1 << 30,
            _ => return None,
        };
        u32::try_from(number.checked_mul(factor)?).ok()
    });
    size.ok_or_else(|| "a size is a number of bytes less than 4G: 10000, 10K, 10M, 1G".to_owned())
}

/// A mode in octal: `0640`.
pub(crate) fn parse_mode(text: &str) -> std::result::Result<Mode, String> {
    Mode::parse(text)
        .ok_or_else(|| "a mode is 0600 and read or write for the group, or read for others: 0640, 0644".to_owned())
}

/// A day: `2026-11-02`, `today`, `yesterday`, `7d` and `2w` ago. Days are those of UTC.
pub(crate) fn parse_day(text: &str) -> std::result::Result<Day, String> {
    let ago = match text {
        "today" => Some(Duration::ZERO),
        "yesterday" => Some(Duration::from_secs(86_400)),
        _ => duration(text).filter(|_| text.ends_with(['d', 'w'])),
    };
    let day = match ago {
        Some(ago) => SystemTime::now().checked_sub(ago).and_then(|then| Day::parse(rfc3339(then).get(..10)?)),
        None => Day::parse(text),
    };
    day.ok_or_else(|| "a date is 2026-11-02, today, yesterday, or an age: 7d (days), 2w (weeks)".to_owned())
}

/// A point in time, or a day.
pub(crate) fn parse_date_time(text: &str) -> std::result::Result<DateTime, String> {
    DateTime::parse(text)
        .ok_or_else(|| "a time is 2026-11-02T08:14:07Z, with +01:00 for another zone, or a day".to_owned())
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
    decode(bytes.expose()).ok_or_else(|| io::Error::other("it is neither UTF-8 nor UTF-16 text: save it as UTF-8"))
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
        let folder = crate::folder::Folder::new();
        let read = |bytes: &[u8]| {
            let file = folder.file("secret", bytes);
            read_secret(&file, "the secret", None).map(|secret| secret.expose().to_vec())
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
    }

    #[test]
    fn times_as_people_write_them() {
        assert_eq!(parse_time("30"), Ok(Duration::from_secs(30)));
        assert_eq!(parse_time("10m"), Ok(Duration::from_secs(600)));
        assert_eq!(parse_time("2h"), Ok(Duration::from_secs(7200)));
        assert_eq!((parse_time("7d"), parse_age("2w")), (parse_time("168h"), parse_time("336h")));
        for bad in ["30", "0d", "d", "40000d"] {
            assert!(parse_age(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "s", "0", "-1", "+5", "1.5s", "2y", "5 s", "99999999999999999999", "9999h9"] {
            assert!(parse_time(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn days_by_name_and_by_age() {
        let today = parse_day(rfc3339(SystemTime::now()).get(..10).unwrap()).unwrap();
        // The test may run at midnight.
        assert!(parse_day("today") >= Ok(today) && parse_day("0d") >= Ok(today));
        assert!(parse_day("yesterday").unwrap() < parse_day("today").unwrap());
        assert_eq!((parse_day("yesterday"), parse_day("2w")), (parse_day("1d"), parse_day("14d")));
        assert_eq!(parse_day("2026-11-02").unwrap().to_string(), "2-Nov-2026");
        for bad in [
            "",
            "d",
            "7",
            "-1d",
            "+1d",
            "1.5d",
            "7 d",
            "7m",
            "tomorrow",
            "2026-02-30",
            "99999999999999999999d",
            "9999999999d",
            "1dd",
        ] {
            let said = parse_day(bad).unwrap_err();
            assert!(
                ["2026-11-02", "today", "yesterday", "7d", "2w"].iter().all(|form| said.contains(form)),
                "{bad}: {said}"
            );
        }
    }

    #[test]
    fn sizes_as_curl_has_them() {
        assert_eq!(
            [parse_size("0"), parse_size("10K"), parse_size("10m"), parse_size("3G")],
            [Ok(0), Ok(10240), Ok(10 << 20), Ok(3 << 30)]
        );
        for bad in ["", "K", "4G", "-1", "1.5M", "10KB", "10 K", "+1", "4294967296", "1K1"] {
            assert!(parse_size(bad).is_err(), "{bad:?}");
        }
    }
}
