use std::ops::Range;

use hsign_core::BudgetExhausted;

use crate::tree::{Index, Kind};
use crate::{Document, Node};

/// Nodes of one document that are digested together: a subtree, or a part of it that a filter left. An element's
/// attributes and namespaces belong to it wherever it does.
#[derive(Clone, Debug)]
pub struct NodeSet<'d> {
    document: &'d Document<'d>,
    apex: Index,
    comments: bool,
    /// One flag a node from the apex on; `None` for all.
    members: Option<Vec<bool>>,
}

impl<'d> NodeSet<'d> {
    /// The whole document with its comments.
    #[must_use]
    pub fn document(document: &'d Document<'_>) -> Self {
        Self::subtree(document.node())
    }

    /// `apex` and everything below it, comments too.
    #[must_use]
    pub fn subtree(apex: Node<'d>) -> Self {
        Self { document: apex.document(), apex: apex.index(), comments: true, members: None }
    }

    /// The same without comments, as references by `""` and `"#id"` give it (XMLDSig §4.4.3.3).
    #[must_use]
    pub fn without_comments(mut self) -> Self {
        self.comments = false;
        self
    }

    /// The same without `node` and what is below it.
    #[must_use]
    pub fn without(mut self, node: Node<'_>) -> Self {
        let range = self.positions(node);
        if !range.is_empty() {
            self.flags().get_mut(range).into_iter().flatten().for_each(|flag| *flag = false);
        }
        self
    }

    /// Only what `keep` accepts.
    #[must_use]
    pub fn filtered(mut self, keep: impl Fn(Node<'d>) -> bool) -> Self {
        let (document, apex) = (self.document, self.apex);
        for (flag, index) in self.flags().iter_mut().zip(apex..) {
            *flag = *flag && keep(document.at(index));
        }
        self
    }

    /// Its topmost node: the document or one element.
    #[must_use]
    pub fn apex(&self) -> Node<'d> {
        self.document.at(self.apex)
    }

    /// Whether comments belong to it.
    #[must_use]
    pub fn has_comments(&self) -> bool {
        self.comments
    }

    /// Whether `node` belongs to it.
    #[must_use]
    pub fn contains(&self, node: Node<'_>) -> bool {
        self.apex().contains(node) && self.has(node.index())
    }

    /// Whether `node` and everything below it belong to it; comments don't count.
    #[must_use]
    pub fn contains_whole(&self, node: Node<'_>) -> bool {
        if !self.apex().contains(node) {
            return false;
        }
        let Some(members) = &self.members else { return true };
        let uncounted = |index: Index| self.document.data(index).kind() == Kind::Comment;
        let Some(flags) = members.get(self.positions(node)) else { return false };
        flags.iter().zip(node.index()..).all(|(member, index)| *member || uncounted(index))
    }

    /// Takes the work of looking at each of its nodes `times` times from the document's budget.
    pub(crate) fn spend(&self, times: usize) -> Result<(), BudgetExhausted> {
        let nodes = (self.apex().after() - self.apex) as usize;
        self.document.work().spend(nodes.saturating_mul(times))
    }

    /// By index, within the apex.
    pub(super) fn has(&self, index: Index) -> bool {
        self.is_member(index) && (self.comments || self.document.data(index).kind() != Kind::Comment)
    }

    /// The first node from `index` on that a filter left, comments or not; the end of the set where there is none.
    pub(super) fn next_member(&self, index: Index) -> Index {
        let end = self.apex().after();
        let Some(members) = &self.members else { return index.min(end) };
        let from = index.wrapping_sub(self.apex) as usize;
        let mut ahead = members.get(from..).unwrap_or_default().iter();
        ahead.position(|member| *member).map_or(end, |skipped| index + Index::try_from(skipped).unwrap_or(0))
    }

    fn is_member(&self, index: Index) -> bool {
        let position = index.wrapping_sub(self.apex) as usize;
        self.members.as_ref().is_none_or(|members| members.get(position).copied().unwrap_or(false))
    }

    fn flags(&mut self) -> &mut Vec<bool> {
        let length = (self.apex().after() - self.apex) as usize;
        self.members.get_or_insert_with(|| vec![true; length])
    }

    fn positions(&self, node: Node<'_>) -> Range<usize> {
        if !self.apex().contains(node) {
            return if node.contains(self.apex()) {
                0..(self.apex().after() - self.apex) as usize
            } else {
                0..0
            };
        }
        (node.index() - self.apex) as usize..(node.after() - self.apex) as usize
    }
}
