use hsign_core::facts::Level;
use hsign_core::ports::{Fetcher, SignatureVerifier, Signer, Timestamper};
use hsign_core::{DigestAlgorithm, Finding, Source, Time, ValidationTime};
use hsign_credential::KeyProtection;
use hsign_crypto::OpensslVerifier;
use hsign_validation::{DocumentVerdict, Integrity, MemoisedVerifier, Permission, SignatureVerdict};
use hsign_x509::Certificate;

use crate::verify::{Gathering, judge_with};
use crate::{Error, Settings};
use hsign_pades::Appended;

/// Our clock. It is asked more than once while signing: a certificate may end between signing and stamping.
pub type Clock<'a> = &'a dyn Fn() -> Time;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct SignRequest {
    /// B-B or B-T.
    pub level: Level,
    /// Digest of content and signature.
    pub digest: DigestAlgorithm,
    /// How the signer's key is kept; a policy may refuse keys in software.
    pub key: KeyProtection,
    /// What the signature dictionary says.
    pub metadata: Metadata,
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
}

/// A signature that verifies.
#[derive(Clone, Debug)]
pub struct Signed {
    /// What to append to the document; every byte of it stays.
    pub update: Vec<u8>,
    /// The judgement of the whole document as it is now, by the same settings. Its trust may be open.
    pub verdict: DocumentVerdict,
    /// What was noticed while signing.
    pub findings: Vec<Finding>,
}

/// Room for a time-stamp token before one was seen: twice the largest we met, with its whole chain.
const FIRST_TOKEN_BYTES: usize = 12 * 1024;

/// Signs a PDF document: PAdES B-B, or B-T with a time stamp on the signature.
///
/// The signer is checked first (validity, key usage, revocation, role), the validity again before stamping. The
/// result is verified; unless the integrity of every signature in it is valid, or as bad as it was before, it is
/// withheld. Trust or revocation
/// that is open does not withhold it: the verdict tells.
///
/// # Errors
/// When the signer must not sign, the document can't be signed safely, or card, authority or server fail.
pub fn sign(
    source: &dyn Source,
    signer: &dyn Signer,
    timestamper: Option<&dyn Timestamper>,
    request: &SignRequest,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    clock: Clock<'_>,
) -> Result<Signed, Error> {
    let timestamper = needed_timestamper(request.level, timestamper)?;
    let certificate = Certificate::from_der(signer.certificate())?;
    // The signer's path is judged before and after: its signatures need to be checked only once.
    let openssl = OpensslVerifier::new();
    let verifier = MemoisedVerifier::new(&openssl);
    let mut findings = check_signer(&verifier, &certificate, signer, request, settings, fetcher, clock())?;
    let update = make_update(source, signer, &certificate, timestamper, request, clock)?;
    let verified = self_check(&verifier, source, &update, settings, fetcher, clock())?;
    findings.extend(verified.findings);
    Ok(Signed { update, verdict: verified.verdict, findings })
}

fn needed_timestamper(
    level: Level,
    timestamper: Option<&dyn Timestamper>,
) -> Result<Option<&dyn Timestamper>, Error> {
    match level {
        Level::BB => Ok(None),
        Level::BT => timestamper.map(Some).ok_or(Error::NoTimestampAuthority),
        Level::BLt => Err(Error::Level("B-LT")),
        Level::BLta => Err(Error::Level("B-LTA")),
        Level::Other => Err(Error::Level("other")),
    }
}

/// Who must not sign, doesn't; what is only open is a finding.
fn check_signer(
    verifier: &dyn SignatureVerifier,
    certificate: &Certificate,
    signer: &dyn Signer,
    request: &SignRequest,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    now: Time,
) -> Result<Vec<Finding>, Error> {
    let chain: Vec<Certificate> =
        signer.chain().iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
    let mut gathering = Gathering::from(&settings.evidence);
    let verdict = gathering.settle(fetcher, |evidence| {
        let context = settings.context(evidence, ValidationTime(now), verifier);
        let verdict =
            hsign_validation::signer_checks(certificate, &chain, request.key.is_software(), &context);
        let needs = verdict.needs().to_vec();
        (verdict, needs)
    });
    if verdict.permission() == Permission::Refused {
        return Err(Error::Refused(verdict.findings().to_vec()));
    }
    Ok(gathering.findings)
}

/// The bytes to append. The room for the signature has to be fixed before signing and a token's size is known only
/// after it: the room is that of the authority's last token; a token that doesn't fit costs a second signature with
/// the right room.
fn make_update(
    source: &dyn Source,
    signer: &dyn Signer,
    certificate: &Certificate,
    timestamper: Option<&dyn Timestamper>,
    request: &SignRequest,
    clock: Clock<'_>,
) -> Result<Vec<u8>, Error> {
    let token_bytes = timestamper.map_or(0, reserve_for_token);
    let reserve = hsign_pades::contents_size(signer.certificate(), signer.chain(), token_bytes);
    match attempt(source, signer, certificate, timestamper, request, clock, reserve) {
        Err(Error::Document(hsign_pades::Error::ContentsTooSmall { needed, .. })) => {
            attempt(source, signer, certificate, timestamper, request, clock, needed + MARGIN)
        }
        result => result,
    }
}

