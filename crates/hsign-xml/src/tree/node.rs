use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;

use super::{AttributeData, Document, Index, NONE, NodeData, XML_NAMESPACE};
use crate::value;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The document itself.
    Document,
    /// An element.
    Element,
    /// Character data, references and CDATA sections that touch each other.
    Text,
    /// A comment.
    Comment,
    /// A processing instruction.
    ProcessingInstruction,
}

/// A node of a document: a place to look from, cheap to copy. Equal when it is the same place of the same document.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document<'d>,
    index: Index,
}

impl<'d> Node<'d> {
    pub(crate) fn new(document: &'d Document<'_>, index: Index) -> Self {
        Self { document, index }
    }

    /// The document it belongs to.
    #[must_use]
    pub fn document(self) -> &'d Document<'d> {
        self.document
    }

    pub(crate) fn index(self) -> Index {
        self.index
    }

    /// One past the last node below it.
    pub(crate) fn after(self) -> Index {
        self.data().after
    }

    pub(crate) fn data(self) -> NodeData {
        self.document.data(self.index)
    }

    /// What it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.data().kind
    }

    /// Whether it is an element.
    #[must_use]
    pub fn is_element(self) -> bool {
        self.kind() == Kind::Element
    }

    /// Namespace and local name of an element; a processing instruction's target; empty otherwise.
    #[must_use]
    pub fn name(self) -> (&'d str, &'d str) {
        (self.document.namespace_name(self.data().namespace), self.local_name())
    }

    /// Its namespace alone; empty where it has none.
    #[must_use]
    pub fn namespace(self) -> &'d str {
        self.document.namespace_name(self.data().namespace)
    }

    /// Whether it is the element of that expanded name.
    #[must_use]
    pub fn is(self, namespace: &str, local: &str) -> bool {
        let data = self.data();
        // Most are told apart by their lengths; the text need not be looked at.
        let length = data.name_end.saturating_sub(data.start + 1) as usize;
        let fits = if data.prefix == NONE { length == local.len() } else { length > local.len() };
        fits && data.kind == Kind::Element && self.local_name() == local && self.name().0 == namespace
    }

    /// Its name as written, prefix included.
    #[must_use]
    pub fn qualified_name(self) -> &'d str {
        let data = self.data();
        match data.kind {
            Kind::Element => self.document.slice(data.start + 1, data.name_end),
            Kind::ProcessingInstruction => self.document.slice(data.start + 2, data.name_end),
            _ => "",
        }
    }

    /// `<` and the name of an element.
    pub(crate) fn start_of_tag(self) -> &'d str {
        let data = self.data();
        self.document.slice(data.start, data.name_end)
    }

    /// The end tag of an element where it stands in the text as the canonical form has it, without white space.
    pub(crate) fn canonical_end_tag(self) -> Option<&'d str> {
        let data = self.data();
        let length = data.name_end.saturating_sub(data.start) + 2;
        let last = self.document.slice(data.end.saturating_sub(length), data.end);
        // A tag that is both start and end holds no `<` but its first.
        matches!(last.as_bytes(), [b'<', b'/', ..]).then_some(last)
    }

    /// The prefix it is written with; empty for none.
    #[must_use]
    pub fn prefix(self) -> &'d str {
        self.document.prefix_name(self.data().prefix)
    }

    fn local_name(self) -> &'d str {
        self.document.without_prefix(self.qualified_name(), self.data().prefix)
    }

    /// Where it stands in the text, tags included.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        let data = self.data();
        data.start as usize..data.end as usize
    }

    /// Its characters in the text, tags included, as they stand there.
    #[must_use]
    pub fn source(self) -> &'d str {
        let data = self.data();
        self.document.slice(data.start, data.end)
    }

    /// Where an element's content stands, between its tags; `None` where it is written as one tag, or is no element.
    #[must_use]
    pub fn content_range(self) -> Option<Range<usize>> {
        if !self.is_element() || self.source().ends_with("/>") && self.first_child().is_none() {
            return None;
        }
        let end = self.range().start + self.source().rfind("</")?;
        let start = match self.first_child() {
            Some(child) => child.range().start,
            None => self.end_of_start_tag()?,
        };
        Some(start.min(end)..end)
    }

    /// Position after the `>` of the start tag: quotes are stepped over, since values may hold `>`.
    fn end_of_start_tag(self) -> Option<usize> {
        let start = self.data().name_end as usize;
        let mut quote = None;
        for (offset, byte) in self.document.text().as_bytes().get(start..)?.iter().enumerate() {
            match (quote, *byte) {
                (None, b'>') => return Some(start + offset + 1),
                (None, b'"' | b'\'') => quote = Some(*byte),
                (Some(open), byte) if open == byte => quote = None,
                _ => {}
            }
        }
        None
    }

    /// The node it is in; `None` for the document.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        (self.index != 0).then(|| Self::new(self.document, self.data().parent))
    }

    /// The elements it is in, nearest first.
    pub fn ancestors(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), |node| node.parent()).filter(|node| node.is_element())
    }

    /// Whether `other` is this node or inside it.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        std::ptr::eq(self.document, other.document) && (self.index..self.after()).contains(&other.index)
    }

    /// Its first child of any kind.
    #[must_use]
    pub fn first_child(self) -> Option<Self> {
        (self.index + 1 < self.after()).then(|| Self::new(self.document, self.index + 1))
    }

    /// What stands after it in its parent.
    #[must_use]
    pub fn next_sibling(self) -> Option<Self> {
        let next = self.after();
        self.parent().filter(|parent| next < parent.after()).map(|_| Self::new(self.document, next))
    }

    /// Its children of all kinds.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let (mut next, end) = (self.index + 1, self.after());
        std::iter::from_fn(move || {
            let child = (next < end).then(|| Self::new(self.document, next))?;
            next = child.after();
            Some(child)
        })
    }

    /// Its child elements.
    pub fn elements(self) -> impl Iterator<Item = Self> {
        self.children().filter(|node| node.is_element())
    }

    /// Itself and everything below, in document order.
    pub fn descendants(self) -> impl Iterator<Item = Self> {
        (self.index..self.after()).map(move |index| Self::new(self.document, index))
    }

    /// The first child element of that expanded name.
    #[must_use]
    pub fn child(self, namespace: &str, local: &str) -> Option<Self> {
        self.elements().find(|node| node.is(namespace, local))
    }

    /// All child elements of that expanded name.
    pub fn children_named<'n>(
        self,
        namespace: &'n str,
        local: &'n str,
    ) -> impl Iterator<Item = Self> + use<'d, 'n> {
        self.elements().filter(move |node| node.is(namespace, local))
    }

    /// The element reached by going down through first children of these names, all in one namespace.
    #[must_use]
    pub fn path(self, namespace: &str, names: &[&str]) -> Option<Self> {
        names.iter().try_fold(self, |node, name| node.child(namespace, name))
    }

    /// Every element of that expanded name below it, or itself.
    pub fn descendants_named<'n>(
        self,
        namespace: &'n str,
        local: &'n str,
    ) -> impl Iterator<Item = Self> + use<'d, 'n> {
        // Neighbours mostly share a namespace: its name is looked at once for them.
        let mut other = None;
        self.descendants().filter(move |node| {
            let data = node.data();
            if data.kind != Kind::Element || other == Some(data.namespace) {
                return false;
            }
            if node.namespace() != namespace {
                other = Some(data.namespace);
                return false;
            }
            node.local_name() == local
        })
    }

    /// Its attributes, without namespace declarations.
    pub fn attributes(self) -> impl Iterator<Item = Attribute<'d>> {
        let document = self.document;
        document.attribute_data(self.index).iter().map(move |data| Attribute { document, data: *data })
    }

    /// The value of the attribute of that expanded name; namespace "" for attributes without prefix.
    #[must_use]
    pub fn attribute(self, namespace: &str, local: &str) -> Option<Cow<'d, str>> {
        self.attributes().find(|attribute| attribute.name() == (namespace, local)).map(Attribute::value)
    }

    /// The value of an attribute of the `xml:` namespace.
    #[must_use]
    pub fn xml_attribute(self, local: &str) -> Option<Cow<'d, str>> {
        self.attribute(XML_NAMESPACE, local)
    }

    /// All text below it, comments and processing instructions left out; the content of a comment or processing
    /// instruction.
    #[must_use]
    pub fn text(self) -> Cow<'d, str> {
        match self.kind() {
            Kind::Comment | Kind::ProcessingInstruction => return value::of_literal(self.literal()),
            Kind::Text => return self.text_value(),
            Kind::Element | Kind::Document => {}
        }
        let mut texts = self.descendants().filter(|node| node.kind() == Kind::Text);
        let Some(first) = texts.next() else { return Cow::Borrowed("") };
        let Some(second) = texts.next() else { return first.text_value() };
        let mut all = first.text_value().into_owned();
        all.push_str(&second.text_value());
        texts.for_each(|node| all.push_str(&node.text_value()));
        Cow::Owned(all)
    }

    /// The child texts put together and trimmed, as simple types want it; what stands in elements below is no part.
    #[must_use]
    pub fn simple_text(self) -> String {
        let own: String =
            self.children().filter(|node| node.kind() == Kind::Text).map(Node::text_value).collect();
        own.trim_matches([' ', '\t', '\r', '\n']).to_owned()
    }

    pub(crate) fn text_value(self) -> Cow<'d, str> {
        if self.data().indirect { value::of_text(self.source()) } else { Cow::Borrowed(self.source()) }
    }

    /// Content of a comment or processing instruction as it stands there.
    pub(crate) fn literal(self) -> &'d str {
        let data = self.data();
        match data.kind {
            Kind::Comment => self.document.slice(data.start + 4, data.end.saturating_sub(3)),
            Kind::ProcessingInstruction => self
                .document
                .slice(data.name_end, data.end.saturating_sub(2))
                .trim_start_matches([' ', '\t', '\r', '\n']),
            _ => "",
        }
    }

    /// The namespace that `prefix` stands for here ("" for the default one); `None` where it is not declared.
    #[must_use]
    pub fn namespace_of_prefix(self, prefix: &str) -> Option<&'d str> {
        if prefix == "xml" {
            return Some(XML_NAMESPACE);
        }
        std::iter::once(self)
            .chain(self.ancestors())
            .flat_map(|node| self.document.declarations(node.index))
            .find(|declaration| self.document.prefix_name(declaration.prefix) == prefix)
            .map(|declaration| self.document.namespace_name(declaration.namespace))
            .filter(|namespace| !namespace.is_empty())
    }

    /// The namespace declarations that stand on it: prefix ("" for the default one) and namespace.
    pub fn declarations(self) -> impl Iterator<Item = (&'d str, &'d str)> {
        let document = self.document;
        document.declarations(self.index).iter().map(move |declaration| {
            (document.prefix_name(declaration.prefix), document.namespace_name(declaration.namespace))
        })
    }

    /// Where it is, for people: `/ClinicalDocument/component[2]/section[1]`. Prefixes are left out; positions count
    /// siblings of the same name where there are several.
    #[must_use]
    pub fn location(self) -> String {
        let mut steps: Vec<String> = std::iter::once(self)
            .chain(self.ancestors())
            .filter(|node| node.is_element())
            .map(Node::step)
            .collect();
        steps.reverse();
        format!("/{}", steps.join("/"))
    }

    fn step(self) -> String {
        let Some(parent) = self.parent() else { return String::new() };
        let mut alike = parent.elements().filter(|node| node.name() == self.name()).map(|node| node.index);
        let position = alike.by_ref().position(|index| index == self.index).map_or(1, |before| before + 1);
        if position == 1 && alike.next().is_none() {
            self.local_name().to_owned()
        } else {
            format!("{}[{position}]", self.local_name())
        }
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.document, other.document) && self.index == other.index
    }
}

