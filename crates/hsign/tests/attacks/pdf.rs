//! What a PDF can hide, show twice or add later.

use hsign_core::Digest;
use hsign_testkit::{DAY, Person, Unit, manipulations};

use crate::world::*;

fn last(haystack: &[u8], needle: &[u8]) -> usize {
    haystack.windows(needle.len()).rposition(|window| window == needle).unwrap()
}

fn replaced(document: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = last(document, from.as_bytes());
    [&document[..at], to.as_bytes(), &document[at + to.len()..]].concat()
}

fn startxref(document: &[u8]) -> u64 {
    let tail = String::from_utf8(document[last(document, b"startxref")..].to_vec()).unwrap();
    tail.lines().nth(1).unwrap().trim().parse().unwrap()
}

/// The number in front of the last ` 0 obj` before `needle`.
fn object_with(document: &[u8], needle: &str) -> u32 {
    let at = last(document, needle.as_bytes());
    let object = last(&document[..at], b" 0 obj");
    let digits = document[..object].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&document[object - digits..object]).unwrap().parse().unwrap()
}

fn root(document: &[u8]) -> u32 {
    let at = last(document, b"/Root ");
    let text = String::from_utf8_lossy(&document[at + 6..at + 20]).into_owned();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

/// An incremental update with these objects.
fn updated(document: &[u8], objects: &[(u32, String)]) -> Vec<u8> {
    let mut result = document.to_vec();
    if result.last() != Some(&b'\n') {
        result.push(b'\n');
    }
    let mut entries = String::new();
    for (number, body) in objects {
        entries.push_str(&format!("{number} 1\n{:010} 00000 n \n", result.len()));
        result.extend(format!("{number} 0 obj\n{body}\nendobj\n").into_bytes());
    }
    let at = result.len();
    let (root, previous) = (root(document), startxref(document));
    let trailer = format!(
        "xref\n{entries}trailer\n<< /Size 900 /Root {root} 0 R /Prev {previous} >>\nstartxref\n{at}\n%%EOF\n"
    );
    result.extend(trailer.into_bytes());
    result
}

/// A later revision whose catalog leads to other pages and to no form.
pub fn with_other_catalog(document: &[u8]) -> Vec<u8> {
    updated(document, &[(root(document), "<< /Type /Catalog /Pages 99 0 R >>".to_owned())])
}

/// A later revision that turns the page upside down.
pub fn with_turned_page(document: &[u8]) -> Vec<u8> {
    let number = object_with(document, "/MediaBox");
    let at = last(document, format!("\n{number} 0 obj").as_bytes());
    let start = at + document[at..].windows(2).position(|window| window == b"<<").unwrap();
    let end = start + document[start..].windows(6).position(|window| window == b"endobj").unwrap();
    let body = String::from_utf8_lossy(&document[start..end]).into_owned();
    updated(document, &[(number, body.replacen("<<", "<< /Rotate 180 ", 1))])
}

/// The same under the older sub-filter, whose CMS needs no reference to the certificate.
pub fn adobe_signed(document: &Vec<u8>, make: impl FnOnce(&Digest) -> Vec<u8>) -> Vec<u8> {
    let hollow = signed_with(document, |_| Vec::new());
    let hollow = replaced(&hollow, "ETSI.CAdES.detached", "adbe.pkcs7.detached");
    filled(&hollow, make)
}

/// Fills the last /Contents by hand.
fn filled(hollow: &[u8], make: impl FnOnce(&Digest) -> Vec<u8>) -> Vec<u8> {
    let start = last(hollow, b"/Contents")
        + hollow[last(hollow, b"/Contents")..].iter().position(|b| *b == b'<').unwrap();
    let end = start + hollow[start..].iter().position(|byte| *byte == b'>').unwrap() + 1;
    let content = digest(&[&hollow[..start], &hollow[end..]].concat());
    let hex: String = make(&content).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut result = hollow.to_vec();
    result[start + 1..start + 1 + hex.len()].copy_from_slice(hex.as_bytes());
    result
}

#[test]
fn the_forger_makes_a_good_signature_when_nothing_is_forged() {
    let doctor = person(Person::Doctor);
    let document = adobe_signed(&letter(), |content| {
        stamp(&cms(&doctor, &attributes_of(content, &doctor.certificate)), &unit(Unit::Tsa), NOW)
    });
    assert_eq!(World::new().says(&document), "TOTAL-PASSED");
}

#[test]
fn a_signature_field_taken_out_of_the_form_is_still_found() {
    let document = stamped(&letter(), &person(Person::Doctor), NOW);
    let verdict = World::new().judge(&with_other_catalog(&document));
    assert_eq!(verdict.signatures().len(), 1);
    assert_ne!(verdict.indication().name(), "TOTAL-PASSED");
}

#[test]
fn a_signature_whose_value_a_later_revision_replaced_does_not_pass() {
    let document = stamped(&letter(), &person(Person::Doctor), NOW);
    let number = object_with(&document, "/ByteRange");
    for body in ["null", "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached >>"] {
        let forged = updated(&document, &[(number, body.to_owned())]);
        let verdict = World::new().judge(&forged);
        assert_ne!(verdict.indication().name(), "TOTAL-PASSED", "{body}");
        assert!(!verdict.signatures().is_empty() || !verdict.findings().is_empty(), "{body}");
    }
}

#[test]
fn junk_behind_the_last_revision_leaves_it_open() {
    let document = stamped(&letter(), &person(Person::Doctor), NOW);
    for junk in [&b"\nanything"[..], b"%%EOF\n%comment\n", &[0; 4096]] {
        let forged = [&document[..], junk].concat();
        let verdict = World::new().verdict(&forged);
        assert_ne!(verdict.indication().name(), "TOTAL-PASSED");
        assert_eq!(verdict.integrity(), hsign_validation::Integrity::Valid, "what was signed is unchanged");
    }
    // A line end is what gateways add.
    assert_eq!(World::new().says(&[&document[..], b"\r\n"].concat()), "TOTAL-PASSED");
}

#[test]
fn every_trick_with_the_byte_range_is_a_format_failure_or_a_wrong_digest() {
    let document = stamped(&letter(), &person(Person::Doctor), NOW);
    let at = last(&document, b"/ByteRange");
    let close = at + document[at..].iter().position(|byte| *byte == b']').unwrap() + 1;
    let old = String::from_utf8(document[at..close].to_vec()).unwrap();
    let numbers: Vec<u64> = old.split(['[', ']', ' ']).filter_map(|part| part.trim().parse().ok()).collect();
    let [_, first, second, length] = numbers[..] else { panic!("{old}") };
    let tricks = [
        [1, first - 1, second, length],
        [0, first - 1, second, length],
        [0, first, second + 1, length - 1],
        [0, first, second, length + 1],
        [0, first, second, length - 1],
        [0, first, first - 10, length],
        [0, 0, 0, 0],
        [0, first, second, u64::from(u32::MAX)],
    ];
    for trick in tricks {
        let text = format!("/ByteRange[{} {} {} {}", trick[0], trick[1], trick[2], trick[3]);
        if text.len() + 1 > old.len() {
            continue;
        }
        let new = format!("{text:<width$}]", width = old.len() - 1);
        let hollow = replaced(&document, &old, &new);
        let verdict = World::new().judge(&hollow);
        assert_eq!(verdict.indication().name(), "TOTAL-FAILED", "{trick:?}");
        assert!(
            verdict.signatures().iter().all(|one| one.integrity() != hsign_validation::Integrity::Valid
                || codes(one).iter().any(|code| code.starts_with("byte-range"))),
            "{trick:?}"
        );
    }
}

#[test]
fn a_name_escape_or_a_second_byte_range_does_not_pass() {
    let doctor = person(Person::Doctor);
    let hollow = signed_with(&letter(), |_| Vec::new());
    // /M takes as much room as a second, other byte range.
    let at = last(&hollow, b"/M (");
    let close = at + hollow[at..].iter().position(|byte| *byte == b')').unwrap() + 1;
    for second in ["/ByteRange[0 1 2 3]", "/#42yteRange[0 1 2]"] {
        let mut forged = hollow.clone();
        let text = format!("{second:<width$}", width = close - at);
        forged[at..close].copy_from_slice(text.as_bytes());
        let forged = filled(&forged, |content| {
            stamp(&cms(&doctor, &attributes_of(content, &doctor.certificate)), &unit(Unit::Tsa), NOW)
        });
        assert_ne!(World::new().says(&forged), "TOTAL-PASSED", "{second}");
    }
}

#[test]
fn of_two_signatures_one_tampered_one_the_document_fails() {
    let first = stamped(&letter(), &person(Person::Doctor), NOW);
    let second = stamped(&first, &person(Person::Pharmacist), NOW);
    assert_eq!(World::new().says(&second), "TOTAL-PASSED");
    // A byte of the second revision: the first signature stays what it was.
    let at = first.len() + 4;
    let mut forged = second.clone();
    let place = forged[at..].windows(4).position(|window| window == b"/M (").unwrap() + at + 10;
    forged[place] ^= 1;
    let verdict = World::new().judge(&forged);
    assert_eq!(verdict.indication().name(), "TOTAL-FAILED");
    let integrity: Vec<_> = verdict.signatures().iter().map(|one| one.integrity()).collect();
    assert_eq!(integrity, [hsign_validation::Integrity::Valid, hsign_validation::Integrity::Invalid]);
}

pub fn document_stamped(document: &Vec<u8>, at: i64, over: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let hollow = {
        let prepared = hsign_pades::prepare_document_timestamp(document, 12_000).unwrap();
        [document.as_slice(), &prepared.embed(&[]).unwrap()].concat()
    };
    let start = last(&hollow, b"/Contents")
        + hollow[last(&hollow, b"/Contents")..].iter().position(|b| *b == b'<').unwrap();
    let end = start + hollow[start..].iter().position(|byte| *byte == b'>').unwrap() + 1;
    let covered = over([&hollow[..start], &hollow[end..]].concat());
    filled(&hollow, |_| token(&unit(Unit::Tsa), &covered, at))
}

#[test]
fn a_document_time_stamp_counts_for_what_lies_under_it_with_the_right_digest_only() {
    let document = signed(&letter(), &person(Person::Doctor));
    let good = document_stamped(&document, NOW - 60, |bytes| bytes);
    assert_eq!(World::new().says(&good), "TOTAL-PASSED");
    assert_eq!(World::new().verdict(&good).best_signature_time().unwrap().0, time(NOW - 60));
    let bad = document_stamped(&document, NOW - 60, |mut bytes| {
        bytes.push(0);
        bytes
    });
    assert_eq!(World::new().verdict(&bad).best_signature_time().unwrap().0, time(NOW));
}

#[test]
fn a_signature_made_after_a_document_time_stamp_gains_nothing_from_a_field_of_the_same_name() {
    // A stamp of long ago over the doctor's signature; today somebody revoked since signs in a field of that name.
    let early = document_stamped(&signed(&letter(), &person(Person::Doctor)), NOW - 20 * DAY, |bytes| bytes);
    let late = signed(&early, &person(Person::Revoked));
    // Both fields are called alike.
    let first = late.windows(4).position(|window| window == b"/T (").unwrap();
    let name = &late[first..=first + late[first..].iter().position(|byte| *byte == b')').unwrap()];
    let second = last(&late, b"/T (");
    assert_ne!(first, second);
    let hollow = [&late[..second], name, &late[second + name.len()..]].concat();
    let revoked = person(Person::Revoked);
    let forged = filled(&hollow, |content| cms(&revoked, &attributes_of(content, &revoked.certificate)));
    let verdict = World::new().judge(&forged);
    let late = verdict
        .signatures()
        .iter()
        .find(|one| one.signer().is_some_and(|signer| signer.sha256() == hex(&revoked.certificate)));
    let late = late.unwrap();
    assert_ne!(verdict.signatures()[0].id(), late.id());
    assert_eq!(late.best_signature_time().unwrap().0, time(NOW), "{:?}", codes(late));
    assert_ne!(late.indication().name(), "TOTAL-PASSED");
}

#[test]
fn a_document_without_a_signature_is_never_passed() {
    let verdict = World::new().judge(&letter());
    assert_eq!(verdict.indication().name(), "NO-SIGNATURE");
    assert!(verdict.findings().iter().any(|finding| finding.code == "no-signature"));
}

#[test]
fn a_signature_turned_into_a_time_stamp_by_a_later_revision_does_not_vanish() {
    let first = stamped(&letter(), &person(Person::Doctor), NOW);
    let both = stamped(&first, &person(Person::Pharmacist), NOW);
    let number = object_with(&both, "/ByteRange");
    let disguise = "<< /Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161 /Contents <00> \
                    /ByteRange [0 1 2 3] >>";
    let verdict = World::new().judge(&updated(&both, &[(number, disguise.to_owned())]));
    assert_ne!(verdict.indication().name(), "TOTAL-PASSED");
}

#[test]
fn thirty_signatures_are_judged_together_and_all_pass() {
    let mut document = letter();
    for _ in 0..30 {
        document = stamped(&document, &person(Person::Doctor), NOW - 60);
    }
    let verdict = World::new().judge(&document);
    assert_eq!((verdict.signatures().len(), verdict.indication().name()), (30, "TOTAL-PASSED"));
}

#[test]
fn an_object_among_the_digits_of_contents_is_a_format_failure() {
    let signed = stamped(&manipulations::letter(), &person(Person::Doctor), NOW);
    let verdict = World::new().verdict(&manipulations::entry_into_contents(&signed));
    assert_eq!(verdict.indication().name(), "TOTAL-FAILED");
    assert_eq!(verdict.sub_indication().unwrap().name(), "FORMAT_FAILURE");
    assert!(codes(&verdict).contains(&"object-inside-contents"), "{:?}", codes(&verdict));
}

#[test]
fn a_letter_behind_a_thousand_foreign_bytes_is_signed_and_judged() {
    let signed = stamped(&manipulations::letter_behind_junk(), &person(Person::Doctor), NOW);
    assert_eq!(World::new().says(&signed), "TOTAL-PASSED");
}

#[test]
fn a_letter_with_one_face_from_the_header_and_one_from_the_first_byte_is_not_signed() {
    let asleep = manipulations::two_faced_letter();
    assert_eq!(World::new().says(&stamped(&asleep, &person(Person::Doctor), NOW)), "TOTAL-PASSED");
    let awake = manipulations::wake(&asleep);
    let refused = hsign_pades::prepare(&awake, &hsign_pades::Request::default()).err().unwrap();
    assert!(refused.to_string().contains("counted from"), "{refused}");
    let facts = hsign_pades::read_facts(&awake).unwrap();
    assert_eq!(facts.findings[0].code, "cross-reference-irregular");
}

#[test]
fn what_was_changed_after_a_document_time_stamp_alone_is_told() {
    let stamped = document_stamped(&letter(), NOW, |bytes| bytes);
    let told = |document: &Vec<u8>| -> Vec<String> {
        World::new().judge(document).findings().iter().map(|finding| finding.code.clone()).collect()
    };
    assert_eq!(told(&stamped), ["time-stamps-without-signature"]);
    assert_eq!(told(&document_stamped(&stamped, NOW, |bytes| bytes)), ["time-stamps-without-signature"]);
    let turned = told(&with_turned_page(&stamped));
    for code in ["changed-after-time-stamp", "page-changed"] {
        assert!(turned.iter().any(|told| told == code), "{turned:?}");
    }
}
