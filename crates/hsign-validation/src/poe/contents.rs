//! What stands inside what, so that a proof for the outer thing becomes one for the inner.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

use hsign_core::facts::{Covered, DocumentFacts, EvidenceFacts, SignedObject, TimestampFacts};
use hsign_core::{Digest, DigestAlgorithm, Octets};
use hsign_crypto::{digest, sha256};

use super::ProvenObject;

/// The objects of a document by their names. Each piece of evidence is hashed once.
pub(crate) struct Contents<'f> {
    signatures: HashMap<&'f str, Inside<'f>>,
    timestamps: HashMap<&'f str, Inside<'f>>,
    records: HashMap<&'f str, Vec<&'f str>>,
    /// Evidence under other digests than SHA-256 that something refers to it by.
    by_digest: HashMap<Digest, [u8; 32]>,
}

/// A signature or token: what it carries, and the certificates that it names by digest.
struct Inside<'f> {
    evidence: Option<&'f EvidenceFacts>,
    /// Its names, made when first asked for: without time stamps nobody does.
    carried: OnceCell<Vec<[u8; 32]>>,
    referred: Vec<&'f Digest>,
}

impl<'f> Contents<'f> {
    pub(crate) fn of(facts: &'f DocumentFacts) -> Self {
        let signatures = facts.signatures.iter();
        let signatures: HashMap<_, _> = signatures
            .map(|signature| (signature.id.as_str(), Inside::of(signature.signed.as_ref())))
            .collect();
        let timestamps: HashMap<_, _> = all_timestamps(facts)
            .map(|stamp| (stamp.id.as_str(), Inside::of(stamp.read.as_ref().map(|read| &read.signed))))
            .collect();
        let records = facts.evidence_records.iter();
        let records = records
            .map(|record| {
                let stamps = record.chains.iter().flat_map(|chain| &chain.timestamps);
                (record.id.as_str(), stamps.map(|stamp| stamp.timestamp.id.as_str()).collect())
            })
            .collect();
        Self { signatures, timestamps, records, by_digest: by_digest(facts) }
    }

    /// Everything whose existence follows from that of `covered`. With `whole`, a signature is covered with the
    /// container around it, certificates and all; without, only by its value and what that signs.
    pub(crate) fn inside(
        &self,
        covered: &Covered,
        whole: bool,
        digest_was_good: &dyn Fn(DigestAlgorithm) -> bool,
    ) -> Vec<ProvenObject> {
        match covered {
            Covered::SignatureValue { signature } => {
                let mut found = vec![
                    ProvenObject::Signature(signature.clone()),
                    ProvenObject::SignedData(signature.clone()),
                ];
                if let Some(inside) = self.signatures.get(signature.as_str()) {
                    found.extend(self.referred(inside, digest_was_good));
                    if whole {
                        found.extend(inside.carried());
                    }
                }
                found
            }
            Covered::SignedData { signature } => vec![ProvenObject::SignedData(signature.clone())],
            Covered::Timestamp { timestamp } => self.token(timestamp, digest_was_good),
            Covered::EvidenceRecord { record } => {
                let tokens = self.records.get(record.as_str()).into_iter().flatten();
                std::iter::once(ProvenObject::EvidenceRecord(record.clone()))
                    .chain(tokens.flat_map(|token| self.token(token, digest_was_good)))
                    .collect()
            }
            // References of older formats name evidence by digests of their own, some long weak.
            Covered::Evidence { digest } if digest_was_good(digest.algorithm) => {
                self.evidence(digest).into_iter().collect()
            }
            // Formats name what is inside one by one.
            _ => Vec::new(),
        }
    }

    fn token(&self, id: &str, digest_was_good: &dyn Fn(DigestAlgorithm) -> bool) -> Vec<ProvenObject> {
        let mut found = vec![ProvenObject::Timestamp(id.to_owned())];
        if let Some(inside) = self.timestamps.get(id) {
            found.extend(inside.carried());
            found.extend(self.referred(inside, digest_was_good));
        }
        found
    }

