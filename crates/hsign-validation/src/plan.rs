//! How long a verdict can be shown again: what it rests on today, when each of these ends, and what the engine itself
//! says at a later time, with a new time stamp in between or without.

use std::collections::BTreeSet;

use hsign_core::facts::{Covered, DocumentFacts, DocumentFormat, EvidenceFacts};
use hsign_core::{Digest, DigestAlgorithm, Octets, Time, ValidationTime};
use hsign_crypto::sha256;
use serde::Serialize;

use crate::material::Material;
use crate::memo::MemoisedVerifier;
use crate::poe::{GivenProof, all_timestamps};
use crate::{
    AlgorithmEnd, CertificateSummary, Context, DocumentVerdict, EvidenceRecordVerdict, Indication, Integrity,
    SignatureVerdict, SubIndication, TimestampVerdict, judge,
};

/// Simulated times are tried one after the other; documents rest on a few dozen certificates at most.
const MAX_CANDIDATES: usize = 64;

/// What is due for a document, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The last moment for a new time stamp, by what its signatures rest on; `None` when no end is known.
    pub renew_by: Option<Time>,
    /// The last moment at which the engine still passes the document as it is, newer revocation data at hand; `None`
    /// when it doesn't pass today, or when no end is known.
    pub lasts_until: Option<Time>,
    /// Everything that ends, the first first.
    pub expiries: Vec<Expiry>,
    /// The engine's answers for the times asked for.
    pub outlook: Vec<Outlook>,
}

/// Something that a signature rests on, and its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Expiry {
    /// Its last moment.
    pub at: Time,
    /// What ends.
    pub kind: ExpiryKind,
    /// Which signature or time stamp rests on it.
    pub of: String,
    /// Whose certificate, where it is one.
    pub subject: Option<String>,
    /// Which algorithm, where it is one.
    pub algorithm: Option<String>,
    /// Whether a new time stamp has to come before.
    pub binding: bool,
}

/// Kinds of ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpiryKind {
    /// The certificate of the authority whose time stamp protects everything.
    TsaCertificate,
    /// An algorithm, by the policy's table.
    Algorithm,
    /// The signer's certificate: revocation lists leave it out from then on.
    SignerCertificate,
    /// A certificate above the signer's or the authority's.
    CaCertificate,
    /// The revocation data at hand are no longer current; others can be had.
    RevocationData,
}

/// What the engine says at a later time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outlook {
    /// Judged at.
    pub at: Time,
    /// As the document is.
    pub unrenewed: Answer,
    /// With a time stamp over everything at the last moment, kept up since.
    pub renewed: Answer,
}

/// A verdict in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The status.
    pub indication: Indication,
    /// Why it isn't passed.
    pub sub_indication: Option<SubIndication>,
}

/// Plans for a document that was judged under `context`. The outlook supposes that revocation data can be had as
/// long as certificates are valid, and that nobody is revoked later.
#[must_use]
pub fn plan(facts: &DocumentFacts, verdict: &DocumentVerdict, context: &Context<'_>, times: &[Time]) -> Plan {
    let mut expiries: Vec<Expiry> = match verdict.format() {
        DocumentFormat::Timestamp => verdict.timestamps().iter().flat_map(of_timestamp).collect(),
        _ => {
            let records = verdict.evidence_records();
            verdict.signatures().iter().flat_map(|signature| of_signature(signature, records)).collect()
        }
    };
    expiries.sort();
    expiries.dedup();
    let renew_by = expiries.iter().find(|expiry| expiry.binding).map(|expiry| expiry.at);
    let simulation = Simulation::new(facts, context, renew_by);
    let outlook = times
        .iter()
        .map(|at| Outlook { at: *at, unrenewed: simulation.unrenewed(*at), renewed: simulation.renewed(*at) })
        .collect();
    let passes = verdict.indication() == Indication::TotalPassed;
    let lasts_until = if passes { simulation.lasts_until(&expiries) } else { None };
    Plan { renew_by, lasts_until, expiries, outlook }
}

/// The last moment for a new time stamp over a signature; `None` for one that is broken, or when no end is known.
pub(crate) fn renew_by(verdict: &SignatureVerdict, records: &[EvidenceRecordVerdict]) -> Option<Time> {
    of_signature(verdict, records).into_iter().filter(|expiry| expiry.binding).map(|expiry| expiry.at).min()
}

