//! The walk of RFC 5280 §6.1 from the anchor down. Unlike there, it doesn't stop at the first failure.

use std::collections::{BTreeMap, BTreeSet};

use hsign_core::{Finding, Time};
use hsign_x509::Certificate;

use super::name_constraints::Constraints;
use super::outcome::PathFailureKind::{Budget, Constraints as Constrained, SignatureUnsupported};
use super::policy_graph::PolicyGraph;
use super::rules::{self, Violation, violation};
use super::signatures::SignatureChecks;
use super::{ANY_POLICY, PathParameters, ValidityModel, profile};
use crate::{Anchor, TrustKind};

/// What the walk found out.
pub(super) struct Outcome {
    pub(super) violations: Vec<Violation>,
    pub(super) profile: Vec<Finding>,
    pub(super) notes: Vec<Finding>,
    pub(super) policies: BTreeSet<String>,
}

/// Validates `below` (target first, the anchor not in it; empty when the target is the anchor).
pub(super) fn validate(
    below: &[Certificate],
    anchor: &Anchor,
    parameters: &PathParameters,
    signatures: &mut SignatureChecks<'_>,
) -> Outcome {
    let target = below.first().unwrap_or(anchor.certificate());
    let mut walk = Walk::start(below.len().max(1), anchor, parameters);
    if below.is_empty() {
        walk.directly_trusted(anchor);
    } else {
        walk.anchor(anchor);
    }
    for (depth, certificate) in below.iter().rev().enumerate() {
        let is_target = depth + 1 == below.len();
        // What this certificate issued: the next one towards the target.
        let issued = below.len().checked_sub(depth + 2).and_then(|index| below.get(index)).unwrap_or(target);
        let valid_at = match parameters.validity_model {
            ValidityModel::Shell => parameters.time,
            ValidityModel::Chain => issued.not_before(),
            ValidityModel::Hybrid => target.not_before(),
        };
        walk.basic_processing(certificate, is_target, valid_at, signatures);
        if is_target {
            walk.wrap_up(certificate);
        } else {
            walk.prepare_for_next(certificate);
        }
    }
    walk.violations.extend(rules::extended_key_usage_of_target(target, &parameters.extended_key_usage));
    if parameters.check_target_validity {
        walk.violations.extend(rules::target_validity(target, parameters.time));
    }
    walk.finish()
}

/// The state variables of §6.1.2.
struct Walk<'a> {
    parameters: &'a PathParameters,
    initial_policies: BTreeSet<String>,
    policies: PolicyGraph,
    names: Constraints,
    explicit_policy: usize,
    inhibit_any_policy: usize,
    policy_mapping: usize,
    issuer: Certificate,
    issuer_key: Vec<u8>,
    max_path_length: usize,
    violations: Vec<Violation>,
    profile: Vec<Finding>,
    notes: Vec<Finding>,
    policy_missing: bool,
}

impl<'a> Walk<'a> {
    fn start(length: usize, anchor: &Anchor, parameters: &'a PathParameters) -> Self {
        let (initial_policies, entry_asks) = initial_policies(anchor, parameters);
        let zero_if = |set: bool| if set { 0 } else { length + 1 };
        Self {
            parameters,
            initial_policies,
            policies: PolicyGraph::initial(),
            names: Constraints::default(),
            explicit_policy: zero_if(parameters.require_explicit_policy || entry_asks),
            inhibit_any_policy: zero_if(parameters.inhibit_any_policy),
            policy_mapping: zero_if(parameters.inhibit_policy_mapping),
            issuer: anchor.certificate().clone(),
            issuer_key: anchor.public_key_info().to_vec(),
            max_path_length: length,
            violations: Vec::new(),
            profile: Vec::new(),
            notes: Vec::new(),
            policy_missing: false,
        }
    }

    /// The registry's period always counts; what the certificate says about itself only on request.
    fn anchor(&mut self, anchor: &Anchor) {
        let certificate = anchor.certificate();
        self.violations.extend(rules::anchor_period(anchor, self.parameters.time));
        if self.parameters.apply_anchor_dates {
            self.violations.extend(rules::validity(certificate, self.parameters.time));
        }
        if self.parameters.apply_anchor_constraints {
            self.profile.extend(profile::anchor(certificate));
            self.violations.extend(rules::repeated_extension(certificate, false));
            self.violations.extend(rules::critical_extensions(certificate, false));
            if !matches!(certificate.certificate_policies(), Ok(None)) {
                self.policies_of(certificate, false);
                self.policy_mappings_of(certificate);
            }
            // An anchor that doesn't say whether it is a CA is one all the same (RFC 5937 §3.2).
            if !matches!(certificate.basic_constraints(), Ok(None)) {
                self.violations.extend(rules::is_ca(certificate));
            }
            self.take_over(certificate);
            self.path_length_of(certificate);
        }
    }

