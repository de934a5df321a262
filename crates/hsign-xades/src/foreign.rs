//! Content in the parts of signatures that nobody signs. KeyInfo and unsigned properties may hold elements of any
//! vocabulary; in that of the document itself they are what a reader who looks for elements by name takes for data.

use std::collections::HashSet;

use hsign_core::Finding;
use hsign_xml::Node;

use crate::names::DS;
use crate::signatures::Found;

const CLAUSE: &str = "XML Signature §8.1";

/// An element of the document's own vocabulary inside a signature that `covered` says no signature covers.
pub(crate) fn check<'d>(
    root: Node<'d>,
    signatures: &[Found<'d>],
    covered: &dyn Fn(Node<'d>) -> bool,
) -> Option<Finding> {
    let mut vocabulary = None;
    let mut inside = outermost(signatures);
    inside.reverse();
    while let Some(node) = inside.pop() {
        let namespace = node.namespace();
        let own = namespace != DS
            && !is_etsi(namespace)
            // Most signatures have nothing for which the whole document had to be looked through.
            && vocabulary.get_or_insert_with(|| vocabulary_of(root)).contains(namespace);
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

/// Those that stand in no other one, from all in document order.
fn outermost<'d>(signatures: &[Found<'d>]) -> Vec<Node<'d>> {
    let mut outermost: Vec<Node<'d>> = Vec::new();
    for one in signatures {
        if !outermost.last().is_some_and(|before| before.contains(one.node)) {
            outermost.push(one.node);
        }
    }
    outermost
}

/// Namespaces of the elements that aren't inside signatures.
fn vocabulary_of(root: Node<'_>) -> HashSet<&str> {
    let mut vocabulary = HashSet::new();
    let mut last = None;
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        if node.is(DS, "Signature") {
            continue;
        }
        let namespace = node.namespace();
        // Neighbours mostly share it.
        if last != Some(namespace) {
            vocabulary.insert(namespace);
            last = Some(namespace);
        }
        open.extend(node.elements());
    }
    vocabulary
}

/// The vocabularies of XAdES in all editions.
fn is_etsi(namespace: &str) -> bool {
    namespace.starts_with("http://uri.etsi.org/")
}
