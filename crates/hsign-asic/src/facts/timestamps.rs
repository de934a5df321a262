//! Time-stamp tokens in files of their own: over the one file of ASiC-S, or over a manifest.

use hsign_core::facts::{Covered, TimestampFacts, TimestampKind};
use hsign_core::{Digest, DigestAlgorithm, Finding};
use hsign_tsp::{Token, token_facts};

use super::{Found, Reading, covered};
use crate::Error;
use crate::roles::is_archive_manifest;
use crate::zip::Entry;

const CLAUSE: &str = "EN 319 162-1";

pub(super) fn read(reading: &Reading<'_, '_>, entry: &Entry, found: &mut Found) -> Result<(), Error> {
    let bytes = reading.container.bytes(entry)?.unwrap_or_default();
    let manifests = reading.manifests_of(&entry.name);
    let mut findings = Vec::new();
    let mut kind = TimestampKind::Document;
    let mut failure = None;
    let mut covers = Vec::new();
    let (read, told) = match manifests.as_slice() {
        [manifest] => {
            if is_archive_manifest(&manifest.name) {
                kind = TimestampKind::Archive;
            }
            findings.extend(covered::intact(reading, manifest)?.1);
            token_facts(&bytes, &mut |algorithm| hsign_crypto::digest(algorithm, &manifest.bytes).ok())
        }
        [] => {
            let mut over_single = |algorithm| single(reading, algorithm, &mut failure);
            let answer = token_facts(&bytes, &mut over_single);
            covers.extend(
                answer
                    .0
                    .as_ref()
                    .and_then(|read| read.imprint.actual.clone())
                    .map(|digest| Covered::Data { digest }),
            );
            answer
        }
        several => {
            let finding = Finding::error("asic-manifest-repeated").clause(CLAUSE).with("entry", &entry.name);
            findings.push(finding.with("count", several.len()));
            token_facts(&bytes, &mut |_| None)
        }
    };
    if let Some(failure) = failure {
        return Err(failure);
    }
    findings.extend(told);
    let token = Token::parse(&bytes).map_or_else(|_| bytes.clone(), |token| token.bytes().to_vec());
    found.timestamps.push(TimestampFacts {
        id: entry.name.clone(),
        kind,
        token: token.into(),
        covers,
        read,
        findings,
    });
    Ok(())
}

fn single(
    reading: &Reading<'_, '_>,
    algorithm: DigestAlgorithm,
    failure: &mut Option<Error>,
) -> Option<Digest> {
    match reading.container.digest(reading.single_object()?, algorithm) {
        Ok(digest) => digest,
        Err(error) => {
            *failure = Some(error);
            None
        }
    }
}
