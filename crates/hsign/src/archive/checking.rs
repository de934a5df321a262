//! A new step is believed only when the records that come of it are: some of its documents' evidence records are judged
//! by the engine before anything is put in place.

use std::collections::BTreeSet;

use hsign_archive::{Bundle, Document, Recorder, StepKind};
use hsign_core::facts::Covered;
use hsign_core::{Digest, DigestAlgorithm, Finding, ValidationTime};
use hsign_ers::ProtectedObject;
use hsign_validation::{EvidenceRecordVerdict, Indication, SubIndication};

use super::{Archive, Environment};
use crate::Error;
use crate::evidence_record::verify_record_of;

impl Archive {
    /// Judges the records of a few documents chosen by chance. `bundle` has the new step; `last` is the form of its token
    /// with all inside that its validation needs.
    pub(super) fn check_records(
        &self,
        bundle: &Bundle,
        track: &str,
        last: &[u8],
        environment: &Environment<'_>,
    ) -> Result<(), Error> {
        let recorder = Recorder::with_last(bundle, track, Some(last))?;
        let count = self.config.policy.checked_records as usize;
        for place in sample(bundle.documents().len(), count, environment)? {
            let Some(document) = bundle.documents().get(place) else { continue };
            let verdict = match recorder.record(place) {
                Ok(record) => {
                    verdict_of(&record, known_digests(bundle, track, place, document), environment)?
                }
                // Deleted before the tree was renewed.
                Err(hsign_archive::Error::Bundle(_)) if was_left_out(bundle, track, place) => continue,
                Err(error) => return Err(error.into()),
            };
            if !may_stand(&verdict) {
                let findings = verdict.timestamps().iter().flat_map(|stamp| stamp.findings());
                let why = verdict.findings().iter().chain(findings).cloned();
                let first = Finding::error("archive-new-record-fails").with("track", track);
                return Err(Error::SelfCheck(std::iter::once(first).chain(why).collect()));
            }
        }
        Ok(())
    }
}

/// Passed, or only waiting for revocation data that are newer than the stamp.
fn may_stand(verdict: &EvidenceRecordVerdict) -> bool {
    verdict.indication() == Indication::TotalPassed
        || verdict.sub_indication() == Some(SubIndication::TryLater)
}

/// The engine's answer about a record and the document as the archive knows it; its bytes are not read.
pub(super) fn verdict_of(
    record: &[u8],
    digests: Vec<Digest>,
    environment: &Environment<'_>,
) -> Result<EvidenceRecordVerdict, Error> {
    let named = digests.iter().find(|digest| digest.algorithm == DigestAlgorithm::Sha256).or(digests.first());
    let covered = named.map_or(Covered::External, |digest| Covered::Data { digest: digest.clone() });
    let object = ProtectedObject { covered, digests };
    let time = ValidationTime(environment.now());
    let verified = verify_record_of(record, &[object], environment.settings, environment.fetcher, time)?;
    Ok(verified.verdict)
}

/// All digests of a document that the bundle has: those of its table, and those under which a tree was renewed.
pub(super) fn known_digests(bundle: &Bundle, track: &str, place: usize, document: &Document) -> Vec<Digest> {
    let mut digests: Vec<_> =
        document.algorithms().filter_map(|algorithm| document.digest(algorithm)).collect();
    for step in bundle.steps(track) {
        if let StepKind::Tree { digests: renewed, .. } = step.kind()
            && let Some(digest) = renewed.get(&place)
            && !digests.contains(digest)
        {
            digests.push(digest.clone());
        }
    }
    digests
}

/// Whether a renewal of the tree was made without the document.
pub(super) fn was_left_out(bundle: &Bundle, track: &str, place: usize) -> bool {
    bundle.steps(track).iter().any(|step| match step.kind() {
        StepKind::Tree { digests, .. } => !digests.contains_key(&place),
        _ => false,
    })
}

/// So many different numbers below `of`, by chance; all where there are no more.
pub(super) fn sample(
    of: usize,
    count: usize,
    environment: &Environment<'_>,
) -> Result<BTreeSet<usize>, Error> {
    if of <= count {
        return Ok((0..of).collect());
    }
    let mut chosen = BTreeSet::new();
    while chosen.len() < count {
        let mut bytes = [0; 8];
        environment.randomness.fill(&mut bytes)?;
        let number = u64::from_be_bytes(bytes) % (of as u64);
        chosen.insert(usize::try_from(number).unwrap_or(0));
    }
    Ok(chosen)
}
