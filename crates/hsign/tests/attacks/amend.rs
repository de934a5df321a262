//! Amendments that name another original than the one that is there.

use hsign_core::facts::{AmendmentForm, Amends, SignedMetadata};
use hsign_core::{Digest, Time};
use hsign_pades::{Request, embed_original, prepare};
use hsign_testkit::{Person, Unit};

use crate::world::*;

fn statement(form: AmendmentForm, original: Digest) -> String {
    let mut said = SignedMetadata::default();
    said.amends = Some(Amends { form, original, note: Some("dose".to_owned()) });
    said.to_text()
}

fn at() -> Time {
    time(NOW)
}

/// The pharmacist signs `document` and states what it amends.
fn amended(document: &Vec<u8>, form: AmendmentForm, original: Digest) -> Vec<u8> {
    let text = statement(form, original);
    let request = Request {
        signing_time: Some(at()),
        metadata: Some(&text),
        contents_size: 24_000,
        ..Request::default()
    };
    let prepared = prepare(document, &request).unwrap();
    let cms = stamp(&baseline(&prepared, &person(Person::Pharmacist)), &unit(Unit::Tsa), NOW);
    [document.as_slice(), &prepared.embed(&cms).unwrap()].concat()
}

fn embedded(document: &Vec<u8>, original: &[u8]) -> Vec<u8> {
    [document.as_slice(), &embed_original(document, original, at()).unwrap()].concat()
}

#[test]
fn a_note_is_about_the_document_beneath_it() {
    let original = stamped(&letter(), &person(Person::Doctor), NOW);
    let sound = amended(&original, AmendmentForm::Revision, digest(&original));
    assert_eq!(World::new().says(&sound), "TOTAL-PASSED");
    // More line ends than one may stand between.
    for more in [&b"\n"[..], b"\r\n"] {
        let longer = [original.as_slice(), more].concat();
        let sound = amended(&longer, AmendmentForm::Revision, digest(&longer));
        assert_eq!(World::new().says(&sound), "TOTAL-PASSED", "{more:?}");
    }
    // A further signature on top changes nothing about that.
    let further = stamped(&sound, &person(Person::Doctor), NOW);
    assert_eq!(World::new().says(&further), "TOTAL-PASSED");
    let missing = "INDETERMINATE/SIG_CONSTRAINTS_FAILURE";
    let another = stamped(&letter(), &person(Person::Dentist), NOW);
    let forged = amended(&original, AmendmentForm::Revision, digest(&another));
    assert_eq!(World::new().says(&forged), missing, "another document's digest");
    let forged = amended(&original, AmendmentForm::Revision, digest(&letter()));
    assert_eq!(World::new().says(&forged), missing, "before the doctor signed");
    let unsigned = amended(&letter(), AmendmentForm::Revision, digest(&letter()));
    let later = stamped(&unsigned, &person(Person::Doctor), NOW);
    assert_eq!(World::new().says(&later), missing, "nobody had signed what is amended; somebody did later");
}

#[test]
fn an_embedded_original_is_the_one_that_was_signed_for() {
    let original = stamped(&letter(), &person(Person::Doctor), NOW);
    let other = stamped(&letter(), &person(Person::Dentist), NOW);
    let changed = hsign_testkit::documents::scanned_prescription().unwrap();
    let sound = amended(&embedded(&changed, &original), AmendmentForm::Embedded, digest(&original));
    assert_eq!(World::new().says(&sound), "TOTAL-PASSED");
    let missing = "INDETERMINATE/SIG_CONSTRAINTS_FAILURE";
    let forged = amended(&embedded(&changed, &other), AmendmentForm::Embedded, digest(&original));
    assert_eq!(World::new().says(&forged), missing, "another one is attached");
    let none = amended(&changed, AmendmentForm::Embedded, digest(&original));
    assert_eq!(World::new().says(&none), missing, "none is attached");
    let unsigned = amended(&embedded(&changed, &letter()), AmendmentForm::Embedded, digest(&letter()));
    assert_eq!(World::new().says(&unsigned), missing, "it was never signed");
    let mut broken = original.clone();
    broken[20] ^= 1;
    let forged = amended(&embedded(&changed, &broken), AmendmentForm::Embedded, digest(&broken));
    assert_ne!(World::new().says(&forged), "TOTAL-PASSED", "its signature is broken");
    // Attached after the amendment was signed, beside the one that it means.
    let twice = embedded(&sound, &other);
    assert_ne!(World::new().says(&twice), "TOTAL-PASSED", "attachments are part of the document");
}

#[test]
fn a_statement_is_read_where_it_was_signed() {
    let original = stamped(&letter(), &person(Person::Doctor), NOW);
    let sound = amended(&original, AmendmentForm::Revision, digest(&original));
    let text = statement(AmendmentForm::Revision, digest(&original));
    let place = sound.windows(16).rposition(|window| window == b"/XXhsignMetadata").unwrap();
    // In place, the bytes are signed.
    let mut changed = sound.clone();
    let note = place + text.find("dose").unwrap();
    let note = note + changed[note..].windows(4).position(|window| window == b"dose").unwrap();
    changed[note..note + 4].copy_from_slice(b"DOSE");
    assert_eq!(World::new().says(&changed), "TOTAL-FAILED/HASH_FAILURE");
}
