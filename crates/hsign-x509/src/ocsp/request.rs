use hsign_asn1::encode;
use hsign_core::DigestAlgorithm;

use crate::error::Within as _;
use crate::extension::extension_oid as id;
use crate::{Certificate, Error, algorithm};

/// A DER-encoded OCSPRequest (RFC 6960 §4.1.1) for one certificate, unsigned. The CertID is made with
/// SHA-1, the one hash every responder knows; nothing's security rests on it.
///
/// # Errors
/// When OpenSSL doesn't offer SHA-1.
pub fn ocsp_request(
    certificate: &Certificate,
    issuer: &Certificate,
    nonce: Option<&[u8]>,
) -> Result<Vec<u8>, Error> {
    let hash = |bytes: &[u8]| hsign_crypto::digest(DigestAlgorithm::Sha1, bytes);
    let cert_id = encode::sequence(&[
        &algorithm::digest_algorithm_with_null_to_der(DigestAlgorithm::Sha1),
        &encode::octet_string(hash(certificate.issuer().der())?.value.as_slice()),
        &encode::octet_string(hash(issuer.public_key_bits())?.value.as_slice()),
        &encode::integer_from_contents(certificate.serial()),
    ]);
    let request_list = encode::sequence(&[&encode::sequence(&[&cert_id])]);
    let extensions = match nonce {
        Some(nonce) => {
            let extension = encode::sequence(&[
                &encode::oid(id::OCSP_NONCE).within("OCSP request")?,
                &encode::octet_string(&encode::octet_string(nonce)),
            ]);
            encode::explicit(2, &encode::sequence(&[&extension]))
        }
        None => Vec::new(),
    };
    Ok(encode::sequence(&[&encode::sequence(&[&request_list, &extensions])]))
}
