//! `hsign verify`: who signed, with which qualification, when, and whether it holds. Always in a new process.

use std::collections::BTreeSet;

use hsign_testkit::{Clock, CrlName, DAY, Person, Testbed, YEAR};
use hsign_tests::{Answer, Session, sign_unrefused};
use serde_json::{Value, json};

/// Signs the letter as somebody, even as somebody whom `sign` should refuse had it known.
fn signed_by(session: &Session, person: Person, rest: &str) {
    let answer = session.sign(person, &format!("letter.pdf -o signed.pdf --no-fetch {rest}"));
    assert!([0, 3].contains(&answer.code), "{answer}");
}

fn codes(value: &Value) -> BTreeSet<String> {
    value["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn has(answer: &Answer, code: &str) {
    assert!(codes(&answer.signature()).contains(code), "no {code}: {answer}");
}

#[track_caller]
fn verdict(answer: &Answer, indication: &str, sub: Option<&str>) {
    let signature = answer.signature();
    assert_eq!(signature["indication"], indication, "{answer}");
    assert_eq!(signature["sub_indication"], sub.map_or(Value::Null, Value::from), "{answer}");
}

fn status(answer: &Answer) -> String {
    answer.signature()["qualification"]["status"].as_str().unwrap().to_owned()
}

/// RFC 3339, seconds from now.
fn from_now(seconds: i64) -> String {
    hsign::Time::from_unix_seconds(Clock::system().now() + seconds).unwrap().to_string()
}

/// A file with the policy `hpki` under which the test PKI's keys last: what ends within five years is its certificates.
fn lasting(session: &Session) -> &'static str {
    let policy = hsign::Policy::preset_text("hpki").unwrap();
    let row = "until = \"no-end\"\nsource = \"this test\"\nconfidence = \"certain\"\n";
    let rows = format!("\n[[algorithms.key]]\nkind = \"rsa\"\nbits = 2048\n{row}");
    session.write("lasting.toml", format!("{policy}{rows}"));
    "lasting.toml"
}

/// The lists as they will stand at that moment, as a folder of evidence.
fn lists_at(session: &Session, folder: &str, seconds: i64) -> String {
    let at = Clock::system().now() + seconds;
    for list in CrlName::ALL {
        let crl = session.testbed().pki().crl(list, at).unwrap();
        session.write(&format!("{folder}/{}", list.file_name()), crl);
    }
    folder.to_owned()
}

const CHAIN_CONSTRAINTS: Option<&str> = Some("CHAIN_CONSTRAINTS_FAILURE");

#[test]
fn a_national_qualification_is_qualified_without_a_document_class() {
    for person in [Person::Doctor, Person::Dentist, Person::Pharmacist, Person::Nurse, Person::TwoRoles] {
        let session = Session::shared();
        signed_by(&session, person, "--tsa {tsa}");
        let answer = session.verify("signed.pdf").exits(0);
        assert_eq!(status(&answer), "qualified");
        let roles = answer.signature()["qualification"]["roles"].clone();
        let texts: BTreeSet<&str> =
            roles.as_array().unwrap().iter().map(|r| r["text"].as_str().unwrap()).collect();
        assert_eq!(texts, person.roles().iter().copied().collect());
        assert_eq!(answer.signature()["qualification"]["basis"], "hpki");
    }
}

#[test]
fn whoever_is_not_qualified_is_indeterminate_with_the_status_of_the_contract() {
    for (person, expected) in [
        (Person::TestCard, "test-card"),
        (Person::NoRole, "no-role"),
        (Person::UnknownRole, "unrecognised-role"),
    ] {
        let session = Session::shared();
        signed_by(&session, person, "--tsa {tsa}");
        let answer = session.verify("signed.pdf").exits(3);
        assert_eq!(status(&answer), expected);
        verdict(&answer, "INDETERMINATE", CHAIN_CONSTRAINTS);
        assert_eq!(answer.signature()["integrity"], "valid");
    }
}

#[test]
fn an_administrator_is_no_national_qualification() {
    let session = Session::shared();
    signed_by(&session, Person::HospitalDirector, "--tsa {tsa}");
    let answer = session.verify("signed.pdf").exits(3);
    assert_eq!(status(&answer), "role-mismatch");
    verdict(&answer, "INDETERMINATE", CHAIN_CONSTRAINTS);
}

