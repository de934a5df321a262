//! `hsign policy`: what is asked of signatures, and until when which algorithm is strong enough.

mod explain;

use anyhow::Result;
use hsign::Policy;
use hsign_core::hex;
use serde_json::json;

use crate::args::PolicyCommand;
use crate::language::Language;
use crate::output;
use crate::session::Session;

pub(super) fn run(session: &Session, command: &PolicyCommand) -> Result<u8> {
    match command {
        PolicyCommand::List => list(session),
        PolicyCommand::Show { policy } => show(policy),
        PolicyCommand::Explain(args) => explain::run(session, args),
    }
}

fn list(session: &Session) -> Result<u8> {
    let policies = Policy::PRESETS.iter().map(|name| Policy::preset(name)).collect::<Result<Vec<_>, _>>()?;
    if session.json {
        let rows: Vec<_> = policies
            .iter()
            .map(|policy| {
                json!({
                    "name": policy.name(),
                    "ja": policy.ja(),
                    "en": policy.en(),
                    "sha256": hex(&policy.sha256()),
                    "algorithms": policy.algorithms().name(),
                })
            })
            .collect();
        output::json(&json!({ "schema": "hsign.policies/1", "policies": rows }));
        return Ok(0);
    }
    for policy in &policies {
        let meaning = if session.language == Language::Ja { policy.ja() } else { policy.en() };
        output::data(&format!("{:<15} {meaning}\n", policy.name()));
    }
    Ok(0)
}

/// A preset's text is what was shipped, comments included, so that it can be copied.
fn show(name: &str) -> Result<u8> {
    match Policy::preset_text(name) {
        Some(text) => output::data(text),
        None => {
            let bytes = hsign::load::read(std::path::Path::new(name))?;
            Policy::parse(&String::from_utf8_lossy(&bytes))?;
            output::bytes(&bytes)?;
        }
    }
    Ok(0)
}
