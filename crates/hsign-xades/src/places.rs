//! What stands where in the document, so that what a time stamp or reference takes in can be named.

use std::ops::Range;
use std::rc::Rc;

use hsign_core::facts::Covered;
use hsign_core::{Budget, BudgetExhausted};
use hsign_xml::Node;
use hsign_xml::dsig::What;

/// A part of the document under a digest.
#[derive(Clone, Debug)]
pub(crate) struct Region<'d> {
    range: Range<usize>,
    /// Where not everything in the range belongs to it.
    what: Option<Rc<What<'d>>>,
}

impl<'d> Region<'d> {
    /// An element with all that is in it.
    pub(crate) fn element(node: Node<'d>) -> Self {
        Self { range: node.range(), what: None }
    }

    /// Siblings from one to another, the latter left out.
    pub(crate) fn between(first: Node<'d>, end: Node<'d>) -> Self {
        Self { range: first.range().start..end.range().start, what: None }
    }

    /// What a reference covers as nodes.
    pub(crate) fn of(what: &Rc<What<'d>>) -> Option<Self> {
        let range = what.nodes()?.apex().range();
        Some(Self { range, what: Some(Rc::clone(what)) })
    }

    fn has(&self, element: Node<'d>) -> bool {
        self.range.end >= element.range().end && self.what.as_ref().is_none_or(|what| what.covers(element))
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
