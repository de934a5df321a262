//! Attributes of the `xml:` namespace that an element takes over from ancestors outside the node set.

use std::borrow::Cow;

use super::join::join;
use super::{CanonicalForm, NodeSet};
use crate::{Node, XML_NAMESPACE};

/// Local names and values; they replace the element's own.
pub(super) type List<'d> = Vec<(&'d str, Cow<'d, str>)>;

/// For an element whose parent isn't in the set.
pub(super) fn attributes<'d>(node: Node<'d>, set: &NodeSet<'d>, form: CanonicalForm) -> List<'d> {
    match form {
        CanonicalForm::Exclusive => Vec::new(),
        CanonicalForm::Inclusive10 => nearest(node, |_| true),
        CanonicalForm::Inclusive11 => {
            let mut list = nearest(node, |local| matches!(local, "lang" | "space"));
            list.extend(base(node, set).map(|base| ("base", Cow::Owned(base))));
            list
        }
    }
}

/// C14N 1.0 §2.4, and 1.1 for the attributes that are simply inherited: the nearest occurrence above, in the set or
/// not, unless the element has its own.
fn nearest<'d>(node: Node<'d>, inheritable: impl Fn(&str) -> bool) -> List<'d> {
    let mut list: List<'d> = Vec::new();
    let mut seen: Vec<&str> = xml_attributes(node).map(|(local, _)| local).collect();
    for (local, value) in node.ancestors().flat_map(xml_attributes) {
        if inheritable(local) && !seen.contains(&local) {
            seen.push(local);
            list.push((local, value));
        }
    }
    list
}

/// C14N 1.1 §2.4: `xml:base` of the ancestors left out directly above, joined; `None` where they have none.
fn base<'d>(node: Node<'d>, set: &NodeSet<'d>) -> Option<String> {
    let left_out: Vec<Node<'d>> = node.ancestors().take_while(|ancestor| !set.contains(*ancestor)).collect();
    if left_out.iter().all(|ancestor| ancestor.xml_attribute("base").is_none()) {
        return None;
    }
    let values = left_out.iter().rev().chain([&node]).filter_map(|ancestor| ancestor.xml_attribute("base"));
    values.map(Cow::into_owned).reduce(|base, reference| join(&base, &reference))
}

fn xml_attributes<'d>(node: Node<'d>) -> impl Iterator<Item = (&'d str, Cow<'d, str>)> {
    let of_xml = |attribute: crate::Attribute<'d>| {
        let (namespace, local) = attribute.name();
        (namespace == XML_NAMESPACE).then(|| (local, attribute.value()))
    };
    node.attributes().filter_map(of_xml)
}
