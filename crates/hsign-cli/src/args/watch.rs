use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hsign_desk::Part;

use super::{JudgingOptions, LevelArg, StatementOptions};

#[derive(Args, Debug)]
pub(crate) struct WatchArgs {
    /// The folder into which scans are dropped
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Print the queue and end; nothing is signed
    #[arg(long)]
    pub(crate) list: bool,
    /// Sign all confirmed files together: one container, one signature, one time stamp (default: each file alone)
    #[arg(long)]
    pub(crate) batch: bool,
    /// Who reviews, by name or staff number (default: asked at the start); signed and written into the journal
    #[arg(long, value_name = "TEXT")]
    pub(crate) reviewer: Option<String>,
    /// As what the reviewer answers for the scans
    #[arg(long, value_enum, default_value_t = PartArg::InformationManager, value_name = "PART")]
    pub(crate) reviewer_part: PartArg,
    /// Program that opens a file (default: xdg-open, on macOS open)
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) viewer: Option<String>,
    /// How pictures are shown in the terminal
    #[arg(long, value_enum, default_value_t = Pictures::Auto, value_name = "PROTOCOL")]
    pub(crate) pictures: Pictures,
    /// Folder for the originals of what was signed (default: originals in the folder); on the same disk
    #[arg(long, value_name = "DIR")]
    pub(crate) originals: Option<PathBuf>,
    /// Who signs: pkcs12:FILE, pkcs11:token=...;id=..., pem:KEY?cert=CHAIN, remote:NAME
    #[arg(long, value_name = "SPEC")]
    pub(crate) credential: Option<String>,
    /// Where PIN or passphrase come from: env:NAME, file:PATH or fd:N (default: asked on the screen)
    #[arg(long, value_name = "SOURCE")]
    pub(crate) pin_source: Option<String>,
    /// Time-stamp authority by configured name or URL; the next one serves when one fails
    #[arg(long, value_name = "NAME_OR_URL")]
    pub(crate) tsa: Vec<String>,
    /// Signature level (default: the highest that the configuration allows)
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) level: Option<LevelArg>,
    /// Kind of document; decides which qualification the signer needs
    #[arg(long, value_name = "CLASS")]
    pub(crate) document_class: Option<String>,
    /// Do not use the network but for the time stamp; missing revocation data stay open then
    #[arg(long)]
    pub(crate) no_fetch: bool,
    #[command(flatten)]
    pub(crate) judging: JudgingOptions,
    #[command(flatten)]
    pub(crate) statement: StatementOptions,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartArg {
    /// Responsible for making records (情報作成管理者)
    InformationManager,
    /// Who scanned
    Operator,
}

impl PartArg {
    pub(crate) fn part(self) -> Part {
        match self {
            Self::InformationManager => Part::InformationManager,
            Self::Operator => Part::Operator,
        }
    }
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pictures {
    /// What the terminal says it can
    Auto,
    /// Kitty's graphics protocol
    Kitty,
    /// iTerm2's inline images
    Iterm,
    /// Sixel
    Sixel,
    /// None
    None,
}
