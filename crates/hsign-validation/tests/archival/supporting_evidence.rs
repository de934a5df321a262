//! What has to travel with a document where a responder speaks for a CA.

use hsign_core::DigestAlgorithm::Sha256;
use hsign_validation::supporting_evidence;

use crate::archive::{Archive, YEAR};

#[test]
fn lists_about_whoever_answers_for_the_ca_travel_too() {
    let mut archive = Archive::new();
    archive.issue("responder", "ca", 8, YEAR, Sha256).sign(Sha256).embed_certificates(&["ca", "responder"]);
    let answer = archive.ocsp("signer", "responder", 12, 30);
    let [of_root, of_ca, of_others] =
        [("root", 9), ("ca", 9), ("tsa root", 9)].map(|(issuer, day)| archive.crl(issuer, day, 90, &[]));
    archive.embed_ocsp(answer.clone()).embed(&[of_root.clone(), of_ca.clone(), of_others]);
    let support = archive.under(20, |facts, context| supporting_evidence(facts, &|_| true, context));
    let found: Vec<&[u8]> = support.evidence.crls.iter().map(|crl| crl.as_slice()).collect();
    assert!(found.contains(&of_root.as_slice()) && found.contains(&of_ca.as_slice()));
    assert_eq!(found.len(), 2, "and no other list");
    assert_eq!(support.evidence.ocsp_responses.len(), 1);
    assert_eq!(support.evidence.ocsp_responses[0].as_slice(), answer);
}
