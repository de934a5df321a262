//! Time stamps of one signature as facts: every token beside the digest of what it should cover.

use hsign_core::facts::{Covered, TimestampFacts, TimestampKind};
use hsign_core::{Budget, BudgetExhausted, Digest, DigestAlgorithm, Finding, Octets};
use hsign_crypto::Hasher;
use hsign_tsp::{Token, token_facts};
use hsign_xml::dsig::Unresolved;
use hsign_xml::{CanonicalizationMethod, Ids, Node};

use crate::imprint::{Part, Subject};
use crate::names::{Edition, is_xades};
use crate::outcomes::Outcome;
use crate::places::Region;
use crate::timestamps::{Container, Plan, containers, tokens};
use crate::values;

const CLAUSE: &str = "EN 319 132-1";

/// A time stamp and what its imprint takes in.
pub(crate) struct Stamp<'d> {
    pub(crate) facts: TimestampFacts,
    /// The element with the token.
    pub(crate) element: Node<'d>,
    pub(crate) regions: Vec<Region<'d>>,
    /// Whether it is over all signed data.
    pub(crate) over_signed_data: bool,
}

/// The budgets that reading time stamps draws on.
pub(crate) struct Budgets<'b> {
    pub(crate) tokens: &'b mut Budget,
    pub(crate) octets: &'b mut Budget,
}

/// All stamps of a signature, content stamps first, each container's tokens in order. `id` is the signature's.
pub(crate) fn read<'d>(
    id: &str,
    subject: &Subject<'_, 'd>,
    outcomes: &[Outcome<'d>],
    ids: &Ids<'d>,
    budgets: Budgets<'_>,
) -> Result<Vec<Stamp<'d>>, BudgetExhausted> {
    let Budgets { tokens: token_budget, octets } = budgets;
    let mut imprints = Imprints { subject, octets, running: Vec::new() };
    let mut numbers = std::collections::HashMap::<&str, usize>::new();
    let mut stamps = Vec::new();
    for container in containers(subject, ids) {
        let regions = regions(&container, subject, outcomes);
        let elements: Vec<Node<'d>> = tokens(container.node).collect();
        // A container without token is listed too, or it would pass for none.
        let elements = if elements.is_empty() { vec![container.node] } else { elements };
        for element in elements {
            token_budget.spend(1)?;
            let number = numbers.entry(container.name).or_default();
            *number += 1;
            let name = format!("{id}/{}-{number}", container.name);
            stamps.push(Stamp {
                facts: facts(name, element, &container, &mut imprints),
                element,
                regions: regions.clone(),
                over_signed_data: container.over_all_data,
            });
        }
    }
    Ok(stamps)
}

fn facts<'d>(
    id: String,
    element: Node<'d>,
    container: &Container<'d>,
    imprints: &mut Imprints<'_, '_, 'd>,
) -> TimestampFacts {
    let mut findings = container.findings.clone();
    let token = if element == container.node {
        findings.push(Finding::error("timestamp-missing").clause(CLAUSE));
        None
    } else if is_xades(element, "XMLTimeStamp") {
        findings.push(Finding::error("xml-timestamp-unsupported").clause(CLAUSE));
        None
    } else {
        let token = values::octets(element);
        if token.is_none() {
            let unreadable = Finding::error("timestamp-unreadable").clause("RFC 3161 §2.4.2");
            findings.push(unreadable.with("reason", "not Base64"));
        }
        token
    };
    let read = token.as_deref().and_then(|token| {
        let mut digest = |algorithm| imprints.digest(container, algorithm, &mut findings);
        let (read, more) = token_facts(token, &mut digest);
        findings.extend(more);
        read
    });
    let token = token.unwrap_or_default();
    let token = Token::parse(&token).map_or(token, |token| token.bytes().to_vec());
    TimestampFacts { id, kind: container.kind, token: token.into(), covers: Vec::new(), read, findings }
}

/// Where in the document the parts of a container's imprint stand.
fn regions<'d>(
    container: &Container<'d>,
    subject: &Subject<'_, 'd>,
    outcomes: &[Outcome<'d>],
) -> Vec<Region<'d>> {
    let of_part = |part: &Part<'d>| match part {
        Part::Element(node) => Some(Region::element(*node)),
        Part::Reference(index) => outcomes.get(*index)?.region(),
    };
    match &container.plan {
        Plan::Parts(parts) => parts.iter().filter_map(of_part).collect(),
        Plan::Archive { edition, before } => {
            let mut parts = subject.archive_start();
            parts.extend(subject.archive_end(*edition));
            let mut regions: Vec<Region<'d>> = parts.iter().filter_map(of_part).collect();
            let unsigned = &subject.qualifying.unsigned;
            if let (Some(first), Some(end), true) = (unsigned.first(), unsigned.get(*before), *before > 0) {
                regions.push(Region::between(*first, *end));
            }
            regions
        }
    }
}

