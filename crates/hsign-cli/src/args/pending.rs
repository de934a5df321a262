use std::path::PathBuf;

use clap::Args;

use super::{LevelArg, TrustOptions};

#[derive(Args, Debug)]
pub(crate) struct PendingArgs {
    /// Signed files, or folders to look through, instead of the list that sign --allow-pending keeps
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Level that files and folders named here should have
    #[arg(long, value_enum, value_name = "LEVEL", default_value = "B-LTA")]
    pub(crate) level: LevelArg,
    /// One line for a monitor: OK, WARNING or CRITICAL with the numbers, no paths
    #[arg(long)]
    pub(crate) monitor: bool,
    /// Take a document off the list without completing it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "monitor"])]
    pub(crate) forget: Vec<PathBuf>,
    /// Judge as of this time, RFC 3339 (default: now)
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Policy by name or file
    #[arg(long, value_name = "NAME_OR_FILE")]
    pub(crate) policy: Option<String>,
    #[command(flatten)]
    pub(crate) trust: TrustOptions,
}
