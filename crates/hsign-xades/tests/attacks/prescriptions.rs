//! Electronic prescriptions in which something stands beside what was signed. Their signatures cover parts of the
//! document, so that everything else has to be of the known form.

use hsign_core::SignatureAlgorithm;
use hsign_testkit::Person;
use hsign_xades::eprescription::{Csv, ReferenceVariant, Side, Unsigned, prepare};

use crate::making::{KeyPair, PKI, SHA256, signed};
use crate::support::describe;
use crate::{codes, passes, read};

const PRESCRIBED: &str =
    "SJ1\n1,1,1234567,13,試験病院\n5,,ｲｼｬ ﾀﾛｳ,医師　太郎\n201,1,1,1,2,000000000,架空錠,3,1,錠\n";
const DISPENSED: &str = "CJ1,\n1,患者　花子,2,19500504\n201,1,架空錠,3,錠,2,000000000,\n";

fn sign(person: Person, unsigned: &Unsigned) -> String {
    let pair = KeyPair::from(PKI.person(person));
    let algorithm = SignatureAlgorithm::RsaPkcs1(SHA256);
    let (document, _) = signed(&pair, &algorithm, |options| {
        prepare(unsigned, options, ReferenceVariant::WithoutTransforms).unwrap()
    });
    String::from_utf8(document).unwrap()
}

fn prescription() -> String {
    let csv = Csv::check(PRESCRIBED.as_bytes(), Side::Prescription).unwrap();
    sign(Person::Doctor, &Unsigned::prescription(&csv).unwrap())
}

fn dispensing() -> String {
    let csv = Csv::check(DISPENSED.as_bytes(), Side::Dispensing).unwrap();
    sign(Person::Pharmacist, &Unsigned::dispensing(&csv, prescription().as_bytes()).unwrap())
}

fn csv(element: &str, text: &str) -> String {
    format!("<{element}>{}</{element}>", openssl::base64::encode_block(text.as_bytes()))
}

/// From the start of one text to the end of another behind it.
fn part<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let start = text.find(from).unwrap();
    let end = start + text[start..].find(to).unwrap() + to.len();
    &text[start..end]
}

fn never_passes(forms: Vec<(&str, String)>, code: &str) {
    for (name, document) in forms {
        let facts = read(&document).unwrap();
        assert!(!passes(&facts), "{name}: {}", describe(&facts));
        assert!(codes(&facts).contains(&code), "{name}: {:?}", codes(&facts));
    }
}

#[test]
fn what_the_attacks_start_from_passes() {
    for document in [prescription(), dispensing()] {
        let facts = read(&document).unwrap();
        assert!(passes(&facts), "{}", describe(&facts));
    }
}

#[test]
fn nothing_stands_beside_a_prescription_that_nobody_signed() {
    let document = prescription();
    let evil = csv("PrescriptionDocument", &PRESCRIBED.replace("錠,3", "錠,300"));
    let second = format!("<Prescription>{evil}</Prescription>");
    let dispensed = csv("DispensingDocument", DISPENSED);
    let before = |place: &str, content: &str| document.replacen(place, &format!("{content}{place}"), 1);
    never_passes(
        vec![
            ("a second prescription", before("</Document>", &second)),
            (
                "a dispensing",
                before("</Document>", &format!("<Dispensing id=\"Dispensing\">{dispensed}</Dispensing>")),
            ),
            ("its CSV", before("</Document>", &dispensed)),
            ("another vocabulary", before("</Document>", "<x xmlns=\"urn:x\">300</x>")),
            ("text in the document", before("</Document>", "300")),
            ("text in the prescription", before("</Prescription>", "300")),
            ("an attribute", document.replace("<Prescription>", "<Prescription dose=\"300\">")),
            ("an attribute of the document", document.replace("<Document ", "<Document dose=\"300\" ")),
            ("beside the signature", before("</PrescriptionSign>", &evil)),
            ("in the signature", before("</ds:Signature>", &format!("<ds:Object>{evil}</ds:Object>"))),
            (
                "in the version",
                document.replace(
                    "<Version Value=\"EPS1.0\"/>",
                    &format!("<Version Value=\"EPS1.0\">{evil}</Version>"),
                ),
            ),
            (
                "in what the service adds",
                before(
                    "<PrescriptionSign>",
                    &format!("<AdditionalPrescriptionInformation>{evil}</AdditionalPrescriptionInformation>"),
                ),
            ),
        ],
        "eprescription-unsigned-content",
    );
}

#[test]
fn what_the_service_adds_takes_nothing_from_a_prescription() {
    let added = "<AdditionalPrescriptionInformation id=\"AdditionalPrescriptionInformation\">\
        <ConversionPharmaceuticalCode><ConversionYJcode>1</ConversionYJcode></ConversionPharmaceuticalCode>\
        </AdditionalPrescriptionInformation><PrescriptionSign>";
    let identified = "<PrescriptionId Value=\"1\"/></PrescriptionManagement>";
    let document = prescription()
        .replace("<PrescriptionSign>", added)
        .replace("</PrescriptionManagement>", identified)
        .replace("<Prescription>", "\n <Prescription>\n");
    let facts = read(&document).unwrap();
    assert!(passes(&facts), "{}: {:?}", describe(&facts), codes(&facts));
}

#[test]
fn a_dispensing_without_either_signature_does_not_pass_for_the_other() {
    let document = dispensing();
    let own = part(&document, "<DispensingSign>", "</DispensingSign>").to_owned();
    let stripped = document.replace(&own, "");
    let changed = {
        let old = part(&document, "<DispensingDocument ", "</DispensingDocument>");
        let new = csv("DispensingDocument", &DISPENSED.replace("錠,3", "錠,300"));
        stripped.replace(old, &new)
    };
    never_passes(
        vec![
            ("the pharmacist's", stripped),
            ("the pharmacist's, and another dispensing", changed),
            ("an empty element in its place", document.replace(&own, "<DispensingSign/>")),
        ],
        "eprescription-element-missing",
    );
    // A pharmacist who signs around a prescription that no doctor signed.
    let prescribed = prescription();
    let doctors = part(&prescribed, "<PrescriptionSign>", "</PrescriptionSign>");
    let unsigned = prescribed.replace(doctors, "<PrescriptionSign/>");
    let csv = Csv::check(DISPENSED.as_bytes(), Side::Dispensing).unwrap();
    if let Ok(unsigned) = Unsigned::dispensing(&csv, unsigned.as_bytes()) {
        never_passes(
            vec![("the doctor's", sign(Person::Pharmacist, &unsigned))],
            "eprescription-element-missing",
        );
    }
}
