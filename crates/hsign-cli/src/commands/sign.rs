use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use hsign::credential::{Credential, Options, open};
use hsign::file::Existing;
use hsign::net::HttpTimestamper;
use hsign::report::{DocumentReport, Outcome, VerifyReport, findings_json, json as report_json, summary};
use hsign::{
    Finding, InputFormat, Metadata, Settings, SignRequest, Signed, Time, ValidationTime, input_format,
};
use hsign_core::facts::Level;
use hsign_core::ports::{Fetcher, Timestamper};
use hsign_core::{DigestAlgorithm, Source};
use serde_json::{Value, json};

use super::outcome::Tally;
use crate::args::{Format, LevelArg, Packaging, SignArgs};
use crate::failure::Usage;
use crate::secrets::Secrets;
use crate::session::{self, Judging, Session};
use crate::{files, output};

/// Everything that is the same for all documents of one run.
struct Run<'a> {
    session: &'a Session,
    args: &'a SignArgs,
    credential: Box<dyn Credential + 'a>,
    timestamper: Option<HttpTimestamper>,
    settings: Settings,
    fetcher: Box<dyn Fetcher + Sync>,
    level: Level,
}

pub(super) fn run(session: &Session, args: &SignArgs) -> Result<u8> {
    refuse_what_is_not_made(args)?;
    let inputs = files::expand(&args.files, files::is_unsigned_pdf)?;
    if args.out.is_some() && inputs.len() != 1 {
        bail!(Usage::OneInput { option: "--out" });
    }
    if (inputs.len() > 1 || args.in_place) && inputs.iter().any(|input| files::is_standard(input)) {
        bail!(Usage::OneInput { option: "-" });
    }
    if session.json && files::goes_to_output(args.out.as_deref(), &inputs) {
        let reason = "the document itself goes to standard output".to_owned();
        bail!(Usage::NotAValue { option: "output".to_owned(), reason });
    }
    let secrets = Secrets::new(args.pin_source.as_deref(), session.language)?;
    let run = prepare(session, args, &secrets)?;
    let tally = Tally::over(session, &inputs, |input, bar| {
        let done = run.sign(input)?;
        bar.suspend(|| run.tell(&done));
        Ok((done.code, run.row(&done)))
    });
    if session.json {
        output::json(&json!({ "schema": "hsign.sign/1", "documents": tally.rows }));
    } else if inputs.len() > 1 {
        let (signed, failed) = (tally.done.len(), tally.failures.len());
        session.remark(&Finding::info("sign-summary").with("signed", signed).with("failed", failed));
    }
    Ok(tally.exit_code())
}

/// Formats and levels that the contract names and this version doesn't make are told, not ignored.
fn refuse_what_is_not_made(args: &SignArgs) -> Result<()> {
    let missing = |what: &str| Err(Usage::NotYet { what: what.to_owned() }.into());
    match args.format {
        None | Some(Format::Pades) => {}
        Some(Format::Cades) => return missing("--format cades"),
        Some(Format::Xades) => return missing("--format xades"),
        Some(Format::Eprescription) => return missing("--format eprescription"),
        Some(Format::Asic) => return missing("--format asic"),
    }
    match args.level {
        Some(LevelArg::BLt) => return missing("--level B-LT"),
        Some(LevelArg::BLta) => return missing("--level B-LTA"),
        _ => {}
    }
    match args.packaging {
        Some(Packaging::Enveloping) => missing("--packaging enveloping"),
        Some(Packaging::Detached) => missing("--packaging detached"),
        _ => Ok(()),
    }
}

fn prepare<'a>(session: &'a Session, args: &'a SignArgs, secrets: &'a Secrets) -> Result<Run<'a>> {
    let judging = Judging {
        policy: args.policy.as_deref(),
        document_class: args.document_class.as_deref(),
        roles: &args.require_role,
        evidence: &args.evidence,
        trust: Some(&args.trust),
    };
    let settings = session.settings(&judging)?;
    let endpoints = session.endpoints(&args.tsa)?;
    let level = match args.level {
        Some(LevelArg::BB) => Level::BB,
        Some(_) => Level::BT,
        None if endpoints.is_empty() => Level::BB,
        None => Level::BT,
    };
    let timestamper = if level == Level::BB { None } else { session.timestamper(endpoints)? };
    let credential = open_credential(session, args, secrets)?;
    let fetcher = session.fetcher(!args.no_fetch);
    Ok(Run { session, args, credential, timestamper, settings, fetcher, level })
}

