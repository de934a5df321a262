//! Baseline levels above what the CMS alone shows (EN 319 142-1), by presence.

use hsign_core::facts::{Coverage, EvidenceFacts, Level, SignatureFacts};
use hsign_pdf::{Document, SignatureDictionary};

use crate::timestamp::end;

/// Raises the level of a B-B or B-T signature by the security store and the document time stamps.
pub(crate) fn raise(
    document: &Document<'_>,
    facts: &mut SignatureFacts,
    dictionary: &SignatureDictionary,
    timestamps: &[&SignatureDictionary],
    store: &EvidenceFacts,
) {
    let later: Vec<_> = timestamps
        .iter()
        .filter(|timestamp| timestamp.coverage != Coverage::Partial && end(timestamp) > end(dictionary))
        .collect();
    if facts.level == Level::BB && !later.is_empty() {
        facts.level = Level::BT;
    }
    let has_revocation = !store.crls.is_empty() || !store.ocsp_responses.is_empty();
    if facts.level == Level::BT && has_revocation {
        let covered = later.iter().any(|timestamp| has_store(document, timestamp.revision));
        facts.level = if covered { Level::BLta } else { Level::BLt };
    }
}

/// Whether the store was there in the revision that wrote the time stamp.
fn has_store(document: &Document<'_>, revision: usize) -> bool {
    document.at(revision).catalog().is_ok_and(|catalog| catalog.get("DSS").is_some())
}
