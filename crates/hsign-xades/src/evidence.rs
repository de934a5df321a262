//! Certificates and revocation data in the unsigned properties (EN 319 132-1).

use hsign_core::facts::EvidenceFacts;
use hsign_core::{Budget, BudgetExhausted, Digest, DigestAlgorithm, Finding, Octets};
use hsign_xml::Node;
use hsign_xml::dsig::KeyInfo;

use crate::names::{DS, is_xades, xades};
use crate::values;

/// Properties whose `Encapsulated...` elements are read, at whatever depth.
const CONTAINERS: [&str; 7] = [
    "CertificateValues",
    "RevocationValues",
    "AttrAuthoritiesCertValues",
    "AttributeRevocationValues",
    "TimeStampValidationData",
    "AnyValidationData",
    "ValidationData",
];

/// Properties that name evidence by digests.
const REFERENCES: [&str; 6] = [
    "CompleteCertificateRefs",
    "CompleteCertificateRefsV2",
    "CompleteRevocationRefs",
    "AttributeCertificateRefs",
    "AttributeCertificateRefsV2",
    "AttributeRevocationRefs",
];

/// What a piece of evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Certificate,
    Crl,
    Ocsp,
}

/// One piece where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Piece<'d> {
    pub(crate) element: Node<'d>,
    pub(crate) kind: Kind,
    pub(crate) octets: Octets,
}

impl Piece<'_> {
    /// The name by which coverage refers to it.
    pub(crate) fn digest(&self) -> Digest {
        Digest::new(DigestAlgorithm::Sha256, hsign_crypto::sha256(self.octets.as_slice()).to_vec())
    }
}

/// Whether it is one of the properties that hold evidence.
pub(crate) fn is_container(property: Node<'_>) -> bool {
    xades(property).is_some_and(|(_, name)| CONTAINERS.contains(&name))
}

/// Everything in one property.
pub(crate) fn read<'d>(
    property: Node<'d>,
    budget: &mut Budget,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Piece<'d>>, BudgetExhausted> {
    let mut pieces = Vec::new();
    for element in property.descendants() {
        let Some((_, name)) = xades(element) else { continue };
        let kind = match name {
            "EncapsulatedX509Certificate" => Kind::Certificate,
            "EncapsulatedCRLValue" => Kind::Crl,
            "EncapsulatedOCSPValue" => Kind::Ocsp,
            "OtherCertificate" | "OtherValue" => {
                findings.push(other(name));
                continue;
            }
            _ => continue,
        };
        budget.spend(1)?;
        match values::octets(element) {
            Some(octets) => pieces.push(Piece { element, kind, octets: octets.into() }),
            None => findings.push(unreadable(name)),
        }
    }
    Ok(pieces)
}

/// Digests by which references of older levels name certificates and revocation data (CompleteCertificateRefs and its
/// kin), with the places where they stand.
pub(crate) fn references<'d>(
    property: Node<'d>,
    budget: &mut Budget,
) -> Result<Vec<(Node<'d>, Digest)>, BudgetExhausted> {
    let mut found = Vec::new();
    if !xades(property).is_some_and(|(_, name)| REFERENCES.contains(&name)) {
        return Ok(found);
    }
    for element in property.descendants() {
        if is_xades(element, "CertDigest") || is_xades(element, "DigestAlgAndValue") {
            budget.spend(1)?;
            found.extend(values::digest(element).map(|digest| (element, digest)));
        }
    }
    Ok(found)
}

/// Certificates and CRLs in KeyInfo, which has decoded them in their order.
pub(crate) fn of_key_info<'d>(
    key_info: &KeyInfo<'d>,
    budget: &mut Budget,
) -> Result<Vec<Piece<'d>>, BudgetExhausted> {
    let (mut certificates, mut crls) = (key_info.certificates.iter(), key_info.crls.iter());
    let mut pieces = Vec::new();
    for element in key_info.node.children_named(DS, "X509Data").flat_map(Node::elements) {
        let (kind, octets) = match element.name() {
            (DS, "X509Certificate") => (Kind::Certificate, certificates.next()),
            (DS, "X509CRL") => (Kind::Crl, crls.next()),
            _ => continue,
        };
        budget.spend(1)?;
        pieces.extend(octets.map(|octets| Piece { element, kind, octets: octets.as_slice().into() }));
    }
    Ok(pieces)
}

/// The pieces by kind.
pub(crate) fn facts(pieces: &[Piece<'_>]) -> EvidenceFacts {
    let mut facts = EvidenceFacts::default();
    for piece in pieces {
        let list = match piece.kind {
            Kind::Certificate => &mut facts.certificates,
            Kind::Crl => &mut facts.crls,
            Kind::Ocsp => &mut facts.ocsp_responses,
        };
        list.push(piece.octets.clone());
    }
    facts
}

fn unreadable(element: &str) -> Finding {
    Finding::warning("xades-evidence-unreadable").clause("EN 319 132-1").with("element", element)
}

/// Values in a form that isn't X.509.
fn other(element: &str) -> Finding {
    Finding::info("xades-evidence-of-other-form").clause("EN 319 132-1").with("element", element)
}
