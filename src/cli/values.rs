//! The values that options take: times, dates, sizes.

use std::time::{Duration, SystemTime};

use crate::DateTime;
use crate::calendar::Day;
use crate::calendar::rfc3339;
use crate::files::Mode;

/// `30`, `30s`, `10m`, `2h`, `7d`, `2w`: a hundred years at most.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text.get(digits.len()..).unwrap_or_default() {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u64>().ok()).flatten()?;
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
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text.get(digits.len()..).unwrap_or_default() {
        "" => 1,
        "k" | "K" => 1 << 10,
        "m" | "M" => 1 << 20,
        "g" | "G" => 1 << 30,
        _ => return Err("a size is a number of bytes, or one followed by K, M or G".to_owned()),
    };
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u32>().ok()).flatten();
    number
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(|| "a size is less than 4G bytes: 10000, 10K or 10M".to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

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
