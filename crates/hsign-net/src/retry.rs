//! Trying again after transient failures.

use std::thread;
use std::time::Duration;

use crate::Error;
use crate::channel::Failure;

const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Calls `attempt` until it succeeds, fails for good, or `retries` more calls were made. Waits in between,
/// twice as long each time; a server's Retry-After (RFC 9110 §10.2.3) is respected up to ten seconds.
pub(crate) fn with_retries<T>(
    retries: u32,
    backoff: Duration,
    mut attempt: impl FnMut() -> Result<T, Error>,
) -> Result<T, Error> {
    let mut wait = backoff;
    for _ in 0..retries {
        match attempt() {
            Err(error) if error.is_transient() => {
                thread::sleep(asked_for(&error).unwrap_or(wait).min(LONGEST_WAIT));
                wait = wait.saturating_mul(2);
            }
            other => return other,
        }
    }
    attempt()
}

fn asked_for(error: &Error) -> Option<Duration> {
    match error {
        Error::Exchange(Failure::Status { retry_after, .. }) => *retry_after,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(retries: u32, failure: Failure) -> u32 {
        let mut calls = 0;
        let result: Result<(), Error> = with_retries(retries, Duration::ZERO, || {
            calls += 1;
            Err(failure.clone().into())
        });
        assert!(result.is_err());
        calls
    }

    #[test]
    fn only_transient_failures_are_tried_again() {
        assert_eq!(count(2, Failure::Status { status: 503, retry_after: None }), 3);
        assert_eq!(count(2, Failure::Truncated), 3);
        assert_eq!(count(0, Failure::Truncated), 1);
        assert_eq!(count(2, Failure::Status { status: 401, retry_after: None }), 1);
        assert_eq!(count(2, Failure::ServerCertificate(String::new())), 1);
        assert_eq!(count(2, Failure::TooLarge { limit: 1 }), 1);
    }
}
