use hsign_core::Time;
use hsign_core::facts::Level;
use hsign_validation::{
    CertificateSummary, Check, EvidenceVerdict, ProofOfExistence, ProofSource, ReferenceVerdict,
    RevocationState, RevocationVerdict, SignatureVerdict,
};

use super::{
    CheckView, Field, SignatureView, TimestampView, Tone, answer, findings, metadata, named, status,
};
use crate::Language;
use crate::data_origin::{DataOrigin, data_origin};
use crate::message::{change_message, phrase, printable, shown, sub_indication_message, word};
use crate::profile::profile_level;

impl SignatureView {
    pub(super) fn of(verdict: &SignatureVerdict, now: Time, language: Language) -> Self {
        Self {
            tone: Tone::of_indication(verdict.indication()),
            title: format!("{} {}", word("label.signature", language), printable(verdict.id())),
            status: status(verdict.indication(), language),
            about: answer::of_signature(verdict, now, language),
            fields: fields(verdict, language),
            checks: verdict.checks().iter().map(|one| check(one, language)).collect(),
            path: verdict.path().iter().map(|one| path_field(one, language)).collect(),
            revocation: revocation(verdict.revocation(), language),
            proofs: verdict.proofs().iter().map(|one| proof(one, language)).collect(),
            changes: changes(verdict, language),
            timestamps: verdict.timestamps().iter().map(|one| TimestampView::of(one, language)).collect(),
            findings: findings(verdict.findings(), language),
        }
    }
}

fn fields(verdict: &SignatureVerdict, language: Language) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut add = |key: &str, value: String| fields.push(Field::new(key, value, language));
    if let Some(why) = why(verdict.sub_indication(), language) {
        add("label.why", why);
    }
    if let Some(signatory) = verdict.signatory() {
        add("label.signatory", printable(signatory.name()));
    }
    if let Some(signer) = verdict.signer() {
        add("label.signer", printable(signer.subject()));
        add("label.issuer", printable(signer.issuer()));
        add("label.certificate-validity", validity(signer));
        add("label.certificate", signer.sha256().to_owned());
    }
    if let Some(qualification) = verdict.qualification() {
        let parts = [
            answer::roles(qualification, language),
            named("status", &qualification.status, language),
            format!("({})", named("basis", &qualification.basis, language)),
        ];
        let said: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        add("label.qualification", said.join(" "));
    }
    for record in verdict.evidence() {
        add("label.evidence", evidence(record, language));
    }
    if let Some(claimed) = verdict.claimed_signing_time() {
        add("label.claimed", shown(claimed.0));
    }
    if let Some(best) = verdict.best_signature_time() {
        let proven = answer::stamped_at(verdict).is_some();
        add(if proven { "label.best" } else { "label.judged-at" }, shown(best.0));
    }
    if let Some(time) = verdict.control_time() {
        add("label.control-time", shown(time));
    }
    if let Some(stamp) = verdict.protected_by() {
        add("label.protected-by", printable(stamp));
    }
    if let Some(until) = verdict.renew_by() {
        add("label.renew-by", shown(until));
    }
    if let Some(said) = verdict.metadata() {
        metadata::items(said, language).into_iter().for_each(|(key, value)| add(key, value));
    }
    add("label.integrity", named("integrity", &verdict.integrity(), language));
    add("label.coverage", named("coverage", &verdict.coverage(), language));
    for reference in verdict.references().iter().filter(|one| !is_plain_content(one)) {
        let state = match reference.holds() {
            Some(true) => "reference.holds",
            Some(false) => "reference.differs",
            None => "reference.absent",
        };
        add("label.reference", format!("{}: {}", printable(reference.name()), word(state, language)));
    }
    add("label.level", level(verdict.level()).to_owned());
    if let Some(profile) = verdict.profile() {
        let class =
            verdict.document_class().map(|class| word_or_itself(&format!("place.{class}"), class, language));
        let level = profile_level(verdict).map(str::to_owned);
        let parts = [Some(word_or_itself(&format!("profile.{profile}"), profile, language)), class, level];
        add("label.profile", parts.into_iter().flatten().collect::<Vec<_>>().join(" - "));
    }
    if let Some(found) = verdict.modifications() {
        add("label.modifications", named("modifications", &found.verdict(), language));
    }
    fields
}

