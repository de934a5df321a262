//! Canonical XML 1.0, 1.1 and exclusive, streamed: one walk over the nodes, no recursion, memory by depth only.

mod inherited;
mod join;
mod method;
mod namespaces;
mod node_set;
mod output;

pub use method::{CanonicalForm, CanonicalizationMethod};
pub use node_set::NodeSet;

use std::borrow::Cow;

use crate::tree::{Index, Kind, NONE};
use crate::{Attribute, Error, Node, value};
use namespaces::Namespaces;
use output::Output;

/// Writes the canonical form of `set` into `sink`, piece by piece.
pub fn canonicalize(set: &NodeSet<'_>, method: &CanonicalizationMethod, sink: &mut dyn FnMut(&[u8])) {
    Walk::new(set, method, Output::new(sink, None)).run();
}

/// The same for a signature: within what the document's references may ask for, and where there is a canonical form at
/// all. What was written before an error is void.
pub(crate) fn canonicalize_within(
    set: &NodeSet<'_>,
    method: &CanonicalizationMethod,
    sink: &mut dyn FnMut(&[u8]),
) -> Result<(), Error> {
    let work = set.apex().document().work();
    set.spend(1)?;
    let mut walk = Walk::new(set, method, Output::new(sink, Some(work)));
    walk.run();
    walk.output.stopped().map_or(Ok(()), |reason| Err(reason.clone()))
}

/// The canonical form of `set` in memory. For what is known to be small, such as SignedInfo.
#[must_use]
pub fn canonical_octets(set: &NodeSet<'_>, method: &CanonicalizationMethod) -> Vec<u8> {
    let mut octets = Vec::new();
    canonicalize(set, method, &mut |piece| octets.extend_from_slice(piece));
    octets
}

struct Walk<'w, 'd, 's> {
    set: &'w NodeSet<'d>,
    method: &'w CanonicalizationMethod,
    namespaces: Namespaces<'d>,
    output: Output<'s>,
    open: Vec<Open<'d>>,
    /// Kept between elements to save allocations.
    attributes: Vec<Attribute<'d>>,
}

/// An element whose end hasn't come yet.
struct Open<'d> {
    after: Index,
    /// Its name, where it belongs to the set.
    name: Option<&'d str>,
    /// What stands in the text where that is canonical.
    end_tag: Option<&'d str>,
}

impl<'w, 'd, 's> Walk<'w, 'd, 's> {
    fn new(set: &'w NodeSet<'d>, method: &'w CanonicalizationMethod, output: Output<'s>) -> Self {
        let namespaces = Namespaces::new(set.apex(), method);
        Self { set, method, namespaces, output, open: Vec::new(), attributes: Vec::new() }
    }

    fn run(&mut self) {
        let apex = self.set.apex();
        let document = apex.document();
        let (mut next, mut member) = (apex.index(), apex.index());
        while next < apex.after() {
            if self.output.stopped().is_some() {
                return;
            }
            let index = next;
            self.close_until(index);
            let node = document.at(index);
            if member < index {
                member = self.set.next_member(index);
            }
            // Nothing of it belongs to the set: with many signatures, each leaves out all the others.
            if member >= node.after() {
                next = node.after();
                continue;
            }
            next += 1;
            match node.kind() {
                Kind::Document => {}
                Kind::Element => self.start(node),
                _ if !self.set.has(index) => {}
                Kind::Text => self.text(node),
                Kind::Comment if !self.method.comments => {}
                Kind::Comment | Kind::ProcessingInstruction => self.beside(node),
            }
        }
        self.close_until(apex.after());
        self.output.flush();
    }

    fn close_until(&mut self, index: Index) {
        while let Some(open) = self.open.pop_if(|open| open.after <= index) {
            if let Some(name) = open.name {
                match open.end_tag {
                    Some(tag) => self.output.push(tag),
                    None => ["</", name, ">"].into_iter().for_each(|piece| self.output.push(piece)),
                }
            }
            self.namespaces.leave();
        }
    }

