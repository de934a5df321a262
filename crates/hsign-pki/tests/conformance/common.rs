//! What the sets share.

use hsign_core::ports::SignatureVerifier;
use hsign_crypto::OpensslVerifier;
use hsign_x509::{Certificate, certificates_from_bytes};

pub(crate) fn verifier() -> impl SignatureVerifier {
    OpensslVerifier::new()
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