#[test]
fn a_role_that_the_class_does_not_ask_for_is_a_mismatch() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    session.verify("signed.pdf --document-class referral").exits(0);
    let answer = session.verify("signed.pdf --document-class dispensing").exits(3);
    assert_eq!(status(&answer), "role-mismatch");
    verdict(&answer, "INDETERMINATE", CHAIN_CONSTRAINTS);
    let answer = session
        .run("verify signed.pdf --output json --trust {trust} --evidence {crl} --require-role Pharmacist");
    assert_eq!(status(&answer), "role-mismatch");
}

#[test]
fn a_scan_may_be_signed_by_somebody_whom_the_institution_lists() {
    let session = Session::shared();
    signed_by(&session, Person::NoRole, "--tsa {tsa}");
    session.verify("signed.pdf --document-class scan").exits(3);
    let certificate = session.testbed().person(Person::NoRole).certificate_der().to_vec();
    let pin: String = hsign::crypto::sha256(&certificate).iter().map(|b| format!("{b:02x}")).collect();
    session.write("config.toml", format!("[institution]\nscan_signers = [\"{pin}\"]\n"));
    session.verify("signed.pdf --document-class scan --config config.toml").exits(0);
    session.verify("signed.pdf --config config.toml").exits(3);
}

#[test]
fn an_authentication_certificate_is_told_as_such() {
    let session = Session::shared();
    let folder = session.testbed().folder().to_owned();
    sign_unrefused(&session, Person::Authentication, "signed.pdf");
    for trust in ["--trust {trust}", ""] {
        let answer =
            session.run(&format!("verify signed.pdf --output json {trust} --evidence {{crl}}")).exits(3);
        assert_eq!(status(&answer), "authentication-certificate", "{}", folder.display());
    }
}

#[test]
fn without_trust_a_signature_is_open_and_a_test_card_still_told() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    let answer = session.run("verify signed.pdf --output json").exits(3);
    verdict(&answer, "INDETERMINATE", Some("NO_CERTIFICATE_CHAIN_FOUND"));
    assert_eq!(status(&answer), "undetermined");
    assert_eq!(answer.signature()["integrity"], "valid");
    let session = Session::shared();
    signed_by(&session, Person::TestCard, "--tsa {tsa}");
    let answer = session.run("verify signed.pdf --output json").exits(3);
    verdict(&answer, "INDETERMINATE", Some("NO_CERTIFICATE_CHAIN_FOUND"));
    assert_eq!(status(&answer), "test-card");
}

#[test]
fn a_certificate_that_was_revoked_before_the_stamp_fails() {
    let session = Session::shared();
    signed_by(&session, Person::Revoked, "--tsa {tsa}");
    let answer = session.verify("signed.pdf");
    assert_ne!(answer.code, 0, "{answer}");
    let signature = answer.signature();
    let sub = signature["sub_indication"].as_str().unwrap();
    assert!(sub.starts_with("REVOKED"), "{answer}");
    has(&answer, "certificate-revoked");
}

#[test]
fn a_certificate_that_was_revoked_after_the_stamp_does_not_matter() {
    let session = Session::alone();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    session.testbed().clock().advance(2 * DAY);
    session.testbed().revoke(Person::Doctor);
    let lists = lists_at(&session, "later", 3 * DAY);
    let at = from_now(3 * DAY);
    let answer = session
        .run(&format!("verify signed.pdf --output json --trust {{trust}} --evidence {lists} --at {at}"))
        .exits(0);
    assert_eq!(status(&answer), "qualified");
}

#[test]
fn a_certificate_that_was_revoked_after_an_unstamped_signature_is_open() {
    let session = Session::alone();
    signed_by(&session, Person::Doctor, "");
    session.testbed().clock().advance(2 * DAY);
    session.testbed().revoke(Person::Doctor);
    let lists = lists_at(&session, "later", 3 * DAY);
    let at = from_now(3 * DAY);
    let answer = session
        .run(&format!("verify signed.pdf --output json --trust {{trust}} --evidence {lists} --at {at}"));
    verdict(&answer, "INDETERMINATE", Some("REVOKED_NO_POE"));
    let _ = answer.exits(3);
}

