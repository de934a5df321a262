//! The eight classic forms of XML signature wrapping. In each the signature holds, or its Id is ambiguous; in none does
//! it cover the record that the application uses.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod support;

use hsign_xml::Node;
use hsign_xml::dsig::NoExternal;
use support::{EXCLUSIVE, draft, holds, reference, sign, transform, with_signature};

const GOOD: &str = "<Record Id=\"r\"><Dose>1</Dose></Record>";

/// `<Message>` with the record and, beside it, its signature.
fn genuine() -> String {
    let signature = draft(&reference("#r", &transform(EXCLUSIVE, "")), "");
    sign(&format!("<Message>{GOOD}{signature}</Message>"), &NoExternal)
}

/// The signature of the genuine message.
fn signature_of(message: &str) -> String {
    let start = message.find("<ds:Signature ").unwrap();
    let end = message.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    message[start..end].to_owned()
}

/// What an application does that knows its schema: the first Record of the Message.
fn used<'d>(root: Node<'d>) -> Node<'d> {
    assert!(root.is("", "Message"));
    root.child("", "Record").expect("a record")
}

enum Caught {
    /// All is well with the signature, but it covers something else.
    NotCovered,
    /// The reference leads to two elements.
    Ambiguous,
}

#[track_caller]
fn attack(text: &str, caught: &Caught) {
    with_signature(text, &NoExternal, |signature, context| {
        let facts = support::facts(signature, context);
        let record = used(context.document.root());
        assert_eq!(record.child("", "Dose").unwrap().text(), "100", "the attack is one");
        let covered = facts
            .references
            .iter()
            .filter_map(|resolved| resolved.what.as_ref())
            .any(|what| what.covers(record));
        assert!(!covered, "{text}");
        match caught {
            Caught::NotCovered => {
                assert!(holds(&facts.signed.unwrap()), "{text}");
                let what = facts.references[0].what.as_ref().unwrap();
                let place = what.nodes().unwrap().apex();
                assert_eq!(&text[place.range()], GOOD);
                assert_ne!(place, record);
            }
            Caught::Ambiguous => {
                assert!(!holds(&facts.signed.unwrap()));
                assert_eq!(facts.findings[0].code, "xml-id-not-unique");
            }
        }
    });
}

/// Puts `inside` at the end of the signature, as an object.
fn with_object(signature: &str, inside: &str) -> String {
    signature.replace("</ds:Signature>", &format!("<ds:Object>{inside}</ds:Object></ds:Signature>"))
}

#[test]
fn the_genuine_message_is_covered() {
    with_signature(&genuine(), &NoExternal, |signature, context| {
        let facts = support::facts(signature, context);
        assert!(holds(&facts.signed.unwrap()));
        assert!(facts.references[0].what.as_ref().unwrap().covers(used(context.document.root())));
    });
}

#[test]
fn xsw1_the_signed_message_inside_the_signature_of_a_forged_one() {
    let genuine = genuine();
    let signature = with_object(&signature_of(&genuine), &format!("<Message>{GOOD}</Message>"));
    attack(
        &format!("<Message><Record Id='x'><Dose>100</Dose></Record>{signature}</Message>"),
        &Caught::NotCovered,
    );
}

#[test]
fn xsw2_the_signed_message_beside_the_signature_in_a_forged_one() {
    let signature = signature_of(&genuine());
    let forged = "<Record Id='x'><Dose>100</Dose></Record>";
    attack(&format!("<Message>{forged}<Message>{GOOD}</Message>{signature}</Message>"), &Caught::NotCovered);
}

#[test]
fn xsw3_a_forged_record_before_the_signed_one() {
    let signature = signature_of(&genuine());
    attack(
        &format!("<Message><Record Id='x'><Dose>100</Dose></Record>{GOOD}{signature}</Message>"),
        &Caught::NotCovered,
    );
}

#[test]
fn xsw4_the_signed_record_inside_a_forged_one() {
    let signature = signature_of(&genuine());
    attack(
        &format!("<Message><Record Id='x'><Dose>100</Dose>{GOOD}{signature}</Record></Message>"),
        &Caught::NotCovered,
    );
}

#[test]
fn xsw5_the_signature_in_the_forged_record_and_the_signed_one_at_the_end() {
    let signature = signature_of(&genuine());
    attack(
        &format!("<Message><Record Id='x'>{signature}<Dose>100</Dose></Record>{GOOD}</Message>"),
        &Caught::NotCovered,
    );
}

#[test]
fn xsw6_the_signed_record_inside_the_signature_inside_the_forged_one() {
    let signature = with_object(&signature_of(&genuine()), GOOD);
    attack(
        &format!("<Message><Record Id='x'>{signature}<Dose>100</Dose></Record></Message>"),
        &Caught::NotCovered,
    );
}

#[test]
fn xsw7_a_forged_record_with_the_same_id_in_an_extension() {
    let signature = signature_of(&genuine());
    let forged = "<Record Id=\"r\"><Dose>100</Dose></Record>";
    let text = format!("<Message><Extensions/>{forged}{GOOD}{signature}</Message>");
    attack(&text, &Caught::Ambiguous);
    // The same with the other spelling of the attribute.
    attack(&text.replacen("Id=\"r\"", "ID=\"r\"", 1), &Caught::Ambiguous);
}

#[test]
fn xsw8_the_signed_record_with_the_same_id_in_an_object() {
    let signature = with_object(&signature_of(&genuine()), GOOD);
    let forged = "<Record xml:id='r'><Dose>100</Dose></Record>";
    attack(&format!("<Message>{forged}{signature}</Message>"), &Caught::Ambiguous);
}
