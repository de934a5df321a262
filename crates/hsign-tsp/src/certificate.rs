use hsign_cms::SignerInfo;
use hsign_core::Finding;
use hsign_core::facts::{CertificateReference, SignerIdentifier};
use hsign_x509::Certificate;

use crate::{TIME_STAMPING, Token};

/// The certificate that the token was signed with: the one that the signed reference names. The identifier
/// in the SignerInfo is not signed and the order of the set means nothing, so both only help where there is
/// no reference.
pub(crate) fn find(token: &Token, signer: &SignerInfo, known: &[Vec<u8>]) -> Result<Certificate, Finding> {
    let candidates: Vec<_> = token
        .signed_data()
        .certificates()
        .iter()
        .chain(known)
        .filter_map(|der| Certificate::from_der(der).ok())
        .collect();
    let named = |certificate: &&Certificate| identifies(signer.signer(), certificate);
    match signer.certificate_references().first() {
        Some(reference) => match candidates.iter().find(|certificate| refers(reference, certificate)) {
            Some(found) => Ok(found.clone()),
            None if candidates.iter().any(|certificate| named(&certificate)) => {
                Err(Finding::error("tsa-certificate-reference-mismatch")
                    .clause("RFC 3161 §2.4.2, RFC 5816 §2.2.1"))
            }
            None => Err(missing()),
        },
        None => candidates.iter().find(named).cloned().ok_or_else(missing),
    }
}

fn missing() -> Finding {
    Finding::error("tsa-certificate-missing").clause("RFC 3161 §2.4.1")
}

fn identifies(signer: &SignerIdentifier, certificate: &Certificate) -> bool {
    match (&signer.issuer, &signer.serial, &signer.subject_key_identifier) {
        (Some(issuer), Some(serial), _) => {
            issuer.as_slice() == certificate.issuer().der() && serial.as_slice() == certificate.serial()
        }
        (_, _, Some(key)) => {
            certificate.subject_key_identifier().ok().flatten().is_some_and(|own| own == key.as_slice())
        }
        _ => false,
    }
}

fn refers(reference: &CertificateReference, certificate: &Certificate) -> bool {
    hsign_crypto::digest(reference.digest.algorithm, certificate.der())
        .is_ok_and(|digest| digest == reference.digest)
}

/// RFC 3161 §2.3: one purpose, time stamping, in a critical extension.
pub(crate) fn purpose(certificate: &Certificate) -> Vec<Finding> {
    let finding = |code| Finding::error(code).clause("RFC 3161 §2.3");
    let Ok(Some(usage)) = certificate.extended_key_usage() else {
        return vec![finding("tsa-eku-missing")];
    };
    let mut findings = Vec::new();
    if usage.purposes != [TIME_STAMPING] {
        findings.push(finding("tsa-eku-not-time-stamping-only").with("purposes", usage.purposes.join(", ")));
    }
    if !usage.critical {
        findings.push(finding("tsa-eku-not-critical"));
    }
    findings
}
