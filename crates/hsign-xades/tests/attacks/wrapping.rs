//! The eight classic ways to move a signed element out of the way of its reader, the same with the properties and the
//! objects of a signature.

use hsign_core::facts::Coverage;
use hsign_xades::eprescription::{Csv, ReferenceVariant, Side, Unsigned, prepare};

use crate::making::by_doctor;
use crate::signing::{signed, template};
use crate::support::describe;
use crate::{codes, passes, read};

const BODY: &str = "<Body Id=\"body\">dose 5</Body>";
const EVIL: &str = "<Body Id=\"other\">dose 500</Body>";

/// A document and its signature apart from each other.
struct Signed {
    document: String,
    signature: String,
}

impl Signed {
    /// An element by its Id, beside its signature.
    fn beside() -> Self {
        let document = signed(&format!("<Order>{BODY}{}</Order>", template("S", "#body", "")), "S");
        let start = document.find("<ds:Signature ").unwrap();
        let signature = document[start..].strip_suffix("</Order>").unwrap().to_owned();
        Self { document, signature }
    }

    /// The signature with another object at its end.
    fn with_object(&self, content: &str) -> String {
        self.signature.replace("</ds:Signature>", &format!("<ds:Object>{content}</ds:Object></ds:Signature>"))
    }
}

#[test]
fn what_the_attacks_start_from_passes() {
    let signed = Signed::beside();
    let facts = read(&signed.document).unwrap();
    assert!(passes(&facts), "{}", describe(&facts));
}

#[test]
fn the_eight_classic_forms_never_pass() {
    let signed = Signed::beside();
    let signature = &signed.signature;
    let same = EVIL.replace("other", "body");
    let forms = [
        (
            "1: whole document inside the signature",
            format!("<Order>{EVIL}{}</Order>", signed.with_object(&format!("<Order>{BODY}</Order>"))),
        ),
        (
            "2: whole document beside the signature",
            format!("<Order>{EVIL}<Order>{BODY}</Order>{signature}</Order>"),
        ),
        ("3: other element first", format!("<Order>{EVIL}{BODY}{signature}</Order>")),
        (
            "4: other element around it",
            format!("<Order><Body Id=\"other\">dose 500{BODY}</Body>{signature}</Order>"),
        ),
        (
            "5: other element around the signature",
            format!("<Order><Body Id=\"other\">dose 500{signature}</Body>{BODY}</Order>"),
        ),
        (
            "6: signature in the other, element in the signature",
            format!("<Order><Body Id=\"other\">dose 500{}</Body></Order>", signed.with_object(BODY)),
        ),
        (
            "7: the same Id in an extension",
            format!("<Order><Extensions>{same}</Extensions>{BODY}{signature}</Order>"),
        ),
        (
            "8: the same Id, element in the signature",
            format!("<Order>{same}{}</Order>", signed.with_object(BODY)),
        ),
    ];
    for (name, document) in forms {
        let facts = read(&document).unwrap();
        assert!(!passes(&facts), "{name}: {}", describe(&facts));
        let told = codes(&facts).iter().any(|code| ["xml-not-covered", "xml-id-not-unique"].contains(code));
        assert!(told, "{name}: {:?}", codes(&facts));
    }
}

#[test]
fn ids_of_any_usual_name_count_as_the_same() {
    let signed = Signed::beside();
    for attribute in ["id", "ID", "xml:id"] {
        let twin = format!("<Note {attribute}=\"body\"/>");
        let facts = read(&signed.document.replace(BODY, &format!("{BODY}{twin}"))).unwrap();
        assert!(codes(&facts).contains(&"xml-id-not-unique"), "{attribute}");
        assert!(!passes(&facts), "{attribute}");
    }
}

