use std::path::Path;

use anyhow::Result;
use hsign::hpki::{CertificateKind, ProfessionTable, certificate_kind};
use hsign::report::{finding_message, shown};
use hsign::x509::Certificate;
use hsign::{Time, load};
use serde_json::{Value, json};

use crate::args::CertificateCommand;
use crate::language::Language;
use crate::output;
use crate::session::Session;

use super::certificate_uses::{Use, uses};

pub(super) fn run(session: &Session, command: &CertificateCommand) -> Result<u8> {
    match command {
        CertificateCommand::Show { file } => show(session, file),
        CertificateCommand::Verify(args) => super::certificate_verify::run(session, args),
    }
}

fn show(session: &Session, file: &Path) -> Result<u8> {
    let certificates = load::certificates(file)?;
    let shown: Vec<Value> =
        certificates.iter().map(|certificate| describe(certificate, session.language)).collect();
    if session.json {
        output::json(&json!({ "schema": "hsign.certificate-show/1", "certificates": shown }));
    } else {
        for (value, certificate) in shown.into_iter().zip(&certificates) {
            output::data(&text(&in_words(value, certificate, session.language), session.language));
        }
    }
    Ok(0)
}

/// What a certificate says; an extension that can't be read says so.
pub(super) fn describe(certificate: &Certificate, language: Language) -> Value {
    let kind = certificate_kind(certificate);
    json!({
        "subject": hsign::shown_subject(certificate),
        "issuer": certificate.issuer().to_string(),
        "serial": certificate.serial_hex(),
        "sha256": certificate.sha256_hex(),
        "not_before": certificate.not_before(),
        "not_after": certificate.not_after(),
        "key": certificate.public_key_kind().to_string(),
        "signature_algorithm": certificate.signature_algorithm().to_string(),
        "kind": kind_name(kind),
        "may_sign_documents": match hsign::credential::suitability(certificate) {
            Ok(()) => json!(true),
            Err(reason) => {
                let words = finding_message(&reason.finding(), language);
                json!(words.unwrap_or_else(|| reason.to_string()))
            }
        },
        "uses": uses(certificate).into_iter().map(Use::name).collect::<Vec<_>>(),
        "roles": roles(certificate),
        "policies": read(certificate.certificate_policies(), |policies| {
            json!(policies.iter().flatten().map(|policy| &policy.policy).collect::<Vec<_>>())
        }),
        "key_usage": read(certificate.key_usage(), |usage| json!(usage.map(|usage| usage.names()))),
        "extended_key_usage": read(certificate.extended_key_usage(), |usage| {
            json!(usage.as_ref().map(|usage| &usage.purposes))
        }),
        "authority": read(certificate.basic_constraints(), |constraints| {
            json!(constraints.is_some_and(|constraints| constraints.ca))
        }),
        "crl_distribution_points": read(certificate.crl_distribution_points(), |points| {
            let uris = points.iter().flatten().flat_map(|point| point.uris().map(str::to_owned));
            json!(uris.collect::<Vec<_>>())
        }),
    })
}

/// For people, the uses in words.
fn in_words(mut shown: Value, certificate: &Certificate, language: Language) -> Value {
    let words: Vec<_> = uses(certificate).into_iter().map(|one| one.words(language)).collect();
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("uses".to_owned(), json!(words));
    }
    shown
}

fn read<T>(found: Result<T, hsign::x509::Error>, show: impl FnOnce(T) -> Value) -> Value {
    match found {
        Ok(value) => show(value),
        Err(error) => json!({ "unreadable": error.to_string() }),
    }
}

fn roles(certificate: &Certificate) -> Value {
    let table = ProfessionTable::builtin();
    read(certificate.health_care_actors(), |actors| {
        let rows = actors.iter().map(|actor| {
            let text = actor.text.as_deref().unwrap_or_default();
            let profession = table.find(text);
            json!({
                "text": text,
                "ja": profession.map(|profession| &profession.ja),
                "recognised": profession.is_some(),
            })
        });
        json!(rows.collect::<Vec<_>>())
    })
}

fn kind_name(kind: CertificateKind) -> &'static str {
    match kind {
        CertificateKind::HpkiSignature => "hpki-signature",
        CertificateKind::HpkiTestCard => "hpki-test-card",
        CertificateKind::HpkiAuthentication => "hpki-authentication",
        CertificateKind::Jpki => "jpki-signature",
        CertificateKind::JpkiAuthentication => "jpki-authentication",
        _ => "other",
    }
}

const LABELS: [(&str, &str); 17] = [
    ("subject", "名前"),
    ("issuer", "発行者"),
    ("serial", "シリアル番号"),
    ("sha256", "SHA-256"),
    ("not_before", "開始"),
    ("not_after", "終了"),
    ("key", "鍵"),
    ("signature_algorithm", "署名方式"),
    ("kind", "種類"),
    ("may_sign_documents", "文書への署名"),
    ("uses", "使える用途"),
    ("roles", "資格 (hcRole)"),
    ("policies", "証明書ポリシ"),
    ("key_usage", "鍵用途"),
    ("extended_key_usage", "拡張鍵用途"),
    ("authority", "認証局"),
    ("crl_distribution_points", "CRL配布点"),
];

pub(super) fn text(certificate: &Value, language: Language) -> String {
    let mut lines = Vec::new();
    for (key, japanese) in LABELS {
        let value = &certificate[key];
        if value.is_null() || value.as_array().is_some_and(Vec::is_empty) {
            continue;
        }
        let label = if language == Language::Ja { japanese.to_owned() } else { key.replace('_', " ") };
        let value = in_local_words(value, language).unwrap_or_else(|| plain(value));
        lines.push(format!("{label}: {value}"));
    }
    lines.join("\n") + "\n\n"
}

/// Times as people in Japan read them; yes and no.
fn in_local_words(value: &Value, language: Language) -> Option<String> {
    match value {
        Value::Bool(yes) => {
            let (english, japanese) = if *yes { ("yes", "はい") } else { ("no", "いいえ") };
            Some(if language == Language::Ja { japanese } else { english }.to_owned())
        }
        Value::String(text) => text.parse::<Time>().ok().map(shown),
        _ => None,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => match (fields.get("text"), fields.get("ja")) {
            (Some(Value::String(text)), Some(Value::String(ja))) => format!("{ja} ({text})"),
            (Some(Value::String(text)), _) => format!("{text} (?)"),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}
