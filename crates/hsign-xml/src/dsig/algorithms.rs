//! Identifiers of algorithms (XMLDSig §6, RFC 9231), and the one value whose form differs from CMS.

use hsign_core::{DigestAlgorithm, EllipticCurve, SignatureAlgorithm};
use hsign_crypto::{ecdsa_value_from_der, ecdsa_value_to_der};

use super::NAMESPACE;
use crate::Node;

const MORE: &str = "http://www.w3.org/2001/04/xmldsig-more#";
const MORE_2007: &str = "http://www.w3.org/2007/05/xmldsig-more#";
const MORE_2021: &str = "http://www.w3.org/2021/04/xmldsig-more#";

/// The function that a DigestMethod names.
#[must_use]
pub fn digest_algorithm_from_uri(uri: &str) -> Option<DigestAlgorithm> {
    DigestAlgorithm::ALL.into_iter().find(|algorithm| digest_algorithm_uri(*algorithm) == Some(uri))
}

/// The Algorithm attribute of a DigestMethod.
#[must_use]
pub fn digest_algorithm_uri(algorithm: DigestAlgorithm) -> Option<&'static str> {
    Some(match algorithm {
        DigestAlgorithm::Md5 => "http://www.w3.org/2001/04/xmldsig-more#md5",
        DigestAlgorithm::Sha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
        DigestAlgorithm::Sha224 => "http://www.w3.org/2001/04/xmldsig-more#sha224",
        DigestAlgorithm::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
        DigestAlgorithm::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
        DigestAlgorithm::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
        DigestAlgorithm::Sha3_256 => "http://www.w3.org/2007/05/xmldsig-more#sha3-256",
        DigestAlgorithm::Sha3_384 => "http://www.w3.org/2007/05/xmldsig-more#sha3-384",
        DigestAlgorithm::Sha3_512 => "http://www.w3.org/2007/05/xmldsig-more#sha3-512",
        _ => return None,
    })
}

/// What a ds:SignatureMethod says. HMAC, DSA and whatever else has no public key that we can check with come back as
/// [`SignatureAlgorithm::Unknown`] with the URI.
pub(super) fn signature_algorithm(method: Node<'_>, uri: &str) -> SignatureAlgorithm {
    by_name(uri)
        .or_else(|| parametrised_pss(method, uri))
        .unwrap_or_else(|| SignatureAlgorithm::Unknown(uri.to_owned()))
}

fn by_name(uri: &str) -> Option<SignatureAlgorithm> {
    if let Some(name) = uri.strip_prefix(MORE_2021) {
        return match name {
            "eddsa-ed25519" => Some(SignatureAlgorithm::Ed25519),
            "eddsa-ed448" => Some(SignatureAlgorithm::Ed448),
            name => name.strip_prefix("ecdsa-").and_then(hash).map(SignatureAlgorithm::Ecdsa),
        };
    }
    let name = [NAMESPACE, MORE, MORE_2007].iter().find_map(|family| uri.strip_prefix(family))?;
    if let Some(digest) = name.strip_suffix("-rsa-MGF1").and_then(hash) {
        return Some(pss(digest, digest, digest.length()));
    }
    let (scheme, digest) = name.split_once('-')?;
    match scheme {
        "rsa" => hash(digest).map(SignatureAlgorithm::RsaPkcs1),
        "ecdsa" => hash(digest).map(SignatureAlgorithm::Ecdsa),
        _ => None,
    }
}

fn hash(name: &str) -> Option<DigestAlgorithm> {
    DigestAlgorithm::ALL.into_iter().find(|algorithm| {
        let known = algorithm.name().to_ascii_lowercase();
        known == name || known.replacen('-', "", 1) == name
    })
}

fn pss(digest: DigestAlgorithm, mask_digest: DigestAlgorithm, salt_length: usize) -> SignatureAlgorithm {
    let salt_length = u32::try_from(salt_length).unwrap_or(u32::MAX);
    SignatureAlgorithm::RsaPss { digest, mask_digest, salt_length }
}

/// RFC 9231 §2.3.9: `rsa-pss` with RSAPSSParams, whose parts have defaults.
fn parametrised_pss(method: Node<'_>, uri: &str) -> Option<SignatureAlgorithm> {
    if uri.strip_prefix(MORE_2007) != Some("rsa-pss") {
        return None;
    }
    let Some(parameters) = method.child(MORE_2007, "RSAPSSParams") else {
        return Some(pss(DigestAlgorithm::Sha256, DigestAlgorithm::Sha256, 32));
    };
    let of = |node: Option<Node<'_>>, default| match node {
        Some(node) => digest_algorithm_from_uri(&node.attribute("", "Algorithm")?),
        None => Some(default),
    };
    let digest = of(parameters.child(NAMESPACE, "DigestMethod"), DigestAlgorithm::Sha256)?;
    let mask = match parameters.child(MORE_2007, "MaskGenerationFunction") {
        Some(mask) if mask.attribute("", "Algorithm")? != "http://www.w3.org/2007/05/xmldsig-more#MGF1" => {
            return None;
        }
        Some(mask) => of(mask.child(NAMESPACE, "DigestMethod"), digest)?,
        None => digest,
    };
    let salt = match parameters.child(MORE_2007, "SaltLength") {
        Some(salt) => salt.simple_text().parse().ok()?,
        None => digest.length(),
    };
    let trailer = parameters.child(MORE_2007, "TrailerField").is_none_or(|field| field.simple_text() == "1");
    trailer.then(|| pss(digest, mask, salt))
}

