use hsign_asn1::{Rules, Tag, string};
use hsign_cms::oid::{SIGNED_METADATA, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2};
use hsign_cms::{SignedData, SignerInfo};
use hsign_core::facts::{
    Coverage, Level, SignatureFacts, SignaturePolicyFacts, SignedMetadata, SignedObject, TimestampFacts,
    TimestampKind,
};
use hsign_core::{ClaimedSigningTime, Digest, DigestAlgorithm, Finding};

use crate::archive::{Archive, Signer};
use crate::unsigned::Unsigned;
use crate::{certificate_references, signature_policy, timestamps};

/// By which rules a CMS signature was meant to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// CAdES (EN 319 122-1), also inside a PDF.
    Cades,
    /// Plain CMS, as PDF readers wrote before PAdES.
    Cms,
}

/// Everything read from one CMS.
#[derive(Clone, Debug)]
pub struct CmsFacts {
    /// Octets of the CMS; what follows is not part of it.
    pub encoded_length: usize,
    /// Octets of the content when it is attached.
    pub attached_content: Option<Vec<u8>>,
    /// Every signer in the order found.
    pub signers: Vec<SignerFacts>,
}

impl CmsFacts {
    /// Every signer as a signature of its own. `id` is the one that was given to [`signature_facts`].
    #[must_use]
    pub fn into_signatures(self, id: &str) -> Vec<SignatureFacts> {
        let attached = self.attached_content.is_some();
        let coverage = if attached { Coverage::WholeDocument } else { Coverage::External };
        let signatures = (1..).zip(self.signers).map(|(number, signer)| SignatureFacts {
            metadata: signer.metadata,
            claimed_signing_time: signer.claimed_signing_time,
            policy: signer.policy,
            signed: signer.signed,
            timestamps: signer.timestamps,
            findings: signer.findings,
            ..SignatureFacts::new(numbered(id, number), signer.level, coverage)
        });
        signatures.collect()
    }
}

/// The first signer has the signature's own id; time stamps name by it what they cover.
fn numbered(id: &str, number: usize) -> String {
    if number == 1 { id.to_owned() } else { format!("{id}#{number}") }
}

/// Everything read from one signer.
#[derive(Clone, Debug)]
pub struct SignerFacts {
    /// The signature proper; `None` when content was signed without attributes and isn't attached.
    pub signed: Option<SignedObject>,
    /// Content, signature and archive time stamps.
    pub timestamps: Vec<TimestampFacts>,
    /// signature-policy-identifier.
    pub policy: Option<SignaturePolicyFacts>,
    /// Statements of the signer.
    pub metadata: Option<SignedMetadata>,
    /// signing-time.
    pub claimed_signing_time: Option<ClaimedSigningTime>,
    /// B-B, B-T or other, by presence. Levels above need what the container holds.
    pub level: Level,
    /// What was noticed about this signer and the CMS around it.
    pub findings: Vec<Finding>,
}

/// Reads a CMS signature, DER or BER. `id` names the signature within its document (a second signer gets a
/// number behind it). `digest_of_content` is asked for digests of the detached content; attached content is
/// hashed here.
///
/// # Errors
/// When there is no SignedData to read.
pub fn signature_facts(
    cms: &[u8],
    id: &str,
    profile: Profile,
    digest_of_content: &mut dyn FnMut(DigestAlgorithm) -> Option<Digest>,
) -> Result<CmsFacts, hsign_cms::Error> {
    let signed_data = SignedData::parse(cms)?;
    let mut digest = |algorithm| match signed_data.content() {
        Some(content) => hsign_crypto::digest(algorithm, content).ok(),
        None => digest_of_content(algorithm),
    };
    let mut signers = Vec::new();
    let mut budget = Unsigned::budget();
    for (number, info) in (1..).zip(signed_data.signers()) {
        let id = numbered(id, number);
        let unsigned = Unsigned::read(info, &id, &mut budget)?;
        let signer = Signer { id: &id, info, unsigned: &unsigned };
        let mut facts = signer_facts(&signed_data, &signer, None, profile, &mut digest);
        if let Some(signed) = &mut facts.signed {
            signed.evidence = signed_data.evidence();
        }
        facts.findings.extend(not_judged(&unsigned));
        signers.push(facts);
    }
    Ok(CmsFacts {
        encoded_length: signed_data.encoded_length(),
        attached_content: signed_data.content().map(<[u8]>::to_vec),
        signers,
    })
}

/// Another party's signature over this value; shown where it can't be told as a signature of its own.
fn not_judged(unsigned: &Unsigned) -> Option<Finding> {
    let count = unsigned.countersignatures.len();
    (count > 0).then(|| {
        Finding::warning("cms-countersignature-not-judged").clause("RFC 5652 §11.4").with("count", count)
    })
}

/// One signer without what travels beside it; with the document around it also the time stamps over more than its value.
pub(crate) fn signer_facts(
    signed_data: &SignedData,
    of: &Signer<'_>,
    archive: Option<&Archive<'_>>,
    profile: Profile,
    digest: &mut dyn FnMut(DigestAlgorithm) -> Option<Digest>,
) -> SignerFacts {
    let signer = of.info;
    let mut findings = signed_data.findings().to_vec();
    findings.extend(signer.findings().iter().cloned());
    findings.extend(of.unsigned.findings.iter().cloned());
    findings.extend(certificate_references::check(signed_data, signer, profile));
    let metadata = metadata(signer).unwrap_or_else(|unreadable| {
        findings.push(unreadable);
        None
    });
    let timestamps = timestamps::all(of, archive, digest);
    SignerFacts {
        policy: signature_policy::read(signer),
        metadata,
        signed: signed_data.signed_object_alone(signer, digest),
        claimed_signing_time: signer.signing_time().map(ClaimedSigningTime),
        level: level(signer, &timestamps),
        timestamps,
        findings,
    }
}

/// What the signer states, if it stands there once and can be read.
fn metadata(signer: &SignerInfo) -> Result<Option<SignedMetadata>, Finding> {
    let Some(attributes) = signer.signed_attributes().filter(|all| all.has(SIGNED_METADATA)) else {
        return Ok(None);
    };
    let unreadable = || Finding::warning("signed-metadata-unreadable").with("reason", "not one UTF8String");
    let value = attributes.single(SIGNED_METADATA).ok_or_else(unreadable)?;
    let text = hsign_asn1::single(value, Tag::UTF8_STRING, Rules::Ber).and_then(|tlv| string(&tlv));
    let text = text.map_err(|_| unreadable())?;
    SignedMetadata::from_text(&text).map(Some)
}

/// Presence only (EN 319 122-1): B-B by the reference to the certificate, B-T by a signature time stamp.
fn level(signer: &SignerInfo, timestamps: &[TimestampFacts]) -> Level {
    let baseline = signer.message_digest().is_some()
        && signer.signed_attributes().is_some_and(|attributes| {
            attributes.has(SIGNING_CERTIFICATE_V2) || attributes.has(SIGNING_CERTIFICATE)
        });
    let stamped = timestamps.iter().any(|timestamp| timestamp.kind == TimestampKind::Signature);
    match (baseline, stamped) {
        (false, _) => Level::Other,
        (true, false) => Level::BB,
        (true, true) => Level::BT,
    }
}
