use hsign_core::facts::{AmendmentForm, Amends, ModificationVerdict, SignedMetadata};
use hsign_core::journal::Operation;
use hsign_core::ports::{Fetcher, Signer, Timestamper};
use hsign_core::{DigestAlgorithm, Finding, Source, ValidationTime};
use hsign_pades::Appended;
use hsign_pdf::Document;
use hsign_validation::Indication;

use crate::digest::digest_of;
use crate::journal::{Attempt, Made, recorded};
use crate::originals::name_in_container;
use crate::sign::make;
use crate::{
    Clock, ContainerSignature, ContainerType, Content, Error, Form, InputFormat, Output, Settings,
    SignRequest, Signed, ToSign, input_format, judge, read_facts,
};

const CLAUSE: &str = "guideline 5.2 §9.4 C2";

/// What is amended, and how.
#[derive(Clone, Copy)]
pub struct AmendRequest<'a> {
    /// The signed document as it is.
    pub original: Content<'a>,
    /// The document that takes its place, unsigned; `None` to put only a note on the original.
    pub changed: Option<Content<'a>>,
    /// What was amended, in the words of whoever does. Without a changed document it is all there is.
    pub note: Option<&'a str>,
    /// How it is signed. Its statement is completed with what is amended.
    pub sign: &'a SignRequest,
}

/// Signs an amendment (guideline 5.2 §9.4). With a changed document the result is a new one that embeds the original byte
/// for byte, so that the original's signatures still verify, inside and taken out: an attachment where both are PDF files,
/// else a container with both. With a note alone a PDF file gets one more signature that carries it; nothing that shows
/// changes. A container with a note is put into another one. An output to be appended goes behind the changed document, or the original.
///
/// # Errors
/// As [`sign`](fn@crate::sign); and when the original holds no signature or a broken one, or the changed document holds
/// one already or is the original itself.
pub fn amend(
    request: &AmendRequest<'_>,
    signer: &dyn Signer,
    timestamper: Option<&dyn Timestamper>,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    clock: Clock<'_>,
) -> Result<Signed<'static>, Error> {
    let files: Vec<Content<'_>> = std::iter::once(request.original).chain(request.changed).collect();
    let sources: Vec<&dyn Source> = files.iter().rev().map(|file| file.source).collect();
    let names: Vec<&str> = files.iter().rev().map(|file| file.name).collect();
    let signer_used = Some((signer, &request.sign.key, &settings.professions));
    let attempt =
        Attempt { operation: Operation::Amend, sources: &sources, names: &names, signer: signer_used };
    recorded(
        settings.journal.as_ref(),
        &attempt,
        timestamper,
        clock,
        |timestamper| {
            let mut findings = check_original(request.original.source, settings, fetcher, clock)?;
            let mut signed = match request.changed {
                _ if !is_in_pdf(request)? => contain(request, signer, timestamper, settings, fetcher, clock),
                Some(changed) => {
                    check_changed(request.original.source, changed.source)?;
                    embed(request, &changed, signer, timestamper, settings, fetcher, clock, &mut findings)
                }
                None => note(request, signer, timestamper, settings, fetcher, clock),
            }?;
            signed.findings.splice(0..0, findings);
            Ok(signed)
        },
        |signed| Made::Document(&signed.output, Some(signed.level)),
    )
}

/// A broken original isn't built upon; an open one is told.
fn check_original(
    original: &dyn Source,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    clock: Clock<'_>,
) -> Result<Vec<Finding>, Error> {
    if !matches!(input_format(original)?, InputFormat::Pdf | InputFormat::Asic) {
        return Err(Error::UnsupportedFormat);
    }
    let facts = read_facts(original, &[])?;
    let said = facts.signatures.iter().filter_map(|signature| signature.metadata.as_ref());
    let is_first = said.filter(|said| said.amends.is_some()).count() == 0;
    let mut settings = settings.clone();
    settings.required_roles = Vec::new();
    settings.document_class = settings
        .document_class
        .map(|class| if class.amends && is_first { class.of_original() } else { class });
    let verdict = judge(&facts, &settings, fetcher, ValidationTime(clock())).verdict;
    let told = |finding: Finding| finding.clause(CLAUSE).with("indication", verdict.indication().name());
    match verdict.indication() {
        Indication::TotalPassed => Ok(Vec::new()),
        Indication::NoSignature => Err(Error::OriginalUnsigned),
        Indication::Indeterminate => Ok(vec![told(Finding::warning("amended-original-not-valid"))]),
        Indication::TotalFailed => {
            Err(Error::Refused(vec![told(Finding::error("amended-original-not-valid"))]))
        }
    }
}

