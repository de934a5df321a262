use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{TemplateArgs, TrustOptions};

#[derive(Subcommand, Debug)]
pub(crate) enum EvidenceCommand {
    /// Tell since when data have existed, by an evidence record (RFC 4998)
    Verify(VerifyEvidence),
    /// Show what an evidence record holds: facts only
    Show {
        /// The record
        #[arg(value_name = "ER")]
        record: PathBuf,
    },
    /// Print a qualification-evidence record to be completed and signed by an attester
    Template(TemplateArgs),
}

#[derive(Args, Debug)]
pub(crate) struct VerifyEvidence {
    /// The evidence record
    #[arg(long, value_name = "ER")]
    pub(crate) record: PathBuf,
    /// The data that it protects
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Judge as of this time, RFC 3339 (default: now)
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Policy by name (hpki, hpki-strict, etsi, eprescription) or file
    #[arg(long, value_name = "NAME_OR_FILE")]
    pub(crate) policy: Option<String>,
    /// Certificates, CRLs and OCSP responses to use: files or folders
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub(crate) evidence: Vec<PathBuf>,
    /// Get what is missing over the network
    #[arg(long)]
    pub(crate) fetch: bool,
    #[command(flatten)]
    pub(crate) trust: TrustOptions,
}
