//! Identifiers and values as XML signatures have them.

use hsign_core::{DigestAlgorithm, EllipticCurve, PublicKeyKind, SignatureAlgorithm};
use hsign_x509::Certificate;
use hsign_xml::dsig::{digest_algorithm_uri, signature_algorithm_uri, signature_value_to_xml};

use crate::Error;

pub(crate) fn digest_uri(algorithm: DigestAlgorithm) -> Result<&'static str, Error> {
    digest_algorithm_uri(algorithm).ok_or(Error::DigestAlgorithm(algorithm))
}

pub(crate) fn signature_uri(algorithm: &SignatureAlgorithm) -> Result<String, Error> {
    signature_algorithm_uri(algorithm).ok_or_else(|| Error::SignatureAlgorithm(algorithm.clone()))
}

/// The octets of SignatureValue from what a signer gives.
pub(crate) fn signature_value(
    algorithm: &SignatureAlgorithm,
    value: &[u8],
    signer_certificate: &[u8],
) -> Result<Vec<u8>, Error> {
    let curve = match algorithm {
        SignatureAlgorithm::Ecdsa(_) => curve(signer_certificate)?,
        _ => None,
    };
    signature_value_to_xml(algorithm, curve, value).ok_or_else(|| Error::Value(algorithm.clone()))
}

fn curve(certificate: &[u8]) -> Result<Option<EllipticCurve>, Error> {
    Ok(match Certificate::from_der(certificate)?.public_key_kind() {
        PublicKeyKind::Ec(curve) => Some(*curve),
        _ => None,
    })
}
