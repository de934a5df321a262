//! Algorithm identifiers of signatures and digests (RFC 5280 §4.1.1.2, RFC 4055, RFC 5758, RFC 8410,
//! RFC 8702 arc for SHA-3).

use hsign_asn1::{Tag, Tlv, encode, integer_u64, oid};
use hsign_core::{DigestAlgorithm, SignatureAlgorithm};

use crate::Error;
use crate::error::Within as _;

const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
const MGF1: &str = "1.2.840.113549.1.1.8";
const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const ED25519: &str = "1.3.101.112";
const ED448: &str = "1.3.101.113";

const RSA_PKCS1: [(DigestAlgorithm, &str); 9] = [
    (DigestAlgorithm::Md5, "1.2.840.113549.1.1.4"),
    (DigestAlgorithm::Sha1, "1.2.840.113549.1.1.5"),
    (DigestAlgorithm::Sha224, "1.2.840.113549.1.1.14"),
    (DigestAlgorithm::Sha256, "1.2.840.113549.1.1.11"),
    (DigestAlgorithm::Sha384, "1.2.840.113549.1.1.12"),
    (DigestAlgorithm::Sha512, "1.2.840.113549.1.1.13"),
    (DigestAlgorithm::Sha3_256, "2.16.840.1.101.3.4.3.14"),
    (DigestAlgorithm::Sha3_384, "2.16.840.1.101.3.4.3.15"),
    (DigestAlgorithm::Sha3_512, "2.16.840.1.101.3.4.3.16"),
];

/// The older name of sha1WithRSAEncryption, from the OIW.
const SHA1_WITH_RSA_OIW: &str = "1.3.14.3.2.29";

const ECDSA: [(DigestAlgorithm, &str); 8] = [
    (DigestAlgorithm::Sha1, "1.2.840.10045.4.1"),
    (DigestAlgorithm::Sha224, "1.2.840.10045.4.3.1"),
    (DigestAlgorithm::Sha256, "1.2.840.10045.4.3.2"),
    (DigestAlgorithm::Sha384, "1.2.840.10045.4.3.3"),
    (DigestAlgorithm::Sha512, "1.2.840.10045.4.3.4"),
    (DigestAlgorithm::Sha3_256, "2.16.840.1.101.3.4.3.10"),
    (DigestAlgorithm::Sha3_384, "2.16.840.1.101.3.4.3.11"),
    (DigestAlgorithm::Sha3_512, "2.16.840.1.101.3.4.3.12"),
];

/// Reads the AlgorithmIdentifier of a signature. CMS may name only the key type (`rsaEncryption`,
/// `id-ecPublicKey`) and the digest elsewhere (RFC 3370 §3.2); `digest_hint` is that digest. Parameters
/// that don't belong there make the algorithm unknown rather than ignored.
///
/// # Errors
/// When the element isn't an AlgorithmIdentifier.
pub fn signature_algorithm_from_der(
    tlv: &Tlv<'_>,
    digest_hint: Option<DigestAlgorithm>,
) -> Result<SignatureAlgorithm, Error> {
    const WHAT: &str = "signature algorithm";
    let (oid, parameters) = split(tlv).within(WHAT)?;
    if oid == RSASSA_PSS {
        let pss = parameters.map(|parameters| pss(&parameters)).transpose().within(WHAT)?.flatten();
        return Ok(pss.unwrap_or(SignatureAlgorithm::Unknown(oid)));
    }
    let plain =
        parameters.is_none_or(|parameters| parameters.tag == Tag::NULL && parameters.contents.is_empty());
    let known = if plain { without_parameters(&oid, digest_hint) } else { None };
    Ok(known.unwrap_or(SignatureAlgorithm::Unknown(oid)))
}

fn without_parameters(oid: &str, digest_hint: Option<DigestAlgorithm>) -> Option<SignatureAlgorithm> {
    let find = |table: &[(DigestAlgorithm, &str)]| {
        table.iter().find(|(_, known)| *known == oid).map(|(digest, _)| *digest)
    };
    match oid {
        RSA_ENCRYPTION => digest_hint.map(SignatureAlgorithm::RsaPkcs1),
        EC_PUBLIC_KEY => digest_hint.map(SignatureAlgorithm::Ecdsa),
        SHA1_WITH_RSA_OIW => Some(SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha1)),
        ED25519 => Some(SignatureAlgorithm::Ed25519),
        ED448 => Some(SignatureAlgorithm::Ed448),
        _ => find(&RSA_PKCS1)
            .map(SignatureAlgorithm::RsaPkcs1)
            .or_else(|| find(&ECDSA).map(SignatureAlgorithm::Ecdsa)),
    }
}

