//! What may be typed. One definition gives parsing, help, man pages and completions; the Japanese help is
//! laid over it from `messages/help.ja.toml`.

mod amend;
mod archive;
mod certificate;
mod credential;
mod eprescription;
mod evidence;
mod evidence_template;
mod journal;
mod judging;
mod mark;
mod pending;
mod plan;
mod policy;
mod scan;
mod sign;
mod trust;
mod tsa;
mod verify;
mod watch;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use amend::AmendArgs;
pub(crate) use archive::{
    ArchiveAddArgs, ArchiveCommand, ArchiveDateArgs, ArchiveDeleteCommand, ArchiveDrillArgs,
    ArchiveExportArgs, ArchiveHoldArgs, ArchiveImportArgs, ArchiveInitArgs, ArchiveOptions, ArchivePlanArgs,
    ArchiveReasonArgs, ArchiveRenewArgs, ArchiveScrubArgs, ArchiveSettleArgs, ArchiveStatusArgs,
    ArchiveTrailCommand, ArchiveVerifyArgs, DeleteRunArgs, HoldSubjectArgs,
};
pub(crate) use certificate::{CertificateCommand, RevocationMode, VerifyCertificate};
pub(crate) use credential::CredentialCommand;
pub(crate) use eprescription::EprescriptionOptions;
pub(crate) use evidence::{EvidenceCommand, VerifyEvidence};
pub(crate) use evidence_template::TemplateArgs;
pub(crate) use journal::{JournalCommand, JournalExportArgs, JournalStampArgs, JournalVerifyArgs};
pub(crate) use judging::JudgingOptions;
pub(crate) use mark::{MarkLine, MarkOptions};
pub(crate) use pending::PendingArgs;
pub(crate) use plan::PlanArgs;
pub(crate) use policy::{ExplainArgs, PolicyCommand};
pub(crate) use scan::{BacklogOptions, ScanModeArg, StatementOptions};
pub(crate) use sign::{ExtendArgs, Format, InContainer, LevelArg, Packaging, SignArgs, TimestampArgs};
pub(crate) use trust::{ImportArgs, TrustCheckArgs, TrustCommand, TrustOptions};
pub(crate) use tsa::TsaCommand;
pub(crate) use verify::VerifyArgs;
pub(crate) use watch::{Pictures, WatchArgs};

/// Sign clinical documents with Japan's healthcare PKI and verify who signed with which qualification
#[derive(Parser, Debug)]
#[command(name = "hsign", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The exit codes belong in every help text: scripts depend on them.
const EXIT_CODES: &str = "\
Exit codes:
  0  done; the judgement is TOTAL-PASSED
  1  TOTAL-FAILED; refused by policy; something is overdue or unfit
  2  usage error
  3  INDETERMINATE; done, but with trust or revocation open
  4  input unreadable, not a supported format, or no signature in it
  5  a remote party failed; a retry may help
  6  credential problem (card, PIN, token, wrong key)
  7  partly done
  8  the local machine failed (disk, permission, lock)
  130  interrupted; nothing half-written is left behind";

#[derive(Args, Debug)]
pub(crate) struct GlobalArgs {
    /// How results are written to standard output
    #[arg(long, global = true, value_enum, default_value_t = Output::Human, value_name = "FORM")]
    pub(crate) output: Output,
    /// Language of messages, reports and help (default: from the locale)
    #[arg(long, global = true, value_enum, value_name = "LANGUAGE")]
    pub(crate) lang: Option<Lang>,
    /// Configuration file instead of the one in the platform's place
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where the password of an encrypted PDF file comes from: env:NAME, file:PATH or fd:N
    #[arg(long, global = true, value_name = "SOURCE")]
    pub(crate) password_source: Option<String>,
    /// No progress and no remarks, only results and errors
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// More about what is done and why
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    /// Use OpenSSL's FIPS provider for all cryptography, or stop if it is not installed
    #[arg(long, global = true)]
    pub(crate) fips: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Text for people
    Human,
    /// JSON for programs
    Json,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lang {
    /// Japanese
    Ja,
    /// English
    En,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Sign documents and put time stamps on the signatures
    Sign(Box<SignArgs>),
    /// Tell who signed, with which qualification, when, and whether it holds
    Verify(VerifyArgs),
    /// Put a time stamp on files: a token beside each (.tst)
    Timestamp(TimestampArgs),
    /// Add what keeps signatures provable: evidence and a further time stamp
    Extend(Box<ExtendArgs>),
    /// Sign a correction of a signed document that keeps the original inside, or a note on it
    Amend(Box<AmendArgs>),
    /// Tell what waits to be stamped or completed, and until when that can be done
    Pending(PendingArgs),
    /// Tell by when documents have to be stamped anew, and what ends first
    Plan(PlanArgs),
    /// Keep documents provable for decades: by reference, in batches, stamped anew before anything ends
    #[command(subcommand)]
    Archive(Box<ArchiveCommand>),
    /// Show what is inside a signed file: facts only, no verdict, no trust needed
    Inspect {
        /// The file; - for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The data that a detached signature belongs to: files or folders
        #[arg(long, value_name = "FILE_OR_DIR")]
        content: Vec<PathBuf>,
    },
    /// Cards, tokens and files that can sign
    #[command(subcommand)]
    Credential(CredentialCommand),
    /// Certificates: what they say and whether they hold
    #[command(subcommand)]
    Certificate(CertificateCommand),
    /// Evidence records (RFC 4998) over data
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Review the scans of a drop folder and sign what was confirmed
    Watch(Box<WatchArgs>),
    /// What was signed, stamped and refused: the journal
    #[command(subcommand)]
    Journal(JournalCommand),
    /// Anchors, HPKI authorities and accredited time-stamp authorities
    #[command(subcommand)]
    Trust(TrustCommand),
    /// The configured time-stamp authorities
    #[command(subcommand)]
    Tsa(TsaCommand),
    /// The validation policies
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// A complete worked example with a throw-away test PKI and a local time-stamp authority
    #[cfg(feature = "demo")]
    Demo {
        /// A folder that does not exist yet
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Put a certificate on the demonstration's SoftHSM2 token, in a process of its own
    #[cfg(feature = "demo")]
    #[command(hide = true)]
    DemoToken {
        /// DER certificate
        certificate: PathBuf,
    },
    /// Write a commented configuration file into the platform's place, or show where that is
    Config {
        /// Write the file; an existing one is left alone
        #[arg(long)]
        write: bool,
    },
    /// Print shell completions
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write the man pages into a folder
    Man {
        /// The folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}
