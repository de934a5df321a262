//! Evidence records (RFC 4998) over the one file of ASiC-S, or over the files that a manifest names.

use hsign_core::facts::{ArchiveTimestampFacts, Covered, EvidenceRecordFacts};
use hsign_core::{Digest, DigestAlgorithm, Finding, Severity};
use hsign_ers::{Chain, ProtectedObject, Record};

use super::covered::OBJECT_CHANGED;
use super::files::shown;
use super::{Found, Reading, covered};
use crate::Error;
use crate::manifest::Manifest;
use crate::zip::Entry;

const CLAUSE: &str = "EN 319 162-1";

pub(super) fn read(reading: &Reading<'_, '_>, entry: &Entry, found: &mut Found) -> Result<(), Error> {
    let bytes = reading.container.bytes(entry)?.unwrap_or_default();
    let record = match Record::parse(&bytes) {
        Ok(record) => record,
        Err(error) => {
            let finding =
                Finding::error("evidence-record-unreadable").clause("RFC 4998 §3.1").with("reason", error);
            found.records.push(nothing(&entry.name, finding));
            return Ok(());
        }
    };
    let mut findings = Vec::new();
    let manifests = reading.manifests_of(&entry.name);
    let names: Vec<String> = match manifests.as_slice() {
        [manifest] => {
            let (_, told) = covered::intact(reading, manifest)?;
            findings.extend(told);
            findings.extend(other_function(manifest, &record));
            manifest.objects.iter().map(|object| object.shown().to_owned()).collect()
        }
        [] => reading.single_object().map(str::to_owned).into_iter().collect(),
        several => {
            let finding = Finding::error("asic-manifest-repeated").clause(CLAUSE).with("entry", &entry.name);
            findings.push(finding.with("count", several.len()));
            Vec::new()
        }
    };
    let (objects, further) = protected(reading, found, &record.wanted_digests(), &names)?;
    let mut facts = hsign_ers::facts(&record, &entry.name, &objects);
    if shown(&facts) == Some(false) {
        findings.iter_mut().for_each(no_flaw_of_form);
    }
    facts.findings.extend(findings);
    reach_further(&mut facts, further);
    found.records.push(facts);
    Ok(())
}

/// A file that the manifest and the record both know otherwise was changed: the tree says so. Where only the manifest does,
/// it isn't the record's.
fn no_flaw_of_form(finding: &mut Finding) {
    if finding.code == OBJECT_CHANGED {
        finding.severity = Severity::Warning;
    }
}

/// The record was made over digests under one function; a manifest that names its files under another wasn't made with it.
fn other_function(manifest: &Manifest, record: &Record) -> Option<Finding> {
    let of_record = record.chains().first().and_then(Chain::digest_algorithm)?;
    let other = manifest.objects.iter().filter_map(|object| object.digest.as_ref());
    let other = other.map(|digest| digest.algorithm).find(|algorithm| *algorithm != of_record)?;
    let finding = Finding::error("asic-record-digest-differs").clause(CLAUSE);
    Some(finding.with("manifest", &manifest.name).with("algorithm", other).with("expected", of_record))
}

fn nothing(id: &str, finding: Finding) -> EvidenceRecordFacts {
    EvidenceRecordFacts {
        id: id.to_owned(),
        covers: Vec::new(),
        chains: Vec::new(),
        evidence: hsign_core::facts::EvidenceFacts::default(),
        findings: vec![finding],
    }
}

type Further = Vec<Covered>;

/// The files with their digests, and what else stands inside them.
fn protected(
    reading: &Reading<'_, '_>,
    found: &Found,
    algorithms: &[DigestAlgorithm],
    names: &[String],
) -> Result<(Vec<ProtectedObject>, Further), Error> {
    let mut objects = Vec::new();
    let mut further = Vec::new();
    for name in names {
        for algorithm in algorithms {
            reading.container.want(name, *algorithm);
        }
        let mut digests = Vec::new();
        for algorithm in algorithms {
            digests.extend(reading.container.digest(name, *algorithm)?);
        }
        let unknown = || Digest::new(DigestAlgorithm::Sha256, Vec::new());
        let digest = digests.first().cloned().unwrap_or_else(unknown);
        let mut inside = covered::inside(found, name, &digest).into_iter();
        let first = inside.next().unwrap_or(Covered::Data { digest });
        further.extend(inside);
        objects.push(ProtectedObject { covered: first, digests });
    }
    Ok((objects, further))
}

/// A file in the tree is there with all that is in it.
fn reach_further(facts: &mut EvidenceRecordFacts, further: Further) {
    let first = facts.chains.first_mut().and_then(|chain| chain.timestamps.first_mut());
    let Some(ArchiveTimestampFacts { timestamp, .. }) = first else { return };
    timestamp.covers.extend(further.iter().cloned());
    facts.covers.extend(further);
}
