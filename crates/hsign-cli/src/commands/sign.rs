use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use hsign::credential::{Credential, Options, open};
use hsign::hpki::{CertificateKind, certificate_kind};
use hsign::net::HttpTimestamper;
use hsign::report::{DocumentReport, Outcome, VerifyReport, findings_json, json as report_json, summary};
use hsign::x509::Certificate;
use hsign::{
    CadesPackaging, Finding, InputFormat, MarkRequest, Metadata, Settings, SignRequest, Signed, Stamps, Time,
    ValidationTime, input_format,
};
use hsign_core::facts::Level;
use hsign_core::ports::{Fetcher, Timestamper};
use hsign_core::{DigestAlgorithm, Source};
use serde_json::{Value, json};

use super::outcome::Tally;
use super::outputs::Outputs;
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
}

pub(super) fn run(session: &Session, args: &SignArgs) -> Result<u8> {
    refuse_what_is_not_made(args)?;
    let wanted = if cades_packaging(args).is_some() { files::is_unsigned } else { files::is_unsigned_pdf };
    let inputs = files::expand(&args.files, wanted)?;
    outputs(args).check(session, &inputs, "document")?;
    let secrets = Secrets::new(args.pin_source.as_deref(), session.language)?;
    let run = prepare(session, args, &secrets)?;
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

/// Formats and levels that the contract names and this version doesn't make are told, not ignored.
fn refuse_what_is_not_made(args: &SignArgs) -> Result<()> {
    let missing = |what: &str| Err(Usage::NotYet { what: what.to_owned() }.into());
    match args.format {
        None | Some(Format::Pades) => {}
        Some(Format::Cades) => return refuse_what_cades_lacks(args),
        Some(Format::Xades) => return missing("--format xades"),
        Some(Format::Eprescription) => return missing("--format eprescription"),
        Some(Format::Asic) => return missing("--format asic"),
    }
    match args.packaging {
        Some(Packaging::Enveloping) => missing("--packaging enveloping"),
        Some(Packaging::Detached) => missing("--packaging detached"),
        _ => Ok(()),
    }
}

/// A CMS has no signature field, and its file is another than the content's.
fn refuse_what_cades_lacks(args: &SignArgs) -> Result<()> {
    match args.level {
        Some(LevelArg::BLt) => bail!(hsign::Error::CadesLevel("B-LT")),
        Some(LevelArg::BLta) => bail!(hsign::Error::CadesLevel("B-LTA")),
        _ => {}
    }
    let refused = [
        ("--packaging enveloped", args.packaging == Some(Packaging::Enveloped)),
        ("--in-place", args.in_place),
        ("--field", args.field.is_some()),
        ("--reason", args.reason.is_some()),
        ("--location", args.location.is_some()),
        ("--mark", args.mark.mark.is_some()),
        ("--one-stamp", args.one_stamp),
    ];
    match refused.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => bail!(Usage::NotForCades { option }),
        None => Ok(()),
    }
}

/// `None` for a signature inside a PDF file.
fn cades_packaging(args: &SignArgs) -> Option<CadesPackaging> {
    match (args.format, args.packaging) {
        (Some(Format::Cades), Some(Packaging::Enveloping)) => Some(CadesPackaging::Enveloping),
        (Some(Format::Cades), _) => Some(CadesPackaging::Detached),
        _ => None,
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
    Ok(Run { session, args, credential, timestamper, settings, fetcher, level, mark })
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

fn outputs(args: &SignArgs) -> Outputs<'_> {
    Outputs { out: args.out.as_deref(), in_place: args.in_place, force: args.force }
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
        let source = self.session.open(input)?;
        let signed = match cades_packaging(self.args) {
            Some(packaging) => self.sign_cades(source.as_ref(), packaging)?,
            None => self.sign_pdf(source.as_ref())?,
        };
        let output = self.put(input, source.as_ref(), &signed)?;
        let mut findings = signed.findings.clone();
        findings.extend(self.timestamper.iter().flat_map(HttpTimestamper::take_notices));
        let code = super::verify::exit_code(&signed.verdict);
        // The document is signed: what its own signature leaves open is 3, what an earlier one in it got wrong too.
        let code = if code == 0 { 0 } else { 3 };
        Ok(Done { input: input.to_owned(), output, signed, findings, at: session::now(), code })
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

    fn sign_pdf(&self, source: &dyn Source) -> Result<Signed> {
        if input_format(source)? != InputFormat::Pdf {
            bail!(hsign::Error::UnsupportedFormat);
        }
        Ok(hsign::sign(
            source,
            self.credential.as_ref(),
            self.timestamper(),
            &self.request(),
            &self.settings,
            self.fetcher.as_ref(),
            &session::now,
        )?)
    }

    fn sign_cades(&self, source: &dyn Source, packaging: CadesPackaging) -> Result<Signed> {
        Ok(hsign::sign_cades(
            source,
            packaging,
            self.credential.as_ref(),
            self.timestamper(),
            &self.request(),
            &self.settings,
            self.fetcher.as_ref(),
            &session::now,
        )?)
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

    fn put(&self, input: &Path, source: &dyn Source, signed: &Signed) -> Result<PathBuf> {
        let (target, existing) = outputs(self.args).target(input, || self.name_beside(input));
        if cades_packaging(self.args).is_some() {
            files::put(&signed.update, &target, existing)?;
            return Ok(target);
        }
        files::put_extended(input, source, &signed.update, &target, existing)?;
        Ok(target)
    }

    fn name_beside(&self, input: &Path) -> PathBuf {
        let folder = self.args.out_dir.as_deref();
        match cades_packaging(self.args) {
            None => files::signed_name(input, folder),
            Some(CadesPackaging::Detached) => files::named(input, folder, "p7s"),
            Some(CadesPackaging::Enveloping) => files::named(input, folder, "p7m"),
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
                outcome: Outcome::Judged(&done.signed.verdict),
            }],
        }
    }

    fn row(&self, done: &Done) -> Value {
        let mut verdict = report_json(&self.report(done), self.session.language);
        json!({
            "path": done.input,
            "output": done.output,
            "level": done.signed.level,
            "exit_code": done.code,
            "findings": findings_json(&[self.warnings(), done.findings.clone()].concat(), self.session.language),
            "verdict": verdict.pointer_mut("/documents/0").map(Value::take),
        })
    }
}
