//! Facts of one document time stamp (EN 319 142-1).

use hsign_core::DigestAlgorithm;
use hsign_core::facts::{Coverage, Covered, SignatureFacts, TimestampFacts, TimestampKind};
use hsign_pdf::{SignatureDictionary, SignatureField};
use hsign_tsp::{Token, token_facts};

use crate::dss::Store;
use crate::ranges::{RangeDigests, ranges};
use crate::rules::padding;

/// Asks for the digest that the imprint names.
pub(crate) fn want(dictionary: &SignatureDictionary, length: u64, digests: &mut RangeDigests) {
    let Some(ranges) = ranges(dictionary.byte_range, length) else { return };
    token_facts(&dictionary.contents, &mut |algorithm: DigestAlgorithm| {
        digests.want(algorithm, &ranges);
        None
    });
}

pub(crate) fn facts(
    field: &SignatureField,
    dictionary: &SignatureDictionary,
    length: u64,
    digests: &RangeDigests,
) -> TimestampFacts {
    let ranges = ranges(dictionary.byte_range, length);
    let mut digest = |algorithm| digests.get(algorithm, ranges.as_deref()?);
    let (read, found) = token_facts(&dictionary.contents, &mut digest);
    let mut findings = field.findings.clone();
    findings.extend(dictionary.findings.iter().cloned());
    findings.extend(found);
    let token = match Token::parse(&dictionary.contents) {
        Ok(token) => {
            let encoded = token.signed_data().encoded_length();
            findings.extend(padding(&dictionary.contents, encoded));
            token.bytes().to_vec()
        }
        Err(_) => dictionary.contents.clone(),
    };
    TimestampFacts {
        id: field.name.clone(),
        kind: TimestampKind::Document,
        token: token.into(),
        covers: covers(dictionary),
        read,
        findings,
    }
}

/// Everything up to the end of the byte range: the hole in it holds the token itself.
fn covers(dictionary: &SignatureDictionary) -> Vec<Covered> {
    match (dictionary.coverage, end(dictionary)) {
        (Coverage::WholeDocument | Coverage::WholeRevision, Some(length)) => {
            vec![Covered::DocumentPrefix { length }]
        }
        _ => Vec::new(),
    }
}

/// What stands in the document besides this stamp, with where its bytes end.
pub(crate) struct Inside<'a> {
    /// Signatures and their dictionaries.
    pub(crate) signatures: &'a [(SignatureFacts, Option<&'a SignatureDictionary>)],
    /// Ids of the document's time stamps and their ends.
    pub(crate) stamps: &'a [(String, Option<u64>)],
    pub(crate) store: &'a Store,
}

/// A prefix of the document covers whatever stands inside it: signatures, the time stamps on them, earlier document
/// time stamps, validation data.
pub(crate) fn add_what_is_inside(
    facts: &mut TimestampFacts,
    stamp: &SignatureDictionary,
    inside: &Inside<'_>,
) {
    let Some(prefix) = end(stamp).filter(|_| !facts.covers.is_empty()) else { return };
    let signatures = inside
        .signatures
        .iter()
        .filter(|(_, dictionary)| dictionary.and_then(end).is_some_and(|signed| signed < prefix));
    for (signature, _) in signatures {
        facts.covers.push(Covered::SignatureValue { signature: signature.id.clone() });
        let own = signature.timestamps.iter().map(|own| own.id.clone());
        facts.covers.extend(own.map(|timestamp| Covered::Timestamp { timestamp }));
    }
    let stamps = inside.stamps.iter().filter(|(_, end)| end.is_some_and(|end| end < prefix));
    facts.covers.extend(stamps.map(|(id, _)| Covered::Timestamp { timestamp: id.clone() }));
    let pieces = inside.store.pieces.iter().filter(|piece| piece.end <= prefix);
    facts.covers.extend(pieces.map(|piece| Covered::Evidence { digest: piece.digest.clone() }));
}

/// Where the byte range ends.
pub(crate) fn end(dictionary: &SignatureDictionary) -> Option<u64> {
    let [_, _, start, length] = dictionary.byte_range?;
    start.checked_add(length)
}