/// What the authority's last token took, and a little more.
pub(crate) fn reserve_for_token(timestamper: &dyn Timestamper) -> usize {
    timestamper.last_token_size().map_or(FIRST_TOKEN_BYTES, |size| size + MARGIN)
}

/// ECDSA values and serial numbers vary by a few bytes between two tokens of the same authority.
pub(crate) const MARGIN: usize = 256;

fn attempt(
    source: &dyn Source,
    signer: &dyn Signer,
    certificate: &Certificate,
    timestamper: Option<&dyn Timestamper>,
    request: &SignRequest,
    clock: Clock<'_>,
    reserve: usize,
) -> Result<Vec<u8>, Error> {
    let prepared = hsign_pades::prepare(source, &pdf_request(request, clock(), reserve))?;
    let content = prepared.content_digest(request.digest)?;
    let to_be_signed = hsign_cades::baseline_b(&content, signer.certificate(), &Default::default())?;
    let algorithm = signer.algorithm(request.digest);
    let value = signer.sign(&algorithm, &to_be_signed.signed_attributes)?;
    let cms = hsign_cades::assemble(&hsign_cades::Signed {
        to_be_signed: &to_be_signed,
        algorithm: &algorithm,
        value: &value,
        signer_certificate: signer.certificate(),
        certificates: signer.chain(),
        content: None,
    })?;
    let cms = match timestamper {
        Some(timestamper) => stamped(&cms, &value, certificate, timestamper, request.digest, clock())?,
        None => cms,
    };
    Ok(prepared.embed(&cms)?)
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
    if now > certificate.not_after() {
        return Err(Error::Refused(vec![
            Finding::error("signer-expired-before-stamp")
                .clause("guideline 5.2 §6.12 C2")
                .with("not_after", certificate.not_after()),
        ]));
    }
    let token = timestamper.stamp(&hsign_crypto::digest(digest, value)?)?;
    Ok(hsign_cades::with_signature_timestamp(cms, &token)?)
}

fn pdf_request(request: &SignRequest, now: Time, reserve: usize) -> hsign_pades::Request<'_> {
    let metadata = &request.metadata;
    hsign_pades::Request {
        field: metadata.field.as_deref(),
        signing_time: Some(now),
        reason: metadata.reason.as_deref(),
        location: metadata.location.as_deref(),
        contact: metadata.contact.as_deref(),
        name: None,
        contents_size: reserve,
    }
}

/// Judges the document as it will be. Whoever gets it can do the same and must not find more.
fn self_check(
    verifier: &dyn SignatureVerifier,
    source: &dyn Source,
    update: &[u8],
    settings: &Settings,
    fetcher: &dyn Fetcher,
    now: Time,
) -> Result<crate::Verified, Error> {
    let facts = hsign_pades::read_facts(&Appended::new(source, update))?;
    let verified = judge_with(verifier, &facts, settings, fetcher, ValidationTime(now));
    let signatures = verified.verdict.signatures();
    let broken: Vec<&SignatureVerdict> = signatures.iter().filter(|signature| !is_whole(signature)).collect();
    if !signatures.is_empty() && broken.is_empty() {
        return Ok(verified);
    }
    let facts = hsign_pades::read_facts(source)?;
    let before = judge_with(verifier, &facts, settings, fetcher, ValidationTime(now));
    let earlier = |signature: &SignatureVerdict| {
        before.verdict.signatures().iter().find(|earlier| earlier.id() == signature.id())
    };
    // A signature that did not hold before need not hold now; but nothing may have changed about it.
    let unchanged = |signature: &&SignatureVerdict| {
        earlier(signature).is_some_and(|earlier| integrities(earlier) == integrities(signature))
    };
    let ours_holds = signatures.iter().any(|signature| is_whole(signature) && earlier(signature).is_none());
    if ours_holds && broken.iter().all(unchanged) {
        return Ok(verified);
    }
    Err(Error::SelfCheck(broken.iter().flat_map(|signature| signature.findings().to_vec()).collect()))
}

fn is_whole(signature: &SignatureVerdict) -> bool {
    integrities(signature).iter().all(|integrity| *integrity == Integrity::Valid)
}

/// Of the signature, then of its time stamps.
fn integrities(signature: &SignatureVerdict) -> Vec<Integrity> {
    let timestamps = signature.timestamps().iter().map(|timestamp| timestamp.integrity());
    std::iter::once(signature.integrity()).chain(timestamps).collect()
}
