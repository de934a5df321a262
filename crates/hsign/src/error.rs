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
    #[error("neither PDF nor XML, a CMS signature, a container or a time-stamp token")]
    UnsupportedFormat,
    /// Content was given for a document that has its own.
    #[error("content goes with a detached signature or a time-stamp token; this document has its own")]
    ContentNotTaken,
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
    /// A file that should hold certificates, perhaps packed.
    #[error("{path}: {source}")]
    Bundle {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: crate::BundleError,
    },
    /// A registry that isn't as it was when it was confirmed.
    #[error("{path} was changed since it was confirmed")]
    TrustChanged {
        /// Which file.
        path: PathBuf,
        /// SHA-256 that was confirmed.
        confirmed: String,
        /// SHA-256 of what is there.
        found: String,
    },
    /// A file that should hold certificates.
    #[error("{path}: {source}")]
    CertificateFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: hsign_x509::Error,
    },
    /// The evidence record can't be read.
    #[error(transparent)]
    EvidenceRecord(#[from] hsign_ers::Error),
    /// Facts without the evidence record they should hold.
    #[error("no evidence record")]
    NoRecord,
    /// The visible mark can't be made.
    #[error(transparent)]
    Mark(#[from] hsign_appearance::Error),
    /// Text was asked for in the mark, and no font is given for it.
    #[error("the mark's text needs a font")]
    MarkWithoutFont,
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
    /// The document must not be extended; nothing was written.
    #[error("extending is refused: {}", codes(.0))]
    ExtensionRefused(Vec<Finding>),
    /// A level that this version doesn't make.
    #[error("level {0} is none that can be made")]
    Level(&'static str),
    /// It is not clear which signature of a document is meant.
    #[error("{found} signatures could be meant, not one")]
    WhichSignature {
        /// How many fit.
        found: usize,
    },
    /// Several files where one signature is over one.
    #[error("a signature of this form is over one file")]
    OneFile,
    /// Several files beside a signature that is over one.
    #[error("{given} files were given for a signature over one")]
    OneContent {
        /// How many.
        given: usize,
    },
    /// A detached signature that is to get something that covers its content, which isn't at hand.
    #[error("the content of the detached signature is needed")]
    ContentMissing,
    /// A service gave another signature than the one that was asked for; nothing was written.
    #[error("the signature that the service gave is not the one asked for: {0}")]
    FinishedSignature(&'static str),
    /// XML that can't be read, signed or extended.
    #[error(transparent)]
    Xml(#[from] hsign_xades::Error),
    /// A container that can't be read, or to which nothing can be added.
    #[error(transparent)]
    Container(#[from] hsign_asic::Error),
    /// XML signatures carry no statements of the signer.
    #[error("an XML signature carries no statements about scans, authors or amendments")]
    StatementNotCarried,
    /// The amended document is one already signed, or no other than the original.
    #[error("what amends a document has to be another one, without a signature")]
    AmendmentUnusable,
    /// The original of an amendment holds no signature.
    #[error("the original holds no signature: there is nothing to amend")]
    OriginalUnsigned,
    /// One time stamp for the signature and the document, where each signature has its own.
    #[error("one time stamp over signature and evidence is made in PDF files only")]
    OneStamp,
    /// The document has neither a signature nor a time stamp.
    #[error("there is no signature and no time stamp in the document")]
    NothingToExtend,
    /// A signature was named that isn't there.
    #[error("the document has no signature \"{id}\"")]
    NoSuchSignature {
        /// Its id.
        id: String,
    },
    /// The level that was asked for needs evidence that could not be had.
    #[error("the level can't be reached, evidence is missing: {}", codes(missing))]
    EvidenceMissing {
        /// What is missing.
        missing: Vec<Finding>,
        /// What was tried.
        failed: Vec<Finding>,
    },
    /// A level above B-B was asked for without a time-stamp authority.
    #[error("a level above B-B needs a time-stamp authority")]
    NoTimestampAuthority,
    /// What was made doesn't verify, so it is withheld.
    #[error("the result does not verify and was withheld: {}", codes(.0))]
    SelfCheck(Vec<Finding>),
    /// A card, a time-stamp authority or a server failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// An archive's configuration that can't be used.
    #[error("archive.toml: {0}")]
    ArchiveConfig(String),
    /// A part of an archive that can't be made or read.
    #[error(transparent)]
    Archive(#[from] hsign_archive::Error),
    /// The stores of an archive failed.
    #[error(transparent)]
    ArchiveStores(#[from] hsign_archive_store::Error),
    /// One store of an archive can't be opened.
    #[error("store {store}: {source}")]
    ArchiveStore {
        /// Its name.
        store: String,
        /// What is wrong.
        source: hsign_archive_store::Error,
    },
    /// The index of an archive failed.
    #[error(transparent)]
    ArchiveIndex(#[from] hsign_archive_store::IndexError),
    /// The archive doesn't do that.
    #[error("refused: {}", .0.code)]
    ArchiveRefused(Finding),
}

fn codes(findings: &[Finding]) -> String {
    findings.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>().join(", ")
}

impl Error {
    /// Whom it belongs to; decides the exit code.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::File { source, .. } | Self::Read(source) => match of_object_store(source) {
                Some(error) => error.kind(),
                None => ErrorKind::of_io(source),
            },
            Self::UnsupportedFormat | Self::CertificateFile { .. } => ErrorKind::Unreadable,
            Self::Trust { source, .. } => source.kind(),
            Self::Bundle { source, .. } => source.kind(),
            Self::TrustChanged { .. } => ErrorKind::Usage,
            Self::NoTrust { .. }
            | Self::Level(_)
            | Self::OneFile
            | Self::OneContent { .. }
            | Self::ContentMissing
            | Self::OneStamp
            | Self::StatementNotCarried
            | Self::AmendmentUnusable
            | Self::OriginalUnsigned
            | Self::WhichSignature { .. }
            | Self::NoTimestampAuthority
            | Self::ContentNotTaken => ErrorKind::Usage,
            Self::Document(error) => error.kind(),
            Self::FinishedSignature(_) => ErrorKind::Remote,
            Self::Xml(error) => error.kind(),
            Self::Container(error) => error.kind(),
            Self::EvidenceRecord(error) => error.kind(),
            Self::NoRecord => ErrorKind::Unreadable,
            Self::Mark(error) => error.kind(),
            Self::MarkWithoutFont => ErrorKind::Usage,
            Self::Certificate(_) => ErrorKind::Credential,
            Self::Signature(error) => error.kind(),
            Self::Token(error) => error.kind(),
            Self::Digest(_) | Self::SelfCheck(_) => ErrorKind::Local,
            Self::NothingToExtend => ErrorKind::Unreadable,
            Self::NoSuchSignature { .. } => ErrorKind::Usage,
            Self::EvidenceMissing { failed, .. } if failed.is_empty() => ErrorKind::Refused,
            Self::EvidenceMissing { .. } => ErrorKind::Remote,
            Self::Refused(_) | Self::ExtensionRefused(_) => ErrorKind::Refused,
            Self::Port(error) => error.kind,
            Self::ArchiveConfig(_) => ErrorKind::Usage,
            Self::Archive(error) => error.kind(),
            Self::ArchiveStores(error) | Self::ArchiveStore { source: error, .. } => error.kind(),
            Self::ArchiveIndex(error) => error.kind(),
            Self::ArchiveRefused(_) => ErrorKind::Refused,
        }
    }

    /// The error in the form that hsign-report words in both languages.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::File { path, source } => Finding::from_io(source).with("path", path.display()),
            Self::Read(source) => {
                let remote = of_object_store(source).and_then(hsign_archive_store::Error::finding);
                remote.unwrap_or_else(|| Finding::from_io(source))
            }
            Self::UnsupportedFormat => Finding::error("unsupported-format"),
            Self::ContentNotTaken => Finding::error("content-not-taken"),
            Self::Trust { path, source } => source.finding().with("path", path.display()),
            Self::Bundle { path, source } => source.finding().with("path", path.display()),
            Self::TrustChanged { path, confirmed, found } => Finding::error("trust-file-changed")
                .with("path", path.display())
                .with("confirmed", confirmed)
                .with("found", found),
            Self::NoTrust { path } => Finding::error("no-trust-in-folder").with("path", path.display()),
            Self::CertificateFile { path, source } => source.finding().with("path", path.display()),
            Self::Document(error) => error.finding(),
            Self::EvidenceRecord(error) => error.finding(),
            Self::NoRecord => Finding::error("evidence-record-missing"),
            Self::Mark(error) => error.finding(),
            Self::MarkWithoutFont => Finding::error("mark-font-missing"),
            Self::Certificate(error) => Finding::error("signer-certificate-unreadable").with("reason", error),
            Self::Signature(error) => error.finding(),
            Self::Token(error) => error.finding(),
            Self::Digest(error) => error.finding(),
            Self::Refused(_) => Finding::error("signing-refused"),
            Self::ExtensionRefused(_) => Finding::error("extension-refused"),
            Self::Level(level) => Finding::error("level-not-made").with("level", level),
            Self::WhichSignature { found } => Finding::error("which-signature").with("found", found),
            Self::OneFile => Finding::error("signature-over-one-file"),
            Self::OneContent { given } => Finding::error("content-of-one-file").with("given", given),
            Self::ContentMissing => Finding::error("detached-content-needed"),
            Self::FinishedSignature(reason) => {
                Finding::error("remote-signature-differs").with("reason", reason)
            }
            Self::Xml(error) => error.finding(),
            Self::Container(error) => error.finding(),
            Self::StatementNotCarried => Finding::error("statement-not-carried"),
            Self::AmendmentUnusable => Finding::error("amendment-unusable"),
            Self::OriginalUnsigned => Finding::error("amended-original-unsigned"),
            Self::OneStamp => Finding::error("one-stamp-in-pdf-only"),
            Self::NothingToExtend => Finding::error("nothing-to-extend"),
            Self::NoSuchSignature { id } => Finding::error("no-such-signature").with("signature", id),
            Self::EvidenceMissing { .. } => Finding::error("level-not-reached"),
            Self::NoTimestampAuthority => Finding::error("no-tsa-configured"),
            Self::SelfCheck(_) => Finding::error("self-check-failed"),
            Self::Port(error) => error.first_finding(),
            Self::ArchiveConfig(reason) => Finding::error("archive-configuration").with("reason", reason),
            Self::Archive(error) => failed(error),
            Self::ArchiveStores(error) => error.finding().unwrap_or_else(|| failed(error)),
            Self::ArchiveStore { store, source } => {
                source.finding().unwrap_or_else(|| failed(source)).with("store", store)
            }
            Self::ArchiveIndex(error) => error.finding().unwrap_or_else(|| failed(error)),
            Self::ArchiveRefused(finding) => finding.clone(),
        }
    }

    /// The findings behind it, where there are some.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Refused(findings) | Self::ExtensionRefused(findings) | Self::SelfCheck(findings) => {
                findings
            }
            Self::EvidenceMissing { missing, .. } => missing,
            Self::Port(error) => error.findings.get(1..).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// What has no words of its own.
fn failed(error: &dyn std::error::Error) -> Finding {
    Finding::error("archive-failed-inside").with("reason", error)
}

/// A document in a bucket is read as files are; what goes wrong is the server's.
fn of_object_store(error: &std::io::Error) -> Option<&hsign_archive_store::Error> {
    error.get_ref()?.downcast_ref()
}
