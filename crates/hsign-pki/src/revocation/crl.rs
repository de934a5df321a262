//! CRL validation (RFC 5280 §6.3.3).

use hsign_core::{Finding, Severity, Time, hex};
use hsign_x509::{Certificate, Crl, CrlEntry, CrlReason, DistributionPoint, ReasonFlags, extension_oid};

use super::answer::{RevocationSource, RevocationSourceKind, RevocationStatus};
use super::checker::{Checker, Statement};
use super::evidence::Provided;
use super::scope;
use crate::ValidatedPath;

/// A CRL whose signature holds and whose scope holds the certificate.
struct Usable<'e> {
    crl: &'e Provided<Crl>,
    reasons: ReasonFlags,
    status: RevocationStatus,
    this_update: Time,
    next_update: Option<Time>,
    signer_path: Vec<Certificate>,
}

/// What the CRLs at hand say: each revocation on its own, and one `Good` if CRLs for every reason together
/// say so.
pub(super) fn statements(
    checker: &mut Checker<'_>,
    path: &ValidatedPath,
    certificate: &Certificate,
    issuer: &Certificate,
    findings: &mut Vec<Finding>,
) -> Vec<Statement> {
    let Some(points) = scope::points(certificate) else {
        findings.push(
            Finding::error("extension-undecodable")
                .clause("RFC 5280 §6.3.3")
                .with("extension", "cRLDistributionPoints")
                .with("certificate", certificate.sha256_hex()),
        );
        return Vec::new();
    };
    let mut usable: Vec<Usable<'_>> = Vec::new();
    for crl in checker.evidence.crls.iter().filter(|crl| !crl.value.is_delta()) {
        for point in &points {
            usable.extend(use_crl(checker, path, (certificate, issuer), point, crl, findings));
        }
    }
    combine(certificate, usable)
}

/// Steps (b) to (l) for one CRL under one distribution point.
fn use_crl<'e>(
    checker: &mut Checker<'e>,
    path: &ValidatedPath,
    (certificate, issuer): (&Certificate, &Certificate),
    point: &DistributionPoint,
    crl: &'e Provided<Crl>,
    findings: &mut Vec<Finding>,
) -> Option<Usable<'e>> {
    let reasons = scope::reasons(certificate, point, &crl.value)?;
    if let Some(finding) = unusable(&crl.value, certificate, checker.parameters.now) {
        note(findings, finding);
        return None;
    }
    let Some(signer) = find_signer(checker, path, issuer, &crl.value) else {
        note(
            findings,
            about(Finding::warning("crl-signer-not-found").clause("RFC 5280 §6.3.3 (f)(g)"), &crl.value),
        );
        return None;
    };
    let delta = newest_delta(checker, &crl.value, &signer.key);
    let entry_in = |crl: &Crl| crl.entry_for(certificate.serial(), certificate.issuer());
    let entries = entry_in(&crl.value)
        .and_then(|base| Ok((base, delta.map(|delta| entry_in(&delta.value)).transpose()?)));
    let Ok((base_entry, delta_entry)) = entries else {
        note(findings, about(Finding::warning("crl-undecodable").clause("RFC 5280 §5.3"), &crl.value));
        return None;
    };
    let newest = delta.unwrap_or(crl);
    Some(Usable {
        crl: newest,
        reasons,
        status: status(base_entry, delta_entry.flatten()),
        this_update: newest.value.this_update(),
        next_update: newest.value.next_update(),
        signer_path: signer.path,
    })
}

/// Why a CRL can't be used at all.
fn unusable(crl: &Crl, certificate: &Certificate, now: Time) -> Option<Finding> {
    let finding = if let Some(finding) = malformed(crl) {
        finding
    } else if super::is_from_future(crl.this_update(), now) {
        Finding::warning("revocation-data-from-future").with("this_update", crl.this_update())
    } else if crl.this_update() < certificate.not_before() {
        Finding::info("revocation-data-before-certificate").with("this_update", crl.this_update())
    } else {
        return None;
    };
    Some(about(finding, crl))
}

