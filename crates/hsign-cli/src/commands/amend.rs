//! `hsign amend`: a corrected document that keeps its original inside, or a note on the original.

use std::path::PathBuf;

use anyhow::Result;
use hsign::net::HttpTimestamper;
use hsign::report::findings_json;
use hsign::{AmendRequest, Content, Metadata, Settings, SignRequest, Signed, Stamps, Time};
use hsign_core::facts::Level;
use hsign_core::ports::Timestamper;
use hsign_core::{DigestAlgorithm, Finding};
use serde_json::json;

use super::verdict::Made;
use super::{scan, sign};
use crate::args::{AmendArgs, LevelArg};
use crate::pending_list::Waiting;
use crate::secrets::Secrets;
use crate::session::{self, Judging, Session};
use crate::{files, output};

/// An amendment in its place.
struct Done {
    output: PathBuf,
    signed: Signed<'static>,
    findings: Vec<Finding>,
    at: Time,
}

pub(super) fn run(session: &Session, args: &AmendArgs) -> Result<u8> {
    let judging = Judging {
        document_class: Some(&args.document_class),
        roles: &args.require_role,
        ..Judging::from(&args.judging)
    };
    let settings = session.settings(&judging)?;
    let secrets = Secrets::new(args.pin_source.as_deref(), session.language)?;
    let level = args.level.map(LevelArg::level);
    let timestamper = session.timestamper_for(level, &args.tsa)?;
    let credential = sign::open_credential(session, args.credential.as_deref(), &secrets)?;
    let fetcher = session.fetcher(!args.no_fetch);
    let sign = SignRequest {
        level,
        stamps: Stamps::Two,
        digest: DigestAlgorithm::Sha256,
        key: credential.protection(),
        metadata: Metadata::default(),
        statement: scan::statement(&args.statement, None)?,
        allow_pending: args.statement.allow_pending,
    };
    let original = session.open(&args.original)?;
    let changed = args.changed.as_ref().map(|path| session.open(path)).transpose()?;
    let names = [&args.original, args.changed.as_ref().unwrap_or(&args.original)]
        .map(|path| session::file_name(path));
    let request = AmendRequest {
        original: Content { name: &names[0], source: original.as_ref() },
        changed: changed.as_deref().map(|source| Content { name: &names[1], source }),
        note: args.note.as_deref(),
        sign: &sign,
    };
    let signed = hsign::amend(
        &request,
        credential.as_ref(),
        timestamper.as_ref().map(|one| one as &dyn Timestamper),
        &settings,
        fetcher.as_ref(),
        &session::now,
    )?;
    let base = args.changed.as_ref().unwrap_or(&args.original);
    let source = changed.as_deref().unwrap_or(original.as_ref());
    // A container goes by its own name, whatever it holds.
    let is_container = matches!(signed.output, hsign::Output::Whole(_)) && args.changed.is_some();
    let named = || if is_container { base.with_extension("asice") } else { base.clone() };
    let output = args.out.clone().unwrap_or_else(|| files::amended_name(&named()));
    if !signed.pending.is_empty() {
        session.wait(Waiting {
            path: output.clone(),
            since: session::now(),
            level: Some(level.unwrap_or(Level::BLta)),
            content: None,
            statement: None,
        })?;
    }
    files::put_output(base, source, &signed.output, &output, files::existing(args.force))?;
    let mut findings = signed.findings.clone();
    findings.extend(timestamper.iter().flat_map(HttpTimestamper::take_notices));
    let done = Done { output, signed, findings, at: session::now() };
    let passed = super::verify::exit_code(&done.signed.verdict) == 0 && done.signed.pending.is_empty();
    let code = if passed { 0 } else { 3 };
    tell(session, args, &settings, &done, code);
    Ok(code)
}

fn tell(session: &Session, args: &AmendArgs, settings: &Settings, done: &Done, code: u8) {
    let made = Made { settings, path: &done.output, verdict: &done.signed.verdict, at: done.at };
    if session.json {
        return output::json(&json!({
            "schema": "hsign.amend/1",
            "original": args.original,
            "changed": args.changed,
            "output": done.output,
            "level": done.signed.level,
            "exit_code": code,
            "findings": findings_json(&done.findings, session.language),
            "verdict": made.json(session),
        }));
    }
    if made.tell(session) {
        session.tell(&done.findings);
    }
}
