//! Everything at hand for one judgement, parsed once: what travels in the document, what was given or
//! fetched, and what the registry brings.

use std::collections::HashSet;

use hsign_core::facts::{DocumentFacts, EvidenceFacts};
use hsign_core::{Finding, Octets, Time};
use hsign_crypto::sha256;
use hsign_pki::{Anchor, Provenance, Purpose, RevocationEvidence};
use hsign_x509::{Certificate, Name};

use crate::Context;
use crate::poe::{ProofsOfExistence, ProvenObject};

/// Certificates that one document may bring: the largest real ones hold a few hundred.
const MAX_CERTIFICATES: usize = 5_000;

pub(crate) struct Material {
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) revocation: RevocationEvidence,
    /// SHA-256 of the OCSP responses, in their order.
    ocsp_digests: Vec<[u8; 32]>,
    pub(crate) signer_anchors: Vec<Anchor>,
    pub(crate) tsa_anchors: Vec<Anchor>,
    pub(crate) findings: Vec<Finding>,
}

impl Material {
    /// Gathers what `facts` and `context` hold.
    pub(crate) fn of_document(facts: &DocumentFacts, context: &Context<'_>) -> Self {
        let mut gathering = Gathering::new(context);
        gathering.embedded(&facts.evidence);
        for signature in &facts.signatures {
            gathering.embedded_in(signature.signed.iter().map(|signed| &signed.evidence));
            gathering.embedded_in(
                signature
                    .timestamps
                    .iter()
                    .filter_map(|stamp| stamp.read.as_ref().map(|read| &read.signed.evidence)),
            );
        }
        gathering.embedded_in(
            facts.timestamps.iter().filter_map(|stamp| stamp.read.as_ref().map(|read| &read.signed.evidence)),
        );
        for record in &facts.evidence_records {
            gathering.embedded(&record.evidence);
            let archive = record.chains.iter().flat_map(|chain| &chain.timestamps);
            let read = archive.filter_map(|stamp| stamp.timestamp.read.as_ref());
            gathering.embedded_in(read.map(|read| &read.signed.evidence));
        }
        gathering.finish(context)
    }

    /// Certificates with this subject.
    pub(crate) fn named<'m>(&'m self, subject: &'m Name) -> impl Iterator<Item = &'m Certificate> {
        self.certificates.iter().filter(move |certificate| certificate.subject().matches(subject))
    }

    /// The revocation data that had been issued and are proven to have existed at `time`.
    pub(crate) fn revocation_known_at(&self, time: Time, proofs: &ProofsOfExistence) -> RevocationEvidence {
        let existed = |digest: [u8; 32]| proofs.exists_at(&ProvenObject::Evidence(digest), time);
        let crls = self.revocation.crls.iter();
        let responses = self.revocation.ocsp_responses.iter().zip(&self.ocsp_digests);
        RevocationEvidence {
            crls: crls
                .filter(|crl| crl.value.this_update() < time && existed(crl.value.sha256()))
                .cloned()
                .collect(),
            ocsp_responses: responses
                .filter(|(response, digest)| {
                    response.value.responses().iter().any(|single| single.this_update < time)
                        && existed(**digest)
                })
                .map(|(response, _)| response.clone())
                .collect(),
            certificates: self.revocation.certificates.clone(),
        }
    }

    /// For a certificate alone.
    pub(crate) fn of_certificate(
        certificate: &Certificate,
        chain: &[Certificate],
        context: &Context<'_>,
    ) -> Self {
        let mut gathering = Gathering::new(context);
        gathering.certificate(certificate.clone());
        for issuer in chain {
            gathering.certificate(issuer.clone());
        }
        gathering.finish(context)
    }
}

struct Gathering {
    certificates: Vec<Certificate>,
    seen: HashSet<[u8; 32]>,
    seen_revocation: HashSet<[u8; 32]>,
    revocation: RevocationEvidence,
    unreadable: usize,
    left_out: usize,
}

impl Gathering {
    fn new(context: &Context<'_>) -> Self {
        let mut gathering = Self {
            certificates: Vec::new(),
            seen: HashSet::new(),
            seen_revocation: HashSet::new(),
            revocation: context.evidence.revocation.clone(),
            unreadable: 0,
            left_out: 0,
        };
        let registry = context.trust.entries().iter().filter_map(|entry| entry.certificate.as_ref());
        for certificate in registry.chain(&context.evidence.certificates) {
            gathering.certificate(certificate.clone());
        }
        gathering
    }

    fn certificate(&mut self, certificate: Certificate) {
        if self.certificates.len() >= MAX_CERTIFICATES {
            self.left_out += 1;
        } else if self.seen.insert(certificate.sha256()) {
            self.certificates.push(certificate);
        }
    }

    fn embedded_in<'f>(&mut self, evidence: impl Iterator<Item = &'f EvidenceFacts>) {
        evidence.for_each(|evidence| self.embedded(evidence));
    }

    /// What was given and stands in the document as well is in the document: it doesn't get lost with whoever gave it.
    fn also_inside(&mut self, evidence: &EvidenceFacts) {
        let inside = |pieces: &[Octets], der: &[u8]| pieces.iter().any(|bytes| bytes.as_slice() == der);
        for known in self.revocation.crls.iter_mut().filter(|one| inside(&evidence.crls, one.value.der())) {
            known.origin = Provenance::Embedded.into();
        }
        let responses = self.revocation.ocsp_responses.iter_mut();
        for known in responses.filter(|one| inside(&evidence.ocsp_responses, one.value.der())) {
            known.origin = Provenance::Embedded.into();
        }
    }

    fn embedded(&mut self, evidence: &EvidenceFacts) {
        for bytes in &evidence.certificates {
            // The same authority may stand beside every signature; it is parsed once.
            if self.seen.contains(&sha256(bytes.as_slice())) {
                continue;
            }
            match Certificate::from_der(bytes.as_slice()) {
                Ok(certificate) => self.certificate(certificate),
                Err(_) => self.unreadable += 1,
            }
        }
        self.also_inside(evidence);
        // The same list may stand beside every signature; it is parsed and searched once.
        let new = |pieces: &[Octets], seen: &mut HashSet<[u8; 32]>| -> Vec<Octets> {
            pieces.iter().filter(|bytes| seen.insert(sha256(bytes.as_slice()))).cloned().collect()
        };
        let crls = new(&evidence.crls, &mut self.seen_revocation);
        let responses = new(&evidence.ocsp_responses, &mut self.seen_revocation);
        self.unreadable += self.revocation.add(&crls, &responses, Provenance::Embedded);
    }

    fn finish(mut self, context: &Context<'_>) -> Material {
        self.revocation.certificates.extend(self.certificates.iter().cloned());
        let mut findings = Vec::new();
        if self.unreadable > 0 {
            findings.push(Finding::warning("embedded-evidence-unreadable").with("count", self.unreadable));
        }
        if self.left_out > 0 {
            findings.push(
                Finding::warning("too-many-certificates")
                    .with("limit", MAX_CERTIFICATES)
                    .with("left_out", self.left_out),
            );
        }
        Material {
            signer_anchors: context.trust.anchors(Purpose::Signer, &self.certificates),
            tsa_anchors: context.trust.anchors(Purpose::Tsa, &self.certificates),
            certificates: self.certificates,
            ocsp_digests: self
                .revocation
                .ocsp_responses
                .iter()
                .map(|given| sha256(given.value.der()))
                .collect(),
            revocation: self.revocation,
            findings,
        }
    }
}
