//! Signs and completes what the desk hands over.

use std::cell::RefCell;
use std::io;

use anyhow::{Result, bail};
use hsign::credential::{Credential, SecretSource};
use hsign::net::HttpTimestamper;
use hsign::{
    ContainerSignature, ContainerType, Content, ExtendRequest, Finding, Form, Metadata, Settings,
    SignRequest, Stamps, ToSign, extend, sign,
};
use hsign_core::facts::{Level, SignedMetadata};
use hsign_core::ports::{Fetcher, Timestamper};
use hsign_core::{DigestAlgorithm, Source};
use hsign_desk::{Candidate, Completion, Failure, Kind, Made, Part, Then, Worker};

use crate::args::{LevelArg, ScanModeArg, WatchArgs};
use crate::commands::extend::AHEAD_SECONDS;
use crate::commands::scan;
use crate::commands::sign::open_credential;
use crate::failure::{self, Usage};
use crate::session::{self, Judging, Session};

/// One round of signing: a credential, opened once, and what is the same for all files.
pub(super) struct Round<'a> {
    args: &'a WatchArgs,
    credential: Option<Box<dyn Credential + 'a>>,
    timestamper: Option<HttpTimestamper>,
    settings: Settings,
    fetcher: Box<dyn Fetcher + Sync>,
    level: Option<Level>,
    statement: SignedMetadata,
    /// What the last failure was, for the screen.
    failure: RefCell<Option<anyhow::Error>>,
}

impl<'a> Round<'a> {
    /// For signing; PIN or passphrase are asked for as late as the credential lets.
    pub(super) fn signing(
        session: &'a Session,
        args: &'a WatchArgs,
        secrets: &'a dyn SecretSource,
    ) -> Result<Self> {
        let round = Self::completing(session, args)?;
        let credential = open_credential(session, args.credential.as_deref(), secrets)?;
        Ok(Self { credential: Some(credential), ..round })
    }

    /// For what needs no signer.
    pub(super) fn completing(session: &'a Session, args: &'a WatchArgs) -> Result<Self> {
        let document_class = args.document_class.as_deref();
        let judging = Judging { document_class, ..Judging::from(&args.judging) };
        let settings = session.settings(&judging)?;
        let level = args.level.map(LevelArg::level);
        let timestamper = session.timestamper_for(level, &args.tsa)?;
        let fetcher = session.fetcher(!args.no_fetch);
        if args.statement.scan_mode == Some(ScanModeArg::Backlog) {
            let reason = "paper of earlier years comes with a plan and a record for the auditor: hsign sign"
                .to_owned();
            bail!(Usage::NotAValue { option: "scan-mode".to_owned(), reason });
        }
        let statement = scan::statement(&args.statement, None)?;
        let failure = RefCell::new(None);
        Ok(Self { args, credential: None, timestamper, settings, fetcher, level, statement, failure })
    }

    /// What the last failure was.
    pub(super) fn take_failure(&self) -> Option<anyhow::Error> {
        self.failure.borrow_mut().take()
    }

    /// What the authorities had to say.
    pub(super) fn take_notices(&self) -> Vec<Finding> {
        self.timestamper.iter().flat_map(HttpTimestamper::take_notices).collect()
    }

    fn timestamper(&self) -> Option<&dyn Timestamper> {
        self.timestamper.as_ref().map(|timestamper| timestamper as &dyn Timestamper)
    }

    fn failed(&self, error: hsign::Error, files: usize) -> Failure {
        // A file by itself can't be read or must not be signed; everything else may be better next time.
        let own = matches!(error, hsign::Error::Document(_) | hsign::Error::UnsupportedFormat);
        let then = if own && files == 1 { Then::SetAside(0) } else { Then::Retry };
        let error = anyhow::Error::new(error);
        let code = failure::finding(&error).code;
        self.failure.replace(Some(error));
        Failure { code, then }
    }

