//! Dates, as far as a delivery needs them: INTERNALDATE in, asctime out. UTC, no leap seconds.

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const DAY: u64 = 86_400;

/// `date-time` of RFC 3501, `17-Jul-1996 02:44:25 -0700`, as seconds since 1970; none before 1970 or
/// where it is no such thing.
pub(super) fn internal_date(text: &[u8]) -> Option<u64> {
    let mut words = std::str::from_utf8(text).ok()?.split_whitespace();
    let (date, time, zone) = (words.next()?, words.next()?, words.next()?);
    let mut date = date.split('-');
    let day: i64 = date.next()?.parse().ok()?;
    let month = date.next()?;
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))?;
    let year: i64 = date.next()?.parse().ok().filter(|year| (1970..10_000).contains(year))?;
    let mut time = time.split(':').map(|part| part.parse::<i64>().ok().filter(|part| (0..=60).contains(part)));
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    let (sign, zone) = (if zone.starts_with('-') { -1 } else { 1 }, zone.get(1..).filter(|zone| zone.len() == 4)?);
    let offset = zone.get(..2)?.parse::<i64>().ok()? * 60 + zone.get(2..)?.parse::<i64>().ok()?;
    let days = days_before_year(year) + days_before_month(year, month) + day - 1;
    let seconds = ((days * 24 + hour) * 60 + minute - sign * offset) * 60 + second;
    u64::try_from(seconds).ok()
}

/// `Wed Jul 17 09:44:25 1996`
pub(super) fn asctime(seconds: u64) -> String {
    let (days, rest) = (seconds / DAY, seconds % DAY);
    let weekday = usize::try_from(days % 7).ok().and_then(|day| DAYS.get(day)).copied().unwrap_or_default();
    let mut year = 1970;
    let mut left = i64::try_from(days).unwrap_or(0).min(2_932_896);
    while left >= year_days(year) {
        left -= year_days(year);
        year += 1;
    }
    let month = (0..12).rev().find(|month| days_before_month(year, *month) <= left).unwrap_or(0);
    let day = left - days_before_month(year, month) + 1;
    let name = MONTHS.get(month).copied().unwrap_or_default();
    format!("{weekday} {name} {day:2} {:02}:{:02}:{:02} {year}", rest / 3600, rest / 60 % 60, rest % 60)
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
        for bad in
            ["", "x", "1-Jan-1970", "1-Foo-2000 00:00:00 +0000", "1-Jan-1969 00:00:00 +0000", "1-Jan-2000 00:00 +0000"]
        {
            assert_eq!(internal_date(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(asctime(0), "Thu Jan  1 00:00:00 1970");
        assert_eq!(asctime(1_709_218_799), "Thu Feb 29 14:59:59 2024");
    }
}
