//! Dates, as far as we need them: IMAP's and RFC 3339's in and out, HTTP's in, asctime out. No leap seconds.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// The months as RFC 3501 has them.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const DAY: i64 = 86_400;

/// The last second of the year 9999.
const LAST: i64 = 253_402_300_799;

/// A moment of the years 1 to 9999, in the zone in which somebody wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    /// Seconds since 1970, UTC.
    seconds: i64,
    /// Minutes that the zone is ahead of UTC, if it is known.
    zone: Option<i64>,
}

impl DateTime {
    /// `date-time` of RFC 3501 without its quotes: `17-Jul-1996 02:44:25 -0700`.
    pub(crate) fn from_imap(text: &[u8]) -> Option<DateTime> {
        let words: Vec<_> = std::str::from_utf8(text).ok()?.split_ascii_whitespace().collect();
        let [date, time, zone] = words.try_into().ok()?;
        let [day, month, year] = date.split('-').collect::<Vec<_>>().try_into().ok()?;
        let month = (1..).zip(MONTHS).find(|(_, name)| name.eq_ignore_ascii_case(month))?.0;
        DateTime::of([digits(year)?, month, digits(day)?], numbers(time, ':')?, Some(minutes(zone)?))
    }

    /// RFC 3339, `2026-11-02T08:14:07Z`, `2026-11-02 09:14:07+01:00`; a day alone, `2026-11-02`, is its
    /// midnight in UTC.
    pub fn parse(text: &str) -> Option<DateTime> {
        let (date, rest) = text.split_at_checked(10)?;
        let date = numbers(date, '-')?;
        if rest.is_empty() {
            return DateTime::of(date, [0, 0, 0], Some(0));
        }
        let (time, zone) = rest.strip_prefix(['T', 't', ' '])?.split_at_checked(8)?;
        // A fraction of a second is more than IMAP keeps.
        let zone = match zone.strip_prefix('.') {
            Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
            None => zone,
        };
        let zone = match zone {
            "Z" | "z" => Some(0),
            "-00:00" => None,
            zone => Some(minutes(&zone.replacen(':', "", 1)).filter(|_| zone.get(3..4) == Some(":"))?),
        };
        DateTime::of(date, numbers(time, ':')?, zone)
    }

    /// Year, month and day; hours, minutes and seconds; minutes ahead of UTC, if they are known. None if
    /// no calendar or clock has such numbers.
    pub(crate) fn of(date: [i64; 3], [hour, minute, second]: [i64; 3], zone: Option<i64>) -> Option<DateTime> {
        let [year, month, day] = date;
        let in_range = (1..10_000).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
        let days = in_range.then(|| days_since_1970(year, month, day))?;
        // The day must exist: counted back it is itself.
        let exists =
            civil(days) == date && (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
        let seconds = days * DAY + hour * 3600 + minute * 60 + second - zone.unwrap_or_default() * 60;
        exists.then_some(DateTime { seconds, zone })
    }

    /// A moment in the year 9999 at the latest.
    fn utc(seconds: u64) -> DateTime {
        DateTime { seconds: i64::try_from(seconds).unwrap_or(LAST).min(LAST), zone: Some(0) }
    }

    /// Seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// `2026-11-02T08:14:07Z`, `2026-11-02T09:14:07+01:00`; `-00:00` stands for a zone that is not known.
    pub fn to_rfc3339(self) -> String {
        let (sign, zone) = self.zone_parts();
        let zone = match self.zone {
            Some(0) => "Z".to_owned(),
            _ => format!("{sign}{:02}:{:02}", zone / 60, zone % 60),
        };
        let ([year, month, day], time) = self.local();
        format!("{year:04}-{month:02}-{day:02}T{time}{zone}")
    }

    /// The date and the time of day in its own zone.
    fn local(self) -> ([i64; 3], String) {
        let local = self.seconds + self.zone.unwrap_or_default() * 60;
        let rest = local.rem_euclid(DAY);
        (civil(local.div_euclid(DAY)), format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60))
    }

