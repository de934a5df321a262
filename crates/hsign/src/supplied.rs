//! What is given beside a document: certificates, revocation data, time-stamp tokens, evidence records, records about
//! qualifications.

use hsign_cades::Records;
use hsign_core::facts::{
    Covered, DocumentFacts, EvidenceFacts, EvidenceOrigin, QualificationEvidenceFacts, TimestampFacts,
    TimestampKind,
};
use hsign_core::{Digest, DigestAlgorithm, Octets, Source, hex};
use hsign_ers::Record;
use hsign_pki::Origin;
use hsign_validation::{Evidence, EvidenceError};

use crate::Error;
use crate::digest::digest_of;
use crate::evidence_record::protected;

/// The kinds of outside evidence, told apart by their content.
#[derive(Clone, Debug, Default)]
pub struct Supplied {
    /// Certificates, CRLs and OCSP responses.
    pub evidence: Evidence,
    /// Time-stamp tokens, as they arrived.
    pub tokens: Vec<Octets>,
    /// Evidence records (RFC 4998), as they arrived.
    pub evidence_records: Vec<Octets>,
    records: Records,
}

impl Supplied {
    /// Adds a file: a token or time-stamp response, an evidence record, certificates and CRLs (DER, PEM, PKCS#7), an OCSP response, a
    /// qualification-evidence record or the signature over one. `name` is what reports say it came from.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), EvidenceError> {
        // A token is a PKCS#7 structure with certificates too, so that it has to be looked for first.
        if hsign_tsp::Token::parse(bytes).is_ok() {
            self.tokens.push(bytes.into());
            return Ok(());
        }
        if Record::parse(bytes).is_ok() {
            self.evidence_records.push(bytes.into());
            return Ok(());
        }
        if self.records.take(name, bytes, EvidenceOrigin::Given) {
            return Ok(());
        }
        self.evidence.add(bytes, Origin::given(name))
    }

    /// Signed records about the qualification of people who sign.
    #[must_use]
    pub fn qualification_evidence(&self) -> &[QualificationEvidenceFacts] {
        self.records.found()
    }

    /// Detached signatures that belong to none of the records: each is a file left behind.
    #[must_use]
    pub fn signatures_without_record(&self) -> usize {
        self.records.loose()
    }
}

/// Gives the facts those of the tokens whose imprint is the digest of the whole document or of one of its signature
/// values: they prove what a token inside would. The others say nothing about this document.
pub(crate) fn attach_tokens(
    facts: &mut DocumentFacts,
    document: &dyn Source,
    tokens: &[Octets],
) -> Result<(), Error> {
    for token in tokens {
        if let Some(stamp) = over_document(facts, document, token)? {
            facts.timestamps.push(stamp);
        } else if let Some((index, stamp)) = over_signature(facts, token)
            && let Some(signature) = facts.signatures.get_mut(index)
        {
            signature.timestamps.push(stamp);
        }
    }
    Ok(())
}

/// Gives the facts the evidence records that protect the whole document: they prove what a time stamp over all of it
/// would. The others say nothing about this document.
pub(crate) fn attach_records(
    facts: &mut DocumentFacts,
    document: &dyn Source,
    records: &[Octets],
) -> Result<(), Error> {
    let covers = everything(facts);
    for record in records {
        let parsed = Record::parse(record.as_slice())?;
        let object = protected(document, &parsed.wanted_digests())?;
        let mut read = hsign_ers::facts(&parsed, &given_id(record), &[object]);
        let initial = read.chains.first().and_then(|chain| chain.timestamps.first());
        if initial.is_some_and(|initial| initial.shows.iter().any(|shown| shown.found == Some(true))) {
            read.covers.clone_from(&covers);
            facts.evidence_records.push(read);
        }
    }
    Ok(())
}

fn over_document(
    facts: &DocumentFacts,
    document: &dyn Source,
    token: &Octets,
) -> Result<Option<TimestampFacts>, Error> {
    let mut failure = None;
    let mut digest = |algorithm| match known_digest(facts, document, algorithm) {
        Ok(digest) => Some(digest),
        Err(error) => {
            failure = Some(error);
            None
        }
    };
    let stamp = read(token, TimestampKind::Document, &mut digest)?;
    match failure {
        Some(error) => Err(error),
        None => Ok(stamp.map(|stamp| TimestampFacts { covers: everything(facts), ..stamp })),
    }
}

/// The document is read once for each algorithm that nobody has computed yet.
fn known_digest(
    facts: &DocumentFacts,
    document: &dyn Source,
    algorithm: DigestAlgorithm,
) -> Result<Digest, Error> {
    match facts.digests.iter().find(|digest| digest.algorithm == algorithm) {
        Some(digest) => Ok(digest.clone()),
        None => digest_of(document, algorithm),
    }
}

fn over_signature(facts: &DocumentFacts, token: &Octets) -> Option<(usize, TimestampFacts)> {
    facts.signatures.iter().enumerate().find_map(|(index, signature)| {
        let value = signature.signed.as_ref()?.value.as_slice();
        let mut digest = |algorithm| hsign_crypto::digest(algorithm, value).ok();
        let stamp = read(token, TimestampKind::Signature, &mut digest).ok()??;
        let covers = vec![Covered::SignatureValue { signature: signature.id.clone() }];
        Some((index, TimestampFacts { covers, ..stamp }))
    })
}

/// The name under which a supplied token or evidence record appears in a document.
#[must_use]
pub fn given_id(object: &Octets) -> String {
    let digest = hex(&hsign_crypto::sha256(object.as_slice()));
    format!("{GIVEN}{}", digest.get(..16).unwrap_or_default())
}

const GIVEN: &str = "given-";

/// The token, if its imprint is the digest offered.
fn read(
    token: &Octets,
    kind: TimestampKind,
    digest: &mut dyn FnMut(DigestAlgorithm) -> Option<Digest>,
) -> Result<Option<TimestampFacts>, Error> {
    let (read, findings) = hsign_tsp::token_facts(token.as_slice(), digest);
    if read.as_ref().and_then(|read| read.imprint.holds()) != Some(true) {
        return Ok(None);
    }
    Ok(Some(TimestampFacts {
        id: given_id(token),
        kind,
        token: token.clone(),
        covers: Vec::new(),
        read,
        findings,
    }))
}

/// All that a token over every byte of the document proves, by name.
fn everything(facts: &DocumentFacts) -> Vec<Covered> {
    let stamps = facts.signatures.iter().flat_map(|signature| &signature.timestamps).chain(&facts.timestamps);
    let inside = stamps.filter(|stamp| !stamp.id.starts_with(GIVEN));
    let mut covers = vec![Covered::DocumentPrefix { length: facts.length }];
    covers.extend(facts.signatures.iter().map(|one| Covered::SignatureValue { signature: one.id.clone() }));
    covers.extend(inside.map(|one| Covered::Timestamp { timestamp: one.id.clone() }));
    covers
        .extend(facts.evidence_records.iter().map(|one| Covered::EvidenceRecord { record: one.id.clone() }));
    covers.extend(objects(&facts.evidence).map(|digest| Covered::Evidence { digest }));
    covers
}

fn objects(evidence: &EvidenceFacts) -> impl Iterator<Item = Digest> + '_ {
    let all = evidence.certificates.iter().chain(&evidence.crls).chain(&evidence.ocsp_responses);
    all.filter_map(|bytes| hsign_crypto::digest(DigestAlgorithm::Sha256, bytes.as_slice()).ok())
}
