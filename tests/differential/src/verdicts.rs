//! The three answers side by side, and the rules that explain where they differ.

use std::collections::BTreeMap;

use hsign_core::{Severity, Time};
use hsign_crypto::OpensslVerifier;
use hsign_pki::{ANY_POLICY, Anchor, PathParameters, Paths};
use hsign_x509::{Certificate, GeneralName, extension_oid};

use crate::{certval, openssl};

/// Inputs of validation that all three have.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Unix seconds.
    pub time: i64,
    /// user-initial-policy-set.
    pub policies: Vec<String>,
    /// initial-explicit-policy.
    pub explicit_policy: bool,
    /// initial-policy-mapping-inhibit.
    pub inhibit_mapping: bool,
    /// initial-any-policy-inhibit.
    pub inhibit_any: bool,
    /// Whether the anchor's own extensions and dates count.
    pub anchor_counts: bool,
}

impl Settings {
    /// Any policy, the anchor by name and key.
    #[must_use]
    pub fn at(time: i64) -> Self {
        Self {
            time,
            policies: vec![ANY_POLICY.to_owned()],
            explicit_policy: false,
            inhibit_mapping: false,
            inhibit_any: false,
            anchor_counts: false,
        }
    }

    fn parameters(&self) -> PathParameters {
        PathParameters {
            initial_policies: Some(self.policies.clone()),
            require_explicit_policy: self.explicit_policy,
            inhibit_policy_mapping: self.inhibit_mapping,
            inhibit_any_policy: self.inhibit_any,
            apply_anchor_constraints: self.anchor_counts,
            apply_anchor_dates: self.anchor_counts,
            allow_anchor_as_target: false,
            ..PathParameters::at(Time::from_unix_seconds(self.time).expect("a time"))
        }
    }
}

/// How often the judges agreed, and what explained it where they didn't.
#[derive(Debug, Default)]
pub struct Tally {
    /// Paths that all accept.
    pub accepted: u32,
    /// Paths that all refuse.
    pub refused: u32,
    /// Disagreements by the rule that explains them.
    pub explained: BTreeMap<&'static str, u32>,
}

impl Tally {
    /// One line for the table and one for each rule.
    ///
    /// # Panics
    /// When nothing was compared.
    pub fn print(&self, set: &str) {
        let explained: u32 = self.explained.values().sum();
        println!("\ndifferential | {set} | {} | {} | {explained} |", self.accepted, self.refused);
        for (rule, count) in &self.explained {
            println!("differential rule | {set} | {rule} | {count} |");
        }
        assert!(self.accepted > 0, "{set}: nothing was compared");
    }

    fn count(&mut self, ours: bool, explanation: Option<&'static str>) {
        match explanation {
            Some(rule) => *self.explained.entry(rule).or_default() += 1,
            None if ours => self.accepted += 1,
            None => self.refused += 1,
        }
    }
}

/// Lets all three judge every complete path that we find from the target to an anchor: certval with the anchor as name
/// and key, then certval and OpenSSL with what the anchor says about itself, which OpenSSL always applies.
///
/// # Panics
/// On a disagreement that no rule explains.
pub fn judge_all(
    case: &str,
    target: &Certificate,
    pool: &[Certificate],
    anchors: &[Certificate],
    settings: &Settings,
    tally: &mut Tally,
) {
    for anchor_counts in [false, true] {
        let settings = Settings { anchor_counts, ..settings.clone() };
        judge(case, target, pool, anchors, &settings, tally);
    }
}

fn judge(
    case: &str,
    target: &Certificate,
    pool: &[Certificate],
    anchors: &[Certificate],
    settings: &Settings,
    tally: &mut Tally,
) {
    let anchors: Vec<Anchor> = anchors.iter().cloned().map(Anchor::from_certificate).collect();
    let parameters = settings.parameters();
    let verifier = OpensslVerifier::new();
    for outcome in Paths::new(target, pool, &anchors, &parameters, &verifier) {
        let (path, ours) = match outcome {
            Ok(path) => (path.certificates().to_vec(), Ok(())),
            Err(failure) => {
                let errors = failure.findings.iter().filter(|finding| finding.severity == Severity::Error);
                (failure.path.clone(), Err(errors.map(|finding| finding.code.clone()).collect::<Vec<_>>()))
            }
        };
        let ends =
            |certificate: &Certificate| anchors.iter().any(|anchor| anchor.certificate() == certificate);
        // Namesakes with another key and dead ends are no paths.
        if path.len() < 2 || !path.last().is_some_and(ends) {
            continue;
        }
        compare(case, "certval", &path, &ours, certval(&path, settings), settings, tally);
        if settings.anchor_counts {
            compare(case, "OpenSSL", &path, &ours, openssl(&path, settings), settings, tally);
        }
    }
}