/// What a CRL must not have, and what nobody here understands (RFC 5280 §5).
fn malformed(crl: &Crl) -> Option<Finding> {
    let bad =
        |oddity: &Finding| oddity.severity == Severity::Error || oddity.code == "crl-extensions-need-v2";
    if let Some(oddity) = crl.oddities().into_iter().find(bad) {
        return Some(oddity);
    }
    if let Some(oid) = crl.repeated_extension() {
        return Some(
            Finding::warning("crl-extension-repeated").clause("RFC 5280 §5.2").with("extension", oid),
        );
    }
    let mut unknown = crl.unknown_critical_extensions();
    // §5.2.3: the CRL number is never critical.
    let number = crl.extensions().iter().find(|extension| extension.oid == extension_oid::CRL_NUMBER);
    unknown.extend(number.filter(|number| number.critical).map(|number| number.oid.clone()));
    (!unknown.is_empty()).then(|| {
        Finding::warning("crl-critical-extension-unknown")
            .clause("RFC 5280 §5.2")
            .with("extension", unknown.join(" "))
    })
}

struct Signer {
    key: Vec<u8>,
    path: Vec<Certificate>,
}

/// (f), (g): the certificate's issuer, or somebody of the CRL issuer's name with a path to the same anchor.
fn find_signer(
    checker: &mut Checker<'_>,
    path: &ValidatedPath,
    issuer: &Certificate,
    crl: &Crl,
) -> Option<Signer> {
    if issuer.subject().matches(crl.issuer()) && made_by(checker, crl, issuer) {
        return Some(Signer { key: issuer.public_key_info().to_vec(), path: Vec::new() });
    }
    let anchor = path.anchor().certificate().clone();
    if anchor.subject().matches(crl.issuer()) && made_by(checker, crl, &anchor) {
        return Some(Signer { key: anchor.public_key_info().to_vec(), path: vec![anchor] });
    }
    let candidates: Vec<Certificate> = checker
        .evidence
        .certificates
        .iter()
        .chain(path.below_anchor())
        .filter(|candidate| candidate.subject().matches(crl.issuer()))
        .cloned()
        .collect();
    candidates.into_iter().find_map(|candidate| {
        if !made_by(checker, crl, &candidate) {
            return None;
        }
        let signer_path = checker.signer_path(&candidate, path, crl.this_update(), false)?;
        Some(Signer { key: candidate.public_key_info().to_vec(), path: signer_path })
    })
}

/// Key usage allows it (step (f)), and the signature holds (step (g)).
fn made_by(checker: &mut Checker<'_>, crl: &Crl, signer: &Certificate) -> bool {
    let allowed = signer.key_usage().is_ok_and(|usage| usage.is_none_or(|usage| usage.crl_sign()));
    allowed
        && checker.signed_by(
            crl.sha256(),
            crl.signature_algorithm(),
            signer.public_key_info(),
            crl.tbs(),
            crl.signature_value(),
        )
}

/// (c), (h): the newest delta of the same issuer, scope and signer that builds on this base. A delta is used
/// whenever there is one: what it says is newer.
fn newest_delta<'e>(checker: &mut Checker<'e>, base: &Crl, key: &[u8]) -> Option<&'e Provided<Crl>> {
    let number = base.number().ok().flatten()?;
    let evidence = checker.evidence;
    let now = checker.parameters.now;
    let mut deltas: Vec<&Provided<Crl>> = evidence
        .crls
        .iter()
        .filter(|delta| {
            let delta = &delta.value;
            delta.delta_base().is_ok_and(|start| start.is_some_and(|start| start <= number))
                && delta.number().is_ok_and(|own| own.is_some_and(|own| own >= number))
                && delta.issuer().matches(base.issuer())
                && same_scope(delta, base)
                && malformed(delta).is_none()
                && delta.this_update() <= now
        })
        .collect();
    deltas.sort_by_key(|delta| std::cmp::Reverse(delta.value.this_update()));
    deltas.into_iter().find(|delta| {
        let delta = &delta.value;
        let algorithm = delta.signature_algorithm();
        checker.signed_by(delta.sha256(), algorithm, key, delta.tbs(), delta.signature_value())
    })
}

