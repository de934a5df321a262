use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand, Debug)]
pub(crate) enum PolicyCommand {
    /// List the built-in policies
    List,
    /// Print a policy as the file it is
    Show {
        /// Name or file
        #[arg(value_name = "POLICY")]
        policy: String,
    },
    /// Show until when which algorithm is strong enough, for a given certificate or signed file too
    Explain(ExplainArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// Certificates or signed files: what each relies on, and until when that is good; without it, the table
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Validation policy: hpki, hpki-strict, etsi, eprescription, or a file
    #[arg(long, value_name = "NAME_OR_FILE")]
    pub(crate) policy: Option<String>,
    /// As of this time instead of now, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}
