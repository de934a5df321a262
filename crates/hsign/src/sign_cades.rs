use hsign_core::facts::Level;
use hsign_core::ports::{Fetcher, SignatureVerifier, Signer, Timestamper};
use hsign_core::{Source, ValidationTime};
use hsign_crypto::OpensslVerifier;
use hsign_validation::{Integrity, MemoisedVerifier, SignatureVerdict};
use hsign_x509::Certificate;

use crate::cades::{MAX_CMS_BYTES, cades_facts};
use crate::digest::digest_of;
use crate::making::Making;
use crate::sign::{SignedBy, check_signer, is_whole};
use crate::verify::judge_with;
use crate::{Clock, Error, Settings, SignRequest, Signed, Verified};

/// How content and signature stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CadesPackaging {
    /// The signature beside the content (`.p7s`).
    Detached,
    /// The content inside the signature (`.p7m`).
    Enveloping,
}

/// Signs any file: CAdES B-B, or B-T with a time stamp on the signature (EN 319 122-1). [`Signed::update`] is the whole
/// CMS. Checks before and after are those of [`sign`](fn@crate::sign).
///
/// A detached signature reads its content in windows; an enveloping one holds it in memory and takes 128 MiB at most.
///
/// # Errors
/// When the signer must not sign, the level is above B-T, or card, authority or server fail.
#[allow(clippy::too_many_arguments, reason = "sign() takes the same and the packaging")]
pub fn sign_cades(
    source: &dyn Source,
    packaging: CadesPackaging,
    signer: &dyn Signer,
    timestamper: Option<&dyn Timestamper>,
    request: &SignRequest,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    clock: Clock<'_>,
) -> Result<Signed, Error> {
    let timestamper = match request.level {
        None => timestamper,
        Some(Level::BB) => None,
        Some(Level::BT) => Some(timestamper.ok_or(Error::NoTimestampAuthority)?),
        Some(Level::BLt) => return Err(Error::CadesLevel("B-LT")),
        Some(Level::BLta) => return Err(Error::CadesLevel("B-LTA")),
        Some(Level::Other) => return Err(Error::CadesLevel("other")),
    };
    let certificate = Certificate::from_der(signer.certificate())?;
    let openssl = OpensslVerifier::new();
    let verifier = MemoisedVerifier::new(&openssl);
    let mut making = Making::new(&verifier, settings, fetcher, clock);
    check_signer(&mut making, &certificate, signer, request)?;
    let mut findings = making.into_findings();
    let cms = make(source, packaging, signer, &certificate, timestamper, request, clock)?;
    let verified = self_check(&verifier, source, &cms, settings, fetcher, clock)?;
    findings.extend(verified.findings);
    let level = verified.verdict.signatures().first().map_or(Level::Other, SignatureVerdict::level);
    Ok(Signed { update: cms, level, verdict: verified.verdict, findings })
}

fn make(
    source: &dyn Source,
    packaging: CadesPackaging,
    signer: &dyn Signer,
    certificate: &Certificate,
    timestamper: Option<&dyn Timestamper>,
    request: &SignRequest,
    clock: Clock<'_>,
) -> Result<Vec<u8>, Error> {
    let attached = match packaging {
        CadesPackaging::Detached => None,
        CadesPackaging::Enveloping => Some(enveloped(source)?),
    };
    let content = match &attached {
        Some(bytes) => hsign_crypto::digest(request.digest, bytes)?,
        None => digest_of(source, request.digest)?,
    };
    // Outside of PDF files signing-time is where the signer's claim stands (EN 319 122-1).
    let options = hsign_cades::Options { signing_time: Some(clock()), ..Default::default() };
    let by = SignedBy { signer, certificate, timestamper, clock };
    by.cms(&content, attached.as_deref(), &options)
}

/// Half of what is read back at most, so that the rest of the CMS has room.
const MAX_CONTENT_BYTES: u64 = MAX_CMS_BYTES / 2;

fn enveloped(source: &dyn Source) -> Result<Vec<u8>, Error> {
    if source.length() > MAX_CONTENT_BYTES {
        return Err(Error::CmsTooLarge { limit: MAX_CONTENT_BYTES });
    }
    Ok(hsign_core::read_all(source)?)
}

/// The content is read once more: what was hashed while signing must still be what is there.
fn self_check(
    verifier: &dyn SignatureVerifier,
    source: &dyn Source,
    cms: &[u8],
    settings: &Settings,
    fetcher: &dyn Fetcher,
    clock: Clock<'_>,
) -> Result<Verified, Error> {
    let mut facts = cades_facts(&cms.to_vec(), Some(source))?;
    facts.qualification_evidence.extend(settings.qualification_evidence.iter().cloned());
    let verified = judge_with(verifier, &facts, settings, fetcher, ValidationTime(clock()));
    let signatures = verified.verdict.signatures();
    if matches!(signatures, [only] if is_whole(only) && only.integrity() == Integrity::Valid) {
        return Ok(verified);
    }
    let findings = signatures.iter().flat_map(SignatureVerdict::findings);
    Err(Error::SelfCheck(findings.chain(verified.verdict.findings()).cloned().collect()))
}
