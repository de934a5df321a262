use hsign_asn1::{BitString, Rules, Tag, Tlv, bit_string, oid, single, unsigned_bytes};
use hsign_core::{EllipticCurve, PublicKeyKind};

/// Kind and key bits of a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). A key that doesn't have the form its
/// algorithm asks for is of unknown kind.
pub(crate) fn read(spki: &Tlv<'_>) -> Result<(PublicKeyKind, Vec<u8>), hsign_asn1::Error> {
    let mut fields = spki.reader()?;
    let mut algorithm = fields.expect(Tag::SEQUENCE)?.reader()?;
    let dotted = oid(&algorithm.expect(Tag::OID)?)?;
    let parameters = algorithm.next()?;
    algorithm.finish()?;
    let bits: BitString<'_> = bit_string(&fields.expect(Tag::BIT_STRING)?)?;
    fields.finish()?;
    let key = bits.octets.into_owned();
    let kind = match dotted.as_str() {
        // rsaEncryption and id-RSASSA-PSS hold the same key (RFC 4055 §1.2).
        "1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10" => {
            modulus_bits(&key).map(|bits| PublicKeyKind::Rsa { bits })
        }
        "1.2.840.10045.2.1" => parameters.and_then(|named| curve(&named)).map(PublicKeyKind::Ec),
        "1.2.840.10040.4.1" => {
            Some(PublicKeyKind::Dsa { bits: parameters.as_ref().and_then(prime_bits).unwrap_or(0) })
        }
        "1.3.101.112" => Some(PublicKeyKind::Ed25519),
        "1.3.101.113" => Some(PublicKeyKind::Ed448),
        _ => None,
    };
    Ok((kind.unwrap_or(PublicKeyKind::Unknown(dotted)), key))
}

fn modulus_bits(key: &[u8]) -> Option<u32> {
    let mut fields = single(key, Tag::SEQUENCE, Rules::Ber).ok()?.reader().ok()?;
    significant_bits(fields.expect(Tag::INTEGER).ok()?.contents)
}

/// Bits of p; DSA keys may leave their parameters to the issuer's key (RFC 3279 §2.3.2).
fn prime_bits(parameters: &Tlv<'_>) -> Option<u32> {
    let mut fields = parameters.reader().ok()?;
    significant_bits(fields.expect(Tag::INTEGER).ok()?.contents)
}

fn significant_bits(contents: &[u8]) -> Option<u32> {
    let digits = unsigned_bytes(contents).ok()?;
    let first = digits.first()?;
    u32::try_from(digits.len()).ok()?.checked_mul(8)?.checked_sub(first.leading_zeros())
}

fn curve(parameters: &Tlv<'_>) -> Option<EllipticCurve> {
    match oid(parameters).ok()?.as_str() {
        "1.2.840.10045.3.1.7" => Some(EllipticCurve::P256),
        "1.3.132.0.34" => Some(EllipticCurve::P384),
        "1.3.132.0.35" => Some(EllipticCurve::P521),
        "1.3.36.3.3.2.8.1.1.7" => Some(EllipticCurve::BrainpoolP256r1),
        "1.3.36.3.3.2.8.1.1.11" => Some(EllipticCurve::BrainpoolP384r1),
        "1.3.36.3.3.2.8.1.1.13" => Some(EllipticCurve::BrainpoolP512r1),
        _ => None,
    }
}
