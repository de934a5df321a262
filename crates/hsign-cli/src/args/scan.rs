use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hsign_core::facts::ScanMode;
use hsign_core::{Date, Time};

/// What the signer states about scanned paper and about who made a record; all of it is signed.
#[derive(Args, Debug)]
pub(crate) struct StatementOptions {
    /// Day on which the paper was made, as 2026-11-21; signed
    #[arg(long, value_name = "DATE")]
    pub(crate) created: Option<Date>,
    /// Day on which the paper came in from outside; signed
    #[arg(long, value_name = "DATE")]
    pub(crate) received: Option<Date>,
    /// When it was scanned, RFC 3339; signed
    #[arg(long, value_name = "TIME")]
    pub(crate) scanned: Option<Time>,
    /// Way of scanning: with each treatment, paper of earlier years, or the paper being kept; signed
    #[arg(long, value_enum, value_name = "MODE")]
    pub(crate) scan_mode: Option<ScanModeArg>,
    /// Why scan or signature come later than the policy allows; signed
    #[arg(long, value_name = "TEXT")]
    pub(crate) late_reason: Option<String>,
    /// Who made the record (a staff number rather than a name); signed
    #[arg(long, value_name = "TEXT")]
    pub(crate) author: Option<String>,
    /// Who entered it in the author's place; signed
    #[arg(long, value_name = "TEXT")]
    pub(crate) proxy: Option<String>,
    /// Who confirmed it; signed
    #[arg(long, value_name = "TEXT")]
    pub(crate) confirmer: Option<String>,
    /// Keep a signature that no time-stamp authority or server completed, list it, and complete it later (extend --due)
    #[arg(long)]
    pub(crate) allow_pending: bool,
}

/// What scanning paper of earlier years asks for besides.
#[derive(Args, Debug)]
pub(crate) struct BacklogOptions {
    /// Plan under which paper of earlier years is scanned; signed
    #[arg(long, value_name = "ID")]
    pub(crate) plan: Option<String>,
    /// List of document names or SHA-256 digests whose patients object, one a line: skipped and recorded
    #[arg(long, value_name = "FILE")]
    pub(crate) objections: Option<PathBuf>,
    /// The two people who scan and watch over it, by staff number: give it twice; signed
    #[arg(long, value_name = "TEXT")]
    pub(crate) operator: Vec<String>,
    /// Day on which the paper may be destroyed at the earliest; signed
    #[arg(long, value_name = "DATE")]
    pub(crate) disposal: Option<Date>,
    /// Folder for the auditor's record of the run: CSV and JSON, each with a signature beside it
    #[arg(long, value_name = "DIR")]
    pub(crate) audit: Option<PathBuf>,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScanModeArg {
    /// With each treatment
    SameDay,
    /// Paper of earlier years
    Backlog,
    /// The paper is kept
    PaperKept,
}

impl ScanModeArg {
    pub(crate) fn mode(self) -> ScanMode {
        match self {
            Self::SameDay => ScanMode::SameDay,
            Self::Backlog => ScanMode::Backlog,
            Self::PaperKept => ScanMode::PaperKept,
        }
    }
}
