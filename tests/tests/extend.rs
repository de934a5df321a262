//! `hsign extend`: what it adds to whose file, and when it does nothing.

use hsign_testkit::Person;
use hsign_tests::Session;

fn extend(session: &Session, rest: &str) -> hsign_tests::Answer {
    session.run(&format!("extend --trust {{trust}} --policy {{soft}} {rest}"))
}

#[test]
fn each_level_is_reached_from_below_by_appending() {
    let session = Session::shared();
    session.sign(Person::Doctor, "letter.pdf -o signed.pdf").exits(0);
    let mut before = "signed.pdf".to_owned();
    for level in ["B-T", "B-LT", "B-LTA"] {
        let after = format!("{level}.pdf");
        extend(&session, &format!("{before} -o {after} --tsa {{tsa}} --level {level}"))
            .exits(0)
            .prints(&format!("{after}\n"));
        assert!(session.read(&after).starts_with(&session.read(&before)), "every byte stays");
        assert_eq!(session.verify(&after).exits(0).signature()["level"], level);
        before = after;
    }
    extend(&session, &format!("{before} --tsa {{tsa}}")).exits(0).prints("B-LTA.extended.pdf\n");
    let document = session.verify("B-LTA.extended.pdf").exits(0).document();
    let stamps = document["signatures"][0]["timestamps"].as_array().unwrap();
    assert_eq!(stamps.len(), 3, "of B-T, of B-LTA, and one more");
}

#[test]
fn what_is_due_is_done_once_and_told_in_json() {
    let session = Session::shared();
    session.sign(Person::Doctor, "letter.pdf -o signed.pdf --tsa {tsa} --level B-T").exits(0);
    let row = |line: &str| extend(&session, line).exits(0).json()["documents"][0].clone();
    let first = row("signed.pdf --in-place --due --tsa {tsa} --output json");
    assert_eq!((&first["evidence_added"], &first["stamped"]), (&true.into(), &true.into()));
    assert_eq!(first["verdict"]["signatures"][0]["level"], "B-LTA");
    let bytes = session.read("signed.pdf");
    let second = row("signed.pdf --in-place --due --tsa {tsa} --output json");
    assert_eq!((&second["stamped"], &second["output"]), (&false.into(), &serde_json::Value::Null));
    assert_eq!(session.read("signed.pdf"), bytes);
    extend(&session, "signed.pdf --due --tsa {tsa}").exits(0).says("signed.pdf");
}

#[test]
fn several_files_and_what_is_no_signed_pdf() {
    let session = Session::shared();
    std::fs::create_dir(session.path("in")).unwrap();
    session.sign(Person::Doctor, "letter.pdf -o in/signed.pdf --tsa {tsa} --level B-T").exits(0);
    extend(&session, "letter.pdf --tsa {tsa}").exits(4);
    session.write("in/plain.pdf", session.read("scan.pdf"));
    extend(&session, "in --tsa {tsa}").exits(7);
    assert!(session.path("in/signed.extended.pdf").exists());
    extend(&session, "in/signed.pdf --level B-B --tsa {tsa}").exits(2);
    extend(&session, "in/signed.pdf --force").exits(2).says("--tsa");
}

#[test]
fn what_does_not_hold_is_not_stamped_and_what_is_open_is_told() {
    let session = Session::shared();
    session.sign(Person::Doctor, "letter.pdf -o signed.pdf --tsa {tsa} --level B-T").exits(0);
    let mut broken = session.read("signed.pdf");
    broken[20] ^= 1;
    session.write("broken.pdf", &broken);
    extend(&session, "broken.pdf --tsa {tsa}")
        .exits(1)
        .says("Not extended")
        .says("extending-invalid-signatures");
    assert!(!session.path("broken.extended.pdf").exists());
    extend(&session, "signed.pdf --tsa {tsa} --no-fetch").exits(3).says("extended-though-open");
}

#[test]
fn one_signature_of_several_by_its_name() {
    let session = Session::shared();
    session.sign(Person::Doctor, "letter.pdf -o one.pdf --field Doctor --tsa {tsa} --level B-T").exits(0);
    session
        .sign(Person::Pharmacist, "one.pdf -o two.pdf --field Pharmacist --tsa {tsa} --level B-T")
        .exits(0);
    extend(&session, "two.pdf --signature Nurse --tsa {tsa}").exits(2).says("Nurse");
    extend(&session, "two.pdf --signature Pharmacist --tsa {tsa}").exits(0);
    session.verify("two.extended.pdf").exits(0);
}
