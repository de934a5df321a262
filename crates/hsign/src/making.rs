//! What signing and extending share: gathering evidence, and the check of what was made.

use std::collections::{BTreeMap, BTreeSet};

use hsign_core::facts::DocumentFacts;
use hsign_core::ports::Fetcher;
use hsign_core::{Finding, ValidationTime};
use hsign_validation::{
    DocumentVerdict, Indication, Integrity, SignatureVerdict, Support, TimestampVerdict, supporting_evidence,
};

use crate::draft::Draft;
use crate::verify::Gathering;
use crate::{Clock, Error, Settings};

/// How one document is judged while it is made, and what was gathered for it so far.
pub(crate) struct Making<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) fetcher: &'a dyn Fetcher,
    pub(crate) clock: Clock<'a>,
    pub(crate) gathering: Gathering<'a>,
}

impl<'a> Making<'a> {
    pub(crate) fn new(settings: &'a Settings, fetcher: &'a dyn Fetcher, clock: Clock<'a>) -> Self {
        Self { settings, fetcher, clock, gathering: Gathering::from(&settings.evidence) }
    }

    /// Judges, with whatever the network adds.
    pub(crate) fn judge(&mut self, facts: &DocumentFacts) -> DocumentVerdict {
        let time = ValidationTime((self.clock)());
        let settings = self.settings;
        self.gathering.settle(self.fetcher, |evidence| {
            hsign_validation::judge_and_missing(facts, &settings.context(evidence, time))
        })
    }

    /// The material of the signatures and time stamps that are wanted, as far as it was gathered.
    pub(crate) fn support(&self, facts: &DocumentFacts, wanted: &[String]) -> Support {
        let time = ValidationTime((self.clock)());
        let wanted = |id: &str| wanted.iter().any(|one| one == id);
        let context = self.settings.context(&self.gathering.evidence, time);
        supporting_evidence(facts, &wanted, &context)
    }

    /// Puts the material of these signatures and time stamps where the format keeps it; tells whether anything was
    /// lacking there.
    pub(crate) fn add_evidence(
        &self,
        draft: &mut dyn Draft<'_>,
        facts: &DocumentFacts,
        wanted: &[String],
    ) -> Result<bool, Error> {
        let mut added = false;
        for group in draft.evidence_groups(facts, wanted) {
            added |= draft.add_evidence(&group, &self.support(facts, &group).evidence)?;
        }
        Ok(added)
    }

    /// Judges the document as it will be, its bytes read afresh. Whoever gets it can do the same and must not find
    /// more: what is new has to hold, and nothing that was there may have got worse.
    pub(crate) fn self_check(&mut self, draft: &dyn Draft<'_>) -> Result<DocumentVerdict, Error> {
        let mut facts = draft.facts_afresh()?;
        facts.qualification_evidence.extend(self.settings.qualification_evidence.iter().cloned());
        let verdict = self.judge(&facts);
        let now = Parts::of(&verdict);
        let known = ids(draft.before());
        let new_holds = now.iter().filter(|(id, _)| !known.contains(**id)).all(|(_, part)| part.is_whole());
        let any_new = now.keys().any(|id| !known.contains(*id));
        let none_lost = known.iter().all(|id| now.contains_key(id.as_str()));
        if new_holds && none_lost && (any_new || draft.is_changed()) {
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
pub(crate) fn new_ids(draft: &dyn Draft<'_>, facts: &DocumentFacts) -> BTreeSet<String> {
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
