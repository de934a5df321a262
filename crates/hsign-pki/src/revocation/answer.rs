use hsign_core::{Finding, SignatureAlgorithm, Time, hex};
use hsign_x509::CrlReason;
use serde::{Deserialize, Serialize};

use super::Origin;

/// What the evidence says about one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevocationStatus {
    /// Not revoked as of the answer's `this_update`.
    Good,
    /// Revoked, for good.
    Revoked {
        /// Since when. Whether that is before or after the time that matters is the engine's question.
        time: Time,
        /// Why, where the issuer says so. It carries little: HPKI CAs give cessationOfOperation always.
        reason: Option<CrlReason>,
        /// Since when the key may have been in other hands (invalidityDate, RFC 5280 §5.3.2), where a CRL says so. It
        /// is told; the revocation date decides.
        invalid_since: Option<Time>,
    },
    /// Suspended (certificateHold).
    OnHold {
        /// Since when.
        time: Time,
    },
    /// No acceptable evidence.
    Unknown,
}

/// What kind of evidence an answer rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationSourceKind {
    /// A CRL, or a base CRL with its delta.
    Crl,
    /// An OCSP response.
    Ocsp,
}

/// The evidence an answer rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationSource {
    /// Its kind.
    pub kind: RevocationSourceKind,
    /// How it came here, whence and when.
    pub origin: Origin,
    /// How it is signed: by the first of `signer_path`, or else by the issuer of the certificate in question.
    pub algorithm: SignatureAlgorithm,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Certificates that its signer's path consists of, signer first, anchor last; their algorithms and
    /// proofs of existence matter to past validation. Empty when the certificate's own issuer signed it.
    pub signer_path: Vec<hsign_x509::Certificate>,
}

/// Status of one certificate, how old the word is, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationAnswer {
    /// SHA-256 of the certificate.
    pub certificate: [u8; 32],
    /// Its status.
    pub status: RevocationStatus,
    /// thisUpdate of the evidence; of the oldest part when several make the answer.
    pub this_update: Option<Time>,
    /// nextUpdate, likewise the earliest.
    pub next_update: Option<Time>,
    /// The evidence.
    pub source: Option<RevocationSource>,
    /// Why it is unknown, and what was noticed about evidence that wasn't used.
    pub findings: Vec<Finding>,
}

/// How old evidence may be when the status at a time is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FreshnessPolicy {
    /// Issued before the time will do while its nextUpdate lies after it, with the finding
    /// `crl-older-than-stamp`: HPKI CRLs come daily and live four days, so that one gathered before the time
    /// stamp is always older than the stamp.
    CrlOlderThanStampAllowed,
    /// Only evidence issued at or after the time.
    IssuedAfter,
    /// Issued at most so many seconds before the time, whatever nextUpdate says (EN 319 102-1, revocation freshness).
    MaximumAge {
        /// Seconds.
        seconds: i64,
    },
}

/// Whether an answer speaks for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Issued at or after it.
    Fresh,
    /// Issued before it, which the policy allows.
    OlderAllowed,
    /// Too old.
    Stale,
}

impl RevocationAnswer {
    /// Whether the evidence is fresh enough to tell about `time`. Without evidence it isn't.
    #[must_use]
    pub fn freshness_at(&self, time: Time, policy: FreshnessPolicy) -> Freshness {
        let Some(this_update) = self.this_update else { return Freshness::Stale };
        if this_update >= time {
            return Freshness::Fresh;
        }
        let allowed = match policy {
            FreshnessPolicy::CrlOlderThanStampAllowed => self.next_update.is_some_and(|next| time <= next),
            FreshnessPolicy::IssuedAfter => false,
            FreshnessPolicy::MaximumAge { seconds } => time.seconds_since(this_update) <= seconds,
        };
        if allowed { Freshness::OlderAllowed } else { Freshness::Stale }
    }

    /// Good, and fresh enough for `time`.
    #[must_use]
    pub fn is_good_at(&self, time: Time, policy: FreshnessPolicy) -> bool {
        self.status == RevocationStatus::Good && self.freshness_at(time, policy) != Freshness::Stale
    }

    /// The finding that goes with evidence older than the time it speaks for.
    #[must_use]
    pub fn age_finding(&self, time: Time) -> Option<Finding> {
        let this_update = self.this_update.filter(|this_update| *this_update < time)?;
        let mut finding =
            Finding::info("crl-older-than-stamp").with("this_update", this_update).with("time", time);
        finding = finding.with("certificate", hex(&self.certificate));
        if let Some(next_update) = self.next_update {
            finding = finding.with("next_update", next_update);
        }
        Some(finding)
    }
}