    fn request(&self, files: &[Candidate<'_>], credential: &dyn Credential) -> SignRequest {
        SignRequest {
            level: self.level,
            stamps: Stamps::Two,
            digest: DigestAlgorithm::Sha256,
            key: credential.protection(),
            metadata: Metadata::default(),
            statement: self.statement(files),
            allow_pending: self.args.statement.allow_pending,
        }
    }

    /// Who confirmed goes into what is signed.
    fn statement(&self, files: &[Candidate<'_>]) -> SignedMetadata {
        let named = |part| {
            let mut names: Vec<String> = files
                .iter()
                .filter(|file| file.confirmation.part == part)
                .map(|file| file.confirmation.by.clone())
                .collect();
            names.sort();
            names.dedup();
            names
        };
        let mut people = named(Part::InformationManager);
        let operators = named(Part::Operator);
        people.extend(operators.iter().cloned());
        let mut statement = self.statement.clone();
        statement.confirmer.get_or_insert(people.join("; "));
        statement.operators.extend(operators);
        statement
    }
}

/// Content that the desk holds.
struct Bytes<'a>(&'a [u8]);

impl Source for Bytes<'_> {
    fn length(&self) -> u64 {
        self.0.length()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(offset, buffer)
    }
}

impl Worker for Round<'_> {
    fn sign(&self, files: &[Candidate<'_>]) -> Result<Made, Failure> {
        let no_key = || Failure { code: "no-credential-given".to_owned(), then: Then::Retry };
        let credential = self.credential.as_deref().ok_or_else(no_key)?;
        let sources: Vec<Bytes<'_>> = files.iter().map(|file| Bytes(file.bytes)).collect();
        let contents: Vec<Content<'_>> =
            files.iter().zip(&sources).map(|(file, source)| Content { name: file.name, source }).collect();
        let form = match files {
            [only] if only.kind == Kind::Pdf && !self.args.batch => Form::Pades,
            _ => Form::Asic(ContainerType::AsicE, ContainerSignature::Cades),
        };
        let signed = sign(
            &ToSign::new(&contents, form),
            credential,
            self.timestamper(),
            &self.request(files, credential),
            &self.settings,
            self.fetcher.as_ref(),
            &session::now,
        );
        let signed = signed.map_err(|error| self.failed(error, files.len()))?;
        let first = files.first().map(|file| file.bytes).unwrap_or_default();
        let bytes = signed.output.over(first).map_err(|error| self.failed(error.into(), files.len()))?;
        Ok(Made {
            name: self.output_name(files, form),
            bytes,
            level: signed.level.to_string(),
            pending: !signed.pending.is_empty(),
        })
    }

    fn complete(&self, _name: &str, bytes: &[u8]) -> Result<Completion, Failure> {
        let request = ExtendRequest {
            level: None,
            signatures: Vec::new(),
            due: Some(session::now().plus_seconds(AHEAD_SECONDS)),
            digest: DigestAlgorithm::Sha256,
        };
        let document = Bytes(bytes);
        let source: &dyn Source = &document;
        let extension = extend(
            source,
            &[],
            self.timestamper(),
            &request,
            &self.settings,
            self.fetcher.as_ref(),
            &session::now,
        );
        let extension = extension.map_err(|error| self.failed(error, 0))?;
        let incomplete = |finding: &Finding| finding.code == "level-limited-by-missing-evidence";
        let pending = extension.findings.iter().any(incomplete);
        let level = extension.verdict.signatures().last().map(|one| one.level().to_string());
        let bytes = match &extension.output {
            Some(output) => output.over(bytes).map_err(|error| self.failed(error.into(), 0))?,
            None => bytes.to_vec(),
        };
        Ok(Completion { bytes, level: level.unwrap_or_default(), pending })
    }
}

impl Round<'_> {
    fn output_name(&self, files: &[Candidate<'_>], form: Form) -> String {
        let first = files.first().map(|file| file.name).unwrap_or_default();
        let stem = first.rsplit_once('.').map_or(first, |(stem, _)| stem);
        match form {
            Form::Pades => format!("{stem}.signed.pdf"),
            _ if self.args.batch => {
                let (year, month, day, hour, minute, second) = session::now().utc();
                format!("batch-{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z.asice")
            }
            _ => format!("{first}.asice"),
        }
    }
}
