use std::path::PathBuf;

use hsign_core::ports::PortError;
use hsign_core::{ErrorKind, Finding};

/// Why a use case could not be carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder can't be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The document's bytes can't be read.
    #[error("the document can't be read: {0}")]
    Read(#[from] std::io::Error),
    /// The file is not of a format that is supported here.
    #[error("not a PDF file and not a time-stamp token")]
    UnsupportedFormat,
    /// Trust that can't be read.
    #[error("{path}: {source}")]
    Trust {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: hsign_pki::Error,
    },
    /// A folder given as trust that holds none.
    #[error("{path}: no registry (.toml) and no certificate (.pem, .der, .cer, .crt, .p7b) in this folder")]
    NoTrust {
        /// Which folder.
        path: PathBuf,
    },
    /// The PDF file can't be read, or can't be signed safely.
    #[error(transparent)]
    Document(#[from] hsign_pades::Error),
    /// A file that should hold certificates.
    #[error("{path}: {source}")]
    CertificateFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: hsign_x509::Error,
    },
    /// The signer's certificate can't be read.
    #[error("the signer's certificate: {0}")]
    Certificate(#[from] hsign_x509::Error),
    /// The signature can't be put together.
    #[error(transparent)]
    Signature(#[from] hsign_cades::Error),
    /// A time-stamp token can't be read.
    #[error(transparent)]
    Token(#[from] hsign_tsp::Error),
    /// A digest can't be computed.
    #[error(transparent)]
    Digest(#[from] hsign_crypto::Error),
    /// The signer must not sign this document; nothing was signed.
    #[error("signing is refused: {}", codes(.0))]
    Refused(Vec<Finding>),
    /// A level that this version doesn't make.
    #[error("level {0} is not made by this version: B-B and B-T are")]
    Level(&'static str),
    /// Level B-T was asked for without a time-stamp authority.
    #[error("level B-T needs a time-stamp authority")]
    NoTimestampAuthority,
    /// What was made doesn't verify, so it is withheld.
    #[error("the result does not verify and was withheld: {}", codes(.0))]
    SelfCheck(Vec<Finding>),
    /// A card, a time-stamp authority or a server failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

fn codes(findings: &[Finding]) -> String {
    findings.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>().join(", ")
}

impl Error {
    /// Whom it belongs to; decides the exit code.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::File { source, .. } | Self::Read(source) => kind_of_io(source),
            Self::UnsupportedFormat | Self::CertificateFile { .. } => ErrorKind::Unreadable,
            Self::Trust { source, .. } => source.kind(),
            Self::NoTrust { .. } | Self::Level(_) | Self::NoTimestampAuthority => ErrorKind::Usage,
            Self::Document(error) => error.kind(),
            Self::Certificate(_) => ErrorKind::Credential,
            Self::Signature(error) => error.kind(),
            Self::Token(error) => error.kind(),
            Self::Digest(_) | Self::SelfCheck(_) => ErrorKind::Local,
            Self::Refused(_) => ErrorKind::Refused,
            Self::Port(error) => error.kind,
        }
    }

    /// The error in the form that hsign-report words in both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::File { path, source } => Finding::from_io(source).with("path", path.display()),
            Self::Read(source) => Finding::from_io(source),
            Self::UnsupportedFormat => Finding::error("unsupported-format"),
            Self::Trust { path, source } => source.finding().with("path", path.display()),
            Self::NoTrust { path } => Finding::error("no-trust-in-folder").with("path", path.display()),
            Self::CertificateFile { path, source } => source.finding().with("path", path.display()),
            Self::Document(error) => error.finding(),
            Self::Certificate(error) => Finding::error("signer-certificate-unreadable").with("reason", error),
            Self::Signature(error) => error.finding(),
            Self::Token(error) => error.finding(),
            Self::Digest(error) => error.finding(),
            Self::Refused(_) => Finding::error("signing-refused"),
            Self::Level(level) => Finding::error("level-not-made").with("level", level),
            Self::NoTimestampAuthority => Finding::error("no-tsa-configured"),
            Self::SelfCheck(_) => Finding::error("self-check-failed"),
            Self::Port(error) => error.first_finding(),
        }
    }

    /// The findings behind it, where there are some.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Refused(findings) | Self::SelfCheck(findings) => findings,
            Self::Port(error) => error.findings.get(1..).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// A missing file is the user's, a full disk the machine's.
fn kind_of_io(error: &std::io::Error) -> ErrorKind {
    match error.kind() {
        std::io::ErrorKind::NotFound
        | std::io::ErrorKind::InvalidInput
        | std::io::ErrorKind::IsADirectory
        | std::io::ErrorKind::UnexpectedEof => ErrorKind::Unreadable,
        _ => ErrorKind::Local,
    }
}
