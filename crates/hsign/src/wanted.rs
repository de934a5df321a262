//! Which signatures of a document are to be extended, and what each of them lacks.

use hsign_core::facts::{Covered, DocumentFacts, Level, SignatureFacts, TimestampFacts};
use hsign_core::{Finding, Time};
use hsign_validation::{
    DocumentVerdict, Indication, Integrity, Open, SignatureVerdict, Support, TimestampVerdict,
};

use crate::making::ids;
use crate::sign::missing;
use crate::{Error, ExtendRequest};

/// The signatures that are asked for, and the time stamps of the document, which matter to all of them.
pub(crate) struct Wanted<'f> {
    facts: &'f DocumentFacts,
    signatures: Vec<&'f SignatureFacts>,
}

/// What is to be done.
pub(crate) struct Plan {
    pub(crate) evidence: bool,
    /// A signature asked for has no stamp at all.
    pub(crate) first_stamp: bool,
    pub(crate) archive_stamp: bool,
    /// Evidence that comes needs a stamp over it.
    pub(crate) uncovered: bool,
    /// The signatures that later stamps are for, where each has its own.
    pub(crate) of: Vec<String>,
}

impl<'f> Wanted<'f> {
    /// Those asked for; without a request all but the closed ones.
    pub(crate) fn of(
        facts: &'f DocumentFacts,
        request: &ExtendRequest,
        closed: &[String],
    ) -> Result<Self, Error> {
        let known = ids(facts);
        if let Some(unknown) = request.signatures.iter().find(|id| !known.contains(*id)) {
            return Err(Error::NoSuchSignature { id: unknown.clone() });
        }
        let asked = |signature: &&SignatureFacts| match request.signatures.as_slice() {
            [] => !closed.contains(&signature.id),
            asked => asked.contains(&signature.id),
        };
        let signatures: Vec<_> = facts.signatures.iter().filter(asked).collect();
        if signatures.is_empty() && facts.timestamps.is_empty() {
            return Err(Error::NothingToExtend);
        }
        Ok(Self { facts, signatures })
    }

    /// Of the signatures, and of the document's time stamps.
    pub(crate) fn ids(&self) -> Vec<String> {
        let stamps = self.facts.timestamps.iter().map(|stamp| stamp.id.clone());
        self.signature_ids().into_iter().chain(stamps).collect()
    }

    fn signature_ids(&self) -> Vec<String> {
        self.signatures.iter().map(|signature| signature.id.clone()).collect()
    }

    /// Signatures without any time stamp over their value.
    pub(crate) fn unstamped(&self) -> Vec<String> {
        let unstamped = self.signatures.iter().filter(|signature| !self.is_stamped(signature));
        unstamped.map(|signature| signature.id.clone()).collect()
    }

    /// The lowest level of the signatures asked for.
    pub(crate) fn level(&self) -> &'static str {
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
    pub(crate) fn validity(&self, verdict: &DocumentVerdict) -> Result<Vec<Finding>, Error> {
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
    pub(crate) fn first_stamps_in_time(
        &self,
        verdict: &DocumentVerdict,
        now: Time,
    ) -> Result<Vec<Finding>, Error> {
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

    pub(crate) fn plan(&self, request: &ExtendRequest, verdict: &DocumentVerdict, support: &Support) -> Plan {
        let first_stamp = !self.unstamped().is_empty();
        let to_archive = matches!(request.level, None | Some(Level::BLta));
        let beyond_stamp = request.level != Some(Level::BT);
        let Some(until) = request.due else {
            return Plan {
                evidence: beyond_stamp,
                first_stamp,
                archive_stamp: to_archive,
                uncovered: false,
                of: self.signature_ids(),
            };
        };
        let due_ones = self.due(verdict, until);
        let due = !due_ones.is_empty() || last_stamp_ends(verdict.timestamps(), until);
        Plan {
            evidence: (due || !support.open.is_empty()) && beyond_stamp,
            first_stamp,
            archive_stamp: due && to_archive,
            uncovered: to_archive,
            of: if due_ones.is_empty() { self.signature_ids() } else { due_ones },
        }
    }

    /// The signatures that lack something, or that need a further stamp before that moment.
    fn due(&self, verdict: &DocumentVerdict, until: Time) -> Vec<String> {
        let ends = |id: &str| {
            let found = verdict.signatures().iter().find(|found| found.id() == id);
            found.is_some_and(|found| {
                found.renew_by().is_some_and(|by| by <= until) || last_stamp_ends(found.timestamps(), until)
            })
        };
        let due = self.signatures.iter().filter(|one| one.level != Level::BLta || ends(&one.id));
        due.map(|signature| signature.id.clone()).collect()
    }

    /// What lacks of what no later stamp protects yet: nobody can mend what an archive stamp sealed.
    pub(crate) fn missing(&self, support: &Support) -> Vec<Finding> {
        let of_signatures = self.facts.signatures.iter().flat_map(|signature| &signature.timestamps);
        let stamps: Vec<_> = of_signatures.chain(&self.facts.timestamps).collect();
        let sealed = |open: &&Open| {
            stamps.iter().any(|stamp| {
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

/// Whether the authority of the newest stamp ends before `until`: nobody vouches for it from then on.
fn last_stamp_ends(stamps: &[TimestampVerdict], until: Time) -> bool {
    let newest = stamps.iter().max_by_key(|stamp| stamp.gen_time());
    newest.and_then(|stamp| stamp.tsa()).is_some_and(|tsa| tsa.not_after() <= until)
}
