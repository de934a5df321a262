use hsign_core::{Finding, Time, ValidationTime};
use hsign_validation::{Answer, DocumentVerdict, Indication, Outlook, Plan, Policy};
use serde::Serialize;
use serde_json::{Value, json as object};

use crate::json::findings_json;
use crate::message::{phrase, printable, shown, word};
use crate::view::{named, status};
use crate::{Language, finding_lines};

/// What one run of `hsign plan` has to tell.
#[derive(Clone, Debug)]
pub struct PlanReport<'a> {
    /// As of when.
    pub time: ValidationTime,
    /// How long before its last day a document counts as due, in seconds.
    pub within: i64,
    /// By which policy.
    pub policy: &'a Policy,
    /// SHA-256 of the trust used.
    pub trust_sha256: [u8; 32],
    /// The documents, in the order they were given.
    pub documents: Vec<PlannedDocument<'a>>,
}

/// One document.
#[derive(Clone, Debug)]
pub struct PlannedDocument<'a> {
    /// Its path as it was given.
    pub path: String,
    /// What is due, or why it could not be read.
    pub outcome: Result<(&'a DocumentVerdict, &'a Plan), Finding>,
}

/// How urgent it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Due {
    /// Not within the warning time.
    Fine,
    /// Nothing here can be stamped anew: no signature, or unreadable.
    Nothing,
    /// The verdict of today is open; what is missing has to be had before anything can be planned on.
    Open,
    /// Within the warning time.
    Soon,
    /// The last day is past.
    Overdue,
    /// The signature is invalid; no stamp mends that.
    Invalid,
}

impl Due {
    /// The urgency of one document at `now`.
    #[must_use]
    pub fn of(verdict: &DocumentVerdict, plan: &Plan, now: Time, within: i64) -> Self {
        match (verdict.indication(), plan.renew_by) {
            (Indication::NoSignature, _) => Self::Nothing,
            (Indication::TotalFailed, _) => Self::Invalid,
            (_, Some(last)) if last < now => Self::Overdue,
            (Indication::Indeterminate, _) => Self::Open,
            (_, Some(last)) if last <= now.plus_seconds(within) => Self::Soon,
            _ => Self::Fine,
        }
    }
}

impl PlannedDocument<'_> {
    /// How urgent it is.
    #[must_use]
    pub fn due(&self, now: Time, within: i64) -> Due {
        match &self.outcome {
            Ok((verdict, plan)) => Due::of(verdict, plan, now, within),
            Err(_) => Due::Nothing,
        }
    }
}

/// The plan as `hsign.plan/1`.
#[must_use]
pub fn plan_json(report: &PlanReport<'_>, language: Language) -> Value {
    let documents: Vec<_> = report.documents.iter().map(|one| document(one, report, language)).collect();
    object!({
        "schema": "hsign.plan/1",
        "time": report.time,
        "within_seconds": report.within,
        "policy": { "name": report.policy.name(), "sha256": hsign_core::hex(&report.policy.sha256()) },
        "trust": { "sha256": hsign_core::hex(&report.trust_sha256) },
        "renew_by": earliest(report),
        "documents": documents,
    })
}

/// The first last day of all documents.
fn earliest(report: &PlanReport<'_>) -> Option<Time> {
    report.documents.iter().filter_map(|one| one.outcome.as_ref().ok()?.1.renew_by).min()
}

fn document(one: &PlannedDocument<'_>, report: &PlanReport<'_>, language: Language) -> Value {
    let due = one.due(report.time.0, report.within);
    match &one.outcome {
        Ok((verdict, plan)) => object!({
            "path": one.path,
            "indication": verdict.indication(),
            "sub_indication": verdict.sub_indication(),
            "state": due,
            "renew_by": plan.renew_by,
            "lasts_until": plan.lasts_until,
            "expiries": plan.expiries,
            "outlook": plan.outlook,
            "findings": findings_json(verdict.findings(), language),
        }),
        Err(why) => object!({
            "path": one.path,
            "indication": Indication::NoSignature,
            "sub_indication": null,
            "state": due,
            "renew_by": null,
            "lasts_until": null,
            "expiries": [],
            "outlook": [],
            "findings": findings_json(std::slice::from_ref(why), language),
        }),
    }
}

/// The plan for people: the most urgent document first.
#[must_use]
pub fn plan_text(report: &PlanReport<'_>, language: Language) -> String {
    let mut order: Vec<&PlannedDocument<'_>> = report.documents.iter().collect();
    order.sort_by_key(|one| {
        let due = one.due(report.time.0, report.within);
        (std::cmp::Reverse(due), one.outcome.as_ref().ok().and_then(|(_, plan)| plan.renew_by))
    });
    order.into_iter().map(|one| lines(one, report, language)).collect()
}

fn lines(one: &PlannedDocument<'_>, report: &PlanReport<'_>, language: Language) -> String {
    let due = named("plan", &one.due(report.time.0, report.within), language);
    let path = printable(&one.path);
    let (verdict, plan) = match &one.outcome {
        Ok(planned) => planned,
        Err(why) => return format!("{path}: {due}\n{}", finding_lines(std::slice::from_ref(why), language)),
    };
    let first = match plan.renew_by {
        Some(last) => {
            format!("{path}: {due} - {}\n", phrase("plan.renew-by", "time", &shown(last), language))
        }
        None => format!("{path}: {due}\n"),
    };
    let mut text = first;
    let mut line = |indent: usize, said: String| text.push_str(&format!("{}{said}\n", "  ".repeat(indent)));
    line(
        1,
        format!(
            "{}: {}",
            word("plan.now", language),
            answer(verdict.indication(), verdict.sub_indication(), language)
        ),
    );
    if let Some(until) = plan.lasts_until {
        line(1, phrase("plan.lasts-until", "time", &shown(until), language));
    }
    for expiry in &plan.expiries {
        let kind = named("expiry", &expiry.kind, language);
        let whose = expiry.subject.as_ref().or(expiry.algorithm.as_ref()).unwrap_or(&expiry.of);
        let mark = if expiry.binding { "!" } else { "-" };
        line(2, format!("{mark} {}  {kind} ({})", shown(expiry.at), printable(whose)));
    }
    for outlook in &plan.outlook {
        line(1, later(outlook, language));
    }
    text
}

fn later(outlook: &Outlook, language: Language) -> String {
    let said = |answer_then: &Answer| answer(answer_then.indication, answer_then.sub_indication, language);
    let values = [
        ("time", shown(outlook.at)),
        ("unrenewed", said(&outlook.unrenewed)),
        ("renewed", said(&outlook.renewed)),
    ];
    crate::message::phrase_with("plan.outlook", &values, language)
}

fn answer(
    indication: Indication,
    sub: Option<hsign_validation::SubIndication>,
    language: Language,
) -> String {
    match sub {
        Some(sub) => format!("{} ({sub})", status(indication, language)),
        None => status(indication, language),
    }
}