/// The Algorithm attribute of a SignatureMethod; `None` where only parameters, or nothing, would express it.
#[must_use]
pub fn signature_algorithm_uri(algorithm: &SignatureAlgorithm) -> Option<String> {
    let plain = |digest: DigestAlgorithm| digest.name().to_ascii_lowercase().replacen('-', "", 1);
    match algorithm {
        SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha1) => Some(format!("{NAMESPACE}rsa-sha1")),
        SignatureAlgorithm::RsaPkcs1(digest) if !is_sha3(*digest) => {
            Some(format!("{MORE}rsa-{}", plain(*digest)))
        }
        SignatureAlgorithm::Ecdsa(digest) if is_sha3(*digest) => {
            Some(format!("{MORE_2021}ecdsa-{}", digest.name().to_ascii_lowercase()))
        }
        SignatureAlgorithm::Ecdsa(digest) => Some(format!("{MORE}ecdsa-{}", plain(*digest))),
        SignatureAlgorithm::RsaPss { digest, mask_digest, salt_length } => {
            let usual = digest == mask_digest && usize::try_from(*salt_length) == Ok(digest.length());
            let name = if is_sha3(*digest) { digest.name().to_ascii_lowercase() } else { plain(*digest) };
            usual.then(|| format!("{MORE_2007}{name}-rsa-MGF1"))
        }
        SignatureAlgorithm::Ed25519 => Some(format!("{MORE_2021}eddsa-ed25519")),
        SignatureAlgorithm::Ed448 => Some(format!("{MORE_2021}eddsa-ed448")),
        _ => None,
    }
}

fn is_sha3(digest: DigestAlgorithm) -> bool {
    matches!(digest, DigestAlgorithm::Sha3_256 | DigestAlgorithm::Sha3_384 | DigestAlgorithm::Sha3_512)
}

/// A SignatureValue in the form that our facts have: ECDSA's r and s side by side (RFC 9231 §2.3.6) become DER. A
/// value of another length stays as it is: some software writes DER, and the check tells.
#[must_use]
pub fn signature_value_from_xml(algorithm: &SignatureAlgorithm, value: &[u8]) -> Vec<u8> {
    if !matches!(algorithm, SignatureAlgorithm::Ecdsa(_)) {
        return value.to_vec();
    }
    curve_of_length(value.len())
        .and_then(|curve| ecdsa_value_to_der(curve, value))
        .unwrap_or_else(|| value.to_vec())
}

/// Only the length of the field counts here.
fn curve_of_length(length: usize) -> Option<EllipticCurve> {
    match length {
        64 => Some(EllipticCurve::P256),
        96 => Some(EllipticCurve::P384),
        128 => Some(EllipticCurve::BrainpoolP512r1),
        132 => Some(EllipticCurve::P521),
        _ => None,
    }
}

/// The other way, for what we sign: ECDSA's DER as r and s side by side on the key's curve. `None` when it isn't such
/// a value.
#[must_use]
pub fn signature_value_to_xml(
    algorithm: &SignatureAlgorithm,
    curve: Option<EllipticCurve>,
    value: &[u8],
) -> Option<Vec<u8>> {
    match algorithm {
        SignatureAlgorithm::Ecdsa(_) => ecdsa_value_from_der(curve?, value),
        _ => Some(value.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_survives_its_identifier() {
        for digest in DigestAlgorithm::ALL {
            let uri = digest_algorithm_uri(digest).unwrap();
            assert_eq!(digest_algorithm_from_uri(uri), Some(digest));
            for algorithm in [
                SignatureAlgorithm::RsaPkcs1(digest),
                SignatureAlgorithm::Ecdsa(digest),
                pss(digest, digest, digest.length()),
            ] {
                if let Some(uri) = signature_algorithm_uri(&algorithm) {
                    assert_eq!(by_name(&uri), Some(algorithm), "{uri}");
                }
            }
        }
        assert_eq!(
            digest_algorithm_from_uri("http://www.w3.org/2001/04/xmlenc#sha256"),
            Some(DigestAlgorithm::Sha256)
        );
        for other in ["hmac-sha256", "dsa-sha1", "rsa-", "rsa", "eddsa-ed25519"] {
            assert_eq!(by_name(&format!("{MORE}{other}")), None, "{other}");
        }
    }

    #[test]
    fn rfc9231_2_3_6_ecdsa_values() {
        let algorithm = SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256);
        let raw = [[0x80; 32], [0x01; 32]].concat();
        let der = signature_value_from_xml(&algorithm, &raw);
        assert_eq!(der.first(), Some(&0x30));
        assert_eq!(signature_value_to_xml(&algorithm, Some(EllipticCurve::P256), &der), Some(raw));
        assert_eq!(signature_value_from_xml(&algorithm, &der), der);
        assert_eq!(signature_value_to_xml(&algorithm, None, &der), None);
    }
}
