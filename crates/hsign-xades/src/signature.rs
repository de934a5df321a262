//! One signature as facts.

use std::rc::Rc;

use hsign_core::facts::{CertificateReference, Covered, SignatureFacts, SignedObject, TimestampKind};
use hsign_core::{Budget, BudgetExhausted, Digest, DigestAlgorithm, Finding};
use hsign_xml::dsig::{Context, Signature, What, method_finding, signature_value_from_xml, signed_octets};
use hsign_xml::{Ids, Node};

use crate::certificate_references;
use crate::coverage::Covering;
use crate::evidence::{self, Piece};
use crate::imprint::Subject;
use crate::names::{COUNTERSIGNED_TYPE, DS, is_xades};
use crate::outcomes::{self, Outcome, check_signed_properties, check_types, resolve};
use crate::places::Region;
use crate::qualifying::{self, Qualifying};
use crate::signatures::Found;
use crate::signer::{self, KeyInfoSigner};
use crate::stamps::{self, Budgets, Stamp};
use crate::{claims, fragment, levels, policy};

const CLAUSE: &str = "EN 319 132-1";

/// What one document may ask for, all signatures together.
pub(crate) struct Work {
    /// Octets that imprints go through.
    pub(crate) octets: Budget,
    /// Time-stamp tokens.
    pub(crate) tokens: Budget,
    /// Certificates, CRLs and OCSP responses.
    pub(crate) evidence: Budget,
    /// Entries of what time stamps cover.
    pub(crate) covered: Budget,
}

impl Work {
    /// For a document of so many bytes. A file with hundreds of signatures over all of it stays inside; one made to
    /// keep us busy doesn't.
    pub(crate) fn for_length(length: u64) -> Self {
        Self {
            octets: Budget::new("octets under time stamps", (1 << 26) + length.saturating_mul(64)),
            tokens: Budget::new("time stamps in a document", 2_000),
            evidence: Budget::new("pieces of evidence in a document", 20_000),
            covered: Budget::new("what time stamps cover", 1_000_000),
        }
    }
}

/// A signature read, before it is known what stands inside what.
pub(crate) struct Read<'d> {
    pub(crate) node: Node<'d>,
    /// As XML Signature has it; `None` where it is broken.
    pub(crate) signature: Option<Signature<'d>>,
    pub(crate) facts: SignatureFacts,
    pub(crate) stamps: Vec<Stamp<'d>>,
    pub(crate) pieces: Vec<Piece<'d>>,
    /// Digests that name pieces of evidence.
    pub(crate) named: Vec<(Node<'d>, Digest)>,
    pub(crate) value_node: Option<Node<'d>>,
    /// What its value stands for through sound references.
    pub(crate) signed_regions: Vec<Region<'d>>,
    pub(crate) has_properties: bool,
    /// The SignatureValue that a reference of a countersignature's covers, and the property it stands in.
    pub(crate) countersigned: Vec<Node<'d>>,
    pub(crate) claims_countersigning: bool,
    /// Whether, besides its own parts, it signs values of signatures and nothing else.
    pub(crate) signs_values_only: bool,
    /// What its references cover.
    pub(crate) covered: Vec<Rc<What<'d>>>,
    /// Content that no reference covers.
    pub(crate) uncovered: Option<Node<'d>>,
}

