//! Time stamps in places that they weren't made for.

use hsign_core::facts::{Covered, DocumentFacts, TimestampFacts};
use hsign_xades::DetachedContent;
use hsign_xades::make::{
    add_archive_timestamp, add_evidence, add_signature_timestamp, archive_imprint, signature_imprint,
};

use crate::making::{NOW, SHA256, evidence, stamp};
use crate::read;
use crate::signing::{signed, template};
use crate::support::{describe, stamp_holds};

/// Two signatures side by side, each over its own part.
fn two() -> String {
    let body = |id: &str| format!("<Body Id=\"{id}\">dose 5</Body>");
    let both = format!(
        "<Order>{}{}{}{}</Order>",
        body("a"),
        body("b"),
        template("S", "#a", ""),
        template("T", "#b", "")
    );
    signed(&signed(&both, "S"), "T")
}

fn stamped(document: &str, id: &str, at: i64) -> String {
    let token = stamp(&signature_imprint(document.as_bytes(), id, SHA256).unwrap(), at);
    String::from_utf8(add_signature_timestamp(document.as_bytes(), id, &token).unwrap()).unwrap()
}

fn archived(document: &str, id: &str, at: i64) -> String {
    let with_evidence = add_evidence(document.as_bytes(), id, &evidence(at)).unwrap();
    let document = with_evidence.unwrap_or_else(|| document.as_bytes().to_vec());
    let token = stamp(&archive_imprint(&document, id, SHA256, &DetachedContent::new()).unwrap(), at + 1);
    String::from_utf8(add_archive_timestamp(&document, id, &token).unwrap()).unwrap()
}

fn of<'f>(facts: &'f DocumentFacts, id: &str) -> &'f [TimestampFacts] {
    &facts.signatures.iter().find(|signature| signature.id == id).unwrap().timestamps
}

/// The text of the nth element of that name.
fn element<'t>(document: &'t str, name: &str, number: usize) -> &'t str {
    let start = document.match_indices(&format!("<{name} ")).nth(number).unwrap().0;
    let end = format!("</{name}>");
    &document[start..start + document[start..].find(&end).unwrap() + end.len()]
}

#[test]
fn a_stamp_of_another_signature_proves_nothing_here() {
    let document = stamped(&stamped(&two(), "S", NOW + 1), "T", NOW + 2);
    let facts = read(&document).unwrap();
    assert!(["S", "T"].iter().all(|id| stamp_holds(&of(&facts, id)[0], &facts)), "{}", describe(&facts));
    let (first, second) = (
        element(&document, "xades:SignatureTimeStamp", 0),
        element(&document, "xades:SignatureTimeStamp", 1),
    );
    let swapped = document.replace(first, "HERE").replace(second, first).replace("HERE", second);
    let facts = read(&swapped).unwrap();
    assert!(["S", "T"].iter().all(|id| !stamp_holds(&of(&facts, id)[0], &facts)), "{}", describe(&facts));
}

#[test]
fn a_stamp_that_spells_out_what_it_covers_covers_that_and_nothing_else() {
    let document = stamped(&stamped(&two(), "S", NOW + 1), "T", NOW + 2);
    let (first, second) = (
        element(&document, "xades:SignatureTimeStamp", 0),
        element(&document, "xades:SignatureTimeStamp", 1),
    );
    // The stamp of S, put into T and made to name the value of S.
    let named = first.replacen('>', "><xades:Include URI=\"#S-value\"></xades:Include>", 1);
    let facts = read(&document.replace(second, &named)).unwrap();
    let foreign = &of(&facts, "T")[0];
    assert!(stamp_holds(foreign, &facts), "{}", describe(&facts));
    assert!(foreign.covers.contains(&Covered::SignatureValue { signature: "S".to_owned() }));
    assert!(!foreign.covers.contains(&Covered::SignatureValue { signature: "T".to_owned() }));
    let dangling = document.replace(second, &named.replace("S-value", "nothing"));
    let facts = read(&dangling).unwrap();
    assert!(!stamp_holds(&of(&facts, "T")[0], &facts));
}

