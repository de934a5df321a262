//! "No concurrent threads": a second call while one is running is refused, never queued.

use std::sync::atomic::{AtomicBool, Ordering};

static BUSY: AtomicBool = AtomicBool::new(false);

/// Held while a call runs.
pub(crate) struct Running;

impl Running {
    /// `None` when another call is running.
    pub(crate) fn enter() -> Option<Self> {
        BUSY.compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire).ok().map(|_| Self)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        BUSY.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_call_at_a_time() {
        let first = Running::enter().unwrap();
        assert!(Running::enter().is_none());
        drop(first);
        assert!(Running::enter().is_some());
    }
}
