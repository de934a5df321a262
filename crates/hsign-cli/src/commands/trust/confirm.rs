use std::path::Path;

use anyhow::{Context as _, Result, bail};
use hsign::pki::TrustEntry;
use hsign::{Finding, TrustRegistry, confirmation_path, confirmation_text, load};
use hsign_core::hex;

use super::{ask, entries, keep, today};
use crate::failure::Usage;
use crate::output;
use crate::session::{self, Session};

/// Without anything: which built-in pins wait for confirmation. With a pin or a registry file: shows it, asks, and
/// remembers.
pub(super) fn run(session: &Session, what: Option<&str>, compared: bool) -> Result<u8> {
    let builtin = TrustRegistry::builtin()?.confirmed(&session::confirmed_pins()?);
    match what {
        None => entries::list(session, &builtin),
        Some(file) if Path::new(file).is_file() => confirm_file(session, Path::new(file), compared),
        Some(pin) => confirm_pin(session, &builtin, pin, compared),
    }
}

fn confirm_pin(session: &Session, builtin: &TrustRegistry, pin: &str, compared: bool) -> Result<u8> {
    let wanted: String = pin.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_uppercase();
    let fitting: Vec<&TrustEntry> = builtin
        .entries()
        .iter()
        .filter(|entry| wanted.len() >= 16 && entry.pin_hex().starts_with(&wanted))
        .collect();
    let [entry] = fitting.as_slice() else {
        bail!(Usage::NoSuchPin { pin: pin.to_owned() });
    };
    output::message(&entries::text(session, entry));
    let question = (
        "出典に公表されたフィンガープリントと照合しましたか",
        "have you compared it with the fingerprint published by the source",
    );
    ask(session, compared, question)?;
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

/// A registry file as it stands, also one that was changed since it was confirmed.
fn confirm_file(session: &Session, path: &Path, compared: bool) -> Result<u8> {
    let bytes = load::read(path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let text = String::from_utf8_lossy(&bytes);
    let registry = TrustRegistry::parse_toml(&text, &|name| load::read(&folder.join(name)).ok())
        .with_context(|| path.display().to_string())?;
    for entry in registry.entries() {
        output::message(&entries::text(session, entry));
    }
    let question = ("これらすべてを信頼しますか", "do you trust all of these");
    ask(session, compared, question)?;
    keep(&confirmation_path(path), &confirmation_text(path, &bytes))?;
    session.remark(
        &Finding::info("registry-confirmed")
            .with("path", path.display())
            .with("sha256", hex(&registry.sha256())),
    );
    Ok(0)
}