/// A stamp shifts what has to last from the signer's chain to its own. The data on the signer's revocation come along
/// only if they travel in the document: they can't be had any more once the certificate has ended.
fn of_signature(verdict: &SignatureVerdict, records: &[EvidenceRecordVerdict]) -> Vec<Expiry> {
    if verdict.integrity() == Integrity::Invalid || verdict.indication() == Indication::TotalFailed {
        return Vec::new();
    }
    let of_records = records.iter().flat_map(EvidenceRecordVerdict::timestamps);
    let mut stamps = verdict.timestamps().iter().chain(of_records);
    let stamp = verdict.protected_by().and_then(|id| stamps.find(|one| one.id() == id));
    let mut expiries = stamp.map(of_timestamp).unwrap_or_default();
    if stamp.is_none() || !carries_evidence(verdict) {
        expiries.extend(of_chain(verdict));
    }
    if stamp.is_none() {
        expiries.extend(verdict.algorithms_until().map(|end| of_algorithm(end, verdict.id())));
    }
    let current = verdict.revocation().iter().filter_map(|status| status.next_update()).min();
    expiries.extend(
        current.map(|at| Expiry { binding: false, ..expiry(at, ExpiryKind::RevocationData, verdict.id()) }),
    );
    expiries
}

/// The authority's certificates and the token's algorithms.
fn of_timestamp(verdict: &TimestampVerdict) -> Vec<Expiry> {
    if verdict.integrity() == Integrity::Invalid {
        return Vec::new();
    }
    let tsa = verdict.tsa().map(|tsa| Expiry {
        subject: Some(tsa.subject().to_owned()),
        ..expiry(tsa.not_after(), ExpiryKind::TsaCertificate, verdict.id())
    });
    let ends = verdict.algorithms_until().map(|end| of_algorithm(end, verdict.id()));
    tsa.into_iter().chain(of_authorities(verdict.path(), verdict.id())).chain(ends).collect()
}

/// The certificates below the anchor; without a path, the signer's own.
fn of_chain(verdict: &SignatureVerdict) -> Vec<Expiry> {
    let signer =
        verdict.signer().map(|signer| of_certificate(signer, ExpiryKind::SignerCertificate, verdict.id()));
    signer.into_iter().chain(of_authorities(verdict.path(), verdict.id())).collect()
}

/// Those between the anchor, which is trusted as long as the registry says, and the end of the path.
fn of_authorities<'a>(path: &'a [CertificateSummary], of: &'a str) -> impl Iterator<Item = Expiry> + 'a {
    let below = path.split_last().map_or(&[][..], |(_, below)| below);
    below.iter().skip(1).map(move |one| of_certificate(one, ExpiryKind::CaCertificate, of))
}

fn of_certificate(certificate: &CertificateSummary, kind: ExpiryKind, of: &str) -> Expiry {
    Expiry { subject: Some(certificate.subject().to_owned()), ..expiry(certificate.not_after(), kind, of) }
}

fn of_algorithm(end: &AlgorithmEnd, of: &str) -> Expiry {
    Expiry { algorithm: Some(end.algorithm.clone()), ..expiry(end.at, ExpiryKind::Algorithm, of) }
}

fn carries_evidence(verdict: &SignatureVerdict) -> bool {
    let mut sources = verdict.revocation().iter().map(|status| status.source());
    sources.all(|source| source.is_some_and(|source| source.ends_with("-embedded")))
}

fn expiry(at: Time, kind: ExpiryKind, of: &str) -> Expiry {
    Expiry { at, kind, of: of.to_owned(), subject: None, algorithm: None, binding: true }
}

/// The engine at other times than now. Signatures are checked once.
struct Simulation<'a> {
    facts: &'a DocumentFacts,
    context: &'a Context<'a>,
    verifier: MemoisedVerifier<'a>,
    /// The policy's, but with revocation data of any age: newer ones would say the same.
    policy: crate::Policy,
    /// The data at hand stand for newer ones, which would come from somebody whose certificate holds by then.
    data: Vec<GivenProof>,
    /// A time stamp over everything.
    renewal: Vec<GivenProof>,
}

