use std::io::{IsTerminal as _, Write as _};

use anyhow::{Context as _, Result, bail};
use hsign::file::{Existing, put_in_place};
use hsign::pki::{Accreditation, Confidence, TrustEntry, TrustKind};
use hsign::x509::certificates_from_bytes;
use hsign::{Finding, TrustRegistry, load};
use hsign_core::hex;
use serde_json::{Value, json};

use crate::args::{ImportArgs, TrustCommand};
use crate::failure::Usage;
use crate::language::Language;
use crate::output;
use crate::session::{self, Session};

pub(super) fn run(session: &Session, command: &TrustCommand) -> Result<u8> {
    match command {
        TrustCommand::List { trust } => list(session, &session.trust(Some(trust))?),
        TrustCommand::Import(args) => import(session, args),
        TrustCommand::Confirm { pin, compared } => confirm(session, pin.as_deref(), *compared),
    }
}

fn list(session: &Session, registry: &TrustRegistry) -> Result<u8> {
    if session.json {
        let entries: Vec<Value> = registry.entries().iter().map(row).collect();
        output::json(
            &json!({ "schema": "hsign.trust/1", "sha256": hex(&registry.sha256()), "entries": entries }),
        );
        return Ok(0);
    }
    for entry in registry.entries() {
        output::data(&text(session, entry));
    }
    Ok(0)
}

fn row(entry: &TrustEntry) -> Value {
    json!({
        "kind": entry.kind.name(),
        "subject": entry.subject,
        "sha256": hex(&entry.sha256),
        "certificate": entry.certificate.is_some(),
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

fn text(session: &Session, entry: &TrustEntry) -> String {
    let ja = session.language == Language::Ja;
    let pick = |japanese: &'static str, english: &'static str| if ja { japanese } else { english };
    let mut lines = vec![format!("{}  {}", entry.kind.name(), entry.subject)];
    lines.push(format!("  SHA-256 {}", entry.pin_hex()));
    if entry.kind == TrustKind::Tsa {
        lines.push(format!("  {} {}", pick("認定", "accreditation"), entry.accreditation.name()));
    }
    let end = |time: Option<hsign::Time>| time.map_or_else(|| "…".to_owned(), |time| time.to_string());
    if entry.from.is_some() || entry.to.is_some() {
        lines.push(format!("  {} {} – {}", pick("期間", "holds"), end(entry.from), end(entry.to)));
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

/// Shows what would be trusted, asks, and adds it to the user's registry.
fn import(session: &Session, args: &ImportArgs) -> Result<u8> {
    let entries = entries_to_import(args)?;
    let Some(path) = session::imported_path() else {
        bail!(Usage::NoConfigurationPlace);
    };
    for entry in &entries {
        output::message(&text(session, entry));
    }
    let question = match session.language {
        Language::Ja => "公表されたフィンガープリントと照合しましたか",
        Language::En => "have you compared the fingerprints with the published ones",
    };
    if !args.compared && !agreed(question)? {
        bail!(Usage::NotAgreed);
    }
    let existing = if path.is_file() { std::fs::read_to_string(&path)? } else { String::new() };
    let mut registry =
        TrustRegistry::parse_toml(&existing, &|_| None).with_context(|| path.display().to_string())?;
    let before = registry.entries().len();
    for entry in entries {
        if !registry.entries().contains(&entry) {
            registry.add(entry);
        }
    }
    keep(&path, &registry.to_toml())?;
    let added = registry.entries().len() - before;
    session.remark(&Finding::info("trust-imported").with("count", added).with("path", path.display()));
    Ok(0)
}

fn entries_to_import(args: &ImportArgs) -> Result<Vec<TrustEntry>> {
    let kind: TrustKind = named("kind", &args.kind)?;
    let accreditation: Accreditation =
        args.class.as_deref().map_or(Ok(Accreditation::None), |class| named("class", class))?;
    let time = |text: &Option<String>| {
        text.as_deref().map(|text| session::time_or_now(Some(text)).map(|t| t.0)).transpose()
    };
    let (from, to) = (time(&args.from)?, time(&args.to)?);
    let mut entries = Vec::new();
    for file in &args.files {
        let certificates =
            certificates_from_bytes(&load::read(file)?).with_context(|| file.display().to_string())?;
        for certificate in certificates {
            entries.push(TrustEntry {
                accreditation,
                from,
                to,
                policies: args.require_policy.clone(),
                source: Some(args.source.clone()),
                source_date: Some(today()),
                confidence: Some(Confidence::Certain),
                ..TrustEntry::bare(certificate, kind)
            });
        }
    }
    Ok(entries)
}

/// The names of the registry file.
fn named<T: serde::de::DeserializeOwned>(option: &str, name: &str) -> Result<T> {
    serde_json::from_value(Value::String(name.to_owned()))
        .map_err(|error| Usage::NotAValue { option: option.to_owned(), reason: error.to_string() }.into())
}

fn today() -> String {
    let (year, month, day, ..) = session::now().utc();
    format!("{year:04}-{month:02}-{day:02}")
}

/// Without a pin: what waits for confirmation. With one: shows it and where to compare, asks, and remembers.
fn confirm(session: &Session, pin: Option<&str>, compared: bool) -> Result<u8> {
    let builtin = TrustRegistry::builtin()?.confirmed(&session::confirmed_pins()?);
    let Some(pin) = pin else { return list(session, &builtin) };
    let wanted: String = pin.chars().filter(|c| c.is_ascii_hexdigit()).collect::<String>().to_uppercase();
    let fitting: Vec<&TrustEntry> = builtin
        .entries()
        .iter()
        .filter(|entry| wanted.len() >= 16 && entry.pin_hex().starts_with(&wanted))
        .collect();
    let [entry] = fitting.as_slice() else {
        bail!(Usage::NoSuchPin { pin: pin.to_owned() });
    };
    output::message(&text(session, entry));
    let question = match session.language {
        Language::Ja => "出典に公表されたフィンガープリントと照合しましたか",
        Language::En => "have you compared it with the fingerprint published by the source",
    };
    if !compared && !agreed(question)? {
        bail!(Usage::NotAgreed);
    }
    remember(entry)?;
    session.remark(&Finding::info("pin-confirmed").with("subject", &entry.subject));
    Ok(0)
}

fn remember(entry: &TrustEntry) -> Result<()> {
    let Some(path) = session::confirmed_path() else {
        bail!(Usage::NoConfigurationPlace);
    };
    let mut text = if path.is_file() { std::fs::read_to_string(&path)? } else { String::new() };
    if !session::confirmed_pins()?.contains(&entry.sha256) {
        text.push_str(&format!("{} # {} ({})\n", entry.pin_hex(), entry.subject, today()));
    }
    keep(&path, &text)
}

fn keep(path: &std::path::Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    put_in_place(path, None, text.as_bytes(), Existing::Replace).with_context(|| path.display().to_string())
}

/// Trust is never extended by a program's default: without a terminal it takes `--compared`.
fn agreed(question: &str) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!(Usage::NobodyToAsk);
    }
    let mut err = std::io::stderr().lock();
    write!(err, "{question}? [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "はい"))
}
