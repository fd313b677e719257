//! Dates, as far as we need them: INTERNALDATE, HTTP's and a certificate's in, asctime and RFC 3339
//! out. UTC, no leap seconds.

use std::time::{SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const DAY: u64 = 86_400;

/// `date-time` of RFC 3501, `17-Jul-1996 02:44:25 -0700`, as seconds since 1970; none before 1970 or
/// where it is no such thing.
pub(crate) fn internal_date(text: &[u8]) -> Option<u64> {
    let mut words = std::str::from_utf8(text).ok()?.split_whitespace();
    let (date, time, zone) = (words.next()?, words.next()?, words.next()?);
    let mut date = date.split('-');
    let (day, month, year) = (date.next()?.parse().ok()?, month_named(date.next()?)?, date.next()?.parse().ok()?);
    let (sign, zone) = (if zone.starts_with('-') { -1 } else { 1 }, zone.get(1..).filter(|zone| zone.len() == 4)?);
    let offset = zone.get(..2)?.parse::<i64>().ok()? * 60 + zone.get(2..)?.parse::<i64>().ok()?;
    u64::try_from(seconds((year, month, day), numbers(time, ':')?)? - sign * offset * 60).ok()
}

/// `Tue, 24 Nov 2026 20:30:00 GMT`, the `Date` of an HTTP answer (RFC 9110, 5.6.7; its two older forms
/// are nobody's any more).
pub(crate) fn http_date(text: &str) -> Option<i64> {
    let mut words = text.trim().split_ascii_whitespace().skip(1);
    let (day, month) = (words.next()?.parse().ok()?, month_named(words.next()?)?);
    let (year, time) = (words.next()?.parse().ok()?, numbers(words.next()?, ':')?);
    (words.next() == Some("GMT")).then(|| seconds((year, month, day), time)).flatten()
}

/// Seconds since 1970 of a date (year, month from 0, day from 1) and a time of hours, minutes and seconds;
/// none before 1970, after 9999, or where no calendar or clock has such numbers.
pub(crate) fn seconds((year, month, day): (i64, usize, i64), time: [i64; 3]) -> Option<i64> {
    let exists = (1970..10_000).contains(&year)
        && month < 12
        && (1..=31).contains(&day)
        && time.iter().all(|number| (0..=60).contains(number));
    let days = exists.then(|| days_before_year(year) + days_before_month(year, month) + day - 1)?;
    let [hour, minute, second] = time;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// Seconds since 1970 by this machine's clock.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn month_named(name: &str) -> Option<usize> {
    MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name))
}

fn numbers(text: &str, by: char) -> Option<[i64; 3]> {
    let numbers: Option<Vec<i64>> = text.split(by).map(|number| number.parse().ok()).collect();
    numbers?.try_into().ok()
}

/// `Wed Jul 17 09:44:25 1996`
pub(crate) fn asctime(seconds: u64) -> String {
    let (year, month, day) = date(seconds);
    let weekday = usize::try_from(seconds / DAY % 7).ok().and_then(|day| DAYS.get(day)).copied().unwrap_or_default();
    let name = MONTHS.get(month).copied().unwrap_or_default();
    format!("{weekday} {name} {day:2} {} {year}", time(seconds))
}

/// `2026-11-24T20:52:00Z` (RFC 3339); times before 1970 are 1970.
pub fn rfc3339(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (year, month, day) = date(seconds);
    format!("{year:04}-{:02}-{day:02}T{}Z", month + 1, time(seconds))
}

/// Year, month from 0, and day.
fn date(seconds: u64) -> (i64, usize, i64) {
    let mut year = 1970;
    let mut left = i64::try_from(seconds / DAY).unwrap_or(0).min(2_932_896);
    while left >= year_days(year) {
        left -= year_days(year);
        year += 1;
    }
    let month = (0..12).rev().find(|month| days_before_month(year, *month) <= left).unwrap_or(0);
    (year, month, left - days_before_month(year, month) + 1)
}

fn time(seconds: u64) -> String {
    let rest = seconds % DAY;
    format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn year_days(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

/// Days from 1970 to the first of January of `year`.
fn days_before_year(year: i64) -> i64 {
    (1970..year).map(year_days).sum()
}

/// Days from the first of January to the first of the month, which counts from 0.
fn days_before_month(year: i64, month: usize) -> i64 {
    let lengths = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    lengths.iter().take(month).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rfcs_example_and_the_edges() {
        assert_eq!(internal_date(b"17-Jul-1996 02:44:25 -0700"), Some(837_596_665));
        assert_eq!(internal_date(b" 1-Jan-1970 00:00:00 +0000"), Some(0));
        assert_eq!(internal_date(b"29-Feb-2024 23:59:59 +0900"), Some(1_709_218_799));
        for bad in [
            "",
            "x",
            "1-Jan-1970",
            "1-Foo-2000 00:00:00 +0000",
            "1-Jan-1969 00:00:00 +0000",
            "1-Jan-2000 00:00 +0000",
            "9223372036854775807-Jan-2000 00:00:00 +0000",
        ] {
            assert_eq!(internal_date(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(asctime(0), "Thu Jan  1 00:00:00 1970");
        assert_eq!(asctime(1_709_218_799), "Thu Feb 29 14:59:59 2024");
    }

    #[test]
    fn rfc_3339_out() {
        let at = |seconds| rfc3339(UNIX_EPOCH + std::time::Duration::from_secs(seconds));
        assert_eq!(at(1_788_486_663), "2026-09-04T01:51:03Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
    }

    #[test]
    fn the_date_of_an_answer() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(http_date("Thu, 29 Feb 2024 00:00:00 GMT"), Some(1_709_164_800));
        for bad in [
            "",
            "now",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 99 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 99999 08:49:37 GMT",
        ] {
            assert_eq!(http_date(bad), None, "{bad}");
        }
    }
}
