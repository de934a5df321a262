//! Originals inside amended documents (guideline 5.2 §9.4): attachments that a signature names by digest.

use hsign_core::facts::{AmendmentForm, DocumentFacts, OriginalFacts, SignatureFacts};
use hsign_core::{Digest, DigestAlgorithm, Finding, Time};
use hsign_pdf::{Attachment, Document, attach};

use crate::{Error, document};

/// Originals within originals, in one document together.
const MOST_ORIGINALS: u32 = 16;
/// Bytes of all of them together.
const MOST_BYTES: u64 = 512 << 20;
const CLAUSE: &str = "guideline 5.2 §9.4";

/// What may still be unpacked.
pub(crate) struct Allowance {
    documents: u32,
    bytes: u64,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { documents: MOST_ORIGINALS, bytes: MOST_BYTES }
    }
}

/// The name under which an original is attached: it says nothing about anybody, and finds it again.
#[must_use]
pub fn original_name(digest: &Digest) -> String {
    let hex = digest.hex();
    format!("original-{}.pdf", hex.get(..16).unwrap_or(&hex))
}

/// The update that embeds `original` in the document that amends it.
///
/// # Errors
/// When the document must not be extended.
pub fn embed_original(
    amended: &dyn hsign_core::Source,
    original: &[u8],
    now: Time,
) -> Result<Vec<u8>, Error> {
    let digest = hsign_crypto::digest(DigestAlgorithm::Sha256, original)?;
    let file = Attachment {
        name: &original_name(&digest),
        bytes: original,
        media_type: "application/pdf",
        relationship: "Source",
        description: "The document that this one amends",
        modified: now,
    };
    Ok(attach(&Document::open(amended)?, &file)?)
}

/// The originals that the signatures name.
pub(crate) fn named_by(
    signatures: &[SignatureFacts],
    document: &Document<'_>,
    allowance: &mut Allowance,
) -> Vec<OriginalFacts> {
    let named = signatures.iter().filter_map(|signature| {
        let amends = signature.metadata.as_ref()?.amends.as_ref()?;
        (amends.form == AmendmentForm::Embedded).then_some((&signature.id, &amends.original))
    });
    named.map(|(id, digest)| original(id, digest, document, allowance)).collect()
}

fn original(
    amended_by: &str,
    digest: &Digest,
    document: &Document<'_>,
    allowance: &mut Allowance,
) -> OriginalFacts {
    let mut found = OriginalFacts {
        amended_by: amended_by.to_owned(),
        digest: digest.clone(),
        name: None,
        facts: None,
        findings: Vec::new(),
    };
    match read(digest, document, allowance) {
        Ok(Some(facts)) => {
            found.name = Some(original_name(digest));
            found.facts = Some(Box::new(facts));
        }
        Ok(None) => found.findings.push(told("amended-original-missing")),
        Err(finding) => {
            found.name = Some(original_name(digest));
            found.findings.push(finding);
        }
    }
    found
}

pub(crate) fn told(code: &str) -> Finding {
    Finding::error(code).clause(CLAUSE)
}

/// `None` where no attachment has the digest that was signed.
fn read(
    digest: &Digest,
    document: &Document<'_>,
    allowance: &mut Allowance,
) -> Result<Option<DocumentFacts>, Finding> {
    let Some(left) = allowance.documents.checked_sub(1) else {
        return Err(told("amendments-too-many").with("limit", MOST_ORIGINALS));
    };
    allowance.documents = left;
    let name = original_name(digest);
    let files = document.newest().embedded_files(allowance.bytes, &|found| found == name);
    let mut same = files.into_iter().map(|(_, bytes)| bytes);
    let Some(bytes) = same
        .find(|bytes| hsign_crypto::digest(digest.algorithm, bytes).is_ok_and(|actual| actual == *digest))
    else {
        return Ok(None);
    };
    allowance.bytes = allowance.bytes.saturating_sub(bytes.len() as u64);
    let unreadable = |error: Error| told("amended-original-unreadable").with("reason", error);
    document::read_within(&bytes, allowance).map(Some).map_err(unreadable)
}
