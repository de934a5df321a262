//! The signed reference to the signer's certificate (EN 319 122-1, RFC 5035).

use hsign_cms::oid::{SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2};
use hsign_cms::{SignedData, SignerInfo};
use hsign_core::facts::CertificateReference;
use hsign_core::{DigestAlgorithm, Finding};

use crate::Profile;

pub(crate) fn check(signed_data: &SignedData, signer: &SignerInfo, profile: Profile) -> Option<Finding> {
    let attributes = signer.signed_attributes()?;
    match (attributes.has(SIGNING_CERTIFICATE), attributes.has(SIGNING_CERTIFICATE_V2)) {
        (false, false) => Some(missing(profile)),
        (true, true) => disagreement(signed_data, signer),
        _ => None,
    }
}

/// Without it nothing signed says whose key it was, and another certificate for the same key would do.
fn missing(profile: Profile) -> Finding {
    let finding = match profile {
        Profile::Cades => Finding::error("signing-certificate-missing"),
        Profile::Cms => Finding::warning("signing-certificate-missing"),
    };
    finding.clause("EN 319 122-1")
}

/// RFC 5035 §5.4: where both versions are there they have to name the same certificate.
fn disagreement(signed_data: &SignedData, signer: &SignerInfo) -> Option<Finding> {
    let references = signer.certificate_references();
    let newer = references.first()?;
    let named = signed_data.certificates().iter().find(|certificate| refers(newer, certificate));
    let agrees = named.is_some_and(|certificate| {
        references
            .iter()
            .any(|other| other.digest.algorithm == DigestAlgorithm::Sha1 && refers(other, certificate))
    });
    (!agrees).then(|| Finding::error("signing-certificate-versions-disagree").clause("RFC 5035 §5.4"))
}

fn refers(reference: &CertificateReference, certificate: &[u8]) -> bool {
    hsign_crypto::digest(reference.digest.algorithm, certificate)
        .is_ok_and(|digest| digest == reference.digest)
}