fn open_credential<'a>(
    session: &Session,
    args: &SignArgs,
    secrets: &'a Secrets,
) -> Result<Box<dyn Credential + 'a>> {
    let named = args.credential.as_deref().or(session.config.credential.as_deref());
    let Some(named) = named else { bail!(Usage::NoCredential) };
    let options = Options { modules: session.config.modules.clone(), ..Options::default() };
    Ok(open(&named.parse()?, secrets, &options)?)
}

/// A signed document in its place.
struct Done {
    input: PathBuf,
    output: PathBuf,
    signed: Signed,
    findings: Vec<Finding>,
    at: Time,
    code: u8,
}

impl Run<'_> {
    fn sign(&self, input: &Path) -> Result<Done> {
        let source = files::open(input)?;
        if input_format(source.as_ref())? != InputFormat::Pdf {
            bail!(hsign::Error::UnsupportedFormat);
        }
        let timestamper = self.timestamper.as_ref().map(|timestamper| timestamper as &dyn Timestamper);
        let signed = hsign::sign(
            source.as_ref(),
            self.credential.as_ref(),
            timestamper,
            &self.request(),
            &self.settings,
            self.fetcher.as_ref(),
            &session::now,
        )?;
        let output = self.put(input, source.as_ref(), &signed)?;
        let mut findings = signed.findings.clone();
        findings.extend(self.timestamper.iter().flat_map(HttpTimestamper::take_notices));
        let code = super::verify::exit_code(&signed.verdict);
        // The document is signed: what its own signature leaves open is 3, what an earlier one in it got wrong too.
        let code = if code == 0 { 0 } else { 3 };
        Ok(Done { input: input.to_owned(), output, signed, findings, at: session::now(), code })
    }

    fn request(&self) -> SignRequest {
        SignRequest {
            level: self.level,
            digest: DigestAlgorithm::Sha256,
            key: self.credential.protection(),
            metadata: Metadata {
                field: self.args.field.clone(),
                reason: self.args.reason.clone(),
                location: self.args.location.clone(),
                contact: None,
            },
        }
    }

    /// What came by standard input goes to standard output unless a name is given.
    fn put(&self, input: &Path, source: &dyn Source, signed: &Signed) -> Result<PathBuf> {
        let (target, existing) = match (&self.args.out, self.args.in_place) {
            (_, true) => (input.to_owned(), Existing::Replace),
            (Some(out), _) => (out.clone(), self.existing()),
            (None, _) if files::is_standard(input) => (input.to_owned(), self.existing()),
            (None, _) => (files::signed_name(input, self.args.out_dir.as_deref()), self.existing()),
        };
        files::put_extended(input, source, &signed.update, &target, existing)?;
        Ok(target)
    }

    fn existing(&self) -> Existing {
        if self.args.force { Existing::Replace } else { Existing::Keep }
    }

    /// The output's name is the data; what the new document amounts to goes beside it.
    fn tell(&self, done: &Done) {
        if self.session.json || files::is_standard(&done.output) {
            return;
        }
        output::data(&format!("{}\n", done.output.display()));
        if !self.session.quiet {
            output::message(&summary(&self.report(done), self.session.language));
        }
        self.session.tell(&done.findings);
    }

    fn report<'d>(&'d self, done: &'d Done) -> VerifyReport<'d> {
        VerifyReport {
            validation_time: ValidationTime(done.at),
            policy: &self.settings.policy,
            trust_sha256: self.settings.trust.sha256(),
            documents: vec![DocumentReport {
                path: done.output.display().to_string(),
                outcome: Outcome::Judged(&done.signed.verdict),
            }],
        }
    }

    fn row(&self, done: &Done) -> Value {
        let mut verdict = report_json(&self.report(done), self.session.language);
        json!({
            "path": done.input,
            "output": done.output,
            "level": self.level,
            "exit_code": done.code,
            "findings": findings_json(&done.findings, self.session.language),
            "verdict": verdict.pointer_mut("/documents/0").map(Value::take),
        })
    }
}