fn compare(
    case: &str,
    judge: &'static str,
    path: &[Certificate],
    ours: &Result<(), Vec<String>>,
    theirs: Result<(), String>,
    settings: &Settings,
    tally: &mut Tally,
) {
    let explanation = match (ours, &theirs) {
        (Ok(()), Ok(())) | (Err(_), Err(_)) => None,
        _ => match explain(judge, path, ours, &theirs, settings) {
            Some(rule) => Some(rule),
            None => panic!(
                "{case}: we say {ours:?}, {judge} says {theirs:?}, by {settings:?}, about\n{}",
                pem(path)
            ),
        },
    };
    tally.count(ours.is_ok(), explanation);
}

/// The path, to be looked at.
fn pem(path: &[Certificate]) -> String {
    let read = path.iter().filter_map(|certificate| ::openssl::x509::X509::from_der(certificate.der()).ok());
    let lines = read.filter_map(|certificate| certificate.to_pem().ok());
    lines.map(|pem| String::from_utf8_lossy(&pem).into_owned()).collect()
}

/// The rule behind a disagreement; it has to be seen in the certificates as well as in the words.
#[must_use]
pub fn explain(
    judge: &str,
    path: &[Certificate],
    ours: &Result<(), Vec<String>>,
    theirs: &Result<(), String>,
    settings: &Settings,
) -> Option<&'static str> {
    let case = Case { judge, path, settings };
    match (ours, theirs) {
        (Err(codes), Ok(())) => {
            let rules: Vec<_> = codes.iter().map(|code| case.we_refuse(code)).collect();
            if rules.contains(&None) { None } else { rules.first().copied().flatten() }
        }
        (Ok(()), Err(reason)) => case.they_refuse(reason),
        _ => None,
    }
}

struct Case<'a> {
    judge: &'a str,
    path: &'a [Certificate],
    settings: &'a Settings,
}

