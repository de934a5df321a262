use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::TrustOptions;

#[derive(Subcommand, Debug)]
pub(crate) enum ArchiveCommand {
    /// Make an archive: its configuration, stores and index
    Init(ArchiveInitArgs),
    /// Take documents: verify each, compute its digests, write it down; the documents stay where they are
    Add(Box<ArchiveAddArgs>),
    /// Take documents whose digests another program computed, and read a random sample of them again
    ImportDigests(ArchiveImportArgs),
    /// Write down what became of a document that was set aside
    Settle(ArchiveSettleArgs),
    /// Give open documents the day on which their retention began
    Date(ArchiveDateArgs),
    /// Tell what is in the archive and whether something has to be done
    Status(ArchiveStatusArgs),
    /// Tell what is due when, why, and at what price
    Plan(ArchivePlanArgs),
    /// Do what is due: make bundles, get time stamps, renew them
    Renew(ArchiveRenewArgs),
    /// Judge the evidence of documents, from the first time stamp to today
    Verify(ArchiveVerifyArgs),
    /// Read this month's share of documents and all bundles again, and tell every damage
    Scrub(ArchiveScrubArgs),
    /// Write the proof of one document as a file of its own
    Export(ArchiveExportArgs),
    /// Let nothing of a document, of a class or of everything be deleted
    Hold(ArchiveHoldArgs),
    /// End a hold
    Release(ArchiveReasonArgs),
    /// Delete documents whose retention is over: plan, approve, run
    #[command(subcommand)]
    Delete(ArchiveDeleteCommand),
    /// Make the index anew from the stores
    RebuildIndex(ArchiveOptions),
    /// Prove that one store is enough: make an index from it elsewhere and judge a sample
    Drill(ArchiveDrillArgs),
    /// The audit trail
    #[command(subcommand)]
    Trail(ArchiveTrailCommand),
    /// Print the table of retention periods
    Retention,
    /// Print a commented archive.toml
    Template,
}

/// Which archive, and by what is judged.
#[derive(Args, Debug)]
pub(crate) struct ArchiveOptions {
    /// The archive's folder, where archive.toml lies (default: the configured one, else this folder)
    #[arg(long, value_name = "DIR")]
    pub(crate) archive: Option<PathBuf>,
    /// Policy by name (hpki, hpki-strict, etsi, eprescription) or file
    #[arg(long, value_name = "NAME_OR_FILE")]
    pub(crate) policy: Option<String>,
    /// Certificates, CRLs, OCSP responses and qualification-evidence records to use: files or folders
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub(crate) evidence: Vec<PathBuf>,
    /// Who does this, for the audit trail (default: the account)
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,
    #[command(flatten)]
    pub(crate) trust: TrustOptions,
}

#[derive(Args, Debug)]
pub(crate) struct ArchiveInitArgs {
    /// The archive's folder
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// archive.toml to use; `hsign archive template` prints one to fill in
    #[arg(long, value_name = "FILE", conflicts_with_all = ["tsa", "store"])]
    pub(crate) settings: Option<PathBuf>,
    /// URL of the time-stamp authority; a second one makes a second line of evidence under another hash function
    #[arg(long, value_name = "URL", required_unless_present = "settings", num_args = 1)]
    pub(crate) tsa: Vec<String>,
    /// Folder that keeps bundles and trail; give two on different disks
    #[arg(long, value_name = "DIR", required_unless_present = "settings")]
    pub(crate) store: Vec<PathBuf>,
    /// Country whose law reaches the stores (ISO 3166-1)
    #[arg(long, value_name = "CODE", default_value = "JP")]
    pub(crate) country: String,
    /// Who runs the stores
    #[arg(long, value_name = "TEXT", default_value = "our own")]
    pub(crate) operator: String,
}

#[derive(Args, Debug)]
pub(crate) struct ArchiveAddArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// Documents: files or folders
    #[arg(value_name = "FILE", required_unless_present = "list")]
    pub(crate) files: Vec<PathBuf>,
    /// Class of record: a word of `hsign archive retention`, or one of your own
    #[arg(long, value_name = "CLASS", required_unless_present = "list")]
    pub(crate) class: Option<String>,
    /// Day on which the retention period of the class begins (2026-11-21), or open while it hasn't begun
    #[arg(long, value_name = "DATE_OR_OPEN", conflicts_with = "keep_until")]
    pub(crate) retention_start: Option<String>,
    /// Last day of keeping, instead of the class's period
    #[arg(long, value_name = "DATE")]
    pub(crate) keep_until: Option<String>,
    /// Name by which you know the document (default: its path); for one file
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// Key of the version that this one replaces; for one file
    #[arg(long, value_name = "KEY")]
    pub(crate) replaces: Option<String>,
    /// The data that a detached signature belongs to; for one file
    #[arg(long, value_name = "FILE")]
    pub(crate) content: Vec<PathBuf>,
    /// Table (CSV) of documents with the columns location, key, class, retention_start, keep_until, replaces, content
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "key", "replaces", "content"])]
    pub(crate) list: Option<PathBuf>,
    /// Get what is missing for the judgement over the network
    #[arg(long)]
    pub(crate) fetch: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ArchiveImportArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// Table (CSV) with the columns key, location, size, class, retention_start, and one for each digest: sha256, sha512
    #[arg(value_name = "FILE")]
    pub(crate) manifest: PathBuf,
    /// How many documents, chosen at random, are read and compared
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub(crate) sample: u32,
}

