//! What EN 319 142-1 asks of the CMS inside a PDF, beyond what CAdES asks; one function a rule.

use hsign_cades::CmsFacts;
use hsign_core::Finding;
use hsign_pdf::SignatureDictionary;

use crate::{CADES_DETACHED, PKCS7_SHA1};

const CLAUSE: &str = "EN 319 142-1";

pub(crate) fn check(dictionary: &SignatureDictionary, cms: &CmsFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(one_signer(cms));
    if dictionary.sub_filter.as_deref() != Some(PKCS7_SHA1) {
        findings.extend(detached(cms));
    }
    findings.extend(padding(&dictionary.contents, cms.encoded_length));
    if dictionary.sub_filter.as_deref() == Some(CADES_DETACHED) {
        findings.extend(signing_time_attribute(cms));
        findings.extend(signing_time_entry(dictionary));
        findings.extend(cert_entry(dictionary));
    }
    findings
}

/// One SignerInfo: a second one would be a signature that no field shows.
fn one_signer(cms: &CmsFacts) -> Option<Finding> {
    let count = cms.signers.len();
    (count != 1).then(|| Finding::error("pades-not-one-signer").clause(CLAUSE).with("count", count))
}

/// No content inside: what is signed are the bytes of the document.
fn detached(cms: &CmsFacts) -> Option<Finding> {
    cms.attached_content.is_some().then(|| Finding::error("pades-content-not-detached").clause(CLAUSE))
}

/// After the CMS only zeros: the bytes of /Contents are not signed, so nothing may hide there.
pub(crate) fn padding(contents: &[u8], encoded_length: usize) -> Option<Finding> {
    let rest = contents.get(encoded_length..).unwrap_or_default();
    let count = rest.iter().filter(|byte| **byte != 0).count();
    (count > 0).then(|| Finding::error("pades-contents-trailing-bytes").clause(CLAUSE).with("count", count))
}

/// The claimed time stands in /M, not in the CMS.
fn signing_time_attribute(cms: &CmsFacts) -> Option<Finding> {
    let present = cms.signers.iter().any(|signer| signer.claimed_signing_time.is_some());
    present.then(|| Finding::warning("pades-signing-time-attribute").clause(CLAUSE))
}

/// /M is to be there.
fn signing_time_entry(dictionary: &SignatureDictionary) -> Option<Finding> {
    dictionary.signing_time.is_none().then(|| Finding::warning("pades-signing-time-missing").clause(CLAUSE))
}

/// /Cert belongs to another kind of signature.
fn cert_entry(dictionary: &SignatureDictionary) -> Option<Finding> {
    (!dictionary.certificates.is_empty()).then(|| Finding::warning("pades-cert-entry").clause(CLAUSE))
}
