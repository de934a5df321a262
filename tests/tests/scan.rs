//! Scanned paper: dates that are signed, pages that are looked at, paper of earlier years.

use hsign_testkit::Person;
use hsign_tests::{Session, today};
use serde_json::Value;

/// A day in Japan, so many days before today.
fn days_ago(days: i64) -> String {
    today().plus_days(-days).to_string()
}

fn codes(findings: &Value) -> Vec<String> {
    let findings = findings.as_array().unwrap();
    findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn dates_and_people_are_signed_with_the_scan_and_told_by_verify() {
    let session = Session::shared();
    let made = days_ago(1);
    let scanned = format!("{}T23:30:00+09:00", days_ago(1));
    let line = format!(
        "scan.pdf --tsa {{tsa}} --document-class scan --scan-mode same-day --created {made} --scanned {scanned} --author 1001 --proxy 1002 --confirmer 1003"
    );
    session.sign(Person::Pharmacist, &line).exits(0);
    let verified = session.verify("scan.signed.pdf --document-class scan").exits(0);
    let said = verified.signature()["metadata"].clone();
    assert_eq!((&said["created"], &said["scan_mode"]), (&made.clone().into(), &"same-day".into()));
    assert_eq!(
        (&said["author"], &said["proxy"], &said["confirmer"]),
        (&"1001".into(), &"1002".into(), &"1003".into())
    );
    let text = session
        .run("verify scan.signed.pdf --trust {trust} --evidence {crl} --lang ja --report r.html")
        .exits(0);
    assert!(
        text.text().contains(&format!("原本の作成日：{made}")) && text.text().contains("代行入力者：1002")
    );
    let html = String::from_utf8(session.read("r.html")).unwrap();
    assert!(html.contains("確定者") && html.contains(&made));
    let inspected = session.run("inspect scan.signed.pdf --output json").exits(0).json();
    assert_eq!(inspected["facts"]["signatures"][0]["metadata"]["created"], made);
    assert!(inspected["facts"]["scan"]["images"][0]["dpi"].is_u64());
}

#[test]
fn guideline_9_2_a_late_scan_is_refused_unless_a_reason_is_recorded() {
    let session = Session::shared();
    let late = format!("scan.pdf --tsa {{tsa}} --scan-mode same-day --created {}", days_ago(3));
    session.sign(Person::Pharmacist, &late).exits(1).says("scan-too-late").says("--late-reason");
    assert!(!session.path("scan.signed.pdf").exists());
    session
        .sign(Person::Pharmacist, &format!("{late} --late-reason 時間外"))
        .exits(0)
        .says("scan-late-with-reason");
    let signature = session.verify("scan.signed.pdf").exits(0).signature();
    assert_eq!(signature["metadata"]["late_reason"], "時間外");
    assert!(codes(&signature["findings"]).contains(&"scan-late-with-reason".to_owned()));
}

#[test]
fn guideline_9_2_verify_judges_the_interval_again_by_its_own_policy() {
    let session = Session::shared();
    let line = format!("scan.pdf --tsa {{tsa}} --scan-mode same-day --created {}", days_ago(2));
    session.sign(Person::Pharmacist, &line).exits(0);
    let policy = session.run("policy show hpki").exits(0).text();
    session.write("one-day.toml", policy.replace("days_to_scan = 2", "days_to_scan = 1"));
    let strict = session.verify("scan.signed.pdf --policy one-day.toml").exits(3);
    assert_eq!(strict.signature()["sub_indication"], "SIG_CONSTRAINTS_FAILURE");
    assert!(codes(&strict.signature()["findings"]).contains(&"scan-too-late".to_owned()));
    session.verify("scan.signed.pdf").exits(0);
    assert_eq!(
        session.verify("scan.signed.pdf --policy etsi").signature()["metadata"]["created"],
        days_ago(2)
    );
}

#[test]
fn statements_go_with_cms_signatures_and_not_with_xml() {
    let session = Session::shared();
    let said = format!("--scan-mode same-day --created {}", days_ago(0));
    session.write("image.png", b"no picture");
    session.sign(Person::Pharmacist, &format!("image.png --format cades --tsa {{tsa}} {said}")).exits(0);
    let signature = session.verify("image.p7s --content image.png").signature();
    assert_eq!(signature["metadata"]["created"], days_ago(0));
    session.sign(Person::Pharmacist, &format!("image.png --format asic --tsa {{tsa}} {said}")).exits(0);
    let signature = session.verify("image.asice").signature();
    assert_eq!(signature["metadata"]["created"], days_ago(0));
    session.write("a.xml", "<a/>");
    session
        .sign(Person::Pharmacist, &format!("a.xml {said}"))
        .exits(2)
        .says("XML signatures carry no statements");
}

/// A grey JPEG of the size of a page at 100 dots for an inch, headers only.
fn poor_scan() -> Vec<u8> {
    let jfif = b"\xff\xe0\x00\x10JFIF\0\x01\x01\x01\x00\x64\x00\x64\0\0";
    let frame = b"\xff\xc0\x00\x0b\x08\x04\x91\x03\x3b\x01\x01\x11\x00";
    [&b"\xff\xd8"[..], jfif, frame, b"\xff\xda\x00\x02\xff\xd9"].concat()
}

#[test]
fn guideline_9_1_c1_poor_pages_are_warned_about_when_signing_and_verifying() {
    let session = Session::shared();
    session.write("page.jpg", poor_scan());
    let signed = session
        .sign(Person::Pharmacist, "page.jpg --format cades --tsa {tsa} --document-class scan")
        .exits(0)
        .says("scan-resolution-low")
        .says("scan-lossy-compression");
    assert!(signed.err.contains("100"), "{signed}");
    let verified = session.verify("page.p7s --content page.jpg --document-class scan").document();
    let told = codes(&verified["findings"]);
    assert!(told.contains(&"scan-resolution-low".to_owned()), "{told:?}");
    session.sign(Person::Pharmacist, "page.jpg --format asic --tsa {tsa} --document-class scan").exits(0);
    let contained = session.verify("page.asice --document-class scan").document();
    assert!(codes(&contained["findings"]).contains(&"scan-resolution-low".to_owned()), "{contained}");
    assert_eq!(session.read("page.jpg"), poor_scan(), "the original bytes are kept");
    let kept = session.sign(
        Person::Pharmacist,
        "page.jpg --format cades --force --document-class scan --scan-mode paper-kept --tsa {tsa}",
    );
    assert!(!kept.exits(0).err.contains("scan-lossy-compression"), "the paper is there as well (§9.5)");
}

#[test]
fn guideline_9_3_paper_of_earlier_years_has_a_plan_two_people_objections_and_an_audit_record() {
    let session = Session::shared();
    for name in ["0001.pdf", "0002.pdf", "0003.pdf"] {
        session.write(&format!("box/{name}"), session.read("scan.pdf"));
    }
    session.write("box/0004.pdf", "no PDF");
    session.write("objections.txt", "0002 # patient objects\n");
    let whole = format!(
        "box --out-dir done --tsa {{tsa}} --document-class scan --scan-mode backlog --plan P-2026-1 --objections objections.txt --operator 1001 --operator 1002 --disposal {} --audit audit",
        days_ago(-90)
    );
    std::fs::create_dir(session.path("done")).unwrap();
    for lacking in ["--operator 1002", "--plan P-2026-1", "--objections objections.txt", "--audit audit"] {
        session.sign(Person::Pharmacist, &whole.replace(lacking, "")).exits(2).says("backlog");
    }
    session.sign(Person::Pharmacist, "scan.pdf --plan P-2026-1").exits(2).says("--scan-mode backlog");
    session.sign(Person::Pharmacist, &whole).exits(7).says("scan-objection");
    assert!(!session.path("done/0002.signed.pdf").exists());
    let said =
        session.verify("done/0001.signed.pdf --document-class scan").exits(0).signature()["metadata"].clone();
    assert_eq!((&said["plan"], &said["operators"][1]), (&"P-2026-1".into(), &"1002".into()));

    let mut names: Vec<String> = std::fs::read_dir(session.path("audit"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let [csv, csv_signature, json, json_signature] = names.as_slice() else { panic!("{names:?}") };
    let record: Value = serde_json::from_slice(&session.read(&format!("audit/{json}"))).unwrap();
    assert_eq!((&record["signed"], &record["skipped"], &record["failed"]), (&2.into(), &1.into(), &1.into()));
    let rows = record["documents"].as_array().unwrap();
    let outcomes: Vec<_> = rows.iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["signed", "skipped", "signed", "failed"]);
    assert_eq!(rows[1]["reason"], "scan-objection");
    let table = String::from_utf8(session.read(&format!("audit/{csv}"))).unwrap();
    assert_eq!(table.lines().count(), 5);
    for (content, signature) in [(csv, csv_signature), (json, json_signature)] {
        session.verify(&format!("audit/{signature} --content audit/{content}")).exits(0);
    }
}
