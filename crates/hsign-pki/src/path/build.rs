use hsign_core::ports::SignatureVerifier;
use hsign_x509::Certificate;

use super::outcome::{PathFailures, ValidatedPath};
use super::{PathParameters, Paths};
use crate::Anchor;

/// Searches a path from `target` over `pool` to one of `anchors` and validates it; on failure backtracks
/// to the next one. `pool` is untrusted and may hold anything. [`Paths`] offers the others too.
///
/// # Errors
/// When no path is valid: every path that was tried, with every rule it broke.
pub fn build_and_validate(
    target: &Certificate,
    pool: &[Certificate],
    anchors: &[Anchor],
    parameters: &PathParameters,
    verifier: &dyn SignatureVerifier,
) -> Result<ValidatedPath, PathFailures> {
    let mut paths = Paths::new(target, pool, anchors, parameters, verifier);
    let mut valid = None;
    let failures = std::iter::from_fn(|| match paths.next()? {
        Ok(path) => {
            valid = Some(path);
            None
        }
        Err(failure) => Some(failure),
    })
    .collect();
    valid.ok_or(failures)
}
