use super::path::{LocationPath, Rule};
use super::signature::algorithm_of;
use super::{NAMESPACE, Unresolved};
use crate::{CanonicalizationMethod, Error, Node, NodeSet};

/// Transforms of one reference.
const MOST_TRANSFORMS: usize = 16;
/// XPath elements of one Filter 2.0 transform.
const MOST_FILTERS: usize = 32;

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const BASE64: &str = "http://www.w3.org/2000/09/xmldsig#base64";
const XPATH: &str = "http://www.w3.org/TR/1999/REC-xpath-19991116";
const FILTER2: &str = "http://www.w3.org/2002/06/xmldsig-filter2";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// A step from the referenced data to the octets that are hashed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Transform<'d> {
    /// A canonical form.
    Canonicalization(CanonicalizationMethod),
    /// Leaves out the signature that the reference belongs to.
    EnvelopedSignature,
    /// Decodes Base64; of nodes, their text.
    Base64,
    /// XPath 1.0 filter in one of the forms that are read.
    XPath(Filter<'d>),
    /// XPath Filter 2.0 with paths in the forms that are read.
    XPathFilter2(Vec<Filter<'d>>),
    /// Anything else. It is never carried out and never skipped.
    Unsupported(String),
}

/// An XPath expression of a transform.
#[derive(Clone, Debug)]
pub struct Filter<'d> {
    node: Node<'d>,
    expression: String,
    kind: FilterKind,
}

#[derive(Clone, Debug)]
enum FilterKind {
    /// True or false of each node.
    Rule(Rule),
    Intersect(LocationPath),
    Subtract(LocationPath),
    Union(LocationPath),
}

/// The method with the parameters that stand inside `node`; `None` when it isn't a canonicalization, or has parameters
/// that don't belong to it.
pub(super) fn canonicalization(node: Node<'_>, uri: &str) -> Option<CanonicalizationMethod> {
    let method = CanonicalizationMethod::from_uri(uri)?;
    let mut parameters = node.elements();
    match (parameters.next(), parameters.next()) {
        (None, _) => Some(method),
        (Some(list), None) if list.is(EXCLUSIVE, "InclusiveNamespaces") && uri.starts_with(EXCLUSIVE) => {
            Some(method.with_prefix_list(&list.attribute("", "PrefixList")?))
        }
        _ => None,
    }
}

pub(super) fn read_transforms<'d>(node: Node<'d>) -> Result<Vec<Transform<'d>>, Error> {
    let transforms: Vec<Transform<'d>> =
        node.elements().take(MOST_TRANSFORMS + 1).map(read).collect::<Result<_, _>>()?;
    if transforms.len() > MOST_TRANSFORMS {
        let limit = MOST_TRANSFORMS as u64;
        return Err(hsign_core::BudgetExhausted { purpose: "transforms of an XML reference", limit }.into());
    }
    Ok(transforms)
}

fn read<'d>(node: Node<'d>) -> Result<Transform<'d>, Error> {
    if !node.is(NAMESPACE, "Transform") {
        return Err(Error::NotASignature("something else where a ds:Transform belongs"));
    }
    let uri = algorithm_of(node)?;
    let supported = match uri.as_str() {
        ENVELOPED => Some(Transform::EnvelopedSignature).filter(|_| node.elements().next().is_none()),
        BASE64 => Some(Transform::Base64).filter(|_| node.elements().next().is_none()),
        XPATH => xpath(node),
        FILTER2 => filters(node),
        uri => canonicalization(node, uri).map(Transform::Canonicalization),
    };
    Ok(supported.unwrap_or(Transform::Unsupported(uri)))
}

fn xpath<'d>(node: Node<'d>) -> Option<Transform<'d>> {
    let mut elements = node.elements();
    let element = elements.next().filter(|child| child.is(NAMESPACE, "XPath"))?;
    let expression = element.text().trim().to_owned();
    let kind = FilterKind::Rule(Rule::parse(&expression, element)?);
    elements.next().is_none().then_some(Transform::XPath(Filter { node: element, expression, kind }))
}

fn filters<'d>(node: Node<'d>) -> Option<Transform<'d>> {
    let filters: Option<Vec<Filter<'d>>> = node.elements().take(MOST_FILTERS + 1).map(filter).collect();
    filters.filter(|filters| (1..=MOST_FILTERS).contains(&filters.len())).map(Transform::XPathFilter2)
}

fn filter(node: Node<'_>) -> Option<Filter<'_>> {
    if !node.is(FILTER2, "XPath") {
        return None;
    }
    let expression = node.text().trim().to_owned();
    let path = LocationPath::parse(&expression, node)?;
    let kind = match node.attribute("", "Filter")?.as_ref() {
        "intersect" => FilterKind::Intersect(path),
        "subtract" => FilterKind::Subtract(path),
        "union" => FilterKind::Union(path),
        _ => return None,
    };
    Some(Filter { node, expression, kind })
}

impl<'d> Filter<'d> {
    /// As it stands in the document.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Where it stands, for `here()`; `None` in a document other than that of the nodes to be filtered.
    fn here(&self, set: &NodeSet<'_>) -> Option<Node<'d>> {
        Some(self.node).filter(|node| std::ptr::eq(node.document(), set.apex().document()))
    }
}

/// Passes over the document that a path may take, one for each step: what it costs is not worth counting closer.
const MOST_PASSES: usize = 8;

fn document_size(set: &NodeSet<'_>) -> usize {
    set.apex().document().node().after() as usize
}

/// The nodes for which the filter is true.
pub(super) fn keep_by_rule<'n>(set: NodeSet<'n>, filter: &Filter<'n>) -> Result<NodeSet<'n>, Unresolved> {
    let FilterKind::Rule(rule) = &filter.kind else { return Err(Unresolved::Misfit) };
    set.apex().document().work().spend(document_size(&set).saturating_mul(1 + rule.size()))?;
    let flags = rule.members(set.apex().document(), filter.here(&set)).ok_or(Unresolved::Misfit)?;
    Ok(set.filtered(|node| flags.get(node.index() as usize) == Some(&true)))
}

/// XPath Filter 2.0 §3.4: the operations make a set of the whole document, of which the input keeps its part.
pub(super) fn keep_by_paths<'n>(
    set: NodeSet<'n>,
    filters: &[Filter<'n>],
    ids: &crate::Ids<'n>,
) -> Result<NodeSet<'n>, Unresolved> {
    let document = set.apex().document();
    let mut kept = vec![true; document.node().after() as usize];
    for filter in filters {
        set.apex().document().work().spend(document_size(&set).saturating_mul(MOST_PASSES))?;
        let (path, combine): (_, fn(bool, bool) -> bool) = match &filter.kind {
            FilterKind::Intersect(path) => (path, |kept, selected| kept && selected),
            FilterKind::Subtract(path) => (path, |kept, selected| kept && !selected),
            FilterKind::Union(path) => (path, |kept, selected| kept || selected),
            FilterKind::Rule(_) => return Err(Unresolved::Misfit),
        };
        let selected = path.subtrees(document, filter.here(&set), ids)?;
        for (kept, selected) in kept.iter_mut().zip(selected) {
            *kept = combine(*kept, selected);
        }
    }
    Ok(set.filtered(|node| kept.get(node.index() as usize) == Some(&true)))
}
