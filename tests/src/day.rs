use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hsign_core::{Date, Time};

/// Before midnight in Japan the tests of one file wait for the next day, so that none of them sees two.
const MARGIN_SECONDS: u64 = 180;
const DAY_SECONDS: u64 = 86_400;
const JAPAN_SECONDS: u64 = 9 * 3_600;

/// The day in Japan, the same for all tests of a process.
///
/// # Panics
/// When the clock stands before 1970.
pub fn today() -> Date {
    static TODAY: OnceLock<Date> = OnceLock::new();
    let seconds = || SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    *TODAY.get_or_init(|| {
        let left = DAY_SECONDS - (seconds() + JAPAN_SECONDS) % DAY_SECONDS;
        if left < MARGIN_SECONDS {
            std::thread::sleep(Duration::from_secs(left + 1));
        }
        let now = i64::try_from(seconds()).ok().and_then(|now| Time::from_unix_seconds(now).ok());
        Date::in_japan(now.expect("a time"))
    })
}
