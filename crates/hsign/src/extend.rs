use std::rc::Rc;

use hsign_core::facts::Level;
use hsign_core::journal::Operation;
use hsign_core::ports::{Fetcher, Timestamper};
use hsign_core::{DigestAlgorithm, Finding, Source, Time};
use hsign_validation::DocumentVerdict;

use crate::draft::{Draft, Output, Over, open_draft};
use crate::journal::{Attempt, Made, recorded};
use crate::making::Making;
use crate::wanted::{Plan, Wanted};
use crate::{Clock, Content, Error, Settings};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct ExtendRequest {
    /// The level that the signatures must have then; `None`: B-LTA with one more time stamp ("refresh"), or what comes
    /// nearest to it.
    pub level: Option<Level>,
    /// Ids of the signatures that are extended; empty: all. A document time stamp in a PDF covers all of them anyway.
    pub signatures: Vec<String>,
    /// Does only what lacks: a first stamp, evidence, a stamp over evidence, or a new stamp before this moment takes
    /// the last one away. `None`: always stamps.
    pub due: Option<Time>,
    /// Digest of the time stamps.
    pub digest: DigestAlgorithm,
}

/// A document that was extended, or that lacked nothing.
#[derive(Debug)]
pub struct Extension<'s> {
    /// What to write; `None` where nothing was due. No byte of what was signed changes.
    pub output: Option<Output<'s>>,
    /// Whether evidence was added.
    pub evidence_added: bool,
    /// Whether a time stamp was added.
    pub stamped: bool,
    /// The judgement of the whole document as it is now. Its trust may be open.
    pub verdict: DocumentVerdict,
    /// What was noticed.
    pub findings: Vec<Finding>,
}

/// Adds what keeps the signatures of a document provable: a first time stamp (B-T), certificates and revocation data
/// (B-LT), and an archive time stamp over everything (B-LTA, renewal); in a PDF one document time stamp serves as
/// both. Anybody can do that, the signer isn't needed. The document is judged first; what doesn't hold isn't stamped
/// without saying so. `beside` is the content of a detached signature.
///
/// # Errors
/// When there is nothing to extend, no signature asked for holds, a first stamp would come after the signer's
/// certificate ended, the level asked for can't be reached, or authority or server fail.
pub fn extend<'s>(
    source: &'s dyn Source,
    beside: &'s [Content<'s>],
    timestamper: Option<&dyn Timestamper>,
    request: &ExtendRequest,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    clock: Clock<'_>,
) -> Result<Extension<'s>, Error> {
    let attempt = Attempt { operation: Operation::Extend, sources: &[source], names: &[], signer: None };
    recorded(
        settings.journal.as_ref(),
        &attempt,
        timestamper,
        clock,
        |timestamper| make(source, beside, timestamper, request, settings, fetcher, clock),
        |extension| extension.output.as_ref().map_or(Made::Nothing, |output| Made::Document(output, None)),
    )
}

fn make<'s>(
    source: &'s dyn Source,
    beside: &'s [Content<'s>],
    timestamper: Option<&dyn Timestamper>,
    request: &ExtendRequest,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    clock: Clock<'_>,
) -> Result<Extension<'s>, Error> {
    let mut making = Making::new(settings, fetcher, clock);
    let mut draft = open_draft(source, beside, request.digest, clock())?;
    let before = Rc::clone(draft.before());
    let verdict = making.judge(&before);
    let closed = draft.closed()?;
    let wanted = Wanted::of(&before, request, &closed)?;
    let mut findings = wanted.validity(&verdict)?;
    findings.extend(wanted.first_stamps_in_time(&verdict, clock())?);
    let stamper = Stamper { timestamper, digest: request.digest };
    let first = stamper.first(draft.as_mut(), &wanted)?;

    let facts = if first { Rc::new(draft.facts()?) } else { before };
    let verdict = if first { making.judge(&facts) } else { verdict };
    let wanted = Wanted::of(&facts, request, &closed)?;
    let support = making.support(&facts, &wanted.ids());
    let plan = wanted.plan(request, &verdict, &support);
    let evidence_added = plan.evidence && making.add_evidence(draft.as_mut(), &facts, &wanted.ids())?;
    let lacking = if plan.evidence { wanted.missing(&support) } else { Vec::new() };
    if !lacking.is_empty() && matches!(request.level, Some(Level::BLt | Level::BLta)) {
        return Err(Error::EvidenceMissing { missing: lacking, failed: making.gathering.findings.clone() });
    }
    // An archive stamp over incomplete evidence would only look like one.
    let complete = lacking.is_empty();
    let later = stamper.later(draft.as_mut(), &plan, complete, evidence_added)?;
    if !complete {
        findings.push(Finding::warning("level-limited-by-missing-evidence").with("level", wanted.level()));
        findings.extend(lacking);
    }
    let verdict = if draft.is_changed() { making.self_check(draft.as_ref())? } else { verdict };
    findings.extend(making.into_findings());
    let output = draft.is_changed().then(|| draft.into_output());
    Ok(Extension { output, evidence_added, stamped: first || later, verdict, findings })
}

/// Puts time stamps where the format has them.
struct Stamper<'a> {
    timestamper: Option<&'a dyn Timestamper>,
    digest: DigestAlgorithm,
}

impl Stamper<'_> {
    /// Stamps over the values of signatures that have none; in a PDF the later stamp is the first too.
    fn first(&self, draft: &mut dyn Draft<'_>, wanted: &Wanted<'_>) -> Result<bool, Error> {
        if !draft.stamps_values() {
            return Ok(false);
        }
        let unstamped = wanted.unstamped();
        for id in &unstamped {
            self.stamp(draft, Over::Value(id))?;
        }
        Ok(!unstamped.is_empty())
    }

    /// Stamps over signatures and evidence.
    fn later(
        &self,
        draft: &mut dyn Draft<'_>,
        plan: &Plan,
        complete: bool,
        evidence_added: bool,
    ) -> Result<bool, Error> {
        let over_evidence = (plan.archive_stamp && complete) || (plan.uncovered && evidence_added);
        if !over_evidence && (draft.stamps_values() || !plan.first_stamp) {
            return Ok(false);
        }
        for group in draft.archive_groups(&plan.of) {
            self.stamp(draft, Over::Archive(&group))?;
        }
        Ok(true)
    }

    fn stamp(&self, draft: &mut dyn Draft<'_>, over: Over<'_>) -> Result<(), Error> {
        draft.stamp(over, self.timestamper.ok_or(Error::NoTimestampAuthority)?, self.digest)
    }
}