impl Case<'_> {
    /// They accept what we refuse for this reason: a rule they are known not to have.
    fn we_refuse(&self, code: &str) -> Option<&'static str> {
        match code {
            "name-excluded" if self.has_wildcard() => Some(
                "CVE-2025-61727: a wildcard is excluded with one of the names it stands for (neither sees it)",
            ),
            "name-constraint-unprocessable" if self.judge == "OpenSSL" => Some(
                "RFC 5280 §4.2.1.10: a dNSName constraint with a leading period has no meaning (OpenSSL gives it one)",
            ),
            "extension-undecodable" if self.constrains_nothing() => Some(
                "RFC 5280 §4.2.1.10: name constraints with two empty lists don't decode (both read over it)",
            ),
            "policy-qualifier-unknown" => Some(
                "RFC 5280 §4.2.1.4: a critical policy with a qualifier nobody knows (neither looks at it)",
            ),
            "no-valid-policy" if self.judge == "OpenSSL" && self.anchor_speaks_of_policies() => {
                Some("RFC 5937 §3.2: what the anchor says about policies (OpenSSL doesn't ask it)")
            }
            "no-valid-policy" if self.judge == "OpenSSL" && self.maps_from_inhibited_any_policy() => {
                Some("RFC 5280 §6.1.4 (b)(1): nothing is mapped from an inhibited anyPolicy (OpenSSL does)")
            }
            "key-usage-forbids-certificate-signing" if self.is_its_own_issuer() => {
                Some("RFC 5280 §6.1.4 (n): a target that is the anchor too (OpenSSL asks nothing of it)")
            }
            _ => None,
        }
    }

    /// They refuse what we accept.
    fn they_refuse(&self, reason: &str) -> Option<&'static str> {
        match self.judge {
            "certval" if reason.starts_with("unreadable") && self.path.iter().any(has_odd_time) => {
                Some("RFC 5280 §4.1.2.5: times before 1970 or out of form (certval can't read them)")
            }
            "certval" if reason.contains("InvalidKeyUsage") && self.has_a_ca_without_key_usage() => {
                Some("RFC 5280 §6.1.4 (n): key usage counts where it is present (certval asks for it)")
            }
            "certval" if self.settings.anchor_counts && self.anchor_speaks_of_policies() => {
                Some("RFC 5937 §3.2: an anchor's policy mappings (certval can't apply them)")
            }
            "certval" if reason.contains("NullPolicySet") && self.has_a_policy_with_two_parents() => {
                Some("RFC 9618 §5: a policy that two lead to stays while one of them does (certval drops it)")
            }
            "OpenSSL" if reason.contains("expired") && self.ends_now() => {
                Some("RFC 5280 §4.1.2.5: the validity includes its last second (OpenSSL ends before it)")
            }
            "OpenSSL" if self.path.iter().any(|c| c.subject_alternative_names().is_err()) => Some(
                "RFC 5280 §6.1: names are looked at under constraints only (OpenSSL drops the certificate)",
            ),
            _ => None,
        }
    }

    fn cas(&self) -> &[Certificate] {
        self.path.split_first().map_or(&[], |(_, cas)| cas)
    }

    fn has_wildcard(&self) -> bool {
        let names = self.path.first().and_then(|target| target.subject_alternative_names().ok().flatten());
        names
            .unwrap_or_default()
            .iter()
            .any(|name| matches!(name, GeneralName::Dns(name) if name.contains('*')))
    }

    fn constrains_nothing(&self) -> bool {
        self.cas().iter().any(|ca| ca.name_constraints().is_err())
    }

    fn anchor_speaks_of_policies(&self) -> bool {
        use extension_oid::{CERTIFICATE_POLICIES, INHIBIT_ANY_POLICY, POLICY_CONSTRAINTS, POLICY_MAPPINGS};
        let about = [CERTIFICATE_POLICIES, INHIBIT_ANY_POLICY, POLICY_CONSTRAINTS, POLICY_MAPPINGS];
        self.path.last().is_some_and(|anchor| about.iter().any(|oid| anchor.extension(oid).is_some()))
    }

    fn maps_from_inhibited_any_policy(&self) -> bool {
        let inhibited =
            |certificate: &Certificate| certificate.inhibit_any_policy().is_ok_and(|skip| skip.is_some());
        let maps = |ca: &Certificate| {
            let policies = ca.certificate_policies().ok().flatten().unwrap_or_default();
            ca.policy_mappings().is_ok_and(|mappings| mappings.is_some())
                && policies.iter().any(|information| information.policy == ANY_POLICY)
        };
        (self.settings.inhibit_any || self.cas().iter().any(inhibited)) && self.cas().iter().any(maps)
    }

    /// A CA that maps one of its policies, which may be any, onto another one of its own.
    fn has_a_policy_with_two_parents(&self) -> bool {
        self.cas().iter().any(|ca| {
            let policies = ca.certificate_policies().ok().flatten().unwrap_or_default();
            let has = |oid: &str| policies.iter().any(|information| information.policy == oid);
            let mappings = ca.policy_mappings().ok().flatten().unwrap_or_default();
            mappings.iter().any(|mapping| {
                has(&mapping.subject_domain) && (has(&mapping.issuer_domain) || has(ANY_POLICY))
            })
        })
    }

    fn is_its_own_issuer(&self) -> bool {
        self.path.first() == self.path.last()
    }

    fn has_a_ca_without_key_usage(&self) -> bool {
        self.cas().iter().any(|ca| ca.key_usage().is_ok_and(|usage| usage.is_none()))
    }

    fn ends_now(&self) -> bool {
        self.path.iter().any(|certificate| certificate.not_after().unix_seconds() == self.settings.time)
    }
}

fn has_odd_time(certificate: &Certificate) -> bool {
    certificate.not_before().unix_seconds() < 0
        || certificate.oddities().iter().any(|oddity| oddity.code == "time-form-not-allowed")
}
