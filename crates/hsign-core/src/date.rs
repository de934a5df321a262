//! Days of the calendar, as people write them on paper.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Time;

/// Japan's offset from UTC; there is no summer time.
const JAPAN_SECONDS: i64 = 9 * 3600;

/// A day of the calendar in Japan, written `2026-11-21`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(jiff::civil::Date);

/// The text is not a day of the calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a day in the form 2026-11-21: {0}")]
pub struct DateError(String);

impl Date {
    /// The day on which an instant falls in Japan.
    #[must_use]
    pub fn in_japan(time: Time) -> Self {
        let (year, month, day, ..) = time.plus_seconds(JAPAN_SECONDS).utc();
        let small = |number: u8| i8::try_from(number).unwrap_or(1);
        // The calendar of an instant always has its day.
        Self(jiff::civil::Date::new(year, small(month), small(day)).unwrap_or(jiff::civil::Date::ZERO))
    }

    /// Whole days from `earlier` to this one; negative if it is later.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        let span = self.0.duration_since(earlier.0);
        span.as_hours() / 24
    }

    /// Later by so many days; the same day where the calendar ends.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        self.0.checked_add(jiff::SignedDuration::from_hours(days.saturating_mul(24))).map_or(self, Self)
    }

    /// The last second of the day in Japan.
    #[must_use]
    pub fn end_in_japan(self) -> Time {
        let part = |number: i8| u8::try_from(number).unwrap_or(1);
        let midnight =
            Time::from_utc((self.0.year(), part(self.0.month()), part(self.0.day())), (23, 59, 59), 0);
        midnight.map_or(Time::LATEST, |end| end.plus_seconds(-JAPAN_SECONDS))
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let unreadable = || DateError(text.to_owned());
        // The parser would also take a date with a time behind it.
        if text.len() != "2026-11-21".len() {
            return Err(unreadable());
        }
        text.parse().map(Self).map_err(|_| unreadable())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_begins_at_midnight_in_japan() {
        let day = |time: &str| Date::in_japan(time.parse().unwrap());
        assert_eq!(day("2026-11-20T14:59:59Z"), date("2026-11-20"));
        assert_eq!(day("2026-11-20T15:00:00Z"), date("2026-11-21"));
        assert_eq!(Date::in_japan(date("2028-02-29").end_in_japan()), date("2028-02-29"));
        assert_eq!(date("2026-11-20").end_in_japan().to_string(), "2026-11-20T14:59:59Z");
    }

    #[test]
    fn days_are_counted_over_months_and_leap_years() {
        assert_eq!(date("2028-03-01").days_since(date("2028-02-28")), 2);
        assert_eq!(date("2026-01-01").days_since(date("2026-01-03")), -2);
        assert_eq!(date("2026-12-31").plus_days(2), date("2027-01-02"));
    }

    #[test]
    fn only_a_plain_day_is_one() {
        for text in ["2026-11-21T10:00:00Z", "2026-02-30", "20261121", "21.11.2026", ""] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }
}