    fn referred(
        &self,
        inside: &Inside<'_>,
        digest_was_good: &dyn Fn(DigestAlgorithm) -> bool,
    ) -> Vec<ProvenObject> {
        let good = inside.referred.iter().filter(|digest| digest_was_good(digest.algorithm));
        good.filter_map(|digest| self.evidence(digest)).collect()
    }

    fn evidence(&self, digest: &Digest) -> Option<ProvenObject> {
        if digest.algorithm == DigestAlgorithm::Sha256 {
            return digest.value.as_slice().try_into().ok().map(ProvenObject::Evidence);
        }
        self.by_digest.get(digest).copied().map(ProvenObject::Evidence)
    }
}

impl<'f> Inside<'f> {
    fn of(signed: Option<&'f SignedObject>) -> Self {
        let references = signed.map(|signed| signed.certificate_references.as_slice()).unwrap_or_default();
        Self {
            evidence: signed.map(|signed| &signed.evidence),
            carried: OnceCell::new(),
            referred: references.iter().map(|reference| &reference.digest).collect(),
        }
    }

    fn carried(&self) -> impl Iterator<Item = ProvenObject> + '_ {
        let carried = self.carried.get_or_init(|| {
            let carried = self.evidence.into_iter().flat_map(pieces);
            carried.map(|bytes| sha256(bytes.as_slice())).collect()
        });
        carried.iter().copied().map(ProvenObject::Evidence)
    }
}

/// Every token of the document, wherever it stands.
pub(crate) fn all_timestamps(facts: &DocumentFacts) -> impl Iterator<Item = &TimestampFacts> {
    let of_signatures = facts.signatures.iter().flat_map(|signature| &signature.timestamps);
    let chains = facts.evidence_records.iter().flat_map(|record| &record.chains);
    let of_records = chains.flat_map(|chain| &chain.timestamps).map(|stamp| &stamp.timestamp);
    facts.timestamps.iter().chain(of_signatures).chain(of_records)
}

fn pieces(evidence: &EvidenceFacts) -> impl Iterator<Item = &Octets> {
    evidence.certificates.iter().chain(&evidence.crls).chain(&evidence.ocsp_responses)
}

/// Hashes the evidence under the other functions that references and coverage use.
fn by_digest(facts: &DocumentFacts) -> HashMap<Digest, [u8; 32]> {
    let signed_objects = || {
        let of_signatures = facts.signatures.iter().filter_map(|signature| signature.signed.as_ref());
        let of_tokens = all_timestamps(facts).filter_map(|stamp| stamp.read.as_ref());
        of_signatures.chain(of_tokens.map(|read| &read.signed))
    };
    let covered = all_timestamps(facts).flat_map(|stamp| &stamp.covers);
    let covered = covered.chain(facts.evidence_records.iter().flat_map(|record| &record.covers));
    let of_coverage = covered.filter_map(|covered| match covered {
        Covered::Evidence { digest } => Some(digest.algorithm),
        _ => None,
    });
    let references = signed_objects().flat_map(|signed| &signed.certificate_references);
    let algorithms: BTreeSet<_> = of_coverage
        .chain(references.map(|reference| reference.digest.algorithm))
        .filter(|algorithm| *algorithm != DigestAlgorithm::Sha256)
        .collect();
    let mut found = HashMap::new();
    if algorithms.is_empty() {
        return found;
    }
    let of_records = facts.evidence_records.iter().map(|record| &record.evidence);
    let everywhere = std::iter::once(&facts.evidence)
        .chain(signed_objects().map(|signed| &signed.evidence))
        .chain(of_records);
    for bytes in everywhere.flat_map(pieces) {
        let identity = sha256(bytes.as_slice());
        for algorithm in &algorithms {
            if let Ok(digest) = digest(*algorithm, bytes.as_slice()) {
                found.insert(digest, identity);
            }
        }
    }
    found
}
