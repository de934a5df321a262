//! What became of the references of a signature, and whether each covers what the signature's own parts say it does.

use std::rc::Rc;

use hsign_core::facts::Reference as ReferenceFacts;
use hsign_core::{DigestAlgorithm, Finding};
use hsign_xml::dsig::{Context, Manifest, Reference, Signature, TYPE_MANIFEST, TYPE_OBJECT, What};
use hsign_xml::{Kind, Node};

use crate::names::{DS, SIGNED_PROPERTIES_TYPE, XADES_TYPES};
use crate::places::Region;
use crate::qualifying::Qualifying;

const CLAUSE: &str = "EN 319 132-1";

/// A reference and what became of it.
pub(crate) struct Outcome<'d> {
    pub(crate) kind: Option<String>,
    pub(crate) facts: ReferenceFacts,
    /// Whether it leads out of the document.
    pub(crate) external: bool,
    /// What it covers; `None` where it couldn't be reached.
    pub(crate) what: Option<Rc<What<'d>>>,
}

impl<'d> Outcome<'d> {
    /// Whether its digest is right and good enough to stand for the data, so that a proof for the signature's value is
    /// one for what the reference covers. Older functions prove nothing about what is inside.
    pub(crate) fn stands_for_data(&self) -> bool {
        let weak = [DigestAlgorithm::Md5, DigestAlgorithm::Sha1, DigestAlgorithm::Sha224];
        self.facts.holds() == Some(true) && !weak.contains(&self.facts.expected.algorithm)
    }

    /// The nodes as a part of the document.
    pub(crate) fn region(&self) -> Option<Region<'d>> {
        self.what.as_ref().and_then(Region::of)
    }

    /// Whether its Type is that one of XAdES, in whatever edition.
    pub(crate) fn is_xades_type(&self, name: &str) -> bool {
        let kind = self.kind.as_deref().unwrap_or_default();
        kind.starts_with(XADES_TYPES) && kind.ends_with(name)
    }

    /// Whether a node is covered with everything in it.
    pub(crate) fn covers(&self, node: Node<'d>) -> bool {
        self.what.as_ref().is_some_and(|what| what.covers(node))
    }

    /// Whether it covers that element and nothing else, and points to it: a filter may pick it out of the document,
    /// but not out of some other element that the URI names.
    fn is_exactly(&self, node: Node<'d>) -> bool {
        let Some(set) = self.what.as_ref().and_then(|what| what.nodes()) else { return false };
        let only = || {
            let mut all = set.apex().descendants();
            all.all(|other| node.contains(other) || other.kind() == Kind::Document || !set.contains(other))
        };
        let points = set.apex() == node || set.apex().kind() == Kind::Document && only();
        points && set.contains_whole(node)
    }

    /// The topmost element that it covers, or whose text.
    pub(crate) fn apex(&self) -> Option<Node<'d>> {
        match self.what.as_deref()? {
            What::Nodes(set) | What::Base64Of(set) => Some(set.apex()),
            _ => None,
        }
    }
}

/// Resolves every reference of SignedInfo, and apart from them those of the manifests it covers. The document limits
/// the work.
pub(crate) fn resolve<'d>(
    signature: &Signature<'d>,
    context: Context<'_, 'd>,
    findings: &mut Vec<Finding>,
) -> (Vec<Outcome<'d>>, Vec<Outcome<'d>>) {
    let mut outcomes = Vec::with_capacity(signature.references.len());
    let mut listed = Vec::new();
    for reference in &signature.references {
        let outcome = resolve_one(reference, reference.name(), context, findings);
        if let Some(manifest) = covered_manifest(&outcome) {
            match Manifest::read(manifest) {
                Ok(manifest) => {
                    for reference in &manifest.references {
                        let name = format!("{}/{}", outcome.facts.name, reference.name());
                        listed.push(resolve_one(reference, name, context, findings));
                    }
                }
                Err(error) => {
                    findings.push(Finding::error("xml-manifest-unreadable").with("reason", error));
                }
            }
        }
        outcomes.push(outcome);
    }
    (outcomes, listed)
}

