//! Real electronic prescriptions and scan signatures, made with HPKI test cards, by the command and to the last imprint.

use std::collections::BTreeMap;

use hsign::x509::Certificate;
use hsign_core::hex;
use hsign_corpora::{Comparison, Corpus};
use hsign_tests::Session;
use serde_json::Value;

/// When the newest of the files had been renewed and the oldest root still held.
const AT: &str = "2022-10-01T00:00:00Z";

#[test]
fn conformance_eprescription() {
    let (Some(set), Some(anchors)) = (Corpus::open("eprescription"), Corpus::open_beside("clinical")) else {
        return;
    };
    let session = Session::shared();
    registry(&session, &set, &anchors);
    let mut comparison = Comparison::new("eprescription");
    for row in set.rows() {
        let path = row.get("path");
        session.write(path, set.file(path));
        let answer = session.run(&format!(
            "verify --output json --lang en --policy eprescription --trust registry.toml --at {AT} {path}"
        ));
        let document = &answer.json()["documents"][0];
        let (found, wanted) = (told(document), expected(path));
        if document["indication"] == "TOTAL-PASSED" {
            comparison.false_accept(path, format!("{found:#?}"));
        } else if found == wanted {
            comparison.agree(path);
        } else {
            comparison.differ(path, format!("{found:#?}, not {wanted:#?}"));
        }
    }
    comparison.finish();
}

/// The ministry's root for signers, and the roots of the test authorities that travel in the files as those of the
/// service.
fn registry(session: &Session, set: &Corpus, anchors: &Corpus) {
    let mut text = String::new();
    let mut add = |table: &str, kind: &str, name: &str, certificate: &[u8], more: &str| {
        session.write(&format!("{name}.cer"), certificate);
        let pin = hex(&hsign::crypto::sha256(certificate));
        text.push_str(&format!(
            "[[{table}]]\nkind = \"{kind}\"\nsubject = \"{name}\"\nsha256 = \"{pin}\"\ncertificate = \"{name}.cer\"\n{more}\n"
        ));
    };
    let root = anchors.file("anchors/mhlw_hpki_root_ca_v2.cer");
    add("anchor", "hpki-root", "mhlw", &der(root), "policies = [\"1.2.392.100495.1.5.1.1.3.1\"]");
    let service =
        "accreditation = \"e-prescription\"\nfrom = \"2010-01-01T00:00:00Z\"\nto = \"2050-01-01T00:00:00Z\"";
    for (number, root) in roots(set).into_iter().enumerate() {
        add("service", "tsa", &format!("service-{number}"), &root, service);
    }
    session.write("registry.toml", text);
}

fn der(bytes: &[u8]) -> Vec<u8> {
    hsign::x509::certificates_from_bytes(bytes).unwrap().remove(0).der().to_vec()
}

/// Self-signed certificates in the properties of time stamps.
fn roots(set: &Corpus) -> Vec<Vec<u8>> {
    let mut roots: BTreeMap<[u8; 32], Vec<u8>> = BTreeMap::new();
    for file in ["Prescription-004_01.xml", "Scan_20170511154438586_ESXLA.xml"] {
        let text = String::from_utf8(set.file(file).to_vec()).unwrap();
        for data in text.split("TimeStampValidationData").skip(1).step_by(2) {
            for value in data.split("EncapsulatedX509Certificate").skip(1).step_by(2) {
                let base64: String = value.split(['>', '<']).nth(1).unwrap().split_whitespace().collect();
                let certificate = openssl::base64::decode_block(&base64).unwrap();
                let parsed = Certificate::from_der(&certificate).unwrap();
                if parsed.issuer() == parsed.subject() {
                    roots.insert(hsign::crypto::sha256(&certificate), certificate);
                }
            }
        }
    }
    assert_eq!(roots.len(), 2);
    roots.into_values().collect()
}