/// Digests of what stamps cover. Archive stamps of one function and method share the work: each covers what the one
/// before it did, and more.
struct Imprints<'i, 's, 'd> {
    subject: &'i Subject<'s, 'd>,
    octets: &'i mut Budget,
    running: Vec<Running>,
}

struct Running {
    method: CanonicalizationMethod,
    algorithm: DigestAlgorithm,
    state: Result<Hasher, Unresolved>,
    /// How many unsigned properties are in it.
    properties: usize,
}

impl<'d> Imprints<'_, '_, 'd> {
    fn digest(
        &mut self,
        container: &Container<'d>,
        algorithm: DigestAlgorithm,
        findings: &mut Vec<Finding>,
    ) -> Option<Digest> {
        let Some(method) = &container.method else {
            findings.push(Finding::error("xml-canonicalization-unsupported").clause("XML Signature §6.5"));
            return None;
        };
        let digest = match &container.plan {
            Plan::Parts(parts) => {
                if parts.is_empty() {
                    findings.push(Finding::error("timestamp-covers-nothing").clause(CLAUSE));
                    return None;
                }
                self.of_parts(parts, method, algorithm)
            }
            Plan::Archive { edition, before } => self.of_archive(*edition, *before, method, algorithm),
        };
        match digest {
            Ok(digest) => Some(digest),
            // The engine tells that the stamped data are missing.
            Err(Unresolved::Limit(exhausted)) => {
                findings.push(exhausted.finding());
                None
            }
            Err(_) => None,
        }
    }

    fn of_parts(
        &mut self,
        parts: &[Part<'d>],
        method: &CanonicalizationMethod,
        algorithm: DigestAlgorithm,
    ) -> Result<Digest, Unresolved> {
        let mut hasher = hasher(algorithm)?;
        for part in parts {
            self.add(*part, method, &mut hasher)?;
        }
        finish(hasher)
    }

    fn of_archive(
        &mut self,
        edition: Edition,
        before: usize,
        method: &CanonicalizationMethod,
        algorithm: DigestAlgorithm,
    ) -> Result<Digest, Unresolved> {
        let known = self.running.iter().position(|known| {
            known.algorithm == algorithm && known.method == *method && known.properties <= before
        });
        let mut running = match known {
            Some(index) => self.running.swap_remove(index),
            None => {
                let start = self.subject.archive_start();
                let state = hasher(algorithm).and_then(|mut hasher| {
                    start.iter().try_for_each(|part| self.add(*part, method, &mut hasher))?;
                    Ok(hasher)
                });
                Running { method: method.clone(), algorithm, state, properties: 0 }
            }
        };
        running.state = running.state.and_then(|mut hasher| {
            let properties = self.subject.qualifying.unsigned.get(running.properties..before);
            for property in properties.unwrap_or_default() {
                self.add(Part::Element(*property), method, &mut hasher)?;
            }
            Ok(hasher)
        });
        running.properties = before;
        let mut state = running.state.clone();
        self.running.push(running);
        if let Ok(hasher) = &mut state {
            for part in self.subject.archive_end(edition) {
                self.add(part, method, hasher)?;
            }
        }
        finish(state?)
    }

    fn add(
        &mut self,
        part: Part<'d>,
        method: &CanonicalizationMethod,
        hasher: &mut Hasher,
    ) -> Result<(), Unresolved> {
        let mut length: u64 = 0;
        let mut outcome = Ok(());
        // One more octet than is left must not be started on.
        self.octets.spend(1)?;
        self.subject.part(part, method, &mut |octets| {
            length += octets.len() as u64;
            if outcome.is_ok() {
                outcome = hasher.update(octets);
            }
        })?;
        self.octets.spend(length)?;
        outcome.map_err(failed)
    }
}

fn hasher(algorithm: DigestAlgorithm) -> Result<Hasher, Unresolved> {
    Hasher::new(algorithm).map_err(failed)
}

fn finish(hasher: Hasher) -> Result<Digest, Unresolved> {
    hasher.finish().map_err(failed)
}

fn failed(error: hsign_crypto::Error) -> Unresolved {
    Unresolved::UnsupportedDigest(error.to_string())
}

impl Stamp<'_> {
    /// What it covers by its kind alone, without looking at what is inside.
    pub(crate) fn own_coverage(&self, signature: &str) -> Option<Covered> {
        let is_content = self.facts.kind == TimestampKind::Content && self.over_signed_data;
        is_content.then(|| Covered::SignedData { signature: signature.to_owned() })
    }

    /// A token that is there.
    pub(crate) fn has_token(&self) -> bool {
        self.facts.token != Octets::default()
    }
}
