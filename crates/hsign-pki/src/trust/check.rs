use hsign_core::{Finding, Time};
use hsign_x509::Certificate;

use super::{Accreditation, Confidence, Purpose, TrustEntry, TrustKind, TrustRegistry};
use crate::algorithms::{AlgorithmTable, Use};

/// How an entry of the registry, or all of it, stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fitness {
    /// Nothing is due.
    Fit,
    /// Something ends within the horizon.
    DueSoon,
    /// Something has ended.
    Unfit,
}

/// One entry and what there is to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedEntry<'a> {
    /// The entry.
    pub entry: &'a TrustEntry,
    /// How it stands.
    pub fitness: Fitness,
    /// Why, and what else to know.
    pub findings: Vec<Finding>,
}

/// The whole registry at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustCheck<'a> {
    /// How the worst entry stands, and the registry as a whole.
    pub fitness: Fitness,
    /// Each entry.
    pub entries: Vec<CheckedEntry<'a>>,
    /// About the registry as a whole.
    pub findings: Vec<Finding>,
}

/// What the check depends on besides the registry.
#[derive(Clone, Copy, Debug)]
pub struct CheckParameters<'a> {
    /// The present.
    pub now: Time,
    /// How far ahead to look, in seconds.
    pub within: i64,
    /// Until when keys are long enough.
    pub table: &'a AlgorithmTable,
    /// Certificates at hand that pins may mean.
    pub known: &'a [Certificate],
}

impl TrustRegistry {
    /// What has ended, what ends soon, and what is missing.
    ///
    /// Entries that wait for confirmation are listed and judged by nothing, since they don't count.
    #[must_use]
    pub fn check(&self, parameters: &CheckParameters<'_>) -> TrustCheck<'_> {
        let entries: Vec<_> = self
            .entries()
            .iter()
            .map(|entry| {
                let checked = check(entry, parameters);
                if self.is_succeeded(entry, parameters) { checked.into_history() } else { checked }
            })
            .collect();
        let findings = self.as_a_whole(parameters.now);
        let nothing = findings.iter().any(|finding| finding.severity == hsign_core::Severity::Error);
        let worst = entries.iter().map(|checked| checked.fitness).max().unwrap_or(Fitness::Fit);
        TrustCheck { fitness: if nothing { Fitness::Unfit } else { worst }, entries, findings }
    }

    /// Whether another entry for the same certificate or name stands now: this one is kept for what was stamped or
    /// signed in its time.
    fn is_succeeded(&self, entry: &TrustEntry, parameters: &CheckParameters<'_>) -> bool {
        self.entries().iter().any(|other| {
            other != entry
                && other.kind == entry.kind
                && other.confirmed
                && (other.sha256 == entry.sha256 || other.subject == entry.subject)
                && check(other, parameters).fitness == Fitness::Fit
        })
    }

    fn as_a_whole(&self, now: Time) -> Vec<Finding> {
        let counting = |purpose| self.entries().iter().any(|entry| entry.confirmed && entry.serves(purpose));
        let mut findings = Vec::new();
        if !counting(Purpose::Signer) {
            findings.push(Finding::error("trust-no-signers"));
        }
        let accredited =
            self.entries().iter().any(|entry| entry.accreditation_at(now) != Accreditation::None);
        if !counting(Purpose::Tsa) {
            findings.push(Finding::warning("trust-no-tsa"));
        } else if !accredited {
            findings.push(Finding::warning("trust-no-accredited-tsa"));
        }
        findings
    }
}

fn check<'a>(entry: &'a TrustEntry, parameters: &CheckParameters<'_>) -> CheckedEntry<'a> {
    if !entry.confirmed {
        let findings = vec![Finding::info("trust-not-confirmed")];
        return CheckedEntry { entry, fitness: Fitness::Fit, findings };
    }
    let mut checked = CheckedEntry { entry, fitness: Fitness::Fit, findings: Vec::new() };
    if entry.from.is_some_and(|from| parameters.now < from) {
        checked.note(Finding::info("trust-entry-not-begun"), "from", entry.from);
    }
    checked.ends(entry.to, parameters, "trust-entry-ended", "trust-entry-ends");
    let certificate = entry.certificate.as_ref();
    let certificate =
        certificate.or_else(|| parameters.known.iter().find(|known| known.sha256() == entry.sha256));
    match certificate {
        Some(certificate) => checked.certificate(certificate, parameters),
        None => checked.findings.push(Finding::warning("trust-certificate-missing")),
    }
    if entry.confidence == Some(Confidence::Unsure) {
        checked.findings.push(Finding::warning("trust-entry-unsure"));
    }
    if entry.kind == TrustKind::Tsa && entry.accreditation == Accreditation::None {
        checked.findings.push(Finding::info("trust-tsa-not-accredited"));
    }
    if entry.accreditation != Accreditation::None && entry.from.is_none() {
        checked.findings.push(Finding::warning("trust-accreditation-undated"));
    }
    checked
}

impl CheckedEntry<'_> {
    /// What has ended is no longer anybody's business then.
    fn into_history(mut self) -> Self {
        if self.fitness != Fitness::Fit {
            self.fitness = Fitness::Fit;
            self.findings = vec![Finding::info("trust-entry-succeeded")];
        }
        self
    }

    fn certificate(&mut self, certificate: &Certificate, parameters: &CheckParameters<'_>) {
        let end = Some(certificate.not_after());
        self.ends(end, parameters, "trust-certificate-expired", "trust-certificate-expires");
        if parameters.now < certificate.not_before() {
            let begin = Some(certificate.not_before());
            self.note(Finding::info("trust-certificate-not-begun"), "from", begin);
        }
        let key = certificate.public_key_kind();
        let last = parameters.table.limit(&Use::Key(key));
        if last == crate::algorithms::Limit::Never {
            self.findings.push(Finding::error("trust-key-too-short").with("key", key));
            self.fitness = Fitness::Unfit;
        }
        let before = self.findings.len();
        self.ends(last.last_good(), parameters, "trust-key-ended", "trust-key-ends");
        for finding in self.findings.iter_mut().skip(before) {
            finding.values.insert("key".to_owned(), key.to_string());
        }
    }

    /// Something that ends at `end`: has it, or will it within the horizon?
    fn ends(&mut self, end: Option<Time>, parameters: &CheckParameters<'_>, ended: &str, ends: &str) {
        let Some(end) = end else { return };
        if end < parameters.now {
            self.fitness = Fitness::Unfit;
            self.note(Finding::error(ended), "to", Some(end));
        } else if end < parameters.now.plus_seconds(parameters.within) {
            self.fitness = self.fitness.max(Fitness::DueSoon);
            self.note(Finding::warning(ends), "to", Some(end));
        }
    }

    fn note(&mut self, finding: Finding, name: &str, time: Option<Time>) {
        self.findings.push(match time {
            Some(time) => finding.with(name, time),
            None => finding,
        });
    }
}
