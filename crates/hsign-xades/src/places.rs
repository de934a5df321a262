//! What stands where in the document, so that what a time stamp or reference takes in can be named.

use std::ops::Range;
use std::rc::Rc;

use hsign_core::facts::Covered;
use hsign_core::{Budget, BudgetExhausted};
use hsign_xml::{Node, NodeSet};

/// A part of the document under a digest.
#[derive(Clone, Debug)]
pub(crate) struct Region<'d> {
    range: Range<usize>,
    /// Where not everything in the range belongs to it.
    set: Option<Rc<NodeSet<'d>>>,
}

impl<'d> Region<'d> {
    /// An element with all that is in it.
    pub(crate) fn element(node: Node<'d>) -> Self {
        Self { range: node.range(), set: None }
    }

    /// Siblings from one to another, the latter left out.
    pub(crate) fn between(first: Node<'d>, end: Node<'d>) -> Self {
        Self { range: first.range().start..end.range().start, set: None }
    }

    /// The nodes of a reference.
    pub(crate) fn nodes(set: NodeSet<'d>) -> Self {
        Self { range: set.apex().range(), set: Some(Rc::new(set)) }
    }

    fn has(&self, element: Node<'d>) -> bool {
        self.range.end >= element.range().end
            && self.set.as_ref().is_none_or(|set| set.contains_whole(element))
    }
}

/// Signature values, tokens and pieces of evidence by their places.
#[derive(Default)]
pub(crate) struct Places<'d> {
    items: Vec<(Node<'d>, Covered)>,
}

impl<'d> Places<'d> {
    pub(crate) fn new(mut items: Vec<(Node<'d>, Covered)>) -> Self {
        items.sort_by_key(|(element, _)| element.range().start);
        Self { items }
    }

    /// Everything inside a region.
    pub(crate) fn inside(
        &self,
        region: &Region<'d>,
        budget: &mut Budget,
    ) -> Result<Vec<Covered>, BudgetExhausted> {
        let first = self.items.partition_point(|(element, _)| element.range().start < region.range.start);
        let mut found = Vec::new();
        for (element, covered) in self.items.get(first..).unwrap_or_default() {
            if element.range().start >= region.range.end {
                break;
            }
            budget.spend(1)?;
            if region.has(*element) {
                found.push(covered.clone());
            }
        }
        Ok(found)
    }
}
