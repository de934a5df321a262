//! The signature policy that the signed attributes name (RFC 5126 §5.8.1).

use hsign_asn1::{Reader, Rules, Tag, octet_string, oid_to_string};
use hsign_cms::SignerInfo;
use hsign_core::facts::{Reference, SignaturePolicyFacts};
use hsign_core::{Digest, DigestAlgorithm, Finding};

const SIGNATURE_POLICY: &str = "1.2.840.113549.1.9.16.2.15";

/// What the signer's attribute says, if there is one; none of the policies is at hand here.
pub(crate) fn read(signer: &SignerInfo) -> Option<SignaturePolicyFacts> {
    let value = signer.signed_attributes()?.single(SIGNATURE_POLICY)?;
    Some(decode(value).unwrap_or_else(|| SignaturePolicyFacts {
        identifier: None,
        reference: None,
        findings: vec![Finding::error("signature-policy-unreadable").clause("RFC 5126 §5.8.1")],
    }))
}

/// SignaturePolicy ::= CHOICE { SignaturePolicyId, NULL for an implied one }.
fn decode(value: &[u8]) -> Option<SignaturePolicyFacts> {
    let mut choice = Reader::new(value, Rules::Ber);
    if choice.optional(Tag::NULL).ok()?.is_some() {
        return Some(SignaturePolicyFacts { identifier: None, reference: None, findings: Vec::new() });
    }
    let mut fields = choice.expect(Tag::SEQUENCE).ok()?.reader().ok()?;
    let identifier = oid_to_string(fields.expect(Tag::OID).ok()?.contents).ok()?;
    let mut hash = fields.expect(Tag::SEQUENCE).ok()?.reader().ok()?;
    let mut algorithm = hash.expect(Tag::SEQUENCE).ok()?.reader().ok()?;
    let algorithm =
        DigestAlgorithm::from_oid(&oid_to_string(algorithm.expect(Tag::OID).ok()?.contents).ok()?);
    let digest = octet_string(&hash.expect(Tag::OCTET_STRING).ok()?).ok()?.into_owned();
    // An empty or zero digest says that none is given (EN 319 122-1).
    let given = digest.iter().any(|byte| *byte != 0);
    let reference = algorithm.filter(|_| given).map(|algorithm| Reference {
        name: "signature-policy".to_owned(),
        expected: Digest::new(algorithm, digest),
        actual: None,
    });
    Some(SignaturePolicyFacts { identifier: Some(identifier), reference, findings: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_implied_policy_has_neither_name_nor_digest() {
        let facts = decode(&[5, 0]).unwrap();
        assert_eq!((facts.identifier, facts.reference), (None, None));
    }

    #[test]
    fn a_named_policy_brings_its_digest() {
        let sha256 = [0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
        let hash = [&[0x30, 19][..], &sha256, &[4, 4, 1, 2, 3, 4]].concat();
        let value = [&[0x30, 26, 6, 3, 0x2a, 3, 4][..], &hash].concat();
        let facts = decode(&value).unwrap();
        assert_eq!(facts.identifier.as_deref(), Some("1.2.3.4"));
        assert_eq!(facts.reference.unwrap().expected.value.as_slice(), [1, 2, 3, 4]);
        assert!(decode(&value[..20]).is_none());
    }
}
