use std::rc::Rc;

use hsign_core::facts::{Covered, DocumentFacts, Level, SignatureFacts, TimestampFacts};
use hsign_core::ports::{Fetcher, Timestamper};
use hsign_core::{DigestAlgorithm, Finding, Source, Time};
use hsign_crypto::OpensslVerifier;
use hsign_pades::Draft;
use hsign_validation::{
    DocumentVerdict, Indication, Integrity, MemoisedVerifier, Open, SignatureVerdict, Support,
};

use crate::making::{Making, ids, stamp};
use crate::sign::missing;
use crate::{Clock, Error, Settings};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct ExtendRequest {
    /// The level that the signatures must have then; `None`: B-LTA with one more time stamp ("refresh"), or what comes
    /// nearest to it.
    pub level: Option<Level>,
    /// Ids of the signatures whose material is gathered; empty: all. A document time stamp covers all of them anyway.
    pub signatures: Vec<String>,
    /// Does only what lacks: a first stamp, evidence, a stamp over evidence, or a new stamp before this moment takes
    /// the last one away. `None`: always stamps.
    pub due: Option<Time>,
    /// Digest of the time stamps.
    pub digest: DigestAlgorithm,
}

/// A document that was extended, or that lacked nothing.
#[derive(Clone, Debug)]
pub struct Extension {
    /// What to append to the document; empty where nothing was due.
    pub update: Vec<u8>,
    /// Whether evidence was added.
    pub evidence_added: bool,
    /// Whether a document time stamp was added.
    pub stamped: bool,
    /// The judgement of the whole document as it is now. Its trust may be open.
    pub verdict: DocumentVerdict,
    /// What was noticed.
    pub findings: Vec<Finding>,
}

/// Adds what keeps the signatures of a PDF provable: certificates and revocation data (B-LT), and a document time stamp
/// over everything (B-T where a signature has no stamp yet, B-LTA, renewal). Anybody can do that, the signer isn't
/// needed. The document is judged first; what doesn't hold isn't stamped without saying so.
///
/// # Errors
/// When there is nothing to extend, no signature asked for holds, a first stamp would come after the signer's
/// certificate ended, the level asked for can't be reached, or authority or server fail.
pub fn extend(
    source: &dyn Source,
    timestamper: Option<&dyn Timestamper>,
    request: &ExtendRequest,
    settings: &Settings,
    fetcher: &dyn Fetcher,
    clock: Clock<'_>,
) -> Result<Extension, Error> {
    let openssl = OpensslVerifier::new();
    let verifier = MemoisedVerifier::new(&openssl);
    let mut making = Making::new(&verifier, settings, fetcher, clock);
    let mut draft = Draft::new(source, &[request.digest])?;
    let before = Rc::clone(draft.before());
    let verdict = making.judge(&before);
    let wanted = Wanted::of(&before, request)?;
    let mut findings = wanted.validity(&verdict)?;
    findings.extend(wanted.first_stamps_in_time(&verdict, clock())?);

    let support = making.support(&before, &|id| wanted.contains(id));
    let plan = wanted.plan(request, &verdict, &support);
    let evidence_added = plan.evidence && draft.add_evidence(&support.evidence)?;
    let lacking = if plan.evidence { wanted.missing(&support) } else { Vec::new() };
    if !lacking.is_empty() && matches!(request.level, Some(Level::BLt | Level::BLta)) {
        return Err(Error::EvidenceMissing { missing: lacking, failed: making.gathering.findings.clone() });
    }
    // An archive stamp over incomplete evidence would only look like one.
    let stamped =
        plan.first_stamp || (plan.archive_stamp && lacking.is_empty()) || (plan.uncovered && evidence_added);
    if stamped {
        stamp(&mut draft, timestamper.ok_or(Error::NoTimestampAuthority)?, request.digest)?;
    }
    if !lacking.is_empty() {
        findings.push(Finding::warning("level-limited-by-missing-evidence").with("level", wanted.level()));
        findings.extend(lacking);
    }
    let verdict = if draft.appended().is_empty() { verdict } else { making.self_check(source, &draft)? };
    findings.extend(making.into_findings());
    Ok(Extension { update: draft.into_update(), evidence_added, stamped, verdict, findings })
}

/// The signatures that are asked for, and the time stamps of the document, which matter to all of them.
struct Wanted<'f> {
    facts: &'f DocumentFacts,
    signatures: Vec<&'f SignatureFacts>,
}

/// What is to be done.
#[derive(Clone, Copy)]
struct Plan {
    evidence: bool,
    /// A signature asked for has no stamp at all.
    first_stamp: bool,
    archive_stamp: bool,
    /// Evidence that comes needs a stamp over it.
    uncovered: bool,
}

impl<'f> Wanted<'f> {
    fn of(facts: &'f DocumentFacts, request: &ExtendRequest) -> Result<Self, Error> {
        let known = ids(facts);
        if let Some(unknown) = request.signatures.iter().find(|id| !known.contains(*id)) {
            return Err(Error::NoSuchSignature { id: unknown.clone() });
        }
        let asked = |signature: &&SignatureFacts| {
            request.signatures.is_empty() || request.signatures.contains(&signature.id)
        };
        let signatures: Vec<_> = facts.signatures.iter().filter(asked).collect();
        if signatures.is_empty() && facts.timestamps.is_empty() {
            return Err(Error::NothingToExtend);
        }
        Ok(Self { facts, signatures })
    }

    fn contains(&self, id: &str) -> bool {
        self.signatures.iter().any(|signature| signature.id == id)
            || self.facts.timestamps.iter().any(|stamp| stamp.id == id)
    }

