//! Evidence records in unsigned attributes (RFC 4998 appendix A): over the CMS as it was before they came.

use std::collections::HashSet;

use hsign_asn1::normalise_to_der;
use hsign_cms::{Growing, SignerInfo};
use hsign_core::facts::{Covered, EvidenceFacts, EvidenceRecordFacts};
use hsign_core::{Digest, DigestAlgorithm, Finding, GenTime, Source};
use hsign_crypto::Hasher;
use hsign_ers::{ProtectedObject, Record};
use hsign_tsp::Token;

use crate::Error;
use crate::content::{Contents, read_through};
use crate::unsigned::{EmbeddedRecord, Unsigned, covered_evidence};

/// A CMS that is hashed in another encoding than its own is held in memory for that.
const LARGEST_REWRITTEN: u64 = 64 << 20;
/// Each may need passes of its own over the document.
const MOST_RECORDS: usize = 20;

pub(crate) struct Whereabouts<'a> {
    pub(crate) source: &'a dyn Source,
    pub(crate) signers: &'a [(String, &'a SignerInfo, Unsigned)],
    /// All that travels in the document.
    pub(crate) evidence: &'a EvidenceFacts,
    pub(crate) contents: &'a Contents<'a>,
}

pub(crate) fn facts(document: &Whereabouts<'_>) -> Result<Vec<EvidenceRecordFacts>, Error> {
    let mut found = Vec::new();
    for (signer, (_, _, unsigned)) in document.signers.iter().enumerate() {
        for record in &unsigned.records {
            if found.len() < MOST_RECORDS {
                found.push(document.record(signer, record)?);
            } else {
                let finding = Finding::error("evidence-record-unreadable").with("reason", "too many");
                found.push(unread(record, finding));
            }
        }
    }
    Ok(found)
}

impl Whereabouts<'_> {
    /// Writers differ in what they take for the CMS as it was: some sort the attributes anew when one comes, and with
    /// them what was there before, or hash the DER encoding. The first reading that the record bears out counts.
    fn record(&self, signer: usize, embedded: &EmbeddedRecord) -> Result<EvidenceRecordFacts, Error> {
        let record = match Record::parse(&embedded.bytes) {
            Ok(record) => record,
            Err(error) => return Ok(unread(embedded, error.finding())),
        };
        let wanted = record.wanted_digests();
        let mut first = None;
        for kept in self.selections(signer, embedded, first_time(&record)) {
            let stood = |position: usize| kept.get(position) == Some(&true);
            let mut before = Growing::open(self.source)?;
            before.keep_unsigned_attributes(signer, &stood)?;
            let mut digests_of: Vec<Vec<Digest>> = vec![digests(&before, &wanted)?];
            if before.sort_signers()? {
                digests_of.push(digests(&before, &wanted)?);
            }
            if before.length() <= LARGEST_REWRITTEN {
                let bytes = before.to_vec()?;
                let der = normalise_to_der(&bytes).map_err(hsign_cms::Error::from)?;
                if der != bytes {
                    digests_of.push(digests(&der, &wanted)?);
                }
            }
            for digests in digests_of {
                let facts = self.judged(signer, embedded, &record, &digests);
                let found = holds(&facts);
                if found || first.is_none() {
                    first = Some(self.with_all_inside(facts, signer, &stood));
                }
                if let (true, Some(facts)) = (found, &first) {
                    return Ok(facts.clone());
                }
            }
        }
        Ok(first.unwrap_or_else(|| unread(embedded, Finding::error("evidence-record-unreadable"))))
    }

    /// Which attributes were there before the record: those in front of it, or wherever a sorted set put them, all others
    /// or all without records; time stamps that are newer than the record's first one never.
    fn selections(&self, signer: usize, embedded: &EmbeddedRecord, made: Option<GenTime>) -> Vec<Vec<bool>> {
        let Some((_, info, unsigned)) = self.signers.get(signer) else { return Vec::new() };
        let own = embedded.spot.attribute;
        let holds_record =
            |position: usize| unsigned.records.iter().any(|one| one.spot.attribute == position);
        let newer: Vec<usize> = unsigned
            .stamps
            .iter()
            .filter(|stamp| stamp.time() > made)
            .map(|stamp| stamp.spot.attribute)
            .collect();
        let old = |position: usize| !newer.contains(&position);
        let rules: [&dyn Fn(usize) -> bool; 3] =
            [&|position| position < own, &|position| position != own && old(position), &|position| {
                !holds_record(position) && old(position)
            }];
        let positions = 0..info.unsigned_attributes().all().len();
        let mut found: Vec<Vec<bool>> = Vec::new();
        for rule in rules {
            let selection = positions.clone().map(rule).collect();
            if !found.contains(&selection) {
                found.push(selection);
            }
        }
        found
    }

    fn judged(
        &self,
        signer: usize,
        embedded: &EmbeddedRecord,
        record: &Record,
        digests: &[Digest],
    ) -> EvidenceRecordFacts {
        let signature = self.signers.get(signer).map_or_else(String::new, |(id, _, _)| id.clone());
        let mut objects = vec![ProtectedObject {
            covered: Covered::SignatureValue { signature: signature.clone() },
            digests: digests.to_vec(),
        }];
        if embedded.external {
            let wanted = record.wanted_digests();
            let content = wanted.iter().filter_map(|algorithm| self.contents.digest(*algorithm));
            objects.push(ProtectedObject {
                covered: Covered::SignedData { signature },
                digests: content.collect(),
            });
        }
        hsign_ers::facts(record, &embedded.id, &objects)
    }

    /// The CMS as it was brings everything in it: each signature, what stood in its attributes, and what travels beside.
    fn with_all_inside(
        &self,
        mut facts: EvidenceRecordFacts,
        signer: usize,
        stood: &dyn Fn(usize) -> bool,
    ) -> EvidenceRecordFacts {
        let mut covers = Vec::new();
        for (position, (id, _, unsigned)) in self.signers.iter().enumerate() {
            if position != signer {
                covers.push(Covered::SignatureValue { signature: id.clone() });
            }
            covers.extend(unsigned.covered(&|spot| position != signer || stood(spot.attribute)));
        }
        // Evidence that stands only in attributes that came later wasn't there.
        let later = self
            .signers
            .get(signer)
            .map_or_else(Vec::new, |(_, _, unsigned)| unsigned.covered(&|spot| !stood(spot.attribute)));
        let later: HashSet<&[u8]> = later.iter().filter_map(evidence_digest).collect();
        let existed =
            |covered: &Covered| evidence_digest(covered).is_none_or(|digest| !later.contains(digest));
        covers.extend(covered_evidence(self.evidence).filter(existed));
        facts.covers.extend(covers);
        facts
    }
}

