//! Time stamps of bundles as the verdict engine sees them, and what is put into one before another covers it.

use hsign_archive::{LastStamp, Step};
use hsign_core::facts::{Covered, DocumentFacts, DocumentFormat, TimestampFacts, TimestampKind};
use hsign_core::ports::NoNetwork;
use hsign_core::{Digest, DigestAlgorithm, Finding};
use hsign_tsp::Token;
use hsign_validation::{Accreditation, Indication, TimestampVerdict};

use super::Environment;
use crate::Error;
use crate::making::Making;

const ID: &str = "token";

/// A token, judged now.
pub(super) struct JudgedToken {
    pub(super) verdict: TimestampVerdict,
    /// The token with all that its validation needs in its SignedData.
    pub(super) enriched: Vec<u8>,
    /// What its validation lacks, inside and outside.
    pub(super) lacking: Vec<Finding>,
    /// Until when it holds; `None` where no path was found.
    pub(super) ends: Option<LastStamp>,
}

impl JudgedToken {
    /// Whether the policy takes it at this moment.
    pub(super) fn holds(&self) -> bool {
        self.verdict.indication() == Indication::TotalPassed
    }

    /// Why it doesn't.
    pub(super) fn objections(&self) -> Vec<Finding> {
        self.verdict.findings().iter().chain(&self.lacking).cloned().collect()
    }
}

/// Judges a token over `imprint` as of now, and gathers what has to be inside it.
pub(super) fn judge_token(
    token: &[u8],
    imprint: &Digest,
    environment: &Environment<'_>,
) -> Result<JudgedToken, Error> {
    let facts = facts_of(token, imprint)?;
    let clock = || environment.now();
    let mut making = Making::new(environment.settings, environment.fetcher, &clock);
    let document = making.judge(&facts);
    let verdict = document.timestamps().first().cloned().ok_or(Error::NoRecord)?;
    let support = making.support(&facts, &[ID.to_owned()]);
    let enriched = hsign_cades::add_evidence(token, &support.evidence)?;
    let mut lacking: Vec<Finding> = support.open.into_iter().map(|open| open.finding).collect();
    lacking.extend(making.into_findings());
    let ends = ends_of(&verdict);
    Ok(JudgedToken { verdict, enriched: enriched.unwrap_or_else(|| token.to_vec()), lacking, ends })
}

fn facts_of(token: &[u8], imprint: &Digest) -> Result<DocumentFacts, Error> {
    let mut covered = |algorithm: DigestAlgorithm| (algorithm == imprint.algorithm).then(|| imprint.clone());
    let (read, findings) = hsign_tsp::token_facts(token, &mut covered);
    let sha256 = hsign_crypto::digest(DigestAlgorithm::Sha256, token)?;
    Ok(DocumentFacts {
        timestamps: vec![TimestampFacts {
            id: ID.to_owned(),
            kind: TimestampKind::Document,
            token: token.into(),
            covers: vec![Covered::External],
            read,
            findings,
        }],
        ..DocumentFacts::new(DocumentFormat::Timestamp, token.len() as u64, vec![sha256])
    })
}

/// The first end among the certificates below the anchor, which is a name and a key, and that of the algorithms.
fn ends_of(verdict: &TimestampVerdict) -> Option<LastStamp> {
    let path = verdict.path();
    let below = path.len().saturating_sub(1).max(1);
    let certificate_end = path.iter().take(below).map(|certificate| certificate.not_after()).min()?;
    Some(LastStamp { certificate_end, signature_end: verdict.algorithms_until().map(|end| end.at) })
}

/// Whether the policy asks for an accreditation that the authority hasn't.
pub(super) fn accreditation_missing(judged: &JudgedToken, accreditations: &[Accreditation]) -> bool {
    let has = judged.verdict.tsa().and_then(|tsa| tsa.accreditation());
    !accreditations.is_empty() && !has.is_some_and(|has| accreditations.contains(&has))
}

/// Until when a step's time stamp holds by what is known without asking anybody; where no path is found the stamp is
/// taken for one that ends with its own time, so that somebody looks at it.
pub(super) fn ends_of_step(step: &Step, environment: &Environment<'_>) -> LastStamp {
    let offline = Environment { fetcher: &NoNetwork, ..environment.again() };
    let imprint = Token::parse(step.token()).ok().and_then(|token| token.info().imprint());
    let judged = imprint.map(|imprint| judge_token(step.token(), &imprint, &offline));
    let ends = judged.and_then(Result::ok).and_then(|judged| judged.ends);
    ends.unwrap_or(LastStamp { certificate_end: step.gen_time(), signature_end: None })
}
