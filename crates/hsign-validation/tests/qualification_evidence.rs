//! Routes (b) and (c) of guideline 5.2 §6.12: what qualification-evidence records do and what they never do.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use common::*;
use hsign_core::facts::*;
use hsign_hpki::{Basis, DocumentClasses, QualificationStatus};
use hsign_pki::TrustRegistry;
use hsign_testkit::{Ca, DAY, Person, Seconds, Unit};
use hsign_validation::{Indication, Permission, SignatureVerdict, signer_checks};
use serde_json::{Value, json};

/// The usual world that trusts a certification business, the public's CA, and an attester for a while.
fn world() -> World {
    world_with_attester(NOW - 100 * DAY, NOW + 100 * DAY)
}

fn world_with_attester(from: Seconds, to: Seconds) -> World {
    let mut world = World::new();
    let pki = &world.pki;
    let of = |name: &str| match name {
        "certification-business" => pki.authority(Ca::CommercialRoot).certificate_der().to_vec(),
        "jpki-ca" => pki.authority(Ca::Jpki).certificate_der().to_vec(),
        _ => pki.person(Person::Attester).certificate_der().to_vec(),
    };
    let entry = |table: &str, kind: &str| {
        let pin = hexadecimal(&hsign_crypto::sha256(&of(kind)));
        format!(
            "[[{table}]]\nkind = \"{kind}\"\nsubject = \"x\"\ncertificate = \"{kind}\"\nsha256 = \"{pin}\"\n"
        )
    };
    let text = format!(
        "{}{}{}from = \"{}\"\nto = \"{}\"\n",
        entry("anchor", "certification-business"),
        entry("anchor", "jpki-ca"),
        entry("service", "attester"),
        time(from),
        time(to)
    );
    let more = TrustRegistry::parse_toml(&text, &|name| Some(of(name)));
    world.trust.extend(more.unwrap());
    world
}

fn hexadecimal(bytes: &[u8]) -> String {
    hsign_core::hex(bytes)
}

fn to_certificate(world: &World, person: Person) -> Value {
    let certificate = certificate(world.pki.person(person));
    json!({
        "kind": "certificate", "issuer": certificate.issuer().to_string(), "serial": certificate.serial_hex(),
        "sha256": certificate.sha256_hex()
    })
}

fn to_content(content: &[u8]) -> Value {
    let value = hexadecimal(&hsign_crypto::sha256(content));
    json!({ "kind": "document", "digest": { "algorithm": "sha256", "value": value } })
}

fn to_value(signature: &SignatureFacts) -> Value {
    let value = signature.signed.as_ref().unwrap().value.as_slice();
    let value = hexadecimal(&hsign_crypto::sha256(value));
    json!({ "kind": "signature-value", "digest": { "algorithm": "sha256", "value": value } })
}

const CONTENT: &[u8] = b"content of the document";

fn record(signature: &str, binding: Value) -> Value {
    json!({
        "schema": "hsign.qualification-evidence/1",
        "issued_at": time(NOW - 20 * DAY),
        "person": { "name": "試験　商民", "roles": ["Medical Doctor"] },
        "signature": signature,
        "binding": binding,
        "identity_check": { "means": "in-person", "checked_at": time(NOW - 40 * DAY) },
        "qualification_check": { "way": "licence", "checked_at": time(NOW - 40 * DAY) },
        "providers": [{
            "name": "TEST registration",
            "external_assessment": { "assessor": "A", "reference": "1", "from": time(NOW - 300 * DAY) },
            "retention": { "until": time(NOW + 3000 * DAY) }
        }]
    })
}

fn attested_by(world: &World, person: Person, record: &Value) -> QualificationEvidenceFacts {
    let bytes = record.to_string().into_bytes();
    let mut signature = world.signature(person);
    signature.coverage = Coverage::External;
    signature.signed = Some(signed(world.pki.person(person), &bytes));
    QualificationEvidenceFacts {
        name: "record.json".to_owned(),
        origin: EvidenceOrigin::Given,
        record: bytes.into(),
        signatures: vec![signature],
        findings: Vec::new(),
    }
}

fn attested(world: &World, record: &Value) -> QualificationEvidenceFacts {
    attested_by(world, Person::Attester, record)
}

