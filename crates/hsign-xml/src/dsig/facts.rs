use hsign_core::facts::{EvidenceFacts, Reference as ReferenceFacts, SignedObject, SignerIdentifier};
use hsign_core::{Finding, Octets, SignatureAlgorithm};

use super::{Context, Reference, Resolved, Signature, Unresolved, signature_value_from_xml};

/// A signature as facts, and what its references cover.
#[derive(Clone, Debug)]
pub struct SignedObjectFacts<'d> {
    /// For the engine; `None` where SignedInfo can't be canonicalised, the findings then say why.
    pub signed: Option<SignedObject>,
    /// What became of each reference, in the order of SignedInfo.
    pub references: Vec<Resolved<'d>>,
    /// What was noticed.
    pub findings: Vec<Finding>,
}

/// Resolves all references and puts the signature into the words of the engine. Certificate references stay empty:
/// they are XAdES's.
#[must_use]
pub fn signed_object<'d>(signature: &Signature<'d>, context: &Context<'_, 'd>) -> SignedObjectFacts<'d> {
    let references: Vec<Resolved<'d>> =
        signature.references.iter().map(|reference| reference.actual(context)).collect();
    let mut findings: Vec<Finding> = signature
        .references
        .iter()
        .zip(&references)
        .filter_map(|(reference, resolved)| Some(resolved.digest.as_ref().err()?.finding(&reference.name())))
        .collect();
    findings.extend(method_finding(signature));
    let signed_octets = match signed_octets(signature) {
        Ok(octets) => octets,
        Err(finding) => {
            findings.push(finding);
            return SignedObjectFacts { signed: None, references, findings };
        }
    };
    let algorithm = signature.method.algorithm.clone();
    let signed = SignedObject {
        signed_octets: Octets(signed_octets),
        reordered_octets: None,
        value: Octets(signature_value_from_xml(&algorithm, &signature.value)),
        algorithm,
        references: signature.references.iter().zip(&references).map(reference_facts).collect(),
        signer: signer(signature),
        certificate_references: Vec::new(),
        evidence: evidence(signature),
    };
    SignedObjectFacts { signed: Some(signed), references, findings }
}

/// Why nobody here can check the value, where that is so.
#[must_use]
pub fn method_finding(signature: &Signature<'_>) -> Option<Finding> {
    let SignatureAlgorithm::Unknown(uri) = &signature.method.algorithm else { return None };
    let finding = if uri.contains("#hmac-") {
        // Whoever can verify an HMAC can make it; and HMACOutputLength may cut it to nothing (CVE-2009-0217).
        Finding::warning("xml-signature-with-secret-key").clause("XML Signature §6.3")
    } else if signature.method.output_length.is_some() {
        Finding::error("xml-signature-truncated").clause("XML Signature §4.4.2")
    } else {
        Finding::warning("xml-signature-method-unsupported").clause("XML Signature §6.4")
    };
    Some(finding.with("method", uri))
}

/// SignedInfo in its canonical form.
///
/// # Errors
/// A finding where the method isn't supported, or there is no canonical form.
pub fn signed_octets(signature: &Signature<'_>) -> Result<Vec<u8>, Finding> {
    let Some(method) = &signature.canonicalization else {
        let finding = Finding::error("xml-canonicalization-unsupported").clause("XML Signature §6.5");
        return Err(finding.with("method", &signature.canonicalization_uri));
    };
    signature.canonical_signed_info(method).map_err(|error| Unresolved::from(error).finding("SignedInfo"))
}

fn reference_facts((reference, resolved): (&Reference<'_>, &Resolved<'_>)) -> ReferenceFacts {
    ReferenceFacts {
        name: reference.name(),
        expected: reference.expected(),
        actual: resolved.digest.as_ref().ok().cloned(),
    }
}

/// KeyInfo's hints. Names are text there and DER here, so only the serial number is carried over.
fn signer(signature: &Signature<'_>) -> SignerIdentifier {
    let Some(info) = &signature.key_info else { return SignerIdentifier::default() };
    SignerIdentifier {
        serial: info.issuer_serials.first().map(|by| Octets(by.serial.clone())),
        subject_key_identifier: info.subject_key_identifiers.first().cloned().map(Octets),
        public_key: info.public_keys.first().cloned().map(Octets),
        ..SignerIdentifier::default()
    }
}

fn evidence(signature: &Signature<'_>) -> EvidenceFacts {
    let Some(info) = &signature.key_info else { return EvidenceFacts::default() };
    EvidenceFacts {
        certificates: info.certificates.iter().cloned().map(Octets).collect(),
        crls: info.crls.iter().cloned().map(Octets).collect(),
        ocsp_responses: Vec::new(),
    }
}
