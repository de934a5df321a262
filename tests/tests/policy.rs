//! `hsign policy`: the presets, and until when which algorithm is strong enough.

use hsign_testkit::Person;
use hsign_tests::Session;

#[test]
fn every_preset_is_listed_with_its_table_and_can_be_copied() {
    let session = Session::shared();
    let list = session.run("policy list --output json").exits(0).json();
    let rows = list["policies"].as_array().unwrap();
    let tables: Vec<_> =
        rows.iter().map(|row| (row["name"].as_str().unwrap(), row["algorithms"].as_str().unwrap())).collect();
    assert_eq!(
        tables,
        [("hpki", "cryptrec"), ("hpki-strict", "cryptrec"), ("etsi", "etsi"), ("eprescription", "cryptrec")]
    );
    for (name, _) in tables {
        let text = session.run(&format!("policy show {name}")).exits(0).text();
        session.write("mine.toml", text);
        session.run("policy show mine.toml").exits(0);
    }
}

#[test]
fn explain_shows_the_table_with_limits_and_sources() {
    let session = Session::shared();
    let text = session.run("policy explain --lang en --at 2026-11-21T00:00:00Z").exits(0).text();
    assert!(text.contains("algorithm table: cryptrec"), "{text}");
    assert!(text.contains("rsa 2048     until 2030-12-31 23:59:59 +09:00"), "{text}");
    assert!(text.contains("ENDED 2014-12-31 23:59:59 +09:00"), "{text}");
    assert!(text.contains("c-a-c.jp"), "{text}");
    let json = session.run("policy explain --policy etsi --output json").exits(0).json();
    assert_eq!(json["table"]["name"], "etsi");
    let rows = json["table"]["rows"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["source"].is_string() && row["confidence"].is_string()));
}

#[test]
fn explain_answers_for_a_certificate_and_for_a_signed_file() {
    let session = Session::shared();
    let line = "policy explain {pki}/ca/hpki-root.pem --output json";
    let json = session.run(&format!("{line} --at 2026-11-21T00:00:00Z")).exits(0).json();
    let object = &json["files"][0]["objects"][0];
    assert_eq!((&object["object"], &object["good"]), (&"certificate".into(), &true.into()), "{object}");
    let json = session.run(&format!("{line} --at 2081-01-01T00:00:00Z")).exits(0).json();
    assert_eq!(json["files"][0]["objects"][0]["good"], false);
    session.sign(Person::Doctor, "letter.pdf --tsa {tsa} --trust {trust} --evidence {crl}").exits(0);
    let json = session.run("policy explain letter.signed.pdf --output json").exits(0).json();
    let objects = json["files"][0]["objects"].as_array().unwrap();
    for kind in ["signature", "timestamp", "certificate"] {
        let found = objects.iter().find(|object| object["object"] == kind);
        let uses = found.unwrap_or_else(|| panic!("no {kind}: {json}"))["uses"].as_array().unwrap();
        assert!(!uses.is_empty());
    }
    session.run("policy explain letter.signed.pdf --lang ja").exits(0).prints("署名値: ");
    session.run("policy explain letter.pdf").exits(2);
    session.run("policy explain home/soft.toml").exits(2);
}

#[test]
fn a_signature_judged_after_its_key_is_too_short_is_open_with_the_last_good_date() {
    let session = Session::shared();
    session.sign(Person::Doctor, "letter.pdf --evidence {crl}").exits(0);
    let row = "[[algorithms.key]]\nkind = \"rsa\"\nbits = 1024\nuntil = \"2020-12-31\"\nsource = \"us\"\nconfidence = \"certain\"\n";
    let keys = [1024, 2048, 3072, 7680].map(|bits| row.replace("1024", &bits.to_string())).join("\n");
    let curves = [224, 256, 384]
        .map(|bits| row.replace("\"rsa\"", "\"ec\"").replace("1024", &bits.to_string()))
        .join("\n");
    let policy = session.run("policy show hpki").exits(0).text();
    session.write("short.toml", policy.replace("[signing]", &format!("{keys}\n{curves}\n[signing]")));
    let line = "verify letter.signed.pdf --trust {trust} --evidence {crl} --policy short.toml --lang en";
    let verdict = session.run(&format!("{line} --output json")).exits(3).signature();
    assert_eq!(verdict["sub_indication"], "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "{verdict}");
    assert!(verdict.to_string().contains("good until 2020-12-31 23:59:59 +09:00"), "{verdict}");
}
