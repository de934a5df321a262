use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use hsign::credential::{Credential, open};
use hsign::hpki::{CertificateKind, certificate_kind};
use hsign::net::HttpTimestamper;
use hsign::report::{DocumentReport, Outcome, VerifyReport, findings_json, json as report_json, summary};
use hsign::x509::Certificate;
use hsign::{
    DocumentVerdict, Finding, Form, MarkRequest, Metadata, Settings, SignRequest, Stamps, Time, ToSign,
    ValidationTime,
};
use hsign_core::DigestAlgorithm;
use hsign_core::facts::Level;
use hsign_core::ports::{Fetcher, Timestamper};
use serde_json::{Value, json};

use super::beside::Beside;
use super::outcome::Tally;
use super::outputs::Outputs;
use super::sign_form::form_of;
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
    level: Option<Level>,
    mark: Option<MarkRequest>,
    /// The files that one signature is over; empty where each gets its own.
    together: Vec<PathBuf>,
}

pub(super) fn run(session: &Session, args: &SignArgs) -> Result<u8> {
    let mut inputs = files::expand(&args.files, wanted(args))?;
    // One container, or one signature beside them all, is one document.
    let together = if takes_several(args) && args.out.is_some() { inputs.clone() } else { Vec::new() };
    if !together.is_empty() {
        inputs.truncate(1);
    }
    outputs(args).check(session, &inputs, "document")?;
    let secrets = Secrets::new(args.pin_source.as_deref(), session.language)?;
    let run = Run { together, ..prepare(session, args, &secrets)? };
    run.warn();
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

/// What is signed in a folder.
fn wanted(args: &SignArgs) -> fn(&Path) -> bool {
    match args.format {
        Some(Format::Cades | Format::Asic) => files::is_unsigned,
        Some(Format::Xades) if args.packaging == Some(Packaging::Detached) => files::is_unsigned,
        Some(Format::Xades) => files::is_unsigned_xml,
        _ => files::is_unsigned_pdf,
    }
}

/// Whether several files come under one signature.
fn takes_several(args: &SignArgs) -> bool {
    match args.format {
        Some(Format::Asic) => true,
        Some(Format::Xades) => args.packaging == Some(Packaging::Detached),
        _ => false,
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
    let level = args.level.map(LevelArg::level);
    let timestamper = if level == Some(Level::BB) { None } else { session.timestamper(endpoints)? };
    let credential = open_credential(session, args, secrets)?;
    let fetcher = session.fetcher(!args.no_fetch);
    let mark = super::sign_mark::mark(session, &args.mark)?;
    let together = Vec::new();
    Ok(Run { session, args, credential, timestamper, settings, fetcher, level, mark, together })
}

fn open_credential<'a>(
    session: &Session,
    args: &SignArgs,
    secrets: &'a Secrets,
) -> Result<Box<dyn Credential + 'a>> {
    let named = args.credential.as_deref().or(session.config.credential.as_deref());
    let Some(named) = named else { bail!(Usage::NoCredential) };
    let options = session.credential_options(session.config.modules.clone());
    Ok(open(&named.parse()?, secrets, &options)?)
}

fn outputs(args: &SignArgs) -> Outputs<'_> {
    Outputs { out: args.out.as_deref(), in_place: args.in_place, force: args.force }
}

/// A signed document in its place.
struct Done {
    input: PathBuf,
    output: PathBuf,
    level: Level,
    verdict: DocumentVerdict,
    findings: Vec<Finding>,
    at: Time,
    code: u8,
}

impl Run<'_> {
    fn sign(&self, input: &Path) -> Result<Done> {
        let opened = match self.together.as_slice() {
            [] => Beside::of(input, self.session.open(input)?),
            several => Beside::open(several)?,
        };
        let files = opened.contents();
        let Some(first) = files.first() else { bail!(hsign::Error::OneFile) };
        let form = form_of(self.args, first.source)?;
        let content = Beside::open(&self.args.content)?;
        let beside = content.contents();
        let signed = hsign::sign(
            &ToSign { files: &files, form, beside: &beside },
            self.credential.as_ref(),
            self.timestamper(),
            &self.request(),
            &self.settings,
            self.fetcher.as_ref(),
            &session::now,
        )?;
        let (target, existing) = outputs(self.args).target(input, || self.name_beside(input, form));
        files::put_output(input, first.source, &signed.output, &target, existing)?;
        let mut findings = signed.findings;
        findings.extend(self.timestamper.iter().flat_map(HttpTimestamper::take_notices));
        let (level, verdict) = (signed.level, signed.verdict);
        // The document is signed: what its own signature leaves open is 3, what an earlier one in it got wrong too.
        let code = if super::verify::exit_code(&verdict) == 0 { 0 } else { 3 };
        let at = session::now();
        Ok(Done { input: input.to_owned(), output: target, level, verdict, findings, at, code })
    }

    /// What the signer should know before anything is signed.
    fn warn(&self) {
        self.session.tell(&self.warnings());
    }

    fn warnings(&self) -> Vec<Finding> {
        let certificate = Certificate::from_der(self.credential.certificate());
        let public = certificate.is_ok_and(|one| certificate_kind(&one) == CertificateKind::Jpki);
        let warning =
            || Finding::warning("jpki-personal-data-exposed").clause("guideline 5.2 §6.12, route (c)");
        public.then(warning).into_iter().collect()
    }

    fn timestamper(&self) -> Option<&dyn Timestamper> {
        self.timestamper.as_ref().map(|timestamper| timestamper as &dyn Timestamper)
    }

    fn request(&self) -> SignRequest {
        SignRequest {
            level: self.level,
            stamps: if self.args.one_stamp { Stamps::One } else { Stamps::Two },
            digest: DigestAlgorithm::Sha256,
            key: self.credential.protection(),
            metadata: Metadata {
                field: self.args.field.clone(),
                reason: self.args.reason.clone(),
                location: self.args.location.clone(),
                contact: None,
                mark: self.mark.clone(),
            },
        }
    }

    fn name_beside(&self, input: &Path, form: Form) -> PathBuf {
        let folder = self.args.out_dir.as_deref();
        match form {
            Form::CadesDetached => files::named(input, folder, "p7s"),
            Form::CadesEnveloping => files::named(input, folder, "p7m"),
            Form::XadesEnveloping | Form::XadesDetached => files::named(input, folder, "signed.xml"),
            Form::Asic => files::named(input, folder, "asice"),
            _ => files::signed_name(input, folder),
        }
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
                outcome: Outcome::Judged(&done.verdict),
            }],
        }
    }

    fn row(&self, done: &Done) -> Value {
        let mut verdict = report_json(&self.report(done), self.session.language);
        json!({
            "path": done.input,
            "output": done.output,
            "level": done.level,
            "exit_code": done.code,
            "findings": findings_json(&[self.warnings(), done.findings.clone()].concat(), self.session.language),
            "verdict": verdict.pointer_mut("/documents/0").map(Value::take),
        })
    }
}
