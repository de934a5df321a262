//! Time stamps of CAdES's older forms (RFC 5126 §6.3.5, §6.4.1): over octets as they stood.

use hsign_asn1::encode;
use hsign_cms::Attribute;
use hsign_core::facts::{Covered, TimestampFacts, TimestampKind};
use hsign_core::{Digest, DigestAlgorithm, read_windows};
use hsign_crypto::Hasher;
use hsign_tsp::{SIGNATURE_TIMESTAMP, Token};

use super::{Archive, Signer, hash, not_judged};
use crate::Error;
use crate::oid::{CERTIFICATE_REFERENCES, REVOCATION_REFERENCES};
use crate::timestamps;
use crate::unsigned::{Spot, Stamp, StampKind};

pub(crate) fn facts(archive: &Archive<'_>, signer: &Signer<'_>, stamp: &Stamp) -> TimestampFacts {
    let imprint = Token::parse(&stamp.token).ok().and_then(|token| token.info().imprint());
    let reading = imprint.as_ref().and_then(|imprint| match stamp.kind {
        StampKind::Esc => Some(Reading::of_references(signer, imprint, true)),
        StampKind::References => Some(Reading::of_references(signer, imprint, false)),
        StampKind::ArchiveV2 | StampKind::LongTerm => as_it_stood(archive, signer, stamp, imprint),
        _ => None,
    });
    let known = matches!(stamp.kind, StampKind::Esc | StampKind::References | StampKind::ArchiveV2)
        || reading.as_ref().is_some_and(|reading| reading.digest == imprint);
    let reading = reading.filter(|_| known);
    let mut digest = |_| reading.as_ref().and_then(|reading| reading.digest.clone());
    let id = stamp.id.clone();
    let mut facts = timestamps::facts(id, TimestampKind::Archive, &stamp.token, Vec::new(), &mut digest);
    if !known {
        facts.findings.push(not_judged(stamp.kind));
    }
    facts.covers = reading.map_or_else(Vec::new, |reading| reading.covers);
    facts
}

/// One way to understand what an imprint is over.
struct Reading {
    digest: Option<Digest>,
    covers: Vec<Covered>,
}

impl Reading {
    /// RFC 5126 §6.3.5, §6.3.6: with the signature and its time stamps, or the references alone; each attribute with type
    /// and values but without the SEQUENCE around them. Some writers take them in the order in which they stand.
    fn of_references(signer: &Signer<'_>, imprint: &Digest, with_signature: bool) -> Self {
        let stamped = if with_signature { &[SIGNATURE_TIMESTAMP][..] } else { &[] };
        let wanted: Vec<&str> =
            stamped.iter().copied().chain([CERTIFICATE_REFERENCES, REVOCATION_REFERENCES]).collect();
        let attributes = signer.info.unsigned_attributes();
        let in_order = wanted.iter().flat_map(|oid| attributes.of_type(oid));
        let as_they_stand = attributes.all().iter().filter(|one| wanted.contains(&one.oid.as_str()));
        let value = if with_signature { signer.info.signature() } else { &[] };
        let digest = |attributes: Vec<&Attribute>| {
            let parts: Vec<&[u8]> =
                std::iter::once(value).chain(attributes.into_iter().map(Attribute::contents)).collect();
            hash(imprint.algorithm, &parts).ok()
        };
        let standing = digest(as_they_stand.collect());
        let digest = if standing.as_ref() == Some(imprint) { standing } else { digest(in_order.collect()) };
        let mut covers = Vec::new();
        if with_signature {
            covers.push(Covered::SignatureValue { signature: signer.id.to_owned() });
            let own = signer.unsigned.stamps.iter().filter(|stamp| stamp.kind == StampKind::Signature);
            covers.extend(own.map(|stamp| Covered::Timestamp { timestamp: stamp.id.clone() }));
        }
        Self { digest, covers }
    }
}

