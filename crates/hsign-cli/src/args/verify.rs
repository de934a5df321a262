use std::path::PathBuf;

use clap::Args;

use super::TrustOptions;

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// Files or folders; a token (.tst) needs --content
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The data that a detached signature or a token belongs to
    #[arg(long, value_name = "FILE")]
    pub(crate) content: Option<PathBuf>,
    /// Judge as of this time, RFC 3339 (default: now)
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Policy by name (hpki, etsi, eprescription) or file
    #[arg(long, value_name = "NAME_OR_FILE")]
    pub(crate) policy: Option<String>,
    /// Kind of document; decides which qualification the signer needs
    #[arg(long, value_name = "CLASS")]
    pub(crate) document_class: Option<String>,
    /// Role the signer must have, as written in the certificate
    #[arg(long, value_name = "TEXT")]
    pub(crate) require_role: Vec<String>,
    /// Certificates, CRLs and OCSP responses to use: files or folders
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub(crate) evidence: Vec<PathBuf>,
    /// Get what is missing over the network
    #[arg(long)]
    pub(crate) fetch: bool,
    #[command(flatten)]
    pub(crate) trust: TrustOptions,
}
