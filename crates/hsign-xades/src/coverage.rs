//! What of the document a signature covers: whatever a reader may take for content has to be under a reference, where
//! it stands. This is what catches wrapping: a signed element that was moved leaves its old place uncovered.

use std::collections::HashSet;

use hsign_core::facts::Coverage;
use hsign_xml::dsig::What;
use hsign_xml::{Document, Kind, Node, NodeSet, XML_NAMESPACE};

use crate::names::{DS, is_xades};

const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// What the references of one signature cover.
#[derive(Default)]
pub(crate) struct Covering<'w, 'd> {
    /// Positions of elements that are covered with all that is in them.
    whole: HashSet<usize>,
    /// The same for the document.
    whole_document: bool,
    /// Nodes of which some below the apex are left out.
    filtered: Vec<&'w NodeSet<'d>>,
    /// Positions of elements whose text is covered, decoded.
    texts: HashSet<usize>,
    /// Positions of all these, to find whether there is one inside something.
    starts: Vec<usize>,
    external: bool,
}

impl<'w, 'd> Covering<'w, 'd> {
    /// By what references cover; `external` where some of them lead out of the document, to data at hand or not.
    pub(crate) fn new(covered: impl Iterator<Item = &'w What<'d>>, external: bool) -> Self {
        let mut covering = Self { external, ..Self::default() };
        for what in covered {
            covering.add(what);
        }
        covering.starts.sort_unstable();
        covering
    }

    fn add(&mut self, what: &'w What<'d>) {
        match what {
            What::Nodes(set) => {
                let apex = set.apex();
                self.starts.push(apex.range().start);
                if !set.contains_whole(apex) {
                    self.filtered.push(set);
                } else if apex.is_element() {
                    self.whole.insert(apex.range().start);
                } else {
                    self.whole_document = true;
                }
            }
            What::Base64Of(set) => {
                let start = set.apex().range().start;
                self.starts.push(start);
                self.texts.insert(start);
            }
            // Nobody knows what a filter left of data outside.
            What::External { whole, .. } => self.external &= *whole,
            _ => {}
        }
    }

    /// The coverage of `signature`, and something that isn't covered.
    pub(crate) fn judge(
        &self,
        document: &'d Document<'d>,
        signature: Node<'d>,
    ) -> (Coverage, Option<Node<'d>>) {
        let mut search = Search { covering: self, signature, content: false };
        let uncovered = search.at_root(document.root());
        let coverage = match uncovered {
            Some(_) => Coverage::Partial,
            None if search.content => Coverage::WholeDocument,
            None if self.external => Coverage::External,
            None => Coverage::Partial,
        };
        (coverage, uncovered)
    }

    /// Whether a node is covered with everything below it.
    fn is_whole(&self, node: Node<'d>) -> bool {
        self.is_in_whole(node) || self.filtered.iter().any(|set| set.contains_whole(node))
    }

    /// Whether an element with its attributes is covered, or a text, whatever is below.
    fn has(&self, node: Node<'d>) -> bool {
        self.is_in_whole(node) || self.filtered.iter().any(|set| set.contains(node))
    }

    fn is_in_whole(&self, node: Node<'d>) -> bool {
        self.whole_document
            || std::iter::once(node)
                .chain(node.ancestors())
                .any(|one| one.is_element() && self.whole.contains(&one.range().start))
    }

    /// Whether something below `node` might be covered though it isn't as a whole.
    fn reaches_into(&self, node: Node<'d>) -> bool {
        let range = node.range();
        let first = self.starts.partition_point(|start| *start < range.start);
        self.starts.get(first).is_some_and(|start| *start < range.end)
            || self.filtered.iter().any(|set| set.contains(node))
    }

    /// Decoded text is covered; elements and comments inside it wouldn't be.
    fn is_text(&self, node: Node<'d>) -> bool {
        node.is_element()
            && self.texts.contains(&node.range().start)
            && node.children().all(|child| child.kind() == Kind::Text)
    }
}

struct Search<'c, 'd> {
    covering: &'c Covering<'c, 'd>,
    signature: Node<'d>,
    /// Whether any content was met that is covered.
    content: bool,
}

impl<'d> Search<'_, 'd> {
    /// The root may be a bare wrapper around what is signed; no other element may.
    fn at_root(&mut self, root: Node<'d>) -> Option<Node<'d>> {
        let covered = self.covering.has(root) || self.covering.is_text(root);
        if root.is(DS, "Signature") || covered {
            return self.below(root);
        }
        if !is_wrapper(root) {
            return Some(root);
        }
        root.elements().find_map(|child| self.below(child))
    }

    /// Something that isn't covered at or below `node`.
    fn below(&mut self, node: Node<'d>) -> Option<Node<'d>> {
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            let own = node == self.signature;
            if !own && (self.covering.is_whole(node) || self.covering.is_text(node)) {
                self.content = true;
            } else if node.is(DS, "Signature") {
                open.extend(self.signature_content(node));
            } else if !node.is_element() {
                if is_content(node) && !self.covering.has(node) {
                    return Some(node);
                }
            } else if self.covering.has(node) && self.covering.reaches_into(node) {
                self.content = true;
                open.extend(node.children());
            } else {
                return Some(node);
            }
        }
        None
    }

    /// What a signature may hold for a reader: what is in its Objects, except its own properties, which other rules
    /// are about.
    fn signature_content(&self, signature: Node<'d>) -> Vec<Node<'d>> {
        let mut content = Vec::new();
        for object in signature.children_named(DS, "Object") {
            if self.covering.is_whole(object) || self.covering.is_text(object) {
                content.push(object);
                continue;
            }
            let is_own = |node: &Node<'d>| {
                is_xades(*node, "QualifyingProperties") || node.is(DS, "SignatureProperties")
            };
            content.extend(object.children().filter(|child| is_content(*child) && !is_own(child)));
        }
        content
    }
}

/// Text that isn't white space, or an element. Comments and processing instructions are no content for a reader of
/// data.
fn is_content(node: Node<'_>) -> bool {
    match node.kind() {
        Kind::Element => true,
        Kind::Text => !node.text().trim().is_empty(),
        _ => false,
    }
}

/// Only white space around its elements, and no attributes but names and hints for schema validators.
fn is_wrapper(root: Node<'_>) -> bool {
    let harmless = |(namespace, local): (&str, &str)| {
        namespace == SCHEMA_INSTANCE
            || namespace == XML_NAMESPACE && local == "id"
            || namespace.is_empty() && matches!(local, "Id" | "ID" | "id")
    };
    root.attributes().all(|attribute| harmless(attribute.name()))
        && root.children().all(|child| child.is_element() || !is_content(child))
}
