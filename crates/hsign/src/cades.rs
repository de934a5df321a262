//! CMS signatures by themselves: what they say, and over what.

use hsign_cades::{CmsFacts, Profile, SignerFacts, is_set_of_attributes, signature_facts};
use hsign_core::facts::{DocumentFacts, DocumentFormat, EvidenceFacts};
use hsign_core::{Digest, DigestAlgorithm, Finding, Source};

use crate::Error;
use crate::digest::digest_of;

/// The largest CMS that is read: it is held in memory whole. The content of a detached signature may be of any size.
pub(crate) const MAX_CMS_BYTES: u64 = 256 * 1024 * 1024;

/// Signed attributes that bring whole CRLs are megabytes long.
const LONGEST_ATTRIBUTES: u64 = 64 << 20;

const ID: &str = "Signature1";

/// The facts of a CMS signature. `content` is what a detached signature belongs to; where content is attached too,
/// the two must be the same.
pub(crate) fn cades_facts(cms: &dyn Source, content: Option<&dyn Source>) -> Result<DocumentFacts, Error> {
    if cms.length() > MAX_CMS_BYTES {
        return Err(Error::CmsTooLarge { limit: MAX_CMS_BYTES });
    }
    let bytes = hsign_core::read_all(cms)?;
    let mut digests = Digests { content, known: Vec::new(), failure: None };
    let mut read = signature_facts(&bytes, ID, Profile::Cades, &mut |algorithm| digests.of(algorithm))
        .map_err(hsign_cades::Error::from)?;
    let mut findings = findings(&read, bytes.len(), &mut digests)?;
    findings.extend(attributes_as_content(&mut read, content)?);
    if let Some(failure) = digests.failure {
        return Err(failure);
    }
    Ok(DocumentFacts {
        format: DocumentFormat::Cades,
        length: bytes.len() as u64,
        digests: vec![hsign_crypto::digest(DigestAlgorithm::Sha256, &bytes)?],
        signatures: read.into_signatures(ID),
        timestamps: Vec::new(),
        evidence_records: Vec::new(),
        scan: None,
        originals: Vec::new(),
        qualification_evidence: Vec::new(),
        evidence: EvidenceFacts::default(),
        findings,
    })
}

fn findings(read: &CmsFacts, length: usize, digests: &mut Digests<'_>) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    if read.encoded_length < length {
        findings.push(Finding::warning("data-after-cms").with("count", length - read.encoded_length));
    }
    if let (Some(attached), Some(given)) = (&read.attached_content, digests.of(DigestAlgorithm::Sha256))
        && hsign_crypto::digest(DigestAlgorithm::Sha256, attached)? != given
    {
        findings.push(Finding::error("content-differs-from-attached").clause("RFC 5652 §5.2"));
    }
    Ok(findings)
}

/// The signature of signed attributes, shown as one over content made of them.
fn attributes_as_content(
    read: &mut CmsFacts,
    content: Option<&dyn Source>,
) -> Result<Option<Finding>, Error> {
    let bare = |signer: &SignerFacts| {
        signer.findings.iter().any(|finding| finding.code == "cms-no-signed-attributes")
    };
    if !read.signers.iter().any(bare) {
        return Ok(None);
    }
    let confusable = match (&read.attached_content, content) {
        (Some(attached), _) => is_set_of_attributes(attached),
        (None, Some(content)) if content.length() <= LONGEST_ATTRIBUTES => {
            is_set_of_attributes(&hsign_core::read_all(content)?)
        }
        _ => false,
    };
    if !confusable {
        return Ok(None);
    }
    for signer in read.signers.iter_mut().filter(|signer| bare(signer)) {
        signer.signed = None;
    }
    Ok(Some(Finding::error("content-is-set-of-attributes").clause("RFC 5652 §5.4")))
}

/// Digests of the content beside the signature, each computed once and in constant memory.
struct Digests<'a> {
    content: Option<&'a dyn Source>,
    known: Vec<Digest>,
    failure: Option<Error>,
}

impl Digests<'_> {
    fn of(&mut self, algorithm: DigestAlgorithm) -> Option<Digest> {
        let content = self.content?;
        if let Some(known) = self.known.iter().find(|known| known.algorithm == algorithm) {
            return Some(known.clone());
        }
        match digest_of(content, algorithm) {
            Ok(digest) => {
                self.known.push(digest.clone());
                Some(digest)
            }
            Err(error) => {
                self.failure = Some(error);
                None
            }
        }
    }
}
