use hsign_core::facts::Level;
use hsign_core::ports::{Fetcher, Signer, Timestamper};
use hsign_core::{Digest, DigestAlgorithm, Finding, Source, Time, ValidationTime};
use hsign_credential::KeyProtection;
use hsign_crypto::OpensslVerifier;
use hsign_pades::Draft;
use hsign_validation::{DocumentVerdict, Integrity, MemoisedVerifier, Open, Permission, SignatureVerdict};
use hsign_x509::Certificate;

use crate::making::{MARGIN, Making, ids, new_ids, reserve_for_token, stamp};
use crate::mark::mark;
use crate::{Error, MarkRequest, Settings};
use hsign_pdf::Visible;

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

/// A signature that verifies.
#[derive(Clone, Debug)]
pub struct Signed {
    /// What to append to the document; every byte of it stays.
    pub update: Vec<u8>,
    /// The level that the signature has.
    pub level: Level,
    /// The judgement of the whole document as it is now, by the same settings. Its trust may be open.
    pub verdict: DocumentVerdict,
    /// What was noticed while signing.
    pub findings: Vec<Finding>,
}

/// Signs a PDF document: PAdES B-B, B-T with a time stamp, B-LT with the evidence of signer and authority inside, or
/// B-LTA with a document time stamp over all that.
///
/// The signer is checked first (validity, key usage, revocation, role), the validity again before stamping. The
/// result is verified; unless the integrity of every signature and time stamp in it is valid, or as bad as it was
/// before, it is withheld. Trust or revocation that is open does not withhold it: the verdict tells. The network is
/// used, as far as `fetcher` allows, for the revocation data of signer and authority.
///
/// # Errors
/// When the signer must not sign, the document can't be signed safely, the level asked for can't be reached, or card,
/// authority or server fail.
pub fn sign(
    source: &dyn Source,
    signer: &dyn Signer,
    timestamper: Option<&dyn Timestamper>,
    request: &SignRequest,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    clock: Clock<'_>,
) -> Result<Signed, Error> {
    let aim = Aim::of(request, timestamper)?;
    let certificate = Certificate::from_der(signer.certificate())?;
    // The signer's path is judged before and after: its signatures need to be checked only once.
    let openssl = OpensslVerifier::new();
    let verifier = MemoisedVerifier::new(&openssl);
    let mut making = Making::new(&verifier, settings, fetcher, clock);
    check_signer(&mut making, &certificate, signer, request)?;
    let mut draft = Draft::new(source, &[request.digest])?;
    let update = make_update(&draft, signer, &certificate, aim.on_signature, request, &making)?;
    draft.append(&update);
    let mut findings = if timestamper.is_none() && request.level.is_none() {
        vec![Finding::warning("level-limited-by-missing-tsa").with("level", "B-B")]
    } else {
        Vec::new()
    };
    if aim.with_evidence {
        findings.extend(protect(&mut draft, &mut making, &certificate, &aim, request)?);
    } else if let Some(timestamper) = aim.over_document {
        in_time(&certificate, clock())?;
        stamp(&mut draft, timestamper, request.digest)?;
    }
    let verdict = making.self_check(source, &draft)?;
    findings.extend(making.into_findings());
    let level = level_of_new(&draft, &verdict);
    Ok(Signed { level, update: draft.into_update(), verdict, findings })
}

/// The level of the signature that was not there before.
fn level_of_new(draft: &Draft<'_>, verdict: &DocumentVerdict) -> Level {
    let known = ids(draft.before());
    let new = verdict.signatures().iter().find(|signature| !known.contains(signature.id()));
    new.map_or(Level::Other, SignatureVerdict::level)
}

/// What is to be made.
struct Aim<'a> {
    /// Stamps the signature itself.
    on_signature: Option<&'a dyn Timestamper>,
    with_evidence: bool,
    /// Stamps the whole document.
    over_document: Option<&'a dyn Timestamper>,
}

impl<'a> Aim<'a> {
    fn of(request: &SignRequest, timestamper: Option<&'a dyn Timestamper>) -> Result<Self, Error> {
        let level = match (request.level, timestamper) {
            (Some(Level::Other), _) => return Err(Error::Level("other")),
            (Some(Level::BB), _) | (None, None) => Level::BB,
            (Some(_), None) => return Err(Error::NoTimestampAuthority),
            (Some(level), Some(_)) => level,
            (None, Some(_)) => Level::BLta,
        };
        let stamped = timestamper.filter(|_| level != Level::BB);
        let (on_signature, over_document) = match request.stamps {
            Stamps::Two => (stamped, stamped.filter(|_| level == Level::BLta)),
            Stamps::One => (None, stamped),
        };
        Ok(Self { on_signature, with_evidence: matches!(level, Level::BLt | Level::BLta), over_document })
    }
}