fn same_scope(delta: &Crl, base: &Crl) -> bool {
    match (delta.issuing_distribution_point(), base.issuing_distribution_point()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// (i), (j), (k).
fn status(base: Option<CrlEntry>, delta: Option<CrlEntry>) -> RevocationStatus {
    match delta.or(base) {
        None => RevocationStatus::Good,
        Some(entry) => match entry.reason {
            Some(CrlReason::RemoveFromCrl) => RevocationStatus::Good,
            Some(CrlReason::CertificateHold) => RevocationStatus::OnHold { time: entry.revocation_date },
            reason => RevocationStatus::Revoked {
                time: entry.revocation_date,
                reason,
                invalid_since: entry.invalidity_date,
            },
        },
    }
}

/// Each bad word stands alone; a good one needs CRLs for all reasons (step (l)), the latest ones first.
fn combine(certificate: &Certificate, mut usable: Vec<Usable<'_>>) -> Vec<Statement> {
    usable.sort_by_key(|usable| std::cmp::Reverse(usable.this_update));
    let mut found: Vec<Statement> = usable
        .iter()
        .filter(|usable| usable.status != RevocationStatus::Good)
        .map(|u| statement(certificate, u))
        .collect();
    let good: Vec<&Usable<'_>> =
        usable.iter().filter(|usable| usable.status == RevocationStatus::Good).collect();
    // A list from after the certificate's end is silent about it; an earlier one may still speak.
    let speaks = |usable: &&&Usable<'_>| {
        usable.this_update <= certificate.not_after() || covers_expired(certificate, &usable.crl.value)
    };
    let timely: Vec<&Usable<'_>> = good.iter().filter(speaks).copied().collect();
    found.extend(good_word(certificate, &timely).or_else(|| good_word(certificate, &good)));
    found
}

/// The latest lists that together cover all reasons; the oldest of them says how old the answer is.
fn good_word(certificate: &Certificate, latest_first: &[&Usable<'_>]) -> Option<Statement> {
    let mut covered = ReasonFlags::NONE;
    let mut chosen: Vec<&Usable<'_>> = Vec::new();
    for candidate in latest_first {
        if !covered.covers(candidate.reasons) {
            covered = covered.union(candidate.reasons);
            chosen.push(candidate);
        }
    }
    let oldest = chosen.last().filter(|_| covered.covers(ReasonFlags::ALL))?;
    let all_end = chosen.iter().all(|usable| usable.next_update.is_some());
    let next_update = chosen.iter().filter_map(|usable| usable.next_update).min().filter(|_| all_end);
    let covers_expired = chosen.iter().all(|usable| covers_expired(certificate, &usable.crl.value));
    Some(Statement { next_update, covers_expired, ..statement(certificate, oldest) })
}

fn statement(certificate: &Certificate, usable: &Usable<'_>) -> Statement {
    Statement {
        status: usable.status.clone(),
        this_update: usable.this_update,
        next_update: usable.next_update,
        source: RevocationSource {
            kind: RevocationSourceKind::Crl,
            origin: usable.crl.origin.clone(),
            algorithm: usable.crl.value.signature_algorithm().clone(),
            sha256: usable.crl.value.sha256(),
            signer_path: usable.signer_path.clone(),
        },
        covers_expired: covers_expired(certificate, &usable.crl.value),
    }
}

/// expiredCertsOnCRL (X.509): entries of certificates that expired since then are kept.
fn covers_expired(certificate: &Certificate, crl: &Crl) -> bool {
    let since = crl.expired_certs_on_crl().ok().flatten();
    since.is_some_and(|since| since <= certificate.not_after())
}

fn about(finding: Finding, crl: &Crl) -> Finding {
    finding.with("crl", hex(&crl.sha256())).with("issuer", crl.issuer())
}

fn note(findings: &mut Vec<Finding>, finding: Finding) {
    if !findings.contains(&finding) {
        findings.push(finding);
    }
}