/// The verdict on one signature with these records beside it.
fn verdict(
    world: &World,
    signature: SignatureFacts,
    records: Vec<QualificationEvidenceFacts>,
) -> SignatureVerdict {
    let mut facts = document(vec![signature]);
    facts.qualification_evidence = records;
    world.judge(&facts).signatures()[0].clone()
}

fn personal(world: &World) -> Value {
    record("personal", to_certificate(world, Person::Commercial))
}

fn of_commercial(world: &World, evidence: QualificationEvidenceFacts) -> SignatureVerdict {
    verdict(world, world.stamped(Person::Commercial, NOW), vec![evidence])
}

#[track_caller]
fn helps(verdict: &SignatureVerdict) {
    let answer = verdict.qualification().unwrap();
    assert_eq!(answer.status, QualificationStatus::Qualified, "{:#?}", verdict.findings());
    assert_eq!(answer.basis, Basis::QualificationEvidence);
    assert_eq!(verdict.indication(), Indication::TotalPassed, "{:#?}", verdict.findings());
    assert!(has(verdict, "qualification-evidence-used"));
    assert!(verdict.evidence().iter().any(hsign_validation::EvidenceVerdict::accepted));
}

#[track_caller]
fn never_helps(verdict: &SignatureVerdict, why: &str) {
    assert_eq!(verdict.qualification().unwrap().status, QualificationStatus::Undetermined, "{why}");
    assert_eq!(verdict.indication(), Indication::Indeterminate, "{why}");
    assert!(has(verdict, why), "{why}: {:#?}", verdict.findings());
    assert!(!verdict.evidence().iter().any(hsign_validation::EvidenceVerdict::accepted), "{why}");
    assert!(verdict.signatory().is_none(), "{why}");
}

#[test]
fn without_a_record_a_business_certificate_says_nothing_about_a_profession() {
    let world = world();
    let verdict = world.verdict(world.stamped(Person::Commercial, NOW));
    assert_eq!(verdict.qualification().unwrap().status, QualificationStatus::Undetermined);
    assert!(has(&verdict, "qualification-evidence-missing"));
}

#[test]
fn route_b_an_attested_record_about_the_certificate_qualifies_its_holder() {
    let world = world();
    let verdict = of_commercial(&world, attested(&world, &personal(&world)));
    helps(&verdict);
    let answer = verdict.qualification().unwrap();
    assert_eq!(answer.roles[0].ja.as_deref(), Some("医師"));
    assert!(verdict.signatory().is_none(), "the signer is the person");
    let shown = &verdict.evidence()[0];
    assert_eq!(shown.way().number(), 2);
    assert!(shown.attester().unwrap().subject().contains("TEST Attester"));
}

#[test]
fn that_a_providers_papers_are_no_longer_kept_is_told_and_decides_nothing() {
    let world = world();
    for (until, told) in [(NOW - DAY, true), (NOW, false), (NOW + DAY, false)] {
        let mut record = personal(&world);
        record["providers"][0]["retention"]["until"] = json!(time(until));
        let verdict = of_commercial(&world, attested(&world, &record));
        helps(&verdict);
        assert_eq!(has(&verdict, "qualification-papers-no-longer-kept"), told, "{until}");
    }
}

#[test]
fn roles_of_a_record_are_held_against_table_and_class_like_those_of_hcrole() {
    let role = |text: &str, class: Option<&str>| {
        let mut world = world();
        world.class = class.map(|name| DocumentClasses::builtin().find(name).unwrap().clone());
        let mut record = personal(&world);
        record["person"]["roles"] = json!([text]);
        of_commercial(&world, attested(&world, &record))
    };
    helps(&role("Medical Doctor", Some("prescription")));
    for (text, class, status) in [
        ("Pharmacist", Some("prescription"), QualificationStatus::RoleMismatch),
        ("Rainmaker", None, QualificationStatus::UnrecognisedRole),
    ] {
        let verdict = role(text, class);
        let answer = verdict.qualification().unwrap();
        assert_eq!((answer.status, answer.roles[0].text.as_str()), (status, text));
        assert_eq!(verdict.indication(), Indication::Indeterminate);
    }
}

