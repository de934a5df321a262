//! Files made to keep us busy, and files that aren't signatures at all.

use hsign_core::facts::DocumentFormat;

use crate::signing::{signed, template};
use crate::{passes, read};

#[test]
fn a_document_without_signature_is_told_as_such() {
    let facts = read("<Order><Signature>not one</Signature></Order>").unwrap();
    assert_eq!((facts.format, facts.signatures.len()), (DocumentFormat::None, 0));
}

#[test]
fn every_signature_is_listed_however_broken() {
    let ds = "xmlns=\"http://www.w3.org/2000/09/xmldsig#\"";
    let facts = read(&format!(
        "<Order><Signature {ds}/><Signature {ds}><SignedInfo/><SignatureValue/></Signature></Order>"
    ))
    .unwrap();
    assert_eq!(facts.format, DocumentFormat::Xmldsig);
    assert_eq!(facts.signatures.len(), 2);
    assert!(
        facts.signatures.iter().all(|one| one.findings.iter().any(|f| f.code == "xml-signature-unreadable"))
    );
}

#[test]
fn more_signatures_than_any_document_has_are_refused() {
    let many = "<s:Signature/>".repeat(2_001);
    assert!(read(&format!("<Order xmlns:s=\"http://www.w3.org/2000/09/xmldsig#\">{many}</Order>")).is_err());
}

#[test]
fn nesting_without_end_is_refused() {
    assert!(read(&format!("{}{}", "<a>".repeat(20_000), "</a>".repeat(20_000))).is_err());
}

#[test]
fn references_over_everything_again_and_again_run_out_of_budget() {
    let document =
        signed(&format!("<Order><Body>{}</Body>{}</Order>", "x".repeat(400_000), template("S", "", "")), "S");
    let reference = document.find("<ds:Reference ").unwrap();
    let end = document.find("</ds:Reference>").unwrap() + "</ds:Reference>".len();
    let one = document[reference..end].to_owned();
    let bomb = document.replacen(&one, &one.repeat(600), 1);
    let facts = read(&bomb).unwrap();
    assert!(facts.signatures[0].findings.iter().any(|finding| finding.code == "work-limit-reached"));
    assert!(!passes(&facts));
}

#[test]
fn mutilated_documents_are_read_or_refused_and_never_pass() {
    let document = signed(&format!("<Order><Body>dose 5</Body>{}</Order>", template("S", "", "")), "S");
    for cut in (0..document.len()).step_by(7).filter(|cut| document.is_char_boundary(*cut)) {
        assert!(read(&document[..cut]).is_err(), "cut at {cut}");
    }
    let tags: Vec<usize> = document.match_indices('<').map(|(position, _)| position).collect();
    for start in tags {
        let end = start + document[start..].find('>').unwrap() + 1;
        let without = format!("{}{}", &document[..start], &document[end..]);
        if let Ok(facts) = read(&without) {
            assert!(!passes(&facts), "without {}", &document[start..end]);
        }
    }
}
