//! Real documents: signed so that every byte stays, or refused with a reason.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;

use hsign_cades::Options;
use hsign_core::DigestAlgorithm;
use hsign_core::facts::{Coverage, Modifications};
use hsign_corpora::{Comparison, Corpus};
use hsign_pades::{Error, prepare, read_facts};
use hsign_testkit::Person;
use support::{holds, intact, request};

/// Signs; `Ok(Err(reason))` when refused, `Err` when what came out is wrong.
fn sign(document: &Vec<u8>) -> Result<Result<(), String>, String> {
    let before = match read_facts(document) {
        Ok(facts) => facts,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let prepared = match prepare(document, &request(Person::DoctorP256)) {
        Ok(prepared) => prepared,
        Err(error @ Error::Pdf(_)) => return Ok(Err(error.to_string())),
        Err(error) => return Err(error.to_string()),
    };
    let cms = support::cms(&prepared, Person::DoctorP256, DigestAlgorithm::Sha256, &Options::default());
    let result = [document.as_slice(), &prepared.embed(&cms).unwrap()].concat();
    let after = read_facts(&result).map_err(|error| format!("after signing: {error}"))?;
    let certificate = support::PKI.person(Person::DoctorP256).certificate_der();
    let ours = after.signatures.iter().find(|s| s.signed.as_ref().is_some_and(|o| holds(o, certificate)));
    let ours = ours.ok_or("our signature is not found, or does not hold")?;
    if ours.coverage != Coverage::WholeDocument || ours.modifications != Some(Modifications::default()) {
        return Err(format!("{:?} {:?}", ours.coverage, ours.modifications));
    }
    if !ours.findings.is_empty() {
        return Err(format!("{:?}", support::codes(ours)));
    }
    for old in before.signatures.iter().filter(|s| intact(s.signed.as_ref())) {
        let kept = after.signatures.iter().find(|s| s.id == old.id);
        if !kept.is_some_and(|s| intact(s.signed.as_ref())) {
            return Err(format!("{} held before", old.id));
        }
    }
    Ok(Ok(()))
}

#[test]
fn conformance_pdf_signing() {
    let Some(corpus) = Corpus::open("pdf") else { return };
    let mut comparison = Comparison::new("pdf-signing");
    let mut classes: BTreeMap<String, (usize, BTreeMap<String, usize>)> = BTreeMap::new();
    for row in corpus.rows() {
        let (path, class) = (row.get("path"), row.get("class"));
        let counts = classes.entry(class.to_owned()).or_default();
        match sign(&corpus.file(path).to_vec()) {
            Ok(Ok(())) => {
                counts.0 += 1;
                comparison.agree(path);
            }
            Ok(Err(reason)) => {
                let encrypted = row.get("features").contains("encrypted");
                *counts.1.entry(reason.clone()).or_default() += 1;
                if class == "clean" && !encrypted {
                    comparison.differ(path, format!("refused: {reason}"));
                } else {
                    comparison.agree(path);
                }
            }
            Err(wrong) => comparison.differ(path, wrong),
        }
    }
    for (class, (signed, refused)) in classes {
        println!("{class}: {signed} signed, {} refused {refused:?}", refused.values().sum::<usize>());
    }
    comparison.finish();
}

#[test]
fn conformance_clinical_pdf_signing() {
    let Some(corpus) = Corpus::open("clinical") else { return };
    let mut comparison = Comparison::new("clinical-pdf-signing");
    for row in corpus.rows().iter().filter(|row| row.get("kind") == "PDF") {
        let path = row.get("path");
        match sign(&corpus.file(path).to_vec()) {
            Ok(Ok(())) => comparison.agree(path),
            Ok(Err(reason)) => comparison.differ(path, format!("refused: {reason}")),
            Err(wrong) => comparison.differ(path, wrong),
        }
    }
    comparison.finish();
}
