//! Baseline levels above what the CMS alone shows (EN 319 142-1), by presence.

use hsign_core::facts::{Coverage, Level, SignatureFacts};
use hsign_pdf::SignatureDictionary;

use crate::dss::{Kind, Store};
use crate::timestamp::end;

/// Raises the level of a B-B or B-T signature by the security store and the document time stamps.
pub(crate) fn raise(
    facts: &mut SignatureFacts,
    dictionary: &SignatureDictionary,
    timestamps: &[&SignatureDictionary],
    store: &Store,
) {
    let later: Vec<_> = timestamps
        .iter()
        .filter(|timestamp| timestamp.coverage != Coverage::Partial && end(timestamp) > end(dictionary))
        .collect();
    if facts.level == Level::BB && !later.is_empty() {
        facts.level = Level::BT;
    }
    let mut revocation = store.pieces.iter().filter(|piece| piece.kind != Kind::Certificate).peekable();
    if facts.level == Level::BT && revocation.peek().is_some() {
        let last = later.iter().filter_map(|timestamp| end(timestamp)).max();
        let covered = revocation.any(|piece| last.is_some_and(|last| piece.end <= last));
        facts.level = if covered { Level::BLta } else { Level::BLt };
    }
}