#[test]
fn a_record_with_a_broken_or_missing_signature_never_helps() {
    let world = world();
    let good = attested(&world, &personal(&world));
    let mut changed = good.clone();
    let text = String::from_utf8(changed.record.0.clone()).unwrap().replace("試験　商民", "試験　別人");
    changed.record = text.into_bytes().into();
    never_helps(&of_commercial(&world, changed), "qualification-evidence-not-attested");
    let mut forged = good.clone();
    forged.signatures[0].signed.as_mut().unwrap().value.0[10] ^= 1;
    never_helps(&of_commercial(&world, forged), "qualification-evidence-not-attested");
    let mut unsigned = good;
    unsigned.signatures.clear();
    never_helps(&of_commercial(&world, unsigned), "qualification-evidence-unsigned");
}

#[test]
fn only_an_attester_of_the_registry_attests() {
    let world = world();
    let record = personal(&world);
    // Not the signer, not another customer of the same CA, not a doctor of HPKI.
    for person in [Person::Commercial, Person::Witness, Person::Doctor] {
        let verdict = of_commercial(&world, attested_by(&world, person, &record));
        never_helps(&verdict, "qualification-evidence-not-attested");
    }
}

#[test]
fn an_attester_counts_inside_its_period_at_the_time_that_is_proven() {
    let world = world_with_attester(NOW - 100 * DAY, NOW - 10 * DAY);
    let late = attested(&world, &personal(&world));
    never_helps(&of_commercial(&world, late.clone()), "attester-not-named-then");
    // A time stamp proves that it was signed while the registry named the attester.
    let mut stamped = late;
    let stamp = world.stamp(&stamped.signatures[0], Unit::Tsa, TimestampKind::Signature, NOW - 15 * DAY);
    stamped.signatures[0].level = Level::BT;
    stamped.signatures[0].timestamps.push(stamp);
    helps(&of_commercial(&world, stamped));
    let early = world_with_attester(NOW + DAY, NOW + 100 * DAY);
    never_helps(&of_commercial(&early, attested(&early, &personal(&early))), "attester-not-named-then");
}

#[test]
fn a_record_about_somebody_else_never_helps() {
    let world = world();
    let other = attested(&world, &record("personal", to_certificate(&world, Person::Witness)));
    let facts = {
        let mut facts = document(vec![world.stamped(Person::Commercial, NOW)]);
        facts.qualification_evidence = vec![other];
        facts
    };
    let document = world.judge(&facts);
    let answer = document.signatures()[0].qualification().unwrap();
    assert_eq!(answer.status, QualificationStatus::Undetermined);
    assert!(codes(document.findings()).contains(&"qualification-evidence-for-others"));
    for (key, value) in [("serial", json!("00")), ("issuer", json!("CN=Another CA"))] {
        let mut record = personal(&world);
        record["binding"][key] = value;
        let verdict = of_commercial(&world, attested(&world, &record));
        never_helps(&verdict, "qualification-evidence-binding-mismatch");
    }
}

#[test]
fn the_checks_have_to_come_before_the_signature_and_the_assessment_to_hold_then() {
    let world = world();
    let mut late = personal(&world);
    late["issued_at"] = json!(time(NOW));
    late["qualification_check"]["checked_at"] = json!(time(NOW - DAY));
    let signature = world.stamped(Person::Commercial, NOW - 2 * DAY);
    let after = verdict(&world, signature, vec![attested(&world, &late)]);
    never_helps(&after, "qualification-checked-after-signing");
    let mut ended = personal(&world);
    ended["providers"][0]["external_assessment"]["to"] = json!(time(NOW - DAY));
    never_helps(&of_commercial(&world, attested(&world, &ended)), "external-assessment-not-in-force");
    let mut future = personal(&world);
    future["issued_at"] = json!(time(NOW + DAY));
    never_helps(&of_commercial(&world, attested(&world, &future)), "qualification-evidence-dates");
}

#[test]
fn a_check_in_the_second_of_the_signature_came_in_time() {
    let world = world();
    let signed = NOW - 2 * DAY;
    for check in ["identity_check", "qualification_check"] {
        for (at, in_time) in [(signed, true), (signed + 1, false)] {
            let mut record = personal(&world);
            record["issued_at"] = json!(time(NOW - DAY));
            record[check]["checked_at"] = json!(time(at));
            let evidence = vec![attested(&world, &record)];
            let verdict = verdict(&world, world.stamped(Person::Commercial, signed), evidence);
            if in_time {
                helps(&verdict);
            } else {
                never_helps(&verdict, "qualification-checked-after-signing");
            }
        }
    }
}

