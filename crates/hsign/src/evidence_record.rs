//! Evidence records (RFC 4998) beside the data that they protect.

use hsign_core::facts::{Covered, DocumentFacts, DocumentFormat, EvidenceRecordFacts};
use hsign_core::ports::Fetcher;
use hsign_core::{DigestAlgorithm, Finding, Source, ValidationTime};
use hsign_crypto::Hashed;
use hsign_ers::{ProtectedObject, Record};
use hsign_validation::EvidenceRecordVerdict;

use crate::{Error, Settings, judge};

/// The answer for a record and the data given with it.
#[derive(Clone, Debug)]
pub struct VerifiedRecord {
    /// What the record says.
    pub facts: EvidenceRecordFacts,
    /// The judgement: every tree, every token when the next one was made, the last one now.
    pub verdict: EvidenceRecordVerdict,
    /// For each of the data in their order, whether the record's first archive time stamp covers them.
    pub covered: Vec<bool>,
    /// Fetches that failed.
    pub findings: Vec<Finding>,
}

/// Judges a record over these data at `time`; each is read once, whatever its length.
///
/// # Errors
/// When the record or some data can't be read.
pub fn verify_evidence_record(
    record: &[u8],
    data: &[&dyn Source],
    settings: &Settings,
    fetcher: &dyn Fetcher,
    time: ValidationTime,
) -> Result<VerifiedRecord, Error> {
    let parsed = Record::parse(record)?;
    let wanted = parsed.wanted_digests();
    let objects = data.iter().map(|data| protected(*data, &wanted)).collect::<Result<Vec<_>, _>>()?;
    verify_record_of(record, &objects, settings, fetcher, time)
}

/// The same over objects whose digests are known.
pub(crate) fn verify_record_of(
    record: &[u8],
    objects: &[ProtectedObject],
    settings: &Settings,
    fetcher: &dyn Fetcher,
    time: ValidationTime,
) -> Result<VerifiedRecord, Error> {
    let document = facts_of_record(record, objects)?;
    let verified = judge(&document, settings, fetcher, time);
    let [facts] =
        <[EvidenceRecordFacts; 1]>::try_from(document.evidence_records).map_err(|_| Error::NoRecord)?;
    let verdict = verified.verdict.evidence_records().first().cloned().ok_or(Error::NoRecord)?;
    let initial = facts.chains.first().and_then(|chain| chain.timestamps.first());
    let covered = initial.map_or_else(Vec::new, |initial| {
        initial.shows.iter().map(|shown| shown.found == Some(true)).collect()
    });
    Ok(VerifiedRecord { facts, verdict, covered, findings: verified.findings })
}

/// What a record says about these data, nothing judged.
///
/// # Errors
/// When the record or some data can't be read.
pub fn evidence_record_facts(record: &[u8], data: &[&dyn Source]) -> Result<DocumentFacts, Error> {
    let parsed = Record::parse(record)?;
    let wanted = parsed.wanted_digests();
    let objects = data.iter().map(|data| protected(*data, &wanted)).collect::<Result<Vec<_>, _>>()?;
    facts_of_record(record, &objects)
}

fn facts_of_record(record: &[u8], objects: &[ProtectedObject]) -> Result<DocumentFacts, Error> {
    let parsed = Record::parse(record)?;
    let sha256 = hsign_crypto::digest(DigestAlgorithm::Sha256, record)?;
    Ok(DocumentFacts {
        evidence_records: vec![hsign_ers::facts(&parsed, "record", objects)],
        ..DocumentFacts::new(DocumentFormat::EvidenceRecord, record.len() as u64, vec![sha256])
    })
}

/// Data with the digests that a record may know them by.
pub(crate) fn protected(data: &dyn Source, wanted: &[DigestAlgorithm]) -> Result<ProtectedObject, Error> {
    let mut algorithms = wanted.to_vec();
    if !algorithms.contains(&DigestAlgorithm::Sha256) {
        algorithms.push(DigestAlgorithm::Sha256);
    }
    let digests = Hashed::over(data, &algorithms, 0)?.finish::<Error>()?;
    let named = digests.iter().find(|digest| digest.algorithm == DigestAlgorithm::Sha256);
    let covered = named.map_or(Covered::External, |digest| Covered::Data { digest: digest.clone() });
    Ok(ProtectedObject { covered, digests })
}