#[derive(Args, Debug)]
pub(crate) struct ArchiveSettleArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// The document's key
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    /// What became of it
    #[arg(long, value_name = "TEXT")]
    pub(crate) how: String,
}

#[derive(Args, Debug)]
pub(crate) struct ArchiveDateArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// Keys of open documents
    #[arg(required = true, value_name = "KEY")]
    pub(crate) keys: Vec<String>,
    /// The day on which the retention period began, 2026-11-21
    #[arg(long, value_name = "DATE")]
    pub(crate) start: String,
}

#[derive(Args, Debug)]
pub(crate) struct ArchiveStatusArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// One line for a monitor
    #[arg(long)]
    pub(crate) monitor: bool,
    /// As of this time, RFC 3339 (default: now)
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct ArchivePlanArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// As of this time, RFC 3339 (default: now)
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// One line for each bundle instead of a table
    #[arg(long)]
    pub(crate) each: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ArchiveRenewArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// Make bundles of all that waits, however little it is
    #[arg(long)]
    pub(crate) close_all: bool,
    /// How many threads work at the same time
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) workers: u16,
    /// Stop after so many pieces of work
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<u64>,
    /// Wait so long for a time stamp that an authority's quota keeps back: 30s, 10m
    #[arg(long, value_name = "DURATION", default_value = "1m")]
    pub(crate) patience: String,
    /// Look at every document of the classes that get a time stamp of their own: each is read
    #[arg(long)]
    pub(crate) in_documents: bool,
    /// No network but for time stamps
    #[arg(long)]
    pub(crate) no_fetch: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ArchiveVerifyArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// Keys of documents (default: all)
    #[arg(value_name = "KEY")]
    pub(crate) keys: Vec<String>,
    /// So many documents of each bundle, chosen at random
    #[arg(long, value_name = "COUNT")]
    pub(crate) sample: Option<u32>,
    /// As of this time, RFC 3339 (default: now)
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Read the documents too instead of going by the digests of the bundle
    #[arg(long)]
    pub(crate) documents: bool,
    /// Get what is missing over the network
    #[arg(long)]
    pub(crate) fetch: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ArchiveScrubArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// Everything, not only this month's share
    #[arg(long)]
    pub(crate) everything: bool,
    /// Put damaged files of bundles and trail right from the other stores
    #[arg(long)]
    pub(crate) repair: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ArchiveExportArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// The document's key
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    /// The file to write: a container (.asice), or with --without-document a ZIP
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Only evidence and digests, not the document itself
    #[arg(long)]
    pub(crate) without_document: bool,
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Get what is missing over the network
    #[arg(long)]
    pub(crate) fetch: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ArchiveHoldArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// Name of the hold: a case number, say
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) subject: HoldSubjectArgs,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

/// What a hold is about: one of these.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct HoldSubjectArgs {
    /// One document
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// All documents whose key begins with this
    #[arg(long, value_name = "TEXT")]
    pub(crate) key_prefix: Option<String>,
    /// All documents of a class
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<String>,
    /// Everything
    #[arg(long)]
    pub(crate) everything: bool,
}

/// A thing by its name, and why.
#[derive(Args, Debug)]
pub(crate) struct ArchiveReasonArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// Its name
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ArchiveDeleteCommand {
    /// Say which documents are to be deleted, and why
    Plan(DeletePlanArgs),
    /// Agree to a planned deletion, as another person than the one who planned it
    Approve(DeleteApproveArgs),
    /// Take a planned deletion back
    Cancel(ArchiveReasonArgs),
    /// Delete what was approved, and sign the certificate of deletion
    Run(DeleteRunArgs),
}

#[derive(Args, Debug)]
pub(crate) struct DeletePlanArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// Name of the deletion
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Keys of the documents
    #[arg(required = true, value_name = "KEY")]
    pub(crate) keys: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

#[derive(Args, Debug)]
pub(crate) struct DeleteApproveArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// Name of the deletion
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}

#[derive(Args, Debug)]
pub(crate) struct DeleteRunArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// Name of the deletion
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Who signs the certificate of deletion: pkcs12:FILE, pkcs11:…, pem:FILE?cert=FILE, remote:NAME
    #[arg(long, value_name = "SPEC")]
    pub(crate) credential: Option<String>,
    /// Where the PIN or passphrase comes from: env:NAME, file:PATH or fd:N (default: a prompt)
    #[arg(long, value_name = "SOURCE")]
    pub(crate) pin_source: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct ArchiveDrillArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// The store's name
    #[arg(value_name = "STORE")]
    pub(crate) store: String,
    /// How many documents, chosen at random, are judged
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub(crate) sample: u32,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ArchiveTrailCommand {
    /// Write the trail for auditors: its segments as they are, and a table
    Export(TrailExportArgs),
    /// Tell whether the trail is whole in every store
    Verify(ArchiveOptions),
}

#[derive(Args, Debug)]
pub(crate) struct TrailExportArgs {
    #[command(flatten)]
    pub(crate) options: ArchiveOptions,
    /// A folder that does not exist yet
    #[arg(long, short, value_name = "DIR")]
    pub(crate) out: PathBuf,
}
