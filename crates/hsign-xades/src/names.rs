//! Namespaces and elements. Everything is found by its expanded name, never by a prefix.

use hsign_xml::Node;

/// XML signatures (W3C).
pub(crate) const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
/// XAdES 1.3.2 (EN 319 132-1).
pub(crate) const XADES_132: &str = "http://uri.etsi.org/01903/v1.3.2#";
/// The additions of XAdES 1.4.1 (EN 319 132-1).
pub(crate) const XADES_141: &str = "http://uri.etsi.org/01903/v1.4.1#";
const XADES_122: &str = "http://uri.etsi.org/01903/v1.2.2#";
const XADES_111: &str = "http://uri.etsi.org/01903/v1.1.1#";
/// Evidence records inside signatures.
const RECORDS: &str = "http://uri.etsi.org/19132/v1.1.1#";

/// `Type` of the reference to SignedProperties ends with this in every version.
pub(crate) const SIGNED_PROPERTIES_TYPE: &str = "#SignedProperties";
/// `Type` of the reference of a countersignature.
pub(crate) const COUNTERSIGNED_TYPE: &str = "#CountersignedSignature";
/// What all types of XAdES begin with.
pub(crate) const XADES_TYPES: &str = "http://uri.etsi.org/01903";

/// Which edition an element comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Edition {
    V1_1_1,
    V1_2_2,
    V1_3_2,
    V1_4_1,
    Records,
}

/// Edition and local name of an element of XAdES; `None` for any other node.
pub(crate) fn xades(node: Node<'_>) -> Option<(Edition, &str)> {
    if !node.is_element() {
        return None;
    }
    let (namespace, local) = node.name();
    let edition = match namespace {
        XADES_132 => Edition::V1_3_2,
        XADES_141 => Edition::V1_4_1,
        XADES_122 => Edition::V1_2_2,
        XADES_111 => Edition::V1_1_1,
        RECORDS => Edition::Records,
        _ => return None,
    };
    Some((edition, local))
}

/// Whether the node is an element of XAdES by that name, in whatever edition.
pub(crate) fn is_xades(node: Node<'_>, local: &str) -> bool {
    xades(node).is_some_and(|(_, name)| name == local)
}

/// The first child of that name in any edition.
pub(crate) fn child<'d>(node: Node<'d>, local: &str) -> Option<Node<'d>> {
    node.elements().find(|child| is_xades(*child, local))
}

/// All children of that name in any edition.
pub(crate) fn children<'d, 'n>(
    node: Node<'d>,
    local: &'n str,
) -> impl Iterator<Item = Node<'d>> + use<'d, 'n> {
    node.elements().filter(move |child| is_xades(*child, local))
}

/// Down through first children, in any edition.
pub(crate) fn path<'d>(node: Node<'d>, names: &[&str]) -> Option<Node<'d>> {
    names.iter().try_fold(node, |node, name| child(node, name))
}
