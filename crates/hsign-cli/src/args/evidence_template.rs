use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct TemplateArgs {
    /// The person's certificate; or the document that a provider signed for the person
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The person's name, as on the licence
    #[arg(long, value_name = "NAME")]
    pub(crate) person: String,
    /// The person's qualification, as written in the profession table
    #[arg(long, value_name = "TEXT", required = true)]
    pub(crate) role: Vec<String>,
    /// The signature meant, where the document has several
    #[arg(long, value_name = "ID")]
    pub(crate) signature: Option<String>,
}