    fn zone_parts(self) -> (char, i64) {
        // RFC 5322 section 3.3: `-0000`.
        (if self.zone.is_none_or(|zone| zone < 0) { '-' } else { '+' }, self.zone.unwrap_or_default().abs())
    }
}

/// RFC 3501's `date-time` without its quotes: ` 2-Nov-2026 08:14:07 +0000`.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([year, month, day], time) = self.local();
        let month = month_name(month);
        let (sign, zone) = self.zone_parts();
        write!(f, "{day:2}-{month}-{year:04} {time} {sign}{:02}{:02}", zone / 60, zone % 60)
    }
}

/// A day that exists, of the years 1 to 9999, as people write it and as a SEARCH does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    since_1970: i64,
}

impl Day {
    /// Reads `2026-11-02`, in this form only; a day that no calendar has is none.
    pub fn parse(text: &str) -> Option<Day> {
        let has_form = matches!(text.as_bytes(), [_, _, _, _, b'-', _, _, b'-', _, _]);
        let midnight = DateTime::parse(text).filter(|_| has_form)?;
        Some(Day { since_1970: midnight.seconds.div_euclid(DAY) })
    }
}

/// `date-text = date-day "-" date-month "-" date-year`, e.g. `2-Nov-2026`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, day] = civil(self.since_1970);
        write!(f, "{day}-{}-{year:04}", month_name(month))
    }
}

fn month_name(month: i64) -> &'static str {
    usize::try_from(month - 1).ok().and_then(|month| MONTHS.get(month)).copied().unwrap_or_default()
}

fn digits(text: &str) -> Option<i64> {
    let plain = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Year, month and day of a day since 1970; the months count from March, so that the leap day comes last.
fn civil(days: i64) -> [i64; 3] {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    [year + era * 400 + i64::from(month <= 2), month, day]
}

/// The inverse.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// INTERNALDATE as seconds since 1970; none before 1970 or if it is not a date.
pub(crate) fn internal_date(text: &[u8]) -> Option<u64> {
    u64::try_from(DateTime::from_imap(text)?.seconds()).ok()
}

/// `Tue, 24 Nov 2026 20:30:00 GMT`, the `Date` of an HTTP answer (RFC 9110, 5.6.7; its two older forms
/// are nobody's any more).
pub(crate) fn http_date(text: &str) -> Option<i64> {
    let words: Vec<_> = text.split_ascii_whitespace().collect();
    let [_, day, month, year, time, "GMT"] = words.as_slice() else { return None };
    Some(DateTime::from_imap(format!("{day}-{month}-{year} {time} +0000").as_bytes())?.seconds)
}

/// Seconds since 1970 by this machine's clock.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn numbers(text: &str, by: char) -> Option<[i64; 3]> {
    let numbers: Option<Vec<i64>> = text.split(by).map(digits).collect();
    numbers?.try_into().ok()
}