#[test]
fn false_signed_properties_never_pass() {
    let signed = Signed::beside();
    let document = &signed.document;
    let start = document.find("<ds:Object>").unwrap();
    let end = document.find("</ds:Object>").unwrap() + "</ds:Object>".len();
    let object = &document[start..end];
    let properties = &object["<ds:Object>".len()..object.len() - "</ds:Object>".len()];
    let false_time = |text: &str| text.replace("2026-09-21", "2020-01-01");
    let other_id = |text: &str| false_time(text).replace("S-properties", "F-properties");
    let outside = properties.replacen(' ', " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" ", 1);
    let forms = [
        (
            "false first",
            document.replace(object, &format!("<ds:Object>{}</ds:Object>{object}", other_id(properties))),
        ),
        (
            "false beside in one object",
            document.replace(properties, &format!("{}{properties}", other_id(properties))),
        ),
        (
            "true ones in a wrapper",
            document.replace(
                object,
                &format!(
                    "<ds:Object>{}</ds:Object><ds:Object><w>{properties}</w></ds:Object>",
                    other_id(properties)
                ),
            ),
        ),
        (
            "true ones outside",
            document.replace(object, &other_id(object)).replace("</Order>", &format!("{outside}</Order>")),
        ),
        ("the same Id", document.replace(object, &format!("{}{object}", false_time(object)))),
        (
            "two in one",
            document.replace(
                "<xades:SignedProperties ",
                &format!("{}<xades:SignedProperties ", signed_properties(&other_id(properties))),
            ),
        ),
        ("for another signature", document.replace("Target=\"#S\"", "Target=\"#T\"")),
        ("false time", false_time(document)),
    ];
    for (name, document) in forms {
        let facts = read(&document).unwrap();
        assert!(!passes(&facts), "{name}: {}", describe(&facts));
    }
}

/// The SignedProperties element alone.
fn signed_properties(properties: &str) -> &str {
    let start = properties.find("<xades:SignedProperties ").unwrap();
    let end = "</xades:SignedProperties>";
    &properties[start..properties.find(end).unwrap() + end.len()]
}

#[test]
fn properties_without_a_reference_to_them_are_not_signed() {
    let start = template("S", "#body", "");
    let reference = start.find("<ds:Reference URI=\"#S-properties\"").unwrap();
    let end = start.find("</ds:SignedInfo>").unwrap();
    let without = format!("<Order>{BODY}{}{}</Order>", &start[..reference], &start[end..]);
    let facts = read(&signed(&without, "S")).unwrap();
    assert!(codes(&facts).contains(&"xades-signed-properties-not-signed"));
    assert!(!passes(&facts));
}

#[test]
fn objects_that_nobody_signed_never_pass() {
    let object = "<ds:Object Id=\"o\"><Body>dose 5</Body></ds:Object>";
    let document = signed(&template("S", "#o", object), "S");
    assert!(passes(&read(&document).unwrap()));
    let evil = object.replace("dose 5", "dose 500");
    let renamed = evil.replace("\"o\"", "\"p\"");
    let forms = [
        ("one more", document.replace(object, &format!("{object}{renamed}"))),
        ("one more before", document.replace(object, &format!("{renamed}{object}"))),
        ("without Id", document.replace(object, &format!("{object}{}", evil.replace(" Id=\"o\"", "")))),
        ("the same Id", document.replace(object, &format!("{evil}{object}"))),
        (
            "moved into another",
            document.replace(object, &format!("{renamed}<ds:Object>{object}</ds:Object>")),
        ),
        ("around the signature", format!("<Order><Body>dose 500</Body>{document}</Order>")),
    ];
    for (name, document) in forms {
        let facts = read(&document).unwrap();
        assert!(!passes(&facts), "{name}: {}", describe(&facts));
    }
}

#[test]
fn a_list_of_references_has_to_be_the_signatures_own() {
    let manifest = "<ds:Manifest xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"m\"><ds:Reference URI=\"#body\">\
        <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>AAAA</ds:DigestValue>\
        </ds:Reference></ds:Manifest>";
    let typed = |document: String| {
        document.replace("URI=\"#m\"", "URI=\"#m\" Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\"")
    };
    let own = typed(template("S", "#m", &format!("<ds:Object>{manifest}</ds:Object>")));
    let facts = read(&signed(&own, "S")).unwrap();
    assert!(!codes(&facts).contains(&"xml-reference-elsewhere"));
    let listed = &facts.signatures[0].signed.as_ref().unwrap().references[2];
    assert_eq!((listed.name.as_str(), listed.holds()), ("#m/#body", None));
    let wrapped = typed(template("S", "#m", &format!("<ds:Object><w>{manifest}</w></ds:Object>")));
    let facts = read(&signed(&wrapped, "S")).unwrap();
    assert!(codes(&facts).contains(&"xml-reference-elsewhere"));
}

#[test]
fn a_countersignature_is_over_the_signature_it_stands_in() {
    let unsigned = |inner: &str| {
        format!(
            "</xades:SignedProperties><xades:UnsignedProperties><xades:UnsignedSignatureProperties>\
             <xades:CounterSignature>{inner}</xades:CounterSignature></xades:UnsignedSignatureProperties>\
             </xades:UnsignedProperties>"
        )
    };
    let both = |over: &str| {
        let first = format!("<Order>{BODY}{}{}</Order>", template("S", "#body", ""), "");
        let first = signed(&first, "S");
        let inner = template("C", over, "");
        signed(&first.replacen("</xades:SignedProperties>", &unsigned(&inner), 1), "C")
    };
    let facts = read(&both("#S-value")).unwrap();
    assert!(passes(&facts), "{}", describe(&facts));
    assert_eq!(facts.signatures[1].countersigns.as_deref(), Some("S"));
    for other in ["#body", "#S-properties"] {
        let facts = read(&both(other)).unwrap();
        assert!(codes(&facts).contains(&"xades-countersignature-elsewhere"), "{other}");
        assert!(!passes(&facts), "{other}");
        assert_eq!(facts.signatures[1].countersigns, None, "{other}");
    }
}

#[test]
fn a_countersignature_that_signs_a_part_too_covers_only_that() {
    let part = "<Body Id=\"part\">dose 5</Body>";
    let start =
        format!("<Order>{part}{BODY}{}{}</Order>", template("S", "", ""), template("T", "#S-value", ""));
    // A second reference of T, to one of the two bodies.
    let position = start.rfind("<ds:Reference URI=\"#S-value\"").unwrap();
    let end = position + start[position..].find("</ds:Reference>").unwrap() + "</ds:Reference>".len();
    let more = start[position..end].replace("#S-value", "#part");
    let both = format!("{}{more}{}", &start[..end], &start[end..]);
    let facts = read(&signed(&both, "T")).unwrap();
    assert_eq!(facts.signatures[1].coverage, Coverage::Partial);
    let alone = read(&signed(&start, "T")).unwrap();
    assert_eq!(alone.signatures[1].coverage, Coverage::Signature);
}

#[test]
fn content_in_parts_of_a_signature_that_nobody_signs_never_passes() {
    let sound = Signed::beside().document;
    let unsigned = |content: &str| {
        format!(
            "</xades:SignedProperties><xades:UnsignedProperties><xades:UnsignedSignatureProperties>{content}\
             </xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
        )
    };
    let foreign = "<x:Token xmlns:x=\"urn:token\">1</x:Token>";
    for place in ["</ds:KeyInfo>", "</ds:X509Data>"] {
        let extended = sound.replace(place, &format!("{foreign}{place}"));
        assert!(passes(&read(&extended).unwrap()), "KeyInfo is open to other vocabularies");
        let evil = sound.replace(place, &format!("{EVIL}{place}"));
        assert!(codes(&read(&evil).unwrap()).contains(&"xml-content-inside-signature"), "{place}");
        assert!(!passes(&read(&evil).unwrap()), "{place}");
    }
    for content in [EVIL.to_owned(), format!("<xades:CounterSignature>{EVIL}</xades:CounterSignature>")] {
        let evil = sound.replace("</xades:SignedProperties>", &unsigned(&content));
        assert!(codes(&read(&evil).unwrap()).contains(&"xml-content-inside-signature"), "{content}");
        assert!(!passes(&read(&evil).unwrap()), "{content}");
    }
}

#[test]
fn data_outside_stay_outside_where_they_are_missing() {
    let facts = read(&template("S", "scan.tiff", "")).unwrap();
    assert_eq!(facts.signatures[0].coverage, Coverage::External);
    assert!(!passes(&facts));
}

#[test]
fn an_electronic_prescription_is_signed_where_it_is_read() {
    let csv = "SJ1\n1,1,1234567,13,試験病院\n5,,ｲｼｬ ﾀﾛｳ,医師　太郎\n201,1,1,1,2,000000000,架空錠,3,1,錠\n";
    let csv = Csv::check(csv.as_bytes(), Side::Prescription).unwrap();
    let unsigned = Unsigned::prescription(&csv).unwrap();
    let (document, _) =
        by_doctor(|options| prepare(&unsigned, options, ReferenceVariant::WithoutTransforms).unwrap());
    let document = String::from_utf8(document).unwrap();
    let facts = read(&document).unwrap();
    assert!(passes(&facts), "{}", describe(&facts));
    assert_eq!(facts.signatures[0].profile.as_deref(), Some("eprescription"));
    let start = document.find("<PrescriptionDocument ").unwrap();
    let end = document.find("</PrescriptionDocument>").unwrap() + "</PrescriptionDocument>".len();
    let signed = &document[start..end];
    let other = signed.replace("id=\"PrescriptionDocument\"", "id=\"Other\"");
    let forms = [
        ("other first", document.replace(signed, &format!("{other}{signed}"))),
        (
            "moved to the end",
            document.replace(signed, &other).replace("</Prescription>", &format!("{signed}</Prescription>")),
        ),
        (
            "moved into the signature",
            document
                .replace(signed, &other)
                .replace("</ds:Signature>", &format!("<ds:Object>{signed}</ds:Object></ds:Signature>")),
        ),
        ("the same id", document.replace(signed, &format!("{signed}{signed}"))),
        (
            "another name",
            document
                .replace("PrescriptionDocument ", "OtherDocument ")
                .replace("</PrescriptionDocument>", "</OtherDocument>"),
        ),
    ];
    for (name, document) in forms {
        let facts = read(&document).unwrap();
        assert!(!passes(&facts), "{name}: {}", describe(&facts));
    }
}
