//! The clock that PKI, CRLs and time stamps share, and that tests set.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// A time in whole seconds since 1970-01-01T00:00:00Z.
pub type Seconds = i64;

/// Days as [`Seconds`].
pub const DAY: Seconds = 86_400;

/// Years (of 365.25 days) as [`Seconds`].
pub const YEAR: Seconds = 31_557_600;

#[derive(Clone, Copy, Debug)]
enum Running {
    /// The system's time plus an offset.
    System(Seconds),
    /// Stands still.
    Fixed(Seconds),
}

/// A clock; clones show, and set, the same time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<Running>>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(Arc::new(Mutex::new(Running::System(0))))
    }

    /// A clock that stands at `seconds` until it is set or advanced.
    pub fn fixed(seconds: Seconds) -> Self {
        Self(Arc::new(Mutex::new(Running::Fixed(seconds))))
    }

    /// Stops the clock at `seconds`.
    pub fn set(&self, seconds: Seconds) {
        *self.lock() = Running::Fixed(seconds);
    }

    /// Moves the clock (back, if negative); a running clock keeps running.
    pub fn advance(&self, seconds: Seconds) {
        let mut running = self.lock();
        *running = match *running {
            Running::System(offset) => Running::System(offset + seconds),
            Running::Fixed(at) => Running::Fixed(at + seconds),
        };
    }

    /// What the clock shows.
    pub fn now(&self) -> Seconds {
        match *self.lock() {
            Running::Fixed(at) => at,
            Running::System(offset) => system_seconds() + offset,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

fn system_seconds() -> Seconds {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|elapsed| Seconds::try_from(elapsed.as_secs()).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_time() {
        let clock = Clock::fixed(100);
        let other = clock.clone();
        clock.advance(5);
        assert_eq!(other.now(), 105);
        other.set(7);
        assert_eq!(clock.now(), 7);
    }
}
