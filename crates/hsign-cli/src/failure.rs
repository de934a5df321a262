//! Errors as people and programs see them, and their exit codes.

use std::path::Path;

use hsign::Finding;
use hsign::report::{finding_hint, finding_lines, finding_message, findings_json};
use hsign::saved::SavedFactsError;
use hsign_core::ErrorKind;
use hsign_core::ports::PortError;
use serde_json::{Value, json};

use crate::language::Language;
use crate::output;

/// A request that makes no sense, found after parsing. The words in the user's language are those of its finding.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Usage {
    #[error("there is no document class \"{name}\"; known: {known}")]
    UnknownDocumentClass { name: String, known: String },
    #[error("no time-stamp authority called \"{name}\" is configured, and it is no URL")]
    UnknownTsa { name: String },
    #[error("no time-stamp authority is configured")]
    NoTsa,
    #[error("scans are reviewed at a terminal")]
    NobodyToReview,
    #[error("no journal is configured ([journal] path)")]
    NoJournal,
    #[error("{path} is no archive")]
    NoArchive { path: String },
    #[error("line {line} of {path}: {reason}")]
    ListLine { path: String, line: usize, reason: String },
    #[error("not an RFC 3339 time: \"{text}\"")]
    NotATime { text: String },
    #[error("not a SHA-256 fingerprint: \"{text}\"")]
    NotAPin { text: String },
    #[error("--{option}: not an object identifier: \"{text}\"")]
    NotAnOid { option: String, text: String },
    #[error("not a duration: \"{text}\"")]
    NotADuration { text: String },
    #[error("--scan-mode backlog asks for {option}; --operator twice, with two people")]
    BacklogLacks { option: &'static str },
    #[error("{option} goes with --scan-mode backlog only")]
    BacklogOnly { option: &'static str },
    #[error("{option} is for one input only")]
    OneInput { option: &'static str },
    #[error("no credential: --credential names who signs")]
    NoCredential,
    #[error("{option} has no meaning for --format {format}")]
    NotForFormat { option: &'static str, format: &'static str },
    #[error("--packaging {packaging} isn't made with --format {format}")]
    PackagingNotOfFormat { packaging: &'static str, format: &'static str },
    #[error("two of the files are called {name}")]
    SameName { name: String },
    #[error("this account has no place for configuration (HOME or APPDATA is not set)")]
    NoConfigurationPlace,
    #[error("no built-in pin starts with \"{pin}\" (16 digits at least)")]
    NoSuchPin { pin: String },
    #[error("no certificate of the files has a fingerprint that starts with \"{pin}\" (16 digits at least)")]
    NotInBundle { pin: String },
    #[error("no entry has a fingerprint that starts with \"{text}\", or it in its name")]
    NoSuchEntry { text: String },
    #[error("an accreditation counts from a day on: --from says which")]
    AccreditationWithoutDate,
    #[error("{path}: neither a certificate nor a file with signatures")]
    NothingToExplain { path: String },
    #[error("nobody can be asked here; --compared says that the fingerprints were compared")]
    NobodyToAsk,
    #[error("not confirmed, nothing was changed")]
    NotAgreed,
    #[error("--{option}: {reason}")]
    NotAValue { option: String, reason: String },
    #[error("the name of a report ends in .html or .xml: {path}")]
    ReportKind { path: String },
    #[cfg(feature = "demo")]
    #[error("the folder {path} exists already")]
    FolderExists { path: String },
}

impl Usage {
    fn finding(&self) -> Finding {
        match self {
            Self::UnknownDocumentClass { name, known } => {
                Finding::error("unknown-document-class").with("name", name).with("known", known)
            }
            Self::UnknownTsa { name } => Finding::error("unknown-tsa").with("name", name),
            Self::NoTsa => Finding::error("no-tsa-configured"),
            Self::NobodyToReview => Finding::error("nobody-to-review"),
            Self::NoJournal => Finding::error("no-journal-configured"),
            Self::NoArchive { path } => Finding::error("archive-not-found").with("path", path),
            Self::ListLine { path, line, reason } => {
                let finding = Finding::error("archive-list-line").with("path", path).with("line", line);
                finding.with("reason", reason)
            }
            Self::NotATime { text } => Finding::error("not-a-time").with("text", text),
            Self::NotAPin { text } => Finding::error("not-a-pin").with("text", text),
            Self::NotAnOid { option, text } => {
                Finding::error("not-an-oid").with("option", option).with("text", text)
            }
            Self::NotADuration { text } => Finding::error("not-a-duration").with("text", text),
            Self::BacklogLacks { option } => Finding::error("backlog-lacks").with("option", option),
            Self::BacklogOnly { option } => Finding::error("backlog-only").with("option", option),
            Self::OneInput { option } => Finding::error("one-input-only").with("option", option),
            Self::NoCredential => Finding::error("no-credential-given"),
            Self::NotForFormat { option, format } => {
                Finding::error("not-for-format").with("option", option).with("format", format)
            }
            Self::PackagingNotOfFormat { packaging, format } => {
                Finding::error("packaging-not-of-format").with("packaging", packaging).with("format", format)
            }
            Self::SameName { name } => Finding::error("same-name-twice").with("name", name),
            Self::NoConfigurationPlace => Finding::error("no-configuration-place"),
            Self::NoSuchPin { pin } => Finding::error("no-such-pin").with("pin", pin),
            Self::NotInBundle { pin } => Finding::error("not-in-bundle").with("pin", pin),
            Self::NoSuchEntry { text } => Finding::error("no-such-entry").with("text", text),
            Self::AccreditationWithoutDate => Finding::error("accreditation-without-date"),
            Self::NothingToExplain { path } => Finding::error("nothing-to-explain").with("path", path),
            Self::NobodyToAsk => Finding::error("nobody-to-ask"),
            Self::NotAgreed => Finding::error("not-agreed"),
            Self::NotAValue { option, reason } => {
                Finding::error("not-a-value").with("option", option).with("reason", reason)
            }
            Self::ReportKind { path } => Finding::error("report-kind-unknown").with("path", path),
            #[cfg(feature = "demo")]
            Self::FolderExists { path } => Finding::error("folder-exists").with("path", path),
        }
    }
}

/// The exit code that belongs to an error.
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    kind(error).exit_code()
}

pub(crate) fn kind(error: &anyhow::Error) -> ErrorKind {
    for cause in error.chain() {
        let found = known_kind(cause);
        if let Some(kind) = found {
            return kind;
        }
    }
    ErrorKind::Local
}

fn known_kind(cause: &(dyn std::error::Error + 'static)) -> Option<ErrorKind> {
    None.or_else(|| cause.downcast_ref::<Usage>().map(|_| ErrorKind::Usage))
        .or_else(|| cause.downcast_ref::<hsign::Error>().map(hsign::Error::kind))
        .or_else(|| cause.downcast_ref::<hsign::credential::Error>().map(hsign::credential::Error::kind))
        .or_else(|| cause.downcast_ref::<hsign::net::Error>().map(hsign::net::Error::kind))
        .or_else(|| cause.downcast_ref::<hsign::pki::Error>().map(hsign::pki::Error::kind))
        .or_else(|| cause.downcast_ref::<hsign::x509::Error>().map(hsign::x509::Error::kind))
        .or_else(|| cause.downcast_ref::<hsign::hpki::Error>().map(hsign::hpki::Error::kind))
        .or_else(|| cause.downcast_ref::<hsign::PolicyError>().map(hsign::PolicyError::kind))
        .or_else(|| cause.downcast_ref::<hsign::EvidenceError>().map(hsign::EvidenceError::kind))
        .or_else(|| cause.downcast_ref::<SavedFactsError>().map(SavedFactsError::kind))
        .or_else(|| cause.downcast_ref::<PortError>().map(|error| error.kind))
        .or_else(|| cause.downcast_ref::<toml::de::Error>().map(|_| ErrorKind::Usage))
        .or_else(|| cause.downcast_ref::<std::io::Error>().map(ErrorKind::of_io))
}

/// The error in the form that is worded in both languages.
pub(crate) fn finding(error: &anyhow::Error) -> Finding {
    let mut context = None;
    for cause in error.chain() {
        if let Some(finding) = known_finding(cause) {
            return match context {
                Some(path) if !finding.values.contains_key("path") => finding.with("path", path),
                _ => finding,
            };
        }
        // What stands before the cause is the file it is about.
        context = context.or_else(|| Some(cause.to_string()));
    }
    Finding::error("operation-failed").with("reason", format!("{error:#}"))
}

fn known_finding(cause: &(dyn std::error::Error + 'static)) -> Option<Finding> {
    None.or_else(|| cause.downcast_ref::<Usage>().map(Usage::finding))
        .or_else(|| cause.downcast_ref::<hsign::Error>().map(hsign::Error::finding))
        .or_else(|| cause.downcast_ref::<hsign::credential::Error>().map(hsign::credential::Error::finding))
        .or_else(|| cause.downcast_ref::<hsign::net::Error>().map(hsign::net::Error::finding))
        .or_else(|| cause.downcast_ref::<hsign::pki::Error>().map(hsign::pki::Error::finding))
        .or_else(|| cause.downcast_ref::<hsign::x509::Error>().map(hsign::x509::Error::finding))
        .or_else(|| cause.downcast_ref::<hsign::hpki::Error>().map(hsign::hpki::Error::finding))
        .or_else(|| cause.downcast_ref::<hsign::PolicyError>().map(hsign::PolicyError::finding))
        .or_else(|| cause.downcast_ref::<hsign::EvidenceError>().map(hsign::EvidenceError::finding))
        .or_else(|| cause.downcast_ref::<SavedFactsError>().map(SavedFactsError::finding))
        .or_else(|| cause.downcast_ref::<PortError>().map(PortError::first_finding))
        .or_else(|| cause.downcast_ref::<toml::de::Error>().map(config_finding))
        .or_else(|| cause.downcast_ref::<std::io::Error>().map(Finding::from_io))
}

fn config_finding(error: &toml::de::Error) -> Finding {
    Finding::error("configuration-syntax").with("reason", error.message())
}

/// The findings behind an error.
fn behind(error: &anyhow::Error) -> Vec<Finding> {
    let of = |cause: &(dyn std::error::Error + 'static)| {
        let rest = |port: &PortError| port.findings.get(1..).unwrap_or_default().to_vec();
        None.or_else(|| cause.downcast_ref::<hsign::Error>().map(|error| error.findings().to_vec()))
            .or_else(|| cause.downcast_ref::<hsign::net::Error>().map(|error| error.causes().to_vec()))
            .or_else(|| cause.downcast_ref::<PortError>().map(rest))
    };
    error.chain().find_map(of).unwrap_or_default()
}

/// Says what went wrong with one of several documents, on standard error.
pub(crate) fn say(error: &anyhow::Error, language: Language, document: Option<&Path>) {
    let text = text(error, language);
    match document {
        Some(path) => output::message(&format!("{}: {text}", path.display())),
        None => output::message(&text),
    }
}

/// The same as a row of JSON.
pub(crate) fn row(error: &anyhow::Error, document: &Path, language: Language) -> Value {
    json!({ "path": document, "exit_code": exit_code(error), "findings": findings_json(&all(error), language) })
}

/// Says what went wrong, on standard error; as JSON on standard output too where that was asked for.
pub(crate) fn report(error: &anyhow::Error, language: Language, as_json: bool) -> u8 {
    let code = exit_code(error);
    output::message(&text(error, language));
    if as_json {
        let findings = findings_json(&all(error), language);
        output::json(&json!({ "schema": "hsign.error/1", "exit_code": code, "findings": findings }));
    }
    code
}

/// The error itself, then the findings behind it.
fn all(error: &anyhow::Error) -> Vec<Finding> {
    std::iter::once(finding(error)).chain(behind(error)).collect()
}

fn text(error: &anyhow::Error, language: Language) -> String {
    let (heading, hint_heading) = match language {
        Language::Ja => ("エラー", "ヒント"),
        Language::En => ("error", "hint"),
    };
    let [first, behind @ ..] = &all(error)[..] else { return format!("{heading}: {error:#}\n") };
    let message = finding_message(first, language).unwrap_or_else(|| format!("{error:#}"));
    let mut text = format!("{heading}: {message}\n");
    if let Some(hint) = finding_hint(first, language) {
        text.push_str(&format!("{hint_heading}: {hint}\n"));
    }
    text.push_str(&finding_lines(behind, language));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;
    use hsign::credential::{Error as CredentialError, PinTries, Unsuitable};
    use std::io::{Error as IoError, ErrorKind as IoKind};

    fn typical() -> Vec<anyhow::Error> {
        let missing = || IoError::from(IoKind::NotFound);
        let pin = |tries| anyhow::Error::new(CredentialError::PinIncorrect { tries });
        let mut errors: Vec<anyhow::Error> = vec![
            hsign::Error::File { path: "a.pdf".into(), source: missing() }.into(),
            hsign::Error::File { path: "a.pdf".into(), source: IoKind::PermissionDenied.into() }.into(),
            hsign::Error::File { path: "a.pdf".into(), source: IoKind::StorageFull.into() }.into(),
            hsign::Error::UnsupportedFormat.into(),
            hsign::Error::NoTimestampAuthority.into(),
            hsign::Error::Refused(Vec::new()).into(),
            hsign::Error::ExtensionRefused(Vec::new()).into(),
            CredentialError::NoToken.into(),
            CredentialError::PinValue.into(),
            CredentialError::TokenRemoved.into(),
            CredentialError::PinLocked("card".to_owned()).into(),
            CredentialError::WrongPassphrase { path: "doctor.p12".to_owned() }.into(),
            CredentialError::File { path: "doctor.p12".to_owned(), source: missing() }.into(),
            Usage::NoCredential.into(),
            Usage::NotATime { text: "yesterday".to_owned() }.into(),
            hsign::EvidenceError.into(),
            hsign::hpki::ProfessionTable::parse("x = 1").unwrap_err().into(),
            hsign::Error::OneFile.into(),
            hsign::Error::OneContent { given: 2 }.into(),
            hsign::Error::ContentMissing.into(),
            hsign::Error::OneStamp.into(),
            hsign::Error::ContentNotTaken.into(),
            hsign::Policy::preset("lax").unwrap_err().into(),
            hsign::TrustRegistry::parse_toml("x = 1", &|_| None).unwrap_err().into(),
            toml::from_str::<crate::config::Config>("polcy = 1").err().unwrap().into(),
            missing().into(),
        ];
        errors.extend([PinTries::Unknown, PinTries::Low, PinTries::Last, PinTries::Locked].map(pin));
        errors.extend(
            [
                Unsuitable::AuthenticationCertificate,
                Unsuitable::NoNonRepudiation,
                Unsuitable::NoKeyUsage,
                Unsuitable::AuthorityCertificate,
                Unsuitable::Unreadable,
            ]
            .map(|reason| CredentialError::from(reason).into()),
        );
        errors
    }

    fn is_japanese(text: &str) -> bool {
        text.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}'))
    }

    #[test]
    fn typical_errors_have_a_sentence_of_their_own_in_both_languages() {
        for error in typical() {
            let finding = finding(&error);
            assert_ne!(finding.code, "operation-failed", "{error:#}");
            assert_ne!(finding.code, "party-failed", "{error:#}");
            for language in [Language::Ja, Language::En] {
                let message = finding_message(&finding, language);
                let message = message.unwrap_or_else(|| panic!("no words for {}", finding.code));
                assert_eq!(is_japanese(&message), language == Language::Ja, "{message}");
                assert!(!message.contains('?') && !message.contains('{'), "{message}");
            }
        }
    }

    #[test]
    fn the_file_an_error_is_about_is_named() {
        let error = Err::<(), _>(hsign::EvidenceError).with_context(|| "crl/ca.crl".to_owned()).unwrap_err();
        assert!(text(&error, Language::Ja).contains("crl/ca.crl"));
        assert_eq!(exit_code(&error), 4);
    }

    #[test]
    fn hints_come_from_the_same_words_in_both_languages() {
        let error = anyhow::Error::new(CredentialError::PinIncorrect { tries: PinTries::Last });
        assert!(text(&error, Language::Ja).contains("ヒント: "));
        assert!(text(&error, Language::En).contains("hint: "));
        assert_eq!(exit_code(&error), 6);
    }

    #[test]
    fn what_made_a_party_fail_follows_the_failure() {
        let port = PortError::new(ErrorKind::Remote, "no time stamp")
            .finding(Finding::error("no-tsa-answered"))
            .finding(Finding::error("remote-timeout").with("milliseconds", 2_000).with("party", "first"));
        let error = anyhow::Error::new(hsign::Error::Port(port));
        let told = text(&error, Language::Ja);
        assert!(told.contains("どのタイムスタンプ局からも") && told.contains("first"), "{told}");
        assert_eq!(all(&error).len(), 2);
        assert_eq!(exit_code(&error), 5);
    }
}
