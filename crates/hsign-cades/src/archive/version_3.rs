//! archive-time-stamp-v3 (EN 319 122-1): over the signature, its content, and what the index in the token names.

use std::collections::HashSet;

use hsign_cms::SignerInfo;
use hsign_core::facts::{Covered, TimestampFacts, TimestampKind};
use hsign_core::{Digest, DigestAlgorithm, Finding};
use hsign_tsp::Token;

use super::hash_index::{self, HashIndex};
use super::{Archive, Signer, hash};
use crate::Error;
use crate::content::bytes_at;
use crate::timestamps;
use crate::unsigned::{Spot, Stamp};

pub(crate) fn facts(archive: &Archive<'_>, signer: &Signer<'_>, stamp: &Stamp) -> TimestampFacts {
    let index = Token::parse(&stamp.token).ok().map(|token| hash_index::of(&token));
    let (index, missing) = match index {
        Some(Ok(index)) => (Some(index), None),
        Some(Err(finding)) => (None, Some(finding)),
        None => (None, None),
    };
    let mut imprinted = None;
    let mut digest = |algorithm| {
        imprinted = Some(algorithm);
        imprint(archive, signer.info, &index.as_ref()?.bytes, algorithm).ok().flatten()
    };
    let id = stamp.id.clone();
    let mut facts = timestamps::facts(id, TimestampKind::Archive, &stamp.token, Vec::new(), &mut digest);
    facts.findings.extend(missing);
    if let Some(index) = &index {
        if imprinted.is_some_and(|algorithm| algorithm != index.algorithm) {
            let finding = Finding::error("archive-timestamp-index-algorithm").clause("EN 319 122-1");
            facts.findings.push(finding.with("algorithm", index.algorithm));
        }
        facts.covers.push(Covered::SignatureValue { signature: signer.id.to_owned() });
        add_what_is_indexed(archive, signer, index, &mut facts);
    }
    facts
}

/// H( eContentType ‖ H(content) ‖ the signer's fields from version to signature ‖ ATSHashIndex ); `None` without the
/// content.
pub(crate) fn imprint(
    archive: &Archive<'_>,
    signer: &SignerInfo,
    index: &[u8],
    algorithm: DigestAlgorithm,
) -> Result<Option<Digest>, Error> {
    let Some(content) = archive.contents.digest(algorithm) else { return Ok(None) };
    let content_type = bytes_at(archive.source, &archive.layout.content_type)?;
    hash(algorithm, &[&content_type, content.value.as_slice(), signer.signed_fields(), index]).map(Some)
}

/// Every entry has to find its element; elements without an entry came later and aren't covered.
fn add_what_is_indexed(
    archive: &Archive<'_>,
    signer: &Signer<'_>,
    index: &HashIndex,
    facts: &mut TimestampFacts,
) {
    let by_hash = archive.by_hash(index.algorithm);
    let unsigned = archive.unsigned_by_hash(signer, index.algorithm, index.version);
    let mut unmatched = [("certificates", 0), ("crls", 0), ("unsigned-attributes", 0)];
    let [certificates, revocation, values] = &mut unmatched;
    for (entries, found, names, unmatched) in [
        (&index.certificates, &by_hash.0, &archive.names.0, &mut certificates.1),
        (&index.revocation, &by_hash.1, &archive.names.1, &mut revocation.1),
    ] {
        for entry in entries {
            match found.get(entry).and_then(|position| names.get(*position)) {
                Some(name) => facts.covers.push(name.clone()),
                None => *unmatched += 1,
            }
        }
    }
    let mut spots: HashSet<Spot> = HashSet::new();
    for entry in &index.unsigned {
        match unsigned.get(entry) {
            Some(found) => spots.extend(found),
            None => values.1 += 1,
        }
    }
    facts.covers.extend(signer.unsigned.covered(&|spot| spots.contains(&spot)));
    for (set, count) in unmatched.into_iter().filter(|(_, count)| *count > 0) {
        let finding = Finding::error("archive-timestamp-index-unmatched").clause("EN 319 122-1");
        facts.findings.push(finding.with("set", set).with("count", count));
    }
    facts.findings.extend(repeated(index));
}

/// An entry that stands there twice proves no more than once.
fn repeated(index: &HashIndex) -> Option<Finding> {
    let lists = [&index.certificates, &index.revocation, &index.unsigned];
    let count: usize = lists.iter().map(|list| list.len() - list.iter().collect::<HashSet<_>>().len()).sum();
    (count > 0).then(|| {
        Finding::info("archive-timestamp-index-repeated").clause("EN 319 122-1").with("count", count)
    })
}
