//! Dates (ISO 32000-2, 7.9.4): `D:YYYYMMDDHHmmSSOHH'mm`.

use hsign_core::Time;

/// The instant a date string names; parts after the year may be missing, a missing zone is read as UTC.
#[must_use]
pub fn parse(text: &str) -> Option<Time> {
    let text = text.trim();
    let text = text.strip_prefix("D:").unwrap_or(text);
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let zone = text.get(digits.len()..)?;
    let part = |range: std::ops::Range<usize>, default: u8| match digits.get(range) {
        Some(part) => part.parse().ok(),
        None => Some(default),
    };
    if digits.len() < 4 || digits.len() > 14 || !digits.len().is_multiple_of(2) {
        return None;
    }
    let year = digits.get(..4)?.parse().ok()?;
    let date = (year, part(4..6, 1)?, part(6..8, 1)?);
    let clock = (part(8..10, 0)?, part(10..12, 0)?, part(12..14, 0)?);
    let local = Time::from_utc(date, clock, 0).ok()?;
    Some(local.plus_seconds(-offset(zone)?))
}

/// Seconds east of UTC.
fn offset(zone: &str) -> Option<i64> {
    let mut characters = zone.chars();
    let sign = match characters.next() {
        None | Some('Z' | 'z') => return Some(0),
        Some('+') => 1,
        Some('-') => -1,
        Some(_) => return None,
    };
    let digits: String = characters.filter(|character| *character != '\'').collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(digits.len(), 2 | 4) {
        return None;
    }
    let hours: i64 = digits.get(..2)?.parse().ok()?;
    let minutes: i64 = digits.get(2..4).map_or(Ok(0), str::parse).ok()?;
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}

/// A date string in UTC.
#[must_use]
pub fn format(time: Time) -> String {
    let (year, month, day, hour, minute, second) = time.utc();
    format!("D:{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}+00'00'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_with_and_without_zone_are_read() {
        let noon: Time = "2026-11-21T03:00:00Z".parse().unwrap();
        for text in
            ["D:20261121120000+09'00'", "D:20261121120000+09'00", "20261121120000+0900", "D:20261121030000Z"]
        {
            assert_eq!(parse(text), Some(noon), "{text}");
        }
        assert_eq!(parse("D:2026"), "2026-01-01T00:00:00Z".parse().ok());
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "D:", "D:20261321", "D:20261121120000+9", "D:202", "tomorrow", "D:20261121é"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn written_dates_are_read_back() {
        let time: Time = "2026-11-21T03:04:05Z".parse().unwrap();
        assert_eq!(format(time), "D:20261121030405+00'00'");
        assert_eq!(parse(&format(time)), Some(time));
    }
}