fn resolve_one<'d>(
    reference: &Reference<'d>,
    name: String,
    context: Context<'_, 'd>,
    findings: &mut Vec<Finding>,
) -> Outcome<'d> {
    let uri = reference.uri.as_deref();
    let external = uri.is_none_or(|uri| !uri.is_empty() && !uri.starts_with('#'));
    let resolved = reference.actual(&context);
    if matches!(resolved.what, Some(What::External { whole: false, .. })) {
        findings.push(Finding::warning("xml-external-filtered").with("reference", &name));
    }
    let actual = match resolved.digest {
        Ok(digest) => Some(digest),
        Err(reason) => {
            findings.push(reason.finding(&name));
            None
        }
    };
    Outcome {
        kind: reference.kind.clone(),
        facts: ReferenceFacts { name, expected: reference.expected(), actual },
        external,
        what: resolved.what.map(Rc::new),
    }
}

fn covered_manifest<'d>(outcome: &Outcome<'d>) -> Option<Node<'d>> {
    let apex = outcome.apex()?;
    let manifest = if apex.is(DS, "Object") { apex.child(DS, "Manifest")? } else { apex };
    manifest.is(DS, "Manifest").then_some(manifest)
}

/// Types that say what an element is: it has to be that, and belong to this signature.
pub(crate) fn check_types(signature: &Signature<'_>, outcomes: &[Outcome<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for outcome in outcomes {
        let expected = match outcome.kind.as_deref() {
            Some(TYPE_OBJECT) => "Object",
            Some(TYPE_MANIFEST) => "Manifest",
            _ => continue,
        };
        let (is_that, own) = match outcome.apex() {
            Some(apex) => (apex.is(DS, expected), is_own(signature, apex)),
            None => (false, !outcome.external),
        };
        let name = |finding: Finding| {
            let clause = finding.clause("XML Signature §4.4.3");
            clause.with("reference", &outcome.facts.name).with("type", expected)
        };
        if !own {
            findings.push(name(Finding::error("xml-reference-elsewhere")));
        } else if !is_that && outcome.what.is_some() {
            // Some give KeyInfo or their properties that type.
            findings.push(name(Finding::warning("xml-reference-type-differs")));
        }
    }
    findings
}

/// Directly in the signature, or in one of its objects.
fn is_own<'d>(signature: &Signature<'d>, node: Node<'d>) -> bool {
    let parent = node.parent();
    parent == Some(signature.node) || parent.is_some_and(|parent| signature.objects.contains(&parent))
}

/// The properties that are read must be the ones that are signed: a reference to others of the same name, or to none,
/// is how a signature is given a false signer or time.
pub(crate) fn check_signed_properties(
    qualifying: Option<&Qualifying<'_>>,
    outcomes: &[Outcome<'_>],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let properties = qualifying.and_then(|qualifying| qualifying.signed);
    let named = || outcomes.iter().filter(|outcome| outcome.is_xades_type(SIGNED_PROPERTIES_TYPE));
    for outcome in named() {
        // What can't be reached is told as such.
        let reached = outcome.what.is_some() || outcome.external;
        if reached && !properties.is_some_and(|properties| outcome.is_exactly(properties)) {
            let finding = Finding::error("xades-signed-properties-elsewhere").clause(CLAUSE);
            findings.push(finding.with("reference", &outcome.facts.name));
        }
    }
    let Some(properties) = properties else { return findings };
    if !outcomes.iter().any(|outcome| outcome.covers(properties)) {
        findings.push(Finding::error("xades-signed-properties-not-signed").clause(CLAUSE));
    } else if named().next().is_none() {
        findings.push(Finding::warning("xades-signed-properties-type-missing").clause(CLAUSE));
    }
    findings
}

/// Whether an element is under a reference.
pub(crate) fn signs<'d>(outcomes: &[Outcome<'d>], node: Node<'d>) -> bool {
    outcomes.iter().any(|outcome| outcome.covers(node))
}
