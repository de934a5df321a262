//! Everything at hand for one judgement, parsed once: what travels in the document, what was given or
//! fetched, and what the registry brings.

use std::collections::HashSet;

use hsign_core::Finding;
use hsign_core::facts::{DocumentFacts, EvidenceFacts};
use hsign_pki::{Anchor, Provenance, Purpose, RevocationEvidence};
use hsign_x509::Certificate;

use crate::Context;

/// Certificates that one document may bring: the largest real ones hold a few hundred.
const MAX_CERTIFICATES: usize = 5_000;

pub(crate) struct Material {
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) revocation: RevocationEvidence,
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
        gathering.finish(context)
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
    revocation: RevocationEvidence,
    unreadable: usize,
    left_out: usize,
}

impl Gathering {
    fn new(context: &Context<'_>) -> Self {
        let mut gathering = Self {
            certificates: Vec::new(),
            seen: HashSet::new(),
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

    fn embedded(&mut self, evidence: &EvidenceFacts) {
        for bytes in &evidence.certificates {
            match Certificate::from_der(bytes.as_slice()) {
                Ok(certificate) => self.certificate(certificate),
                Err(_) => self.unreadable += 1,
            }
        }
        self.unreadable +=
            self.revocation.add(&evidence.crls, &evidence.ocsp_responses, Provenance::Embedded);
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
            revocation: self.revocation,
            findings,
        }
    }
}
