//! Signatures and time stamps of a file.

use hsign_core::facts::*;
use hsign_core::{ClaimedSigningTime, DigestAlgorithm, Finding, Octets};

use crate::material::{Material, intact, signed_by};
use crate::synthetic::{SignedSpec, sha256_digest, signed, token};
use crate::xml::{
    Element, algorithm_of, child, children, digest_named, down, items, says, seconds_of, text_of,
};

pub fn read(root: Element<'_>, material: &Material<'_>) -> DocumentFacts {
    let container_broken = container_without_manifest(root);
    let signatures = items(root, "Signatures", "Signature")
        .into_iter()
        .map(|node| signature(root, node, material, container_broken))
        .collect();
    DocumentFacts {
        signatures,
        evidence: material.evidence(),
        ..DocumentFacts::new(DocumentFormat::Pades, 1, vec![sha256_digest(b"document")])
    }
}

fn signature(
    root: Element<'_>,
    node: Element<'_>,
    material: &Material<'_>,
    container_broken: bool,
) -> SignatureFacts {
    let id = node.attribute("Id").unwrap();
    let stamps = items(node, "FoundTimestamps", "FoundTimestamp");
    let ids: Vec<&str> = stamps.iter().filter_map(|one| one.attribute("Timestamp")).collect();
    let all = items(root, "UsedTimestamps", "Timestamp");
    let mut findings = format_findings(node);
    if container_broken {
        findings.push(Finding::error("container-without-manifest"));
    }
    SignatureFacts {
        claimed_signing_time: text_of(node, "ClaimedSigningTime")
            .map(|text| ClaimedSigningTime(text.parse().unwrap())),
        signed: signed_by(node).map(|signer| signed_object(node, signer, id, material)),
        timestamps: all
            .into_iter()
            .filter(|stamp| ids.contains(&stamp.attribute("Id").unwrap()))
            .map(|stamp| timestamp(stamp, id, material))
            .collect(),
        modifications: Some(Modifications::default()),
        findings,
        ..SignatureFacts::new(id.to_owned(), Level::Other, Coverage::WholeDocument)
    }
}

/// What a format crate refuses: references that fit several elements, several signers in one PDF signature, a
/// ByteRange that isn't one.
fn format_findings(node: Element<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let matchers = items(node, "DigestMatchers", "DigestMatcher");
    if matchers.iter().any(|one| one.attribute("duplicated") == Some("true")) {
        findings.push(Finding::error("xml-reference-ambiguous"));
    }
    let binds = ["MESSAGE_DIGEST", "SIGNED_PROPERTIES"];
    if !matchers.iter().any(|one| binds.contains(&one.attribute("type").unwrap_or(""))) {
        findings.push(Finding::warning("cms-no-signed-attributes"));
    }
    let in_pdf = child(node, "PDFRevision").is_some();
    if in_pdf && items(node, "SignerInformationStore", "SignerInfo").len() > 1 {
        findings.push(Finding::error("cms-several-signers"));
    }
    let range = down(node, &["PDFRevision", "PDFSignatureDictionary", "SignatureByteRange"]);
    if range.is_some_and(|range| range.attribute("valid") != Some("true")) {
        findings.push(Finding::error("pdf-byte-range"));
    }
    findings
}

/// An ASiC-E container has to say which files are signed.
fn container_without_manifest(root: Element<'_>) -> bool {
    child(root, "ContainerInfo").is_some_and(|container| {
        text_of(container, "ContainerType") == Some("ASiC-E")
            && items(container, "ManifestFiles", "ManifestFile").is_empty()
    })
}

fn signed_object(node: Element<'_>, signer: &str, id: &str, material: &Material<'_>) -> SignedObject {
    let algorithm = algorithm_of(node);
    let mut object = signed(SignedSpec {
        content: id.as_bytes(),
        key: &material.key(signer),
        certificate: &material.certificate_der.get(signer).cloned().unwrap_or_default(),
        issuer: &material.issuer(signer),
        serial: material.serial(signer),
        digest: algorithm.digest().unwrap_or(DigestAlgorithm::Sha256),
        algorithm,
        value_intact: intact(node) || data_not_found(node),
        data_intact: true,
        evidence: EvidenceFacts::default(),
    });
    // A token's own message digest isn't kept in the files, nor always its reference to the certificate.
    if child(node, "DigestMatchers").is_some() {
        object.references =
            items(node, "DigestMatchers", "DigestMatcher").into_iter().map(reference).collect();
        object.certificate_references = certificate_references(node, signer, material);
    }
    object
}

