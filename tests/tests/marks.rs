//! `hsign sign --mark`: what is seen of a signature, and that it says nothing but what is signed.

use std::path::Path;
use std::process::Command;

use hsign_testkit::Person;
use hsign_testkit::manipulations::Update;
use hsign_tests::{Session, missing};

const FONT: &str = "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf";

fn equipped() -> bool {
    let there = Path::new(FONT).exists() && Command::new("pdftotext").arg("-v").output().is_ok();
    if !there {
        missing("fonts-ipaexfont-gothic or poppler-utils");
    }
    there
}

fn copied_text(session: &Session, name: &str) -> String {
    let output = Command::new("pdftotext").arg("-layout").arg(session.path(name)).arg("-").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_mark_shows_name_profession_and_time_and_the_signature_holds() {
    if !equipped() {
        return;
    }
    let session = Session::shared();
    let line = format!(
        "scan.pdf --tsa {{tsa}} --document-class dispensing --lang ja --mark last:bottom-right --mark-font {FONT}"
    );
    session.sign(Person::Pharmacist, &line).exits(0);
    let signature = session.verify("scan.signed.pdf --document-class dispensing").exits(0).signature();
    let text = copied_text(&session, "scan.signed.pdf");
    assert!(text.contains("資格 薬剤師 (Pharmacist)"), "{text}");
    let claimed = signature["claimed_signing_time"].as_str().unwrap();
    let minute = claimed.get(13..16).unwrap();
    assert!(text.contains("署名日時 20") && text.contains(minute) && text.contains("+09:00"), "{text}");
    let subject = signature["signer"]["subject"].as_str().unwrap();
    let shown = text.lines().find_map(|line| line.trim().strip_prefix("署名者 ")).unwrap();
    assert!(subject.contains(shown.trim()), "{subject} {shown}");
    let kinds = signature["modifications"]["changes"].as_array().unwrap();
    assert!(
        kinds.iter().all(|change| change["kind"] != "signature-field-shown"),
        "its own mark is no change: {kinds:?}"
    );
}

#[test]
fn a_second_signer_with_a_mark_leaves_the_first_signature_valid() {
    if !equipped() {
        return;
    }
    let session = Session::shared();
    session.sign(Person::Doctor, "scan.pdf -o first.pdf --tsa {tsa}").exits(0);
    let line = format!("first.pdf -o both.pdf --tsa {{tsa}} --mark 1:top-left --mark-font {FONT} --lang en");
    session.sign(Person::Pharmacist, &line).exits(0);
    let verified = session.verify("both.pdf").exits(0).json();
    let signatures = verified["documents"][0]["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), 2);
    assert_eq!(signatures[0]["modifications"]["verdict"], "permitted", "{}", signatures[0]["modifications"]);
}

#[test]
fn the_configuration_names_font_and_seal() {
    if !equipped() {
        return;
    }
    let session = Session::shared();
    session.write("mark.toml", format!("[mark]\nfont = \"{FONT}\"\n"));
    session.sign(Person::Doctor, "letter.pdf --config mark.toml --mark 1:20,20,70,15").exits(0);
    assert!(copied_text(&session, "letter.signed.pdf").contains("+09:00"));
}

#[test]
fn what_can_not_be_shown_is_refused_before_anything_is_written() {
    let session = Session::shared();
    session.sign(Person::Doctor, "letter.pdf --mark last:bottom-right --lang en").exits(2).says("font");
    session.sign(Person::Doctor, "letter.pdf --mark middle").exits(2);
    session.sign(Person::Doctor, "letter.pdf --mark-size 10x10").exits(2);
    session.write("no-font.ttf", "no font");
    let line = "letter.pdf --mark 1:top-left --mark-font no-font.ttf --lang en";
    session.sign(Person::Doctor, line).exits(2).says("font");
    if equipped() {
        let line = format!("letter.pdf --mark 99:top-left --mark-font {FONT} --lang en");
        session.sign(Person::Doctor, &line).exits(2).says("page");
        let line = format!("letter.pdf --mark 1:0,0,5000,10 --mark-font {FONT} --lang en");
        session.sign(Person::Doctor, &line).exits(2).says("page");
    }
    assert!(!session.path("letter.signed.pdf").exists());
}

/// The text within a rectangle of the first page as it is shown: left, top, width, height in points.
fn text_within(session: &Session, name: &str, [left, top, width, height]: [u32; 4]) -> String {
    let numbers = [left, top, width, height].map(|number| number.to_string());
    let options =
        ["-x", "-y", "-W", "-H"].iter().zip(&numbers).flat_map(|(key, value)| [*key, value.as_str()]);
    let mut command = Command::new("pdftotext");
    let output = command.args(["-r", "72"]).args(options).arg(session.path(name)).arg("-").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_visible_empty_field_gets_the_mark_in_its_place() {
    if !equipped() {
        return;
    }
    let session = Session::shared();
    let letter = session.read("letter.pdf");
    let [catalog, page] = [1, 3].map(|number| Update::body(&letter, number));
    let entries = |body: &str, more: &str| format!("{}{more}>>", body.strip_suffix(">>").unwrap());
    let field = "<</Type/Annot/Subtype/Widget/FT/Sig/T(Stamp)/Rect[300 60 520 120]/F 4/P 3 0 R>>";
    let empty = Update::of(&letter).objects(&[
        (1, entries(&catalog, "/AcroForm<</Fields[50 0 R]>>")),
        (3, entries(&page, "/Annots[50 0 R]")),
        (50, field.to_owned()),
    ]);
    session.write("empty.pdf", empty);
    let line = format!("empty.pdf --tsa {{tsa}} --field Stamp --mark field --mark-font {FONT} --lang en");
    session.sign(Person::Doctor, &line).exits(0);
    let signature = session.verify("empty.signed.pdf").exits(0).signature();
    assert_eq!(signature["id"], "Stamp");
    // The page is 842 points high.
    let shown = text_within(&session, "empty.signed.pdf", [300, 722, 220, 60]);
    assert!(shown.contains("SHIKEN Taro") && shown.contains("+09:00"), "{shown}");
}

#[test]
fn a_mark_in_a_corner_is_upright_on_a_turned_page() {
    if !equipped() {
        return;
    }
    let session = Session::shared();
    let letter = session.read("letter.pdf");
    for rotation in [90, 180, 270] {
        let page = Update::body(&letter, 3).replacen("<<", &format!("<</Rotate {rotation}"), 1);
        let name = format!("turned-{rotation}");
        session.write(&format!("{name}.pdf"), Update::of(&letter).objects(&[(3, page)]));
        let line = format!("{name}.pdf --level B-B --mark last:bottom-right --mark-font {FONT} --lang en");
        let _ = session.sign(Person::Doctor, &line);
        let (width, height) = if rotation == 180 { (595, 842) } else { (842, 595) };
        let quarter = [width / 2, height / 2, width / 2, height / 2];
        let shown = text_within(&session, &format!("{name}.signed.pdf"), quarter);
        assert!(shown.contains("Signed by SHIKEN Taro"), "{rotation}: {shown}");
    }
}
