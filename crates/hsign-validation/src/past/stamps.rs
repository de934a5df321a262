//! The time stamps of a document, newest first: each that holds proves what it covers to have existed, which may
//! be what the next older one needs (EN 319 102-1, validation with archival data).

use std::cmp::Reverse;

use hsign_core::facts::{Covered, TimestampFacts, TimestampKind};
use hsign_core::{DigestAlgorithm, Time};
use hsign_pki::algorithms::Use;

use super::may_continue;
use super::signature::{self, Subject};
use crate::Context;
use crate::engine::{Engine, Party};
use crate::poe::{Contents, ProofSource, ProofsOfExistence, ProvenObject};
use crate::timestamp_validation::{self, JudgedTimestamp};

/// A time stamp where it stands.
pub(crate) struct Stamp<'f> {
    pub(crate) facts: &'f TimestampFacts,
    pub(crate) judged: JudgedTimestamp,
}

impl<'f> Stamp<'f> {
    /// Judged at the time of validation.
    pub(crate) fn at_present(facts: &'f TimestampFacts, engine: &Engine<'_>) -> Self {
        Self { facts, judged: timestamp_validation::judge(facts, engine) }
    }

    /// Whether its imprint takes in the value of this signature.
    pub(crate) fn covers_signature(&self, id: &str) -> bool {
        self.facts.kind != TimestampKind::Content
            && self
                .facts
                .covers
                .iter()
                .any(|covered| matches!(covered, Covered::SignatureValue { signature } if signature == id))
    }
}

/// Goes through all stamps, newest first, and gathers what they prove.
pub(crate) fn validate(
    stamps: &mut [Stamp<'_>],
    contents: &Contents<'_>,
    engine: &Engine<'_>,
    proofs: &mut ProofsOfExistence,
) {
    let mut order: Vec<usize> = (0..stamps.len()).collect();
    order.sort_by_key(|index| {
        let stamp = stamps.get(*index);
        let time = stamp.and_then(|stamp| stamp.judged.gen_time);
        let rank = stamp.map(|stamp| timestamp_validation::rank(stamp.facts.kind));
        Reverse((time, rank, *index))
    });
    for index in order {
        let Some(stamp) = stamps.get_mut(index) else { continue };
        validate_one(stamp, engine, proofs);
        let source = ProofSource::Timestamp(stamp.facts.id.clone());
        extract(stamp, &source, contents, engine.context, proofs);
    }
}

/// Past validation of a token that doesn't pass today.
pub(crate) fn validate_one(stamp: &mut Stamp<'_>, engine: &Engine<'_>, proofs: &ProofsOfExistence) {
    let judged = &mut stamp.judged;
    let (Some(tsa), true) = (judged.tsa.clone(), may_continue(judged.at_present)) else { return };
    let subject = Subject {
        party: Party::Tsa,
        object: ProvenObject::Timestamp(stamp.facts.id.clone()),
        certificate: &tsa,
        algorithms: &judged.algorithms.clone(),
        current: judged.at_present,
    };
    let past = signature::validate(&subject, engine, proofs);
    let read = stamp.facts.read.as_ref();
    let accreditation = past
        .chain
        .as_ref()
        .zip(read)
        .map(|(chain, read)| timestamp_validation::accreditation(chain, read, engine.context));
    if past.conclusion.is_passed() {
        judged.needs.clear();
    }
    judged.conclude_in_the_past(past, accreditation);
}

/// What a valid stamp covers existed at its time, if the hash of its imprint was good when the token is proven to
/// have existed.
pub(crate) fn extract(
    stamp: &Stamp<'_>,
    source: &ProofSource,
    contents: &Contents<'_>,
    context: &Context<'_>,
    proofs: &mut ProofsOfExistence,
) {
    let (true, Some(time)) = (stamp.judged.conclusion.is_passed(), stamp.judged.gen_time) else { return };
    let token = ProvenObject::Timestamp(stamp.facts.id.clone());
    let (strength, _) = stamp.judged.imprint_algorithms.judge(proofs.earliest(&token));
    if !strength.is_passed() {
        return;
    }
    let whole = matches!(stamp.facts.kind, TimestampKind::Document | TimestampKind::EvidenceRecord);
    let good = digest_good_at(context, time.0);
    proofs.extract(&stamp.facts.covers, time.0, source, contents, whole, &good);
}

/// Whether a digest was good enough to stand for what it names.
pub(crate) fn digest_good_at<'a>(
    context: &'a Context<'_>,
    time: Time,
) -> impl Fn(DigestAlgorithm) -> bool + 'a {
    move |algorithm| context.policy.algorithms().judge(&Use::digest(algorithm), time).is_good()
}