/// RFC 5126 §6.4.1: encapContentInfo, detached content, certificates, crls, and the SignerInfo with the unsigned
/// attributes of that time. Which of those here are of that time, and whether the set's own tag and length belong to it, is
/// read in several ways; the one that the imprint bears out counts.
fn as_it_stood(
    archive: &Archive<'_>,
    signer: &Signer<'_>,
    stamp: &Stamp,
    imprint: &Digest,
) -> Option<Reading> {
    let common = common_part(archive, signer, imprint.algorithm).ok().flatten()?;
    let mut first = None;
    for kept in selections(signer, stamp) {
        let attributes = signer.info.unsigned_attributes().all();
        let octets: Vec<&[u8]> = attributes
            .iter()
            .enumerate()
            .filter(|(position, _)| kept.get(*position) == Some(&true))
            .map(|(_, attribute)| attribute.bytes.as_slice())
            .collect();
        let bare = octets.concat();
        let tagged = if bare.is_empty() { Vec::new() } else { encode::tlv(0xA1, &bare) };
        let length = (bare.len() as u64).saturating_mul(2);
        archive.budget.borrow_mut().spend(length).ok()?;
        for tail in [tagged, bare] {
            let mut hasher = common.clone();
            hasher.update(&tail).ok()?;
            let digest = hasher.finish().ok()?;
            let holds = digest == *imprint;
            if holds || first.is_none() {
                let covers = covers(archive, signer, &kept);
                first = Some(Reading { digest: Some(digest), covers });
            }
            if holds {
                return first;
            }
        }
    }
    first
}

fn covers(archive: &Archive<'_>, signer: &Signer<'_>, kept: &[bool]) -> Vec<Covered> {
    let mut covers = vec![Covered::SignatureValue { signature: signer.id.to_owned() }];
    covers.extend(archive.names.0.iter().chain(&archive.names.1).cloned());
    covers.extend(signer.unsigned.covered(&|spot: Spot| kept.get(spot.attribute) == Some(&true)));
    covers
}

/// Which attributes were there: those before it, or all but archive time stamps that aren't older.
fn selections(signer: &Signer<'_>, stamp: &Stamp) -> Vec<Vec<bool>> {
    let count = signer.info.unsigned_attributes().all().len();
    let before: Vec<bool> = (0..count).map(|position| position < stamp.spot.attribute).collect();
    let time = stamp.time();
    let mut older = vec![true; count];
    for other in signer.unsigned.stamps.iter().filter(|other| other.kind.is_archive()) {
        let is_older = other.time() < time && other.spot != stamp.spot;
        if let Some(kept) = older.get_mut(other.spot.attribute) {
            *kept &= is_older;
        }
    }
    // Countersignatures and references that came with a renewal stand behind it, values in between.
    if before == older { vec![before] } else { vec![before, older] }
}

/// Everything up to the unsigned attributes; `None` without the content.
fn common_part(
    archive: &Archive<'_>,
    signer: &Signer<'_>,
    algorithm: DigestAlgorithm,
) -> Result<Option<Hasher>, Error> {
    if !archive.contents.is_at_hand() {
        return Ok(None);
    }
    let known = archive.common.borrow().get(&algorithm).cloned();
    let mut hasher = match known {
        Some(hasher) => hasher,
        None => {
            let hasher = before_signers(archive, algorithm)?;
            archive.common.borrow_mut().insert(algorithm, hasher.clone());
            hasher
        }
    };
    hasher.update(signer.info.signed_fields())?;
    Ok(Some(hasher))
}

fn before_signers(archive: &Archive<'_>, algorithm: DigestAlgorithm) -> Result<Hasher, Error> {
    let mut hasher = Hasher::new(algorithm)?;
    let layout = archive.layout;
    range(archive, layout.encapsulated.start, layout.encapsulated.end, &mut hasher)?;
    if layout.content.is_none() {
        let mut failed = Ok(());
        archive.contents.read(&mut |part| {
            if failed.is_ok() {
                failed = hasher.update(part);
            }
        })?;
        failed?;
    }
    for place in [layout.certificates, layout.crls].into_iter().flatten() {
        range(archive, place.start, place.end, &mut hasher)?;
    }
    Ok(hasher)
}

fn range(archive: &Archive<'_>, start: u64, end: u64, hasher: &mut Hasher) -> Result<(), Error> {
    read_windows(archive.source, start..end, |window| Ok(hasher.update(window)?))
}
