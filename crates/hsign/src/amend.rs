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
        |timestamper| Amendment { request, signer, timestamper, settings, fetcher, clock }.make(),
        |signed| Made::Document(&signed.output, Some(signed.level)),
    )
}

/// What an amendment is made of.
#[derive(Clone, Copy)]
struct Amendment<'a> {
    request: &'a AmendRequest<'a>,
    signer: &'a dyn Signer,
    timestamper: Option<&'a dyn Timestamper>,
    settings: &'a Settings,
    fetcher: &'a dyn Fetcher,
    clock: Clock<'a>,
}

impl Amendment<'_> {
    fn make(self) -> Result<Signed<'static>, Error> {
        let original = self.request.original.source;
        let mut findings = check_original(original, self.settings, self.fetcher, self.clock)?;
        let mut signed = match self.request.changed {
            _ if !is_in_pdf(self.request)? => self.contain()?,
            Some(changed) => {
                check_changed(original, changed.source)?;
                self.embed(&changed, &mut findings)?
            }
            None => self.note()?,
        };
        signed.findings.splice(0..0, findings);
        Ok(signed)
    }

    /// A container with the changed document, where there is one, and the original as it is.
    fn contain(self) -> Result<Signed<'static>, Error> {
        let original = self.request.original.source;
        if let Some(changed) = self.request.changed {
            check_changed(original, changed.source)?;
        }
        let name = name_in_container(&digest_of(original, DigestAlgorithm::Sha256)?, input_format(original)?);
        let kept = Content { name: &name, source: original };
        let files: Vec<Content<'_>> = self.request.changed.into_iter().chain([kept]).collect();
        let form = Form::Asic(ContainerType::AsicE, ContainerSignature::Cades);
        owned(self.sign(&ToSign::new(&files, form), AmendmentForm::Embedded)?, &[])
    }

    fn embed(self, changed: &Content<'_>, findings: &mut Vec<Finding>) -> Result<Signed<'static>, Error> {
        // PDF/A-1 knows no attachments and PDF/A-2 only conforming ones.
        let document = Document::open(changed.source).map_err(hsign_pades::Error::from)?;
        if let Some(part @ (1 | 2)) = document.newest().archival_part() {
            findings.push(Finding::warning("amendment-archival").clause("ISO 19005").with("part", part));
        }
        let original = hsign_core::read_all(self.request.original.source)?;
        let embedded = hsign_pades::embed_original(changed.source, &original, (self.clock)())?;
        let whole = Appended::new(changed.source, &embedded);
        let files = [Content { name: changed.name, source: &whole }];
        owned(self.sign(&ToSign::new(&files, Form::Pades), AmendmentForm::Embedded)?, &embedded)
    }

    fn note(self) -> Result<Signed<'static>, Error> {
        let files = [self.request.original];
        let signed = self.sign(&ToSign::new(&files, Form::Pades), AmendmentForm::Revision)?;
        let changes = signed.verdict.signatures().iter().filter_map(|one| one.modifications());
        if changes.clone().any(|found| found.verdict() > ModificationVerdict::Permitted) {
            return Err(Error::Refused(vec![Finding::error("amendment-note-not-permitted").clause(CLAUSE)]));
        }
        owned(signed, &[])
    }

    /// With the statement of what is amended.
    fn sign<'s>(self, what: &ToSign<'s>, form: AmendmentForm) -> Result<Signed<'s>, Error> {
        let sign = SignRequest { statement: statement(self.request, form)?, ..self.request.sign.clone() };
        make(what, self.signer, self.timestamper, &sign, self.settings, self.fetcher, self.clock)
    }
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
