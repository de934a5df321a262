//! `hsign trust`: who is trusted, as what, from when to when, on whose word.

mod check;
mod confirm;
mod entries;
mod import;

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use hsign::confirmation_path;
use hsign::file::{Existing, put_in_place};

use crate::args::TrustCommand;
use crate::failure::Usage;
use crate::language::Language;
use crate::session::{self, Session};

pub(super) fn run(session: &Session, command: &TrustCommand) -> Result<u8> {
    match command {
        TrustCommand::List { trust } => entries::list(session, &session.trust(Some(trust))?),
        TrustCommand::Show { entry, trust } => entries::show(session, entry, &session.trust(Some(trust))?),
        TrustCommand::Import(args) => import::run(session, args),
        TrustCommand::Confirm { what, compared } => confirm::run(session, what.as_deref(), *compared),
        TrustCommand::Check(args) => check::run(session, args),
    }
}

fn today() -> String {
    let (year, month, day, ..) = session::now().utc();
    format!("{year:04}-{month:02}-{day:02}")
}

fn keep(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    put_in_place(path, None, text.as_bytes(), Existing::Replace).with_context(|| path.display().to_string())
}

/// The digest first: if we are interrupted in between, the file is refused, and looked at, rather than trusted.
fn keep_confirmed(path: &Path, text: &str) -> Result<()> {
    keep(&confirmation_path(path), &hsign::confirmation_text(path, text.as_bytes()))?;
    keep(path, text)
}

/// Trust is never extended by a program's default: without a terminal it takes `--compared`.
fn ask(session: &Session, compared: bool, question: (&str, &str)) -> Result<()> {
    let question = if session.language == Language::Ja { question.0 } else { question.1 };
    if compared || agreed(question)? { Ok(()) } else { bail!(Usage::NotAgreed) }
}

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
