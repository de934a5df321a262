//! By when documents have to be stamped anew, and why.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use hsign::report::{Due, PlanReport, PlannedDocument, plan_json, plan_text};
use hsign::{Finding, Planned, Time, document_facts};
use hsign_core::ports::Fetcher;
use rayon::prelude::*;

use super::beside::Beside;
use super::outcome;
use super::verify::Ground;
use crate::args::PlanArgs;
use crate::duration::seconds;
use crate::failure::Usage;
use crate::session::{self, Judging, Session};
use crate::{failure, files, output, progress};

/// What came of one document, and the exit code of its failure.
type Outcome = (String, Result<Planned, (Finding, u8)>);

pub(super) fn run(session: &Session, args: &PlanArgs) -> Result<u8> {
    let inputs = files::expand(&args.files, files::is_verifiable)?;
    if !args.content.is_empty() && inputs.len() != 1 {
        bail!(Usage::OneInput { option: "--content" });
    }
    let judging = Judging {
        policy: args.policy.as_deref(),
        document_class: args.document_class.as_deref(),
        roles: &[],
        evidence: &args.evidence,
        trust: Some(&args.trust),
    };
    let settings = session.settings(&judging)?;
    let ground = Ground { settings, time: session::time_or_now(args.at.as_deref())? };
    let within = seconds(&args.within)?;
    let later: Vec<Time> = args.year.iter().filter_map(|year| end_of(*year)).collect();
    let fetcher = session.fetcher(args.fetch);
    let bar = progress::bar(inputs.len(), session.quiet);
    let planned: Vec<Outcome> = inputs
        .into_par_iter()
        .map(|input| {
            let outcome = plan(session, &input, &args.content, &ground, fetcher.as_ref(), &later)
                .map_err(|error| (failure::finding(&error), failure::exit_code(&error)));
            bar.inc(1);
            (input.display().to_string(), outcome)
        })
        .collect();
    bar.finish_and_clear();
    let report = report(&ground, within, &planned);
    if session.json {
        output::json(&plan_json(&report, session.language));
    } else {
        output::data(&plan_text(&report, session.language));
    }
    for (_, outcome) in &planned {
        if let Ok(planned) = outcome {
            session.tell(&planned.verified.findings);
        }
    }
    let codes = report.documents.iter().zip(&planned);
    let codes = codes.map(|(document, (_, outcome))| match outcome {
        Ok(_) => exit_code(document.due(ground.time.0, within)),
        Err((_, code)) => *code,
    });
    Ok(outcome::of_judgements(&codes.collect::<Vec<u8>>()))
}

fn plan(
    session: &Session,
    input: &Path,
    content: &[PathBuf],
    ground: &Ground,
    fetcher: &dyn Fetcher,
    later: &[Time],
) -> Result<Planned> {
    let source = session.open(input)?;
    let beside = Beside::open(content)?;
    let facts = document_facts(source.as_ref(), &beside.contents(), &ground.settings)?;
    Ok(hsign::plan(&facts, &ground.settings, fetcher, ground.time, later))
}

fn report<'a>(ground: &'a Ground, within: i64, planned: &'a [Outcome]) -> PlanReport<'a> {
    let one = |(path, outcome): &'a Outcome| PlannedDocument {
        path: path.clone(),
        outcome: match outcome {
            Ok(planned) => Ok((&planned.verified.verdict, &planned.plan)),
            Err((finding, _)) => Err(finding.clone()),
        },
    };
    PlanReport {
        time: ground.time,
        within,
        policy: &ground.settings.policy,
        trust_sha256: ground.settings.trust.sha256(),
        documents: planned.iter().map(one).collect(),
    }
}

/// The year's last second in Japan.
fn end_of(year: u16) -> Option<Time> {
    format!("{year:04}-12-31T14:59:59Z").parse().ok()
}

/// Due within the warning time or open: 3; overdue or unfit: 1.
fn exit_code(due: Due) -> u8 {
    match due {
        Due::Overdue | Due::Invalid => 1,
        Due::Soon | Due::Open => 3,
        Due::Nothing => 4,
        _ => 0,
    }
}
