use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::slice;

use anyhow::{Result, bail};
use hsign::credential::{Credential, SecretSource, open};
use hsign::hpki::{CertificateKind, certificate_kind};
use hsign::net::HttpTimestamper;
use hsign::report::findings_json;
use hsign::x509::Certificate;
use hsign::{
    DocumentVerdict, Finding, Form, MarkRequest, Metadata, Settings, SignRequest, Stamps, Time, ToSign,
};
use hsign_core::DigestAlgorithm;
use hsign_core::facts::{Level, ScanLimits, SignedMetadata};
use hsign_core::ports::{Fetcher, Timestamper};
use serde_json::{Value, json};

use super::audit_record::Row;
use super::beside::Beside;
use super::outcome::Tally;
use super::outputs::Outputs;
use super::scan::{self, Objections};
use super::sign_audit;
use super::sign_form::form_of;
use super::verdict::Made;
use crate::args::{Format, LevelArg, Packaging, SignArgs};
use crate::failure::Usage;
use crate::pending_list::Waiting;
use crate::secrets::Secrets;
use crate::session::{self, Judging, Session};
use crate::{files, output};

/// Everything that is the same for all documents of one run.
pub(super) struct Run<'a> {
    pub(super) session: &'a Session,
    pub(super) args: &'a SignArgs,
    pub(super) credential: Box<dyn Credential + 'a>,
    timestamper: Option<HttpTimestamper>,
    pub(super) settings: Settings,
    pub(super) fetcher: Box<dyn Fetcher + Sync>,
    level: Option<Level>,
    mark: Option<MarkRequest>,
    /// The files that one signature is over; empty where each gets its own.
    together: Vec<PathBuf>,
    /// What the signer states about scans, authors and dates.
    pub(super) statement: SignedMetadata,
    /// What is asked of scanned pages.
    limits: Option<ScanLimits>,
    /// Documents that must not be scanned.
    pub(super) objections: Objections,
    /// What an auditor will ask for, where a record is kept.
    pub(super) audit: RefCell<Vec<Row>>,
}

pub(super) fn run(session: &Session, args: &SignArgs) -> Result<u8> {
    let mut inputs = files::expand(&args.files, wanted(args))?;
    // One container, or one signature beside them all, is one document.
    let together = if takes_several(args) && args.out.is_some() { inputs.clone() } else { Vec::new() };
    if !together.is_empty() {
        // Objections and the auditor's record go by the document.
        if args.backlog.objections.is_some() {
            let reason = "old paper is signed document by document, without --out".to_owned();
            bail!(Usage::NotAValue { option: "scan-mode".to_owned(), reason });
        }
        inputs.truncate(1);
    }
    outputs(args).check(session, &inputs, "document")?;
    let secrets = Secrets::new(args.pin_source.as_deref(), session.language)?;
    let prepared = prepare(session, args, &secrets);
    let prepared = prepared.map_err(|error| sign_audit::note_unsigned(session, args, &inputs, error))?;
    let run = Run { together, ..prepared };
    run.warn();
    let started = session::now();
    let tally = Tally::over(session, &inputs, |input, bar| {
        if let Some(skipped) = run.objected(input)? {
            bar.suspend(|| session.tell(slice::from_ref(&skipped)));
            return Ok((0, run.skipped_row(input, &skipped)));
        }
        match run.sign(input) {
            Ok(done) => {
                run.note_signed(&done)?;
                bar.suspend(|| run.tell(&done));
                Ok((done.code, run.row(&done)))
            }
            Err(error) => Err(run.note_failed(input, error)),
        }
    });
    run.write_audit(started)?;
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
        None | Some(Format::Xades) if is_list(args) => files::is_unsigned,
        Some(Format::Xades) if args.packaging == Some(Packaging::Detached) => files::is_unsigned,
        Some(Format::Xades) => files::is_unsigned_xml,
        Some(Format::Eprescription) => files::is_csv,
        _ => files::is_unsigned_pdf,
    }
}

/// A list of files is XML whatever they are.
fn is_list(args: &SignArgs) -> bool {
    args.packaging == Some(Packaging::Manifest)
}

/// Whether several files come under one signature.
fn takes_several(args: &SignArgs) -> bool {
    match args.format {
        Some(Format::Asic) => true,
        None | Some(Format::Xades) if is_list(args) => true,
        Some(Format::Xades) => args.packaging == Some(Packaging::Detached),
        _ => false,
    }
}

fn prepare<'a>(session: &'a Session, args: &'a SignArgs, secrets: &'a Secrets) -> Result<Run<'a>> {
    // Each side asks for its own profession, which no other policy knows.
    let of_format = (args.format == Some(Format::Eprescription)).then_some("eprescription");
    let judging = Judging {
        policy: args.judging.policy.as_deref().or(of_format),
        document_class: args.document_class.as_deref(),
        roles: &args.require_role,
        ..Judging::from(&args.judging)
    };
    let settings = session.settings(&judging)?;
    let level = args.level.map(LevelArg::level);
    let timestamper = session.timestamper_for(level, &args.tsa)?;
    let credential = open_credential(session, args.credential.as_deref(), secrets)?;
    let fetcher = session.fetcher(!args.no_fetch);
    let mark = super::sign_mark::mark(session, &args.mark)?;
    let statement = scan::statement(&args.statement, Some(&args.backlog))?;
    let limits = scan::limits(session, settings.document_class.as_ref(), statement.scan_mode)?;
    let objections = Objections::load(args.backlog.objections.as_ref())?;
    let (together, audit) = (Vec::new(), RefCell::default());
    Ok(Run {
        session,
        args,
        credential,
        timestamper,
        settings,
        fetcher,
        level,
        mark,
        together,
        statement,
        limits,
        objections,
        audit,
    })
}

