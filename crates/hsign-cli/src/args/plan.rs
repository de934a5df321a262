use std::path::PathBuf;

use clap::Args;

use super::TrustOptions;

#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    /// Files or folders
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The data that a detached signature belongs to: files or folders
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub(crate) content: Vec<PathBuf>,
    /// Warn when the last day comes within this time: 90d, 12h
    #[arg(long, value_name = "DURATION", default_value = "90d")]
    pub(crate) within: String,
    /// Also tell whether it will still verify at the end of this year, stamped anew in time or not
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(u16).range(1950..=9999))]
    pub(crate) year: Vec<u16>,
    /// Plan as of this time, RFC 3339 (default: now)
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Policy by name (hpki, hpki-strict, etsi, eprescription) or file
    #[arg(long, value_name = "NAME_OR_FILE")]
    pub(crate) policy: Option<String>,
    /// Kind of document; decides which qualification the signer needs
    #[arg(long, value_name = "CLASS")]
    pub(crate) document_class: Option<String>,
    /// Certificates, CRLs, OCSP responses, time-stamp tokens, evidence records and qualification-evidence records to use: files or folders
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub(crate) evidence: Vec<PathBuf>,
    /// Get what is missing over the network
    #[arg(long)]
    pub(crate) fetch: bool,
    #[command(flatten)]
    pub(crate) trust: TrustOptions,
}
