//! What RFC 3161 asks of every token, whoever asked for it.

use hsign_cms::SignerInfo;
use hsign_core::Finding;

use crate::Token;

/// Every departure, and what was noticed about the CMS.
pub(crate) fn findings(token: &Token) -> Vec<Finding> {
    let mut findings = token.signed_data().findings().to_vec();
    findings.extend(version(token));
    findings.extend(imprint_algorithm(token));
    findings.extend(critical_extensions(token));
    match token.signed_data().signers() {
        [signer] => {
            findings.extend(signer.findings().iter().cloned());
            findings.extend(certificate_reference(signer));
        }
        signers => findings.push(
            Finding::error("timestamp-not-one-signer").clause("RFC 3161 §2.4.2").with("count", signers.len()),
        ),
    }
    findings
}

/// §2.4.2: version 1.
fn version(token: &Token) -> Option<Finding> {
    let version = token.info().version;
    (version != 1)
        .then(|| Finding::error("timestamp-version").clause("RFC 3161 §2.4.2").with("version", version))
}

/// §2.4.2: a hash function that can be computed.
fn imprint_algorithm(token: &Token) -> Option<Finding> {
    token.info().imprint().is_none().then(|| {
        Finding::error("timestamp-imprint-algorithm-unknown")
            .clause("RFC 3161 §2.4.2")
            .with("algorithm", &token.info().imprint_algorithm)
    })
}

/// §2.4.2: extensions as in RFC 5280, where an unknown critical one forbids use.
fn critical_extensions(token: &Token) -> Vec<Finding> {
    let unknown = |oid: &String| {
        Finding::error("timestamp-critical-extension").clause("RFC 3161 §2.4.2").with("extension", oid)
    };
    token.info().critical_extensions.iter().map(unknown).collect()
}

/// §2.4.2 with RFC 5816: the identifier of the authority's certificate is a signed attribute.
fn certificate_reference(signer: &SignerInfo) -> Option<Finding> {
    signer.certificate_references().is_empty().then(|| {
        Finding::error("tsa-certificate-reference-missing").clause("RFC 3161 §2.4.2, RFC 5816 §2.2.1")
    })
}