impl Eq for Node<'_> {}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} at {:?}", self.kind(), self.qualified_name(), self.range())
    }
}

/// An attribute that is no namespace declaration.
#[derive(Clone, Copy)]
pub struct Attribute<'d> {
    document: &'d Document<'d>,
    data: AttributeData,
}

impl<'d> Attribute<'d> {
    /// Namespace and local name.
    #[must_use]
    pub fn name(self) -> (&'d str, &'d str) {
        let local = self.document.without_prefix(self.qualified_name(), self.data.prefix);
        (self.document.namespace_name(self.data.namespace), local)
    }

    /// Which of two of the same document comes first, by namespace name and then local name.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        // Most have no namespace and no prefix.
        if (self.data.prefix, other.data.prefix) == (NONE, NONE) {
            return self.qualified_name().cmp(other.qualified_name());
        }
        let ((namespace, local), (other_namespace, other_local)) = (self.name(), other.name());
        let same = self.data.namespace == other.data.namespace;
        let by_namespace = if same { Ordering::Equal } else { namespace.cmp(other_namespace) };
        by_namespace.then_with(|| local.cmp(other_local))
    }

    /// Its name as written.
    #[must_use]
    pub fn qualified_name(self) -> &'d str {
        self.document.slice(self.data.start, self.data.name_end)
    }

    /// Its value, normalised as XML 1.0 §3.3.3 says for CDATA.
    #[must_use]
    pub fn value(self) -> Cow<'d, str> {
        match self.plain_value() {
            Some(value) => Cow::Borrowed(value),
            None => value::of_attribute(self.document.slice(self.data.value_start, self.data.value_end)),
        }
    }

    /// Its value where that is what stands there, and what the canonical form has too.
    fn plain_value(self) -> Option<&'d str> {
        let data = self.data;
        (!data.indirect).then(|| self.document.slice(data.value_start, data.value_end))
    }

    /// ` name="value"` where it stands in the text as the canonical form has it.
    pub(crate) fn canonical_source(self) -> Option<&'d str> {
        let data = self.data;
        // Nothing but the equals sign and the quote stands between name and value.
        if data.indirect || data.value_start != data.name_end + 2 {
            return None;
        }
        let source = self.document.slice(data.start.saturating_sub(1), data.value_end + 1);
        matches!(source.as_bytes(), [b' ', .., b'"']).then_some(source)
    }

    /// Where its value stands in the text, between the quotes.
    #[must_use]
    pub fn value_range(self) -> Range<usize> {
        self.data.value_start as usize..self.data.value_end as usize
    }
}
