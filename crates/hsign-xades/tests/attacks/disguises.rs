//! Text that is signed as one thing and read as another.

use encoding_rs::SHIFT_JIS;
use hsign_xades::{DetachedContent, read_facts};

use crate::signing::{complete, signed, template};
use crate::support::describe;
use crate::{codes, passes, read};

fn document(content: &str) -> String {
    signed(&format!("<Order>{content}{}</Order>", template("S", "", "")), "S")
}

#[test]
fn a_doctype_is_refused() {
    let signed = document("<Body>dose 5</Body>");
    assert!(passes(&read(&signed).unwrap()));
    for doctype in [
        "<!DOCTYPE Order>",
        "<!DOCTYPE Order [<!ATTLIST Body unit CDATA \"g\">]>",
        "<!DOCTYPE Order [<!ATTLIST Body key ID #IMPLIED>]>",
        "<!DOCTYPE Order [<!ENTITY a \"b\">]>",
    ] {
        assert!(read(&format!("{doctype}{signed}")).is_err(), "{doctype}");
    }
}

#[test]
fn a_comment_inside_a_value_is_told() {
    let signed = document("<Body>dose 50</Body>");
    let split = signed.replace("dose 50", "dose 5<!-- -->0");
    let facts = read(&split).unwrap();
    let holds =
        facts.signatures[0].signed.as_ref().unwrap().references.iter().all(|one| one.holds() == Some(true));
    assert!(holds, "the canonical form leaves comments out");
    assert!(codes(&facts).contains(&"xml-comment-inside-text"));
    assert!(!passes(&facts));
    let harmless =
        signed.replace("<Body>", "<!-- the order --><Body>").replace("dose 50", "dose 50<!-- mg -->");
    assert!(passes(&read(&harmless).unwrap()));
}

#[test]
fn line_ends_and_tabs_count_as_xml_says() {
    let signed = document("<Body unit=\"a\tb\">one\r\ntwo</Body>");
    assert!(passes(&read(&signed).unwrap()), "a tab in an attribute is a space, a line end is one character");
    for (from, to, same) in [
        ("a\tb", "a b", true),
        ("a\tb", "a&#9;b", false),
        ("one\r\ntwo", "one\ntwo", true),
        ("one\r\ntwo", "one&#13;\ntwo", false),
        ("<Body unit", "<Body  unit", true),
        ("<Body unit=\"a\tb\"", "<Body unit='a\tb'", true),
    ] {
        let facts = read(&signed.replace(from, to)).unwrap();
        assert_eq!(passes(&facts), same, "{from:?} as {to:?}: {}", describe(&facts));
    }
}

#[test]
fn a_byte_order_mark_is_no_content() {
    let signed = document("<Body>dose 5</Body>");
    assert!(passes(&read(&format!("\u{FEFF}{signed}")).unwrap()));
}

#[test]
fn encodings_of_japanese_sites_are_read_and_doubtful_characters_told() {
    let declaration = "<?xml version=\"1.0\" encoding=\"Shift_JIS\"?>";
    let of = |content: &str| {
        let text = format!("{declaration}<Order><Body>{content}</Body>{}</Order>", template("S", "", ""));
        let bytes = complete(&SHIFT_JIS.encode(&text).0, "S");
        read_facts(&bytes, &DetachedContent::new()).unwrap()
    };
    let facts = of("表示　１０錠");
    assert!(passes(&facts), "{}", describe(&facts));
    assert!(!codes(&facts).contains(&"xml-characters-read-differently"));
    assert!(codes(&of("１～２錠")).contains(&"xml-characters-read-differently"));
    let wrong = SHIFT_JIS.encode(&document("<Body>x</Body>").replace('x', "表")).0.into_owned();
    assert!(read_facts(&wrong, &DetachedContent::new()).is_err(), "not UTF-8 without saying so");
}
