//! What each part of a document relies on, and until when that is good enough: the table's answers, no judgement.

use hsign_core::PublicKeyKind;
use hsign_core::facts::{DocumentFacts, EvidenceFacts, SignedObject, TimestampFacts};
use hsign_pki::algorithms::{AlgorithmTable, Limit};
use hsign_x509::{Certificate, Crl, Name, OcspResponse, ResponderId};
use serde::Serialize;

use crate::algorithm_constraints::AlgorithmsInUse;
use crate::names::shown_subject;
use crate::signer_identification::identify;

/// One object and the algorithms that it relies on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExplainedObject {
    /// What it is.
    pub object: ObjectKind,
    /// Which: the identifier of a signature or time stamp, the subject of a certificate, the issuer of
    /// revocation data.
    pub name: String,
    /// What it relies on.
    pub uses: Vec<ExplainedUse>,
}

/// Kinds of objects that rely on algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum ObjectKind {
    Signature,
    Timestamp,
    Certificate,
    Crl,
    Ocsp,
}

/// One algorithm in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExplainedUse {
    /// What for.
    pub purpose: AlgorithmPurpose,
    /// Its name; a key with its size.
    pub algorithm: String,
    /// Until when it is good enough.
    pub until: Limit,
}

/// What an algorithm is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AlgorithmPurpose {
    /// The signature value: scheme, digest and, where it is the weaker, the signer's key.
    SignatureValue,
    /// The key of the object itself, or of its signer.
    Key,
    /// The digest of what is signed.
    SignedDigest,
    /// The digest by which a certificate is pointed to.
    CertificateReference,
    /// The digest of what is time-stamped.
    Imprint,
}

impl ExplainedObject {
    /// Until when all of it is good enough.
    #[must_use]
    pub fn until(&self) -> Limit {
        self.uses.iter().map(|one| one.until).min().unwrap_or(Limit::NoEnd)
    }

    fn new(object: ObjectKind, name: String, used: &AlgorithmsInUse) -> Self {
        Self { object, name, uses: used.explained() }
    }
}

/// A certificate, with its issuer where that is at hand.
#[must_use]
pub fn explain_certificate(
    certificate: &Certificate,
    issuer: Option<&Certificate>,
    table: &AlgorithmTable,
) -> ExplainedObject {
    let key = issuer.map(Certificate::public_key_kind);
    let used = AlgorithmsInUse::of_certificate(certificate, key, table);
    ExplainedObject::new(ObjectKind::Certificate, shown_subject(certificate), &used)
}

/// Every signature, time stamp, certificate and piece of revocation data of a document, each once.
#[must_use]
pub fn explain_document(facts: &DocumentFacts, table: &AlgorithmTable) -> Vec<ExplainedObject> {
    let stamps: Vec<&TimestampFacts> = stamps(facts).collect();
    let evidence: Vec<&EvidenceFacts> = evidence(facts, &stamps).collect();
    let pool = certificates(&evidence);
    let key_of = |signed: &SignedObject| {
        identify(signed, &pool).certificate.map(|signer| signer.public_key_kind().clone())
    };
    let mut found = Vec::new();
    for (id, signed) in facts.signatures.iter().filter_map(|one| Some((&one.id, one.signed.as_ref()?))) {
        let used = AlgorithmsInUse::of_signature(signed, key_of(signed).as_ref(), table);
        found.push(ExplainedObject::new(ObjectKind::Signature, id.clone(), &used));
    }
    for (id, read) in stamps.iter().filter_map(|one| Some((&one.id, one.read.as_ref()?))) {
        let used = AlgorithmsInUse::of_token(read, key_of(&read.signed).as_ref(), table);
        found.push(ExplainedObject::new(ObjectKind::Timestamp, id.clone(), &used));
    }
    found.extend(
        pool.iter()
            .map(|certificate| explain_certificate(certificate, named(&pool, certificate.issuer()), table)),
    );
    for data in evidence {
        found.extend(revocation(data, &pool, table));
    }
    let mut once: Vec<ExplainedObject> = Vec::with_capacity(found.len());
    for object in found {
        if !once.contains(&object) {
            once.push(object);
        }
    }
    once
}

fn stamps(facts: &DocumentFacts) -> impl Iterator<Item = &TimestampFacts> {
    let records = facts.evidence_records.iter().flat_map(|record| &record.chains);
    let archived = records.flat_map(|chain| &chain.timestamps).map(|archived| &archived.timestamp);
    facts
        .signatures
        .iter()
        .flat_map(|signature| &signature.timestamps)
        .chain(&facts.timestamps)
        .chain(archived)
}

fn evidence<'a>(
    facts: &'a DocumentFacts,
    stamps: &[&'a TimestampFacts],
) -> impl Iterator<Item = &'a EvidenceFacts> {
    let signed = facts.signatures.iter().filter_map(|one| one.signed.as_ref()).map(|signed| &signed.evidence);
    let tokens: Vec<_> =
        stamps.iter().filter_map(|one| one.read.as_ref()).map(|read| &read.signed.evidence).collect();
    let records = facts.evidence_records.iter().map(|record| &record.evidence);
    std::iter::once(&facts.evidence).chain(signed).chain(tokens).chain(records)
}

/// Each once; what can't be read is the verdict's concern.
fn certificates(evidence: &[&EvidenceFacts]) -> Vec<Certificate> {
    let mut found: Vec<Certificate> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for bytes in evidence.iter().flat_map(|data| &data.certificates) {
        if let Ok(certificate) = Certificate::from_der(bytes.as_slice())
            && seen.insert(certificate.sha256())
        {
            found.push(certificate);
        }
    }
    found
}

fn named<'a>(pool: &'a [Certificate], name: &Name) -> Option<&'a Certificate> {
    pool.iter().find(|certificate| certificate.subject().matches(name))
}

fn revocation<'a>(
    data: &'a EvidenceFacts,
    pool: &'a [Certificate],
    table: &'a AlgorithmTable,
) -> impl Iterator<Item = ExplainedObject> {
    let crls = data.crls.iter().filter_map(|bytes| Crl::from_der(bytes.as_slice()).ok());
    let crls = crls.map(|crl| {
        let key = named(pool, crl.issuer()).map(Certificate::public_key_kind);
        let used = AlgorithmsInUse::of_value(crl.signature_algorithm(), key, table);
        ExplainedObject::new(ObjectKind::Crl, crl.issuer().to_string(), &used)
    });
    let ocsp = data.ocsp_responses.iter().filter_map(|bytes| OcspResponse::from_der(bytes.as_slice()).ok());
    let ocsp = ocsp.map(|response| {
        let (name, key) = responder(response.responder_id(), pool);
        let used = AlgorithmsInUse::of_value(response.signature_algorithm(), key, table);
        ExplainedObject::new(ObjectKind::Ocsp, name, &used)
    });
    crls.chain(ocsp)
}

fn responder<'a>(id: &ResponderId, pool: &'a [Certificate]) -> (String, Option<&'a PublicKeyKind>) {
    match id {
        ResponderId::ByName(name) => (name.to_string(), named(pool, name).map(Certificate::public_key_kind)),
        // Whose key it is would have to be computed; the name of nobody is shown.
        ResponderId::ByKey(key) => (hsign_core::hex(key), None),
    }
}
