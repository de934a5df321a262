use std::path::PathBuf;

use clap::Args;

use super::{JudgingOptions, LevelArg, StatementOptions};

#[derive(Args, Debug)]
pub(crate) struct AmendArgs {
    /// The signed PDF file or container that is amended; it stays as it is
    #[arg(value_name = "ORIGINAL")]
    pub(crate) original: PathBuf,
    /// The corrected file, unsigned: the result embeds the original byte for byte; a container where one of the two is no PDF
    #[arg(long = "with", value_name = "CHANGED", required_unless_present = "note")]
    pub(crate) changed: Option<PathBuf>,
    /// What was amended; alone it goes with one more signature onto the original
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Who signs: pkcs12:FILE, pkcs11:token=...;id=..., pem:KEY?cert=CHAIN, remote:NAME
    #[arg(long, value_name = "SPEC")]
    pub(crate) credential: Option<String>,
    /// Where PIN or passphrase come from: env:NAME, file:PATH or fd:N (default: asked on the terminal)
    #[arg(long, value_name = "SOURCE")]
    pub(crate) pin_source: Option<String>,
    /// Time-stamp authority by configured name or URL; the next one serves when one fails
    #[arg(long, value_name = "NAME_OR_URL")]
    pub(crate) tsa: Vec<String>,
    /// Signature level (default: the highest that the configuration allows)
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) level: Option<LevelArg>,
    /// Kind of document; decides which qualification the signer needs
    #[arg(long, value_name = "CLASS", default_value = "dispensed-amended")]
    pub(crate) document_class: String,
    /// Role the signer must have, as written in the certificate
    #[arg(long, value_name = "TEXT")]
    pub(crate) require_role: Vec<String>,
    #[command(flatten)]
    pub(crate) statement: StatementOptions,
    /// Output file (default: NAME.amended.pdf or .asice); - for standard output
    #[arg(short = 'o', long = "out", value_name = "OUT")]
    pub(crate) out: Option<PathBuf>,
    /// Replace an existing output file
    #[arg(long)]
    pub(crate) force: bool,
    /// Do not use the network but for the time stamp; missing revocation data stay open then
    #[arg(long)]
    pub(crate) no_fetch: bool,
    #[command(flatten)]
    pub(crate) judging: JudgingOptions,
}
