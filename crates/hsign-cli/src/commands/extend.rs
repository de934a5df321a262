use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use hsign::net::HttpTimestamper;
use hsign::report::findings_json;
use hsign::{DocumentVerdict, ExtendRequest, Finding, Output, Settings, Time};
use hsign_core::DigestAlgorithm;
use hsign_core::facts::Level;
use hsign_core::ports::{Fetcher, Timestamper};
use serde_json::{Value, json};

use super::beside::Beside;
use super::outcome::Tally;
use super::outputs::Outputs;
use super::pending;
use super::verdict::Made;
use crate::args::{ExtendArgs, LevelArg};
use crate::failure::Usage;
use crate::pending_list::{PendingList, Waiting};
use crate::session::{self, Judging, Session};
use crate::{files, output};

/// How long before the end of the last stamp `--due` makes the next one: a quarter of a year leaves time to find out
/// why a renewal failed.
pub(super) const AHEAD_SECONDS: i64 = 92 * 86_400;

/// Everything that is the same for all documents of one run.
struct Run<'a> {
    session: &'a Session,
    args: &'a ExtendArgs,
    timestamper: Option<HttpTimestamper>,
    settings: Settings,
    fetcher: Box<dyn Fetcher + Sync>,
    /// The result goes into the file it was made of.
    in_place: bool,
}

pub(super) fn run(session: &Session, args: &ExtendArgs) -> Result<u8> {
    if args.level == Some(LevelArg::BB) {
        let reason = "every signature has it".to_owned();
        bail!(Usage::NotAValue { option: "level".to_owned(), reason });
    }
    let list = session.pending_list().ok();
    let waiting = match &list {
        Some(list) if args.due => pending::listed(list)?,
        _ => Vec::new(),
    };
    // Without files: those that wait, where they are.
    let from_list = args.files.is_empty();
    let inputs = if from_list {
        waiting.iter().map(|one| one.path.clone()).collect()
    } else {
        files::expand(&args.files, files::is_extendable)?
    };
    outputs(args).check(session, &inputs, "document")?;
    if !args.content.is_empty() && inputs.len() != 1 {
        bail!(Usage::OneInput { option: "--content" });
    }
    let run = Run {
        session,
        args,
        timestamper: session.timestamper(session.endpoints(&args.tsa)?)?,
        settings: session.settings(&Judging::from(&args.judging))?,
        fetcher: session.fetcher(!args.no_fetch),
        in_place: args.in_place || from_list,
    };
    let tally = Tally::over(session, &inputs, |input, bar| {
        let listed = waiting.iter().find(|one| pending::is_same(one, input));
        let done = run.extend(input, listed)?;
        if let (Some(list), Some(listed)) = (&list, listed.filter(|_| run.in_place)) {
            run.take_off(list, listed, &done)?;
        }
        bar.suspend(|| run.tell(&done));
        Ok((done.code, run.row(&done)))
    });
    if session.json {
        output::json(&json!({ "schema": "hsign.extend/1", "documents": tally.rows }));
    }
    Ok(tally.exit_code())
}

fn outputs(args: &ExtendArgs) -> Outputs<'_> {
    Outputs { out: args.out.as_deref(), in_place: args.in_place, force: args.force }
}

/// An extended document in its place; without a place when nothing was due.
struct Done {
    input: PathBuf,
    output: Option<PathBuf>,
    evidence_added: bool,
    stamped: bool,
    verdict: DocumentVerdict,
    findings: Vec<Finding>,
    at: Time,
    code: u8,
}

impl Run<'_> {
    /// What has the level that it should have waits no longer.
    fn take_off(&self, list: &PendingList, listed: &Waiting, done: &Done) -> Result<()> {
        let wanted = listed.level.unwrap_or(Level::BLta);
        let complete =
            done.verdict.signatures().iter().all(|signature| pending::is_complete(signature.level(), wanted));
        if complete { list.remove(&[&listed.path]) } else { Ok(()) }
    }

    fn extend(&self, input: &Path, listed: Option<&Waiting>) -> Result<Done> {
        let source = self.session.open(input)?;
        let content = listed.and_then(|one| one.content.clone()).filter(|_| self.args.content.is_empty());
        let beside = Beside::open(&content.map_or_else(|| self.args.content.clone(), |one| vec![one]))?;
        let contents = beside.contents();
        let timestamper = self.timestamper.as_ref().map(|timestamper| timestamper as &dyn Timestamper);
        let extension = hsign::extend(
            source.as_ref(),
            &contents,
            timestamper,
            &self.request(),
            &self.settings,
            self.fetcher.as_ref(),
            &session::now,
        )?;
        let to_output = files::goes_to_output(self.args.out.as_deref(), &[input.to_owned()]);
        // What goes down a pipe goes on unchanged where nothing was due.
        let unchanged = to_output.then_some(Output::Append(Vec::new()));
        let output = extension.output.or(unchanged).map(|made| {
            let beside = || files::extended_name(input, self.args.out_dir.as_deref());
            let (target, existing) =
                Outputs { in_place: self.in_place, ..outputs(self.args) }.target(input, beside);
            files::put_output(input, source.as_ref(), &made, &target, existing).map(|()| target)
        });
        let output = output.transpose()?;
        let (evidence_added, stamped) = (extension.evidence_added, extension.stamped);
        let (verdict, mut findings) = (extension.verdict, extension.findings);
        findings.extend(self.timestamper.iter().flat_map(HttpTimestamper::take_notices));
        let incomplete = findings.iter().any(|finding| finding.code == "level-limited-by-missing-evidence");
        let passed = super::verify::exit_code(&verdict) == 0;
        let code = if passed && !incomplete { 0 } else { 3 };
        let at = session::now();
        Ok(Done { input: input.to_owned(), output, evidence_added, stamped, verdict, findings, at, code })
    }

    fn request(&self) -> ExtendRequest {
        ExtendRequest {
            level: self.args.level.map(LevelArg::level),
            signatures: self.args.signature.clone(),
            due: self.args.due.then(|| session::now().plus_seconds(AHEAD_SECONDS)),
            digest: DigestAlgorithm::Sha256,
        }
    }

    fn tell(&self, done: &Done) {
        let Some(output) = &done.output else {
            let nothing = Finding::info("nothing-due").with("path", done.input.display());
            return self.session.remark(&nothing);
        };
        if self.made(done, output).tell(self.session) {
            self.session.tell(&done.findings);
        }
    }

    fn made<'d>(&'d self, done: &'d Done, path: &'d Path) -> Made<'d> {
        Made { settings: &self.settings, path, verdict: &done.verdict, at: done.at }
    }

    fn row(&self, done: &Done) -> Value {
        let path = done.output.as_deref().unwrap_or(&done.input);
        json!({
            "path": done.input,
            "output": done.output,
            "evidence_added": done.evidence_added,
            "stamped": done.stamped,
            "exit_code": done.code,
            "findings": findings_json(&done.findings, self.session.language),
            "verdict": self.made(done, path).json(self.session),
        })
    }
}
