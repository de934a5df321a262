use std::borrow::Cow;

use hsign_core::facts::{Covered, DocumentFacts, DocumentFormat, TimestampFacts, TimestampKind};
use hsign_core::ports::{Fetched, Fetcher, Need};
use hsign_core::{DigestAlgorithm, ErrorKind, Finding, Severity, Source, ValidationTime};
use hsign_pki::Origin;
use hsign_validation::{DocumentVerdict, Evidence};

use crate::digest::digest_of;
use crate::scan::scan_facts;
use crate::supplied::{attach_records, attach_tokens};
use crate::{Content, Error, Settings, read_facts};

/// Fetching can bring a CA certificate that names a CRL that names another CA; more rounds than this no real
/// path needs.
const MAX_ROUNDS: usize = 4;

/// A verdict and what happened on the way to it.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The answer.
    pub verdict: DocumentVerdict,
    /// Fetches that failed.
    pub findings: Vec<Finding>,
    /// What came over the network for this document.
    pub fetched: Evidence,
}

/// Judges every signature of a document at `time`. The network is used only as far as `fetcher` allows; give
/// [`hsign_core::ports::NoNetwork`] for none.
///
/// # Errors
/// When the document can't be read at all. Whatever is wrong with its signatures is part of the verdict.
pub fn verify(
    source: &dyn Source,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    time: ValidationTime,
) -> Result<Verified, Error> {
    verify_with(source, &[], settings, fetcher, time)
}

/// The same for a detached signature or a bare token, with the content that it belongs to. Without the content the
/// answer can't be better than INDETERMINATE.
///
/// # Errors
/// When signature or content can't be read, or the document is one that takes no content beside it.
pub fn verify_with(
    source: &dyn Source,
    beside: &[Content<'_>],
    settings: &Settings,
    fetcher: &dyn Fetcher,
    time: ValidationTime,
) -> Result<Verified, Error> {
    Ok(judge(&document_facts(source, beside, settings)?, settings, fetcher, time))
}

/// What a document says, together with the time-stamp tokens and evidence records over it and the qualification-evidence records that were
/// supplied beside it: everything of the document that [`judge`] looks at.
///
/// # Errors
/// As [`verify_with`].
pub fn document_facts(
    source: &dyn Source,
    beside: &[Content<'_>],
    settings: &Settings,
) -> Result<DocumentFacts, Error> {
    let mut facts = read_facts(source, beside)?;
    attach_tokens(&mut facts, source, &settings.tokens)?;
    attach_records(&mut facts, source, &settings.evidence_records)?;
    facts.qualification_evidence.extend(settings.qualification_evidence.iter().cloned());
    // Looking at every page costs time and matters to scans only.
    if settings.document_class.as_ref().is_some_and(|class| class.scan.is_some()) {
        facts.scan = scan_facts(source, beside)?;
    }
    Ok(facts)
}

pub(crate) fn token_facts(bytes: Vec<u8>, content: Option<&dyn Source>) -> Result<DocumentFacts, Error> {
    let mut failure = None;
    let mut covered = |algorithm| match content.map(|content| digest_of(content, algorithm)) {
        Some(Ok(digest)) => Some(digest),
        Some(Err(error)) => {
            failure = Some(error);
            None
        }
        None => None,
    };
    let (read, findings) = hsign_tsp::token_facts(&bytes, &mut covered);
    if let Some(error) = failure {
        return Err(error);
    }
    let sha256 = hsign_crypto::digest(DigestAlgorithm::Sha256, &bytes)?;
    let mut facts = DocumentFacts::new(DocumentFormat::Timestamp, bytes.len() as u64, vec![sha256]);
    facts.timestamps.push(TimestampFacts {
        id: "token".to_owned(),
        kind: TimestampKind::Document,
        token: bytes.into(),
        covers: vec![Covered::External],
        read,
        findings,
    });
    Ok(facts)
}

/// Judges facts, read just now or saved earlier; gets what is missing as far as `fetcher` allows, and judges again.
#[must_use]
pub fn judge(
    facts: &DocumentFacts,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    time: ValidationTime,
) -> Verified {
    let mut gathering = Gathering::from(&settings.evidence);
    let verdict = gathering.settle(fetcher, |evidence| {
        hsign_validation::judge_and_missing(facts, &settings.context(evidence, time))
    });
    Verified { verdict, findings: gathering.findings, fetched: gathering.fetched }
}

/// The evidence at hand, what could not be had, and what was asked for already: nothing is asked for twice.
pub(crate) struct Gathering<'a> {
    pub(crate) evidence: Cow<'a, Evidence>,
    pub(crate) findings: Vec<Finding>,
    /// What came over the network; part of `evidence` too.
    pub(crate) fetched: Evidence,
    asked: Vec<Need>,
}

impl<'a> From<&'a Evidence> for Gathering<'a> {
    fn from(evidence: &'a Evidence) -> Self {
        Self {
            evidence: Cow::Borrowed(evidence),
            findings: Vec::new(),
            fetched: Evidence::default(),
            asked: Vec::new(),
        }
    }
}

impl Gathering<'_> {
    /// Judges, gets what the judgement lacked, and judges again, until nothing new comes.
    pub(crate) fn settle<T>(
        &mut self,
        fetcher: &dyn Fetcher,
        judge: impl Fn(&Evidence) -> (T, Vec<Need>),
    ) -> T {
        for _ in 0..MAX_ROUNDS {
            let (verdict, needs) = judge(&self.evidence);
            if !self.fetch(needs, fetcher) {
                return verdict;
            }
        }
        judge(&self.evidence).0
    }

    /// Whether anything new came.
    fn fetch(&mut self, needs: Vec<Need>, fetcher: &dyn Fetcher) -> bool {
        let mut news = false;
        for need in needs {
            if self.asked.contains(&need) {
                continue;
            }
            match fetcher.fetch(&need) {
                Ok(Fetched { bytes, at }) => {
                    let origin = Origin::fetched(url(&need), at);
                    match self.evidence.to_mut().add(&bytes, origin.clone()) {
                        Ok(()) => {
                            news = true;
                            // The same bytes were understood just now.
                            let _ = self.fetched.add(&bytes, origin);
                        }
                        Err(error) => self.findings.extend(failed(&need, &[error.finding()])),
                    }
                }
                Err(error) if error.kind == ErrorKind::Refused && error.findings.is_empty() => {}
                Err(error) => self.findings.extend(failed(&need, &error.findings)),
            }
            self.asked.push(need);
        }
        self.findings.extend(fetcher.remarks());
        news
    }
}

/// What could not be had, and why; neither decides.
fn failed(need: &Need, causes: &[Finding]) -> Vec<Finding> {
    let failed = Finding::warning("fetch-failed").with("url", url(need));
    let causes = causes.iter().map(|cause| Finding { severity: Severity::Warning, ..cause.clone() });
    std::iter::once(failed).chain(causes).collect()
}

fn url(need: &Need) -> &str {
    match need {
        Need::Crl { url, .. } | Need::Ocsp { url, .. } | Need::CaCertificate { url, .. } => url,
        _ => "",
    }
}
