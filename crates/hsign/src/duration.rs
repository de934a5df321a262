//! Time spans as they are written in configurations and options: a number and a unit.

use std::str::FromStr;

use serde::Deserialize;

/// A time span, written `90s`, `5m`, `36h`, `40d`, `2w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Duration {
    seconds: i64,
}

/// It is no time span.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text} is not a time span such as 90s, 5m, 36h, 40d or 2w")]
pub struct NotADuration {
    text: String,
}

impl Duration {
    /// So many seconds.
    #[must_use]
    pub const fn seconds(seconds: u32) -> Self {
        Self { seconds: seconds as i64 }
    }

    /// So many days.
    #[must_use]
    pub const fn days(days: u32) -> Self {
        Self { seconds: days as i64 * 86_400 }
    }

    /// In seconds; never negative.
    #[must_use]
    pub fn as_seconds(self) -> i64 {
        self.seconds
    }
}

impl FromStr for Duration {
    type Err = NotADuration;

    fn from_str(text: &str) -> Result<Self, NotADuration> {
        let wrong = || NotADuration { text: text.to_owned() };
        let unit = text.chars().next_back().ok_or_else(wrong)?;
        let factor = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return Err(wrong()),
        };
        let number = text.strip_suffix(unit).and_then(|number| number.parse::<u32>().ok());
        Ok(Self { seconds: i64::from(number.ok_or_else(wrong)?) * factor })
    }
}

impl TryFrom<String> for Duration {
    type Error = NotADuration;

    fn try_from(text: String) -> Result<Self, NotADuration> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spans_have_a_unit() {
        let seconds = |text: &str| text.parse().map(Duration::as_seconds);
        assert_eq!(seconds("4d"), Ok(345_600));
        assert_eq!(seconds("36h"), Ok(129_600));
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("5m"), Ok(300));
        assert_eq!(seconds("4294967295w"), Ok(4_294_967_295 * 604_800));
        for text in ["", "4", "d", "-1d", "4年", "1.5h", "4294967296s"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
