use std::collections::BTreeMap;
use std::fmt::Write as _;

use hsign_core::{DigestAlgorithm, ErrorKind, SignatureAlgorithm};
use hsign_corpora::Corpus;
use hsign_testkit::Person;
use hsign_xades::eprescription::{
    Csv, ReferenceVariant, Side, Unsigned, element_needs, finished, prepare, signed_csv,
};
use hsign_xades::make::signature_imprint;
use hsign_xades::{DetachedContent, Error, read_facts};
use hsign_xml::dsig::NoExternal;

use crate::support::{KeyPair, PKI, SHA256, holds, levels, signed, xmlsec};

const PRESCRIPTION: &str =
    "SJ1\n1,1,1234567,13,試験病院\n5,,ｲｼｬ ﾀﾛｳ,医師　太郎\n201,1,1,1,2,000000000,架空錠,3,1,錠\n";
const DISPENSING: &str = "CJ1,\n1,患者　花子,2,19500504\n201,1,架空錠,3,錠,2,000000000,\n";
const VARIANTS: [ReferenceVariant; 2] =
    [ReferenceVariant::WithoutTransforms, ReferenceVariant::ExclusiveC14n];

fn sign(person: Person, unsigned: &Unsigned, variant: ReferenceVariant) -> (Vec<u8>, String) {
    let pair = KeyPair::from(PKI.person(person));
    let algorithm = SignatureAlgorithm::RsaPkcs1(SHA256);
    signed(&pair, &algorithm, |options| prepare(unsigned, options, variant).unwrap())
}

fn prescription(variant: ReferenceVariant) -> Vec<u8> {
    let csv = Csv::check(PRESCRIPTION.as_bytes(), Side::Prescription).unwrap();
    sign(Person::Doctor, &Unsigned::prescription(&csv).unwrap(), variant).0
}

fn unsigned_dispensing(prescription: &[u8]) -> Result<Unsigned, Error> {
    Unsigned::dispensing(&Csv::check(DISPENSING.as_bytes(), Side::Dispensing).unwrap(), prescription)
}

#[test]
fn the_prescription_has_the_shape_of_the_samples() {
    let document = String::from_utf8(prescription(ReferenceVariant::WithoutTransforms)).unwrap();
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document \
        xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" id=\"Document\" xsi:noNamespaceSchemaLocation=\"EP.xsd\">\
        <Prescription><PrescriptionManagement id=\"PrescriptionManagement\"><Version Value=\"EPS1.0\"/>\
        </PrescriptionManagement><PrescriptionDocument id=\"PrescriptionDocument\">U0oxCj";
    assert!(document.starts_with(head), "{document}");
    assert!(document.ends_with("</ds:Signature></PrescriptionSign></Prescription></Document>"));
    let mut uris = String::new();
    for part in document.split("<ds:Reference ").skip(1) {
        let reference = part.split("</ds:Reference>").next().unwrap();
        let uri = reference.split("URI=\"").nth(1).unwrap().split('"').next().unwrap();
        let uri = uri.split_once("-").map_or(uri, |(_, name)| name);
        write!(uris, "{uri} {} ", reference.contains("<ds:Transforms>")).unwrap();
    }
    assert_eq!(uris, "#PrescriptionDocument false KeyInfo true SignedProperties true ");
    assert!(document.contains("<xades:SigningTime>2026-09-21T14:13:20+00:00</xades:SigningTime>"));
    assert_eq!(document.matches("<ds:X509Certificate>").count(), 1, "the signer's certificate alone");
    assert!(!document.contains("IssuerSerialV2") && !document.contains("SignedDataObjectProperties"));
}

#[test]
fn both_variants_of_the_reference_hold_and_so_they_do_inside_a_dispensing() {
    for variant in VARIANTS {
        let prescribed = prescription(variant);
        assert!(holds(&prescribed, "PrescriptionSign", &NoExternal));
        assert_ne!(xmlsec(&prescribed, "PrescriptionSign", &[], false), Some(false), "{variant:?}");
        let unsigned = unsigned_dispensing(&prescribed).unwrap();
        let (dispensed, id) = sign(Person::Pharmacist, &unsigned, variant);
        assert_eq!(id, "DispensingSign");
        for id in ["PrescriptionSign", "DispensingSign"] {
            assert!(holds(&dispensed, id, &NoExternal), "{variant:?} {id}");
            assert_ne!(xmlsec(&dispensed, id, &[], false), Some(false), "{variant:?} {id}");
        }
        let inner = std::str::from_utf8(&prescribed).unwrap();
        let inner = inner.split("<Prescription>").nth(1).unwrap().split("</Prescription>").next().unwrap();
        let embedded = format!("<ReferencePrescription>{inner}</ReferencePrescription>");
        assert!(String::from_utf8_lossy(&dispensed).contains(&embedded), "not byte for byte");
    }
}

