//! Unsigned attributes of EN 319 122-1 and of its forerunners, and those of RFC 4998.

/// complete-certificate-references.
pub(crate) const CERTIFICATE_REFERENCES: &str = "1.2.840.113549.1.9.16.2.21";
/// complete-revocation-references.
pub(crate) const REVOCATION_REFERENCES: &str = "1.2.840.113549.1.9.16.2.22";
/// certificate-values.
pub(crate) const CERTIFICATE_VALUES: &str = "1.2.840.113549.1.9.16.2.23";
/// revocation-values.
pub(crate) const REVOCATION_VALUES: &str = "1.2.840.113549.1.9.16.2.24";
/// CAdES-C-time-stamp.
pub(crate) const ESC_TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.25";
/// time-stamped-certs-crls-references.
pub(crate) const REFERENCES_TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.26";
/// archive-time-stamp in its first form.
pub(crate) const ARCHIVE_TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.27";
/// archive-time-stamp in its second form.
pub(crate) const ARCHIVE_TIMESTAMP_V2: &str = "1.2.840.113549.1.9.16.2.48";
/// long-term-validation.
pub(crate) const LONG_TERM_VALIDATION: &str = "0.4.0.1733.2.2";
/// archive-time-stamp-v3.
pub(crate) const ARCHIVE_TIMESTAMP_V3: &str = "0.4.0.1733.2.4";
/// ats-hash-index.
pub(crate) const HASH_INDEX: &str = "0.4.0.1733.2.5";
/// ats-hash-index-v2.
pub(crate) const HASH_INDEX_V2: &str = "0.4.0.19122.1.4";
/// ats-hash-index-v3.
pub(crate) const HASH_INDEX_V3: &str = "0.4.0.19122.1.5";
/// internal-evidence-records (RFC 4998 appendix A).
pub(crate) const INTERNAL_EVIDENCE_RECORDS: &str = "1.2.840.113549.1.9.16.2.49";
/// external-evidence-records (RFC 4998 appendix A).
pub(crate) const EXTERNAL_EVIDENCE_RECORDS: &str = "1.2.840.113549.1.9.16.2.50";