    /// The target is the anchor: nothing above it vouches for it, so only its own statements are judged.
    fn directly_trusted(&mut self, anchor: &Anchor) {
        let certificate = anchor.certificate();
        self.violations.extend(rules::anchor_period(anchor, self.parameters.time));
        self.violations.extend(rules::repeated_extension(certificate, true));
        self.violations.extend(rules::reading_errors(certificate, true));
        self.notes.extend(rules::oddities(certificate, true));
        self.profile.extend(profile::certificate(certificate, certificate, true));
        self.violations.extend(rules::critical_extensions(certificate, true));
        self.policies_of(certificate, true);
        self.wrap_up(certificate);
    }

    /// §6.1.3.
    fn basic_processing(
        &mut self,
        certificate: &Certificate,
        is_target: bool,
        valid_at: Time,
        signatures: &mut SignatureChecks<'_>,
    ) {
        self.profile.extend(profile::certificate(certificate, &self.issuer, is_target));
        self.violations.extend(rules::repeated_extension(certificate, is_target));
        match signatures.check(certificate, &self.issuer_key) {
            Ok(validity) => self.violations.extend(rules::signature(certificate, &validity, is_target)),
            Err(_) => self.violations.push(violation(
                SignatureUnsupported,
                Finding::error("path-search-limit").with("purpose", "signature checks"),
            )),
        }
        self.violations.extend(rules::reading_errors(certificate, is_target));
        self.notes.extend(rules::oddities(certificate, is_target));
        if !is_target {
            self.violations.extend(rules::validity(certificate, valid_at));
        }
        self.violations.extend(rules::name_chaining(certificate, self.issuer.subject(), is_target));
        // (b), (c): only the target's own names count among self-issued certificates.
        if is_target || !certificate.is_self_issued() {
            for found in self.names.check(certificate) {
                self.violations.push(rules::names(certificate, &found, is_target));
            }
        }
        self.policies_of(certificate, is_target);
        self.require_policy(certificate, is_target);
        self.violations.extend(rules::critical_extensions(certificate, is_target));
        self.violations.extend(rules::policy_qualifiers(certificate, is_target));
    }

    /// §6.1.3 (d), (e).
    fn policies_of(&mut self, certificate: &Certificate, is_target: bool) {
        match certificate.certificate_policies() {
            Ok(Some(policies)) => {
                let identifiers: Vec<String> =
                    policies.iter().map(|information| information.policy.clone()).collect();
                let distinct: BTreeSet<&String> = identifiers.iter().collect();
                if distinct.len() != identifiers.len() {
                    self.violations.push(rules::undecodable(certificate, "certificatePolicies", is_target));
                }
                let any_counts = self.inhibit_any_policy > 0 || (!is_target && certificate.is_self_issued());
                if self.policies.add_level(&identifiers, any_counts).is_err() {
                    self.too_many_policies();
                }
            }
            Ok(None) => self.policies.clear(),
            Err(_) => {
                self.policies.clear();
                self.violations.push(rules::undecodable(certificate, "certificatePolicies", is_target));
            }
        }
    }

    /// §6.1.3 (f).
    fn require_policy(&mut self, certificate: &Certificate, is_target: bool) {
        if self.explicit_policy == 0 && self.policies.is_null() && !self.policy_missing {
            self.policy_missing = true;
            self.violations.push(violation(
                Constrained,
                rules::about(
                    Finding::error("no-valid-policy").clause("RFC 5280 §6.1.3 (f)"),
                    certificate,
                    is_target,
                ),
            ));
        }
    }

    /// §6.1.4.
    fn prepare_for_next(&mut self, certificate: &Certificate) {
        self.policy_mappings_of(certificate);
        self.issuer = certificate.clone();
        self.issuer_key = certificate.public_key_info().to_vec();
        if !certificate.is_self_issued() {
            for counter in [&mut self.explicit_policy, &mut self.policy_mapping, &mut self.inhibit_any_policy]
            {
                *counter = counter.saturating_sub(1);
            }
        }
        self.violations.extend(rules::is_ca(certificate));
        if !certificate.is_self_issued() {
            if self.max_path_length == 0 {
                self.violations.push(rules::path_too_long(certificate));
            }
            self.max_path_length = self.max_path_length.saturating_sub(1);
        }
        self.take_over(certificate);
        self.path_length_of(certificate);
    }

