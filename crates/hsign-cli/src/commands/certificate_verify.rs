//! `hsign certificate verify`: request, report and text.

use std::path::PathBuf;

use anyhow::{Result, bail};
use hsign::pki::{Origin, Provenance, RevocationSource, RevocationSourceKind};
use hsign::report::{DataOrigin, data_origin, finding_lines, findings_json, printable};
use hsign::x509::{Certificate, OcspResponse, certificates_from_bytes, crls_from_bytes};
use hsign::{
    CertificateRequest, CertificateRevocation, CertificateVerdict, Evidence, Finding, Indication,
    RevocationDemand, load, shown_subject, verify_certificate,
};
use serde_json::{Value, json};

use crate::args::{RevocationMode, VerifyCertificate};
use crate::duration::seconds;
use crate::failure::Usage;
use crate::language::Language;
use crate::output;
use crate::session::{self, Session};

pub(super) fn run(session: &Session, args: &VerifyCertificate) -> Result<u8> {
    let target = load::certificate(&args.leaf)?;
    let request = request(args)?;
    let (evidence, left_out) = evidence(args)?;
    let time = session::time_or_now(args.at.as_deref())?;
    let fetcher = session.fetcher(args.fetch);
    let mut verdict = verify_certificate(&target, &request, &evidence, time, fetcher.as_ref());
    verdict.findings.extend(left_out);
    if session.json {
        output::json(&report(&verdict, session.language));
    } else {
        output::data(&text(&verdict, session.language));
    }
    Ok(match verdict.indication() {
        Indication::TotalPassed => 0,
        Indication::TotalFailed => 1,
        _ => 3,
    })
}

fn request(args: &VerifyCertificate) -> Result<CertificateRequest> {
    let mut anchors = Vec::new();
    for path in &args.anchor {
        anchors.extend(load::certificates(path)?);
    }
    Ok(CertificateRequest {
        anchors,
        initial_policies: oids("initial-policy", &args.initial_policy)?,
        require_explicit_policy: args.require_explicit_policy,
        inhibit_policy_mapping: args.inhibit_policy_mapping,
        inhibit_any_policy: args.inhibit_any_policy,
        extended_key_usages: oids("eku", &args.eku)?,
        anchor_constraints: args.anchor_constraints,
        revocation: match args.revocation {
            RevocationMode::Require => RevocationDemand::Required,
            RevocationMode::IfPresent => RevocationDemand::IfPresent,
            RevocationMode::Off => RevocationDemand::Off,
        },
        max_age_seconds: args.max_age.as_deref().map(seconds).transpose()?,
    })
}

/// What may help. A file that can't be read as what it was given as proves nothing and is left out with a finding.
fn evidence(args: &VerifyCertificate) -> Result<(Evidence, Vec<Finding>)> {
    type Reader = fn(&[u8]) -> bool;
    let kinds: [(&[PathBuf], Reader); 3] = [
        (&args.untrusted, |bytes| certificates_from_bytes(bytes).is_ok()),
        (&args.crl, |bytes| crls_from_bytes(bytes).is_ok()),
        (&args.ocsp, |bytes| OcspResponse::from_der(bytes).is_ok()),
    ];
    let mut evidence = Evidence::new();
    let mut left_out = Vec::new();
    for (paths, readable) in kinds {
        for (path, bytes) in load::files(paths)? {
            if !readable(&bytes) || evidence.add(&bytes, Origin::given(session::file_name(&path))).is_err() {
                left_out.push(Finding::warning("evidence-left-out").with("path", path.display()));
            }
        }
    }
    Ok((evidence, left_out))
}

fn oids(option: &str, texts: &[String]) -> Result<Vec<String>> {
    let is_arc = |arc: &str| !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit());
    for text in texts {
        if !text.contains('.') || !text.split('.').all(is_arc) {
            bail!(Usage::NotAnOid { option: option.to_owned(), text: text.clone() });
        }
    }
    Ok(texts.to_vec())
}

fn report(verdict: &CertificateVerdict, language: Language) -> Value {
    json!({
        "schema": "hsign.certificate/1",
        "result": result(verdict),
        "indication": verdict.indication(),
        "sub_indication": verdict.conclusion.sub_indication(),
        "path": verdict.path.iter().map(|certificate| json!({
            "subject": shown_subject(certificate),
            "sha256": certificate.sha256_hex(),
        })).collect::<Vec<_>>(),
        "policies": verdict.policies,
        "revocation": verdict.revocation.iter().map(row).collect::<Vec<_>>(),
        "findings": findings_json(&verdict.findings, language),
    })
}