#[test]
fn what_was_signed_is_exported_from_the_signed_octets() {
    for variant in VARIANTS {
        let prescribed = prescription(variant);
        let (dispensed, _) = sign(Person::Pharmacist, &unsigned_dispensing(&prescribed).unwrap(), variant);
        assert_eq!(signed_csv(&prescribed, "PrescriptionSign").unwrap().csv, PRESCRIPTION.as_bytes());
        let csv = signed_csv(&dispensed, "PrescriptionSign").unwrap();
        assert_eq!((csv.side, csv.csv.as_slice()), (Side::Prescription, PRESCRIPTION.as_bytes()));
        let csv = signed_csv(&dispensed, "DispensingSign").unwrap();
        assert_eq!((csv.side, csv.csv.as_slice()), (Side::Dispensing, DISPENSING.as_bytes()));
        let text = String::from_utf8(dispensed).unwrap();
        let forged = text.replacen(
            "<DispensingDocument id=\"DispensingDocument\">Q0ox",
            "<DispensingDocument id=\"DispensingDocument\">Q0oy",
            1,
        );
        assert_ne!(text, forged);
        let error = signed_csv(forged.as_bytes(), "DispensingSign").unwrap_err();
        assert_eq!(error.finding().code, "xml-data-changed");
        // A second element with the id, or the right one elsewhere, gives nothing.
        let moved = text.replacen(
            "<Dispensing id=\"Dispensing\">",
            "<Dispensing id=\"Dispensing\"><Dispensing id=\"Dispensing\"/>",
            1,
        );
        assert!(signed_csv(moved.as_bytes(), "DispensingSign").is_err());
    }
}

#[test]
fn a_dispensing_is_taken_to_the_archive_level_but_not_the_prescription_in_it() {
    let prescribed = prescription(ReferenceVariant::default());
    for (level, document) in levels(&prescribed, "PrescriptionSign", &DetachedContent::new()) {
        assert!(holds(&document, "PrescriptionSign", &NoExternal), "{level}");
        let unsigned = unsigned_dispensing(&document).unwrap();
        let (dispensed, id) = sign(Person::Pharmacist, &unsigned, ReferenceVariant::default());
        for (outer, document) in levels(&dispensed, &id, &DetachedContent::new()) {
            assert!(holds(&document, &id, &NoExternal), "{level} in {outer}");
            assert!(holds(&document, "PrescriptionSign", &NoExternal), "{level} in {outer}");
        }
        let error = signature_imprint(&dispensed, "PrescriptionSign", SHA256).unwrap_err();
        assert_eq!(error.finding().code, "xml-signature-covered");
        assert_eq!(error.finding().values["covering"], "DispensingSign");
    }
}

