//! What all records together say about one signer.

use hsign_core::{Finding, Time};
use hsign_hpki::{Binding, CertificateKind, EvidenceRecord, SignatureKind, certificate_kind};
use hsign_x509::Certificate;

use super::JudgedRecord;
use super::binding::{Fit, Signed, fit, is_of_organisation};
use crate::{EvidenceVerdict, SignatureVerdict};

const CLAUSE: &str = "guideline 5.2 §6.12, route (b)";

/// The outcome for one signer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Testimony {
    /// The person whom the accepted records name, with the roles.
    pub(crate) person: Option<(String, Vec<String>)>,
    /// Whether that person is another than the holder of the certificate (立会人型).
    pub(crate) witness: bool,
    /// Until when a registered verifier says the certificate was not revoked.
    pub(crate) not_revoked_at: Option<Time>,
    /// Every record that concerns this signer.
    pub(crate) records: Vec<EvidenceVerdict>,
    pub(crate) findings: Vec<Finding>,
}

/// Gathers what concerns `signer` at `best`. Before signing there is no `signed`.
pub(crate) fn testimony(
    records: &[JudgedRecord],
    signer: &Certificate,
    signed: Option<Signed<'_>>,
    best: Time,
    now: Time,
) -> Testimony {
    let mut result = Testimony::default();
    if records.is_empty() {
        return result;
    }
    // HPKI certificates say it themselves; nobody else's word is needed, nor would it count.
    if !matches!(certificate_kind(signer), CertificateKind::Other | CertificateKind::Jpki) {
        return result;
    }
    let concerned: Vec<(&JudgedRecord, &EvidenceRecord, Fit)> = records
        .iter()
        .filter_map(|judged| {
            let record = judged.record.as_ref()?;
            let fit = fit(record, signer, signed);
            (fit != Fit::Other).then_some((judged, record, fit))
        })
        .collect();
    let witnessed = concerned
        .iter()
        .any(|(judged, record, _)| judged.attester.is_some() && record.signature == SignatureKind::Witness);
    let mut accepted: Vec<&EvidenceRecord> = Vec::new();
    for (judged, record, fit) in concerned {
        let objections = objections(judged, record, fit, signer, witnessed, best);
        result.records.push(verdict(judged, record, objections.is_empty()));
        if objections.is_empty() {
            result.findings.extend(used(judged, record, now));
            accepted.push(record);
        } else {
            result.findings.extend(objections.into_iter().map(|one| one.with("record", &judged.name)));
        }
    }
    result.conclude(&accepted, certificate_kind(signer), best);
    result
}

/// What is said about records that concern no signature here: the unreadable ones one by one, the others together,
/// since a folder of records may serve many documents.
pub(crate) fn for_nobody(records: &[JudgedRecord], signatures: &[SignatureVerdict]) -> Vec<Finding> {
    let concerns = |judged: &JudgedRecord| {
        signatures.iter().any(|signature| signature.evidence.iter().any(|one| one.sha256 == judged.sha256))
    };
    let unreadable = records.iter().filter(|judged| judged.record.is_none());
    let mut findings: Vec<Finding> = unreadable.flat_map(|judged| judged.findings.iter().cloned()).collect();
    let others = records.iter().filter(|judged| judged.record.is_some() && !concerns(judged)).count();
    if others > 0 {
        findings.push(Finding::info("qualification-evidence-for-others").with("count", others));
    }
    findings
}

/// Everything that stands against a record; nothing: it counts.
fn objections(
    judged: &JudgedRecord,
    record: &EvidenceRecord,
    fit: Fit,
    signer: &Certificate,
    witnessed: bool,
    best: Time,
) -> Vec<Finding> {
    let mut objections = Vec::new();
    let mut object = |code: &str| objections.push(Finding::warning(code).clause(CLAUSE));
    match fit {
        Fit::Fits | Fit::Other => {}
        Fit::Contradicts => object("qualification-evidence-binding-mismatch"),
        Fit::Ambiguous => object("qualification-evidence-ambiguous"),
    }
    let to_certificate = matches!(record.binding, Binding::Certificate { .. });
    if to_certificate && (witnessed || is_of_organisation(signer)) {
        object("witness-bound-to-certificate");
    }
    if record.identity_check.checked_at > best || record.qualification_check.checked_at > best {
        object("qualification-checked-after-signing");
    }
    let in_force = |provider: &hsign_hpki::Provider| {
        let period = &provider.external_assessment;
        period.from <= best && period.to.is_none_or(|to| best <= to)
    };
    if !record.providers.iter().all(in_force) {
        object("external-assessment-not-in-force");
    }
    if judged.attester.is_none() {
        objections.extend(judged.findings.iter().cloned());
        if judged.findings.is_empty() {
            objections.push(Finding::warning("qualification-evidence-not-attested").clause(CLAUSE));
        }
    }
    objections
}

fn used(judged: &JudgedRecord, record: &EvidenceRecord, now: Time) -> Vec<Finding> {
    let attester = judged.attester.as_ref().map_or("", |attester| attester.subject());
    let mut findings = vec![
        Finding::info("qualification-evidence-used")
            .clause(CLAUSE)
            .with("record", &judged.name)
            .with("attester", attester)
            .with("way", record.qualification_check.way.number())
            .with("checked_at", record.qualification_check.checked_at)
            .with("provider", record.providers.first().map_or("", |provider| provider.name.as_str())),
    ];
    if record.providers.iter().any(|provider| provider.retention.until < now) {
        findings.push(
            Finding::info("qualification-papers-no-longer-kept").clause(CLAUSE).with("record", &judged.name),
        );
    }
    findings
}

fn verdict(judged: &JudgedRecord, record: &EvidenceRecord, accepted: bool) -> EvidenceVerdict {
    EvidenceVerdict {
        accepted,
        issued_at: record.issued_at,
        checked_at: record.qualification_check.checked_at,
        way: record.qualification_check.way,
        identity: record.identity_check.means,
        record: judged.name.clone(),
        sha256: judged.sha256.clone(),
        attester: judged.attester.clone(),
        providers: record.providers.iter().map(|provider| provider.name.clone()).collect(),
    }
}

impl Testimony {
    fn conclude(&mut self, accepted: &[&EvidenceRecord], kind: CertificateKind, best: Time) {
        let Some(first) = accepted.first() else { return };
        if accepted.iter().any(|record| record.person.name != first.person.name) {
            self.findings.push(Finding::warning("qualification-evidence-conflicting").clause(CLAUSE));
            self.records.iter_mut().for_each(|record| record.accepted = false);
            return;
        }
        // The latest answer of a registered verifier; one from before the signature says nothing about it.
        let asked = accepted.iter().filter_map(|record| record.revocation.as_ref());
        self.not_revoked_at =
            asked.map(|statement| statement.not_revoked_at).max().filter(|time| *time >= best);
        if kind == CertificateKind::Jpki && self.not_revoked_at.is_none() {
            let finding = Finding::warning("jpki-revocation-statement-missing");
            self.findings.push(finding.clause("guideline 5.2 §6.12, route (c)"));
        }
        let mut roles: Vec<String> = Vec::new();
        for role in accepted.iter().flat_map(|record| &record.person.roles) {
            if !roles.contains(role) {
                roles.push(role.clone());
            }
        }
        self.witness = accepted.iter().any(|record| record.signature == SignatureKind::Witness);
        self.person = Some((first.person.name.clone(), roles));
    }
}
