//! Identification of the signing certificate (EN 319 102-1), with the signed references of RFC 5035.

use hsign_core::facts::{CertificateReference, SignedObject, SignerIdentifier};
use hsign_core::{DigestAlgorithm, Finding};
use hsign_x509::Certificate;

use crate::{Conclusion, SubIndication};

/// Whose certificate a signature is to be verified with.
pub(crate) struct Identification {
    pub(crate) conclusion: Conclusion,
    /// The certificate; also the one that only the unsigned hint points to when the signed reference doesn't
    /// fit, so that the integrity can still be told.
    pub(crate) certificate: Option<Certificate>,
    pub(crate) reference: ReferenceState,
    pub(crate) findings: Vec<Finding>,
}

/// How the signed reference relates to the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReferenceState {
    /// Its digest is the certificate's.
    Matches,
    /// There is none.
    Absent,
    /// No certificate at hand has this digest.
    Unmatched,
}

/// Finds the signer's certificate among those at hand. The digest of the first signed reference decides
/// (RFC 5035 §3: it identifies the signer's certificate); issuer and serial are hints.
pub(crate) fn identify(signed: &SignedObject, pool: &[Certificate]) -> Identification {
    let hinted = || pool.iter().find(|candidate| fits_hint(candidate, &signed.signer)).cloned();
    let Some(reference) = signed.certificate_references.first() else {
        return without_reference(hinted());
    };
    match pool.iter().find(|candidate| has_digest(candidate, reference)) {
        Some(certificate) => with_reference(certificate.clone(), reference, &signed.signer),
        None => unmatched_reference(hinted()),
    }
}

fn without_reference(hinted: Option<Certificate>) -> Identification {
    let (conclusion, findings) = match hinted {
        Some(_) => (Conclusion::Passed, Vec::new()),
        None => (not_found(), vec![Finding::error("signer-certificate-missing").clause("EN 319 102-1")]),
    };
    Identification { conclusion, certificate: hinted, reference: ReferenceState::Absent, findings }
}

fn with_reference(
    certificate: Certificate,
    reference: &CertificateReference,
    hint: &SignerIdentifier,
) -> Identification {
    let mut findings = Vec::new();
    let issuer =
        reference.issuer.as_ref().is_none_or(|issuer| issuer.as_slice() == certificate.issuer().der());
    let serial = reference.serial.as_ref().is_none_or(|serial| serial.as_slice() == certificate.serial());
    if !issuer || !serial {
        findings.push(Finding::warning("certificate-reference-hint-differs").clause("RFC 5035 §5"));
    }
    if *hint != SignerIdentifier::default() && !fits_hint(&certificate, hint) {
        findings.push(Finding::warning("signer-identifier-differs").clause("RFC 5652 §5.3"));
    }
    Identification {
        conclusion: Conclusion::Passed,
        certificate: Some(certificate),
        reference: ReferenceState::Matches,
        findings,
    }
}

/// A certificate that doesn't have the signed digest is not the one the signer meant, even when name and
/// serial number fit: this is the substitution that the reference is there to prevent.
fn unmatched_reference(hinted: Option<Certificate>) -> Identification {
    let finding = if hinted.is_some() {
        Finding::error("certificate-reference-mismatch")
    } else {
        Finding::error("signer-certificate-missing")
    };
    Identification {
        conclusion: not_found(),
        certificate: hinted,
        reference: ReferenceState::Unmatched,
        findings: vec![finding.clause("RFC 5035 §3")],
    }
}

fn not_found() -> Conclusion {
    Conclusion::Indeterminate(SubIndication::NoSigningCertificateFound)
}

fn has_digest(candidate: &Certificate, reference: &CertificateReference) -> bool {
    if reference.digest.algorithm == DigestAlgorithm::Sha256 {
        // Known since parsing; documents with many signers would hash each certificate for each signer.
        return candidate.sha256() == reference.digest.value.as_slice();
    }
    hsign_crypto::digest(reference.digest.algorithm, candidate.der())
        .is_ok_and(|digest| digest == reference.digest)
}

fn fits_hint(candidate: &Certificate, hint: &SignerIdentifier) -> bool {
    let by_name = match (&hint.issuer, &hint.serial) {
        (Some(issuer), Some(serial)) => {
            Some(issuer.as_slice() == candidate.issuer().der() && serial.as_slice() == candidate.serial())
        }
        _ => None,
    };
    let by_key = hint.subject_key_identifier.as_ref().map(|wanted| {
        candidate.subject_key_identifier().ok().flatten().is_some_and(|found| found == wanted.as_slice())
    });
    let by_public_key =
        hint.public_key.as_ref().map(|wanted| candidate.public_key_info() == wanted.as_slice());
    by_name.or(by_key).or(by_public_key).unwrap_or(false)
}