#[test]
fn a_malformed_record_is_shown_and_never_helps() {
    let world = world();
    let mut record = personal(&world);
    record["remark"] = json!("and all his colleagues");
    let mut facts = document(vec![world.stamped(Person::Commercial, NOW)]);
    facts.qualification_evidence = vec![attested(&world, &record)];
    let document = world.judge(&facts);
    assert!(codes(document.findings()).contains(&"qualification-evidence-malformed"));
    let status = document.signatures()[0].qualification().unwrap().status;
    assert_eq!(status, QualificationStatus::Undetermined);
}

#[test]
fn witness_type_the_person_is_named_beside_the_providers_certificate() {
    let world = world();
    let signature = world.stamped(Person::Witness, NOW);
    for binding in [to_content(CONTENT), to_value(&signature)] {
        let evidence = attested(&world, &record("witness", binding));
        let verdict = verdict(&world, signature.clone(), vec![evidence]);
        helps(&verdict);
        assert_eq!(verdict.signatory().unwrap().name(), "試験　商民");
        assert!(verdict.signer().unwrap().subject().contains("TEST Signing Service"));
    }
    let other = attested(&world, &record("witness", to_content(b"another document")));
    let verdict = verdict(&world, signature, vec![other]);
    assert_eq!(verdict.qualification().unwrap().status, QualificationStatus::Undetermined);
    assert!(verdict.signatory().is_none());
}

#[test]
fn witness_type_a_record_bound_to_the_certificate_alone_is_rejected() {
    let world = world();
    let signature = world.stamped(Person::Witness, NOW);
    // Declared as what it is, it isn't even read.
    let declared = attested(&world, &record("witness", to_certificate(&world, Person::Witness)));
    let mut facts = document(vec![signature.clone()]);
    facts.qualification_evidence = vec![declared];
    let judged = world.judge(&facts);
    assert!(codes(judged.findings()).contains(&"witness-bound-to-certificate"));
    assert_eq!(judged.signatures()[0].qualification().unwrap().status, QualificationStatus::Undetermined);
    // Declared as personal beside a record that shows what it is, it doesn't count, and the other does.
    let pretended = attested(&world, &record("personal", to_certificate(&world, Person::Witness)));
    let bound = attested(&world, &record("witness", to_value(&signature)));
    let verdict = verdict(&world, signature, vec![pretended, bound]);
    helps(&verdict);
    assert!(has(&verdict, "witness-bound-to-certificate"));
    assert_eq!(verdict.evidence().iter().filter(|one| one.accepted()).count(), 1);
}

#[test]
fn a_record_that_fits_two_signatures_alike_speaks_for_neither() {
    let world = world();
    let (mut one, mut two) = (world.stamped(Person::Witness, NOW), world.stamped(Person::Witness, NOW));
    one.id = "one".to_owned();
    two.id = "two".to_owned();
    for signature in [&mut one, &mut two] {
        signature.timestamps[0].covers = vec![Covered::SignatureValue { signature: signature.id.clone() }];
    }
    let by_value = attested(&world, &record("witness", to_value(&two)));
    let mut facts = document(vec![one, two]);
    facts.qualification_evidence = vec![attested(&world, &record("witness", to_content(CONTENT)))];
    for signature in world.judge(&facts).signatures() {
        never_helps(signature, "qualification-evidence-ambiguous");
    }
    // ECDSA gives each signature a value of its own.
    facts.qualification_evidence = vec![by_value];
    let judged = world.judge(&facts);
    assert!(judged.signatures()[0].signatory().is_none());
    helps(&judged.signatures()[1]);
}

#[test]
fn records_that_name_different_people_cancel_each_other() {
    let world = world();
    let signature = world.stamped(Person::Witness, NOW);
    let mut other = record("witness", to_value(&signature));
    other["person"]["name"] = json!("試験　別人");
    let one = attested(&world, &record("witness", to_value(&signature)));
    let verdict = verdict(&world, signature, vec![one, attested(&world, &other)]);
    never_helps(&verdict, "qualification-evidence-conflicting");
}

#[test]
fn an_hpki_certificate_is_judged_by_itself_whatever_a_record_says() {
    let world = world();
    for (person, status) in [
        (Person::NoRole, QualificationStatus::NoRole),
        (Person::TestCard, QualificationStatus::TestCard),
        (Person::Authentication, QualificationStatus::AuthenticationCertificate),
    ] {
        let evidence = attested(&world, &record("personal", to_certificate(&world, person)));
        let verdict = verdict(&world, world.stamped(person, NOW), vec![evidence]);
        assert_eq!(verdict.qualification().unwrap().status, status);
        assert!(verdict.evidence().is_empty());
    }
}

