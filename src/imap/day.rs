//! A day of the calendar, as people write it and as a SEARCH does.

use std::fmt;

use crate::calendar::MONTHS;

/// A day that exists, of the years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// Reads `2026-11-02`, in this form only; a day that no calendar has is none.
    pub fn parse(text: &str) -> Option<Day> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| -> Option<u16> {
            let part = parts.next().filter(|part| part.len() == digits)?;
            part.bytes().all(|octet| octet.is_ascii_digit()).then(|| part.parse().ok()).flatten()
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        let exists = year > 0 && (1..=length(year, month)?).contains(&day);
        (exists && parts.next().is_none()).then_some(Day {
            year,
            month: u8::try_from(month).ok()?,
            day: u8::try_from(day).ok()?,
        })
    }
}

/// `date-text = date-day "-" date-month "-" date-year`, e.g. `2-Nov-2026`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let month = MONTHS.get(usize::from(self.month).saturating_sub(1)).copied().unwrap_or_default();
        write!(f, "{}-{month}-{:04}", self.day, self.year)
    }
}

/// The days of a month.
fn length(year: u16, month: u16) -> Option<u16> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    Some(match month {
        2 => 28 + u16::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
