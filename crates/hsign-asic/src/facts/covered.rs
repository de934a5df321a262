//! What a time stamp or evidence record over files proves: what those files are, signatures and all that is in them.

use std::collections::HashSet;

use hsign_core::facts::{
    Covered, DocumentFacts, EvidenceFacts, Level, SignatureFacts, TimestampFacts, TimestampKind,
};
use hsign_core::{Budget, Digest, DigestAlgorithm, Finding};

use super::{Found, Reading};
use crate::Error;
use crate::manifest::{Manifest, Object};
use crate::roles::{Role, role};

const CLAUSE: &str = "EN 319 162-1";
pub(super) const OBJECT_CHANGED: &str = "asic-object-changed";

/// How a file stands to its digest in a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Intact,
    Changed,
    Missing,
}

pub(crate) fn state(reading: &Reading<'_, '_>, object: &Object) -> Result<State, Error> {
    let (Some(entry), Some(digest)) = (&object.entry, &object.digest) else { return Ok(State::Missing) };
    Ok(match reading.container.digest(entry, digest.algorithm)? {
        Some(actual) if actual == *digest => State::Intact,
        Some(_) => State::Changed,
        None => State::Missing,
    })
}

/// The objects that are as the manifest says, and what has to be said about the others. A changed one makes the proof
/// useless: whoever made it saw something else.
pub(crate) fn intact<'m>(
    reading: &Reading<'_, '_>,
    manifest: &'m Manifest,
) -> Result<(Vec<&'m Object>, Vec<Finding>), Error> {
    let mut findings = manifest.findings.clone();
    let mut objects = Vec::new();
    for object in &manifest.objects {
        match state(reading, object)? {
            State::Intact => objects.push(object),
            State::Changed => {
                findings.push(Finding::error(OBJECT_CHANGED).clause(CLAUSE).with("entry", object.shown()));
            }
            State::Missing => {
                findings.push(
                    Finding::warning("asic-object-missing").clause(CLAUSE).with("entry", object.shown()),
                );
            }
        }
    }
    Ok((objects, findings))
}

/// Everything inside an entry that a proof of its existence reaches.
pub(super) fn inside(found: &Found, entry: &str, digest: &Digest) -> Vec<Covered> {
    match role(entry) {
        Role::Cades | Role::Xades => found.inside.get(entry).cloned().unwrap_or_default(),
        Role::Timestamp => vec![Covered::Timestamp { timestamp: entry.to_owned() }],
        Role::EvidenceRecord => vec![Covered::EvidenceRecord { record: entry.to_owned() }],
        Role::Manifest | Role::Listing => Vec::new(),
        _ => vec![Covered::Data { digest: digest.clone() }],
    }
}

/// Everything in a signature file.
pub(super) fn of_file(facts: &DocumentFacts) -> Vec<Covered> {
    let mut covered: Vec<_> = facts.signatures.iter().flat_map(of_signature).collect();
    covered.extend(facts.timestamps.iter().map(|stamp| Covered::Timestamp { timestamp: stamp.id.clone() }));
    covered.extend(
        facts.evidence_records.iter().map(|record| Covered::EvidenceRecord { record: record.id.clone() }),
    );
    covered.extend(evidence(&facts.evidence));
    covered
}

fn of_signature(signature: &SignatureFacts) -> Vec<Covered> {
    let mut covered = vec![Covered::SignatureValue { signature: signature.id.clone() }];
    covered
        .extend(signature.timestamps.iter().map(|stamp| Covered::Timestamp { timestamp: stamp.id.clone() }));
    if let Some(signed) = &signature.signed {
        covered.extend(evidence(&signed.evidence));
    }
    covered
}

fn evidence(evidence: &EvidenceFacts) -> impl Iterator<Item = Covered> + '_ {
    let pieces = evidence.certificates.iter().chain(&evidence.crls).chain(&evidence.ocsp_responses);
    pieces.map(|bytes| Covered::Evidence {
        digest: Digest::new(DigestAlgorithm::Sha256, &hsign_crypto::sha256(bytes.as_slice())[..]),
    })
}

/// What all time stamps of a container cover, certificates and revocation data included.
const MOST_COVERED: u64 = 2_000_000;

/// Once every signature, stamp and record is known: what the stamps over manifests cover, and the levels that follow.
pub(super) fn complete(reading: &Reading<'_, '_>, found: &mut Found) -> Result<(), Error> {
    let mut budget = Budget::new("objects under time stamps", MOST_COVERED);
    let mut all = Vec::with_capacity(found.timestamps.len());
    for stamp in &found.timestamps {
        let covers = of_stamp(reading, found, stamp)?;
        budget.spend(covers.len() as u64)?;
        all.push(covers);
    }
    let mut archived = HashSet::new();
    for (stamp, covers) in found.timestamps.iter_mut().zip(all) {
        let signatures = covers.iter().filter_map(|covered| match covered {
            Covered::SignatureValue { signature } if stamp.kind == TimestampKind::Archive => {
                Some(signature.clone())
            }
            _ => None,
        });
        archived.extend(signatures);
        stamp.covers.extend(covers);
    }
    for signature in found.signatures.iter_mut().filter(|signature| signature.level == Level::BLt) {
        if archived.contains(&signature.id) {
            signature.level = Level::BLta;
        }
    }
    Ok(())
}

fn of_stamp(reading: &Reading<'_, '_>, found: &Found, stamp: &TimestampFacts) -> Result<Vec<Covered>, Error> {
    let manifests = reading.manifests_of(&stamp.id);
    let [manifest] = manifests.as_slice() else { return Ok(Vec::new()) };
    let (objects, _) = intact(reading, manifest)?;
    let named = objects.iter().filter_map(|object| object.entry.as_deref().zip(object.digest.as_ref()));
    Ok(named.flat_map(|(entry, digest)| inside(found, entry, digest)).collect())
}
