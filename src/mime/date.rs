//! The Date of a message (RFC 5322 section 3.3, its obsolete forms, and what senders write instead).

use super::header::after_comment;
use super::words::pair;
use crate::calendar::DateTime;

const MONTHS: &str = "january february march april may june july august september october november december";
const DAYS: &str = "monday tuesday wednesday thursday friday saturday sunday";
/// Zones whose name means one thing to everybody, or to RFC 5322, in minutes.
const ZONES: &str = "ut 0 utc 0 gmt 0 z 0 est -300 edt -240 cst -360 cdt -300 mst -420 mdt -360 pst -480 pdt -420 \
                     akst -540 hst -600 wet 0 west 60 cet 60 mez 60 met 60 cest 120 mesz 120 mest 120 eet 120 eest 180 \
                     msk 180 hkt 480 sgt 480 jst 540 kst 540 aest 600 nzst 720";

/// The moment, if every byte of the field is understood and the zone is given.
pub(super) fn parse(field: &str) -> Option<DateTime> {
    let field = without_comments(field)?.to_ascii_lowercase();
    let (mut weekday, mut day, mut month, mut year, mut time, mut is_pm) = (None, None, None, None, None, None);
    // Minutes; `-0000` says that it is not known.
    let mut zone: Option<Option<i64>> = None;
    // A word that says nothing, or what was said already, is not understood.
    let words = field.split(|c: char| c.is_whitespace() || c == ',');
    // `12-Jun-26`
    let words =
        words.flat_map(|word| word.split(if word.starts_with(|c: char| c.is_ascii_digit()) { '-' } else { ',' }));
    for word in words.filter(|word| !word.is_empty()) {
        if named(DAYS, word).is_some() {
            set(&mut weekday, ())?;
        } else if let Some(found) = named(MONTHS, word) {
            set(&mut month, found)?;
        } else if let "am" | "pm" = word {
            set(&mut is_pm, word == "pm")?;
        } else if let Some(found) = zone_named(word) {
            // The same twice is what `+0900 JST` and `GMT +0900` say.
            if zone == Some(found) || zone == Some(Some(0)) && word.starts_with(['+', '-']) {
                zone = None;
            }
            set(&mut zone, found)?;
        } else if word.contains(':') || word.matches('.').count() == 2 {
            set(&mut time, time_of_day(word)?)?;
        } else if day.is_none() && (word.len() < 3 || word.len() == 3 && word.starts_with('0')) {
            day = Some(number(word, 4)?);
        } else {
            set(&mut year, full_year(word)?)?;
        }
    }
    let [hour, minute, second] = time?;
    let hour = match is_pm {
        None => hour,
        Some(is_pm) if (1..=12).contains(&hour) => hour % 12 + if is_pm { 12 } else { 0 },
        Some(_) => return None,
    };
    DateTime::of([year?, i64::try_from(month?).ok()? + 1, day?], [hour, minute, second], zone?)
}

fn set<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.is_none().then(|| *place = Some(value))
}

/// Which of the names begins with `June`, `Sept`, `nov.`
fn named(names: &str, word: &str) -> Option<usize> {
    let word = word.strip_suffix('.').unwrap_or(word);
    names.split(' ').position(|name| word.len() > 2 && name.starts_with(word))
}

/// `11:51`, `11:51:07`, `11:51:07.5`, `23.42.00`
fn time_of_day(word: &str) -> Option<[i64; 3]> {
    let by = if word.contains(':') { ':' } else { '.' };
    let mut numbers = word.split(by);
    let (hour, minute) = (number(numbers.next()?, 2)?, number(numbers.next()?, 2)?);
    let second = numbers.next().unwrap_or("0");
    let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
    number(fraction, 9)?;
    Some([hour, minute, number(second, 2)?]).filter(|_| numbers.next().is_none())
}

/// RFC 5322 section 4.3: two digits from 50 on are of the last century, three count from 1900.
fn full_year(word: &str) -> Option<i64> {
    let year = number(word, 4)?;
    match word.len() {
        4 => Some(year),
        2 if year < 50 => Some(year + 2000),
        2 | 3 => Some(year + 1900),
        _ => None,
    }
}

/// `+0900`, `+09:00`, `-600`, `JST`, `GMT+0900`; the inner `None` is `-0000`.
fn zone_named(word: &str) -> Option<Option<i64>> {
    if let Some(minutes) = pair(ZONES, word) {
        return minutes.parse().ok().map(Some);
    }
    let word = word.strip_prefix("gmt").or_else(|| word.strip_prefix("utc")).unwrap_or(word);
    let sign = if word.starts_with('-') { -1 } else { 1 };
    let digits = word.strip_prefix(['+', '-'])?.replacen(':', "", 1);
    let value = number(&digits, 4).filter(|_| digits.len() > 1)?;
    let (hours, minutes) = if digits.len() == 2 { (value, 0) } else { (value / 100, value % 100) };
    let is_unknown = sign < 0 && hours + minutes == 0;
    (hours < 15 && minutes < 60).then_some((!is_unknown).then_some(sign * (hours * 60 + minutes)))
}