/// Reads one signature.
pub(crate) fn read<'d>(
    found: &Found<'d>,
    context: Context<'_, 'd>,
    ids: &Ids<'d>,
    work: &mut Work,
) -> Result<Read<'d>, BudgetExhausted> {
    let (signature, broken) = match Signature::read(found.node) {
        Ok(signature) => (signature, None),
        Err(error) => {
            let finding = Finding::error("xml-signature-unreadable").clause("XML Signature §4");
            let finding = finding.with("reason", error);
            match fragment::read(found.node) {
                Some(parts) => (parts, Some(finding)),
                None => return Ok(unreadable(found, finding)),
            }
        }
    };
    let (qualifying, mut findings) = qualifying::find(found.node, signature.id.as_deref());
    let qualifying = qualifying.as_ref();
    let whole = broken.is_none();
    findings.extend(broken);
    if qualifying.is_none_or(|qualifying| qualifying.signed.is_none()) {
        findings.push(Finding::error("xades-no-signed-properties").clause(CLAUSE));
    }
    let (outcomes, listed) = resolve(&signature, context, &mut findings);
    findings.extend(check_types(&signature, &outcomes));
    findings.extend(check_signed_properties(qualifying, &outcomes));
    let pieces = pieces(&signature, qualifying, &mut work.evidence, &mut findings)?;
    let signer = signature.key_info.as_ref().map(signer::read).unwrap_or_default();
    let references = certificates(&signature, qualifying, &outcomes, &signer, &mut findings);
    if whole {
        findings.extend(method_finding(&signature));
    }
    let signed = signed(&signature, &outcomes, &listed, &pieces, signer, references, &mut findings);
    let mut stamps = Vec::new();
    if let Some(qualifying) = qualifying {
        let subject = Subject { signature: &signature, qualifying, context };
        let budgets = Budgets { tokens: &mut work.tokens, octets: &mut work.octets };
        stamps = stamps::read(&found.id, &subject, &outcomes, ids, budgets)?;
        // What an archive stamp should cover isn't all there.
        stamps.retain(|stamp| whole || stamp.facts.kind == TimestampKind::Signature);
    }
    let all = || outcomes.iter().chain(&listed);
    let external = all().any(|outcome| outcome.external);
    let covering = Covering::new(all().filter_map(|outcome| outcome.what.as_deref()), external);
    let (coverage, uncovered) = covering.judge(context.document, found.node);
    let countersigned = countersigned(&outcomes, found.node);
    let signs_values_only = !external
        && outcomes.iter().all(|outcome| {
            let apex = outcome.apex();
            apex.is_none_or(|apex| found.node.contains(apex) || countersigned.contains(&apex))
        });
    let claims_countersigning = claims_countersigning(found.node, &outcomes);
    let signature_properties = qualifying.and_then(|qualifying| qualifying.signature_properties);
    let claimed_signing_time =
        signature_properties.and_then(|properties| claims::signing_time(properties, &mut findings));
    let data_properties = qualifying.and_then(|qualifying| qualifying.data_properties);
    findings.extend(claims::told(signature_properties, data_properties));
    let unsigned = qualifying.map(|qualifying| qualifying.unsigned.as_slice()).unwrap_or_default();
    let mut named = Vec::new();
    for property in unsigned {
        named.extend(evidence::references(*property, &mut work.evidence)?);
        if is_xades(*property, "SealingEvidenceRecords") {
            findings.push(Finding::warning("xades-evidence-record-not-read").clause(CLAUSE));
        }
    }
    let level = levels::of(signed.as_ref(), qualifying, &pieces, &stamps);
    let facts = SignatureFacts {
        claimed_signing_time,
        policy: signature_properties.and_then(|properties| policy::read(properties, unsigned)),
        signed,
        findings,
        ..SignatureFacts::new(found.id.clone(), level, coverage)
    };
    let covered = all().filter_map(|outcome| outcome.what.clone()).collect();
    let signed_regions = outcomes.iter().filter(|outcome| outcome.stands_for_data());
    Ok(Read {
        node: found.node,
        value_node: Some(signature.value_node),
        signature: Some(signature).filter(|_| whole),
        facts,
        stamps,
        pieces,
        named,
        signed_regions: signed_regions.filter_map(Outcome::region).collect(),
        has_properties: qualifying.is_some(),
        countersigned,
        claims_countersigning,
        signs_values_only,
        covered,
        uncovered,
    })
}

fn unreadable<'d>(found: &Found<'d>, finding: Finding) -> Read<'d> {
    Read {
        node: found.node,
        signature: None,
        facts: SignatureFacts::unreadable(found.id.clone(), finding),
        stamps: Vec::new(),
        pieces: Vec::new(),
        named: Vec::new(),
        value_node: None,
        signed_regions: Vec::new(),
        has_properties: found
            .node
            .children_named(DS, "Object")
            .flat_map(Node::elements)
            .any(|node| is_xades(node, "QualifyingProperties")),
        countersigned: Vec::new(),
        claims_countersigning: false,
        signs_values_only: false,
        covered: Vec::new(),
        uncovered: None,
    }
}

fn pieces<'d>(
    signature: &Signature<'d>,
    qualifying: Option<&Qualifying<'d>>,
    budget: &mut Budget,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Piece<'d>>, BudgetExhausted> {
    let mut pieces = match &signature.key_info {
        Some(key_info) => evidence::of_key_info(key_info, budget)?,
        None => Vec::new(),
    };
    let unsigned = qualifying.map(|qualifying| qualifying.unsigned.as_slice()).unwrap_or_default();
    for property in unsigned.iter().filter(|property| evidence::is_container(**property)) {
        pieces.extend(evidence::read(*property, budget, findings)?);
    }
    Ok(pieces)
}

