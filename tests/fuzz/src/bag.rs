//! Paths and revocation from a bag of certificates, lists and responses.

use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{SignatureAlgorithm, Time};
use hsign_pki::{
    Anchor, FreshnessPolicy, PathParameters, Paths, Provenance, Provided, RevocationEvidence,
    RevocationParameters, missing_certificates, missing_revocation, revocation_of_path,
};
use hsign_x509::{Certificate, Crl, OcspResponse};

/// Every signature holds, so that whatever comes is followed.
struct Believing;

impl SignatureVerifier for Believing {
    fn verify(&self, _: &SignatureAlgorithm, _: &[u8], _: &[u8], _: &[u8]) -> SignatureValidity {
        SignatureValidity::Valid
    }
}

/// The first certificate is the target, the last one the anchor, the rest is at hand.
pub fn path(data: &[u8]) {
    let mut certificates = Vec::new();
    let mut evidence = RevocationEvidence::default();
    let provenance = Provenance::Given;
    for element in elements(data) {
        if let Ok(certificate) = Certificate::from_der(element) {
            certificates.push(certificate);
        } else if let Ok(value) = Crl::from_der(element) {
            evidence.crls.push(Provided::new(value, provenance));
        } else if let Ok(value) = OcspResponse::from_der(element) {
            evidence.ocsp_responses.push(Provided::new(value, provenance));
        }
    }
    let (Some(target), Some(last)) = (certificates.first(), certificates.last()) else { return };
    evidence.certificates.clone_from(&certificates);
    let anchors = [Anchor::from_certificate(last.clone())];
    let now = target.not_before().max(last.not_before());
    let mut valid = 0;
    for anchor_counts in [false, true] {
        let parameters = PathParameters {
            apply_anchor_constraints: anchor_counts,
            require_explicit_policy: anchor_counts,
            ..PathParameters::at(now)
        };
        for outcome in Paths::new(target, &certificates, &anchors, &parameters, &Believing) {
            let Ok(path) = outcome else { continue };
            valid += 1;
            assert!(path.target() == target && path.anchor() == &anchors[0], "a path has the ends asked for");
            assert!(path.certificates().len() <= 20, "a path has its length");
            if valid <= 2 {
                revocation(&path, &evidence, now);
            }
        }
    }
    assert!(valid <= 128, "a search has its limit");
    let _ = missing_certificates(target, &certificates, &anchors);
}

fn revocation(path: &hsign_pki::ValidatedPath, evidence: &RevocationEvidence, now: Time) {
    let freshness = FreshnessPolicy::CrlOlderThanStampAllowed;
    let parameters = RevocationParameters { at: now, now: Time::LATEST, freshness };
    let answers = revocation_of_path(path, evidence, &parameters, &Believing);
    assert_eq!(answers.len(), path.below_anchor().len(), "each certificate has its answer");
    for answer in &answers {
        let _ = (answer.freshness_at(now, freshness), answer.age_finding(now));
    }
    let _ = missing_revocation(path, &answers, now, freshness);
}

/// DER elements one after the other, as far as they go; no more than a document would bring.
fn elements(mut data: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let (Some(length), true) = (whole_length(data), found.len() < 64) {
        let (element, rest) = data.split_at(length);
        found.push(element);
        data = rest;
    }
    found
}

/// Length of the SEQUENCE at the start, if all of it is there.
fn whole_length(data: &[u8]) -> Option<usize> {
    let (header, length) = match data {
        [0x30, length @ 0..0x80, ..] => (2, usize::from(*length)),
        [0x30, 0x81, length, ..] => (3, usize::from(*length)),
        [0x30, 0x82, high, low, ..] => (4, usize::from(u16::from_be_bytes([*high, *low]))),
        _ => return None,
    };
    Some(header + length).filter(|whole| *whole <= data.len())
}
