//! Durations as they are typed.

use hsign::Duration;

use crate::failure::Usage;

/// Seconds of `90s`, `30m`, `36h`, `4d`, `2w`.
pub(crate) fn seconds(text: &str) -> Result<i64, Usage> {
    let duration: Result<Duration, _> = text.parse();
    duration.map(Duration::as_seconds).map_err(|_| Usage::NotADuration { text: text.to_owned() })
}
