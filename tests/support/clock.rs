//! Dates as the two servers write them, all in UTC; and a clock whose time passes only when it is told to.

// Each test program that includes this module uses a part of it.
#![allow(dead_code, unreachable_pub)]

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// A clock for tests of time limits, which take no time themselves.
pub struct Virtual {
    now: Mutex<Instant>,
}

impl Virtual {
    pub fn new() -> Virtual {
        Virtual { now: Mutex::new(Instant::now()) }
    }

    pub fn now(&self) -> Instant {
        *self.now.lock().unwrap()
    }

    pub fn pass(&self, time: Duration) {
        *self.now.lock().unwrap() += time;
    }
}

/// Seconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// `2026-11-23 01:51:03Z`, in Entra's errors.
pub fn entra_timestamp(at: i64) -> String {
    let (year, month, day) = civil(at.div_euclid(86_400));
    format!("{year:04}-{month:02}-{day:02} {}Z", time_of_day(at))
}

/// `Mon, 23 Nov 2026 01:51:03 GMT`, in the `Date` of an HTTP answer.
pub fn http_date(at: i64) -> String {
    let days = at.div_euclid(86_400);
    let (year, month, day) = civil(days);
    let weekday = DAYS[usize::try_from(days.rem_euclid(7)).unwrap()];
    let month = MONTHS[month as usize - 1];
    format!("{weekday}, {day:02} {month} {year:04} {} GMT", time_of_day(at))
}

/// `23-Nov-2026 01:51:03 +0000`, the date-time of RFC 3501 without its quotes.
pub fn imap_date_time(at: i64) -> String {
    let (year, month, day) = civil(at.div_euclid(86_400));
    let month = MONTHS[month as usize - 1];
    format!("{day:2}-{month}-{year:04} {} +0000", time_of_day(at))
}

/// Reads `23-Nov-2026`, with or without the time and zone of a date-time behind it.
pub fn parse_imap_date(text: &str) -> Option<i64> {
    let (date, time) = match text.trim().split_once(' ') {
        Some((date, time)) => (date, Some(time)),
        None => (text.trim(), None),
    };
    let mut parts = date.split('-');
    let day: i64 = parts.next()?.parse().ok()?;
    let month = parts.next()?;
    let month = 1 + MONTHS.iter().position(|m| m.eq_ignore_ascii_case(month))?;
    let year: i64 = parts.next()?.parse().ok()?;
    let midnight = days_since_1970(year, i64::try_from(month).ok()?, day) * 86_400;
    match time {
        Some(time) => Some(midnight + parse_time(time)?),
        None => Some(midnight),
    }
}

/// Reads `01:51:03 +0900` as seconds after midnight UTC.
fn parse_time(text: &str) -> Option<i64> {
    let (clock, zone) = text.split_once(' ')?;
    let mut seconds = 0;
    for part in clock.split(':') {
        seconds = seconds * 60 + part.parse::<i64>().ok()?;
    }
    let zone: i64 = zone.parse().ok()?;
    Some(seconds - (zone / 100 * 60 + zone % 100) * 60)
}

fn time_of_day(at: i64) -> String {
    let seconds = at.rem_euclid(86_400);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hour:02}:{minute:02}:{second:02}")
}

/// Year, month and day of a day number, by Howard Hinnant's `civil_from_days`.
fn civil(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap(), u32::try_from(day).unwrap())
}

/// The inverse of `civil`.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = (month + 9) % 12;
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}
