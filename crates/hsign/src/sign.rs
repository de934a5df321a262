use std::cell::RefCell;

use hsign_core::facts::{Level, SignedMetadata};
use hsign_core::journal::Operation;
use hsign_core::ports::{Fetcher, Signer, Timestamper};
use hsign_core::{DigestAlgorithm, ErrorKind, Finding, Severity, Source, Time, ValidationTime};
use hsign_credential::KeyProtection;
use hsign_validation::{DocumentVerdict, Open, Permission, SignatureVerdict};
use hsign_x509::Certificate;

use crate::draft::{Draft, Output, Over, Signing, in_time, new_draft};
use crate::eprescription;
use crate::journal::{Attempt, Made, recorded};
use crate::making::{Making, ids, new_ids};
use crate::statement::check_statement;
use crate::{Content, Error, Form, MarkRequest, Settings};

/// Our clock. It is asked more than once while signing: a certificate may end between signing and stamping.
pub type Clock<'a> = &'a dyn Fn() -> Time;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct SignRequest {
    /// The level that the result must have; `None`: the highest that authority and revocation data allow.
    pub level: Option<Level>,
    /// How many time stamps make a long-term level.
    pub stamps: Stamps,
    /// Digest of content and signature.
    pub digest: DigestAlgorithm,
    /// How the signer's key is kept; a policy may refuse keys in software.
    pub key: KeyProtection,
    /// What the signature dictionary says.
    pub metadata: Metadata,
    /// What the signer states about the making of the document, for machines; signed in every format but XML.
    pub statement: SignedMetadata,
    /// Whether a signature is kept that an authority or server which failed leaves below the level asked for: it is to be
    /// completed later ([`Signed::pending`]).
    pub allow_pending: bool,
}

/// The time stamps of a PDF signature of level B-LTA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stamps {
    /// One on the signature, one over the whole document with the evidence.
    #[default]
    Two,
    /// One over the whole document with the evidence, which proves the time of the signature too (EN 319 142-1): one
    /// request to the authority instead of two.
    One,
}

/// Entries of the signature dictionary (ISO 32000-2 §12.8.1). All but the field's name are shown by readers and
/// proven by nothing but the signature itself.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    /// The field: an empty one to fill, or the name of a new one. A free name is found if absent.
    pub field: Option<String>,
    /// `/Reason`.
    pub reason: Option<String>,
    /// `/Location`.
    pub location: Option<String>,
    /// `/ContactInfo`.
    pub contact: Option<String>,
    /// A visible mark; without, the field isn't seen.
    pub mark: Option<MarkRequest>,
}

/// What is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct ToSign<'a> {
    /// The files: one, but for containers and detached XML signatures, which take several.
    pub files: &'a [Content<'a>],
    /// How content and signature are to stand together.
    pub form: Form,
    /// What a signed file belongs to that gets one more signature: the content of a detached one.
    pub beside: &'a [Content<'a>],
}

impl<'a> ToSign<'a> {
    /// Files in this form.
    #[must_use]
    pub fn new(files: &'a [Content<'a>], form: Form) -> Self {
        Self { files, form, beside: &[] }
    }
}

/// A signature that verifies.
#[derive(Debug)]
pub struct Signed<'s> {
    /// What to write. No byte of what was signed changes.
    pub output: Output<'s>,
    /// The level that the signature has.
    pub level: Level,
    /// The judgement of the whole document as it is now, by the same settings. Its trust may be open.
    pub verdict: DocumentVerdict,
    /// What was noticed while signing.
    pub findings: Vec<Finding>,
    /// Why it is not complete, where it was allowed to stay so; empty where nothing is left to do.
    pub pending: Vec<Finding>,
}

/// Signs: B-B, B-T with a time stamp, B-LT with the evidence of signer and authority inside, or B-LTA with an archive
/// or document time stamp over all that, in PDF, CMS, XML or a container.
///
/// The signer is checked first (validity, key usage, revocation, role), the validity again before stamping. The
/// result is verified; unless the integrity of every signature and time stamp in it is valid, or as bad as it was
/// before, it is withheld. Trust or revocation that is open does not withhold it: the verdict tells. The network is
/// used, as far as `fetcher` allows, for the revocation data of signer and authority.
///
/// # Errors
/// When the signer must not sign, the document can't be signed safely, the level asked for can't be reached, or card,
/// authority or server fail.
pub fn sign<'a>(
    what: &ToSign<'a>,
    signer: &dyn Signer,
    timestamper: Option<&dyn Timestamper>,
    request: &SignRequest,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    clock: Clock<'_>,
) -> Result<Signed<'a>, Error> {
    let sources: Vec<&dyn Source> = what.files.iter().map(|file| file.source).collect();
    let names: Vec<&str> = what.files.iter().map(|file| file.name).collect();
    let signer_used = Some((signer, &request.key, &settings.professions));
    let attempt =
        Attempt { operation: Operation::Sign, sources: &sources, names: &names, signer: signer_used };
    recorded(
        settings.journal.as_ref(),
        &attempt,
        timestamper,
        clock,
        |timestamper| make(what, signer, timestamper, request, settings, fetcher, clock),
        |signed| Made::Document(&signed.output, Some(signed.level)),
    )
}

