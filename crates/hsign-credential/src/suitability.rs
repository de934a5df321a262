//! Whether a certificate may sign documents.

use hsign_core::Finding;
use hsign_x509::Certificate;
use serde::Serialize;

/// The arc of authentication policies of the HPKI (individuals and organisations), before purpose level and version.
const AUTHENTICATION_POLICIES: [&str; 2] = ["1.2.392.100495.1.5.1.2.", "1.2.392.100495.1.5.1.3."];

/// Why a certificate must not sign documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Unsuitable {
    /// Issued under an HPKI authentication policy.
    #[error("this is an HPKI authentication certificate: it proves who logs in and must not sign documents")]
    AuthenticationCertificate,
    /// The key usage doesn't hold nonRepudiation (contentCommitment, RFC 5280 §4.2.1.3).
    #[error("the certificate's key usage does not include nonRepudiation (contentCommitment)")]
    NoNonRepudiation,
    /// There is no key usage extension at all.
    #[error("the certificate does not say what its key is for (no key usage extension)")]
    NoKeyUsage,
    /// An authority's certificate.
    #[error("this is the certificate of a certification authority, not of a signer")]
    AuthorityCertificate,
    /// Key usage, policies or basic constraints can't be read: refused rather than guessed.
    #[error("the certificate's key usage, policies or basic constraints can't be read")]
    Unreadable,
}

impl Unsuitable {
    /// The finding's code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AuthenticationCertificate => "authentication-certificate",
            Self::NoNonRepudiation => "no-non-repudiation",
            Self::NoKeyUsage => "no-key-usage",
            Self::AuthorityCertificate => "authority-certificate",
            Self::Unreadable => "certificate-unreadable",
        }
    }

    /// The reason in words for both languages.
    #[must_use]
    pub fn finding(self) -> Finding {
        Finding::error(self.code())
    }
}

/// Whether the certificate may sign documents: nonRepudiation in the key usage, and no authentication policy.
/// Validity, revocation and role are other questions.
///
/// # Errors
/// The reason why not.
pub fn suitability(certificate: &Certificate) -> Result<(), Unsuitable> {
    let policies = certificate.certificate_policies().map_err(|_| Unsuitable::Unreadable)?;
    let is_authentication = |oid: &str| AUTHENTICATION_POLICIES.iter().any(|policy| oid.starts_with(policy));
    if policies.iter().flatten().any(|policy| is_authentication(&policy.policy)) {
        return Err(Unsuitable::AuthenticationCertificate);
    }
    let constraints = certificate.basic_constraints().map_err(|_| Unsuitable::Unreadable)?;
    if constraints.is_some_and(|constraints| constraints.ca) {
        return Err(Unsuitable::AuthorityCertificate);
    }
    match certificate.key_usage().map_err(|_| Unsuitable::Unreadable)? {
        None => Err(Unsuitable::NoKeyUsage),
        Some(usage) if usage.content_commitment() => Ok(()),
        Some(_) => Err(Unsuitable::NoNonRepudiation),
    }
}
