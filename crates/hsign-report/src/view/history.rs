//! The sequence of an amended document: who signed the original when, who amended it when, and what.

use hsign_core::Time;
use hsign_validation::{DocumentVerdict, Indication, OriginalVerdict, SignatureVerdict};

use super::{Field, StepView, Tone, answer, findings, status};
use crate::Language;
use crate::message::{printable, word};

/// The originals, those of originals before them.
pub(super) fn history(verdict: &DocumentVerdict, now: Time, language: Language) -> Vec<StepView> {
    let mut steps = Vec::new();
    for original in verdict.originals() {
        if let Some(found) = original.verdict() {
            steps.extend(history(found, now, language));
        }
        let amendment = verdict.signatures().iter().find(|one| one.id() == original.amended_by());
        steps.push(step(original, amendment, now, language));
    }
    steps
}

fn step(
    original: &OriginalVerdict,
    amendment: Option<&SignatureVerdict>,
    now: Time,
    language: Language,
) -> StepView {
    let found = original.verdict();
    let indication = found.map_or(Indication::NoSignature, DocumentVerdict::indication);
    let name = original.name().map(|name| printable(name));
    let name = name.unwrap_or_else(|| word("original.missing", language).to_owned());
    let mut fields = vec![Field::new("label.document", original.digest().hex(), language)];
    let mut told = original.findings().to_vec();
    if let Some(found) = found {
        told.extend(found.findings().iter().cloned());
        told.extend(found.signatures().iter().flat_map(|one| one.findings().iter().cloned()));
    }
    if let Some(amendment) = amendment {
        let by = answer::of_signature(amendment, now, language);
        fields.push(Field::new("label.amended-by", by.join(word("headline.separator", language)), language));
        let note = amendment.metadata().and_then(|said| said.amends.as_ref()?.note.as_deref());
        fields.extend(note.map(|note| Field::new("label.amendment-note", printable(note), language)));
    }
    StepView {
        tone: Tone::of_indication(indication),
        title: format!("{} {name}", word("label.original", language)),
        status: status(indication, language),
        about: found.map(|found| answer::of_document(found, now, language)).unwrap_or_default(),
        fields,
        findings: findings(&told, language),
    }
}
