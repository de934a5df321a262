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

#[cfg(test)]
mod tests {
    use hsign_xml::{Document, Limits};

    use super::*;

    fn facts(identifier: &str, store: &str) -> Option<SignaturePolicyFacts> {
        let text = format!(
            "<x:p xmlns:x='http://uri.etsi.org/01903/v1.3.2#' xmlns:y='http://uri.etsi.org/01903/v1.4.1#' \
             xmlns:d='http://www.w3.org/2000/09/xmldsig#'>{identifier}{store}</x:p>"
        );
        let document = Document::parse(&text, &Limits::default()).unwrap();
        let unsigned: Vec<Node<'_>> = document.root().elements().collect();
        read(document.root(), &unsigned)
    }

    fn explicit(more: &str) -> String {
        // SHA-256 of "policy".
        let digest = "gjQS0erLZ5ViIOUylZ8BBGAwV8iHBIY8o4580Yj9qBI=";
        format!(
            "<x:SignaturePolicyIdentifier><x:SignaturePolicyId><x:SigPolicyId><x:Identifier>urn:oid:1.2.3</x:Identifier>\
             </x:SigPolicyId>{more}<x:SigPolicyHash><d:DigestMethod Algorithm='http://www.w3.org/2001/04/xmlenc#sha256'/>\
             <d:DigestValue>{digest}</d:DigestValue></x:SigPolicyHash></x:SignaturePolicyId></x:SignaturePolicyIdentifier>"
        )
    }

    #[test]
    fn a_policy_that_travels_along_is_compared_with_the_signed_digest() {
        assert_eq!(facts("", ""), None);
        let implied =
            "<x:SignaturePolicyIdentifier><x:SignaturePolicyImplied/></x:SignaturePolicyIdentifier>";
        let facts_of_implied = facts(implied, "").unwrap();
        assert_eq!((facts_of_implied.identifier, facts_of_implied.reference), (None, None));
        let alone = facts(&explicit(""), "").unwrap();
        assert_eq!(alone.identifier.as_deref(), Some("urn:oid:1.2.3"));
        assert_eq!(alone.reference.unwrap().holds(), None);
        let store = |document: &str| {
            format!(
                "<y:SignaturePolicyStore><y:SignaturePolicyDocument>{document}</y:SignaturePolicyDocument>\
                 </y:SignaturePolicyStore>"
            )
        };
        let with =
            |document: &str| facts(&explicit(""), &store(document)).unwrap().reference.unwrap().holds();
        assert_eq!((with("cG9saWN5"), with("cG9saWN6")), (Some(true), Some(false)));
        let transformed = facts(&explicit("<d:Transforms/>"), &store("cG9saWN5")).unwrap();
        assert_eq!(transformed.reference.unwrap().holds(), None, "what a transform makes of it isn't known");
    }

    #[test]
    fn a_policy_that_is_neither_implied_nor_named_is_unreadable() {
        let facts = facts("<x:SignaturePolicyIdentifier/>", "").unwrap();
        assert_eq!(facts.findings[0].code, "signature-policy-unreadable");
    }
}
