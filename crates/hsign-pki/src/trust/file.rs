use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hsign_x509::{Certificate, certificates_from_bytes};
use serde::Deserialize;
use toml::Spanned;

use super::{Accreditation, Confidence, TrustEntry, TrustKind};
use crate::Error;
use crate::date::Date;

/// Entries in one file; the published lists of this field have a few hundred.
const MAX_ENTRIES: usize = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    anchor: Vec<Spanned<Row>>,
    #[serde(default)]
    service: Vec<Spanned<Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kind: TrustKind,
    subject: String,
    sha256: Option<String>,
    certificate: Option<String>,
    accreditation: Option<Accreditation>,
    from: Option<Date>,
    to: Option<Date>,
    #[serde(default)]
    policies: Vec<String>,
    source: Option<String>,
    source_date: Option<Date>,
    confidence: Option<Confidence>,
}

pub(super) fn read(text: &str, resolve: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Vec<TrustEntry>, Error> {
    let file: File = toml::from_str(text).map_err(|error| Error::Syntax {
        line: error.span().map_or(1, |span| line_of(text, span.start)),
        reason: error.message().to_owned(),
    })?;
    let rows: Vec<_> = file.anchor.into_iter().chain(file.service).collect();
    if rows.len() > MAX_ENTRIES {
        return Err(Error::Syntax { line: 1, reason: format!("more than {MAX_ENTRIES} entries") });
    }
    rows.into_iter()
        .map(|row| {
            let start = row.span().start;
            let row = row.into_inner();
            let subject = row.subject.clone();
            entry(row, resolve).map_err(|reason| Error::Entry { line: line_of(text, start), subject, reason })
        })
        .collect()
}

fn line_of(text: &str, position: usize) -> usize {
    text.bytes().take(position).filter(|byte| *byte == b'\n').count() + 1
}

fn entry(row: Row, resolve: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<TrustEntry, String> {
    let certificate = row.certificate.as_deref().map(|text| certificate(text, resolve)).transpose()?;
    let sha256 = match (row.sha256.as_deref().map(pin).transpose()?, &certificate) {
        (Some(pin), Some(certificate)) if pin != certificate.sha256() => {
            return Err("the certificate doesn't match sha256".to_owned());
        }
        (Some(pin), _) => pin,
        // Only then does the digest of this file cover who is trusted.
        (None, Some(_)) if !row.certificate.as_deref().is_some_and(is_inline) => {
            return Err("a certificate in a file of its own needs sha256 here".to_owned());
        }
        (None, Some(certificate)) => certificate.sha256(),
        (None, None) => return Err("neither sha256 nor certificate is given".to_owned()),
    };
    if row.accreditation.is_some() && row.kind != TrustKind::Tsa {
        return Err("accreditation belongs to kind \"tsa\"".to_owned());
    }
    for policy in &row.policies {
        hsign_asn1::oid_contents(policy).map_err(|_| format!("\"{policy}\" is no object identifier"))?;
    }
    let from = row.from.as_ref().map(Date::beginning).transpose()?;
    let to = row.to.as_ref().map(Date::end).transpose()?;
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err("from is later than to".to_owned());
    }
    if let Some(date) = &row.source_date {
        date.beginning()?;
    }
    Ok(TrustEntry {
        kind: row.kind,
        subject: row.subject,
        sha256,
        certificate,
        accreditation: row.accreditation.unwrap_or_default(),
        from,
        to,
        policies: row.policies,
        source: row.source,
        source_date: row.source_date.map(|date| date.text()),
        confidence: row.confidence,
        confirmed: true,
    })
}

fn is_inline(text: &str) -> bool {
    text.contains("-----BEGIN")
}

/// Inline PEM, or the path of a file.
fn certificate(text: &str, resolve: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Certificate, String> {
    let bytes = if is_inline(text) {
        text.as_bytes().to_vec()
    } else {
        resolve(text).ok_or_else(|| format!("the certificate file \"{text}\" can't be read"))?
    };
    let mut found = certificates_from_bytes(&bytes).map_err(|error| error.to_string())?;
    match (found.pop(), found.is_empty()) {
        (Some(certificate), true) => Ok(certificate),
        _ => Err("certificate must hold exactly one certificate".to_owned()),
    }
}

/// 64 hexadecimal digits in either case, with or without colons or spaces between them.
fn pin(text: &str) -> Result<[u8; 32], String> {
    let wrong = || format!("sha256 = \"{text}\" is not 64 hexadecimal digits");
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !matches!(c, ':' | ' '))
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()
        .ok_or_else(wrong)?;
    let bytes: Vec<u8> = match digits.as_chunks() {
        (pairs, []) => pairs.iter().map(|[high, low]| (high << 4) | low).collect(),
        _ => return Err(wrong()),
    };
    bytes.try_into().map_err(|_| wrong())
}

pub(super) fn write(entries: &[TrustEntry]) -> String {
    entries.iter().map(table).collect::<Vec<_>>().join("\n")
}

fn table(entry: &TrustEntry) -> String {
    let kind = if entry.kind == TrustKind::Bare { TrustKind::CertificationBusiness } else { entry.kind };
    let mut lines = vec![
        if kind.is_service() { "[[service]]".to_owned() } else { "[[anchor]]".to_owned() },
        format!("kind = {}", quoted(kind.name())),
        format!("subject = {}", quoted(&entry.subject)),
        format!("sha256 = {}", quoted(&entry.pin_hex())),
    ];
    if kind == TrustKind::Tsa {
        lines.push(format!("accreditation = {}", quoted(entry.accreditation.name())));
    }
    for (key, time) in [("from", entry.from), ("to", entry.to)] {
        lines.extend(time.map(|time| format!("{key} = {}", quoted(&time.to_string()))));
    }
    if !entry.policies.is_empty() {
        let policies: Vec<_> = entry.policies.iter().map(|policy| quoted(policy)).collect();
        lines.push(format!("policies = [{}]", policies.join(", ")));
    }
    for (key, text) in [("source", &entry.source), ("source_date", &entry.source_date)] {
        lines.extend(text.as_ref().map(|text| format!("{key} = {}", quoted(text))));
    }
    lines.extend(entry.confidence.map(|confidence| {
        let name = match confidence {
            Confidence::Certain => "certain",
            Confidence::Likely => "likely",
            Confidence::Unsure => "unsure",
        };
        format!("confidence = {}", quoted(name))
    }));
    if let Some(certificate) = &entry.certificate {
        lines.push(format!("certificate = \"\"\"\n{}\"\"\"", pem(certificate)));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn pem(certificate: &Certificate) -> String {
    let encoded = STANDARD.encode(certificate.der());
    let lines: Vec<_> = encoded.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
