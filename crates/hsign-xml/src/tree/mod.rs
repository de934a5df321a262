//! The tree of a document: positions in the text, names resolved, nothing copied.

mod build;
mod cursor;
mod names;
mod node;
mod tags;
mod work;

use std::borrow::Cow;

pub use node::{Attribute, Kind, Node};
pub(crate) use work::Work;

use crate::Error;

/// Index of a node in document order; 0 is the document itself.
pub(crate) type Index = u32;
/// Index of an interned namespace name or prefix.
pub(crate) type Interned = u32;

/// "No namespace", and the empty prefix.
pub(crate) const NONE: Interned = 0;
/// The prefix `xml` and its namespace.
pub(crate) const XML: Interned = 1;

/// The namespace of `xml:lang` and its kin.
pub const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// How much one document may ask for.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of text; at most 4 GiB whatever is said here.
    pub bytes: usize,
    /// Elements inside each other.
    pub depth: usize,
    /// Elements, texts, comments and processing instructions.
    pub nodes: usize,
    /// Attributes and namespace declarations of one element.
    pub attributes: usize,
    /// Octets that its signatures' references may make go through, for each byte of the text: ten thousand references
    /// to the whole document, or to elements that each take along a hundred thousand namespaces, are an attack.
    pub work: u64,
}

impl Default for Limits {
    /// Far above any clinical document: 1 GiB, depth 1,000, 50 million nodes, 10,000 attributes an element, work of 200.
    fn default() -> Self {
        Self { bytes: 1 << 30, depth: 1_000, nodes: 50_000_000, attributes: 10_000, work: 200 }
    }
}

/// A well-formed XML 1.0 document with namespaces and without DTD. Nodes stand in document order in one array, so
/// that a subtree is a range of it.
#[derive(Debug)]
pub struct Document<'t> {
    text: &'t str,
    nodes: Vec<NodeData>,
    attributes: Vec<AttributeData>,
    declarations: Vec<Declaration>,
    prefixes: Vec<&'t str>,
    namespaces: Vec<Cow<'t, str>>,
    work: Work,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeData {
    kind: Kind,
    /// Whether the value of a text is not simply what stands there.
    indirect: bool,
    prefix: Interned,
    namespace: Interned,
    start: u32,
    end: u32,
    /// End of the (qualified) name or processing-instruction target.
    name_end: u32,
    parent: Index,
    /// One past the last descendant.
    after: Index,
    /// First attribute and declaration; the next node's are one past the last.
    attributes: u32,
    declarations: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct AttributeData {
    /// Whether its value may be written in another way than it stands there.
    indirect: bool,
    start: u32,
    name_end: u32,
    value_start: u32,
    value_end: u32,
    pub(crate) prefix: Interned,
    pub(crate) namespace: Interned,
}

/// `xmlns="..."` or `xmlns:prefix="..."`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Declaration {
    pub(crate) prefix: Interned,
    pub(crate) namespace: Interned,
}

impl<'t> Document<'t> {
    /// Reads `text`, which may begin with a byte order mark.
    ///
    /// # Errors
    /// When it has a DOCTYPE, isn't well-formed or exceeds the limits.
    pub fn parse(text: &'t str, limits: &Limits) -> Result<Self, Error> {
        build::build(text, limits)
    }

    /// The text it was read from; positions count from its start.
    #[must_use]
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The document node: parent of the root element and of what stands beside it.
    #[must_use]
    pub fn node(&self) -> Node<'_> {
        Node::new(self, 0)
    }

    /// The root element.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        self.node().elements().next().unwrap_or_else(|| self.node())
    }

    /// All elements in document order.
    pub fn elements(&self) -> impl Iterator<Item = Node<'_>> {
        self.node().descendants().filter(|node| node.kind() == Kind::Element)
    }

    /// What is left for its references.
    pub(crate) fn work(&self) -> &Work {
        &self.work
    }

    pub(crate) fn at(&self, index: Index) -> Node<'_> {
        Node::new(self, index)
    }

    pub(crate) fn namespace_name(&self, namespace: Interned) -> &str {
        self.namespaces.get(namespace as usize).map_or("", |name| name)
    }

    pub(crate) fn prefix_name(&self, prefix: Interned) -> &str {
        self.prefixes.get(prefix as usize).copied().unwrap_or_default()
    }

    /// A qualified name's local part; the prefix and its colon stand first.
    fn without_prefix<'n>(&self, qualified: &'n str, prefix: Interned) -> &'n str {
        if prefix == NONE {
            return qualified;
        }
        qualified.get(self.prefix_name(prefix).len() + 1..).unwrap_or(qualified)
    }

    pub(crate) fn prefixes(&self) -> &[&'t str] {
        &self.prefixes
    }

    /// Never out of range: indices come from the nodes themselves.
    pub(crate) fn data(&self, index: Index) -> NodeData {
        self.nodes.get(index as usize).copied().unwrap_or(NodeData::NOWHERE)
    }

    pub(crate) fn declarations(&self, index: Index) -> &[Declaration] {
        self.those_of(index, &self.declarations, |node| node.declarations)
    }

    pub(crate) fn attribute_data(&self, index: Index) -> &[AttributeData] {
        self.those_of(index, &self.attributes, |node| node.attributes)
    }

    /// Those of one node, which end where the next node's begin.
    fn those_of<'a, T>(&self, index: Index, all: &'a [T], first: impl Fn(&NodeData) -> u32) -> &'a [T] {
        let end = self.nodes.get(index as usize + 1).map_or(all.len(), |next| first(next) as usize);
        all.get(first(&self.data(index)) as usize..end).unwrap_or_default()
    }

    fn slice(&self, start: u32, end: u32) -> &'t str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }
}

impl NodeData {
    pub(crate) fn kind(self) -> Kind {
        self.kind
    }

    pub(crate) fn prefix(self) -> Interned {
        self.prefix
    }

    const NOWHERE: Self = Self {
        kind: Kind::Document,
        indirect: false,
        prefix: NONE,
        namespace: NONE,
        start: 0,
        end: 0,
        name_end: 0,
        parent: 0,
        after: 0,
        attributes: 0,
        declarations: 0,
    };
}