/// `+0900`
fn minutes(zone: &str) -> Option<i64> {
    let sign = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = (digits(zone.get(1..3)?)?, digits(zone.get(3..).filter(|minutes| minutes.len() == 2)?)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// `Wed Jul 17 09:44:25 1996`
pub(crate) fn asctime(seconds: u64) -> String {
    let moment = DateTime::utc(seconds);
    let ([year, month, day], time) = moment.local();
    let weekday = moment.seconds.div_euclid(DAY).rem_euclid(7);
    let weekday = usize::try_from(weekday).ok().and_then(|day| DAYS.get(day)).copied().unwrap_or_default();
    format!("{weekday} {} {day:2} {time} {year}", month_name(month))
}

/// `2026-11-24T20:52:00Z` (RFC 3339); times before 1970 are 1970.
pub(crate) fn rfc3339(at: SystemTime) -> String {
    DateTime::utc(at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())).to_rfc3339()
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

    #[test]
    fn both_forms_and_both_edges() {
        for (imap, rfc3339, seconds) in [
            ("17-Jul-1996 02:44:25 -0700", "1996-07-17T02:44:25-07:00", 837_596_665),
            (" 1-Jan-1970 00:00:00 +0000", "1970-01-01T00:00:00Z", 0),
            ("29-Feb-2024 23:59:59 +0900", "2024-02-29T23:59:59+09:00", 1_709_218_799),
            (" 2-Nov-2026 09:14:05 +0530", "2026-11-02T09:14:05+05:30", 1_793_591_045),
            (" 1-Mar-1900 00:00:00 +0000", "1900-03-01T00:00:00Z", -2_203_891_200),
            ("31-Dec-9999 23:59:59 +0000", "9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            let parsed = DateTime::from_imap(imap.as_bytes()).unwrap();
            assert_eq!((parsed.to_string().as_str(), parsed.to_rfc3339().as_str()), (imap, rfc3339));
            assert_eq!((parsed.seconds(), DateTime::parse(rfc3339)), (seconds, Some(parsed)));
        }
        assert_eq!(DateTime::parse("2026-11-02").unwrap().to_rfc3339(), "2026-11-02T00:00:00Z");
        assert_eq!(DateTime::parse("2026-11-02t08:14:07.25z"), DateTime::parse("2026-11-02 08:14:07+00:00"));
    }

    #[test]
    fn every_day_counts_back_to_itself() {
        for days in -719_162..2_932_897 {
            let [year, month, day] = civil(days);
            assert_eq!(days_since_1970(year, month, day), days);
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for bad in [
            "",
            "x",
            "1-Jan-1970",
            "1-Foo-2000 00:00:00 +0000",
            "1-Jan-2000 00:00 +0000",
            "31-Jun-2000 00:00:00 +0000",
            "1-Jan-2000 24:00:00 +0000",
            "1-Jan-2000 00:00:00 +0000 x",
            "1-Jan-2000 00:00:00 0000",
            "1-Jan-0000 00:00:00 +0000",
        ] {
            assert_eq!(DateTime::from_imap(bad.as_bytes()), None, "{bad}");
        }
        for bad in [
            "2026-02-29",
            "2026-13-01",
            "0000-01-01",
            "2026-11-2",
            "2026-11-02T",
            "2026-11-02T08:14",
            "2026-11-02T08:14:07",
            "2026-11-02T08:14:07+1",
            "2026-11-02T08:14:07+01000",
            "2026-11-02T08:60:07Z",
            "2026-11-02T08:14:07.Zx",
            "２026-11-02",
        ] {
            assert_eq!(DateTime::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_that_exist_are_written_as_imap_has_them() {
        for (text, imap) in [
            ("2026-11-02", "2-Nov-2026"),
            ("2024-02-29", "29-Feb-2024"),
            ("2000-02-29", "29-Feb-2000"),
            ("0001-01-01", "1-Jan-0001"),
            ("9999-12-31", "31-Dec-9999"),
        ] {
            assert_eq!(Day::parse(text).unwrap().to_string(), imap);
        }
        assert!(Day::parse("2026-11-02") < Day::parse("2026-12-01"));
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2026",
            "2026-11",
            "2026-11-31",
            "2026-02-29",
            "1900-02-29",
            "2026-00-01",
            "2026-13-01",
            "2026-01-00",
            "0000-01-01",
            "26-11-02",
            "2026-1-2",
            "2026-11-02-",
            "2026-11-02 ",
            "+026-11-02",
            "2026/11/02",
            "20261102",
            "2026-11-０2",
            "2-Nov-2026",
        ] {
            assert_eq!(Day::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_is_counted() {
        let days = (2000..2400).flat_map(|year| (1..=12).map(move |month| (year, month)));
        let count = days.map(|(year, month)| {
            (1..=31).filter(|day| Day::parse(&format!("{year}-{month:02}-{day:02}")).is_some()).count()
        });
        assert_eq!(count.sum::<usize>(), 146_097);
    }
}