/// What takes the original's place is another document, and nobody has signed it.
fn check_changed(original: &dyn Source, changed: &dyn Source) -> Result<(), Error> {
    let signed = match input_format(changed)? {
        InputFormat::Pdf | InputFormat::Xml => {
            let facts = read_facts(changed, &[])?;
            !facts.signatures.is_empty() || !facts.timestamps.is_empty()
        }
        InputFormat::Asic | InputFormat::Cms | InputFormat::Timestamp => true,
        InputFormat::Other => false,
    };
    let algorithm = DigestAlgorithm::Sha256;
    if signed || digest_of(changed, algorithm)? == digest_of(original, algorithm)? {
        return Err(Error::AmendmentUnusable);
    }
    Ok(())
}

fn statement(request: &AmendRequest<'_>, form: AmendmentForm) -> Result<SignedMetadata, Error> {
    let original = digest_of(request.original.source, DigestAlgorithm::Sha256)?;
    let mut said = request.sign.statement.clone();
    said.amends = Some(Amends { form, original, note: request.note.map(str::to_owned) });
    Ok(said)
}

/// Whether original and changed document are PDF files.
fn is_in_pdf(request: &AmendRequest<'_>) -> Result<bool, Error> {
    let mut files = std::iter::once(request.original).chain(request.changed);
    files.try_fold(true, |all, file| Ok(all && input_format(file.source)? == InputFormat::Pdf))
}

/// A container with the changed document, where there is one, and the original as it is.
fn contain(
    request: &AmendRequest<'_>,
    signer: &dyn Signer,
    timestamper: Option<&dyn Timestamper>,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    clock: Clock<'_>,
) -> Result<Signed<'static>, Error> {
    let original = request.original.source;
    if let Some(changed) = request.changed {
        check_changed(original, changed.source)?;
    }
    let name = name_in_container(&digest_of(original, DigestAlgorithm::Sha256)?, input_format(original)?);
    let kept = Content { name: &name, source: original };
    let files: Vec<Content<'_>> = request.changed.into_iter().chain([kept]).collect();
    let what = ToSign::new(&files, Form::Asic(ContainerType::AsicE, ContainerSignature::Cades));
    let sign =
        SignRequest { statement: statement(request, AmendmentForm::Embedded)?, ..request.sign.clone() };
    owned(make(&what, signer, timestamper, &sign, settings, fetcher, clock)?, &[])
}

#[allow(clippy::too_many_arguments, reason = "those of the use case")]
fn embed(
    request: &AmendRequest<'_>,
    changed: &Content<'_>,
    signer: &dyn Signer,
    timestamper: Option<&dyn Timestamper>,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    clock: Clock<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Signed<'static>, Error> {
    let statement = statement(request, AmendmentForm::Embedded)?;
    let sign = SignRequest { statement, ..request.sign.clone() };
    // PDF/A-1 knows no attachments and PDF/A-2 only conforming ones.
    let document = Document::open(changed.source).map_err(hsign_pades::Error::from)?;
    if let Some(part @ (1 | 2)) = document.newest().archival_part() {
        findings.push(Finding::warning("amendment-archival").clause("ISO 19005").with("part", part));
    }
    let original = hsign_core::read_all(request.original.source)?;
    let embedded = hsign_pades::embed_original(changed.source, &original, clock())?;
    let whole = Appended::new(changed.source, &embedded);
    let files = [Content { name: changed.name, source: &whole }];
    let what = ToSign::new(&files, Form::Pades);
    let signed = make(&what, signer, timestamper, &sign, settings, fetcher, clock)?;
    owned(signed, &embedded)
}

fn note(
    request: &AmendRequest<'_>,
    signer: &dyn Signer,
    timestamper: Option<&dyn Timestamper>,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    clock: Clock<'_>,
) -> Result<Signed<'static>, Error> {
    let sign =
        SignRequest { statement: statement(request, AmendmentForm::Revision)?, ..request.sign.clone() };
    let files = [request.original];
    let what = ToSign::new(&files, Form::Pades);
    let signed = make(&what, signer, timestamper, &sign, settings, fetcher, clock)?;
    let changes = signed.verdict.signatures().iter().filter_map(|one| one.modifications());
    if changes.clone().any(|found| found.verdict() > ModificationVerdict::Permitted) {
        return Err(Error::Refused(vec![Finding::error("amendment-note-not-permitted").clause(CLAUSE)]));
    }
    owned(signed, &[])
}

/// The same result on its own, with what was appended before the signature.
fn owned(signed: Signed<'_>, before: &[u8]) -> Result<Signed<'static>, Error> {
    let output = match signed.output {
        Output::Append(update) => Output::Append([before, &update].concat()),
        Output::Whole(container) => Output::Whole(Box::new(hsign_core::read_all(container.as_ref())?)),
    };
    Ok(Signed {
        output,
        level: signed.level,
        verdict: signed.verdict,
        findings: signed.findings,
        pending: signed.pending,
    })
}