fn number(text: &str, most: usize) -> Option<i64> {
    let is_number = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// The field without `(JST)`; `None` if one is not closed.
fn without_comments(field: &str) -> Option<String> {
    let (mut kept, mut rest) = (String::new(), field);
    while let Some((before, comment)) = rest.split_once('(') {
        kept.push_str(before);
        rest = after_comment(comment)?;
    }
    Some(kept + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_understood_from_end_to_end_is_a_moment() {
        for (field, expected) in [
            ("Mon, 2 Nov 2026 09:00:00 +0900 (JST)", "2026-11-02T09:00:00+09:00"),
            ("Wed, 11 Feb 2026 11:51:07 est", "2026-02-11T11:51:07-05:00"),
            ("Wed, 11 Feb 2026 11:51:07 CET", "2026-02-11T11:51:07+01:00"),
            ("Wed, 11 Feb 2026 11:51:07 CEST", "2026-02-11T11:51:07+02:00"),
            ("Wed, 11 Feb 2026 11:51:07 JST", "2026-02-11T11:51:07+09:00"),
            ("Wed, 11 Feb 2026 11:51:07 GMT+0900", "2026-02-11T11:51:07+09:00"),
            ("Wed, 11 Feb 2026 11:51:07 UTC+0900", "2026-02-11T11:51:07+09:00"),
            ("Wed, 11 Feb 2026 11:51:07 GMT +09:00", "2026-02-11T11:51:07+09:00"),
            ("Wed, 11 Feb 2026 11:51:07 -600", "2026-02-11T11:51:07-06:00"),
            ("Wed, 11 Feb 2026 11:51:07 -0000", "2026-02-11T11:51:07-00:00"),
            ("Wed, 11 Feb 2026 11:51:07 +0900 JST", "2026-02-11T11:51:07+09:00"),
            ("11 Feb 2026 11:51 GMT", "2026-02-11T11:51:00Z"),
            ("Fri, 12 June 2026 23:42:00 +0200", "2026-06-12T23:42:00+02:00"),
            ("Fri, 11 Sept 2026 23:42:00 +0200", "2026-09-11T23:42:00+02:00"),
            ("Friday, 12-Jun-26 23:42:00 +0200", "2026-06-12T23:42:00+02:00"),
            ("Fri, 12 Jun 2026 23.42.00 +0200", "2026-06-12T23:42:00+02:00"),
            ("Fri, 12 Jun 2026 11:42:00 PM +0200", "2026-06-12T23:42:00+02:00"),
            ("Fri, 12 Jun 2026 12:42:00 AM +0200", "2026-06-12T00:42:00+02:00"),
            ("Tue, 029 Sep 2026 23:34:45 -0800", "2026-09-29T23:34:45-08:00"),
            ("Wed Feb 11 11:51:07 UTC 2026", "2026-02-11T11:51:07Z"),
            ("Wed Feb 11 11:51:07 2026 +0100", "2026-02-11T11:51:07+01:00"),
            ("11 Feb 98 11:51:07.25 +0100", "1998-02-11T11:51:07+01:00"),
            ("11 (x) Feb (y (z)) 2026 11:51:07 Z", "2026-02-11T11:51:07Z"),
        ] {
            assert_eq!(parse(field).map(DateTime::to_rfc3339).as_deref(), Some(expected), "{field}");
        }
    }

    #[test]
    fn what_is_not_stays_a_text() {
        for field in [
            "",
            "yesterday",
            "Mon, 30 Feb 2026 10:00:00 +0000",
            "Wed, 11 Feb 2026 11:51:07",
            "Wed Feb 11 11:51:07 2026",
            "Wed, 11 Feb 2026 11:51:07 XYZ",
            "Wed, 11 Feb 2026 11:51:07 IST",
            "Wed, 11 Feb 2026 11:51:07 A",
            "Wed, 11 Feb 2026 11:51:07 +9900",
            "Wed, 11 Feb 2026 11:51:07 +0900 CET",
            "Wed, 11 Feb 2026 11:51:07 +0900 x",
            "Wed, 11 Feb 2026 13:51:07 PM +0900",
            "Wed, 11 Feb 2026 25:51:07 +0900",
            "Wed, 11 Feb 2026 11:51:07 +0900 (open",
            "ven., 12 juin 2026 23:42:00 +0200",
            "11 Feb 2026 +0900",
            "11 11 Feb 2026 11:51:07 +0900",
            "2026-02-11",
            "1 Jan 0 00:00:00 +0000",
        ] {
            assert_eq!(parse(field), None, "{field}");
        }
    }
}
