//! One kind of instant, and a type for each role an instant can play.
//!
//! The claimed signing time is a statement by the signer; the generation time one by a time-stamp
//! authority; the validation time is chosen by whoever asks. Mixing them up is the classic way to a
//! wrong "valid", so they don't convert into each other silently.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// An instant in UTC with nanosecond resolution, written as RFC 3339.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(Timestamp);

/// The text is not an RFC 3339 time, or the time lies outside the years -9999 to 9999.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time: {0}")]
pub struct TimeError(String);

impl Time {
    /// The latest instant there is.
    pub const LATEST: Self = Self(Timestamp::MAX);

    /// From seconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// When the calendar has no such instant.
    pub fn from_unix_seconds(seconds: i64) -> Result<Self, TimeError> {
        Timestamp::from_second(seconds).map(Self).map_err(|_| TimeError(seconds.to_string()))
    }

    /// From a calendar date and time in UTC, as ASN.1 times and PDF dates give it. Leap second 60 is
    /// read as 59, since no time scale here has it.
    ///
    /// # Errors
    /// When the calendar has no such instant.
    pub fn from_utc(date: (i16, u8, u8), clock: (u8, u8, u8), nanoseconds: u32) -> Result<Self, TimeError> {
        let instant = || {
            let [month, day, hour, minute, second] =
                [date.1, date.2, clock.0, clock.1, clock.2.min(59)].map(|part| i8::try_from(part).ok());
            let nanoseconds = i32::try_from(nanoseconds).ok()?;
            let date = Date::new(date.0, month?, day?).ok()?;
            let clock = jiff::civil::Time::new(hour?, minute?, second?, nanoseconds).ok()?;
            Offset::UTC.to_timestamp(date.to_datetime(clock)).ok()
        };
        let exists = date.0 >= 0 && clock.2 <= 60;
        instant().filter(|_| exists).map(Self).ok_or_else(|| {
            let ((year, month, day), (hour, minute, second)) = (date, clock);
            TimeError(format!(
                "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanoseconds:09}Z"
            ))
        })
    }

    /// Seconds since 1970-01-01T00:00:00Z, the fraction cut off.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.as_second()
    }

    /// Nanoseconds within the second.
    #[must_use]
    pub fn subsecond_nanoseconds(self) -> i32 {
        self.0.subsec_nanosecond()
    }

    /// Later by so many seconds (earlier if negative); clamped to the calendar's ends.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        let total = self.unix_seconds().saturating_add(seconds);
        Timestamp::from_second(total.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second()))
            .ok()
            .and_then(|t| {
                t.checked_add(jiff::SignedDuration::from_nanos(i64::from(self.subsecond_nanoseconds()))).ok()
            })
            .map_or(self, Self)
    }

    /// Seconds from `earlier` to `self`, rounded towards zero.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> i64 {
        self.0.duration_since(earlier.0).as_secs()
    }

    /// Year, month, day, hour, minute, second in UTC.
    #[must_use]
    pub fn utc(self) -> (i16, u8, u8, u8, u8, u8) {
        let civil = jiff::tz::TimeZone::UTC.to_datetime(self.0);
        let part = |value: i8| u8::try_from(value).unwrap_or(0);
        (
            civil.year(),
            part(civil.month()),
            part(civil.day()),
            part(civil.hour()),
            part(civil.minute()),
            part(civil.second()),
        )
    }
}

impl FromStr for Time {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        text.parse().map(Self).map_err(|_| TimeError(text.to_owned()))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! role {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Time);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

role!(
    /// When the judgement is made: given by the caller, never taken from the signed object.
    ValidationTime
);
role!(
    /// What the signer says about when it was signed (`/M`, signing-time): a claim.
    ClaimedSigningTime
);
role!(
    /// The generation time of a time-stamp token (RFC 3161 §2.4.2).
    GenTime
);
role!(
    /// The earliest time at which the signature is proven to exist (EN 319 102-1: best-signature-time).
    BestSignatureTime
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_and_text_agree() {
        let time = Time::from_utc((2026, 11, 21), (9, 30, 5), 250_000_000).unwrap();
        assert_eq!(time.to_string(), "2026-11-21T09:30:05.25Z");
        assert_eq!(time.utc(), (2026, 11, 21, 9, 30, 5));
        assert_eq!("2026-11-21T18:30:05.25+09:00".parse::<Time>().unwrap(), time);
    }

    #[test]
    fn impossible_dates_are_refused() {
        assert!(Time::from_utc((2025, 2, 29), (0, 0, 0), 0).is_err());
        assert!(Time::from_utc((2025, 2, 28), (0, 0, 61), 0).is_err());
        assert!(Time::from_utc((2016, 12, 31), (23, 59, 60), 0).is_ok());
    }

    #[test]
    fn differences_keep_the_sign() {
        let a: Time = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(a.plus_seconds(-90).seconds_since(a), -90);
    }
}
