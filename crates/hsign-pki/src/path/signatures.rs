use hsign_core::ports::{SignatureValidity, SignatureVerifier};
use hsign_core::{Budget, BudgetExhausted};
use hsign_x509::Certificate;

use crate::answers::Answers;

/// Signature checks for one search. webpki stops at 100; backtracking over a bridge needs more, and 400
/// RSA checks still take no more than 10 ms.
const MAX_SIGNATURE_CHECKS: u64 = 400;

/// Signature checks, each made once and counted.
pub(super) struct SignatureChecks<'v> {
    verifier: &'v dyn SignatureVerifier,
    done: Answers<SignatureValidity>,
    budget: Budget,
}

impl<'v> SignatureChecks<'v> {
    pub(super) fn new(verifier: &'v dyn SignatureVerifier) -> Self {
        Self {
            verifier,
            done: Answers::new(),
            budget: Budget::new("signature checks in a path search", MAX_SIGNATURE_CHECKS),
        }
    }

    /// Whether `key` (a SubjectPublicKeyInfo) made the certificate's signature.
    pub(super) fn check(
        &mut self,
        certificate: &Certificate,
        key: &[u8],
    ) -> Result<SignatureValidity, BudgetExhausted> {
        let object = certificate.sha256();
        if let Some(known) = self.done.get(object, key) {
            return Ok(known.clone());
        }
        self.budget.spend(1)?;
        let validity = self.verifier.verify(
            certificate.signature_algorithm(),
            key,
            certificate.tbs(),
            certificate.signature_value(),
        );
        self.done.insert(object, key, validity.clone());
        Ok(validity)
    }
}
