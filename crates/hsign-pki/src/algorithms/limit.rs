use std::fmt;

use hsign_core::Time;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::date::Date;

/// Until when something is strong enough. Weaker ones are smaller, so that the minimum of several decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// It never was, or nobody says that it is.
    Never,
    /// Up to this moment, included.
    Until(Time),
    /// No end is known.
    NoEnd,
}

/// What something is worth at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strength {
    /// Strong enough.
    Good {
        /// The last moment at which it is; none known if absent.
        until: Option<Time>,
    },
    /// It was strong enough until `at`, which has passed: only a proof of existence from before helps.
    Ended {
        /// The last moment at which it was.
        at: Time,
    },
    /// It never was; no proof helps.
    Never,
}

impl Limit {
    /// The strength at `time`.
    #[must_use]
    pub fn at(self, time: Time) -> Strength {
        match self {
            Self::Never => Strength::Never,
            Self::Until(at) if time > at => Strength::Ended { at },
            Self::Until(until) => Strength::Good { until: Some(until) },
            Self::NoEnd => Strength::Good { until: None },
        }
    }

    /// The last good moment, where there is one.
    #[must_use]
    pub fn last_good(self) -> Option<Time> {
        match self {
            Self::Until(time) => Some(time),
            Self::Never | Self::NoEnd => None,
        }
    }
}

impl Strength {
    /// Whether it is strong enough.
    #[must_use]
    pub fn is_good(self) -> bool {
        matches!(self, Self::Good { .. })
    }
}

const NEVER: &str = "never";
const NO_END: &str = "no-end";

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str(NEVER),
            Self::Until(time) => time.fmt(f),
            Self::NoEnd => f.write_str(NO_END),
        }
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `"never"`, `"no-end"`, an RFC 3339 time, or a date: the last second of that day in Japan.
impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let date = Date::deserialize(deserializer)?;
        match date.text().as_str() {
            NEVER => Ok(Self::Never),
            NO_END => Ok(Self::NoEnd),
            _ => date.end().map(Self::Until).map_err(serde::de::Error::custom),
        }
    }
}
