//! XML signatures: every one is listed, under a name of its own, and stamps cover only what is there.

use std::collections::HashSet;

use hsign_core::facts::{Covered, DocumentFacts, EvidenceFacts};
use hsign_core::{DigestAlgorithm, Octets, SignatureAlgorithm, Time};
use hsign_xades::eprescription::{Csv, ReferenceVariant, Side, Unsigned, prepare};
use hsign_xades::make::{
    Enveloped, Options, Prepared, add_archive_timestamp, add_evidence, add_signature_timestamp, enveloped,
    enveloping_octets, enveloping_xml,
};
use hsign_xades::{DetachedContent, read_facts};
use hsign_xml::{Document, Limits, decode};

pub fn xades(data: &[u8]) {
    let source = data.to_vec();
    let content = DetachedContent::new().with_unnamed(&source);
    let Ok(facts) = read_facts(&source, &content) else { return };
    let text = decode(data).unwrap();
    let document = Document::parse(text.as_str(), &Limits::default()).unwrap();
    let there = document.node().descendants_named("http://www.w3.org/2000/09/xmldsig#", "Signature").count();
    assert!(facts.signatures.len() == there, "every signature is listed");
    check_names(&facts);
    assert!(read_facts(&source, &content).unwrap() == facts, "the same bytes say the same");
}

fn check_names(facts: &DocumentFacts) {
    let signatures: HashSet<&str> = facts.signatures.iter().map(|one| one.id.as_str()).collect();
    assert!(signatures.len() == facts.signatures.len(), "two signatures of one name");
    let stamps = || facts.signatures.iter().flat_map(|one| &one.timestamps);
    let names: HashSet<&str> = stamps().map(|stamp| stamp.id.as_str()).collect();
    assert!(names.len() == stamps().count(), "two stamps of one name");
    for covered in stamps().flat_map(|stamp| &stamp.covers) {
        match covered {
            Covered::SignatureValue { signature } | Covered::SignedData { signature } => {
                assert!(signatures.contains(signature.as_str()));
            }
            Covered::Timestamp { timestamp } => assert!(names.contains(timestamp.as_str())),
            _ => {}
        }
    }
    for one in &facts.signatures {
        assert!(
            one.countersigns.as_deref().is_none_or(|other| other != one.id && signatures.contains(other))
        );
    }
}

/// Every packaging up to the archive level; values and stamps are some octets and some token.
pub fn seeds(certificate: &[u8], path: &[Vec<u8>], crls: &[Vec<u8>], token: &[u8]) -> Vec<Vec<u8>> {
    let algorithm = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256);
    let mut options = Options::new(certificate, &algorithm, Time::from_unix_seconds(1_790_000_000).unwrap());
    options.path = path;
    let document = "<?xml version='1.0'?><a xmlns='urn:a' Id='x'><b>処方</b><!-- c --></a>".as_bytes();
    let csv = Csv::check("SJ1\n201,1,1,1,2,000000000,架空錠,3,1,錠\n".as_bytes(), Side::Prescription);
    let prescription = csv.ok().and_then(|csv| Unsigned::prescription(&csv).ok());
    let prepared: Vec<Prepared> = [
        enveloped(document, &Enveloped::default(), &options).ok(),
        enveloping_xml(document, &options).ok(),
        enveloping_octets(b"scan", "image/tiff", &options).ok(),
        prescription
            .and_then(|unsigned| prepare(&unsigned, &options, ReferenceVariant::WithoutTransforms).ok()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let octets = |pieces: &[Vec<u8>]| pieces.iter().cloned().map(Octets).collect::<Vec<_>>();
    let evidence =
        EvidenceFacts { certificates: octets(path), crls: octets(crls), ocsp_responses: Vec::new() };
    let mut made = Vec::new();
    for prepared in prepared {
        let id = prepared.id().to_owned();
        let signed = prepared.assemble(&[1; 256]).unwrap();
        let stamped = add_signature_timestamp(&signed, &id, token).unwrap();
        let long_term = add_evidence(&stamped, &id, &evidence).unwrap().unwrap();
        let archived = add_archive_timestamp(&long_term, &id, token).unwrap();
        made.extend([signed, archived]);
    }
    made
}
