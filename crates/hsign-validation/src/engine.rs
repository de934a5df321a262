//! What one run of the engine shares: its arguments, the material, and answers that would be asked for again
//! (the certificate of one authority stands behind every time stamp of a document).

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use hsign_core::Time;
use hsign_core::ports::SignatureVerifier;
use hsign_pki::PathParameters;
use hsign_x509::Certificate;

use crate::Context;
use crate::material::Material;
use crate::policy::Demand;
use crate::x509_validation::{Question, X509Validation};
use crate::{signature, timestamp_validation};

/// Whose certificate is in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Party {
    Signer,
    Tsa,
}

pub(crate) struct Engine<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) material: &'a Material,
    pub(crate) verifier: &'a dyn SignatureVerifier,
    at_present: RefCell<Answers>,
}

/// By whose certificate it is, and its SHA-256.
type Answers = HashMap<(Party, [u8; 32]), Rc<X509Validation>>;

impl<'a> Engine<'a> {
    pub(crate) fn new(
        context: &'a Context<'a>,
        material: &'a Material,
        verifier: &'a dyn SignatureVerifier,
    ) -> Self {
        Self { context, material, verifier, at_present: RefCell::default() }
    }

    /// X.509 validation at the time of validation; asked once for each certificate.
    pub(crate) fn at_present(&self, party: Party, target: &Certificate) -> Rc<X509Validation> {
        let key = (party, target.sha256());
        if let Some(known) = self.at_present.borrow().get(&key) {
            return Rc::clone(known);
        }
        let validate = match party {
            Party::Signer => signature::validate_certificate,
            Party::Tsa => timestamp_validation::validate_tsa,
        };
        let answer = Rc::new(validate(target, self.material, self.context, self.verifier));
        self.at_present.borrow_mut().insert(key, Rc::clone(&answer));
        answer
    }

    /// What is asked of a certificate's path at `time`. The target's own validity is judged apart.
    pub(crate) fn question<'q>(&'q self, party: Party, target: &'q Certificate, time: Time) -> Question<'q> {
        let policy = self.context.policy;
        let parameters = match party {
            Party::Signer => PathParameters::at(time),
            Party::Tsa => PathParameters::time_stamping_at(time),
        };
        let parameters = PathParameters {
            check_target_validity: false,
            validity_model: policy.validation().validity_model,
            ..parameters
        };
        match party {
            Party::Signer => Question {
                target,
                anchors: &self.material.signer_anchors,
                parameters,
                policies: &policy.signer().certificate_policies,
                revocation: self.demand(party),
                now: time,
            },
            Party::Tsa => Question {
                target,
                anchors: &self.material.tsa_anchors,
                parameters,
                policies: &[],
                revocation: self.demand(party),
                now: time,
            },
        }
    }

    /// Whether the status of every certificate of the path has to be known.
    pub(crate) fn demand(&self, party: Party) -> Demand {
        match party {
            Party::Signer => self.context.policy.revocation().status,
            Party::Tsa => self.context.policy.timestamps().revocation,
        }
    }
}
