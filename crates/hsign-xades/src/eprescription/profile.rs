//! What a signature in an electronic prescription is, by its place, and what it covers and doesn't.

use hsign_core::Finding;
use hsign_xml::{CanonicalizationMethod, Document, Node, NodeSet, dsig};

use super::place::{self, Place};
use super::{Side, structure};

/// The name of the profile in facts and reports.
pub(crate) const PROFILE: &str = "eprescription";
const CLAUSE: &str = "e-prescription samples";

/// A signature of the profile.
pub(crate) struct Profile {
    /// Whether it covers exactly what its side has to.
    pub(crate) fits: bool,
    /// The class of document that its side is; `None` for the further signature at the end.
    pub(crate) document_class: Option<&'static str>,
    /// What was noticed; covered and uncovered parts among them.
    pub(crate) findings: Vec<Finding>,
}

/// Whether it stands in an electronic prescription, at a place for signatures.
pub(crate) fn has_place<'d>(document: &'d Document<'d>, signature: Node<'d>) -> bool {
    place::of(document, signature).is_some()
}

/// What `signature` is in the profile; `None` when the document or the place doesn't belong to it. `read` is the same
/// signature unless it is broken, `covered` are the nodes under its references.
pub(crate) fn describe<'d>(
    document: &'d Document<'d>,
    signature: Node<'d>,
    read: Option<&dsig::Signature<'d>>,
    covered: &[NodeSet<'d>],
) -> Option<Profile> {
    let place = place::of(document, signature)?;
    let Some(side) = place.side else {
        return Some(Profile { fits: false, document_class: None, findings: parts(place, covered) });
    };
    let mut findings = structure::check(place, side);
    let to_be_signed = place.to_be_signed(side);
    let fits = to_be_signed.is_some_and(|element| covered.iter().any(|set| set.contains_whole(element)));
    if !fits {
        findings.push(
            Finding::error("eprescription-not-signed").clause(CLAUSE).with("element", side.signed_element()),
        );
    }
    findings.extend(read.map(|read| signature_shape(read, side)).unwrap_or_default());
    findings.extend(parts(place, covered));
    Some(Profile { fits, document_class: Some(side.document_class()), findings })
}

/// What of its place the signature covers, by the elements' names.
fn parts<'d>(place: Place<'d>, covered: &[NodeSet<'d>]) -> Vec<Finding> {
    let is_covered = |node: &Node<'d>| covered.iter().any(|set| set.contains_whole(*node));
    let (inside, outside): (Vec<_>, Vec<_>) = place.parts().partition(is_covered);
    let told = |code: &str, parts: &[Node<'d>]| {
        let names = parts.iter().map(|part| described(*part)).collect::<Vec<_>>().join(", ");
        (!names.is_empty()).then(|| Finding::info(code).clause(CLAUSE).with("parts", names))
    };
    told("eprescription-covered", &inside)
        .into_iter()
        .chain(told("eprescription-not-covered", &outside))
        .collect()
}

/// An element by its name, with what stands in it where that has a name of its own.
fn described(part: Node<'_>) -> String {
    let name = part.name().1;
    let inner: Vec<&str> = part
        .elements()
        .map(|child| child.name().1)
        .filter(|child| {
            matches!(
                *child,
                "PrescriptionId" | "DispensingId" | "ReferencePrescription" | "DispensingDocument"
            )
        })
        .collect();
    if inner.is_empty() { name.to_owned() } else { format!("{name} ({})", inner.join(", ")) }
}

/// What the samples have in common beyond XAdES: other forms are judged as any signature, and told.
fn signature_shape(read: &dsig::Signature<'_>, side: Side) -> Vec<Finding> {
    let mut odd = Vec::new();
    if read.id.as_deref() != Some(side.sign()) {
        odd.push("Id");
    }
    if read.canonicalization != Some(CanonicalizationMethod::EXCLUSIVE) {
        odd.push("CanonicalizationMethod");
    }
    let key_info = read.key_info.as_ref().and_then(|key_info| key_info.node.attribute("", "Id"));
    let refers_to_key_info = key_info.is_some_and(|id| {
        read.references.iter().any(|reference| reference.uri.as_deref() == Some(format!("#{id}").as_str()))
    });
    if !refers_to_key_info {
        odd.push("Reference (KeyInfo)");
    }
    if read.references.len() != 3 {
        odd.push("Reference");
    }
    odd.iter()
        .map(|part| Finding::warning("eprescription-signature-shape").clause(CLAUSE).with("part", part))
        .collect()
}
