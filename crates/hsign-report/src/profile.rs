//! What profiles call things.

use hsign_core::facts::Level;
use hsign_validation::SignatureVerdict;

/// The level as the profile of an electronic prescription names it; `None` elsewhere.
pub(crate) fn profile_level(verdict: &SignatureVerdict) -> Option<&'static str> {
    if verdict.profile().map(String::as_str) != Some("eprescription") {
        return None;
    }
    match verdict.level() {
        Level::BB => Some("ES"),
        Level::BT => Some("ES-T"),
        Level::BLt => Some("ES-XL"),
        Level::BLta => Some("ES-A"),
        Level::Other => None,
    }
}
