//! From a URI to octets (XMLDSig §4.4.3).

use super::path::own_signature;
use super::transform::{Transform, keep_by_paths, keep_by_rule};
use super::{Reference, Resolver, Unresolved, base64_decode};
use crate::canonical::canonicalize_within;
use crate::{CanonicalizationMethod, Document, Found, Ids, Kind, Limits, Node, NodeSet, decode};

/// What references are resolved against.
#[derive(Clone, Copy)]
pub struct Context<'c, 'd> {
    /// The document that the signature is in.
    pub document: &'d Document<'d>,
    /// Its Ids.
    pub ids: &'c Ids<'d>,
    /// What stands outside.
    pub resolver: &'c dyn Resolver,
    /// For external data that has to be read as XML.
    pub limits: &'c Limits,
}

/// What a reference covers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum What<'d> {
    /// Nodes of the document.
    Nodes(NodeSet<'d>),
    /// Octets that stand as Base64 in the text of these nodes; their markup isn't covered.
    Base64Of(NodeSet<'d>),
    /// Data outside the document.
    External {
        /// The reference's URI; `None` where it has none.
        uri: Option<String>,
        /// Whether all of it is covered: not so after a filter.
        whole: bool,
    },
}

impl<'d> What<'d> {
    pub(super) fn external(uri: Option<String>) -> Self {
        Self::External { uri, whole: true }
    }

    /// The nodes that are covered as nodes.
    #[must_use]
    pub fn nodes(&self) -> Option<&NodeSet<'d>> {
        match self {
            Self::Nodes(set) => Some(set),
            _ => None,
        }
    }

    /// Whether `node` with all that is below it is covered: what an application asks for the element it uses.
    #[must_use]
    pub fn covers(&self, node: Node<'_>) -> bool {
        self.nodes().is_some_and(|set| set.contains_whole(node))
    }
}

type Sink<'s> = &'s mut dyn FnMut(&[u8]);

pub(super) fn process<'d>(
    reference: &Reference<'d>,
    context: &Context<'_, 'd>,
    when_nodes: &CanonicalizationMethod,
    sink: Sink<'_>,
) -> Result<What<'d>, Unresolved> {
    if let Some(Transform::Unsupported(uri)) =
        reference.transforms.iter().find(|transform| matches!(transform, Transform::Unsupported(_)))
    {
        return Err(Unresolved::UnsupportedTransform(uri.clone()));
    }
    let run = Run { ids: context.ids, limits: context.limits, when_nodes };
    match reference.uri.as_deref() {
        Some(uri) if uri.is_empty() || uri.starts_with('#') => {
            let set = same_document(uri, context)?;
            run.nodes(set, &reference.transforms, Some(reference.node), sink)
        }
        uri => {
            run.external(uri, reference, context.resolver, sink)?;
            let filtered = reference.transforms.iter().any(is_filter);
            Ok(What::External { uri: reference.uri.clone(), whole: !filtered })
        }
    }
}

fn is_filter(transform: &Transform<'_>) -> bool {
    !matches!(transform, Transform::Canonicalization(_) | Transform::Base64)
}

/// XMLDSig §4.4.3.3: `""` and `#id` leave comments out, the two XPointers keep them.
fn same_document<'d>(uri: &str, context: &Context<'_, 'd>) -> Result<NodeSet<'d>, Unresolved> {
    let Some(fragment) = uri.strip_prefix('#') else {
        return Ok(NodeSet::document(context.document).without_comments());
    };
    let Some(pointer) = fragment.strip_prefix("xpointer(") else {
        return Ok(NodeSet::subtree(element(fragment, context.ids)?).without_comments());
    };
    if pointer == "/)" {
        return Ok(NodeSet::document(context.document));
    }
    let quoted = pointer.strip_prefix("id(").and_then(|rest| rest.strip_suffix("))"));
    let unquoted =
        |quote: char| quoted?.strip_prefix(quote)?.strip_suffix(quote).filter(|id| !id.contains(quote));
    let id = unquoted('\'').or_else(|| unquoted('"')).ok_or(Unresolved::UnsupportedUri)?;
    Ok(NodeSet::subtree(element(id, context.ids)?))
}

fn element<'d>(id: &str, ids: &Ids<'d>) -> Result<Node<'d>, Unresolved> {
    let found = match ids.find(id) {
        Found::Nothing if id.contains('%') => percent_decoded(id).map_or(Found::Nothing, |id| ids.find(&id)),
        found => found,
    };
    match found {
        Found::Element(node) => Ok(node),
        Found::Several => Err(Unresolved::DuplicateId),
        Found::Nothing => Err(Unresolved::NotFound),
    }
}

