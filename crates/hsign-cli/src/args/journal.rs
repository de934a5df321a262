use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::JudgingOptions;

#[derive(Subcommand, Debug)]
pub(crate) enum JournalCommand {
    /// Put a time stamp over the newest entry into the journal
    Stamp(JournalStampArgs),
    /// Tell whether the journal is whole and what its time stamps prove
    Verify(JournalVerifyArgs),
    /// Write the entries as a table (CSV), or as JSON with --output json
    Export(JournalExportArgs),
}

#[derive(Args, Debug)]
pub(crate) struct JournalStampArgs {
    /// Time-stamp authority by configured name or URL; the next one serves when one fails
    #[arg(long, value_name = "NAME_OR_URL")]
    pub(crate) tsa: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct JournalVerifyArgs {
    /// The journal's folder (default: the configured one)
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// SHA-256 of an entry that has to be there, as an earlier verification or a note elsewhere tells it
    #[arg(long, value_name = "SHA256")]
    pub(crate) head: Option<String>,
    /// Judge as of this time, RFC 3339 (default: now)
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    #[command(flatten)]
    pub(crate) judging: JudgingOptions,
    /// Get what is missing over the network
    #[arg(long)]
    pub(crate) fetch: bool,
}

#[derive(Args, Debug)]
pub(crate) struct JournalExportArgs {
    /// The journal's folder (default: the configured one)
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// Only entries of this time and later, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Only entries before this time, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
}