#[test]
fn after_the_certificate_ended_a_stamp_helps_and_nothing_else() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    let at = from_now(5 * YEAR);
    let early = lists_at(&session, "early", DAY);
    let late = lists_at(&session, "late", 5 * YEAR);
    let line = format!("verify signed.pdf --output json --trust {{trust}} --policy {}", lasting(&session));
    session.run(&format!("{line} --evidence {early} --evidence {late} --at {at}")).exits(0);
    let session = Session::shared();
    lasting(&session);
    signed_by(&session, Person::Doctor, "");
    let late = lists_at(&session, "late", 5 * YEAR);
    let answer = session.run(&format!("{line} --evidence {late} --at {at}")).exits(3);
    // The late list says nothing by its silence about who had expired before it was made.
    verdict(&answer, "INDETERMINATE", Some("CERTIFICATE_CHAIN_GENERAL_FAILURE"));
}

#[test]
fn a_signature_is_not_valid_before_its_stamp_says_it_existed() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    let at = from_now(-30 * DAY);
    let answer = session.verify(&format!("signed.pdf --at {at}"));
    assert_ne!(answer.code, 0, "{answer}");
    session.verify("signed.pdf --at yesterday").exits(2);
}

#[test]
fn tampered_bytes_anywhere_in_what_was_signed_are_a_total_failure() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    let signed = session.read("signed.pdf");
    let original = session.read("letter.pdf").len();
    let reason = b"/ByteRange";
    let dictionary = signed.windows(reason.len()).rposition(|window| window == reason).unwrap();
    let date = signed.windows(3).rposition(|window| window == b"(D:").unwrap();
    for position in [20, original / 2, original - 10, dictionary - 3, date + 5] {
        let mut tampered = signed.clone();
        tampered[position] ^= 1;
        session.write("tampered.pdf", &tampered);
        let answer = session.verify("tampered.pdf");
        if answer.code == 1 {
            verdict(&answer, "TOTAL-FAILED", Some("HASH_FAILURE"));
            assert_eq!(answer.signature()["integrity"], "invalid", "position {position}");
        } else {
            assert_eq!(answer.code, 4, "position {position}: {answer}");
        }
    }
}

#[test]
fn one_changed_digit_of_the_text_is_a_total_failure() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    let mut signed = session.read("signed.pdf");
    let at = session.read("letter.pdf").len() / 2;
    signed[at] ^= 1;
    session.write("tampered.pdf", &signed);
    let answer = session.verify("tampered.pdf").exits(1);
    verdict(&answer, "TOTAL-FAILED", Some("HASH_FAILURE"));
    assert_eq!(answer.document()["indication"], "TOTAL-FAILED");
    assert_eq!(answer.signature()["integrity"], "invalid");
}

#[test]
fn bytes_appended_after_the_signature_are_never_silently_fine() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    let mut signed = session.read("signed.pdf");
    signed.extend_from_slice(b"\n% a comment after the end\n");
    session.write("appended.pdf", &signed);
    let answer = session.verify("appended.pdf").exits(3);
    assert_eq!(answer.signature()["indication"], "INDETERMINATE");
    assert_eq!(answer.signature()["integrity"], "valid");
    assert_ne!(answer.signature()["coverage"], "whole-document");
}

#[test]
fn what_is_missing_is_named_and_fetched_only_on_demand() {
    let session = Session::alone();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    let _ = session.testbed().take_requests();
    let answer = session.run("verify signed.pdf --output json --trust {trust}").exits(3);
    verdict(&answer, "INDETERMINATE", Some("CERTIFICATE_CHAIN_GENERAL_FAILURE"));
    has(&answer, "revocation-data-missing");
    let hint = answer.signature()["findings"].to_string();
    assert!(hint.contains(&CrlName::Signature.url(session.testbed().base_url())), "{hint}");
    for line in ["verify signed.pdf --trust {trust} --evidence {crl}", "inspect signed.pdf"] {
        let _ = session.run(line).exits(0);
    }
    assert_eq!(session.testbed().take_requests().len(), 0, "no network without --fetch");
    session.run("verify signed.pdf --output json --trust {trust} --fetch").exits(0);
    assert!(!session.testbed().take_requests().is_empty());
}

#[test]
fn a_fetch_that_fails_is_a_finding_and_not_an_error() {
    let session = Session::alone();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    session.testbed().stop_serving();
    let answer = session.run("verify signed.pdf --output json --trust {trust} --fetch").exits(3);
    verdict(&answer, "INDETERMINATE", Some("CERTIFICATE_CHAIN_GENERAL_FAILURE"));
    assert!(answer.err.contains("fetch-failed"), "{answer}");
}

