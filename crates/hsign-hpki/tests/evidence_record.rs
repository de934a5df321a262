//! The qualification-evidence record: what is read, and what is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use hsign_hpki::{Binding, EvidenceRecord, RecordError, SignatureKind, Way};
use serde_json::{Value, json};

fn record() -> Value {
    json!({
        "schema": "hsign.qualification-evidence/1",
        "issued_at": "2026-04-01T00:00:00Z",
        "person": { "name": "試験　商民", "roles": ["Medical Doctor"] },
        "signature": "personal",
        "binding": { "kind": "certificate", "issuer": "CN=CA", "serial": "03ff", "sha256": "ab".repeat(32) },
        "identity_check": { "means": "in-person", "checked_at": "2026-03-01T00:00:00Z" },
        "qualification_check": { "way": "licence", "checked_at": "2026-03-02T00:00:00+09:00", "reference": "R-1" },
        "providers": [{
            "name": "Registration",
            "external_assessment": { "assessor": "A", "reference": "X", "from": "2026-01-01T00:00:00Z" },
            "retention": { "until": "2036-04-01T00:00:00Z" }
        }]
    })
}

fn parse(record: &Value) -> Result<EvidenceRecord, RecordError> {
    EvidenceRecord::parse(record.to_string().as_bytes())
}

/// With one value replaced, or one key added.
fn with(pointer: &str, key: &str, value: Value) -> Value {
    let mut record = record();
    record.pointer_mut(pointer).unwrap()[key] = value;
    record
}

#[test]
fn a_complete_record_is_read() {
    let record = parse(&record()).unwrap();
    assert_eq!(record.person.roles, ["Medical Doctor"]);
    assert_eq!((record.signature, record.qualification_check.way), (SignatureKind::Personal, Way::Licence));
    assert!(matches!(record.binding, Binding::Certificate { sha256, .. } if sha256 == [0xab; 32]));
}

#[test]
fn guideline_6_12_way_4_needs_the_institutions_audit() {
    let mut record = with("/qualification_check", "way", json!("institution"));
    assert_eq!(parse(&record), Err(RecordError::AuditMissing));
    record["audit"] = json!({
        "institution": "Hospital", "auditor": "Audit office", "audited_at": "2026-03-20T00:00:00Z", "reference": "A-1"
    });
    assert_eq!(parse(&record).unwrap().qualification_check.way.number(), 4);
}

#[test]
fn guideline_6_12_every_provider_of_the_chain_is_assessed_and_keeps_its_records() {
    let mut record = record();
    record["providers"] = json!([]);
    assert_eq!(parse(&record), Err(RecordError::Count("providers")));
    for key in ["external_assessment", "retention"] {
        let mut record = self::record();
        record["providers"][0].as_object_mut().unwrap().remove(key);
        assert!(matches!(parse(&record), Err(RecordError::Syntax(_))), "{key}");
    }
}

#[test]
fn a_witness_type_signature_is_never_bound_to_a_certificate_alone() {
    assert_eq!(parse(&with("", "signature", json!("witness"))), Err(RecordError::WitnessBoundToCertificate));
    for kind in ["document", "signature-value"] {
        let mut record = with("", "signature", json!("witness"));
        record["binding"] =
            json!({ "kind": kind, "digest": { "algorithm": "sha256", "value": "00".repeat(32) } });
        assert!(parse(&record).is_ok(), "{kind}");
    }
}

#[test]
fn weak_or_short_digests_bind_nothing() {
    for (algorithm, length) in [("sha1", 20), ("md5", 16), ("sha256", 31), ("sha512", 32)] {
        let digest = json!({ "algorithm": algorithm, "value": "00".repeat(length) });
        let record = with("", "binding", json!({ "kind": "document", "digest": digest }));
        assert!(matches!(parse(&record), Err(RecordError::Syntax(_))), "{algorithm}");
    }
}

#[test]
fn what_is_not_understood_or_not_filled_in_is_refused() {
    let wrong = [
        with("", "schema", json!("hsign.qualification-evidence/2")),
        with("", "note", json!("more than the form")),
        with("/person", "name", json!("")),
        with("/person", "name", json!("line\nbreak")),
        with("/person", "roles", json!([])),
        with("/person", "roles", json!([""])),
        with("/binding", "sha256", json!("abcd")),
        with("/binding", "kind", json!("name")),
        with("/qualification_check", "way", json!("hearsay")),
        with("/identity_check", "means", json!(1)),
        with("/identity_check", "checked_at", json!("2026-03-01")),
        with("/providers/0/external_assessment", "to", json!("2025-01-01T00:00:00Z")),
        with("/qualification_check", "checked_at", json!("2026-05-01T00:00:00Z")),
        with("/providers/0/retention", "until", json!("2026-01-01T00:00:00Z")),
    ];
    for record in wrong {
        assert!(parse(&record).is_err(), "{record}");
    }
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let text = record().to_string();
    let twice = text.replacen("\"signature\":", "\"signature\":\"witness\",\"signature\":", 1);
    assert_ne!(text, twice);
    assert!(matches!(EvidenceRecord::parse(twice.as_bytes()), Err(RecordError::Syntax(_))));
    let twice = text.replacen("\"issuer\":", "\"issuer\":\"CN=Other\",\"issuer\":", 1);
    assert!(matches!(EvidenceRecord::parse(twice.as_bytes()), Err(RecordError::Syntax(_))));
}

#[test]
fn hostile_input_ends_in_an_error() {
    assert!(EvidenceRecord::parse(b"").is_err());
    assert!(EvidenceRecord::parse(&[b'['; 60_000]).is_err());
    assert_eq!(EvidenceRecord::parse(&[b' '; 70_000]), Err(RecordError::TooLarge(65_536)));
    assert!(EvidenceRecord::parse(format!("{}x", record()).as_bytes()).is_err());
}
