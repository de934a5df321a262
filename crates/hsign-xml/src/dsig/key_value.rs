//! KeyValue (XMLDSig §4.5.2) as SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).

use super::{NAMESPACE, NAMESPACE_11, base64_decode};
use crate::Node;

/// The content of rsaEncryption's AlgorithmIdentifier: OID and NULL (RFC 3279 §2.3.1).
const RSA: [u8; 13] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00];
/// id-ecPublicKey (RFC 5480 §2.1.1).
const EC: [u8; 9] = [0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];

/// `None` for kinds of keys that nothing here can use.
pub(super) fn key_value(value: Node<'_>) -> Option<Vec<u8>> {
    match value.name() {
        (NAMESPACE, "RSAKeyValue") => rsa(value),
        (NAMESPACE_11, "ECKeyValue") => elliptic_curve(value),
        _ => None,
    }
}

fn rsa(value: Node<'_>) -> Option<Vec<u8>> {
    let number = |name: &str| base64_decode(&value.child(NAMESPACE, name)?.text()).ok();
    let numbers = [integer(&number("Modulus")?), integer(&number("Exponent")?)].concat();
    Some(subject_public_key_info(&RSA, &tlv(0x30, &numbers)))
}

fn elliptic_curve(value: Node<'_>) -> Option<Vec<u8>> {
    let curve = value.child(NAMESPACE_11, "NamedCurve")?.attribute("", "URI")?;
    let oid = object_identifier(curve.strip_prefix("urn:oid:")?)?;
    let point = base64_decode(&value.child(NAMESPACE_11, "PublicKey")?.text()).ok()?;
    Some(subject_public_key_info(&[&EC[..], &tlv(0x06, &oid)].concat(), &point))
}

fn subject_public_key_info(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let key = [&[0][..], key].concat();
    tlv(0x30, &[tlv(0x30, algorithm), tlv(0x03, &key)].concat())
}

fn integer(magnitude: &[u8]) -> Vec<u8> {
    let first = magnitude.iter().position(|byte| *byte != 0).unwrap_or(magnitude.len());
    let significant = magnitude.get(first..).unwrap_or_default();
    let needs_zero = significant.first().is_none_or(|byte| *byte & 0x80 != 0);
    let sign: &[u8] = if needs_zero { &[0] } else { &[] };
    tlv(0x02, &[sign, significant].concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut encoded = vec![tag];
    match significant.as_slice() {
        [] => encoded.push(0),
        [short] if *short < 0x80 => encoded.push(*short),
        long => {
            encoded.push(0x80 | u8::try_from(long.len()).unwrap_or(0x7F));
            encoded.extend_from_slice(long);
        }
    }
    encoded.extend_from_slice(content);
    encoded
}

/// Contents of an OBJECT IDENTIFIER from its dotted form.
fn object_identifier(dotted: &str) -> Option<Vec<u8>> {
    let arcs: Option<Vec<u32>> = dotted.split('.').take(20).map(|arc| arc.parse().ok()).collect();
    let arcs = arcs?;
    let (first, second) = (*arcs.first()?, *arcs.get(1)?);
    let head = first.checked_mul(40)?.checked_add(second)?;
    let mut contents = Vec::new();
    for arc in std::iter::once(head).chain(arcs.into_iter().skip(2)) {
        let groups =
            (1..5).rev().filter(|group| arc >> (7 * group) != 0).map(|group| low7(arc >> (7 * group)) | 0x80);
        contents.extend(groups);
        contents.push(low7(arc));
    }
    Some(contents)
}

fn low7(value: u32) -> u8 {
    let [.., low] = value.to_be_bytes();
    low & 0x7F
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Document, Limits};

    #[test]
    fn x690_8_19_object_identifiers() {
        assert_eq!(
            object_identifier("1.2.840.10045.3.1.7"),
            Some(vec![0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7])
        );
        assert_eq!(object_identifier("1.3.132.0.34"), Some(vec![0x2B, 0x81, 0x04, 0, 0x22]));
        assert_eq!(object_identifier("1"), None);
        assert_eq!(object_identifier("1.x"), None);
    }

    #[test]
    fn xmldsig_4_5_2_2_rsa_key_value() {
        let xml = format!(
            "<RSAKeyValue xmlns='{NAMESPACE}'><Modulus>\ngIE=</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>"
        );
        let document = Document::parse(&xml, &Limits::default()).unwrap();
        let expected = [
            &[0x30, 29, 0x30, 13][..],
            &RSA,
            &[0x03, 13, 0, 0x30, 10, 0x02, 3, 0, 0x80, 0x81, 0x02, 3, 1, 0, 1],
        ]
        .concat();
        // SEQUENCE{2+13, 2+1+2+10}
        assert_eq!(key_value(document.root()).map(|spki| spki[2..].to_vec()), Some(expected[2..].to_vec()));
    }
}