#[test]
fn with_the_network_gone_the_evidence_at_hand_is_enough() {
    let session = Session::alone();
    signed_by(&session, Person::Pharmacist, "--tsa {tsa}");
    session.testbed().stop_serving();
    let answer = session.run("verify signed.pdf --lang en --trust {trust} --evidence {crl}").exits(0);
    let _ = answer.prints("薬剤師 (Pharmacist), qualified, stamped at ");
}

#[test]
fn policies_differ_as_the_contract_says() {
    let session = Session::shared();
    signed_by(&session, Person::NoRole, "--tsa {tsa}");
    session.verify("signed.pdf --policy hpki").exits(3);
    let answer = session.verify("signed.pdf --policy etsi").exits(0);
    assert_eq!(status(&answer), "no-role", "a finding; the indication is untouched");
    let session = Session::shared();
    signed_by(&session, Person::Nurse, "--tsa {tsa}");
    session.verify("signed.pdf --policy hpki").exits(0);
    let answer = session.verify("signed.pdf --policy eprescription").exits(3);
    assert_eq!(status(&answer), "role-mismatch");
    let policy = session.verify("signed.pdf --policy etsi").json()["policy"].clone();
    assert_eq!(policy["name"], "etsi");
    session.verify("signed.pdf --policy nonsense").exits(2);
}

/// The PKI's registry with its TSA accredited otherwise.
fn registry_with(session: &Session, accreditation: &str) -> String {
    let text = std::fs::read_to_string(session.testbed().registry_path()).unwrap();
    let changed = text.replace("accreditation = \"mic\"", &format!("accreditation = \"{accreditation}\""));
    assert_ne!(text, changed);
    let folder = session.testbed().folder().display().to_string();
    session.write("trust.toml", changed.replace("certificate = \"", &format!("certificate = \"{folder}/")));
    "trust.toml".to_owned()
}

#[test]
fn a_stamp_by_a_tsa_that_is_not_accredited_is_not_enough_for_hpki() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    let trust = registry_with(&session, "none");
    let line = format!("verify signed.pdf --output json --trust {trust} --evidence {{crl}}");
    let answer = session.run(&line).exits(3);
    verdict(&answer, "INDETERMINATE", Some("SIG_CONSTRAINTS_FAILURE"));
    assert!(answer.signature().to_string().contains("tsa-not-accredited"), "{answer}");
    let stamp = answer.signature()["timestamps"][0].clone();
    assert_eq!((&stamp["integrity"], &stamp["tsa"]["accreditation"]), (&json!("valid"), &json!("none")));
    session.run(&format!("{line} --policy etsi")).exits(0);
}

#[test]
fn under_eprescription_the_class_of_the_service_is_asked_for() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    let answer = session.verify("signed.pdf --policy eprescription").exits(3);
    verdict(&answer, "INDETERMINATE", Some("SIG_CONSTRAINTS_FAILURE"));
    let trust = registry_with(&session, "e-prescription");
    let line = format!("verify signed.pdf --output json --trust {trust} --evidence {{crl}}");
    session.run(&format!("{line} --policy eprescription")).exits(0);
}

#[test]
fn a_tsa_counts_only_as_long_as_it_was_accredited() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    let _ = registry_with(&session, "jadac");
    let text = String::from_utf8(session.read("trust.toml")).unwrap();
    let (before, service) = text.split_once("[[service]]").unwrap();
    let ended: String = service
        .lines()
        .map(|line| {
            if line.starts_with("to = ") {
                "to = \"2020-01-01T00:00:00Z\"\n".to_owned()
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    session.write("trust.toml", format!("{before}[[service]]{ended}"));
    let answer = session.run("verify signed.pdf --output json --trust trust.toml --evidence {crl}").exits(3);
    verdict(&answer, "INDETERMINATE", Some("SIG_CONSTRAINTS_FAILURE"));
}

#[test]
fn without_any_stamp_the_finding_says_so() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "");
    let answer = session.verify("signed.pdf").exits(0);
    has(&answer, "no-time-stamp");
    assert_eq!(answer.signature()["timestamps"], json!([]));
    assert_eq!(answer.signature()["level"], "B-B");
}

