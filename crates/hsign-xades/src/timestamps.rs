//! The containers of time stamps in a signature, and which parts of it each covers (EN 319 132-1).

use hsign_core::Finding;
use hsign_core::facts::TimestampKind;
use hsign_xml::{CanonicalizationMethod, Found, Ids, Node};

use crate::imprint::{Part, Subject};
use crate::names::{DS, Edition, SIGNED_PROPERTIES_TYPE, children, is_xades, xades};

const CLAUSE: &str = "EN 319 132-1";

/// What a container covers.
#[derive(Clone, Debug)]
pub(crate) enum Plan<'d> {
    /// These parts, in this order.
    Parts(Vec<Part<'d>>),
    /// Everything, with the unsigned properties before the container, whose number this is.
    Archive { edition: Edition, before: usize },
}

/// One element that holds tokens.
#[derive(Clone, Debug)]
pub(crate) struct Container<'d> {
    pub(crate) node: Node<'d>,
    /// Its local name.
    pub(crate) name: &'d str,
    pub(crate) kind: TimestampKind,
    pub(crate) plan: Plan<'d>,
    /// `None` for a method that isn't known.
    pub(crate) method: Option<CanonicalizationMethod>,
    /// Whether all signed data are covered: a content stamp over some of them proves less.
    pub(crate) over_all_data: bool,
    pub(crate) findings: Vec<Finding>,
}

/// All containers of one signature, content stamps first, then in the order of the unsigned properties.
pub(crate) fn containers<'d>(subject: &Subject<'_, 'd>, ids: &Ids<'d>) -> Vec<Container<'d>> {
    let mut found = Vec::new();
    let data = subject.qualifying.data_properties.into_iter().flat_map(Node::elements);
    for node in data {
        found.extend(content_stamp(node, subject, ids));
    }
    for (before, node) in subject.qualifying.unsigned.iter().enumerate() {
        found.extend(unsigned_stamp(*node, before, subject, ids));
    }
    found
}

fn content_stamp<'d>(node: Node<'d>, subject: &Subject<'_, 'd>, ids: &Ids<'d>) -> Option<Container<'d>> {
    let (_, name) = xades(node)?;
    // Mostly it is the format of one of thousands of files: what they all are is looked for where it is needed.
    let all = || -> Vec<Part<'d>> { data_references(subject).map(Part::Reference).collect() };
    let container = match name {
        "AllDataObjectsTimeStamp" => {
            Container { over_all_data: true, ..container(node, TimestampKind::Content, Plan::Parts(all())) }
        }
        "IndividualDataObjectsTimeStamp" => {
            let (parts, findings) = included(node, subject, ids);
            let over_all_data = all().iter().all(|part| parts.contains(part));
            let plan = Plan::Parts(parts);
            Container { over_all_data, findings, ..container(node, TimestampKind::Content, plan) }
        }
        _ => return None,
    };
    Some(container)
}

/// References to what was signed, that to the properties left out.
fn data_references(subject: &Subject<'_, '_>) -> impl Iterator<Item = usize> {
    let kind = |index: usize| subject.signature.references.get(index).and_then(|one| one.kind.as_deref());
    let is_data =
        move |index: &usize| !kind(*index).is_some_and(|kind| kind.ends_with(SIGNED_PROPERTIES_TYPE));
    (0..subject.signature.references.len()).filter(is_data).collect::<Vec<_>>().into_iter()
}

