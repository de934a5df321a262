//! `adbe.pkcs7.sha1`: the CMS signs a SHA-1 digest that is its content, and that digest covers the document.

use hsign_cades::CmsFacts;
use hsign_core::facts::Reference;
use hsign_core::{Digest, DigestAlgorithm, Finding};

/// The second link of the chain: the content beside the digest of the byte range.
pub(crate) fn reference(cms: &CmsFacts, actual: Option<Digest>) -> Result<Reference, Finding> {
    let content = cms.attached_content.as_deref().filter(|c| c.len() == DigestAlgorithm::Sha1.length());
    match content {
        Some(content) => Ok(Reference {
            name: "byte-range".to_owned(),
            expected: Digest::new(DigestAlgorithm::Sha1, content),
            actual,
        }),
        None => Err(Finding::error("pkcs7-sha1-content").clause("ISO 32000-1 §12.8.3.3")),
    }
}