fn evidence_digest(covered: &Covered) -> Option<&[u8]> {
    match covered {
        Covered::Evidence { digest } => Some(digest.value.as_slice()),
        _ => None,
    }
}

/// The time of the record's first token.
fn first_time(record: &Record) -> Option<GenTime> {
    let first = record.chains().first()?.timestamps().first()?;
    Token::parse(first.token()).ok().map(|token| token.info().gen_time)
}

fn unread(record: &EmbeddedRecord, finding: Finding) -> EvidenceRecordFacts {
    EvidenceRecordFacts {
        id: record.id.clone(),
        covers: Vec::new(),
        chains: Vec::new(),
        evidence: EvidenceFacts::default(),
        findings: vec![finding],
    }
}

/// Whether every tree shows what it has to.
fn holds(facts: &EvidenceRecordFacts) -> bool {
    let stamps = facts.chains.iter().flat_map(|chain| &chain.timestamps);
    stamps.into_iter().all(|stamp| {
        let read = stamp.timestamp.read.as_ref();
        read.is_some_and(|read| read.imprint.holds() == Some(true))
            && stamp.shows.iter().all(|shown| shown.found == Some(true))
    })
}

fn digests(source: &dyn Source, algorithms: &[DigestAlgorithm]) -> Result<Vec<Digest>, Error> {
    let mut hashers: Vec<Hasher> =
        algorithms.iter().filter_map(|algorithm| Hasher::new(*algorithm).ok()).collect();
    let mut failed = Ok(());
    read_through(source, &mut |part| {
        if failed.is_ok() {
            failed = hashers.iter_mut().try_for_each(|hasher| hasher.update(part));
        }
    })?;
    failed?;
    Ok(hashers.into_iter().map(Hasher::finish).collect::<Result<_, _>>()?)
}