fn unsigned_stamp<'d>(
    node: Node<'d>,
    before: usize,
    subject: &Subject<'_, 'd>,
    ids: &Ids<'d>,
) -> Option<Container<'d>> {
    let (edition, name) = xades(node)?;
    let value = Part::Element(subject.signature.value_node);
    let earlier = subject.qualifying.unsigned.get(..before).unwrap_or_default();
    let of = |names: &[&str]| -> Vec<Part<'d>> {
        let wanted = earlier.iter().filter(|property| names.iter().any(|name| is_xades(**property, name)));
        wanted.map(|property| Part::Element(*property)).collect()
    };
    let (kind, plan) = match name {
        "SignatureTimeStamp" => (TimestampKind::Signature, Plan::Parts(vec![value])),
        "SigAndRefsTimeStamp" => {
            let parts = [vec![value], of(&SIGNATURE_AND_REFERENCES)].concat();
            (TimestampKind::Archive, Plan::Parts(parts))
        }
        "SigAndRefsTimeStampV2" => {
            let parts = [vec![value], of(&SIGNATURE_AND_REFERENCES_V2)].concat();
            (TimestampKind::Archive, Plan::Parts(parts))
        }
        "RefsOnlyTimeStamp" => {
            (TimestampKind::Archive, Plan::Parts(of(SIGNATURE_AND_REFERENCES.get(1..).unwrap_or_default())))
        }
        "RefsOnlyTimeStampV2" => (
            TimestampKind::Archive,
            Plan::Parts(of(SIGNATURE_AND_REFERENCES_V2.get(1..).unwrap_or_default())),
        ),
        "ArchiveTimeStamp" | "ArchiveTimeStampV2" => {
            (TimestampKind::Archive, Plan::Archive { edition, before })
        }
        _ => return None,
    };
    if includes(node).next().is_none() {
        return Some(container(node, kind, plan));
    }
    // Where parts are spelled out, these are it, whatever the element's name promises.
    let (parts, findings) = included(node, subject, ids);
    Some(Container { findings, ..container(node, kind, Plan::Parts(parts)) })
}

const SIGNATURE_AND_REFERENCES: [&str; 5] = [
    "SignatureTimeStamp",
    "CompleteCertificateRefs",
    "CompleteRevocationRefs",
    "AttributeCertificateRefs",
    "AttributeRevocationRefs",
];

const SIGNATURE_AND_REFERENCES_V2: [&str; 5] = [
    "SignatureTimeStamp",
    "CompleteCertificateRefsV2",
    "CompleteRevocationRefs",
    "AttributeCertificateRefsV2",
    "AttributeRevocationRefs",
];

fn container<'d>(node: Node<'d>, kind: TimestampKind, plan: Plan<'d>) -> Container<'d> {
    let named = node.child(DS, "CanonicalizationMethod");
    let method = match named {
        None => Some(CanonicalizationMethod::DEFAULT),
        Some(named) => method(named),
    };
    Container { node, name: node.name().1, kind, plan, method, over_all_data: false, findings: Vec::new() }
}

/// The method that an element names, with its list of prefixes.
fn method(named: Node<'_>) -> Option<CanonicalizationMethod> {
    const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
    let method = CanonicalizationMethod::from_uri(named.attribute("", "Algorithm")?.trim())?;
    let list = named
        .child(EXCLUSIVE, "InclusiveNamespaces")
        .and_then(|inclusive| inclusive.attribute("", "PrefixList"));
    Some(match list {
        Some(list) => method.with_prefix_list(&list),
        None => method,
    })
}

fn includes(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    children(node, "Include")
}

/// The explicit way of saying what is covered: `#id` of a reference, whose data are meant, or of any element.
fn included<'d>(node: Node<'d>, subject: &Subject<'_, 'd>, ids: &Ids<'d>) -> (Vec<Part<'d>>, Vec<Finding>) {
    /// More than any signature has references and properties.
    const MOST_PARTS: usize = 10_000;
    let mut parts = Vec::new();
    let mut findings = Vec::new();
    for include in includes(node).take(MOST_PARTS + 1) {
        let uri = include.attribute("", "URI").unwrap_or_default();
        let found = uri.trim().strip_prefix('#').map_or(Found::Nothing, |id| ids.find(id));
        let references = &subject.signature.references;
        match found {
            Found::Element(target) => {
                let index = references.iter().position(|reference| reference.node == target);
                parts.push(index.map_or(Part::Element(target), Part::Reference));
            }
            Found::Several | Found::Nothing => {
                let dangling = Finding::error("xades-include-not-found").clause(CLAUSE);
                findings.push(dangling.with("uri", uri));
            }
        }
    }
    if parts.len() > MOST_PARTS {
        let limit = Finding::error("work-limit-reached").with("purpose", "parts of a time stamp");
        findings.push(limit.with("limit", MOST_PARTS));
    }
    (parts, findings)
}

/// The elements with a token in them, in whatever form.
pub(crate) fn tokens(container: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    container
        .elements()
        .filter(|child| is_xades(*child, "EncapsulatedTimeStamp") || is_xades(*child, "XMLTimeStamp"))
}
