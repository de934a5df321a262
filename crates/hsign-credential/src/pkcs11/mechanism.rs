//! From a message to what a token signs, and back to a signature value.

use cryptoki::mechanism::{Mechanism, MechanismType};
use hsign_core::{DigestAlgorithm, EllipticCurve, SignatureAlgorithm};

use crate::Error;

/// A mechanism and the octets to hand to `C_Sign`.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) mechanism: Mechanism<'static>,
    pub(super) data: Vec<u8>,
}

/// Hashes here wherever the token offers its raw mechanism (HPKI cards offer no other); hands over the whole
/// message only where it doesn't.
pub(super) fn prepare(
    algorithm: &SignatureAlgorithm,
    offered: &[MechanismType],
    message: &[u8],
) -> Result<Prepared, Error> {
    let refuse = || Error::Algorithm(algorithm.to_string());
    let digest = algorithm.digest().ok_or_else(refuse)?;
    let (raw, hashing) = match algorithm {
        SignatureAlgorithm::RsaPkcs1(_) => {
            ((Mechanism::RsaPkcs, MechanismType::RSA_PKCS), rsa_hashing(digest))
        }
        SignatureAlgorithm::Ecdsa(_) => ((Mechanism::Ecdsa, MechanismType::ECDSA), ecdsa_hashing(digest)),
        _ => return Err(refuse()),
    };
    if offered.contains(&raw.1) {
        let value = hsign_crypto::digest(digest, message).map_err(|_| refuse())?.value.0;
        let data = match algorithm {
            SignatureAlgorithm::RsaPkcs1(_) => digest_info(digest, &value).ok_or_else(refuse)?,
            _ => value,
        };
        return Ok(Prepared { mechanism: raw.0, data });
    }
    match hashing {
        Some((mechanism, kind)) if offered.contains(&kind) => {
            Ok(Prepared { mechanism, data: message.to_vec() })
        }
        _ => Err(refuse()),
    }
}

fn rsa_hashing(digest: DigestAlgorithm) -> Option<(Mechanism<'static>, MechanismType)> {
    match digest {
        DigestAlgorithm::Sha256 => Some((Mechanism::Sha256RsaPkcs, MechanismType::SHA256_RSA_PKCS)),
        DigestAlgorithm::Sha384 => Some((Mechanism::Sha384RsaPkcs, MechanismType::SHA384_RSA_PKCS)),
        DigestAlgorithm::Sha512 => Some((Mechanism::Sha512RsaPkcs, MechanismType::SHA512_RSA_PKCS)),
        _ => None,
    }
}

fn ecdsa_hashing(digest: DigestAlgorithm) -> Option<(Mechanism<'static>, MechanismType)> {
    match digest {
        DigestAlgorithm::Sha256 => Some((Mechanism::EcdsaSha256, MechanismType::ECDSA_SHA256)),
        DigestAlgorithm::Sha384 => Some((Mechanism::EcdsaSha384, MechanismType::ECDSA_SHA384)),
        DigestAlgorithm::Sha512 => Some((Mechanism::EcdsaSha512, MechanismType::ECDSA_SHA512)),
        _ => None,
    }
}

/// DER of DigestInfo (RFC 8017 §9.2 step 2). Only functions good enough to sign with today; all of them have a
/// nine-octet OID, so that the lengths are plain.
fn digest_info(digest: DigestAlgorithm, value: &[u8]) -> Option<Vec<u8>> {
    // The last arc of 2.16.840.1.101.3.4.2.x.
    let arc = match digest {
        DigestAlgorithm::Sha256 => 1,
        DigestAlgorithm::Sha384 => 2,
        DigestAlgorithm::Sha512 => 3,
        DigestAlgorithm::Sha3_256 => 8,
        DigestAlgorithm::Sha3_384 => 9,
        DigestAlgorithm::Sha3_512 => 10,
        _ => return None,
    };
    let length = u8::try_from(value.len()).ok().filter(|length| usize::from(*length) == digest.length())?;
    let identifier =
        [0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, arc, 0x05, 0x00];
    let mut info = vec![0x30, 17 + length];
    info.extend(identifier);
    info.extend([0x04, length]);
    info.extend(value);
    Some(info)
}

/// PKCS#11 gives ECDSA values as r‖s; signatures carry the DER form (RFC 5753 §7.2 and RFC 3279 §2.2.3).
pub(super) fn ecdsa_der(curve: EllipticCurve, value: &[u8]) -> Result<Vec<u8>, Error> {
    hsign_crypto::ecdsa_value_to_der(curve, value).ok_or(Error::WrongSignature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::hash::MessageDigest;
    use openssl::pkey::PKey;
    use openssl::rsa::{Padding, Rsa};
    use openssl::sign::Verifier;

    #[test]
    fn rfc8017_section_9_2_digest_info_is_what_openssl_verifies() {
        let rsa = Rsa::generate(2048).unwrap();
        for (digest, openssl) in [
            (DigestAlgorithm::Sha256, MessageDigest::sha256()),
            (DigestAlgorithm::Sha384, MessageDigest::sha384()),
            (DigestAlgorithm::Sha512, MessageDigest::sha512()),
            (DigestAlgorithm::Sha3_256, MessageDigest::sha3_256()),
        ] {
            let offered = [MechanismType::RSA_PKCS, MechanismType::SHA256_RSA_PKCS];
            let prepared = prepare(&SignatureAlgorithm::RsaPkcs1(digest), &offered, b"message").unwrap();
            let mut value = vec![0; 256];
            rsa.private_encrypt(&prepared.data, &mut value, Padding::PKCS1).unwrap();
            let key = PKey::from_rsa(rsa.clone()).unwrap();
            assert!(
                Verifier::new(openssl, &key).unwrap().verify_oneshot(&value, b"message").unwrap(),
                "{digest}"
            );
        }
    }

    #[test]
    fn the_hashing_mechanism_only_where_the_raw_one_is_missing() {
        let sha256 = SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256);
        let prepared = prepare(&sha256, &[MechanismType::SHA256_RSA_PKCS], b"message").unwrap();
        assert!(matches!(prepared.mechanism, Mechanism::Sha256RsaPkcs));
        assert_eq!(prepared.data, b"message");
        assert!(prepare(&sha256, &[MechanismType::ECDSA], b"message").is_err());
        assert!(
            prepare(&SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha1), &[MechanismType::RSA_PKCS], b"")
                .is_err()
        );
    }
}