    fn start(&mut self, node: Node<'d>) {
        let member = self.set.has(node.index());
        self.namespaces.enter(node);
        let name = node.qualified_name();
        let name = member.then_some(name);
        self.open.push(Open { after: node.after(), name, end_tag: node.canonical_end_tag() });
        if !member {
            return;
        }
        self.output.push(node.start_of_tag());
        let orphan = !self.has_parent_in_set(node);
        if orphan {
            // It looks at everything above and everything in scope.
            let (above, in_scope) = (node.ancestors().count(), node.document().prefixes().len());
            self.output.charge(above + in_scope);
        }
        self.namespaces.render(node, orphan, &mut self.output);
        self.attributes(node, orphan);
        self.output.push(">");
    }

    fn has_parent_in_set(&self, node: Node<'d>) -> bool {
        node.index() != self.set.apex().index()
            && node.parent().is_some_and(|parent| !parent.is_element() || self.set.has(parent.index()))
    }

    /// In the order of namespace name and local name (C14N 1.0 §2.2); none first.
    fn attributes(&mut self, node: Node<'d>, orphan: bool) {
        let mut own = std::mem::take(&mut self.attributes);
        own.extend(node.attributes());
        let inherited = if orphan && node.ancestors().next().is_some() {
            inherited::attributes(node, self.set, self.method.form)
        } else {
            Vec::new()
        };
        if own.len() > 1 {
            own.sort_unstable_by(|one, other| one.order(other));
        }
        if inherited.is_empty() {
            for attribute in own.drain(..) {
                match attribute.canonical_source() {
                    Some(source) => self.output.push(source),
                    None => self.output.push_attribute(attribute.qualified_name(), &attribute.value()),
                }
            }
        } else {
            self.with_inherited(&mut own, inherited);
        }
        self.attributes = own;
    }

    fn with_inherited(&mut self, own: &mut Vec<Attribute<'d>>, inherited: inherited::List<'d>) {
        let replaced = |local: &str| inherited.iter().any(|(name, _)| *name == local);
        let mut all: Vec<(&str, &str, Cow<'_, str>, Cow<'_, str>)> = own
            .drain(..)
            .map(|attribute| (attribute, attribute.name()))
            .filter(|(_, (namespace, local))| *namespace != crate::XML_NAMESPACE || !replaced(local))
            .map(|(attribute, (namespace, local))| {
                (namespace, local, Cow::Borrowed(attribute.qualified_name()), attribute.value())
            })
            .collect();
        for (local, value) in inherited {
            if !value.is_empty() || local != "base" {
                all.push((crate::XML_NAMESPACE, local, Cow::Owned(format!("xml:{local}")), value));
            }
        }
        all.sort_unstable_by_key(|(namespace, local, _, _)| (*namespace, *local));
        for (_, _, name, value) in all {
            self.output.push_attribute(&name, &value);
        }
    }

    fn text(&mut self, node: Node<'d>) {
        self.output.push_text(&node.text_value());
    }

    /// A comment or processing instruction; outside the root element it gets a line of its own (C14N 1.0 §2.3).
    fn beside(&mut self, node: Node<'d>) {
        let top = node.parent().is_some_and(|parent| parent.kind() == Kind::Document);
        let root = node.document().root().index();
        if top && node.index() > root {
            self.output.push("\n");
        }
        let content = value::of_literal(node.literal());
        if node.kind() == Kind::Comment {
            self.output.push("<!--");
            self.output.push_literal(&content);
            self.output.push("-->");
        } else {
            self.output.push("<?");
            self.output.push(node.qualified_name());
            if !content.is_empty() {
                self.output.push(" ");
                self.output.push_literal(&content);
            }
            self.output.push("?>");
        }
        if top && node.index() < root {
            self.output.push("\n");
        }
    }
}

/// Whether a prefix can be "visibly utilized" by an attribute: no prefix, no namespace; `xml` needs no declaration.
fn needs_declaration(prefix: crate::tree::Interned) -> bool {
    prefix != NONE && prefix != crate::tree::XML
}
