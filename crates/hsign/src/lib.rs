//! Signs clinical documents with Japan's healthcare PKI (HPKI), stamps them, and verifies who signed and with
//! which health-profession qualification.
//!
//! The use cases are plain functions: [`sign`](fn@sign), [`verify`](fn@verify), [`timestamp`](fn@timestamp),
//! [`inspect`](fn@inspect), [`verify_certificate`]. Everything that decides is an argument: the time, the trust and the policy
//! ([`Settings`]), the network ([`hsign_core::ports::Fetcher`]), the key ([`hsign_core::ports::Signer`]), the
//! time-stamp authority ([`hsign_core::ports::Timestamper`]). Ready-made ones for files, cards and HTTP are in
//! [`load`], [`credential`] and [`net`].
//!
//! A failed check is a [`Finding`] with a stable code inside the verdict; an [`Error`] means that the work could
//! not be carried out.

pub mod archive;
pub mod eprescription;
pub mod file;
pub mod load;
pub mod saved;

mod amend;
mod bundle;
mod certificate;
mod confirmation;
mod digest;
mod draft;
mod duration;
mod error;
mod evidence_form;
mod evidence_record;
mod extend;
mod facts;
mod form;
mod format;
mod inspect;
mod journal;
mod journal_file;
mod journal_verify;
mod making;
mod mark;
mod originals;
mod pending;
mod plan;
mod scan;
mod settings;
mod sign;
mod statement;
mod supplied;
mod timestamp;
mod verify;
mod wanted;

pub use amend::{AmendRequest, amend};
pub use bundle::{Bundle, BundleError, Bundled, bundle_from_bytes, read_bundle};
pub use certificate::{
    CertificateRequest, CertificateRevocation, CertificateVerdict, RevocationDemand, StatusThen,
    verify_certificate,
};
pub use confirmation::{check_confirmation, confirmation_path, confirmation_text};
pub use draft::Output;
pub use duration::{Duration, NotADuration};
pub use error::Error;
pub use evidence_form::{EvidenceSubject, evidence_form};
pub use evidence_record::{VerifiedRecord, evidence_record_facts, verify_evidence_record};
pub use extend::{ExtendRequest, Extension, extend};
pub use facts::read_facts;
pub use form::{ContainerSignature, Content, Form};
pub use format::{InputFormat, input_format};
pub use hsign_asic::ContainerType;
pub use hsign_core::{Finding, Severity, Time, ValidationTime};
pub use hsign_pki::{Purpose, TrustRegistry};
pub use hsign_validation::{
    AlgorithmPurpose, Conclusion, DocumentVerdict, Evidence, EvidenceError, ExplainedObject, ExplainedUse,
    Indication, ObjectKind, Policy, PolicyError, SubIndication, explain_certificate, explain_document,
    scan_findings, shown_subject,
};
pub use inspect::{Inspection, inspect};
pub use journal::JournalPort;
pub use journal_file::FileJournal;
pub use journal_verify::{VerifiedJournal, read_journal, verify_journal};
pub use mark::{MarkItem, MarkRequest};
pub use pending::{Pending, PendingCause, PendingLimit, pending, unsigned};
pub use plan::{Planned, plan};
pub use scan::scan_facts;
pub use settings::Settings;
pub use sign::{Clock, Metadata, SignRequest, Signed, Stamps, ToSign, sign};
pub use supplied::{Supplied, given_id};
pub use timestamp::{timestamp, timestamp_pdf};
pub use verify::{Verified, document_facts, judge, verify, verify_with};

/// The visible mark: fonts and seals.
pub use hsign_appearance as appearance;
/// Who signs: files, cards and tokens.
pub use hsign_credential as credential;
/// Digests, signature verification and randomness on OpenSSL.
pub use hsign_crypto as crypto;
/// Health professions and document classes.
pub use hsign_hpki as hpki;
/// The journal's lines.
pub use hsign_journal as journal_format;
/// Time-stamp authorities and revocation data over HTTP.
pub use hsign_net as net;
/// PDF syntax.
pub use hsign_pdf as pdf;
/// Certification paths, revocation and trust.
pub use hsign_pki as pki;
/// Verdicts as text and JSON.
pub use hsign_report as report;
/// Resolution, colour depth and compression of scanned pages.
pub use hsign_scan as scan_headers;
/// Certificates.
pub use hsign_x509 as x509;