/// Signed references to the signer's certificate; without the properties for them, a signed KeyInfo with the
/// certificate in it does the same (EN 319 132-1).
fn certificates<'d>(
    signature: &Signature<'d>,
    qualifying: Option<&Qualifying<'d>>,
    outcomes: &[Outcome<'d>],
    signer: &KeyInfoSigner,
    findings: &mut Vec<Finding>,
) -> Vec<CertificateReference> {
    let properties = qualifying.and_then(|qualifying| qualifying.signature_properties);
    let read = properties.map(certificate_references::read).unwrap_or_default();
    findings.extend(read.disagreement(signature.key_info.as_ref()));
    findings.extend(read.findings.iter().cloned());
    let unreadable = !read.findings.is_empty();
    let mut references = read.references;
    let meant = signer.certificate.as_ref();
    // Version 1 lists a path without saying which is the signer's; it is the one that KeyInfo means.
    let named = meant.and_then(|meant| {
        references.iter().position(|reference| {
            hsign_crypto::digest(reference.digest.algorithm, meant.der())
                .is_ok_and(|digest| digest == reference.digest)
        })
    });
    if let Some(index) = named {
        let first = references.remove(index);
        references.insert(0, first);
    }
    if !references.is_empty() || unreadable {
        return references;
    }
    let signed_key_info =
        signature.key_info.as_ref().is_some_and(|key_info| outcomes::signs(outcomes, key_info.node));
    let certificate = meant.filter(|_| signed_key_info);
    let reference = certificate.map(|certificate| CertificateReference {
        digest: Digest::new(DigestAlgorithm::Sha256, certificate.sha256().to_vec()),
        issuer: None,
        serial: None,
    });
    reference.into_iter().collect()
}

fn signed<'d>(
    signature: &Signature<'d>,
    outcomes: &[Outcome<'d>],
    listed: &[Outcome<'d>],
    pieces: &[Piece<'d>],
    signer: KeyInfoSigner,
    certificate_references: Vec<CertificateReference>,
    findings: &mut Vec<Finding>,
) -> Option<SignedObject> {
    let algorithm = signature.method.algorithm.clone();
    let octets = match signed_octets(signature) {
        Ok(octets) => octets,
        Err(finding) => {
            findings.push(finding);
            return None;
        }
    };
    Some(SignedObject {
        signed_octets: octets.into(),
        reordered_octets: None,
        value: signature_value_from_xml(&algorithm, &signature.value).into(),
        algorithm,
        references: outcomes.iter().chain(listed).map(|outcome| outcome.facts.clone()).collect(),
        signer: signer.identifier,
        certificate_references,
        evidence: evidence::facts(pieces),
    })
}

/// Whether its place or the type of a reference says that it countersigns.
fn claims_countersigning(signature: Node<'_>, outcomes: &[Outcome<'_>]) -> bool {
    let in_property = signature.parent().is_some_and(|parent| is_xades(parent, "CounterSignature"));
    in_property || outcomes.iter().any(|outcome| outcome.is_xades_type(COUNTERSIGNED_TYPE))
}

/// SignatureValues of other signatures that a reference covers by itself.
fn countersigned<'d>(outcomes: &[Outcome<'d>], signature: Node<'d>) -> Vec<Node<'d>> {
    outcomes
        .iter()
        .filter_map(|outcome| outcome.apex().filter(|apex| outcome.covers(*apex)))
        .filter(|apex| apex.is(DS, "SignatureValue") && apex.parent() != Some(signature))
        .collect()
}

impl<'d> Read<'d> {
    /// What its stamps and pieces are, with the places where they stand.
    pub(crate) fn items(&self) -> Vec<(Node<'d>, Covered)> {
        let value =
            self.value_node.map(|node| (node, Covered::SignatureValue { signature: self.facts.id.clone() }));
        let stamps = self
            .stamps
            .iter()
            .filter(|stamp| stamp.has_token())
            .map(|stamp| (stamp.element, Covered::Timestamp { timestamp: stamp.facts.id.clone() }));
        let pieces =
            self.pieces.iter().map(|piece| (piece.element, Covered::Evidence { digest: piece.digest() }));
        let named = self.named.iter().cloned();
        let named = named.map(|(element, digest)| (element, Covered::Evidence { digest }));
        value.into_iter().chain(stamps).chain(pieces).chain(named).collect()
    }
}
