//! Small values inside the properties.

use hsign_core::Digest;
use hsign_xml::Node;
use hsign_xml::dsig::{base64_decode, digest_algorithm_from_uri};

use crate::names::{DS, xades};

/// The octets of a Base64 text.
pub(crate) fn octets(node: Node<'_>) -> Option<Vec<u8>> {
    base64_decode(&node.text()).ok()
}

/// DigestMethod and DigestValue below `node`. XAdES 1.1.1 has them in its own namespace.
pub(crate) fn digest(node: Node<'_>) -> Option<Digest> {
    let method = digest_part(node, "DigestMethod")?.attribute("", "Algorithm")?;
    let algorithm = digest_algorithm_from_uri(method.trim())?;
    Some(Digest::new(algorithm, octets(digest_part(node, "DigestValue")?)?))
}

fn digest_part<'d>(node: Node<'d>, local: &str) -> Option<Node<'d>> {
    let named =
        |child: &Node<'d>| child.is(DS, local) || xades(*child).is_some_and(|(_, name)| name == local);
    node.elements().find(named)
}
