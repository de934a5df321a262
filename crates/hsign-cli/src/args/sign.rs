use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hsign::ContainerSignature;
use hsign_core::facts::Level;

use super::{BacklogOptions, EprescriptionOptions, JudgingOptions, MarkOptions, StatementOptions};

#[derive(Args, Debug)]
pub(crate) struct SignArgs {
    /// Files or folders (every PDF in them; every file with --format cades or asic, every XML file with --format xades)
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Who signs: pkcs12:FILE, pkcs11:token=...;id=..., pem:KEY?cert=CHAIN
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
    /// One time stamp over the whole document instead of one on the signature and one over the document
    #[arg(long)]
    pub(crate) one_stamp: bool,
    /// Signature format (default: by the input: PAdES in PDF, XAdES in XML, CAdES beside anything else, one more signature of its kind in a signed file)
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// How content and signature stand together
    #[arg(long, value_enum, value_name = "PACKAGING")]
    pub(crate) packaging: Option<Packaging>,
    /// What signs the files of a container (default: cades); -o NAME.asics makes an ASiC-S around one file
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) container_signature: Option<InContainer>,
    /// The data that a detached signature belongs to, to which one more signer is added: files or folders
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub(crate) content: Vec<PathBuf>,
    /// Kind of document; decides which qualification the signer needs
    #[arg(long, value_name = "CLASS")]
    pub(crate) document_class: Option<String>,
    /// Role the signer must have, as written in the certificate
    #[arg(long, value_name = "TEXT")]
    pub(crate) require_role: Vec<String>,
    /// Reason, recorded in the signature
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Place, recorded in the signature
    #[arg(long, value_name = "TEXT")]
    pub(crate) location: Option<String>,
    /// Signature field: an empty one to fill, or the name of a new one
    #[arg(long, value_name = "NAME")]
    pub(crate) field: Option<String>,
    #[command(flatten)]
    pub(crate) eprescription: EprescriptionOptions,
    #[command(flatten)]
    pub(crate) statement: StatementOptions,
    #[command(flatten)]
    pub(crate) backlog: BacklogOptions,
    #[command(flatten)]
    pub(crate) mark: MarkOptions,
    /// Output file, for one input; - for standard output. With --format asic, or a detached XML signature, one file for all inputs
    #[arg(short = 'o', long = "out", value_name = "OUT", conflicts_with_all = ["out_dir", "in_place"])]
    pub(crate) out: Option<PathBuf>,
    /// Folder for the outputs
    #[arg(long, value_name = "DIR", conflicts_with = "in_place")]
    pub(crate) out_dir: Option<PathBuf>,
    /// Put the signature to the input file itself, in one step
    #[arg(long)]
    pub(crate) in_place: bool,
    /// Replace existing output files
    #[arg(long)]
    pub(crate) force: bool,
    /// Do not use the network but for the time stamp; missing revocation data stay open then
    #[arg(long)]
    pub(crate) no_fetch: bool,
    #[command(flatten)]
    pub(crate) judging: JudgingOptions,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LevelArg {
    /// Signature alone
    #[value(name = "B-B")]
    BB,
    /// With a signature time stamp
    #[value(name = "B-T")]
    BT,
    /// With validation material
    #[value(name = "B-LT")]
    BLt,
    /// With an archive time stamp
    #[value(name = "B-LTA")]
    BLta,
}

impl LevelArg {
    pub(crate) fn level(self) -> Level {
        match self {
            Self::BB => Level::BB,
            Self::BT => Level::BT,
            Self::BLt => Level::BLt,
            Self::BLta => Level::BLta,
        }
    }
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Inside a PDF file
    Pades,
    /// CMS
    Cades,
    /// XML
    Xades,
    /// Japanese electronic prescription
    Eprescription,
    /// ASiC container
    Asic,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packaging {
    /// The signature inside the content
    Enveloped,
    /// The content inside the signature
    Enveloping,
    /// The signature beside the content
    Detached,
    /// An XML signature beside the content, over a list of the files
    Manifest,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InContainer {
    /// CMS
    Cades,
    /// XML
    Xades,
}

impl InContainer {
    pub(crate) fn kind(self) -> ContainerSignature {
        match self {
            Self::Cades => ContainerSignature::Cades,
            Self::Xades => ContainerSignature::Xades,
        }
    }
}

impl Format {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pades => "pades",
            Self::Cades => "cades",
            Self::Xades => "xades",
            Self::Eprescription => "eprescription",
            Self::Asic => "asic",
        }
    }
}

impl Packaging {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Enveloped => "enveloped",
            Self::Enveloping => "enveloping",
            Self::Detached => "detached",
            Self::Manifest => "manifest",
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct ExtendArgs {
    /// Signed files (PDF, .p7s, .p7m, XML, .asice) or folders (every file in them that carries its content); with --due alone, those that sign --allow-pending left
    #[arg(required_unless_present = "due", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Level to reach (default: evidence and one more archive time stamp)
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) level: Option<LevelArg>,
    /// The data that a detached signature belongs to: files or folders
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub(crate) content: Vec<PathBuf>,
    /// Only this signature (its name as `verify` shows it); in a PDF the time stamp covers all
    #[arg(long, value_name = "ID")]
    pub(crate) signature: Vec<String>,
    /// Only what is due: a first stamp, missing evidence, or a new stamp before the last one ends
    #[arg(long)]
    pub(crate) due: bool,
    /// Time-stamp authority by configured name or URL; the next one serves when one fails
    #[arg(long, value_name = "NAME_OR_URL")]
    pub(crate) tsa: Vec<String>,
    /// Output file, for one input; - for standard output
    #[arg(short = 'o', long = "out", value_name = "OUT", conflicts_with_all = ["out_dir", "in_place"])]
    pub(crate) out: Option<PathBuf>,
    /// Folder for the outputs
    #[arg(long, value_name = "DIR", conflicts_with = "in_place")]
    pub(crate) out_dir: Option<PathBuf>,
    /// Put the result into the input file itself, in one step
    #[arg(long)]
    pub(crate) in_place: bool,
    /// Replace existing output files
    #[arg(long)]
    pub(crate) force: bool,
    /// Do not use the network but for the time stamp
    #[arg(long)]
    pub(crate) no_fetch: bool,
    #[command(flatten)]
    pub(crate) judging: JudgingOptions,
}

#[derive(Args, Debug)]
pub(crate) struct TimestampArgs {
    /// Files of any kind
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Time-stamp authority by configured name or URL; the next one serves when one fails
    #[arg(long, value_name = "NAME_OR_URL")]
    pub(crate) tsa: Vec<String>,
    /// Put a document time stamp inside PDF files (NAME.stamped.pdf) instead of a token beside them
    #[arg(long)]
    pub(crate) in_pdf: bool,
    /// Output file, for one input
    #[arg(short = 'o', long = "out", value_name = "OUT", conflicts_with = "out_dir")]
    pub(crate) out: Option<PathBuf>,
    /// Folder for the outputs
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: Option<PathBuf>,
    /// Replace existing output files
    #[arg(long)]
    pub(crate) force: bool,
}
