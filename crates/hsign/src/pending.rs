use hsign_core::facts::{Level, ScanMode, SignedMetadata};
use hsign_core::{Date, Time};
use hsign_validation::{DocumentVerdict, Policy, SignatureVerdict};
use serde::Serialize;

/// What a signed document still lacks, and by when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// What it lacks first.
    pub cause: PendingCause,
    /// The last moment at which completing it still proves what it should; `None` where no end is known.
    pub last_safe: Option<Time>,
    /// What sets that moment.
    pub limit: Option<PendingLimit>,
}

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PendingCause {
    /// The signature itself.
    Signature,
    /// A first time stamp.
    Stamp,
    /// Certificates and revocation data.
    Evidence,
    /// A time stamp over these.
    ArchiveStamp,
}

/// What ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PendingLimit {
    /// The days of guideline 5.2 §9.1 and §9.2, by the policy.
    ScanInterval,
    /// The signer's certificate: from then on revocation lists leave it out, and a first stamp proves nothing (§6.12 C2).
    SignerCertificate,
    /// The certificate of the authority whose stamp is the only one.
    TsaCertificate,
    /// The revocation lists inside, which nothing protects yet.
    RevocationData,
}

/// What the signatures of a document lack of `level`; `None` where they lack nothing. The one that ends first counts.
#[must_use]
pub fn pending(verdict: &DocumentVerdict, level: Level, policy: &Policy) -> Option<Pending> {
    let lacking = verdict.signatures().iter().filter_map(|signature| of_signature(signature, level, policy));
    lacking.min_by_key(|pending| (pending.last_safe.unwrap_or(Time::LATEST), pending.cause))
}

/// The same for a scan that isn't signed yet: its days alone count.
#[must_use]
pub fn unsigned(said: &SignedMetadata, policy: &Policy) -> Pending {
    let last_safe = scan_limit(said, policy);
    Pending {
        cause: PendingCause::Signature,
        last_safe,
        limit: last_safe.map(|_| PendingLimit::ScanInterval),
    }
}

fn of_signature(signature: &SignatureVerdict, level: Level, policy: &Policy) -> Option<Pending> {
    let stamped = signature.timestamps().iter().any(|stamp| stamp.gen_time().is_some());
    let cause = match (level, signature.level()) {
        (Level::BB | Level::Other, _) => return None,
        _ if !stamped => PendingCause::Stamp,
        (Level::BT, _) | (_, Level::BLta) => return None,
        (_, Level::BB | Level::BT | Level::Other) => PendingCause::Evidence,
        (Level::BLt, Level::BLt) => return None,
        (Level::BLta, Level::BLt) => PendingCause::ArchiveStamp,
    };
    let mut limits = Vec::new();
    if let Some(signer) = signature.signer() {
        limits.push((signer.not_after(), PendingLimit::SignerCertificate));
    }
    let tsas = signature.timestamps().iter().filter_map(|stamp| stamp.tsa());
    limits.extend(tsas.map(|tsa| (tsa.not_after(), PendingLimit::TsaCertificate)));
    if cause == PendingCause::Stamp {
        let days = signature.metadata().and_then(|said| scan_limit(said, policy));
        limits.extend(days.map(|end| (end, PendingLimit::ScanInterval)));
    }
    if cause == PendingCause::ArchiveStamp {
        let ends = signature.revocation().iter().filter_map(|status| status.next_update());
        limits.extend(ends.map(|end| (end, PendingLimit::RevocationData)));
    }
    let first = limits.into_iter().min();
    Some(Pending { cause, last_safe: first.map(|(end, _)| end), limit: first.map(|(_, limit)| limit) })
}

/// The last day for signature and stamp, by what the signer states and the policy's intervals; none where a reason for
/// being late is stated, and for paper that is kept.
fn scan_limit(said: &SignedMetadata, policy: &Policy) -> Option<Time> {
    if said.late_reason.is_some() || said.scan_mode == Some(ScanMode::PaperKept) {
        return None;
    }
    let rules = policy.scans();
    let paper = said.received.max(said.created).filter(|_| said.scan_mode != Some(ScanMode::Backlog));
    let last = match said.scanned {
        Some(scanned) => Date::in_japan(scanned).plus_days(rules.days_to_signature.into()),
        None => paper?.plus_days(rules.days_to_scan.into()),
    };
    Some(last.end_in_japan())
}