/// A fragment whose characters outside ASCII were escaped (RFC 3986 §2.1).
fn percent_decoded(fragment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

struct Run<'c, 'd> {
    ids: &'c Ids<'d>,
    limits: &'c Limits,
    when_nodes: &'c CanonicalizationMethod,
}

impl<'d> Run<'_, 'd> {
    /// Transforms nodes until octets come out, and hands them over.
    fn nodes(
        &self,
        mut set: NodeSet<'d>,
        transforms: &[Transform<'d>],
        here: Option<Node<'d>>,
        sink: Sink<'_>,
    ) -> Result<What<'d>, Unresolved> {
        let mut left = transforms.iter();
        while let Some(transform) = left.next() {
            set = match transform {
                Transform::EnvelopedSignature => {
                    set.spend(1)?;
                    set.without(here.and_then(own_signature).ok_or(Unresolved::Misfit)?)
                }
                Transform::XPath(filter) => keep_by_rule(set, filter)?,
                Transform::XPathFilter2(filters) => keep_by_paths(set, filters, self.ids)?,
                Transform::Canonicalization(method) if left.len() == 0 => {
                    canonicalize_within(&set, method, sink)?;
                    return Ok(What::Nodes(set));
                }
                Transform::Canonicalization(method) => {
                    let mut octets = Vec::new();
                    canonicalize_within(&set, method, &mut |piece| octets.extend_from_slice(piece))?;
                    let rest = left.as_slice();
                    // What is covered could no longer be told after another filter.
                    if rest.iter().any(is_filter) {
                        return Err(Unresolved::Misfit);
                    }
                    let decoded = rest.iter().any(|transform| matches!(transform, Transform::Base64));
                    octets_through(octets, rest, self.limits, self.when_nodes, sink)?;
                    return Ok(if decoded { What::Base64Of(set) } else { What::Nodes(set) });
                }
                Transform::Base64 => {
                    set.spend(1)?;
                    let texts = set
                        .apex()
                        .descendants()
                        .filter(|node| node.kind() == Kind::Text && set.contains(*node));
                    let text: String = texts.map(Node::text_value).collect();
                    let octets = base64_decode(&text).map_err(|_| Unresolved::Misfit)?;
                    if left.as_slice().iter().any(is_filter) {
                        return Err(Unresolved::Misfit);
                    }
                    octets_through(octets, left.as_slice(), self.limits, self.when_nodes, sink)?;
                    return Ok(What::Base64Of(set));
                }
                Transform::Unsupported(uri) => return Err(Unresolved::UnsupportedTransform(uri.clone())),
            };
        }
        canonicalize_within(&set, self.when_nodes, sink)?;
        Ok(What::Nodes(set))
    }

    fn external(
        &self,
        uri: Option<&str>,
        reference: &Reference<'d>,
        resolver: &dyn Resolver,
        sink: Sink<'_>,
    ) -> Result<(), Unresolved> {
        if reference.transforms.is_empty() {
            return resolver.read(uri, sink).map_err(|_| Unresolved::NotFound);
        }
        let mut octets = Vec::new();
        let limit = self.limits.bytes;
        let mut too_long = false;
        let read = resolver.read(uri, &mut |piece| {
            too_long |= octets.len() + piece.len() > limit;
            if !too_long {
                octets.extend_from_slice(piece);
            }
        });
        read.map_err(|_| Unresolved::NotFound)?;
        if too_long {
            let limit = limit as u64;
            return Err(hsign_core::BudgetExhausted { purpose: "bytes of XML", limit }.into());
        }
        octets_through(octets, &reference.transforms, self.limits, self.when_nodes, sink)
    }
}

/// Transforms octets; those that need nodes read them as a document of its own (XMLDSig §4.4.3.2).
fn octets_through(
    mut octets: Vec<u8>,
    transforms: &[Transform<'_>],
    limits: &Limits,
    when_nodes: &CanonicalizationMethod,
    sink: Sink<'_>,
) -> Result<(), Unresolved> {
    let mut left = transforms.iter();
    while let Some(transform) = left.as_slice().first() {
        if !matches!(transform, Transform::Base64) {
            return document_through(&octets, left.as_slice(), limits, when_nodes, sink);
        }
        let text = std::str::from_utf8(&octets).map_err(|_| Unresolved::Misfit)?;
        octets = base64_decode(text).map_err(|_| Unresolved::Misfit)?;
        left.next();
    }
    sink(&octets);
    Ok(())
}

fn document_through(
    octets: &[u8],
    transforms: &[Transform<'_>],
    limits: &Limits,
    when_nodes: &CanonicalizationMethod,
    sink: Sink<'_>,
) -> Result<(), Unresolved> {
    let text = decode(octets).map_err(Unresolved::NotXml)?;
    let document = Document::parse(text.as_str(), limits).map_err(Unresolved::NotXml)?;
    let ids = Ids::declared(&document, &[]);
    let run = Run { ids: &ids, limits, when_nodes };
    run.nodes(NodeSet::document(&document), transforms, None, sink).map(|_| ())
}
