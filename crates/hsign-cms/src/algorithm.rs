//! AlgorithmIdentifier values of CMS (RFC 3370, RFC 5754, RFC 4056, RFC 8419).

use hsign_asn1::{Tag, Tlv, encode, integer_u64, oid_to_string};
use hsign_core::{DigestAlgorithm, SignatureAlgorithm};

use crate::Error;
use crate::oid::{EC_PUBLIC_KEY, ED448, ED25519, MGF1, RSA_ENCRYPTION, RSASSA_PSS};
use crate::read::only;

/// Identifiers that name a key algorithm and a digest at once.
static COMBINED: [(&str, SignatureAlgorithm); 15] = [
    ("1.2.840.113549.1.1.4", SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Md5)),
    ("1.2.840.113549.1.1.5", SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha1)),
    ("1.2.840.113549.1.1.14", SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha224)),
    ("1.2.840.113549.1.1.11", SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256)),
    ("1.2.840.113549.1.1.12", SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha384)),
    ("1.2.840.113549.1.1.13", SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha512)),
    ("1.2.840.10045.4.1", SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha1)),
    ("1.2.840.10045.4.3.1", SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha224)),
    ("1.2.840.10045.4.3.2", SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256)),
    ("1.2.840.10045.4.3.3", SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha384)),
    ("1.2.840.10045.4.3.4", SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha512)),
    ("2.16.840.1.101.3.4.3.10", SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha3_256)),
    ("2.16.840.1.101.3.4.3.11", SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha3_384)),
    ("2.16.840.1.101.3.4.3.12", SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha3_512)),
    ("2.16.840.1.101.3.4.3.14", SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha3_256)),
];

/// The OID of an AlgorithmIdentifier.
pub(crate) fn identifier(algorithm: &Tlv<'_>) -> Result<String, Error> {
    Ok(oid_to_string(algorithm.reader()?.expect(Tag::OID)?.contents)?)
}

/// A SignatureAlgorithmIdentifier. `digest` is SignerInfo.digestAlgorithm, for identifiers that name the
/// key algorithm only (RFC 3370 §3.2).
pub(crate) fn signature_algorithm(
    algorithm: &Tlv<'_>,
    digest: Option<DigestAlgorithm>,
) -> Result<SignatureAlgorithm, Error> {
    let oid = identifier(algorithm)?;
    if let Some((_, known)) = COMBINED.iter().find(|(candidate, _)| *candidate == oid) {
        return Ok(known.clone());
    }
    Ok(match (oid.as_str(), digest) {
        (RSA_ENCRYPTION, Some(digest)) => SignatureAlgorithm::RsaPkcs1(digest),
        (EC_PUBLIC_KEY, Some(digest)) => SignatureAlgorithm::Ecdsa(digest),
        (ED25519, _) => SignatureAlgorithm::Ed25519,
        (ED448, _) => SignatureAlgorithm::Ed448,
        (RSASSA_PSS, _) => pss(algorithm)?.unwrap_or(SignatureAlgorithm::Unknown(oid)),
        _ => SignatureAlgorithm::Unknown(oid),
    })
}

/// RSASSA-PSS-params (RFC 4055 §3.1), with its defaults; `None` for functions we don't know.
fn pss(algorithm: &Tlv<'_>) -> Result<Option<SignatureAlgorithm>, Error> {
    let mut fields = algorithm.reader()?;
    fields.expect(Tag::OID)?;
    let Some(parameters) = fields.optional(Tag::SEQUENCE)? else { return Ok(None) };
    let mut parameters = parameters.reader()?;
    let digest = match parameters.optional(Tag::context(0, true))? {
        Some(hash) => DigestAlgorithm::from_oid(&identifier(&only(hash.contents, Tag::SEQUENCE)?)?),
        None => Some(DigestAlgorithm::Sha1),
    };
    let mask_digest = match parameters.optional(Tag::context(1, true))? {
        Some(mask) => mask_digest(&only(mask.contents, Tag::SEQUENCE)?)?,
        None => Some(DigestAlgorithm::Sha1),
    };
    let salt_length = match parameters.optional(Tag::context(2, true))? {
        Some(salt) => u32::try_from(integer_u64(only(salt.contents, Tag::INTEGER)?.contents)?).ok(),
        None => Some(20),
    };
    let trailer = match parameters.optional(Tag::context(3, true))? {
        Some(field) => integer_u64(only(field.contents, Tag::INTEGER)?.contents)?,
        None => 1,
    };
    parameters.finish()?;
    Ok(match (digest, mask_digest, salt_length, trailer) {
        (Some(digest), Some(mask_digest), Some(salt_length), 1) => {
            Some(SignatureAlgorithm::RsaPss { digest, mask_digest, salt_length })
        }
        _ => None,
    })
}

fn mask_digest(mask: &Tlv<'_>) -> Result<Option<DigestAlgorithm>, Error> {
    if identifier(mask)? != MGF1 {
        return Ok(None);
    }
    let mut fields = mask.reader()?;
    fields.expect(Tag::OID)?;
    Ok(DigestAlgorithm::from_oid(&identifier(&fields.expect(Tag::SEQUENCE)?)?))
}

/// DigestAlgorithmIdentifier, DER, parameters absent as RFC 5754 §2 asks of whoever writes.
///
/// # Errors
/// Never in practice: the OIDs are ours.
pub fn digest_algorithm_identifier(algorithm: DigestAlgorithm) -> Result<Vec<u8>, Error> {
    Ok(encode::sequence(&[&encode::oid(algorithm.oid())?]))
}

/// SignatureAlgorithmIdentifier, DER. RSA PKCS#1 v1.5 is written as rsaEncryption, the one identifier
/// that every CMS implementation must know (RFC 3370 §3.2).
///
/// # Errors
/// For algorithms we don't sign with.
pub fn signature_algorithm_identifier(algorithm: &SignatureAlgorithm) -> Result<Vec<u8>, Error> {
    let plain = |oid: &str| Ok(encode::sequence(&[&encode::oid(oid)?]));
    match algorithm {
        SignatureAlgorithm::RsaPkcs1(_) => {
            Ok(encode::sequence(&[&encode::oid(RSA_ENCRYPTION)?, &encode::null()]))
        }
        SignatureAlgorithm::RsaPss { digest, mask_digest, salt_length } => {
            pss_identifier(*digest, *mask_digest, *salt_length)
        }
        SignatureAlgorithm::Ed25519 => plain(ED25519),
        SignatureAlgorithm::Ed448 => plain(ED448),
        other => match COMBINED.iter().find(|(_, known)| known == other) {
            Some((oid, _)) => plain(oid),
            None => Err(Error::UnsupportedAlgorithm(other.clone())),
        },
    }
}

fn pss_identifier(
    digest: DigestAlgorithm,
    mask_digest: DigestAlgorithm,
    salt_length: u32,
) -> Result<Vec<u8>, Error> {
    // RFC 4055 §2.1 writes the NULL out, unlike RFC 5754.
    let hash = |algorithm: DigestAlgorithm| -> Result<_, Error> {
        Ok(encode::sequence(&[&encode::oid(algorithm.oid())?, &encode::null()]))
    };
    let mask = encode::sequence(&[&encode::oid(MGF1)?, &hash(mask_digest)?]);
    let salt = encode::integer(salt_length.into());
    let parameters = encode::sequence(&[
        &encode::explicit(0, &hash(digest)?),
        &encode::explicit(1, &mask),
        &encode::explicit(2, &salt),
    ]);
    Ok(encode::sequence(&[&encode::oid(RSASSA_PSS)?, &parameters]))
}
