//! Cryptographic verification (EN 319 102-1): every signed reference, then the value.

use hsign_core::facts::SignedObject;
use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{Finding, Octets};
use hsign_x509::Certificate;

use crate::signer_identification::{Identification, ReferenceState};
use crate::{Conclusion, Integrity, SubIndication};

pub(crate) struct Verification {
    pub(crate) conclusion: Conclusion,
    pub(crate) integrity: Integrity,
    pub(crate) findings: Vec<Finding>,
}

/// Checks digests and value with the signer's certificate, as far as there is one. A bare key in the signature tells
/// whether the value holds, though not whose it is. Where the signed reference names another certificate than the one
/// at hand, that one's key can tell that the value holds, and not that it doesn't.
pub(crate) fn verify(
    signed: &SignedObject,
    signer: &Identification,
    verifier: &dyn SignatureVerifier,
) -> Verification {
    let (references, mut findings) = references(signed);
    let bare = signed.signer.public_key.as_ref().map(Octets::as_slice);
    let key = signer.certificate.as_ref().map(Certificate::public_key_info).or(bare);
    let by_key = key.map(|key| value(signed, key, verifier));
    let is_anothers = signer.reference == ReferenceState::Unmatched;
    let (value, value_findings) = by_key
        .filter(|(conclusion, _)| !is_anothers || conclusion.is_passed())
        .unwrap_or((Conclusion::Indeterminate(SubIndication::NoSigningCertificateFound), Vec::new()));
    findings.extend(value_findings);
    let conclusion = references.worst(value);
    let integrity = match conclusion {
        Conclusion::Passed => Integrity::Valid,
        Conclusion::Failed(_) => Integrity::Invalid,
        Conclusion::Indeterminate(_) => Integrity::Undetermined,
    };
    Verification { conclusion, integrity, findings }
}

fn references(signed: &SignedObject) -> (Conclusion, Vec<Finding>) {
    if signed.references.is_empty() {
        // Nothing ties the value to any content.
        let finding = Finding::error("nothing-signed").clause("EN 319 102-1, cryptographic verification");
        return (Conclusion::Indeterminate(SubIndication::SignedDataNotFound), vec![finding]);
    }
    let mut conclusion = Conclusion::Passed;
    let mut findings = Vec::new();
    for reference in &signed.references {
        let (result, finding) = match reference.holds() {
            Some(true) => continue,
            Some(false) => {
                (Conclusion::Failed(SubIndication::HashFailure), Finding::error("digest-mismatch"))
            }
            None => (
                Conclusion::Indeterminate(SubIndication::SignedDataNotFound),
                Finding::error("signed-data-missing"),
            ),
        };
        conclusion = conclusion.worst(result);
        findings.push(finding.clause(clause(signed)).with("reference", &reference.name));
    }
    (conclusion, findings)
}

/// CMS has one reference, by this name.
fn clause(signed: &SignedObject) -> &'static str {
    match signed.references.first() {
        Some(reference) if reference.name != "message-digest" => "EN 319 102-1, cryptographic verification",
        _ => "RFC 5652 §5.6",
    }
}

fn value(signed: &SignedObject, key: &[u8], verifier: &dyn SignatureVerifier) -> (Conclusion, Vec<Finding>) {
    let verify =
        |octets: &Octets| verifier.verify(&signed.algorithm, key, octets.as_slice(), signed.value.as_slice());
    // RFC 5652 §5.4: what arrived in another order may have been signed in that of DER.
    let answer = match (verify(&signed.signed_octets), &signed.reordered_octets) {
        (SignatureValidity::Invalid, Some(reordered)) => verify(reordered),
        (answer, _) => answer,
    };
    match answer {
        SignatureValidity::Valid => (Conclusion::Passed, Vec::new()),
        SignatureValidity::Invalid => (
            Conclusion::Failed(SubIndication::SigCryptoFailure),
            vec![Finding::error("signature-value-invalid").clause(clause(signed))],
        ),
        // Nobody knows whether the value holds: no proof of an earlier time changes that, so that nothing may go on
        // from here (as it does from CRYPTO_CONSTRAINTS_FAILURE_NO_POE).
        SignatureValidity::Unsupported(reason) => (
            Conclusion::Indeterminate(SubIndication::CryptoConstraintsFailure),
            vec![
                Finding::error("algorithm-unsupported")
                    .with("algorithm", &signed.algorithm)
                    .with("reason", reason),
            ],
        ),
    }
}
