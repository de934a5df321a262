//! The dates that a signer states about scanned paper, against what is proven (guideline 5.2 §9.1 C2(3), §9.2).

use hsign_core::facts::{ScanMode, SignedMetadata};
use hsign_core::{Date, Finding, Time};

use crate::policy::{Demand, Policy};
use crate::{Conclusion, SubIndication};

const CONSTRAINTS: Conclusion = Conclusion::Indeterminate(SubIndication::SigConstraintsFailure);
const DAYS: &str = "guideline 5.2 §9.2";
const DELAY: &str = "guideline 5.2 §9.1 C2(3)";

/// The two intervals: from the making or the arrival of the paper to the scan, and from the scan to the signature.
/// `signed` is when it was signed: the proven time where there is one, else the claim, or now before signing. Findings
/// of severity error are what the policy doesn't let pass.
#[must_use]
pub fn scan_dates(said: &SignedMetadata, signed: Time, policy: &Policy) -> Vec<Finding> {
    let rules = policy.scans();
    let mut dates = Dates { said, demand: rules.intervals, findings: Vec::new() };
    let paper = said.received.max(said.created);
    if said.scan_mode == Some(ScanMode::SameDay) && paper.is_none() {
        dates.findings.push(Finding::warning("scan-date-missing").clause(DAYS));
    }
    let signed = Date::in_japan(signed);
    let scanned = said.scanned.map(Date::in_japan);
    dates.in_order(said.created, said.received);
    dates.in_order(paper, Some(scanned.unwrap_or(signed)));
    dates.in_order(scanned, Some(signed));
    // Paper of earlier years has its own rules (§9.3), and paper that is kept none about days (§9.5).
    if matches!(said.scan_mode, None | Some(ScanMode::SameDay)) {
        dates.within("scan-too-late", DAYS, paper, scanned.or(Some(signed)), rules.days_to_scan);
    }
    if said.scan_mode != Some(ScanMode::PaperKept) {
        dates.within("scan-signed-too-late", DELAY, scanned, Some(signed), rules.days_to_signature);
    }
    dates.findings
}

/// What that makes of the signature.
pub(crate) fn acceptance(
    said: Option<&SignedMetadata>,
    signed: Time,
    policy: &Policy,
) -> (Conclusion, Vec<Finding>) {
    let findings = said.map(|said| scan_dates(said, signed, policy)).unwrap_or_default();
    let refused = findings.iter().any(|finding| finding.severity == hsign_core::Severity::Error);
    (if refused { CONSTRAINTS } else { Conclusion::Passed }, findings)
}

struct Dates<'a> {
    said: &'a SignedMetadata,
    demand: Demand,
    findings: Vec<Finding>,
}

