use hsign_core::facts::DocumentFacts;
use hsign_core::ports::Fetcher;
use hsign_core::{Time, ValidationTime};
use hsign_pki::Provenance;
use hsign_validation::Plan;

use crate::saved::{restore_evidence, save_evidence};
use crate::{Settings, Verified, judge};

/// A verdict, and what is due for it to stay one.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The answer of today.
    pub verified: Verified,
    /// The last days.
    pub plan: Plan,
}

/// Judges a document as of `time` and says by when it has to be stamped anew; what the engine will say at the `later`
/// times, by really judging then.
#[must_use]
pub fn plan(
    facts: &DocumentFacts,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    time: ValidationTime,
    later: &[Time],
) -> Planned {
    let verified = judge(facts, settings, fetcher, time);
    let mut evidence = settings.evidence.clone();
    // What was fetched was understood when it came.
    let _ = restore_evidence(&mut evidence, &save_evidence(&verified.fetched), Provenance::Fetched);
    let plan = hsign_validation::plan(facts, &verified.verdict, &settings.context(&evidence, time), later);
    Planned { verified, plan }
}