/// Puts evidence into the document, and a time stamp over it. Where evidence is missing and no level was asked for,
/// the level stays below; the findings say why.
fn protect(
    draft: &mut Draft<'_>,
    making: &mut Making<'_>,
    certificate: &Certificate,
    aim: &Aim<'_>,
    request: &SignRequest,
) -> Result<Vec<Finding>, Error> {
    let facts = draft.facts()?;
    let new = new_ids(draft, &facts);
    making.judge(&facts);
    let support = making.support(&facts, &|id| new.contains(id));
    let missing = missing(&support.open);
    if !missing.is_empty() && request.level.is_some() {
        return Err(Error::EvidenceMissing { missing, failed: making.gathering.findings.clone() });
    }
    if missing.is_empty() {
        draft.add_evidence(&support.evidence)?;
    }
    // Without evidence a stamp over the document is worth making only as the one that proves the signature's time.
    if let Some(timestamper) = aim.over_document.filter(|_| missing.is_empty() || aim.on_signature.is_none())
    {
        in_time(certificate, (making.clock)())?;
        match stamp(draft, timestamper, request.digest) {
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
    let (settings, verifier, now) = (making.settings, making.verifier, (making.clock)());
    let verdict = making.gathering.settle(making.fetcher, |evidence| {
        let context = settings.context(evidence, ValidationTime(now), verifier);
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

/// The bytes to append. The room for the signature has to be fixed before signing and a token's size is known only
/// after it: the room is that of the authority's last token; a token that doesn't fit costs a second signature with
/// the right room.
fn make_update(
    draft: &Draft<'_>,
    signer: &dyn Signer,
    certificate: &Certificate,
    timestamper: Option<&dyn Timestamper>,
    request: &SignRequest,
    making: &Making<'_>,
) -> Result<Vec<u8>, Error> {
    let token_bytes = timestamper.map_or(0, reserve_for_token);
    let reserve = hsign_pades::contents_size(signer.certificate(), signer.chain(), token_bytes);
    let attempt = |reserve| attempt(draft, signer, certificate, timestamper, request, making, reserve);
    match attempt(reserve) {
        Err(Error::Document(hsign_pades::Error::ContentsTooSmall { needed, .. })) => attempt(needed + MARGIN),
        result => result,
    }
}

fn attempt(
    draft: &Draft<'_>,
    signer: &dyn Signer,
    certificate: &Certificate,
    timestamper: Option<&dyn Timestamper>,
    request: &SignRequest,
    making: &Making<'_>,
    reserve: usize,
) -> Result<Vec<u8>, Error> {
    let (settings, clock) = (making.settings, making.clock);
    let (metadata, now) = (&request.metadata, clock());
    let shown = metadata.mark.as_ref();
    let mark =
        shown.map(|shown| mark(shown, certificate, &settings.professions, metadata, now)).transpose()?;
    let visible =
        shown.zip(mark.as_ref()).map(|(shown, mark)| Visible { place: shown.place, appearance: mark });
    let prepared = draft.prepare(&pdf_request(metadata, visible, now, reserve))?;
    let content = prepared.content_digest(request.digest)?;
    let by = SignedBy { signer, certificate, timestamper, clock };
    Ok(prepared.embed(&by.cms(&content, None, &Default::default())?)?)
}

/// Who signs and who stamps.
pub(crate) struct SignedBy<'a> {
    pub(crate) signer: &'a dyn Signer,
    pub(crate) certificate: &'a Certificate,
    pub(crate) timestamper: Option<&'a dyn Timestamper>,
    pub(crate) clock: Clock<'a>,
}

impl SignedBy<'_> {
    /// The CMS over content with this digest, stamped if there is somebody to stamp; `attached` is put inside.
    pub(crate) fn cms(
        &self,
        content: &Digest,
        attached: Option<&[u8]>,
        options: &hsign_cades::Options,
    ) -> Result<Vec<u8>, Error> {
        let signer = self.signer;
        let to_be_signed = hsign_cades::baseline_b(content, signer.certificate(), options)?;
        let algorithm = signer.algorithm(content.algorithm);
        let value = signer.sign(&algorithm, &to_be_signed.signed_attributes)?;
        let cms = hsign_cades::assemble(&hsign_cades::Signed {
            to_be_signed: &to_be_signed,
            algorithm: &algorithm,
            value: &value,
            signer_certificate: signer.certificate(),
            certificates: signer.chain(),
            content: attached,
        })?;
        let Some(timestamper) = self.timestamper else { return Ok(cms) };
        stamped(&cms, &value, self.certificate, timestamper, content.algorithm, (self.clock)())
    }
}

/// A first stamp has to come while the certificate is valid (guideline 5.2 §6.12 C2): later it would prove that the
/// signature came too late.
fn stamped(
    cms: &[u8],
    value: &[u8],
    certificate: &Certificate,
    timestamper: &dyn Timestamper,
    digest: DigestAlgorithm,
    now: Time,
) -> Result<Vec<u8>, Error> {
    in_time(certificate, now)?;
    let token = timestamper.stamp(&hsign_crypto::digest(digest, value)?)?;
    Ok(hsign_cades::with_signature_timestamp(cms, &token)?)
}

fn in_time(certificate: &Certificate, now: Time) -> Result<(), Error> {
    if now <= certificate.not_after() {
        return Ok(());
    }
    Err(Error::Refused(vec![
        Finding::error("signer-expired-before-stamp")
            .clause("guideline 5.2 §6.12 C2")
            .with("not_after", certificate.not_after()),
    ]))
}

fn pdf_request<'a>(
    metadata: &'a Metadata,
    visible: Option<Visible<'a>>,
    now: Time,
    reserve: usize,
) -> hsign_pades::Request<'a> {
    hsign_pades::Request {
        field: metadata.field.as_deref(),
        signing_time: Some(now),
        reason: metadata.reason.as_deref(),
        location: metadata.location.as_deref(),
        contact: metadata.contact.as_deref(),
        name: None,
        visible,
        contents_size: reserve,
    }
}

pub(crate) fn is_whole(signature: &SignatureVerdict) -> bool {
    integrities(signature).iter().all(|integrity| *integrity == Integrity::Valid)
}

/// Of the signature, then of its time stamps.
fn integrities(signature: &SignatureVerdict) -> Vec<Integrity> {
    let timestamps = signature.timestamps().iter().map(|timestamp| timestamp.integrity());
    std::iter::once(signature.integrity()).chain(timestamps).collect()
}