/// RSASSA-PSS-params (RFC 4055 §3.1), each with its default. `None` for a digest, mask function or trailer
/// we don't know.
fn pss(parameters: &Tlv<'_>) -> Result<Option<SignatureAlgorithm>, hsign_asn1::Error> {
    let mut fields = parameters.reader()?;
    let mut digest = Some(DigestAlgorithm::Sha1);
    let mut mask_digest = Some(DigestAlgorithm::Sha1);
    let mut salt_length = 20;
    let mut trailer = 1;
    if let Some(field) = fields.optional(Tag::context(0, true))? {
        digest = known_digest(&field.only(Tag::SEQUENCE)?)?;
    }
    if let Some(field) = fields.optional(Tag::context(1, true))? {
        let (function, parameters) = split(&field.only(Tag::SEQUENCE)?)?;
        mask_digest = match parameters {
            Some(parameters) if function == MGF1 => known_digest(&parameters)?,
            _ => None,
        };
    }
    if let Some(field) = fields.optional(Tag::context(2, true))? {
        salt_length = integer_u64(field.only(Tag::INTEGER)?.contents)?;
    }
    if let Some(field) = fields.optional(Tag::context(3, true))? {
        trailer = integer_u64(field.only(Tag::INTEGER)?.contents)?;
    }
    fields.finish()?;
    let (Some(digest), Some(mask_digest), Ok(salt_length), 1) =
        (digest, mask_digest, u32::try_from(salt_length), trailer)
    else {
        return Ok(None);
    };
    Ok(Some(SignatureAlgorithm::RsaPss { digest, mask_digest, salt_length }))
}

fn known_digest(tlv: &Tlv<'_>) -> Result<Option<DigestAlgorithm>, hsign_asn1::Error> {
    split(tlv).map(|(oid, _)| DigestAlgorithm::from_oid(&oid))
}

/// OID and parameters of an AlgorithmIdentifier.
fn split<'a>(tlv: &Tlv<'a>) -> Result<(String, Option<Tlv<'a>>), hsign_asn1::Error> {
    if tlv.tag != Tag::SEQUENCE {
        return Err(tlv.bad("not an AlgorithmIdentifier"));
    }
    let mut fields = tlv.reader()?;
    let oid = oid(&fields.expect(Tag::OID)?)?;
    let parameters = fields.next()?;
    fields.finish()?;
    Ok((oid, parameters))
}