pub(crate) fn make<'a>(
    what: &ToSign<'a>,
    signer: &dyn Signer,
    timestamper: Option<&dyn Timestamper>,
    request: &SignRequest,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    clock: Clock<'_>,
) -> Result<Signed<'a>, Error> {
    let certificate = Certificate::from_der(signer.certificate())?;
    let request = &SignRequest { level: request.level.or(what.form.usual_level()), ..request.clone() };
    let mut making = Making::new(settings, fetcher, clock);
    let mut draft = new_draft(what, request.digest, clock())?;
    let aim = Aim::of(request, draft.stamps_values(), timestamper)?;
    let of_side = eprescription::settings_of_side(what, settings);
    making.settings = of_side.as_ref().unwrap_or(settings);
    check_signer(&mut making, &certificate, signer, request)?;
    making.settings = settings;
    let stated = check_statement(what, request, &settings.policy, clock())?;
    let on_signature = aim.on_signature;
    let signing = Signing {
        signer,
        certificate: &certificate,
        timestamper: on_signature,
        request,
        settings,
        clock,
        failed: RefCell::default(),
    };
    draft.sign(&signing)?;
    let mut pending = signing.failed.into_inner();
    let mut findings = if timestamper.is_none() && request.level.is_none() {
        vec![Finding::warning("level-limited-by-missing-tsa").with("level", "B-B")]
    } else {
        Vec::new()
    };
    findings.extend(stated);
    if pending.is_empty() {
        match complete(draft.as_mut(), &mut making, &certificate, &aim, request) {
            Ok(told) => {
                let limited = told.iter().any(|finding| finding.code == "level-limited-by-missing-evidence");
                pending.extend(told.iter().filter(|_| limited && request.allow_pending).cloned());
                findings.extend(told);
            }
            Err(error) if request.allow_pending && error.kind() == ErrorKind::Remote => {
                pending.push(error.finding());
                pending.extend(error.findings().iter().cloned());
            }
            Err(error) => return Err(error),
        }
    }
    let verdict = making.self_check(draft.as_ref())?;
    findings.extend(making.into_findings());
    let level = level_of_new(draft.as_ref(), &verdict);
    if !pending.is_empty() {
        findings.push(Finding::warning("signing-pending").clause("guideline 5.2 §6.10").with("level", level));
        let causes = pending.iter().filter(|cause| !findings.contains(cause)).cloned();
        let causes: Vec<Finding> =
            causes.map(|cause| Finding { severity: Severity::Warning, ..cause }).collect();
        findings.extend(causes);
    }
    Ok(Signed { level, output: draft.into_output(), verdict, findings, pending })
}

/// Everything after the signature with its own time stamp.
fn complete(
    draft: &mut dyn Draft<'_>,
    making: &mut Making<'_>,
    certificate: &Certificate,
    aim: &Aim<'_>,
    request: &SignRequest,
) -> Result<Vec<Finding>, Error> {
    if aim.with_evidence {
        return protect(draft, making, certificate, aim, request);
    }
    if let Some(timestamper) = aim.over_document {
        in_time(certificate, (making.clock)())?;
        draft.stamp(Over::Archive(&[]), timestamper, request.digest)?;
    }
    Ok(Vec::new())
}

/// The level of the signature that was not there before.
fn level_of_new(draft: &dyn Draft<'_>, verdict: &DocumentVerdict) -> Level {
    let known = ids(draft.before());
    let new = verdict.signatures().iter().find(|signature| !known.contains(signature.id()));
    new.map_or(Level::Other, SignatureVerdict::level)
}

/// What is to be made.
struct Aim<'a> {
    /// Stamps the signature itself.
    on_signature: Option<&'a dyn Timestamper>,
    with_evidence: bool,
    /// Stamps the whole of it with its evidence.
    over_document: Option<&'a dyn Timestamper>,
}

