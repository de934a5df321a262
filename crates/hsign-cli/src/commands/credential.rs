use anyhow::Result;
use hsign::credential::{CredentialSummary, Listing, Options, Place, Problem, Specification, check, list};
use hsign::report::{finding_lines, finding_message, findings_json};
use serde_json::{Value, json};

use crate::args::CredentialCommand;
use crate::language::Language;
use crate::output;
use crate::secrets::Secrets;
use crate::session::Session;

pub(super) fn run(session: &Session, command: &CredentialCommand) -> Result<u8> {
    match command {
        CredentialCommand::List { specifications, module, pin_source } => {
            let specifications = parse(specifications)?;
            let modules = if module.is_empty() { session.config.modules.clone() } else { module.clone() };
            let options = session.credential_options(modules);
            list_all(
                session,
                &specifications,
                &Secrets::new(pin_source.as_deref(), session.language)?,
                &options,
            )
        }
        CredentialCommand::Check { specification, pin_source } => {
            let options = session.credential_options(session.config.modules.clone());
            let secrets = Secrets::new(pin_source.as_deref(), session.language)?;
            let profile = check(&specification.parse()?, &secrets, pin_source.is_some(), &options)?;
            output::json(&serde_json::to_value(profile)?);
            Ok(0)
        }
    }
}

fn parse(specifications: &[String]) -> Result<Vec<Specification>> {
    specifications.iter().map(|text| Ok(text.parse()?)).collect()
}

/// Exit code 6 if nothing that can sign was found.
fn list_all(
    session: &Session,
    specifications: &[Specification],
    secrets: &Secrets,
    options: &Options,
) -> Result<u8> {
    let listing = list(specifications, secrets, options);
    if session.json {
        output::json(&listed(&listing, session.language)?);
    } else {
        for credential in &listing.credentials {
            output::data(&text(credential, session.language));
        }
        for problem in &listing.problems {
            let lines = finding_lines(std::slice::from_ref(&problem.finding), session.language);
            output::message(&format!("{}:\n{lines}", problem.specification));
        }
    }
    Ok(if listing.credentials.iter().any(|credential| credential.unsuitable.is_none()) { 0 } else { 6 })
}

/// The listing with its problems in the form that findings have everywhere.
fn listed(listing: &Listing, language: Language) -> Result<Value> {
    let problem = |problem: &Problem| {
        let findings = findings_json(std::slice::from_ref(&problem.finding), language);
        json!({ "specification": problem.specification, "findings": findings })
    };
    Ok(json!({
        "schema": "hsign.credentials/1",
        "credentials": serde_json::to_value(&listing.credentials)?,
        "problems": listing.problems.iter().map(problem).collect::<Vec<_>>(),
    }))
}

fn text(credential: &CredentialSummary, language: Language) -> String {
    let ja = language == Language::Ja;
    let label = |japanese: &'static str, english: &'static str| if ja { japanese } else { english };
    let certificate = &credential.certificate;
    let mut lines = vec![credential.specification.clone()];
    let mut add = |name: &str, value: String| lines.push(format!("  {name}: {value}"));
    if let Place::Token { token, model, module, pin, .. } = &credential.place {
        add(label("トークン", "token"), format!("{token} ({model}), {module}"));
        if let Some(pin) = pin {
            add("PIN", (*pin).to_owned());
        }
    }
    add(label("署名者", "subject"), certificate.subject.clone());
    add(label("発行者", "issuer"), certificate.issuer.clone());
    add(label("期間", "valid"), format!("{} – {}", certificate.not_before, certificate.not_after));
    add(label("鍵", "key"), format!("{}, {}", certificate.key, credential.protection));
    if let Some(reason) = credential.unsuitable {
        add(
            label("署名に使えない理由", "must not sign"),
            finding_message(&reason.finding(), language).unwrap_or_else(|| reason.to_string()),
        );
    }
    lines.join("\n") + "\n"
}
