//! Durations as they are typed.

use anyhow::bail;
use serde::Deserialize;

use crate::failure::Usage;

/// Seconds of `90s`, `30m`, `36h`, `4d`, `2w`.
pub(crate) fn seconds(text: &str) -> anyhow::Result<i64> {
    let not_a_duration = || Usage::NotADuration { text: text.to_owned() };
    let unit = text.chars().next_back().ok_or_else(not_a_duration)?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => bail!(not_a_duration()),
    };
    let number = text.strip_suffix(unit).and_then(|number| number.parse::<u32>().ok());
    Ok(i64::from(number.ok_or_else(not_a_duration)?) * factor)
}

/// A duration in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Age {
    pub(crate) seconds: u64,
}

impl TryFrom<String> for Age {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let seconds = seconds(&text).ok().and_then(|seconds| seconds.try_into().ok());
        let seconds =
            seconds.ok_or_else(|| format!("{text} is not a duration such as 90s, 30m, 36h, 4d or 2w"))?;
        Ok(Self { seconds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(seconds("4d").unwrap(), 345_600);
        assert_eq!(seconds("36h").unwrap(), 129_600);
        assert_eq!(seconds("90s").unwrap(), 90);
        for text in ["", "4", "d", "-1d", "4年", "1.5h"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
