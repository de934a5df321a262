//! Content in the parts of signatures that nobody signs. KeyInfo and unsigned properties may hold elements of any
//! vocabulary; in that of the document itself they are what a reader who looks for elements by name takes for data.

use std::collections::HashSet;

use hsign_core::Finding;
use hsign_xml::Node;

use crate::names::DS;

const CLAUSE: &str = "XML Signature §8.1";

/// An element of the document's own vocabulary inside a signature that `covered` says no signature covers.
pub(crate) fn check<'d>(root: Node<'d>, covered: &dyn Fn(Node<'d>) -> bool) -> Option<Finding> {
    let mut vocabulary = HashSet::new();
    let mut last = None;
    let mut inside = Vec::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        if node.is(DS, "Signature") {
            inside.push(node);
        } else {
            let (namespace, _) = node.name();
            // Neighbours mostly share it.
            if last != Some(namespace) {
                vocabulary.insert(namespace);
                last = Some(namespace);
            }
            open.extend(node.elements());
        }
    }
    while let Some(node) = inside.pop() {
        let (namespace, _) = node.name();
        let own = namespace != DS && !is_etsi(namespace) && vocabulary.contains(namespace);
        if own && !covered(node) {
            let finding = Finding::error("xml-content-inside-signature").clause(CLAUSE);
            return Some(finding.with("place", node.location()));
        }
        if !own {
            inside.extend(node.elements());
        }
    }
    None
}

/// The vocabularies of XAdES in all editions.
fn is_etsi(namespace: &str) -> bool {
    namespace.starts_with("http://uri.etsi.org/")
}
