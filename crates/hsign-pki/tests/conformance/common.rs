//! What the sets share.

use hsign_core::Time;
use hsign_core::ports::SignatureVerifier;
use hsign_crypto::OpensslVerifier;
use hsign_pki::{
    FreshnessPolicy, Provenance, Provided, RevocationAnswer, RevocationEvidence, RevocationParameters,
    ValidatedPath, revocation_of_path,
};
use hsign_x509::{Certificate, Crl, certificates_from_bytes};

/// In most sets a list counts until its next update.
pub(crate) const FRESHNESS: FreshnessPolicy = FreshnessPolicy::CrlOlderThanStampAllowed;

pub(crate) fn verifier() -> impl SignatureVerifier {
    OpensslVerifier::new()
}

/// These lists, and certificates that their issuers may need.
pub(crate) fn evidence(
    crls: impl IntoIterator<Item = Crl>,
    certificates: &[Certificate],
) -> RevocationEvidence {
    RevocationEvidence {
        crls: crls.into_iter().map(|crl| Provided::new(crl, Provenance::Given)).collect(),
        certificates: certificates.to_vec(),
        ..RevocationEvidence::default()
    }
}

/// What the evidence says of each certificate of a path.
pub(crate) fn answers(
    path: &ValidatedPath,
    evidence: &RevocationEvidence,
    at: Time,
    now: Time,
) -> Vec<RevocationAnswer> {
    let parameters = RevocationParameters { at, now, freshness: FRESHNESS };
    revocation_of_path(path, evidence, &parameters, &verifier())
}

/// The one certificate in DER or PEM bytes.
pub(crate) fn certificate(bytes: &[u8]) -> Option<Certificate> {
    certificates_from_bytes(bytes).ok()?.into_iter().next()
}

/// Blocks of a PEM file: label and octets.
pub(crate) fn pem_blocks(text: &str) -> Vec<(String, Vec<u8>)> {
    let mut blocks = Vec::new();
    let mut label = None;
    let mut body = String::new();
    for line in text.lines() {
        if let Some(begun) = line.trim().strip_prefix("-----BEGIN ").and_then(|l| l.strip_suffix("-----")) {
            label = Some(begun.to_owned());
            body.clear();
        } else if line.starts_with("-----END ") {
            if let Some(label) = label.take() {
                blocks.push((label, base64(&body)));
            }
        } else if label.is_some() {
            body.push_str(line.trim());
        }
    }
    blocks
}

pub(crate) fn base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    let compact: String = text.split_whitespace().collect();
    base64::engine::general_purpose::STANDARD.decode(compact).expect("base64")
}

pub(crate) fn block(text: &str, wanted: &str) -> Option<Vec<u8>> {
    pem_blocks(text).into_iter().find(|(label, _)| label == wanted).map(|(_, bytes)| bytes)
}
