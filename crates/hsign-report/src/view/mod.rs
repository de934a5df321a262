//! What a report says, in words of one language and laid out nowhere: text and HTML only place it. Whatever is to be
//! seen by people is put in here.

mod answer;
mod document;
mod findings;
mod history;
mod metadata;
mod record;
mod signature;
mod timestamp;

use hsign_validation::{Conclusion, Indication};

use crate::message::{printable, shown, word};
use crate::{Language, VerifyReport};

pub(crate) use findings::{FindingView, findings};

/// A whole report.
pub(crate) struct ReportView {
    pub(crate) language: Language,
    pub(crate) documents: Vec<DocumentView>,
    /// Time, policy, trust.
    pub(crate) ground: Vec<Field>,
}

/// How something ended, for marks and colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Open,
    Neutral,
}

/// `label: value`.
pub(crate) struct Field {
    pub(crate) label: String,
    pub(crate) value: String,
}

/// One document; the headline is its first line.
pub(crate) struct DocumentView {
    pub(crate) tone: Tone,
    pub(crate) path: String,
    /// "VALID", "有効".
    pub(crate) status: String,
    /// What stands behind the status: who, which profession, when, until when.
    pub(crate) about: Vec<String>,
    /// SHA-256.
    pub(crate) digest: Option<Field>,
    /// The files inside a container, each with what covers it.
    pub(crate) files: Vec<Field>,
    pub(crate) signatures: Vec<SignatureView>,
    /// Those of the document itself, where there is no signature that shows them.
    pub(crate) timestamps: Vec<TimestampView>,
    /// Evidence records over it, or over files in it.
    pub(crate) records: Vec<RecordView>,
    /// What it amends, the first original first.
    pub(crate) history: Vec<StepView>,
    pub(crate) findings: Vec<FindingView>,
}

/// An original, and who amended it how.
pub(crate) struct StepView {
    pub(crate) tone: Tone,
    pub(crate) title: String,
    pub(crate) status: String,
    pub(crate) about: Vec<String>,
    pub(crate) fields: Vec<Field>,
    pub(crate) findings: Vec<FindingView>,
}

/// One signature.
pub(crate) struct SignatureView {
    pub(crate) tone: Tone,
    pub(crate) title: String,
    pub(crate) status: String,
    pub(crate) about: Vec<String>,
    pub(crate) fields: Vec<Field>,
    pub(crate) checks: Vec<CheckView>,
    pub(crate) path: Vec<Field>,
    pub(crate) revocation: Vec<Field>,
    /// Proofs of existence; they fill a page, so that the text leaves them out.
    pub(crate) proofs: Vec<Field>,
    /// What was changed after signing.
    pub(crate) changes: Vec<String>,
    pub(crate) timestamps: Vec<TimestampView>,
    pub(crate) findings: Vec<FindingView>,
}

/// One building block of the judgement.
pub(crate) struct CheckView {
    pub(crate) tone: Tone,
    pub(crate) name: String,
    pub(crate) result: String,
    /// The standard's word, where it isn't passed.
    pub(crate) sub_indication: Option<&'static str>,
}

/// One time stamp.
pub(crate) struct TimestampView {
    pub(crate) tone: Tone,
    /// Status, time and kind.
    pub(crate) line: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) revocation: Vec<Field>,
    pub(crate) findings: Vec<FindingView>,
}

/// One evidence record.
pub(crate) struct RecordView {
    pub(crate) tone: Tone,
    /// Status, proven time and name.
    pub(crate) line: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) timestamps: Vec<TimestampView>,
    pub(crate) findings: Vec<FindingView>,
}

impl Tone {
    pub(crate) fn of_indication(indication: Indication) -> Self {
        match indication {
            Indication::TotalPassed => Self::Good,
            Indication::TotalFailed => Self::Bad,
            Indication::Indeterminate => Self::Open,
            Indication::NoSignature => Self::Neutral,
        }
    }

    pub(crate) fn of_conclusion(conclusion: Conclusion) -> Self {
        match conclusion {
            Conclusion::Passed => Self::Good,
            Conclusion::Failed(_) => Self::Bad,
            Conclusion::Indeterminate(_) => Self::Open,
        }
    }

    /// A sign in plain text.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Good => "+",
            Self::Bad => "x",
            Self::Open => "?",
            Self::Neutral => "-",
        }
    }

    /// The same where more characters can be shown.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Bad => "✕",
            Self::Open => "?",
            Self::Neutral => "–",
        }
    }

    /// The part of a style's name that colours follow.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Open => "open",
            Self::Neutral => "neutral",
        }
    }
}

impl Field {
    pub(crate) fn new(key: &str, value: impl Into<String>, language: Language) -> Self {
        Self { label: word(key, language).to_owned(), value: value.into() }
    }
}

impl ReportView {
    pub(crate) fn of(report: &VerifyReport<'_>, language: Language) -> Self {
        let time = report.validation_time.0;
        let policy = format!("{} ({})", report.policy.name(), hsign_core::hex(&report.policy.sha256()));
        Self {
            language,
            documents: report.documents.iter().map(|one| DocumentView::of(one, time, language)).collect(),
            ground: vec![
                Field::new("label.validation-time", shown(time), language),
                Field::new("label.policy", printable(&policy), language),
                Field::new("label.trust", hsign_core::hex(&report.trust_sha256), language),
            ],
        }
    }
}

/// The name a value has in JSON; messages are kept under it.
pub(crate) fn key_of(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The word for a value under `group`.
pub(crate) fn named(group: &str, value: &impl serde::Serialize, language: Language) -> String {
    word(&format!("{group}.{}", key_of(value)), language).to_owned()
}

/// "VALID", "無効".
pub(crate) fn status(indication: Indication, language: Language) -> String {
    word(&format!("indication.{}", indication.name()), language).to_owned()
}
