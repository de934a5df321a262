//! The time stamps and evidence records of a document, newest first: each that holds proves what it covers to have existed, which may
//! be what the next older one needs (EN 319 102-1, validation with archival data).

use std::cmp::Reverse;

use hsign_core::facts::{Covered, EvidenceRecordFacts, TimestampFacts, TimestampKind};
use hsign_core::ports::Need;
use hsign_core::{DigestAlgorithm, Time};
use hsign_pki::algorithms::Use;

use super::may_continue;
use super::signature::{self, Subject};
use crate::engine::{Engine, Party};
use crate::poe::{Contents, ProofSource, ProofsOfExistence, ProvenObject};
use crate::timestamp_validation::{self, JudgedTimestamp};
use crate::{Context, EvidenceRecordVerdict, evidence_records};

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

/// Goes through all stamps and evidence records, newest first, and gathers what they prove; a record is as new as its
/// newest token, and of the same second goes first.
pub(crate) fn validate(
    stamps: &mut [Stamp<'_>],
    records: &[EvidenceRecordFacts],
    contents: &Contents<'_>,
    engine: &Engine<'_>,
    proofs: &mut ProofsOfExistence,
) -> Vec<(EvidenceRecordVerdict, Vec<Need>)> {
    let of_records = records.iter().enumerate().map(|(index, record)| {
        let tokens = record.chains.iter().flat_map(|chain| &chain.timestamps);
        let read = tokens.filter_map(|token| token.timestamp.read.as_ref());
        (read.map(|read| read.gen_time).max(), Turn::Record(Reverse(index)))
    });
    let of_stamps = stamps.iter().enumerate().map(|(index, stamp)| {
        (stamp.judged.gen_time, Turn::Stamp(timestamp_validation::rank(stamp.facts.kind), index))
    });
    let mut order: Vec<_> = of_stamps.chain(of_records).collect();
    order.sort_by(|one, other| other.cmp(one));
    let mut judged: Vec<_> = records.iter().map(|_| None).collect();
    for (_, turn) in order {
        match turn {
            Turn::Stamp(_, index) => {
                let Some(stamp) = stamps.get_mut(index) else { continue };
                validate_one(stamp, engine, proofs);
                let source = ProofSource::Timestamp(stamp.facts.id.clone());
                extract(stamp, &source, contents, engine.context, proofs);
            }
            Turn::Record(Reverse(index)) => {
                let (Some(record), Some(place)) = (records.get(index), judged.get_mut(index)) else {
                    continue;
                };
                *place = Some(evidence_records::validate(record, contents, engine, proofs));
            }
        }
    }
    judged.into_iter().flatten().collect()
}

/// Whose turn it is; later ones in this order come first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// By rank, then by place.
    Stamp(u8, usize),
    /// By place.
    Record(Reverse<usize>),
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