#[test]
fn the_worst_of_several_documents_decides() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    let mut broken = session.read("signed.pdf");
    broken[300] ^= 1;
    session.write("broken.pdf", &broken);
    session.sign(Person::TestCard, "letter.pdf -o test-card.pdf").exits(3);
    session.verify("signed.pdf signed.pdf").exits(0);
    session.verify("signed.pdf letter.pdf").exits(4);
    session.verify("letter.pdf signed.pdf test-card.pdf").exits(3);
    let answer = session.verify("signed.pdf letter.pdf test-card.pdf broken.pdf").exits(1);
    let documents = answer.json()["documents"].as_array().unwrap().clone();
    let seen: Vec<&str> = documents.iter().map(|d| d["indication"].as_str().unwrap()).collect();
    assert_eq!(seen, ["TOTAL-PASSED", "NO-SIGNATURE", "INDETERMINATE", "TOTAL-FAILED"]);
    session.write("text.pdf", "no PDF");
    session.verify("text.pdf").exits(4);
    session.verify("absent.pdf").exits(4);
}

/// The keys of an object.
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().map(String::as_str).collect()
}

#[track_caller]
fn has_keys(value: &Value, expected: &[&str]) {
    let found = keys(value);
    for key in expected {
        assert!(found.contains(key), "{key} is missing in {found:?}");
    }
}

#[test]
fn the_json_has_the_keys_of_the_contract() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    let answer = session.verify("signed.pdf").exits(0);
    let json = answer.json();
    assert_eq!(json["schema"], "hsign.verify/1");
    has_keys(&json, &["schema", "validation_time", "policy", "trust", "documents"]);
    has_keys(&json["policy"], &["name", "sha256"]);
    has_keys(&json["trust"], &["sha256"]);
    let document = &json["documents"][0];
    let of_document = ["path", "sha256", "format", "indication", "sub_indication", "findings", "signatures"];
    has_keys(document, &of_document);
    assert_eq!(document["format"], "pades");
    assert_eq!(document["path"], "signed.pdf");
    let signature = &document["signatures"][0];
    let of_signature = [
        "id",
        "level",
        "profile",
        "indication",
        "sub_indication",
        "integrity",
        "coverage",
        "claimed_signing_time",
        "best_signature_time",
        "signer",
        "qualification",
        "timestamps",
        "modifications",
        "renew_by",
        "findings",
    ];
    has_keys(signature, &of_signature);
    has_keys(&signature["signer"], &["subject", "issuer", "serial", "sha256"]);
    has_keys(&signature["qualification"], &["status", "basis", "roles"]);
    has_keys(&signature["qualification"]["roles"][0], &["text", "ja", "recognised"]);
    let stamp = &signature["timestamps"][0];
    has_keys(stamp, &["kind", "gen_time", "integrity", "indication", "sub_indication", "tsa"]);
    has_keys(&stamp["tsa"], &["subject", "accreditation", "not_after"]);
    assert_eq!(stamp["kind"], "signature");
    assert_eq!(stamp["tsa"]["accreditation"], "mic");
    let finding = &signature["findings"][0];
    has_keys(finding, &["code", "severity", "message", "clause", "hint"]);
    assert_eq!(signature["coverage"], "whole-document");
    assert_eq!(signature["best_signature_time"], stamp["gen_time"]);
    let sha256 = hsign::crypto::sha256(&session.read("signed.pdf"));
    let sha256: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(document["sha256"], json!(sha256));
}

#[test]
fn findings_follow_the_language_and_their_codes_do_not() {
    let session = Session::shared();
    signed_by(&session, Person::TestCard, "--tsa {tsa}");
    let (ja, en) = (session.verify("signed.pdf --lang ja"), session.verify("signed.pdf --lang en"));
    assert_eq!(codes(&ja.signature()), codes(&en.signature()));
    assert_ne!(ja.signature()["findings"], en.signature()["findings"]);
    let text = session.run("verify signed.pdf --lang ja --trust {trust} --evidence {crl}").exits(3).text();
    assert!(text.contains("テストカード") && text.contains("医師"), "{text}");
    let text = session.run("verify signed.pdf --lang en --trust {trust} --evidence {crl}").exits(3).text();
    assert!(text.contains("TEST CARD") && text.contains("医師 (Medical Doctor)"), "{text}");
}

#[test]
fn the_locale_decides_when_the_option_does_not() {
    let mut session = Session::shared();
    signed_by(&session, Person::Doctor, "");
    session.set("LC_ALL", "ja_JP.UTF-8");
    let line = "verify signed.pdf --trust {trust} --evidence {crl}";
    assert!(session.run(line).text().contains("医師"), "Japanese");
    let ja = session.run(line).text();
    session.set("LC_ALL", "en_US.UTF-8");
    assert_ne!(ja, session.run(line).text());
}

