//! Where the properties of a signature stand (EN 319 132-1): in one QualifyingProperties inside it, nowhere else.

use hsign_core::Finding;
use hsign_xml::Node;

use crate::names::{DS, child, children, is_xades};

const CLAUSE: &str = "EN 319 132-1";

/// The properties of one signature.
pub(crate) struct Qualifying<'d> {
    /// QualifyingProperties.
    pub(crate) element: Node<'d>,
    /// SignedProperties.
    pub(crate) signed: Option<Node<'d>>,
    /// SignedSignatureProperties.
    pub(crate) signature_properties: Option<Node<'d>>,
    /// SignedDataObjectProperties.
    pub(crate) data_properties: Option<Node<'d>>,
    /// What stands in UnsignedSignatureProperties, in order.
    pub(crate) unsigned: Vec<Node<'d>>,
}

/// The properties inside `signature`, whose Id is `id`, and what is wrong with their places.
pub(crate) fn find<'d>(signature: Node<'d>, id: Option<&str>) -> (Option<Qualifying<'d>>, Vec<Finding>) {
    let mut findings = Vec::new();
    let inside = || signature.children_named(DS, "Object").flat_map(Node::elements);
    if inside().any(|node| is_xades(node, "QualifyingPropertiesReference")) {
        // Properties that stand elsewhere would have to be fetched, and their place be believed.
        findings.push(Finding::error("xades-qualifying-properties-elsewhere").clause(CLAUSE));
    }
    let mut all = inside().filter(|node| is_xades(*node, "QualifyingProperties"));
    let Some(element) = all.next() else { return (None, findings) };
    if all.next().is_some() {
        findings.push(repeated("QualifyingProperties"));
    }
    findings.extend(target(element, id));
    let signed = single(element, "SignedProperties", &mut findings);
    let unsigned = single(element, "UnsignedProperties", &mut findings);
    let unsigned = unsigned.and_then(|node| single(node, "UnsignedSignatureProperties", &mut findings));
    let qualifying = Qualifying {
        element,
        signed,
        signature_properties: signed
            .and_then(|node| single(node, "SignedSignatureProperties", &mut findings)),
        data_properties: signed.and_then(|node| single(node, "SignedDataObjectProperties", &mut findings)),
        unsigned: unsigned.map(|node| node.elements().collect()).unwrap_or_default(),
    };
    (Some(qualifying), findings)
}

/// Target names the signature that the properties belong to.
fn target(element: Node<'_>, id: Option<&str>) -> Option<Finding> {
    let target = element.attribute("", "Target").unwrap_or_default();
    let target = target.trim();
    let named = target.strip_prefix('#');
    match (named, id) {
        (Some(named), Some(id)) if named == id => None,
        // They stand inside the signature: nothing is open. Old software leaves Target out or writes the bare Id.
        _ if target.is_empty() || Some(target) == id => {
            Some(Finding::warning("xades-target-missing").clause(CLAUSE))
        }
        _ => Some(Finding::error("xades-target-elsewhere").clause(CLAUSE).with("target", target)),
    }
}

fn single<'d>(parent: Node<'d>, name: &str, findings: &mut Vec<Finding>) -> Option<Node<'d>> {
    if children(parent, name).nth(1).is_some() {
        findings.push(repeated(name));
    }
    child(parent, name)
}

fn repeated(name: &str) -> Finding {
    Finding::error("xades-element-repeated").clause(CLAUSE).with("element", name)
}

#[cfg(test)]
mod tests {
    use hsign_xml::{Document, Limits};

    use super::*;

    fn codes(content: &str, id: Option<&str>) -> Vec<String> {
        let text = format!(
            "<d:Signature xmlns:d='http://www.w3.org/2000/09/xmldsig#' xmlns:x='http://uri.etsi.org/01903/v1.3.2#'>\
             {content}</d:Signature>"
        );
        let document = Document::parse(&text, &Limits::default()).unwrap();
        find(document.root(), id).1.into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn properties_belong_to_the_signature_that_their_target_names() {
        let with = |target: &str, id| {
            codes(&format!("<d:Object><x:QualifyingProperties Target='{target}'/></d:Object>"), id)
        };
        assert!(with("#S", Some("S")).is_empty());
        for lax in ["", "S"] {
            assert_eq!(with(lax, Some("S")), ["xades-target-missing"], "{lax}");
        }
        for (wrong, id) in [("#T", Some("S")), ("T", Some("S")), ("#S", None), ("http://e/#S", Some("S"))] {
            assert_eq!(with(wrong, id), ["xades-target-elsewhere"], "{wrong}");
        }
    }

    #[test]
    fn properties_stand_in_one_place() {
        let one = "<x:QualifyingProperties Target='#S'/>";
        assert_eq!(codes(&format!("<d:Object>{one}{one}</d:Object>"), Some("S")), ["xades-element-repeated"]);
        assert_eq!(
            codes(&format!("<d:Object>{one}</d:Object><d:Object>{one}</d:Object>"), Some("S")),
            ["xades-element-repeated"]
        );
        let elsewhere = "<d:Object><x:QualifyingPropertiesReference URI='http://e/'/></d:Object>";
        assert_eq!(codes(elsewhere, Some("S")), ["xades-qualifying-properties-elsewhere"]);
        assert!(codes(one, Some("S")).is_empty(), "outside an Object there are none");
    }
}
