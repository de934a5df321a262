use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args, Debug, Default)]
pub(crate) struct TrustOptions {
    /// Trust these and nothing else: registry files (TOML), certificates (PEM, DER) or folders of them
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub(crate) trust: Vec<PathBuf>,
    /// Certificates to trust for time stamps
    #[arg(long, value_name = "FILE")]
    pub(crate) tsa_trust: Vec<PathBuf>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum TrustCommand {
    /// List every entry with the dates it holds for
    List {
        #[command(flatten)]
        trust: TrustOptions,
    },
    /// Show an entry in full, with what its certificate says
    Show {
        /// The first 8 digits or more of its SHA-256 fingerprint, or a part of its name
        #[arg(value_name = "ENTRY")]
        entry: String,
        #[command(flatten)]
        trust: TrustOptions,
    },
    /// Add certificates to your registry, after showing their fingerprints
    Import(Box<ImportArgs>),
    /// Let a built-in pin count, or a registry file that was changed, after showing it
    Confirm {
        /// SHA-256 fingerprint of a pin, or the first 16 digits of it; or a registry file; without it, what waits
        #[arg(value_name = "SHA256_OR_FILE")]
        what: Option<String>,
        /// Do not ask; you have compared the fingerprints with the published ones
        #[arg(long)]
        compared: bool,
    },
    /// Tell what has ended, what ends soon and what is missing: exit code 1, 3 or 0
    Check(Box<TrustCheckArgs>),
}

#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// Certificates: PEM, DER, PKCS#7, or a ZIP of such files as the ministry publishes them
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// hpki-root, hpki-signature-ca, hpki-authentication-ca, jpki-ca, certification-business, tsa or attester
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: String,
    /// Accreditation of a time-stamp authority: mic, jadac, e-prescription or none
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<String>,
    /// Holds from this time on: a date (in Japan) or RFC 3339; for an accreditation, its first day
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Holds until this time: a date (in Japan) or RFC 3339; for an accreditation, its last day
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// Certificate policy the path must have (time-stamp authorities: policy of the token)
    #[arg(long, value_name = "OID")]
    pub(crate) require_policy: Vec<String>,
    /// Where the fingerprint was compared: a URL or a document
    #[arg(long, value_name = "TEXT")]
    pub(crate) source: String,
    /// Of several certificates only these: fingerprint, or the first 16 digits of it
    #[arg(long, value_name = "SHA256")]
    pub(crate) only: Vec<String>,
    /// Do not ask; you have compared the fingerprints with the published ones
    #[arg(long)]
    pub(crate) compared: bool,
}

#[derive(Args, Debug)]
pub(crate) struct TrustCheckArgs {
    #[command(flatten)]
    pub(crate) trust: TrustOptions,
    /// How far ahead to look: a number with s, m, h, d or w
    #[arg(long, value_name = "DURATION", default_value = "90d")]
    pub(crate) within: String,
    /// As of this time instead of now, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Policy whose algorithm table tells until when keys are long enough
    #[arg(long, value_name = "NAME_OR_FILE")]
    pub(crate) policy: Option<String>,
    /// Certificates at hand that pins may mean, files or folders
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub(crate) certificates: Vec<PathBuf>,
}