#[test]
fn archive_stamps_in_another_order_do_not_hold() {
    let document = signed(&format!("<Order><Body>dose 5</Body>{}</Order>", template("S", "", "")), "S");
    let document = archived(&archived(&stamped(&document, "S", NOW + 1), "S", NOW + 2), "S", NOW + 90_000);
    let facts = read(&document).unwrap();
    assert!(of(&facts, "S").iter().all(|stamp| stamp_holds(stamp, &facts)), "{}", describe(&facts));
    let name = "xades141:ArchiveTimeStamp";
    let (first, second) = (element(&document, name, 0), element(&document, name, 1));
    let swapped = document.replace(first, "HERE").replace(second, first).replace("HERE", second);
    let facts = read(&swapped).unwrap();
    let archive = &of(&facts, "S")[1..];
    assert!(archive.iter().all(|stamp| !stamp_holds(stamp, &facts)), "{}", describe(&facts));
}

#[test]
fn what_is_added_behind_an_archive_stamp_is_not_covered_by_it() {
    let document = signed(&format!("<Order><Body>dose 5</Body>{}</Order>", template("S", "", "")), "S");
    let document = archived(&stamped(&document, "S", NOW + 1), "S", NOW + 2);
    let count = |document: &str| {
        let facts = read(document).unwrap();
        let archive = of(&facts, "S").last().unwrap().clone();
        assert!(stamp_holds(&archive, &facts), "{}", describe(&facts));
        let pieces = facts.signatures[0].signed.as_ref().unwrap().evidence.crls.len();
        let covered =
            archive.covers.iter().filter(|covered| matches!(covered, Covered::Evidence { .. })).count();
        (pieces, covered)
    };
    let before = count(&document);
    let later = add_evidence(document.as_bytes(), "S", &evidence(NOW + 90_000)).unwrap().unwrap();
    let after = count(&String::from_utf8(later.clone()).unwrap());
    assert!(after.0 > before.0, "lists were added");
    assert_eq!(after.1, before.1, "and none of them is proven by the older stamp");
    // Moved in front of it, they break it.
    let text = String::from_utf8(later).unwrap();
    let added = element(
        &text,
        "xades141:TimeStampValidationData",
        text.matches("<xades141:TimeStampValidationData ").count() - 1,
    );
    let stamp = element(&text, "xades141:ArchiveTimeStamp", 0);
    let moved = text.replace(added, "").replace(stamp, &format!("{added}{stamp}"));
    let facts = read(&moved).unwrap();
    assert!(!stamp_holds(of(&facts, "S").last().unwrap(), &facts));
}

#[test]
fn a_container_without_token_and_a_stamp_in_xml_are_listed_as_useless() {
    let document = signed(&format!("<Order><Body>dose 5</Body>{}</Order>", template("S", "", "")), "S");
    let with = |content: &str| {
        let properties = format!(
            "</xades:SignedProperties><xades:UnsignedProperties><xades:UnsignedSignatureProperties>\
             <xades:SignatureTimeStamp>{content}</xades:SignatureTimeStamp></xades:UnsignedSignatureProperties>\
             </xades:UnsignedProperties>"
        );
        read(&document.replace("</xades:SignedProperties>", &properties)).unwrap()
    };
    for (content, code) in [
        ("", "timestamp-missing"),
        ("<xades:XMLTimeStamp/>", "xml-timestamp-unsupported"),
        ("<xades:EncapsulatedTimeStamp>%</xades:EncapsulatedTimeStamp>", "timestamp-unreadable"),
    ] {
        let facts = with(content);
        let found = &of(&facts, "S")[0];
        assert!(found.findings.iter().any(|finding| finding.code == code), "{code}");
        assert!(!stamp_holds(found, &facts), "{code}");
        assert_eq!(facts.signatures[0].level, hsign_core::facts::Level::BB, "{code}");
    }
}