#[test]
fn route_b_the_certificate_itself_has_to_be_good() {
    let mut world = world();
    world.pki.revoke(Ca::Commercial, Person::Commercial.serial(), NOW - 5 * DAY);
    world.crls_of(NOW);
    let evidence = attested(&world, &personal(&world));
    let verdict = of_commercial(&world, evidence);
    assert_eq!(verdict.qualification().unwrap().status, QualificationStatus::Undetermined);
    assert_ne!(verdict.indication(), Indication::TotalPassed);
}

#[test]
fn route_c_the_publics_certificate_needs_the_record_and_a_registered_verifiers_word() {
    let world = world();
    let signature = || world.stamped(Person::Jpki, NOW - 2 * DAY);
    let alone = world.verdict(signature());
    let answer = alone.qualification().unwrap();
    assert_eq!((answer.status, answer.basis), (QualificationStatus::Undetermined, Basis::Jpki));
    assert!(has(&alone, "jpki-qualification-undetermined"));
    let mut record = record("personal", to_certificate(&world, Person::Jpki));
    record["issued_at"] = json!(time(NOW - DAY));
    let without = verdict(&world, signature(), vec![attested(&world, &record)]);
    assert_eq!(without.qualification().unwrap().status, QualificationStatus::Undetermined);
    assert!(has(&without, "jpki-revocation-statement-missing"));
    let statement = |at: Seconds| {
        let mut record = record.clone();
        record["revocation"] =
            json!({ "verifier": "TEST verifier", "not_revoked_at": time(at), "reference": "V-1" });
        verdict(&world, signature(), vec![attested(&world, &record)])
    };
    assert!(has(&statement(NOW - 3 * DAY), "jpki-revocation-statement-missing"), "asked before signing");
    helps(&statement(NOW - 2 * DAY));
}

#[test]
fn before_signing_a_record_opens_the_way_and_a_wrong_role_in_it_closes_it() {
    let mut world = world();
    let identity = world.pki.person(Person::Commercial);
    let records = [attested(&world, &personal(&world))];
    let check = |world: &World, records: &[QualificationEvidenceFacts]| {
        signer_checks(&certificate(identity), &chain(identity), false, records, &world.context())
    };
    assert_eq!(check(&world, &[]).permission(), Permission::GrantedWithOpenQuestions);
    assert_eq!(check(&world, &records).permission(), Permission::Granted);
    let class = DocumentClasses::builtin().find("dispensing").unwrap().clone();
    let mut pharmacy = world_with_attester(NOW - 100 * DAY, NOW + 100 * DAY);
    pharmacy.class = Some(class.clone());
    world.class = Some(class);
    let refused = signer_checks(
        &certificate(pharmacy.pki.person(Person::Commercial)),
        &chain(pharmacy.pki.person(Person::Commercial)),
        false,
        &[attested(&pharmacy, &personal(&pharmacy))],
        &pharmacy.context(),
    );
    assert_eq!(refused.permission(), Permission::Refused);
    assert!(codes(refused.findings()).contains(&"role-forbidden-for-class"));
}

#[test]
fn a_personal_record_bound_to_the_document_makes_no_doctor_of_whoever_signs_it_too() {
    let world = world();
    let evidence = attested(&world, &record("personal", to_content(CONTENT)));
    never_helps(&of_commercial(&world, evidence), "qualification-evidence-ambiguous");
    // Its signature value is nobody else's.
    let signature = world.stamped(Person::Commercial, NOW);
    let evidence = attested(&world, &record("personal", to_value(&signature)));
    helps(&verdict(&world, signature, vec![evidence]));
}

#[test]
fn route_c_a_verifiers_word_reaches_no_further_than_the_record_that_reports_it() {
    let world = world();
    let mut record = record("personal", to_certificate(&world, Person::Jpki));
    record["revocation"] =
        json!({ "verifier": "TEST", "not_revoked_at": time(NOW + 3000 * DAY), "reference": "1" });
    let signature = world.stamped(Person::Jpki, NOW);
    let evidence = attested(&world, &record);
    assert_ne!(
        verdict(&world, signature, vec![evidence]).qualification().unwrap().status,
        QualificationStatus::Qualified
    );
}
