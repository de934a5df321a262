//! The signature policy that the signed properties name (EN 319 132-1).

use hsign_core::Finding;
use hsign_core::facts::{Reference, SignaturePolicyFacts};
use hsign_xml::Node;

use crate::names::{DS, child, is_xades, path};
use crate::values;

/// What SignaturePolicyIdentifier says, if it is there. A policy document in the unsigned properties is compared with
/// the signed digest.
pub(crate) fn read(signature_properties: Node<'_>, unsigned: &[Node<'_>]) -> Option<SignaturePolicyFacts> {
    let identifier = child(signature_properties, "SignaturePolicyIdentifier")?;
    let Some(explicit) = child(identifier, "SignaturePolicyId") else {
        let unreadable = child(identifier, "SignaturePolicyImplied").is_none();
        let findings = unreadable
            .then(|| Finding::error("signature-policy-unreadable").clause("EN 319 132-1"))
            .into_iter()
            .collect();
        return Some(SignaturePolicyFacts { identifier: None, reference: None, findings });
    };
    let identifier = path(explicit, &["SigPolicyId", "Identifier"]).map(Node::simple_text);
    let mut findings = Vec::new();
    if identifier.is_none() {
        findings.push(Finding::error("signature-policy-unreadable").clause("EN 319 132-1"));
    }
    let expected = child(explicit, "SigPolicyHash").and_then(values::digest);
    // An empty or zero digest says that none is given, as in CAdES.
    let expected = expected.filter(|digest| digest.value.as_slice().iter().any(|byte| *byte != 0));
    // What a transform or a specification of the policy's form makes of the document isn't known here.
    let transformed = explicit.child(DS, "Transforms").is_some() || is_specified(explicit);
    let reference = expected.map(|expected| Reference {
        name: "signature-policy".to_owned(),
        actual: stored(unsigned)
            .filter(|_| !transformed)
            .and_then(|document| hsign_crypto::digest(expected.algorithm, &document).ok()),
        expected,
    });
    Some(SignaturePolicyFacts { identifier, reference, findings })
}

/// The policy document that travels in the signature.
fn stored(unsigned: &[Node<'_>]) -> Option<Vec<u8>> {
    let store = unsigned.iter().find(|property| is_xades(**property, "SignaturePolicyStore"))?;
    values::octets(child(*store, "SignaturePolicyDocument")?)
}

/// SPDocSpecification: the digest is computed as that specification says.
fn is_specified(explicit: Node<'_>) -> bool {
    child(explicit, "SigPolicyQualifiers")
        .into_iter()
        .flat_map(Node::elements)
        .any(|qualifier| child(qualifier, "SPDocSpecification").is_some())
}
