//! What signing and extending a PDF document share: gathering evidence, stamping, and the check of what was made.

use std::collections::{BTreeMap, BTreeSet};

use hsign_core::facts::DocumentFacts;
use hsign_core::ports::{Fetcher, SignatureVerifier, Timestamper};
use hsign_core::{DigestAlgorithm, Finding, Source, ValidationTime};
use hsign_pades::{Appended, Draft};
use hsign_validation::{
    DocumentVerdict, Indication, Integrity, SignatureVerdict, Support, TimestampVerdict, supporting_evidence,
};

use crate::verify::Gathering;
use crate::{Clock, Error, Settings};

/// How one document is judged while it is made, and what was gathered for it so far.
pub(crate) struct Making<'a> {
    pub(crate) verifier: &'a dyn SignatureVerifier,
    pub(crate) settings: &'a Settings,
    pub(crate) fetcher: &'a dyn Fetcher,
    pub(crate) clock: Clock<'a>,
    pub(crate) gathering: Gathering<'a>,
}

impl<'a> Making<'a> {
    pub(crate) fn new(
        verifier: &'a dyn SignatureVerifier,
        settings: &'a Settings,
        fetcher: &'a dyn Fetcher,
        clock: Clock<'a>,
    ) -> Self {
        Self { verifier, settings, fetcher, clock, gathering: Gathering::from(&settings.evidence) }
    }

    /// Judges, with whatever the network adds.
    pub(crate) fn judge(&mut self, facts: &DocumentFacts) -> DocumentVerdict {
        let time = ValidationTime((self.clock)());
        let (settings, verifier) = (self.settings, self.verifier);
        self.gathering.settle(self.fetcher, |evidence| {
            hsign_validation::judge_and_missing(facts, &settings.context(evidence, time, verifier))
        })
    }

    /// The material of the signatures and time stamps that are wanted, as far as it was gathered.
    pub(crate) fn support(&self, facts: &DocumentFacts, wanted: &dyn Fn(&str) -> bool) -> Support {
        let time = ValidationTime((self.clock)());
        let evidence = &self.gathering.evidence;
        supporting_evidence(facts, wanted, &self.settings.context(evidence, time, self.verifier))
    }

    /// Judges the document as it will be, its bytes read afresh. Whoever gets it can do the same and must not find
    /// more: what is new has to hold, and nothing that was there may have got worse.
    pub(crate) fn self_check(
        &mut self,
        source: &dyn Source,
        draft: &Draft<'_>,
    ) -> Result<DocumentVerdict, Error> {
        let mut facts = hsign_pades::read_facts(&Appended::new(source, draft.appended()))?;
        facts.qualification_evidence.extend(self.settings.qualification_evidence.iter().cloned());
        let verdict = self.judge(&facts);
        let now = Parts::of(&verdict);
        let known = ids(draft.before());
        let new_holds = now.iter().filter(|(id, _)| !known.contains(**id)).all(|(_, part)| part.is_whole());
        let any_new = now.keys().any(|id| !known.contains(*id));
        let none_lost = known.iter().all(|id| now.contains_key(id.as_str()));
        if new_holds && none_lost && (any_new || !draft.appended().is_empty()) {
            if known.is_empty() {
                return Ok(verdict);
            }
            let before = self.judge(draft.before());
            let before = Parts::of(&before);
            if before.iter().all(|(id, part)| now.get(id).is_some_and(|now| !now.is_worse_than(part))) {
                return Ok(verdict);
            }
        }
        let signatures = verdict.signatures().iter().flat_map(|signature| signature.findings());
        let stamps = verdict.timestamps().iter().flat_map(|stamp| stamp.findings());
        Err(Error::SelfCheck(signatures.chain(stamps).chain(verdict.findings()).cloned().collect()))
    }

    /// What was noticed while gathering.
    pub(crate) fn into_findings(self) -> Vec<Finding> {
        self.gathering.findings
    }
}

/// Ids of all signatures and document time stamps.
pub(crate) fn ids(facts: &DocumentFacts) -> BTreeSet<String> {
    let signatures = facts.signatures.iter().map(|signature| signature.id.clone());
    signatures.chain(facts.timestamps.iter().map(|stamp| stamp.id.clone())).collect()
}

/// Ids of what came since the document was opened.
pub(crate) fn new_ids(draft: &Draft<'_>, facts: &DocumentFacts) -> BTreeSet<String> {
    &ids(facts) - &ids(draft.before())
}

/// A signature or document time stamp by what must not get worse about it.
struct Part<'v> {
    /// Of itself, and of its own time stamps by their ids.
    integrity: BTreeMap<&'v str, Integrity>,
    failed: bool,
}

struct Parts;

impl Parts {
    fn of(verdict: &DocumentVerdict) -> BTreeMap<&str, Part<'_>> {
        let stamps = verdict.timestamps().iter().map(|stamp| (stamp.id(), Part::of_stamp(stamp)));
        let signatures =
            verdict.signatures().iter().map(|signature| (signature.id(), Part::of_signature(signature)));
        stamps.chain(signatures).collect()
    }
}

impl<'v> Part<'v> {
    fn of_stamp(stamp: &'v TimestampVerdict) -> Self {
        let integrity = BTreeMap::from([(stamp.id(), stamp.integrity())]);
        Self { integrity, failed: stamp.indication() == Indication::TotalFailed }
    }

    fn of_signature(signature: &'v SignatureVerdict) -> Self {
        let stamps = signature.timestamps().iter().map(|stamp| (stamp.id(), stamp.integrity()));
        let integrity = stamps.chain([(signature.id(), signature.integrity())]).collect();
        Self { integrity, failed: signature.indication() == Indication::TotalFailed }
    }

    fn is_whole(&self) -> bool {
        self.integrity.values().all(|integrity| *integrity == Integrity::Valid)
    }

    /// What did not hold before need not hold now; but nothing may have changed about it.
    fn is_worse_than(&self, before: &Self) -> bool {
        let changed = before.integrity.iter().any(|(id, then)| self.integrity.get(id) != Some(then));
        changed || (self.failed && !before.failed)
    }
}

/// Puts a document time stamp (`ETSI.RFC3161`, EN 319 142-1) over everything so far.
pub(crate) fn stamp(
    draft: &mut Draft<'_>,
    timestamper: &dyn Timestamper,
    digest: DigestAlgorithm,
) -> Result<(), Error> {
    let attempt = |draft: &Draft<'_>, reserve| -> Result<Vec<u8>, Error> {
        let prepared = draft.prepare_document_timestamp(reserve)?;
        let token = timestamper.stamp(&prepared.content_digest(digest)?)?;
        Ok(prepared.embed(&token)?)
    };
    let update = match attempt(draft, reserve_for_token(timestamper)) {
        Err(Error::Document(hsign_pades::Error::ContentsTooSmall { needed, .. })) => {
            attempt(draft, needed + MARGIN)
        }
        result => result,
    }?;
    draft.append(&update);
    Ok(())
}

/// Room for a time-stamp token before one was seen: twice the largest we met, with its whole chain.
const FIRST_TOKEN_BYTES: usize = 12 * 1024;

/// What the authority's last token took, and a little more.
pub(crate) fn reserve_for_token(timestamper: &dyn Timestamper) -> usize {
    timestamper.last_token_size().map_or(FIRST_TOKEN_BYTES, |size| size + MARGIN)
}

/// ECDSA values and serial numbers vary by a few bytes between two tokens of the same authority.
pub(crate) const MARGIN: usize = 256;
