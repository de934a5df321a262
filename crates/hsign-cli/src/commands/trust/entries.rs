use anyhow::{Result, bail};
use hsign::pki::{TrustEntry, TrustKind};
use hsign::report::shown;
use hsign::{Time, TrustRegistry};
use hsign_core::hex;
use serde_json::{Value, json};

use crate::commands::certificate;
use crate::failure::Usage;
use crate::language::Language;
use crate::output;
use crate::session::Session;

pub(super) fn list(session: &Session, registry: &TrustRegistry) -> Result<u8> {
    if session.json {
        let entries: Vec<Value> = registry.entries().iter().map(row).collect();
        output::json(&document(registry, entries));
        return Ok(0);
    }
    for entry in registry.entries() {
        output::data(&text(session, entry));
    }
    Ok(0)
}

/// One entry, by the beginning of its fingerprint or a part of its name, with what its certificate says.
pub(super) fn show(session: &Session, wanted: &str, registry: &TrustRegistry) -> Result<u8> {
    let found: Vec<&TrustEntry> = registry.entries().iter().filter(|entry| is_meant(entry, wanted)).collect();
    if found.is_empty() {
        bail!(Usage::NoSuchEntry { text: wanted.to_owned() });
    }
    let details = |entry: &TrustEntry| {
        entry.certificate.as_ref().map(|found| certificate::describe(found, session.language))
    };
    if session.json {
        let entries =
            found.iter().map(|entry| with(row(entry), "details", details(entry).unwrap_or_default()));
        output::json(&document(registry, entries.collect()));
        return Ok(0);
    }
    for entry in found {
        output::data(&text(session, entry));
        if let Some(details) = details(entry) {
            output::data(&format!("\n{}", certificate::text(&details, session.language)));
        }
    }
    Ok(0)
}

fn is_meant(entry: &TrustEntry, wanted: &str) -> bool {
    let digits: String = wanted.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
    let is_pin = digits.len() >= 8 && digits.chars().all(|c| c.is_ascii_hexdigit());
    (is_pin && entry.pin_hex().starts_with(&digits.to_uppercase()))
        || entry.subject.to_lowercase().contains(&wanted.to_lowercase())
}

fn document(registry: &TrustRegistry, entries: Vec<Value>) -> Value {
    json!({ "schema": "hsign.trust/1", "sha256": hex(&registry.sha256()), "entries": entries })
}

/// The row with one more key.
pub(super) fn with(mut row: Value, key: &str, value: Value) -> Value {
    if let Some(keys) = row.as_object_mut() {
        keys.insert(key.to_owned(), value);
    }
    row
}

pub(super) fn row(entry: &TrustEntry) -> Value {
    json!({
        "kind": entry.kind.name(),
        "subject": entry.subject,
        "sha256": hex(&entry.sha256),
        "certificate": entry.certificate.is_some(),
        "not_after": entry.certificate.as_ref().map(hsign::x509::Certificate::not_after),
        "accreditation": entry.accreditation.name(),
        "from": entry.from,
        "to": entry.to,
        "policies": entry.policies,
        "source": entry.source,
        "source_date": entry.source_date,
        "confidence": entry.confidence,
        "confirmed": entry.confirmed,
    })
}

pub(super) fn text(session: &Session, entry: &TrustEntry) -> String {
    let ja = session.language == Language::Ja;
    let pick = |japanese: &'static str, english: &'static str| if ja { japanese } else { english };
    let mut lines = vec![format!("{}  {}", entry.kind.name(), entry.subject)];
    lines.push(format!("  SHA-256 {}", entry.pin_hex()));
    if entry.kind == TrustKind::Tsa {
        lines.push(format!("  {} {}", pick("認定", "accreditation"), entry.accreditation.name()));
    }
    let end = |time: Option<Time>| time.map_or_else(|| "…".to_owned(), shown);
    if entry.from.is_some() || entry.to.is_some() {
        lines.push(format!("  {} {} – {}", pick("期間", "holds"), end(entry.from), end(entry.to)));
    }
    if let Some(certificate) = &entry.certificate {
        let (first, last) = (shown(certificate.not_before()), shown(certificate.not_after()));
        lines.push(format!("  {} {first} – {last}", pick("証明書", "certificate")));
    }
    if !entry.policies.is_empty() {
        lines.push(format!("  {} {}", pick("ポリシ", "policies"), entry.policies.join(", ")));
    }
    if let Some(source) = &entry.source {
        let date = entry.source_date.as_deref().unwrap_or("");
        lines.push(format!("  {} {source} {date}", pick("出典", "source")));
    }
    if !entry.confirmed {
        lines.push(format!(
            "  {}",
            pick(
                "未確認: `hsign trust confirm` で照合するまで無効",
                "not confirmed: does not count before `hsign trust confirm`"
            )
        ));
    } else if entry.certificate.is_none() {
        lines.push(format!(
            "  {}",
            pick(
                "証明書は文書か --evidence から得る",
                "the certificate is taken from documents or --evidence"
            )
        ));
    }
    lines.join("\n") + "\n"
}
