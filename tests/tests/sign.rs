//! `hsign sign`, and what it leaves behind.

use hsign_testkit::Person;
use hsign_tests::Session;

#[test]
fn a_pharmacist_signs_a_scan_and_it_verifies_in_a_new_process() {
    let session = Session::shared();
    let done = session.sign(Person::Pharmacist, "scan.pdf --tsa {tsa} --document-class dispensing").exits(0);
    assert_eq!(done.text(), "scan.signed.pdf\n");
    let signed = session.read("scan.signed.pdf");
    assert!(signed.starts_with(&session.read("scan.pdf")), "the original is a prefix");
    session.verify("scan.signed.pdf --document-class dispensing").exits(0);
}