#[test]
fn quiet_leaves_data_only() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    let answer = session.run("verify signed.pdf --quiet --trust {trust} --evidence {crl}").exits(0);
    assert_eq!(answer.err, "");
    assert!(!answer.out.is_empty());
}

#[test]
fn trust_of_a_bare_certificate_is_trust_without_a_class() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    let line = "verify signed.pdf --output json --evidence {crl} --trust {pki}/ca/hpki-root.pem --tsa-trust {pki}/ca/tsa-root.pem";
    let answer = session.run(line).exits(3);
    verdict(&answer, "INDETERMINATE", Some("SIG_CONSTRAINTS_FAILURE"));
    assert_eq!(status(&answer), "qualified");
    session.run(&format!("{line} --policy etsi")).exits(0);
}

#[test]
fn a_broken_stamp_never_helps_and_is_always_shown() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    let signed = session.read("signed.pdf");
    // The last octets of the CMS are the token's certificates or signature; the token is inside the hole of the
    // byte range, so that only the stamp breaks.
    let start = signed.windows(10).rposition(|window| window == b"/Contents ").unwrap() + 11;
    let hex = &signed[start..];
    let end = hex.iter().position(|byte| *byte == b'>').unwrap();
    let used = hex[..end].iter().rposition(|byte| *byte != b'0').unwrap();
    let mut broken = signed.clone();
    let at = start + used - 20;
    broken[at] = if broken[at] == b'1' { b'2' } else { b'1' };
    session.write("broken.pdf", &broken);
    let answer = session.verify("broken.pdf");
    let signature = answer.signature();
    assert_eq!(signature["integrity"], "valid");
    assert_eq!(signature["timestamps"][0]["integrity"], "invalid", "{answer}");
    assert_eq!(signature["timestamps"][0]["indication"], "TOTAL-FAILED");
    assert_eq!(signature["best_signature_time"], answer.json()["validation_time"]);
    has(&answer, "time-stamp-not-valid");
    has(&answer, "no-valid-time-stamp");
    let (early, late) = (lists_at(&session, "early", DAY), lists_at(&session, "late", 5 * YEAR));
    let at = from_now(5 * YEAR);
    for (file, code) in [("signed.pdf", 0), ("broken.pdf", 3)] {
        let line = format!("verify {file} --trust {{trust}} --evidence {early} --evidence {late} --at {at}");
        session.run(&format!("{line} --policy {}", lasting(&session))).exits(code);
    }
}

#[test]
fn a_signature_that_cannot_be_read_is_listed_and_never_dropped() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "");
    let mut signed = session.read("signed.pdf");
    let start = signed.windows(10).rposition(|window| window == b"/Contents ").unwrap() + 11;
    signed[start..start + 40].fill(b'0');
    session.write("unreadable.pdf", &signed);
    let answer = session.verify("unreadable.pdf");
    assert!([1, 3].contains(&answer.code), "{answer}");
    assert_eq!(answer.document()["signatures"].as_array().unwrap().len(), 1);
    assert_ne!(answer.signature()["integrity"], "valid");
    assert_eq!(answer.signature()["signer"], Value::Null);
}

#[test]
fn a_document_of_another_test_pki_is_not_trusted() {
    let session = Session::shared();
    signed_by(&session, Person::Doctor, "--tsa {tsa}");
    let root = session.testbed().folder().join("ca/commercial-root.pem");
    let line = format!("verify signed.pdf --output json --evidence {{crl}} --trust {}", root.display());
    let answer = session.run(&line).exits(3);
    verdict(&answer, "INDETERMINATE", Some("NO_CERTIFICATE_CHAIN_FOUND"));
}

#[test]
fn the_testkit_may_be_gone_when_a_document_is_verified() {
    let session = Session::shared();
    let keep = tempfile::tempdir().unwrap();
    {
        let testbed = Testbed::start_in_folder(Clock::system(), keep.path(), 0).unwrap();
        let credential = testbed.person(Person::Doctor).pkcs12_path();
        session
            .run(&format!(
                "sign letter.pdf --credential pkcs12:{} --pin-source file:{} --policy {{soft}} --trust {} --tsa {}",
                credential.display(),
                testbed.passphrase_path().display(),
                testbed.registry_path().display(),
                testbed.tsa_url(),
            ))
            .exits(0);
    }
    let folder = keep.path().display();
    session
        .run(&format!("verify letter.signed.pdf --trust {folder}/trust.toml --evidence {folder}/crl"))
        .exits(0);
}