impl Dates<'_> {
    fn weighed(&self, code: &str) -> Finding {
        match self.demand {
            Demand::Required => Finding::error(code),
            Demand::Reported => Finding::warning(code),
        }
    }

    /// No reason explains dates that can't be.
    fn in_order(&mut self, earlier: Option<Date>, later: Option<Date>) {
        if let (Some(earlier), Some(later)) = (earlier, later)
            && earlier > later
        {
            let finding = self.weighed("scan-dates-impossible").clause(DAYS);
            self.findings.push(finding.with("earlier", earlier).with("later", later));
        }
    }

    fn within(&mut self, code: &str, clause: &str, from: Option<Date>, to: Option<Date>, limit: u16) {
        let (Some(from), Some(to)) = (from, to) else { return };
        let days = to.days_since(from);
        if days <= i64::from(limit) {
            return;
        }
        let finding = match self.said.late_reason {
            Some(_) => Finding::warning("scan-late-with-reason"),
            None => self.weighed(code),
        };
        self.findings.push(finding.clause(clause).with("days", days).with("limit", limit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(said: &SignedMetadata, signed: &str, policy: &str) -> Vec<(String, bool)> {
        let policy = Policy::preset(policy).unwrap();
        let signed: Time = signed.parse().unwrap();
        let (conclusion, findings) = acceptance(Some(said), signed, &policy);
        let weighty = |finding: &Finding| finding.severity == hsign_core::Severity::Error;
        assert_eq!(conclusion.is_passed(), !findings.iter().any(weighty));
        findings.iter().map(|finding| (finding.code.clone(), weighty(finding))).collect()
    }

    fn said(created: Option<&str>, scanned: Option<&str>) -> SignedMetadata {
        let mut said = SignedMetadata::default();
        said.created = created.map(|date| date.parse().unwrap());
        said.scanned = scanned.map(|time| time.parse().unwrap());
        said.scan_mode = Some(ScanMode::SameDay);
        said
    }

    fn of(code: &str, decides: bool) -> Vec<(String, bool)> {
        vec![(code.to_owned(), decides)]
    }

    #[test]
    fn guideline_9_2_scans_come_within_two_days_of_the_papers_making_or_arrival() {
        let late = said(Some("2026-11-16"), Some("2026-11-19T01:00:00Z"));
        assert_eq!(codes(&late, "2026-11-19T02:00:00Z", "hpki"), of("scan-too-late", true));
        assert_eq!(codes(&late, "2026-11-19T02:00:00Z", "etsi"), of("scan-too-late", false));
        let mut came_in = late.clone();
        came_in.received = Some("2026-11-17".parse().unwrap());
        assert_eq!(codes(&came_in, "2026-11-19T02:00:00Z", "hpki"), []);
        let mut excused = late;
        excused.late_reason = Some("機器の故障".to_owned());
        assert_eq!(codes(&excused, "2026-11-19T02:00:00Z", "hpki"), of("scan-late-with-reason", false));
    }

    #[test]
    fn guideline_9_2_without_a_time_of_scanning_the_signature_counts() {
        let unsaid = said(Some("2026-11-16"), None);
        assert_eq!(codes(&unsaid, "2026-11-18T14:59:59Z", "hpki"), []);
        assert_eq!(codes(&unsaid, "2026-11-18T15:00:00Z", "hpki"), of("scan-too-late", true));
        assert_eq!(codes(&said(None, None), "2026-11-18T00:00:00Z", "hpki"), of("scan-date-missing", false));
    }

    #[test]
    fn guideline_9_1_c2_3_a_scan_is_signed_without_delay() {
        let scan = said(Some("2026-11-16"), Some("2026-11-16T01:00:00Z"));
        assert_eq!(codes(&scan, "2026-11-18T01:00:00Z", "hpki"), []);
        assert_eq!(codes(&scan, "2026-11-19T01:00:00Z", "hpki"), of("scan-signed-too-late", true));
    }

    #[test]
    fn guideline_9_3_and_9_5_old_paper_and_paper_that_is_kept_have_no_days() {
        let mut old = said(Some("1999-04-01"), Some("2026-11-16T01:00:00Z"));
        old.scan_mode = Some(ScanMode::Backlog);
        assert_eq!(codes(&old, "2026-11-16T02:00:00Z", "hpki"), []);
        assert_eq!(codes(&old, "2026-11-20T02:00:00Z", "hpki"), of("scan-signed-too-late", true));
        old.scan_mode = Some(ScanMode::PaperKept);
        assert_eq!(codes(&old, "2026-11-20T02:00:00Z", "hpki"), []);
    }

    #[test]
    fn dates_that_cannot_be_are_not_excused() {
        let mut wrong = said(Some("2026-11-20"), Some("2026-11-19T01:00:00Z"));
        wrong.late_reason = Some("x".to_owned());
        assert_eq!(codes(&wrong, "2026-11-21T01:00:00Z", "hpki"), of("scan-dates-impossible", true));
        let unsigned = said(Some("2026-11-19"), Some("2026-11-22T01:00:00Z"));
        let found = codes(&unsigned, "2026-11-21T01:00:00Z", "hpki");
        assert!(found.contains(&("scan-dates-impossible".to_owned(), true)), "{found:?}");
    }
}
