//! What the signer states, item by item.

use hsign_core::facts::SignedMetadata;

use super::named;
use crate::Language;
use crate::message::{printable, shown};

/// Keys of the labels with the values, those that are stated.
pub(super) fn items(said: &SignedMetadata, language: Language) -> Vec<(&'static str, String)> {
    let text = |text: &Option<String>| text.as_deref().map(printable);
    let operators = (!said.operators.is_empty()).then(|| printable(&said.operators.join(", ")));
    let amends = said.amends.as_ref();
    let items = [
        ("label.created", said.created.map(|day| day.to_string())),
        ("label.received", said.received.map(|day| day.to_string())),
        ("label.scanned", said.scanned.map(shown)),
        ("label.scan-mode", said.scan_mode.map(|mode| named("scan-mode", &mode, language))),
        ("label.late-reason", text(&said.late_reason)),
        ("label.scan-plan", text(&said.plan)),
        ("label.operators", operators),
        ("label.disposal", said.disposal.map(|day| day.to_string())),
        ("label.author", text(&said.author)),
        ("label.proxy", text(&said.proxy)),
        ("label.confirmer", text(&said.confirmer)),
        ("label.amends", amends.map(|one| named("amendment", &one.form, language))),
        ("label.amendment-note", amends.and_then(|one| text(&one.note))),
    ];
    items.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}
