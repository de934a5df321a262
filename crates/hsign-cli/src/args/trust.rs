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
    /// Add certificates to your registry, after showing their fingerprints
    Import(Box<ImportArgs>),
    /// Let a built-in pin count, after showing what to compare it with
    Confirm {
        /// SHA-256 fingerprint of the pin, or the first 16 digits of it; without it, what can be confirmed
        #[arg(value_name = "SHA256")]
        pin: Option<String>,
        /// Do not ask; you have compared the fingerprint with the published one
        #[arg(long)]
        compared: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// Certificates: PEM, DER or PKCS#7
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// hpki-root, hpki-signature-ca, hpki-authentication-ca, jpki-ca, certification-business, tsa or attester
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: String,
    /// Accreditation of a time-stamp authority: mic, jadac, e-prescription or none
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<String>,
    /// Holds from this time on, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Holds until this time, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// Certificate policy the path must have
    #[arg(long, value_name = "OID")]
    pub(crate) require_policy: Vec<String>,
    /// Where the fingerprint was compared: a URL or a document
    #[arg(long, value_name = "TEXT")]
    pub(crate) source: String,
    /// Do not ask; you have compared the fingerprints with the published ones
    #[arg(long)]
    pub(crate) compared: bool,
}
