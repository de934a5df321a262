//! Judging what an earlier run saved.

use std::path::Path;

use anyhow::{Context as _, Result};
use hsign::pki::Provenance;
use hsign::saved::{SavedDocument, SavedFacts, SavedFailure, restore_evidence};
use hsign::{Evidence, Settings, load};

use super::verify::{Answer, Failed, Ground, Judged, ground};
use crate::args::VerifyArgs;
use crate::session::{Session, parse_pin};

/// The judgement that was saved, made again; with `--rejudge` another one of the same facts.
pub(super) fn judge(session: &Session, args: &VerifyArgs, path: &Path) -> Result<(Ground, Vec<Judged>)> {
    let named = || path.display().to_string();
    let saved = SavedFacts::parse(&load::read(path)?).with_context(named)?;
    let mut ground = ground(session, args)?;
    if !args.rejudge {
        let settings = &ground.settings;
        saved.same_ground(&settings.policy.sha256(), &settings.trust.sha256()).with_context(named)?;
        ground.time = saved.validation_time;
        ground.settings.document_class.clone_from(&saved.document_class);
        ground.settings.professions.clone_from(&saved.professions);
        ground.settings.required_roles.clone_from(&saved.required_roles);
        let listed = saved.listed_signers.iter().map(|pin| parse_pin(pin));
        ground.settings.listed_signers = listed.collect::<Result<_>>().with_context(named)?;
    }
    // What the configuration adds today was not part of it then.
    let mut evidence = if args.rejudge { ground.settings.evidence.clone() } else { Evidence::default() };
    restore_evidence(&mut evidence, &saved.given, Provenance::Given).with_context(named)?;
    ground.settings.evidence = evidence;
    ground.settings.tokens.clear();
    ground.settings.evidence_records.clear();
    let fetcher = session.fetcher(args.fetch);
    let mut judged = Vec::with_capacity(saved.documents.len());
    for document in saved.documents {
        let SavedDocument { path: document_path, facts, fetched, failure } = document;
        let outcome = match (facts, failure) {
            (Some(facts), _) => {
                let settings = with_fetched(&ground.settings, &fetched).with_context(named)?;
                let mut verified = hsign::judge(&facts, &settings, fetcher.as_ref(), ground.time);
                restore_evidence(&mut verified.fetched, &fetched, Provenance::Fetched).with_context(named)?;
                Ok(Answer { facts: None, verified })
            }
            (None, Some(SavedFailure { exit_code, finding })) => {
                Err(Failed { finding, exit_code, error: None })
            }
            (None, None) => Err(Failed {
                finding: hsign::Finding::error("saved-facts-unreadable").with("reason", &document_path),
                exit_code: 4,
                error: None,
            }),
        };
        judged.push(Judged { path: document_path, outcome });
    }
    Ok((ground, judged))
}

fn with_fetched(settings: &Settings, fetched: &[hsign::saved::SavedEvidence]) -> Result<Settings> {
    let mut settings = settings.clone();
    restore_evidence(&mut settings.evidence, fetched, Provenance::Fetched)?;
    Ok(settings)
}
