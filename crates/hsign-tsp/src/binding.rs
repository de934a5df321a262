use hsign_cms::SignerInfo;
use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{Digest, Finding, Time};
use hsign_x509::Certificate;

use crate::{Token, certificate, structure};

/// What the token has to fit.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// What was sent to be stamped.
    pub imprint: &'a Digest,
    /// Contents of the nonce that was sent.
    pub nonce: Option<&'a [u8]>,
    /// The policy that was asked for.
    pub policy: Option<&'a str>,
    /// Our clock.
    pub now: Time,
    /// How far the authority's clock may be from ours, besides its stated accuracy.
    pub clock_tolerance_seconds: u32,
    /// Certificates of the authority known beforehand, DER, for tokens that carry none.
    pub certificates: &'a [Vec<u8>],
}

/// What a requester has to check before using a token (RFC 3161 §2.2, §2.4.2), but for the chain of the
/// authority's certificate. Every departure is told; an error among them means that the token is not to be
/// used.
pub fn check_binding(
    token: &Token,
    expected: &Expected<'_>,
    verifier: &dyn SignatureVerifier,
) -> Vec<Finding> {
    let mut findings = structure::findings(token);
    findings.extend(imprint(token, expected.imprint));
    findings.extend(nonce(token, expected.nonce));
    findings.extend(policy(token, expected.policy));
    findings.extend(gen_time(token, expected));
    if let [signer] = token.signed_data().signers() {
        findings.extend(message_digest(token, signer));
        match certificate::find(token, signer, expected.certificates) {
            Ok(tsa) => {
                findings.extend(certificate::purpose(&tsa));
                findings.extend(validity(token, &tsa));
                findings.extend(signature(signer, &tsa, verifier));
            }
            Err(finding) => findings.push(finding),
        }
    }
    findings
}

/// §2.4.2: the messageImprint of the request.
fn imprint(token: &Token, expected: &Digest) -> Option<Finding> {
    let found = token.info().imprint()?;
    (found != *expected).then(|| {
        Finding::error("timestamp-imprint-mismatch")
            .clause("RFC 3161 §2.4.2")
            .with("expected", expected.algorithm)
            .with("found", found.algorithm)
    })
}

/// §2.4.2: the nonce of the request, the same number.
fn nonce(token: &Token, expected: Option<&[u8]>) -> Option<Finding> {
    let finding = |code| Some(Finding::error(code).clause("RFC 3161 §2.4.2"));
    match (expected, token.info().nonce.as_deref()) {
        (Some(_), None) => finding("timestamp-nonce-missing"),
        (Some(sent), Some(found)) if shortest(sent) != shortest(found) => finding("timestamp-nonce-mismatch"),
        _ => None,
    }
}

/// Two's complement without the leading octets that only repeat the sign.
fn shortest(mut contents: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = contents
        && let Some(second) = rest.first()
        && matches!((first, second & 0x80), (0, 0) | (0xFF, 0x80))
    {
        contents = rest;
    }
    contents
}

/// §2.4.1: the policy that was asked for.
fn policy(token: &Token, expected: Option<&str>) -> Option<Finding> {
    let expected = expected.filter(|policy| *policy != token.info().policy)?;
    Some(
        Finding::error("timestamp-policy-mismatch")
            .clause("RFC 3161 §2.4.1")
            .with("expected", expected)
            .with("found", &token.info().policy),
    )
}

/// §2.2: the time is close to ours, whichever of the two clocks is wrong.
fn gen_time(token: &Token, expected: &Expected<'_>) -> Option<Finding> {
    let info = token.info();
    let accuracy = info.accuracy_microseconds.unwrap_or(0).div_ceil(1_000_000);
    let tolerance = u64::from(expected.clock_tolerance_seconds).saturating_add(accuracy);
    let ahead = info.gen_time.0.seconds_since(expected.now);
    (ahead.unsigned_abs() > tolerance).then(|| {
        Finding::error("timestamp-clock-difference")
            .clause("RFC 3161 §2.2")
            .with("seconds", ahead)
            .with("tolerance", tolerance)
    })
}

/// RFC 5652 §11.2: the signed digest is that of the TSTInfo.
fn message_digest(token: &Token, signer: &SignerInfo) -> Option<Finding> {
    let signed = signer.message_digest()?;
    let content = token.signed_data().content()?;
    let same = hsign_crypto::digest(signed.algorithm, content).is_ok_and(|actual| actual == signed);
    (!same).then(|| Finding::error("timestamp-message-digest-mismatch").clause("RFC 5652 §11.2"))
}

/// The certificate was in its validity at the time it vouches for.
fn validity(token: &Token, tsa: &Certificate) -> Option<Finding> {
    let time = token.info().gen_time.0;
    (time < tsa.not_before() || time > tsa.not_after()).then(|| {
        Finding::error("tsa-certificate-out-of-validity")
            .clause("RFC 3161 §2.2")
            .with("not_before", tsa.not_before())
            .with("not_after", tsa.not_after())
            .with("gen_time", time)
    })
}

/// RFC 5652 §5.6: the value belongs to the signed attributes and the certificate's key.
fn signature(signer: &SignerInfo, tsa: &Certificate, verifier: &dyn SignatureVerifier) -> Option<Finding> {
    let signed = signer.signed_octets()?; // their absence is an error of its own
    let algorithm = signer.signature_algorithm();
    match verifier.verify(algorithm, tsa.public_key_info(), signed, signer.signature()) {
        SignatureValidity::Valid => None,
        SignatureValidity::Invalid => {
            Some(Finding::error("timestamp-signature-invalid").clause("RFC 5652 §5.6"))
        }
        SignatureValidity::Unsupported(reason) => Some(
            Finding::error("timestamp-signature-unsupported")
                .clause("RFC 5652 §5.6")
                .with("algorithm", algorithm)
                .with("reason", reason),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_are_compared_as_numbers() {
        assert_eq!(shortest(&[0, 0, 5]), [5]);
        assert_eq!(shortest(&[0xFF, 0xFF, 0x85]), [0x85]);
        assert_eq!(shortest(&[0, 0x85]), [0, 0x85]);
        assert_eq!(shortest(&[0xFF, 0x05]), [0xFF, 0x05]);
        assert_ne!(shortest(&[0, 0x85]), shortest(&[0x85]), "positive and negative differ");
        assert_eq!(shortest(&[0]), [0]);
    }
}