pub(super) fn open_credential<'a>(
    session: &Session,
    named: Option<&str>,
    secrets: &'a dyn SecretSource,
) -> Result<Box<dyn Credential + 'a>> {
    let named = named.or(session.config.credential.as_deref());
    let Some(named) = named else { bail!(Usage::NoCredential) };
    let options = session.credential_options(session.config.modules.clone());
    Ok(open(&named.parse()?, secrets, &options)?)
}

fn outputs(args: &SignArgs) -> Outputs<'_> {
    Outputs { out: args.out.as_deref(), in_place: args.in_place, force: args.force }
}

/// A signed document in its place.
pub(super) struct Done {
    pub(super) input: PathBuf,
    pub(super) output: PathBuf,
    pub(super) level: Level,
    pub(super) verdict: DocumentVerdict,
    findings: Vec<Finding>,
    /// Codes of what was noticed about the scanned pages.
    pub(super) scan_warnings: Vec<String>,
    at: Time,
    code: u8,
}

impl Run<'_> {
    fn sign(&self, input: &Path) -> Result<Done> {
        let (source, converted) =
            super::eprescription::converted(self.session.open(input)?, &self.args.eprescription)?;
        let opened = match self.together.as_slice() {
            [] => Beside::of(input, source),
            several => Beside::found(several, &self.args.files)?,
        };
        let files = opened.contents();
        let Some(first) = files.first() else { bail!(hsign::Error::OneFile) };
        let form = form_of(self.args, input, first.source)?;
        let mut findings: Vec<Finding> = converted.into_iter().collect();
        for file in &files {
            let mode = self.statement.scan_mode;
            findings.extend(scan::page_findings(file.source, self.limits.as_ref(), mode)?);
        }
        let scan_warnings = findings.iter().map(|finding| finding.code.clone()).collect();
        let prescription = self.args.eprescription.prescription.iter();
        let content: Vec<PathBuf> = self.args.content.iter().chain(prescription).cloned().collect();
        let content = Beside::open(&content)?;
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
        let level_asked = self.level.unwrap_or(Level::BLta);
        let content = matches!(form, Form::CadesDetached).then(|| input.to_owned());
        if !signed.pending.is_empty() {
            let since = session::now();
            let path = target.clone();
            self.session.wait(Waiting { path, since, level: Some(level_asked), content, statement: None })?;
        }
        files::put_output(input, first.source, &signed.output, &target, existing)?;
        findings.extend(signed.findings);
        findings.extend(self.timestamper.iter().flat_map(HttpTimestamper::take_notices));
        let (level, verdict) = (signed.level, signed.verdict);
        // The document is signed: what its own signature leaves open is 3, what an earlier one in it got wrong too.
        let whole = super::verify::exit_code(&verdict) == 0 && signed.pending.is_empty();
        let code = if whole { 0 } else { 3 };
        let at = session::now();
        Ok(Done {
            input: input.to_owned(),
            output: target,
            level,
            verdict,
            findings,
            scan_warnings,
            at,
            code,
        })
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

    pub(super) fn timestamper(&self) -> Option<&dyn Timestamper> {
        self.timestamper.as_ref().map(|timestamper| timestamper as &dyn Timestamper)
    }

    pub(super) fn request(&self) -> SignRequest {
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
            statement: self.statement.clone(),
            allow_pending: self.args.statement.allow_pending,
        }
    }

    fn name_beside(&self, input: &Path, form: Form) -> PathBuf {
        let folder = self.args.out_dir.as_deref();
        match form {
            Form::CadesDetached => files::named(input, folder, "p7s"),
            Form::CadesEnveloping => files::named(input, folder, "p7m"),
            Form::XadesEnveloping | Form::XadesDetached | Form::XadesManifest | Form::Eprescription(_) => {
                files::named(input, folder, "signed.xml")
            }
            Form::Asic(..) => files::named(input, folder, "asice"),
            _ => files::signed_name(input, folder),
        }
    }

    fn tell(&self, done: &Done) {
        if self.made(done).tell(self.session) {
            self.session.tell(&done.findings);
        }
    }

    fn made<'d>(&'d self, done: &'d Done) -> Made<'d> {
        Made { settings: &self.settings, path: &done.output, verdict: &done.verdict, at: done.at }
    }

    fn row(&self, done: &Done) -> Value {
        json!({
            "path": done.input,
            "output": done.output,
            "level": done.level,
            "exit_code": done.code,
            "findings": findings_json(&[self.warnings(), done.findings.clone()].concat(), self.session.language),
            "verdict": self.made(done).json(self.session),
        })
    }
}