#[test]
fn only_a_prescription_that_keeps_its_meaning_is_embedded() {
    let good = String::from_utf8(prescription(ReferenceVariant::default())).unwrap();
    let xsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
    let cases = [
        (good.replacen(xsi, &format!("{xsi} xmlns:a=\"urn:a\""), 1), "eprescription-prescription-context"),
        (
            good.replacen("<Prescription>", "<Prescription xml:lang=\"ja\">", 1),
            "eprescription-prescription-context",
        ),
        (good.replacen("<Prescription>", "<Prescription><Other/>", 1), "eprescription-element-unexpected"),
        (good.replacen("<Version Value=\"EPS1.0\"/>", "", 1), "eprescription-element-missing"),
        (good.replacen("U0oxCj", "U0oyCj", 1), "eprescription-csv-first-record"),
        (good.replacen("U0oxCjEs", "U0oxCjUs", 1), "xml-data-changed"),
        (good.replacen("U0oxCj", "U0ox*j", 1), "eprescription-csv-not-base64"),
        ("<Document><Dispensing/></Document>".to_owned(), "eprescription-not-a-prescription"),
        ("<a/>".to_owned(), "eprescription-not-a-prescription"),
    ];
    for (document, code) in cases {
        let error = unsigned_dispensing(document.as_bytes()).unwrap_err();
        assert_eq!(error.finding().code, code);
        assert_eq!(error.kind(), ErrorKind::Unreadable);
    }
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(good.replacen("UTF-8", "UTF-16", 1).encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let error = unsigned_dispensing(&utf16).unwrap_err();
    assert_eq!(error.finding().code, "eprescription-prescription-encoding");
}

#[test]
fn a_signature_element_made_elsewhere_is_taken_only_where_it_fits() {
    let csv = Csv::check(PRESCRIPTION.as_bytes(), Side::Prescription).unwrap();
    let unsigned = Unsigned::prescription(&csv).unwrap();
    for variant in VARIANTS {
        let whole = String::from_utf8(prescription(variant)).unwrap();
        let start = whole.find("<ds:Signature ").unwrap();
        let end = whole.find("</PrescriptionSign>").unwrap();
        let element = &whole[start..end];
        let declared = format!("<?xml version=\"1.0\"?>\n{element}\n");
        assert_eq!(finished(&unsigned, declared.as_bytes()).unwrap(), whole.as_bytes());
        let needs = element_needs(&unsigned, DigestAlgorithm::Sha256, variant).unwrap();
        assert_eq!(
            (needs.signature_id.as_str(), needs.reference_uri.as_str()),
            ("PrescriptionSign", "#PrescriptionDocument")
        );
        assert!(element.contains(&base64(needs.digest.value.as_slice())));
        for (from, to) in [
            ("Id=\"PrescriptionSign\"", "Id=\"Other\""),
            ("URI=\"#PrescriptionDocument\"", "URI=\"#PrescriptionManagement\""),
            ("<xades:SigningTime>2026", "<xades:SigningTime>2027"),
        ] {
            assert!(finished(&unsigned, element.replacen(from, to, 1).as_bytes()).is_err(), "{from}");
        }
    }
    assert!(finished(&unsigned, b"<other/>").is_err());
}

fn base64(bytes: &[u8]) -> String {
    openssl::base64::encode_block(bytes)
}

#[test]
fn prescriptions_of_the_service_are_dispensed_and_exported() {
    let Some(corpus) = Corpus::open("eprescription") else { return };
    let prescribed = corpus.file("Prescription-004_01.xml");
    let csv = signed_csv(prescribed, "PrescriptionSign").unwrap();
    assert!(csv.csv.starts_with(b"SJ1\n1,1,"));
    Csv::check(&csv.csv, Side::Prescription).unwrap();
    let (dispensed, id) =
        sign(Person::Pharmacist, &unsigned_dispensing(prescribed).unwrap(), ReferenceVariant::default());
    for id in ["PrescriptionSign", &id] {
        assert!(holds(&dispensed, id, &NoExternal), "{id}");
    }
    let sample = corpus.file("Dispensing-005_03.xml");
    assert_eq!(signed_csv(sample, "PrescriptionSign").unwrap(), csv);
    let dispensed = signed_csv(sample, "DispensingSign").unwrap();
    assert!(dispensed.csv.starts_with(b"CJ1,\n"));
    Csv::check(&dispensed.csv, Side::Dispensing).unwrap();
    assert!(
        signed_csv(corpus.file("ReferenceVerifierTests/PrescriptionReferenceError.xml"), "PrescriptionSign")
            .is_err()
    );
}

/// Every time stamp of a document by its token, and whether its imprint holds.
fn imprints(document: &[u8]) -> BTreeMap<Vec<u8>, bool> {
    let facts = read_facts(&document.to_vec(), &DetachedContent::new()).unwrap();
    let stamps = facts.signatures.into_iter().flat_map(|signature| signature.timestamps);
    stamps
        .map(|stamp| {
            let holds = stamp.read.is_some_and(|token| token.imprint.holds() == Some(true));
            (stamp.token.0, holds)
        })
        .collect()
}

#[test]
fn files_of_others_are_renewed_without_a_change_of_what_their_stamps_cover() {
    let Some(corpus) = Corpus::open("eprescription") else { return };
    for (file, id) in [
        ("Prescription-004_01.xml", "PrescriptionSign"),
        ("Dispensing-005_03.xml", "DispensingSign"),
        ("Scan_20170511154438586_ESXLA.xml", "Id"),
    ] {
        let document = corpus.file(file);
        assert!(holds(document, id, &NoExternal), "{file}");
        let before = imprints(document);
        assert!(before.values().all(|holds| *holds) && !before.is_empty(), "{file} {before:?}");
        for (level, document) in levels(document, id, &DetachedContent::new()) {
            assert!(holds(&document, id, &NoExternal), "{file} {level}");
            let after = imprints(&document);
            assert!(after.len() > before.len(), "{file} {level}");
            assert!(after.values().all(|holds| *holds), "{file} {level} {after:?}");
        }
    }
}