fn row(row: &CertificateRevocation) -> Value {
    json!({
        "subject": shown_subject(&row.certificate),
        "sha256": row.certificate.sha256_hex(),
        "status": row.status.name(),
        "since": row.since,
        "source": row.source.as_ref().map(source),
        "place": row.source.as_ref().and_then(|source| source.origin.place.as_ref()),
        "this_update": row.this_update,
        "next_update": row.next_update,
        "fetched_at": row.source.as_ref().and_then(|source| source.origin.fetched_at),
    })
}

/// `crl-given`, `ocsp-fetched`: kind and how it came.
fn source(source: &RevocationSource) -> &'static str {
    match (source.kind, source.origin.provenance) {
        (RevocationSourceKind::Crl, Provenance::Fetched) => "crl-fetched",
        (RevocationSourceKind::Crl, _) => "crl-given",
        (RevocationSourceKind::Ocsp, Provenance::Fetched) => "ocsp-fetched",
        (RevocationSourceKind::Ocsp, _) => "ocsp-given",
    }
}

fn result(verdict: &CertificateVerdict) -> &'static str {
    match verdict.indication() {
        Indication::TotalPassed => "valid",
        Indication::TotalFailed => "invalid",
        _ => "undetermined",
    }
}

/// English and Japanese of the words in the text.
const WORDS: [(&str, &str); 11] = [
    ("valid", "有効"),
    ("invalid", "無効"),
    ("undetermined", "未確定"),
    ("path", "証明書のパス"),
    ("policies", "証明書ポリシ"),
    ("revocation", "失効"),
    ("good", "失効していない"),
    ("revoked", "失効"),
    ("on-hold", "停止中"),
    ("unknown", "不明"),
    ("not-checked", "確認していない"),
];

fn word(english: &'static str, language: Language) -> &'static str {
    let japanese = || WORDS.iter().find(|(en, _)| *en == english).map(|(_, ja)| *ja);
    if language == Language::Ja { japanese().unwrap_or(english) } else { english }
}

fn text(verdict: &CertificateVerdict, language: Language) -> String {
    let word = |english| word(english, language);
    let mut text = word(result(verdict)).to_owned();
    if let Some(sub) = verdict.conclusion.sub_indication() {
        let reason = hsign::report::sub_indication_message(sub, language);
        text.push_str(&format!(": {reason} ({sub})"));
    }
    text.push_str(&format!("\n{}:\n", word("path")));
    for certificate in &verdict.path {
        text.push_str(&format!("  {}  {}\n", subject(certificate), certificate.sha256_hex()));
    }
    if !verdict.policies.is_empty() {
        let policies: Vec<&str> = verdict.policies.iter().map(String::as_str).collect();
        text.push_str(&format!("{}: {}\n", word("policies"), policies.join(", ")));
    }
    if !verdict.revocation.is_empty() {
        text.push_str(&format!("{}:\n", word("revocation")));
    }
    for row in &verdict.revocation {
        let status = word(row.status.name());
        let origin = row.source.as_ref().map(|source| &source.origin);
        let details = DataOrigin {
            source: row.source.as_ref().map(source),
            place: origin.and_then(|origin| origin.place.as_deref()),
            this_update: row.this_update,
            fetched_at: origin.and_then(|origin| origin.fetched_at),
        };
        let details = data_origin(&details, language);
        text.push_str(&format!("  {}: {status}{details}\n", subject(&row.certificate)));
    }
    text + &finding_lines(&verdict.findings, language)
}

/// Names come from files of strangers.
fn subject(certificate: &Certificate) -> String {
    printable(&shown_subject(certificate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_identifiers_are_dotted_numbers() {
        assert!(oids("eku", &["1.3.6.1.5.5.7.3.8".to_owned()]).is_ok());
        for text in ["", "1", "1..2", "timeStamping", ".1"] {
            assert!(oids("eku", &[text.to_owned()]).is_err(), "{text}");
        }
    }

    #[test]
    fn every_word_has_japanese() {
        for english in ["valid", "path", "policies", "revocation", "good", "not-checked"] {
            assert_ne!(word(english, Language::Ja), english);
        }
    }
}
