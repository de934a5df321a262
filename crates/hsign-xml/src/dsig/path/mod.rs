//! The part of XPath 1.0 that signature profiles write into filters. An expression outside of it isn't read, and its
//! transform is unsupported. All evaluation is linear in the document for each step.

mod location;
mod predicate;
mod reader;
mod rule;

pub(super) use location::LocationPath;
pub(super) use rule::Rule;

use super::NAMESPACE;
use crate::{Document, Node};

/// The ds:Signature that a transform is in.
pub(super) fn own_signature<'d>(here: Node<'d>) -> Option<Node<'d>> {
    here.ancestors().find(|node| node.is(NAMESPACE, "Signature"))
}

/// A flag for each node: whether it is in the subtree of one that fits. Subtrees are nested or apart, so one pass does.
fn below(document: &Document<'_>, fits: impl Fn(Node<'_>) -> bool) -> Vec<bool> {
    let mut end = 0;
    (0..document.node().after())
        .map(|index| {
            let node = document.at(index);
            if index >= end && fits(node) {
                end = node.after();
            }
            index < end
        })
        .collect()
}
