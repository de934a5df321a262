use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use hsign::pki::{Accreditation, Confidence, TrustEntry, TrustKind, first_moment, last_moment};
use hsign::x509::Certificate;
use hsign::{Bundle, Finding, Time, TrustRegistry, check_confirmation, read_bundle};
use serde_json::Value;

use super::{ask, entries, keep_confirmed, today};
use crate::args::ImportArgs;
use crate::failure::Usage;
use crate::output;
use crate::session::{self, Session};

/// Shows what would be trusted, asks, and adds it to the user's registry.
pub(super) fn run(session: &Session, args: &ImportArgs) -> Result<u8> {
    let entries = entries_to_import(session, args)?;
    let Some(path) = session::imported_path() else {
        bail!(Usage::NoConfigurationPlace);
    };
    // What was changed behind our back is looked at first, not confirmed along with the import.
    let existing = existing(&path)?;
    let mut registry =
        TrustRegistry::parse_toml(&existing, &|_| None).with_context(|| path.display().to_string())?;
    for entry in &entries {
        output::message(&entries::text(session, entry));
        if registry.entries().iter().any(|known| known.sha256 == entry.sha256 && known != entry) {
            session.remark(&Finding::warning("trust-imported-again").with("subject", &entry.subject));
        }
    }
    let question = (
        "公表されたフィンガープリントと照合しましたか",
        "have you compared the fingerprints with the published ones",
    );
    ask(session, args.compared, question)?;
    let before = registry.entries().len();
    for entry in entries {
        if !registry.entries().contains(&entry) {
            registry.add(entry);
        }
    }
    keep_confirmed(&path, &registry.to_toml())?;
    let added = registry.entries().len() - before;
    session.remark(&Finding::info("trust-imported").with("count", added).with("path", path.display()));
    Ok(0)
}

fn existing(path: &Path) -> Result<String> {
    if !path.is_file() {
        return Ok(String::new());
    }
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    check_confirmation(path, text.as_bytes())?;
    Ok(text)
}

fn entries_to_import(session: &Session, args: &ImportArgs) -> Result<Vec<TrustEntry>> {
    let kind: TrustKind = named("kind", &args.kind)?;
    let accreditation = accreditation(kind, args)?;
    let from = moment("from", args.from.as_deref(), first_moment)?;
    let to = moment("to", args.to.as_deref(), last_moment)?;
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        bail!(not_a_value("to", "it is before --from"));
    }
    if accreditation != Accreditation::None && from.is_none() {
        bail!(Usage::AccreditationWithoutDate);
    }
    let entry = |certificate: Certificate| TrustEntry {
        accreditation,
        from,
        to,
        policies: args.require_policy.clone(),
        source: Some(args.source.clone()),
        source_date: Some(today()),
        confidence: Some(Confidence::Certain),
        ..TrustEntry::bare(certificate, kind)
    };
    Ok(certificates(session, args)?.into_iter().map(entry).collect())
}

/// The certificates of all files, those that `--only` names if it is given.
fn certificates(session: &Session, args: &ImportArgs) -> Result<Vec<Certificate>> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for file in &args.files {
        let Bundle { certificates, passed_over } = read_bundle(file)?;
        if !passed_over.is_empty() {
            let names = passed_over.join(", ");
            session
                .remark(&Finding::info("zip-passed-over").with("path", file.display()).with("names", names));
        }
        let fresh = certificates.into_iter().map(|bundled| bundled.certificate);
        found.extend(fresh.filter(|certificate| seen.insert(certificate.sha256())));
    }
    if args.only.is_empty() {
        return Ok(found);
    }
    let mut chosen = Vec::new();
    for pin in &args.only {
        let wanted: String = pin.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase();
        let fits = |certificate: &&Certificate| {
            wanted.len() >= 16 && certificate.sha256_hex().to_lowercase().starts_with(&wanted)
        };
        match found.iter().find(fits) {
            Some(certificate) => chosen.push(certificate.clone()),
            None => bail!(Usage::NotInBundle { pin: pin.clone() }),
        }
    }
    Ok(chosen)
}

fn accreditation(kind: TrustKind, args: &ImportArgs) -> Result<Accreditation> {
    let Some(class) = &args.class else { return Ok(Accreditation::None) };
    if kind != TrustKind::Tsa {
        bail!(not_a_value("class", "only --kind tsa has one"));
    }
    named("class", class)
}

fn moment(option: &str, text: Option<&str>, read: fn(&str) -> Result<Time, String>) -> Result<Option<Time>> {
    text.map(|text| read(text).map_err(|reason| not_a_value(option, &reason).into())).transpose()
}

/// The names of the registry file.
fn named<T: serde::de::DeserializeOwned>(option: &str, name: &str) -> Result<T> {
    serde_json::from_value(Value::String(name.to_owned()))
        .map_err(|error| not_a_value(option, &error.to_string()).into())
}

fn not_a_value(option: &str, reason: &str) -> Usage {
    Usage::NotAValue { option: option.to_owned(), reason: reason.to_owned() }
}
