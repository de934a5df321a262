//! Past certificate validation (EN 319 102-1): a path that was valid at one time with all its certificates,
//! without revocation, and the control time that follows from revocation and algorithms.

use std::collections::BTreeSet;

use hsign_core::{Finding, Time};
use hsign_pki::{Anchor, PathFailure, PathFailures, PathParameters, Paths, ValidatedPath};
use hsign_x509::Certificate;

use super::control_time::{self, Stuck};
use crate::chain::Chain;
use crate::engine::{Engine, Party};
use crate::poe::ProofsOfExistence;
use crate::x509_validation::Question;
use crate::{Conclusion, SubIndication};

/// A path and the latest time at which it is known to have been good.
#[derive(Clone, Debug)]
pub(crate) struct PastCertificate {
    pub(crate) control_time: Time,
    /// Whether the end of an algorithm decided it.
    pub(crate) by_algorithm: bool,
    /// The earliest revocation of a certificate of the path.
    pub(crate) revoked: Option<Time>,
    /// The path with the statuses as they were known at the control time.
    pub(crate) chain: Chain,
}

/// No such path: what stands against the likeliest one.
#[derive(Clone, Debug)]
pub(crate) struct NoPastCertificate {
    pub(crate) conclusion: Conclusion,
    /// Whether the end of an algorithm had taken the control time back.
    pub(crate) by_algorithm: bool,
    pub(crate) findings: Vec<Finding>,
}

/// Times at which paths are looked for; a path that is valid at all is so when the youngest of its
/// certificates begins. CAs renewed every few years make a handful in the life of a certificate.
const MAX_TIMES: usize = 16;

/// Paths whose control time is looked for.
const MAX_PATHS: usize = 8;

pub(crate) fn validate(
    party: Party,
    target: &Certificate,
    engine: &Engine<'_>,
    proofs: &ProofsOfExistence,
) -> Result<PastCertificate, NoPastCertificate> {
    let mut search = Search { engine, proofs, party, target, tried: BTreeSet::new(), stuck: Vec::new() };
    let times = search.times();
    let mut failures = Vec::new();
    for time in &times {
        let question = search.question(*time);
        let rounds = question.with_the_policies_asked_for();
        if let Some(found) = search.first_good(&rounds, &mut failures) {
            return Ok(found);
        }
    }
    if let Some(stuck) = search.stuck.into_iter().next() {
        return Err(NoPastCertificate {
            conclusion: stuck.conclusion,
            by_algorithm: stuck.by_algorithm,
            findings: vec![stuck.finding],
        });
    }
    let constrained = times.iter().any(|time| {
        let question = search_question(engine, party, target, *time);
        let parameters = in_bounds(question.with_any_policy());
        let mut paths = paths(&question, question.anchors, &parameters, engine);
        paths.any(|path| path.is_ok())
    });
    let sub = if constrained {
        SubIndication::ChainConstraintsFailure
    } else {
        SubIndication::CertificateChainGeneralFailure
    };
    let findings = failures.into_iter().collect::<PathFailures>().findings();
    Err(NoPastCertificate { conclusion: Conclusion::Indeterminate(sub), by_algorithm: false, findings })
}

struct Search<'a> {
    engine: &'a Engine<'a>,
    proofs: &'a ProofsOfExistence,
    party: Party,
    target: &'a Certificate,
    /// Paths whose control time was looked for already.
    tried: BTreeSet<Vec<[u8; 32]>>,
    stuck: Vec<Stuck>,
}

impl<'a> Search<'a> {
    fn question(&self, time: Time) -> Question<'a> {
        search_question(self.engine, self.party, self.target, time)
    }

    fn first_good(
        &mut self,
        rounds: &[(Vec<Anchor>, PathParameters)],
        failures: &mut Vec<PathFailure>,
    ) -> Option<PastCertificate> {
        let question = self.question(self.target.not_before());
        for (anchors, parameters) in rounds {
            let parameters = in_bounds(parameters.clone());
            for path in paths(&question, anchors, &parameters, self.engine) {
                match path {
                    Err(failure) => failures.push(failure),
                    Ok(path) if self.tried.len() >= MAX_PATHS || !self.tried.insert(identity(&path)) => {}
                    Ok(path) => match self.slide(path) {
                        Ok(found) => return Some(found),
                        Err(stuck) => self.stuck.push(stuck),
                    },
                }
            }
        }
        None
    }

    fn slide(&self, path: ValidatedPath) -> Result<PastCertificate, Stuck> {
        let sliding = control_time::slide(&path, self.party, self.engine, self.proofs)?;
        let demand = self.engine.demand(self.party);
        let chain = Chain { path, statuses: sliding.statuses, demand };
        let (control_time, by_algorithm) = (sliding.control_time, sliding.by_algorithm);
        Ok(PastCertificate { control_time, by_algorithm, revoked: sliding.revoked, chain })
    }

    /// Where the intersection of the validities of some path begins: with one of its certificates, or with the
    /// anchor's entry. The latest first, since a signature comes after all of them.
    fn times(&self) -> Vec<Time> {
        let engine = self.engine;
        let anchors = search_question(engine, self.party, self.target, engine.context.time.0).anchors;
        let mut above: Vec<&Certificate> = vec![self.target];
        let mut next = 0;
        while let Some(certificate) = above.get(next).copied() {
            next += 1;
            for issuer in engine.material.named(certificate.issuer()) {
                if above.len() < 4 * MAX_TIMES && !above.contains(&issuer) {
                    above.push(issuer);
                }
            }
        }
        let beginnings = above.iter().map(|certificate| certificate.not_before());
        let beginnings = beginnings.chain(anchors.iter().filter_map(|anchor| anchor.entry().from));
        let within = |time: &Time| self.target.not_before() <= *time && *time <= self.target.not_after();
        let times: BTreeSet<Time> = beginnings.filter(within).collect();
        times.into_iter().rev().take(MAX_TIMES).collect()
    }
}

fn search_question<'a>(
    engine: &'a Engine<'a>,
    party: Party,
    target: &'a Certificate,
    time: Time,
) -> Question<'a> {
    engine.question(party, target, time)
}

/// Here the target's validity is part of the path.
fn in_bounds(parameters: PathParameters) -> PathParameters {
    PathParameters { check_target_validity: true, ..parameters }
}

fn paths<'p>(
    question: &Question<'p>,
    anchors: &'p [Anchor],
    parameters: &'p PathParameters,
    engine: &'p Engine<'p>,
) -> Paths<'p> {
    Paths::new(question.target, &engine.material.certificates, anchors, parameters, engine.verifier)
}

fn identity(path: &ValidatedPath) -> Vec<[u8; 32]> {
    path.certificates().iter().map(Certificate::sha256).collect()
}
