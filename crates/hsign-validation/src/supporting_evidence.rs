//! What has to travel with a document so that it can be judged without a network: certificates and revocation data of
//! signers and time-stamp authorities (EN 319 142-1 and its sisters: level B-LT).

use std::collections::{BTreeMap, BTreeSet};

use hsign_core::facts::{
    Covered, DocumentFacts, EvidenceFacts, SignatureFacts, SignedObject, TimestampFacts,
};
use hsign_core::ports::SignatureVerifier;
use hsign_core::{Finding, Time, ValidationTime};
use hsign_pki::{Freshness, RevocationStatus};
use hsign_x509::Certificate;

use crate::chain::{Chain, freshness};
use crate::material::Material;
use crate::memo::MemoisedVerifier;
use crate::names::shown_subject;
use crate::policy::Demand;
use crate::signer_identification::identify;
use crate::x509_validation::X509Validation;
use crate::{Context, signature, timestamp_validation};

/// What was found, and for whom something is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Support {
    /// Certificates, CRLs and OCSP responses, each once, in a stable order.
    pub evidence: EvidenceFacts,
    /// Signatures and time stamps that lack something.
    pub open: Vec<Open>,
}

/// A signature or time stamp whose material isn't complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Its id within the document.
    pub id: String,
    /// What is missing.
    pub finding: Finding,
}

/// The material of every signature that `wanted` accepts by its id, of the time stamps on them, and of the document's
/// time stamps that it accepts. What is at hand is taken; nothing is fetched.
#[must_use]
pub fn supporting_evidence(
    facts: &DocumentFacts,
    wanted: &dyn Fn(&str) -> bool,
    context: &Context<'_>,
) -> Support {
    let verifier = MemoisedVerifier::new(context.verifier);
    let material = Material::of_document(facts, context);
    let mut gathering = Gathering {
        material: &material,
        context,
        verifier: &verifier,
        pieces: Pieces::default(),
        open: Vec::new(),
    };
    for signature in facts.signatures.iter().filter(|signature| wanted(&signature.id)) {
        gathering.signature(signature, facts);
        signature.timestamps.iter().for_each(|stamp| gathering.timestamp(stamp));
    }
    for stamp in facts.timestamps.iter().filter(|stamp| wanted(&stamp.id)) {
        gathering.timestamp(stamp);
    }
    let Gathering { pieces, open, .. } = gathering;
    Support { evidence: pieces.facts(&material), open }
}

struct Gathering<'a> {
    material: &'a Material,
    context: &'a Context<'a>,
    verifier: &'a dyn SignatureVerifier,
    pieces: Pieces,
    open: Vec<Open>,
}

/// What is needed, by SHA-256.
#[derive(Default)]
struct Pieces {
    certificates: BTreeMap<[u8; 32], Certificate>,
    revocation: BTreeSet<[u8; 32]>,
    /// Signers of CRLs and OCSP responses: data about them are needed too.
    signers_of_data: BTreeMap<[u8; 32], Certificate>,
}

