use std::path::PathBuf;

use clap::Args;

use super::TrustOptions;

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// Files or folders; a token (.tst) needs --content
    #[arg(required_unless_present = "facts", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The data that a detached signature or a token belongs to: files or folders, found by their names
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub(crate) content: Vec<PathBuf>,
    /// Judge as of this time, RFC 3339 (default: now)
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Policy by name (hpki, hpki-strict, etsi, eprescription) or file
    #[arg(long, value_name = "NAME_OR_FILE")]
    pub(crate) policy: Option<String>,
    /// Kind of document; decides which qualification the signer needs
    #[arg(long, value_name = "CLASS")]
    pub(crate) document_class: Option<String>,
    /// Role the signer must have, as written in the certificate
    #[arg(long, value_name = "TEXT")]
    pub(crate) require_role: Vec<String>,
    /// Certificates, CRLs, OCSP responses, time-stamp tokens, evidence records and qualification-evidence records to use: files or folders
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub(crate) evidence: Vec<PathBuf>,
    /// Get what is missing over the network
    #[arg(long)]
    pub(crate) fetch: bool,
    /// Keep the certificates, CRLs, OCSP responses and tokens that were used from outside the documents, for --evidence
    #[arg(long, value_name = "DIR")]
    pub(crate) save_evidence: Option<PathBuf>,
    /// Write a report: .html for people, .xml for programs (ETSI TS 119 102-2)
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Vec<PathBuf>,
    /// Put the CSVs that were really signed, from electronic prescriptions whose signatures hold, into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "facts")]
    pub(crate) export_signed: Option<PathBuf>,
    /// Keep everything that this judgement was made from, without the documents' content, for --facts
    #[arg(long, value_name = "FILE")]
    pub(crate) save_facts: Option<PathBuf>,
    /// Judge saved facts instead of documents, as they were judged then
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "content", "evidence", "save_facts"])]
    pub(crate) facts: Option<PathBuf>,
    /// Judge the saved facts anew: at this time, by this policy, on this trust
    #[arg(long, requires = "facts")]
    pub(crate) rejudge: bool,
    /// Replace existing reports and saved facts
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) trust: TrustOptions,
}
