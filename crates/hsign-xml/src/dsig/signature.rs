use hsign_core::SignatureAlgorithm;

use super::algorithms::signature_algorithm;
use super::transform::canonicalization;
use super::{KeyInfo, NAMESPACE, Reference, base64_decode};
use crate::canonical::canonicalize_within;
use crate::{CanonicalizationMethod, Error, Node, NodeSet};

/// References of one SignedInfo or Manifest.
pub(super) const MOST_REFERENCES: usize = 10_000;

/// How a value was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureMethod {
    /// The Algorithm attribute.
    pub uri: String,
    /// What it means, parameters included.
    pub algorithm: SignatureAlgorithm,
    /// HMACOutputLength, where given: a truncated value proves little, and none of ours is an HMAC.
    pub output_length: Option<String>,
}

/// A ds:Signature as it stands. Reading it checks its structure only.
#[derive(Clone, Debug)]
pub struct Signature<'d> {
    /// The element.
    pub node: Node<'d>,
    /// Its Id attribute.
    pub id: Option<String>,
    /// ds:SignedInfo.
    pub signed_info: Node<'d>,
    /// The Algorithm attribute of the CanonicalizationMethod.
    pub canonicalization_uri: String,
    /// What that means; `None` for a method that isn't supported.
    pub canonicalization: Option<CanonicalizationMethod>,
    /// How the value was made.
    pub method: SignatureMethod,
    /// The references of SignedInfo, in order.
    pub references: Vec<Reference<'d>>,
    /// ds:SignatureValue.
    pub value_node: Node<'d>,
    /// Its octets, as they stand there (ECDSA: r and s side by side).
    pub value: Vec<u8>,
    /// ds:KeyInfo.
    pub key_info: Option<KeyInfo<'d>>,
    /// Every ds:Object.
    pub objects: Vec<Node<'d>>,
}

impl<'d> Signature<'d> {
    /// Reads a ds:Signature element.
    ///
    /// # Errors
    /// When the children aren't those that the schema asks for, in its order, or values aren't Base64.
    pub fn read(node: Node<'d>) -> Result<Self, Error> {
        if !node.is(NAMESPACE, "Signature") {
            return Err(Error::NotASignature("no ds:Signature element"));
        }
        let mut children = node.elements();
        let mut required = |name: &str, missing| {
            children.next().filter(|child| child.is(NAMESPACE, name)).ok_or(Error::NotASignature(missing))
        };
        let signed_info = required("SignedInfo", "ds:SignedInfo isn't its first child")?;
        let value_node = required("SignatureValue", "ds:SignatureValue isn't its second child")?;
        let mut rest = children.peekable();
        let key_info = rest.next_if(|child| child.is(NAMESPACE, "KeyInfo")).map(KeyInfo::read).transpose()?;
        let objects: Vec<Node<'d>> = rest.collect();
        if !objects.iter().all(|child| child.is(NAMESPACE, "Object")) {
            return Err(Error::NotASignature("a child of ds:Signature out of place"));
        }
        let (canonicalization_node, method_node, references) = parts(signed_info)?;
        let canonicalization_uri = algorithm_of(canonicalization_node)?;
        Ok(Self {
            node,
            id: node.attribute("", "Id").map(|id| id.into_owned()),
            signed_info,
            canonicalization: canonicalization(canonicalization_node, &canonicalization_uri),
            canonicalization_uri,
            method: method(method_node)?,
            references,
            value_node,
            value: base64_decode(&value_node.text())?,
            key_info,
            objects,
        })
    }

    /// The octets that the value is over: SignedInfo in its canonical form, in the context where it stands. `None` when
    /// the canonicalization isn't supported, or there is no canonical form.
    #[must_use]
    pub fn signed_octets(&self) -> Option<Vec<u8>> {
        self.canonical_signed_info(self.canonicalization.as_ref()?).ok()
    }

    pub(super) fn canonical_signed_info(&self, method: &CanonicalizationMethod) -> Result<Vec<u8>, Error> {
        let mut octets = Vec::new();
        let set = NodeSet::subtree(self.signed_info);
        canonicalize_within(&set, method, &mut |piece| octets.extend_from_slice(piece))?;
        Ok(octets)
    }
}

/// CanonicalizationMethod, SignatureMethod, Reference+ (XMLDSig §4.4).
fn parts<'d>(signed_info: Node<'d>) -> Result<(Node<'d>, Node<'d>, Vec<Reference<'d>>), Error> {
    let mut children = signed_info.elements();
    let mut required = |name: &str, missing| {
        children.next().filter(|child| child.is(NAMESPACE, name)).ok_or(Error::NotASignature(missing))
    };
    let canonicalization = required("CanonicalizationMethod", "SignedInfo without CanonicalizationMethod")?;
    let method = required("SignatureMethod", "SignedInfo without SignatureMethod")?;
    let references: Vec<Reference<'d>> =
        children.take(MOST_REFERENCES + 1).map(Reference::read).collect::<Result<_, _>>()?;
    if references.is_empty() {
        return Err(Error::NotASignature("SignedInfo without Reference"));
    }
    if references.len() > MOST_REFERENCES {
        return Err(
            hsign_core::BudgetExhausted { purpose: "XML references", limit: MOST_REFERENCES as u64 }.into()
        );
    }
    Ok((canonicalization, method, references))
}

fn method(node: Node<'_>) -> Result<SignatureMethod, Error> {
    let uri = algorithm_of(node)?;
    let output_length = node.child(NAMESPACE, "HMACOutputLength").map(Node::simple_text);
    let algorithm = match output_length {
        // Truncation is HMAC's; on any other method it would be a trick.
        Some(_) => SignatureAlgorithm::Unknown(uri.clone()),
        None => signature_algorithm(node, &uri),
    };
    Ok(SignatureMethod { uri, algorithm, output_length })
}

/// The Algorithm attribute that every method and transform has.
pub(super) fn algorithm_of(node: Node<'_>) -> Result<String, Error> {
    let uri = node.attribute("", "Algorithm").ok_or(Error::NotASignature("a method without Algorithm"))?;
    Ok(uri.into_owned())
}
