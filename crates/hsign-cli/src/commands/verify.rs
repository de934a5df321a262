use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use hsign::report::{DocumentReport, Outcome, VerifyReport, json, text};
use hsign::{
    DocumentVerdict, Indication, InputFormat, Settings, ValidationTime, Verified, input_format, verify,
    verify_token,
};
use hsign_core::ports::Fetcher;
use rayon::prelude::*;

use super::outcome;
use crate::args::VerifyArgs;
use crate::failure::{self, Usage};
use crate::session::{self, Judging, Session};
use crate::{files, output, progress};

pub(super) fn run(session: &Session, args: &VerifyArgs) -> Result<u8> {
    let inputs = files::expand(&args.files, files::is_verifiable)?;
    if args.content.is_some() && inputs.len() != 1 {
        bail!(Usage::OneInput { option: "--content" });
    }
    let standard = inputs.iter().chain(&args.content).filter(|path| files::is_standard(path)).count();
    if standard > 1 || (standard == 1 && inputs.len() != 1) {
        bail!(Usage::OneInput { option: "-" });
    }
    let judging = Judging {
        policy: args.policy.as_deref(),
        document_class: args.document_class.as_deref(),
        roles: &args.require_role,
        evidence: &args.evidence,
        trust: Some(&args.trust),
    };
    let settings = session.settings(&judging)?;
    let time = session::time_or_now(args.at.as_deref())?;
    let fetcher = session.fetcher(args.fetch);
    let bar = progress::bar(inputs.len(), session.quiet);
    let judged: Vec<(PathBuf, Result<Verified>)> = inputs
        .into_par_iter()
        .map(|input| {
            let verified = judge(&input, args.content.as_deref(), &settings, fetcher.as_ref(), time);
            bar.inc(1);
            (input, verified)
        })
        .collect();
    bar.finish_and_clear();
    Ok(tell(session, &settings, time, &judged))
}

fn judge(
    input: &Path,
    content: Option<&Path>,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    time: ValidationTime,
) -> Result<Verified> {
    let source = files::open(input)?;
    match content {
        None => Ok(verify(source.as_ref(), settings, fetcher, time)?),
        Some(_) if input_format(source.as_ref())? != InputFormat::Timestamp => {
            bail!(Usage::OnlyTokens)
        }
        Some(content) => {
            let content = files::open(content)?;
            Ok(verify_token(source.as_ref(), Some(content.as_ref()), settings, fetcher, time)?)
        }
    }
}

fn tell(
    session: &Session,
    settings: &Settings,
    time: ValidationTime,
    judged: &[(PathBuf, Result<Verified>)],
) -> u8 {
    let report = VerifyReport {
        validation_time: time,
        policy: &settings.policy,
        trust_sha256: settings.trust.sha256(),
        documents: judged.iter().map(|(path, result)| document(path, result)).collect(),
    };
    if session.json {
        output::json(&json(&report, session.language));
    } else {
        output::data(&text(&report, session.language));
    }
    for (path, result) in judged {
        match result {
            Ok(verified) => session.tell(&verified.findings),
            Err(error) => failure::say(error, session.language, Some(path)),
        }
    }
    let codes: Vec<u8> = judged.iter().map(|(_, result)| code(result)).collect();
    outcome::of_judgements(&codes)
}

fn document<'a>(path: &Path, result: &'a Result<Verified>) -> DocumentReport<'a> {
    let outcome = match result {
        Ok(verified) => Outcome::Judged(&verified.verdict),
        Err(error) => Outcome::Unreadable { sha256: None, findings: vec![failure::finding(error)] },
    };
    DocumentReport { path: path.display().to_string(), outcome }
}

fn code(result: &Result<Verified>) -> u8 {
    match result {
        Ok(verified) => exit_code(&verified.verdict),
        Err(error) => failure::exit_code(error),
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