    /// The lowest level of the signatures asked for.
    fn level(&self) -> &'static str {
        let rank = |level: Level| match level {
            Level::Other => (0, "other"),
            Level::BB => (1, "B-B"),
            Level::BT => (2, "B-T"),
            Level::BLt => (3, "B-LT"),
            Level::BLta => (4, "B-LTA"),
        };
        let lowest = self.signatures.iter().map(|signature| rank(signature.level)).min();
        lowest.map_or("B-T", |(_, name)| name)
    }

    fn verdicts<'v>(&self, verdict: &'v DocumentVerdict) -> Vec<&'v SignatureVerdict> {
        let asked =
            |found: &&SignatureVerdict| self.signatures.iter().any(|signature| signature.id == found.id());
        verdict.signatures().iter().filter(asked).collect()
    }

    /// Nothing that is known to be wrong is extended on purpose; what is open, or wrong beside something sound, is told.
    fn validity(&self, verdict: &DocumentVerdict) -> Result<Vec<Finding>, Error> {
        let verdicts = self.verdicts(verdict);
        let failed = |found: &SignatureVerdict| {
            found.indication() == Indication::TotalFailed || found.integrity() == Integrity::Invalid
        };
        if !verdicts.is_empty() && verdicts.iter().all(|found| failed(found)) {
            let reasons = verdicts.iter().flat_map(|found| found.findings().to_vec());
            return Err(Error::ExtensionRefused(
                std::iter::once(Finding::error("extending-invalid-signatures")).chain(reasons).collect(),
            ));
        }
        let told = verdicts.iter().filter_map(|found| {
            let code = match found.indication() {
                Indication::TotalPassed => return None,
                Indication::TotalFailed => "extended-though-invalid",
                _ => "extended-though-open",
            };
            Some(Finding::warning(code).with("signature", found.id()))
        });
        Ok(told.collect())
    }

    /// A first stamp after the certificate's end proves that the signature may have come too late (guideline 5.2 §6.12
    /// C2); a further one over a signature that was stamped in time is what archives are for.
    fn first_stamps_in_time(&self, verdict: &DocumentVerdict, now: Time) -> Result<Vec<Finding>, Error> {
        let mut findings = Vec::new();
        let mut refused = Vec::new();
        for found in self.verdicts(verdict) {
            let Some(signer) = found.signer().filter(|signer| now > signer.not_after()) else { continue };
            let facts = self.signatures.iter().find(|signature| signature.id == found.id());
            let stamped = facts.is_some_and(|facts| self.is_stamped(facts));
            let finding = if stamped {
                Finding::info("archive-stamp-after-signer-expiry")
            } else {
                Finding::error("signer-expired-before-stamp").clause("guideline 5.2 §6.12 C2")
            };
            let finding = finding.with("signature", found.id()).with("not_after", signer.not_after());
            if stamped { findings.push(finding) } else { refused.push(finding) }
        }
        if refused.is_empty() { Ok(findings) } else { Err(Error::ExtensionRefused(refused)) }
    }

    /// Whether some time stamp covers its value.
    fn is_stamped(&self, signature: &SignatureFacts) -> bool {
        self.stamps(signature).next().is_some()
    }

    fn stamps(&self, signature: &'f SignatureFacts) -> impl Iterator<Item = &'f TimestampFacts> {
        signature.timestamps.iter().chain(&self.facts.timestamps).filter(|stamp| {
            stamp.covers.iter().any(
                |covered| matches!(covered, Covered::SignatureValue { signature: id } if *id == signature.id),
            )
        })
    }

    fn plan(&self, request: &ExtendRequest, verdict: &DocumentVerdict, support: &Support) -> Plan {
        let unstamped = self.signatures.iter().any(|signature| !self.is_stamped(signature));
        match (request.due, request.level) {
            (None, level) => Plan {
                evidence: level != Some(Level::BT),
                first_stamp: unstamped,
                archive_stamp: matches!(level, None | Some(Level::BLta)),
                uncovered: false,
            },
            (Some(until), level) => {
                let lacks = self.signatures.iter().any(|signature| signature.level != Level::BLta);
                let ends =
                    self.verdicts(verdict).iter().any(|found| found.renew_by().is_some_and(|by| by <= until));
                let due = ends || self.last_stamp_ends(verdict, until) || lacks;
                Plan {
                    evidence: (due || !support.open.is_empty()) && level != Some(Level::BT),
                    first_stamp: unstamped,
                    archive_stamp: due && matches!(level, None | Some(Level::BLta)),
                    uncovered: matches!(level, None | Some(Level::BLta)),
                }
            }
        }
    }

    /// Whether the authority of the newest stamp ends before `until`: nobody vouches for it from then on.
    fn last_stamp_ends(&self, verdict: &DocumentVerdict, until: Time) -> bool {
        let newest = verdict.timestamps().iter().max_by_key(|stamp| stamp.gen_time());
        newest.and_then(|stamp| stamp.tsa()).is_some_and(|tsa| tsa.not_after() <= until)
    }

    /// What lacks of what no later stamp protects yet: nobody can mend what an archive stamp sealed.
    fn missing(&self, support: &Support) -> Vec<Finding> {
        let sealed = |open: &&Open| {
            self.facts.timestamps.iter().any(|stamp| {
                stamp.covers.iter().any(|covered| match covered {
                    Covered::Timestamp { timestamp } => *timestamp == open.id,
                    Covered::SignatureValue { signature } => {
                        *signature == open.id && self.level_of(&open.id) == Some(Level::BLta)
                    }
                    _ => false,
                })
            })
        };
        let open: Vec<Open> = support.open.iter().filter(|open| !sealed(open)).cloned().collect();
        missing(&open)
    }

    fn level_of(&self, id: &str) -> Option<Level> {
        self.signatures.iter().find(|signature| signature.id == id).map(|signature| signature.level)
    }
}
