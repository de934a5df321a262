use std::path::PathBuf;

use clap::Subcommand;

#[derive(Subcommand, Debug)]
pub(crate) enum CredentialCommand {
    /// List what can sign: cards and tokens found, and the credentials given
    List {
        /// Credentials to look at besides the cards found
        #[arg(value_name = "SPEC")]
        specifications: Vec<String>,
        /// PKCS#11 module to look into
        #[arg(long, value_name = "FILE")]
        module: Vec<PathBuf>,
        /// Where PIN or passphrase come from: env:NAME, file:PATH or fd:N
        #[arg(long, value_name = "SOURCE")]
        pin_source: Option<String>,
    },
    /// Print an anonymised profile of a card or file, to be sent with a report
    Check {
        /// The credential
        #[arg(value_name = "SPEC")]
        specification: String,
        /// Where PIN or passphrase come from: env:NAME, file:PATH or fd:N
        #[arg(long, value_name = "SOURCE")]
        pin_source: Option<String>,
    },
}
