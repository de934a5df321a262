use std::path::PathBuf;

use clap::Args;

use super::TrustOptions;

/// By what signatures are judged, one's own too.
#[derive(Args, Debug)]
pub(crate) struct JudgingOptions {
    /// Policy by name or file
    #[arg(long, value_name = "NAME_OR_FILE")]
    pub(crate) policy: Option<String>,
    /// Certificates, CRLs and OCSP responses to use: files or folders
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub(crate) evidence: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: TrustOptions,
}
