//! The form of `hsign evidence template`, filled in.

use serde_json::{Value, json};

/// What an attester writes into the empty places, as the guideline's second way asks.
#[must_use]
pub fn completed(mut form: Value) -> Value {
    form["identity_check"] = json!({ "means": "in-person", "checked_at": "2026-01-05T00:00:00Z" });
    form["qualification_check"] = json!({ "way": "licence", "checked_at": "2026-01-05T00:00:00Z" });
    form["providers"] = json!([{
        "name": "TEST registration",
        "external_assessment": { "assessor": "TEST assessor", "reference": "A-1", "from": "2025-01-01T00:00:00Z" },
        "retention": { "until": "2040-01-01T00:00:00Z" }
    }]);
    form
}
