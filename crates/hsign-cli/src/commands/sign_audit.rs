//! What a run of signatures leaves behind besides the documents: whom it skipped, what failed and waits, and the auditor's
//! record.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, Result};
use hsign::report::findings_json;
use hsign::{Content, Finding, Form, SignRequest, Time, ToSign};
use hsign_core::ErrorKind;
use hsign_core::journal::{Event, Operation, Outcome};
use serde_json::{Value, json};

use super::audit_record::{Record, Row, free_stem, with};
use super::scan;
use super::sign::{Done, Run};
use crate::args::SignArgs;
use crate::pending_list::Waiting;
use crate::session::{self, Session};
use crate::{failure, files, output};

const OBJECTION: &str = "guideline 5.2 §9.3 C1";

impl Run<'_> {
    /// The finding for a document whose patient objects; it goes into the records.
    pub(super) fn objected(&self, input: &Path) -> Result<Option<Finding>> {
        if self.args.backlog.objections.is_none() {
            return Ok(None);
        }
        let sha256 = scan::sha256(self.session.open(input)?.as_ref())?;
        if !self.objections.names(input, &sha256) {
            return Ok(None);
        }
        if let Some(port) = self.session.journal_port() {
            let mut event = Event::new(Operation::SetAside, Outcome::Done);
            event.before = vec![sha256.clone()];
            event.code = Some("scan-objection".to_owned());
            port.journal.record(&event)?;
        }
        self.audit.borrow_mut().push(Row {
            sha256,
            outcome: "skipped",
            reason: "scan-objection".to_owned(),
            ..row(input)
        });
        Ok(Some(Finding::warning("scan-objection").clause(OBJECTION).with("path", input.display())))
    }

    pub(super) fn skipped_row(&self, input: &Path, why: &Finding) -> Value {
        let findings = findings_json(std::slice::from_ref(why), self.session.language);
        json!({ "path": input, "output": null, "skipped": true, "exit_code": 0, "findings": findings })
    }

    /// A signed document needs no reminder any more, and belongs into the record.
    pub(super) fn note_signed(&self, done: &Done) -> Result<()> {
        if self.args.statement.allow_pending && !files::is_standard(&done.input) && done.input != done.output
        {
            self.session.pending_list()?.remove(&[&done.input])?;
        }
        if self.args.backlog.audit.is_none() {
            return Ok(());
        }
        let signature = done.verdict.signatures().last();
        let stamped = signature.filter(|one| !one.timestamps().is_empty());
        self.audit.borrow_mut().push(Row {
            sha256: scan::sha256(self.session.open(&done.input)?.as_ref())?,
            outcome: "signed",
            output: session::file_name(&done.output),
            output_sha256: scan::sha256(self.session.open(&done.output)?.as_ref())?,
            level: done.level.to_string(),
            stamped: stamped.and_then(|one| one.best_signature_time()).map(|best| best.0),
            signer: signature
                .and_then(|one| one.signer())
                .map(|one| one.sha256().to_owned())
                .unwrap_or_default(),
            warnings: done.scan_warnings.clone(),
            ..row(&done.input)
        });
        Ok(())
    }

    /// A card or a line that failed leaves the document unsigned: with `--allow-pending` it is listed.
    pub(super) fn note_failed(&self, input: &Path, error: Error) -> Error {
        if self.args.backlog.audit.is_some() {
            let reason = failure::finding(&error).code;
            self.audit.borrow_mut().push(Row { outcome: "failed", reason, ..row(input) });
        }
        note_unsigned(self.session, self.args, &[input.to_owned()], error)
    }

    /// Writes the record, and a signature of the same signer beside each of its two forms.
    pub(super) fn write_audit(&self, started: Time) -> Result<()> {
        let Some(folder) = &self.args.backlog.audit else { return Ok(()) };
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let rows = self.audit.borrow().clone();
        let record = Record { statement: &self.statement, started, finished: session::now(), rows };
        let stem = free_stem(folder, &record.name());
        let json = format!("{:#}\n", record.json());
        for (extension, text) in [("csv", record.csv()), ("json", json)] {
            let path = with(&stem, extension);
            let signed = self.sign_record(&session::file_name(&path), text.as_bytes())?;
            files::put(text.as_bytes(), &path, files::existing(false))?;
            files::put(&signed, &with(&path, "p7s"), files::existing(false))?;
            if !self.session.json {
                output::message(&format!("{}\n", path.display()));
            }
        }
        Ok(())
    }

    /// A CAdES signature beside a record; the record states nothing about scans itself.
    fn sign_record(&self, name: &str, bytes: &[u8]) -> Result<Vec<u8>> {
        let bytes = bytes.to_vec();
        let files = [Content { name, source: &bytes }];
        let request = SignRequest { statement: Default::default(), ..self.request() };
        let mut settings = self.settings.clone();
        settings.document_class = self.session.document_class(Some("scan"))?;
        let signed = hsign::sign(
            &ToSign::new(&files, Form::CadesDetached),
            self.credential.as_ref(),
            self.timestamper(),
            &SignRequest { stamps: hsign::Stamps::Two, ..request },
            &settings,
            self.fetcher.as_ref(),
            &session::now,
        )?;
        Ok(signed.output.over(&[])?)
    }
}

/// Lists what a card or a line left unsigned, where that was asked for; what else went wrong waits for nobody.
pub(super) fn note_unsigned(session: &Session, args: &SignArgs, inputs: &[PathBuf], error: Error) -> Error {
    let passes = matches!(failure::kind(&error), ErrorKind::Credential | ErrorKind::Remote);
    if !passes || !args.statement.allow_pending {
        return error;
    }
    let list = || -> Result<()> {
        let statement = scan::statement(&args.statement, Some(&args.backlog))?;
        inputs.iter().try_for_each(|input| {
            session.wait(Waiting {
                path: input.clone(),
                since: session::now(),
                level: None,
                content: None,
                statement: Some(statement.clone()),
            })
        })
    };
    list().err().unwrap_or(error)
}

fn row(input: &Path) -> Row {
    Row { time: Some(session::now()), document: session::file_name(input), ..Row::default() }
}
