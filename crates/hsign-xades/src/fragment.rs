//! What can still be told of a signature that breaks the rules of its structure: who it says signed, and its time
//! stamps. The finding that it can't be read stands, so that nothing comes of it but a better report.

use hsign_core::SignatureAlgorithm;
use hsign_xml::dsig::{KeyInfo, Reference, Signature, SignatureMethod, base64_decode};
use hsign_xml::{CanonicalizationMethod, Node};

use crate::names::DS;

/// The parts that are there; `None` where not even SignedInfo and SignatureValue are.
pub(crate) fn read(node: Node<'_>) -> Option<Signature<'_>> {
    /// As many as a whole signature may have.
    const MOST_REFERENCES: usize = 10_000;
    let signed_info = node.child(DS, "SignedInfo")?;
    let value_node = node.child(DS, "SignatureValue")?;
    let algorithm =
        |name| signed_info.child(DS, name)?.attribute("", "Algorithm").map(|uri| uri.into_owned());
    let canonicalization_uri = algorithm("CanonicalizationMethod").unwrap_or_default();
    let uri = algorithm("SignatureMethod").unwrap_or_default();
    let references = signed_info.children_named(DS, "Reference").take(MOST_REFERENCES);
    Some(Signature {
        node,
        id: node.attribute("", "Id").map(|id| id.into_owned()),
        signed_info,
        canonicalization: CanonicalizationMethod::from_uri(&canonicalization_uri),
        canonicalization_uri,
        method: SignatureMethod {
            algorithm: SignatureAlgorithm::Unknown(uri.clone()),
            uri,
            output_length: None,
        },
        references: references.filter_map(|reference| Reference::read(reference).ok()).collect(),
        value_node,
        value: base64_decode(&value_node.text()).unwrap_or_default(),
        key_info: node.child(DS, "KeyInfo").and_then(|key_info| KeyInfo::read(key_info).ok()),
        objects: node.children_named(DS, "Object").collect(),
    })
}
