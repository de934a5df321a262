//! The first line: who, which profession, when, until when.

use hsign_core::Time;
use hsign_core::facts::{DocumentFormat, TimestampKind};
use hsign_validation::{
    DocumentVerdict, EvidenceRecordVerdict, Indication, Qualification, QualificationStatus, Role,
    SignatureVerdict, TimestampVerdict,
};

use super::{named, record};
use crate::Language;
use crate::message::{phrase, printable, shown, word};

/// One signature answers in full; of several, each has its own line below.
pub(super) fn of_document(verdict: &DocumentVerdict, now: Time, language: Language) -> Vec<String> {
    match verdict.signatures() {
        [only] => of_signature(only, now, language),
        [] if verdict.format() == DocumentFormat::Timestamp => {
            let time = verdict.timestamps().first().and_then(TimestampVerdict::gen_time);
            let of = time.map(|time| phrase("headline.token", "time", &shown(time.0), language));
            of.into_iter().collect()
        }
        [] => proven_by_records(verdict).map(|time| record::proven(time, language)).into_iter().collect(),
        several => {
            vec![phrase("headline.of", "count", &several.len().to_string(), language)]
        }
    }
}

/// Since when a document is there by the evidence records that hold.
fn proven_by_records(verdict: &DocumentVerdict) -> Option<Time> {
    let held = verdict.evidence_records().iter().filter(|one| one.indication() == Indication::TotalPassed);
    held.filter_map(EvidenceRecordVerdict::proven_time).map(|time| time.0).min()
}

/// "SHIKEN Hanako", "薬剤師 (Pharmacist)", "qualified", "stamped at …", "provable until …".
pub(super) fn of_signature(verdict: &SignatureVerdict, now: Time, language: Language) -> Vec<String> {
    let mut parts = vec![who(verdict, language)];
    if let Some(qualification) = verdict.qualification() {
        if qualification.roles.is_empty() {
            parts.push(word("role.none", language).to_owned());
        } else {
            parts.push(roles(qualification, language));
        }
        // "no role" once is enough.
        if qualification.status != QualificationStatus::NoRole {
            parts.push(named("status", &qualification.status, language));
        }
    }
    parts.push(match stamped_at(verdict) {
        Some(time) => phrase("headline.stamped", "time", &shown(time), language),
        None => {
            let stamped = !verdict.timestamps().is_empty();
            let key = if stamped { "headline.unproven" } else { "headline.unstamped" };
            phrase(key, "time", &shown(now), language)
        }
    });
    // What isn't shown to hold today has no last day.
    if let Some(until) = verdict.renew_by().filter(|_| verdict.indication() == Indication::TotalPassed) {
        parts.push(phrase("headline.until", "time", &shown(until), language));
    }
    parts
}

/// The person, also where a provider's key signed for him.
fn who(verdict: &SignatureVerdict, language: Language) -> String {
    if let Some(signatory) = verdict.signatory() {
        return printable(signatory.name());
    }
    match verdict.signer() {
        Some(signer) => printable(signer.name().map_or(signer.subject(), String::as_str)),
        None => word("headline.unknown-signer", language).to_owned(),
    }
}

/// "薬剤師 (Pharmacist)"; an unrecognised text is shown as it stands.
pub(super) fn roles(qualification: &Qualification, language: Language) -> String {
    let one = |role: &Role| {
        let text = printable(&role.text);
        match &role.ja {
            Some(ja) => format!("{ja} ({text})"),
            None => format!("\"{text}\" ({})", word("role.unrecognised", language)),
        }
    };
    qualification.roles.iter().map(one).collect::<Vec<_>>().join(" / ")
}

/// The proven time, when a valid time stamp made it.
pub(super) fn stamped_at(verdict: &SignatureVerdict) -> Option<Time> {
    let best = verdict.best_signature_time()?.0;
    let proven = verdict.timestamps().iter().any(|stamp| {
        stamp.indication() == Indication::TotalPassed
            && stamp.kind() != TimestampKind::Content
            && stamp.gen_time().is_some_and(|time| time.0 == best)
    });
    proven.then_some(best)
}
