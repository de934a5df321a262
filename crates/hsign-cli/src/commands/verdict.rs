//! The verdict on the one document that a command has just made.

use std::path::Path;

use hsign::report::{DocumentReport, Outcome, VerifyReport, json, summary};
use hsign::{DocumentVerdict, Settings, Time, ValidationTime};
use serde_json::Value;

use crate::session::Session;
use crate::{files, output};

/// What a document amounts to, and where it is.
#[derive(Clone, Copy)]
pub(super) struct Made<'a> {
    pub(super) settings: &'a Settings,
    pub(super) path: &'a Path,
    pub(super) verdict: &'a DocumentVerdict,
    pub(super) at: Time,
}

impl<'a> Made<'a> {
    fn report(self) -> VerifyReport<'a> {
        VerifyReport {
            validation_time: ValidationTime(self.at),
            policy: &self.settings.policy,
            trust_sha256: self.settings.trust.sha256(),
            documents: vec![DocumentReport {
                path: self.path.display().to_string(),
                outcome: Outcome::Judged(self.verdict),
            }],
        }
    }

    /// As `verify --json` shows it.
    pub(super) fn json(self, session: &Session) -> Option<Value> {
        json(&self.report(), session.language).pointer_mut("/documents/0").map(Value::take)
    }

    /// The name is the data; what the document amounts to goes beside it. Whether anything was told: not where the data is
    /// JSON, or the document itself.
    pub(super) fn tell(self, session: &Session) -> bool {
        if session.json || files::is_standard(self.path) {
            return false;
        }
        output::data(&format!("{}\n", self.path.display()));
        if !session.quiet {
            output::message(&summary(&self.report(), session.language));
        }
        true
    }
}
