//! Past validation (EN 319 102-1): what was valid once and is proven to have existed then.
//!
//! [`certificate`] looks for a path that was valid while all its certificates were, [`control_time`] slides
//! back to the time until which the path is known to have been good, [`signature`] compares that time with the
//! proofs of existence, and [`stamps`] goes through the time stamps, newest first, each bringing the proofs for
//! those before it.

pub(crate) mod certificate;
pub(crate) mod control_time;
pub(crate) mod signature;
pub(crate) mod stamps;

use crate::{Conclusion, SubIndication};

/// The results with which past validation goes on (EN 319 102-1). For time stamps the same as for signatures: the
/// standard leaves out TRY_LATER there, but revocation data inside a document are always older than its next
/// judgement, so that without it no token would ever be looked at again.
pub(crate) fn may_continue(current: Conclusion) -> bool {
    use SubIndication as Sub;
    matches!(
        current,
        Conclusion::Indeterminate(
            Sub::RevokedNoPoe
                | Sub::RevokedCaNoPoe
                | Sub::OutOfBoundsNoPoe
                | Sub::OutOfBoundsNotRevoked
                | Sub::CryptoConstraintsFailureNoPoe
                | Sub::RevocationOutOfBoundsNoPoe
                | Sub::TryLater
                | Sub::NoCertificateChainFoundNoPoe
        )
    )
}
