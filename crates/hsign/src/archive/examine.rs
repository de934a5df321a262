//! A document before it is taken: read once, hashed, verified.

use std::path::PathBuf;

use hsign_archive::{Document, RecordedVerdict, RetentionEnd, RetentionTable};
use hsign_core::{Date, Finding, Source, ValidationTime};
use hsign_crypto::Hashed;
use hsign_validation::{DocumentVerdict, Indication};

use super::{Archive, ArchiveConfig, Environment, documents, marks};
use crate::file::FileSource;
use crate::{Content, Error, verify_with};

/// A document that is to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intake {
    /// Where it lies: a path.
    pub location: String,
    /// The name by which its owner knows this version; absent: its location.
    pub key: Option<String>,
    /// The class of record, by the retention table's word or one of the institution's own.
    pub class: String,
    /// How long it is kept.
    pub retention: Retention,
    /// The content of a detached signature, which stays outside.
    pub beside: Vec<PathBuf>,
    /// The key of the version before.
    pub replaces: Option<String>,
}

/// How long a document is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// As long as the table says of its class, from this day.
    Start(Date),
    /// Up to this day.
    Until(Date),
    /// The clock hasn't started.
    Open,
}

/// What came of looking at a document.
pub(super) enum Examined {
    /// It can be taken.
    Fit(Document),
    /// It can't; somebody has to look at it.
    Unfit {
        /// Why, in a word.
        reason: &'static str,
        /// What was found.
        findings: Vec<Finding>,
    },
}

impl Intake {
    /// The key that it gets.
    #[must_use]
    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or(&self.location)
    }
}

/// Reads and judges it as of now. An error is one of this machine or of a wrong request; what is wrong with the
/// document makes it unfit.
pub(super) fn examine(
    intake: &Intake,
    archive: &Archive,
    table: &RetentionTable,
    environment: &Environment<'_>,
) -> Result<Examined, Error> {
    let end = end_of(intake.retention, &intake.class, table)?;
    let looked = look(intake, archive, environment);
    let (digests, size, verdict) = match looked {
        Ok(looked) => looked,
        Err(error) if is_the_document_s(&error) => {
            return Ok(Examined::Unfit { reason: "unreadable", findings: vec![error.finding()] });
        }
        Err(error) => return Err(error),
    };
    if let Some(unfit) = objection(verdict.as_ref(), intake, &archive.config, environment) {
        return Ok(unfit);
    }
    let recorded = RecordedVerdict {
        indication: verdict.as_ref().map_or(Indication::NoSignature, DocumentVerdict::indication).to_string(),
        sub_indication: verdict.and_then(|verdict| verdict.sub_indication()).map(|sub| sub.to_string()),
        time: environment.now(),
    };
    let mut document = Document::new(intake.key(), size, &digests, &intake.class, end)?
        .at(&documents::absolute(&intake.location)?)?
        .judged(recorded);
    if let Some(before) = &intake.replaces {
        document = document.replacing(before)?;
    }
    Ok(Examined::Fit(document))
}

type Looked = (Vec<hsign_core::Digest>, u64, Option<DocumentVerdict>);

/// What a reader may leave out and still go on in order: the place of a signature.
const GAP: u64 = 1 << 20;

/// All digests in one pass, and the verdict; `None` for data in which nothing could be signed.
fn look(intake: &Intake, archive: &Archive, environment: &Environment<'_>) -> Result<Looked, Error> {
    let source = archive.places.open(&intake.location, archive.config.policy.read_at_once)?;
    let source = Hashed::over(source, &archive.config.digests(), GAP)?;
    let beside = intake
        .beside
        .iter()
        .map(|path| FileSource::open(path).map_err(|source| Error::File { path: path.clone(), source }));
    let beside = beside.collect::<Result<Vec<_>, _>>()?;
    let contents: Vec<Content<'_>> =
        intake.beside.iter().zip(&beside).map(|(path, source)| content(path, source)).collect();
    let time = ValidationTime(environment.now());
    let verified = verify_with(&source, &contents, environment.settings, environment.fetcher, time);
    let verdict = match verified {
        Ok(verified) => Some(verified.verdict),
        // Whoever names content says that it is a signature.
        Err(error) if intake.beside.is_empty() && nobody_signed(&source, &error)? => None,
        Err(error) => return Err(error),
    };
    let size = source.length();
    let digests = source.finish::<Error>()?;
    environment.reached("add-after-hash");
    Ok((digests, size, verdict))
}

/// Whether a file that can't be verified is no signed document.
fn nobody_signed(source: &dyn Source, error: &Error) -> Result<bool, Error> {
    Ok(matches!(error, Error::UnsupportedFormat)
        || (is_the_document_s(error) && !marks::is_signed_document(source)?))
}

fn content<'a>(path: &'a std::path::Path, source: &'a FileSource) -> Content<'a> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("content");
    Content { name, source }
}

/// Why a document isn't taken whose bytes could be read.
fn objection(
    verdict: Option<&DocumentVerdict>,
    intake: &Intake,
    config: &ArchiveConfig,
    environment: &Environment<'_>,
) -> Option<Examined> {
    let indication = verdict.map_or(Indication::NoSignature, DocumentVerdict::indication);
    let reason = match indication {
        Indication::TotalFailed => "verification-failed",
        Indication::Indeterminate => "verification-open",
        Indication::TotalPassed | Indication::NoSignature => {
            let asked = !environment.settings.policy.timestamps().accreditations.is_empty();
            let alone = config.policy.evidence_record_alone.contains(&intake.class);
            if !asked || alone || verdict.is_some_and(is_stamped) {
                return None;
            }
            let finding = Finding::error("archive-stamp-alone")
                .clause("guideline 5.2 §6.12 C2(1)")
                .with("class", &intake.class);
            return Some(Examined::Unfit { reason: "no-stamp", findings: vec![finding] });
        }
    };
    let findings = verdict.map(all_findings).unwrap_or_default();
    Some(Examined::Unfit { reason, findings })
}

/// A valid time stamp over each signature, or over an unsigned document.
fn is_stamped(verdict: &DocumentVerdict) -> bool {
    let passed = |indication| indication == Indication::TotalPassed;
    match verdict.signatures() {
        [] => verdict.timestamps().iter().any(|stamp| passed(stamp.indication())),
        signatures => signatures.iter().all(|signature| {
            let own = signature.timestamps().iter().any(|stamp| passed(stamp.indication()));
            own || signature.protected_by().is_some()
        }),
    }
}

fn all_findings(verdict: &DocumentVerdict) -> Vec<Finding> {
    let signatures = verdict.signatures().iter().flat_map(|signature| signature.findings());
    verdict.findings().iter().chain(signatures).cloned().collect()
}

pub(super) fn end_of(
    retention: Retention,
    class: &str,
    table: &RetentionTable,
) -> Result<RetentionEnd, Error> {
    match retention {
        Retention::Open => Ok(RetentionEnd::Open),
        Retention::Until(day) => Ok(RetentionEnd::Until(day)),
        Retention::Start(day) => {
            let unknown = || Finding::error("archive-class-without-retention").with("class", class);
            let rule = table.rule(class).ok_or_else(|| Error::ArchiveRefused(unknown()))?;
            Ok(rule.end(Some(day)))
        }
    }
}

/// Not this machine's failure, and not the request's.
fn is_the_document_s(error: &Error) -> bool {
    use hsign_core::ErrorKind::{Local, Remote, Usage};
    !matches!(error.kind(), Local | Remote)
        && (!matches!(error.kind(), Usage) || matches!(error, Error::ContentNotTaken))
}
