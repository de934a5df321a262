//! Attributes in DER, to be signed or added.

use hsign_asn1::encode;
use hsign_core::{Digest, DigestAlgorithm, Time};
use hsign_x509::{Certificate, digest_algorithm_to_der};

use crate::Error;
use crate::oid::{CONTENT_TYPE, MESSAGE_DIGEST, SIGNED_METADATA, SIGNING_CERTIFICATE_V2, SIGNING_TIME};

/// An Attribute with one value, which is DER already.
///
/// # Errors
/// When the type is no OID.
pub fn attribute(oid: &str, value: &[u8]) -> Result<Vec<u8>, Error> {
    Ok(encode::sequence(&[&encode::oid(oid)?, &encode::tlv(0x31, value)]))
}

/// content-type (RFC 5652 §11.1).
///
/// # Errors
/// When the type is no OID.
pub fn content_type(oid: &str) -> Result<Vec<u8>, Error> {
    attribute(CONTENT_TYPE, &encode::oid(oid)?)
}

/// message-digest (RFC 5652 §11.2).
///
/// # Errors
/// Never in practice: the type is ours.
pub fn message_digest(digest: &Digest) -> Result<Vec<u8>, Error> {
    attribute(MESSAGE_DIGEST, &encode::octet_string(digest.value.as_slice()))
}

/// signing-time (RFC 5652 §11.3): UTCTime through 2049, GeneralizedTime after it.
///
/// # Errors
/// Never in practice: the type is ours.
pub fn signing_time(time: Time) -> Result<Vec<u8>, Error> {
    attribute(SIGNING_TIME, &encode::utc_or_generalized_time(time))
}

/// Statements of the signer ([`SIGNED_METADATA`]).
///
/// # Errors
/// Never in practice: the type is ours.
pub fn signed_metadata(text: &str) -> Result<Vec<u8>, Error> {
    attribute(SIGNED_METADATA, &encode::utf8(text))
}

/// signing-certificate-v2 (RFC 5035 §3) with one reference, the issuer and serial number included.
/// `digest` is that of the certificate's DER; SHA-256 is left out as DER asks of a default.
///
/// # Errors
/// When the certificate can't be read.
pub fn signing_certificate_v2(certificate: &[u8], digest: &Digest) -> Result<Vec<u8>, Error> {
    let certificate = Certificate::from_der(certificate)?;
    let directory_name = encode::explicit(4, certificate.issuer().der());
    let issuer_serial = encode::sequence(&[
        &encode::sequence(&[&directory_name]),
        &encode::integer_from_contents(certificate.serial()),
    ]);
    let algorithm = match digest.algorithm {
        DigestAlgorithm::Sha256 => Vec::new(),
        other => digest_algorithm_to_der(other),
    };
    let hash = encode::octet_string(digest.value.as_slice());
    let reference = encode::sequence(&[&algorithm, &hash, &issuer_serial]);
    let value = encode::sequence(&[&encode::sequence(&[&reference])]);
    attribute(SIGNING_CERTIFICATE_V2, &value)
}