/// What the set tells about, a line for each signature and each of its stamps.
fn told(document: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let mut lines = Vec::new();
    for signature in document["signatures"].as_array().into_iter().flatten() {
        let roles = signature["qualification"]["roles"].as_array().into_iter().flatten();
        let roles: Vec<String> = roles.map(|role| text(&role["text"])).collect();
        let named = ["id", "profile_level", "document_class", "integrity", "indication", "sub_indication"];
        let named: Vec<String> = named.iter().map(|name| text(&signature[name])).collect();
        let status = text(&signature["qualification"]["status"]);
        lines.push(format!("{} {status} [{}]", named.join(" "), roles.join(", ")));
        for stamp in signature["timestamps"].as_array().unwrap() {
            lines.push(format!("  {} {}", text(&stamp["kind"]), text(&stamp["integrity"])));
        }
    }
    if lines.is_empty() {
        lines.push(text(&document["indication"]));
    }
    lines
}

/// What the set expects, in the same words. Where it only says that something isn't valid, our own reason stands.
fn expected(path: &str) -> &'static [&'static str] {
    const DOCTOR: &str = "PrescriptionSign ES-XL prescription valid INDETERMINATE CHAIN_CONSTRAINTS_FAILURE test-card [Medical Doctor]";
    const BROKEN: &str =
        "PrescriptionSign - prescription undetermined TOTAL-FAILED FORMAT_FAILURE undetermined []";
    const OTHERWISE: &str =
        "PrescriptionSign - prescription undetermined TOTAL-FAILED FORMAT_FAILURE test-card [Medical Doctor]";
    const SCAN: &str = "Id - - undetermined INDETERMINATE SIGNED_DATA_NOT_FOUND test-card [Medical Doctor]";
    match path {
        "Prescription-004_01.xml" => &[DOCTOR, "  signature valid"],
        "Dispensing-005_03.xml" => &[
            DOCTOR,
            "  signature valid",
            // That of the pharmacist's signature, which covers the doctor's too.
            "  archive valid",
            "DispensingSign ES-A dispensing valid INDETERMINATE CHAIN_CONSTRAINTS_FAILURE test-card [Pharmacist]",
            "  signature valid",
            "  archive valid",
        ],
        "Scan_20170511154438586_ESXLA.xml" | "ArchiveTimeStampVerifierTests/MultiATS.xml" => &[
            SCAN,
            "  signature valid",
            "  archive valid",
            "  archive valid",
            "  archive valid",
            "  archive valid",
        ],
        // Those behind the undecodable one cover it as it was.
        "ArchiveTimeStampVerifierTests/MultiATSBase64Error.xml" => &[
            SCAN,
            "  signature valid",
            "  archive valid",
            "  archive undetermined",
            "  archive invalid",
            "  archive invalid",
        ],
        // Three characters were changed: in a digest, an algorithm's name and the value.
        "ReferenceVerifierTests/PrescriptionReferenceError.xml" => &[
            "PrescriptionSign ES-XL prescription invalid TOTAL-FAILED FORMAT_FAILURE test-card [Medical Doctor]",
            "  signature valid",
        ],
        "SignatureTimeStampVerifierTests/NotFoundTimeStamp.xml" => &[BROKEN],
        "SignatureTimeStampVerifierTests/SignatureValueHashError.xml" => &[BROKEN, "  signature invalid"],
        "SignatureTimeStampVerifierTests/TimeStampBase64Error.xml" => &[BROKEN, "  signature undetermined"],
        "SignatureValueVerifierTests/SignatureBase64Error.xml" => &[
            "PrescriptionSign ES prescription undetermined TOTAL-FAILED FORMAT_FAILURE test-card [Medical Doctor]",
        ],
        // Shift_JIS in a file that says UTF-8: no XML (XML 1.0 §4.3.3), so nothing in it is judged.
        "SignatureValueVerifierTests/SignedInfoError.xml" => &["NO-SIGNATURE"],
        "SigningCertificateSignatureXmlTests/FoundAtSigningCertificate.xml"
        | "SigningCertificateSignatureXmlTests/FoundAtSigningCertificateV2.xml" => &[OTHERWISE],
        "SigningCertificateSignatureXmlTests/NotFoundAnywhere.xml" => &[BROKEN],
        "XmlSchemaTests/XmlSchemaPrescriptionError.xml" => {
            &["PrescriptionSign - prescription undetermined TOTAL-FAILED FORMAT_FAILURE undetermined []"]
        }
        other => panic!("{other}: no expectation"),
    }
}
