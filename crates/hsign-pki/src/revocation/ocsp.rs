//! OCSP responses (RFC 6960 §3.2, §4.2.2.2).

use hsign_core::{DigestAlgorithm, Finding, hex};
use hsign_crypto::{digest, sha256};
use hsign_x509::{AccessDescription, CertStatus, Certificate, OcspResponse, ResponderId, SingleResponse};

use super::answer::{RevocationSource, RevocationSourceKind, RevocationStatus};
use super::checker::{Checker, Statement};
use super::evidence::Provided;
use super::is_from_future;
use crate::{OCSP_SIGNING, ValidatedPath};

/// RFC 6962 §3.3: where the certificate was logged. It adds a fact and takes nothing from the answer.
const SIGNED_CERTIFICATE_TIMESTAMPS: &str = "1.3.6.1.4.1.11129.2.4.5";

/// What the responses at hand say about the certificate.
pub(super) fn statements(
    checker: &mut Checker<'_>,
    path: &ValidatedPath,
    certificate: &Certificate,
    issuer: &Certificate,
    findings: &mut Vec<Finding>,
) -> Vec<Statement> {
    let evidence = checker.evidence;
    let mut found = Vec::new();
    for response in &evidence.ocsp_responses {
        let about_it: Vec<_> = response
            .value
            .responses()
            .iter()
            .filter(|single| single.cert_id.matches(certificate, issuer).unwrap_or(false))
            .collect();
        // A responder that also says "unknown" about the same certificate contradicts its own "good".
        let contradicts = about_it.iter().any(|single| matches!(single.status, CertStatus::Unknown));
        let usable =
            about_it.into_iter().filter(|single| !contradicts || !matches!(single.status, CertStatus::Good));
        for single in usable {
            match judge(checker, path, (certificate, issuer), response, single) {
                Ok(statement) => found.extend(statement),
                Err(finding) => {
                    let finding = about(finding, &response.value);
                    if !findings.contains(&finding) {
                        findings.push(finding);
                    }
                }
            }
        }
    }
    found
}

fn judge(
    checker: &mut Checker<'_>,
    path: &ValidatedPath,
    (certificate, issuer): (&Certificate, &Certificate),
    response: &Provided<OcspResponse>,
    single: &SingleResponse,
) -> Result<Option<Statement>, Finding> {
    let now = checker.parameters.now;
    let mut unknown = response.value.unknown_critical_extensions();
    unknown.retain(|oid| oid != SIGNED_CERTIFICATE_TIMESTAMPS);
    if !unknown.is_empty() {
        return Err(Finding::warning("ocsp-critical-extension-unknown").with("extension", unknown.join(" ")));
    }
    if is_from_future(single.this_update, now) || is_from_future(response.value.produced_at(), now) {
        return Err(Finding::warning("revocation-data-from-future").with("this_update", single.this_update));
    }
    if single.this_update < certificate.not_before() {
        return Err(
            Finding::info("revocation-data-before-certificate").with("this_update", single.this_update)
        );
    }
    // certHash: the responder knows this very certificate, not only its number.
    if let Some(hash) = &single.cert_hash
        && digest(hash.algorithm, certificate.der()).ok().as_ref() != Some(hash)
    {
        return Err(Finding::warning("ocsp-certificate-hash-differs"));
    }
    let status = match &single.status {
        CertStatus::Good => RevocationStatus::Good,
        CertStatus::Unknown => return Err(Finding::warning("ocsp-status-unknown")),
        CertStatus::Revoked { time, reason: Some(hsign_x509::CrlReason::CertificateHold) } => {
            RevocationStatus::OnHold { time: *time }
        }
        CertStatus::Revoked { time, reason } => {
            RevocationStatus::Revoked { time: *time, reason: *reason, invalid_since: None }
        }
    };
    let signer_path = signer(checker, path, issuer, &response.value)?;
    Ok(Some(Statement {
        status,
        this_update: single.this_update,
        next_update: single.next_update,
        source: RevocationSource {
            kind: RevocationSourceKind::Ocsp,
            origin: response.origin.clone(),
            algorithm: response.value.signature_algorithm().clone(),
            sha256: sha256(response.value.der()),
            signer_path,
        },
        covers_expired: single.archive_cutoff.is_some_and(|since| since <= certificate.not_after()),
    }))
}

