//! What is changed after signing: each manipulation gets its verdict and its name, and honest updates pass.

use hsign_core::facts::ModificationVerdict;
use hsign_testkit::{Person, Unit, manipulations};
use hsign_validation::Integrity;

use crate::world::*;

/// Signed in the field of that name, stamped by the good authority.
fn signed_in(document: &Vec<u8>, field: &str) -> Vec<u8> {
    let request = hsign_pades::Request {
        field: Some(field),
        signing_time: Some(time(NOW)),
        contents_size: 24_000,
        ..hsign_pades::Request::default()
    };
    let prepared = hsign_pades::prepare(document, &request).unwrap();
    let cms = stamp(&baseline(&prepared, &person(Person::Doctor)), &unit(Unit::Tsa), NOW);
    [document.as_slice(), &prepared.embed(&cms).unwrap()].concat()
}

/// What is wrong with the answer to a case, if anything.
fn flaw(case: &manipulations::Case) -> Option<String> {
    let judged = World::new().judge(&case.bytes);
    let Some(verdict) = judged.signatures().iter().find(|one| one.id() != "Sneaky") else {
        return Some(format!("{}: no signature found", case.name));
    };
    let sub = verdict.sub_indication().map_or(String::new(), |sub| format!("/{}", sub.name()));
    let answer = format!("{}{sub}", verdict.indication().name());
    let found = verdict.modifications().unwrap();
    let kinds: Vec<_> = found.changes.iter().map(|change| change.kind.code()).collect();
    let (expected, says) = match case.verdict {
        "permitted" => (ModificationVerdict::Permitted, "TOTAL-PASSED"),
        "suspicious" => (ModificationVerdict::Suspicious, "INDETERMINATE/SIG_CONSTRAINTS_FAILURE"),
        // Which bytes make a revision can't be told either.
        "unreadable" => (ModificationVerdict::Suspicious, "TOTAL-FAILED/FORMAT_FAILURE"),
        _ => (ModificationVerdict::Forbidden, "TOTAL-FAILED/FORMAT_FAILURE"),
    };
    let right = verdict.integrity() == Integrity::Valid
        && found.verdict() == expected
        && kinds.contains(&case.kind)
        && answer == says
        && (matches!(case.verdict, "permitted" | "unreadable") || codes(verdict).contains(&case.kind));
    (!right).then(|| format!("{}: {} {:?} {kinds:?}", case.name, answer, found.verdict()))
}

fn assert_all(cases: &[manipulations::Case]) {
    let flaws: Vec<String> = cases.iter().filter_map(flaw).collect();
    assert!(flaws.is_empty(), "{flaws:#?}");
}

#[test]
fn every_manipulation_of_a_signed_letter_is_told_by_its_name() {
    let signed = stamped(&manipulations::letter(), &person(Person::Doctor), NOW);
    assert_eq!(World::new().says(&signed), "TOTAL-PASSED");
    assert_all(&manipulations::all(&signed));
}

#[test]
fn a_certification_level_rules_out_what_it_says() {
    for level in 1..=3 {
        let signed = signed_in(&manipulations::certified_letter(level), "Doctor");
        assert_eq!(World::new().says(&signed), "TOTAL-PASSED");
        assert_all(&manipulations::certified(&signed, level));
    }
}

/// A letter signed as old programs did: no CMS, a bare RSA value over SHA-1 and the certificate beside it.
fn signed_by_bare_rsa() -> Vec<u8> {
    let doctor = person(Person::DoctorRsa3072);
    let certificate = hsign_core::hex(&doctor.certificate);
    let (range, contents) = ("/ByteRange[0 0000000 0000000 0000000]", "0".repeat(2_000));
    let value = format!(
        "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.x509.rsa_sha1/Cert<{certificate}>{range}/Contents<{contents}>>>"
    );
    let letter = manipulations::letter();
    let catalog = manipulations::Update::body(&letter, 1).replace("/Fields[", "/Fields[50 0 R ");
    let field = "<</Type/Annot/Subtype/Widget/FT/Sig/T(Old)/Rect[0 0 0 0]/V 51 0 R>>".to_owned();
    let mut bytes = manipulations::Update::of(&letter).objects(&[(1, catalog), (50, field), (51, value)]);
    let find =
        |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).rposition(|window| window == text).unwrap();
    let start = find(&bytes, b"/Contents<") + b"/Contents".len();
    let end = start + contents.len() + 2;
    let filled = format!("/ByteRange[0 {start:07} {end:07} {:07}]", bytes.len() - end);
    let at = find(&bytes, range.as_bytes());
    bytes[at..at + range.len()].copy_from_slice(filled.as_bytes());
    let mut signer = openssl::sign::Signer::new(openssl::hash::MessageDigest::sha1(), &doctor.key).unwrap();
    let signed = [&bytes[..start], &bytes[end..]].concat();
    let value = hsign_asn1::encode::octet_string(&signer.sign_oneshot_to_vec(&signed).unwrap());
    let hex = hsign_core::hex(&value);
    bytes[start + 1..start + 1 + hex.len()].copy_from_slice(hex.as_bytes());
    bytes
}

#[test]
fn a_bare_rsa_value_is_judged_and_weak_by_its_date() {
    let document = signed_by_bare_rsa();
    let verdict = World::new().verdict(&document);
    assert_eq!(verdict.integrity(), Integrity::Valid, "{:?}", codes(&verdict));
    assert_ne!(verdict.indication().name(), "TOTAL-PASSED", "SHA-1 has ended: {:?}", codes(&verdict));
    assert!(verdict.signer().is_some());
    let mut forged = document.clone();
    let at = forged.windows(4).position(|window| window == b"5 mg").unwrap();
    forged[at] = b'9';
    let verdict = World::new().verdict(&forged);
    assert_eq!(verdict.integrity(), Integrity::Invalid);
    assert_eq!(verdict.indication().name(), "TOTAL-FAILED");
}
