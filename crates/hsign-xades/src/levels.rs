//! Levels by presence (EN 319 132-1).

use hsign_core::facts::{Level, SignedObject, TimestampKind};

use crate::evidence::{Kind, Piece};
use crate::names::is_xades;
use crate::qualifying::Qualifying;
use crate::stamps::Stamp;

/// B-B by a signed reference to the certificate, B-T by a signature time stamp, B-LT by revocation data, B-LTA by an
/// archive time stamp over all.
pub(crate) fn of(
    signed: Option<&SignedObject>,
    qualifying: Option<&Qualifying<'_>>,
    pieces: &[Piece<'_>],
    stamps: &[Stamp<'_>],
) -> Level {
    let names_certificate = signed.is_some_and(|signed| !signed.certificate_references.is_empty());
    if !names_certificate || qualifying.is_none_or(|qualifying| qualifying.signed.is_none()) {
        return Level::Other;
    }
    let mut stamped = stamps.iter().filter(|stamp| stamp.has_token());
    if !stamped.clone().any(|stamp| stamp.facts.kind == TimestampKind::Signature) {
        return Level::BB;
    }
    if !pieces.iter().any(|piece| piece.kind != Kind::Certificate) {
        return Level::BT;
    }
    if stamped.any(Stamp::is_archive) { Level::BLta } else { Level::BLt }
}

impl Stamp<'_> {
    /// Over everything: not those over references only, which have the same kind.
    fn is_archive(&self) -> bool {
        self.element
            .ancestors()
            .take(2)
            .any(|node| is_xades(node, "ArchiveTimeStamp") || is_xades(node, "ArchiveTimeStampV2"))
    }
}