/// Writes the AlgorithmIdentifier of a signature: NULL parameters for RSA (RFC 4055 §5), none for ECDSA
/// (RFC 5758 §3.2) and EdDSA (RFC 8410 §3).
///
/// # Errors
/// When there is no identifier for it: an unknown algorithm, or ECDSA with MD5.
pub fn signature_algorithm_to_der(algorithm: &SignatureAlgorithm) -> Result<Vec<u8>, Error> {
    const WHAT: &str = "signature algorithm";
    let none = || Error::NoIdentifier(algorithm.to_string());
    let find = |table: &[(DigestAlgorithm, &'static str)], digest: &DigestAlgorithm| {
        table.iter().find(|(known, _)| known == digest).map(|(_, oid)| *oid).ok_or_else(none)
    };
    let with = |dotted: &str, parameters: &[u8]| {
        Ok(encode::sequence(&[&encode::oid(dotted).within(WHAT)?, parameters]))
    };
    match algorithm {
        SignatureAlgorithm::RsaPkcs1(digest) => with(find(&RSA_PKCS1, digest)?, &encode::null()),
        SignatureAlgorithm::Ecdsa(digest) => with(find(&ECDSA, digest)?, &[]),
        SignatureAlgorithm::Ed25519 => with(ED25519, &[]),
        SignatureAlgorithm::Ed448 => with(ED448, &[]),
        SignatureAlgorithm::RsaPss { digest, mask_digest, salt_length } => {
            let mask = encode::sequence(&[
                &encode::oid(MGF1).within(WHAT)?,
                &digest_algorithm_with_null_to_der(*mask_digest),
            ]);
            let parameters = encode::sequence(&[
                &encode::explicit(0, &digest_algorithm_with_null_to_der(*digest)),
                &encode::explicit(1, &mask),
                &encode::explicit(2, &encode::integer((*salt_length).into())),
            ]);
            with(RSASSA_PSS, &parameters)
        }
        _ => Err(none()),
    }
}

/// Reads the AlgorithmIdentifier of a digest: its OID, and the algorithm if it is one of ours.
///
/// # Errors
/// When the element isn't an AlgorithmIdentifier.
pub fn digest_algorithm_from_der(tlv: &Tlv<'_>) -> Result<(String, Option<DigestAlgorithm>), Error> {
    let (oid, _) = split(tlv).within("digest algorithm")?;
    let known = DigestAlgorithm::from_oid(&oid);
    Ok((oid, known))
}

/// Writes the AlgorithmIdentifier of a digest without parameters (RFC 5754 §2).
#[must_use]
pub fn digest_algorithm_to_der(algorithm: DigestAlgorithm) -> Vec<u8> {
    encode::sequence(&[&digest_oid(algorithm)])
}

/// Writes it with NULL parameters, as PSS parameters (RFC 4055 §2.1) and older time-stamp authorities want.
#[must_use]
pub fn digest_algorithm_with_null_to_der(algorithm: DigestAlgorithm) -> Vec<u8> {
    encode::sequence(&[&digest_oid(algorithm), &encode::null()])
}

fn digest_oid(algorithm: DigestAlgorithm) -> Vec<u8> {
    // The table's identifiers are well formed; a test encodes every one.
    encode::oid(algorithm.oid()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use hsign_asn1::{Reader, Rules};

    use super::*;

    fn read(bytes: &[u8], hint: Option<DigestAlgorithm>) -> SignatureAlgorithm {
        let tlv = Reader::new(bytes, Rules::Der).any().unwrap();
        signature_algorithm_from_der(&tlv, hint).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut algorithms = vec![SignatureAlgorithm::Ed25519, SignatureAlgorithm::Ed448];
        for digest in DigestAlgorithm::ALL {
            algorithms.push(SignatureAlgorithm::RsaPkcs1(digest));
            algorithms.push(SignatureAlgorithm::RsaPss { digest, mask_digest: digest, salt_length: 300 });
            if digest != DigestAlgorithm::Md5 {
                algorithms.push(SignatureAlgorithm::Ecdsa(digest));
            }
        }
        for algorithm in algorithms {
            let der = signature_algorithm_to_der(&algorithm).unwrap();
            assert_eq!(read(&der, None), algorithm);
        }
    }

    #[test]
    fn every_digest_has_an_identifier() {
        for digest in DigestAlgorithm::ALL {
            for der in [digest_algorithm_to_der(digest), digest_algorithm_with_null_to_der(digest)] {
                let tlv = Reader::new(&der, Rules::Der).any().unwrap();
                assert_eq!(digest_algorithm_from_der(&tlv).unwrap(), (digest.oid().to_owned(), Some(digest)));
            }
        }
    }

    #[test]
    fn rfc4055_3_1_pss_defaults_are_sha1_and_20() {
        let der = encode::sequence(&[&encode::oid(RSASSA_PSS).unwrap(), &encode::sequence(&[])]);
        let sha1 = DigestAlgorithm::Sha1;
        let expected = SignatureAlgorithm::RsaPss { digest: sha1, mask_digest: sha1, salt_length: 20 };
        assert_eq!(read(&der, None), expected);
    }

    #[test]
    fn pss_without_parameters_or_with_unknown_ones_is_unknown() {
        let unknown = SignatureAlgorithm::Unknown(RSASSA_PSS.to_owned());
        let oid = encode::oid(RSASSA_PSS).unwrap();
        assert_eq!(read(&encode::sequence(&[&oid]), None), unknown);
        let trailer = encode::sequence(&[&encode::explicit(3, &encode::integer(2))]);
        assert_eq!(read(&encode::sequence(&[&oid, &trailer]), None), unknown);
        let other_digest = encode::sequence(&[&encode::oid("1.2.3").unwrap()]);
        let parameters = encode::sequence(&[&encode::explicit(0, &other_digest)]);
        assert_eq!(read(&encode::sequence(&[&oid, &parameters]), None), unknown);
    }

    #[test]
    fn rfc3370_3_2_a_bare_key_type_takes_the_digest_from_elsewhere() {
        let der = encode::sequence(&[&encode::oid(RSA_ENCRYPTION).unwrap(), &encode::null()]);
        let sha256 = DigestAlgorithm::Sha256;
        assert_eq!(read(&der, Some(sha256)), SignatureAlgorithm::RsaPkcs1(sha256));
        assert_eq!(read(&der, None), SignatureAlgorithm::Unknown(RSA_ENCRYPTION.to_owned()));
    }

    #[test]
    fn strange_parameters_make_it_unknown() {
        let oid = RSA_PKCS1[3].1;
        let der = encode::sequence(&[&encode::oid(oid).unwrap(), &encode::integer(1)]);
        assert_eq!(read(&der, None), SignatureAlgorithm::Unknown(oid.to_owned()));
    }
}
