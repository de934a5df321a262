//! Durations as they are typed.

use anyhow::{Result, bail};

use crate::failure::Usage;

/// Seconds of `90s`, `30m`, `36h`, `4d`, `2w`.
pub(crate) fn seconds(text: &str) -> Result<i64> {
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
