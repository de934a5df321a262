//! XML signatures by the command: what the reader of a report sees, and what can't be signed.

use hsign_testkit::Person;
use hsign_tests::Session;
use serde_json::{Value, json};

#[test]
fn several_files_come_under_one_signature_beside_them() {
    let session = Session::shared();
    session.write("case/a 1.csv", "1,2,3\n");
    session.write("case/画像.tif", [7_u8; 4_000]);
    let line = "case --format xades --packaging detached -o case.signed.xml --tsa {tsa}";
    session.sign(Person::Doctor, line).exits(0);
    let signature = session.verify("case.signed.xml --content case").exits(0).signature();
    assert_eq!(signature["coverage"], "external");
    let references = signature["references"].as_array().unwrap();
    assert!(references.len() >= 2 && references.iter().all(|one| one["holds"] == true), "{signature:#}");
    session
        .run("verify case.signed.xml --content case --trust {trust} --evidence {crl} --lang en")
        .exits(0)
        .prints("unchanged");

    let without = session.verify("case.signed.xml").exits(3).signature();
    assert_eq!(without["sub_indication"], "SIGNED_DATA_NOT_FOUND");
    session.verify("case.signed.xml --content case/画像.tif").exits(3);
    session.write("case/a 1.csv", "1,2,4\n");
    let changed = session.verify("case.signed.xml --content case").exits(1).signature();
    assert_eq!(changed["sub_indication"], "HASH_FAILURE");
}

#[test]
fn a_list_of_files_is_signed_and_each_file_is_told() {
    let session = Session::shared();
    session.write("list/a.csv", "1,2,3\n");
    session.write("list/b.xml", "<b/>");
    session.sign(Person::Doctor, "list --packaging manifest -o list.signed.xml --tsa {tsa}").exits(0);
    let text = String::from_utf8(session.read("list.signed.xml")).unwrap();
    assert!(text.contains("<ds:Manifest ") && text.contains("URI=\"a.csv\""), "{text}");

    let holds = |signature: &Value, name: &str| {
        let references = signature["references"].as_array().unwrap();
        let of_name = |one: &&Value| one["name"].as_str().is_some_and(|whole| whole.ends_with(name));
        references.iter().find(of_name).unwrap_or_else(|| panic!("{name}: {signature:#}"))["holds"].clone()
    };
    let whole = session.verify("list.signed.xml --content list").exits(0).signature();
    assert_eq!((&whole["level"], holds(&whole, "b.xml")), (&json!("B-LTA"), json!(true)));

    let one = session.verify("list.signed.xml --content list/a.csv").exits(3).signature();
    assert_eq!((holds(&one, "a.csv"), holds(&one, "b.xml")), (json!(true), Value::Null));
    session.write("list/b.xml", "<c/>");
    let changed = session.verify("list.signed.xml --content list").exits(1).signature();
    assert_eq!((holds(&changed, "a.csv"), holds(&changed, "b.xml")), (json!(true), json!(false)));
}

type Encode<'a> = dyn Fn(&str) -> Vec<u8> + 'a;

#[test]
fn the_encodings_of_japanese_sites_stay_as_they_are() {
    let session = Session::shared();
    let text = "<?xml version=\"1.0\" encoding=\"ENCODING\"?>\r\n<処方><薬>アムロジピン</薬></処方>\r\n";
    let shift_jis = |text: &str| encoding_rs::SHIFT_JIS.encode(text).0.into_owned();
    let utf_16: fn(&str) -> Vec<u8> =
        |text| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf_8: fn(&str) -> Vec<u8> = |text| text.as_bytes().to_vec();
    let encodings: [(&str, &Encode<'_>); 3] =
        [("Shift_JIS", &shift_jis), ("UTF-16", &utf_16), ("UTF-8", &utf_8)];
    for (name, encode) in encodings {
        let document = encode(&text.replace("ENCODING", name));
        session.write("rx.xml", &document);
        session.sign(Person::Doctor, "rx.xml --tsa {tsa} --force").exits(0);
        session.verify("rx.signed.xml").exits(0);
        let signed = session.read("rx.signed.xml");
        let front = document.iter().zip(&signed).take_while(|(before, after)| before == after).count();
        assert!(signed.ends_with(&document[front..]), "{name}: only the signature came in");
    }
}

#[test]
fn what_is_no_xml_that_can_be_signed_is_refused_with_a_way_out() {
    let session = Session::shared();
    session.write("dtd.xml", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>");
    session.write("broken.xml", "<a><b></a>");
    for name in ["dtd.xml", "broken.xml"] {
        session.sign(Person::Doctor, &format!("{name} --lang en")).exits(4).says("--format cades");
        session.sign(Person::Doctor, &format!("{name} --format cades")).exits(0);
    }
    assert!(!session.path("dtd.signed.xml").exists());
}

#[test]
fn an_xml_without_a_signature_has_none() {
    let session = Session::shared();
    session.write("plain.xml", "<a/>");
    session.verify("plain.xml").exits(4);
    session.run("extend plain.xml --trust {trust} --tsa {tsa}").exits(4);
    session.run("inspect plain.xml").exits(4);
}

#[test]
fn xmlsec_agrees() {
    let session = Session::shared();
    session.write("cda.xml", "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><text>x</text></ClinicalDocument>");
    session.sign(Person::Doctor, "cda.xml --tsa {tsa}").exits(0);
    let root = session.testbed().folder().join("ca/hpki-root.pem");
    let status = std::process::Command::new("xmlsec1")
        .args(["--verify", "--enabled-reference-uris", "empty,same-doc", "--trusted-pem"])
        .arg(root)
        .args(["--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", "cda.signed.xml"])
        .current_dir(session.folder())
        .output();
    match status {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => hsign_tests::missing("xmlsec1"),
    }
}
