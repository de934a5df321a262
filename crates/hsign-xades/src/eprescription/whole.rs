//! The document as a whole. Its signatures cover parts of it, so that nothing may stand beside those but what the form
//! is known to have there: a reader who looks for a prescription must find none but the signed one.

use hsign_core::Finding;
use hsign_xml::{Kind, Node, XML_NAMESPACE};

use super::structure::missing;
use super::{Side, place};
use crate::names::{DS, is_xades};

const CLAUSE: &str = "e-prescription samples";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Elements that mean something by their names, wherever a reader finds them.
const OWN_PLACE: [&str; 10] = [
    "Document",
    "Prescription",
    "PrescriptionManagement",
    "PrescriptionDocument",
    "PrescriptionSign",
    "ReferencePrescription",
    "Dispensing",
    "DispensingManagement",
    "DispensingDocument",
    "DispensingSign",
];

/// Whatever is neither signed nor part of the form, and signatures that are missing. `root` is that of an electronic
/// prescription.
pub(crate) fn check(root: Node<'_>) -> Vec<Finding> {
    let Some(whole) = place::document_side(root.document()) else { return Vec::new() };
    let mut form = Form { findings: Vec::new() };
    match whole {
        Side::Prescription => {
            form.bare(root, &[whole.element()], &["id"]);
            if let Some(prescription) = root.child("", whole.element()) {
                form.side(prescription, whole);
            }
        }
        Side::Dispensing => {
            form.side(root, whole);
            // Everything in it is under the pharmacist's signature; the doctor's has to be there.
            if let Some(prescription) = root.path("", &[whole.element(), "ReferencePrescription"]) {
                form.signed(prescription, Side::Prescription);
            }
        }
    }
    form.findings
}

/// Whether an object in a signature is something for that signature alone: properties.
fn is_property(node: Node<'_>) -> bool {
    is_xades(node, "QualifyingProperties") || node.is(DS, "SignatureProperties")
}

/// Content of the objects of `signature` that `covered` says no reference of it reaches.
pub(crate) fn unsigned_objects<'d>(signature: Node<'d>, covered: &dyn Fn(Node<'d>) -> bool) -> Vec<Finding> {
    let objects = signature.children_named(DS, "Object").filter(|object| !covered(*object));
    let inside = objects.flat_map(Node::children);
    inside
        .filter(|node| is_content(*node) && !is_property(*node) && !covered(*node))
        .map(unexpected)
        .collect()
}

fn is_content(node: Node<'_>) -> bool {
    match node.kind() {
        Kind::Element => true,
        Kind::Text => !node.text().trim().is_empty(),
        _ => false,
    }
}

fn unexpected(node: Node<'_>) -> Finding {
    let place = if node.is_element() { Some(node) } else { node.parent() };
    let place = place.map(Node::location).unwrap_or_default();
    Finding::error("eprescription-unsigned-content").clause(CLAUSE).with("place", place)
}

struct Form {
    findings: Vec<Finding>,
}

impl Form {
    /// The element that holds a side: its management data, what is signed, what the service adds, the signature.
    fn side(&mut self, container: Node<'_>, side: Side) {
        let parts = [side.management(), side.signed_element(), side.additional(), side.sign()];
        self.bare(container, &parts, &["id"]);
        if let Some(management) = container.child("", side.management()) {
            self.bare(management, &["Version", side.identifier()], &["id"]);
            management.elements().for_each(|value| self.bare(value, &[], &["Value"]));
        }
        if let Some(additional) = container.child("", side.additional()) {
            let mut inside = additional.descendants().filter(|node| *node != additional && node.is_element());
            let other = inside.find(|node| OWN_PLACE.contains(&node.name().1) || node.name().0 == DS);
            self.findings.extend(other.map(unexpected));
        }
        self.signed(container, side);
    }

    /// The element around the signature, with a signature in it.
    fn signed(&mut self, container: Node<'_>, side: Side) {
        let Some(sign) = container.child("", side.sign()) else {
            self.findings.push(missing(side.sign(), container.name().1));
            return;
        };
        if sign.child(DS, "Signature").is_none() {
            self.findings.push(missing("Signature", side.sign()));
        }
        self.bare(sign, &[], &["id"]);
    }

    /// Nothing in an element but those elements, each once, signatures, and those attributes.
    fn bare(&mut self, element: Node<'_>, allowed: &[&str], attributes: &[&str]) {
        let mut seen: Vec<&str> = Vec::new();
        for child in element.children().filter(|child| is_content(*child)) {
            let (namespace, local) = if child.is_element() { child.name() } else { ("", "") };
            let known = namespace.is_empty() && allowed.contains(&local) && !seen.contains(&local);
            if known {
                seen.push(local);
            } else if !child.is(DS, "Signature") {
                self.findings.push(unexpected(child));
            }
        }
        let harmless = |(namespace, local): (&str, &str)| {
            namespace == XSI
                || namespace == XML_NAMESPACE
                || namespace.is_empty() && attributes.contains(&local)
        };
        if element.attributes().any(|attribute| !harmless(attribute.name())) {
            self.findings.push(unexpected(element));
        }
    }
}