impl<'a> Simulation<'a> {
    fn new(facts: &'a DocumentFacts, context: &'a Context<'a>, renew_by: Option<Time>) -> Self {
        let now = context.time.0;
        let due = renew_by.map_or(now, |due| due.max(now));
        let simulated = |object, time| GivenProof { object, time, source: "simulated".to_owned() };
        let at_hand = evidence(facts, context).into_iter().map(|object| simulated(object, now));
        let data: Vec<_> = context.proofs.iter().cloned().chain(at_hand).collect();
        let stamped = stamped(facts).map(|object| simulated(object, due));
        let renewal = data.iter().cloned().chain(stamped).collect();
        Self {
            facts,
            context,
            verifier: MemoisedVerifier::new(context.verifier),
            policy: context.policy.with_revocation_data_of_any_age(),
            data,
            renewal,
        }
    }

    fn unrenewed(&self, at: Time) -> Answer {
        self.answer(at, &self.data)
    }

    /// A renewal that comes only later doesn't count.
    fn renewed(&self, at: Time) -> Answer {
        if self.renewal.iter().any(|proof| proof.time > at) {
            return self.unrenewed(at);
        }
        self.answer(at, &self.renewal)
    }

    fn answer(&self, at: Time, proofs: &[GivenProof]) -> Answer {
        let context = Context {
            time: ValidationTime(at),
            policy: &self.policy,
            verifier: &self.verifier,
            proofs,
            ..*self.context
        };
        let verdict = judge(self.facts, &context);
        Answer { indication: verdict.indication(), sub_indication: verdict.sub_indication() }
    }

    fn passes(&self, at: Time) -> bool {
        self.unrenewed(at).indication == Indication::TotalPassed
    }

    /// Something has to end for a verdict to change: every end that can be known is tried, the earliest first.
    fn lasts_until(&self, expiries: &[Expiry]) -> Option<Time> {
        let now = self.context.time.0;
        let certificates = Material::of_document(self.facts, self.context).certificates;
        let ends: BTreeSet<Time> = certificates
            .iter()
            .map(hsign_x509::Certificate::not_after)
            .chain(expiries.iter().map(|expiry| expiry.at))
            .filter(|at| *at >= now)
            .collect();
        ends.into_iter().take(MAX_CANDIDATES).find(|at| !self.passes(at.plus_seconds(1)))
    }
}

/// What a time stamp over the document, brought to the level B-LTA before, would cover besides the evidence.
fn stamped(facts: &DocumentFacts) -> impl Iterator<Item = Covered> + '_ {
    let signatures = facts.signatures.iter().map(|one| Covered::SignatureValue { signature: one.id.clone() });
    let stamps = all_timestamps(facts).map(|one| Covered::Timestamp { timestamp: one.id.clone() });
    let records = facts.evidence_records.iter().map(|one| Covered::EvidenceRecord { record: one.id.clone() });
    signatures.chain(stamps).chain(records)
}

/// Certificates and revocation data, inside and at hand.
fn evidence(facts: &DocumentFacts, context: &Context<'_>) -> Vec<Covered> {
    let tokens = all_timestamps(facts).filter_map(|one| one.read.as_ref()).map(|read| &read.signed.evidence);
    let inside = facts
        .signatures
        .iter()
        .filter_map(|one| one.signed.as_ref().map(|signed| &signed.evidence))
        .chain(std::iter::once(&facts.evidence))
        .chain(tokens)
        .flat_map(pieces)
        .map(|bytes| named(sha256(bytes.as_slice())));
    let registry = context.trust.entries().iter().filter_map(|entry| entry.certificate.as_ref());
    let certificates = registry.chain(context.evidence.certificates()).map(|one| named(one.sha256()));
    let revocation = context.evidence.revocation();
    let crls = revocation.crls.iter().map(|one| named(one.value.sha256()));
    let responses = revocation.ocsp_responses.iter().map(|one| named(sha256(one.value.der())));
    inside.chain(certificates).chain(crls).chain(responses).collect()
}

fn pieces(evidence: &EvidenceFacts) -> impl Iterator<Item = &Octets> {
    evidence.certificates.iter().chain(&evidence.crls).chain(&evidence.ocsp_responses)
}

fn named(sha256: [u8; 32]) -> Covered {
    Covered::Evidence { digest: Digest { algorithm: DigestAlgorithm::Sha256, value: sha256.to_vec().into() } }
}
