use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Subcommand, Debug)]
pub(crate) enum CertificateCommand {
    /// Print what a certificate says: names, dates, policies, health-profession roles, what it may be used for
    Show {
        /// PEM, DER or PKCS#7
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Validate a certificate's path and revocation at a time
    Verify(VerifyCertificate),
}

#[derive(Args, Debug)]
pub(crate) struct VerifyCertificate {
    /// The certificate
    #[arg(value_name = "LEAF")]
    pub(crate) leaf: PathBuf,
    /// A certificate to trust
    #[arg(long, required = true, value_name = "FILE")]
    pub(crate) anchor: Vec<PathBuf>,
    /// Intermediate certificates
    #[arg(long, value_name = "FILE")]
    pub(crate) untrusted: Vec<PathBuf>,
    /// Revocation lists
    #[arg(long, value_name = "FILE")]
    pub(crate) crl: Vec<PathBuf>,
    /// OCSP responses
    #[arg(long, value_name = "FILE")]
    pub(crate) ocsp: Vec<PathBuf>,
    /// Judge as of this time, RFC 3339 (default: now)
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Acceptable certificate policy (default: any)
    #[arg(long, value_name = "OID")]
    pub(crate) initial_policy: Vec<String>,
    /// The path must have an acceptable policy (RFC 5280 §6.1.1 (e))
    #[arg(long)]
    pub(crate) require_explicit_policy: bool,
    /// Policy mapping does not count (RFC 5280 §6.1.1 (f))
    #[arg(long)]
    pub(crate) inhibit_policy_mapping: bool,
    /// anyPolicy does not count (RFC 5280 §6.1.1 (g))
    #[arg(long)]
    pub(crate) inhibit_any_policy: bool,
    /// Extended key usage the certificate must have
    #[arg(long, value_name = "OID")]
    pub(crate) eku: Vec<String>,
    /// Whether revocation is looked at
    #[arg(long, value_enum, default_value_t = RevocationMode::Require, value_name = "MODE")]
    pub(crate) revocation: RevocationMode,
    /// Oldest revocation data that counts, such as 4d or 36h (default: up to its nextUpdate)
    #[arg(long, value_name = "DURATION")]
    pub(crate) max_age: Option<String>,
    /// Get missing revocation data and issuers' certificates from the network
    #[arg(long)]
    pub(crate) fetch: bool,
    /// Apply the anchor's own extensions and dates too
    #[arg(long)]
    pub(crate) anchor_constraints: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RevocationMode {
    /// Every certificate below the anchor needs a status
    Require,
    /// Revoked certificates fail, unknown ones pass
    IfPresent,
    /// Not looked at
    Off,
}
