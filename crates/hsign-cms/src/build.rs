//! SignedData in DER with one signer.

use hsign_asn1::{Rules, Tag, encode, single};
use hsign_core::{DigestAlgorithm, SignatureAlgorithm};
use hsign_x509::{Certificate, digest_algorithm_to_der, signature_algorithm_to_der};

use crate::Error;
use crate::oid::{DATA, SIGNED_DATA};

/// What goes into a SignedData with one signer.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// eContentType, dotted.
    pub content_type: &'a str,
    /// eContent; `None` for a detached signature.
    pub content: Option<&'a [u8]>,
    /// Digest of the content in the signed attributes.
    pub digest: DigestAlgorithm,
    /// How the value was made.
    pub signature_algorithm: &'a SignatureAlgorithm,
    /// The signer's certificate, DER.
    pub signer_certificate: &'a [u8],
    /// Further certificates, DER; the signer's is put in anyway, and none twice.
    pub certificates: &'a [Vec<u8>],
    /// The SET OF Attribute that was signed, DER.
    pub signed_attributes: &'a [u8],
    /// The value.
    pub signature: &'a [u8],
    /// Unsigned attributes, DER each.
    pub unsigned_attributes: &'a [Vec<u8>],
}

/// A ContentInfo with SignedData. The signed attributes go in byte for byte.
///
/// # Errors
/// When the signer's certificate can't be read, the attributes are no SET, or the algorithm is none we
/// sign with.
pub fn signed_data(parts: &Parts<'_>) -> Result<Vec<u8>, Error> {
    // RFC 5652 §5.1: 3 for any other content than id-data, 1 with plain certificates otherwise.
    let version = if parts.content_type == DATA { 1 } else { 3 };
    let digest = digest_algorithm_to_der(parts.digest);
    let content = parts.content.map(|octets| encode::explicit(0, &encode::octet_string(octets)));
    let encapsulated =
        encode::sequence(&[&encode::oid(parts.content_type)?, content.as_deref().unwrap_or_default()]);
    let signed_data = encode::sequence(&[
        &encode::integer(version),
        &encode::tlv(0x31, &digest),
        &encapsulated,
        &certificate_set(parts),
        &encode::tlv(0x31, &signer_info(parts, &digest)?),
    ]);
    Ok(encode::sequence(&[&encode::oid(SIGNED_DATA)?, &encode::explicit(0, &signed_data)]))
}

fn certificate_set(parts: &Parts<'_>) -> Vec<u8> {
    let mut set: Vec<&[u8]> = vec![parts.signer_certificate];
    for certificate in parts.certificates {
        if !set.contains(&certificate.as_slice()) {
            set.push(certificate);
        }
    }
    set.sort_unstable(); // DER, X.690 §11.6
    encode::tlv(0xA0, &set.concat())
}

fn signer_info(parts: &Parts<'_>, digest: &[u8]) -> Result<Vec<u8>, Error> {
    let certificate = Certificate::from_der(parts.signer_certificate)?;
    let serial = encode::integer_from_contents(certificate.serial());
    let signer = encode::sequence(&[certificate.issuer().der(), &serial]);
    let attributes = single(parts.signed_attributes, Tag::SET, Rules::Der)?;
    let unsigned = if parts.unsigned_attributes.is_empty() {
        Vec::new()
    } else {
        let mut attributes = parts.unsigned_attributes.to_vec();
        attributes.sort_unstable();
        encode::tlv(0xA1, &attributes.concat())
    };
    Ok(encode::sequence(&[
        &encode::integer(1), // §5.3: issuerAndSerialNumber
        &signer,
        digest,
        &encode::tlv(0xA0, attributes.contents),
        &signature_algorithm_to_der(parts.signature_algorithm)?,
        &encode::octet_string(parts.signature),
        &unsigned,
    ]))
}
