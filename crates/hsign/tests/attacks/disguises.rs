//! Files that another program shows as something else than what was signed.

use hsign_cms::oid as cms_oid;
use hsign_testkit::{Person, Unit};

use crate::world::*;

/// A signature around `content`, stamped.
fn around(content: &[u8]) -> Vec<u8> {
    let doctor = person(Person::Doctor);
    let attributes = attributes_of(&digest(content), &doctor.certificate);
    stamp(&signed_data(&doctor, cms_oid::DATA, Some(content), &attributes), &unit(Unit::Tsa), NOW)
}

#[test]
fn what_follows_a_cms_in_its_file_keeps_it_from_passing_unless_it_is_padding() {
    // A PDF reader finds the header of the letter within the first bytes, and at the end another one.
    let cms = around(&letter());
    assert_eq!(World::new().says(&cms), "TOTAL-PASSED");
    for padding in [&b"\n"[..], b"\r\n", &[0; 512]] {
        assert_eq!(World::new().says(&[&cms, padding].concat()), "TOTAL-PASSED");
    }
    let other = hsign_testkit::documents::scanned_prescription().unwrap();
    for more in [other, around(b"another"), b"x".to_vec(), vec![0; 70_000]] {
        assert_eq!(
            World::new().says(&[cms.as_slice(), &more].concat()),
            "INDETERMINATE/SIG_CONSTRAINTS_FAILURE"
        );
    }
}