    /// §6.1.4 (a), (b).
    fn policy_mappings_of(&mut self, certificate: &Certificate) {
        let mappings = match certificate.policy_mappings() {
            Ok(None) => return,
            Ok(Some(mappings)) => mappings,
            Err(_) => {
                self.violations.push(rules::undecodable(certificate, "policyMappings", false));
                return;
            }
        };
        let mut map = BTreeMap::<String, BTreeSet<String>>::new();
        for mapping in mappings {
            if mapping.issuer_domain == ANY_POLICY || mapping.subject_domain == ANY_POLICY {
                self.violations.push(rules::any_policy_mapped(certificate));
                continue;
            }
            map.entry(mapping.issuer_domain.clone()).or_default().insert(mapping.subject_domain.clone());
        }
        if self.policy_mapping == 0 {
            self.policies.remove(&map);
        } else if self.policies.map(&map).is_err() {
            self.too_many_policies();
        }
    }

    /// §6.1.4 (g), (i), (j), (n): what a CA certificate imposes on those below, anchors on request.
    fn take_over(&mut self, certificate: &Certificate) {
        match certificate.name_constraints() {
            Ok(Some(constraints)) => self.names.add(&constraints),
            Ok(None) => {}
            Err(_) => self.violations.push(rules::undecodable(certificate, "nameConstraints", false)),
        }
        match certificate.policy_constraints() {
            Ok(Some(constraints)) => {
                lower(&mut self.explicit_policy, constraints.require_explicit_policy);
                lower(&mut self.policy_mapping, constraints.inhibit_policy_mapping);
            }
            Ok(None) => {}
            Err(_) => self.violations.push(rules::undecodable(certificate, "policyConstraints", false)),
        }
        match certificate.inhibit_any_policy() {
            Ok(skip) => lower(&mut self.inhibit_any_policy, skip),
            Err(_) => self.violations.push(rules::undecodable(certificate, "inhibitAnyPolicy", false)),
        }
        self.violations.extend(rules::may_sign_certificates(certificate));
        self.violations
            .extend(rules::extended_key_usage_of_ca(certificate, &self.parameters.extended_key_usage));
    }

    /// §6.1.4 (m).
    fn path_length_of(&mut self, certificate: &Certificate) {
        if let Ok(Some(constraints)) = certificate.basic_constraints() {
            lower(&mut self.max_path_length, constraints.path_length);
        }
    }

    /// §6.1.5 (a), (b), (g).
    fn wrap_up(&mut self, certificate: &Certificate) {
        self.explicit_policy = self.explicit_policy.saturating_sub(1);
        match certificate.policy_constraints() {
            Ok(Some(constraints)) if constraints.require_explicit_policy == Some(0) => {
                self.explicit_policy = 0
            }
            Ok(_) => {}
            Err(_) => self.violations.push(rules::undecodable(certificate, "policyConstraints", true)),
        }
        let none_left = self.policies.user_constrained(&self.initial_policies).is_empty();
        if self.explicit_policy == 0 && none_left && !self.policy_missing {
            self.policy_missing = true;
            self.violations.push(violation(
                Constrained,
                rules::about(
                    Finding::error("no-valid-policy").clause("RFC 5280 §6.1.5 (g)"),
                    certificate,
                    true,
                )
                .with("asked", self.initial_policies.iter().cloned().collect::<Vec<_>>().join(" ")),
            ));
        }
    }

    fn too_many_policies(&mut self) {
        self.policies.clear();
        self.explicit_policy = 0;
        self.policy_missing = true;
        self.violations.push(violation(Budget, Finding::error("too-many-policies").clause("RFC 9618 §5")));
    }

    fn finish(self) -> Outcome {
        let policies = self.policies.user_constrained(&self.initial_policies);
        Outcome { violations: self.violations, profile: self.profile, notes: self.notes, policies }
    }
}

fn lower<T: TryInto<usize>>(counter: &mut usize, to: Option<T>) {
    if let Some(to) = to {
        *counter = (*counter).min(to.try_into().unwrap_or(usize::MAX));
    }
}

/// user-initial-policy-set, and whether the anchor's entry makes an explicit policy necessary.
fn initial_policies(anchor: &Anchor, parameters: &PathParameters) -> (BTreeSet<String>, bool) {
    let entry = anchor.entry();
    match &parameters.initial_policies {
        Some(policies) => (policies.iter().cloned().collect(), false),
        // A time-stamp authority's entry names policies of tokens, not of certificates.
        None if entry.kind == TrustKind::Tsa || entry.policies.is_empty() => {
            (BTreeSet::from([ANY_POLICY.to_owned()]), false)
        }
        None => (entry.policies.iter().cloned().collect(), true),
    }
}