impl Gathering<'_> {
    fn signature(&mut self, facts: &SignatureFacts, document: &DocumentFacts) {
        let Some(signed) = &facts.signed else { return };
        let at = proven_time(facts, document).unwrap_or(self.context.time.0);
        self.signed_object(&facts.id, signed, at, |certificate, material, context, verifier| {
            signature::validate_certificate(certificate, material, context, verifier)
        });
    }

    fn timestamp(&mut self, facts: &TimestampFacts) {
        let Some(read) = &facts.read else { return };
        self.signed_object(&facts.id, &read.signed, read.gen_time.0, timestamp_validation::validate_tsa);
    }

    fn signed_object(
        &mut self,
        id: &str,
        signed: &SignedObject,
        at: Time,
        validate: fn(&Certificate, &Material, &Context<'_>, &dyn SignatureVerifier) -> X509Validation,
    ) {
        let Some(certificate) = identify(signed, &self.material.certificates).certificate else {
            return self.lacks(id, Finding::warning("signer-certificate-missing"));
        };
        let now = validate(&certificate, self.material, self.context, self.verifier);
        // Authorities above it may have ended since; their material stays what it was.
        let then = || Context { time: ValidationTime(at), ..*self.context };
        let chain = now.chain.or_else(|| validate(&certificate, self.material, &then(), self.verifier).chain);
        self.pieces.certificate(&certificate);
        match chain {
            Some(chain) => self.chain(id, &chain, at),
            None => {
                let finding = Finding::warning("path-material-missing");
                self.lacks(id, finding.with("subject", shown_subject(&certificate)));
            }
        }
    }

    fn chain(&mut self, id: &str, chain: &Chain, at: Time) {
        for certificate in chain.path.certificates() {
            self.pieces.certificate(certificate);
        }
        for status in &chain.statuses {
            if let Some(source) = &status.answer.source {
                self.pieces.revocation.insert(source.sha256);
                for certificate in &source.signer_path {
                    self.pieces.certificate(certificate);
                    self.pieces.signers_of_data.insert(certificate.sha256(), certificate.clone());
                }
            }
            let stale = status.answer.freshness_at(at, freshness(self.context.policy.revocation()));
            let open = status.answer.status == RevocationStatus::Unknown
                || (status.answer.status == RevocationStatus::Good && stale == Freshness::Stale);
            if open && chain.demand == Demand::Required {
                let finding = Finding::warning("revocation-material-missing");
                self.lacks(id, finding.with("subject", shown_subject(&status.certificate)));
            }
        }
    }

    fn lacks(&mut self, id: &str, finding: Finding) {
        self.open.push(Open { id: id.to_owned(), finding });
    }
}

/// The earliest time that a time stamp over the signature names.
fn proven_time(facts: &SignatureFacts, document: &DocumentFacts) -> Option<Time> {
    let covers = |stamp: &&TimestampFacts| {
        stamp
            .covers
            .iter()
            .any(|covered| matches!(covered, Covered::SignatureValue { signature } if *signature == facts.id))
    };
    let stamps = facts.timestamps.iter().chain(&document.timestamps).filter(covers);
    stamps.filter_map(|stamp| stamp.read.as_ref()).map(|read| read.gen_time.0).min()
}

impl Pieces {
    fn certificate(&mut self, certificate: &Certificate) {
        self.certificates.entry(certificate.sha256()).or_insert_with(|| certificate.clone());
    }

    fn facts(self, material: &Material) -> EvidenceFacts {
        let mut evidence = EvidenceFacts {
            certificates: self.certificates.values().map(|certificate| certificate.der().into()).collect(),
            ..EvidenceFacts::default()
        };
        let mut taken = BTreeSet::new();
        for crl in &material.revocation.crls {
            let crl = &crl.value;
            let about_a_signer = || {
                self.signers_of_data.values().any(|signer| {
                    signer.issuer().matches(crl.issuer()) && !signer.issuer().matches(signer.subject())
                })
            };
            // A delta is of no use without its base: lists of one issuer go together.
            let beside_a_delta = || {
                let same = |other: &hsign_x509::Crl| {
                    other.is_delta() != crl.is_delta() && other.issuer().matches(crl.issuer())
                };
                let others = material.revocation.crls.iter().map(|other| &other.value);
                others.filter(|other| self.revocation.contains(&other.sha256())).any(same)
            };
            let wanted = self.revocation.contains(&crl.sha256()) || about_a_signer() || beside_a_delta();
            if wanted && taken.insert(crl.sha256()) {
                evidence.crls.push(crl.der().into());
            }
        }
        for response in &material.revocation.ocsp_responses {
            let sha256 = hsign_crypto::sha256(response.value.der());
            if self.revocation.contains(&sha256) && taken.insert(sha256) {
                evidence.ocsp_responses.push(response.value.der().into());
            }
        }
        evidence
    }
}
