use std::sync::Arc;

use hsign_core::facts::QualificationEvidenceFacts;
use hsign_core::{Octets, ValidationTime};
use hsign_crypto::RememberingVerifier;
use hsign_hpki::{DocumentClass, ProfessionTable};
use hsign_pki::TrustRegistry;
use hsign_validation::{Context, Evidence, Policy};

use crate::JournalPort;

/// What judgements depend on besides the document and the time.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What is asked of signatures.
    pub policy: Policy,
    /// Who is trusted for what, from when to when.
    pub trust: TrustRegistry,
    /// Certificates and revocation data from outside the document.
    pub evidence: Evidence,
    /// Time-stamp tokens beside the documents; each speaks for the document or signature that it covers.
    pub tokens: Vec<Octets>,
    /// Evidence records beside the documents; each speaks for the document that it covers.
    pub evidence_records: Vec<Octets>,
    /// Signed records about the qualification of people who sign.
    pub qualification_evidence: Vec<QualificationEvidenceFacts>,
    /// The role texts that are recognised.
    pub professions: ProfessionTable,
    /// What kind of clinical document it is, if known; decides which qualification is asked for.
    pub document_class: Option<DocumentClass>,
    /// Roles, as written in certificates, of which one is asked for in addition.
    pub required_roles: Vec<String>,
    /// SHA-256 of the certificates of people whom the institution lets sign scans.
    pub listed_signers: Vec<[u8; 32]>,
    /// Where what is made, and what is refused, is written down; `None`: nowhere.
    pub journal: Option<JournalPort>,
    /// Checks signature values; what was checked for one document needs no second check for another.
    pub verifier: Arc<RememberingVerifier>,
}

impl Settings {
    /// A policy and whom to trust; everything else as it comes.
    #[must_use]
    pub fn new(policy: Policy, trust: TrustRegistry) -> Self {
        Self {
            policy,
            trust,
            evidence: Evidence::default(),
            tokens: Vec::new(),
            evidence_records: Vec::new(),
            qualification_evidence: Vec::new(),
            professions: ProfessionTable::builtin(),
            document_class: None,
            required_roles: Vec::new(),
            listed_signers: Vec::new(),
            journal: None,
            verifier: Arc::default(),
        }
    }

    pub(crate) fn context<'a>(&'a self, evidence: &'a Evidence, time: ValidationTime) -> Context<'a> {
        Context {
            policy: &self.policy,
            trust: &self.trust,
            evidence,
            time,
            verifier: self.verifier.as_ref(),
            professions: &self.professions,
            document_class: self.document_class.as_ref(),
            required_roles: &self.required_roles,
            proofs: &[],
            listed_signers: &self.listed_signers,
        }
    }
}
