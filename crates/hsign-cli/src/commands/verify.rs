//! Facts are read from the documents, or were saved earlier; judged; told, and kept as far as asked for.

use std::path::{Path, PathBuf};

use anyhow::{Error, Result, bail};
use hsign::report::{DocumentReport, Outcome, VerifyReport, json, text};
use hsign::{
    DocumentVerdict, Finding, Indication, Settings, Severity, ValidationTime, Verified, document_facts,
};
use hsign_core::Octets;
use hsign_core::facts::DocumentFacts;
use hsign_core::ports::Fetcher;
use rayon::prelude::*;

use super::beside::{self, Beside};
use super::{outcome, verify_files, verify_saved};
use crate::args::VerifyArgs;
use crate::failure::{self, Usage};
use crate::session::{self, Judging, Session};
use crate::{files, output, progress};

/// What all documents of a run are judged by.
pub(super) struct Ground {
    pub(super) settings: Settings,
    pub(super) time: ValidationTime,
}

/// One document, and what came of it.
pub(super) struct Judged {
    pub(super) path: String,
    pub(super) outcome: Result<Answer, Failed>,
}

/// A verdict, with what it was made from where that is still needed.
pub(super) struct Answer {
    pub(super) facts: Option<DocumentFacts>,
    pub(super) verified: Verified,
}

/// A document that could not be read, now or when its facts were saved.
pub(super) struct Failed {
    pub(super) finding: Finding,
    pub(super) exit_code: u8,
    /// With its causes, where it happened just now.
    pub(super) error: Option<Error>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        let (finding, exit_code) = (failure::finding(&error), failure::exit_code(&error));
        Self { finding, exit_code, error: Some(error) }
    }
}

pub(super) fn run(session: &Session, args: &VerifyArgs) -> Result<u8> {
    verify_files::check_targets(args)?;
    let (ground, judged) = match &args.facts {
        Some(saved) => verify_saved::judge(session, args, saved)?,
        None => judge_documents(session, args)?,
    };
    verify_files::write(session, args, &ground, &judged)?;
    let exported = super::eprescription::export(session, args, &judged)?;
    let code = tell(session, &ground, &judged);
    let (done, open): (Vec<Finding>, Vec<Finding>) =
        exported.into_iter().partition(|finding| finding.severity == Severity::Info);
    done.iter().for_each(|finding| session.remark(finding));
    session.tell(&open);
    Ok(code)
}

/// The judgement as typed.
pub(super) fn ground(session: &Session, args: &VerifyArgs) -> Result<Ground> {
    let judging = Judging {
        policy: args.policy.as_deref(),
        document_class: args.document_class.as_deref(),
        roles: &args.require_role,
        evidence: &args.evidence,
        trust: Some(&args.trust),
    };
    let settings = session.settings(&judging)?;
    Ok(Ground { settings, time: session::time_or_now(args.at.as_deref())? })
}

fn judge_documents(session: &Session, args: &VerifyArgs) -> Result<(Ground, Vec<Judged>)> {
    let inputs = files::expand(&args.files, files::is_verifiable)?;
    if !args.content.is_empty() && inputs.len() != 1 {
        bail!(Usage::OneInput { option: "--content" });
    }
    let standard = inputs.iter().chain(&args.content).filter(|path| files::is_standard(path)).count();
    if standard > 1 || (standard == 1 && inputs.len() != 1) {
        bail!(Usage::OneInput { option: "-" });
    }
    let ground = ground(session, args)?;
    let fetcher = session.fetcher(args.fetch);
    let bar = progress::bar(inputs.len(), session.quiet);
    let judged = inputs
        .into_par_iter()
        .map(|input| {
            let outcome = judge(session, &input, args, &ground, fetcher.as_ref()).map_err(Failed::from);
            bar.inc(1);
            Judged { path: input.display().to_string(), outcome }
        })
        .collect();
    bar.finish_and_clear();
    Ok((ground, judged))
}

fn judge(
    session: &Session,
    input: &Path,
    args: &VerifyArgs,
    ground: &Ground,
    fetcher: &dyn Fetcher,
) -> Result<Answer> {
    let source = session.open(input)?;
    let content = Beside::open(&args.content)?;
    let facts = document_facts(source.as_ref(), &content.contents(), &ground.settings)?;
    let mut verified = hsign::judge(&facts, &ground.settings, fetcher, ground.time);
    if args.content.is_empty() {
        verified.findings.extend(beside::likely_content(input, &facts));
    }
    // Facts of many large documents are not kept for nothing.
    Ok(Answer { facts: args.save_facts.is_some().then_some(facts), verified })
}

fn tell(session: &Session, ground: &Ground, judged: &[Judged]) -> u8 {
    let report = report(ground, judged);
    if session.json {
        output::json(&json(&report, session.language));
    } else {
        output::data(&text(&report, session.language));
    }
    for one in judged {
        match &one.outcome {
            Ok(answer) => session.tell(&answer.verified.findings),
            Err(Failed { error: Some(error), .. }) => {
                failure::say(error, session.language, Some(&PathBuf::from(&one.path)));
            }
            Err(failed) => session.tell(std::slice::from_ref(&failed.finding)),
        }
    }
    session.tell(&unrelated(ground, judged));
    let codes: Vec<u8> = judged.iter().map(code).collect();
    outcome::of_judgements(&codes)
}

pub(super) fn report<'a>(ground: &'a Ground, judged: &'a [Judged]) -> VerifyReport<'a> {
    VerifyReport {
        validation_time: ground.time,
        policy: &ground.settings.policy,
        trust_sha256: ground.settings.trust.sha256(),
        documents: judged.iter().map(document).collect(),
    }
}

fn document(judged: &Judged) -> DocumentReport<'_> {
    let outcome = match &judged.outcome {
        Ok(answer) => Outcome::Judged(&answer.verified.verdict),
        Err(failed) => Outcome::Unreadable { sha256: None, findings: vec![failed.finding.clone()] },
    };
    DocumentReport { path: judged.path.clone(), outcome }
}

/// A token or evidence record that was given and speaks for none of the documents is not passed over in silence.
fn unrelated(ground: &Ground, judged: &[Judged]) -> Vec<Finding> {
    let verdicts = judged.iter().filter_map(|one| one.outcome.as_ref().ok()).map(|one| &one.verified.verdict);
    let used: Vec<&str> = verdicts
        .flat_map(|verdict| {
            let of_signatures = verdict.signatures().iter().flat_map(|signature| signature.timestamps());
            let stamps = of_signatures.chain(verdict.timestamps()).map(|stamp| stamp.id());
            stamps.chain(verdict.evidence_records().iter().map(|record| record.id()))
        })
        .collect();
    let tell = |code: &'static str, given: &[Octets]| -> Vec<Finding> {
        let names = given.iter().map(hsign::given_id).filter(|name| !used.contains(&name.as_str()));
        names.map(|name| Finding::warning(code).with("name", name)).collect()
    };
    let mut findings = tell("evidence-token-unrelated", &ground.settings.tokens);
    findings.extend(tell("evidence-record-unrelated", &ground.settings.evidence_records));
    findings
}

fn code(judged: &Judged) -> u8 {
    match &judged.outcome {
        Ok(answer) => exit_code(&answer.verified.verdict),
        Err(failed) => failed.exit_code,
    }
}

/// 0, 1 or 3 by the verdict; 4 without a signature.
pub(super) fn exit_code(verdict: &DocumentVerdict) -> u8 {
    match verdict.indication() {
        Indication::TotalPassed => 0,
        Indication::TotalFailed => 1,
        Indication::Indeterminate => 3,
        Indication::NoSignature => 4,
    }
}