/// §4.2.2.2: the issuer itself, or a responder whose certificate the issuer signed for that purpose.
fn signer(
    checker: &mut Checker<'_>,
    path: &ValidatedPath,
    issuer: &Certificate,
    response: &OcspResponse,
) -> Result<Vec<Certificate>, Finding> {
    if is_responder(response.responder_id(), issuer) {
        return if signed(checker, response, issuer) {
            Ok(Vec::new())
        } else {
            Err(Finding::warning("ocsp-signature-invalid").clause("RFC 6960 §3.2"))
        };
    }
    let candidates: Vec<Certificate> = response
        .certificates()
        .iter()
        .chain(&checker.evidence.certificates)
        .filter(|candidate| is_responder(response.responder_id(), candidate))
        .cloned()
        .collect();
    let mut reason = Finding::warning("ocsp-responder-not-found").clause("RFC 6960 §4.2.2.2");
    for candidate in candidates {
        match delegated(checker, path, issuer, response, &candidate) {
            Ok(signer_path) => return Ok(signer_path),
            Err(finding) => reason = finding,
        }
    }
    Err(reason)
}

fn delegated(
    checker: &mut Checker<'_>,
    path: &ValidatedPath,
    issuer: &Certificate,
    response: &OcspResponse,
    candidate: &Certificate,
) -> Result<Vec<Certificate>, Finding> {
    let not_authorised = || Finding::warning("ocsp-responder-not-authorised").clause("RFC 6960 §4.2.2.2");
    let has_purpose = candidate
        .extended_key_usage()
        .is_ok_and(|usage| usage.is_some_and(|usage| usage.purposes.iter().any(|p| p == OCSP_SIGNING)));
    let issued_here = candidate.issuer().matches(issuer.subject())
        && checker.signed_by(
            candidate.sha256(),
            candidate.signature_algorithm(),
            issuer.public_key_info(),
            candidate.tbs(),
            candidate.signature_value(),
        );
    if !has_purpose || !issued_here {
        return Err(not_authorised());
    }
    if !signed(checker, response, candidate) {
        return Err(Finding::warning("ocsp-signature-invalid").clause("RFC 6960 §3.2"));
    }
    checker
        .signer_path(candidate, path, response.produced_at(), needs_no_check(candidate))
        .ok_or_else(|| Finding::warning("ocsp-responder-not-valid").clause("RFC 6960 §4.2.2.2.1"))
}

/// §4.2.2.2.1: nocheck says that nobody needs to ask. Where the certificate names no way of asking at all,
/// that is left to the client; here it counts like nocheck, since no answer could ever come.
fn needs_no_check(responder: &Certificate) -> bool {
    let no_points = responder.crl_distribution_points().is_ok_and(|points| points.is_none());
    let no_responder = responder.authority_information_access().is_ok_and(|access| {
        access.iter().flatten().all(|description| description.method != AccessDescription::OCSP)
    });
    responder.has_ocsp_nocheck() || (no_points && no_responder)
}

fn signed(checker: &mut Checker<'_>, response: &OcspResponse, signer: &Certificate) -> bool {
    checker.signed_by(
        sha256(response.der()),
        response.signature_algorithm(),
        signer.public_key_info(),
        response.tbs(),
        response.signature_value(),
    )
}

/// §4.2.1: by name, or by the SHA-1 of the key (an identifier, so its collisions don't matter).
fn is_responder(id: &ResponderId, certificate: &Certificate) -> bool {
    match id {
        ResponderId::ByName(name) => name.matches(certificate.subject()),
        ResponderId::ByKey(hash) => digest(DigestAlgorithm::Sha1, certificate.public_key_bits())
            .is_ok_and(|digest| digest.value.as_slice() == hash.as_slice()),
    }
}

fn about(finding: Finding, response: &OcspResponse) -> Finding {
    finding.with("ocsp", hex(&sha256(response.der())))
}