/// A CMS has one content without a name; its integrity says all about it.
fn is_plain_content(reference: &ReferenceVerdict) -> bool {
    matches!(reference.name(), "message-digest" | "content")
}

/// What was changed after signing, change by change.
fn changes(verdict: &SignatureVerdict, language: Language) -> Vec<String> {
    let found = verdict.modifications().into_iter().flat_map(|found| &found.changes);
    found.map(|change| change_message(change, language)).collect()
}

/// What existed when at the latest, and on whose word.
fn proof(proof: &ProofOfExistence, language: Language) -> Field {
    let id = |value: &dyn ToString| printable(&value.to_string());
    let object = phrase(&key("proof", proof.object()), "id", &id(proof.object()), language);
    let (ProofSource::Timestamp(source) | ProofSource::EvidenceRecord(source) | ProofSource::Given(source)) =
        proof.source();
    let source = phrase(&key("proof-by", proof.source()), "id", &id(source), language);
    Field::new("label.proof", format!("{} - {object} ({source})", shown(proof.time())), language)
}

/// The word's key under a value's name in JSON.
fn key(group: &str, value: &impl serde::Serialize) -> String {
    let kind =
        serde_json::to_value(value).ok().and_then(|value| Some(value.get("kind")?.as_str()?.to_owned()));
    format!("{group}.{}", kind.unwrap_or_default())
}

/// "record.json: accepted (attested by CN=…)".
fn evidence(record: &EvidenceVerdict, language: Language) -> String {
    let worth = word(if record.accepted() { "evidence.accepted" } else { "evidence.rejected" }, language);
    let attester = record
        .attester()
        .map_or_else(String::new, |attester| format!(" ({})", printable(attester.subject())));
    format!("{}: {worth}{attester}", printable(record.record()))
}

/// The sub-indication in plain words, with the standard's own behind it.
pub(super) fn why(sub: Option<hsign_validation::SubIndication>, language: Language) -> Option<String> {
    sub.map(|sub| format!("{} ({sub})", sub_indication_message(sub, language)))
}

fn validity(certificate: &CertificateSummary) -> String {
    format!("{} - {}", shown(certificate.not_before()), shown(certificate.not_after()))
}

fn path_field(certificate: &CertificateSummary, language: Language) -> Field {
    let value = format!("{} ({})", printable(certificate.subject()), validity(certificate));
    Field::new("label.path", value, language)
}

fn check(check: &Check, language: Language) -> CheckView {
    CheckView {
        tone: Tone::of_conclusion(check.conclusion),
        name: named("check", &check.check, language),
        result: word(&format!("conclusion.{}", check.conclusion.name()), language).to_owned(),
        sub_indication: check.conclusion.sub_indication().map(|sub| sub.name()),
    }
}

/// The status of each certificate, by which evidence, and where that came from.
pub(super) fn revocation(verdicts: &[RevocationVerdict], language: Language) -> Vec<Field> {
    let one = |verdict: &RevocationVerdict| {
        let status = match (verdict.status(), verdict.revoked_at()) {
            (RevocationState::Revoked, Some(time)) => {
                phrase("revocation.revoked", "time", &shown(time), language)
            }
            (RevocationState::OnHold, Some(time)) => {
                phrase("revocation.on-hold", "time", &shown(time), language)
            }
            (state, _) => named("revocation", &state, language),
        };
        let details = data_origin(
            &DataOrigin {
                source: verdict.source().map(String::as_str),
                place: verdict.place().map(String::as_str),
                this_update: verdict.this_update(),
                fetched_at: verdict.fetched_at(),
            },
            language,
        );
        let line = format!("{status}{details} - {}", printable(verdict.subject()));
        Field::new("label.revocation", line, language)
    };
    verdicts.iter().map(one).collect()
}

/// A name that other software may have put into saved facts need not have a word of ours.
fn word_or_itself(key: &str, name: &str, language: Language) -> String {
    let found = word(key, language);
    if found == key { printable(name) } else { found.to_owned() }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::BB => "B-B",
        Level::BT => "B-T",
        Level::BLt => "B-LT",
        Level::BLta => "B-LTA",
        Level::Other => "-",
    }
}