fn reference(matcher: Element<'_>) -> Reference {
    let algorithm =
        text_of(matcher, "DigestMethod").and_then(digest_named).unwrap_or(DigestAlgorithm::Sha256);
    let kind = matcher.attribute("type").unwrap_or("");
    let name = match kind {
        "MESSAGE_DIGEST" => "message-digest".to_owned(),
        "SIGNED_PROPERTIES" => "signed-properties".to_owned(),
        "MESSAGE_IMPRINT" => "message-imprint".to_owned(),
        other => matcher.attribute("uri").or(matcher.attribute("id")).unwrap_or(other).to_owned(),
    };
    let digest = |content: &[u8]| hsign_crypto::digest(algorithm, content).unwrap();
    let there = if says(matcher, "DataIntact") { b"as signed".as_slice() } else { b"changed" };
    Reference {
        name,
        expected: digest(b"as signed"),
        actual: says(matcher, "DataFound").then(|| digest(there)),
    }
}

/// Without the data the value was never looked at there, and is told as not intact.
fn data_not_found(node: Element<'_>) -> bool {
    items(node, "DigestMatchers", "DigestMatcher").into_iter().any(|one| !says(one, "DataFound"))
}

/// The signed references to the signer's certificate; the unsigned lists (complete references) are none.
fn certificate_references(
    node: Element<'_>,
    signer: &str,
    material: &Material<'_>,
) -> Vec<CertificateReference> {
    let related = items(node, "FoundCertificates", "RelatedCertificate");
    let own = related.into_iter().filter(|one| one.attribute("Certificate") == Some(signer));
    own.flat_map(|one| children(one, "CertificateRef").collect::<Vec<_>>())
        .filter(|one| text_of(*one, "Origin") == Some("SIGNING_CERTIFICATE"))
        .filter_map(|one| child(one, "DigestAlgoAndValue"))
        .filter_map(|stated| {
            let algorithm = text_of(stated, "DigestMethod").and_then(digest_named)?;
            let right = stated.attribute("match") == Some("true");
            let content = if right { material.certificate_der.get(signer)?.as_slice() } else { b"another" };
            let digest = hsign_crypto::digest(algorithm, content).ok()?;
            Some(CertificateReference { digest, issuer: None, serial: None })
        })
        .collect()
}

fn timestamp(node: Element<'_>, signature: &str, material: &Material<'_>) -> TimestampFacts {
    let id = node.attribute("Id").unwrap();
    let kind = match node.attribute("Type").unwrap() {
        "SIGNATURE_TIMESTAMP" => TimestampKind::Signature,
        "DOCUMENT_TIMESTAMP" => TimestampKind::Document,
        "ARCHIVE_TIMESTAMP" => TimestampKind::Archive,
        "CONTENT_TIMESTAMP" | "ALL_DATA_OBJECTS_TIMESTAMP" => TimestampKind::Content,
        other => panic!("{other}"),
    };
    let mut findings = Vec::new();
    let read = signed_by(node).map(|authority| {
        let inner = signed_object(node, authority, id, material);
        let at = seconds_of(node, "ProductionTime").unwrap();
        let mut token = token(id.as_bytes(), DigestAlgorithm::Sha256, true, at, inner);
        token.imprint = reference(child(node, "DigestMatcher").unwrap());
        token
    });
    if read.is_none() {
        findings.push(Finding::error("timestamp-unreadable"));
    }
    TimestampFacts {
        id: id.to_owned(),
        kind,
        token: Octets(id.as_bytes().to_vec()),
        covers: covered(node, kind, signature, material),
        read,
        findings,
    }
}

fn covered(node: Element<'_>, kind: TimestampKind, signature: &str, material: &Material<'_>) -> Vec<Covered> {
    if kind == TimestampKind::Content {
        return vec![Covered::SignedData { signature: signature.to_owned() }];
    }
    let objects = items(node, "TimestampedObjects", "TimestampedObject");
    objects
        .into_iter()
        .flat_map(|object| {
            let token = object.attribute("Token").unwrap();
            match object.attribute("Category").unwrap() {
                "SIGNATURE" => vec![Covered::SignatureValue { signature: token.to_owned() }],
                "TIMESTAMP" => vec![Covered::Timestamp { timestamp: token.to_owned() }],
                "CERTIFICATE" | "REVOCATION" => {
                    let digests = material.digests(token).into_iter();
                    digests.map(|digest| Covered::Evidence { digest }).collect()
                }
                _ => Vec::new(),
            }
        })
        .collect()
}