impl<'a> Aim<'a> {
    fn of(
        request: &SignRequest,
        stamps_values: bool,
        timestamper: Option<&'a dyn Timestamper>,
    ) -> Result<Self, Error> {
        let level = match (request.level, timestamper) {
            (Some(Level::Other), _) => return Err(Error::Level("other")),
            (Some(Level::BB), _) | (None, None) => Level::BB,
            (Some(_), None) => return Err(Error::NoTimestampAuthority),
            (Some(level), Some(_)) => level,
            (None, Some(_)) => Level::BLta,
        };
        let stamped = timestamper.filter(|_| level != Level::BB);
        let (on_signature, over_document) = match (request.stamps, stamps_values) {
            (Stamps::One, false) => (None, stamped),
            (Stamps::One, true) => return Err(Error::OneStamp),
            (Stamps::Two, _) => (stamped, stamped.filter(|_| level == Level::BLta)),
        };
        Ok(Self { on_signature, with_evidence: matches!(level, Level::BLt | Level::BLta), over_document })
    }
}

/// Puts evidence into the document, and a time stamp over it. Where evidence is missing and no level was asked for,
/// the level stays below; the findings say why.
fn protect(
    draft: &mut dyn Draft<'_>,
    making: &mut Making<'_>,
    certificate: &Certificate,
    aim: &Aim<'_>,
    request: &SignRequest,
) -> Result<Vec<Finding>, Error> {
    let facts = draft.facts()?;
    let new: Vec<String> = new_ids(draft, &facts).into_iter().collect();
    making.judge(&facts);
    let support = making.support(&facts, &new);
    let missing = missing(&support.open);
    if !missing.is_empty() && request.level.is_some() {
        return Err(Error::EvidenceMissing { missing, failed: making.gathering.findings.clone() });
    }
    if missing.is_empty() {
        making.add_evidence(draft, &facts, &new)?;
    }
    // Without evidence a stamp over the document is worth making only as the one that proves the signature's time.
    if let Some(timestamper) = aim.over_document.filter(|_| missing.is_empty() || aim.on_signature.is_none())
    {
        in_time(certificate, (making.clock)())?;
        match archive(draft, &new, timestamper, request.digest) {
            Err(error) if request.level.is_none() && aim.on_signature.is_some() && is_closed(&error) => {
                return Ok(vec![Finding::warning("level-limited-by-certification").with("level", "B-LT")]);
            }
            result => result?,
        }
    }
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let limited = Finding::warning("level-limited-by-missing-evidence").with("level", "B-T");
    Ok(std::iter::once(limited).chain(missing).collect())
}

/// A time stamp over these signatures and their evidence.
pub(crate) fn archive(
    draft: &mut dyn Draft<'_>,
    ids: &[String],
    timestamper: &dyn Timestamper,
    digest: DigestAlgorithm,
) -> Result<(), Error> {
    let groups = draft.archive_groups(ids);
    groups.iter().try_for_each(|group| draft.stamp(Over::Archive(group), timestamper, digest))
}

/// Whether the signature just made permits nothing after it: a certification of level 1, set by its field.
fn is_closed(error: &Error) -> bool {
    use hsign_pdf::{Error as Pdf, Refusal};
    matches!(
        error,
        Error::Document(hsign_pades::Error::Pdf(Pdf::Refused(Refusal::CertifiedNoChanges { .. })))
    )
}

/// What is missing, told once.
pub(crate) fn missing(open: &[Open]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for open in open {
        if !findings.contains(&open.finding) {
            findings.push(open.finding.clone());
        }
    }
    findings
}

/// Who must not sign, doesn't; what is only open is a finding.
pub(crate) fn check_signer(
    making: &mut Making<'_>,
    certificate: &Certificate,
    signer: &dyn Signer,
    request: &SignRequest,
) -> Result<(), Error> {
    let chain: Vec<Certificate> =
        signer.chain().iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
    let (settings, now) = (making.settings, (making.clock)());
    let verdict = making.gathering.settle(making.fetcher, |evidence| {
        let context = settings.context(evidence, ValidationTime(now));
        let verdict = hsign_validation::signer_checks(
            certificate,
            &chain,
            request.key.is_software(),
            &settings.qualification_evidence,
            &context,
        );
        let needs = verdict.needs().to_vec();
        (verdict, needs)
    });
    if verdict.permission() == Permission::Refused {
        return Err(Error::Refused(verdict.findings().to_vec()));
    }
    Ok(())
}
