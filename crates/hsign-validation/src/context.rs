use hsign_core::ValidationTime;
use hsign_core::ports::SignatureVerifier;
use hsign_hpki::{DocumentClass, ProfessionTable, RequiredRoles};
use hsign_pki::TrustRegistry;

use crate::{Evidence, GivenProof, Policy};

/// Everything a judgement depends on besides the facts: the same context gives the same verdict.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// What is asked of signatures.
    pub policy: &'a Policy,
    /// Who is trusted for what.
    pub trust: &'a TrustRegistry,
    /// Material from outside the document.
    pub evidence: &'a Evidence,
    /// When the judgement is made.
    pub time: ValidationTime,
    /// Checks signature values.
    pub verifier: &'a dyn SignatureVerifier,
    /// The role texts that are recognised.
    pub professions: &'a ProfessionTable,
    /// What kind of clinical document it is, if told.
    pub document_class: Option<&'a DocumentClass>,
    /// Roles of which one is needed in addition; empty: none in particular.
    pub required_roles: &'a [String],
    /// Times by which objects are known to have existed on the caller's word (an archive's registry).
    pub proofs: &'a [GivenProof],
    /// SHA-256 of certificates of signers whom the institution lists (for scans).
    pub listed_signers: &'a [[u8; 32]],
}

impl Context<'_> {
    /// The roles that class, request and policy together ask for. A class takes the place of the policy's
    /// own roles, since it is more particular.
    #[must_use]
    pub fn required(&self) -> RequiredRoles {
        let base = match self.document_class {
            Some(class) => RequiredRoles::of_class(class),
            None => RequiredRoles::any_national().and_one_of(&self.policy.signer().roles),
        };
        base.and_one_of(self.required_roles)
    }
}
